//! Packets go into files and come out of them: writer, fetch, export, estimate, conversation.

use packets::bpf::Filter;
use packets::*;
use proptest::prelude::*;
use session::{Positions, SessionId};
use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wire::build::Frame;
use wire::{LinkType, TcpFlags};

const T0: i64 = 1_400_000_000_000_000_000;
const MS: i64 = 1_000_000;

/// What a catalogue keeps.
#[derive(Clone, Default)]
struct List(Arc<Mutex<(u32, HashMap<u32, FileFacts>)>>);
impl Register for List {
    fn number(&mut self, _: LinkType, _: i64) -> std::io::Result<u32> {
        let mut held = self.0.lock().unwrap();
        held.0 += 1;
        Ok(held.0)
    }
    fn update(&mut self, file: &FileFacts) -> std::io::Result<()> {
        self.0.lock().unwrap().1.insert(file.number, file.clone());
        Ok(())
    }
    fn discard(&mut self, _: u32) -> std::io::Result<()> {
        Ok(())
    }
}
impl Files for List {
    fn locate(&self, node: &str, number: u32) -> Result<PathBuf, Gone> {
        if node != "node" {
            return Err(Gone::Elsewhere(node.to_owned()));
        }
        self.0.lock().unwrap().1.get(&number).map(|file| file.path.clone()).ok_or(Gone::Expired)
    }
}

fn writer(folder: &Path, change: impl FnOnce(&mut WriterOptions)) -> (Writer<List>, List) {
    let list = List::default();
    let mut options = WriterOptions::new(folder.to_owned(), "no/de");
    change(&mut options);
    (Writer::new(options, list.clone()), list)
}

fn wanted(unique: u8, start: i64, positions: &[Position]) -> Wanted {
    let (mut held, mut last) = (Positions::default(), 0);
    for at in positions {
        held.push(at.file, &mut last, at.offset, None);
    }
    let bytes = positions.len() as u64 * 100;
    let id = SessionId::new(start / MS, [unique; 16]);
    Wanted { id, node: "node".into(), positions: held, start_ms: start / MS, bytes, not_kept: 0 }
}

fn frame(port: u16, text: &str) -> Vec<u8> {
    Frame::payload(text.as_bytes())
        .udp(port, 53)
        .ipv4([10, 0, 0, 1], [10, 0, 0, 2])
        .ethernet([1; 6], [2; 6])
        .bytes()
}

/// Packets: time, bytes.
type Records = Vec<(i64, Vec<u8>)>;

/// Every packet of a capture.
fn read(capture: &[u8]) -> Records {
    pcap::Slice::new(capture)
        .unwrap()
        .map(|record| record.unwrap())
        .map(|r| (r.time, r.bytes.to_vec()))
        .collect()
}

#[test]
fn writes_rotates_and_never_overwrites() {
    let folder = tempfile::tempdir().unwrap();
    let stale = folder.path().join("no_de-140513-00000002.pcap");
    std::fs::write(&stale, b"mine").unwrap();
    let (mut writer, list) = writer(folder.path(), |o| o.max_size = 1_000);
    let mut positions = Vec::new();
    for n in 0..30i64 {
        let bytes = frame(n as u16, "some data of a packet");
        positions.push(writer.write(T0 + n * MS + 7, LinkType::ETHERNET, &bytes, 2_000).unwrap());
    }
    let raw = Frame::payload(b"raw").udp(1, 2).ipv4([1, 1, 1, 1], [2, 2, 2, 2]).bytes();
    let other = writer.write(T0, LinkType::RAW, &raw, 31).unwrap();
    writer.finish().unwrap();
    assert_eq!(std::fs::read(&stale).unwrap(), b"mine");
    let held = list.0.lock().unwrap().1.clone();
    assert!(held[&2].path.ends_with("no_de-140513-00000002-1.pcap") && held.len() > 3);
    assert!(
        held.values()
            .all(|f| f.finished && f.size <= 1_000 && std::fs::metadata(&f.path).unwrap().len() == f.size)
    );
    assert_eq!(held[&1].path.file_name().unwrap(), "no_de-140513-00000001.pcap");
    assert_eq!(held[&other.file].link, LinkType::RAW);
    assert_eq!(positions[0], Position { file: 1, offset: 24 });
    let bytes = std::fs::read(&held[&1].path).unwrap();
    let records = read(&bytes);
    assert_eq!(records[0], (T0 + 7, frame(0, "some data of a packet")), "nanoseconds are kept");
    assert_eq!(held.values().map(|f| f.packets).sum::<u64>(), 31);
}

