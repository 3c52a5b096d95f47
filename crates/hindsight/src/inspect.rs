//! `hindsight inspect`

use crate::cli::Inspect;
use crate::config::Config;
use crate::describe::print;
use crate::{Failure, Outcome, composition};
use capture::{Inspection, Options};
use enrich::Enricher;
use session::SessionDoc;
use session::json::{self, PositionForm};
use source::{FileSource, PacketSource as _, Status, Stop};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

/// Packets between two looks at stdout.
const BATCH: usize = 4_096;

/// Prints the documents of each file. What comes before damage is printed too.
pub fn run(command: &Inspect, config: &Config) -> Result<Outcome, Failure> {
    let enricher = composition::enricher(command.geo.geo.as_deref(), config)?;
    let options = Options { node: command.node.clone(), ..Options::default() };
    let options = if command.complete { options.complete() } else { options };
    let mut outcome = Outcome::Done;
    for file in &command.files {
        let mut damage = None;
        print(|out| {
            damage = documents(file, &options, &enricher, out)?;
            Ok(())
        })?;
        if let Some(text) = damage {
            eprintln!("hindsight: {text}");
            outcome = Outcome::Partly;
        }
    }
    Ok(outcome)
}

/// Writes the documents of one file; returns what was wrong with it.
fn documents(
    file: &Path,
    options: &Options,
    enricher: &Arc<Enricher>,
    out: &mut dyn Write,
) -> io::Result<Option<String>> {
    let stop = Stop::new();
    let mut source = match FileSource::open(file, &stop) {
        Ok(source) => source,
        Err(error) => return Ok(Some(error.to_string())),
    };
    let mut written = Ok(());
    let mut see = |doc: SessionDoc| {
        if written.is_ok() {
            written = writeln!(out, "{}", json::document(&doc, PositionForm::Absolute));
        }
    };
    let mut inspection = Inspection::new(options.clone(), enricher.clone());
    let damage = loop {
        let batch = source.batch(BATCH, &mut |packet| {
            inspection.packet(packet.time, packet.bytes, packet.original_len, packet.link, &mut see);
        });
        match batch {
            Ok(Status::More | Status::Idle) => {}
            Ok(Status::End) => break None,
            Err(error) => break Some(error.to_string()),
        }
    };
    inspection.finish(&mut see);
    written.map(|()| damage)
}
