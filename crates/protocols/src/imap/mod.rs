//! IMAP (RFC 9051, RFC 3501): which folders are opened, and of the messages that are fetched who wrote to whom about what.
//! Fills fields of e-mail.

mod parser;

use crate::{Detect, Protocol};

/// IMAP, by a server's greeting.
pub static PROTOCOL: Protocol = Protocol {
    name: "imap",
    fields: &[],
    detect: &[Detect::Tcp(0, b"* OK "), Detect::Tcp(0, b"* PREAUTH ")],
    quiet: false,
    start: || Box::<parser::Imap>::default(),
};
