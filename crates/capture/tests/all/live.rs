//! Live capture, from a file in place of an interface: the source is a trait.

use crate::import::{Kept, frames};
use crate::write_pcap;
use capture::{Line, Options, live};
use index::{Control, Memory, SessionIndex as _};
use query::Plan;
use session::core::INTERFACE;
use source::{FileSource, Stop};
use std::sync::Arc;

#[test]
fn sessions_and_packets_of_all_lines_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let stop = Stop::new();
    let stores = [Kept::default(), Kept::default()];
    let mut lines = Vec::new();
    let mut packets = 0;
    for (n, store) in stores.iter().enumerate() {
        let path = folder.path().join(format!("line{n}.pcap"));
        let frames = frames(300 + n as i64);
        packets += frames.len() as u64;
        write_pcap(&path, &frames);
        let source = Box::new(FileSource::open(&path, &stop).unwrap());
        lines.push(Line::new(source, Some(Box::new(store.clone()))));
    }
    let mut index = Memory::new();
    let mut last = None;
    let enricher = Arc::new(enrich::Enricher::none());
    let counters = live(lines, Options::default(), &enricher, &mut index.clone(), &stop, &mut |status| {
        assert!(status.problems.is_empty(), "{:?}", status.problems);
        last = Some(status.clone());
    })
    .unwrap();
    assert_eq!(counters.packets, packets);
    assert_eq!(last.unwrap().counters, counters);
    assert_eq!(stores.iter().map(|store| store.0.lock().unwrap().len() as u64).sum::<u64>(), packets);
    assert_eq!(index.count(&Plan::All, &Control::new()).unwrap(), counters.documents);
    let mut positions = 0;
    let mut see = |doc: session::SessionDoc| {
        assert!(doc.text(&INTERFACE).is_some_and(|name| name.contains("line")));
        positions += doc.positions.packets();
        true
    };
    index.scan(&Plan::All, &index::Show::All, &Control::new(), &mut see).unwrap();
    assert_eq!(positions as u64, packets);
    let _ = &mut index;
}
