//! Messages between host and device: six words of four bytes, the lowest first, and a payload; and requests to the
//! host's server: four digits of length and text.

use super::fields::*;
use super::services;
use crate::bytes::Bytes;
use crate::messages::{Length, Messages, Then};
use crate::text::decode;
use crate::{Context, Dir};

/// Command, two arguments, length, check, magic.
const HEADER: usize = 24;
/// Bytes of a payload that are looked at.
const LOOKED: usize = 64 * 1024;
/// Streams that are open at a time and remembered.
const MAX_STREAMS: usize = 64;

/// What a stream carries that is read.
#[derive(Clone, Copy, PartialEq)]
enum Carries {
    Sync,
    Shell,
}

#[derive(Default)]
pub(super) struct Adb {
    /// Whether both sides agreed on TLS.
    secured: bool,
    /// Streams of the host by its number, with what they carry.
    streams: Vec<(u32, Carries)>,
}

/// Whether four bytes are the name of a message.
fn is_command(name: &[u8]) -> bool {
    matches!(name, b"CNXN" | b"AUTH" | b"OPEN" | b"OKAY" | b"CLSE" | b"WRTE" | b"SYNC" | b"STLS")
}

impl Messages for Adb {
    const LOOKED: usize = HEADER + LOOKED;

    fn length(&self, _: Dir, bytes: &[u8], _: &Context<'_>) -> Length {
        if self.secured && bytes.first() == Some(&0x16) {
            return Length::Other;
        }
        let Some(name) = bytes.get(..4) else { return Length::Need(4) };
        if let Some(digits) = std::str::from_utf8(name).ok().and_then(|d| usize::from_str_radix(d, 16).ok())
            && name.iter().all(u8::is_ascii_hexdigit)
        {
            return Length::Is(4 + digits);
        }
        let length = Bytes::new(bytes.get(12..).unwrap_or_default()).u32_le();
        match length {
            // what the server answers, and what follows a request, is of another form
            _ if !is_command(name) => Length::Bad,
            Some(length @ 0..0x0400_0000) => Length::Is(HEADER + length as usize),
            Some(_) => Length::Bad,
            None => Length::Need(HEADER),
        }
    }

