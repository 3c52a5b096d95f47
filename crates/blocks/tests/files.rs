//! Whole files: written, cut anywhere, changed anywhere.

use blocks::*;
use proptest::prelude::*;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

fn key(n: u8) -> Arc<Key> {
    Arc::new(Key::new([n; 32], format!("key{n}")))
}

fn codings() -> Vec<Coding> {
    vec![
        Coding { zstd: Some(3), key: None },
        Coding { zstd: None, key: Some(key(1)) },
        Coding { zstd: Some(1), key: Some(key(1)) },
    ]
}

fn ring() -> Keyring {
    let mut ring = Keyring::default();
    ring.add(key(2));
    ring.add(key(1));
    ring
}

/// The file, and where each block ends in it and in the stream.
fn encode(coding: &Coding, pieces: &[Vec<u8>], finish: bool) -> (Vec<u8>, Vec<(u64, u64)>) {
    let mut encoder = Encoder::new(coding).unwrap();
    let mut file = encoder.header().to_vec();
    let mut ends = Vec::new();
    for (n, bytes) in pieces.iter().enumerate() {
        let mut out = vec![0; encoder.bound(bytes.len())];
        let piece = Piece { bytes, packets: 1, first: n as i64, last: n as i64 + 1 };
        let len = encoder.encode(piece, &mut out).unwrap();
        file.extend(&out[..len]);
        ends.push((file.len() as u64, encoder.len()));
    }
    if finish {
        file.extend(encoder.table());
    }
    (file, ends)
}

fn open(folder: &Path, bytes: &[u8]) -> Result<Blocks, Error> {
    let path = folder.join("file");
    std::fs::write(&path, bytes).unwrap();
    let mut blocks = Blocks::open(std::fs::File::open(path).unwrap())?;
    blocks.unlock(&ring())?;
    Ok(blocks)
}

fn whole(blocks: &mut Blocks) -> Vec<u8> {
    let mut out = vec![0; blocks.len() as usize];
    let mut at = 0;
    while at < out.len() {
        let read = blocks.read_at(&mut out[at..], at as u64).unwrap();
        assert!(read > 0);
        at += read;
    }
    out
}

#[test]
fn a_file_cut_anywhere_is_readable_to_its_last_whole_block() {
    let folder = tempfile::tempdir().unwrap();
    let pieces: Vec<Vec<u8>> = (0..5).map(|n| vec![n as u8; 50 + 40 * n]).collect();
    let plain = pieces.concat();
    for coding in codings() {
        let (file, ends) = encode(&coding, &pieces, true);
        for cut in 0..file.len() {
            let expected = ends.iter().rfind(|(end, _)| *end <= cut as u64).map_or(0, |(_, plain)| *plain);
            match open(folder.path(), &file[..cut]) {
                Err(error) => assert!(expected == 0, "{cut}: {error}"),
                Ok(mut blocks) => {
                    assert_eq!(blocks.len(), expected, "cut at {cut}");
                    assert_eq!(whole(&mut blocks), plain[..expected as usize]);
                    assert!(!blocks.is_finished());
                }
            }
        }
        let mut blocks = open(folder.path(), &file).unwrap();
        assert!(blocks.is_finished() && whole(&mut blocks) == plain);
    }
}

#[test]
fn a_changed_byte_is_noticed_and_costs_one_block() {
    let folder = tempfile::tempdir().unwrap();
    let pieces: Vec<Vec<u8>> = (0..4).map(|n| vec![n as u8; 60]).collect();
    let plain = pieces.concat();
    for coding in codings() {
        for finish in [true, false] {
            let (file, _) = encode(&coding, &pieces, finish);
            for at in 0..file.len() {
                let mut changed = file.clone();
                changed[at] ^= 0x10;
                let Ok(mut blocks) = open(folder.path(), &changed) else {
                    assert!(at < 128, "only the start of a file can make all of it unreadable: byte {at}");
                    continue;
                };
                let mut lost = 0;
                for n in 0..4u64 {
                    let mut bytes = vec![0; 60];
                    match blocks.read_at(&mut bytes, n * 60) {
                        Ok(60) => assert_eq!(bytes, plain[n as usize * 60..][..60], "byte {at}"),
                        Ok(_) | Err(_) => lost += 1,
                    }
                }
                assert!(lost <= 1, "byte {at} of {} costs {lost} blocks", file.len());
            }
        }
    }
}

