//! Packets that other machines send: pcap-over-IP, TZSP, ERSPAN; and libpcap, loaded at run time.
#![cfg(target_os = "linux")]

mod network;

use std::io::Write as _;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use network::{ip, sender, with_network};
use source::{Filter, Mechanism, Opened, PacketSource, Spec, Status, Stop, open};
use wire::LinkType;
use wire::build::Frame;

fn frame(number: u16) -> Vec<u8> {
    let payload = vec![number as u8; usize::from(number % 700)];
    Frame::payload(&payload)
        .udp(number, 9)
        .ipv4([10, 0, 0, 1], [10, 0, 0, 2])
        .ethernet([2; 6], [4; 6])
        .bytes()
}

/// A pcap of some frames, with nanoseconds.
fn capture(numbers: std::ops::Range<u16>) -> Vec<u8> {
    let mut out = Vec::new();
    for word in [0xa1b2_3c4du32, 0x0004_0002, 0, 0, 262_144, 1] {
        out.extend(word.to_le_bytes());
    }
    for number in numbers {
        let bytes = frame(number);
        for word in [1_700_000_000, u32::from(number), bytes.len() as u32, bytes.len() as u32 + 3] {
            out.extend(word.to_le_bytes());
        }
        out.extend(bytes);
    }
    out
}

type Got = (Vec<u8>, u32, i64, u32, LinkType);

/// Reads until so many packets came, or ten seconds passed.
fn receive(source: &mut dyn PacketSource, n: usize) -> Vec<Got> {
    let mut got: Vec<Got> = Vec::new();
    let end = Instant::now() + Duration::from_secs(10);
    while got.len() < n && Instant::now() < end {
        let status = source
            .batch(100, &mut |p| got.push((p.bytes.to_vec(), p.original_len, p.time, p.interface, p.link)))
            .unwrap();
        if status == Status::End {
            break;
        }
    }
    got
}

