//! Oracle (TNS): which host and service clients connect to, and as whom.

use crate::messages::{Framed, Length, Messages, Then};
use crate::text::decode;
use crate::{Context, Detect, Dir, Protocol};

/// What the connection fills.
pub mod fields {
    fields::fields! { "oracle";
        /// User of the client's machine.
        USER: Lower = "oracle.user" @ "oracle.user", "User".one().linked();
        /// Host that clients ask for.
        HOST: Lower = "oracle.host" @ "oracle.host", "Oracle Host".one().linked().aliases(&["host.oracle"]).tokens();
        /// Service or instance that clients ask for.
        SERVICE: Lower = "oracle.service" @ "oracle.service", "Service".one().linked();
    }
}

/// Oracle, by a client's connect packet.
pub static PROTOCOL: Protocol = Protocol {
    name: "oracle",
    fields: fields::FIELDS,
    detect: &[Detect::TcpLook(looks)],
    quiet: false,
    start: || Box::new(Framed::new(Oracle)),
};

/// Length, checksum, kind, flags, checksum of the header.
const HEADER: usize = 8;
const CONNECT: u8 = 1;

/// A connect packet: a length that holds its fixed part, kind 1, and versions of the protocol from 3.00 to 3.99.
fn looks(bytes: &[u8], _: Dir) -> bool {
    matches!(bytes, [high, low, 0, 0, CONNECT, _, 0, 0, 1, version, 0 | 1, compatible, ..]
        if u16::from_be_bytes([*high, *low]) >= 34 && *version >= 0x2c && *compatible >= 0x2c)
}

struct Oracle;

impl Messages for Oracle {
    const LOOKED: usize = 8 * 1024;

    fn length(&self, _: Dir, bytes: &[u8], _: &Context<'_>) -> Length {
        match bytes {
            [high, low, _, _, 1..=20, ..] => match usize::from(u16::from_be_bytes([*high, *low])) {
                length @ HEADER.. => Length::Is(length),
                _ => Length::Bad,
            },
            _ if bytes.len() < 5 => Length::Need(HEADER),
            _ => Length::Bad,
        }
    }

    fn message(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Then {
        match bytes.get(4) {
            Some(&CONNECT) if dir == Dir::Src => {
                connect(&decode(bytes), context);
                Then::Next
            }
            // accepted: what follows has longer lengths and nothing of ours; refused or redirected: the client asks again
            Some(2) => Then::Done,
            _ => Then::Next,
        }
    }
}

/// The first value of a key in a descriptor: `(KEY=value)`.
fn value<'a>(text: &'a str, lower: &str, key: &str) -> Option<&'a str> {
    let from = lower.find(key)? + key.len();
    let until = text.get(from..)?.find([')', '(']).map_or(text.len(), |length| from + length);
    text.get(from..until).map(str::trim).filter(|value| !value.is_empty())
}

fn connect(text: &str, context: &mut Context<'_>) {
    let lower = text.to_ascii_lowercase();
    if let Some(host) = value(text, &lower, "(host=") {
        context.doc.add(&fields::HOST, host);
    }
    if let Some(service) = value(text, &lower, "(service_name=").or(value(text, &lower, "(sid=")) {
        context.doc.add(&fields::SERVICE, service);
    }
    if let Some(user) = value(text, &lower, "(user=") {
        context.doc.add(&fields::USER, user);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    #[test]
    fn a_client_says_where_to() {
        let text = b"(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=DB.example)(PORT=1521))(CONNECT_DATA=(CID=(PROGRAM=x)(HOST=pc)(USER=Ann))(SERVICE_NAME=Sales)))";
        let mut packet = unhex("0000 0000 01 00 0000 0139 012c 0000 0800 7fff 8608 0000 0100");
        packet.resize(58, 0);
        packet.extend(text);
        let length = packet.len() as u16;
        packet[..2].copy_from_slice(&length.to_be_bytes());
        for n in [1, 20, 300] {
            let doc = Talk::tcp(1521).src_in(n, &packet).dst(unhex("0008 0000 0b 00 0000")).json();
            assert_eq!(doc["protocol"], json!(["oracle"]), "{n}");
            assert_eq!(doc["oracle"], json!({"host": "db.example", "service": "sales", "user": "ann"}));
        }
        fields::audit(super::fields::FIELDS);
    }
}
