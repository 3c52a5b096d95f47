//! Hunts against the plainest way to search: every packet of each session alone.

use super::Needle;
use super::search::{Quest, search};
use crate::api::packets::{cut, side, source};
use crate::stored::Located;
use crate::tests::harness::{Fixture, START, sample};
use index::{Catalog, Control, FileRecord};
use packets::{ConversationBuilder, Side, Wanted, fetch};
use pcap::{PcapWriter, Precision};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use session::{Positions, SessionDoc, core};
use wire::build::Frame;
use wire::{LinkType, TcpFlags, decode};

/// One packet: its session, whether the source sends it, how its place in the stream is odd, its file, its bytes.
type Step = (usize, bool, u8, usize, Vec<u8>);

/// Kind and text, whether packets are put together, which sides, packets of a session.
type Search = ((&'static str, &'static str), (bool, bool, bool), u64);

const SESSIONS: usize = 7;

fn step() -> impl Strategy<Value = Step> {
    let bytes = prop::collection::vec(prop::sample::select(b"abAB\n\x00\xff".to_vec()), 0..14);
    (0..SESSIONS, any::<bool>(), 0u8..20, 0usize..2, bytes)
}

/// Writes the packets into two files; returns the sessions.
fn sessions(fixture: &Fixture, steps: &[Step], round: usize) -> Vec<SessionDoc> {
    let paths = [0, 1].map(|n| fixture.dir.path().join(format!("hunt{round}-{n}.pcap")));
    let numbers = paths.clone().map(|path| {
        let file =
            FileRecord { node: "n1".into(), name: path.display().to_string(), ..FileRecord::default() };
        fixture.catalog.add_file(&file).unwrap()
    });
    let mut writers = [0, 1].map(|_| PcapWriter::new(Vec::new(), Precision::Nanos, 1, 65_535).unwrap());
    let mut positions = vec![(Positions::default(), 0); SESSIONS];
    let mut next = [[1_000u32, 5_000]; SESSIONS];
    for (n, (session, from_source, odd, file, bytes)) in (0i64..).zip(steps) {
        let (a, b) = ([10, 0, 0, 50 + *session as u8], [192, 168, 1, 1]);
        let (from, to) = if *from_source { (a, b) } else { (b, a) };
        let ports = if *from_source { (50_000, 80) } else { (80, 50_000) };
        let [own, other] = if *from_source { [0, 1] } else { [1, 0] };
        let seq = match odd {
            0 | 1 => next[*session][own].wrapping_sub(4), // some of it again
            2 => next[*session][own].wrapping_add(6),     // before what comes next
            _ => next[*session][own],
        };
        next[*session][own] = next[*session][own].max(seq.wrapping_add(bytes.len() as u32));
        let ip = match session {
            // datagrams
            0 => Frame::payload(bytes).udp(ports.0, ports.1),
            _ => Frame::payload(bytes).tcp(ports.0, ports.1, seq, next[*session][other], TcpFlags(0x18)),
        };
        let frames = match (session, odd) {
            (0, 3..=6) => ip.fragments(from.into(), to.into(), n as u16 as u32, 8),
            _ => vec![ip.ipv4(from, to)],
        };
        // the last two sessions lie in both files
        let file = if *session >= SESSIONS - 2 { *file } else { session % 2 };
        for frame in frames {
            let frame = frame.ethernet([2; 6], [4; 6]).bytes();
            let at = writers[file].write(START * 1_000_000 + n * 1_000, &frame, frame.len() as u32).unwrap();
            let mut add = |session: usize, at: u64| {
                let (positions, last) = &mut positions[session];
                positions.push(numbers[file], last, at, None);
            };
            add(*session, at);
            match odd {
                7 => add(*session, at),                       // named twice
                8 => add((session + 2) % (SESSIONS - 2), at), // shared
                9 => add(*session, at + 3), // no record begins there, or one that reaches into others
                10 => add(*session, 1 << 40), // behind the end
                _ => {}
            }
        }
    }
    for (path, writer) in paths.iter().zip(writers) {
        std::fs::write(path, writer.into_inner()).unwrap();
    }
    let docs = (0i64..).zip(positions).map(|(n, (positions, _))| {
        let mut doc = SessionDoc::new();
        doc.id = sample(n).id;
        doc.add(&core::NODE, "n1");
        doc.add(&core::SRC_IP, format!("10.0.0.{}", 50 + n).parse().unwrap());
        doc.add(&core::SRC_PORT, 50_000);
        doc.add(&core::BYTES, 1_000);
        doc.positions = positions;
        doc
    });
    let mut docs: Vec<SessionDoc> = docs.collect();
    // one whose file is gone, and one without packets
    docs.push(sample(15));
    let mut bare = sample(16);
    bare.positions = Positions::default();
    docs.push(bare);
    docs
}

