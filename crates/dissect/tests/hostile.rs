//! Any bytes: no panic, every range inside its bytes, children inside their parents.

use dissect::{Frame, Node, Tree, dissect};
use proptest::prelude::*;
use wire::LinkType;

fn check(node: &Node, lengths: &[usize], parent: Option<&Node>) {
    let end = node.start + node.length;
    assert!(
        end <= lengths[usize::from(node.source)],
        "{} {}+{} leaves the bytes",
        node.name,
        node.start,
        node.length
    );
    if let Some(parent) = parent.filter(|parent| parent.source == node.source && node.length > 0) {
        let inside = node.start >= parent.start && end <= parent.start + parent.length;
        assert!(
            inside,
            "{} {}+{} leaves {} {}+{}",
            node.name, node.start, node.length, parent.name, parent.start, parent.length
        );
    }
    assert_eq!(node.field.is_some(), node.term.is_some(), "{}", node.name);
    for child in &node.children {
        check(child, lengths, Some(node));
    }
}

fn sound(link: u16, bytes: &[u8], original: usize) -> Tree {
    let tree = dissect(&Frame { link: LinkType(link), bytes, original });
    let lengths: Vec<usize> =
        std::iter::once(bytes.len()).chain(tree.sources.iter().map(|source| source.bytes.len())).collect();
    let mut nodes = 0;
    tree.walk(&mut |_| nodes += 1);
    assert!(nodes <= 25_000, "{nodes} nodes");
    for layer in &tree.layers {
        check(layer, &lengths, None);
    }
    tree
}

/// Frames of the protocols' own captures.
fn frames() -> Vec<(u16, Vec<u8>)> {
    let mut found = Vec::new();
    let protocols = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocols/src");
    for folder in std::fs::read_dir(protocols).unwrap().flatten() {
        let Ok(captures) = std::fs::read_dir(folder.path().join("captures")) else { continue };
        for file in captures.flatten().filter(|file| file.path().extension().is_some_and(|e| e == "pcap")) {
            let bytes = std::fs::read(file.path()).unwrap();
            for record in pcap::Slice::new(&bytes).unwrap().flatten() {
                found.push((record.link, record.bytes.to_vec()));
            }
        }
    }
    assert!(found.len() > 500, "{}", found.len());
    found
}

#[test]
fn frames_cut_anywhere() {
    for (link, frame) in frames().iter().step_by(7) {
        let whole = sound(*link, frame, frame.len());
        assert!(whole.layers.len() >= 2, "a real frame has layers");
        for cut in (0..frame.len().min(400)).step_by(3) {
            sound(*link, &frame[..cut], frame.len());
            sound(*link, &frame[..cut], cut);
        }
    }
}

#[test]
fn frames_with_wrong_bytes() {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    for (link, frame) in frames().iter().step_by(3) {
        for _ in 0..24 {
            let mut bad = frame.clone();
            for _ in 0..3 {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                let at = seed as usize % bad.len();
                bad[at] = (seed >> 32) as u8;
            }
            sound(*link, &bad, bad.len());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn any_bytes(which in 0..LinkType::ALL.len(), bytes in proptest::collection::vec(any::<u8>(), 0..600), more in 0usize..100) {
        sound(LinkType::ALL[which].0, &bytes, bytes.len() + more);
    }

    /// Payloads behind headers that lead to each application.
    #[test]
    fn any_payload(port in prop::sample::select(vec![
        20u16, 21, 22, 23, 25, 53, 67, 69, 80, 88, 102, 110, 119, 123, 137, 138, 139, 143, 161, 179, 389, 443, 445, 500, 502, 514, 520,
        546, 554, 1812, 1883, 1900, 3306, 3389, 3478, 4500, 4789, 5060, 5353, 5355, 5432, 6081, 6379, 2152, 11211, 20000, 37008, 40000,
    ]), tcp: bool, server: bool, bytes in proptest::collection::vec(any::<u8>(), 0..500)) {
        let mut packet = vec![0x45, 0, 0, 0, 0, 1, 0, 0, 64, if tcp { 6 } else { 17 }, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
        let (source, destination) = if server { (port, 50_000u16) } else { (50_000, port) };
        packet.extend(source.to_be_bytes());
        packet.extend(destination.to_be_bytes());
        if tcp {
            packet.extend([0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0]);
        } else {
            packet.extend((bytes.len() as u16 + 8).to_be_bytes());
            packet.extend([0, 0]);
        }
        packet.extend(&bytes);
        let total = (packet.len() as u16).to_be_bytes();
        packet[2..4].copy_from_slice(&total);
        sound(101, &packet, packet.len());
    }

    /// Payloads of every IP protocol.
    #[test]
    fn any_protocol(number: u8, v6: bool, bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut packet = if v6 {
            let mut packet = vec![0x60, 0, 0, 0];
            packet.extend((bytes.len() as u16).to_be_bytes());
            packet.extend([number, 64]);
            packet.extend([0xfe; 32]);
            packet
        } else {
            let total = (20 + bytes.len() as u16).to_be_bytes();
            vec![0x45, 0, total[0], total[1], 0, 1, 0, 0, 64, number, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]
        };
        packet.extend(&bytes);
        sound(101, &packet, packet.len());
    }
}
