//! What rules cost a packet that is looked at. `CAPTURE=file.pcap RULES=folder cargo bench -p hindsight-rules` (the rules that come with the
//! program without RULES); the capture is a pcap of Ethernet frames.

use rules::{FlowState, Limits, Packet, Protocol, Rules, default_rules, read_folder};
use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

fn main() {
    let Ok(capture) = std::env::var("CAPTURE") else {
        println!("skipped: CAPTURE names no capture");
        return;
    };
    let mut problems = Vec::new();
    let list = match std::env::var("RULES") {
        Ok(folder) => read_folder(Path::new(&folder), &mut problems),
        Err(_) => default_rules(&mut problems),
    };
    let rules = Rules::new(list, Limits::default()).unwrap();
    let bytes = std::fs::read(&capture).unwrap();
    let (mut at, mut packets, mut looked) = (24, 0u64, Vec::new());
    let mut flows: HashMap<_, usize> = HashMap::new();
    while let Some(head) = bytes.get(at..at + 16) {
        let captured = u32::from_le_bytes(head[8..12].try_into().unwrap()) as usize;
        let Some(frame) = bytes.get(at + 16..at + 16 + captured) else { break };
        at += 16 + captured;
        packets += 1;
        let decoded = wire::decode(wire::LinkType::ETHERNET, frame);
        let Some(ip) = decoded.ip() else { continue };
        let (protocol, (src, dst)) = match &decoded.transport {
            wire::Transport::Tcp(_) => (Protocol::Tcp, decoded.transport.ports().unwrap_or_default()),
            wire::Transport::Udp(_) => (Protocol::Udp, decoded.transport.ports().unwrap_or_default()),
            _ => continue,
        };
        let mut ends = [(ip.src, src), (ip.dst, dst)];
        ends.sort_unstable();
        let next = flows.len();
        let flow = *flows.entry((ends, ip.protocol)).or_insert(next);
        looked.push((flow, Packet { protocol, ports: [src, dst], payload: decoded.payload }));
    }
    println!(
        "{packets} packets, {} of TCP and UDP in {} flows, {} rules",
        looked.len(),
        flows.len(),
        rules.rules().len()
    );
    for _ in 0..5 {
        let mut states = vec![FlowState::default(); flows.len()];
        let (mut hits, mut all, mut tried, mut payload) = (Vec::new(), 0, 0u64, 0u64);
        let begun = Instant::now();
        for (flow, packet) in &looked {
            let before = states[*flow];
            rules.inspect(&mut states[*flow], packet, &mut hits);
            if states[*flow] != before {
                tried += 1;
                payload += packet.payload.len() as u64;
            }
            all += hits.len();
            hits.clear();
        }
        let took = begun.elapsed();
        println!(
            "{:.3} s, {:.0} ns a packet, {tried} looked at with {payload} bytes: {:.0} ns each; {all} hits",
            took.as_secs_f64(),
            took.as_nanos() as f64 / packets as f64,
            took.as_nanos() as f64 / tried as f64
        );
    }
}
