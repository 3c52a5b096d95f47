//! What the evidence API says of packets: keys, order and bytes of Liuying's answer.

use crate::{DeviceId, Record, protocol_name};
use pcap::{PcapWriter, Precision};
use std::fmt::Write as _;
use std::net::IpAddr;
use std::ops::Range;
use wire::{LinkType, Net, Transport, proto};

/// Bytes of an ICMP header before what it carries.
const ICMP_HEADER: usize = 8;
/// Bytes of the two addresses of an Ethernet header.
const ADDRESSES: usize = 12;

/// A packet, described. Where it went through a tunnel, what is said is that of the innermost packet (which rules look at), but the link-layer
/// addresses are those of the frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Sender and receiver on the link, `XX-XX-XX-XX-XX-XX`; empty where the link has no addresses.
    pub macs: [String; 2],
    /// Sender and receiver.
    pub ips: [IpAddr; 2],
    /// Ports of TCP and UDP, else 0.
    pub ports: [u16; 2],
    /// Protocol number.
    pub protocol: u8,
    /// Where in the frame the payload lies: behind the TCP, UDP or ICMP header, empty for other protocols.
    pub payload: Range<usize>,
}

/// Describes a frame; none where it holds no IP packet that can be read.
#[must_use]
pub fn description(link: u16, frame: &[u8]) -> Option<Description> {
    let decoded = wire::decode(LinkType(link), frame);
    let macs = macs(link, frame, &decoded);
    let at = decoded.payload_at;
    let whole = at..at + decoded.payload.len();
    let (ports, payload) = match decoded.transport {
        Transport::Tcp(_) | Transport::Udp(_) => (decoded.transport.ports().unwrap_or_default(), whole),
        Transport::Icmp(_) | Transport::Icmp6(_) => ((0, 0), (at + ICMP_HEADER).min(whole.end)..whole.end),
        _ => ((0, 0), at..at),
    };
    // of a protocol whose header says nothing here only the number is told, so that what follows need not be readable
    let said = |protocol| {
        decoded.stop.is_none() || !matches!(protocol, proto::ICMP | proto::TCP | proto::UDP | proto::ICMP6)
    };
    match (&decoded.net, decoded.outer_ips.last()) {
        (Net::Ip(ip), _) if said(ip.protocol) => Some(Description {
            macs,
            ips: [ip.src, ip.dst],
            ports: [ports.0, ports.1],
            protocol: ip.protocol,
            payload,
        }),
        // a tunnel that carries no IP, or what cannot be read: the packet around it
        (_, Some(outer)) => Some(Description {
            macs,
            ips: [outer.src, outer.dst],
            ports: [0, 0],
            protocol: outer.protocol,
            payload: 0..0,
        }),
        _ => None,
    }
}

fn macs(link: u16, frame: &[u8], decoded: &wire::Decoded<'_>) -> [String; 2] {
    let text = |mac: &[u8]| {
        let parts: Vec<String> = mac.iter().map(|byte| format!("{byte:02X}")).collect();
        parts.join("-")
    };
    match (frame.get(..ADDRESSES).map(|both| both.split_at(ADDRESSES / 2)), decoded.cooked_src) {
        (Some((dst, src)), _) if link == LinkType::ETHERNET.0 => [text(src), text(dst)],
        (_, Some(src)) => [text(&src), String::new()],
        _ => Default::default(),
    }
}

/// Payload as text: what is printable ASCII stays, every other byte is a dot.
fn dotted(payload: &[u8], out: &mut String) {
    for byte in payload {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(*byte)]),
            0x20..=0x7e => out.push(char::from(*byte)),
            _ => out.push('.'),
        }
    }
}

fn hex(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
        out.extend([digit(byte >> 4), digit(byte & 15)]);
    }
}

/// One packet's object.
fn object(record: &Record, out: &mut String) {
    let device: DeviceId = record.device;
    let captured = u32::try_from(record.bytes.len()).unwrap_or(u32::MAX);
    let _ = write!(out, "{{\"devid\":{device}");
    if let Some(d) = description(record.link, &record.bytes) {
        let [src_mac, dst_mac] = &d.macs;
        let ([src, dst], [src_port, dst_port]) = (d.ips, d.ports);
        let _ = write!(
            out,
            ",\"time_sec\":{},\"time_usec\":{},\"caplen\":{captured},\"pktlen\":{},\"smac\":\"{src_mac}\",\"dmac\":\"{dst_mac}\",\
             \"sip\":\"{src}\",\"sport\":{src_port},\"dip\":\"{dst}\",\"dport\":{dst_port},\"protocol\":\"{}\",\"payload\":\"",
            record.seconds,
            record.micros,
            record.len,
            protocol_name(d.protocol)
        );
        dotted(record.bytes.get(d.payload).unwrap_or_default(), out);
        out.push('"');
    }
    out.push_str(",\"pkthdr\":\"");
    for word in [record.seconds, record.micros, captured, record.len] {
        hex(&word.to_le_bytes(), out);
    }
    out.push_str("\",\"packet\":\"");
    hex(&record.bytes, out);
    out.push_str("\"}");
}

/// The answer: an array with one object a packet, one object a line, byte for byte as the original writes it. No packet: `[\n\n]\n`.
#[must_use]
pub fn body(records: &[Record]) -> String {
    let bytes: usize = records.iter().map(|record| 400 + 3 * record.bytes.len()).sum();
    let mut out = String::with_capacity(bytes + 8);
    out.push_str("[\n");
    for (at, record) in records.iter().enumerate() {
        if at > 0 {
            out.push_str(",\n");
        }
        object(record, &mut out);
    }
    out.push_str("\n]\n");
    out
}

/// The packets as a capture, with the header of the file they come from. A pcap holds one link type: packets of another than the first one's are
/// left out. Empty where there is no packet.
#[must_use]
pub fn capture(records: &[Record]) -> Vec<u8> {
    let Some(first) = records.first() else { return Vec::new() };
    let Ok(mut out) = PcapWriter::new(Vec::new(), Precision::Micros, first.link, first.snap_len) else {
        return Vec::new();
    };
    for record in records.iter().filter(|record| record.link == first.link) {
        let time = i64::from(record.seconds) * 1_000_000_000 + i64::from(record.micros) * 1_000;
        // into memory
        let _ = out.write(time, &record.bytes, record.len);
    }
    out.into_inner()
}
