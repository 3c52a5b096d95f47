//! What is written is read back, from memory and as a stream; damage is named; no bytes panic.

use std::io::{Cursor, Read};

use pcap::{
    Damage, Error, Format, Kind, MAX_HEADER, NgWriter, Order, PcapWriter, Precision, Record, Resolution,
    Slice, Stream, recognise,
};
use proptest::prelude::*;

/// A record that owns its bytes: time, bytes, original length, link type, interface, offset.
type Owned = (i64, Vec<u8>, u32, u16, u32, u64);

fn owned(r: &Record<'_>) -> Owned {
    (r.time, r.bytes.to_vec(), r.original_len, r.link, r.interface, r.at)
}

/// Records and the error, if any, from memory; checks random access on the way.
fn from_slice(capture: &[u8]) -> Result<(Vec<Owned>, Option<Error>), Error> {
    let mut slice = Slice::new(capture)?;
    let (mut records, mut error) = (Vec::new(), None);
    for record in slice.by_ref() {
        match record {
            Ok(record) => records.push(owned(&record)),
            Err(e) => error = Some(e),
        }
    }
    assert!(slice.next().is_none());
    let format = Format::scan(capture).unwrap();
    if matches!(format, Format::PcapNg(_)) {
        assert_eq!(&format, slice.format());
    }
    for record in &records {
        let again = format.record(capture, record.5).unwrap();
        assert_eq!((again.bytes, again.original_len), (&record.1[..], record.2));
        assert_eq!((again.link, again.interface), (record.3, record.4));
        let from = record.5 as usize;
        let head = &capture[from..capture.len().min(from + MAX_HEADER)];
        assert_eq!(format.header(head, record.5).unwrap().captured_len as usize, record.1.len());
    }
    Ok((records, error))
}

/// Gives at most `.1` bytes a read.
struct Slow<'a>(&'a [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.1.min(buffer.len()).min(self.0.len());
        buffer[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

fn from_stream(capture: &[u8], step: usize) -> Result<(Vec<Owned>, Option<Error>), Error> {
    let mut stream = Stream::new(Slow(capture, step))?;
    let (mut records, mut error) = (Vec::new(), None);
    loop {
        match stream.next() {
            Ok(Some(record)) => records.push(owned(&record)),
            Ok(None) => break,
            Err(e) => error = Some(e),
        }
    }
    Ok((records, error))
}

/// Both readers agree on anything.
#[track_caller]
fn read(capture: &[u8]) -> (Vec<Owned>, Option<Error>) {
    let slice = from_slice(capture).expect("a capture");
    for step in [1, 7, 1 << 20] {
        let stream = from_stream(capture, step).expect("a capture");
        assert_eq!(stream.0, slice.0);
        assert_eq!(stream.1.as_ref().map(ToString::to_string), slice.1.as_ref().map(ToString::to_string));
    }
    slice
}

fn word32(order: Order, n: u32) -> [u8; 4] {
    if order == Order::Little { n.to_le_bytes() } else { n.to_be_bytes() }
}

fn word16(order: Order, n: u16) -> [u8; 2] {
    if order == Order::Little { n.to_le_bytes() } else { n.to_be_bytes() }
}

fn words(order: Order, words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|w| word32(order, *w)).collect()
}

/// A block of a pcapng, padded.
fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    body.resize(body.len().next_multiple_of(4), 0);
    let len = 12 + body.len() as u32;
    [words(order, &[kind, len]), body, words(order, &[len])].concat()
}

fn section(order: Order) -> Vec<u8> {
    let mut body = words(order, &[0x1a2b_3c4d]);
    body.extend(word16(order, 1));
    body.extend([0; 2]);
    body.extend([0xff; 8]);
    block(order, 0x0a0d_0d0a, &body)
}

