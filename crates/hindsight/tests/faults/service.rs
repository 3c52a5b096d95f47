//! As a service: what is read again while it runs, rights given up, and what the service manager is told.

use crate::support::frames::{assert_same, datagrams, packets_so_far};
use crate::support::net::Cable;
use crate::support::sensor::Sensor;
use crate::support::{Home, wait_for};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

#[test]
fn rules_are_read_again_while_it_runs() {
    let Some(cable) = Cable::new() else { return };
    let home = Home::new();
    let rule = |keep: &str| format!("[[keep]]\nname = \"test\"\nbpf = \"udp\"\nkeep = \"{keep}\"\n");
    home.configure(&rule("all"));
    let sensor = Sensor::start(&home, &cable.server, &["--interface", "s0"]);
    // sessions of their own: other clients before and after
    let sent = datagrams(0, 400, 400, 200);
    let (before, after) = sent.split_at(200);
    cable.send("c0", before, 2_000.0);
    home.wait_for_kept(before.len());
    // a mistake changes nothing and is named
    home.configure(&rule("nothign"));
    sensor.signal("HUP");
    wait_for("the mistake", || sensor.said().contains("what was in force stays so"));
    home.configure(&rule("nothing"));
    sensor.signal("HUP");
    wait_for("rules", || sensor.said().contains("read again"));
    cable.send("c0", after, 2_000.0);
    let told = sensor.end();
    assert_eq!((told.packets, told.dropped, told.unwritten), (400, 0, 0), "{told:?}");
    assert_same(before, &home.kept()); // each worker writes a file of its own
    assert_eq!(home.indexed(), 400);
    let left_out = home.sessions("packets.notKept >= 1");
    assert_eq!(left_out.len(), 200);
    assert_eq!(home.sessions("ip.dst == 10.8.0.1").len(), 400);
    assert!(left_out.iter().all(|doc| doc["notKept"]["packets"] == 1), "{}", left_out[0]);
}

#[test]
fn as_another_user_only_what_capturing_needs_stays() {
    let Some(cable) = Cable::new() else { return };
    let ids = |option: &str| -> Option<u32> {
        let out = Command::new("id").args([option, "nobody"]).output().ok()?;
        String::from_utf8_lossy(&out.stdout).trim().parse().ok()
    };
    let (Some(user), Some(group)) = (ids("-u"), ids("-g")) else {
        eprintln!("skipped: there is no user nobody");
        return;
    };
    let home = Home::new();
    std::fs::set_permissions(home.path(""), std::fs::Permissions::from_mode(0o755)).unwrap();
    let data = home.path("data");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    // a folder that the user may not write to
    let mut refused = crate::support::net::inside(&cable.server, env!("CARGO_BIN_EXE_hindsight"));
    refused.args(["run", "--no-serve", "-i", "s0", "-Z", "nobody"]).env("HINDSIGHT_DIR", &data);
    let refused = refused.output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success(), "{said}");
    assert!(said.contains(data.to_str().unwrap()) && said.contains("ermission denied"), "{said}");

    std::os::unix::fs::chown(&data, Some(user), Some(group)).unwrap();
    let made: Vec<_> = std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(made.is_empty(), "made although it was refused: {made:?}");
    let arguments = ["--interface", "s0", "-Z", "nobody", "--workers", "2"];
    let sensor = Sensor::start(&home, &cable.server, &arguments);
    let sent = datagrams(0, 1_000, 20, 200);
    cable.send("c0", &sent, 2_000.0);
    wait_for("packets", || home.packet_files().iter().map(|file| packets_so_far(file)).sum::<usize>() > 0);
    // every thread: rights are of threads
    let allowed: u64 = 1 << 12 | 1 << 13 | 1 << 39;
    let mut threads = 0;
    for task in std::fs::read_dir(format!("/proc/{}/task", sensor.id())).unwrap() {
        let Ok(status) = std::fs::read_to_string(task.unwrap().path().join("status")) else { continue };
        let value = |name: &str| -> Vec<String> {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.split_whitespace().map(str::to_owned).collect()
        };
        assert_eq!(value("Uid:"), vec![user.to_string(); 4], "{status}");
        assert_eq!(value("Gid:"), vec![group.to_string(); 4], "{status}");
        for set in ["CapPrm:", "CapEff:", "CapAmb:", "CapInh:"] {
            let bits = u64::from_str_radix(&value(set)[0], 16).unwrap();
            let may = if set.ends_with("Prm:") || set.ends_with("Eff:") { allowed } else { 0 };
            assert_eq!(bits & !may, 0, "{set} {status}");
        }
        assert_eq!(value("NoNewPrivs:"), ["1"], "{status}");
        threads += 1;
    }
    assert!(threads > 2, "{threads} threads");
    let told = sensor.end();
    assert_eq!((told.packets, told.dropped, told.unwritten, told.unindexed), (1_000, 0, 0, 0), "{told:?}");
    assert_eq!((home.kept().len(), home.indexed()), (1_000, 1_000));
    assert!(home.packet_files().iter().all(|file| std::fs::metadata(file).unwrap().uid() == user));
}

#[test]
fn the_service_manager_is_told() {
    let Some(cable) = Cable::new() else { return };
    let home = Home::new();
    let path = home.path("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let next = || {
        let mut bytes = [0; 4_096];
        let length = socket.recv(&mut bytes).unwrap_or_else(|error| panic!("nothing was told: {error}"));
        String::from_utf8_lossy(&bytes[..length]).trim().to_owned()
    };
    let until = |wanted: &str| {
        for _ in 0..100 {
            let told = next();
            if told.lines().any(|line| line == wanted) {
                return;
            }
            assert_ne!(told, "STOPPING=1", "before {wanted}");
        }
        panic!("{wanted} was not told");
    };
    let variables = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "3000000")];
    let sensor = Sensor::start_with(&home, &cable.server, &["--interface", "s0"], &variables);
    assert_eq!(next(), "READY=1");
    until("WATCHDOG=1");
    // without traffic too
    until("WATCHDOG=1");
    sensor.end();
    until("STOPPING=1");
}
