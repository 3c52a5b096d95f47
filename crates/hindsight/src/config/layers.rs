//! One file for many machines: `include` brings other files in, `[node.NAME]` says what is different on one node.
//!
//! Tables are merged key by key, everything else is replaced: what the file says wins over what it includes, and the section of the node
//! over both.

use super::{Capture, Config};
use crate::home::node_name;
use serde::Deserialize as _;
use std::path::Path;
use toml::{Table, Value};

/// Puts `over` over `base`.
fn merge(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => merge(below, above),
            (_, value) => _ = base.insert(key, value),
        }
    }
}

fn with_node(base: &Table, name: &str, over: &Table) -> Result<Config, String> {
    let mut whole = base.clone();
    whole.remove("node");
    whole.remove("include");
    merge(&mut whole, over.clone());
    let wrong = |error: String| format!(": [node.{name}]: {error}");
    let config = Config::deserialize(Value::Table(whole))
        .map_err(|error| wrong(error.to_string().trim().replace('\n', " ")))?;
    config.check().map_err(wrong)?;
    Ok(config)
}

/// What holds on a node. `config` is what the text itself says, read already; `include` reads an included file, an error of it names
/// its place. An error of this begins with `: `.
pub fn layered(
    text: &str,
    config: Config,
    node: Option<&str>,
    include: &dyn Fn(&Path) -> Result<Table, String>,
) -> Result<Config, String> {
    if config.include.is_empty() && config.node.is_empty() {
        let node = node.map(str::to_owned).or_else(|| config.capture.node.clone());
        return Ok(Config { capture: Capture { node, ..config.capture }, ..config });
    }
    let mut whole = Table::new();
    for path in &config.include {
        let included = include(path)?;
        if included.contains_key("include") {
            return Err(format!(": include: {} includes others itself; name them here", path.display()));
        }
        merge(&mut whole, included);
    }
    let own: Table = text.parse().map_err(|error| format!(": {error}"))?;
    merge(&mut whole, own);
    let sections = match whole.get("node") {
        Some(Value::Table(sections)) => sections.clone(),
        _ => Table::new(),
    };
    // every section is looked at on every machine: a mistake in one shows before its node is started
    for (name, section) in &sections {
        let Value::Table(section) = section else {
            return Err(format!(": node: [node.{name}] is a table of sections, as [node.{name}.capture]"));
        };
        for inner in ["node", "include"] {
            if section.contains_key(inner) {
                return Err(format!(": [node.{name}] cannot hold {inner}"));
            }
        }
        with_node(&whole, name, section)?;
    }
    let base = |whole: &Table| with_node(whole, "", &Table::new()).map_err(|e| e.replace("[node.]: ", ""));
    let mut found = base(&whole)?;
    let name = node.map(str::to_owned).or_else(|| found.capture.node.clone()).unwrap_or_else(node_name);
    if let Some(Value::Table(section)) = sections.get(&name) {
        found = with_node(&whole, &name, section)?;
    }
    if node.is_some() {
        found.capture.node = Some(name);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, node: &str) -> Result<Config, String> {
        let config: Config = toml::from_str(text).unwrap();
        let include = |path: &Path| match path.to_str() {
            Some("base.toml") => Ok(
                "[retention]\nfree_space = \"7%\"\n[capture]\nuser = \"base\"\n[node.s1.packets]\nlevel = 5"
                    .parse::<Table>()
                    .unwrap(),
            ),
            Some("deep.toml") => Ok("include = [\"x\"]".parse::<Table>().unwrap()),
            _ => Err(format!("{}: it is not there", path.display())),
        };
        layered(text, config, Some(node), &include)
    }

    #[test]
    fn each_node_has_its_own_from_one_file() {
        let text = "include = [\"base.toml\"]\n[capture]\ninterfaces = [\"eth0\"]\n[packets]\nlevel = 3\n\
            [node.s1.capture]\ninterfaces = [\"eth1\", \"eth2\"]\n[node.v1.viewer]\nlisten = \"127.0.0.1:9000\"\n";
        let s1 = read(text, "s1").unwrap();
        let names: Vec<_> = s1.capture.interfaces.iter().map(|interface| interface.name.as_str()).collect();
        assert_eq!(
            (names, s1.packets.level),
            (vec!["eth1", "eth2"], 5),
            "sections of a node of both files hold"
        );
        assert_eq!((s1.capture.user.as_deref(), s1.capture.node.as_deref()), (Some("base"), Some("s1")));
        let v1 = read(text, "v1").unwrap();
        assert_eq!((v1.viewer.listen.port(), v1.packets.level, v1.capture.interfaces.len()), (9_000, 3, 1));
        assert_eq!(read(text, "other").unwrap().viewer, Config::default().viewer);
    }

    #[test]
    fn mistakes_in_any_section_are_named() {
        let said = |text: &str| read(text, "v1").unwrap_err();
        let wrong = said("[node.s9.packets]\nlevle = 3\n");
        assert!(wrong.contains("[node.s9]") && wrong.contains("levle"), "{wrong}");
        let checked = said("[node.s9.packets]\nlevel = 99\n");
        assert!(checked.contains("[node.s9]: [packets] level = 99"), "{checked}");
        assert!(said("[node.s9]\ninclude = [\"base.toml\"]\n").contains("cannot hold include"));
        assert!(said("include = [\"none.toml\"]\n").contains("none.toml: it is not there"));
        assert!(said("include = [\"deep.toml\"]\n").contains("includes others itself"));
    }
}
