//! `hindsight bench hunt`

use super::cpu_seconds;
use crate::describe::print;
use crate::home::Home;
use crate::schema::SCHEMA;
use crate::stores::{Stores, packet_writer};
use crate::{Failure, Outcome, import};
use capture::{Import, Options};
use enrich::Enricher;
use source::Stop;
use std::path::Path;
use std::sync::Arc;

/// What is searched for: kind, text, and whether packets are put together.
const QUESTS: &[(&str, &str, bool)] = &[
    ("asciicase", "no such text anywhere", false),
    ("ascii", "No Such Text Anywhere", false),
    ("hex", "00 de ad be ef 00 c0 ff ee", false),
    ("regex", "no[a-z]{2}such[0-9]+text", false),
    ("hexregex", "deadbeef..c0ffee", false),
    ("asciicase", "no such text anywhere", true),
    ("ascii", "No Such Text Anywhere", true),
    ("hex", "00 de ad be ef 00 c0 ff ee", true),
    ("regex", "no[a-z]{2}such[0-9]+text", true),
    ("hexregex", "deadbeef..c0ffee", true),
];

/// Imports a capture where it lies into a folder that is removed afterwards, and searches in its packets.
pub fn run(file: &Path, rounds: usize) -> Result<Outcome, Failure> {
    let scratch = tempfile::tempdir().map_err(|error| format!("cannot make a scratch folder: {error}"))?;
    let home = Home::find(Some(scratch.path()))?;
    let stores = Stores::open(&home)?;
    let import = Import {
        options: Options { node: "bench".into(), ..Options::default() },
        workers: import::threads(),
        enricher: Arc::new(Enricher::none()),
        catalog: stores.catalog.clone(),
        store: Some(Box::new(packet_writer(&home, "bench", &stores.catalog)?)),
        copy: false,
        again: true,
        examination: None,
        stop: Stop::new(),
    };
    let mut sink = stores.index.writer("bench")?;
    let report = import
        .run(&[file.to_owned()], &mut sink, &mut |_| {})
        .map_err(|error| Failure::Failed(error.to_string()))?;
    drop(sink);
    if !report.is_complete() {
        return Err(Failure::Failed(format!("{}: not imported whole: {:?}", file.display(), report.files)));
    }
    let state = || server::State {
        index: stores.index.clone(),
        catalog: stores.catalog.clone(),
        administration: None,
        access: stores.access.clone(),
        schema: SCHEMA.clone(),
        uploads: None,
        pins: None,
        evidence: None,
        monitor: None,
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    for (kind, text, reassembled) in QUESTS {
        let (mut walls, mut cores_each) = (Vec::new(), Vec::new());
        let mut last = server::HuntSpeed::default();
        for _ in 0..rounds.max(1) {
            let cpu = cpu_seconds();
            last = server::hunt_speed(state(), (kind, text), *reassembled)?;
            let cpu = cpu_seconds() - cpu;
            walls.push(last.bytes as f64 / 1e6 / last.seconds.max(1e-9));
            cores_each.push(last.bytes as f64 / 1e6 / cpu.max(1e-9));
        }
        let (wall, core) = (median(walls), median(cores_each));
        let how = if *reassembled { "reassembled" } else { "raw" };
        print(|out| {
            writeln!(
                out,
                "{kind:<10} {how:<12} {wall:8.0} MB/s on {cores} cores, {core:8.0} MB per processor second; {} sessions, {} packets, {:.1} MB, \
                 {} matched, {} missing",
                last.sessions,
                last.packets,
                last.bytes as f64 / 1e6,
                last.matched,
                last.missing
            )
        })?;
    }
    Ok(Outcome::Done)
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}
