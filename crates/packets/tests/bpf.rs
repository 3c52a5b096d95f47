//! Packet filters against tcpdump: the same packets must pass, on generated frames and on real captures.

use packets::bpf::{Filter, Instruction};
use proptest::prelude::*;
use std::path::Path;
use std::process::{Command, Stdio};
use wire::build::{ByteOrder, Frame};
use wire::{LinkType, TcpFlags};

const A: [u8; 6] = [0, 0x11, 0x22, 0x33, 0x44, 0x55];
const B: [u8; 6] = [0xff; 6];
const C: [u8; 6] = [1, 0, 0x5e, 0, 0, 1];

/// Frames of many kinds, without their link header.
fn packets() -> Vec<Frame> {
    let v4 = |f: Frame| f.ipv4([10, 1, 2, 3], [192, 168, 1, 2]);
    let back = |f: Frame| f.ipv4([192, 168, 1, 2], [10, 1, 2, 3]);
    let v6 = |f: Frame| f.ipv6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], [0xff02, 0, 0, 0, 0, 0, 0, 0xfb]);
    let data = || Frame::payload(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let syn = TcpFlags(2);
    let ack = TcpFlags(0x10);
    let mut out = vec![
        v4(data().tcp(4000, 80, 1, 2, ack)),
        v4(Frame::payload(b"").tcp(4000, 80, 1, 0, syn)),
        back(Frame::payload(b"").tcp(80, 4000, 1, 2, TcpFlags(0x12))),
        back(data().tcp(443, 80, 1, 2, TcpFlags(0x11))),
        v4(data().udp(53, 5353)),
        back(data().udp(5353, 53)),
        v4(data().sctp(80, 81, 7)),
        v4(Frame::payload(b"ping").icmp(8, 0)),
        back(Frame::payload(b"ping").icmp(0, 0)),
        v4(Frame::payload(b"x").icmp(3, 1)),
        v4(data().esp(1, 2)),
        v4(data().tcp(1, 2, 3, 4, ack).ah(1, 2)),
        v4(Frame::protocol(2, b"igmp....")),
        v4(Frame::protocol(103, b"pim.....")),
        v4(Frame::protocol(112, b"vrrp....")),
        data().ipv4([224, 0, 0, 251], [224, 0, 0, 251]),
        v6(data().tcp(4000, 80, 1, 2, ack)),
        v6(data().udp(5353, 5353)),
        v6(Frame::payload(b"ping").icmp6(128, 0)),
        v6(Frame::payload(b"solicit").icmp6(135, 0)),
        v6(data().sctp(9, 80, 7)),
        v6(data().udp(1, 80)).ipv4([1, 1, 1, 1], [2, 2, 2, 2]),
        v4(data().udp(1, 80)).gre(None).ipv4([1, 1, 1, 1], [2, 2, 2, 2]),
        Frame::arp(1, (A, [10, 1, 2, 3].into()), ([0; 6], [10, 1, 2, 4].into())),
        Frame::arp(2, (A, [172, 16, 0, 1].into()), (A, [10, 1, 2, 3].into())),
    ];
    out.extend(data().udp(7, 80).fragments([10, 1, 2, 3].into(), [192, 168, 1, 2].into(), 77, 16));
    let (x, y) = ("2001:db8::1".parse().unwrap(), "2001:db8::2".parse().unwrap());
    out.extend(data().tcp(7, 80, 1, 2, ack).fragments(x, y, 77, 16));
    out
}

