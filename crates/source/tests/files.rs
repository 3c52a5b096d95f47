//! Capture files of every kind, folders, a watched folder.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pcap::{NgWriter, PcapWriter, Precision};
use source::{Error, FileSource, PacketSource, Status, Stop, Storage, Watch, matches_pattern, walk};
use wire::LinkType;

/// A pcap with `n` packets; packet `i` has `i + 1` bytes of value `i` and time `i` seconds.
fn capture(n: u8) -> Vec<u8> {
    let mut writer = PcapWriter::new(Vec::new(), Precision::Nanos, 1, 65535).unwrap();
    for i in 0..n {
        writer.write(i64::from(i) * 1_000_000_000 + 1, &vec![i; usize::from(i) + 1], 100).unwrap();
    }
    writer.into_inner()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, bytes).unwrap();
    path
}

/// Bytes of all packets and the error, if any. Checks what every file source must hold.
fn read(source: &mut FileSource, limit: usize) -> (Vec<Vec<u8>>, Option<Error>) {
    let (mut packets, mut error, mut last_at) = (Vec::new(), None, 0);
    let mapping = source.mapping();
    loop {
        let mut given = 0;
        let result = source.batch(limit, &mut |p| {
            given += 1;
            assert!(p.at > last_at && p.data_at > p.at);
            last_at = p.at;
            assert_eq!((p.link, p.original_len, p.interface), (LinkType::ETHERNET, 100, 0));
            if let Some(mapping) = &mapping {
                assert_eq!(&mapping[p.data_at as usize..][..p.bytes.len()], p.bytes);
            }
            packets.push(p.bytes.to_vec());
        });
        assert!(given <= limit);
        match result {
            Ok(Status::End) => break,
            Ok(Status::More | Status::Idle) => {}
            Err(e) => error = Some(e),
        }
    }
    let statistics = source.statistics();
    assert_eq!(statistics.packets, packets.len() as u64);
    assert_eq!(statistics.bytes, packets.iter().map(|p| p.len() as u64).sum::<u64>());
    assert_eq!(source.batch(1, &mut |_| panic!("after the end")).unwrap(), Status::End);
    (packets, error)
}

fn want(n: u8) -> Vec<Vec<u8>> {
    (0..n).map(|i| vec![i; usize::from(i) + 1]).collect()
}

#[test]
fn every_storage_gives_the_same_packets() {
    let dir = tempfile::tempdir().unwrap();
    let plain = capture(200);
    // Members and frames that are cut in the middle of a record.
    let two_members = [gzip(&plain[..1000]), gzip(&plain[1000..])].concat();
    let zstd = |b: &[u8]| zstd::stream::encode_all(b, 1).unwrap();
    let two_frames = [zstd(&plain[..777]), zstd(&plain[777..])].concat();
    let files = [
        ("plain", plain.clone(), Storage::Plain),
        ("gz", gzip(&plain), Storage::Gzip),
        ("members", two_members, Storage::Gzip),
        ("zst", zstd(&plain), Storage::Zstd),
        ("frames", two_frames, Storage::Zstd),
    ];
    for (name, bytes, storage) in files {
        let path = write(dir.path(), name, &bytes);
        for limit in [1, 7, 1000] {
            let mut source = FileSource::open(&path, &Stop::new()).unwrap();
            assert_eq!(
                (source.storage(), source.mapping().is_some()),
                (storage, storage == Storage::Plain),
                "{name}"
            );
            let (packets, error) = read(&mut source, limit);
            assert!(error.is_none(), "{name}: {error:?}");
            assert_eq!(packets, want(200), "{name}");
            let progress = source.progress();
            assert_eq!(
                (progress.read, progress.total),
                (bytes.len() as u64, Some(bytes.len() as u64)),
                "{name}"
            );
        }
    }
}

#[test]
fn a_pipe_is_read_and_can_be_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let writer = {
        let path = path.clone();
        std::thread::spawn(move || {
            let mut pipe = fs::File::create(path).unwrap();
            pipe.write_all(&capture(3)).unwrap();
            pipe.write_all(&[1, 0, 0]).unwrap(); // a record begins
            std::thread::sleep(Duration::from_millis(600));
        })
    };
    let stop = Stop::new();
    let mut source = FileSource::open(&path, &stop).unwrap();
    assert_eq!(source.storage(), Storage::Pipe);
    let mut packets = Vec::new();
    // What has come is given at once although more may follow.
    assert_eq!(source.batch(100, &mut |p| packets.push(p.bytes.to_vec())).unwrap(), Status::Idle);
    assert_eq!(packets, want(3));
    let stopper = {
        let stop = stop.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            stop.set();
            std::time::Instant::now()
        })
    };
    // The half record is not damage: we left.
    assert_eq!(source.batch(100, &mut |_| panic!("no packet")).unwrap(), Status::End);
    assert!(stopper.join().unwrap().elapsed() < Duration::from_millis(200));
    writer.join().unwrap();
}

