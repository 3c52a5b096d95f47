//! One rule, and reading the five files.

use crate::pcre::{Pattern, Refused};
use compact_str::CompactString;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// Bytes of the largest file of rules that is read.
const LARGEST: u64 = 64 << 20;

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
    /// A file that is not read.
    #[error("{}: {why}", path.display())]
    Ignored {
        /// The file.
        path: PathBuf,
        /// Why.
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
        !matches!(self, Problem::Attribute { .. } | Problem::Ignored { .. })
    }

    /// The file, and the rule in it where it is about one.
    pub fn place(&self) -> (&Path, Option<&str>) {
        match self {
            Problem::Unreadable { path, .. } | Problem::Form { path, .. } | Problem::Ignored { path, .. } => {
                (path, None)
            }
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
        match read_whole(&path) {
            Ok(bytes) => rules.extend(read_file(category, &path, &bytes, problems)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => problems.push(Problem::Unreadable { path, source }),
        }
    }
    name_others(folder, problems);
    rules
}

/// A file of rules, unless it is too large for one.
fn read_whole(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        let text = format!("larger than {} MiB, the most that is read", LARGEST >> 20);
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, text));
    }
    Ok(bytes)
}

/// Names files that look like rules and are none of the five: most likely a name is misspelt.
fn name_others(folder: &Path, problems: &mut Vec<Problem>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut others: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")))
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            !Category::ALL.iter().any(|category| name == format!("{category}.json"))
        })
        .collect();
    others.sort_unstable();
    let why = "is not read: the files are service.json, device.json, os.json, midware.json and threat.json";
    problems.extend(others.into_iter().map(|path| Problem::Ignored { path, why: why.to_owned() }));
}

/// The members of an object in their order, also those whose name stands twice.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a rule for each number")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(Reader)
    }
}

/// The object below the first name of a file.
#[derive(Deserialize)]
struct Class {
    rules: Members,
}

/// The first member of a file, whatever its name.
struct First(Option<Class>);

impl<'de> Deserialize<'de> for First {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = First;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(r#"an object {"…": {"rules": {"ID": {…}}}}"#)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<First, A::Error> {
                let mut first = None;
                if map.next_key::<IgnoredAny>()?.is_some() {
                    first = Some(map.next_value::<Class>()?);
                }
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(First(first))
            }
        }
        from.deserialize_map(Reader)
    }
}

/// Reads the rules of one file. The name of its first key does not matter.
pub fn read_file(category: Category, path: &Path, bytes: &[u8], problems: &mut Vec<Problem>) -> Vec<Rule> {
    let form = |why: String| Problem::Form { path: path.to_owned(), why };
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let why = if text.trim_ascii().is_empty() {
        Some("the file is empty".to_owned())
    } else if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
        Some("the file is UTF-16; save it as UTF-8".to_owned())
    } else {
        None
    };
    if let Some(why) = why {
        problems.push(form(why));
        return Vec::new();
    }
    let rules = match serde_json::from_slice::<First>(text) {
        Ok(First(Some(class))) => class.rules.0,
        Ok(First(None)) => {
            problems.push(form(r#"an object {"…": {"rules": {"ID": {…}}}} is wanted"#.to_owned()));
            return Vec::new();
        }
        Err(error) => {
            problems.push(form(error.to_string()));
            return Vec::new();
        }
    };
    let mut read = Vec::with_capacity(rules.len());
    let mut seen = HashSet::new();
    for (id, rule) in &rules {
        if !seen.insert(id) {
            let why = "the number stands twice in the file; both rules are used".to_owned();
            problems.push(Problem::Attribute { path: path.to_owned(), id: id.clone(), why });
        }
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
    for (keys, wants, fits) in [
        (
            &["protocol", "part", "version", "vendor", "os"][..],
            "text",
            Value::is_string as fn(&Value) -> bool,
        ),
        (&["is_http", "deleted"], "number", |value| value.is_number() || value.is_boolean()),
    ] {
        for key in keys {
            if attributes.get(*key).is_some_and(|value| !fits(value) && !value.is_null()) {
                ignored(format!("{key} is no {wants} and is ignored"));
            }
        }
    }
    let text = |key: &str| attributes.get(key).and_then(Value::as_str).map(CompactString::from);
    let number = |key: &str| match attributes.get(key) {
        Some(Value::Bool(set)) => f64::from(u8::from(*set)),
        value => value.and_then(Value::as_f64).unwrap_or(0.0),
    };
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
