//! Handshake messages, whatever carries them.

use super::fields::*;
use super::hello::{Carrier, ClientHello, ServerHello, extension, version_name};
use super::{cipher, fingerprint};
use crate::bytes::{Bytes, hex};
use crate::{Context, cert, http};

/// Bytes of a message that is assembled; a longer one (nobody sends such) is skipped.
const MAX_MESSAGE: usize = 128 * 1024;

/// Types of messages.
mod kind {
    pub const CLIENT_HELLO: u8 = 1;
    pub const SERVER_HELLO: u8 = 2;
    pub const CERTIFICATE: u8 = 11;
}

/// The handshake messages of one side, cut from a stream in any pieces.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    held: Vec<u8>,
    skip: usize,
}

impl Messages {
    /// Takes what follows and reports every message that is complete.
    pub(crate) fn feed(&mut self, bytes: &[u8], carrier: Carrier, context: &mut Context<'_>) {
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        let bytes = bytes.get(skipped..).unwrap_or_default();
        if self.held.is_empty() {
            let left = self.read(bytes, carrier, context);
            self.held.extend_from_slice(left);
        } else {
            let mut held = std::mem::take(&mut self.held);
            held.extend_from_slice(bytes);
            let left = self.read(&held, carrier, context).len();
            held.drain(..held.len() - left);
            self.held = held;
        }
    }

    /// Reports the complete messages; what is left is the start of one.
    fn read<'b>(&mut self, bytes: &'b [u8], carrier: Carrier, context: &mut Context<'_>) -> &'b [u8] {
        let mut rest = Bytes::new(bytes);
        loop {
            let mut next = rest;
            let (Some(kind), Some(length)) = (next.u8(), next.u24()) else { return rest.rest() };
            let length = length as usize;
            if let Some(body) = next.take(length) {
                message(kind, body, carrier, context);
                rest = next;
            } else if length > MAX_MESSAGE {
                self.skip = length - next.len();
                return &[];
            } else {
                return rest.rest();
            }
        }
    }
}

/// Reports one message: its type and its body.
pub(crate) fn message(kind: u8, body: &[u8], carrier: Carrier, context: &mut Context<'_>) {
    match kind {
        kind::CLIENT_HELLO => {
            if let Some(hello) = ClientHello::parse(body, carrier) {
                client_hello(&hello, carrier, context);
            }
        }
        kind::SERVER_HELLO if carrier != Carrier::Dtls => {
            if let Some(hello) = ServerHello::parse(body) {
                server_hello(&hello, context);
            }
        }
        kind::CERTIFICATE => certificates(body, context),
        _ => {}
    }
}

fn client_hello(hello: &ClientHello<'_>, carrier: Carrier, context: &mut Context<'_>) {
    let doc = &mut *context.doc;
    if let Some(name) = hello.server_name {
        doc.add(&http::HOST, &String::from_utf8_lossy(name));
    }
    if hello.extensions.contains(&extension::ECH) {
        doc.tag("tls:has_ech");
    }
    if hello.extensions.contains(&extension::ESNI) {
        doc.tag("tls:has_esni");
    }
    if carrier != Carrier::Dtls {
        if !hello.session_id.is_empty() {
            doc.add(&SRC_SESSION_ID, &hex(hello.session_id));
        }
        let ja3 = fingerprint::ja3(hello);
        doc.add(&JA3, &ja3.hash);
        if context.options.ja3_strings {
            doc.add(&JA3_STRING, &ja3.text);
        }
    }
    let ja4 = fingerprint::ja4(hello, carrier);
    doc.add(&JA4, &ja4.hash);
    if context.options.ja4_raw {
        doc.add(&JA4_RAW, &ja4.text);
    }
}

fn server_hello(hello: &ServerHello<'_>, context: &mut Context<'_>) {
    let doc = &mut *context.doc;
    doc.add(&VERSION, &version_name(hello.selected_version.unwrap_or(hello.version)));
    match cipher::name(hello.cipher) {
        Some(name) => doc.add(&CIPHER, name),
        None => doc.add(&CIPHER, &format!("0x{:04x}", hello.cipher)),
    };
    if !hello.session_id.is_empty() {
        doc.add(&DST_SESSION_ID, &hex(hello.session_id));
    }
    let ja3s = fingerprint::ja3s(hello);
    doc.add(&JA3S, &ja3s.hash);
    if context.options.ja3_strings {
        doc.add(&JA3S_STRING, &ja3s.text);
    }
}

/// The chain of a Certificate message up to TLS 1.2 (RFC 5246 section 7.4.2); that of TLS 1.3 is encrypted.
fn certificates(body: &[u8], context: &mut Context<'_>) {
    let Some(mut list) = Bytes::new(body).vec24() else { return };
    while let Some(one) = list.vec24() {
        cert::certificate(one.rest(), context);
    }
}
