//! Rows of segments written to new files: what flushing and merging have in common.

use crate::changes::Change;
use crate::column::{Codes, Column, Data, Dict, Key, Rows};
use crate::encode;
use crate::error;
use crate::manifest::{self, FileEntry};
use crate::merge::{self, LEFT_OUT, Part};
use crate::segment::{Open, Segment};
use crate::shared::{Shared, View};
use crate::slices;
use fields::{Kind, Target};
use index::Error;
use session::core;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A new file, not in force yet.
pub(crate) struct NewFile {
    pub slice: String,
    pub entry: FileEntry,
}

/// New files and where each row went.
pub(crate) struct Rewritten {
    pub files: Vec<NewFile>,
    /// For each segment: its name, its first row, and for each row the new file and row.
    moved: Vec<Moved>,
}

struct Moved {
    name: Arc<str>,
    base: u32,
    /// Tag changes that are in the new file already.
    folded: usize,
    to: Vec<(u32, u32)>,
}

/// First value of a row of an integer column, for all rows.
fn ints_by_row(column: Option<&Column>, rows: u32) -> Vec<i64> {
    let mut out = vec![0; rows as usize];
    if let Some(column) = column {
        for (at, value) in column.ints().iter().enumerate().rev() {
            if let Some(place) = out.get_mut(column.row(at) as usize) {
                *place = *value;
            }
        }
    }
    out
}

/// Writes the live rows of the segments to new files of a writer, one for each partition. `name` gives each file its
/// name. `None` when a segment cannot be rewritten by this program.
pub(crate) fn rewrite(
    shared: &Shared,
    writer: &str,
    segments: &[Segment],
    fixed_slice: Option<&str>,
    mut name: impl FnMut() -> String,
) -> Result<Option<Rewritten>, Error> {
    let mut opened = Vec::with_capacity(segments.len());
    for segment in segments {
        let Some(open) = Open::new(segment, &shared.registry, &shared.files)? else { return Ok(None) };
        if open.file().is_some_and(|f| f.meaning.foreign) {
            return Ok(None);
        }
        opened.push(open);
    }
    // time, id and place of each live row
    let (first_target, last_target) = (Target::of(&core::START_TIME.def), Target::of(&core::STOP_TIME.def));
    let mut rows = Vec::new();
    let mut lasts = Vec::new();
    for (number, open) in opened.iter().enumerate() {
        let firsts = ints_by_row(open.target(first_target)?.as_deref(), open.rows());
        let of_last = ints_by_row(open.target(last_target)?.as_deref(), open.rows());
        let Some(ids) = open.column(Key::Id)? else { continue };
        let live = open.live();
        for (row, ((first, last), id)) in (0u32..).zip(firsts.iter().zip(&of_last).zip(ids.ids())) {
            if live.has(row) {
                rows.push((*first, *id, number as u32, row, lasts.len() as u32));
                lasts.push(*last);
            }
        }
    }
    let (groups, newest) = match fixed_slice {
        Some(_) => (vec![0; lasts.len()], vec![0]),
        None if lasts.is_empty() => (Vec::new(), Vec::new()),
        None => slices::groups(&lasts, shared.width),
    };
    rows.sort_unstable();
    let mut moved: Vec<Moved> = opened
        .iter()
        .map(|open| Moved {
            name: open.segment.name.clone(),
            base: open.segment.base,
            folded: open.segment.tags.len(),
            to: vec![(u32::MAX, LEFT_OUT); open.rows() as usize],
        })
        .collect();
    let columns = opened.iter().map(all_columns).collect::<Result<Vec<_>, _>>()?;
    let Some(columns) = columns.into_iter().collect::<Option<Vec<_>>>() else { return Ok(None) };
    let targets = shared.registry.targets();
    let is_ip = |key: Key| match key {
        Key::Field(n) => targets.get(n as usize).is_some_and(|t| t.kind() == Kind::Ip),
        _ => false,
    };
    let mut files = Vec::new();
    for (group, newest) in (0u32..).zip(&newest) {
        let mut goes_to: Vec<Vec<u32>> =
            opened.iter().map(|open| vec![LEFT_OUT; open.rows() as usize]).collect();
        let mut next = 0u32;
        let mut entry: Option<FileEntry> = None;
        for (first, _, number, row, at) in &rows {
            if groups.get(*at as usize) != Some(&group) {
                continue;
            }
            if let Some(place) = goes_to.get_mut(*number as usize).and_then(|p| p.get_mut(*row as usize)) {
                *place = next;
            }
            if let Some(place) = moved.get_mut(*number as usize).and_then(|m| m.to.get_mut(*row as usize)) {
                *place = (group, next);
            }
            next += 1;
            let last = lasts.get(*at as usize).copied().unwrap_or(0);
            let known = entry.get_or_insert_with(|| FileEntry {
                name: String::new(),
                rows: 0,
                bytes: 0,
                first: (*first, *first),
                last: (last, last),
            });
            known.first = (known.first.0.min(*first), known.first.1.max(*first));
            known.last = (known.last.0.min(last), known.last.1.max(last));
        }
        let slice = fixed_slice.map_or_else(|| slices::name(*newest, shared.width), str::to_owned);
        let Some(mut entry) = entry else { continue };
        let parts: Vec<Part<'_>> =
            columns.iter().zip(goes_to).map(|(columns, goes_to)| Part { columns, goes_to }).collect();
        let table = merge::merge(&parts, next, &is_ip);
        drop(parts);
        let dir = shared.layout.partition(&slice, writer);
        std::fs::create_dir_all(&dir).map_err(error::io("create", &dir))?;
        entry.name = name();
        entry.rows = next;
        entry.bytes = encode::write(&table, &shared.registry, &unfinished(&dir, &entry.name))?;
        files.push(NewFile { slice, entry });
    }
    Ok(Some(Rewritten { files, moved }))
}

