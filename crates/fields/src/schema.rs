//! Every field there is, looked up by any of its names.

use crate::{Aspect, Count, Def, Kind, ObjectDef, Target, Transform};
use std::collections::HashMap;
use std::fmt;

/// Every field of a running system. Built once, passed to whoever needs it; never global.
#[derive(Debug)]
pub struct Schema {
    defs: Vec<&'static Def>,
    entries: Vec<Entry>,
    by_name: HashMap<String, usize>,
    by_path: HashMap<String, usize>,
    families: Vec<Family>,
    objects: Vec<&'static ObjectDef>,
}

/// One name that can be searched: a field or something derived from it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What the name means.
    pub target: Target,
    /// Expression name.
    pub expr: String,
    /// Document path.
    pub path: String,
    /// Label.
    pub label: String,
    /// Kind of the values.
    pub kind: Kind,
    /// Whether the test is on words of the value (`host.http.tokens`).
    pub tokens: bool,
}

/// A name that means several fields at once: `ip`, `host`, `port`, `country` …
#[derive(Clone, Debug)]
pub struct Family {
    /// Expression name.
    pub expr: &'static str,
    /// Label.
    pub label: &'static str,
    /// Help sentence.
    pub help: &'static str,
    /// Kind that a value is read as.
    pub kind: Kind,
    /// The `db:` name that Arkime gives it.
    pub path: &'static str,
    /// How search values are rewritten.
    pub transform: Option<Transform>,
    /// The fields it means.
    pub members: Vec<Target>,
}

/// What a name in an expression stands for.
#[derive(Clone, Copy, Debug)]
pub enum Resolved<'a> {
    /// One field or an aspect of one.
    Entry(&'a Entry),
    /// Several fields: any of them.
    Family(&'a Family),
}

/// Two declarations cannot both be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError(String);

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for SchemaError {}

impl Schema {
    /// Collects the groups, derives counts, places and families, and checks that no two fields claim one name or
    /// one path with different kinds.
    pub fn new(groups: impl IntoIterator<Item = &'static [&'static Def]>) -> Result<Self, SchemaError> {
        let mut schema = Schema {
            defs: Vec::new(),
            entries: Vec::new(),
            by_name: HashMap::new(),
            by_path: HashMap::new(),
            families: Vec::new(),
            objects: Vec::new(),
        };
        for def in groups.into_iter().flatten().copied() {
            schema.declare(def)?;
        }
        schema.families = families(&schema.entries);
        for family in &schema.families {
            if schema.by_name.contains_key(family.expr) {
                return Err(SchemaError(format!("`{}` is a family and a field", family.expr)));
            }
        }
        Ok(schema)
    }

    fn declare(&mut self, def: &'static Def) -> Result<(), SchemaError> {
        if let Some(&at) = self.by_path.get(def.path)
            && self.entries[at].kind != def.kind
        {
            return Err(SchemaError(format!(
                "`{}` and `{}` differ in kind at `{}`",
                self.entries[at].expr, def.expr, def.path
            )));
        }
        self.defs.push(def);
        let mut object = def.object;
        while let Some(one) = object {
            if !self.objects.contains(&one) {
                self.objects.push(one);
            }
            object = one.parent;
        }
        for aspect in [Aspect::Value, Aspect::Count, Aspect::Country, Aspect::Asn, Aspect::Rir] {
            if def.has(aspect) {
                self.add(Target { def, aspect }, false)?;
            }
        }
        if def.tokens {
            self.add(Target::of(def), true)?;
        }
        let at = self.by_name[def.expr];
        for alias in def.aliases.iter().copied().chain(def.ecs) {
            self.by_name.entry(alias.to_owned()).or_insert(at);
        }
        Ok(())
    }

    fn add(&mut self, target: Target, tokens: bool) -> Result<(), SchemaError> {
        let suffix = if tokens { ".tokens" } else { "" };
        let entry = Entry {
            target,
            expr: target.expr() + suffix,
            path: target.path() + if tokens { "Tokens" } else { "" },
            label: target.label() + if tokens { " Tokens" } else { "" },
            kind: target.kind(),
            tokens,
        };
        let at = self.entries.len();
        if self.by_name.insert(entry.expr.clone(), at).is_some() {
            return Err(SchemaError(format!("`{}` is declared twice", entry.expr)));
        }
        self.by_path.entry(entry.path.clone()).or_insert(at);
        self.entries.push(entry);
        Ok(())
    }

    /// Every declared field, in declaration order.
    pub fn defs(&self) -> &[&'static Def] {
        &self.defs
    }
    /// Every searchable name, derived ones included.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
    /// Every family.
    pub fn families(&self) -> &[Family] {
        &self.families
    }
    /// Every list of objects, children before parents of one declaration.
    pub fn objects(&self) -> &[&'static ObjectDef] {
        &self.objects
    }
    /// The meaning of a name: expression name, alias, ECS name, document path after `db:`, or a family.
    pub fn resolve(&self, name: &str) -> Option<Resolved<'_>> {
        if let Some(path) = name.strip_prefix("db:") {
            let family = self.families.iter().find(|f| f.path == path);
            return self.by_path(path).map(Resolved::Entry).or(family.map(Resolved::Family));
        }
        if let Some(&at) = self.by_name.get(name) {
            return Some(Resolved::Entry(&self.entries[at]));
        }
        if let Some(family) = self.families.iter().find(|f| f.expr == name) {
            return Some(Resolved::Family(family));
        }
        // ECS dotted names are document paths of the ECS-shaped part
        self.by_path(name).map(Resolved::Entry)
    }
    /// The entry with this document path.
    pub fn by_path(&self, path: &str) -> Option<&Entry> {
        self.by_path.get(path).map(|&at| &self.entries[at])
    }
    /// A target by expression name or document path: what `--fields`, `--sort` and `order=` take.
    pub fn target(&self, name: &str) -> Option<Target> {
        match self.resolve(name)? {
            Resolved::Entry(entry) => Some(entry.target),
            Resolved::Family(_) => None,
        }
    }
}

