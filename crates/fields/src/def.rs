//! One field's declaration.

use crate::{Kind, Typed};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// How the number of values of a field appears in the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Not at all.
    No,
    /// As `<path>Cnt`.
    Cnt,
    /// As `<path>-cnt` (the ECS-shaped fields).
    Dash,
}

/// How a search value is rewritten before it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transform {
    /// `tcp` becomes 6.
    IpProtocol,
    /// `00-11-22…` becomes `00:11:22…`.
    Mac,
    /// Text becomes the hex of its first bytes, as a prefix.
    TextToHex,
    /// A leading `http://` or `https://` is dropped.
    Uri,
    /// A leading protocol and everything from the first `/` are dropped.
    Host,
}

/// A right that a user needs to search or see a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Arkime's `emailSearch`.
    EmailSearch,
}

/// A list of objects in the document (`cert[]`, `dns[]`, `dns[].answers[]`). Searches see the objects' fields
/// flattened: two tests of one query may be met by two objects.
#[derive(Debug)]
pub struct ObjectDef {
    /// Path of the list in the document; for a nested list the full dotted path (`dns.answers`).
    pub path: &'static str,
    /// The object that this list lies in.
    pub parent: Option<&'static ObjectDef>,
    /// What one object is, in a sentence.
    pub help: &'static str,
}

impl ObjectDef {
    /// A list of objects at the top of the document.
    pub const fn new(path: &'static str, help: &'static str) -> Self {
        Self { path, parent: None, help }
    }
    /// A list of objects inside each object of another list.
    pub const fn nested(parent: &'static ObjectDef, path: &'static str, help: &'static str) -> Self {
        Self { path, parent: Some(parent), help }
    }
    /// The last part of the path: the key in the parent object.
    pub fn key(&self) -> &'static str {
        match self.parent {
            Some(parent) => {
                self.path.strip_prefix(parent.path).map_or(self.path, |rest| rest.trim_start_matches('.'))
            }
            None => self.path,
        }
    }
}

impl PartialEq for ObjectDef {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || self.path == other.path
    }
}
impl Eq for ObjectDef {}

/// One searchable property of a session. Identity is the declaration itself: two `Def`s are equal when their
/// expression names are.
#[derive(Debug)]
pub struct Def {
    /// Protocol or area that the field belongs to.
    pub group: &'static str,
    /// Name in the search language.
    pub expr: &'static str,
    /// Path in the session document; also the `db:` name.
    pub path: &'static str,
    /// Short name for people.
    pub label: &'static str,
    help: &'static str,
    /// What the values are.
    pub kind: Kind,
    /// What a search value is folded as, where that is not `kind`. Arkime keeps some values as they came and yet
    /// folds what is asked for (`adb.serial`): a value with capitals is then found by a wildcard only.
    pub asked: Option<Kind>,
    /// One value (a plain JSON value) or any number of them (a JSON array).
    pub single: bool,
    /// Whether values are kept once each. Fields of parallel arrays keep every value.
    pub unique: bool,
    /// How the number of values appears in the document.
    pub count: Count,
    /// Other names in the search language.
    pub aliases: &'static [&'static str],
    /// ECS name, where it differs from the path.
    pub ecs: Option<&'static str>,
    /// The list of objects whose member this is.
    pub object: Option<&'static ObjectDef>,
    /// Whether country, AS and RIR of each address are kept beside it (`<base>GEO`, `<base>ASN`, `<base>RIR`).
    pub placed: bool,
    /// The port field that goes with an address field: `ip.src == 10.0.0.1:80`.
    pub port: Option<&'static Def>,
    /// The field that gets the makers of the network cards in a MAC field.
    pub oui: Option<&'static Def>,
    /// How search values are rewritten.
    pub transform: Option<Transform>,
    /// What a user must be allowed to search it.
    pub right: Option<Right>,
    /// Whether `==` on words of the value is offered as `<expr>.tokens`.
    pub tokens: bool,
    /// Whether the value goes on to the later segments of a long session.
    pub linked: bool,
}

impl Def {
    /// Help text: the doc comment, trimmed.
    pub fn help(&self) -> &'static str {
        self.help.trim()
    }
    /// Path without its last letters `Ip`/`ip`: what the names of places are made of.
    fn place_base(&self) -> &'static str {
        self.path.strip_suffix("Ip").or_else(|| self.path.strip_suffix("ip")).unwrap_or(self.path)
    }
    /// Whether an aspect exists for this field.
    pub fn has(&self, aspect: Aspect) -> bool {
        match aspect {
            Aspect::Value => true,
            Aspect::Count => self.count != Count::No,
            Aspect::Country | Aspect::Asn | Aspect::Rir => self.placed,
        }
    }
}

impl PartialEq for Def {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || self.expr == other.expr
    }
}
impl Eq for Def {}
impl Hash for Def {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.expr.hash(state);
    }
}

/// What of a field is meant: its values, or something derived from them. Derived things are never declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Aspect {
    /// The values themselves.
    Value,
    /// How many values there are; a document without the field has no count.
    Count,
    /// Country of each address, `---` where unknown.
    Country,
    /// Autonomous system of each address, `AS123 Name`, `---` where unknown.
    Asn,
    /// Regional registry of each address, empty where unknown.
    Rir,
}

/// A field and which aspect of it: what a query tests, sorts by, counts or shows.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Target {
    /// The field.
    pub def: &'static Def,
    /// Which aspect of it.
    pub aspect: Aspect,
}

