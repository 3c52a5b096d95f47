//! Live capture on a pair of virtual interfaces in a network namespace of its own. Needs root; else each test says that it skips.
#![cfg(target_os = "linux")]
#![allow(unsafe_code)]

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use source::{AfPacket, AfPacketConfig, Error, Instruction, Packet, PacketSource, Status, Stop};
use wire::build::Frame;
use wire::{LinkType, decode, ether};

const MAC_A: [u8; 6] = [2, 0, 0, 0, 0, 1];
const MAC_B: [u8; 6] = [2, 0, 0, 0, 0, 2];

fn ip(arguments: &str) -> bool {
    Command::new("ip").args(arguments.split(' ')).status().is_ok_and(|s| s.success())
}

/// Runs a test in a thread with its own network: interfaces `in` and `out`, joined, without IPv6 chatter. Says so where that is not allowed.
fn with_network(test: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            // SAFETY: plain system call; only this thread moves to the new namespace.
            if unsafe { libc::unshare(libc::CLONE_NEWNET) } != 0 || !ip("link add in type veth peer name out")
            {
                eprintln!("skipped: needs root (CAP_SYS_ADMIN), ip and veth");
                return;
            }
            for name in ["in", "out"] {
                let _ = std::fs::write(format!("/proc/sys/net/ipv6/conf/{name}/disable_ipv6"), "1");
                assert!(ip(&format!("link set {name} addrgenmode none")));
                assert!(ip(&format!("link set {name} up")));
            }
            assert!(ip("link set lo up"));
            test();
        });
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

/// A raw socket that sends frames on an interface.
struct Sender(i32);

impl Sender {
    fn new(interface: &str) -> Self {
        let name = std::ffi::CString::new(interface).unwrap();
        // SAFETY: plain system calls with structures that live through them.
        unsafe {
            let fd = libc::socket(libc::AF_PACKET, libc::SOCK_RAW, 0);
            assert!(fd >= 0);
            let mut address: libc::sockaddr_ll = std::mem::zeroed();
            address.sll_family = libc::AF_PACKET as u16;
            address.sll_ifindex = libc::if_nametoindex(name.as_ptr()) as i32;
            let len = std::mem::size_of_val(&address) as u32;
            assert_eq!(libc::bind(fd, (&raw const address).cast(), len), 0);
            Self(fd)
        }
    }

    fn send(&self, frame: &[u8]) {
        // SAFETY: the kernel reads `frame`, which lives through the call.
        while unsafe { libc::send(self.0, frame.as_ptr().cast(), frame.len(), 0) } != frame.len() as isize {
            let error = std::io::Error::last_os_error();
            assert_eq!(error.raw_os_error(), Some(libc::ENOBUFS), "{error}");
        }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        // SAFETY: our own descriptor.
        unsafe { libc::close(self.0) };
    }
}

/// A packet as it came: bytes, original length, time.
type Got = (Vec<u8>, u32, i64);

/// Reads until `n` packets came or nothing comes for a second.
fn receive(source: &mut AfPacket, n: usize) -> Vec<Got> {
    let mut got: Vec<Got> = Vec::new();
    let mut idle = 0;
    while got.len() < n && idle < 10 {
        let before = got.len();
        let status =
            source.batch(100, &mut |p| got.push((p.bytes.to_vec(), p.original_len, p.time))).unwrap();
        assert!(status != Status::End && got.len() - before <= 100);
        idle = if got.len() > before { 0 } else { idle + 1 };
    }
    got
}

fn udp(port: u16, len: usize) -> Frame {
    Frame::payload(&vec![port as u8; len]).udp(port, 9).ipv4([10, 0, 0, 1], [10, 0, 0, 2])
}