    fn message(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Then {
        match bytes.get(..4) {
            Some(name) if is_command(name) => drop(self.read(dir, bytes, context)),
            _ => services::open(&decode(bytes.get(4..).unwrap_or_default()), context),
        }
        Then::Next
    }
}

impl Adb {
    fn read(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Option<()> {
        let mut cursor = Bytes::new(bytes);
        let name = cursor.take(4)?;
        let (first, second) = (cursor.u32_le()?, cursor.u32_le()?);
        cursor.take(12)?;
        let payload = cursor.rest();
        context.doc.add(&COMMAND, &decode(name));
        if matches!(name, b"OPEN" | b"OKAY" | b"CLSE" | b"WRTE") {
            let stream = if second == 0 { first.to_string() } else { format!("{first}-{second}") };
            context.doc.add(&STREAM, &stream);
        }
        match name {
            b"CNXN" => connect(first, second, payload, context),
            b"AUTH" => {
                let step = ["token", "signature", "rsapublickey"];
                context.doc.add(&AUTH_TYPE, step.get((first as usize).checked_sub(1)?)?);
            }
            b"STLS" => {
                self.secured = true;
                context.doc.tag("adb:tls");
            }
            b"OPEN" => self.open(first, payload, context),
            b"CLSE" => {
                // the host's number comes first in what it sends, second in what it gets
                let host = if dir == Dir::Src { first } else { second };
                self.streams.retain(|(number, _)| *number != host);
            }
            b"WRTE" => {
                let host = if dir == Dir::Src { first } else { second };
                let carries = self.streams.iter().find(|(number, _)| *number == host).map(|(_, what)| *what);
                match carries {
                    Some(Carries::Sync) => services::sync(payload, context),
                    Some(Carries::Shell) => services::shell(payload, context),
                    None => None,
                };
            }
            _ => {}
        }
        Some(())
    }

    fn open(&mut self, number: u32, payload: &[u8], context: &mut Context<'_>) {
        let service = decode(payload.strip_suffix(b"\0").unwrap_or(payload));
        services::open(&service, context);
        let carries = match service.split([':', ',']).next() {
            Some("sync") => Carries::Sync,
            Some("shell") if service.starts_with("shell,v2") => Carries::Shell,
            _ => return,
        };
        if self.streams.len() >= MAX_STREAMS {
            self.streams.remove(0);
        }
        self.streams.push((number, carries));
    }
}

/// Version, longest payload, and the banner: kind of system, serial number, properties.
fn connect(version: u32, longest: u32, payload: &[u8], context: &mut Context<'_>) {
    context.doc.add(&VERSION, &format!("0x{version:08x}"));
    context.doc.add(&MAX_PAYLOAD, &longest.to_string());
    let banner = decode(payload.strip_suffix(b"\0").unwrap_or(payload));
    let mut parts = banner.split(':');
    for field in [parts.next().map(|kind| (true, kind)), parts.next().map(|serial| (false, serial))] {
        match field {
            Some((_, "")) | None => {}
            Some((true, kind)) => drop(context.doc.add(&SYSTEM_TYPE, kind)),
            Some((false, serial)) => drop(context.doc.add(&SERIAL, serial)),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Talk;
    use serde_json::json;

    fn message(name: &str, first: u32, second: u32, payload: &[u8]) -> Vec<u8> {
        let mut bytes = name.as_bytes().to_vec();
        for word in [first, second, payload.len() as u32, 0, 0] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(payload);
        bytes
    }

    #[test]
    fn a_file_is_sent_and_a_command_run() {
        let host = [
            message("CNXN", 0x0100_0001, 4096, b"host::\0"),
            message("OPEN", 7, 0, b"sync:\0"),
            message("WRTE", 7, 9, b"SEND\x0a\0\0\0/a/b,33188DATA\x02\0\0\0hiDONE\0\0\0\0"),
            message("CLSE", 7, 9, b""),
            message("OPEN", 8, 0, b"shell,v2:ls\0"),
        ]
        .concat();
        let device = [
            message("CNXN", 0x0100_0001, 4096, b"device:ABC123:features=x\0"),
            message("OKAY", 9, 7, b""),
            message("WRTE", 10, 8, b"\x01\x02\0\0\0ab\x03\x01\0\0\0\x07"),
        ]
        .concat();
        for n in [1, 17, 1_000] {
            let doc = Talk::tcp(5555).src_in(n, &host).dst(&device).json();
            assert_eq!(doc["protocol"], json!(["adb"]), "{n}");
            let adb = &doc["adb"];
            assert_eq!(adb["sync"]["operation"], json!(["SEND", "DATA", "DONE"]));
            assert_eq!(adb["sync"]["path"], json!(["/a/b"]));
            assert_eq!(adb["shell"]["exitcode"], json!(["7"]));
            assert_eq!(adb["service"], json!(["sync", "shell"]));
            assert_eq!(adb["streamid"], json!(["7", "7-9", "8", "9-7", "10-8"]));
            assert_eq!(
                (&adb["serial"], &adb["systemtype"]),
                (&json!(["ABC123"]), &json!(["host", "device"]))
            );
            assert_eq!((&adb["version"], &adb["maxpayload"]), (&json!(["0x01000001"]), &json!(["4096"])));
        }
        fields::audit(super::super::fields::FIELDS);
    }

    #[test]
    fn the_server_of_the_host_is_asked() {
        let doc = Talk::tcp(5037).src(b"000chost:version").src(b"001ahost:forward:tcp:80;tcp:81").json();
        assert_eq!(doc["adb"]["service"], json!(["host"]));
        assert_eq!(doc["adb"]["forward"]["local"], json!(["tcp:80"]));
        assert_eq!(doc["adb"]["forward"]["remote"], json!(["tcp:81"]));
    }

    #[test]
    fn tls_is_read_once_both_agreed() {
        let hello = crate::testing::unhex(
            "16 0301 002d 01 000029 0303 0000000000000000000000000000000000000000000000000000000000000000 00 0002 1301 01 00",
        );
        let doc = Talk::tcp(5555)
            .src(message("CNXN", 1, 1, b"host::\0"))
            .dst(message("STLS", 1, 0, b""))
            .src(message("STLS", 1, 0, b""))
            .src(&hello)
            .json();
        assert_eq!(doc["protocol"], json!(["adb", "tls"]));
    }
}
