//! Documents as columns in memory.

use crate::column::{Codes, Column, Data, Dict, Key, Rows};
use crate::intern::Interner;
use crate::registry::{Numbers, Registry};
use crate::shape::{self, Names};
use fields::{Target, Values};
use session::{Object, SessionDoc};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Columns of the same rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub rows: u32,
    pub columns: HashMap<Key, Arc<Column>>,
}

/// The names that the numbers of a table stand for: the registry's own.
pub(crate) fn own_names(registry: &Registry) -> Names {
    Names {
        targets: registry.targets().into_iter().zip(0..).map(Some).collect(),
        objects: registry.objects().into_iter().zip(0..).map(Some).collect(),
    }
}

#[derive(Debug)]
struct Building {
    rows: Vec<u32>,
    values: Growing,
    /// Whether it was looked at if the strings repeat.
    decided: bool,
}

/// Strings after which it is decided whether they get a dictionary.
const ENOUGH: usize = 512;

/// The value itself where it is not needed any more, else a copy.
fn grab<T: Clone + Default>(value: &mut T, last: bool) -> T {
    if last { std::mem::take(value) } else { value.clone() }
}

#[derive(Debug)]
enum Growing {
    Ints(Vec<i64>),
    Texts(Vec<u32>, Interner),
    /// Strings that hardly repeat, as they come.
    Each(Dict),
    Ips(Vec<u32>, HashMap<IpAddr, u32, ahash::RandomState>, Dict),
    Bytes(Dict),
    Ids(Vec<[u8; 16]>),
}

/// Takes documents one after the other.
#[derive(Debug)]
pub(crate) struct Builder {
    numbers: Numbers,
    rows: u32,
    fields: Vec<Option<Building>>,
    id: Building,
    day: Building,
    positions: Building,
    lengths: Building,
    files: Building,
    shape: Building,
    scratch: Vec<u8>,
    text: String,
}

impl Building {
    fn new(values: Growing) -> Self {
        Self { rows: Vec::new(), values, decided: false }
    }
    fn bytes(&mut self, row: u32, bytes: &[u8]) {
        match &mut self.values {
            Growing::Bytes(dict) => dict.push(bytes),
            Growing::Texts(codes, interner) => codes.push(interner.number(bytes)),
            _ => return,
        }
        self.rows.push(row);
    }
    fn int(&mut self, row: u32, int: i64) {
        if let Growing::Ints(ints) = &mut self.values {
            ints.push(int);
            self.rows.push(row);
        }
    }
    /// Does without a dictionary where the first strings hardly repeat: looking each one up would be in vain.
    fn decide(&mut self) {
        let Growing::Texts(codes, interner) = &self.values else { return };
        if self.decided || codes.len() < ENOUGH {
            return;
        }
        self.decided = true;
        if interner.dict.len() * 10 >= codes.len() * 9 {
            let mut each = Dict::default();
            codes.iter().for_each(|code| each.push(interner.dict.get(*code as usize)));
            self.values = Growing::Each(each);
        }
    }

    /// The column as it is now; `last` says that no more values come.
    fn column(&mut self, rows: u32, last: bool) -> Option<Arc<Column>> {
        if self.rows.is_empty() {
            return None;
        }
        let dense = self.rows.len() == rows as usize && self.rows.iter().zip(0..).all(|(row, at)| *row == at);
        let data = match &mut self.values {
            Growing::Ints(ints) => Data::Ints(grab(ints, last)),
            Growing::Texts(codes, interner) => {
                Data::Texts(Codes::Of(grab(codes, last)), Arc::new(grab(&mut interner.dict, last)))
            }
            Growing::Each(dict) => Data::Texts(Codes::Each, Arc::new(grab(dict, last))),
            Growing::Ips(codes, _, dict) => {
                Data::Texts(Codes::Of(grab(codes, last)), Arc::new(grab(dict, last)))
            }
            Growing::Bytes(dict) => Data::Bytes(grab(dict, last)),
            Growing::Ids(ids) => Data::Ids(grab(ids, last)),
        };
        Some(Arc::new(Column {
            rows: if dense { Rows::Dense } else { Rows::Sparse(grab(&mut self.rows, last)) },
            data,
        }))
    }
}