/// Where bytes lie in others, without overlap, found the plain way.
fn plain(kind: &str, search: &str, bytes: &[u8], room: &mut Vec<u8>) -> Vec<(usize, usize)> {
    let literal = match kind {
        "ascii" | "asciicase" => search.as_bytes().to_vec(),
        "hex" => (0..search.len() / 2)
            .map(|at| u8::from_str_radix(&search[at * 2..at * 2 + 2], 16).unwrap())
            .collect(),
        _ => return Needle::read(kind, search).unwrap().find(bytes, usize::MAX, room),
    };
    let same =
        |part: &[u8]| if kind == "ascii" { part.eq_ignore_ascii_case(&literal) } else { part == literal };
    let (mut at, mut found) = (0, Vec::new());
    while let Some(part) = bytes.get(at..at + literal.len()) {
        if same(part) {
            found.push((at, literal.len()));
            at += literal.len();
        } else {
            at += 1;
        }
    }
    found
}

/// What a hunt must find in a session: `None` where no packet can be read. And packets read, bytes, packets missing.
fn alone(fixture: &Fixture, doc: &SessionDoc, hunt: &Value) -> (Option<Vec<Value>>, [u64; 3]) {
    let text = |name: &str| hunt[name].as_str().unwrap();
    let (kind, search, reassembled) = (text("searchType"), text("search"), text("type") == "reassembled");
    let wants = |side: Side| hunt[if side == Side::Src { "src" } else { "dst" }] == true;
    let positions = cut(&doc.positions, 0, hunt["size"].as_u64().unwrap() as usize);
    let wanted = positions.packets();
    let (mut seen, mut bytes, mut said) = (0u64, 0, Vec::new());
    let mut builder = ConversationBuilder::new(source(doc), 1 << 20);
    let losses =
        fetch(&Located::new(&fixture.app, ""), &[Wanted { positions, ..Wanted::of(doc) }], &mut |packet| {
            seen += 1;
            bytes += packet.bytes.len() as u64;
            if reassembled {
                builder.packet(&packet);
                return true;
            }
            let decoded = decode(LinkType(packet.link), packet.bytes);
            said.push((side(&decoded, source(doc), None), Some(seen), decoded.payload.to_vec()));
            true
        });
    if reassembled {
        let turns = builder.finish().turns;
        for side in [Side::Src, Side::Dst] {
            let of_side = turns.iter().filter(|turn| turn.speaker == side);
            said.push((side, None, of_side.flat_map(|turn| turn.bytes.clone()).collect()));
        }
    }
    let (mut found, mut room) = (Vec::new(), Vec::new());
    for (side, packet, bytes) in said.into_iter().filter(|(side, _, _)| wants(*side)) {
        for (at, len) in plain(kind, search, &bytes, &mut room) {
            let side = if side == Side::Src { "src" } else { "dst" };
            found.push(json!({ "side": side, "packet": packet, "offset": at, "length": len }));
        }
    }
    found.truncate(10);
    let missing = losses.iter().map(|loss| loss.packets).sum();
    ((seen > 0 || wanted == 0).then_some(found), [seen, bytes, missing])
}

#[test]
fn hunts_find_what_is_in_each_session_alone() {
    let fixture = Fixture::new();
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(40) });
    let kinds = prop::sample::select(vec![
        ("ascii", "ab"),
        ("ascii", "aba"),
        ("asciicase", "ab"),
        ("asciicase", "aBa"),
        ("hex", "6100"),
        ("hex", "ff"),
        ("regex", "^a+b"),
        ("regex", "a.*b"),
        ("regex", r"[ab]\n?A$"),
        ("regex", r"\b"),
        ("hexregex", "6.(00|ff)"),
        ("hexregex", "^61"),
    ]);
    let searches = prop::collection::vec((kinds, any::<(bool, bool, bool)>(), 1u64..60), 6);
    let mut round = 0;
    let case = (prop::collection::vec(step(), 1..160), searches);
    let check = |(steps, searches): (Vec<Step>, Vec<Search>)| {
        round += 1;
        let docs = sessions(&fixture, &steps, round);
        for ((kind, text), (reassembled, src, dst), size) in searches {
            let how = if reassembled { "reassembled" } else { "raw" };
            let hunt = json!({"searchType": kind, "search": text, "type": how, "src": src, "dst": dst || !src, "size": size});
            let quest = Quest::of(&hunt).unwrap();
            let (found, done) = search(&fixture.app, &docs, &quest, &Control::new()).unwrap();
            prop_assert_eq!(found.len(), docs.len());
            let mut sums = [0; 3];
            for (doc, (id, matches)) in docs.iter().zip(found) {
                prop_assert_eq!(id, doc.id);
                let (want, counts) = alone(&fixture, doc, &hunt);
                sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
                let matches = matches.map(|matches| {
                    let bare = |mut found: Value| {
                        assert!(found.as_object_mut().unwrap().remove("context").is_some());
                        found
                    };
                    matches.into_iter().map(bare).collect::<Vec<_>>()
                });
                prop_assert_eq!(matches, want, "{} of {}", hunt, id);
            }
            prop_assert_eq!([done.packets, done.bytes, done.missing], sums, "{}", hunt);
        }
        Ok(())
    };
    let check = std::cell::RefCell::new(check);
    runner.run(&case, |case| (check.borrow_mut())(case)).unwrap();
}