#[test]
fn rotates_by_age_and_says_where_it_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let (mut writer, list) = writer(folder.path(), |o| o.max_age = Duration::from_secs(60));
    let bytes = frame(1, "x");
    let first = writer.write(T0, LinkType::ETHERNET, &bytes, 60).unwrap();
    let second = writer.write(T0 + 61_000 * MS, LinkType::ETHERNET, &bytes, 60).unwrap();
    assert_ne!(first.file, second.file);
    writer.tick(T0 + 122_000 * MS).unwrap();
    assert_eq!(writer.open_files(), 0);
    writer.finish().unwrap();
    assert!(list.0.lock().unwrap().1.values().all(|f| f.finished));
    // the error says where
    let (mut writer, _) = self::writer(Path::new("/nonexistent-folder"), |_| {});
    writer.write(T0, LinkType::ETHERNET, &bytes, 60).unwrap();
    let error = writer.flush().unwrap_err();
    assert!(error.to_string().contains("/nonexistent-folder"), "{error}");
    let error = writer.finish().unwrap_err();
    assert!(error.to_string().contains("No such file"), "{error}");
}

/// Runs in a mount namespace of its own, on a file system of 256 KiB.
#[test]
fn a_full_disk_loses_nothing_that_was_taken() {
    let Some(folder) = std::env::var_os("PACKETS_SMALL_DISK").map(PathBuf::from) else {
        let folder = tempfile::tempdir().unwrap();
        let script = "mount -t tmpfs -o size=256k tmpfs \"$PACKETS_SMALL_DISK\" || exit 77; \
            exec \"$0\" --exact a_full_disk_loses_nothing_that_was_taken --nocapture";
        let status = Command::new("unshare")
            .args(["-m", "sh", "-c", script])
            .arg(std::env::current_exe().unwrap())
            .env("PACKETS_SMALL_DISK", folder.path())
            .status();
        match status.map(|status| status.code()) {
            Ok(Some(0)) => {}
            Ok(Some(1 | 77)) | Err(_) => eprintln!("skipped: cannot mount a small file system (not root?)"),
            Ok(other) => panic!("the test on the small disk failed: {other:?}"),
        }
        return;
    };
    let filler = folder.join("filler");
    std::fs::write(&filler, vec![0; 150_000]).unwrap();
    let (mut writer, list) = writer(&folder, |o| (o.buffer, o.memory) = (10_000, 60_000));
    let mut taken = Vec::new();
    let mut places = Vec::new();
    let error = loop {
        let time = T0 + taken.len() as i64 * MS;
        let bytes = frame(taken.len() as u16, &"x".repeat(500));
        match writer.write(time, LinkType::ETHERNET, &bytes, 600) {
            Ok(at) => {
                taken.push((time, bytes));
                places.push(at);
            }
            Err(error) => break error,
        }
        assert!(taken.len() < 1_000, "the disk never got full");
    };
    assert!(error.is_full(), "{error}");
    assert!(writer.flush().is_err());
    std::fs::remove_file(&filler).unwrap();
    let (time, bytes) = (T0 + 10_000 * MS, frame(1, "after"));
    places.push(writer.write(time, LinkType::ETHERNET, &bytes, 600).unwrap());
    taken.push((time, bytes));
    writer.finish().unwrap();
    let (capture, report) = export(&list, &[wanted(1, T0, &places)], Options::default());
    assert!(report.losses.is_empty(), "{:?}", report.losses);
    assert_eq!(read(&capture), taken);
}

/// Sessions whose packets lie interleaved in several files.
fn store(folder: &Path) -> (List, Vec<Wanted>, Records) {
    let (mut writer, list) = writer(folder, |o| (o.max_size, o.buffer) = (3_000, 700));
    let mut sessions = vec![Vec::new(); 5];
    let mut all = Vec::new();
    for n in 0..200i64 {
        let of = (n * n % 5) as usize;
        let bytes = frame(of as u16, &"abc".repeat((n % 7) as usize));
        let time = T0 + n * MS;
        sessions[of]
            .push((time, writer.write(time, LinkType::ETHERNET, &bytes, bytes.len() as u32).unwrap()));
        all.push((time, bytes));
    }
    writer.flush().unwrap();
    let mut wanted: Vec<Wanted> = (0u8..)
        .zip(sessions)
        .filter(|(_, places)| !places.is_empty())
        .map(|(unique, places)| {
            let positions: Vec<Position> = places.iter().map(|(_, at)| *at).collect();
            self::wanted(unique, places[0].0, &positions)
        })
        .collect();
    wanted.sort_by_key(|w| w.start_ms);
    (list, wanted, all)
}

