//! Captures into the index: one reader, several workers, one writer to the index.
//!
//! The reader walks the records, puts fragmented datagrams together and hands each packet to the worker that owns its flow; packets of a mapped
//! file are passed by reference. Workers make documents, which leave in batches over one bounded channel to the thread that writes to the
//! index. Every channel is bounded: the slowest part sets the pace and nothing is dropped.
//!
//! A capture that lies on disk as it is stays there, and positions are offsets in it. What is compressed or comes through a pipe cannot be
//! read at a position, so its packets are copied; `copy` does that with every file.

mod batch;
mod deliver;
mod files;
mod reader;
mod report;

pub use report::{FileOutcome, FileResult, Progress, Report};

use crate::examine::Examination;
use crate::intake::Intake;
use crate::store::PacketWriter;
use crate::worker::Worker;
use crate::{Counters, Options};
use crossbeam_channel::bounded;
use enrich::Enricher;
use index::{Catalog, SessionSink};
use protocols::Detector;
use reader::Reader;
use source::Stop;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

/// Batches on the way to one worker.
const QUEUE: usize = 8;

/// An import: what it needs and how it is done.
pub struct Import {
    /// How packets are made into sessions.
    pub options: Options,
    /// Worker threads; at least one.
    pub workers: usize,
    /// What is known about addresses.
    pub enricher: Arc<Enricher>,
    /// Where files are listed.
    pub catalog: Arc<dyn Catalog>,
    /// Where copied packets go; without it files that need copying fail.
    pub store: Option<Box<dyn PacketWriter>>,
    /// Whether all packets are copied.
    pub copy: bool,
    /// Whether files that were imported before are imported again: their sessions replace the old ones.
    pub again: bool,
    /// What packets are examined for.
    pub examination: Option<Examination>,
    /// Ends the import early, keeping what is done.
    pub stop: Stop,
}

/// An import failed as a whole. What was acknowledged by the index is kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The index does not take documents.
    #[error("the index cannot be written: {0}")]
    Index(#[source] index::Error),
    /// The list of files cannot be written.
    #[error("the list of files cannot be written: {0}")]
    Catalog(#[source] index::Error),
    /// The packet store cannot be written.
    #[error("{0}")]
    Store(#[source] crate::store::StoreError),
}

impl Import {
    /// Imports captures (`-` is stdin) in this order. What is wrong with one file is in the report and does not keep the others from being
    /// imported.
    ///
    /// # Errors
    /// The index, the catalogue or the packet store cannot be written.
    pub fn run(
        mut self,
        paths: &[PathBuf],
        sink: &mut dyn SessionSink,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<Report, Error> {
        let started = Instant::now();
        let options = Arc::new(std::mem::take(&mut self.options));
        let detector = Arc::new(Detector::default());
        let workers = self.workers.clamp(1, 256);
        let sessions = AtomicU64::new(0);
        let index_failed = Stop::new();
        let mut report = Report::default();

        let (result, mut counters, read) = std::thread::scope(|scope| {
            let (to_index, documents) = bounded(2 * workers + 2);
            let failed = index_failed.clone();
            let indexing = scope.spawn(move || deliver::index(sink, &documents, &|| failed.set()));
            let (back, spare) = bounded(workers * (QUEUE + 2));
            let mut senders = Vec::with_capacity(workers);
            let mut running = Vec::with_capacity(workers);
            for _ in 0..workers {
                let (sender, messages) = bounded(QUEUE);
                senders.push(sender);
                let mut worker = Worker::new(options.clone(), detector.clone(), self.enricher.clone());
                worker.set_examination(self.examination.clone());
                let (back, to_index, sessions) = (back.clone(), to_index.clone(), &sessions);
                running
                    .push(scope.spawn(move || deliver::work(worker, &messages, &back, &to_index, sessions)));
            }
            drop(to_index);
            let reader = Reader::new(Intake::new(options.clone()), senders, spare);
            let mut files = files::Files::new(&mut self, &options, &sessions, started, &index_failed);
            let read = files.read(paths, reader, progress);
            let mut counters = Counters::default();
            for worker in running {
                if let Ok(worked) = worker.join() {
                    counters.merge(&worked);
                }
            }
            let indexed = indexing.join();
            (indexed, counters, read)
        });
        let (indexed, lost) = result.unwrap_or_else(|_| {
            let context = "the thread that writes to the index ended unexpectedly";
            (Err(index::Error::new(index::ErrorKind::Unavailable, context)), 0)
        });
        counters.unindexed += lost;
        indexed.map_err(Error::Index)?;
        if let Some(store) = &mut self.store {
            store.finish().map_err(Error::Store)?;
        }
        let read = read?;
        files::finish_records(&*self.catalog, &read.records).map_err(Error::Catalog)?;
        read.count(&mut counters);
        report.files = read.outcomes;
        report.counters = counters;
        report.elapsed = started.elapsed();
        Ok(report)
    }
}
