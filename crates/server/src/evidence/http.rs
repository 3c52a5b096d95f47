//! A payload as an HTTP message, for reading: lines, headers, parameters. Bytes are split before anything is made text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Headers and parameters that are shown.
const MAX_PAIRS: usize = 500;
/// Methods whose requests are recognised.
const METHODS: [&str; 9] = ["GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE"];

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn pairs(bytes: &[u8]) -> Vec<Value> {
    form_urlencoded::parse(bytes).take(MAX_PAIRS).map(|(name, value)| json!([name, value])).collect()
}

/// The message that a payload begins with; none where it is none.
pub(crate) fn message(payload: &[u8]) -> Option<Value> {
    let end = payload.windows(4).position(|four| four == b"\r\n\r\n");
    let head = payload.get(..end.unwrap_or(payload.len()))?;
    let body = end.and_then(|end| payload.get(end + 4..)).unwrap_or_default();
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let line = text(lines.next()?);
    let header = |line: &[u8]| {
        let at = line.iter().position(|byte| *byte == b':')?;
        Some((text(line.get(..at)?), text(line.get(at + 1..)?).trim().to_owned()))
    };
    let headers: Vec<(String, String)> = lines.filter_map(header).take(MAX_PAIRS).collect();
    let value = |name: &str| {
        headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    };
    let mut parts = line.splitn(2, ' ');
    let (first, rest) = (parts.next()?, parts.next().unwrap_or_default());
    let mut message = if first.starts_with("HTTP/") {
        let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let status: u16 = status.parse().ok()?;
        json!({ "kind": "response", "version": first, "status": status, "reason": reason, "params": [] })
    } else if METHODS.contains(&first) {
        // attacks have spaces in the address too: the version is what stands behind the last one
        let (uri, version) = match rest.rsplit_once(' ') {
            Some((uri, version)) if version.starts_with("HTTP/") => (uri.trim_end(), version),
            _ => (rest, ""),
        };
        let query = uri.split_once('?').map_or("", |(_, query)| query);
        let mut params = pairs(query.as_bytes());
        if value("content-type")
            .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"))
        {
            params.extend(pairs(body));
        }
        json!({ "kind": "request", "method": first, "uri": uri, "version": version, "params": params })
    } else {
        return None;
    };
    message["line"] = line.into();
    message["headers"] = headers.iter().map(|(name, value)| json!([name, value])).collect();
    message["body"] = STANDARD.encode(body).into();
    Some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_split_into_lines_headers_and_parameters() {
        let payload = b"GET /faq.php?action=grouppermission&gids[99]=%27&gids[100][0]=)%20and  HTTP/1.1\r\nHost: 10.10.10.21:21\r\nAccept-Encoding: gzip\r\n\r\n";
        let message = message(payload).unwrap();
        assert_eq!(
            (&message["kind"], &message["method"], &message["version"]),
            (&"request".into(), &"GET".into(), &"HTTP/1.1".into())
        );
        assert_eq!(message["headers"], json!([["Host", "10.10.10.21:21"], ["Accept-Encoding", "gzip"]]));
        assert_eq!(
            message["params"],
            json!([["action", "grouppermission"], ["gids[99]", "'"], ["gids[100][0]", ") and"]])
        );
    }

    #[test]
    fn forms_answers_and_others() {
        let form = message(
            b"POST /l HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\nu=a%20b&p=1+2",
        )
        .unwrap();
        assert_eq!(form["params"], json!([["u", "a b"], ["p", "1 2"]]));
        assert_eq!(form["body"], STANDARD.encode("u=a%20b&p=1+2"));
        let answer = message(b"HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\ngone").unwrap();
        assert_eq!((&answer["status"], &answer["reason"]), (&404.into(), &"Not Found".into()));
        for other in [b"".as_slice(), b"\x16\x03", b"HTTP/1.1 abc", b"FOO / HTTP/1.1", b"\r\n\r\n"] {
            assert_eq!(message(other), None, "{other:?}");
        }
        assert_eq!(message(b"GET /cut").unwrap()["uri"], "/cut");
    }
}
