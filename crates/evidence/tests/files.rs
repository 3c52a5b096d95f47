//! Evidence from the packet to the answer, over real files.

use evidence::{Archive, Kept, Limits, Offer, Record, Recorder, RecorderOptions, body, capture};
use jiff::tz::TimeZone;
use std::path::{Path, PathBuf};
use wire::LinkType;

/// 2023-06-18 15:46:04 in Shanghai.
const SEED: u32 = 1_687_074_364;

fn shanghai() -> TimeZone {
    TimeZone::get("Asia/Shanghai").unwrap()
}

fn recorder(folder: &Path, device: u32) -> Recorder {
    let limits = Limits::default();
    let options =
        RecorderOptions { folder: folder.to_owned(), device, zone: shanghai(), waits: true, limits };
    Recorder::start(options).unwrap()
}

fn offer(recorder: &Recorder, micros: u64, bytes: &[u8]) {
    let offer = Offer {
        time: i64::try_from(micros * 1_000).unwrap(),
        link: LinkType::ETHERNET,
        bytes,
        len: u32::try_from(bytes.len()).unwrap(),
    };
    assert_eq!(recorder.offer(&offer), Kept::Taken);
}

fn names(folder: &Path) -> Vec<String> {
    let entries =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

fn find(archive: &Archive, device: u32, micros: u64) -> Vec<Record> {
    let (seconds, within) = ((micros / 1_000_000) as u32, (micros % 1_000_000) as u32);
    archive.find(Some(device), seconds, within).unwrap().records
}

fn micros(within: u64) -> u64 {
    u64::from(SEED) * 1_000_000 + within
}

#[test]
fn slots_are_named_in_local_time_and_closed_with_an_index() {
    let dir = tempfile::tempdir().unwrap();
    let recorder = recorder(dir.path(), 3);
    let boundary = 1_687_074_600_000_000;
    for (at, bytes) in
        [(micros(0), b"first"), (boundary - 1, b"below"), (boundary, b"after"), (micros(0), b"again")]
    {
        offer(&recorder, at, bytes);
    }
    let status = recorder.finish();
    assert_eq!((status.written, status.lost_error, status.problem), (4, 0, None));
    let folder = dir.path().join("3");
    assert_eq!(
        names(&folder),
        ["202306181545.pcap", "202306181545.pcap.idx", "202306181550.pcap", "202306181550.pcap.idx"]
    );
    let bytes = std::fs::read(folder.join("202306181545.pcap")).unwrap();
    assert_eq!(bytes[..16], [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(bytes[20..24], [1, 0, 0, 0]);
    assert_eq!(bytes.len(), 24 + 3 * (16 + 5));
    let archive = Archive::new(dir.path(), shanghai());
    let found = find(&archive, 3, micros(0));
    let frames: Vec<&[u8]> = found.iter().map(|record| record.bytes.as_slice()).collect();
    assert_eq!(frames, [b"first", b"again"], "all packets of the microsecond");
    assert_eq!(find(&archive, 3, boundary - 1)[0].bytes, b"below");
    assert_eq!(find(&archive, 3, boundary)[0].bytes, b"after");
    assert!(find(&archive, 3, boundary + 1).is_empty() && find(&archive, 3, micros(1)).is_empty());
    assert!(find(&archive, 4, micros(0)).is_empty());
    let why = |device, seconds| archive.find(device, seconds, 0).unwrap().why.unwrap();
    assert!(why(Some(4), SEED).contains("device"));
    assert!(why(Some(3), SEED - 86_400).contains("no file"));
    assert!(why(Some(3), SEED + 1).contains("no packet"));
}

#[test]
fn an_open_slot_is_found_and_a_restart_adds_to_it() {
    let dir = tempfile::tempdir().unwrap();
    let archive = Archive::new(dir.path(), shanghai());
    let first = recorder(dir.path(), 3);
    offer(&first, micros(7), b"one");
    let begun = std::time::Instant::now();
    while find(&archive, 3, micros(7)).is_empty() {
        assert!(begun.elapsed().as_secs() < 20, "an open slot is not found");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let folder = dir.path().join("3");
    assert_eq!(names(&folder), ["202306181545.pcap.idx", "202306181545.pcap.temp"]);
    // another process, at once, and one after the first has ended
    let second = recorder(dir.path(), 3);
    offer(&second, micros(8), b"two");
    drop(second);
    offer(&first, micros(9), b"three");
    drop(first);
    offer(&recorder(dir.path(), 3), micros(6), b"four");
    assert_eq!(names(&folder), ["202306181545.pcap", "202306181545.pcap.idx"]);
    for (at, frame) in [(7, b"one".as_slice()), (8, b"two"), (9, b"three"), (6, b"four")] {
        let found = find(&archive, 3, micros(at));
        assert_eq!(found.iter().map(|record| record.bytes.as_slice()).collect::<Vec<_>>(), [frame], "{at}");
    }
}

#[test]
fn more_packets_of_a_microsecond_than_are_given_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let own = recorder(dir.path(), 3);
    for at in 0..1_007_u32 {
        offer(&own, micros(5), &at.to_be_bytes());
    }
    drop(own);
    let found = Archive::new(dir.path(), shanghai()).find(Some(3), SEED, 5).unwrap();
    assert_eq!((found.records.len(), found.left_out), (1_000, 7));
}

#[test]
fn what_a_killed_process_left_is_read_and_gone_on_with() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("3");
    let first = recorder(dir.path(), 3);
    for at in 0..100 {
        offer(&first, micros(at), &[at as u8; 60]);
    }
    drop(first);
    // as if it had been killed in the middle of a record, with an index that lags behind
    let (path, temp) = (folder.join("202306181545.pcap"), folder.join("202306181545.pcap.temp"));
    let whole = std::fs::read(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let archive = Archive::new(dir.path(), shanghai());
    for (cut, index) in [(whole.len() - 30, true), (whole.len() - 76 - 10, false)] {
        std::fs::write(&temp, &whole[..cut]).unwrap();
        if !index {
            let _ = std::fs::remove_file(folder.join("202306181545.pcap.idx"));
        }
        let last = if index { 98 } else { 97 };
        assert_eq!(find(&archive, 3, micros(last)).len(), 1);
        assert_eq!(find(&archive, 3, micros(last + 1)).len(), 0);
        let again = recorder(dir.path(), 3);
        offer(&again, micros(200), b"after the restart");
        drop(again);
        let bytes = std::fs::read(&path).unwrap();
        let kept = (last as usize + 1) * 76 + 24;
        assert_eq!(bytes[..kept], whole[..kept], "nothing before is lost");
        assert_eq!(bytes.len(), kept + 16 + 17);
        for at in [0, 50, last, 200] {
            assert_eq!(find(&archive, 3, micros(at)).len(), 1, "{at}");
        }
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_file_of_another_program_is_read_and_kept_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("3");
    std::fs::create_dir(&folder).unwrap();
    let path = folder.join("202306181545.pcap");
    // nanoseconds, big-endian, raw IP
    let mut foreign =
        vec![0xa1, 0xb2, 0x3c, 0x4d, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 101];
    for word in [SEED, 5_999, 3, 3] {
        foreign.extend(word.to_be_bytes());
    }
    foreign.extend(b"raw");
    std::fs::write(&path, &foreign).unwrap();
    let archive = Archive::new(dir.path(), shanghai());
    let found = find(&archive, 3, micros(5));
    assert_eq!((found[0].bytes.as_slice(), found[0].link), (b"raw".as_slice(), 101));
    // a packet saved by the probe in the slot after its own
    assert_eq!(find(&archive, 3, micros(5) - 300_000_000).len(), 0);
    std::fs::rename(&path, folder.join("202306181550.pcap")).unwrap();
    assert_eq!(find(&archive, 3, micros(5)).len(), 1);
    std::fs::rename(folder.join("202306181550.pcap"), &path).unwrap();
    let recorder = recorder(dir.path(), 3);
    offer(&recorder, micros(5), b"ours");
    drop(recorder);
    assert_eq!(std::fs::read(&path).unwrap(), foreign);
    assert_eq!(find(&archive, 3, micros(5)).len(), 2);
    assert!(names(&folder).contains(&"202306181545-2.pcap".to_owned()));
}

fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/liuying");
    if !folder.is_dir() {
        eprintln!("skipped: {} is absent", folder.display());
        return None;
    }
    Some(folder)
}

fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
        .collect()
}

#[test]
fn answers_are_those_of_the_original() {
    let Some(folder) = corpus() else { return };
    let text = std::fs::read(folder.join("evidence_vectors.json")).unwrap();
    let vectors: serde_json::Value = serde_json::from_slice(&text).unwrap();
    for vector in vectors.as_array().unwrap() {
        let number = |name: &str| u32::try_from(vector[name].as_u64().unwrap()).unwrap();
        let record = Record {
            device: 3,
            link: number("dlt") as u16,
            seconds: number("sec"),
            micros: number("usec"),
            bytes: unhex(vector["frame_hex"].as_str().unwrap()),
            len: number("len"),
            snap_len: 262_144,
        };
        let mut want = vector["original_output"].clone();
        if vector["note"].as_str().unwrap().contains("ORIGINAL BUG") {
            assert_eq!(vector["name"], "ipv6_tcp");
            want["sip"] = "2001:db8::1".into();
            want["dip"] = "2001:db8::2".into();
            want["payload"] = "B".repeat(60).into();
        }
        assert_eq!(body(std::slice::from_ref(&record)), format!("[\n{want}\n]\n"), "{}", vector["name"]);
        let mut pcap = capture(std::slice::from_ref(&record));
        let object = &want;
        let head = unhex(object["pkthdr"].as_str().unwrap());
        let frame = unhex(object["packet"].as_str().unwrap());
        assert_eq!(pcap.split_off(24), [head, frame].concat());
    }
}

/// An Ethernet frame with IPv4 and UDP around a payload.
fn udp(payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![2; 12];
    let len = payload.len() as u16;
    frame.extend([8, 0, 0x45, 0]);
    frame.extend((28 + len).to_be_bytes());
    frame.extend([0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 7, 0, 9]);
    frame.extend((8 + len).to_be_bytes());
    frame.extend([0, 0]);
    frame.extend(payload);
    frame
}

fn record(bytes: Vec<u8>) -> Record {
    let len = u32::try_from(bytes.len()).unwrap();
    Record { device: 3, link: 1, seconds: SEED, micros: 968_817, bytes, len, snap_len: 262_144 }
}

#[test]
fn of_all_bytes_the_printable_ones_survive() {
    let all: Vec<u8> = (0..=255).collect();
    let text = body(&[record(udp(&all)), record(udp(b"a\"b\\c\x00\x7f\x80"))]);
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    let payload = answer[0]["payload"].as_str().unwrap();
    assert_eq!(payload.len(), 256);
    let kept = payload.bytes().zip(&all).filter(|(shown, byte)| shown == *byte).count();
    assert_eq!(kept, 95);
    assert_eq!(answer[1]["payload"], "a\"b\\c...");
    assert!(text.contains(r#""payload":"a\"b\\c...""#));
    assert_eq!(answer[1].as_object().unwrap().len(), 15);
    assert_eq!(body(&[]), "[\n\n]\n");
    assert!(capture(&[]).is_empty());
}

#[test]
fn protocols_without_ports_need_not_be_readable() {
    for (protocol, name) in [
        (200, "PROTO_200"),
        (47, "GRE"),
        (50, "ESP"),
        (51, "AH"),
        (97, "ETHERIP"),
        (41, "IPV6"),
        (132, "SCTP"),
        (89, "OSPFIGP"),
    ] {
        let mut frame = udp(b"");
        frame.truncate(34);
        frame[17] = 22;
        frame[23] = protocol;
        frame.extend(b"zz");
        let said: serde_json::Value = serde_json::from_str(&body(&[record(frame)])).unwrap();
        assert_eq!(
            (&said[0]["protocol"], &said[0]["sip"], &said[0]["dport"], &said[0]["payload"]),
            (&name.into(), &"10.0.0.1".into(), &0.into(), &"".into()),
            "{said}"
        );
    }
    // ports that are not there cannot be said
    let mut frame = udp(b"");
    frame.truncate(36);
    frame[17] = 22;
    let said: serde_json::Value = serde_json::from_str(&body(&[record(frame)])).unwrap();
    assert_eq!(said[0].as_object().unwrap().len(), 3, "{said}");
}

#[test]
fn tunnels_show_what_the_rules_looked_at() {
    let inner = udp(b"inner");
    // VXLAN around it: UDP to 4789, flags, network 7
    let vxlan = udp(&[&[8, 0, 0, 0, 0, 0, 7, 0], inner.as_slice()].concat());
    let mut vxlan = vxlan;
    vxlan[34..38].copy_from_slice(&[0x12, 0xb5, 0x12, 0xb5]);
    vxlan[29] = 9;
    let answer: serde_json::Value = serde_json::from_str(&body(&[record(vxlan)])).unwrap();
    assert_eq!((&answer[0]["payload"], &answer[0]["sip"]), (&"inner".into(), &"10.0.0.1".into()));
    // GRE that carries what is no IP packet: the packet around it
    let mut gre = udp(b"xx");
    gre[23] = 47;
    gre[34..38].copy_from_slice(&[0, 0, 0x12, 0x34]);
    let answer: serde_json::Value = serde_json::from_str(&body(&[record(gre)])).unwrap();
    assert_eq!((&answer[0]["protocol"], &answer[0]["payload"]), (&"GRE".into(), &"".into()), "{answer}");
}

#[test]
fn readers_do_not_wait_for_a_writer_that_stands_still() {
    let dir = tempfile::tempdir().unwrap();
    let first = recorder(dir.path(), 3);
    offer(&first, micros(7), b"one");
    drop(first);
    let lock = std::fs::OpenOptions::new().write(true).open(dir.path().join("3/.lock")).unwrap();
    lock.lock().unwrap();
    let archive = Archive::new(dir.path(), shanghai());
    // it would wait for ever
    assert_eq!(find(&archive, 3, micros(7)).len(), 1);
    lock.unlock().unwrap();
}
