//! Signs that take more than a prefix. Each function sees the first bytes that one side sends, which side that is, and both
//! ports; all are written from the protocols' public descriptions, which are named.

use crate::Dir;

type Ports = [u16; 2];

fn at(bytes: &[u8], offset: usize, want: &[u8]) -> bool {
    bytes.get(offset..).is_some_and(|rest| rest.starts_with(want))
}
fn byte(bytes: &[u8], offset: usize) -> Option<u8> {
    bytes.get(offset).copied()
}
fn be16(bytes: &[u8], offset: usize) -> Option<usize> {
    Some(usize::from(u16::from_be_bytes(*bytes.get(offset..)?.first_chunk()?)))
}
fn be32(bytes: &[u8], offset: usize) -> Option<usize> {
    usize::try_from(u32::from_be_bytes(*bytes.get(offset..)?.first_chunk()?)).ok()
}
fn le32(bytes: &[u8], offset: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(*bytes.get(offset..)?.first_chunk()?)).ok()
}
fn has(bytes: &[u8], want: &[u8]) -> bool {
    memchr::memmem::find(bytes.get(..512).unwrap_or(bytes), want).is_some()
}
fn any(bytes: &[u8], prefixes: &[&[u8]]) -> bool {
    prefixes.iter().any(|prefix| bytes.starts_with(prefix))
}
/// Length of a BER tag-length header and the length it announces (X.690 8.1.3).
fn ber(bytes: &[u8], offset: usize) -> Option<(usize, usize)> {
    let first = byte(bytes, offset + 1)?;
    match first {
        0..=0x7f => Some((2, usize::from(first))),
        0x81 => Some((3, usize::from(byte(bytes, offset + 2)?))),
        0x82 => Some((4, be16(bytes, offset + 2)?)),
        0x83 | 0x84 => Some((2 + usize::from(first & 7), usize::MAX)),
        _ => None,
    }
}

