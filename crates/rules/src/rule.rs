//! One rule, and reading the five files.

use crate::pcre::{Pattern, Refused};
use compact_str::CompactString;
use serde_json::{Map, Value};
use std::fmt;
use std::path::{Path, PathBuf};

/// What a rule recognises; its file's name decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// A network service.
    Service,
    /// A device.
    Device,
    /// An operating system.
    Os,
    /// Middleware: web servers, name servers and the like, with their versions.
    Midware,
    /// An attack.
    Threat,
}

impl Category {
    /// All, in the order in which packets are looked at.
    pub const ALL: [Self; 5] = [Self::Service, Self::Device, Self::Os, Self::Midware, Self::Threat];

    /// Name, as in the names of the files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Device => "device",
            Self::Os => "os",
            Self::Midware => "midware",
            Self::Threat => "threat",
        }
    }
    /// Its bit in a flow's mask.
    pub(crate) fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Protocol of the packets that a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP and ICMPv6.
    Icmp,
}

/// Which part of an HTTP message a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Before the first empty line.
    Head,
    /// Behind it.
    Body,
    /// All of the packet's payload.
    Total,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its number in the file.
    pub id: CompactString,
    /// What it recognises.
    pub category: Category,
    /// Its `type`.
    pub kind: CompactString,
    /// Its `name`.
    pub name: CompactString,
    /// Maker, of devices.
    pub vendor: Option<CompactString>,
    /// A version that every hit has.
    pub version: Option<CompactString>,
    /// Operating system that a hit shows too.
    pub os: Option<CompactString>,
    /// What it is about, for people.
    pub description: Option<CompactString>,
    /// Protocol; all three when none is named.
    pub protocol: Option<Protocol>,
    /// One of the ports.
    pub port: Option<u16>,
    /// The part of HTTP messages that it looks at; none: any payload.
    pub http: Option<Part>,
    /// Its pattern, as it is written.
    pub regex: CompactString,
    /// Its pattern, compiled.
    pub pattern: Pattern,
}

/// A rule, or a file, that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// A file that cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file that is no JSON, or not of the form.
    #[error("{}: {why}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A rule that is left out.
    #[error("{}: rule {id}: {why}; the rule is left out", path.display())]
    Rule {
        /// The file.
        path: PathBuf,
        /// The rule.
        id: String,
        /// What is wrong.
        why: String,
    },
    /// An attribute that is ignored; the rule is used without.
    #[error("{}: rule {id}: {why}", path.display())]
    Attribute {
        /// The file.
        path: PathBuf,
        /// The rule.
        id: String,
        /// What is wrong.
        why: String,
    },
}

impl Problem {
    /// Whether something is left out by it.
    pub fn is_loss(&self) -> bool {
        !matches!(self, Problem::Attribute { .. })
    }

    /// The file, and the rule in it where it is about one.
    pub fn place(&self) -> (&Path, Option<&str>) {
        match self {
            Problem::Unreadable { path, .. } | Problem::Form { path, .. } => (path, None),
            Problem::Rule { path, id, .. } | Problem::Attribute { path, id, .. } => (path, Some(id)),
        }
    }
}

/// Reads a folder with `service.json`, `device.json`, `os.json`, `midware.json` and `threat.json`; a file that is not there has no rules.
/// What cannot be used is named in `problems`, the rest is loaded.
pub fn read_folder(folder: &Path, problems: &mut Vec<Problem>) -> Vec<Rule> {
    let mut rules = Vec::new();
    for category in Category::ALL {
        let path = folder.join(format!("{category}.json"));
        match std::fs::read(&path) {
            Ok(bytes) => rules.extend(read_file(category, &path, &bytes, problems)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => problems.push(Problem::Unreadable { path, source }),
        }
    }
    rules
}

/// Reads the rules of one file. The name of its first key does not matter.
pub fn read_file(category: Category, path: &Path, bytes: &[u8], problems: &mut Vec<Problem>) -> Vec<Rule> {
    let form = |why: String| Problem::Form { path: path.to_owned(), why };
    let root: Value = match serde_json::from_slice(bytes) {
        Ok(root) => root,
        Err(error) => {
            problems.push(form(error.to_string()));
            return Vec::new();
        }
    };
    let rules = root.as_object().and_then(|root| root.values().next()).and_then(|class| class.get("rules"));
    let Some(rules) = rules.and_then(Value::as_object) else {
        let want = r#"an object {"…": {"rules": {"ID": {…}}}} is wanted"#;
        problems.push(form(want.to_owned()));
        return Vec::new();
    };
    let mut read = Vec::with_capacity(rules.len());
    for (id, rule) in rules {
        let Some(attributes) = rule.as_object() else {
            let why = "an object is wanted".to_owned();
            problems.push(Problem::Rule { path: path.to_owned(), id: id.clone(), why });
            continue;
        };
        let mut ignored = |why: String| {
            problems.push(Problem::Attribute { path: path.to_owned(), id: id.clone(), why });
        };
        match one(category, id, attributes, &mut ignored) {
            Ok(rule) => read.extend(rule),
            Err(why) => problems.push(Problem::Rule { path: path.to_owned(), id: id.clone(), why }),
        }
    }
    read
}

/// One rule; nothing when it is marked as deleted.
fn one(
    category: Category,
    id: &str,
    attributes: &Map<String, Value>,
    ignored: &mut dyn FnMut(String),
) -> Result<Option<Rule>, String> {
    let text = |key: &str| attributes.get(key).and_then(Value::as_str).map(CompactString::from);
    let number = |key: &str| attributes.get(key).and_then(Value::as_f64).unwrap_or(0.0);
    let needed = |key: &str| text(key).ok_or_else(|| format!("{key:?} is missing or no text"));
    if number("deleted") != 0.0 {
        return Ok(None);
    }
    let (kind, name, regex) = (needed("type")?, needed("name")?, needed("regex")?);
    let protocol = match text("protocol") {
        None => None,
        Some(name) if name.eq_ignore_ascii_case("tcp") => Some(Protocol::Tcp),
        Some(name) if name.eq_ignore_ascii_case("udp") => Some(Protocol::Udp),
        Some(name) => {
            ignored(format!("protocol {name:?} is neither tcp nor udp; the rule looks at all"));
            None
        }
    };
    let port = match attributes.get("port") {
        None => None,
        Some(Value::Number(port)) => {
            let port = port.as_u64().and_then(|port| u16::try_from(port).ok());
            if port.is_none() {
                ignored("port is no number from 0 to 65535; the rule looks at all ports".to_owned());
            }
            port
        }
        Some(_) => {
            ignored("port is not written as a number; the rule looks at all ports".to_owned());
            None
        }
    };
    let http = (number("is_http") != 0.0).then(|| match text("part").as_deref() {
        Some("head") => Part::Head,
        Some("body") => Part::Body,
        None | Some("total") => Part::Total,
        Some(other) => {
            ignored(format!(
                "part {other:?} is none of head, body, total; the rule looks at all of the message"
            ));
            Part::Total
        }
    });
    let pattern = Pattern::new(&regex, true).map_err(|refused: Refused| format!("regex, {refused}"))?;
    Ok(Some(Rule {
        id: id.into(),
        category,
        kind,
        name,
        vendor: text("vendor"),
        version: text("version"),
        os: text("os"),
        description: text("desc"),
        protocol,
        port,
        http,
        regex,
        pattern,
    }))
}