#[test]
fn every_packet_arrives_as_it_was_sent() {
    with_network(|| {
        let mut source = AfPacket::open("in", &AfPacketConfig::default(), &Stop::new()).unwrap();
        assert_eq!(
            (source.link(), source.name(), source.interface_name(0)),
            (LinkType::ETHERNET, "in", Some("in"))
        );
        let sender = Sender::new("out");
        let sent: Vec<Vec<u8>> = (0..1000u16)
            .map(|i| {
                let frame = udp(i, usize::from(i));
                // The kernel takes the outermost tag off; it must be back.
                match i % 3 {
                    0 => frame.ethernet(MAC_A, MAC_B),
                    1 => frame.vlan(i).ethernet(MAC_A, MAC_B),
                    _ => frame.vlan(7).tag(ether::DOT1AD, i).ethernet(MAC_A, MAC_B),
                }
                .bytes()
            })
            .collect();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as i64;
        for frame in &sent {
            sender.send(frame);
        }
        let got = receive(&mut source, sent.len());
        assert_eq!(got.len(), sent.len());
        for (want, (bytes, original_len, time)) in sent.iter().zip(&got) {
            assert_eq!((bytes, *original_len as usize), (want, want.len()));
            assert!((time - now).abs() < 10_000_000_000);
            assert!(decode(LinkType::ETHERNET, bytes).stop.is_none());
        }
        assert!(got.windows(2).all(|w| w[0].2 <= w[1].2));
        let statistics = source.statistics();
        assert_eq!((statistics.packets, statistics.kernel_dropped, statistics.malformed), (1000, 0, 0));
    });
}

#[test]
fn what_the_ring_cannot_hold_is_counted() {
    with_network(|| {
        let config = AfPacketConfig { ring_bytes: Some(256 << 10), ..AfPacketConfig::default() };
        let mut source = AfPacket::open("in", &config, &Stop::new()).unwrap();
        let sender = Sender::new("out");
        let frame = udp(1, 1000).ethernet(MAC_A, MAC_B).bytes();
        const SENT: u64 = 5000;
        for _ in 0..SENT {
            sender.send(&frame);
        }
        let got = receive(&mut source, SENT as usize).len() as u64;
        let statistics = source.statistics();
        assert!(statistics.kernel_dropped > 0, "256 KiB do not hold 5 MB");
        assert_eq!(got + statistics.kernel_dropped, SENT);
        assert!(statistics.ring_full > 0);
        // And it goes on after that.
        sender.send(&frame);
        assert_eq!(receive(&mut source, 1).len(), 1);
        assert_eq!(source.statistics().kernel_dropped, statistics.kernel_dropped, "the counter only grows");
    });
}

#[test]
fn filter_and_snap_length_work_in_the_kernel() {
    with_network(|| {
        // tcpdump -dd 'ether[34:2] == 5' (the UDP source port of an untagged IPv4 packet): ldh [34]; jeq #5; ret 262144; ret 0.
        let filter = [(0x28, 0, 0, 34), (0x15, 0, 1, 5), (0x06, 0, 0, 262_144), (0x06, 0, 0, 0)];
        let filter = filter.map(|(code, jt, jf, k)| Instruction { code, jt, jf, k }).to_vec();
        let config = AfPacketConfig { filter, snap_len: 100, ..AfPacketConfig::default() };
        let mut source = AfPacket::open("in", &config, &Stop::new()).unwrap();
        let sender = Sender::new("out");
        for port in 0..20 {
            sender.send(&udp(port, 500).ethernet(MAC_A, MAC_B).bytes());
        }
        let got = receive(&mut source, 2);
        assert_eq!(got.len(), 1);
        assert_eq!((got[0].0.len(), got[0].1), (100, 542));
        let d = decode(LinkType::ETHERNET, &got[0].0);
        assert_eq!((d.transport.ports(), d.missing), (Some((5, 9)), 442));
        let bad = vec![Instruction { code: 0xffff, jt: 0, jf: 0, k: 0 }];
        let config = AfPacketConfig { filter: bad, ..AfPacketConfig::default() };
        let error = AfPacket::open("in", &config, &Stop::new()).err().unwrap();
        assert!(error.to_string().contains("attaching the filter"), "{error}");
    });
}

#[test]
fn loopback_gives_each_packet_once() {
    with_network(|| {
        let mut source = AfPacket::open("lo", &AfPacketConfig::default(), &Stop::new()).unwrap();
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        for i in 0..50u8 {
            socket.send_to(&[i; 9], socket.local_addr().unwrap()).unwrap();
        }
        let got = receive(&mut source, 60);
        let payloads: BTreeSet<_> =
            got.iter().map(|g| decode(LinkType::ETHERNET, &g.0).payload.to_vec()).collect();
        assert_eq!((got.len(), payloads.len()), (50, 50));
        assert_eq!(source.statistics().duplicates, 50);
    });
}

