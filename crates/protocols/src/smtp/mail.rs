//! One message, line by line: header fields, then MIME parts whose contents pass through their digests.

use super::fields::*;
use super::words::{self, Base64};
use crate::body::Body;
use crate::{Context, address, text};

/// Multiparts within multiparts that are followed.
const MAX_BOUNDARIES: usize = 16;
/// Bytes of one header, with its continuations, that are kept.
const MAX_HEADER: usize = 64 * 1024;

/// A message while it passes.
#[derive(Default)]
pub struct Mail {
    place: Place,
    /// Header field that may be continued on the next line.
    held: Vec<u8>,
    /// Delimiters of the multiparts around, outermost first.
    boundaries: Vec<Vec<u8>>,
    part: Part,
    decoded: Vec<u8>,
    /// Whether any line was seen.
    pub started: bool,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the header of the message.
    #[default]
    Header,
    /// In the text before, between or after the parts, or of a message without parts.
    Body,
    /// In the header of a part.
    PartHeader,
    /// In the contents of a part.
    Part,
}

/// The part that passes.
#[derive(Default)]
struct Part {
    content_type: String,
    filename: Option<String>,
    encoding: Encoding,
    base64: Base64,
    body: Option<Body>,
    /// Line end that belongs to the contents only if another line follows.
    line_end: bool,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// 7bit, 8bit, binary: as it is.
    #[default]
    Plain,
    Base64,
    QuotedPrintable,
}

impl Mail {
    /// The next line, without its end.
    pub fn line(&mut self, line: &[u8], context: &mut Context<'_>) {
        self.started = true;
        match self.place {
            Place::Header | Place::PartHeader => self.header_line(line, context),
            Place::Body => {
                self.delimiter(line, context);
            }
            Place::Part => {
                if !self.delimiter(line, context) {
                    self.content(line);
                }
            }
        }
    }

    /// Bytes were lost: where they were in a part, its digests would be wrong.
    pub fn lose(&mut self, len: usize) {
        self.held.clear();
        if let Some(body) = &mut self.part.body {
            body.lose(len as u64);
        }
    }

    /// The message is over.
    pub fn end(&mut self, context: &mut Context<'_>) {
        self.flush_header(context);
        self.end_part(context);
        *self = Self::default();
    }

    fn header_line(&mut self, line: &[u8], context: &mut Context<'_>) {
        if let ([b' ' | b'\t', folded @ ..], false) = (line, self.held.is_empty()) {
            if self.held.len() + folded.len() < MAX_HEADER {
                self.held.push(b' ');
                self.held.extend_from_slice(folded);
            }
            return;
        }
        self.flush_header(context);
        if !line.is_empty() {
            self.held.extend_from_slice(line.get(..MAX_HEADER).unwrap_or(line));
        } else if self.place == Place::Header {
            self.place = Place::Body;
        } else {
            self.place = Place::Part;
            self.begin_part(context);
        }
    }

    fn flush_header(&mut self, context: &mut Context<'_>) {
        let held = std::mem::take(&mut self.held);
        let Some((name, value)) = text::split_once(&held, b':') else { return };
        let name = text::decode(name.trim_ascii()).to_ascii_lowercase();
        let value = value.trim_ascii();
        match self.place {
            Place::Header => self.message_field(&name, value, context),
            _ => self.part_field(&name, value),
        }
    }

    fn message_field(&mut self, name: &str, value: &[u8], context: &mut Context<'_>) {
        let doc = &mut *context.doc;
        doc.add(&HEADER, name);
        let plain = text::decode(value);
        match name {
            "subject" => {
                doc.add(&SUBJECT, &words::decode(value));
            }
            "from" => words::addresses(value, &mut |address| {
                doc.add(&SRC, address);
            }),
            "to" | "cc" | "bcc" => words::addresses(value, &mut |address| {
                doc.add(&DST, address);
            }),
            "message-id" => {
                doc.add(&ID, plain.trim_matches(|c| matches!(c, '<' | '>')));
            }
            "mime-version" => {
                doc.add(&MIME_VERSION, &plain);
            }
            "x-mailer" | "user-agent" => {
                doc.add(&USER_AGENT, &words::decode(value));
            }
            "content-type" => {
                doc.add(&CONTENT_TYPE, &plain);
                self.multipart(value);
            }
            "received" => received(&plain, context),
            "x-originating-ip" | "x-barracuda-apparent-source-ip" => {
                if let Some(ip) = address::parse(&plain) {
                    doc.add(&IP, ip);
                }
            }
            "authorization" => {
                doc.add(&AUTHORIZATION, &plain);
            }
            "x-priority" => {
                let digits = plain.bytes().take_while(u8::is_ascii_digit).count();
                if let Some(number) = plain.get(..digits).and_then(|d| d.parse().ok()) {
                    doc.add(&X_PRIORITY, number);
                }
            }
            "x-elnk-trace" => {
                doc.add(&X_ELNK_TRACE, &plain);
            }
            _ if context.options.all_headers => {
                doc.add(&HEADER_FIELD, name);
                doc.add(&HEADER_VALUE, &plain);
            }
            _ => {}
        }
    }

