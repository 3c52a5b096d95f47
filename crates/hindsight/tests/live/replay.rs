//! Captures replayed with tcpreplay, and generated frames of every shape: what is kept is what was sent.

use crate::support::frames::{
    assert_same, conversation, datagrams, ethernet, ipv4, packets, udp, write_capture,
};
use crate::support::net::Cable;
use crate::support::sensor::Sensor;
use crate::support::{Home, captures, has};

/// Replays these frames beside tcpdump and compares everything.
fn replayed(home: &Home, cable: &Cable, frames: &[Vec<u8>], arguments: &[&str]) {
    let capture = home.path("sent.pcap");
    write_capture(&capture, frames);
    let reference = home.path("tcpdump.pcap");
    let tcpdump = cable.tcpdump("s0", &reference, &[]);
    let before = cable.counter("s0", "rx_packets");
    let sensor = Sensor::start(home, &cable.server, &[&["--interface", "s0"], arguments].concat());
    let sent = cable.replay("c0", &capture, &["--pps=4000"]);
    assert_eq!(sent as usize, frames.len());
    let told = sensor.end();
    let (seen, dropped) = tcpdump.end();
    let arrived = cable.counter("s0", "rx_packets") - before;
    assert_eq!((seen, dropped, arrived), (sent, 0, sent), "tcpdump and the kernel");
    assert_eq!((told.packets, told.dropped, told.unwritten, told.unindexed), (sent, 0, 0, 0));
    let kept = home.kept();
    assert_same(frames, &kept);
    assert_same(&packets(&reference), &kept);
    assert_eq!(home.indexed(), sent, "packets of the sessions");
    home.files_are_whole();
}

#[test]
fn every_capture_of_the_project_comes_back() {
    if !["tcpreplay", "tcpdump"].iter().all(|program| has(program)) {
        return;
    }
    let Some(cable) = Cable::new() else { return };
    let frames: Vec<Vec<u8>> = captures().iter().flat_map(|file| packets(file)).collect();
    replayed(&Home::new(), &cable, &frames, &[]);
}

/// Tags of one and two VLANs in all spellings, jumbo frames, fragments, IPv6, broadcasts, frames shorter than Ethernet's minimum and
/// protocols that nobody knows.
#[test]
fn frames_of_every_shape_come_back() {
    if !["tcpreplay", "tcpdump"].iter().all(|program| has(program)) {
        return;
    }
    let Some(cable) = Cable::new() else { return };
    const DOT1Q: u16 = 0x8100;
    const DOT1AD: u16 = 0x88a8;
    let mut frames = Vec::new();
    for (n, tags) in [
        vec![(DOT1Q, 5)],
        vec![(DOT1Q, 0xf00a)],
        vec![(DOT1AD, 100)],
        vec![(DOT1AD, 100), (DOT1Q, 5)],
        vec![(DOT1Q, 7), (DOT1Q, 8)],
        vec![(DOT1AD, 1), (DOT1AD, 2), (DOT1Q, 3)],
    ]
    .into_iter()
    .enumerate()
    {
        for (out, packet) in conversation(n) {
            frames.push(ethernet(out, &tags, 0x0800, &packet));
        }
    }
    for size in [1_472, 1_473, 4_000, 8_972, 9_400] {
        frames.extend(datagrams(size, 3, 2, size));
    }
    // a datagram of 4,000 bytes in three fragments, in order and against it
    let datagram = udp(1_111, 2_222, &vec![7; 4_000]);
    for reversed in [false, true] {
        let mut parts: Vec<Vec<u8>> = datagram
            .chunks(1_480)
            .enumerate()
            .map(|(n, part)| {
                let more = if (n + 1) * 1_480 < datagram.len() { 0x2000 } else { 0 };
                let field = more | (n * 1_480 / 8) as u16;
                let id = 77 + u16::from(reversed);
                ethernet(true, &[], 0x0800, &ipv4([10, 1, 1, 1], [10, 1, 1, 2], 17, id, field, part))
            })
            .collect();
        if reversed {
            parts.reverse();
        }
        frames.extend(parts);
    }
    let datagram = udp(546, 547, b"six");
    let mut six = vec![0x60, 0, 0, 0];
    six.extend((datagram.len() as u16).to_be_bytes());
    six.extend([17, 64]);
    six.extend([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    six.extend([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2]);
    six.extend(datagram);
    frames.push(ethernet(true, &[], 0x86dd, &six));
    let mut broadcast = ethernet(true, &[], 0x88b5, &[1; 46]);
    broadcast[..6].fill(0xff);
    frames.push(broadcast);
    frames.push(ethernet(true, &[], 0x88b5, &[]));
    frames.push(ethernet(true, &[], 0x0800, &[0x45, 0]));
    // with one byte less the kernel itself throws a tagged frame away before anybody sees it
    frames.push(ethernet(true, &[(DOT1Q, 9)], 0x88b6, &[2; 2]));
    // a frame of IEEE 802.3 with its length
    frames.push(ethernet(true, &[], 38, &[0x42; 38]));
    replayed(&Home::new(), &cable, &frames, &[]);
}
