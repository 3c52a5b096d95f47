//! Frames to send, captures of them, and comparing what came back.

use source::{FileSource, PacketSource as _, Status, Stop};
use std::collections::HashMap;
use std::path::Path;

/// Bytes of the packets of a capture, in its order; the capture must be readable to its end.
pub fn packets(file: &Path) -> Vec<Vec<u8>> {
    let mut source = FileSource::open(file, &Stop::new()).unwrap();
    let mut found = Vec::new();
    while source
        .batch(4_096, &mut |packet| {
            assert_eq!(packet.bytes.len(), packet.original_len as usize);
            found.push(packet.bytes.to_vec());
        })
        .unwrap_or_else(|error| panic!("{error}"))
        != Status::End
    {}
    found
}

/// Packets that a capture has before its end or the first damage.
pub fn packets_so_far(file: &Path) -> usize {
    let Ok(mut source) = FileSource::open(file, &Stop::new()) else { return 0 };
    let mut count = 0;
    while matches!(source.batch(4_096, &mut |_| count += 1), Ok(status) if status != Status::End) {}
    count
}

/// Writes a capture of Ethernet frames, a millisecond apart.
pub fn write_capture(file: &Path, frames: &[Vec<u8>]) {
    let mut bytes: Vec<u8> =
        [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 1].iter().flat_map(|word| word.to_le_bytes()).collect();
    for (n, frame) in frames.iter().enumerate() {
        let n = n as u32;
        let head = [1_700_000_000 + n / 1_000, n % 1_000 * 1_000, frame.len() as u32, frame.len() as u32];
        bytes.extend(head.iter().flat_map(|word| word.to_le_bytes()));
        bytes.extend(frame);
    }
    std::fs::write(file, bytes).unwrap();
}

/// `kept` holds exactly the frames of `sent`, each as often, and those of each flow in the same order.
pub fn assert_same(sent: &[Vec<u8>], kept: &[Vec<u8>]) {
    assert_eq!(sent.len(), kept.len(), "packets sent and kept");
    let flows = |frames: &[Vec<u8>]| {
        let mut flows: HashMap<Vec<u8>, Vec<Vec<u8>>> = HashMap::new();
        for frame in frames {
            flows.entry(flow_of(frame)).or_default().push(frame.clone());
        }
        flows
    };
    let (sent, kept) = (flows(sent), flows(kept));
    for (flow, frames) in &sent {
        let found = kept.get(flow).map_or(&[][..], Vec::as_slice);
        assert!(
            frames == found,
            "flow {flow:02x?}: {} sent, {} kept, or not the same",
            frames.len(),
            found.len()
        );
    }
    assert_eq!(sent.len(), kept.len(), "flows");
}

/// Nothing in `kept` that was not sent, and nothing more often than it was sent.
pub fn assert_part(sent: &[Vec<u8>], kept: &[Vec<u8>]) {
    let mut left: HashMap<&[u8], i64> = HashMap::new();
    for frame in sent {
        *left.entry(frame).or_default() += 1;
    }
    for frame in kept {
        let count = left.entry(frame).or_default();
        *count -= 1;
        assert!(*count >= 0, "a packet that was not sent: {frame:02x?}");
    }
}

/// What both directions of a conversation have in common: addresses and ports in one order; for fragments addresses and
/// identification; the two hardware addresses for anything but IP.
fn flow_of(frame: &[u8]) -> Vec<u8> {
    let two = |at: usize| frame.get(at..at + 2).map_or(0, |b| u16::from_be_bytes([b[0], b[1]]));
    let mut at = 12;
    while matches!(two(at), 0x8100 | 0x88a8) {
        at += 4;
    }
    let tags = frame[12.min(frame.len())..at.min(frame.len())].to_vec();
    let pair = |a: Vec<u8>, b: Vec<u8>| if a <= b { [a, b].concat() } else { [b, a].concat() };
    let ip = at + 2;
    let (source, target, ports) = match two(at) {
        0x0800 if frame.len() >= ip + 24 => {
            let fragment = two(ip + 6) & 0x3fff != 0;
            let header = usize::from(frame[ip] & 15) * 4;
            let ports = if fragment { None } else { Some(ip + header) };
            (frame[ip + 12..ip + 16].to_vec(), frame[ip + 16..ip + 20].to_vec(), ports)
        }
        0x86dd if frame.len() >= ip + 44 => {
            (frame[ip + 8..ip + 24].to_vec(), frame[ip + 24..ip + 40].to_vec(), Some(ip + 40))
        }
        _ => (
            frame[..6.min(frame.len())].to_vec(),
            frame[6.min(frame.len())..12.min(frame.len())].to_vec(),
            None,
        ),
    };
    let rest = match ports {
        Some(at) => pair(
            [source, two(at).to_be_bytes().to_vec()].concat(),
            [target, two(at + 2).to_be_bytes().to_vec()].concat(),
        ),
        None => [pair(source, target), two(ip + 4).to_be_bytes().to_vec()].concat(),
    };
    [tags, rest].concat()
}

