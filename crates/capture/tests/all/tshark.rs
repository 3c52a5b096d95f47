//! The truth about retransmissions and the like is what Wireshark says of the same capture.

use crate::corpus;
use capture::{Inspection, Options};
use fields::{Field, Int};
use session::core::*;
use session::{SessionDoc, perf};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use wire::LinkType;

/// One direction: addresses and ports of sender and receiver.
type Direction = (String, i64, String, i64);
type Counts = BTreeMap<Direction, [i64; 5]>;

const ANALYSIS: [&str; 5] =
    ["retransmission", "out_of_order", "lost_segment", "duplicate_ack", "zero_window"];
const FIELDS: [[&Field<Int>; 2]; 5] = [
    [&perf::TCP_RETRANSMISSIONS_SRC, &perf::TCP_RETRANSMISSIONS_DST],
    [&perf::TCP_OUT_OF_ORDER_SRC, &perf::TCP_OUT_OF_ORDER_DST],
    [&perf::TCP_LOST_SRC, &perf::TCP_LOST_DST],
    [&perf::TCP_DUP_ACKS_SRC, &perf::TCP_DUP_ACKS_DST],
    [&perf::TCP_ZERO_WINDOWS_SRC, &perf::TCP_ZERO_WINDOWS_DST],
];

fn tshark(pcap: &Path) -> Option<Counts> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(pcap).args(["-Y", "tcp", "-T", "fields", "-E", "occurrence=l"]);
    for field in ["ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst", "tcp.dstport"] {
        command.args(["-e", field]);
    }
    for field in ANALYSIS {
        command.args(["-e", &format!("tcp.analysis.{field}")]);
    }
    let output = command.output().ok()?;
    let mut counts = Counts::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [ip_src, ip6_src, port_src, ip_dst, ip6_dst, port_dst, found @ ..] = columns.as_slice() else {
            continue;
        };
        let (Ok(from), Ok(to)) = (port_src.parse(), port_dst.parse()) else { continue };
        let key = (format!("{ip_src}{ip6_src}"), from, format!("{ip_dst}{ip6_dst}"), to);
        let counts = counts.entry(key).or_default();
        for (count, found) in counts.iter_mut().zip(found) {
            *count += i64::from(!found.is_empty());
        }
    }
    Some(counts)
}

type Packets = Vec<(i64, Vec<u8>, u32, u16)>;

fn ours(packets: &Packets) -> Counts {
    let mut docs = Vec::new();
    let mut inspection = Inspection::new(Options::default(), Arc::new(enrich::Enricher::none()));
    for (time, bytes, len, link) in packets {
        inspection.packet(*time, bytes, *len, LinkType(*link), &mut |doc| docs.push(doc));
    }
    inspection.finish(&mut |doc| docs.push(doc));
    let mut counts = Counts::new();
    for doc in docs.iter().filter(|doc| doc.int(&IP_PROTOCOL) == Some(6)) {
        let Some([src, dst]) = ends(doc) else { continue };
        let there = (src.0.clone(), src.1, dst.0.clone(), dst.1);
        let back = (dst.0, dst.1, src.0, src.1);
        for (side, key) in [there, back].into_iter().enumerate() {
            let counts = counts.entry(key).or_default();
            for (count, fields) in counts.iter_mut().zip(FIELDS) {
                *count += doc.int(fields[side]).unwrap_or(0);
            }
        }
    }
    counts
}

fn ends(doc: &SessionDoc) -> Option<[(String, i64); 2]> {
    Some([
        (doc.ip(&SRC_IP)?.to_string(), doc.int(&SRC_PORT)?),
        (doc.ip(&DST_IP)?.to_string(), doc.int(&DST_PORT)?),
    ])
}

fn load(path: &Path) -> Packets {
    let bytes = std::fs::read(path).unwrap();
    pcap::Slice::new(&bytes)
        .unwrap()
        .map_while(Result::ok)
        .map(|r| (r.time, r.bytes.to_vec(), r.original_len, r.link))
        .collect()
}

fn compare(name: &str, expected: &Counts, packets: &Packets) -> [i64; 5] {
    let got = ours(packets);
    let mut total = [0; 5];
    for (key, want) in expected {
        assert_eq!(got.get(key).unwrap_or(&[0; 5]), want, "{name} {key:?}: {ANALYSIS:?}");
        for (total, want) in total.iter_mut().zip(want) {
            *total += want;
        }
    }
    total
}

/// Loses, repeats and delays packets, always the same ones for one seed.
fn disturbed(packets: &Packets, seed: u64) -> Packets {
    let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = move |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % below
    };
    let late = [100_000, 900_000, 2_000_000, 4_000_000, 50_000_000, 300_000_000];
    let mut out = Packets::new();
    for packet in packets {
        let mut delayed = packet.clone();
        delayed.0 += late[next(6) as usize];
        match next(100) {
            0..4 => {}
            4..10 => out.extend([packet.clone(), delayed]),
            10..16 => out.push(delayed),
            _ => out.push(packet.clone()),
        }
    }
    out.sort_by_key(|packet| packet.0);
    out
}

#[test]
fn counts_agree_with_tshark() {
    let Some(corpus) = corpus() else { return };
    // captures with repetitions of their own; the others in the corpus have none
    let names = [
        "http-post-upload",
        "imap",
        "modbus",
        "mongo",
        "smtp-decrypted",
        "socks4-https",
        "openssl-tls1",
        "http-xff",
    ];
    let mut total = [0; 5];
    for name in names {
        let path = corpus.join(format!("{name}.pcap"));
        let Some(expected) = tshark(&path) else {
            eprintln!("skipped: tshark cannot be run");
            return;
        };
        let found = compare(name, &expected, &load(&path));
        total.iter_mut().zip(found).for_each(|(total, found)| *total += found);
    }
    assert!(total[0] > 10 && total[3] > 5, "the captures no longer test anything: {total:?}");
}

#[test]
fn counts_agree_with_tshark_on_disturbed_captures() {
    let Some(corpus) = corpus() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut total = [0; 5];
    let names = [
        "smtp-zip",
        "http-content-gzip",
        "openssl-tls1",
        "socks4-https",
        "wireshark-smb-on-windows10",
        "imap",
    ];
    for (name, seed) in names.iter().flat_map(|name| (1..4).map(move |seed| (name, seed))) {
        let packets = disturbed(&load(&corpus.join(format!("{name}.pcap"))), seed);
        let path = folder.path().join(format!("{name}.pcap"));
        let file = std::fs::File::create(&path).unwrap();
        let mut writer = pcap::PcapWriter::new(file, pcap::Precision::Nanos, packets[0].3, 262_144).unwrap();
        for (time, bytes, len, _) in &packets {
            writer.write(*time, bytes, *len).unwrap();
        }
        drop(writer);
        let Some(expected) = tshark(&path) else {
            eprintln!("skipped: tshark cannot be run");
            return;
        };
        let found = compare(name, &expected, &packets);
        total.iter_mut().zip(found).for_each(|(total, found)| *total += found);
    }
    assert!(total[0] > 20 && total[2] > 20 && total[1] > 0, "too little was disturbed: {total:?}");
}