/// The same as Ethernet frames, tagged, labelled and in PPPoE sessions too, and cut short at every length for a few.
fn frames() -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    for (at, packet) in packets().into_iter().enumerate() {
        let dst = [A, B, C][at % 3];
        out.push(packet.clone().ethernet(A, dst).bytes());
        out.push(packet.clone().vlan(7).ethernet(A, dst).bytes());
        out.push(packet.clone().tag(0x8100, 8).tag(0x88a8, 7).ethernet(dst, A).bytes());
        if at < 23 {
            out.push(packet.clone().mpls(100).ethernet(A, dst).bytes());
            out.push(packet.clone().mpls(100).mpls(200).ethernet(A, dst).bytes());
            out.push(packet.clone().pppoe(5).ethernet(A, dst).bytes());
            out.push(packet.vlan(9).ethernet(dst, A).bytes());
        }
    }
    for at in [0, 16, 33] {
        let whole = out[at].clone();
        out.extend((0..whole.len()).map(|len| whole[..len].to_vec()));
    }
    out.push(Frame::payload(b"bpdu").llc(A, B, 0x42, 0x42).bytes());
    out.push(Frame::payload(b"isis").llc(A, C, 0xfe, 0xfe).bytes());
    out.push(Frame::ethertype(0x88cc, b"lldp").ethernet(A, B).bytes());
    out.push(Frame::ethertype(0x8863, b"padi").ethernet(A, B).bytes());
    out
}

const FILTERS: &[&str] = &[
    "",
    "ip",
    "ip6",
    "arp",
    "rarp",
    "tcp",
    "udp",
    "sctp",
    "icmp",
    "icmp6",
    "igmp",
    "pim",
    "esp",
    "ah",
    "vrrp",
    "stp",
    "iso",
    "ether proto 0x88cc",
    "ether proto \\ip",
    "ip proto \\tcp",
    "ip proto 17",
    "ip6 proto 17",
    "proto 6",
    "host 10.1.2.3",
    "src host 10.1.2.3",
    "dst host 10.1.2.3",
    "src 10.1.2.3",
    "src or dst host 10.1.2.3",
    "src and dst host 224.0.0.251",
    "ip host 10.1.2.3",
    "arp host 10.1.2.3",
    "host 2001:db8::1",
    "dst host ff02::fb",
    "ip6 host 2001:db8::1",
    "net 10.0.0.0/8",
    "net 10",
    "net 10.1",
    "src net 192.168.1",
    "net 192.168.0.0 mask 255.255.0.0",
    "net 2001:db8::/32",
    "net 0.0.0.0/0",
    "port 80",
    "tcp port 80",
    "udp dst port 53",
    "port domain",
    "src port 80 or 443",
    "dst port (53 or 80)",
    "portrange 50-90",
    "tcp portrange 80-443",
    "udp src portrange 5000-6000",
    "ether host 00:11:22:33:44:55",
    "ether src 00:11:22:33:44:55",
    "ether dst ff:ff:ff:ff:ff:ff",
    "ether broadcast",
    "broadcast",
    "multicast",
    "ether multicast",
    "ip multicast",
    "ip6 multicast",
    "less 60",
    "greater 80",
    "len > 60",
    "len <= 60 and ip",
    "not tcp",
    "! port 80",
    "not (tcp or udp)",
    "tcp and port 80 or udp and port 53",
    "udp or tcp and port 80",
    "host 10.1.2.3 and not port 80",
    "tcp[13] & 2 != 0",
    "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
    "tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn",
    "tcp[tcpflags] == tcp-ack",
    "icmp[icmptype] == icmp-echo",
    "icmp[0] != 8",
    "icmp6[icmp6type] == icmp6-echo",
    "icmp6[0] = 135",
    "ip[8] > 10",
    "ip[0] & 0xf != 5",
    "ip[6:2] & 0x1fff != 0",
    "ip6[6] == 6",
    "udp[4:2] > 20",
    "tcp[2:2] = 80",
    "tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420",
    "tcp[tcp[12] >> 2] = 71",
    "ether[12:2] = 0x0800",
    "ether[0] & 1 = 1",
    "(len - 14) * 2 > 100",
    "len / 10 = 6",
    "len % 2 = 1",
    "-len < 5",
    "ip[2:2] = len - 14",
    "1 + 1 = 2",
    "vlan",
    "vlan 7",
    "vlan and ip",
    "vlan 7 and tcp port 80",
    "vlan and vlan",
    "vlan and vlan 8 and host 10.1.2.3",
    "not vlan",
    "mpls",
    "mpls 100",
    "mpls and ip",
    "mpls 100 and mpls 200 and tcp port 80",
    "mpls and ip6 and port 80",
    "pppoed",
    "pppoes",
    "pppoes 5 and tcp port 80",
    "pppoes and ip6",
    "(ip or ip6) and (tcp or udp) and not (port 80 or port 53)",
    "tcp dst port 80 or 443 or http",
    "src host 10.1.2.3 or 192.168.1.2",
];

