//! TPKT and X.224, the negotiation in them, and the client's settings where nothing is encrypted.

use super::fields::*;
use crate::bytes::Bytes;
use crate::messages::{Length, Messages, Then};
use crate::text::{decode, line};
use crate::{Context, Dir};
use session::core;

/// RFC 1006 section 6: version, reserved, length.
const TPKT: usize = 4;
const CONNECT_REQUEST: u8 = 0xe0;
const CONNECT_CONFIRM: u8 = 0xd0;
const DATA: u8 = 0xf0;
const NEGOTIATION_REQUEST: u8 = 1;
const NEGOTIATION_RESPONSE: u8 = 2;
/// Settings of the client: core (MS-RDPBCGR 2.2.1.3.2).
const CORE: u16 = 0xc001;
/// Key of the conference request that clients put their settings behind (2.2.1.3: H.221 key of Microsoft's clients).
const CLIENT_KEY: &[u8] = b"Duca";
const PROTOCOLS: [(u32, &str); 5] =
    [(0x01, "ssl"), (0x02, "hybrid"), (0x04, "rdstls"), (0x08, "hybrid-ex"), (0x10, "rdsaad")];

#[derive(Default)]
pub(super) struct Rdp {
    /// Whether the client's settings were looked for.
    settled: bool,
}

impl Messages for Rdp {
    const LOOKED: usize = 4 * 1024;

    fn length(&self, _: Dir, bytes: &[u8], _: &Context<'_>) -> Length {
        match bytes {
            [3, 0, high, low, ..] => match usize::from(u16::from_be_bytes([*high, *low])) {
                length @ TPKT.. => Length::Is(length),
                _ => Length::Bad,
            },
            [] | [3] | [3, 0] | [3, 0, _] => Length::Need(TPKT),
            // TLS that started without our seeing the server agree
            [0x16, 3, ..] => Length::Other,
            _ => Length::Bad,
        }
    }

