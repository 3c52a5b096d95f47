//! A run of rows that is searched as one: a file, or a part of what was not written to a file yet.

use crate::bitmap::{Bitmap, Selection};
use crate::column::{Codes, Column, Data, Dict, Key, Rows};
use crate::file::Stored;
use crate::files::Files;
use crate::registry::Registry;
use crate::shape::{Names, Rebuild};
use crate::table::Table;
use fields::{Aspect, Count, Target};
use index::{CHANGEABLE, Error, Show, TermChange};
use session::{SessionDoc, core};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Where the rows are.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Table(Arc<Table>),
    File(PathBuf),
}

/// What is known of times without opening anything, milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    /// Earliest and latest first packet.
    pub first: (i64, i64),
    /// Earliest and latest last packet.
    pub last: (i64, i64),
}

impl Times {
    /// Nothing known: anything may be there.
    pub(crate) const ANY: Self = Self { first: (i64::MIN, i64::MAX), last: (i64::MIN, i64::MAX) };
}

/// Values of a field changed after the rows were written.
#[derive(Clone, Debug)]
pub(crate) struct TagPatch {
    pub rows: Arc<Bitmap>,
    pub change: Arc<TermChange>,
}

/// A run of rows.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    /// Name by which changes mean it: a file or a log.
    pub name: Arc<str>,
    /// Number of its first row within that name.
    pub base: u32,
    pub rows: u32,
    pub source: Source,
    /// Rows that were deleted or replaced.
    pub hidden: Option<Arc<Bitmap>>,
    /// Changes of values (tags and the like), in order.
    pub tags: Vec<TagPatch>,
    pub times: Times,
}

/// A segment during one question of one thread. Columns are decoded once.
pub(crate) struct Open<'a> {
    pub segment: &'a Segment,
    registry: &'a Registry,
    file: Option<Arc<Stored>>,
    names: Arc<Names>,
    columns: RefCell<HashMap<Key, Option<Arc<Column>>>>,
    counts: RefCell<HashMap<Target, Option<Arc<Column>>>>,
}

impl<'a> Open<'a> {
    /// Opens a segment; `None` when its file is gone (its partition expired meanwhile).
    pub(crate) fn new(
        segment: &'a Segment,
        registry: &'a Registry,
        files: &Files,
    ) -> Result<Option<Self>, Error> {
        let (file, names) = match &segment.source {
            Source::Table(_) => (None, Arc::new(crate::table::own_names(registry))),
            Source::File(path) => {
                let Some(file) = files.open(path)? else { return Ok(None) };
                (Some(file), Arc::default())
            }
        };
        Ok(Some(Self {
            segment,
            registry,
            file,
            names,
            columns: RefCell::default(),
            counts: RefCell::default(),
        }))
    }

