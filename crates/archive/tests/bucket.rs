//! Against a real S3 server: s3s-fs, `cargo install s3s-fs --version 0.14.1 --features binary --root /var/tmp/s3s-fs`.

use archive::{Bucket, Error, Place, Shelf, Source, pack};
use packets::{FileSource, Files, Gone, Remote as _, Wanted, fetch};
use session::{Positions, SessionId};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

struct Server {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}
impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn binary() -> Option<PathBuf> {
    let named = std::env::var_os("S3S_FS").map(PathBuf::from);
    let usual = PathBuf::from("/var/tmp/s3s-fs/bin/s3s-fs");
    named.into_iter().chain([usual]).find(|path| path.exists())
}

fn start(folder: tempfile::TempDir, port: u16) -> Server {
    let child = Command::new(binary().unwrap())
        .args([
            "--host",
            "127.0.0.1",
            "--access-key",
            "AKID",
            "--secret-key",
            "SECRET",
            "--port",
            &port.to_string(),
        ])
        .arg(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let server = Server { child, port, folder };
    let begun = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(60), "the S3 server does not start");
        std::thread::sleep(Duration::from_millis(50));
    }
    server
}

fn server() -> Option<Server> {
    if binary().is_none() {
        eprintln!("skipped: no S3 server (S3S_FS, or /var/tmp/s3s-fs/bin/s3s-fs)");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("packets")).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    Some(start(folder, port))
}

fn place(server: &Server, keys: &Path, secret: &str) -> Place {
    std::fs::write(keys, format!("[default]\naws_access_key_id = AKID\naws_secret_access_key = {secret}\n"))
        .unwrap();
    Place {
        url: "s3://packets/one/two".into(),
        endpoint: Some(format!("http://127.0.0.1:{}", server.port)),
        region: String::new(),
        keys: Source::File(keys.to_owned()),
    }
}

/// A capture of many packets; offset and bytes of each.
fn capture(path: &Path, packets: usize) -> Vec<(u64, Vec<u8>)> {
    let mut writer = pcap::PcapWriter::new(Vec::new(), pcap::Precision::Nanos, 1, 65_535).unwrap();
    let mut all = Vec::new();
    for n in 0..packets {
        let bytes: Vec<u8> = (0..200 + n % 1_100).map(|at| ((at * n) >> 3) as u8).collect();
        let at =
            writer.write(1_700_000_000_000_000_000 + n as i64 * 1_000, &bytes, bytes.len() as u32).unwrap();
        all.push((at, bytes));
    }
    std::fs::write(path, writer.into_inner()).unwrap();
    all
}

struct Far {
    shelf: Shelf,
    url: String,
}
impl Files for Far {
    fn locate(&self, _: &str, _: u32) -> Result<PathBuf, Gone> {
        Ok(PathBuf::from(&self.url))
    }
    fn source(&self, _: &str, _: u32) -> Result<FileSource, Gone> {
        Ok(FileSource {
            path: PathBuf::from(&self.url),
            form: None,
            storage: Some(self.shelf.open(&self.url)?),
        })
    }
}

fn wanted(offsets: &[u64]) -> Wanted {
    let flat = std::iter::once(-1).chain(offsets.iter().map(|at| *at as i64)).collect();
    let positions = Positions { flat, lengths: Vec::new() };
    Wanted { id: SessionId::default(), node: "n".into(), positions, start_ms: 0, bytes: 0, not_kept: 0 }
}

#[test]
fn packets_go_up_in_blocks_and_come_back_by_their_positions() {
    let Some(server) = server() else { return };
    let dir = tempfile::tempdir().unwrap();
    let bucket = Arc::new(Bucket::new(&place(&server, &dir.path().join("keys"), "SECRET")).unwrap());
    let plain = dir.path().join("a.pcap");
    let packets = capture(&plain, 40_000);
    let packed = dir.path().join("a.pcap.zst");
    assert!(pack(&plain, &packed, 1).unwrap());
    assert!(!pack(&packed, &dir.path().join("again"), 1).unwrap(), "it is in blocks already");
    for (name, path) in [("plain", &plain), ("packed", &packed)] {
        let url = bucket.put(name, path).unwrap();
        assert_eq!(url, format!("s3://packets/one/two/{name}"));
        let len = std::fs::metadata(path).unwrap().len();
        let key = bucket.key_of(&url).unwrap().to_owned();
        assert_eq!(bucket.size(&key).unwrap(), len);
        assert_eq!(bucket.read(&key, len - 3, 10).unwrap().len(), 3);
        assert!(bucket.read(&key, len, 10).unwrap().is_empty());
        let folder = dir.path().join(format!("cache-{name}"));
        let shelf = Shelf::new(bucket.clone(), &folder, 5 << 20).unwrap();
        let far = Far { shelf, url };
        let chosen: Vec<&(u64, Vec<u8>)> = packets.iter().step_by(37).collect();
        let offsets: Vec<u64> = chosen.iter().map(|(at, _)| *at).collect();
        for _ in 0..2 {
            let mut seen = Vec::new();
            let losses = fetch(&far, &[wanted(&offsets)], &mut |packet| {
                seen.push(packet.bytes.to_vec());
                true
            });
            assert!(losses.is_empty(), "{losses:?}");
            assert!(seen.iter().eq(chosen.iter().map(|(_, bytes)| bytes)));
        }
        let on_disk: u64 =
            std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).sum();
        assert!(on_disk <= 5 << 20 && on_disk == far.shelf.bytes(), "{on_disk}");
    }
    assert!(std::fs::metadata(&plain).unwrap().len() > 17 << 20, "goes up in parts");
    let mut listed: Vec<String> = bucket.list().unwrap().into_iter().map(|(key, _)| key).collect();
    listed.sort();
    assert_eq!(listed, ["one/two/packed", "one/two/plain"]);
    bucket.delete("one/two/plain").unwrap();
    bucket.delete("one/two/plain").unwrap();
    assert!(matches!(bucket.size("one/two/plain"), Err(Error::Missing(_))));
}

#[test]
fn what_is_refused_or_away_is_said_and_a_server_that_comes_back_is_used() {
    let Some(server) = server() else { return };
    let dir = tempfile::tempdir().unwrap();
    let small = dir.path().join("small");
    std::fs::write(&small, b"some bytes").unwrap();
    let wrong = Bucket::new(&place(&server, &dir.path().join("wrong"), "GUESS")).unwrap();
    let refused = wrong.put("x", &small).unwrap_err().to_string();
    assert!(refused.contains("403") || refused.contains("Signature"), "{refused}");
    let keyless = Place {
        keys: Source::File(dir.path().join("none")),
        ..place(&server, &dir.path().join("k"), "SECRET")
    };
    assert!(matches!(Bucket::new(&keyless).unwrap().put("x", &small), Err(Error::Keys(_))));
    for bad in ["packets/one", "s3://", "http://packets"] {
        assert!(Bucket::new(&Place { url: bad.into(), ..Place::default() }).is_err(), "{bad}");
    }
    let bucket = Bucket::new(&place(&server, &dir.path().join("keys"), "SECRET")).unwrap();
    assert!(bucket.key_of("s3://other/x").is_err());
    let Server { port, .. } = server;
    let held = tempfile::tempdir().unwrap();
    std::fs::create_dir(held.path().join("packets")).unwrap();
    drop(server);
    assert!(matches!(bucket.put("x", &small), Err(Error::Refused(..))), "nobody answers");
    let again = start(held, port);
    bucket.put("x", &small).unwrap();
    assert_eq!(std::fs::read(again.folder.path().join("packets/one/two/x")).unwrap(), b"some bytes");
}