#[test]
fn a_wrong_or_missing_key_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let (file, _) = encode(&Coding { zstd: None, key: Some(key(9)) }, &[b"secret".to_vec()], true);
    assert!(!file.windows(6).any(|w| w == b"secret"));
    std::fs::write(&path, file).unwrap();
    let mut blocks = Blocks::open(std::fs::File::open(&path).unwrap()).unwrap();
    assert_eq!(blocks.verify(0).unwrap().packets, 1, "what it holds is known without the key");
    let error = blocks.unlock(&ring()).unwrap_err().to_string();
    assert!(error.contains(&key(9).id().to_string()) && error.contains(&key(1).id().to_string()), "{error}");
    assert!(matches!(blocks.read_at(&mut [0; 6], 0), Err(Error::NoKey { .. })));
}

#[test]
fn blocks_cannot_be_swapped() {
    let folder = tempfile::tempdir().unwrap();
    let coding = Coding { zstd: None, key: Some(key(1)) };
    let (file, ends) = encode(&coding, &[vec![1; 50], vec![2; 50]], false);
    let (first, second) = (&file[128..ends[0].0 as usize], &file[ends[0].0 as usize..]);
    let swapped = [&file[..128], second, first].concat();
    let mut blocks = open(folder.path(), &swapped).unwrap();
    let mut bytes = [0; 50];
    assert!(blocks.read_at(&mut bytes, 0).is_err());
    assert!(matches!(blocks.read_at(&mut bytes, 50), Ok(50)) && bytes == [2; 50]);
}

#[test]
fn zstd_unpacks_it() {
    let pieces: Vec<Vec<u8>> = (0..20).map(|n| format!("piece {n} ").repeat(100).into_bytes()).collect();
    for finish in [false, true] {
        let (file, _) = encode(&Coding { zstd: Some(3), key: None }, &pieces, finish);
        assert_eq!(recognise(&file), Some(Kind::Zstd));
        let mut decoder = zstd::stream::read::Decoder::new(file.as_slice()).unwrap();
        let mut out = Vec::new();
        decoder.read_to_end(&mut out).unwrap();
        assert!(out == pieces.concat());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.zst");
        std::fs::File::create(&path).unwrap().write_all(&file).unwrap();
        match Command::new("zstd").arg("-dc").arg(&path).output() {
            Ok(out) => assert!(out.status.success() && out.stdout == pieces.concat(), "{out:?}"),
            Err(_) => eprintln!("skipped: zstd is not installed"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn every_place_is_found(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..300), 1..30),
        coding in 0usize..3, finish in any::<bool>(), places in prop::collection::vec((any::<u32>(), 1usize..500), 1..40),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let plain = pieces.concat();
        let (file, _) = encode(&codings()[coding], &pieces, finish);
        let mut blocks = open(folder.path(), &file).unwrap();
        prop_assert_eq!(blocks.is_finished(), finish);
        prop_assert_eq!(blocks.len(), plain.len() as u64);
        for (at, len) in places {
            let at = at as usize % plain.len();
            let mut bytes = vec![0; len];
            let read = blocks.read_at(&mut bytes, at as u64).unwrap();
            prop_assert!(read > 0 && bytes[..read] == plain[at..at + read]);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(garbage in prop::collection::vec(any::<u8>(), 0..2_000), coding in 0usize..3, at in any::<u16>()) {
        let folder = tempfile::tempdir().unwrap();
        let (mut file, _) = encode(&codings()[coding], &[vec![1; 200], vec![2; 300]], true);
        let at = at as usize % file.len();
        file.splice(at..(at + garbage.len()).min(file.len()), garbage);
        if let Ok(mut blocks) = open(folder.path(), &file) {
            let mut bytes = [0; 100];
            for place in (0..blocks.len().min(5_000)).step_by(90) {
                let _ = blocks.read_at(&mut bytes, place);
            }
        }
    }
}
