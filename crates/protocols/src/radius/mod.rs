//! RADIUS (RFC 2865, RFC 2866, RFC 5176): who was let into a network, from which device, with which address.

use crate::bytes::{Bytes, colons};
use crate::messages::Datagrams;
use crate::text::decode;
use crate::{Context, Detect, Dir, Protocol, address, signatures::look};

/// What the packets fill.
pub mod fields {
    fields::fields! { "radius";
        /// Users.
        USER: Term = "radius.user" @ "radius.user", "User".no_count();
        /// Network cards of users, from Calling-Station-Id.
        MAC: Lower = "radius.mac" @ "radius.mac", "MAC";
        /// Addresses of the clients' ends of tunnels.
        ENDPOINT_IP: Ip = "radius.endpoint-ip" @ "radius.endpointIp", "Endpoint IP";
        /// Addresses that users were given.
        FRAMED_IP: Ip = "radius.framed-ip" @ "radius.framedIp", "Framed IP";
        /// Addresses of the devices that let users in.
        NAS_IP: Ip = "radius.nasIp" @ "radius.nasIp", "NAS IP";
        /// Ports of those devices.
        NAS_PORT: Int = "radius.nasPort" @ "radius.nasPort", "NAS Port";
        /// Kinds of packets, for instance `access-request`.
        MSG_TYPE: Lower = "radius.msgType" @ "radius.msgType", "Msg Type";
    }
}

/// RADIUS, by its ports and a length that fits.
pub static PROTOCOL: Protocol = Protocol {
    name: "radius",
    fields: fields::FIELDS,
    detect: &[Detect::UdpSign(look::radius)],
    quiet: false,
    start: || Box::new(Datagrams(packet)),
};

/// Code, identifier, length, authenticator, attributes (RFC 2865 section 3).
fn packet(bytes: &[u8], _: Dir, context: &mut Context<'_>) -> Option<()> {
    let mut cursor = Bytes::new(bytes);
    let (code, _id, length) = (cursor.u8()?, cursor.u8()?, cursor.u16()?);
    let _authenticator = cursor.take(16)?;
    let name = match code {
        1 => "access-request",
        2 => "access-accept",
        3 => "access-reject",
        4 => "accounting-request",
        5 => "accounting-response",
        11 => "access-challenge",
        12 => "status-server",
        13 => "status-client",
        40 => "disconnect-request",
        41 => "disconnect-ack",
        42 => "disconnect-nak",
        43 => "coa-request",
        44 => "coa-ack",
        45 => "coa-nak",
        _ => return None,
    };
    context.doc.add(&fields::MSG_TYPE, name);
    let mut attributes = cursor.part(usize::from(length).checked_sub(20)?)?;
    while !attributes.is_empty() {
        let (kind, length) = (attributes.u8()?, attributes.u8()?);
        let value = attributes.part(usize::from(length).checked_sub(2)?)?;
        attribute(kind, value, context);
    }
    Some(())
}

fn attribute(kind: u8, mut value: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    let doc = &mut *context.doc;
    match kind {
        1 => drop(doc.add(&fields::USER, &decode(value.rest()))),
        4 => drop(doc.add(&fields::NAS_IP, value.ipv4()?)),
        5 => drop(doc.add(&fields::NAS_PORT, i64::from(value.u32()?))),
        8 => drop(doc.add(&fields::FRAMED_IP, value.ipv4()?)),
        31 => drop(doc.add(&fields::MAC, &mac(value.rest())?)),
        // RFC 2868 section 3.3: a tag below 0x20 may come first
        66 => {
            let text = match value.rest() {
                [0..0x20, text @ ..] => text,
                text => text,
            };
            doc.add(&fields::ENDPOINT_IP, address::parse(&decode(text))?);
        }
        _ => {}
    }
    Some(())
}

/// The address of a network card in twelve digits, whatever separates them; what follows (a network's name) is left.
fn mac(text: &[u8]) -> Option<String> {
    let mut card = [0u8; 6];
    let mut digits = text
        .iter()
        .filter(|byte| !matches!(byte, b':' | b'-' | b'.' | b' '))
        .map(|byte| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()));
    for byte in &mut card {
        *byte = digits.next()?? << 4 | digits.next()??;
    }
    Some(colons(&card))
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    #[test]
    fn a_user_is_let_in() {
        let mut request =
            unhex("01 07 0049 00000000000000000000000000000000 0105 616e6e 0406 c0a80001 0506 00000003 1f13");
        request.extend(b"AA-BB-CC-00-11-22");
        request.extend(unhex("420b 00"));
        request.extend(b"10.1.2.3");
        let length = u8::try_from(request.len()).unwrap();
        request[3] = length;
        let accept = unhex("02 07 001a 00000000000000000000000000000000 0806 0a000009");
        let doc =
            Talk::new(Transport::Udp, 40_000, 1812).src(&request).dst(&accept).src(&request[..30]).json();
        assert_eq!(doc["protocol"], json!(["radius"]));
        assert_eq!(
            doc["radius"],
            json!({
                "endpointIp": ["10.1.2.3"], "endpointIpCnt": 1, "framedIp": ["10.0.0.9"], "framedIpCnt": 1,
                "mac": ["aa:bb:cc:00:11:22"], "macCnt": 1, "msgType": ["access-request", "access-accept"],
                "msgTypeCnt": 2, "nasIp": ["192.168.0.1"], "nasIpCnt": 1, "nasPort": [3], "nasPortCnt": 1,
                "user": ["ann"]
            })
        );
        fields::audit(super::fields::FIELDS);
    }
}
