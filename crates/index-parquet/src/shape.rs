//! How the values of a document belong together: the order of its slots and the tree of its objects. Few documents
//! differ in it, so it is a dictionary-coded column; with it the flattened columns become the same document again.
//!
//! A level is `n` slots, then `m` objects. A slot is its target's number times two, plus one where a count of values
//! follows (targets of objects, whose values of one row are shared by several objects); otherwise the slot has all
//! values of the row. An object is the number of its list and a level.

use crate::column::{Column, Data, Key};
use crate::registry::Numbers;
use crate::varint::{self, Reader};
use fields::{Kind, ObjectDef, Target, Value, Values};
use session::{Object, SessionDoc, SessionId};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Deepest nesting of objects that is read back; documents have two levels.
const MAX_DEPTH: usize = 16;

/// Writes the shape of a document.
pub(crate) fn encode(doc: &SessionDoc, numbers: &mut Numbers, out: &mut Vec<u8>) {
    level(doc.slots(), doc.objects(), false, numbers, out);
}

fn level(
    slots: &[(Target, Values)],
    objects: &[Object],
    inside: bool,
    numbers: &mut Numbers,
    out: &mut Vec<u8>,
) {
    varint::put(out, slots.len() as u64);
    for (target, values) in slots {
        let counted = inside || target.def.object.is_some();
        varint::put(out, u64::from(numbers.of(*target)) * 2 + u64::from(counted));
        if counted {
            varint::put(out, values.len() as u64);
        }
    }
    varint::put(out, objects.len() as u64);
    for object in objects {
        varint::put(out, u64::from(numbers.of_object(object.def)));
        level(object.slots(), object.objects(), true, numbers, out);
    }
}

/// What the numbers of a source stand for. Names that this program does not declare are `None`; their values are
/// kept in the file but not shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// Target and its number in the registry.
    pub targets: Vec<Option<(Target, u32)>>,
    /// List of objects and its number in the registry.
    pub objects: Vec<Option<(&'static ObjectDef, u32)>>,
}

impl Names {
    /// Rewrites a shape into the numbers of the registry; `None` where a name is unknown or the bytes are damaged.
    pub(crate) fn translate(&self, shape: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(shape.len());
        self.translate_level(&mut Reader(shape), &mut out, 0)?;
        Some(out)
    }
    fn translate_level(&self, reader: &mut Reader<'_>, out: &mut Vec<u8>, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        let slots = reader.int()?;
        varint::put(out, slots);
        for _ in 0..slots {
            let code = reader.int()?;
            let (_, number) = (*self.targets.get(usize::try_from(code / 2).ok()?)?)?;
            varint::put(out, u64::from(number) * 2 + code % 2);
            if code % 2 == 1 {
                varint::put(out, reader.int()?);
            }
        }
        let objects = reader.int()?;
        varint::put(out, objects);
        for _ in 0..objects {
            let (_, number) = (*self.objects.get(reader.len()?)?)?;
            varint::put(out, u64::from(number));
            self.translate_level(reader, out, depth + 1)?;
        }
        Some(())
    }
    /// The number of values that a target has at each level of a shape at which it occurs: what counts of fields of
    /// objects are made of.
    pub(crate) fn counts(&self, shape: &[u8], number: u32) -> Option<Vec<i64>> {
        let mut counts = Vec::new();
        self.counts_level(&mut Reader(shape), number, &mut counts, 0)?;
        Some(counts)
    }
    fn counts_level(
        &self,
        reader: &mut Reader<'_>,
        number: u32,
        counts: &mut Vec<i64>,
        depth: usize,
    ) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        for _ in 0..reader.int()? {
            let code = reader.int()?;
            let count = if code % 2 == 1 { reader.int()? } else { 0 };
            let slot = self.targets.get(usize::try_from(code / 2).ok()?).copied().flatten();
            if slot.is_some_and(|(_, n)| n == number) {
                counts.push(i64::try_from(count).ok()?);
            }
        }
        for _ in 0..reader.int()? {
            reader.len()?;
            self.counts_level(reader, number, counts, depth + 1)?;
        }
        Some(())
    }
}

/// Columns from which documents are made again.
pub(crate) struct Rebuild<'a> {
    pub names: &'a Names,
    pub columns: &'a HashMap<Key, Arc<Column>>,
    /// Those of `columns` that are fields, by number: asked for each slot of each document.
    pub fields: Vec<Option<&'a Column>>,
    /// The numbers of tags and the like: they may have been changed since the shape was written, so that it does not name them.
    pub changeable: Vec<(Target, u32)>,
    /// Whether every target is shown; otherwise those that have a column are.
    pub whole: bool,
}