/// Every column of a segment, shapes in the numbers of the registry; `None` where a shape names what this program
/// does not know.
fn all_columns(open: &Open<'_>) -> Result<Option<HashMap<Key, Arc<Column>>>, Error> {
    let mut columns = HashMap::new();
    for key in open.keys() {
        let Some(mut column) = open.column(key)? else { continue };
        if key == Key::Shape && open.file().is_some() {
            let Some(translated) = translate(&column, open.names()) else { return Ok(None) };
            column = Arc::new(translated);
        }
        columns.insert(key, column);
    }
    Ok(Some(columns))
}

fn translate(column: &Column, names: &crate::shape::Names) -> Option<Column> {
    let mut out = Dict::default();
    let codes = match &column.data {
        Data::Texts(codes, dict) => {
            for shape in dict.iter() {
                out.push(&names.translate(shape)?);
            }
            codes.clone()
        }
        Data::Bytes(dict) => {
            for shape in dict.iter() {
                out.push(&names.translate(shape)?);
            }
            Codes::Each
        }
        _ => return None,
    };
    let rows = match &column.rows {
        Rows::Dense => Rows::Dense,
        Rows::Sparse(rows) => Rows::Sparse(rows.clone()),
    };
    Some(Column { rows, data: Data::Texts(codes, Arc::new(out)) })
}

/// A file before it is in force: under a name that nobody takes for a file of the index.
pub(crate) fn unfinished(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}.new"))
}

/// A file that was merged into another, kept for questions that began before.
pub(crate) fn retired(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".old");
    name.into()
}

impl Rewritten {
    /// Gives the files their names. The caller holds the lock and puts them in force.
    pub(crate) fn name_files(&self, shared: &Shared, writer: &str) -> Result<(), Error> {
        for file in &self.files {
            let dir = shared.layout.partition(&file.slice, writer);
            let (from, to) = (unfinished(&dir, &file.entry.name), dir.join(&file.entry.name));
            std::fs::rename(&from, &to).map_err(error::io("rename", &from))?;
            crate::log::sync_dir(&dir)?;
        }
        Ok(())
    }

    /// The changes that came to the old rows since, as changes of the new ones.
    pub(crate) fn carry(&self, writer: &str, view: &View) -> Vec<Change> {
        let mut changes = Vec::new();
        for moved in &self.moved {
            let Some(one) = view.changes.of(&moved.name) else { continue };
            let carry = |rows: &crate::bitmap::Bitmap| {
                let mut by_file: HashMap<u32, Vec<u32>> = HashMap::new();
                for (old, (file, row)) in (moved.base..).zip(&moved.to) {
                    if *row != LEFT_OUT && rows.has(old) {
                        by_file.entry(*file).or_default().push(*row);
                    }
                }
                by_file.into_iter().filter_map(|(file, mut rows)| {
                    rows.sort_unstable();
                    let file = self.files.get(file as usize)?;
                    let name: Arc<str> = manifest::file_name(&file.slice, writer, &file.entry.name).into();
                    Some((name, rows))
                })
            };
            if let Some(hidden) = &one.hidden {
                changes.extend(carry(hidden).map(|(name, rows)| Change::Hide { name, rows }));
            }
            // changes of this run of rows that were not there when it was rewritten
            let ours = one.tags_of(moved.base, moved.to.len() as u32).len();
            let mut left = ours.saturating_sub(moved.folded);
            let mut fresh: Vec<_> = Vec::new();
            for patch in one.tags.iter().rev() {
                if left == 0 {
                    break;
                }
                if !patch.rows.slice(moved.base, moved.to.len() as u32).is_none() {
                    left -= 1;
                    fresh.push(patch);
                }
            }
            for patch in fresh.into_iter().rev() {
                let change = patch.change.clone();
                changes.extend(carry(&patch.rows).map(|(name, rows)| Change::Tags {
                    name,
                    rows,
                    change: change.clone(),
                }));
            }
        }
        changes
    }
}
