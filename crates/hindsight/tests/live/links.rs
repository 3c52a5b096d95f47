//! Several interfaces and several workers.

use crate::support::Home;
use crate::support::frames::{assert_same, conversation, datagrams, ethernet, ipv4, packets, udp};
use crate::support::net::Cable;
use crate::support::sensor::Sensor;
use std::collections::BTreeMap;

#[test]
fn several_interfaces_at_once() {
    let Some(cable) = Cable::new() else { return };
    assert!(cable.lay(1) && cable.lay(2));
    let home = Home::new();
    let arguments = ["--interface", "s0", "--interface", "s1", "--interface", "s2"];
    let sensor = Sensor::start(&home, &cable.server, &arguments);
    let sent: Vec<Vec<Vec<u8>>> = (0..3).map(|n| datagrams(n * 100_000, 2_000 + n * 500, 10, 200)).collect();
    std::thread::scope(|scope| {
        for (n, frames) in sent.iter().enumerate() {
            let cable = &cable;
            scope.spawn(move || cable.send(&format!("c{n}"), frames, 4_000.0));
        }
    });
    let told = sensor.end();
    let all: Vec<Vec<u8>> = sent.concat();
    assert_eq!((told.packets, told.dropped, told.unwritten), (all.len() as u64, 0, 0));
    // packets of one flow came over three links: in order by link, so each link's file is compared with what went over it
    let mut of_link: BTreeMap<usize, Vec<Vec<u8>>> = BTreeMap::new();
    for file in home.packet_files() {
        for packet in packets(&file) {
            let number: usize = std::str::from_utf8(&packet[42..52]).unwrap().parse().unwrap();
            of_link.entry(number / 100_000).or_default().push(packet);
        }
    }
    for (n, frames) in sent.iter().enumerate() {
        assert_same(frames, &of_link[&n]);
        // the link is searchable
        let sessions = home.sessions(&format!("interface == s{n}"));
        let count: u64 = sessions.iter().map(|doc| doc["network"]["packets"].as_u64().unwrap()).sum();
        assert_eq!(count as usize, frames.len(), "interface == s{n}");
    }
    home.files_are_whole();
}

/// However many workers share an interface, the two directions of a conversation come to one of them: plain, behind tags, in tunnels, in
/// fragments.
#[test]
fn both_directions_are_one_session_with_any_number_of_workers() {
    let Some(cable) = Cable::new() else { return };
    let arguments: &[&str] = &["--interface", "s0", "--workers", "3"];
    let home = Home::new();
    if !home.ok(&["run", "--help"]).contains("--workers") {
        eprintln!("skipped: this version has one worker for an interface");
        return;
    }
    const CONVERSATIONS: usize = 240;
    let mut frames = Vec::new();
    for n in 0..CONVERSATIONS {
        for (out, packet) in conversation(n) {
            let tunnel = |protocol: u8, payload: Vec<u8>| {
                let ends = if out { ([10, 6, 0, 1], [10, 6, 0, 2]) } else { ([10, 6, 0, 2], [10, 6, 0, 1]) };
                ethernet(out, &[], 0x0800, &ipv4(ends.0, ends.1, protocol, n as u16, 0, &payload))
            };
            frames.push(match n % 4 {
                0 => ethernet(out, &[], 0x0800, &packet),
                1 => ethernet(out, &[(0x8100, 5)], 0x0800, &packet),
                2 => tunnel(47, [&[0, 0, 8, 0][..], &packet].concat()),
                // VXLAN: senders derive the port from the flow, one for each direction
                _ => {
                    let inner = ethernet(out, &[], 0x0800, &packet);
                    let vxlan = [&[8, 0, 0, 0, 0, 0, 42, 0][..], &inner].concat();
                    let port = 50_000 + (n * 2 + usize::from(out)) as u16;
                    tunnel(17, udp(port, 4_789, &vxlan))
                }
            });
        }
    }
    let sensor = Sensor::start(&home, &cable.server, arguments);
    cable.send("c0", &frames, 3_000.0);
    let told = sensor.end();
    assert_eq!((told.packets, told.dropped, told.unwritten), (frames.len() as u64, 0, 0));
    let sessions = home.sessions("port.dst == 7777 && protocols == tcp");
    assert_eq!(sessions.len(), CONVERSATIONS, "sessions");
    for session in &sessions {
        let packets = |side: &str| session[side]["packets"].as_u64().unwrap();
        assert_eq!((packets("source"), packets("destination")), (5, 3), "{session}");
    }
    let kept = home.kept();
    assert_eq!(kept.len(), frames.len());
    // more than one worker had something to do
    assert!(home.packet_files().len() > 1, "{:?}", home.packet_files());
    home.files_are_whole();
}
