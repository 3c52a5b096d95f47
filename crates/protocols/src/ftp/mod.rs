//! FTP control connections (RFC 959, RFC 2228, RFC 4217).
//!
//! ```text
//! USER anonymous CRLF                 220 Welcome CRLF
//! PASS … CRLF                         331 Please specify the password. CRLF
//! ```
//!
//! Passwords are not kept.

mod fields;
mod parser;

pub use self::fields::*;

use crate::{Detect, Dir, Protocol, text};

/// FTP. On port 21 the parser decides by what it reads.
pub static PROTOCOL: Protocol = Protocol {
    name: "ftp",
    fields: FIELDS,
    detect: &[Detect::TcpPort(21), Detect::TcpLook(is_greeting)],
    quiet: true,
    start: || Box::new(parser::Ftp::default()),
};

/// A greeting that says FTP. SMTP servers greet with the same code.
fn is_greeting(bytes: &[u8], _: Dir) -> bool {
    let (Some(b"220 " | b"220-"), Some((line, _))) = (bytes.get(..4), text::line(bytes)) else {
        return false;
    };
    line.windows(3).any(|word| word.eq_ignore_ascii_case(b"FTP"))
        && !line.windows(4).any(|w| w.eq_ignore_ascii_case(b"SMTP"))
}