fn export(list: &dyn Files, sessions: &[Wanted], options: Options) -> (Vec<u8>, Report) {
    let mut out = Vec::new();
    let mut export = Export::new(&mut out, list, options);
    for session in sessions {
        export.add(session).unwrap();
    }
    let report = export.finish().unwrap();
    (out, report)
}

#[test]
fn exports_in_order_of_time() {
    let folder = tempfile::tempdir().unwrap();
    let (list, sessions, all) = store(folder.path());
    let (capture, report) = export(&list, &sessions, Options::default());
    assert_eq!(read(&capture), all);
    assert_eq!((report.packets, report.sessions, report.disordered), (200, sessions.len() as u64, 0));
    assert!(report.losses.is_empty());
    assert_eq!(capture[..4], 0xa1b2_3c4du32.to_le_bytes(), "nanoseconds, as in the files");
    let micros = Options { precision: Some(Precision::Micros), ..Options::default() };
    assert_eq!(export(&list, &sessions, micros).0[..4], 0xa1b2_c3d4u32.to_le_bytes());
    // one session twice is written once
    let twice = [sessions[0].clone(), sessions[0].clone()];
    let (_, report) = export(&list, &twice, Options::default());
    assert_eq!((report.packets, report.duplicates), (report.packets, report.packets));
    // nothing is a capture too
    assert_eq!(export(&list, &[], Options::default()).0.len(), 24);
    assert!(read(&export(&list, &[], Options { form: Form::PcapNg, ..Options::default() }).0).is_empty());
}

#[test]
fn time_slice_filter_and_pcapng() {
    let folder = tempfile::tempdir().unwrap();
    let (list, sessions, all) = store(folder.path());
    let (from, to) = (T0 + 50 * MS, T0 + 99 * MS);
    let slice = Options { from: Some(from), to: Some(to), ..Options::default() };
    let (capture, report) = export(&list, &sessions, slice);
    assert_eq!(read(&capture), all[50..100]);
    assert_eq!(report.left_out, 150);
    let filter: Filter = "src port 4".parse().unwrap();
    let passes = |bytes: &[u8]| filter.matches(LinkType::ETHERNET, bytes, bytes.len() as u32);
    let options =
        Options { filter: Some(filter.clone()), form: Form::PcapNg, comments: true, ..Options::default() };
    let (capture, _) = export(&list, &sessions, options);
    let wanted: Vec<_> = all.iter().filter(|(_, bytes)| passes(bytes)).cloned().collect();
    assert!(!wanted.is_empty() && wanted.len() < all.len());
    assert_eq!(read(&capture), wanted);
    let comment = format!("session {}", sessions.iter().find(|s| s.id.unique == [4; 16]).unwrap().id);
    assert!(capture.windows(comment.len()).any(|w| w == comment.as_bytes()));
}

#[test]
fn tcpdump_reads_what_is_exported() {
    let folder = tempfile::tempdir().unwrap();
    let (list, sessions, all) = store(folder.path());
    for form in [Form::Pcap, Form::PcapNg] {
        let path = folder.path().join("out");
        std::fs::write(&path, export(&list, &sessions, Options { form, ..Options::default() }).0).unwrap();
        let Ok(out) = Command::new("tcpdump").args(["-tt", "-nr"]).arg(&path).output() else {
            eprintln!("skipped: tcpdump is not installed");
            return;
        };
        assert_eq!(String::from_utf8_lossy(&out.stdout).lines().count(), all.len(), "{out:?}");
    }
}

