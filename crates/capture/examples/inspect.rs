//! Session documents of captures as JSON lines.
//!
//!     cargo run --release -p hindsight-capture --example inspect -- [--geo DIR] [--defaults] [--quiet] FILE…
//!
//! Everything is written that can be (`--complete` of the real command); `--defaults` switches that off.

use capture::{Inspection, Options};
use enrich::Enricher;
use session::json::{self, PositionForm};
use std::io::Write as _;
use std::sync::Arc;
use wire::LinkType;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut files = Vec::new();
    let mut geo = None;
    let (mut complete, mut quiet) = (true, false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--geo" => geo = arguments.next(),
            "--defaults" => complete = false,
            "--complete" => complete = true,
            "--quiet" => quiet = true,
            _ => files.push(argument),
        }
    }
    let options = Options { node: "test".into(), ..Options::default() };
    let options = if complete { options.complete() } else { options };
    let enricher = match geo {
        Some(folder) => {
            Enricher::open(enrich::Files::in_folder(folder.as_ref())?, enrich::Overrides::default())?
        }
        None => Enricher::none(),
    };
    let enricher = Arc::new(enricher);
    for file in files {
        let bytes = std::fs::read(&file)?;
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        let mut failed = None;
        let mut print = |doc: session::SessionDoc| {
            if !quiet {
                let line = json::document(&doc, PositionForm::Absolute);
                failed = failed.take().or(writeln!(out, "{line}").err());
            }
        };
        let mut inspection = Inspection::new(options.clone(), enricher.clone());
        let mut slice = pcap::Slice::new(&bytes)?;
        loop {
            match slice.next() {
                Some(Ok(record)) => inspection.packet(
                    record.time,
                    record.bytes,
                    record.original_len,
                    LinkType(record.link),
                    &mut print,
                ),
                Some(Err(error)) => {
                    eprintln!("{file}: {error}");
                    break;
                }
                None => break,
            }
        }
        let counters = inspection.finish(&mut print);
        if let Some(error) = failed {
            return Err(error.into());
        }
        out.flush()?;
        eprintln!("{file}: {counters}");
    }
    Ok(())
}
