//! A clock that is set.

use crate::assert_accounted;
use crate::support::Home;
use crate::support::frames::assert_same;
use crate::support::net::Cable;
use crate::support::sensor::Sensor;
use std::path::Path;
use std::time::Duration;

/// The library that shows programs another time.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// The process sees its clock jump back an hour and forward a day; the kernel, which stamps the packets, does not.
#[test]
fn a_clock_that_is_set_loses_nothing() {
    if !Path::new(FAKETIME).exists() {
        eprintln!("skipped: a clock that is set needs faketime (deploy/test-tools installs it)");
        return;
    }
    let Some(cable) = Cable::new() else { return };
    let home = Home::new();
    let clock = home.path("clock");
    std::fs::write(&clock, "+0\n").unwrap();
    let variables = [
        ("LD_PRELOAD", FAKETIME),
        ("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap()),
        ("FAKETIME_NO_CACHE", "1"),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
    ];
    let mut sensor = Sensor::start_with(&home, &cable.server, &["--interface", "s0"], &variables);
    let mut sent = Vec::new();
    for (round, offset) in ["-3600", "+86400", "+0"].into_iter().enumerate() {
        let frames = crate::conversations(round * 200, 200);
        cable.send("c0", &frames, 3_000.0);
        sent.extend(frames);
        std::fs::write(&clock, format!("{offset}\n")).unwrap();
        // long enough that everything that a clock asks for was done once
        std::thread::sleep(Duration::from_millis(2_500));
        assert!(sensor.runs(), "{}", sensor.said());
    }
    let told = sensor.end();
    let kept = assert_accounted(&home, &sent, told);
    assert_same(&sent, &kept);
    assert_eq!((told.dropped, told.unwritten, told.unindexed), (0, 0, 0));
    assert_eq!(home.indexed(), sent.len() as u64);
    // no conversation was cut in two by a jump
    assert_eq!(home.sessions("port.dst == 7777").len(), 600);
}