/// A TUN device called `tun` of the given ARPHRD type, up; what is written to the file arrives on the interface.
fn tun(hardware: u16) -> Option<std::fs::File> {
    use std::os::fd::AsRawFd;
    const TUNSETIFF: libc::c_ulong = 0x4004_54ca;
    const TUNSETLINK: libc::c_ulong = 0x4004_54cd;
    const TUN_WITHOUT_HEADER: i16 = 0x1001;
    let file = std::fs::File::options().read(true).write(true).open("/dev/net/tun").ok()?;
    // SAFETY: an all-zero ifreq is valid; both calls read their argument while it lives.
    unsafe {
        let mut request: libc::ifreq = std::mem::zeroed();
        for (to, from) in request.ifr_name.iter_mut().zip(b"tun") {
            *to = *from as libc::c_char;
        }
        request.ifr_ifru.ifru_flags = TUN_WITHOUT_HEADER;
        if libc::ioctl(file.as_raw_fd(), TUNSETIFF as _, &raw const request) != 0
            || libc::ioctl(file.as_raw_fd(), TUNSETLINK as _, libc::c_long::from(hardware)) != 0
        {
            return None;
        }
    }
    let _ = std::fs::write("/proc/sys/net/ipv6/conf/tun/disable_ipv6", "1");
    ip("link set tun up").then_some(file)
}

#[test]
fn interfaces_without_ethernet() {
    // ARPHRD_NONE gives raw IP, ARPHRD_TUNNEL has no form of its own and is captured cooked.
    for (hardware, link, extra) in [(0xfffe, LinkType::RAW, 0), (768, LinkType::SLL, 16)] {
        with_network(|| {
            let Some(mut device) = tun(hardware) else {
                eprintln!("skipped: no TUN devices here");
                return;
            };
            let mut source = AfPacket::open("tun", &AfPacketConfig::default(), &Stop::new()).unwrap();
            assert_eq!((source.link(), source.cooked_filter()), (link, link == LinkType::SLL));
            let packets =
                [udp(5, 20).bytes(), Frame::payload(b"six").udp(1, 2).ipv6([1; 16], [2; 16]).bytes()];
            for packet in &packets {
                std::io::Write::write_all(&mut device, packet).unwrap();
            }
            let got = receive(&mut source, 2);
            assert_eq!(got.len(), 2);
            for (sent, (bytes, original_len, _)) in packets.iter().zip(&got) {
                assert_eq!(&bytes[extra..], &sent[..]);
                assert_eq!(*original_len as usize, bytes.len());
                let d = decode(link, bytes);
                assert!(d.stop.is_none() && d.transport.ports().is_some(), "{d:?}");
            }
        });
    }
}

#[test]
fn it_stops_at_once_and_survives_an_interface_that_goes_down() {
    with_network(|| {
        let stop = Stop::new();
        let mut source = AfPacket::open("in", &AfPacketConfig::default(), &stop).unwrap();
        assert!(ip("link set in down"));
        for _ in 0..3 {
            assert_eq!(source.batch(1, &mut |_| ()).unwrap(), Status::Idle);
        }
        assert!(ip("link set in up"));
        let sender = Sender::new("out");
        // The kernel hands packets over only when it has noticed, some moments later, that the link is up.
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            sender.send(&udp(1, 10).ethernet(MAC_A, MAC_B).bytes());
            if !receive(&mut source, 1).is_empty() {
                break;
            }
            assert!(Instant::now() < end, "an interface that is up again gives packets");
        }

        let stopper = {
            let stop = stop.clone();
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(150));
                stop.set();
                Instant::now()
            })
        };
        while source.batch(1, &mut |_| ()).unwrap() != Status::End {}
        assert!(stopper.join().unwrap().elapsed() < Duration::from_millis(200));

        let mut source = AfPacket::open("in", &AfPacketConfig::default(), &Stop::new()).unwrap();
        assert!(ip("link del in"));
        let end = Instant::now() + Duration::from_secs(5);
        let error = loop {
            match source.batch(1, &mut |_| ()) {
                Err(error) => break error,
                Ok(_) => assert!(Instant::now() < end, "a removed interface is an error"),
            }
        };
        assert!(matches!(error, Error::Interface { .. }), "{error}");
    });
}