/// The columns that are fields, by their number.
pub(crate) fn by_number(columns: &HashMap<Key, Arc<Column>>) -> Vec<Option<&Column>> {
    let mut fields = Vec::new();
    for (key, column) in columns {
        let Key::Field(number) = key else { continue };
        let at = *number as usize;
        if fields.len() <= at {
            fields.resize(at + 1, None);
        }
        if let Some(slot) = fields.get_mut(at) {
            *slot = Some(&**column);
        }
    }
    fields
}

impl Rebuild<'_> {
    /// The document of a row; `None` where the bytes are damaged.
    pub(crate) fn doc(&self, row: u32) -> Option<SessionDoc> {
        let column = |key| self.columns.get(&key);
        let unique = *column(Key::Id)?.ids().get(row as usize)?;
        let day = u32::try_from(*column(Key::Day)?.ints().get(row as usize)?).ok()?;
        let bytes_of = |key| {
            column(key).map_or(&[][..], |c| {
                let at = c.of_row(row);
                if at.is_empty() { &[] } else { c.bytes(at.start) }
            })
        };
        let positions = crate::positions::decode(bytes_of(Key::Positions), bytes_of(Key::Lengths))?;
        let shape = column(Key::Shape)?;
        let mut cursors = Vec::with_capacity(16);
        let mut reader = Reader(shape.bytes(shape.of_row(row).start));
        let (mut slots, objects) = self.level(row, &mut reader, &mut cursors, 0)?;
        for (target, number) in &self.changeable {
            if !slots.iter().any(|(at, _)| at == target)
                && let Some(column) = column(Key::Field(*number))
            {
                let range = column.of_row(row);
                if !range.is_empty() {
                    slots.push((*target, values(column, range, target.kind())));
                }
            }
        }
        Some(SessionDoc::from_parts(SessionId { day, unique }, positions, slots, objects))
    }

    #[allow(clippy::type_complexity)]
    fn level(
        &self,
        row: u32,
        reader: &mut Reader<'_>,
        cursors: &mut Vec<(u32, usize)>,
        depth: usize,
    ) -> Option<(Vec<(Target, Values)>, Vec<Object>)> {
        if depth > MAX_DEPTH {
            return None;
        }
        let count = reader.len()?;
        // of a document of which little is shown, most slots are passed over
        let mut slots = Vec::with_capacity(count.min(self.columns.len()).min(256));
        for _ in 0..count {
            let code = reader.int()?;
            let wanted = if code % 2 == 1 { Some(reader.len()?) } else { None };
            let Some((target, number)) = *self.names.targets.get(usize::try_from(code / 2).ok()?)? else {
                continue;
            };
            let Some(column) = self.fields.get(number as usize).copied().flatten() else { continue };
            let whole = column.of_row(row);
            let range = match wanted {
                None => whole,
                Some(wanted) => {
                    let at = match cursors.iter().position(|(n, _)| *n == number) {
                        Some(at) => at,
                        None => {
                            cursors.push((number, whole.start));
                            cursors.len() - 1
                        }
                    };
                    let (_, start) = cursors.get_mut(at)?;
                    let from = *start;
                    *start = from.checked_add(wanted)?.min(whole.end);
                    from..*start
                }
            };
            if !range.is_empty() {
                slots.push((target, values(column, range, target.kind())));
            }
        }
        let count = reader.len()?;
        let mut objects = Vec::with_capacity(count.min(256));
        for _ in 0..count {
            let def = *self.names.objects.get(reader.len()?)?;
            let (slots, inner) = self.level(row, reader, cursors, depth + 1)?;
            if let Some((def, _)) = def
                && (self.whole || !slots.is_empty() || !inner.is_empty())
            {
                objects.push(Object::from_parts(def, slots, inner));
            }
        }
        Some((slots, objects))
    }
}

fn values(column: &Column, range: std::ops::Range<usize>, kind: Kind) -> Values {
    let mut values = Values::empty(kind);
    match (&column.data, kind) {
        (Data::Ints(ints), _) => {
            for int in ints.get(range).unwrap_or(&[]) {
                values.push(kind, Value::Int(*int), false);
            }
        }
        (Data::Texts(codes, dict), Kind::Ip) => {
            for ip in range.filter_map(|at| dict.ip(codes.get(at))) {
                values.push(kind, Value::Ip(ip), false);
            }
        }
        (Data::Texts(codes, dict), _) => {
            for at in range {
                values.push(kind, Value::Text(dict.text(codes.get(at))), false);
            }
        }
        (Data::Bytes(_) | Data::Ids(_), _) => {}
    }
    values
}

/// Reads addresses as their text; used by the builder of columns.
pub(crate) fn ip_text(ip: IpAddr, out: &mut String) {
    use std::fmt::Write;
    out.clear();
    let _ = write!(out, "{ip}");
}
