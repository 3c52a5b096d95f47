//! Messages and their attributes.

use super::fields::*;
use crate::bytes::Bytes;
use crate::messages::{Length, Messages, Then};
use crate::text::{decode, split_once};
use crate::{Context, Dir};
use std::net::{IpAddr, Ipv6Addr};

/// Type, length, cookie and transaction.
const HEADER: usize = 20;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

pub(super) struct Stream;

impl Messages for Stream {
    const LOOKED: usize = 64 * 1024 + HEADER;

    fn length(&self, _: Dir, bytes: &[u8], _: &Context<'_>) -> Length {
        match bytes {
            // data of a channel of TURN (RFC 8656 section 12.5), padded to a multiple of four
            [0x40..=0x4f, _, high, low, ..] => {
                Length::Is(4 + usize::from(u16::from_be_bytes([*high, *low])).next_multiple_of(4))
            }
            [0..=0x3f, _, high, low, a, b, c, d, ..] if [*a, *b, *c, *d] == COOKIE => {
                Length::Is(HEADER + usize::from(u16::from_be_bytes([*high, *low])))
            }
            _ if bytes.len() < 8 => Length::Need(8),
            _ => Length::Bad,
        }
    }

    fn message(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Then {
        message(bytes, dir, context);
        Then::Next
    }
}

pub(super) fn message(bytes: &[u8], _: Dir, context: &mut Context<'_>) -> Option<()> {
    let mut cursor = Bytes::new(bytes);
    let (kind, length) = (cursor.u16()?, cursor.u16()?);
    let transaction = cursor.take(16)?;
    if kind >> 14 != 0 {
        return None;
    }
    // section 5: twelve bits of method with the two of the class among them
    let method = kind & 0x000f | kind >> 1 & 0x0070 | kind >> 2 & 0x0f80;
    let class = match kind & 0x0110 {
        0x0000 => "Request",
        0x0010 => "Indication",
        0x0100 => "Success Response",
        _ => "Error Response",
    };
    let method = match method {
        0x001 => "Binding",
        0x002 => "Shared Secret",
        0x003 => "Allocate",
        0x004 => "Refresh",
        0x006 => "Send",
        0x007 => "Data",
        0x008 => "CreatePermission",
        0x009 => "ChannelBind",
        0x00a => "Connect",
        0x00b => "ConnectionBind",
        0x00c => "ConnectionAttempt",
        _ => return None,
    };
    context.doc.add(&TYPE, &format!("{method} {class}"));
    let mut attributes = cursor.part(usize::from(length)).unwrap_or(cursor);
    while !attributes.is_empty() {
        let kind = attributes.u16()?;
        let value = attributes.vec16()?;
        attributes.take((4 - value.len() % 4) % 4);
        attribute(kind, value, transaction, context);
    }
    Some(())
}

fn attribute(kind: u16, mut value: Bytes<'_>, transaction: &[u8], context: &mut Context<'_>) -> Option<()> {
    let doc = &mut *context.doc;
    // some senders end or pad text with zeros
    let text = |value: Bytes<'_>| {
        let text = value.rest();
        let text = split_once(text, 0).map_or(text, |(text, _)| text);
        (!text.is_empty()).then(|| decode(text).into_owned())
    };
    match kind {
        0x0001 => {
            let (ip, port) = address(&mut value, &[0; 16])?;
            doc.add(&MAPPED_IP, ip);
            doc.add(&MAPPED_PORT, i64::from(port));
        }
        0x0006 => drop(doc.add(&USERNAME, &text(value)?)),
        0x0009 => {
            let (_, class, number) = (value.u16()?, value.u8()?, value.u8()?);
            doc.add(&ERROR, i64::from(class & 7) * 100 + i64::from(number));
        }
        0x0012 => {
            let (ip, port) = address(&mut value, transaction)?;
            doc.add(&XOR_PEER_IP, ip);
            doc.add(&XOR_PEER_PORT, i64::from(port));
        }
        0x0014 => drop(doc.add(&REALM, &text(value)?)),
        0x0016 => {
            let (ip, port) = address(&mut value, transaction)?;
            doc.add(&XOR_RELAYED_IP, ip);
            doc.add(&XOR_RELAYED_PORT, i64::from(port));
        }
        // the second number is what drafts and Microsoft used
        0x0020 | 0x8020 => {
            let (ip, port) = address(&mut value, transaction)?;
            doc.add(&XOR_MAPPED_IP, ip);
            doc.add(&XOR_MAPPED_PORT, i64::from(port));
        }
        0x0025 => drop(doc.add(&ATTRIBUTES, "use-candidate")),
        0x8022 => drop(doc.add(&SOFTWARE, &text(value)?)),
        0x8028 => drop(doc.add(&ATTRIBUTES, "fingerprint")),
        0x8029 => drop(doc.add(&ATTRIBUTES, "ice-controlled")),
        0x802a => drop(doc.add(&ATTRIBUTES, "ice-controlling")),
        _ => {}
    }
    Some(())
}

/// Family, port, address, each mixed with the start of what follows the length in the header (section 14.2).
fn address(value: &mut Bytes<'_>, mixed: &[u8]) -> Option<(IpAddr, u16)> {
    let mut mixed = Bytes::new(mixed);
    let mut again = mixed;
    let (_, family) = (value.u8()?, value.u8()?);
    let port = value.u16()? ^ mixed.u16()?;
    let ip = match family {
        1 => IpAddr::from((value.u32()? ^ again.u32()?).to_be_bytes()),
        2 => match (value.ipv6()?, again.ipv6()?) {
            (IpAddr::V6(ip), IpAddr::V6(mix)) => {
                IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() ^ mix.to_bits()))
            }
            _ => return None,
        },
        _ => return None,
    };
    Some((ip, port))
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    /// RFC 5769, section 2.2: sample IPv4 response.
    const RESPONSE: &str = "0101003c 2112a442 b7e7a701bc34d686fa87dfae 8022000b 7465737420766563746f7220 \
        00200008 0001a147 e112a643 00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7 80280004 c07d4c96";

    #[test]
    fn a_host_learns_its_address() {
        for talk in [Talk::new(Transport::Udp, 40_000, 3478), Talk::tcp(3478)] {
            let request = unhex("00010000 2112a442 b7e7a701bc34d686fa87dfae");
            let doc = talk.src(&request).dst(unhex(RESPONSE)).json();
            assert_eq!(doc["protocol"], json!(["stun"]));
            assert_eq!(
                doc["stun"],
                json!({
                    "attributes": ["fingerprint"], "attributesCnt": 1, "software": ["test vector"], "softwareCnt": 1,
                    "type": ["Binding Request", "Binding Success Response"], "typeCnt": 2,
                    "xorMappedIp": ["192.0.2.1"], "xorMappedIpCnt": 1, "xorMappedPort": [32853], "xorMappedPortCnt": 1
                })
            );
        }
        fields::audit(super::super::fields::FIELDS);
    }

    /// RFC 5769, section 2.3: the address of the sample IPv6 response.
    #[test]
    fn addresses_of_version_6() {
        let response =
            "01010018 2112a442 b7e7a701bc34d686fa87dfae 00200014 0002a147 0113a9faa5d3f179bc25f4b5bed2b9d9";
        let doc = Talk::new(Transport::Udp, 40_000, 3478).src(unhex(response)).json();
        assert_eq!(doc["stun"]["xorMappedIp"], json!(["2001:db8:1234:5678:11:2233:4455:6677"]));
    }
}