#[test]
fn several_link_types_need_pcapng() {
    let folder = tempfile::tempdir().unwrap();
    let (mut writer, list) = writer(folder.path(), |_| {});
    let raw = Frame::payload(b"raw").udp(1, 2).ipv4([1, 1, 1, 1], [2, 2, 2, 2]).bytes();
    let a = writer.write(T0, LinkType::ETHERNET, &frame(1, "x"), 60).unwrap();
    let b = writer.write(T0 + MS, LinkType::RAW, &raw, 31).unwrap();
    writer.flush().unwrap();
    let session = wanted(1, T0, &[a, b]);
    let mut export = Export::new(Vec::new(), &list, Options::default());
    export.add(&session).unwrap();
    let error = export.finish().unwrap_err();
    assert!(error.to_string().contains("pcapng"), "{error}");
    let (capture, report) = self::export(
        &list,
        std::slice::from_ref(&session),
        Options { form: Form::PcapNg, ..Options::default() },
    );
    assert_eq!(report.packets, 2);
    let links: Vec<u16> = pcap::Slice::new(&capture).unwrap().map(|r| r.unwrap().link).collect();
    assert_eq!(links, [1, 101]);
    let mut estimator = Estimator::new(&list);
    estimator.add(&session);
    assert_eq!(estimator.finish().links, [LinkType::ETHERNET, LinkType::RAW]);
}

#[test]
fn what_is_gone_is_named_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (list, mut sessions, all) = store(folder.path());
    let files: Vec<FileFacts> = list.0.lock().unwrap().1.values().cloned().collect();
    let by_number = |n: u32| files.iter().find(|f| f.number == n).unwrap();
    // one deleted on disk, one cut short, one replaced, one forgotten by the catalogue
    std::fs::remove_file(&by_number(1).path).unwrap();
    let cut = std::fs::OpenOptions::new().write(true).open(&by_number(2).path).unwrap();
    cut.set_len(1_000).unwrap();
    std::fs::write(&by_number(3).path, b"this is no capture at all").unwrap();
    list.0.lock().unwrap().1.remove(&4);
    let mut elsewhere = wanted(77, T0, &[Position { file: 1, offset: 24 }]);
    elsewhere.node = "far".into();
    sessions.push(elsewhere);
    sessions.push(wanted(78, T0, &[Position { file: 0, offset: 24 }]));
    let (capture, report) = export(&list, &sessions, Options::default());
    let read = read(&capture);
    assert!(read.iter().all(|packet| all.contains(packet)));
    let lost: u64 = report.losses.iter().map(|l| l.packets).sum();
    assert_eq!(lost + report.packets, 202);
    let said: Vec<String> = report.losses.iter().map(ToString::to_string).collect();
    let said = said.join("\n");
    for part in
        ["No such file", "the file ends at byte 1000", "not a pcap", "expired", "node far", "not kept"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    let mut estimator = Estimator::new(&list);
    sessions.iter().for_each(|session| estimator.add(session));
    let estimate = estimator.finish();
    assert_eq!((estimate.sessions, estimate.packets), (sessions.len() as u64, 202));
    assert_eq!(estimate.missing.len(), report.losses.len());
}

#[test]
fn the_first_packets_come_before_all_sessions_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let (mut writer, list) = writer(folder.path(), |_| {});
    let mut sessions = Vec::new();
    for n in 0..4_000i64 {
        let at = writer.write(T0 + n * MS, LinkType::ETHERNET, &frame(1, "x"), 60).unwrap();
        sessions.push(wanted(1, T0 + n * MS, &[at]));
    }
    writer.flush().unwrap();
    struct Shared(Arc<Mutex<usize>>);
    impl std::io::Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            *self.0.lock().unwrap() += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let written = Arc::new(Mutex::new(0));
    let mut export = Export::new(Shared(written.clone()), &list, Options::default());
    for session in &sessions[..1_500] {
        export.add(session).unwrap();
    }
    assert!(*written.lock().unwrap() > 50_000);
    for session in &sessions[1_500..] {
        export.add(session).unwrap();
    }
    let report = export.finish().unwrap();
    assert_eq!((report.packets, report.disordered), (4_000, 0));
}

