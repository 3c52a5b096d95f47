//! Disks that are full or slow, for packets and for the index.

use crate::assert_accounted;
use crate::support::disk::Disk;
use crate::support::frames::datagrams;
use crate::support::net::Cable;
use crate::support::sensor::Sensor;
use crate::support::{Home, wait_for};
use std::time::Duration;

/// Little memory before the disk, so that a fault shows soon; nothing is expired, so that what was kept can be counted.
const LITTLE_MEMORY: &str = "[packets]\nmemory = \"8MiB\"\n[retention]\nfree_space = \"0\"\n";

#[test]
fn a_full_disk_is_counted_and_left_behind() {
    let Some(cable) = Cable::new() else { return };
    let home = Home::new();
    let Some(disk) = Disk::memory(&home.path("data/packets"), "64m") else { return };
    home.configure(LITTLE_MEMORY);
    let mut sensor = Sensor::start(&home, &cable.server, &["--interface", "s0"]);
    let before = datagrams(0, 2_000, 20, 500);
    cable.send("c0", &before, 10_000.0);
    home.wait_for_kept(before.len());

    let ballast = disk.fill();
    let meanwhile = datagrams(2_000, 40_000, 20, 1_000);
    cable.send("c0", &meanwhile, 12_000.0);
    std::thread::sleep(Duration::from_secs(1));
    assert!(sensor.runs(), "{}", sensor.said());
    std::fs::remove_file(ballast).unwrap();

    // it notices by itself
    let mut sent = [before, meanwhile].concat();
    let mut first = sent.len();
    wait_for("packets to be written again", || {
        let more = datagrams(first, 100, 20, 500);
        cable.send("c0", &more, 10_000.0);
        first += more.len();
        sent.extend(more);
        std::thread::sleep(Duration::from_millis(1_200));
        let last = home.packet_files().pop();
        last.is_some_and(|file| {
            std::fs::read(file).unwrap().windows(11).any(|w| w == format!("{:010} ", first - 1).as_bytes())
        })
    });
    let told = sensor.end();
    let kept = assert_accounted(&home, &sent, told);
    assert!(told.unwritten > 0, "the disk was full: {told:?}");
    assert!(kept.len() > 2_000 && kept.ends_with(&sent[sent.len() - 100..]));
    // sessions are found although their packets could not be kept
    assert_eq!((home.indexed(), told.unindexed), (told.packets, 0));
}

#[test]
fn a_slow_disk_is_counted_and_never_blocks_the_ring() {
    let Some(cable) = Cable::new() else { return };
    let home = Home::new();
    let Some(disk) = Disk::throttled(&home.path("data/packets"), &home.path("disk"), 512 << 20) else {
        return;
    };
    home.configure(LITTLE_MEMORY);
    let mut sensor = Sensor::start(&home, &cable.server, &["--interface", "s0"]);
    disk.limit(1 << 20);
    let slow = datagrams(0, 60_000, 20, 1_000);
    cable.send("c0", &slow, 15_000.0);
    assert!(sensor.runs(), "{}", sensor.said());
    disk.limit(0);
    // what waited for the disk is written now
    std::thread::sleep(Duration::from_secs(3));
    let after = datagrams(60_000, 2_000, 20, 1_000);
    cable.send("c0", &after, 10_000.0);
    let told = sensor.end();
    let kept = assert_accounted(&home, &[slow, after.clone()].concat(), told);
    assert_eq!(told.dropped, 0, "the ring was not blocked: {told:?}");
    assert!(kept.ends_with(&after), "all of what came after is kept");
    assert_eq!((home.indexed(), told.unindexed), (told.packets, 0));
}

#[test]
fn an_index_that_takes_nothing_stops_no_packets() {
    let Some(cable) = Cable::new() else { return };
    let home = Home::new();
    let Some(disk) = Disk::memory(&home.path("data/index"), "48m") else { return };
    let mut sensor = Sensor::start(&home, &cable.server, &["--interface", "s0"]);
    let before = crate::conversations(0, 300);
    cable.send("c0", &before, 4_000.0);
    wait_for("sessions", || home.ok(&["search", "port.dst == 7777", "--count"]).trim() == "300");

    let ballast = disk.fill();
    let meanwhile = crate::conversations(300, 900);
    cable.send("c0", &meanwhile, 4_000.0);
    std::thread::sleep(Duration::from_secs(3));
    assert!(sensor.runs(), "{}", sensor.said());
    std::fs::remove_file(ballast).unwrap();
    wait_for("sessions of the time when the index was full", || {
        home.ok(&["search", "port.dst == 7777", "--count"]).trim() == "1200"
    });
    let told = sensor.end();
    let sent = [before, meanwhile].concat();
    let kept = assert_accounted(&home, &sent, told);
    assert_eq!((kept.len(), told.dropped, told.unindexed), (sent.len(), 0, 0));
    assert_eq!(home.indexed(), told.packets);
}
