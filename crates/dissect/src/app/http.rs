//! HTTP/1 (RFC 9112): the head of a request or a response that starts in this packet.

use crate::pen::Pen;
use crate::show;

const METHODS: &[&[u8]] = &[
    b"GET ",
    b"POST ",
    b"PUT ",
    b"HEAD ",
    b"DELETE ",
    b"OPTIONS ",
    b"CONNECT ",
    b"PATCH ",
    b"TRACE ",
    b"PROPFIND ",
    b"PROPPATCH ",
    b"MKCOL ",
    b"COPY ",
    b"MOVE ",
    b"LOCK ",
    b"UNLOCK ",
    b"REPORT ",
    b"SEARCH ",
    b"PRI ",
];

/// Whether a message starts here.
pub(super) fn looks(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"HTTP/1.") {
        return true;
    }
    METHODS.iter().any(|method| bytes.starts_with(method)) && {
        let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
        // a line that goes on in the next packet is believed
        line.windows(7).any(|part| part == b" HTTP/1")
            || line.windows(7).any(|part| part == b" HTTP/2")
            || line.len() == bytes.len()
    }
}

/// The length of the line at the start, its end included; what is left where it has none.
pub(super) fn line_length(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1)
}

/// The Wireshark field of a header.
fn field(name: &str) -> Option<&'static str> {
    Some(match name {
        "accept" => "http.accept",
        "accept-encoding" => "http.accept_encoding",
        "accept-language" => "http.accept_language",
        "authorization" => "http.authorization",
        "cache-control" => "http.cache_control",
        "connection" => "http.connection",
        "content-encoding" => "http.content_encoding",
        "content-length" => "http.content_length_header",
        "content-type" => "http.content_type",
        "cookie" => "http.cookie",
        "date" => "http.date",
        "host" => "http.host",
        "last-modified" => "http.last_modified",
        "location" => "http.location",
        "proxy-authenticate" => "http.proxy_authenticate",
        "proxy-authorization" => "http.proxy_authorization",
        "proxy-connection" => "http.proxy_connection",
        "referer" => "http.referer",
        "server" => "http.server",
        "set-cookie" => "http.set_cookie",
        "transfer-encoding" => "http.transfer_encoding",
        "upgrade" => "http.upgrade",
        "user-agent" => "http.user_agent",
        "www-authenticate" => "http.www_authenticate",
        "x-forwarded-for" => "http.x_forwarded_for",
        _ => return None,
    })
}

pub(super) fn http(p: &mut Pen<'_>) {
    p.layer("http", "Hypertext Transfer Protocol", |p| {
        let response = p.rest().starts_with(b"HTTP/");
        let length = line_length(p.rest());
        let first = p.rest().get(..length)?.trim_ascii_end();
        p.value(show::text(first));
        p.group("", show::text(first), |p| {
            p.within(length, |p| {
                let mut parts = first.splitn(3, |byte| *byte == b' ');
                let (a, b, c) =
                    (parts.next()?.len(), parts.next().map(<[u8]>::len), parts.next().map(<[u8]>::len));
                if response {
                    p.text(a, "http.response.version", "Response Version")?;
                    if let Some(b) = b {
                        p.skip(1)?;
                        p.text(b, "http.response.code", "Status Code")?;
                    }
                    if let Some(c) = c.filter(|c| *c > 0) {
                        p.skip(1)?;
                        p.text(c, "http.response.phrase", "Response Phrase")?;
                    }
                } else {
                    p.text(a, "http.request.method", "Request Method")?;
                    if let Some(b) = b {
                        p.skip(1)?;
                        target(p, b)?;
                    }
                    if let Some(c) = c.filter(|c| *c > 0) {
                        p.skip(1)?;
                        p.text(c, "http.request.version", "Request Version")?;
                    }
                }
                Some(())
            })
        })?;
        if headers(p, field, if response { "http.response.line" } else { "http.request.line" })?
            && p.left() > 0
        {
            let left = p.left();
            p.raw(left, "http.file_data", "File Data")?;
        }
        Some(())
    });
}

fn target(p: &mut Pen<'_>, length: usize) -> Option<()> {
    let bytes = p.rest().get(..length)?;
    let query = bytes.iter().position(|byte| *byte == b'?');
    p.group("http.request.uri", "Request URI", |p| {
        p.value(show::text(bytes));
        match query {
            None => p.skip(length),
            Some(at) => {
                p.text(at, "http.request.uri.path", "Request URI Path")?;
                p.skip(1)?;
                p.text(length - at - 1, "http.request.uri.query", "Request URI Query").map(|_| ())
            }
        }
    })
}

/// Header fields up to the empty line; whether it was there. What has no name of its own is called `other`.
pub(super) fn headers(
    p: &mut Pen<'_>,
    field: fn(&str) -> Option<&'static str>,
    other: &'static str,
) -> Option<bool> {
    while p.left() > 0 {
        let length = line_length(p.rest());
        let line = p.rest().get(..length)?;
        let text = line.trim_ascii_end();
        if text.is_empty() {
            p.add("", "End of headers", (p.at(), length), "");
            p.skip(length)?;
            return Some(true);
        }
        let colon = text.iter().position(|byte| *byte == b':');
        let Some(colon) = colon else {
            p.text(length, other, "Line")?;
            continue;
        };
        let key = text.get(..colon)?;
        let value = text.get(colon + 1..)?.trim_ascii_start();
        let name = field(&show::text(key).to_ascii_lowercase()).unwrap_or(other);
        p.add(name, show::text(key), (p.at(), length), show::text(value));
        p.skip(length)?;
    }
    Some(false)
}