#[test]
fn reads_captures_of_others_in_place() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/arkime");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: no corpus at {}", folder.display());
        return;
    };
    let paths: Vec<PathBuf> =
        entries.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "pcap")).collect();
    let locate = |_: &str, number: u32| paths.get(number as usize - 1).cloned().ok_or(Gone::Expired);
    let (mut sessions, mut packets) = (Vec::new(), 0);
    let mut bytes = Vec::new();
    for (number, path) in (1u32..).zip(&paths) {
        bytes.clear();
        std::fs::File::open(path).unwrap().read_to_end(&mut bytes).unwrap();
        let Ok(slice) = pcap::Slice::new(&bytes) else { continue };
        let records: Vec<_> = slice.map_while(Result::ok).map(|r| (r.time, r.at)).collect();
        let places: Vec<Position> =
            records.iter().map(|(_, at)| Position { file: number, offset: *at }).collect();
        packets += records.len() as u64;
        sessions.push(wanted(1, records.iter().map(|r| r.0).min().unwrap_or(0), &places));
    }
    sessions.sort_by_key(|s| s.start_ms);
    let (capture, report) = export(&locate, &sessions, Options { form: Form::PcapNg, ..Options::default() });
    assert!(report.losses.is_empty(), "{:?}", report.losses);
    assert_eq!((report.packets, read(&capture).len() as u64), (packets, packets));
    eprintln!(
        "{packets} packets of {} captures, {} out of order in their files",
        paths.len(),
        report.disordered
    );
}

#[test]
fn conversations_are_reassembled() {
    let (a, b) = ([10, 0, 0, 1], [10, 0, 0, 2]);
    let (syn, ack) = (TcpFlags::SYN, TcpFlags::ACK);
    let from_a = |seq, ack_no, flags, data: &str| {
        Frame::payload(data.as_bytes())
            .tcp(4000, 80, seq, ack_no, flags)
            .ipv4(a, b)
            .ethernet([1; 6], [2; 6])
            .bytes()
    };
    let from_b = |seq, ack_no, flags, data: &str| {
        Frame::payload(data.as_bytes())
            .tcp(80, 4000, seq, ack_no, flags)
            .ipv4(b, a)
            .ethernet([2; 6], [1; 6])
            .bytes()
    };
    let frames = [
        from_a(99, 0, syn, ""),
        from_b(499, 100, syn | ack, ""),
        from_a(100, 500, ack, "GET /"),
        from_a(110, 500, ack, "LATE"),
        from_a(105, 500, ack, " HTTP"),
        from_a(100, 500, ack, "GET /"),
        from_b(500, 114, ack, "200 OK"),
        from_b(516, 114, ack, "after a hole"),
        from_a(114, 528, ack, "more"),
        from_a(118, 528, ack, "."),
        from_a(119, 528, ack, "."),
        from_a(120, 528, ack, "."),
    ];
    let build = |limit: usize| {
        let mut builder = ConversationBuilder::new(Some(([10, 0, 0, 1].into(), Some(4000))), limit);
        for (n, bytes) in (0i64..).zip(&frames) {
            builder.packet(&Packet {
                session: 0,
                id: SessionId::default(),
                time: n,
                bytes,
                original_len: bytes.len() as u32,
                link: 1,
                interface: None,
                nanos: true,
            });
        }
        builder.finish()
    };
    let whole = build(1_000);
    let said: Vec<(Side, u64, String)> = whole
        .turns
        .iter()
        .map(|t| (t.speaker, t.lost_before, String::from_utf8_lossy(&t.bytes).into_owned()))
        .collect();
    assert_eq!(said[0], (Side::Src, 0, "GET / HTTPLATE".into()));
    assert_eq!(said[1], (Side::Dst, 0, "200 OK".into()));
    assert!(said.contains(&(Side::Dst, 10, "after a hole".into())), "{said:?}");
    assert_eq!(whole.lost, 10);
    let part = build(7);
    assert_eq!(part.turns[0].bytes, b"GET / H");
    assert_eq!(part.left_out, whole.turns.iter().map(|t| t.bytes.len() as u64).sum::<u64>() - 7);
}

