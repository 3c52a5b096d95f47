//! Control packets, in order, and the TLS in them.

use crate::bytes::Bytes;
use crate::tls::{Carried, Carrier};
use crate::{Context, Dir, Parser, Step};
use std::collections::BTreeMap;

const HARD_RESET_CLIENT_V1: u8 = 1;
const HARD_RESET_SERVER_V1: u8 = 2;
const CONTROL: u8 = 4;
const ACK: u8 = 5;
const HARD_RESET_CLIENT_V2: u8 = 7;
const HARD_RESET_SERVER_V2: u8 = 8;
const HARD_RESET_CLIENT_V3: u8 = 10;
/// Opcode and session id.
const HEAD: usize = 9;
/// A client's first packet without authentication: head, no acknowledgements, packet id.
const PLAIN_CLIENT: usize = HEAD + 1 + 4;
/// A server's: one acknowledgement and the client's session id more.
const PLAIN_SERVER: usize = PLAIN_CLIENT + 4 + 8;
/// Lengths of the HMACs that are in use (MD5, SHA-1, SHA-256, SHA-384, SHA-512).
const HMACS: [usize; 5] = [16, 20, 32, 48, 64];
/// Packet id and time behind an HMAC.
const REPLAY: usize = 8;
/// Bytes of a packet that may wait for one before it: what fits a frame.
const MAX_HELD: usize = 2_048;
/// Packets that may wait for one before them.
const MAX_WAITING: usize = 16;

/// A packet that resets the control channel.
pub(super) struct Reset {
    /// Bytes of authentication in every packet that follows.
    authentication: usize,
    /// Whether the packet ends as one does that is not encrypted: it is OpenVPN on any port.
    pub sound: bool,
}

/// What a first packet says; `None` where it resets nothing.
pub(super) fn reset(packet: &[u8]) -> Option<Reset> {
    let opcode = packet.first().filter(|first| **first & 7 == 0)? >> 3;
    let (plain, acknowledged) = match opcode {
        HARD_RESET_CLIENT_V1 | HARD_RESET_CLIENT_V2 | HARD_RESET_CLIENT_V3 => (PLAIN_CLIENT, 0),
        HARD_RESET_SERVER_V1 | HARD_RESET_SERVER_V2 => (PLAIN_SERVER, 1),
        _ => return None,
    };
    let authentication = packet.len().checked_sub(plain)?;
    let known = authentication == 0 || HMACS.iter().any(|hmac| hmac + REPLAY == authentication);
    let sound =
        known && packet.get(HEAD + authentication) == Some(&acknowledged) && packet.ends_with(&[0; 4]);
    Some(Reset { authentication: if known { authentication } else { 0 }, sound })
}

#[derive(Default)]
pub(super) struct OpenVpn {
    authentication: usize,
    named: bool,
    sides: [Side; 2],
    tls: Option<Carried>,
}

/// The order of one side's packets.
#[derive(Default)]
struct Side {
    next: u32,
    waiting: BTreeMap<u32, Vec<u8>>,
}

impl Parser for OpenVpn {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        if !context.is_stream() {
            return if self.packet(dir, bytes, context) { Step::Took(bytes.len()) } else { Step::Done };
        }
        let Some((length, rest)) = bytes.split_first_chunk::<2>() else { return Step::Need(2) };
        let length = usize::from(u16::from_be_bytes(*length));
        match rest.get(..length) {
            None => Step::Need(2 + length),
            Some(packet) if self.packet(dir, packet, context) => Step::Took(2 + length),
            Some(_) => Step::Done,
        }
    }
}

impl OpenVpn {
    /// Takes one packet; false where nothing more is to be learned.
    fn packet(&mut self, dir: Dir, packet: &[u8], context: &mut Context<'_>) -> bool {
        if !self.named {
            let Some(reset) = reset(packet) else { return false };
            self.named = true;
            self.authentication = reset.authentication;
            context.doc.protocol("openvpn");
        }
        let opcode = packet.first().map_or(0, |first| first >> 3);
        if !(HARD_RESET_CLIENT_V1..=HARD_RESET_CLIENT_V3).contains(&opcode) {
            return false;
        }
        let Some((id, payload)) = self.control(opcode, packet) else { return true };
        self.in_order(dir, id, payload, context)
    }

