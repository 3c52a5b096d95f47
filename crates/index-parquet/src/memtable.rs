//! What is in a write-ahead log and in no file yet, as columns.

use crate::bitmap::Bitmap;
use crate::changes::Changes;
use crate::registry::Registry;
use crate::segment::{Segment, Source, Times};
use crate::table::{Builder, Table};
use session::{SessionDoc, SessionId, core};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

/// Documents that become one table.
const CHUNK_ROWS: u32 = 8_192;
/// Bytes of the log at which documents become a table even if they are few.
const CHUNK_BYTES: usize = 64 << 20;

/// The documents of one log. Rows are numbered in the order of the log.
#[derive(Debug)]
pub(crate) struct Memtable {
    /// Name by which changes mean its rows.
    pub name: Arc<str>,
    registry: Arc<Registry>,
    chunks: Vec<(Arc<Table>, Times)>,
    tail: Tail,
    ids: HashMap<SessionId, u32, ahash::RandomState>,
    /// Ids that are not in `ids` yet, the last of them of the last row: most documents are new, and nobody asks.
    fresh: Vec<SessionId>,
    /// Rows of which a later row has the same id.
    replaced: Vec<u32>,
    rows: u32,
    /// Bytes in the log: about what it takes in memory.
    pub bytes: usize,
    pub since: Instant,
}

/// The newest documents.
#[derive(Debug)]
struct Tail {
    builder: Builder,
    bytes: usize,
    times: Option<Times>,
    /// As a table, until more documents come.
    table: Option<Arc<Table>>,
}

impl Tail {
    fn new(registry: &Arc<Registry>) -> Self {
        Self { builder: Builder::new(registry), bytes: 0, times: None, table: None }
    }
    fn push(&mut self, doc: &SessionDoc) {
        self.table = None;
        self.builder.push(doc);
        let known = self.times;
        self.times = Some(match (doc.int(&core::START_TIME), doc.int(&core::STOP_TIME)) {
            (Some(first), Some(last)) => {
                let known = known.unwrap_or(Times { first: (first, first), last: (last, last) });
                Times {
                    first: (known.first.0.min(first), known.first.1.max(first)),
                    last: (known.last.0.min(last), known.last.1.max(last)),
                }
            }
            _ => Times::ANY,
        });
    }
    fn table(&mut self) -> Option<(Arc<Table>, Times)> {
        let times = self.times?;
        let table = self.table.get_or_insert_with(|| Arc::new(self.builder.table(false)));
        Some((table.clone(), times))
    }
    /// The table, when no more documents come.
    fn last_table(mut self) -> Option<(Arc<Table>, Times)> {
        let times = self.times?;
        Some((self.table.take().unwrap_or_else(|| Arc::new(self.builder.table(true))), times))
    }
}

impl Memtable {
    pub(crate) fn new(name: Arc<str>, registry: &Arc<Registry>) -> Self {
        Self {
            name,
            registry: registry.clone(),
            chunks: Vec::new(),
            tail: Tail::new(registry),
            ids: HashMap::default(),
            fresh: Vec::new(),
            replaced: Vec::new(),
            rows: 0,
            bytes: 0,
            since: Instant::now(),
        }
    }

    pub(crate) fn rows(&self) -> u32 {
        self.rows
    }

    /// The ids of its rows.
    pub(crate) fn ids(&mut self) -> &HashMap<SessionId, u32, ahash::RandomState> {
        let first = self.rows - self.fresh.len() as u32;
        for (row, id) in (first..).zip(self.fresh.drain(..)) {
            self.ids.insert(id, row);
        }
        &self.ids
    }

    /// Takes documents that take so many bytes in the log; those whose id is there already are replaced, unless the
    /// caller knows that they are all new. Documents go one by one while they are still in the processor's cache.
    pub(crate) fn push(&mut self, docs: impl IntoIterator<Item = SessionDoc>, bytes: usize, all_new: bool) {
        if !all_new {
            self.ids();
        }
        if self.rows == 0 {
            self.since = Instant::now();
        }
        self.bytes += bytes;
        self.tail.bytes += bytes;
        for doc in docs {
            if all_new {
                self.fresh.push(doc.id);
            } else if let Some(old) = self.ids.insert(doc.id, self.rows) {
                self.replaced.push(old);
            }
            self.rows += 1;
            self.tail.push(&doc);
            if self.tail.builder.rows() >= CHUNK_ROWS || self.tail.bytes >= CHUNK_BYTES {
                let full = std::mem::replace(&mut self.tail, Tail::new(&self.registry));
                self.chunks.extend(full.last_table());
            }
        }
    }

    /// Its rows as segments.
    pub(crate) fn segments(&mut self, changes: &Changes) -> Vec<Segment> {
        let mut tables = self.chunks.clone();
        tables.extend(self.tail.table());
        let change = changes.of(&self.name);
        let mut base = 0;
        let mut segments = Vec::with_capacity(tables.len());
        for (table, times) in tables {
            let rows = table.rows;
            let mut hidden =
                change.and_then(|c| c.hidden.as_ref()).map(|h| h.slice(base, rows)).filter(|h| !h.is_none());
            for row in self.replaced.iter().filter(|row| (base..base + rows).contains(*row)) {
                hidden.get_or_insert_with(|| Bitmap::none(rows)).set(row - base);
            }
            segments.push(Segment {
                name: self.name.clone(),
                base,
                rows,
                source: Source::Table(table),
                hidden: hidden.map(Arc::new),
                tags: change.map(|c| c.tags_of(base, rows)).unwrap_or_default(),
                times,
            });
            base += rows;
        }
        segments
    }
}
