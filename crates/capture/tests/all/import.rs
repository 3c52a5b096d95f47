//! Imports into the plainest index.

use crate::catalog::Files;
use crate::{SECOND, corpus, documents, write_pcap};
use capture::import::{FileResult, Import, Report};
use capture::{Options, PacketWriter, Place, StoreError};
use index::{Catalog as _, Control, Memory, Page, SessionIndex as _};
use query::Plan;
use session::{SessionDoc, SessionId};
use source::Stop;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use wire::LinkType;
use wire::build::Frame;

fn import(catalog: &Arc<Files>, workers: usize) -> Import {
    Import {
        options: Options::default(),
        workers,
        enricher: Arc::new(enrich::Enricher::none()),
        catalog: catalog.clone(),
        store: None,
        copy: false,
        again: false,
        examination: None,
        stop: Stop::new(),
    }
}

fn run(import: Import, paths: &[PathBuf], index: &Memory) -> Report {
    import.run(paths, &mut index.clone(), &mut |_| {}).unwrap()
}

fn all(index: &Memory) -> BTreeMap<SessionId, SessionDoc> {
    let page = Page { size: 1_000_000, ..Page::default() };
    let hits = index.search(&Plan::All, &page, &Control::new()).unwrap();
    hits.docs.into_iter().map(|doc| (doc.id, doc)).collect()
}

/// Many UDP flows, one fragmented datagram each tenth packet.
pub fn frames(count: i64) -> Vec<(i64, Vec<u8>)> {
    let mut out = Vec::new();
    for n in 0..count {
        let from = [10, 0, (n % 5) as u8, (n % 50) as u8];
        let size = if n % 10 == 0 { 3_000 } else { 100 };
        let datagram = Frame::payload(&vec![n as u8; size]).udp(1_000 + (n % 17) as u16, 7_777);
        for part in datagram.fragments(from.into(), [10, 9, 9, 9].into(), n as u32 & 0xffff, 1_400) {
            let bytes = part.ethernet([2; 6], [4; 6]).bytes();
            out.push((1_700_000_000 * SECOND + out.len() as i64 * 1_000_000, bytes));
        }
    }
    out
}

/// What must not depend on the number of workers.
fn essence(doc: &SessionDoc) -> String {
    let mut doc = doc.clone();
    doc.remove(fields::Target::of(&session::core::DB_TIME.def));
    session::json::document(&doc, session::json::PositionForm::Absolute).to_string()
}

#[test]
fn any_number_of_workers_gives_the_same_sessions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pcap");
    let frames = frames(3_000);
    write_pcap(&path, &frames);
    let (inspected, _) = documents(Options::default(), &frames);
    let mut results = Vec::new();
    for workers in [1, 2, 5] {
        let index = Memory::new();
        let report = run(import(&Arc::default(), workers), std::slice::from_ref(&path), &index);
        assert!(report.is_complete());
        assert_eq!(report.counters.packets, frames.len() as u64);
        assert_eq!(report.counters.fragments.complete, 300);
        let docs = all(&index);
        assert_eq!(docs.len(), inspected.len());
        results.push(docs.values().map(essence).collect::<Vec<_>>());
    }
    assert_eq!(results[0], results[1]);
    assert_eq!(results[0], results[2]);
}

#[test]
fn positions_find_the_packets_in_the_imported_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pcap");
    write_pcap(&path, &frames(200));
    let (catalog, index) = (Arc::<Files>::default(), Memory::new());
    run(import(&catalog, 2), std::slice::from_ref(&path), &index);
    let record = catalog.file("localhost", 1).unwrap().unwrap();
    assert_eq!((record.locked, record.link_type), (1, Some(1)));
    assert!(record.finish_timestamp > 0 && record.packets > 200);
    assert_eq!(Path::new(&record.name), std::fs::canonicalize(&path).unwrap());
    let bytes = std::fs::read(&path).unwrap();
    let format = pcap::Format::scan(&bytes).unwrap();
    let mut found = 0;
    for doc in all(&index).values() {
        for (file, offset) in doc.positions.iter() {
            assert_eq!(file, 1);
            let packet = format.record(&bytes, offset).unwrap();
            let decoded = wire::decode(LinkType(packet.link), packet.bytes);
            assert_eq!(decoded.ip().map(|ip| ip.src), doc.ip(&session::core::SRC_IP));
            found += 1;
        }
    }
    assert_eq!(found, record.packets);
}

#[test]
fn a_file_imported_twice_is_known_also_under_another_name() {
    let folder = tempfile::tempdir().unwrap();
    let (path, moved) = (folder.path().join("a.pcap"), folder.path().join("b.pcap"));
    write_pcap(&path, &frames(50));
    let (catalog, index) = (Arc::<Files>::default(), Memory::new());
    run(import(&catalog, 1), &[path.clone(), path.clone()], &index);
    let before = all(&index);
    std::fs::rename(&path, &moved).unwrap();
    let report = run(import(&catalog, 1), std::slice::from_ref(&moved), &index);
    assert!(matches!(report.files[0].result, FileResult::Known { .. }), "{:?}", report.files);
    assert_eq!(catalog.files().unwrap().len(), 1);
    assert_eq!(Path::new(&catalog.files().unwrap()[0].name), std::fs::canonicalize(&moved).unwrap());
    // asked for, it is imported again, into the same sessions
    let again = Import { again: true, ..import(&catalog, 3) };
    let report = run(again, &[moved], &index);
    assert!(matches!(report.files[0].result, FileResult::Imported { .. }));
    assert_eq!(before.keys().collect::<Vec<_>>(), all(&index).keys().collect::<Vec<_>>());
}