/// Frames that tcpdump lets pass, by number; `None` where it refuses the filter.
fn tcpdump(file: &Path, filter: &str) -> Option<Vec<u32>> {
    let out = Command::new("tcpdump")
        .args(["-r".as_ref(), file.as_os_str()])
        .args(["-w", "-", "--", filter])
        .output()
        .unwrap();
    if !out.status.success() {
        return None;
    }
    let mut rest = out.stdout.get(24..)?;
    let mut passed = Vec::new();
    while let Some(head) = rest.get(..16) {
        passed.push(u32::from_le_bytes(head[..4].try_into().unwrap()));
        let len = u32::from_le_bytes(head[8..12].try_into().unwrap()) as usize;
        rest = &rest[16 + len..];
    }
    Some(passed)
}

fn have_tcpdump() -> bool {
    let have =
        Command::new("tcpdump").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !have {
        eprintln!("skipped: tcpdump is not installed");
    }
    have
}

/// A capture in which the time of a frame is its number.
fn capture(link: LinkType, frames: &[Vec<u8>]) -> tempfile::NamedTempFile {
    let mut bytes = Vec::new();
    for word in [0xa1b2_c3d4u32, 0x0004_0002, 0, 0, 262_144, u32::from(link.0)] {
        bytes.extend(word.to_le_bytes());
    }
    for (at, frame) in frames.iter().enumerate() {
        for word in [at as u32, 0, frame.len() as u32, frame.len() as u32] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(frame);
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    file
}

/// Compares a list of filters over a list of frames; returns how many filters let some and not all pass.
fn compare(link: LinkType, frames: &[Vec<u8>], filters: &[&str]) -> usize {
    let file = capture(link, frames);
    let mut telling = 0;
    for text in filters {
        let Some(wanted) = tcpdump(file.path(), text) else {
            assert!(link != LinkType::ETHERNET, "tcpdump refuses `{text}`");
            continue;
        };
        let filter: Filter = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        let passed: Vec<u32> = (0u32..)
            .zip(frames)
            .filter(|(_, frame)| filter.matches(link, frame, frame.len() as u32))
            .map(|(at, _)| at)
            .collect();
        let differ: Vec<&u32> = wanted
            .iter()
            .filter(|at| !passed.contains(at))
            .chain(passed.iter().filter(|at| !wanted.contains(at)))
            .collect();
        assert!(
            differ.is_empty(),
            "{link}: `{text}`: tcpdump {}, we {}; they differ on {:?}, the first {:02x?}",
            wanted.len(),
            passed.len(),
            &differ[..differ.len().min(10)],
            frames[*differ[0] as usize]
        );
        if link == LinkType::ETHERNET {
            let program = filter.classic().unwrap();
            let kernel: Vec<u32> = (0u32..)
                .zip(frames)
                .filter(|(_, frame)| run(&program, frame) != 0)
                .map(|(at, _)| at)
                .collect();
            assert_eq!(kernel, passed, "the program of `{text}`");
        }
        telling += usize::from(!passed.is_empty() && passed.len() < frames.len());
    }
    telling
}

#[test]
fn the_same_packets_as_tcpdump() {
    if have_tcpdump() {
        let telling = compare(LinkType::ETHERNET, &frames(), FILTERS);
        assert!(telling > FILTERS.len() * 9 / 10, "{telling} of {} filters tell frames apart", FILTERS.len());
    }
}

#[test]
fn the_same_packets_as_tcpdump_on_other_links() {
    if !have_tcpdump() {
        return;
    }
    let filters: Vec<&str> = FILTERS
        .iter()
        .copied()
        .filter(|f| !f.contains("vlan") && !f.contains("mpls") && !f.contains("cast"))
        .collect();
    let ip = |frame: &Frame| !frame.clone().bytes().starts_with(&[0, 1]);
    let raw: Vec<Vec<u8>> = packets().into_iter().filter(ip).map(Frame::bytes).collect();
    // compiled for `ip[2:2] = len - 14` too: any link header will do
    assert!(compare(LinkType::RAW, &raw, &filters) > 40);
    let cooked: Vec<Vec<u8>> = packets().into_iter().map(|f| f.sll(A).bytes()).collect();
    assert!(compare(LinkType::SLL, &cooked, &filters) > 40);
    let cooked: Vec<Vec<u8>> = packets().into_iter().map(|f| f.sll2(A, 3).bytes()).collect();
    assert!(compare(LinkType::SLL2, &cooked, &filters) > 40);
    let only_ip: Vec<Frame> = packets().into_iter().filter(ip).collect();
    let null: Vec<Vec<u8>> = only_ip.iter().map(|f| f.clone().loopback(ByteOrder::Little).bytes()).collect();
    assert!(compare(LinkType::NULL, &null, &filters) > 20);
}

#[test]
fn the_same_packets_as_tcpdump_on_real_captures() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/arkime");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: no corpus at {}", folder.display());
        return;
    };
    if !have_tcpdump() {
        return;
    }
    let mut frames = Vec::new();
    for entry in entries {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        if bytes.get(..4) != Some(&[0xd4, 0xc3, 0xb2, 0xa1]) || bytes.get(20..24) != Some(&[1, 0, 0, 0]) {
            continue;
        }
        let mut rest = &bytes[24..];
        while let Some(head) = rest.get(..16) {
            let len = u32::from_le_bytes(head[8..12].try_into().unwrap()) as usize;
            let Some(frame) = rest.get(16..16 + len) else { break };
            if frames.len() < 10_000 {
                frames.push(frame.to_vec());
            }
            rest = &rest[16 + len..];
        }
    }
    let telling = compare(LinkType::ETHERNET, &frames, FILTERS);
    eprintln!("{} real frames, {telling} filters tell them apart", frames.len());
}

