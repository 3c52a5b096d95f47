//! Files out of a conversation.

use crate::http;
use mail_parser::{MessageParser, MimeHeaders};
use md5::Md5;
use packets::{Side, Turn};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Files of one conversation.
const MAX_FILES: usize = 1_000;
/// Bytes of all files of one conversation.
const MAX_BYTES: usize = 128 << 20;
/// Characters of a name.
const MAX_NAME: usize = 200;

/// What a file was carried by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The body of a request or response.
    Http,
    /// An attachment of a mail, or another part of it.
    Mail,
    /// A stream in which one side sends a file and nothing else, as FTP does.
    Stream,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Who sent it.
    pub side: Side,
    /// What it was carried by.
    pub origin: Origin,
    /// A file name without path, safe to save under.
    pub name: String,
    /// What its sender says it is.
    pub content_type: Option<String>,
    /// What its first bytes say it is.
    pub kind: Option<&'static str>,
    /// Its content encoding while it was carried, where that could be undone.
    pub encoding: Option<String>,
    /// All of it was captured and could be unpacked.
    pub complete: bool,
    /// What is wrong with it.
    pub problem: Option<String>,
    /// MD5 in hex of the bytes as they were carried: what `http.md5` and `email.md5` hold.
    pub md5: String,
    /// SHA-256 in hex of the same bytes.
    pub sha256: String,
    /// SHA-256 of the unpacked bytes, where there was an encoding.
    pub unpacked_sha256: Option<String>,
    /// Bytes as they were carried.
    pub carried: usize,
    /// The contents, unpacked.
    pub bytes: Vec<u8>,
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A name that can be saved under anywhere: no path, no control characters, nothing that a shell or a header minds.
fn safe_name(name: &str, fallback: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let safe: String = last
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '"' | '\'' | '<' | '>' | ':' | '|' | '?' | '*' | ';' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .take(MAX_NAME)
        .collect();
    let safe = safe.trim_matches(|c: char| c == '.' || c.is_whitespace()).to_owned();
    if safe.is_empty() { fallback.to_owned() } else { safe }
}

impl File {
    fn new(side: Side, origin: Origin, name: String, carried: &[u8], bytes: Vec<u8>) -> Self {
        Self {
            side,
            origin,
            name,
            content_type: None,
            kind: protocols::kind_of(&bytes),
            encoding: None,
            complete: true,
            problem: None,
            md5: hex(&Md5::digest(carried)),
            sha256: hex(&Sha256::digest(carried)),
            unpacked_sha256: None,
            carried: carried.len(),
            bytes,
        }
    }

    /// Whether a browser may show it as a picture. Never SVG, which is a document with scripts.
    pub fn picture(&self) -> Option<&'static str> {
        self.kind.filter(|kind| {
            matches!(
                *kind,
                "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/avif" | "image/x-icon"
            )
        })
    }
}

/// What one side said, in one piece; whether nothing of it is missing.
fn said(turns: &[Turn], side: Side) -> (Vec<u8>, bool) {
    let mut out = Vec::new();
    let mut whole = true;
    for turn in turns.iter().filter(|turn| turn.speaker == side) {
        // bytes that are missing leave a hole of zeroes, so that lengths stay true
        if turn.lost_before > 0 {
            whole = false;
            let hole = usize::try_from(turn.lost_before)
                .unwrap_or(usize::MAX)
                .min(MAX_BYTES.saturating_sub(out.len()));
            out.resize(out.len() + hole, 0);
        }
        out.extend_from_slice(&turn.bytes);
    }
    (out, whole)
}

/// The files of a conversation, in the order in which each side sent them.
pub fn files(turns: &[Turn]) -> Vec<File> {
    let [(source, source_whole), (destination, destination_whole)] =
        [Side::Src, Side::Dst].map(|side| said(turns, side));
    let mut found = Vec::new();
    if http::starts(&source) || http::starts(&destination) {
        of_http(&source, source_whole, &destination, destination_whole, &mut found);
    } else if is_mail(&source, &destination) {
        of_mail(&source, source_whole, &mut found);
    } else {
        of_stream(
            [(Side::Src, &source, source_whole), (Side::Dst, &destination, destination_whole)],
            &mut found,
        );
    }
    let mut room = MAX_BYTES;
    found.retain(|file: &File| {
        let fits = file.bytes.len() <= room;
        room -= if fits { file.bytes.len() } else { 0 };
        fits
    });
    found.truncate(MAX_FILES);
    found
}

