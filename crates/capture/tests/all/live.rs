//! Live capture, from files and memory in place of an interface: the source is a trait.

use crate::import::frames;
use crate::script::{Disk, Frames, Script, Sink, Then};
use crate::{SECOND, write_pcap};
use capture::{
    Counters, DuplicateAction, DuplicateOptions, Keep, KeepRule, KeepRules, Line, LineState, LiveStatus,
    Options, Refusal, When, live,
};
use index::{Control, ErrorKind, SessionIndex as _};
use query::Plan;
use session::SessionDoc;
use session::core::*;
use source::{FileSource, Stop};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use wire::build::Frame;

/// What a capture left.
struct Outcome {
    counters: Counters,
    last: LiveStatus,
    problems: Vec<String>,
    docs: Vec<SessionDoc>,
}

fn capture(lines: Vec<Line>, options: Options, sink: &mut Sink, stop: &Stop) -> Outcome {
    let (mut last, mut problems) = (LiveStatus::default(), Vec::new());
    let enricher = Arc::new(enrich::Enricher::none());
    let counters = live(lines, options, &enricher, sink, stop, &mut |status| {
        problems.extend(status.problems.iter().cloned());
        last = status.clone();
    })
    .unwrap();
    assert_eq!(last.counters, counters);
    let mut docs = Vec::new();
    let mut see = |doc| {
        docs.push(doc);
        true
    };
    sink.index.scan(&Plan::All, &index::Show::All, &Control::new(), &mut see).unwrap();
    Outcome { counters, last, problems, docs }
}

impl Outcome {
    /// What must always hold where there is a packet store and nothing is unindexed.
    fn check(&self, sent: u64, disks: &[Disk]) {
        let c = &self.counters;
        assert_eq!(sent, c.packets + c.kernel_dropped, "{c}");
        assert_eq!(c.packets, c.written + c.not_kept + c.unwritten + c.duplicates_dropped, "{c}");
        assert_eq!(c.unwritten, c.unwritten_by.total());
        let on_disk: usize = disks.iter().map(|disk| disk.records.lock().unwrap().len()).sum();
        assert_eq!(c.written, on_disk as u64, "{c}");
        let sum = |field: &'static fields::Field<fields::Int>| -> u64 {
            self.docs.iter().filter_map(|doc| doc.int(field)).sum::<i64>() as u64
        };
        assert_eq!(sum(&PACKETS), c.packets - c.duplicates_dropped, "{c}");
        assert_eq!(sum(&NOT_KEPT_PACKETS), c.not_kept + c.unwritten, "{c}");
        let positions: usize = self.docs.iter().map(|doc| doc.positions.packets()).sum();
        assert_eq!(positions as u64, c.written);
        assert_eq!(self.docs.len() as u64, c.documents);
        for line in &self.last.lines {
            assert_eq!((line.state, line.open_sessions), (LineState::Ended, 0));
        }
        assert_eq!(self.last.queue.documents, 0);
        assert_eq!(self.last.queue.bytes, 0);
    }
}

fn why(doc: &SessionDoc) -> Vec<&str> {
    doc.values(&NOT_KEPT_WHY).map(|v| v.texts().iter().map(|t| t.as_str()).collect()).unwrap_or_default()
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as i64
}

fn udp(ports: (u16, u16), data: &[u8]) -> Vec<u8> {
    let (a, b) = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2));
    Frame::payload(data).udp(ports.0, ports.1).ipv4(a, b).ethernet([2; 6], [4; 6]).bytes()
}

/// So many packets of one UDP flow, each with 100 bytes of data.
fn flow(port: u16, count: usize, from: i64) -> Frames {
    (0..count).map(|n| (from + n as i64 * 1_000, udp((port, 7_777), &[n as u8; 100]))).collect()
}

fn line(source: Script, disk: &Disk) -> Line {
    Line::new(Box::new(source), Some(Box::new(disk.clone())))
}

fn plan(text: &str) -> Plan {
    let schema = fields::Schema::new([session::core::FIELDS, session::perf::FIELDS]).unwrap();
    let zone = query::TimeZone::UTC;
    query::compile(text, &query::Env::new(&schema, 0, &zone)).unwrap()
}