fn opened(mechanism: Mechanism, interface: &str, stop: &Stop) -> Box<dyn PacketSource> {
    let spec = Spec { mechanism, ..Spec::new(interface) };
    let Opened { mut sources, notes } = open(&spec, stop).unwrap();
    assert!(!notes.is_empty());
    sources.pop().unwrap()
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn several_senders_over_tcp() {
    let stop = Stop::new();
    let address = format!("127.0.0.1:{}", free_port());
    let mut source = opened(Mechanism::PcapOverIpListen, &address, &stop);
    let senders: Vec<_> = (0..3u16)
        .map(|sender| {
            let address = address.clone();
            std::thread::spawn(move || {
                let mut stream = TcpStream::connect(address).unwrap();
                // in pieces, so that records are cut
                for piece in capture(sender * 1000..sender * 1000 + 500).chunks(777) {
                    stream.write_all(piece).unwrap();
                }
            })
        })
        .collect();
    // and one that sends no capture
    TcpStream::connect(&address).unwrap().write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n and more").unwrap();
    let mut got = receive(&mut *source, 1500);
    for sender in senders {
        sender.join().unwrap();
    }
    assert_eq!(got.len(), 1500);
    got.sort_by_key(|g| (g.2, g.0.clone()));
    let numbers = (0..500).chain(1000..1500).chain(2000..2500);
    let mut want: Vec<Got> = numbers
        .map(|n: u16| {
            let bytes = frame(n);
            let len = bytes.len() as u32 + 3;
            (bytes, len, 1_700_000_000_000_000_000 + i64::from(n), got[0].3, LinkType::ETHERNET)
        })
        .collect();
    want.sort_by_key(|g| (g.2, g.0.clone()));
    assert_eq!(got, want);
    assert_eq!(source.interface_name(got[0].3), Some("127.0.0.1"));
    let end = Instant::now() + Duration::from_secs(10);
    while source.statistics().malformed == 0 && Instant::now() < end {
        let _ = source.batch(1, &mut |_| ()).unwrap();
    }
    let statistics = source.statistics();
    assert_eq!((statistics.packets, statistics.malformed), (1500, 1));
    let notes = source.take_notes();
    assert!(notes.iter().any(|note| note.contains("127.0.0.1")), "{notes:?}");
    stop.set();
    let begun = Instant::now();
    while source.batch(1, &mut |_| ()).unwrap() != Status::End {
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn a_connection_that_ends_is_made_again() {
    let stop = Stop::new();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap().to_string();
    let feeder = std::thread::spawn(move || {
        for round in 0..3u16 {
            let (mut stream, _) = server.accept().unwrap();
            let mut bytes = capture(round * 10..round * 10 + 10);
            if round == 1 {
                // cut in the middle of the last record
                bytes.truncate(bytes.len() - 3);
            }
            stream.write_all(&bytes).unwrap();
        }
    });
    let mut source = opened(Mechanism::PcapOverIpConnect, &address, &stop);
    let got = receive(&mut *source, 29);
    feeder.join().unwrap();
    let ports: Vec<i64> = got.iter().map(|g| g.2 - 1_700_000_000_000_000_000).collect();
    let want: Vec<i64> = (0..30).filter(|n| *n != 19).collect();
    assert_eq!(ports, want);
    let statistics = source.statistics();
    assert_eq!((statistics.reopened, statistics.malformed), (2, 1));
    stop.set();
    // without reopening the end is the end, and nobody there is an error that names the address
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap().to_string();
    let spec = Spec { mechanism: Mechanism::PcapOverIpConnect, reopen: false, ..Spec::new(&*address) };
    let mut source = open(&spec, &Stop::new()).unwrap().sources.pop().unwrap();
    server.accept().unwrap().0.write_all(&capture(0..5)).unwrap();
    assert_eq!(receive(&mut *source, 6).len(), 5);
    drop(server);
    let error = open(&spec, &Stop::new()).unwrap_err().to_string();
    assert!(error.contains(&address) && error.contains("connecting"), "{error}");
}

#[test]
fn mirrors_of_access_points() {
    let stop = Stop::new();
    let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut source = opened(Mechanism::TzspListen, &format!("127.0.0.1:{port}"), &stop);
    let access_point = UdpSocket::bind("127.0.0.1:0").unwrap();
    let send = |kind: u8, bytes: &[u8]| {
        let mut message = vec![1, 0, 0, kind, 10, 1, 0xc4, 0, 1];
        message.extend_from_slice(bytes);
        access_point.send_to(&message, ("127.0.0.1", port)).unwrap();
    };
    for number in 0..200 {
        send(1, &frame(number));
    }
    send(0x12, &[0x80, 0, 1, 2, 3]);
    access_point.send_to(b"hostile", ("127.0.0.1", port)).unwrap();
    access_point.send_to(&[1, 4, 0, 0], ("127.0.0.1", port)).unwrap();
    let got = receive(&mut *source, 201);
    for (number, got) in (0..200u16).zip(&got) {
        assert_eq!((&got.0, got.4), (&frame(number), LinkType::ETHERNET));
    }
    assert_eq!((got[200].4, &got[200].0[..]), (LinkType::IEEE802_11, &[0x80, 0, 1, 2, 3][..]));
    let _ = source.batch(10, &mut |_| ()).unwrap();
    let _ = source.batch(10, &mut |_| ()).unwrap();
    let statistics = source.statistics();
    assert_eq!((statistics.packets, statistics.malformed, statistics.filtered), (201, 1, 1));
    assert_eq!(statistics.received, 203);
    stop.set();
    while source.batch(1, &mut |_| ()).unwrap() != Status::End {}
}

#[test]
fn mirrors_of_switches() {
    with_network(|| {
        assert!(ip("addr add 192.0.2.9/24 dev in"));
        let mac = std::fs::read_to_string("/sys/class/net/in/address");
        let Some(mac) = thread_mac("in").or(mac.ok()) else { panic!("no address of in") };
        let mac: Vec<u8> = mac.trim().split(':').map(|b| u8::from_str_radix(b, 16).unwrap()).collect();
        let mut source = opened(Mechanism::ErspanListen, "192.0.2.9", &Stop::new());
        let sender = sender("out");
        for number in 0..300u16 {
            let kind = (number % 3 + 1) as u8;
            let payload = vec![number as u8; usize::from(number)];
            let inner = Frame::payload(&payload)
                .udp(number, 9)
                .ipv4([10, 0, 0, 1], [10, 0, 0, 2])
                .ethernet([2; 6], [4; 6]);
            let outer = inner.erspan(kind, 7).ipv4([192, 0, 2, 1], [192, 0, 2, 9]);
            sender.send(&outer.ethernet([2, 0, 0, 0, 0, 2], mac[..].try_into().unwrap()).bytes());
        }
        let got = receive(&mut *source, 300);
        assert_eq!(got.len(), 300);
        for (number, got) in (0..300u16).zip(&got) {
            let payload = vec![number as u8; usize::from(number)];
            let inner = Frame::payload(&payload)
                .udp(number, 9)
                .ipv4([10, 0, 0, 1], [10, 0, 0, 2])
                .ethernet([2; 6], [4; 6]);
            assert_eq!(got.0, inner.bytes(), "{number}");
        }
        assert_eq!(source.interface_name(got[1].3), Some("192.0.2.1/7"));
        assert_eq!(source.statistics().malformed, 0);
    });
}

/// Address of an interface of this thread's network: sysfs shows the one of the process.
fn thread_mac(interface: &str) -> Option<String> {
    let output = Command::new("ip").args(["-o", "link", "show", interface]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut words = text.split_whitespace();
    words.find(|word| *word == "link/ether")?;
    words.next().map(str::to_owned)
}

fn system_libpcap() -> Option<PathBuf> {
    let folders =
        ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/lib"];
    folders.iter().find_map(|folder| {
        let entries = std::fs::read_dir(folder).ok()?.flatten();
        entries
            .map(|e| e.path())
            .find(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("libpcap.so.")))
    })
}

#[test]
fn libpcap_of_the_system_and_another_one() {
    let Some(system) = system_libpcap() else {
        eprintln!("skipped: this machine has no libpcap");
        return;
    };
    with_network(|| {
        // The same code in another file, which says another version of itself.
        let folder = tempfile::tempdir().unwrap();
        let other = folder.path().join("libpcap-of-another-vendor.so");
        let mut bytes = std::fs::read(&system).unwrap();
        let at = bytes.windows(16).position(|w| w == b"libpcap version ").unwrap();
        bytes[at..at + 7].copy_from_slice(b"mypcap!");
        std::fs::write(&other, bytes).unwrap();
        for (path, says) in [(None, "libpcap version"), (Some(other.clone()), "mypcap! version")] {
            let test = |link: LinkType, frame: &[u8], _: u32| {
                link == LinkType::ETHERNET && frame.get(34..36).is_some_and(|port| port[1] % 2 == 0)
            };
            // ldb [35]; jset #1; ret 0; ret 262144: even source ports
            let program = [(0x30, 0, 0, 35), (0x45, 0, 1, 1), (6, 0, 0, 0), (6, 0, 0, 262_144)]
                .map(|(code, jt, jf, k)| source::Instruction { code, jt, jf, k });
            let spec = Spec {
                mechanism: Mechanism::Libpcap,
                libpcap: path.clone(),
                snap_len: 200,
                filter: Some(Filter::new("even ports", Some(program.to_vec()), test)),
                ..Spec::new("in")
            };
            let stop = Stop::new();
            let Opened { mut sources, notes } = open(&spec, &stop).unwrap();
            assert!(notes[0].contains(says), "{notes:?}");
            let file = path.as_ref().map_or("libpcap.so", |path| path.to_str().unwrap());
            let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
            assert!(notes[0].contains(file) && maps.contains(file), "{notes:?}");
            let sender = sender("out");
            for number in 0..400 {
                sender.send(&frame(number));
            }
            let got = receive(&mut *sources[0], 200);
            assert_eq!(got.len(), 200);
            for (number, got) in (0..400u16).filter(|n| n % 2 == 0).zip(&got) {
                let whole = frame(number);
                assert_eq!((&got.0[..], got.1 as usize), (&whole[..whole.len().min(200)], whole.len()));
            }
            assert!(got.iter().any(|got| got.2 % 1000 != 0), "nanoseconds");
            let statistics = sources[0].statistics();
            assert_eq!((statistics.packets, statistics.kernel_dropped), (200, 0));
            assert!(ip("link set in down"));
            for _ in 0..3 {
                let _ = sources[0].batch(10, &mut |_| ()).unwrap();
            }
            assert!(ip("link set in up"));
            let end = Instant::now() + Duration::from_secs(10);
            let mut back = false;
            while !back && Instant::now() < end {
                sender.send(&frame(2));
                sources[0].batch(10, &mut |_| back = true).unwrap();
            }
            assert!(back, "{:?}", sources[0].take_notes());
            stop.set();
            while sources[0].batch(10, &mut |_| ()).unwrap() != Status::End {}
        }
        let spec = Spec { mechanism: Mechanism::Libpcap, ..Spec::new("nosuch0") };
        let error = open(&spec, &Stop::new()).unwrap_err().to_string();
        assert!(error.contains("nosuch0") && error.contains("libpcap"), "{error}");
        let spec = Spec { libpcap: Some("/nonexistent/libpcap.so".into()), ..Spec::new("in") };
        let error = open(&spec, &Stop::new()).unwrap_err().to_string();
        assert!(error.contains("/nonexistent/libpcap.so"), "{error}");
        let spec = Spec { libpcap: Some("libc.so.6".into()), ..Spec::new("in") };
        let error = open(&spec, &Stop::new()).unwrap_err().to_string();
        assert!(error.contains("no function pcap_create"), "{error}");
    });
}
