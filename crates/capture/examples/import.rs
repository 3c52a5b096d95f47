//! Packets per second of an import whose documents nobody keeps: what reading, decoding, sessions and parsers cost.
//!
//!     cargo run --release -p hindsight-capture --example import -- [--workers N] FILE…

#[path = "../tests/all/catalog.rs"]
mod catalog;

use capture::{Import, Options};
use index::SessionSink;
use session::SessionDoc;
use source::Stop;
use std::path::PathBuf;
use std::sync::Arc;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// An index that forgets.
struct Forgets(u64);
impl SessionSink for Forgets {
    fn append(&mut self, docs: Vec<SessionDoc>) -> Result<(), index::Error> {
        self.0 += docs.len() as u64;
        Ok(())
    }
    fn commit(&mut self) -> Result<(), index::Error> {
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut workers = 2;
    let mut paths = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--workers" => workers = arguments.next().ok_or("--workers takes a number")?.parse()?,
            _ => paths.push(PathBuf::from(argument)),
        }
    }
    let import = Import {
        options: Options::default(),
        workers,
        enricher: Arc::new(enrich::Enricher::none()),
        catalog: Arc::new(catalog::Files::default()),
        store: None,
        copy: false,
        again: false,
        examination: None,
        stop: Stop::new(),
    };
    let report = import.run(&paths, &mut Forgets(0), &mut |_| {})?;
    let seconds = report.elapsed.as_secs_f64();
    let counters = &report.counters;
    println!("{counters}");
    println!(
        "{seconds:.2} s, {:.0} packets/s, {:.2} Gbit/s, {:.0} sessions/s, peak memory {}",
        counters.packets as f64 / seconds,
        counters.bytes as f64 * 8e-9 / seconds,
        counters.sessions as f64 / seconds,
        std::fs::read_to_string("/proc/self/status")?
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap_or("unknown")
            .trim(),
    );
    for file in report.files {
        if !matches!(file.result, capture::import::FileResult::Imported { .. }) {
            println!("{}: {:?}", file.path.display(), file.result);
        }
    }
    Ok(())
}