fn sessions(name: &str, text: &str, keep: Keep) -> KeepRule {
    KeepRule { name: name.to_owned(), when: When::Sessions(plan(text)), keep }
}

fn packets(name: &str, text: &str, keep: Keep) -> KeepRule {
    KeepRule { name: name.to_owned(), when: When::Packets(text.parse().unwrap()), keep }
}

#[test]
fn sessions_and_packets_of_all_lines_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let stop = Stop::new();
    let disks = [Disk { file: 1, ..Disk::default() }, Disk { file: 2, ..Disk::default() }];
    let mut lines = Vec::new();
    let mut packets = 0;
    for (n, disk) in disks.iter().enumerate() {
        let path = folder.path().join(format!("line{n}.pcap"));
        let frames = frames(300 + n as i64);
        packets += frames.len() as u64;
        write_pcap(&path, &frames);
        let source = Box::new(FileSource::open(&path, &stop).unwrap());
        lines.push(Line::new(source, Some(Box::new(disk.clone()))));
    }
    let outcome = capture(lines, Options::default(), &mut Sink::new(false), &stop);
    assert!(outcome.problems.is_empty(), "{:?}", outcome.problems);
    outcome.check(packets, &disks);
    assert!(outcome.docs.iter().all(|doc| doc.text(&INTERFACE).is_some_and(|name| name.contains("line"))));
    assert_eq!(outcome.last.lines.len(), 2);
}

#[test]
fn packets_that_cannot_be_written_are_counted_by_reason_and_in_their_sessions() {
    let stop = Stop::new();
    let refuses: fn(u64) -> Option<Refusal> = |number| match number {
        100..200 => Some(Refusal::Full),
        300..350 => Some(Refusal::Error),
        _ if number % 3 == 0 => Some(Refusal::Busy),
        _ => None,
    };
    let disk = Disk { refuses: Some(refuses), ..Disk::default() };
    let frames = frames(1_000);
    let sent = frames.len() as u64;
    let mut source = Script::new(frames, Then::End, &stop);
    source.dropped = 17;
    let outcome = capture(vec![line(source, &disk)], Options::default(), &mut Sink::new(false), &stop);
    outcome.check(sent + 17, std::slice::from_ref(&disk));
    let by = outcome.counters.unwritten_by;
    let count = |reason| (0..sent).filter(|number| refuses(*number) == Some(reason)).count() as u64;
    assert_eq!(
        (by.busy, by.full, by.error),
        (count(Refusal::Busy), count(Refusal::Full), count(Refusal::Error))
    );
    assert!(outcome.docs.iter().any(|doc| why(doc).contains(&"disk slow")));
    assert!(outcome.docs.iter().any(|doc| why(doc).contains(&"disk full")));
    assert!(outcome.problems.iter().any(|text| text.contains("the test's disk refuses")));
    assert_eq!(outcome.last.lines[0].counters.unwritten, outcome.counters.unwritten);
}

#[test]
fn an_index_that_refuses_does_not_keep_packets_waiting() {
    let stop = Stop::new();
    let disk = Disk { file: 42, ..Disk::default() };
    let mut frames = Vec::new();
    for n in 0..60_000u32 {
        frames.push((now(), udp((1 + (n % 60_000) as u16, 7_777), b"x")));
    }
    let sent = frames.len() as u64;
    let mut options = Options::default();
    options.limits.queue_bytes = 1 << 20;
    // one after the other makes room for the next, and has to be saved
    options.limits.sessions = 1_000;
    let mut sink = Sink::new(true);
    let (refuses, attempts) = (sink.refuses.clone(), sink.attempts.clone());
    let mut source = Script::new(frames, Then::Idle, &stop);
    let ends = stop.clone();
    // the index comes back when every packet was taken, and the capture ends after that
    source.before = Box::new(move |given| {
        if given as u64 == sent && attempts.load(Ordering::Relaxed) > 0 {
            refuses.store(false, Ordering::Relaxed);
            ends.set();
        }
    });
    let outcome = capture(vec![line(source, &disk)], options, &mut sink, &stop);
    let c = &outcome.counters;
    assert_eq!((c.packets, c.written), (sent, sent));
    assert!(c.unindexed > 0, "{c}");
    assert_eq!(c.unindexed, c.unindexed_by.slow);
    assert_eq!(outcome.docs.len() as u64 + c.unindexed, c.documents);
    assert_eq!(outcome.last.recover, [42]);
    assert!(
        outcome.problems.iter().any(|text| text.contains("slower than sessions end")),
        "{:?}",
        outcome.problems
    );
}