fn of_http(
    source: &[u8],
    source_whole: bool,
    destination: &[u8],
    destination_whole: bool,
    found: &mut Vec<File>,
) {
    // whoever opened the session asks, but a capture may begin in the middle
    let swapped = source.starts_with(b"HTTP/");
    let sides = if swapped {
        [(Side::Dst, destination, destination_whole), (Side::Src, source, source_whole)]
    } else {
        [(Side::Src, source, source_whole), (Side::Dst, destination, destination_whole)]
    };
    let [(asker, asked, asked_whole), (answerer, answered, answered_whole)] = sides;
    let requests = http::messages(asked, &[]);
    let heads: Vec<bool> = requests.iter().map(|request| request.head.starts_with(b"HEAD ")).collect();
    let responses = http::messages(answered, &heads);
    let targets: Vec<String> =
        requests.iter().map(|request| request.start().get(1).cloned().unwrap_or_default()).collect();
    let mut number = 0;
    for (side, messages, whole) in [(asker, &requests, asked_whole), (answerer, &responses, answered_whole)] {
        let mut nth = 0usize;
        for message in messages {
            let status = message.start().get(1).and_then(|code| code.parse::<u16>().ok()).unwrap_or(0);
            let mine = nth;
            nth += usize::from(!(message.is_response() && (100..200).contains(&status)));
            if message.body.is_empty() {
                continue;
            }
            number += 1;
            let unpacked = message.unpacked();
            let encoding =
                message.header("content-encoding").filter(|name| !name.eq_ignore_ascii_case("identity"));
            let target = targets.get(mine).map(String::as_str).unwrap_or_default();
            let path = target.split(['?', '#']).next().unwrap_or_default();
            let fallback = format!("{}-{number}", if message.is_response() { "response" } else { "request" });
            let disposition = message.header("content-disposition").and_then(|value| file_name(&value));
            let name = match disposition {
                Some(name) => safe_name(&name, &fallback),
                None if message.is_response() => safe_name(path, &fallback),
                None => fallback,
            };
            let mut file = File::new(side, Origin::Http, name, &message.body, unpacked.bytes);
            file.content_type =
                message.header("content-type").map(|text| text.chars().take(MAX_NAME).collect());
            file.complete = message.complete && whole && unpacked.problem.is_none();
            file.unpacked_sha256 = encoding.as_ref().map(|_| hex(&Sha256::digest(&file.bytes)));
            file.encoding = encoding;
            file.problem = unpacked.problem;
            found.push(file);
        }
    }
}

/// The file name of a Content-Disposition header (RFC 6266).
fn file_name(value: &str) -> Option<String> {
    let at = value.to_ascii_lowercase().find("filename=")?;
    let rest = value.get(at + 9..)?.trim_start();
    let name = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => rest.split(';').next()?.trim(),
    };
    (!name.is_empty()).then(|| name.to_owned())
}

fn is_mail(source: &[u8], destination: &[u8]) -> bool {
    let hello = source.get(..4).is_some_and(|verb| {
        [b"EHLO", b"HELO", b"LHLO"].iter().any(|hello| verb.eq_ignore_ascii_case(*hello))
    });
    hello
        || (destination.starts_with(b"220 ")
            && source.windows(10).take(100_000).any(|part| part.eq_ignore_ascii_case(b"MAIL FROM:")))
}

/// The messages of an SMTP client: what lies between DATA and the line with a dot.
fn of_mail(source: &[u8], whole: bool, found: &mut Vec<File>) {
    let mut message: Option<Vec<u8>> = None;
    for line in source.split_inclusive(|byte| *byte == b'\n') {
        let text = line.trim_ascii_end();
        match &mut message {
            None if text.eq_ignore_ascii_case(b"DATA") => message = Some(Vec::new()),
            // what follows is encrypted
            None if text.eq_ignore_ascii_case(b"STARTTLS") => return,
            None => {}
            Some(bytes) if text == b"." => {
                parts(bytes, whole, found);
                message = None;
            }
            // RFC 5321 section 4.5.2
            Some(bytes) => bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(line)),
        }
        if found.len() >= MAX_FILES {
            return;
        }
    }
    if let Some(bytes) = message.filter(|bytes| !bytes.is_empty()) {
        parts(&bytes, false, found);
    }
}

