//! What is put right after a capture ended without warning, and sessions from packets that had none.

use crate::support::frames::{assert_part, datagrams};
use crate::support::net::Cable;
use crate::support::sensor::Sensor;
use crate::support::{Home, has, packets, tool};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

/// Every file in the folder of packets, whatever its form.
fn all_files(home: &Home) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(home.path("data/packets")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Packets that an independent program counts in plain captures; ours where it is not installed.
fn counted(files: &[PathBuf]) -> usize {
    let theirs = has("capinfos");
    let count = |file: &PathBuf| {
        let ours = packets(file).len();
        if theirs {
            let said = tool("capinfos", &["-T", "-r", "-M", "-c", file.to_str().unwrap()]);
            let theirs: usize = said.trim().rsplit('\t').next().unwrap().parse().unwrap();
            assert_eq!(ours, theirs, "{}", file.display());
        }
        ours
    };
    files.iter().map(count).sum()
}

/// Captures small files with two workers, ends it three times without warning, and recovers. `plain` makes captures of the packet files that
/// any program reads.
fn killed_three_times(arguments: &[&str], configuration: &str, plain: impl Fn(&Home) -> Vec<PathBuf>) {
    let Some(cable) = Cable::new() else { return };
    let home = Home::new();
    std::fs::write(home.path("key"), [7; 32]).unwrap();
    // a key that others can read is refused
    std::fs::set_permissions(home.path("key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    home.configure(&configuration.replace("KEY", home.path("key").to_str().unwrap()));
    let sent = datagrams(0, 24_000, 200, 300);
    let arguments = [&["--interface", "s0", "--workers", "2", "-C", "1MB"], arguments].concat();
    for part in sent.chunks(8_000) {
        let sensor = Sensor::start(&home, &cable.server, &arguments);
        std::thread::scope(|scope| {
            scope.spawn(|| cable.send("c0", part, 4_000.0));
            std::thread::sleep(Duration::from_millis(1_800));
            sensor.kill();
        });
    }
    let first = home.run(&["recover", "--node", "live"]);
    assert_eq!(first.code, 0, "{}", first.err);
    let again = home.run(&["recover", "--node", "live"]);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(again.err.contains("nothing was interrupted"), "{}", again.err);

    let out = home.path("out.pcap");
    home.ok(&["export", "", "-w", out.to_str().unwrap()]);
    let exported = packets(&out);
    assert_part(&sent, &exported);
    let in_files = counted(&plain(&home));
    assert!(in_files > 1_000, "{in_files} packets were kept");
    assert_eq!((exported.len(), home.indexed()), (in_files, in_files as u64));
    assert_eq!(counted(&[out]), in_files);
}

#[test]
fn what_is_pinned_stays_pinned_when_its_capture_is_killed() {
    let Some(cable) = Cable::new() else { return };
    let home = Home::new();
    home.configure("[sessions]\nudp = \"1s\"\n");
    let sensor = Sensor::start(&home, &cable.server, &["--interface", "s0"]);
    let sent = datagrams(0, 40, 2, 200);
    cable.send("c0", &sent, 1_000.0);
    home.wait_for_kept(sent.len());
    crate::support::wait_for("sessions", || home.indexed() == 40);
    home.ok(&["pin", "ip.src == 10.9.0.1", "--name", "case"]);
    sensor.kill();
    home.ok(&["recover", "--node", "live"]);
    std::thread::sleep(Duration::from_millis(1_100));
    home.ok(&["expire", "--node", "live", "--max-age", "1s"]);
    // the pinned session is there with its packets, and nothing else
    let left = home.sessions("");
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0]["source"]["ip"], "10.9.0.1");
    let out = home.path("out.pcap");
    home.ok(&["export", "", "-w", out.to_str().unwrap()]);
    let of_it: Vec<Vec<u8>> = sent.into_iter().filter(|frame| frame[26..30] == [10, 9, 0, 1]).collect();
    assert_eq!(packets(&out), of_it);
}

#[test]
fn killed_under_load_every_packet_has_one_session() {
    killed_three_times(&[], "", |home| {
        let files = all_files(home);
        assert!(files.len() > 3, "{files:?}");
        files
    });
}

#[test]
fn killed_under_load_with_compressed_files() {
    if !has("zstd") {
        return;
    }
    killed_three_times(&["--format", "zstd"], "", |home| {
        let out = |(n, file): (usize, PathBuf)| {
            let plain = home.path(&format!("{n}.pcap"));
            tool("zstd", &["-q", "-d", "-f", file.to_str().unwrap(), "-o", plain.to_str().unwrap()]);
            plain
        };
        all_files(home).into_iter().enumerate().map(out).collect()
    });
}

#[test]
fn killed_under_load_with_encrypted_files() {
    killed_three_times(&[], "[packets]\nencryption = \"KEY\"\n", |home| {
        let key = home.path("key");
        let out = |(n, file): (usize, PathBuf)| {
            let plain = home.path(&format!("{n}.pcap"));
            let (file, to) = (file.to_str().unwrap(), plain.to_str().unwrap());
            home.ok(&["decrypt", file, "--key-file", key.to_str().unwrap(), "-o", to]);
            plain
        };
        all_files(home).into_iter().enumerate().map(out).collect()
    });
}

#[test]
fn packets_without_sessions_get_them_by_import() {
    let Some(cable) = Cable::new() else { return };
    let home = Home::new();
    let sensor = Sensor::start(&home, &cable.server, &["--interface", "s0", "--no-index", "-C", "1MB"]);
    let sent = datagrams(0, 6_000, 50, 300);
    cable.send("c0", &sent, 6_000.0);
    let told = sensor.end();
    assert_eq!((told.packets, told.dropped, told.unwritten), (sent.len() as u64, 0, 0), "{told:?}");
    assert_eq!(home.sessions("").len(), 0);
    let files = home.packet_files();
    assert_eq!(counted(&files), sent.len());
    let names: Vec<&str> = files.iter().map(|file| file.to_str().unwrap()).collect();
    home.ok(&[&["import"], &names[..]].concat());
    assert_eq!(home.indexed(), sent.len() as u64);
    let out = home.path("out.pcap");
    home.ok(&["export", "", "-w", out.to_str().unwrap()]);
    assert_part(&sent, &packets(&out));
    assert_eq!(packets(&out).len(), sent.len());
}
