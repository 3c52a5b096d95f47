//! Packets per second that a mechanism takes: `rate INTERFACE MECHANISM WORKERS MODE SECONDS [SENDING-INTERFACE]`, for instance
//! `rate in af-xdp 1 driver 3 out`. With a sending interface it sends minimum-size packets of 1000 flows there as fast as it can.

use source::{Mechanism, Opened, Spec, Status, Stop, Transmit, XdpMode, open};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [interface, mechanism, workers, mode, seconds, rest @ ..] = &words[..] else {
        eprintln!("rate INTERFACE MECHANISM WORKERS MODE SECONDS [SENDING-INTERFACE]");
        return;
    };
    let mechanism: Mechanism = serde_json::from_value(mechanism.as_str().into()).expect("a mechanism");
    let xdp_mode: XdpMode = serde_json::from_value(mode.as_str().into()).expect("a mode");
    let spec = Spec { mechanism, xdp_mode, workers: workers.parse().ok(), ..Spec::new(interface) };
    let stop = Stop::new();
    let Opened { sources, notes } = open(&spec, &stop).unwrap_or_else(|error| panic!("{error}"));
    notes.iter().for_each(|note| println!("{note}"));
    let sent = AtomicU64::new(0);
    let time = Duration::from_secs(seconds.parse().expect("seconds"));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let workers: Vec<_> = sources
            .into_iter()
            .map(|mut source| {
                scope.spawn(move || {
                    let mut bytes = 0u64;
                    while source
                        .batch(1024, &mut |p| bytes += p.bytes.len() as u64)
                        .is_ok_and(|s| s != Status::End)
                    {}
                    source.statistics()
                })
            })
            .collect();
        if let Some(out) = rest.first() {
            let mut out = Transmit::open(out).unwrap_or_else(|error| panic!("{error}"));
            let frames: Vec<Vec<u8>> = (0..1024u16)
                .map(|flow| {
                    wire::build::Frame::payload(&[0; 18])
                        .udp(flow, 9)
                        .ipv4([10, 0, (flow >> 8) as u8, flow as u8], [10, 1, 0, 1])
                        .ethernet([2; 6], [4; 6])
                        .bytes()
                })
                .collect();
            let frames: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
            while begun.elapsed() < time {
                for batch in frames.chunks(64) {
                    sent.fetch_add(out.send(batch).unwrap_or(0) as u64, Ordering::Relaxed);
                }
            }
        } else {
            std::thread::sleep(time);
        }
        let lasted = begun.elapsed().as_secs_f64();
        stop.set();
        let mut all = source::Statistics::default();
        for worker in workers {
            all += worker.join().expect("a worker");
        }
        println!(
            "sent {:.0}/s, given {:.0}/s, dropped {} of {}; {all:?}",
            sent.load(Ordering::Relaxed) as f64 / lasted,
            all.packets as f64 / lasted,
            all.kernel_dropped,
            sent.load(Ordering::Relaxed)
        );
    });
}