fn parts(bytes: &[u8], complete: bool, found: &mut Vec<File>) {
    let Some(mail) = MessageParser::default().parse(bytes) else { return };
    for (number, part) in mail.attachments().enumerate().take(MAX_FILES) {
        let fallback = format!("attachment-{}", number + 1);
        let name = safe_name(part.attachment_name().unwrap_or_default(), &fallback);
        let contents = part.contents();
        let mut file = File::new(Side::Src, Origin::Mail, name, contents, contents.to_vec());
        file.content_type = part.content_type().map(|kind| match kind.subtype() {
            Some(sub) => format!("{}/{sub}", kind.ctype()),
            None => kind.ctype().to_owned(),
        });
        file.complete = complete;
        found.push(file);
    }
    let name = safe_name(mail.subject().unwrap_or_default(), "message");
    let mut file = File::new(Side::Src, Origin::Mail, format!("{name}.eml"), bytes, bytes.to_vec());
    file.content_type = Some("message/rfc822".to_owned());
    file.complete = complete;
    found.push(file);
}

/// One side sends, the other says nothing: a file, as on FTP's data connections.
fn of_stream(sides: [(Side, &Vec<u8>, bool); 2], found: &mut Vec<File>) {
    let (side, bytes, whole) = match sides {
        [(_, a, _), second] if a.is_empty() && !second.1.is_empty() => second,
        [first, (_, b, _)] if b.is_empty() && !first.1.is_empty() => first,
        _ => return,
    };
    let mut file = File::new(side, Origin::Stream, "stream".to_owned(), bytes, bytes.clone());
    file.complete = whole;
    found.push(file);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(speaker: Side, bytes: &[u8]) -> Turn {
        Turn { speaker, time: 0, lost_before: 0, bytes: bytes.to_vec() }
    }

    #[test]
    fn bodies_of_http_with_names_and_digests() {
        let turns = [
            turn(Side::Src, b"GET /a/../x%20.png?q=1 HTTP/1.1\r\n\r\n"),
            turn(Side::Dst, b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 8\r\n\r\n\x89PNG\r\n\x1a\n"),
            turn(Side::Src, b"POST /up HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"),
            turn(Side::Dst, b"HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=\"../../etc/pass\"\r\nContent-Length: 9\r\n\r\nhel"),
        ];
        let found = files(&turns);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(
            (found[0].name.as_str(), found[0].md5.as_str()),
            ("request-1", "5d41402abc4b2a76b9719d911017c592")
        );
        assert_eq!((found[1].name.as_str(), found[1].picture()), ("x%20.png", Some("image/png")));
        assert_eq!((found[2].name.as_str(), found[2].complete), ("pass", false));
    }

    #[test]
    fn attachments_of_mail() {
        let mail = b"EHLO a\r\nMAIL FROM:<a@b>\r\nDATA\r\nSubject: hi\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n..dot\r\n--x\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--x--\r\n.\r\nQUIT\r\n";
        let found = files(&[turn(Side::Dst, b"220 x ESMTP\r\n"), turn(Side::Src, mail)]);
        assert_eq!(found.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["a.bin", "hi.eml"]);
        assert_eq!(
            (found[0].bytes.as_slice(), found[0].md5.as_str()),
            (&b"hello"[..], "5d41402abc4b2a76b9719d911017c592")
        );
    }

    #[test]
    fn a_stream_that_is_a_file() {
        let found = files(&[turn(Side::Dst, b"GIF89a......")]);
        assert_eq!(
            (found[0].origin, found[0].kind, found[0].side),
            (Origin::Stream, Some("image/gif"), Side::Dst)
        );
        assert!(files(&[turn(Side::Src, b"a"), turn(Side::Dst, b"b")]).is_empty());
    }
}