#[test]
fn documents_wait_for_an_index_that_comes_back() {
    let stop = Stop::new();
    let disk = Disk::default();
    let frames = frames(2_000);
    let sent = frames.len() as u64;
    let mut sink = Sink::new(true);
    sink.kind = ErrorKind::Overloaded;
    let (refuses, attempts) = (sink.refuses.clone(), sink.attempts.clone());
    std::thread::spawn(move || {
        while attempts.load(Ordering::Relaxed) < 3 {
            std::thread::sleep(Duration::from_millis(5));
        }
        refuses.store(false, Ordering::Relaxed);
    });
    let source = Script::new(frames, Then::End, &stop);
    let outcome = capture(vec![line(source, &disk)], Options::default(), &mut sink, &stop);
    outcome.check(sent, &[disk]);
    assert_eq!(outcome.counters.unindexed, 0);
    assert!(outcome.last.recover.is_empty());
}

#[test]
fn what_the_index_refuses_for_good_is_counted() {
    let stop = Stop::new();
    let disk = Disk { file: 7, ..Disk::default() };
    let mut sink = Sink::new(true);
    sink.kind = ErrorKind::Corrupt;
    let source = Script::new(flow(1, 10, 0), Then::End, &stop);
    let outcome = capture(vec![line(source, &disk)], Options::default(), &mut sink, &stop);
    assert_eq!((outcome.counters.unindexed, outcome.counters.unindexed_by.refused), (1, 1));
    assert_eq!(outcome.last.recover, [7]);
}

#[test]
fn packets_are_taken_though_the_thread_of_the_index_has_died() {
    let stop = Stop::new();
    let disk = Disk::default();
    let mut sink = Sink::new(false);
    sink.dies = true;
    let mut options = Options::default();
    options.limits.queue_bytes = 1 << 20;
    options.limits.sessions = 1_000;
    let frames: Frames = (0..30_000).map(|n| (now(), udp((1 + n as u16, 7_777), b"x"))).collect();
    let source = Script::new(frames, Then::End, &stop);
    let (mut last, mut problems) = (LiveStatus::default(), Vec::new());
    let enricher = Arc::new(enrich::Enricher::none());
    let error = live(vec![line(source, &disk)], options, &enricher, &mut sink, &stop, &mut |status| {
        problems.extend(status.problems.iter().cloned());
        last = status.clone();
    })
    .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    let c = &last.counters;
    assert_eq!((c.packets, c.written), (30_000, 30_000));
    assert_eq!(c.unindexed, c.documents);
    assert_eq!(c.unindexed, c.unindexed_by.slow + c.unindexed_by.refused);
    assert_eq!(last.recover, [1]);
}

#[test]
fn the_end_of_one_source_ends_its_line_only() {
    let stop = Stop::new();
    let disks = [Disk { file: 1, ..Disk::default() }, Disk { file: 2, ..Disk::default() }];
    let fails = Script::new(flow(1, 10, 0), Then::Fail, &stop);
    let failed = disks[0].asked.clone();
    let mut stays = Script::new(flow(2, 5_000, now()), Then::Idle, &stop);
    let ends = stop.clone();
    let started = Instant::now();
    stays.before = Box::new(move |given| {
        // long after the other has failed
        if given == 5_000
            && failed.load(Ordering::Relaxed) == 10
            && started.elapsed() > Duration::from_millis(200)
        {
            ends.set();
        }
    });
    let lines = vec![line(fails, &disks[0]), line(stays, &disks[1])];
    let outcome = capture(lines, Options::default(), &mut Sink::new(false), &stop);
    outcome.check(5_010, &disks);
    assert!(
        outcome.problems.iter().any(|text| text.contains("nothing more is captured")),
        "{:?}",
        outcome.problems
    );
    let workers: Vec<_> =
        outcome.last.lines.iter().map(|line| (line.interface.as_str(), line.worker)).collect();
    assert_eq!(workers, [("test0", 0), ("test0", 1)]);
}

