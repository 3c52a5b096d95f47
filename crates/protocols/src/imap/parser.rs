//! Lines, and the literals between them.

use crate::smtp::words;
use crate::smtp::{DST, FOLDER, SRC, SUBJECT};
use crate::text::{decode, line, split_once};
use crate::{Context, Dir, Parser, Step};

/// Longest line.
const MAX_LINE: usize = 64 * 1024;
/// Bytes of a literal that are looked at: the header of a message.
const MAX_HEADER: usize = 32 * 1024;

/// Where one side is.
#[derive(Clone, Copy, Default)]
enum Place {
    #[default]
    Line,
    /// In a literal: bytes left, and whether it is a message or its header.
    Literal(usize, bool),
    /// In the rest of a literal that is passed over: bytes left.
    Skip(usize),
    /// After a loss: in the rest of a line.
    Lost,
}

#[derive(Default)]
pub(super) struct Imap {
    places: [Place; 2],
}

impl Parser for Imap {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        let place = self.place(dir);
        match *place {
            Place::Skip(left) => {
                let taken = left.min(bytes.len());
                *place = if taken == left { Place::Line } else { Place::Skip(left - taken) };
                return Step::Took(taken.max(1).min(bytes.len()));
            }
            Place::Literal(left, message) => {
                let looked = left.min(MAX_HEADER);
                let Some(content) = bytes.get(..looked) else { return Step::Need(looked) };
                if message {
                    header(content, context);
                }
                *place = if left > looked { Place::Skip(left - looked) } else { Place::Line };
                return Step::Took(looked);
            }
            Place::Line | Place::Lost => {}
        }
        // after STARTTLS
        if bytes.first() == Some(&0x16) {
            return Step::Redetect(0);
        }
        let Some((one, rest)) = line(bytes) else {
            return if bytes.len() < MAX_LINE { Step::Need(bytes.len() + 1) } else { Step::Done };
        };
        let taken = bytes.len() - rest.len();
        if matches!(std::mem::take(place), Place::Lost) {
            return Step::Took(taken);
        }
        if let Some(length) = literal(one).filter(|length| *length > 0) {
            *place = Place::Literal(length, dir == Dir::Dst && announces_header(one));
        }
        if dir == Dir::Src {
            command(&decode(one), context);
        }
        Step::Took(taken)
    }

    fn gap(&mut self, dir: Dir, len: usize, _: &mut Context<'_>) -> Step {
        let place = self.place(dir);
        *place = match *place {
            Place::Skip(left) | Place::Literal(left, _) if len <= left => Place::Skip(left - len),
            _ => Place::Lost,
        };
        if matches!(place, Place::Skip(0)) {
            *place = Place::Line;
        }
        Step::Took(0)
    }
}

impl Imap {
    fn place(&mut self, dir: Dir) -> &mut Place {
        let [src, dst] = &mut self.places;
        match dir {
            Dir::Src => src,
            Dir::Dst => dst,
        }
    }
}

/// The length of the literal that a line ends with: `{12}`, `{12+}` (RFC 7888).
fn literal(line: &[u8]) -> Option<usize> {
    let inside = line.strip_suffix(b"}")?;
    let at = inside.iter().rposition(|byte| *byte == b'{')?;
    let digits = inside.get(at + 1..)?;
    let digits = digits.strip_suffix(b"+").unwrap_or(digits);
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Whether the literal behind a line of the server starts with the header of a message.
fn announces_header(line: &[u8]) -> bool {
    let line = decode(line).to_ascii_uppercase();
    let item = line.rsplit(' ').nth(1).unwrap_or_default();
    line.starts_with("* ")
        && line.contains(" FETCH ")
        && (line.contains("BODY[HEADER")
            || line.contains("BODY[] ")
            || item.ends_with("RFC822")
            || line.contains("RFC822.HEADER {"))
}

/// From, To, Cc, Bcc and Subject, up to the empty line. As in Arkime, of a field that goes on over several lines the first
/// one counts.
fn header(content: &[u8], context: &mut Context<'_>) {
    let mut rest = content;
    while let Some((one, next)) = line(rest) {
        rest = next;
        if one.is_empty() {
            break;
        }
        let Some((name, value)) = split_once(one, b':').filter(|_| !one.starts_with(b" ")) else { continue };
        let value = value.trim_ascii_start();
        match decode(name).to_ascii_lowercase().as_str() {
            "from" => words::addresses(value, &mut |address| { context.doc.add(&SRC, address); }),
            "to" | "cc" | "bcc" => {
                words::addresses(value, &mut |address| { context.doc.add(&DST, address); });
            }
            "subject" if !value.is_empty() => drop(context.doc.add(&SUBJECT, &words::decode(value))),
            _ => {}
        }
    }
}

/// Tag, command, folder.
fn command(line: &str, context: &mut Context<'_>) {
    let mut words = line.trim_end().splitn(3, ' ');
    let (Some(_tag), Some(verb), Some(rest)) = (words.next(), words.next(), words.next()) else { return };
    if !verb.eq_ignore_ascii_case("SELECT") && !verb.eq_ignore_ascii_case("EXAMINE") {
        return;
    }
    let folder = match rest.strip_prefix('"') {
        Some(quoted) => {
            let mut folder = String::new();
            let mut letters = quoted.chars();
            while let Some(letter) = letters.next().filter(|letter| *letter != '"') {
                folder.extend(if letter == '\\' { letters.next() } else { Some(letter) });
            }
            folder
        }
        None => rest.split(' ').next().unwrap_or_default().to_owned(),
    };
    if !folder.is_empty() && !folder.starts_with('{') {
        context.doc.add(&FOLDER, &folder);
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Talk;
    use serde_json::json;

    #[test]
    fn folders_and_who_wrote() {
        let header = "From: \"Ann\" <Ann@a.example>\r\nTo: bob@b.example, carl@c.example,\r\n\tdora@d.example\r\nSubject: =?utf-8?q?=C3=A4?=\r\n\r\n";
        let server = format!(
            "* OK ready\r\na OK\r\n* 1 FETCH (FLAGS () BODY[HEADER.FIELDS (FROM TO)] {{{}}}\r\n{header})\r\n\
             * 2 FETCH (BODY[TEXT] {{9}}\r\nFrom: x@y)\r\nb OK done\r\n",
            header.len()
        );
        for n in [1, 13, 2_000] {
            let mut talk = Talk::tcp(143);
            for piece in server.as_bytes().chunks(n) {
                talk = talk.dst(piece);
            }
            let doc = talk
                .src("a SELECT \"Sent \\\"x\\\"\"\r\nb EXAMINE INBOX\r\nc APPEND x {8}\r\nd SELECT e\r\n")
                .json();
            assert_eq!(doc["protocol"], json!(["imap"]), "{n}");
            let email = &doc["email"];
            assert_eq!(email["folder"], json!(["Sent \"x\"", "INBOX"]));
            assert_eq!(email["src"], json!(["ann@a.example"]));
            assert_eq!(email["dst"], json!(["bob@b.example", "carl@c.example"]));
            assert_eq!(email["subject"], json!(["ä"]));
        }
    }
}