/// Families in the order in which they are listed: name, path, label, kind, transform, whether an entry belongs.
#[allow(clippy::type_complexity)]
fn families(entries: &[Entry]) -> Vec<Family> {
    fn part(expr: &str, word: &str) -> bool {
        (expr.starts_with(&format!("{word}.")) || expr.ends_with(&format!(".{word}")))
            && !expr.ends_with(".cnt")
            && !expr.ends_with(".tokens")
    }
    fn under(expr: &str, stem: &str) -> bool {
        expr.strip_prefix(stem).is_some_and(|rest| rest.starts_with('.')) && !expr.ends_with(".cnt")
    }
    let table: &[(&str, &str, &str, Kind, Option<Transform>, &dyn Fn(&Entry) -> bool)] = &[
        ("ip", "ipall", "All IP fields", Kind::Ip, None, &|e| e.kind == Kind::Ip),
        ("port", "portall", "All port fields", Kind::Int, None, &|e| {
            e.kind == Kind::Int && (part(&e.expr, "port") || e.expr.ends_with("Port"))
        }),
        ("host", "hostall", "All Host fields", Kind::Lower, Some(Transform::Host), &|e| {
            e.kind.is_text() && part(&e.expr, "host")
        }),
        ("country", "geoall", "All country fields", Kind::Upper, None, &|e| part(&e.expr, "country")),
        ("asn", "asnall", "All ASN fields", Kind::Term, None, &|e| e.kind.is_text() && part(&e.expr, "asn")),
        ("rir", "rirall", "All rir fields", Kind::Upper, None, &|e| part(&e.expr, "rir")),
        ("mac", "macall", "Src or Dst MAC", Kind::Lower, Some(Transform::Mac), &|e| under(&e.expr, "mac")),
        ("outerip", "outeripall", "Src or Dst Outer IP", Kind::Ip, None, &|e| {
            e.kind == Kind::Ip && under(&e.expr, "outerip")
        }),
        ("outermac", "outermacall", "Src or Dst Outer MAC", Kind::Lower, Some(Transform::Mac), &|e| {
            under(&e.expr, "outermac")
        }),
        ("payload8.hex", "fballhex", "Payload Hex", Kind::Lower, None, &|e| {
            under(&e.expr, "payload8") && e.expr.ends_with(".hex")
        }),
        ("payload8.utf8", "fballutf8", "Payload UTF8", Kind::Lower, Some(Transform::TextToHex), &|e| {
            under(&e.expr, "payload8") && e.expr.ends_with(".hex")
        }),
        ("tls.sessionid", "tlsidall", "Src or Dst Session Id", Kind::Lower, None, &|e| {
            under(&e.expr, "tls.sessionid")
        }),
        ("host.dns.all", "dnshostall", "All DNS Host fields", Kind::Lower, None, &|e| {
            e.kind.is_text()
                && (e.expr == "host.dns"
                    || e.expr == "dns.query.host"
                    || (under(&e.expr, "host.dns") && !e.tokens))
        }),
        ("ip.dns.all", "dnsipall", "All DNS IP fields", Kind::Ip, None, &|e| {
            e.kind == Kind::Ip && (e.expr == "ip.dns" || under(&e.expr, "ip.dns"))
        }),
        ("http.version", "httpversion", "Version", Kind::Term, None, &|e| under(&e.expr, "http.version")),
        ("http.hasheader", "hhall", "Has Src or Dst Header", Kind::Lower, None, &|e| {
            e.expr == "http.hasheader.src" || e.expr == "http.hasheader.dst"
        }),
        ("http.hasheader.value", "hhvalueall", "Has Value in Src or Dst Header", Kind::Lower, None, &|e| {
            e.expr == "http.hasheader.src.value" || e.expr == "http.hasheader.dst.value"
        }),
    ];
    table
        .iter()
        .map(|(expr, path, label, kind, transform, belongs)| Family {
            expr,
            path,
            label,
            help: "Any of the fields that the name covers.",
            kind: *kind,
            transform: *transform,
            members: entries.iter().filter(|e| belongs(e)).map(|e| e.target).collect(),
        })
        .filter(|family| !family.members.is_empty())
        .collect()
}

