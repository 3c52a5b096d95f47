//! What the heads of requests and responses put into the document, and how their bodies end.

use super::fields::*;
use crate::{Context, Options, address, text};
use ::fields::{Field, Lower};
use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet, engine::DecodePaddingMode};
use session::SessionDoc;

/// Bytes of one header's value that are kept in the lists of headers.
const MAX_VALUE: usize = 1_024;

/// Base64 as clients send it: padding is optional.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// How a body ends (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    None,
    /// After this many bytes.
    Length(u64),
    /// With the chunk of size 0.
    Chunked,
    /// With the connection.
    UntilClose,
}

/// What the parser needs of a request.
pub struct Request {
    /// Method and URI.
    pub text: String,
    /// How its body ends.
    pub framing: Framing,
}

/// What the parser needs of a response.
pub struct Response {
    /// How its body ends, the request's method left out of account.
    pub framing: Framing,
    /// Whether it switches to WebSocket.
    pub websocket: bool,
}

/// Fields that decide where the body ends and whether the protocol changes.
#[derive(Default)]
struct Control {
    length: Option<u64>,
    chunked: bool,
    /// Any Transfer-Encoding: without `chunked` at its end a response ends with the connection.
    encoded: bool,
    websocket: bool,
}

impl Control {
    fn see(&mut self, name: &str, value: &str) {
        match name {
            "content-length" => self.length = value.split(',').next().and_then(|v| v.trim().parse().ok()),
            "transfer-encoding" => {
                self.encoded = true;
                self.chunked =
                    value.rsplit(',').next().is_some_and(|v| v.trim().eq_ignore_ascii_case("chunked"));
            }
            "upgrade" => self.websocket |= value.eq_ignore_ascii_case("websocket"),
            _ => {}
        }
    }
}

/// Records a request.
pub fn request(
    method: &str,
    target: &[u8],
    version: &str,
    fields: &[u8],
    context: &mut Context<'_>,
) -> Request {
    let options = context.options;
    let doc = &mut *context.doc;
    doc.add(&METHOD, method);
    doc.add(&CLIENT_VERSION, version);
    let mut control = Control::default();
    let mut host = String::new();
    text::header_fields(fields, &mut |name, value| {
        let name = text::decode(name).to_ascii_lowercase();
        let value = text::decode(&value);
        control.see(&name, &value);
        request_header(doc, options, &name, &value);
        if name == "host" && host.is_empty() {
            host = value.into_owned();
        }
    });
    // an upgrade to WebSocket is no call of the method, as Arkime counts
    if !control.websocket {
        count(doc, method);
    }
    let uri = uri(method, &text::decode(target), &host, context);
    let framing = match control {
        Control { chunked: true, .. } => Framing::Chunked,
        Control { length: Some(len), encoded: false, .. } => Framing::Length(len),
        _ => Framing::None,
    };
    Request { text: format!("{method} {uri}"), framing }
}

/// Records one header of a request; the name is in lower case.
pub fn request_header(doc: &mut SessionDoc, options: &Options, name: &str, value: &str) {
    doc.add(&REQUEST_HEADER, name);
    match name {
        "host" => add_host(doc, value),
        "user-agent" => {
            doc.add(&USER_AGENT, value);
        }
        "referer" => {
            doc.add(&REQUEST_REFERER, value);
        }
        "x-forwarded-for" => {
            for ip in value.split(',').filter_map(address::parse) {
                doc.add(&XFF, ip);
            }
        }
        "authorization" => {
            authorization(doc, value);
            if options.all_headers {
                doc.add(&REQUEST_AUTHORIZATION, value);
            }
        }
        _ => {
            match name {
                "cookie" => cookies(doc, value, options.cookies),
                "proxy-authorization" => authorization(doc, value),
                "content-type" if !options.all_headers => {
                    doc.add(&REQUEST_CONTENT_TYPE, value);
                }
                "origin" if !options.all_headers => {
                    doc.add(&REQUEST_ORIGIN, value);
                }
                _ => {}
            }
            if options.all_headers {
                generic(doc, &REQUEST_HEADER_FIELD, &REQUEST_HEADER_VALUE, name, value);
            }
        }
    }
}

/// Records one header of a response; the name is in lower case.
pub fn response_header(doc: &mut SessionDoc, options: &Options, name: &str, value: &str) {
    doc.add(&RESPONSE_HEADER, name);
    match name {
        "location" => {
            doc.add(&RESPONSE_LOCATION, value);
        }
        _ if options.all_headers => {
            generic(doc, &RESPONSE_HEADER_FIELD, &RESPONSE_HEADER_VALUE, name, value);
        }
        "content-type" => {
            doc.add(&RESPONSE_CONTENT_TYPE, value);
        }
        "server" => {
            doc.add(&RESPONSE_SERVER, value);
        }
        _ => {}
    }
}

