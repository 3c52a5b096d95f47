//! The pipeline as a whole: what frames become, imports, agreement with tshark.

mod catalog;
mod evidence;
mod import;
mod live;
mod script;
mod sessions;
mod tshark;

use capture::{Counters, Inspection, Options};
use enrich::Enricher;
use session::SessionDoc;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wire::LinkType;

const SECOND: i64 = 1_000_000_000;

/// Documents of Ethernet frames with their times, ordered by first packet.
fn documents(options: Options, frames: &[(i64, Vec<u8>)]) -> (Vec<SessionDoc>, Counters) {
    let mut docs = Vec::new();
    let mut inspection = Inspection::new(options, Arc::new(Enricher::none()));
    for (time, bytes) in frames {
        inspection.packet(*time, bytes, bytes.len() as u32, LinkType::ETHERNET, &mut |doc| docs.push(doc));
    }
    let counters = inspection.finish(&mut |doc| docs.push(doc));
    docs.sort_by_key(|doc| doc.positions.flat.first().copied());
    (docs, counters)
}

/// The reference captures, where they are.
fn corpus() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/arkime");
    if !path.is_dir() {
        eprintln!("skipped: no reference captures at {}", path.display());
        return None;
    }
    Some(path)
}

/// A pcap of Ethernet frames (nanoseconds).
fn write_pcap(path: &Path, frames: &[(i64, Vec<u8>)]) {
    let file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let mut writer = pcap::PcapWriter::new(file, pcap::Precision::Nanos, 1, 262_144).unwrap();
    for (time, bytes) in frames {
        writer.write(*time, bytes, bytes.len() as u32).unwrap();
    }
    writer.flush().unwrap();
}