#[test]
fn stopping_saves_every_session() {
    let stop = Stop::new();
    let disk = Disk::default();
    let frames: Frames =
        (0..20_000).map(|n| (now(), udp((1 + (n % 60_000) as u16, 1 + (n / 60_000) as u16), b"x"))).collect();
    let mut source = Script::new(frames, Then::Idle, &stop);
    let ends = stop.clone();
    source.before = Box::new(move |given| {
        if given == 20_000 {
            ends.set();
        }
    });
    let mut options = Options::default();
    // less room than all of them need: now the worker waits for the index
    options.limits.queue_bytes = 1 << 20;
    let outcome = capture(vec![line(source, &disk)], options, &mut Sink::new(false), &stop);
    outcome.check(20_000, &[disk]);
    assert_eq!((outcome.docs.len(), outcome.counters.unindexed), (20_000, 0));
    assert!(outcome.last.stopping);
}

#[test]
fn a_clock_set_back_or_forward_loses_and_freezes_nothing() {
    let stop = Stop::new();
    let disk = Disk::default();
    let hour = 3_600 * SECOND;
    let start = now();
    let mut frames = flow(1, 10, start);
    frames.extend(flow(2, 10, start - 5 * hour));
    frames.extend(flow(1, 10, start - 5 * hour + SECOND));
    frames.extend(flow(3, 10, start + 5 * hour));
    frames.extend(flow(1, 10, start + 5 * hour + SECOND));
    let sent = frames.len() as u64;
    let mut options = Options::default();
    options.timeouts.udp = 1;
    let mut sink = Sink::new(false);
    let index = sink.index.clone();
    let mut source = Script::new(frames, Then::Idle, &stop);
    let ends = stop.clone();
    let deadline = Instant::now() + Duration::from_secs(60);
    source.before = Box::new(move |given| {
        // they end by themselves, without another packet
        let saved = index.count(&Plan::All, &Control::new()).unwrap();
        if given as u64 == sent && saved == 3 || Instant::now() > deadline {
            ends.set();
        }
    });
    let outcome = capture(vec![line(source, &disk)], options, &mut sink, &stop);
    outcome.check(sent, &[disk]);
    assert!(Instant::now() < deadline, "sessions did not end");
    let mut packets: Vec<_> = outcome.docs.iter().map(|doc| doc.int(&PACKETS).unwrap()).collect();
    packets.sort_unstable();
    assert_eq!(packets, [10, 10, 30], "a session goes on whatever is done to the clock");
    assert!(outcome.docs.iter().all(|doc| doc.int(&LENGTH).unwrap() >= 0));
}

#[test]
fn a_recording_played_back_goes_by_its_own_time() {
    let stop = Stop::new();
    let disk = Disk::default();
    let mut frames = flow(1, 5, 0);
    frames.extend(flow(2, 1, 100 * SECOND));
    // ports used again after a long silence, and the recording from its beginning
    frames.extend(flow(1, 5, 200 * SECOND));
    frames.extend(flow(1, 5, 0));
    let sent = frames.len() as u64;
    let source = Script::new(frames, Then::End, &stop);
    let outcome = capture(vec![line(source, &disk)], Options::default(), &mut Sink::new(false), &stop);
    outcome.check(sent, &[disk]);
    assert_eq!(outcome.docs.len(), 4);
}

#[test]
fn copies_of_a_mirror_are_left_out_or_counted() {
    for (action, dropped) in
        [(DuplicateAction::Drop, 500), (DuplicateAction::Count, 0), (DuplicateAction::Off, 0)]
    {
        let stop = Stop::new();
        let disk = Disk::default();
        let mut frames = Frames::new();
        for (n, (time, mut bytes)) in flow(1, 500, 0).into_iter().enumerate() {
            bytes[18..20].copy_from_slice(&(n as u16 + 1).to_be_bytes());
            let mut copy = bytes.clone();
            // routed: other addresses of the link, one hop less
            copy[..12].copy_from_slice(&[9; 12]);
            copy[22] -= 1;
            frames.push((time, bytes));
            frames.push((time + 100, copy));
        }
        let mut line = line(Script::new(frames, Then::End, &stop), &disk);
        line.duplicates = DuplicateOptions { action, ..DuplicateOptions::default() };
        let outcome = capture(vec![line], Options::default(), &mut Sink::new(false), &stop);
        outcome.check(1_000, &[disk]);
        let found = if action == DuplicateAction::Off { 0 } else { 500 };
        assert_eq!((outcome.counters.duplicates, outcome.counters.duplicates_dropped), (found, dropped));
    }
}

