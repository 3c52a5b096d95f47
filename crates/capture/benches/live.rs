//! What a packet costs a worker of a live capture: CPU time of its thread, by what is switched on.
//!
//! `cargo bench -p hindsight-capture --bench live [-- FILE.pcap]`: packets of the file, which is read into memory first, or made ones.

use capture::{
    DuplicateAction, DuplicateOptions, Keep, KeepRule, KeepRules, Line, Options, PacketWriter, Place,
    StoreError, When, live,
};
use index::{Error, SessionSink};
use session::SessionDoc;
use source::{FileSource, Packet, PacketSource, Statistics, Status, Stop};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use wire::build::Frame;
use wire::{LinkType, TcpFlags};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Packets in one piece of memory: time, place of the bytes, length on the wire, link type.
#[derive(Default)]
struct Traffic {
    name: String,
    bytes: Vec<u8>,
    packets: Vec<(i64, usize, usize, u32, LinkType)>,
}

impl Traffic {
    fn push(&mut self, time: i64, bytes: &[u8], len: u32, link: LinkType) {
        self.packets.push((time, self.bytes.len(), bytes.len(), len, link));
        self.bytes.extend_from_slice(bytes);
    }

    fn of_file(path: &str, most: usize) -> Self {
        let mut traffic = Self { name: path.to_owned(), ..Self::default() };
        let mut source = FileSource::open(path, &Stop::new()).expect("a capture");
        while traffic.packets.len() < most {
            let mut see = |p: &Packet<'_>| traffic.push(p.time, p.bytes, p.original_len, p.link);
            if source.batch(4_096, &mut see).expect("a whole capture") == Status::End {
                break;
            }
        }
        traffic
    }

    /// UDP packets of the smallest size, of so many flows in turn.
    fn small(flows: u32, count: u32) -> Self {
        let mut traffic = Self { name: format!("64-byte UDP, {flows} flows"), ..Self::default() };
        for n in 0..count {
            let flow = n % flows;
            let frame = Frame::payload(&[0; 18]).udp(10_000 + (flow / 250) as u16, 7).ipv4(
                Ipv4Addr::new(10, 0, (flow / 65_536) as u8, (flow % 250) as u8),
                Ipv4Addr::new(10, 9, 9, 9),
            );
            traffic.push(
                i64::from(n) * 1_000,
                &frame.ethernet([2; 6], [4; 6]).bytes(),
                60,
                LinkType::ETHERNET,
            );
        }
        traffic
    }

    /// Segments of 1,400 bytes of so many connections in turn, of a protocol that nobody knows.
    fn bulk(flows: u32, count: u32) -> Self {
        let mut traffic = Self { name: format!("TCP bulk, {flows} connections"), ..Self::default() };
        let data = vec![0xa5; 1_400];
        for n in 0..count {
            let (flow, turn) = (n % flows, n / flows);
            let (a, b) = (Ipv4Addr::new(10, 0, 0, (flow % 250) as u8), Ipv4Addr::new(10, 9, 9, 9));
            let frame =
                Frame::payload(&data).tcp(10_000 + (flow / 250) as u16, 9_999, turn * 1_400, 1, TcpFlags(16));
            let bytes = frame.ipv4(a, b).ethernet([2; 6], [4; 6]).bytes();
            traffic.push(i64::from(n) * 1_000, &bytes, bytes.len() as u32, LinkType::ETHERNET);
        }
        traffic
    }
}

/// CPU time of this thread, nanoseconds.
fn cpu() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0)
}

struct Memory {
    traffic: Arc<Traffic>,
    at: usize,
    started: u64,
    took: Arc<AtomicU64>,
}