impl Builder {
    pub(crate) fn new(registry: &Arc<Registry>) -> Self {
        Self {
            numbers: Numbers::new(registry.clone()),
            rows: 0,
            fields: Vec::new(),
            id: Building::new(Growing::Ids(Vec::new())),
            day: Building::new(Growing::Ints(Vec::new())),
            positions: Building::new(Growing::Bytes(Dict::default())),
            lengths: Building::new(Growing::Bytes(Dict::default())),
            files: Building::new(Growing::Ints(Vec::new())),
            shape: Building::new(Growing::Texts(Vec::new(), Interner::default())),
            scratch: Vec::new(),
            text: String::new(),
        }
    }

    pub(crate) fn push(&mut self, doc: &SessionDoc) {
        let row = self.rows;
        self.rows += 1;
        if let Growing::Ids(ids) = &mut self.id.values {
            ids.push(doc.id.unique);
            self.id.rows.push(row);
        }
        self.day.int(row, i64::from(doc.id.day));
        self.scratch.clear();
        crate::positions::encode(&doc.positions.flat, &mut self.scratch);
        if !self.scratch.is_empty() {
            self.positions.bytes(row, &self.scratch);
        }
        self.scratch.clear();
        crate::positions::encode_lengths(&doc.positions.lengths, &mut self.scratch);
        if !self.scratch.is_empty() {
            self.lengths.bytes(row, &self.scratch);
        }
        for file in doc.positions.files() {
            self.files.int(row, i64::from(file));
        }
        self.scratch.clear();
        shape::encode(doc, &mut self.numbers, &mut self.scratch);
        self.shape.bytes(row, &self.scratch);
        self.level(row, doc.slots(), doc.objects());
    }

    fn level(&mut self, row: u32, slots: &[(Target, Values)], objects: &[Object]) {
        for (target, values) in slots {
            self.slot(row, *target, values);
        }
        for object in objects {
            self.level(row, object.slots(), object.objects());
        }
    }

    fn slot(&mut self, row: u32, target: Target, values: &Values) {
        let at = self.numbers.of(target) as usize;
        if at >= self.fields.len() {
            self.fields.resize_with(at + 1, || None);
        }
        let Some(place) = self.fields.get_mut(at) else { return };
        let building = place.get_or_insert_with(|| {
            Building::new(match values {
                Values::Ints(..) => Growing::Ints(Vec::new()),
                Values::Ips(..) => Growing::Ips(Vec::new(), HashMap::default(), Dict::default()),
                Values::Texts(..) => Growing::Texts(Vec::new(), Interner::default()),
            })
        });
        match (values, &mut building.values) {
            (Values::Ints(more, _), Growing::Ints(ints)) => ints.extend_from_slice(more),
            (Values::Texts(more, _), Growing::Texts(codes, interner)) => {
                codes.extend(more.iter().map(|text| interner.number(text.as_bytes())));
                building.decide();
            }
            (Values::Texts(more, _), Growing::Each(dict)) => {
                more.iter().for_each(|text| dict.push(text.as_bytes()));
            }
            (Values::Ips(more, _), Growing::Ips(codes, numbers, dict)) => {
                for ip in more {
                    let next = dict.len() as u32;
                    codes.push(*numbers.entry(*ip).or_insert_with(|| {
                        shape::ip_text(*ip, &mut self.text);
                        dict.push(self.text.as_bytes());
                        next
                    }));
                }
            }
            // values of another kind than the field's cannot be made through its handle
            _ => return,
        }
        building.rows.extend(std::iter::repeat_n(row, values.len()));
    }

    pub(crate) fn rows(&self) -> u32 {
        self.rows
    }

    /// What was taken so far, as a table. After the `last` time the builder is of no more use.
    pub(crate) fn table(&mut self, last: bool) -> Table {
        let rows = self.rows;
        let special = [
            (Key::Id, &mut self.id),
            (Key::Day, &mut self.day),
            (Key::Positions, &mut self.positions),
            (Key::Lengths, &mut self.lengths),
            (Key::Files, &mut self.files),
            (Key::Shape, &mut self.shape),
        ];
        let fields =
            self.fields.iter_mut().zip(0..).filter_map(|(b, n)| b.as_mut().map(|b| (Key::Field(n), b)));
        let columns = special
            .into_iter()
            .chain(fields)
            .filter_map(|(key, building)| building.column(rows, last).map(|column| (key, column)))
            .collect();
        Table { rows, columns }
    }
}
