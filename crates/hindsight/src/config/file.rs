//! Finding and reading the file, and saying what is wrong with it.

use super::Config;
use super::layers::layered;
use crate::cli::ConfigCommand;
use crate::describe::print;
use crate::home::Home;
use crate::{Failure, Outcome};
use std::path::{Path, PathBuf};

/// Where it is looked for last.
const SYSTEM: &str = "/etc/hindsight/hindsight.toml";
/// The file with every value at its default, explained. It is the page of the documentation, too.
const DEFAULT: &str = include_str!("default.toml");

/// The file in force and what it says for a node (by default the one that it names, or the host name); no file means the defaults.
pub fn find(
    named: Option<&Path>,
    home: &Home,
    node: Option<&str>,
) -> Result<(Option<PathBuf>, Config), Failure> {
    let path = match named {
        Some(path) => Some(path.to_owned()),
        None => {
            [home.path().join("hindsight.toml"), PathBuf::from(SYSTEM)].into_iter().find(|path| path.exists())
        }
    };
    let Some(path) = path else { return Ok((None, Config::default())) };
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
    let config = read(&text)
        .and_then(|config| layered(&text, config, node, &|path| include(&folder.join(path))))
        .map_err(|error| Failure::Usage(format!("{}{error}", path.display())))?;
    Ok((Some(path), config))
}

/// An included file; the error begins as [`read`]'s do, with the file named.
fn include(path: &Path) -> Result<toml::Table, String> {
    let wrong = |error: String| format!(": include: {}{error}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| wrong(format!(": {error}")))?;
    read(&text).map_err(wrong)?;
    text.parse().map_err(|error: toml::de::Error| wrong(format!(": {error}")))
}

/// Reads a file. An error begins with `:line:column: `, as far as there is one place.
fn read(text: &str) -> Result<Config, String> {
    let config: Config = toml::from_str(text).map_err(|error| {
        let place = error.span().map_or_else(String::new, |span| {
            let (line, column) = place(text, span.start);
            format!(":{line}:{column}")
        });
        let message = error.message().trim().replace('\n', ": ");
        format!("{place}: {message}{}", nearest(&message))
    })?;
    config.check().map_err(|error| format!(": {error}"))?;
    Ok(config)
}

/// Line and column of a byte, from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |n| n + 1);
    let column = before.get(line_start..).map_or(0, |line| line.chars().count()) + 1;
    (before.matches('\n').count() + 1, column)
}

/// Of a message that names an unknown key and those that there are, the one that was probably meant.
fn nearest(message: &str) -> String {
    if !message.starts_with("unknown field") && !message.starts_with("unknown variant") {
        return String::new();
    }
    let mut names = message.split('`').skip(1).step_by(2);
    let Some(wrong) = names.next() else { return String::new() };
    let best = names.min_by_key(|name| strsim::damerau_levenshtein(wrong, name));
    match best.filter(|name| strsim::damerau_levenshtein(wrong, name) <= 1 + wrong.len() / 3) {
        Some(name) => format!("; did you mean `{name}`?"),
        None => String::new(),
    }
}

/// `hindsight config`
pub fn command(
    what: &ConfigCommand,
    named: Option<&Path>,
    home: &Home,
    node: Option<&str>,
) -> Result<Outcome, Failure> {
    match what {
        ConfigCommand::Default => print(|out| out.write_all(DEFAULT.as_bytes())),
        ConfigCommand::Check => match find(named, home, node)? {
            (Some(path), _) => print(|out| writeln!(out, "{}: good", path.display())),
            (None, _) => print(|out| {
                let own = home.path().join("hindsight.toml");
                writeln!(out, "there is no {} and no {SYSTEM}: everything is at its default", own.display())
            }),
        },
        ConfigCommand::Show => {
            let (path, config) = find(named, home, node)?;
            let text = toml::to_string(&config).map_err(|error| format!("the configuration: {error}"))?;
            print(|out| {
                match path {
                    Some(path) => writeln!(out, "# {}", path.display())?,
                    None => writeln!(out, "# no file: everything is at its default")?,
                }
                write!(out, "{text}")
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Interface, Room, Size};

    #[test]
    fn the_explained_file_says_the_defaults() {
        assert_eq!(read(DEFAULT).unwrap(), Config::default());
        // what is commented out can be switched on as it stands
        let on: String =
            DEFAULT.lines().map(|line| line.strip_prefix("#= ").unwrap_or(line).to_owned() + "\n").collect();
        let config = read(&on).unwrap();
        assert_ne!(config, Config::default());
        assert!(config.keep.len() >= 3 && config.retention.max_age.is_some());
        // and what is shown can be read again
        assert_eq!(read(&toml::to_string(&config).unwrap()).unwrap(), config);
        assert_eq!(read(&toml::to_string(&Config::default()).unwrap()).unwrap(), Config::default());
    }

    #[test]
    fn the_page_of_the_documentation_holds_the_file() {
        let page = include_str!("../../../../docs/configuration.md");
        assert!(
            page.contains(DEFAULT),
            "docs/configuration.md does not hold crates/hindsight/src/config/default.toml"
        );
    }

    #[test]
    fn interfaces_are_names_or_tables() {
        let text = "[capture]\ninterfaces = [\"eth1\", { name = \"eth2\", source = \"af-packet\", workers = 2, filter = \"not port 22\", ring = \"64MiB\" }]\n";
        let config = read(text).unwrap();
        assert_eq!(config.capture.interfaces[0], Interface::named("eth1"));
        let spec = config.capture.spec(&config.capture.interfaces[1]);
        assert_eq!(
            (spec.workers, spec.ring_bytes, spec.mechanism),
            (Some(2), Some(64 << 20), source::Mechanism::AfPacket)
        );
        assert!(spec.filter.is_some());
    }

    #[test]
    fn errors_name_place_and_remedy() {
        let said = |text: &str| read(text).unwrap_err();
        let unknown = said("[capture]\nwokers = 3\n");
        assert!(unknown.starts_with(":2:1: ") && unknown.ends_with("did you mean `workers`?"), "{unknown}");
        let section = said("\n\n[capturing]\n");
        assert!(section.starts_with(":3:") && section.ends_with("did you mean `capture`?"), "{section}");
        let value = said("[retention]\nfree_space = \"lots\"\n");
        assert!(value.starts_with(":2:14: `lots` is no amount of room"), "{value}");
        let kind = said("[packets]\nformat = \"zst\"\n");
        assert!(kind.starts_with(":2:10: ") && kind.ends_with("did you mean `zstd`?"), "{kind}");
        let filter = said("[capture]\nfilter = \"prt 80\"\n");
        assert!(filter.starts_with(":2:10: "), "{filter}");
        let nested = said("[capture]\ninterfaces = [{ name = \"eth1\", workrs = 2 }]\n");
        assert!(nested.starts_with(":2:") && nested.ends_with("did you mean `workers`?"), "{nested}");
        let syntax = said("[capture\n");
        assert!(syntax.starts_with(":1:"), "{syntax}");
        let both =
            said("[[keep]]\nname = \"x\"\nkeep = \"nothing\"\nbpf = \"tcp\"\nwhen = \"protocols == tls\"\n");
        assert!(both.contains("bpf or when"), "{both}");
        let twice = said("[capture]\ninterfaces = [\"a\", \"a\"]\n");
        assert!(twice.contains("a is named twice"), "{twice}");
        assert_eq!(
            read("[retention]\nfree_space = \"2GB\"\n").unwrap().retention.free_space,
            Room::Bytes(Size(2_000_000_000))
        );
    }
}