/// Ones' complement sum of 16-bit words.
fn sum(bytes: &[u8]) -> u16 {
    let mut total: u32 =
        bytes.chunks(2).map(|b| u32::from(b[0]) << 8 | b.get(1).map_or(0, |b| u32::from(*b))).sum();
    while total > 0xffff {
        total = (total & 0xffff) + (total >> 16);
    }
    total as u16
}

/// An IPv4 packet; `fragment` is the field of flags and offset.
pub fn ipv4(from: [u8; 4], to: [u8; 4], protocol: u8, id: u16, fragment: u16, payload: &[u8]) -> Vec<u8> {
    let mut header = vec![0x45, 0];
    header.extend((20 + payload.len() as u16).to_be_bytes());
    header.extend(id.to_be_bytes());
    header.extend(fragment.to_be_bytes());
    header.extend([64, protocol, 0, 0]);
    header.extend(from);
    header.extend(to);
    let check = !sum(&header);
    header[10..12].copy_from_slice(&check.to_be_bytes());
    header.extend(payload);
    header
}

/// An Ethernet frame behind these tags (EtherType and value).
pub fn ethernet(out: bool, tags: &[(u16, u16)], ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let (a, b) = ([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);
    let mut frame = if out { [b, a].concat() } else { [a, b].concat() };
    for (kind, value) in tags {
        frame.extend(kind.to_be_bytes());
        frame.extend(value.to_be_bytes());
    }
    frame.extend(ethertype.to_be_bytes());
    frame.extend(payload);
    frame
}

/// UDP without a checksum.
pub fn udp(from: u16, to: u16, payload: &[u8]) -> Vec<u8> {
    let mut datagram = [from.to_be_bytes(), to.to_be_bytes()].concat();
    datagram.extend((8 + payload.len() as u16).to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(payload);
    datagram
}

/// A TCP segment without a checksum.
pub fn tcp(ports: (u16, u16), sequence: u32, acknowledged: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut segment = [ports.0.to_be_bytes(), ports.1.to_be_bytes()].concat();
    segment.extend(sequence.to_be_bytes());
    segment.extend(acknowledged.to_be_bytes());
    segment.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    segment.extend(payload);
    segment
}

/// Datagrams of `size` bytes of payload, all different, in turn from `flows` clients; numbers begin with `first`.
pub fn datagrams(first: usize, count: usize, flows: usize, size: usize) -> Vec<Vec<u8>> {
    (first..first + count)
        .map(|n| {
            let mut payload = format!("{n:010} ").into_bytes();
            payload.resize(size.max(payload.len()), b'x');
            let flow = n % flows;
            let client = [10, 9, (flow >> 8) as u8, flow as u8];
            let packet = ipv4(client, [10, 8, 0, 1], 17, n as u16, 0, &udp(20_000, 9_999, &payload));
            ethernet(true, &[], 0x0800, &packet)
        })
        .collect()
}

/// A TCP conversation with a request and an answer, both directions, complete from SYN to FIN, as IPv4 packets with whether the client sent
/// it.
pub fn conversation(n: usize) -> Vec<(bool, Vec<u8>)> {
    let (client, server) = ([10, 7, (n >> 8) as u8, n as u8], [10, 8, 0, (n % 7) as u8 + 1]);
    let port = 10_000 + n as u16;
    let (request, answer) = (format!("request {n}\r\n"), format!("answer {n}\r\n"));
    let (q, a) = (request.len() as u32, answer.len() as u32);
    const FIN: u8 = 1;
    const SYN: u8 = 2;
    const ACK: u8 = 16;
    let mut id = (n * 16) as u16;
    let mut packet = |out: bool, sequence, acknowledged, flags, payload: &[u8]| {
        id = id.wrapping_add(1);
        let ports = if out { (port, 7_777) } else { (7_777, port) };
        let (from, to) = if out { (client, server) } else { (server, client) };
        let segment = tcp(ports, sequence, acknowledged, flags, payload);
        (out, ipv4(from, to, 6, id, 0x4000, &segment))
    };
    vec![
        packet(true, 100, 0, SYN, b""),
        packet(false, 500, 101, SYN | ACK, b""),
        packet(true, 101, 501, ACK, b""),
        packet(true, 101, 501, ACK, request.as_bytes()),
        packet(false, 501, 101 + q, ACK, answer.as_bytes()),
        packet(true, 101 + q, 501 + a, FIN | ACK, b""),
        packet(false, 501 + a, 102 + q, FIN | ACK, b""),
        packet(true, 102 + q, 502 + a, ACK, b""),
    ]
}