    pub(crate) fn rows(&self) -> u32 {
        self.segment.rows
    }
    pub(crate) fn file(&self) -> Option<&Stored> {
        self.file.as_deref()
    }
    pub(crate) fn names(&self) -> &Names {
        self.file.as_ref().map_or(&*self.names, |f| &f.meaning.names)
    }
    /// Every column that there is.
    pub(crate) fn keys(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = match (&self.segment.source, &self.file) {
            (Source::Table(table), _) => table.columns.keys().copied().collect(),
            (_, Some(file)) => file.meaning.columns.keys().copied().collect(),
            _ => Vec::new(),
        };
        for key in self.changed_keys() {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }
    /// The key of a target, where any document of this process or of the files seen has it.
    pub(crate) fn key_of(&self, target: Target) -> Option<Key> {
        self.registry.find(target).map(Key::Field)
    }

    /// Whether a column was decoded already.
    pub(crate) fn has(&self, key: Key) -> bool {
        self.columns.borrow().contains_key(&key)
    }
    /// A column as it is stored.
    pub(crate) fn column(&self, key: Key) -> Result<Option<Arc<Column>>, Error> {
        if let Some(known) = self.columns.borrow().get(&key) {
            return Ok(known.clone());
        }
        let loaded = match (&self.segment.source, &self.file) {
            (Source::Table(table), _) => table.columns.get(&key).cloned(),
            (_, Some(file)) => file.column(key)?.map(Arc::new),
            _ => None,
        };
        let loaded = self.patched(key, loaded, None);
        self.columns.borrow_mut().insert(key, loaded.clone());
        Ok(loaded)
    }

    /// The values of a target: a column, or one that is made of others (counts, changed tags).
    pub(crate) fn target(&self, target: Target) -> Result<Option<Arc<Column>>, Error> {
        if target.aspect != Aspect::Count {
            return self.key_of(target).map_or(Ok(None), |key| self.column(key));
        }
        if let Some(known) = self.counts.borrow().get(&target) {
            return Ok(known.clone());
        }
        let made = self.count_column(target)?.map(Arc::new);
        self.counts.borrow_mut().insert(target, made.clone());
        Ok(made)
    }

    fn count_column(&self, target: Target) -> Result<Option<Column>, Error> {
        if target.def.count == Count::No {
            return Ok(None);
        }
        let Some(key @ Key::Field(number)) = self.key_of(Target::of(target.def)) else { return Ok(None) };
        let mut rows = Vec::new();
        let mut counts: Vec<i64> = Vec::new();
        if target.def.object.is_none() {
            let Some(column) = self.column(key)? else { return Ok(None) };
            for at in 0..column.len() {
                let row = column.row(at);
                match counts.last_mut() {
                    Some(count) if rows.last() == Some(&row) => *count += 1,
                    _ => {
                        rows.push(row);
                        counts.push(1);
                    }
                }
            }
        } else {
            let Some(shape) = self.column(Key::Shape)? else { return Ok(None) };
            let mut by_shape: HashMap<usize, Vec<i64>> = HashMap::new();
            for at in 0..shape.len() {
                let code = match &shape.data {
                    Data::Texts(codes, _) => codes.get(at),
                    _ => at,
                };
                let of_shape = by_shape
                    .entry(code)
                    .or_insert_with(|| self.names().counts(shape.bytes(at), number).unwrap_or_default());
                rows.extend(std::iter::repeat_n(shape.row(at), of_shape.len()));
                counts.extend_from_slice(of_shape);
            }
        }
        Ok((!rows.is_empty()).then_some(Column { rows: Rows::Sparse(rows), data: Data::Ints(counts) }))
    }

    /// The columns of this segment that were changed since it was written.
    fn changed_keys(&self) -> Vec<Key> {
        let mut keys = Vec::new();
        for patch in &self.segment.tags {
            let key = Key::Field(self.registry.number(patch.change.target));
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }

    /// The column with changes applied; of some rows, which it numbers from 0, or of all.
    fn patched(&self, key: Key, column: Option<Arc<Column>>, some: Option<&[u32]>) -> Option<Arc<Column>> {
        let patches = self.segment.tags.iter();
        let patches: Vec<&TagPatch> =
            patches.filter(|patch| self.key_of(patch.change.target) == Some(key)).collect();
        if patches.is_empty() {
            return column;
        }
        let count = some.map_or(self.segment.rows, |rows| rows.len() as u32);
        let mut dict = Dict::default();
        let mut rows = Vec::new();
        for row in 0..count {
            let of_file = some.map_or(Some(row), |rows| rows.get(row as usize).copied())?;
            let mut tags: Vec<String> = column.as_ref().map_or_else(Vec::new, |c| {
                c.of_row(row).map(|at| String::from_utf8_lossy(c.bytes(at)).into_owned()).collect()
            });
            for patch in patches.iter().filter(|p| p.rows.has(of_file)) {
                if let Some(after) = patch.change.applied(tags.iter().map(String::as_str)) {
                    tags = after;
                }
            }
            for tag in tags {
                dict.push(tag.as_bytes());
                rows.push(row);
            }
        }
        let data = Data::Texts(Codes::Each, Arc::new(dict));
        (!rows.is_empty()).then(|| Arc::new(Column { rows: Rows::Sparse(rows), data }))
    }

    /// Smallest and largest value of an integer target, where that is known without reading the column.
    pub(crate) fn bounds(&self, target: Target) -> Option<(i64, i64)> {
        if target == Target::of(&core::START_TIME.def) && self.segment.times != Times::ANY {
            return Some(self.segment.times.first);
        }
        if target == Target::of(&core::STOP_TIME.def) && self.segment.times != Times::ANY {
            return Some(self.segment.times.last);
        }
        let key = self.key_of(target).filter(|_| target.aspect != Aspect::Count)?;
        self.file.as_ref()?.bounds(key)
    }

    /// Forgets the columns that were read.
    pub(crate) fn release(&self) {
        self.columns.borrow_mut().clear();
        self.counts.borrow_mut().clear();
    }

    /// The rows that are there.
    pub(crate) fn live(&self) -> Selection {
        match &self.segment.hidden {
            Some(hidden) => Selection::All.without(self.segment.rows, hidden),
            None => Selection::All,
        }
    }

    /// The documents of some rows (ascending), as they are shown.
    pub(crate) fn docs(&self, rows: &[u32], show: &Show) -> Result<Vec<SessionDoc>, Error> {
        let wanted: Option<Vec<Key>> = show.targets().map(|targets| {
            let special = [Key::Id, Key::Day, Key::Shape].into_iter();
            let positions = [Key::Positions, Key::Lengths].into_iter().filter(|_| show.positions());
            special.chain(positions).chain(targets.into_iter().filter_map(|t| self.key_of(t))).collect()
        });
        let mut columns = HashMap::new();
        match (&self.segment.source, &self.file) {
            (Source::Table(table), _) => {
                let mut keys: Vec<Key> = wanted.unwrap_or_else(|| table.columns.keys().copied().collect());
                if show.targets().is_none() {
                    keys.extend(self.changed_keys());
                }
                for key in keys {
                    if let Some(column) = self.column(key)? {
                        columns.insert(key, column);
                    }
                }
            }
            (_, Some(file)) => {
                let mut keys: Vec<Key> =
                    wanted.unwrap_or_else(|| file.meaning.columns.keys().copied().collect());
                if show.targets().is_none() {
                    keys.extend(self.changed_keys());
                }
                for key in keys {
                    let column = file.pick(key, rows)?.map(Arc::new);
                    if let Some(column) = self.patched(key, column, Some(rows)) {
                        columns.insert(key, column);
                    }
                }
                let rebuild = self.rebuild(&columns, show);
                return (0..rows.len() as u32).map(|row| self.doc(&rebuild, row)).collect();
            }
            _ => {}
        }
        let rebuild = self.rebuild(&columns, show);
        rows.iter().map(|row| self.doc(&rebuild, *row)).collect()
    }

    fn rebuild<'b>(&'b self, columns: &'b HashMap<Key, Arc<Column>>, show: &Show) -> Rebuild<'b> {
        let changeable = CHANGEABLE.into_iter().filter_map(|def| {
            let target = Target::of(def);
            Some((target, self.registry.find(target)?))
        });
        Rebuild {
            names: self.names(),
            columns,
            fields: crate::shape::by_number(columns),
            changeable: changeable.collect(),
            whole: show.targets().is_none(),
        }
    }

    fn doc(&self, rebuild: &Rebuild<'_>, row: u32) -> Result<SessionDoc, Error> {
        rebuild.doc(row).ok_or_else(|| {
            crate::error::corrupt(
                std::path::Path::new(&*self.segment.name),
                &format!("the columns of row {row} do not fit together"),
            )
        })
    }
}
