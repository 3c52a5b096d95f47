//! The messages of HTTP/1 in what one side said: heads as they are, bodies without their chunks (RFC 9112 section 7.1).

use crate::encoding::uncompress;

/// Messages of one side.
const MAX_MESSAGES: usize = 10_000;
/// Bytes of a head.
const MAX_HEAD: usize = 256 << 10;

/// One message.
#[derive(Debug)]
pub(crate) struct Message<'a> {
    /// From the start line to the empty line.
    pub head: &'a [u8],
    /// The body as it was sent, without chunks.
    pub body: Vec<u8>,
    /// All of the body is there.
    pub complete: bool,
    /// Byte where the body begins.
    pub body_at: usize,
}

impl Message<'_> {
    /// A header field, the first of that name.
    pub fn header(&self, name: &str) -> Option<String> {
        let mut lines = self.head.split(|byte| *byte == b'\n').skip(1);
        lines.find_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let (key, value) = line.split_at_checked(colon)?;
            let value = value.get(1..)?.trim_ascii();
            key.trim_ascii()
                .eq_ignore_ascii_case(name.as_bytes())
                .then(|| String::from_utf8_lossy(value).into_owned())
        })
    }

    /// The words of the start line.
    pub fn start(&self) -> Vec<String> {
        let line = self.head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        String::from_utf8_lossy(line).split_ascii_whitespace().map(str::to_owned).take(3).collect()
    }

    pub fn is_response(&self) -> bool {
        self.head.starts_with(b"HTTP/")
    }

    /// The body without its content encoding.
    pub fn unpacked(&self) -> crate::Unpacked {
        uncompress(&self.body, &self.header("content-encoding").unwrap_or_default())
    }
}

/// Whether a message of HTTP/1 starts here.
pub(crate) fn starts(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"HTTP/1.") {
        return true;
    }
    let start = bytes.get(..16 << 10).unwrap_or(bytes);
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    let method = line.split(|byte| *byte == b' ').next().unwrap_or_default();
    (3..=16).contains(&method.len())
        && method.iter().all(u8::is_ascii_uppercase)
        && line.windows(8).any(|part| part == b" HTTP/1.")
}

fn head_length(bytes: &[u8]) -> Option<usize> {
    let bytes = bytes.get(..MAX_HEAD).unwrap_or(bytes);
    let crlf = bytes.windows(4).position(|end| end == b"\r\n\r\n").map(|at| at + 4);
    let lf = bytes.windows(2).position(|end| end == b"\n\n").map(|at| at + 2);
    match (crlf, lf) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// The messages of one side, in order. `heads` tells for each response whether it answers a HEAD request.
pub(crate) fn messages<'a>(bytes: &'a [u8], heads: &[bool]) -> Vec<Message<'a>> {
    let (mut found, mut at, mut responses) = (Vec::new(), 0, 0);
    while found.len() < MAX_MESSAGES {
        let rest = bytes.get(at..).unwrap_or_default();
        if !starts(rest) {
            break;
        }
        let Some(length) = head_length(rest) else { break };
        let Some((head, after)) = rest.split_at_checked(length) else { break };
        let mut message = Message { head, body: Vec::new(), complete: true, body_at: at + length };
        at += length;
        let status = message.start().get(1).and_then(|code| code.parse::<u16>().ok()).unwrap_or(0);
        let bodiless = if message.is_response() {
            let interim = (100..200).contains(&status);
            let head = !interim && heads.get(responses).copied().unwrap_or(false);
            responses += usize::from(!interim);
            head || interim || matches!(status, 204 | 304)
        } else {
            false
        };
        let chunked = message
            .header("transfer-encoding")
            .is_some_and(|coding| coding.to_ascii_lowercase().trim_end().ends_with("chunked"));
        let claimed = message.header("content-length").and_then(|n| n.trim().parse::<usize>().ok());
        let used = if bodiless {
            0
        } else if chunked {
            let (body, used, complete) = dechunk(after);
            (message.body, message.complete) = (body, complete);
            used
        } else {
            let length = claimed.unwrap_or(if message.is_response() { usize::MAX } else { 0 });
            let body = after.get(..length).unwrap_or(after);
            message.complete = body.len() == length || claimed.is_none();
            message.body = body.to_vec();
            body.len()
        };
        at += used;
        found.push(message);
        // what follows 101 is another protocol
        if status == 101 {
            break;
        }
    }
    found
}