/// What rules leave of the frames of one line.
fn kept(rules: Vec<KeepRule>, frames: Frames) -> (Outcome, Disk) {
    let stop = Stop::new();
    let disk = Disk::default();
    let sent = frames.len() as u64;
    let mut line = line(Script::new(frames, Then::End, &stop), &disk);
    line.keep = KeepRules::new(rules).unwrap();
    let outcome = capture(vec![line], Options::default(), &mut Sink::new(false), &stop);
    outcome.check(sent, std::slice::from_ref(&disk));
    (outcome, disk)
}

#[test]
fn rules_keep_the_first_packets_or_bytes_of_a_session() {
    let mut frames = flow(1_000, 50, 0);
    frames.extend(flow(2_000, 50, SECOND));
    frames.extend(flow(3_000, 50, 2 * SECOND));
    let rules = vec![
        packets("few", "port 1000", Keep::FirstPackets(7)),
        sessions("small", "port.src == 2000", Keep::FirstBytes(1_000)),
        packets("none of the rest", "port 2000", Keep::Nothing),
    ];
    let (outcome, disk) = kept(rules, frames);
    let positions: Vec<_> = outcome.docs.iter().map(|doc| doc.positions.packets()).collect();
    // 142 bytes each: the eighth reaches a thousand
    assert_eq!(positions, [7, 8, 50]);
    let missing: Vec<_> = outcome.docs.iter().map(|doc| doc.int(&NOT_KEPT_PACKETS)).collect();
    assert_eq!(missing, [Some(43), Some(42), None]);
    assert_eq!(outcome.docs[0].int(&NOT_KEPT_BYTES), Some(43 * 142));
    assert_eq!((why(&outcome.docs[0]), why(&outcome.docs[1])), (vec!["few"], vec!["small"]));
    assert_eq!(outcome.counters.not_kept_bytes, (43 + 42) * 142);
    assert_eq!(disk.records.lock().unwrap()[0].1, udp((1_000, 7_777), &[0; 100]), "the first ones");
}

#[test]
fn rules_keep_headers_with_the_original_length() {
    let mut frames = flow(1_000, 5, 0);
    frames.push((
        1,
        Frame::arp(1, ([2; 6], [10, 0, 0, 1].into()), ([0; 6], [10, 0, 0, 2].into()))
            .ethernet([2; 6], [255; 6])
            .bytes(),
    ));
    let (outcome, disk) = kept(vec![packets("headers", "", Keep::Headers)], frames);
    let records = disk.records.lock().unwrap();
    for (_, bytes, len) in &records[..5] {
        assert_eq!((bytes.len(), *len), (42, 142));
    }
    assert_eq!(records[5].1.len() as u32, records[5].2, "no IP, so nothing to cut");
    assert_eq!((outcome.counters.cut_by_rule, outcome.counters.not_kept_bytes), (5, 500));
    let doc = outcome.docs.iter().find(|doc| doc.int(&SRC_PORT).is_some()).unwrap();
    assert_eq!((doc.int(&NOT_KEPT_PACKETS), doc.int(&NOT_KEPT_BYTES)), (Some(0), Some(500)));
    assert_eq!(why(doc), ["headers"]);
}