#[test]
fn errors_say_what_to_do() {
    let error = AfPacket::open("nosuch0", &AfPacketConfig::default(), &Stop::new()).err().unwrap();
    assert!(error.to_string().starts_with("no interface is called nosuch0; there are: "), "{error}");
    std::thread::spawn(|| {
        // Version 3 header for this thread, and no capability at all.
        let header = [0x2008_0522u32, 0];
        let none = [0u32; 6];
        // SAFETY: capset reads both structures, which live through the call; it changes this thread alone.
        let result = unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), none.as_ptr()) };
        assert_eq!(result, 0);
        let error = AfPacket::open("lo", &AfPacketConfig::default(), &Stop::new()).err().unwrap();
        assert!(matches!(error, Error::Privilege { .. }), "{error}");
        assert!(error.to_string().contains("sudo setcap cap_net_raw,cap_net_admin=eip /"), "{error}");
    })
    .join()
    .unwrap();
}

#[test]
fn what_was_sent_is_given_or_counted_to_the_last_packet() {
    with_network(|| {
        let config = AfPacketConfig { ring_bytes: Some(512 << 10), ..AfPacketConfig::default() };
        let stop = Stop::new();
        let mut sources = AfPacket::open_shared("in", &config, 2, &stop).unwrap();
        const SENT: u64 = 20_000;
        let sending = std::thread::scope(|scope| {
            // the thread is in this namespace, as its parent
            let sending = scope.spawn(|| {
                let sender = Sender::new("out");
                for number in 0..SENT {
                    sender.send(&udp(number as u16 % 100, 700).ethernet(MAC_A, MAC_B).bytes());
                }
            });
            // a reader that is slower than the sender
            let mut given = 0u64;
            while !sending.is_finished() {
                for source in &mut sources {
                    source.batch(20, &mut |_| given += 1).unwrap();
                    std::thread::sleep(Duration::from_micros(500));
                }
            }
            given
        });
        let mut given = sending;
        // packets still wait in the rings: the stop flag must not lose them
        stop.set();
        for source in &mut sources {
            while source.batch(100, &mut |_| given += 1).unwrap() != Status::End {}
        }
        let (mut dropped, mut received, mut packets) = (0, 0, 0);
        for source in &mut sources {
            let statistics = source.statistics();
            dropped += statistics.kernel_dropped;
            received += statistics.received;
            packets += statistics.packets;
        }
        assert!(dropped > 0, "512 KiB do not hold 15 MB");
        assert_eq!((packets, received, given + dropped), (given, SENT, SENT));
    });
}

#[test]
fn an_interface_that_is_made_again_is_opened_again() {
    with_network(|| {
        for workers in [1, 2] {
            let config = AfPacketConfig { reopen: true, ..AfPacketConfig::default() };
            let mut sources = AfPacket::open_shared("in", &config, workers, &Stop::new()).unwrap();
            let frame = udp(1, 100).ethernet(MAC_A, MAC_B).bytes();
            let got = |sources: &mut Vec<AfPacket>| {
                let mut n = 0;
                for source in sources {
                    // chatter of IPv6 may come at any time
                    let mut count = |packet: &Packet<'_>| n += usize::from(packet.bytes == &frame[..]);
                    while source.batch(10, &mut count).unwrap() == Status::More {}
                }
                n
            };
            // what came before the end is still given
            Sender::new("out").send(&frame);
            assert!(ip("link del in"));
            let mut before = 0;
            let end = Instant::now() + Duration::from_secs(20);
            let mut notes = Vec::new();
            while notes.len() < workers && Instant::now() < end {
                before += got(&mut sources);
                notes.extend(sources.iter_mut().flat_map(PacketSource::take_notes));
            }
            assert_eq!(before, 1);
            assert!(notes.iter().all(|note| note.contains("in was removed")), "{notes:?}");
            assert!(
                ip("link add in type veth peer name out") && ip("link set in up") && ip("link set out up")
            );
            while sources.iter_mut().any(|source| source.statistics().reopened == 0) && Instant::now() < end {
                got(&mut sources);
            }
            let sender = Sender::new("out");
            let mut after = 0;
            for _ in 0..10 {
                sender.send(&frame);
            }
            while after < 10 && Instant::now() < end {
                after += got(&mut sources);
            }
            assert!(after >= 10);
            assert!(sources.iter_mut().all(|source| source.statistics().reopened == 1));
        }
    });
}
