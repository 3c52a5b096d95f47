//! Ends without warning.

use crate::support::Home;
use crate::support::frames::{assert_part, datagrams};
use crate::support::net::Cable;
use crate::support::sensor::Sensor;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

#[test]
fn kill_at_any_moment_under_load_corrupts_nothing() {
    let Some(cable) = Cable::new() else { return };
    let home = Home::new();
    let sent = datagrams(0, 60_000, 200, 300);
    let arguments = ["--interface", "s0"];
    let mut files: BTreeMap<PathBuf, Vec<u8>> = BTreeMap::new();
    std::thread::scope(|scope| {
        let mut sensor = Sensor::start(&home, &cable.server, &arguments);
        let sender = scope.spawn(|| cable.send("c0", &sent, 6_000.0));
        for pause in [1_700, 2_300, 1_100, 2_000] {
            std::thread::sleep(Duration::from_millis(pause));
            sensor.kill();
            for file in home.packet_files() {
                let bytes = std::fs::read(&file).unwrap();
                if let Some(before) = files.get(&file) {
                    // a restart may cut an unfinished record off; it writes over nothing
                    let same = before.len().min(bytes.len());
                    assert!(before[..same] == bytes[..same], "{} was changed", file.display());
                }
                files.insert(file, bytes);
            }
            sensor = Sensor::start(&home, &cable.server, &arguments);
        }
        sender.join().unwrap();
        let told = sensor.end();
        assert_eq!((told.dropped, told.unwritten, told.unindexed), (0, 0, 0));
    });
    assert!(home.packet_files().len() >= 5, "{:?}", home.packet_files());
    home.files_are_whole();
    let kept = home.kept();
    assert_part(&sent, &kept);
    // what a killed life had flushed is there: well over half of what was sent, whatever the speed of this machine
    assert!(kept.len() > sent.len() / 2, "{} of {}", kept.len(), sent.len());
    // sessions of the interrupted files were rebuilt at the next start, once
    assert_eq!(home.indexed(), kept.len() as u64);
}