#[test]
fn good_files_are_imported_and_bad_ones_named() {
    let folder = tempfile::tempdir().unwrap();
    let [good, cut, text, missing] =
        ["good.pcap", "cut.pcap", "text.pcap", "missing.pcap"].map(|n| folder.path().join(n));
    write_pcap(&good, &frames(100));
    let mut bytes = std::fs::read(&good).unwrap();
    bytes.truncate(bytes.len() - 30);
    std::fs::write(&cut, &bytes).unwrap();
    std::fs::write(&text, "no capture at all, but long enough to hold a header of one").unwrap();
    let (catalog, index) = (Arc::<Files>::default(), Memory::new());
    let report = run(import(&catalog, 2), &[cut.clone(), text, missing, good], &index);
    let kinds: Vec<_> = report
        .files
        .iter()
        .map(|file| match &file.result {
            FileResult::Damaged { packets, error } => {
                assert!(*packets > 50 && error.contains("cut.pcap"), "{packets} {error}");
                "damaged"
            }
            FileResult::Failed(error) => {
                assert!(error.contains(".pcap"), "{error}");
                "failed"
            }
            FileResult::Imported { copied: false, .. } => "imported",
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, ["damaged", "failed", "failed", "imported"]);
    assert!(!report.is_complete());
    assert!(catalog.files().unwrap()[0].damage.is_some());
    assert!(!all(&index).is_empty());
}

/// A store that keeps packets in memory, by position.
#[derive(Clone, Default)]
pub struct Kept(pub Arc<Mutex<Vec<Vec<u8>>>>);
impl PacketWriter for Kept {
    fn write(&mut self, _: i64, _: LinkType, bytes: &[u8], _: u32) -> Result<Place, StoreError> {
        let mut kept = self.0.lock().unwrap();
        kept.push(bytes.to_vec());
        Ok(Place { file: 9, offset: kept.len() as u64 })
    }
}

#[test]
fn compressed_files_are_copied_and_known_the_second_time() {
    let folder = tempfile::tempdir().unwrap();
    let (plain, packed) = (folder.path().join("a.pcap"), folder.path().join("a.pcap.gz"));
    let frames = frames(100);
    write_pcap(&plain, &frames);
    let mut gzip = std::process::Command::new("gzip")
        .arg("-c")
        .stdin(std::process::Stdio::piped())
        .stdout(std::fs::File::create(&packed).unwrap())
        .spawn()
        .unwrap();
    gzip.stdin.take().unwrap().write_all(&std::fs::read(&plain).unwrap()).unwrap();
    assert!(gzip.wait().unwrap().success());

    let (catalog, index) = (Arc::<Files>::default(), Memory::new());
    let report = run(import(&catalog, 2), std::slice::from_ref(&packed), &index);
    assert!(matches!(&report.files[0].result, FileResult::Failed(why) if why.contains("no packet store")));
    let kept = Kept::default();
    let with_store = || Import { store: Some(Box::new(kept.clone())), ..import(&catalog, 2) };
    let report = run(with_store(), std::slice::from_ref(&packed), &index);
    assert!(
        matches!(report.files[0].result, FileResult::Imported { copied: true, .. }),
        "{:?}",
        report.files
    );
    let stored = kept.0.lock().unwrap().clone();
    assert_eq!(stored.len(), frames.len());
    for doc in all(&index).values() {
        for (file, offset) in doc.positions.iter() {
            assert_eq!(file, 9);
            let decoded = wire::decode(LinkType::ETHERNET, &stored[offset as usize - 1]);
            assert_eq!(decoded.ip().map(|ip| ip.src), doc.ip(&session::core::SRC_IP));
        }
    }
    let report = run(with_store(), &[packed], &index);
    assert!(matches!(report.files[0].result, FileResult::Known { .. }));
}

#[test]
fn a_stopped_import_keeps_what_is_done_and_can_be_completed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pcap");
    write_pcap(&path, &frames(20_000));
    let (catalog, index) = (Arc::<Files>::default(), Memory::new());
    let stopped = import(&catalog, 2);
    let stop = stopped.stop.clone();
    stop.set();
    let report = run(stopped, std::slice::from_ref(&path), &index);
    assert!(matches!(report.files[0].result, FileResult::Stopped { .. }));
    let report = run(import(&catalog, 2), std::slice::from_ref(&path), &index);
    assert!(report.is_complete(), "{:?}", report.files);
    let whole = Memory::new();
    run(import(&Arc::default(), 1), &[path], &whole);
    assert_eq!(all(&index).len(), all(&whole).len());
}

#[test]
fn every_reference_capture_is_imported() {
    let Some(corpus) = corpus() else { return };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(corpus)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "pcap"))
        .collect();
    paths.sort();
    let (catalog, index) = (Arc::<Files>::default(), Memory::new());
    let report = run(import(&catalog, 2), &paths, &index);
    for file in &report.files {
        assert!(matches!(file.result, FileResult::Imported { .. } | FileResult::Known { .. }), "{file:?}");
    }
    let packets: usize = all(&index).values().map(|doc| doc.positions.packets()).sum();
    assert_eq!(packets as u64, report.counters.packets, "every packet belongs to one session");
}
