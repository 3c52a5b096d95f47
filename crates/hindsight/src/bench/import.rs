//! `hindsight bench import`

use super::{cpu_seconds, own_memory, peak_memory, size_of};
use crate::config::Evidence;
use crate::describe::print;
use crate::home::Home;
use crate::stores::{Stores, packet_writer};
use crate::{Failure, Outcome, import};
use capture::{Import, Options};
use enrich::Enricher;
use index::SessionSink;
use source::Stop;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Takes documents and forgets them.
struct Nowhere;

impl SessionSink for Nowhere {
    fn append(&mut self, _: Vec<session::SessionDoc>) -> Result<(), index::Error> {
        Ok(())
    }
    fn commit(&mut self) -> Result<(), index::Error> {
        Ok(())
    }
}

/// Imports a capture into a folder that is removed afterwards.
pub fn run(
    file: &Path,
    threads: Option<usize>,
    (no_index, copy): (bool, bool),
    evidence: &Evidence,
) -> Result<Outcome, Failure> {
    let scratch = tempfile::tempdir().map_err(|error| format!("cannot make a scratch folder: {error}"))?;
    let home = Home::find(Some(scratch.path()))?;
    let stores = Stores::open(&home)?;
    let workers = threads.unwrap_or_else(import::threads);
    let import = Import {
        options: Options { node: "bench".into(), ..Options::default() },
        workers,
        enricher: Arc::new(Enricher::none()),
        catalog: stores.catalog.clone(),
        store: Some(Box::new(packet_writer(&home, "bench", &stores.catalog)?)),
        copy,
        again: true,
        examination: crate::evidence::examination(evidence, &home, 0, true)?,
        stop: Stop::new(),
    };
    let mut sink: Box<dyn SessionSink> =
        if no_index { Box::new(Nowhere) } else { Box::new(stores.index.writer("bench")?) };
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    let mut own = 0;
    let report = import
        .run(&[file.to_owned()], &mut *sink, &mut |_| own = own.max(own_memory()))
        .map_err(|error| Failure::Failed(error.to_string()))?;
    // closing the writer makes files of what is in memory: part of the work
    drop(sink);
    let (wall, cpu) = (begun.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    if !report.is_complete() {
        return Err(Failure::Failed(format!("{}: not imported whole: {:?}", file.display(), report.files)));
    }
    let c = &report.counters;
    let index_bytes = size_of(&home.index());
    print(|out| {
        writeln!(out, "{:<28} {workers}", "workers")?;
        writeln!(out, "{:<28} {wall:.2} s wall, {cpu:.2} s processor", "time")?;
        writeln!(out, "{:<28} {} ({:.0}/s)", "packets", c.packets, c.packets as f64 / wall)?;
        writeln!(out, "{:<28} {:.3} Gbit/s", "traffic", c.bytes as f64 * 8.0 / wall / 1e9)?;
        writeln!(out, "{:<28} {} ({:.0}/s)", "documents", c.documents, c.documents as f64 / wall)?;
        if c.hits > 0 {
            writeln!(out, "{:<28} {}, {} packets kept", "hits of rules", c.hits, c.evidence)?;
        }
        writeln!(
            out,
            "{:<28} {:.0} MB, mapped file included; {:.0} MB own",
            "peak memory",
            peak_memory() as f64 / 1e6,
            own as f64 / 1e6
        )?;
        if !no_index {
            writeln!(
                out,
                "{:<28} {:.1} MB, {:.0} bytes a document",
                "index",
                index_bytes as f64 / 1e6,
                index_bytes as f64 / c.documents.max(1) as f64
            )?;
        }
        Ok(())
    })
}