/// Records a response.
pub fn response(version: &str, status: u16, fields: &[u8], context: &mut Context<'_>) -> Response {
    let options = context.options;
    let doc = &mut *context.doc;
    doc.add(&SERVER_VERSION, version);
    doc.add(&STATUS, i64::from(status));
    let mut control = Control::default();
    text::header_fields(fields, &mut |name, value| {
        let name = text::decode(name).to_ascii_lowercase();
        let value = text::decode(&value);
        control.see(&name, &value);
        response_header(doc, options, &name, &value);
    });
    let framing = match control {
        Control { chunked: true, .. } => Framing::Chunked,
        Control { length: Some(len), encoded: false, .. } => Framing::Length(len),
        _ => Framing::UntilClose,
    };
    Response { framing, websocket: control.websocket }
}

fn generic(
    doc: &mut SessionDoc,
    fields: &'static Field<Lower>,
    values: &'static Field<Lower>,
    name: &str,
    value: &str,
) {
    doc.add(fields, name);
    doc.add(values, text::cut(value, MAX_VALUE));
}

/// A host with a port is found by its name alone too.
pub fn add_host(doc: &mut SessionDoc, host: &str) {
    let port = host.rfind(':').filter(|at| !host.get(at + 1..).is_some_and(|rest| rest.contains(']')));
    if let Some(name) = port.and_then(|at| host.get(..at)).filter(|name| !name.is_empty()) {
        doc.add(&HOST, name);
    }
    if !host.is_empty() {
        doc.add(&HOST, host);
    }
}

/// Records the URI and its parts; returns it.
fn uri(method: &str, target: &str, host: &str, context: &mut Context<'_>) -> String {
    let doc = &mut *context.doc;
    let absolute = target.find("://").filter(|at| target.get(..*at).is_some_and(is_scheme));
    let (uri, path) = match absolute {
        // absolute form, to a proxy
        Some(at) => {
            let uri = target.get(at + 3..).unwrap_or_default();
            (uri.to_owned(), uri.find('/').and_then(|slash| uri.get(slash..)).unwrap_or("/"))
        }
        None if target.starts_with('/') => (format!("{host}{target}"), target),
        // authority form of CONNECT, asterisk form of OPTIONS
        None => (target.to_owned(), ""),
    };
    doc.add(&URI, &uri);
    if method == "CONNECT" || path.is_empty() {
        return uri;
    }
    add_path(doc, context.options, path);
    uri
}

/// Records a path, and the keys and values of the query behind it.
pub fn add_path(doc: &mut SessionDoc, options: &Options, path: &str) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    doc.add(&PATH, path);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !key.is_empty() {
            doc.add(&KEY, &text::percent_decode(key));
        }
        if !value.is_empty() && options.query_strings {
            doc.add(&VALUE, &text::percent_decode(value));
        }
    }
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

fn cookies(doc: &mut SessionDoc, header: &str, values: bool) {
    for pair in header.split(';').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (key, value) = (key.trim(), value.trim());
        if !key.is_empty() {
            doc.add(&COOKIE_KEY, key);
        }
        if values && !value.is_empty() {
            doc.add(&COOKIE_VALUE, value);
        }
    }
}

fn authorization(doc: &mut SessionDoc, header: &str) {
    let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
    if scheme.is_empty() {
        return;
    }
    doc.add(&AUTH_TYPE, scheme);
    if scheme.eq_ignore_ascii_case("basic") {
        let Ok(decoded) = BASE64.decode(rest.trim()) else { return };
        let user = text::split_once(&decoded, b':').map_or(&*decoded, |(user, _)| user);
        if !user.is_empty() {
            doc.add(&USER, &text::decode(user));
            doc.tag("http:password");
        }
    } else if scheme.eq_ignore_ascii_case("digest") {
        // RFC 7616 section 3.4: username="…" among comma-separated parameters
        let user = rest.split(',').find_map(|one| {
            let (key, value) = one.split_once('=')?;
            key.trim().eq_ignore_ascii_case("username").then(|| value.trim().trim_matches('"'))
        });
        if let Some(user) = user.filter(|user| !user.is_empty()) {
            doc.add(&USER, user);
        }
    }
}

fn count(doc: &mut SessionDoc, method: &str) {
    let field = match method {
        "CONNECT" => &METHOD_CONNECT,
        "DELETE" => &METHOD_DELETE,
        "GET" => &METHOD_GET,
        "HEAD" => &METHOD_HEAD,
        "OPTIONS" => &METHOD_OPTIONS,
        "POST" => &METHOD_POST,
        "PUT" => &METHOD_PUT,
        _ => return,
    };
    doc.add(field, doc.int(field).unwrap_or(0) + 1);
}