impl PacketSource for Memory {
    fn batch(&mut self, limit: usize, each: &mut dyn FnMut(&Packet<'_>)) -> Result<Status, source::Error> {
        if self.at == 0 {
            self.started = cpu();
        }
        let traffic = self.traffic.clone();
        let batch = traffic.packets.iter().skip(self.at).take(limit);
        let mut given = 0;
        for &(time, from, captured, original_len, link) in batch {
            let bytes = traffic.bytes.get(from..from + captured).unwrap_or_default();
            each(&Packet { time, bytes, original_len, link, interface: 0, at: 0, data_at: 0 });
            given += 1;
        }
        self.at += given;
        if given == 0 {
            self.took.store(cpu() - self.started, Ordering::Relaxed);
            return Ok(Status::End);
        }
        Ok(Status::More)
    }
    fn name(&self) -> &str {
        "memory"
    }
    fn interface_name(&self, _: u32) -> Option<&str> {
        None
    }
    fn statistics(&mut self) -> Statistics {
        Statistics::default()
    }
}

/// Copies packets into a buffer, as every store has to.
struct Copies {
    buffer: Vec<u8>,
    offset: u64,
}

impl PacketWriter for Copies {
    fn write(&mut self, time: i64, _: LinkType, bytes: &[u8], len: u32) -> Result<Place, StoreError> {
        if self.buffer.len() > 1 << 20 {
            self.buffer.clear();
        }
        let place = Place { file: 1, offset: self.offset };
        self.buffer.extend_from_slice(&time.to_le_bytes());
        self.buffer.extend_from_slice(&len.to_le_bytes());
        self.buffer.extend_from_slice(bytes);
        self.offset += 16 + bytes.len() as u64;
        Ok(place)
    }
}

struct Nowhere;
impl SessionSink for Nowhere {
    fn append(&mut self, docs: Vec<SessionDoc>) -> Result<(), Error> {
        drop(docs);
        Ok(())
    }
    fn commit(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

fn rule(text: &str, keep: Keep) -> KeepRules {
    let schema = fields::Schema::new([session::core::FIELDS]).expect("sound fields");
    let zone = query::TimeZone::UTC;
    let when = match text.strip_prefix("bpf ") {
        Some(filter) => When::Packets(filter.parse().expect("a filter")),
        None => {
            When::Sessions(query::compile(text, &query::Env::new(&schema, 0, &zone)).expect("an expression"))
        }
    };
    KeepRules::new(vec![KeepRule { name: "rule".into(), when, keep }]).expect("sound rules")
}

fn measure(traffic: &Arc<Traffic>, what: &str, store: bool, keep: KeepRules, duplicates: DuplicateAction) {
    let took = Arc::new(AtomicU64::new(0));
    let source = Memory { traffic: traffic.clone(), at: 0, started: 0, took: took.clone() };
    let store = store.then(|| {
        Box::new(Copies { buffer: Vec::with_capacity(2 << 20), offset: 24 }) as Box<dyn PacketWriter>
    });
    let mut line = Line::new(Box::new(source), store);
    line.keep = keep;
    line.duplicates = DuplicateOptions { action: duplicates, ..DuplicateOptions::default() };
    let started = Instant::now();
    let enricher = Arc::new(enrich::Enricher::none());
    let mut open = 0;
    let counters =
        live(vec![line], Options::default(), &enricher, &mut Nowhere, &Stop::new(), &mut |status| {
            if let Some(each) = status.memory.checked_div(status.open_sessions) {
                open = each;
            }
        });
    let counters = counters.expect("an index that takes everything");
    println!(
        "{what:>24}: {:>6.0} ns a packet, {:>5.2} s in all, {} sessions, {} not kept, {} copies, {} bytes a session",
        took.load(Ordering::Relaxed) as f64 / counters.packets.max(1) as f64,
        started.elapsed().as_secs_f64(),
        counters.sessions,
        counters.not_kept,
        counters.duplicates,
        open,
    );
}

fn main() {
    let file = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let all = match &file {
        Some(path) => vec![Traffic::of_file(path, 2_000_000)],
        None => vec![
            Traffic::small(1_000, 1_000_000),
            Traffic::small(200_000, 1_000_000),
            Traffic::bulk(100, 300_000),
        ],
    };
    for traffic in all {
        let traffic = Arc::new(traffic);
        println!("{}: {} packets, {} bytes", traffic.name, traffic.packets.len(), traffic.bytes.len());
        let (none, off) = (KeepRules::none, DuplicateAction::Off);
        measure(&traffic, "sessions", false, none(), off);
        measure(&traffic, "+ copied to a store", true, none(), off);
        measure(&traffic, "+ copies looked for", true, none(), DuplicateAction::Count);
        measure(&traffic, "+ rule by filter", true, rule("bpf tcp port 1 or udp port 1", Keep::Headers), off);
        measure(
            &traffic,
            "+ rule by expression",
            true,
            rule("protocols == tls", Keep::FirstPackets(20)),
            off,
        );
        measure(
            &traffic,
            "+ first 10 packets",
            true,
            rule("ip.protocol == tcp || ip.protocol == udp", Keep::FirstPackets(10)),
            off,
        );
    }
}
