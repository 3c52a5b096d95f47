//! What is read stretch by stretch against what is read in order of time: the same packets, for the same sessions.

use packets::{FileSource, Files, Gone, Merge, Sweep, Wanted};
use pcap::{NgWriter, PcapWriter, Precision};
use proptest::prelude::*;
use session::{Positions, SessionId};
use std::collections::BTreeMap;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

struct Folder(BTreeMap<u32, PathBuf>);

impl Files for Folder {
    fn locate(&self, _: &str, number: u32) -> Result<PathBuf, Gone> {
        self.0.get(&number).cloned().ok_or(Gone::Expired)
    }
    fn source(&self, node: &str, number: u32) -> Result<FileSource, Gone> {
        self.locate(node, number).map(FileSource::file)
    }
}

/// Session, time, bytes and length of what was given out.
type Given = (u32, i64, Vec<u8>, u32);

/// What a sweep gives out by file and place, with so many readers in turns; and what it lost.
fn swept(files: &Folder, sessions: &[Positions], readers: usize) -> (Vec<Given>, Vec<(u32, u64)>) {
    let mut sweep = Sweep::default();
    for positions in sessions {
        sweep.add("n", positions.iter());
    }
    let stretches = sweep.stretches();
    let (mut all, mut lost) = (Vec::new(), Vec::new());
    let mut readers: Vec<_> = (0..readers).map(|_| stretches.reader(files)).collect();
    let mut left = true;
    while left {
        left = false;
        for reader in &mut readers {
            left |= reader.next(&mut |run| {
                let mut before = (0, 0);
                for placed in run.packets {
                    let here = (placed.from, placed.end);
                    assert!(before.1 <= here.0 || before == here, "in order, apart: {before:?} {here:?}");
                    before = here;
                    let packet = run.packet(placed, SessionId::default());
                    assert_eq!(packet.bytes, &run.bytes[placed.from..placed.end]);
                    all.push((placed.session, packet.time, packet.bytes.to_vec(), packet.original_len));
                }
                true
            });
        }
    }
    for reader in readers {
        let (losses, places) = reader.into_losses();
        assert_eq!(losses.iter().map(|loss| loss.packets).sum::<u64>(), places.len() as u64);
        lost.extend(places);
    }
    all.sort();
    lost.sort_unstable();
    (all, lost)
}

fn merged(files: &Folder, sessions: &[Positions]) -> (Vec<Given>, u64) {
    let mut merge = Merge::new(files).with_shared();
    for positions in sessions {
        merge.add(&Wanted { node: "n".into(), positions: positions.clone(), ..Wanted::default() });
    }
    let mut all = Vec::new();
    merge
        .drain(None, &mut |p| {
            all.push((p.session, p.time, p.bytes.to_vec(), p.original_len));
            Ok(true)
        })
        .unwrap();
    all.sort();
    (all, merge.into_losses().iter().map(|loss| loss.packets).sum())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn the_same_packets_come(
        plan in prop::collection::vec((0u32..6, 0u32..4, 0usize..3_000, 0u64..40), 1..300),
        readers in 1usize..4,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut plain = PcapWriter::new(Vec::new(), Precision::Nanos, 1, 65_535).unwrap();
        let mut ng = NgWriter::new(Vec::new(), "test").unwrap();
        let interface = ng.interface(1, Some("eth0")).unwrap();
        let mut sessions = vec![Positions::default(); 6];
        let mut last = [0; 6];
        for (n, (session, file, len, odd)) in (0i64..).zip(&plan) {
            let bytes = vec![n as u8; *len];
            let offset = match file {
                0 | 1 => plain.write(n * 1_000, &bytes, *len as u32 + 7).unwrap(),
                2 => ng.write(interface, n * 1_000, &bytes, *len as u32 + 7, None).unwrap(),
                _ => 24,
            };
            let number = [1, 1, 2, 9][*file as usize];
            let mut add = |session: u32, offset: u64| {
                let at = session as usize;
                sessions[at].push(number, &mut last[at], offset, None);
            };
            add(*session, offset);
            match odd {
                // shared with another, twice the same, and in the middle of a record
                0..=3 => add((session + 1) % 6, offset),
                4 => add(*session, offset),
                5 => add(*session, offset + 1 + odd),
                6 => add(*session, 1 << 45),
                _ => {}
            }
        }
        let (a, b) = (folder.path().join("a.pcap"), folder.path().join("b.pcapng"));
        std::fs::write(&a, plain.into_inner()).unwrap();
        std::fs::write(&b, ng.into_inner()).unwrap();
        let files = Folder([(1, a), (2, b)].into());
        let (want, missing) = merged(&files, &sessions);
        let (have, lost) = swept(&files, &sessions, readers);
        prop_assert_eq!(have, want);
        prop_assert_eq!(lost.len() as u64, missing);
    }
}

#[test]
fn records_at_the_ends_of_stretches() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("far.pcap");
    let file = std::fs::File::create(&path).unwrap();
    file.write_all_at(&PcapWriter::new(Vec::new(), Precision::Nanos, 1, 65_535).unwrap().into_inner(), 0)
        .unwrap();
    // a file of which only little is written takes little room; one that is too long for the file system is left out
    let far =
        [24, (4 << 20) - 40, (4 << 20) + 500, (12 << 20) - 3, 40 << 20, (300 << 30) + 5, (300 << 30) + 900];
    let (mut positions, mut last) = (Positions::default(), 0);
    for (n, at) in (0u32..).zip(far) {
        let len = 100 + n;
        let mut record = Vec::new();
        for value in [n + 1, 0, len, len] {
            record.extend(value.to_ne_bytes());
        }
        record.resize(16 + len as usize, n as u8);
        if file.write_all_at(&record, at).is_ok() {
            positions.push(1, &mut last, at, None);
        }
    }
    assert!(positions.packets() >= 5);
    let files = Folder([(1, path)].into());
    let sessions = [positions.clone(), Positions::default(), positions];
    let (have, lost) = swept(&files, &sessions, 2);
    assert_eq!((have, lost.len() as u64), merged(&files, &sessions));
}
