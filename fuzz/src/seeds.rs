//! Real inputs to start from.

use std::path::{Path, PathBuf};

fn protocols() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/protocols/src")
}

fn files(folder: &str, extension: &str) -> Vec<Vec<u8>> {
    let Ok(entries) = std::fs::read_dir(protocols()) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| std::fs::read_dir(entry.ok()?.path().join(folder)).ok())
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read(path).ok()).collect()
}

/// The protocols' captures, whole files of little-endian pcap.
pub fn captures() -> Vec<Vec<u8>> {
    files("captures", "pcap")
}

/// The frames of the captures. Reads the classic header itself: the seeds must not depend on the reader under test.
pub fn frames() -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for file in captures() {
        let mut rest = file.get(24..).unwrap_or_default();
        while let Some(header) = rest.first_chunk::<16>() {
            let length = u32::from_le_bytes([header[8], header[9], header[10], header[11]]) as usize;
            let Some(frame) = rest.get(16..16 + length) else { break };
            frames.push(frame.to_vec());
            rest = &rest[16 + length..];
        }
    }
    frames
}

/// Conversations as scripts: protocol, then side (0, 1), length (16 bits), bytes, again and again.
pub fn conversations() -> Vec<Vec<u8>> {
    let mut scripts: Vec<Vec<u8>> = Vec::new();
    for file in files("seeds", "bin") {
        for protocol in 0..=protocols::ALL.len() as u8 {
            scripts.push([&[protocol], file.as_slice()].concat());
        }
    }
    // what the frames carry, behind 54 bytes of headers, one side after the other
    for pair in frames().chunks(4) {
        let mut script = vec![255];
        for (at, frame) in pair.iter().enumerate() {
            let payload = frame.get(54..).unwrap_or_default();
            let length = payload.len().min(60_000) as u16;
            script.push((at & 1) as u8);
            script.extend(length.to_be_bytes());
            script.extend_from_slice(&payload[..usize::from(length)]);
        }
        scripts.push(script);
    }
    scripts
}

/// Expressions of the documentation and their parts.
pub fn expressions() -> Vec<Vec<u8>> {
    let text = include_str!("../../docs/expressions.md");
    let quoted = text.split('`').skip(1).step_by(2);
    let indented = text.lines().filter_map(|line| line.strip_prefix("    "));
    quoted.chain(indented).map(|part| part.as_bytes().to_vec()).collect()
}

/// Packet filters as their manual shows them (pcap-filter(7)).
pub fn filters() -> Vec<Vec<u8>> {
    [
        "host 10.1.2.3 and not port 22",
        "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0 and not src and dst net 192.168.0.0/16",
        "ip[2:2] > 576",
        "ether[0] & 1 = 0 and ip[16] >= 224",
        "icmp[icmptype] != icmp-echo and icmp[icmptype] != icmp-echoreply",
        "vlan 100 && vlan 200",
        "tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)",
        "ip6 and udp portrange 5000-6000 or arp or mpls 3",
        "len <= 64 || greater 1000",
        "ether host 00:11:22:33:44:55 and ip proto 50",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into()
}
