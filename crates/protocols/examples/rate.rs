//! How fast the parsers are: leads the conversations of the seeds through a conversation.
//!
//!     cargo run --release -p hindsight-protocols --example rate
//!
//! One line a protocol: time of a session, from classification to its document, on one core. It is CPU time of the
//! thread, so that a busy machine does not show.

use protocols::{Conversation, Detector, Dir, Endpoint, Options, Surroundings, Transport};
use session::SessionDoc;
use std::time::{Duration, Instant};

fn main() {
    let detector = Detector::default();
    let options = Options::default();
    for (name, seed, transport, port) in [
        ("dns", "dnsmasq-dig", Transport::Udp, 53),
        ("tls", "nginx-tls12", Transport::Tcp, 443),
        ("tls", "nginx-tls13", Transport::Tcp, 443),
        ("quic", "aioquic", Transport::Udp, 443),
        ("dhcp", "dnsmasq-udhcpc", Transport::Udp, 67),
    ] {
        let path = format!("{}/src/{name}/seeds/{seed}.bin", env!("CARGO_MANIFEST_DIR"));
        let Ok(bytes) = std::fs::read(&path) else {
            eprintln!("skipped: no {path}");
            continue;
        };
        let turns = turns(&bytes);
        let total: usize = turns.iter().map(|(_, bytes)| bytes.len()).sum();
        let ends = [50_000, port].map(|port| Endpoint { ip: [192, 0, 2, 1].into(), port });
        let around = Surroundings { detector: &detector, options: &options, transport, ends };
        let (begin, used) = (Instant::now(), cpu());
        let mut sessions = 0u32;
        while begin.elapsed() < Duration::from_secs(1) {
            for _ in 0..100 {
                let (mut conversation, mut doc) = (Conversation::new(), SessionDoc::new());
                for (dir, bytes) in &turns {
                    conversation.data(*dir, bytes, 1, &mut doc, &around);
                }
                conversation.save(1, &mut doc, &around);
                std::hint::black_box(&doc);
            }
            sessions += 100;
        }
        let per = (cpu() - used).as_secs_f64() / f64::from(sessions);
        println!(
            "{name:<5} {seed:<15} {:>4} messages {total:>6} bytes {:>8.1} µs/session {:>8.0} messages/s",
            turns.len(),
            per * 1e6,
            turns.len() as f64 / per
        );
    }
}

/// CPU time of this thread (Linux: nanoseconds in `/proc/thread-self/schedstat`).
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0))
}

fn turns(mut rest: &[u8]) -> Vec<(Dir, &[u8])> {
    let mut turns = Vec::new();
    while let [side, high, low, tail @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(tail.len());
        let (message, tail) = tail.split_at(length);
        turns.push((if *side == 0 { Dir::Src } else { Dir::Dst }, message));
        rest = tail;
    }
    turns
}
