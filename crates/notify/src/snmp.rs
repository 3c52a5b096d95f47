//! SNMP version 2c traps (RFC 3416).

use crate::{Error, Message, Settings, shortened, syslog, value, whole};

/// `sysUpTime.0`.
const UPTIME: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 3, 0];
/// `snmpTrapOID.0`.
const TRAP: &[u32] = &[1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0];
/// What traps are called. There is no number of our own at IANA: this lies under the experimental ones of net-snmp.
const OURS: &[u32] = &[1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 8005];

/// Tag, length, content.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len();
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let bytes: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
        out.push(0x80 | bytes.len() as u8);
        out.extend(bytes);
    }
    out.extend_from_slice(content);
    out
}

fn integer(tag: u8, number: u32) -> Vec<u8> {
    let bytes = u64::from(number).to_be_bytes();
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(7);
    // a first bit that is set would make it negative
    let first = if bytes.get(first).is_some_and(|byte| byte & 0x80 != 0) { first - 1 } else { first };
    tlv(tag, bytes.get(first..).unwrap_or_default())
}

fn oid(numbers: &[u32]) -> Vec<u8> {
    let (head, rest) = numbers.split_at(numbers.len().min(2));
    let first = head.first().copied().unwrap_or(0) * 40 + head.get(1).copied().unwrap_or(0);
    let mut content = Vec::new();
    for number in std::iter::once(&first).chain(rest) {
        let groups = (0..5).rev().map(|at| ((number >> (7 * at)) & 0x7f) as u8);
        let mut groups: Vec<u8> = groups.skip_while(|group| *group == 0).collect();
        if groups.is_empty() {
            groups.push(0);
        }
        let last = groups.len() - 1;
        content.extend(
            groups.into_iter().enumerate().map(|(at, group)| if at < last { group | 0x80 } else { group }),
        );
    }
    tlv(0x06, &content)
}

fn binding(name: &[u32], value: Vec<u8>) -> Vec<u8> {
    tlv(0x30, &[oid(name), value].concat())
}

/// A trap with title and text as variables `.1` and `.2`.
fn trap(community: &str, message: &Message, request: u32) -> Vec<u8> {
    let text = |at: u32, text: &str| {
        let name: Vec<u32> = OURS.iter().copied().chain([at]).collect();
        binding(&name, tlv(0x04, shortened(text, 400).as_bytes()))
    };
    let bindings = [
        binding(UPTIME, integer(0x43, request)),
        binding(TRAP, oid(OURS)),
        text(1, &message.title),
        text(2, &whole(message)),
    ];
    let pdu = [
        integer(0x02, request & 0x7fff_ffff),
        integer(0x02, 0),
        integer(0x02, 0),
        tlv(0x30, &bindings.concat()),
    ];
    let parts = [integer(0x02, 1), tlv(0x04, community.as_bytes()), tlv(0xa7, &pdu.concat())];
    tlv(0x30, &parts.concat())
}

pub(crate) fn send(settings: &Settings, message: &Message) -> Result<(), Error> {
    // hundredths of a second, as an uptime counts
    let now = jiff::Timestamp::now().as_millisecond() / 10;
    let request = u32::try_from(now.rem_euclid(1 << 31)).unwrap_or(1);
    let community = value(settings, "community").unwrap_or("public");
    syslog::datagram(syslog::resolve(settings, 162)?, &trap(community, message, request))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_ber_wants() {
        assert_eq!(integer(2, 0), [2, 1, 0]);
        assert_eq!(integer(2, 127), [2, 1, 127]);
        assert_eq!(integer(2, 128), [2, 2, 0, 128]);
        assert_eq!(integer(2, 65_536), [2, 3, 1, 0, 0]);
        assert_eq!(oid(&[1, 3, 6, 1, 4, 1, 8072]), [6, 7, 0x2b, 6, 1, 4, 1, 0xbf, 0x08]);
        assert_eq!(tlv(4, &[0; 200])[..3], [4, 0x81, 200]);
        let trap = trap("public", &Message { title: "a".into(), ..Message::default() }, 5);
        assert_eq!(usize::from(trap[1]), trap.len() - 2, "one sequence, whole");
        assert!(trap.windows(6).any(|bytes| bytes == b"public"));
    }

    #[test]
    fn a_trap_arrives() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port().to_string();
        let settings = Settings::from([("host".into(), "127.0.0.1".into()), ("port".into(), port)]);
        crate::send("snmp", &settings, &Message { title: "hits".into(), ..Message::default() }).unwrap();
        let mut buffer = [0; 2_000];
        let n = socket.recv(&mut buffer).unwrap();
        assert!(buffer[0] == 0x30 && buffer[..n].windows(4).any(|bytes| bytes == b"hits"));
    }
}
