//! SMB 1 (MS-CIFS, MS-SMB): a header, words, bytes. Numbers are little endian.

use super::fields::*;
use crate::bytes::Bytes;
use crate::text::{decode, split_once, utf16};
use crate::{Context, ntlm};
use fields::{Field, Term};

const HEADER: usize = 32;
/// Dialects of an offer that are remembered: as many as Arkime does.
const MAX_DIALECTS: usize = 10;
/// Commands in one message.
const MAX_CHAIN: usize = 8;
const IS_RESPONSE: u8 = 0x80;
const IS_UNICODE: u16 = 0x8000;
const NEGOTIATE: u8 = 0x72;
const SESSION_SETUP: u8 = 0x73;
const TREE_CONNECT: u8 = 0x75;
const OPEN: u8 = 0x2d;
const NT_CREATE: u8 = 0xa2;

/// What is remembered of a connection.
#[derive(Default)]
pub(super) struct Version1 {
    dialects: Vec<String>,
}

/// One command of a message: its words, its bytes, and where in the message they start.
struct Command<'a> {
    words: &'a [u8],
    bytes: &'a [u8],
    at: usize,
    unicode: bool,
}

impl Version1 {
    pub(super) fn message(&mut self, message: &[u8], context: &mut Context<'_>) -> Option<()> {
        let mut cursor = Bytes::new(message);
        let (_magic, mut kind, _status) = (cursor.u32()?, cursor.u8()?, cursor.u32()?);
        let (flags, flags_2) = (cursor.u8()?, cursor.u16_le()?);
        let response = flags & IS_RESPONSE != 0;
        let mut at = HEADER;
        for _ in 0..MAX_CHAIN {
            let mut cursor = Bytes::new(message.get(at..)?);
            let words = cursor.u8()?;
            let words = cursor.take(2 * usize::from(words))?;
            let length = usize::from(cursor.u16_le()?);
            // a message that is longer than what is looked at is cut
            let bytes = cursor.rest().get(..length).unwrap_or(cursor.rest());
            let command =
                Command { words, bytes, at: at + 3 + words.len(), unicode: flags_2 & IS_UNICODE != 0 };
            if response {
                self.response(kind, &command, context);
            } else {
                self.request(kind, &command, context);
            }
            // commands with "AndX" name the next one and where it starts
            let chained =
                matches!(kind, SESSION_SETUP | TREE_CONNECT | OPEN | NT_CREATE | 0x24 | 0x2e | 0x2f | 0x74);
            let (&[next, _, low, high, ..], true) = (words, chained) else { break };
            let start = usize::from(u16::from_le_bytes([low, high]));
            if next == 0xff || start <= at {
                break;
            }
            (kind, at) = (next, start);
        }
        Some(())
    }

    fn response(&mut self, kind: u8, command: &Command<'_>, context: &mut Context<'_>) -> Option<()> {
        if kind == NEGOTIATE {
            let index = Bytes::new(command.words).u16_le()?;
            context.doc.add(&DIALECT, self.dialects.get(usize::from(index))?);
        }
        Some(())
    }

    fn request(&mut self, kind: u8, command: &Command<'_>, context: &mut Context<'_>) -> Option<()> {
        match kind {
            NEGOTIATE => {
                self.dialects.clear();
                let mut rest = command.bytes;
                while let (Some((name, after)), true) =
                    (split_once(rest, 0), self.dialects.len() < MAX_DIALECTS)
                {
                    self.dialects.push(decode(name.strip_prefix(b"\x02").unwrap_or(name)).into_owned());
                    rest = after;
                }
                Some(())
            }
            SESSION_SETUP => session_setup(command, context),
            TREE_CONNECT => {
                let password = usize::from(Bytes::new(command.words.get(6..)?).u16_le()?);
                let mut texts = Texts::new(command, password);
                add(&SHARE, texts.next()?, context)
            }
            OPEN => add(&FILENAME, Texts::new(command, 0).next()?, context),
            NT_CREATE => {
                let length = usize::from(Bytes::new(command.words.get(5..)?).u16_le()?);
                let texts = Texts::new(command, 0);
                let name = command.bytes.get(texts.at..texts.at + length)?;
                let name = if command.unicode { utf16(name) } else { decode(name).into_owned() };
                add(&FILENAME, name.trim_end_matches('\0').to_owned(), context)
            }
            // open, create, delete, create anew: a byte of kind before the name
            0x02 | 0x03 | 0x06 | 0x0f => add(&FILENAME, Texts::new(command, 1).next()?, context),
            _ => None,
        }
    }
}

/// Passwords or a token, then texts, by the number of words (MS-CIFS 2.2.4.53, MS-SMB 2.2.4.6).
fn session_setup(command: &Command<'_>, context: &mut Context<'_>) -> Option<()> {
    let words = command.words;
    let word = |at: usize| words.get(at..).and_then(|rest| Bytes::new(rest).u16_le()).map(usize::from);
    if words.len() == 24 {
        let token = word(14)?;
        let at = memchr::memmem::find(command.bytes.get(..token)?, ntlm::SIGNATURE);
        if let Some(message) = at.and_then(|at| command.bytes.get(at..token))
            && ntlm::kind(message) == Some(3)
            && let Some(login) = ntlm::read(message, context)
        {
            add(&DOMAIN, login.domain, context);
            add(&USER, login.user, context);
            add(&HOST, login.host, context);
        }
        let mut texts = Texts::new(command, token);
        add(&OS, texts.next()?, context);
        return add(&VERSION, texts.next()?, context);
    }
    let passwords = match words.len() {
        26 => word(14)? + word(16)?,
        20 => word(14)?,
        _ => return None,
    };
    let mut texts = Texts::new(command, passwords);
    for field in [&USER, &DOMAIN, &OS, &VERSION] {
        add(field, texts.next()?, context);
    }
    Some(())
}

