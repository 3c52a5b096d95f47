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
pub(crate) const CHUNK_ROWS: usize = 8_192;
/// Memory at which documents become a table even if they are few.
const CHUNK_BYTES: usize = 64 << 20;

/// The documents of one log. Rows are numbered in the order of the log.
#[derive(Debug)]
pub(crate) struct Memtable {
    /// Name by which changes mean its rows.
    pub name: Arc<str>,
    registry: Arc<Registry>,
    chunks: Vec<(Arc<Table>, Times)>,
    tail: Vec<SessionDoc>,
    tail_bytes: usize,
    /// The tail as a table, until the tail grows.
    tail_table: Option<(Arc<Table>, Times)>,
    pub ids: HashMap<SessionId, u32, ahash::RandomState>,
    /// Rows of which a later row has the same id.
    replaced: Vec<u32>,
    /// Approximate memory.
    pub bytes: usize,
    pub since: Instant,
}

impl Memtable {
    pub(crate) fn new(name: Arc<str>, registry: &Arc<Registry>) -> Self {
        Self {
            name,
            registry: registry.clone(),
            chunks: Vec::new(),
            tail: Vec::new(),
            tail_bytes: 0,
            tail_table: None,
            ids: HashMap::default(),
            replaced: Vec::new(),
            bytes: 0,
            since: Instant::now(),
        }
    }

    pub(crate) fn rows(&self) -> u32 {
        (self.chunks.iter().map(|(t, _)| t.rows as usize).sum::<usize>() + self.tail.len()) as u32
    }

    /// Takes documents; those whose id is there already are replaced.
    pub(crate) fn push(&mut self, docs: Vec<SessionDoc>) {
        if self.rows() == 0 {
            self.since = Instant::now();
        }
        let mut row = self.rows();
        for doc in docs {
            if let Some(old) = self.ids.insert(doc.id, row) {
                self.replaced.push(old);
            }
            row += 1;
            self.tail_bytes += doc.memory();
            self.tail.push(doc);
            self.tail_table = None;
            if self.tail.len() >= CHUNK_ROWS || self.tail_bytes >= CHUNK_BYTES {
                self.seal();
            }
        }
    }

    fn seal(&mut self) {
        if let Some((table, times)) = self.tail_as_table() {
            self.bytes += table.memory();
            self.chunks.push((table, times));
        }
        self.tail.clear();
        self.tail_bytes = 0;
        self.tail_table = None;
    }

    fn tail_as_table(&mut self) -> Option<(Arc<Table>, Times)> {
        if self.tail.is_empty() {
            return None;
        }
        if self.tail_table.is_none() {
            let mut builder = Builder::new(&self.registry);
            self.tail.iter().for_each(|doc| builder.push(doc));
            self.tail_table = Some((Arc::new(builder.finish()), times(&self.tail)));
        }
        self.tail_table.clone()
    }

    /// Approximate memory, the newest documents included.
    pub(crate) fn memory(&self) -> usize {
        self.bytes + self.tail_bytes
    }

    /// Its rows as segments.
    pub(crate) fn segments(&mut self, changes: &Changes) -> Vec<Segment> {
        let mut tables = self.chunks.clone();
        tables.extend(self.tail_as_table());
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

/// The times of some documents; anything where one has none.
fn times(docs: &[SessionDoc]) -> Times {
    let range = |field| {
        let mut range: Option<(i64, i64)> = None;
        for doc in docs {
            let time = doc.int(field)?;
            let (low, high) = range.unwrap_or((time, time));
            range = Some((low.min(time), high.max(time)));
        }
        range
    };
    match (range(&core::START_TIME), range(&core::STOP_TIME)) {
        (Some(first), Some(last)) => Times { first, last },
        _ => Times::ANY,
    }
}