/// The contents of chunks; bytes used; whether the last chunk was there.
fn dechunk(bytes: &[u8]) -> (Vec<u8>, usize, bool) {
    let (mut out, mut at) = (Vec::new(), 0);
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(line) = rest.iter().position(|byte| *byte == b'\n') else {
            return (out, bytes.len(), false);
        };
        let digits = rest.get(..line).unwrap_or_default();
        let digits = digits.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let size = std::str::from_utf8(digits).ok().and_then(|digits| usize::from_str_radix(digits, 16).ok());
        let Some(size) = size else { return (out, at, false) };
        at += line + 1;
        if size == 0 {
            // the trailer ends with an empty line
            while let Some(rest) = bytes.get(at..)
                && let Some(line) = rest.iter().position(|byte| *byte == b'\n')
            {
                at += line + 1;
                if rest.get(..line).unwrap_or_default().trim_ascii().is_empty() {
                    break;
                }
            }
            return (out, at, true);
        }
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(chunk) = rest.get(..size) else {
            out.extend_from_slice(rest);
            return (out, bytes.len(), false);
        };
        out.extend_from_slice(chunk);
        at += size;
        if bytes.get(at) == Some(&b'\r') {
            at += 1;
        }
        if bytes.get(at) == Some(&b'\n') {
            at += 1;
        }
    }
}

/// What one side said, for reading: heads as they are, bodies without chunks and content encodings. `None` where it is no HTTP.
pub fn readable(bytes: &[u8]) -> Option<Vec<u8>> {
    let messages = messages(bytes, &[]);
    let last = messages.last()?;
    // a head whose body did not come is no reason to lose what follows
    let end = last.body_at
        + if last.header("transfer-encoding").is_some() {
            dechunk(bytes.get(last.body_at..)?).1
        } else {
            last.body.len()
        };
    let mut out = Vec::with_capacity(bytes.len());
    for message in &messages {
        out.extend_from_slice(message.head);
        out.extend(message.unpacked().bytes);
        if out.len() > crate::MAX_UNPACKED {
            out.truncate(crate::MAX_UNPACKED);
            return Some(out);
        }
    }
    out.extend_from_slice(bytes.get(end..).unwrap_or_default());
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_go_and_messages_follow() {
        let bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=1\r\nhel\r\n2\r\nlo\r\n0\r\nA: b\r\n\r\nHTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nxyz";
        let found = messages(bytes, &[]);
        assert_eq!(found.len(), 3);
        assert_eq!((found[0].body.as_slice(), found[0].complete), (&b"hello"[..], true));
        assert_eq!((found[2].body.as_slice(), found[2].complete), (&b"xy"[..], true));
        let text = String::from_utf8(readable(bytes).unwrap()).unwrap();
        assert!(text.contains("\r\n\r\nhelloHTTP/1.1 204") && text.ends_with("xyz"), "{text}");
        assert_eq!(readable(b"SSH-2.0-x\r\n"), None);
    }

    #[test]
    fn an_answer_to_head_has_no_body() {
        let bytes =
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
        let found = messages(bytes, &[true, false]);
        assert_eq!((found.len(), found[0].body.len(), found[1].body.len()), (2, 0, 1));
    }

    #[test]
    fn cut_and_hostile_lengths() {
        for text in [
            &b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nab"[..],
            b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nab",
        ] {
            let found = messages(text, &[]);
            assert_eq!((found[0].body.as_slice(), found[0].complete), (&b"ab"[..], false));
        }
    }
}