    /// Packet id and payload of a control packet.
    fn control<'a>(&self, opcode: u8, packet: &'a [u8]) -> Option<(u32, &'a [u8])> {
        let carries = matches!(
            opcode,
            CONTROL
                | HARD_RESET_CLIENT_V1
                | HARD_RESET_SERVER_V1
                | HARD_RESET_CLIENT_V2
                | HARD_RESET_SERVER_V2
                | HARD_RESET_CLIENT_V3
        );
        if opcode == ACK || !carries {
            return None;
        }
        let mut bytes = Bytes::new(packet);
        bytes.take(HEAD + self.authentication)?;
        let acknowledged = usize::from(bytes.u8()?);
        if acknowledged > 0 {
            bytes.take(4 * acknowledged + 8)?;
        }
        Some((bytes.u32()?, bytes.rest()))
    }

    fn in_order(&mut self, dir: Dir, id: u32, payload: &[u8], context: &mut Context<'_>) -> bool {
        let carrier = if context.is_stream() { Carrier::Tcp } else { Carrier::Quic };
        let tls = self.tls.get_or_insert_with(|| Carried::new(carrier));
        let [src, dst] = &mut self.sides;
        let side = match dir {
            Dir::Src => src,
            Dir::Dst => dst,
        };
        if id > side.next {
            if side.waiting.len() < MAX_WAITING && payload.len() <= MAX_HELD {
                side.waiting.insert(id, payload.to_vec());
            }
            return true;
        }
        if id < side.next {
            return true;
        }
        side.next = id.saturating_add(1);
        let mut goes_on = tls.feed(dir, payload, context);
        while let Some(waited) = side.waiting.remove(&side.next) {
            side.next = side.next.saturating_add(1);
            goes_on = tls.feed(dir, &waited, context);
        }
        goes_on
    }
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    fn control(opcode: u8, authentication: usize, acknowledged: bool, id: u32, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![opcode << 3];
        bytes.extend(b"12345678");
        bytes.extend(vec![0xaa; authentication]);
        bytes.push(u8::from(acknowledged));
        if acknowledged {
            bytes.extend(b"\0\0\0\0abcdefgh");
        }
        bytes.extend(id.to_be_bytes());
        bytes.extend(payload);
        bytes
    }

    fn hello() -> Vec<u8> {
        let mut bytes = unhex("16 0301 002d 01 000029 0303");
        bytes.extend([0; 32]);
        bytes.extend(unhex("00 0002 1301 01 00"));
        bytes
    }

    #[test]
    fn over_udp_out_of_order_and_authenticated() {
        for authentication in [0, 28, 72] {
            let (first, second) = (hello()[..20].to_vec(), hello()[20..].to_vec());
            let doc = Talk::new(Transport::Udp, 40_000, 9_000)
                .src(control(7, authentication, false, 0, &[]))
                .dst(control(8, authentication, true, 0, &[]))
                .src(control(4, authentication, true, 2, &second))
                .src(control(4, authentication, true, 1, &first))
                .json();
            assert_eq!(doc["protocol"], json!(["openvpn"]), "{authentication}");
            assert!(doc["tls"]["ja4"][0].as_str().unwrap().starts_with("q12i0100"), "{authentication}");
        }
    }

    #[test]
    fn over_tcp_in_any_pieces() {
        let mut stream = Vec::new();
        for packet in [control(7, 0, false, 0, &[]), control(4, 0, true, 1, &hello())] {
            stream.extend((packet.len() as u16).to_be_bytes());
            stream.extend(packet);
        }
        for n in [16, 17, 100] {
            let doc = Talk::new(Transport::Tcp, 40_000, 1_194).src_in(n, &stream).json();
            assert_eq!(doc["protocol"], json!(["openvpn"]), "{n}");
            assert!(doc["tls"]["ja4"][0].as_str().unwrap().starts_with("t12i0100"));
        }
    }

    #[test]
    fn what_only_looks_alike_is_not_named() {
        for bytes in [&b"8-byte-and-more"[..], b"\x38aaaaaaaaaaaaa", b"\x3812345678\0\0\0\0\x01"] {
            assert_eq!(Talk::new(Transport::Udp, 40_000, 9_000).src(bytes).json().get("protocol"), None);
        }
    }
}
