//! What the program says about itself: fields, completions, the manual page, the language.

use crate::cli::{Cli, Fields};
use crate::schema::SCHEMA;
use crate::{Failure, Outcome};
use clap::CommandFactory as _;
use serde_json::json;
use std::io::{self, Write};

/// Writes to stdout; a reader that went away (`| head`) is no failure.
pub fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Outcome, Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Ok(()) => Ok(Outcome::Done),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Outcome::Done),
        Err(error) => Err(Failure::Failed(format!("stdout: {error}"))),
    }
}

/// `hindsight fields`
pub fn fields(command: &Fields) -> Result<Outcome, Failure> {
    let wanted = command.filter.to_lowercase();
    print(|out| {
        for entry in SCHEMA.entries() {
            let (name, label) = (entry.expr.clone(), entry.target.label());
            let help = entry.target.def.help();
            let found = [name.as_str(), label.as_str(), help]
                .iter()
                .any(|text| text.to_lowercase().contains(&wanted));
            if !found {
                continue;
            }
            if command.json {
                let kind = format!("{:?}", entry.target.kind()).to_lowercase();
                let path = entry.target.path();
                let group = entry.target.def.group;
                writeln!(
                    out,
                    "{}",
                    json!({"exp": name, "dbField": path, "type": kind, "group": group, "friendlyName": label, "help": help})
                )?;
            } else {
                let kind = format!("{:?}", entry.target.kind()).to_lowercase();
                writeln!(out, "{name:<34} {kind:<9} {help}")?;
            }
        }
        Ok(())
    })
}

/// `hindsight completions`
pub fn completions(shell: clap_complete::Shell) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "hindsight", &mut script);
    print(|out| out.write_all(&script))
}

/// `hindsight man`
pub fn man() -> Result<Outcome, Failure> {
    let mut page = Vec::new();
    let command = Cli::command();
    let render = |page: &mut Vec<u8>| -> io::Result<()> {
        clap_mangen::Man::new(command.clone()).render(page)?;
        for inner in command.get_subcommands().filter(|c| !c.is_hide_set()) {
            let name: &'static str = Box::leak(format!("hindsight {}", inner.get_name()).into_boxed_str());
            let man = clap_mangen::Man::new(inner.clone().name(name).bin_name(name));
            writeln!(page, ".SH \"{}\"", name.to_uppercase())?;
            man.render_description_section(page)?;
            man.render_options_section(page)?;
            man.render_extra_section(page)?;
        }
        Ok(())
    };
    render(&mut page).map_err(|error| format!("manual page: {error}"))?;
    print(|out| out.write_all(&page))
}

/// `hindsight help-expressions`
pub fn expressions() -> Result<Outcome, Failure> {
    print(|out| out.write_all(include_str!("../../../docs/expressions.md").as_bytes()))
}
