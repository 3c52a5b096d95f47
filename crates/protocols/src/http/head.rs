//! The first line and the header fields of a message. No state.

use crate::text;
use memchr::memmem;

/// Longest head that is read.
pub const MAX_HEAD: usize = 96 * 1024;

/// Methods of the IANA registry, and those of protocols that borrow HTTP's syntax (UPnP, proxies).
static METHODS: &[&str] = &[
    "GET",
    "POST",
    "HEAD",
    "PUT",
    "DELETE",
    "OPTIONS",
    "CONNECT",
    "PATCH",
    "TRACE",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "SEARCH",
    "REPORT",
    "MERGE",
    "CHECKIN",
    "CHECKOUT",
    "UNCHECKOUT",
    "MKACTIVITY",
    "MKWORKSPACE",
    "VERSION-CONTROL",
    "BASELINE-CONTROL",
    "UPDATE",
    "LABEL",
    "ACL",
    "BIND",
    "REBIND",
    "UNBIND",
    "LINK",
    "UNLINK",
    "MKCALENDAR",
    "MKREDIRECTREF",
    "UPDATEREDIRECTREF",
    "ORDERPATCH",
    "PRI",
    "PURGE",
    "SOURCE",
    "NOTIFY",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "M-SEARCH",
    "BITS_POST",
    "RPC_IN_DATA",
    "RPC_OUT_DATA",
    "QUERY",
    "SSTP_DUPLEX_POST",
];

/// The first line of a message.
#[derive(Debug, PartialEq, Eq)]
pub enum Start<'a> {
    /// `GET /index.html HTTP/1.1`
    Request {
        /// Method, as sent.
        method: &'a str,
        /// Target, as sent.
        target: &'a [u8],
        /// Version without `HTTP/`.
        version: &'a str,
    },
    /// `HTTP/1.1 404 Not Found`
    Response {
        /// Version without `HTTP/`.
        version: &'a str,
        /// Status code.
        status: u16,
        /// Reason phrase, may be empty.
        reason: &'a [u8],
    },
}

/// Length of the head with the empty line that ends it; `None` while it is not complete. The first `seen` bytes were
/// looked at before: a head that comes byte by byte is not read anew each time.
pub fn length(bytes: &[u8], seen: usize) -> Option<usize> {
    // the two bytes before may be the line end that an empty line follows
    let from = seen.saturating_sub(3);
    memchr::memchr_iter(b'\n', bytes.get(from..)?).map(|at| at + from).find_map(|at| {
        match bytes.get(at + 1..) {
            Some([b'\n', ..]) => Some(at + 2),
            Some([b'\r', b'\n', ..]) => Some(at + 3),
            _ => None,
        }
    })
}

/// Whether bytes can be the start of a message: `false` only when no further byte could make them one. With `sure`
/// a whole method must be there.
pub fn may_start_message(bytes: &[u8], sure: bool) -> bool {
    const RESPONSE: &[u8] = b"HTTP/";
    if bytes.starts_with(RESPONSE) {
        return bytes.get(RESPONSE.len()).is_none_or(u8::is_ascii_digit);
    }
    let known = |word: &[u8]| METHODS.iter().any(|method| method.as_bytes() == word);
    if text::line(bytes).is_some_and(|(line, _)| known(line)) {
        return true; // a request cut short: named, though there is nothing to read
    }
    let Some((method, rest)) = text::split_once(bytes, b' ') else {
        return !sure
            && (RESPONSE.starts_with(bytes)
                || METHODS.iter().any(|known| known.as_bytes().starts_with(bytes)));
    };
    if !known(method) {
        return false;
    }
    // other protocols borrow the syntax and the methods: OPTIONS rtsp://…, OPTIONS sip:…, REPORT icap://…
    if [&b"rtsp:"[..], b"sip:", b"sips:", b"icap:", b"im:"].iter().any(|scheme| rest.starts_with(scheme)) {
        return false;
    }
    match text::line(rest) {
        Some((line, _)) => memmem::find(line, b" HTTP/").is_some() || line.len() < 2,
        None => true,
    }
}

/// Reads a first line; `None` when it is no HTTP.
pub fn start(line: &[u8]) -> Option<Start<'_>> {
    if let Some(rest) = line.strip_prefix(b"HTTP/") {
        let (version, rest) = text::split_once(rest, b' ').unwrap_or((rest, &[]));
        let (status, reason) = text::split_once(rest.trim_ascii_start(), b' ').unwrap_or((rest, &[]));
        let status = std::str::from_utf8(status.trim_ascii()).ok()?.parse().ok()?;
        return Some(Start::Response {
            version: version_text(version)?,
            status,
            reason: reason.trim_ascii(),
        });
    }
    let (method, rest) = text::split_once(line, b' ')?;
    let method = std::str::from_utf8(method).ok()?;
    if !METHODS.contains(&method) {
        return None;
    }
    // a target may hold spaces that a careless client did not encode: the version is what follows the last one
    let at = memmem::rfind(rest, b" HTTP/")?;
    let version = rest.get(at + 6..)?.trim_ascii();
    Some(Start::Request { method, target: rest.get(..at)?.trim_ascii(), version: version_text(version)? })
}

fn version_text(bytes: &[u8]) -> Option<&str> {
    let ok = (1..=3).contains(&bytes.len()) && bytes.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    if ok { std::str::from_utf8(bytes).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_lines() {
        assert_eq!(
            start(b"GET /a b HTTP/1.1"),
            Some(Start::Request { method: "GET", target: b"/a b", version: "1.1" })
        );
        assert_eq!(
            start(b"HTTP/1.0 404 Not Found"),
            Some(Start::Response { version: "1.0", status: 404, reason: b"Not Found" })
        );
        assert_eq!(
            start(b"HTTP/1.1 200"),
            Some(Start::Response { version: "1.1", status: 200, reason: b"" })
        );
        assert_eq!(start(b"HTTP/1.1 abc"), None);
        assert_eq!(start(b"EHLO there"), None);
    }

    #[test]
    fn the_end_of_a_head() {
        let head = b"A: 1\r\nB: 2\r\n\r\nrest";
        for seen in 0..14 {
            assert_eq!(length(head, seen), Some(14), "{seen}");
        }
        assert_eq!(length(b"A: 1\n\nrest", 0), Some(6));
        assert_eq!(length(b"A: 1\n\nrest", 5), Some(6));
        assert_eq!(length(b"A: 1\r\n\r", 0), None);
    }

    #[test]
    fn what_may_be_http() {
        for yes in [&b"GET / HT"[..], b"HTTP/1.1 200", b"GET / HTTP/1.1\r\nHost", b"GET ", b"GET\r\n"] {
            assert!(may_start_message(yes, true), "{yes:?}");
        }
        for no in [
            &b"OPTIONS rtsp://x RTSP/1.0\r\n"[..],
            b"GET key\r\nmore",
            b"EHLO x\r\n",
            b"HTTP/x",
            b"\x16\x03\x01",
        ] {
            assert!(!may_start_message(no, true), "{no:?}");
        }
        assert!(may_start_message(b"OPT", false) && !may_start_message(b"OPT", true));
    }
}