    fn part_field(&mut self, name: &str, value: &[u8]) {
        match name {
            "content-type" => {
                let kind = value.split(|b| *b == b';').next().unwrap_or(value);
                self.part.content_type = text::decode(kind.trim_ascii()).into_owned();
                if self.part.filename.is_none() {
                    self.part.filename = words::parameter(value, "name");
                }
                self.multipart(value);
            }
            "content-disposition" => {
                if let Some(filename) = words::parameter(value, "filename") {
                    self.part.filename = Some(filename);
                }
            }
            "content-transfer-encoding" => {
                self.part.encoding = if value.eq_ignore_ascii_case(b"base64") {
                    Encoding::Base64
                } else if value.eq_ignore_ascii_case(b"quoted-printable") {
                    Encoding::QuotedPrintable
                } else {
                    Encoding::Plain
                };
            }
            _ => {}
        }
    }

    fn multipart(&mut self, content_type: &[u8]) {
        let is = content_type.get(..10).is_some_and(|start| start.eq_ignore_ascii_case(b"multipart/"));
        if let Some(boundary) = words::parameter(content_type, "boundary").filter(|b| is && !b.is_empty())
            && self.boundaries.len() < MAX_BOUNDARIES
        {
            self.boundaries.push(boundary.into_bytes());
        }
    }

    /// Whether a line is a delimiter; what it ends and starts.
    fn delimiter(&mut self, line: &[u8], context: &mut Context<'_>) -> bool {
        let Some(rest) = line.strip_prefix(b"--") else { return false };
        let found = self.boundaries.iter().rposition(|boundary| {
            rest.strip_prefix(boundary.as_slice())
                .is_some_and(|tail| matches!(tail.trim_ascii_end(), b"" | b"--"))
        });
        let Some(found) = found else { return false };
        let last = self
            .boundaries
            .get(found)
            .is_some_and(|b| rest.get(b.len()..).is_some_and(|t| t.starts_with(b"--")));
        self.end_part(context);
        // a delimiter of an outer multipart ends the inner ones, whether they were closed or not
        self.boundaries.truncate(found + usize::from(!last));
        self.place = if last { Place::Body } else { Place::PartHeader };
        true
    }

    /// The header of a part is complete. Contents are digested when they are encoded (an attachment, whatever it
    /// is called) or have a file name.
    fn begin_part(&mut self, context: &mut Context<'_>) {
        let part = &mut self.part;
        if let Some(filename) = part.filename.as_deref().filter(|name| !name.is_empty()) {
            context.doc.add(&FILENAME, filename);
            if !part.content_type.is_empty() {
                context.doc.add(&FILE_CONTENT_TYPE, &part.content_type);
            }
        }
        let multipart = part.content_type.get(..10).is_some_and(|t| t.eq_ignore_ascii_case("multipart/"));
        if !multipart && (part.filename.is_some() || part.encoding == Encoding::Base64) {
            part.body = Some(Body::new(context.options.sha256));
        }
    }

    fn content(&mut self, line: &[u8]) {
        let Part { encoding, base64, body, line_end, .. } = &mut self.part;
        let Some(body) = body else { return };
        self.decoded.clear();
        // the line end before a delimiter belongs to the delimiter (RFC 2046 section 5.1.1)
        if std::mem::take(line_end) {
            self.decoded.extend_from_slice(b"\r\n");
        }
        match encoding {
            Encoding::Base64 => base64.add(line, &mut self.decoded),
            Encoding::QuotedPrintable => *line_end = !words::quoted_printable(line, false, &mut self.decoded),
            Encoding::Plain => {
                self.decoded.extend_from_slice(line);
                *line_end = true;
            }
        }
        body.add(&self.decoded);
    }

    fn end_part(&mut self, context: &mut Context<'_>) {
        let part = std::mem::take(&mut self.part);
        let Some(mut body) = part.body else { return };
        if let Some(kind) = body.kind(true) {
            context.doc.add(&BODY_MAGIC, kind);
        }
        if let Some(digests) = body.finish() {
            context.doc.add(&MD5, &digests.md5);
            if let Some(sha256) = &digests.sha256 {
                context.doc.add(&SHA256, sha256);
            }
        }
    }
}

/// Hosts and addresses of a trace field (RFC 5321 section 4.4):
/// `from a.example (helo [192.0.2.1]) by b.example with ESMTP id …; date`.
fn received(value: &str, context: &mut Context<'_>) {
    let doc = &mut *context.doc;
    let words = || value.split_ascii_whitespace();
    let host = |word: &str| {
        let word = word.rsplit('@').next().unwrap_or(word);
        let word = word.split(['(', ')', ';', '<', '>']).next().unwrap_or_default();
        (!word.is_empty() && !word.starts_with('[')).then(|| word.to_owned())
    };
    let mut from = words();
    if let Some("from" | "(from") = from.next()
        && let Some(host) = from.next().and_then(host)
    {
        doc.add(&HOST, &host);
    }
    let mut by = words().skip_while(|word| *word != "by").skip(1);
    if let Some(host) = by.next().and_then(host) {
        doc.add(&HOST, &host);
    }
    for piece in value.split('[').skip(1) {
        if let Some(ip) = piece.split_once(']').and_then(|(inside, _)| address::parse(inside)) {
            doc.add(&IP, ip);
        }
    }
}