fn interface(order: Order, link: u16, snap_len: u32, options: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut body = word16(order, link).to_vec();
    body.extend([0; 2]);
    body.extend(word32(order, snap_len));
    for (code, value) in options {
        body.extend(word16(order, *code));
        body.extend(word16(order, value.len() as u16));
        body.extend(value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    block(order, 1, &body)
}

fn enhanced(order: Order, interface: u32, ticks: u64, data: &[u8]) -> Vec<u8> {
    let head = words(order, &[interface, (ticks >> 32) as u32, ticks as u32, data.len() as u32, 1000]);
    block(order, 6, &[&head, data].concat())
}

#[test]
fn pcap_of_every_magic() {
    for order in [Order::Little, Order::Big] {
        for (magic, nanos, extra) in
            [(0xa1b2_c3d4u32, false, 0), (0xa1b2_3c4d, true, 0), (0xa1b2_cd34, false, 8)]
        {
            let mut file = words(order, &[magic, 0, 0, 0, 65535, 0x1000_0001, 1_700_000_000, 123_456, 3, 99]);
            file.extend(vec![0; extra]);
            file.extend(b"abc");
            assert_eq!(recognise(&file), Some(Kind::Pcap));
            let (records, error) = read(&file);
            assert!(error.is_none());
            let fraction = if nanos { 123_456 } else { 123_456_000 };
            assert_eq!(records, [(1_700_000_000_000_000_000 + fraction, b"abc".to_vec(), 99, 1, 0, 24)]);
            let first = Slice::new(&file).unwrap().next().unwrap().unwrap();
            assert_eq!(first.data_at, 40 + extra as u64);
        }
    }
}

#[test]
fn pcapng_with_sections_interfaces_and_all_packet_blocks() {
    let (le, be) = (Order::Little, Order::Big);
    let mut file = section(le);
    file.extend(interface(le, 1, 0, &[(2, b"eth0".to_vec()), (9, vec![9])]));
    file.extend(interface(
        le,
        113,
        4,
        &[(9, vec![0x80 | 10]), (14, 10i64.to_le_bytes().to_vec()), (0, vec![])],
    ));
    file.extend(enhanced(le, 0, 5, b"first"));
    file.extend(block(le, 4, &[0; 8])); // name resolution
    file.extend(block(le, 10, &vec![0; 300_000])); // secrets
    file.extend(enhanced(le, 1, 512, b"two"));
    // A section in the other byte order counts its interfaces anew.
    file.extend(section(be));
    file.extend(interface(be, 101, 4, &[]));
    file.extend(block(be, 3, &[&words(be, &[9])[..], b"simp"].concat()));
    // The obsolete packet block: interface and drops share a word.
    let mut old = word16(be, 0).to_vec();
    old.extend(word16(be, 7));
    old.extend(words(be, &[0, 3, 3, 3]));
    old.extend(b"old");
    file.extend(block(be, 2, &old));

    assert_eq!(recognise(&file), Some(Kind::PcapNg));
    let (records, error) = read(&file);
    assert!(error.is_none(), "{error:?}");
    let seen: Vec<_> = records.iter().map(|r| (r.0, &r.1[..], r.2, r.3, r.4)).collect();
    let want: [(i64, &[u8], u32, u16, u32); 4] = [
        (5, b"first", 1000, 1, 0),
        (10_500_000_000, b"two", 1000, 113, 1),
        (10_500_000_000, b"simp", 9, 101, 0),
        (3000, b"old", 3, 101, 0),
    ];
    assert_eq!(seen, want);
    let format = Format::scan(&file).unwrap();
    assert_eq!(format.link(), None);
    // The format survives being stored.
    assert_eq!(serde_json::from_str::<Format>(&serde_json::to_string(&format).unwrap()).unwrap(), format);
    let Format::PcapNg(format) = format else { panic!() };
    assert_eq!(format.sections.len(), 2);
    assert_eq!(format.sections[0].interfaces[0].name.as_deref(), Some("eth0"));
    assert_eq!(format.sections[0].interfaces[1].resolution, Resolution::Binary(10));
}

#[test]
fn what_is_no_capture_says_so() {
    assert!(matches!(Slice::new(b""), Err(Error::Empty)));
    assert!(matches!(Stream::new(Cursor::new(b"")), Err(Error::Empty)));
    let text = Slice::new(b"#!/bin/sh").unwrap_err();
    assert_eq!(text.to_string(), "not a pcap or pcapng capture: begins with 23 21 2f 62");
    assert!(text.is_not_a_capture());
    let cut = Slice::new(&[0xd4, 0xc3, 0xb2, 0xa1, 2, 0]).unwrap_err();
    assert!(!cut.is_not_a_capture());
    let want =
        "record at byte 0 claims 24 bytes; the capture ends at byte 6: truncated (no record before it)";
    assert_eq!(cut.to_string(), want);
}

#[test]
fn damage_is_named_and_what_came_before_is_kept() {
    let mut writer = PcapWriter::new(Vec::new(), Precision::Nanos, 1, 65535).unwrap();
    for i in 0..3u8 {
        writer.write(i64::from(i) + 1, &[i; 100], 100).unwrap();
    }
    let good = writer.into_inner();
    let (records, error) = read(&good[..300]);
    assert_eq!(records.len(), 2);
    let error = error.unwrap();
    assert_eq!(error.at(), 24 + 2 * 116);
    let want = "record at byte 256 claims 116 bytes; the capture ends at byte 300: truncated \
        (the 2 records before it are kept)";
    assert_eq!(error.to_string(), want);

    let mut long = good.clone();
    long[24 + 116 + 8..][..4].copy_from_slice(&0x7fff_ffffu32.to_le_bytes());
    let (records, error) = read(&long);
    assert_eq!(records.len(), 1);
    assert!(matches!(error, Some(Error::Damaged { at: 140, what: Damage::TooLong { .. }, kept: 1 })));

    let mut zeros = good;
    zeros.extend([0; 64]);
    let (records, error) = read(&zeros);
    assert_eq!(records.len(), 3);
    assert!(matches!(error, Some(Error::Damaged { at: 372, what: Damage::Zeros, kept: 3 })));
}

#[test]
fn damaged_pcapng_blocks() {
    let le = Order::Little;
    let start = [section(le), interface(le, 1, 0, &[]), enhanced(le, 0, 1, b"ok")].concat();
    let case = |more: &[u8]| {
        let (records, error) = read(&[&start, more].concat());
        assert_eq!(records.len(), 1);
        let error = error.unwrap();
        assert_eq!(error.at(), start.len() as u64);
        error.to_string()
    };
    assert!(case(&enhanced(le, 5, 1, b"x")).contains("names interface 5, which no block before it declares"));
    let mut trailer = enhanced(le, 0, 1, b"xxxx");
    let end = trailer.len();
    trailer[end - 4] = 99;
    assert!(case(&trailer).contains("is 36 at its start and 99 at its end"));
    assert!(case(&[words(le, &[6, 13]), vec![0; 40]].concat()).contains("block length 13 is impossible"));
    assert!(case(&enhanced(le, 0, 1, &[0; 500])[..100]).contains("truncated"));
    let mut mark = section(le);
    mark[8] = 0;
    assert!(case(&mark).contains("byte-order mark"));
    // A captured length beyond the block.
    let mut beyond = enhanced(le, 0, 1, b"xxxx");
    beyond[20] = 200;
    assert!(case(&beyond).contains("impossible"));
}

#[test]
fn random_access_refuses_what_is_no_record() {
    let le = Order::Little;
    let file = [section(le), interface(le, 1, 0, &[]), enhanced(le, 0, 1, b"ok")].concat();
    let format = Format::scan(&file).unwrap();
    assert!(format.record(&file, 0).is_err());
    assert!(format.record(&file, 28).is_err());
    assert!(format.record(&file, u64::MAX).is_err());
    assert_eq!(format.record(&file, 48).unwrap().bytes, b"ok");
}

/// The same bytes through Wireshark's reader.
#[test]
fn tshark_reads_what_we_write() {
    let mut ng = NgWriter::new(Vec::new(), "hindsight").unwrap();
    let eth = ng.interface(1, Some("eth0")).unwrap();
    let raw = ng.interface(101, None).unwrap();
    assert_eq!(ng.interface(1, Some("eth0")).unwrap(), eth);
    ng.write(eth, 1_700_000_000_123_456_789, &[0xff; 60], 60, Some("a comment")).unwrap();
    ng.write(raw, 1_700_000_001_000_000_001, &[0x45; 61], 70, None).unwrap();
    let mut classic = PcapWriter::new(Vec::new(), Precision::Nanos, 1, 262_144).unwrap();
    classic.write(1_700_000_000_123_456_789, &[0xff; 60], 60).unwrap();
    for (name, bytes, want) in [
        ("ng", ng.into_inner(), &[["123456789", "60", "60", "a comment"], ["000000001", "61", "70", ""]][..]),
        ("classic", classic.into_inner(), &[["123456789", "60", "60", ""]]),
    ] {
        let path = std::env::temp_dir().join(format!("hindsight-pcap-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        let fields = ["frame.time_epoch", "frame.cap_len", "frame.len", "frame.comment"];
        let fields = fields.iter().flat_map(|f| ["-e", f]);
        let mut run = std::process::Command::new("tshark");
        run.arg("-r").arg(&path).args(["-T", "fields"]).args(fields);
        let run = run.output();
        std::fs::remove_file(&path).unwrap();
        let Ok(run) = run else {
            eprintln!("skipped: no tshark here");
            return;
        };
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        let out = String::from_utf8(run.stdout).unwrap();
        let lines: Vec<Vec<&str>> = out.lines().map(|l| l.split('\t').collect()).collect();
        assert_eq!(lines.len(), want.len(), "{out}");
        for (line, want) in lines.iter().zip(want) {
            assert!(line[0].contains(want[0]), "{out}");
            assert_eq!(line[1..], want[1..], "{out}");
        }
    }
}

/// Seconds, nanoseconds, bytes, original length, which interface.
fn packets() -> impl Strategy<Value = Vec<(u32, u32, Vec<u8>, u32, u8)>> {
    let bytes = prop::collection::vec(any::<u8>(), 0..300);
    prop::collection::vec((1u32.., 0u32..1_000_000_000, bytes, any::<u32>(), 0u8..3), 0..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn pcap_is_read_back(packets in packets(), cut in any::<prop::sample::Index>()) {
        let mut writer = PcapWriter::new(Vec::new(), Precision::Nanos, 113, 65535).unwrap();
        let mut want = Vec::new();
        for (seconds, nanos, bytes, len, _) in &packets {
            let time = i64::from(*seconds) * 1_000_000_000 + i64::from(*nanos);
            let at = writer.write(time, bytes, *len).unwrap();
            want.push((time, bytes.clone(), *len, 113, 0, at));
        }
        let position = writer.position();
        let file = writer.into_inner();
        prop_assert_eq!(position, file.len() as u64);
        let (records, error) = read(&file);
        prop_assert!(error.is_none());
        prop_assert_eq!(&records, &want);
        // Cut anywhere behind the file header: a prefix of the records, and an error unless the cut is between two.
        let cut = 24 + cut.index(file.len() - 23);
        let (records, error) = read(&file[..cut]);
        prop_assert_eq!(&records[..], &want[..records.len()]);
        let clean = cut == file.len() || want.iter().any(|r| r.5 == cut as u64);
        prop_assert_eq!(error.is_none(), clean);
    }

    #[test]
    fn pcapng_is_read_back(packets in packets()) {
        let mut writer = NgWriter::new(Vec::new(), "test").unwrap();
        let mut want = Vec::new();
        for (seconds, nanos, bytes, len, which) in &packets {
            let (link, name) = [(1, Some("eth0")), (1, None), (276, Some("any"))][usize::from(*which)];
            let time = i64::from(*seconds) * 1_000_000_000 + i64::from(*nanos);
            let interface = writer.interface(link, name).unwrap();
            let comment = (len % 2 == 0).then_some("why");
            let at = writer.write(interface, time, bytes, *len, comment).unwrap();
            want.push((time, bytes.clone(), *len, link, interface, at));
        }
        let position = writer.position();
        let file = writer.into_inner();
        prop_assert_eq!(position, file.len() as u64);
        let (records, error) = read(&file);
        prop_assert!(error.is_none());
        prop_assert_eq!(records, want);
    }

    #[test]
    fn damaged_captures_never_panic(
        packets in packets(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        ng in any::<bool>(),
    ) {
        let mut file = if ng {
            let mut writer = NgWriter::new(Vec::new(), "test").unwrap();
            for (seconds, _, bytes, len, _) in &packets {
                let interface = writer.interface(1, None).unwrap();
                writer.write(interface, i64::from(*seconds), bytes, *len, None).unwrap();
            }
            writer.into_inner()
        } else {
            let mut writer = PcapWriter::new(Vec::new(), Precision::Micros, 1, 65535).unwrap();
            for (seconds, _, bytes, len, _) in &packets {
                writer.write(i64::from(*seconds), bytes, *len).unwrap();
            }
            writer.into_inner()
        };
        for (at, value) in changes {
            let at = at.index(file.len());
            file[at] = value;
        }
        // The magic may be gone: then it is no capture, for both readers.
        match from_slice(&file) {
            Ok(_) => { read(&file); }
            Err(e) => prop_assert_eq!(e.to_string(), from_stream(&file, 5).unwrap_err().to_string()),
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), magic in 0usize..5) {
        let magics: [&[u8]; 5] =
            [&[], &[0xd4, 0xc3, 0xb2, 0xa1], &[0xa1, 0xb2, 0x3c, 0x4d], &[0x34, 0xcd, 0xb2, 0xa1], &[0xa, 0xd, 0xd, 0xa]];
        let file = [magics[magic], &bytes].concat();
        if from_slice(&file).is_ok() {
            read(&file);
        }
    }
}
