//! Wireshark's tree and ours over the same packets: a field that both have stands at the same place.
//!
//! For every packet and every field name that both trees have, the places (offset and length) that we give are among Wireshark's.
//! What differs by intention is listed with its reason.

use dissect::{Frame, dissect};
use quick_xml::events::Event;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use wire::LinkType;

/// Fields whose range is ours on purpose.
const OWN: &[(&str, &str)] = &[
    ("tcp.options", "one group of all options"),
    (
        "tcp.flags",
        "Wireshark covers the twelve bits with two bytes, as we do; its summary lines repeat the name",
    ),
    ("tcp.payload", "a layer of ours"),
    ("data.data", "Wireshark's data is what its dissectors left"),
    ("tls.handshake", "a message that goes on in the next segment ends with ours"),
    ("tls.record", "likewise"),
];

/// Name → places, for one packet.
type Places = HashMap<String, HashSet<(usize, usize)>>;

fn theirs(path: &Path) -> Option<Vec<Places>> {
    let output = Command::new("tshark")
        .args(["-n", "-T", "pdml", "-c", "400"])
        .args([
            "-o",
            "tcp.desegment_tcp_streams:FALSE",
            "-o",
            "ip.defragment:FALSE",
            "-o",
            "ipv6.defragment:FALSE",
        ])
        .args(["-o", "tls.desegment_ssl_records:FALSE", "-o", "tls.desegment_ssl_application_data:FALSE"])
        .arg("-r")
        .arg(path)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut reader = quick_xml::Reader::from_str(&text);
    let mut packets = Vec::new();
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(tag) | Event::Empty(tag) => match tag.name().as_ref() {
                b"packet" => packets.push(Places::new()),
                b"field" => {
                    let mut found = (String::new(), None, None, false);
                    for attribute in tag.attributes().flatten() {
                        let value = String::from_utf8_lossy(&attribute.value).into_owned();
                        match attribute.key.as_ref() {
                            b"name" => found.0 = value,
                            b"pos" => found.1 = value.parse().ok(),
                            b"size" => found.2 = value.parse().ok(),
                            // only what stands in the frame has bytes
                            b"value" | b"unmaskedvalue" => found.3 = true,
                            _ => {}
                        }
                    }
                    if let ((name, Some(pos), Some(size), true), Some(packet)) = (found, packets.last_mut()) {
                        packet.entry(name).or_default().insert((pos, size));
                    }
                }
                _ => {}
            },
            Event::Eof => break,
            _ => {}
        }
    }
    Some(packets)
}

fn captures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in std::fs::read_dir(root.join("../protocols/src")).unwrap().flatten() {
        let Ok(files) = std::fs::read_dir(folder.path().join("captures")) else { continue };
        found.extend(
            files
                .flatten()
                .map(|file| file.path())
                .filter(|path| path.extension().is_some_and(|e| e == "pcap")),
        );
    }
    let corpus = root.join("../../../shared/corpus/arkime");
    let mut walk = vec![corpus];
    while let Some(folder) = walk.pop() {
        let Ok(files) = std::fs::read_dir(&folder) else {
            println!("skipped: {} is absent", folder.display());
            continue;
        };
        for file in files.flatten() {
            let path = file.path();
            if path.is_dir() {
                walk.push(path);
            } else if path.extension().is_some_and(|e| e == "pcap")
                && file.metadata().is_ok_and(|m| m.len() < 300_000)
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn places_agree_with_tshark() {
    if Command::new("tshark").arg("-v").output().is_err() {
        println!("skipped: tshark is absent");
        return;
    }
    let (mut agreed, mut wrong) = (0u64, BTreeMap::<String, (u64, String)>::new());
    let mut names = HashSet::new();
    for path in captures() {
        let bytes = std::fs::read(&path).unwrap();
        let (Some(theirs), Ok(records)) = (theirs(&path), pcap::Slice::new(&bytes)) else { continue };
        for (number, (record, theirs)) in records.flatten().zip(&theirs).enumerate() {
            let tree = dissect(&Frame {
                link: LinkType(record.link),
                bytes: record.bytes,
                original: record.original_len as usize,
            });
            tree.walk(&mut |node| {
                if node.name.is_empty()
                    || node.source != 0
                    || node.length == 0
                    || OWN.iter().any(|(name, _)| *name == node.name)
                {
                    return;
                }
                let Some(places) = theirs.get(node.name) else { return };
                names.insert(node.name);
                if places.contains(&(node.start, node.length)) {
                    agreed += 1;
                } else {
                    let entry = wrong.entry(node.name.to_owned()).or_default();
                    entry.0 += 1;
                    entry.1 = format!(
                        "{} #{}: ours {}+{}, Wireshark {places:?}",
                        path.file_name().unwrap().to_string_lossy(),
                        number + 1,
                        node.start,
                        node.length
                    );
                }
            });
        }
    }
    println!("{agreed} places of {} fields agree", names.len());
    let differ: u64 = wrong.values().map(|(count, _)| count).sum();
    for (name, (count, example)) in &wrong {
        println!("{name}: {count} differ; {example}");
    }
    assert!(agreed > 5_000, "{agreed} places agree");
    assert!(differ * 200 <= agreed, "{differ} of {agreed} places differ");
}
