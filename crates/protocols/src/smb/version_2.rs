//! SMB 2 and 3 (MS-SMB2): a header of 64 bytes, a body by command, perhaps the next message.

use super::fields::*;
use crate::Context;
use crate::bytes::Bytes;
use crate::text::utf16;

const HEADER: usize = 64;
const IS_RESPONSE: u32 = 1;
/// Messages in one.
const MAX_CHAIN: usize = 16;
const NEGOTIATE: u16 = 0;
const TREE_CONNECT: u16 = 3;
const CREATE: u16 = 5;

/// One message and those that come with it.
pub(super) fn messages(bytes: &[u8], context: &mut Context<'_>) -> Option<()> {
    let mut at = 0;
    for _ in 0..MAX_CHAIN {
        let message = bytes.get(at..)?;
        let next = one(message, context)?;
        if next < HEADER {
            break;
        }
        at += next;
    }
    Some(())
}

/// Reads a message; gives where the next one starts, 0 for nowhere.
fn one(message: &[u8], context: &mut Context<'_>) -> Option<usize> {
    let mut cursor = Bytes::new(message);
    cursor.take(12)?;
    let (command, _credits, flags, next) =
        (cursor.u16_le()?, cursor.u16_le()?, cursor.u32_le()?, cursor.u32_le()?);
    let mut body = Bytes::new(message.get(HEADER..)?);
    match (command, flags & IS_RESPONSE != 0) {
        (NEGOTIATE, true) => {
            let (_size, _security, dialect) = (body.u16_le()?, body.u16_le()?, body.u16_le()?);
            match dialect {
                0x0202 => context.doc.add(&DIALECT, "SMB 2.002"),
                0x0210 => context.doc.add(&DIALECT, "SMB 2.1"),
                0x02ff => context.doc.add(&DIALECT, "SMB 2.???"),
                0x0300 => context.doc.add(&DIALECT, "SMB 3.0"),
                0x0302 => context.doc.add(&DIALECT, "SMB 3.0.2"),
                0x0311 => context.doc.add(&DIALECT, "SMB 3.1.1"),
                other => context.doc.add(&DIALECT, &format!("SMB 0x{other:04x}")),
            };
        }
        (TREE_CONNECT, false) => {
            let (_size, _flags) = (body.u16_le()?, body.u16_le()?);
            if let Some(share) = text(message, &mut body) {
                context.doc.add(&SHARE, &share);
            }
        }
        (CREATE, false) => {
            body.take(44)?;
            if let Some(name) = text(message, &mut body) {
                context.doc.add(&FILENAME, &name);
            }
        }
        _ => {}
    }
    Some(next as usize)
}

/// The text whose place from the header on, and length, come next.
fn text(message: &[u8], body: &mut Bytes<'_>) -> Option<String> {
    let (at, length) = (usize::from(body.u16_le()?), usize::from(body.u16_le()?));
    let text = utf16(message.get(at..at + length)?);
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use crate::testing::Talk;
    use serde_json::json;

    fn message(command: u16, reply: bool, next: u32, body: &[u8]) -> Vec<u8> {
        let mut out = vec![0xfe, b'S', b'M', b'B', 64, 0, 0, 0, 0, 0, 0, 0];
        out.extend(command.to_le_bytes());
        out.extend([1, 0]);
        out.extend(u32::from(reply).to_le_bytes());
        out.extend(next.to_le_bytes());
        out.resize(64, 0);
        out.extend(body);
        out
    }
    fn framed(message: &[u8]) -> Vec<u8> {
        [&(message.len() as u32).to_be_bytes()[..], message].concat()
    }
    fn named(fixed: usize, name: &str) -> Vec<u8> {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut body = vec![0; fixed];
        body.extend((64 + fixed as u16 + 4).to_le_bytes());
        body.extend((name.len() as u16).to_le_bytes());
        body.extend(name);
        body
    }

    #[test]
    fn shares_and_files_of_one_message() {
        let tree = message(3, false, 0, &named(4, "\\\\srv\\IPC$"));
        let both = [
            message(3, false, tree.len() as u32, &named(4, "\\\\srv\\IPC$")),
            message(5, false, 0, &named(44, "srvsvc")),
        ];
        let src = framed(&both.concat());
        let mut negotiated = vec![65, 0, 1, 0, 0x11, 3];
        negotiated.resize(64, 0);
        let dst = framed(&message(0, true, 0, &negotiated));
        for n in [1, 33, 1_000] {
            let doc = Talk::tcp(445).src_in(n, &src).dst(&dst).json();
            assert_eq!(doc["protocol"], json!(["smb"]), "{n}");
            assert_eq!(
                doc["smb"],
                json!({
                    "dialect": "SMB 3.1.1", "filename": ["srvsvc"], "filenameCnt": 1, "share": ["\\\\srv\\IPC$"],
                    "shareCnt": 1
                })
            );
        }
    }
}