    fn message(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Then {
        self.read(dir, bytes, context).unwrap_or(Then::Next)
    }
}

impl Rdp {
    fn read(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Option<Then> {
        let mut cursor = Bytes::new(bytes.get(TPKT..)?);
        let length = cursor.u8()?;
        let kind = cursor.u8()?;
        match kind {
            CONNECT_REQUEST | CONNECT_CONFIRM => {
                cursor.take(5)?;
                // what X.224's length counts goes to the end of the negotiation
                let variable = cursor.part(usize::from(length).checked_sub(6)?)?;
                match kind {
                    CONNECT_REQUEST => request(variable.rest(), context),
                    _ => return confirm(variable, context),
                }
            }
            DATA if dir == Dir::Src && !self.settled => {
                self.settled = true;
                settings(cursor.rest(), context);
            }
            // past the negotiation nothing is read
            DATA if self.settled && dir == Dir::Src => return Some(Then::Done),
            _ => {}
        }
        Some(Then::Next)
    }
}

/// Cookie or token in a line, then what the client offers (2.2.1.1).
fn request(variable: &[u8], context: &mut Context<'_>) {
    let (cookie, rest) = match line(variable) {
        Some((cookie, rest)) if variable.starts_with(b"Cookie: ") => (cookie, rest),
        _ => (&[][..], variable),
    };
    if let Some(user) = cookie.strip_prefix(b"Cookie: mstshash=").filter(|user| !user.is_empty()) {
        context.doc.add(&core::USER, &decode(user));
    }
    let mut cursor = Bytes::new(rest);
    if let (Some(NEGOTIATION_REQUEST), Some(_), Some(_), Some(offered)) =
        (cursor.u8(), cursor.u8(), cursor.u16(), cursor.u32_le())
    {
        if offered == 0 {
            context.doc.add(&REQUESTED, "rdp");
        }
        for (_, name) in PROTOCOLS.iter().filter(|(bit, _)| offered & bit != 0) {
            context.doc.add(&REQUESTED, name);
        }
    }
}

/// What the server chose (2.2.1.2); all but the old security goes on as TLS.
fn confirm(mut cursor: Bytes<'_>, context: &mut Context<'_>) -> Option<Then> {
    let (kind, _flags, _length) = (cursor.u8()?, cursor.u8()?, cursor.u16()?);
    if kind != NEGOTIATION_RESPONSE {
        return None;
    }
    let chosen = cursor.u32_le()?;
    if chosen == 0 {
        context.doc.add(&SELECTED, "rdp");
        return None;
    }
    let name = PROTOCOLS.iter().find(|(bit, _)| chosen == *bit).map(|(_, name)| *name);
    match name {
        Some(name) => context.doc.add(&SELECTED, name),
        None => context.doc.add(&SELECTED, &format!("0x{chosen:08x}")),
    };
    Some(Then::Redetect)
}

/// The client's core settings in the conference request: behind the key, the length of all in one or two bytes, then
/// blocks of kind and length.
fn settings(bytes: &[u8], context: &mut Context<'_>) -> Option<()> {
    let at = memchr::memmem::find(bytes, CLIENT_KEY)? + CLIENT_KEY.len();
    let mut cursor = Bytes::new(bytes.get(at..)?);
    if cursor.u8()? & 0x80 != 0 {
        cursor.u8()?;
    }
    loop {
        let (kind, length) = (cursor.u16_le()?, cursor.u16_le()?);
        let mut block = cursor.part(usize::from(length).checked_sub(4)?)?;
        if kind == CORE {
            // version, width, height, depth, sequence
            block.take(4 + 2 + 2 + 2 + 2)?;
            let (layout, build) = (block.u32_le()?, block.u32_le()?);
            let name = block.take(32)?;
            context.doc.add(&KEYBOARD, &format!("0x{layout:08x}"));
            context.doc.add(&CLIENT_BUILD, i64::from(build));
            let name = crate::text::utf16(name);
            let name = name.split('\0').next().unwrap_or_default();
            if !name.is_empty() {
                context.doc.add(&CLIENT_NAME, name);
            }
            return Some(());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    fn request(offered: &str) -> Vec<u8> {
        let mut bytes = unhex("03000026 21 e0 0000 0000 00");
        bytes.extend(b"Cookie: mstshash=ANN\r\n");
        bytes.extend(unhex(&format!("01000800 {offered}")));
        let length = bytes.len() as u8;
        bytes[3] = length;
        bytes[4] = length - 5;
        bytes
    }

    #[test]
    fn security_is_agreed_on_and_tls_follows() {
        for n in [1, 10, 100] {
            let doc = Talk::tcp(3389)
                .src_in(n, &request("03000000"))
                .dst(unhex("03000013 0e d0 0000 1234 00 02 1f 0800 02000000"))
                .src(unhex("16 0301 002d 01 000029 0303 0000000000000000000000000000000000000000000000000000000000000000 00 0002 1301 01 00"))
                .json();
            assert_eq!(doc["protocol"], json!(["rdp", "tls"]), "{n}");
            assert_eq!(
                doc["rdp"],
                json!({
                    "requestedProtocols": ["ssl", "hybrid"], "requestedProtocolsCnt": 2,
                    "selectedProtocol": ["hybrid"], "selectedProtocolCnt": 1
                })
            );
            assert_eq!(doc["user"], json!(["ann"]));
        }
        fields::audit(super::super::fields::FIELDS);
    }

    #[test]
    fn settings_in_the_clear() {
        let mut block = unhex("01c0 3800 04000800 0004 0003 01ca 03aa 07040000 280a0000");
        block.extend("PC-7".encode_utf16().flat_map(u16::to_le_bytes));
        block.resize(0x38, 0);
        let mut data = unhex("03000000 02 f0 80");
        data.extend(b"\x7f\x65Duca");
        data.push(block.len() as u8);
        data.extend(&block);
        let length = data.len() as u8;
        data[3] = length;
        let doc = Talk::tcp(3389)
            .src(request("00000000"))
            .dst(unhex("03000013 0e d0 0000 1234 00 02 00 0800 00000000"))
            .src(&data)
            .json();
        assert_eq!(doc["rdp"]["clientName"], json!(["PC-7"]));
        assert_eq!(doc["rdp"]["clientBuild"], json!([2600]));
        assert_eq!(doc["rdp"]["keyboardLayout"], json!(["0x00000407"]));
        assert_eq!(doc["rdp"]["selectedProtocol"], json!(["rdp"]));
    }
}
