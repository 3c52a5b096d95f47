//! TDS (MS-TDS, TDS 5.0 of Sybase): who logs in to SQL Server and its relatives.

use crate::bytes::Bytes;
use crate::messages::{Framed, Length, Messages, Then};
use crate::text::{decode, utf16};
use crate::{Context, Detect, Dir, Protocol};
use session::core;

/// TDS, by a client's first packet.
pub static PROTOCOL: Protocol = Protocol {
    name: "tds",
    fields: &[],
    detect: &[Detect::TcpSign(looks)],
    quiet: false,
    start: || Box::new(Framed::new(Tds)),
};

/// Kind, status, length, channel, packet, window.
const HEADER: usize = 8;
const LOGIN_5: u8 = 2;
const LOGIN_7: u8 = 0x10;
const PRE_LOGIN: u8 = 0x12;

fn looks(bytes: &[u8], dir: Dir, ports: [u16; 2]) -> bool {
    let [kind, 0 | 1, high, low, 0, 0, 0 | 1, 0, ..] = *bytes else { return false };
    let length = u16::from_be_bytes([high, low]);
    dir == Dir::Src
        && match kind {
            LOGIN_7 | PRE_LOGIN => (16..=4096).contains(&length),
            LOGIN_5 => length == 512 && !ports.contains(&53),
            _ => false,
        }
}

struct Tds;

impl Messages for Tds {
    const LOOKED: usize = 4 * 1024;

    fn length(&self, _: Dir, bytes: &[u8], _: &Context<'_>) -> Length {
        match bytes {
            // TLS outside of packets (TDS 8)
            [0x16, 3, ..] => Length::Other,
            [1..=0x1f, _, high, low, ..] => match usize::from(u16::from_be_bytes([*high, *low])) {
                length @ HEADER.. => Length::Is(length),
                _ => Length::Bad,
            },
            _ if bytes.len() < 4 => Length::Need(HEADER),
            _ => Length::Bad,
        }
    }

    fn message(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Then {
        let body = bytes.get(HEADER..).unwrap_or_default();
        let user = match bytes.first() {
            Some(&LOGIN_5) if dir == Dir::Src => login_5(body),
            Some(&LOGIN_7) if dir == Dir::Src => login_7(body),
            _ => return Then::Next,
        };
        if let Some(user) = user.filter(|user| !user.is_empty()) {
            context.doc.add(&core::USER, &user);
        }
        Then::Next
    }
}

/// Host and user, 30 bytes each with their length behind them.
fn login_5(body: &[u8]) -> Option<String> {
    let mut cursor = Bytes::new(body);
    let (_host, _length) = (cursor.take(30)?, cursor.u8()?);
    let (user, length) = (cursor.take(30)?, cursor.u8()?);
    user.get(..usize::from(length)).map(|user| decode(user).into_owned())
}

/// 36 bytes of settings, then place and length of each text: host, user (MS-TDS 2.2.6.4).
fn login_7(body: &[u8]) -> Option<String> {
    let mut cursor = Bytes::new(body);
    cursor.take(36 + 4)?;
    let (at, letters) = (usize::from(cursor.u16_le()?), usize::from(cursor.u16_le()?));
    body.get(at..at + 2 * letters).map(utf16)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    #[test]
    fn users_of_both_forms() {
        let mut old = unhex("02 00 0200 0000 00 00");
        old.resize(8 + 31, 0);
        old.extend(b"Ann");
        old.resize(8 + 61, 0);
        old.push(3);
        old.resize(512, 0);
        let mut new = unhex("10 01 0000 0000 01 00");
        new.resize(8 + 40, 0);
        new.extend(unhex("5e00 0300"));
        new.resize(8 + 94, 0);
        new.extend("Bob".encode_utf16().flat_map(u16::to_le_bytes));
        let length = new.len() as u8;
        new[3] = length;
        for n in [1, 50, 600] {
            let doc = Talk::tcp(1433).src_in(n, &old).json();
            assert_eq!((&doc["protocol"], &doc["user"]), (&json!(["tds"]), &json!(["ann"])), "{n}");
            let doc = Talk::tcp(1433).src_in(n, &new).json();
            assert_eq!((&doc["protocol"], &doc["user"]), (&json!(["tds"]), &json!(["bob"])), "{n}");
        }
    }
}
