//! What is fuzzed: every reader of bytes.

use crate::seeds;
use fields::Schema;
use protocols::{Conversation, Detector, Dir, Endpoint, Options, Surroundings, Transport};
use session::SessionDoc;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;
use wire::LinkType;

/// A function over bytes that must neither panic nor take long.
pub struct Target {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it does with an input.
    pub run: fn(&[u8]),
    /// Real inputs.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target.
pub static ALL: &[Target] = &[
    Target { name: "wire", run: wire, seeds: seeds::frames },
    Target { name: "dissect", run: tree, seeds: seeds::frames },
    Target { name: "protocols", run: conversation, seeds: seeds::conversations },
    Target { name: "pcap", run: capture_file, seeds: seeds::captures },
    Target { name: "bpf", run: filter, seeds: seeds::filters },
    Target { name: "query", run: expression, seeds: seeds::expressions },
    Target { name: "time", run: time, seeds: seeds::expressions },
    Target { name: "arkime", run: arkime_file, seeds: seeds::captures },
];

/// The first byte chooses the link type.
fn wire(bytes: &[u8]) {
    const LINKS: [u16; 20] =
        [1, 1, 1, 1, 0, 9, 12, 14, 50, 101, 105, 107, 108, 113, 127, 228, 229, 239, 276, 147];
    let link = bytes.first().map_or(1, |b| LINKS[usize::from(*b) % LINKS.len()]);
    for link in [1, link] {
        let decoded = wire::decode(LinkType(link), bytes);
        assert!(decoded.payload.len() <= bytes.len());
        std::hint::black_box(wire::decode_ip(&decoded, bytes));
    }
}

/// The tree of one packet: it must end soon and stay within its bytes.
fn tree(bytes: &[u8]) {
    let link = bytes.first().map_or(1, |b| LinkType::ALL[usize::from(*b) % LinkType::ALL.len()].0);
    for link in [1, link] {
        let frame = dissect::Frame { link: LinkType(link), bytes, original: bytes.len() };
        let tree = dissect::dissect(&frame);
        tree.walk(&mut |node| {
            let of = match usize::from(node.source).checked_sub(1) {
                None => bytes.len(),
                Some(at) => tree.sources[at].bytes.len(),
            };
            assert!(node.start + node.length <= of, "{} leaves its bytes", node.name);
        });
    }
}

static DETECTOR: LazyLock<Detector> = LazyLock::new(Detector::default);

/// A conversation as a script (see [`seeds::conversations`]). What it holds must stay within its caps.
fn conversation(bytes: &[u8]) {
    let options = Options::complete();
    let Some((&which, script)) = bytes.split_first() else { return };
    let protocol = protocols::ALL.get(usize::from(which));
    for transport in [Transport::Tcp, Transport::Udp] {
        let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let ends = [Endpoint { ip, port: 40_000 }, Endpoint { ip, port: 53 }];
        let around = Surroundings { detector: &DETECTOR, options: &options, transport, ends };
        let mut doc = SessionDoc::new();
        let mut conversation = Conversation::new();
        if let Some(protocol) = protocol {
            conversation.start(protocol, &mut doc);
        }
        let mut time = 1_000_000_000;
        let mut rest = script;
        while let Some(head) = rest.first_chunk::<3>() {
            let length = usize::from(u16::from_be_bytes([head[1], head[2]]));
            let body = rest.get(3..).unwrap_or_default();
            let data = &body[..length.min(body.len())];
            let dir = if head[0] & 1 == 0 { Dir::Src } else { Dir::Dst };
            match head[0] {
                0xf0.. => conversation.gap(dir, length, time, &mut doc, &around),
                0xe0.. => conversation.end(dir, time, &mut doc, &around),
                _ => conversation.data(dir, data, time, &mut doc, &around),
            }
            rest = &body[data.len()..];
            time += 1_000_000;
            assert!(conversation.memory() < 16 << 20, "a conversation holds {} bytes", conversation.memory());
        }
        conversation.save(time, &mut doc, &around);
        assert!(doc.memory() < 64 << 20, "a document holds {} bytes", doc.memory());
        std::hint::black_box(session::json::document(&doc, session::json::PositionForm::Gap0));
    }
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let own = [session::core::FIELDS, session::perf::FIELDS];
    Schema::new(own.into_iter().chain(protocols::field_groups())).unwrap_or_else(|error| panic!("{error}"))
});

