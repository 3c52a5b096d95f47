//! Interfaces that go down, or away.

use crate::assert_accounted;
use crate::support::frames::{assert_same, datagrams};
use crate::support::net::Cable;
use crate::support::sensor::Sensor;
use crate::support::{Home, wait_for};
use std::time::Duration;

#[test]
fn an_interface_that_goes_down_and_comes_up_is_captured_on() {
    let Some(cable) = Cable::new() else { return };
    let home = Home::new();
    let sensor = Sensor::start(&home, &cable.server, &["--interface", "s0"]);
    let mut sent = Vec::new();
    for round in 0..3 {
        let frames = datagrams(round * 1_000, 1_000, 10, 100);
        cable.send("c0", &frames, 10_000.0);
        sent.extend(frames);
        if round < 2 {
            cable.set("s0", "down");
            std::thread::sleep(Duration::from_millis(700));
            cable.set("s0", "up");
            wait_for("the socket to run again", || cable.listeners() > 0);
        }
    }
    let told = sensor.end();
    let kept = assert_accounted(&home, &sent, told);
    assert_eq!((told.dropped, told.unwritten, told.unindexed), (0, 0, 0));
    assert_same(&sent, &kept);
    assert_eq!(home.indexed(), sent.len() as u64);
}

#[test]
fn an_interface_that_is_removed_is_captured_on_when_it_is_back() {
    let Some(cable) = Cable::new() else { return };
    assert!(cable.lay(1));
    let home = Home::new();
    let mut sensor = Sensor::start(&home, &cable.server, &["--interface", "s1", "--interface", "s0"]);
    let mut sent = datagrams(0, 1_000, 10, 100);
    cable.send("c1", &sent, 10_000.0);
    std::thread::sleep(Duration::from_millis(500));
    let all = cable.listeners();
    cable.cut(1);
    // the other interface goes on meanwhile
    let other = datagrams(1_000, 500, 10, 100);
    cable.send("c0", &other, 10_000.0);
    sent.extend(other);
    std::thread::sleep(Duration::from_secs(2));
    assert!(sensor.runs(), "{}", sensor.said());
    assert!(cable.lay(1));
    wait_for("the interface to be opened again", || cable.listeners() >= all);
    let after = datagrams(1_500, 1_000, 10, 100);
    cable.send("c1", &after, 10_000.0);
    sent.extend(after);
    let told = sensor.end();
    let kept = assert_accounted(&home, &sent, told);
    assert_eq!((kept.len(), told.dropped, told.unwritten, told.unindexed), (sent.len(), 0, 0, 0));
    assert_eq!(home.indexed(), sent.len() as u64);
}