/// `git://`: a length in hex, then the service.
pub fn git(bytes: &[u8], _: Dir, _: Ports) -> bool {
    at(bytes, 4, b"git-upload-pack ") || at(bytes, 4, b"git-receive-pack ")
}
/// SMB in a NetBIOS datagram: mail slots, by which browsers of Windows networks announce themselves.
pub fn smb_datagram(bytes: &[u8], dir: Dir, ports: Ports) -> bool {
    netbios_datagram(bytes, dir, ports) && has(bytes, b"\xffSMB")
}
/// RFC 5531 call over TCP, version 2, to port 2049.
pub fn sun_rpc(bytes: &[u8], _: Dir, ports: Ports) -> bool {
    ports.contains(&2049) && byte(bytes, 0) == Some(0x80) && at(bytes, 8, &[0, 0, 0, 0, 0, 0, 0, 2])
}
/// RFC 1350: read or write request.
pub fn tftp(bytes: &[u8], _: Dir, ports: Ports) -> bool {
    ports.contains(&69) && any(bytes, &[&[0, 1], &[0, 2]]) && bytes.last() == Some(&0) && bytes.len() > 8
}
/// RFC 3977.
pub fn nntp(bytes: &[u8], _: Dir, ports: Ports) -> bool {
    any(bytes, &[b"200 ", b"201 "]) && (ports.contains(&119) || has(bytes, b"NNTP"))
}
/// RFC 2812: registration of a client, or the greeting of a server.
pub fn irc(bytes: &[u8], _: Dir, _: Ports) -> bool {
    let user = bytes.starts_with(b"USER ") && has(bytes, b" :");
    let nick = bytes.starts_with(b"NICK ") && (has(bytes, b"\nUSER ") || bytes.len() < 64);
    let server = bytes.starts_with(b":") && (has(bytes, b" NOTICE ") || has(bytes, b" 001 "));
    user || nick || server || any(bytes, &[b"CAP LS", b"NOTICE AUTH :", b"NOTICE * :"])
}
/// RFC 6120.
pub fn xmpp(bytes: &[u8], _: Dir, _: Ports) -> bool {
    bytes.starts_with(b"<") && (has(bytes, b"jabber:") || has(bytes, b"<stream:stream"))
}
/// RFC 3261.
pub fn sip(bytes: &[u8], _: Dir, _: Ports) -> bool {
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    bytes.starts_with(b"SIP/2.0 ") || (line.trim_ascii_end().ends_with(b" SIP/2.0") && line.contains(&b':'))
}
/// RFC 7826, RFC 2326.
pub fn rtsp(bytes: &[u8], _: Dir, _: Ports) -> bool {
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default().trim_ascii_end();
    bytes.starts_with(b"RTSP/1.0 ") || line.ends_with(b" RTSP/1.0") || line.ends_with(b" RTSP/2.0")
}
/// RFC 8489 by its cookie; RFC 3489, which had none, by its port and length. TURN prefixes RFC 4571's length on TCP.
pub fn stun(bytes: &[u8], _: Dir, ports: Ports) -> bool {
    let length = be16(bytes, 2).map(|l| l + 20);
    let form = |b: &[u8]| b.first().is_some_and(|b| b & 0xc0 == 0) && length == Some(b.len());
    (at(bytes, 4, &[0x21, 0x12, 0xa4, 0x42]) && form(bytes)) || (ports.contains(&3478) && form(bytes))
}
/// A line that answers whether STUN passes: `RSP/2.0 STUN`, `RSP/1.0 CLS_STUN_FIREWALLCHECK`.
pub fn stun_check(bytes: &[u8], _: Dir, _: Ports) -> bool {
    bytes.starts_with(b"RSP/") && bytes.split(|b| *b == b'\n').next().is_some_and(|line| has(line, b"STUN"))
}
/// RESP: an array of bulk strings, or what a server says before log-in.
pub fn redis(bytes: &[u8], _: Dir, _: Ports) -> bool {
    let array =
        bytes.starts_with(b"*") && byte(bytes, 1).is_some_and(|b| b.is_ascii_digit()) && has(bytes, b"\r\n$");
    array || any(bytes, &[b"-NOAUTH ", b"+PONG\r\n", b"-DENIED Redis"])
}
/// Text and binary protocol of memcached.
pub fn memcached(bytes: &[u8], _: Dir, ports: Ports) -> bool {
    let text = any(bytes, &[b"stats", b"get ", b"gets ", b"set ", b"version\r\n", b"flush_all"]);
    ports.contains(&11211) && (text || any(bytes, &[&[0x80], &[0x81]]))
}
/// MongoDB wire protocol: length, two ids, a known operation.
pub fn mongo(bytes: &[u8], _: Dir, _: Ports) -> bool {
    let operation = le32(bytes, 12);
    le32(bytes, 0).is_some_and(|length| (16..48_000_000).contains(&length))
        && matches!(operation, Some(1 | 2001..=2007 | 2010..=2013))
}
/// CQL binary protocol: request frame, versions 1 to 5, options or start-up.
pub fn cassandra(bytes: &[u8], _: Dir, ports: Ports) -> bool {
    ports.contains(&9042) && byte(bytes, 0).is_some_and(|v| (1..=5).contains(&v)) && bytes.len() >= 8
}
/// Thrift with a strict binary header, framed or not (version 1).
pub fn thrift(bytes: &[u8], _: Dir, _: Ports) -> bool {
    at(bytes, 4, &[0x80, 1, 0]) || bytes.starts_with(&[0x80, 1, 0])
}
/// Cassandra's Thrift interface, by the method that a client calls first.
pub fn cassandra_thrift(bytes: &[u8], dir: Dir, ports: Ports) -> bool {
    thrift(bytes, dir, ports)
        && (has(bytes, b"set_keyspace") || has(bytes, b"describe_") || has(bytes, b"execute_cql"))
}
/// Kafka request: length, a known call, a small version.
pub fn kafka(bytes: &[u8], _: Dir, ports: Ports) -> bool {
    ports.contains(&9092)
        && be32(bytes, 0).is_some_and(|length| length + 4 == bytes.len())
        && be16(bytes, 4).is_some_and(|call| call < 100)
        && be16(bytes, 6).is_some_and(|version| version < 30)
}
/// MQTT 3.1, 3.1.1, 5: CONNECT.
pub fn mqtt(bytes: &[u8], _: Dir, _: Ports) -> bool {
    let name = |offset| at(bytes, offset, b"\x00\x04MQTT") || at(bytes, offset, b"\x00\x06MQIsdp");
    byte(bytes, 0) == Some(0x10) && (2..=5).any(name)
}
/// Transport protocol between nodes.
pub fn elasticsearch(bytes: &[u8], _: Dir, _: Ports) -> bool {
    bytes.starts_with(b"ES\0") && be32(bytes, 2).is_some_and(|length| length < 0x0100_0000)
}
/// RFC 4120 message: an application tag and its length.
fn kerberos(bytes: &[u8]) -> bool {
    matches!(byte(bytes, 0), Some(0x6a..=0x6f | 0x74..=0x76 | 0x7e))
        && ber(bytes, 0).is_some_and(|(header, _)| byte(bytes, header) == Some(0x30))
}
/// RFC 4120, 7.2.2.
pub fn kerberos_tcp(bytes: &[u8], _: Dir, ports: Ports) -> bool {
    ports.iter().any(|p| matches!(p, 88 | 464 | 749))
        && bytes.get(4..).is_some_and(kerberos)
        && byte(bytes, 0) == Some(0)
}
/// RFC 4120, 7.2.1.
pub fn kerberos_udp(bytes: &[u8], _: Dir, ports: Ports) -> bool {
    ports.iter().any(|p| matches!(p, 88 | 464 | 749)) && kerberos(bytes)
}
/// RFC 2865, RFC 2866.
pub fn radius(bytes: &[u8], _: Dir, ports: Ports) -> bool {
    ports.iter().any(|p| matches!(p, 1645 | 1646 | 1812 | 1813 | 3799))
        && be16(bytes, 2).is_some_and(|length| (20..=bytes.len()).contains(&length))
}
/// RFC 8907.
pub fn tacacs(bytes: &[u8], _: Dir, ports: Ports) -> bool {
    ports.contains(&49)
        && matches!(byte(bytes, 0), Some(0xc0 | 0xc1))
        && byte(bytes, 1).is_some_and(|t| (1..=3).contains(&t))
}
/// RFC 5191.
pub fn pana(bytes: &[u8], _: Dir, ports: Ports) -> bool {
    ports.contains(&716) && at(bytes, 0, &[0, 0]) && be16(bytes, 2) == Some(bytes.len())
}
/// RFC 1002, 4.4.
pub fn netbios_datagram(bytes: &[u8], _: Dir, ports: Ports) -> bool {
    ports.contains(&138) && matches!(byte(bytes, 0), Some(0x10..=0x16)) && bytes.len() >= 14
}
/// RFC 854: negotiation of an option.
pub fn telnet(bytes: &[u8], _: Dir, _: Ports) -> bool {
    byte(bytes, 0) == Some(0xff)
        && byte(bytes, 1).is_some_and(|b| (0xfa..=0xfe).contains(&b))
        && byte(bytes, 2).is_some_and(|b| b < 0x8c)
}
/// RFC 7296, RFC 2408: cookies, version, length; behind a marker on port 4500 (RFC 3948).
pub fn isakmp(bytes: &[u8], _: Dir, ports: Ports) -> bool {
    let header = |b: &[u8]| {
        matches!(byte(b, 17), Some(0x10 | 0x20))
            && be32(b, 24).is_some_and(|length| (28..=b.len()).contains(&length))
    };
    let behind = ports.contains(&4500) && at(bytes, 0, &[0; 4]) && bytes.get(4..).is_some_and(header);
    behind || (ports.contains(&500) && header(bytes))
}
/// Handshake initiation and response of the WireGuard white paper, 5.4: fixed lengths.
pub fn wireguard(bytes: &[u8], _: Dir, _: Ports) -> bool {
    (at(bytes, 0, &[1, 0, 0, 0]) && bytes.len() == 148) || (at(bytes, 0, &[2, 0, 0, 0]) && bytes.len() == 92)
}
/// RFC 2453, RFC 2080.
pub fn rip(bytes: &[u8], _: Dir, ports: Ports) -> bool {
    ports.iter().any(|p| matches!(p, 520 | 521))
        && matches!(byte(bytes, 0), Some(1 | 2))
        && matches!(byte(bytes, 1), Some(1 | 2))
        && at(bytes, 2, &[0, 0])
}
/// RFC 2281.
pub fn hsrp(bytes: &[u8], _: Dir, ports: Ports) -> bool {
    ports.contains(&1985) && byte(bytes, 0).is_some_and(|v| v <= 1) && bytes.len() >= 20
}
/// RFC 5905.
pub fn ntp(bytes: &[u8], _: Dir, ports: Ports) -> bool {
    ports.contains(&123)
        && bytes.len() >= 12
        && byte(bytes, 0).is_some_and(|b| (1..=4).contains(&(b >> 3 & 7)))
}
/// RFC 3416, RFC 3412: a sequence, version 0, 1 or 3, then a community or a header.
pub fn snmp(bytes: &[u8], _: Dir, _: Ports) -> bool {
    let Some((header, _)) = ber(bytes, 0).filter(|_| byte(bytes, 0) == Some(0x30)) else { return false };
    at(bytes, header, &[2, 1])
        && matches!(byte(bytes, header + 2), Some(0 | 1 | 3))
        && matches!(byte(bytes, header + 3), Some(4 | 0x30))
}
/// RFC 5424, RFC 3164: a priority in angle brackets.
pub fn syslog(bytes: &[u8], _: Dir, _: Ports) -> bool {
    let end = bytes.iter().take(5).position(|b| *b == b'>');
    bytes.starts_with(b"<")
        && end
            .is_some_and(|end| end > 1 && bytes.get(1..end).is_some_and(|p| p.iter().all(u8::is_ascii_digit)))
        && bytes.len() > 8
}
/// RFC 3912.
pub fn whois(bytes: &[u8], dir: Dir, ports: Ports) -> bool {
    ports.contains(&43) && dir == Dir::Src && bytes.ends_with(b"\n")
}
/// ASHRAE 135 annex J: BACnet/IP, a function and the length of the whole.
pub fn bacnet(bytes: &[u8], _: Dir, _: Ports) -> bool {
    byte(bytes, 0) == Some(0x81)
        && byte(bytes, 1).is_some_and(|f| f <= 0x0c)
        && be16(bytes, 2) == Some(bytes.len())
}
/// IEEE C37.118.2: sync, kind and version, the length of the frame.
pub fn synchrophasor(bytes: &[u8], _: Dir, _: Ports) -> bool {
    byte(bytes, 0) == Some(0xaa)
        && byte(bytes, 1).is_some_and(|b| b >> 4 <= 5 && matches!(b & 0x0f, 1 | 2))
        && be16(bytes, 2).is_some_and(|length| (16..=bytes.len()).contains(&length))
}
/// ANSI C12.22 over TCP: an ACSE message on its port.
pub fn c1222(bytes: &[u8], _: Dir, ports: Ports) -> bool {
    ports.contains(&1153) && byte(bytes, 0) == Some(0x60) && ber(bytes, 0).is_some()
}
/// IEC 60870-5-104: start byte, and a length that fits.
pub fn iec104(bytes: &[u8], _: Dir, ports: Ports) -> bool {
    ports.contains(&2404) && byte(bytes, 0) == Some(0x68) && byte(bytes, 1).is_some_and(|length| length >= 4)
}
/// EtherNet/IP encapsulation: list or register, status 0.
pub fn ethernet_ip(bytes: &[u8], _: Dir, ports: Ports) -> bool {
    ports.contains(&44818)
        && matches!(
            bytes.first_chunk::<2>().map(|b| u16::from_le_bytes(*b)),
            Some(0x04 | 0x63..=0x66 | 0x6f | 0x70)
        )
        && at(bytes, 8, &[0; 4])
}
/// DICOM PS3.8: A-ASSOCIATE-RQ, protocol version 1.
pub fn dicom(bytes: &[u8], _: Dir, _: Ports) -> bool {
    at(bytes, 0, &[1, 0])
        && at(bytes, 6, &[0, 1, 0, 0])
        && be32(bytes, 2).is_some_and(|length| (68..1 << 16).contains(&length))
}