/// The machine that classic BPF programs run on.
fn run(program: &[Instruction], frame: &[u8]) -> u32 {
    let (mut a, mut x, mut memory, mut at) = (0u32, 0u32, [0u32; 16], 0usize);
    let load = |place: u64, size: usize| -> Option<u32> {
        let place = usize::try_from(place).ok()?;
        let bytes = frame.get(place..place.checked_add(size)?)?;
        Some(bytes.iter().fold(0, |v, b| v << 8 | u32::from(*b)))
    };
    loop {
        let (code, yes, no, k) = program[at];
        at += 1;
        let size = match code & 0x18 {
            0x08 => 2,
            0x10 => 1,
            _ => 4,
        };
        match (code & 7, code) {
            (0, _) => {
                let loaded = match code & 0xe0 {
                    0x00 => Some(k),
                    0x20 => load(u64::from(k), size),
                    0x40 => load(u64::from(x) + u64::from(k), size),
                    0x60 => Some(memory[k as usize]),
                    0x80 => Some(frame.len() as u32),
                    _ => panic!("{code:#x}"),
                };
                match loaded {
                    Some(value) => a = value,
                    None => return 0,
                }
            }
            (1, 0x61) => x = memory[k as usize],
            (1, 0xb1) => match load(u64::from(k), 1) {
                Some(byte) => x = 4 * (byte & 0xf),
                None => return 0,
            },
            (2, _) => memory[k as usize] = a,
            (4, 0x84) => a = a.wrapping_neg(),
            (4, _) => {
                let operand = if code & 8 == 0 { k } else { x };
                a = match code & 0xf0 {
                    0x00 => a.wrapping_add(operand),
                    0x10 => a.wrapping_sub(operand),
                    0x20 => a.wrapping_mul(operand),
                    0x30 if operand == 0 => return 0,
                    0x30 => a / operand,
                    0x40 => a | operand,
                    0x50 => a & operand,
                    0x60 => a.checked_shl(operand).unwrap_or(0),
                    0x70 => a.checked_shr(operand).unwrap_or(0),
                    0x90 if operand == 0 => return 0,
                    0x90 => a % operand,
                    0xa0 => a ^ operand,
                    _ => panic!("{code:#x}"),
                };
            }
            (5, 5) => at += k as usize,
            (5, _) => {
                let operand = if code & 8 == 0 { k } else { x };
                let met = match code & 0xf0 {
                    0x10 => a == operand,
                    0x20 => a > operand,
                    0x30 => a >= operand,
                    _ => panic!("{code:#x}"),
                };
                at += usize::from(if met { yes } else { no });
            }
            (6, _) => return k,
            (7, 7) => x = a,
            _ => panic!("{code:#x}"),
        }
    }
}