#[test]
fn what_parsers_find_decides_about_the_packets_that_follow() {
    // a name is asked for over and over; nobody knows that it is DNS before the first packet is read
    let query = |id: u16| {
        let mut message = id.to_be_bytes().to_vec();
        message.extend_from_slice(&[1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4, b't', b'e', b's', b't', 0, 0, 1, 0, 1]);
        message
    };
    let frames: Frames = (0..20).map(|n| (n, udp((5_000, 53), &query(n as u16)))).collect();
    let (outcome, _) = kept(vec![sessions("dns", "protocols == dns", Keep::Nothing)], frames.clone());
    assert_eq!(outcome.docs[0].positions.packets(), 1, "from the packet on that follows");
    // what everything meets at first decides nothing at first
    let rules = vec![sessions("not dns", "protocols != dns", Keep::Nothing)];
    let (outcome, _) = kept(rules.clone(), frames.clone());
    assert_eq!(outcome.docs[0].positions.packets(), 20);
    let (outcome, _) = kept(rules, flow(9, 100, 0));
    assert_eq!(outcome.docs[0].positions.packets(), 32);
    // earlier rules come first, also when they are met later
    let rules =
        vec![sessions("all dns", "protocols == dns", Keep::All), packets("udp", "udp", Keep::Nothing)];
    let (outcome, _) = kept(rules, frames.clone());
    assert_eq!(outcome.docs[0].positions.packets(), 19, "all but the first");
    // known with the first packet
    let (outcome, _) = kept(
        vec![
            sessions("port", "port.dst == 53 && protocols != tls", Keep::All),
            sessions("ip", "ip.src == 10.0.0.0/24 && interface == test0 && protocols == udp", Keep::Nothing),
        ],
        frames,
    );
    assert_eq!(outcome.docs[0].positions.packets(), 0);
    assert_eq!(outcome.docs[0].int(&PACKETS), Some(20));
}

#[test]
fn growing_numbers_and_saved_segments_decide_too() {
    let (outcome, _) = kept(vec![sessions("large", "bytes > 1000", Keep::Nothing)], flow(1, 100, 0));
    assert_eq!(outcome.docs[0].positions.packets(), 8, "judged after 8 packets");
    let (outcome, _) = kept(vec![sessions("small", "bytes < 1000", Keep::Nothing)], flow(1, 100, 0));
    assert_eq!(outcome.docs[0].positions.packets(), 100, "nobody knows before the end");

    // the rule asks for what is written at the end of the first segment
    let stop = Stop::new();
    let disk = Disk::default();
    let mut line = line(Script::new(flow(1, 28, 0), Then::End, &stop), &disk);
    line.keep = KeepRules::new(vec![sessions("segments", "packets == 10", Keep::Nothing)]).unwrap();
    let options = Options { max_packets: 10, ..Options::default() };
    let outcome = capture(vec![line], options, &mut Sink::new(false), &stop);
    outcome.check(28, &[disk]);
    let mut docs: Vec<_> =
        outcome.docs.iter().map(|doc| (doc.int(&SEGMENTS), doc.positions.packets())).collect();
    docs.sort_unstable();
    assert_eq!(docs, [(Some(1), 10), (Some(2), 0), (Some(3), 0)]);
}

#[test]
fn rules_do_not_change_what_documents_say_else() {
    let essence = |outcome: &Outcome| {
        let mut docs: Vec<_> = outcome.docs.to_vec();
        docs.sort_by_key(|doc| doc.id);
        docs.into_iter()
            .map(|mut doc| {
                doc.remove(fields::Target::of(&DB_TIME.def));
                session::json::document(&doc, session::json::PositionForm::Absolute)
            })
            .collect::<Vec<_>>()
    };
    let (plain, _) = kept(Vec::new(), frames(500));
    let rules = vec![
        sessions(
            "never",
            "protocols == tls || tags == nothing || country == US || packets > 1000000",
            Keep::Nothing,
        ),
        packets("neither", "port 1", Keep::Nothing),
    ];
    let (ruled, _) = kept(rules, frames(500));
    assert_eq!(essence(&plain), essence(&ruled));
}

#[test]
fn fragments_are_judged_by_filters_only() {
    let sent = frames(100);
    let (outcome, _) =
        kept(vec![packets("source", "net 10.0.0.0/16 and not net 10.0.1.0/24", Keep::Nothing)], sent);
    assert!(outcome.counters.not_kept > 0 && outcome.counters.written > 0);
    for doc in &outcome.docs {
        assert_eq!(
            doc.int(&NOT_KEPT_PACKETS).unwrap_or(0) + doc.positions.packets() as i64,
            doc.int(&PACKETS).unwrap()
        );
    }
}