fn add(field: &'static Field<Term>, text: String, context: &mut Context<'_>) -> Option<()> {
    if !text.is_empty() {
        context.doc.add(field, &text);
    }
    Some(())
}

/// Texts that end with a zero, from some place in a command's bytes on; of two bytes a letter they start at even places of
/// the message.
struct Texts<'a> {
    bytes: &'a [u8],
    at: usize,
    unicode: bool,
}

impl<'a> Texts<'a> {
    fn new(command: &Command<'a>, skip: usize) -> Self {
        let odd = command.unicode && (command.at + skip) % 2 == 1;
        Self { bytes: command.bytes, at: skip + usize::from(odd), unicode: command.unicode }
    }

    fn next(&mut self) -> Option<String> {
        let rest = self.bytes.get(self.at..)?;
        if self.unicode {
            let length = rest.chunks_exact(2).position(|pair| pair == [0, 0]).map_or(rest.len(), |at| 2 * at);
            self.at += length + 2;
            return rest.get(..length).map(utf16);
        }
        let length = memchr::memchr(0, rest).unwrap_or(rest.len());
        self.at += length + 1;
        rest.get(..length).map(|text| decode(text).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    fn message(command: u8, reply: bool, unicode: bool, words: &[u8], bytes: &[u8]) -> Vec<u8> {
        let mut out = vec![0, 0, 0, 0, 0xff, b'S', b'M', b'B', command, 0, 0, 0, 0];
        out.push(if reply { 0x80 } else { 0 });
        out.extend((if unicode { 0x8000u16 } else { 0 }).to_le_bytes());
        out.resize(36, 0);
        out.push((words.len() / 2) as u8);
        out.extend(words);
        out.extend((bytes.len() as u16).to_le_bytes());
        out.extend(bytes);
        let length = out.len() as u16 - 4;
        out[2..4].copy_from_slice(&length.to_be_bytes());
        out
    }
    fn wide(texts: &[&str]) -> Vec<u8> {
        texts.iter().flat_map(|text| text.encode_utf16().chain([0])).flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn a_user_opens_a_file() {
        let setup = unhex("ff000000 ffff 0200 0100 00000000 0100 0000 00000000 00000000");
        let src = [
            message(0x72, false, false, &[], b"\x02ONE\0\x02NT LM 0.12\0"),
            // one byte of password, which makes the texts start at an even place
            message(
                0x73,
                false,
                true,
                &setup,
                &[&[0][..], &wide(&["Ann", "HOME", "Unix", "Samba 3"])].concat(),
            ),
            message(
                0x75,
                false,
                true,
                &unhex("ff000000 0000 0100"),
                &[&[0][..], &wide(&["\\\\SRV\\DOCS"])].concat(),
            ),
            message(0x2d, false, false, &[0; 30], b"\\a.txt\0"),
        ]
        .concat();
        let dst = message(0x72, true, false, &unhex("0100"), &[]);
        let dst = [dst, message(0x73, true, true, &[0; 6], &wide(&["Windows", "LAN"]))].concat();
        for n in [1, 60, 2_000] {
            let doc = Talk::tcp(445).src_in(n, &src).dst(&dst).json();
            assert_eq!(doc["protocol"], json!(["smb"]), "{n}");
            assert_eq!(
                doc["smb"],
                json!({
                    "domain": ["HOME"], "domainCnt": 1, "dialect": "NT LM 0.12", "filename": ["\\a.txt"],
                    "filenameCnt": 1, "os": ["Unix"], "osCnt": 1, "share": ["\\\\SRV\\DOCS"], "shareCnt": 1,
                    "user": ["Ann"], "userCnt": 1, "version": ["Samba 3"], "versionCnt": 1
                })
            );
        }
        fields::audit(super::super::fields::FIELDS);
    }

    #[test]
    fn a_login_with_ntlm() {
        let texts = wide(&["HOME"]).len() - 2;
        let mut token = b"NTLMSSP\0\x03\0\0\0".to_vec();
        let mut place = |length: usize, offset: usize| {
            token.extend((length as u16).to_le_bytes());
            token.extend((length as u16).to_le_bytes());
            token.extend((offset as u32).to_le_bytes());
        };
        place(0, 0);
        place(0, 0);
        place(texts, 64);
        place(6, 72);
        place(4, 78);
        place(0, 0);
        token.extend(1u32.to_le_bytes());
        token.extend("HOMEAnnPC".encode_utf16().flat_map(u16::to_le_bytes));
        let mut words = unhex("ff000000 ffff 0200 0100 00000000 0000 00000000 00000000");
        words[14..16].copy_from_slice(&(token.len() as u16).to_le_bytes());
        let doc = Talk::tcp(445).src(message(0x73, false, true, &words, &token)).json();
        assert_eq!(doc["protocol"], json!(["smb", "ntlm"]));
        assert_eq!(doc["ntlm"]["domain"], json!(["HOME"]));
        assert_eq!(doc["smb"]["host"], json!(["PC"]));
        assert_eq!(doc["user"], json!(["ann"]));
        fields::audit(crate::ntlm::fields::FIELDS);
    }
}
