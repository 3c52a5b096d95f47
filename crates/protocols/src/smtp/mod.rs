//! SMTP (RFC 5321) with STARTTLS (RFC 3207), AUTH (RFC 4954), BDAT (RFC 3030) and pipelining (RFC 2920), LMTP
//! (RFC 2033), and the messages in it: RFC 5322 headers, MIME parts (RFC 2045, 2046), encoded words (RFC 2047, 2231).
//!
//! ```text
//! EHLO client.example CRLF            220 mx.example ESMTP CRLF
//! MAIL FROM:<a@example> CRLF          250 ok CRLF
//! RCPT TO:<b@example> CRLF            250 ok CRLF
//! DATA CRLF                           354 go on CRLF
//! Subject: … CRLF CRLF … CRLF . CRLF  250 queued CRLF
//! ```

mod auth;
mod fields;
mod mail;
mod parser;
#[cfg(test)]
mod tests;
pub(crate) mod words;

pub use self::fields::*;

use crate::{Detect, Dir, Protocol, text};

/// SMTP.
pub static PROTOCOL: Protocol = Protocol {
    name: "smtp",
    fields: FIELDS,
    detect: &[Detect::TcpLook(starts_session)],
    quiet: false,
    start: || Box::new(parser::Smtp::default()),
};

/// A hello of the client, or a greeting of the server that says SMTP or LMTP.
fn starts_session(bytes: &[u8], _: Dir) -> bool {
    match bytes {
        [b'2', b'2', b'0', b' ' | b'-', rest @ ..] => {
            let line = text::line(rest).map_or(rest, |(line, _)| line);
            line.windows(4).any(|w| w == b"SMTP" || w == b"LMTP")
        }
        _ => bytes.get(..4).is_some_and(is_hello) && matches!(bytes.get(4), Some(b' ' | b'\r' | b'\n')),
    }
}

fn is_hello(verb: &[u8]) -> bool {
    [b"EHLO", b"HELO", b"LHLO"].iter().any(|hello| verb.eq_ignore_ascii_case(*hello))
}
