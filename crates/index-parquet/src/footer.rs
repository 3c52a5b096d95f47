//! What this store adds to the key-value metadata of its Parquet files: which field each column is.

use crate::column::{Data, Key};
use crate::registry::{Registry, aspect_name};
use crate::shape::Names;
use crate::table::Table;
use serde::{Deserialize, Serialize};
use session::core;
use std::collections::{HashMap, HashSet};

/// Key of the metadata entry.
pub(crate) const METADATA: &str = "hindsight";
/// Version of the file layout.
const FORMAT: u32 = 1;
/// Values of a part of a dictionary page.
pub(crate) const PART_VALUES: u32 = 512;

/// The entry, as JSON.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Footer {
    pub format: u32,
    /// Values of a part of a dictionary page that is in parts.
    #[serde(default)]
    pub part_values: u32,
    /// One for each column, in the order of the Parquet schema.
    pub columns: Vec<ColumnNote>,
    /// Expression name and aspect of each number that shapes use.
    pub targets: Vec<(String, String)>,
    /// Document path of each object list that shapes use.
    pub objects: Vec<String>,
}

/// What a column is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ColumnNote {
    /// Name in the Parquet schema.
    pub name: String,
    pub is: Is,
    /// Number in `targets`, for fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<u32>,
    pub holds: Holds,
    /// Whether it is a list column.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub list: bool,
    /// Bytes of each part of the dictionary page: parts of [`PART_VALUES`] values, each compressed by itself, so that one value
    /// is read without the others. Empty where the page is one part.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<u32>,
}

/// The part a column plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Is {
    Id,
    Day,
    Positions,
    Lengths,
    Files,
    Shape,
    Field,
}

/// What the values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Holds {
    Int,
    Time,
    Text,
    Ip,
    /// A community id, 20 bytes: the text is `1:` and their base64.
    Community,
    Bytes,
    Id,
}

/// The columns of a table in the order in which they are written.
pub(crate) fn describe(table: &Table, registry: &Registry) -> (Footer, Vec<Key>) {
    let targets = registry.targets();
    let mut keys: Vec<Key> = table.columns.keys().copied().collect();
    keys.sort_unstable();
    let mut taken: HashSet<String> = HashSet::new();
    let columns = keys
        .iter()
        .filter_map(|key| {
            let column = table.columns.get(key)?;
            let special = |name: &str, is, holds| ColumnNote {
                name: name.to_owned(),
                is,
                target: None,
                holds,
                list: is == Is::Files,
                frames: Vec::new(),
            };
            let note = match key {
                Key::Id => special("_id", Is::Id, Holds::Id),
                Key::Day => special("_day", Is::Day, Holds::Int),
                Key::Positions => special("packetPos", Is::Positions, Holds::Bytes),
                Key::Lengths => special("packetLen", Is::Lengths, Holds::Bytes),
                Key::Files => special("fileId", Is::Files, Holds::Int),
                Key::Shape => special("_shape", Is::Shape, Holds::Bytes),
                Key::Field(number) => {
                    let target = targets.get(*number as usize)?;
                    let holds = match (&column.data, target.kind()) {
                        (Data::Ints(_), fields::Kind::Time) => Holds::Time,
                        (Data::Ints(_), _) => Holds::Int,
                        (_, fields::Kind::Ip) => Holds::Ip,
                        _ if *target == fields::Target::of(&core::COMMUNITY_ID.def)
                            && crate::community::all(column) =>
                        {
                            Holds::Community
                        }
                        _ => Holds::Text,
                    };
                    let mut name = target.path();
                    if taken.contains(&name) {
                        name = format!("{name}@{}", target.expr());
                    }
                    let several = crate::encode::has_several(column);
                    let list = !target.def.single || target.def.object.is_some() || several;
                    ColumnNote { name, is: Is::Field, target: Some(*number), holds, list, frames: Vec::new() }
                }
            };
            taken.insert(note.name.clone());
            Some(note)
        })
        .collect();
    let footer = Footer {
        format: FORMAT,
        part_values: PART_VALUES,
        columns,
        targets: targets.iter().map(|t| (t.def.expr.to_owned(), aspect_name(t.aspect).to_owned())).collect(),
        objects: registry.objects().iter().map(|o| o.path.to_owned()).collect(),
    };
    (footer, keys)
}

/// What a footer means to this program.
#[derive(Debug, Default)]
pub(crate) struct Meaning {
    /// Place in the Parquet schema by key.
    pub columns: HashMap<Key, usize>,
    pub names: Names,
    /// Whether there are columns of fields that this program does not declare: such a file is never rewritten.
    pub foreign: bool,
}

impl Footer {
    /// Resolves the names.
    pub(crate) fn resolve(&self, registry: &Registry) -> Meaning {
        let names = Names {
            targets: self
                .targets
                .iter()
                .map(|(expr, aspect)| {
                    registry.target_of(expr, aspect).map(|target| (target, registry.number(target)))
                })
                .collect(),
            objects: self
                .objects
                .iter()
                .map(|path| registry.object_of(path).map(|def| (def, registry.object_number(def))))
                .collect(),
        };
        let mut meaning = Meaning { names, ..Meaning::default() };
        for (at, note) in self.columns.iter().enumerate() {
            let key = match note.is {
                Is::Id => Key::Id,
                Is::Day => Key::Day,
                Is::Positions => Key::Positions,
                Is::Lengths => Key::Lengths,
                Is::Files => Key::Files,
                Is::Shape => Key::Shape,
                Is::Field => {
                    let named = note.target.and_then(|n| meaning.names.targets.get(n as usize).copied());
                    match named.flatten() {
                        Some((target, number)) if fits(note.holds, target.kind()) => Key::Field(number),
                        _ => {
                            meaning.foreign = true;
                            continue;
                        }
                    }
                }
            };
            meaning.columns.insert(key, at);
        }
        meaning
    }

    /// Whether this program can read the file.
    pub(crate) fn is_known(&self) -> bool {
        self.format == FORMAT
    }
}

fn fits(holds: Holds, kind: fields::Kind) -> bool {
    match holds {
        Holds::Int | Holds::Time => kind.is_int(),
        Holds::Ip => kind == fields::Kind::Ip,
        Holds::Text | Holds::Community => kind.is_text(),
        Holds::Bytes | Holds::Id => false,
    }
}