fn expression(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let zone = query::TimeZone::UTC;
    let env = query::Env::new(&SCHEMA, 1_700_000_000_000, &zone);
    match query::compile(&text, &env) {
        Ok(plan) => {
            if let Ok(matcher) = query::Matcher::new(&plan) {
                std::hint::black_box(matcher.matches(&SessionDoc::new()));
            }
            std::hint::black_box(query::explain(&plan));
        }
        Err(error) => assert!(text.get(error.span.clone()).is_some(), "{:?} is not in {text:?}", error.span),
    }
    let cursor = text.floor_char_boundary(bytes.len() / 2);
    std::hint::black_box(query::complete(&text, cursor, &env));
}

fn time(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = query::parse_time(&text, 1_700_000_000_000, &query::TimeZone::UTC);
}

/// A capture file, from memory and as a stream: both readers must agree on the records.
fn capture_file(bytes: &[u8]) {
    let mut from_memory = Vec::new();
    if let Ok(mut slice) = pcap::Slice::new(bytes) {
        for record in slice.by_ref() {
            let Ok(record) = record else { break };
            from_memory.push((record.time, record.bytes.len()));
        }
        let format = slice.format();
        for at in [0, 24, bytes.len() as u64 / 2, u64::MAX - 3] {
            let _ = std::hint::black_box(format.record(bytes, at));
        }
    }
    let mut streamed = Vec::new();
    if let Ok(mut stream) = pcap::Stream::new(bytes) {
        while let Ok(Some(record)) = stream.next() {
            streamed.push((record.time, record.bytes.len()));
        }
    }
    assert_eq!(from_memory, streamed);
}

/// A packet file of an Arkime in memory.
#[derive(Debug)]
struct Bytes(Vec<u8>);
impl packets::Storage for Bytes {
    fn read_at(&self, into: &mut [u8], at: u64) -> std::io::Result<usize> {
        let rest = usize::try_from(at).ok().and_then(|at| self.0.get(at..)).unwrap_or_default();
        let len = rest.len().min(into.len());
        into[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }
    fn len(&self) -> std::io::Result<u64> {
        Ok(self.0.len() as u64)
    }
}
/// The only file there is.
struct Only(packets::FileSource);
impl packets::Files for Only {
    fn locate(&self, _: &str, _: u32) -> Result<std::path::PathBuf, packets::Gone> {
        Ok(self.0.path.clone())
    }
    fn source(&self, _: &str, _: u32) -> Result<packets::FileSource, packets::Gone> {
        Ok(self.0.clone())
    }
}

/// Positions in every coding, and packets of a file in every form at them.
fn arkime_file(bytes: &[u8]) {
    use packets::arkime::{Coding, Compression, Form, positions, varints};
    let numbers: Vec<i64> = bytes
        .chunks_exact(4)
        .take(400)
        .map(|b| i64::from(i32::from_le_bytes([b[0], b[1], b[2], b[3]])))
        .collect();
    let _ = std::hint::black_box(varints(bytes));
    let mut short = bytes.to_vec();
    if let Some(first) = short.first_chunk_mut::<4>() {
        *first = 0xa1b2_c3d5_u32.to_le_bytes();
    }
    for coding in [Coding::Absolute, Coding::Gap0] {
        let Ok(positions) = positions(&numbers, &mut |_| coding.clone()) else { continue };
        let wanted = packets::Wanted { positions, ..packets::Wanted::default() };
        for (file, compression) in [
            (bytes, None),
            (short.as_slice(), None),
            (bytes, Some((Compression::Gzip, 12))),
            (bytes, Some((Compression::Zstd, 12))),
        ] {
            let source = Only(packets::FileSource {
                path: "x".into(),
                form: Some(Form { compression, first: 1, ..Form::default() }),
                storage: Some(std::sync::Arc::new(Bytes(file.to_vec()))),
            });
            let mut seen = 0_u64;
            let losses = packets::fetch(&source, std::slice::from_ref(&wanted), &mut |packet| {
                assert!(packet.bytes.len() <= file.len().max(16 << 20));
                seen += 1;
                true
            });
            let lost: u64 = losses.iter().map(|loss| loss.packets).sum();
            assert!(seen + lost <= wanted.positions.packets() as u64);
        }
    }
}

/// A packet filter, on frames cut at every length.
fn filter(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Ok(filter) = text.parse::<packets::bpf::Filter>() else { return };
    let frame: Vec<u8> = (0..96_u8)
        .map(|n| {
            if n == 12 {
                8
            } else if n == 14 {
                0x45
            } else {
                n & 7
            }
        })
        .collect();
    for length in [0, 13, 14, 33, 34, 40, 54, 96] {
        std::hint::black_box(filter.matches(LinkType(1), &frame[..length], 96));
    }
    let _ = std::hint::black_box(filter.classic());
}