#[test]
fn errors_name_the_column() {
    for (text, column, part) in [
        ("tcp prot 80", 5, "expected host, net, port"),
        ("tcp port abc", 10, "`abc` is no port"),
        ("port 99999", 6, "no port"),
        ("host www.example.com", 6, "neither a keyword nor an address"),
        ("host 10.1", 6, "write `net 10.1`"),
        ("host 1.2.3.4/24", 13, "a mask goes with `net`"),
        ("net 10.1.2.3/8", 5, "bits are set behind the mask"),
        ("net 10.0.0.0/33", 5, "at most 32 bits"),
        ("tcp and", 8, "ends where a condition"),
        ("tcp)", 4, "closes nothing"),
        ("(tcp", 1, "not closed"),
        ("tcp udp", 5, "expected"),
        ("ip port 80", 9, "has no ports"),
        ("len", 1, "a number alone is no condition"),
        ("tcp[13", 7, "expected `]`"),
        ("tcp[13:3] = 1", 8, "1, 2 or 4"),
        ("foo[1] = 1", 1, "no protocol whose bytes"),
        ("len / 0 = 1", 7, "division by zero"),
        ("len << 40 = 1", 8, "shift by more"),
        ("tcp + 1 = 2", 5, ""),
        ("inbound", 1, "direction is not recorded"),
        ("gateway x", 1, "names to be looked up"),
        ("vlan 5000", 6, "at most 4095"),
        ("tcp and é", 9, "has no meaning"),
        ("00:11:22:33:44:55", 1, "ether host"),
    ] {
        let error = text.parse::<Filter>().expect_err(text);
        assert!(error.column == column && error.message.contains(part), "{text}: {error}");
    }
    for deep in ["(".repeat(100_000), "not ".repeat(10_000), "-".repeat(10_000), "len[".repeat(10_000)] {
        assert!(deep.parse::<Filter>().is_err());
    }
    assert!("ip or ip and ".repeat(4_000).parse::<Filter>().is_err());
    let wide = "host 10.0.0.1 or ".repeat(2_000) + "ip";
    let filter: Filter = wide.parse().unwrap();
    assert!(filter.classic().is_err());
    let long: Filter = ("host 10.0.0.1 or ".repeat(100) + "ip6").parse().unwrap();
    let program = long.classic().unwrap();
    let frame = packets()[16].clone().ethernet(A, B).bytes();
    assert!(program.len() > 600 && run(&program, &frame) != 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,40}") {
        let _ = text.parse::<Filter>();
    }
    #[test]
    fn no_frame_makes_it_panic(
        text in "(ip |tcp |udp |port |host |net |src |dst |or |and |not |vlan |mpls |pppoes |len |\\(|\\) |\\[|\\]|80 |1.2.3.4 |/8 |> |& |tcp\\[|icmp6\\[|ether |proto |mask |- |: ){0,14}",
        frame in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        if let Ok(filter) = text.parse::<Filter>() {
            for link in LinkType::ALL {
                let _ = filter.matches(*link, &frame, frame.len() as u32);
            }
            let program = filter.classic().unwrap();
            let passes = filter.matches(LinkType::ETHERNET, &frame, frame.len() as u32);
            prop_assert_eq!(run(&program, &frame) != 0, passes, "{}", text);
        }
    }
}