#[test]
fn rules_are_exchanged_while_it_captures() {
    let stop = Stop::new();
    let disk = Disk::default();
    let rules = KeepRules::new(vec![packets("all", "udp", Keep::Nothing)]).unwrap();
    let handle = rules.clone();
    let mut source = Script::new(flow(1, 2_048, 0), Then::End, &stop);
    source.before = Box::new(move |given| {
        if given == 1_024 {
            handle.replace(vec![sessions("few", "port.src == 1", Keep::FirstPackets(1_500))]).unwrap();
        }
    });
    let mut line = line(source, &disk);
    line.keep = rules.clone();
    let outcome = capture(vec![line], Options::default(), &mut Sink::new(false), &stop);
    outcome.check(2_048, std::slice::from_ref(&disk));
    // exchanged while the source waited for the batch that began with packet 1025: it is judged by the new rules already
    assert_eq!(outcome.counters.not_kept, 1_024 + (2_048 - 1_500));
    assert!(rules.replace(vec![packets("a", "", Keep::All), packets("a", "", Keep::All)]).is_err());
    let ids = KeepRule { name: "ids".into(), when: When::Sessions(Plan::Ids(Vec::new())), keep: Keep::All };
    assert_eq!(
        rules.replace(vec![ids]).unwrap_err().to_string(),
        "keep rule ids: session ids and packet files are not known while a session goes on"
    );
}

#[test]
fn rules_about_evidence_are_exchanged_while_it_captures() {
    let options = |text: &str| {
        let text =
            format!(r#"{{"t": {{"rules": {{"7": {{"type": "T", "name": "N", "regex": {text:?}}}}}}}}}"#);
        let (path, mut problems) = (std::path::Path::new("x"), Vec::new());
        let rules = rules::read_file(rules::Category::Threat, path, text.as_bytes(), &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        capture::ExaminationOptions { rules, ..capture::ExaminationOptions::default() }
    };
    let stop = Stop::new();
    // nothing is looked for at first
    let examination = capture::Examination::new(capture::ExaminationOptions::default(), 3, None).unwrap();
    let handle = examination.clone();
    let frames = (0..4_096u16).map(|n| (i64::from(n) * 1_000, udp((n, 7_777), b"evil"))).collect();
    let mut source = Script::new(frames, Then::End, &stop);
    source.before = Box::new(move |given| match given {
        1_024 => handle.replace(options("^evil")).unwrap(),
        2_048 => handle.replace(options("^good")).unwrap(),
        3_072 => handle.replace(options("vil$")).unwrap(),
        _ => {}
    });
    let disk = Disk::default();
    let mut line = line(source, &disk);
    line.examination = Some(examination);
    let outcome = capture(vec![line], Options::default(), &mut Sink::new(false), &stop);
    outcome.check(4_096, std::slice::from_ref(&disk));
    assert_eq!(outcome.counters.hits, 2_048, "of the second and the last quarter");
}

#[test]
fn sessions_made_again_from_a_packet_file_have_the_ids_that_they_had_live() {
    let stop = Stop::new();
    let disk = Disk { file: 5, ..Disk::default() };
    let frames = frames(300);
    let source = Script::new(frames.clone(), Then::End, &stop);
    let outcome = capture(vec![line(source, &disk)], Options::default(), &mut Sink::new(false), &stop);
    let mut again = Vec::new();
    let enricher = Arc::new(enrich::Enricher::none());
    let mut inspection = capture::Inspection::new(Options { save_all: true, ..Options::default() }, enricher);
    inspection.set_interface("test0");
    for (n, (time, bytes, len)) in disk.records.lock().unwrap().iter().enumerate() {
        let place = capture::Place { file: 5, offset: n as u64 + 1 };
        inspection.stored(place, *time, bytes, *len, wire::LinkType::ETHERNET, &mut |doc| again.push(doc));
    }
    inspection.finish(&mut |doc| again.push(doc));
    let ids = |docs: &[SessionDoc]| {
        let mut ids: Vec<_> = docs.iter().map(|doc| (doc.id, doc.positions.clone().flat)).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&outcome.docs), ids(&again));
}