impl Target {
    /// The values of a field.
    pub const fn of(def: &'static Def) -> Self {
        Self { def, aspect: Aspect::Value }
    }
    /// Kind of the values of this aspect.
    pub fn kind(&self) -> Kind {
        match self.aspect {
            Aspect::Value => self.def.kind,
            Aspect::Count => Kind::Int,
            Aspect::Country | Aspect::Rir => Kind::Upper,
            Aspect::Asn => Kind::Term,
        }
    }
    /// What a search value is folded as before it is compared; see [`Def::asked`].
    pub fn asked(&self) -> Kind {
        match self.aspect {
            Aspect::Value => self.def.asked.unwrap_or(self.def.kind),
            _ => self.kind(),
        }
    }
    /// Expression name, for instance `ssh.ver.cnt` or `ip.xff.country` (`country.x` style names are not made up
    /// here; fields that carry them declare them).
    pub fn expr(&self) -> String {
        let base = self.def.expr;
        // `ip.dns` names its places `country.dns`, `http.ip` style names append
        let place = |what: &str| match base.strip_prefix("ip.") {
            Some(rest) => format!("{what}.{rest}"),
            None => format!("{base}.{what}"),
        };
        match self.aspect {
            Aspect::Value => base.to_owned(),
            Aspect::Count => format!("{base}.cnt"),
            Aspect::Country => place("country"),
            Aspect::Asn => place("asn"),
            Aspect::Rir => place("rir"),
        }
    }
    /// Document path, for instance `ssh.versionCnt` or `http.xffGEO`.
    pub fn path(&self) -> String {
        let base = self.def.place_base();
        match self.aspect {
            Aspect::Value => self.def.path.to_owned(),
            Aspect::Count if self.def.count == Count::Dash => format!("{}-cnt", self.def.path),
            Aspect::Count => format!("{}Cnt", self.def.path),
            Aspect::Country => format!("{base}GEO"),
            Aspect::Asn => format!("{base}ASN"),
            Aspect::Rir => format!("{base}RIR"),
        }
    }
    /// Label for people.
    pub fn label(&self) -> String {
        let label = self.def.label;
        match self.aspect {
            Aspect::Value => label.to_owned(),
            Aspect::Count => format!("{label} Cnt"),
            Aspect::Country => format!("{label} GEO"),
            Aspect::Asn => format!("{label} ASN"),
            Aspect::Rir => format!("{label} RIR"),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.expr())
    }
}

/// A typed handle: `doc.add(&VERSION, 4)` compiles only where the field takes a number.
#[derive(Debug)]
pub struct Field<T> {
    /// The declaration.
    pub def: Def,
    kind: PhantomData<fn() -> T>,
}

impl<T: Typed> Field<T> {
    /// A field of many values, kept once each, with a count. Called by [`crate::fields!`].
    pub const fn new(
        group: &'static str,
        expr: &'static str,
        path: &'static str,
        label: &'static str,
        help: &'static str,
    ) -> Self {
        let def = Def {
            group,
            expr,
            path,
            label,
            help,
            kind: T::KIND,
            asked: None,
            single: false,
            unique: true,
            count: Count::Cnt,
            aliases: &[],
            ecs: None,
            object: None,
            placed: matches!(T::KIND, Kind::Ip),
            port: None,
            oui: None,
            transform: None,
            right: None,
            tokens: false,
            linked: false,
        };
        Self { def, kind: PhantomData }
    }
    /// One value, a plain JSON value, no count, no places.
    pub const fn one(mut self) -> Self {
        self.def.single = true;
        self.def.count = Count::No;
        self.def.placed = false;
        self
    }
    /// Many values without a count in the document.
    pub const fn no_count(mut self) -> Self {
        self.def.count = Count::No;
        self
    }
    /// The count is written `<path>-cnt`.
    pub const fn dash_count(mut self) -> Self {
        self.def.count = Count::Dash;
        self
    }
    /// Keeps repeated values, in order.
    pub const fn repeated(mut self) -> Self {
        self.def.unique = false;
        self
    }
    /// Other names in the search language.
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.def.aliases = aliases;
        self
    }
    /// ECS name.
    pub const fn ecs(mut self, name: &'static str) -> Self {
        self.def.ecs = Some(name);
        self
    }
    /// A member of a list of objects; the path is the full dotted one.
    pub const fn inside(mut self, object: &'static ObjectDef) -> Self {
        self.def.object = Some(object);
        self
    }
    /// An address without country, AS and RIR beside it.
    pub const fn no_place(mut self) -> Self {
        self.def.placed = false;
        self
    }
    /// Country, AS and RIR are kept beside each address even for a single one.
    pub const fn place(mut self) -> Self {
        self.def.placed = true;
        self
    }
    /// The port field that goes with this address.
    pub const fn with_port(mut self, port: &'static Def) -> Self {
        self.def.port = Some(port);
        self
    }
    /// The field that gets the makers of these network cards.
    pub const fn with_oui(mut self, oui: &'static Def) -> Self {
        self.def.oui = Some(oui);
        self
    }
    /// How search values are rewritten.
    pub const fn transform(mut self, transform: Transform) -> Self {
        self.def.transform = Some(transform);
        self
    }
    /// Search values are folded as another kind than what is kept.
    pub const fn asked(mut self, kind: Kind) -> Self {
        self.def.asked = Some(kind);
        self
    }
    /// Needs a right.
    pub const fn right(mut self, right: Right) -> Self {
        self.def.right = Some(right);
        self
    }
    /// Offers `<expr>.tokens`, a match on words.
    pub const fn tokens(mut self) -> Self {
        self.def.tokens = true;
        self
    }
    /// Goes on to the later segments of a long session.
    pub const fn linked(mut self) -> Self {
        self.def.linked = true;
        self
    }
}