#[test]
fn datagrams_and_fragments_are_turns() {
    let (a, b) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
    let mut frames: Vec<Vec<u8>> = Frame::payload(&[7; 100])
        .udp(9, 53)
        .fragments(a, b, 5, 48)
        .into_iter()
        .map(|f| f.ethernet([1; 6], [2; 6]).bytes())
        .collect();
    frames.push(Frame::payload(b"answer").udp(53, 9).ip(b, a).ethernet([2; 6], [1; 6]).bytes());
    frames.push(Frame::payload(b"again").udp(53, 9).ip(b, a).ethernet([2; 6], [1; 6]).bytes());
    let mut builder = ConversationBuilder::new(None, 1_000);
    for (n, bytes) in (0i64..).zip(&frames) {
        builder.packet(&Packet {
            session: 0,
            id: SessionId::default(),
            time: n,
            bytes,
            original_len: bytes.len() as u32,
            link: 1,
            interface: None,
            nanos: true,
        });
    }
    let turns = builder.finish().turns;
    let said: Vec<(Side, usize)> = turns.iter().map(|t| (t.speaker, t.bytes.len())).collect();
    assert_eq!(said, [(Side::Src, 100), (Side::Dst, 6), (Side::Dst, 5)]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 40, ..ProptestConfig::default() })]
    #[test]
    fn any_sessions_come_out_whole(
        plan in prop::collection::vec((0usize..6, 0usize..3, 0usize..300), 1..400),
        size in 500u64..5_000,
    ) {
        // three workers with files of their own, six sessions that move between them
        let folder = tempfile::tempdir().unwrap();
        let list = List::default();
        let mut options = WriterOptions::new(folder.path().to_owned(), "node");
        (options.max_size, options.buffer) = (size, 256);
        let mut writers: Vec<Writer<List>> = (0..3).map(|_| Writer::new(options.clone(), list.clone())).collect();
        let mut sessions = vec![Vec::new(); 6];
        let mut all = Vec::new();
        for (n, (session, worker, len)) in (0i64..).zip(plan) {
            let bytes = frame(session as u16, &"x".repeat(len));
            let at = writers[worker].write(T0 + n * MS, LinkType::ETHERNET, &bytes, 9_000).unwrap();
            sessions[session].push((T0 + n * MS, at));
            all.push((T0 + n * MS, bytes));
        }
        for writer in &mut writers {
            writer.flush().unwrap();
        }
        let mut wanted: Vec<Wanted> = sessions.iter().filter(|s| !s.is_empty())
            .map(|s| self::wanted(1, s[0].0, &s.iter().map(|p| p.1).collect::<Vec<_>>())).collect();
        wanted.sort_by_key(|w| w.start_ms);
        let (capture, report) = export(&list, &wanted, Options::default());
        prop_assert_eq!(read(&capture), all);
        prop_assert_eq!(report.disordered, 0);
        let mut times = Vec::new();
        let losses = fetch(&list, &wanted[..1], &mut |packet| { times.push(packet.time); true });
        prop_assert!(losses.is_empty());
        let first: Vec<i64> = sessions.iter().filter(|s| !s.is_empty()).min_by_key(|s| s[0].0).unwrap().iter().map(|p| p.0).collect();
        prop_assert_eq!(times, first);
    }

    #[test]
    fn wrong_positions_are_counted_not_fatal(offsets in prop::collection::vec(0i64..4_000, 1..30), garbage in prop::collection::vec(any::<u8>(), 0..3_000)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.pcap");
        let mut bytes = export(&List::default(), &[], Options::default()).0;
        bytes.extend(garbage);
        std::fs::write(&path, bytes).unwrap();
        let mut flat = vec![-1];
        flat.extend(&offsets);
        let wanted = Wanted { node: "node".into(), positions: Positions { flat, lengths: vec![] }, ..Wanted::default() };
        let locate = |_: &str, _: u32| Ok(path.clone());
        let mut seen = 0;
        let losses = fetch(&locate, &[wanted], &mut |_| { seen += 1; true });
        let mut different = offsets.clone();
        different.sort_unstable();
        different.dedup();
        prop_assert_eq!(seen + losses.iter().map(|l| l.packets).sum::<u64>(), different.len() as u64);
    }
}

#[test]
fn packets_that_were_never_kept_are_told_apart_from_those_that_expired() {
    let files = |_: &str, _: u32| Err(packets::Gone::Expired);
    let wanted =
        Wanted { node: "node".into(), not_kept: 7, ..wanted(1, 0, &[Position { file: 3, offset: 24 }]) };
    let mut estimator = packets::Estimator::new(&files);
    estimator.add(&wanted);
    let estimate = estimator.finish();
    assert_eq!(estimate.packets, 8);
    let told: Vec<String> = estimate.missing.iter().map(ToString::to_string).collect();
    let expected = [
        "7 packets missing: the packets were not kept",
        "1 packet missing: file 3 of node node: the packet file has expired",
    ];
    assert_eq!(told, expected);
    let mut export = packets::Export::new(Vec::new(), &files, packets::Options::default());
    export.add(&wanted).unwrap();
    let told: Vec<String> = export.finish().unwrap().losses.iter().map(ToString::to_string).collect();
    assert_eq!(told, expected);
}
