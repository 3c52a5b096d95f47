//! How long a look-up takes in a slot of a million packets, open (as it is written) and finished. `cargo bench -p hindsight-evidence`.

use evidence::{Archive, Limits, Offer, Recorder, RecorderOptions};
use jiff::tz::TimeZone;
use std::time::{Duration, Instant};
use wire::LinkType;

const PACKETS: u64 = 1_000_000;
const START: u64 = 1_687_074_300_000_000;
const LOOKUPS: u64 = 1_000;

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let options = RecorderOptions {
        folder: dir.path().to_owned(),
        device: 3,
        zone: TimeZone::UTC,
        waits: true,
        limits: Limits::default(),
    };
    let recorder = Recorder::start(options).unwrap();
    let frame = [7u8; 300];
    let begun = Instant::now();
    // up to 1 ms out of order, as packets of several workers are
    let time = |at: u64| START + at * 290 + at * 7_919 % 1_000;
    for at in 0..PACKETS {
        let time = i64::try_from(time(at) * 1_000).unwrap();
        recorder.offer(&Offer { time, link: LinkType::ETHERNET, bytes: &frame, len: 300 });
    }
    let archive = Archive::new(dir.path(), TimeZone::UTC);
    while recorder.status().written < PACKETS {
        std::thread::sleep(Duration::from_millis(10));
    }
    std::thread::sleep(Duration::from_millis(100));
    println!("written                {:>8.0} packets/s", PACKETS as f64 / begun.elapsed().as_secs_f64());
    let measure = |what: &str| {
        let mut took: Vec<Duration> = (0..LOOKUPS)
            .map(|n| {
                let time = time(n * 7_919 % PACKETS);
                let begun = Instant::now();
                let (seconds, micros) = ((time / 1_000_000) as u32, (time % 1_000_000) as u32);
                let found = archive.find(Some(3), seconds, micros).unwrap();
                assert!(!found.records.is_empty());
                begun.elapsed()
            })
            .collect();
        took.sort_unstable();
        let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize];
        println!("{what:<22} median {:>8.1?}, 99 % {:>8.1?}, longest {:>8.1?}", at(0.5), at(0.99), at(1.0));
    };
    measure("open slot");
    drop(recorder);
    measure("finished slot");
    let folder = dir.path().join("3");
    for entry in std::fs::read_dir(&folder).unwrap().flatten() {
        if entry.path().extension().is_some_and(|e| e == "idx") {
            std::fs::remove_file(entry.path()).unwrap();
        }
    }
    let begun = Instant::now();
    archive.find(Some(3), (START / 1_000_000) as u32, 1).unwrap();
    println!("first, without an index {:>8.1?} (makes it)", begun.elapsed());
    measure("with the index made");
}
