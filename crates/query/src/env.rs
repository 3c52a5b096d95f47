//! What a query is read against: fields, clock, and what its names stand for.

use fields::{Right, Schema};
use jiff::tz::TimeZone;

/// Everything that the meaning of a text depends on. Cheap to build; one for each request.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    /// Every field there is.
    pub schema: &'a Schema,
    /// The present, milliseconds since 1970: what `-1h` counts from.
    pub now_ms: i64,
    /// Zone in which times without one are read.
    pub zone: &'a TimeZone,
    /// What `$name` stands for.
    pub shortcuts: &'a dyn Shortcuts,
    /// What `view == name` stands for.
    pub views: &'a dyn Views,
    /// The packet files that `file == path` looks through.
    pub files: &'a dyn Files,
    /// Rights of the user.
    pub rights: &'a [Right],
}

impl<'a> Env<'a> {
    /// Without shortcuts, views and files, and with every right.
    pub fn new(schema: &'a Schema, now_ms: i64, zone: &'a TimeZone) -> Self {
        Self { schema, now_ms, zone, shortcuts: &(), views: &(), files: &(), rights: &[Right::EmailSearch] }
    }
}

impl std::fmt::Debug for Env<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Env")
            .field("now_ms", &self.now_ms)
            .field("rights", &self.rights)
            .finish_non_exhaustive()
    }
}

/// Which fields a shortcut can be used with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShortcutKind {
    /// Addresses and networks.
    Ip,
    /// Texts, compared whole.
    Text,
    /// Whole numbers.
    Number,
}

/// A named list of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortcut {
    /// Which fields it can be used with.
    pub kind: ShortcutKind,
    /// The values, as they were typed.
    pub values: Vec<String>,
}

/// Looks up shortcuts, with the reader's rights already applied.
pub trait Shortcuts {
    /// Every name, without `$`.
    fn names(&self) -> Vec<String>;
    /// The shortcut of a name.
    fn get(&self, name: &str) -> Option<Shortcut>;
}

/// Looks up views, with the reader's rights already applied.
pub trait Views {
    /// Every name.
    fn names(&self) -> Vec<String>;
    /// The expression of the view of a name (or id).
    fn get(&self, name: &str) -> Option<String>;
}

/// Looks up packet files.
pub trait Files {
    /// Node and number of every file whose path meets the test.
    fn find(&self, path: &dyn Fn(&str) -> bool) -> Vec<(String, u32)>;
}

impl Shortcuts for () {
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
    fn get(&self, _: &str) -> Option<Shortcut> {
        None
    }
}
impl Views for () {
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
    fn get(&self, _: &str) -> Option<String> {
        None
    }
}
impl Files for () {
    fn find(&self, _: &dyn Fn(&str) -> bool) -> Vec<(String, u32)> {
        Vec::new()
    }
}
