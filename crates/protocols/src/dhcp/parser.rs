//! The fixed part and the options of a message.

use super::fields::*;
use super::{COOKIE, COOKIE_AT, looks};
use crate::bytes::{Bytes, colons};
use crate::{Context, Dir, Parser, Step};
use std::net::{IpAddr, Ipv4Addr};

/// Hardware type of Ethernet.
const ETHERNET: u8 = 1;

pub(super) struct Dhcp;

impl Parser for Dhcp {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        if looks(bytes, dir) {
            message(bytes, context);
        }
        Step::Took(bytes.len())
    }
}

fn message(bytes: &[u8], context: &mut Context<'_>) -> Option<()> {
    let mut fixed = Bytes::new(bytes);
    let (_operation, hardware, hardware_length, _hops) = (fixed.u8()?, fixed.u8()?, fixed.u8()?, fixed.u8()?);
    context.doc.add(&ID, &format!("{:x}", fixed.u32()?));
    fixed.take(20)?;
    let card = fixed.take(6)?;
    if hardware == ETHERNET && hardware_length == 6 {
        context.doc.add(&MAC, &colons(card));
    }
    let mut options = Bytes::new(bytes.get(COOKIE_AT + COOKIE.len()..)?);
    loop {
        match options.u8()? {
            0 => {}
            255 => return Some(()),
            code => option(code, options.vec8()?.rest(), context),
        }
    }
}

fn option(code: u8, value: &[u8], context: &mut Context<'_>) {
    let text = || String::from_utf8_lossy(value).trim_end_matches('\0').to_owned();
    match (code, value) {
        (12, [_, ..]) => context.doc.add(&HOST, &text()),
        (50, &[a, b, c, d]) => context.doc.add(&REQUEST_IP, IpAddr::V4(Ipv4Addr::new(a, b, c, d))),
        (53, &[kind]) => context.doc.add(&TYPE, &type_name(kind)),
        (60, [_, ..]) => context.doc.add(&CLASS_ID, &text()),
        (61, [ETHERNET, card @ ..]) if card.len() == 6 => context.doc.add(&MAC, &colons(card)),
        _ => return,
    };
}

/// IANA's names of message types; the number where there is none.
fn type_name(kind: u8) -> std::borrow::Cow<'static, str> {
    match kind {
        1 => "DISCOVER".into(),
        2 => "OFFER".into(),
        3 => "REQUEST".into(),
        4 => "DECLINE".into(),
        5 => "ACK".into(),
        6 => "NAK".into(),
        7 => "RELEASE".into(),
        8 => "INFORM".into(),
        9 => "FORCERENEW".into(),
        10 => "LEASEQUERY".into(),
        11 => "LEASEUNASSIGNED".into(),
        12 => "LEASEUNKNOWN".into(),
        13 => "LEASEACTIVE".into(),
        14 => "BULKLEASEQUERY".into(),
        15 => "LEASEQUERYDONE".into(),
        16 => "ACTIVELEASEQUERY".into(),
        17 => "LEASEQUERYSTATUS".into(),
        18 => "TLS".into(),
        _ => kind.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::Talk;
    use serde_json::json;

    #[test]
    fn a_request() {
        let mut bytes = vec![1, 1, 6, 0, 0, 0, 0x3d, 0x1d];
        bytes.resize(28, 0);
        bytes.extend([2, 0, 0, 0, 0, 9]);
        bytes.resize(236, 0);
        bytes.extend([
            99, 130, 83, 99, 53, 1, 3, 0, 50, 4, 10, 0, 0, 5, 12, 3, b'P', b'c', b'1', 60, 2, b'd', b'x',
        ]);
        bytes.extend([61, 7, 1, 2, 0, 0, 0, 0, 9, 255, 53, 1, 7]);
        let doc = Talk::new(Transport::Udp, 68, 67).src(&bytes).src(&bytes[..250]).json();
        assert_eq!(doc["protocol"], json!(["dhcp"]));
        assert_eq!(
            doc["dhcp"],
            json!({
                "classId": ["dx"], "classIdCnt": 1, "host": ["pc1"], "hostCnt": 1, "id": ["3d1d"], "idCnt": 1,
                "mac": ["02:00:00:00:00:09"], "macCnt": 1, "requestIp": ["10.0.0.5"], "requestIpCnt": 1,
                "type": ["REQUEST"], "typeCnt": 1
            })
        );
        fields::audit(super::super::fields::FIELDS);
    }
}