/// Checks that hold for every declaration; called by a test of each crate that declares fields.
///
/// # Panics
/// When a declaration breaks a rule: the message names the field and the rule.
pub fn audit(defs: &[&Def]) {
    for def in defs {
        assert!(def.help().ends_with('.'), "{}: help is not a sentence", def.expr);
        assert!(!def.label.is_empty() && !def.path.is_empty(), "{}: no label or no path", def.expr);
        assert!(
            def.expr.chars().all(|c| c.is_ascii_alphanumeric() || "._-:".contains(c)),
            "{}: charset",
            def.expr
        );
        assert!(!(def.single && def.count != Count::No), "{}: a single value has no count", def.expr);
        if let Some(object) = def.object {
            assert!(
                def.path.starts_with(object.path),
                "{}: path `{}` lies outside `{}`",
                def.expr,
                def.path,
                object.path
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    mod sample {
        crate::fields! { "ssh";
            /// Software banner.
            VERSION: Lower = "ssh.ver" @ "ssh.version", "Version";
            /// Address announced
            /// somewhere.
            XFF: Ip = "ip.xff" @ "http.xffIp", "XFF IP".aliases(&["xff"]);
            /// A port.
            PORT: Int = "port.src" @ "source.port", "Src Port".one();
        }
    }

    #[test]
    fn derives_counts_places_and_families() {
        let schema = Schema::new([sample::FIELDS]).unwrap();
        let path = |name: &str| match schema.resolve(name) {
            Some(Resolved::Entry(e)) => e.path.clone(),
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(path("ssh.ver.cnt"), "ssh.versionCnt");
        assert_eq!(path("country.xff"), "http.xffGEO");
        assert_eq!(path("xff"), "http.xffIp");
        assert_eq!(path("db:source.port"), "source.port");
        assert!(schema.resolve("port.src.cnt").is_none());
        match schema.resolve("ip") {
            Some(Resolved::Family(f)) => assert_eq!(f.members, [Target::of(&sample::XFF.def)]),
            other => panic!("{other:?}"),
        }
        assert_eq!(sample::XFF.def.help(), "Address announced somewhere.");
        audit(sample::FIELDS);
    }

    #[test]
    fn refuses_a_name_declared_twice() {
        let err = Schema::new([sample::FIELDS, sample::FIELDS]).unwrap_err();
        assert_eq!(err.to_string(), "`ssh.ver` is declared twice");
    }
}