#[test]
fn damage_is_named_after_what_came_before() {
    let dir = tempfile::tempdir().unwrap();
    let plain = capture(50);
    let cut = write(dir.path(), "cut.pcap", &plain[..plain.len() - 3]);
    let (packets, error) = read(&mut FileSource::open(&cut, &Stop::new()).unwrap(), 1000);
    assert_eq!(packets, want(49));
    let text = error.unwrap().to_string();
    assert!(text.starts_with(cut.to_str().unwrap()), "{text}");
    assert!(
        text.contains(&format!(
            "ends at byte {}: truncated (the 49 records before it are kept)",
            plain.len() - 3
        )),
        "{text}"
    );

    // A gzip file whose end is missing: all that could be decompressed is given.
    let gz = gzip(&plain);
    let cut = write(dir.path(), "cut.pcap.gz", &gz[..gz.len() - 8]);
    let (packets, error) = read(&mut FileSource::open(&cut, &Stop::new()).unwrap(), 1000);
    assert_eq!(packets.len(), 50);
    assert!(error.is_some());

    let text = write(dir.path(), "notes.txt", b"hello world");
    let error = FileSource::open(&text, &Stop::new()).err().unwrap();
    assert!(error.is_not_a_capture());
    let empty = write(dir.path(), "empty.pcap", b"");
    let error = FileSource::open(&empty, &Stop::new()).err().unwrap();
    assert!(error.to_string().ends_with("empty: not even a capture header"), "{error}");
    assert!(matches!(FileSource::open(dir.path(), &Stop::new()), Err(Error::Io { .. })));
    assert!(matches!(FileSource::open(dir.path().join("none"), &Stop::new()), Err(Error::Io { .. })));
}

#[test]
fn pcapng_names_its_interfaces() {
    let dir = tempfile::tempdir().unwrap();
    let mut ng = NgWriter::new(Vec::new(), "test").unwrap();
    for name in ["eth0", "eth1"] {
        let interface = ng.interface(1, Some(name)).unwrap();
        ng.write(interface, 5, b"x", 1, None).unwrap();
    }
    let path = write(dir.path(), "a.pcapng", &ng.into_inner());
    let mut source = FileSource::open(&path, &Stop::new()).unwrap();
    let mut seen = Vec::new();
    while source.batch(1, &mut |p| seen.push(p.interface)).unwrap() != Status::End {}
    let names: Vec<_> = seen.iter().map(|i| source.interface_name(*i)).collect();
    assert_eq!(names, [Some("eth0"), Some("eth1")]);
}

#[test]
fn a_folder_gives_its_captures_sorted() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let want = [
        write(root, "a/one.bin", &capture(1)),
        write(root, "a/two.gz", &gzip(&capture(2))),
        write(root, "b.pcap", &capture(3)),
        write(root, "c/d/e.pcapng", &NgWriter::new(Vec::new(), "test").unwrap().into_inner()),
    ];
    let text = write(root, "a/readme.pcap", b"this is text");
    let log = write(root, "log.gz", &gzip(b"a compressed log"));
    let tiny = write(root, "z", b"x");
    std::os::unix::fs::symlink(root, root.join("loop")).unwrap();
    let found = walk(&[root.to_owned()], &Stop::new()).unwrap();
    assert_eq!(found.captures, want);
    assert_eq!(found.bytes, want.iter().map(|p| fs::metadata(p).unwrap().len()).sum::<u64>());
    let ignored: Vec<_> = found.ignored.iter().map(|i| i.path.clone()).collect();
    assert_eq!(ignored, [text.clone(), log, root.join("loop"), tiny]);
    assert!(found.ignored[0].why.contains("begins with 74 68 69 73"));
    // A file that is named is taken, whatever it is; a path that does not exist is an error.
    assert_eq!(walk(std::slice::from_ref(&text), &Stop::new()).unwrap().captures, [text]);
    assert!(walk(&[root.join("none")], &Stop::new()).is_err());
}

#[test]
fn a_watched_folder_gives_complete_captures_once() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let stop = Stop::new();
    let settle = Duration::from_millis(200);
    let mut watch = Watch::new(root, vec!["*.pcap".to_owned()], settle, &stop).unwrap();
    let old = write(root, "old.pcap", &capture(1));
    write(root, "other.txt", &capture(1));
    write(root, "bad.pcap", b"not a capture");
    assert_eq!(watch.next(Duration::from_secs(5)).unwrap(), Some(old.clone()));
    assert_eq!(watch.take_ignored().len(), 1);
    assert_eq!(watch.next(Duration::from_millis(500)).unwrap(), None);
    // A file that grows is not taken before it rests.
    let grows = root.join("sub/grows.pcap");
    let writer = {
        let grows = grows.clone();
        std::thread::spawn(move || {
            let bytes = capture(40);
            fs::create_dir_all(grows.parent().unwrap()).unwrap();
            let mut file = fs::File::create(&grows).unwrap();
            for part in bytes.chunks(bytes.len() / 8 + 1) {
                file.write_all(part).unwrap();
                std::thread::sleep(Duration::from_millis(60));
            }
        })
    };
    assert_eq!(watch.next(Duration::from_secs(10)).unwrap(), Some(grows.clone()));
    writer.join().unwrap();
    assert_eq!(read(&mut FileSource::open(&grows, &stop).unwrap(), 100).0, want(40));
    // What is written anew is taken anew.
    fs::write(&old, capture(9)).unwrap();
    assert_eq!(watch.next(Duration::from_secs(5)).unwrap(), Some(old));
    stop.set();
    assert_eq!(watch.next(Duration::from_secs(5)).unwrap(), None);
}

#[test]
fn patterns() {
    for (pattern, name, yes) in [
        ("*.pcap", "a.pcap", true),
        ("*.pcap", "a.pcapng", false),
        ("*.pcap*", "a.pcap.gz", true),
        ("eth?-*", "eth0-x", true),
        ("eth?-*", "eth-x", false),
        ("*a*b*", "xxaxxbxx", true),
        ("*a*b", "xxaxxbxx", false),
        ("", "", true),
        ("*", "", true),
    ] {
        assert_eq!(matches_pattern(pattern, name), yes, "{pattern} {name}");
    }
}
