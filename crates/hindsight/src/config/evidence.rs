//! `[evidence]`: what packets are examined for, and which are kept because of that.

use super::{Expression, Size, Span};
use capture::{Level, SessionRule, SessionRuleKeep, Severity};
use query::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// `[evidence]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Evidence {
    /// Folder of fingerprint rules, or `default` for those that come with the program; none: no such rules.
    pub rules: Option<PathBuf>,
    pub level: u8,
    /// None: `evidence` in the folder of `--dir`.
    pub dir: Option<PathBuf>,
    pub devid: u32,
    pub import_devid: u32,
    #[serde(rename = "match")]
    pub matching: Matching,
    pub max_payload: usize,
    pub packets: u8,
    pub idle: Span,
    /// Zone whose time names the files; none: that of the machine.
    pub timezone: Option<String>,
    pub max_age: Option<Span>,
    pub max_size: Option<Size>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rule: Vec<Rule>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<Notify>,
}

impl Default for Evidence {
    fn default() -> Self {
        let limits = rules::Limits::default();
        Self {
            rules: None,
            level: 0,
            dir: None,
            devid: 3,
            import_devid: 0,
            matching: Matching::Packet,
            max_payload: limits.payload,
            packets: limits.packets,
            idle: Span(Duration::from_secs(30)),
            timezone: None,
            max_age: None,
            max_size: None,
            rule: Vec::new(),
            notify: Vec::new(),
        }
    }
}

/// What fingerprint rules look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Matching {
    /// Each packet by itself, as Liuying does
    #[default]
    Packet,
    /// Also TCP segments joined
    Stream,
}

/// `[[evidence.rule]]`: a rule in the search language.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub name: String,
    #[serde(default = "kind", rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub level: Severity,
    pub when: Expression,
    #[serde(default)]
    pub keep: RuleKeep,
}

/// `[[evidence.notify]]`: which alerts which notifiers are told of.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    pub name: String,
    #[serde(default)]
    pub categories: Vec<String>,
    #[serde(default)]
    pub types: Vec<String>,
    #[serde(default)]
    pub names: Vec<String>,
    #[serde(default)]
    pub levels: Vec<Severity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Expression>,
    /// Names or ids of notifiers.
    pub notifiers: Vec<String>,
    #[serde(default = "quiet")]
    pub quiet: Span,
}

fn quiet() -> Span {
    Span(Duration::from_secs(600))
}

fn kind() -> String {
    "rule".into()
}

/// What such a rule keeps: `packet`, `session`, `20 packets`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleKeep(pub SessionRuleKeep);

impl Default for RuleKeep {
    fn default() -> Self {
        Self(SessionRuleKeep::Packet)
    }
}

impl FromStr for RuleKeep {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || {
            format!(
                "`{text}` does not say what is kept; write \"packet\", \"session\" or a number such as \"20 packets\""
            )
        };
        Ok(Self(match text.trim() {
            "packet" => SessionRuleKeep::Packet,
            "session" => SessionRuleKeep::Session,
            text => {
                let number =
                    text.strip_suffix("packets").or_else(|| text.strip_suffix("packet")).ok_or_else(bad)?;
                let count: u32 = number.trim().parse().map_err(|_| bad())?;
                if count == 0 {
                    return Err(bad());
                }
                SessionRuleKeep::Packets(count)
            }
        }))
    }
}

impl<'de> Deserialize<'de> for RuleKeep {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for RuleKeep {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            SessionRuleKeep::Packet => to.serialize_str("packet"),
            SessionRuleKeep::Session => to.serialize_str("session"),
            SessionRuleKeep::Packets(count) => to.collect_str(&format_args!("{count} packets")),
        }
    }
}

impl Evidence {
    /// Whether anything is looked for.
    pub fn is_on(&self) -> bool {
        self.rules.is_some() || !self.rule.is_empty() || self.level >= 3
    }

    /// What no single value can be checked for.
    pub fn check(&self) -> Result<(), String> {
        self.keeps()?;
        self.zone()?;
        if self.packets == 0 || !(1..=65_535).contains(&self.max_payload) {
            return Err("[evidence] packets: 1 to 255; max_payload: 1 to 65535".into());
        }
        if self.level > 0 && !self.is_on() {
            return Err(format!(
                "[evidence] level = {}: there are no rules; give rules = \"default\" or a folder, or [[evidence.rule]]",
                self.level
            ));
        }
        for (at, rule) in self.rule.iter().enumerate() {
            if self.rule.iter().take(at).any(|other| other.name == rule.name) {
                return Err(format!("[[evidence.rule]]: two rules are called {}", rule.name));
            }
        }
        for (at, notify) in self.notify.iter().enumerate() {
            let name = &notify.name;
            if self.notify.iter().take(at).any(|other| other.name == *name) {
                return Err(format!("[[evidence.notify]]: two are called {name}"));
            }
            if notify.notifiers.is_empty() {
                return Err(format!("[[evidence.notify]] {name}: notifiers names nobody who is told"));
            }
            const CATEGORIES: [&str; 6] = ["threat", "rule", "service", "device", "os", "midware"];
            if let Some(wrong) = notify.categories.iter().find(|one| !CATEGORIES.contains(&one.as_str())) {
                return Err(format!(
                    "[[evidence.notify]] {name}: category {wrong:?} is none of {}",
                    CATEGORIES.join(", ")
                ));
            }
            if notify.quiet.0 < Duration::from_secs(60) {
                return Err(format!("[[evidence.notify]] {name}: quiet is at least a minute (\"1m\")"));
            }
        }
        Ok(())
    }

    /// Who is told of which alerts.
    pub fn alert_notices(&self) -> Vec<server::AlertNotice> {
        let one = |notify: &Notify| server::AlertNotice {
            name: notify.name.clone(),
            categories: notify.categories.clone(),
            types: notify.types.clone(),
            names: notify.names.clone(),
            levels: notify.levels.iter().map(|level| level.name().to_owned()).collect(),
            expression: notify.when.as_ref().map(ToString::to_string).unwrap_or_default(),
            notifiers: notify.notifiers.clone(),
            quiet: i64::try_from(notify.quiet.0.as_secs()).unwrap_or(i64::MAX),
        };
        self.notify.iter().map(one).collect()
    }

    /// Which packets are kept.
    pub fn keeps(&self) -> Result<Level, String> {
        Level::of(self.level).ok_or_else(|| {
            format!(
                "[evidence] level = {}: 0 (nothing), 1 (threats), 2 (threats and fingerprints) or 3 (also the first packets of every flow)",
                self.level
            )
        })
    }

    /// The zone whose time names the files.
    pub fn zone(&self) -> Result<TimeZone, String> {
        match &self.timezone {
            None => Ok(TimeZone::system()),
            Some(name) => TimeZone::get(name).map_err(|error| {
                format!("[evidence] timezone = \"{name}\": {error}; write for instance \"Asia/Shanghai\"")
            }),
        }
    }

    /// What goes when.
    pub fn limits(&self) -> evidence::Limits {
        evidence::Limits {
            max_age: self.max_age.map(|age| age.0),
            max_size: self.max_size.map(|size| size.0),
        }
    }

    /// The rules in the search language.
    pub fn session_rules(&self) -> Vec<SessionRule> {
        let rule = |rule: &Rule| SessionRule {
            name: rule.name.clone(),
            kind: rule.kind.clone(),
            severity: rule.level,
            when: rule.when.plan.clone(),
            keep: rule.keep.0,
        };
        self.rule.iter().map(rule).collect()
    }
}
