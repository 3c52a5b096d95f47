use super::initial::{Keys, Next, next, scheme_of};
use crate::Transport;
use crate::testing::{Talk, unhex};
use serde_json::json;

/// The ClientHello of RFC 9001 appendix A.2, as a CRYPTO frame.
const CRYPTO: &str = "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868
04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578
616d706c652e636f6dff01000100000a00080006001d00170018001000070005
04616c706e000500050100000000003300260024001d00209370b2c9caa47fba
baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400
0d0010000e0403050306030203080408050806002d00020101001c0002400100
3900320408ffffffffffffffff05048000ffff07048000ffff08011001048000
75300901100f088394c8f03e51570806048000ffff";

/// The protected packet of appendix A.2 begins so; the sample for header protection lies in it.
const PROTECTED_HEAD: &str = "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9bd8bab936b47d92ec356c0bab7df5976d27cd449f63300099f399";

/// Protects a packet as a client does (RFC 9001 section 5): the test's own way round.
fn protect(version: u32, destination: &[u8], number: u8, frames: &[u8]) -> Vec<u8> {
    use ring::aead::quic::{AES_128, HeaderProtectionKey};
    use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
    let (key, mut iv, header_key) = Keys::parts(scheme_of(version).unwrap(), destination).unwrap();
    let mut payload = frames.to_vec();
    payload.resize(payload.len().max(1_162), 0);
    let kind = if version == 0x6b33_43cf { 0xd3 } else { 0xc3 };
    let mut packet = vec![kind];
    packet.extend(version.to_be_bytes());
    packet.push(destination.len() as u8);
    packet.extend(destination);
    packet.extend([0, 0]);
    packet.extend((0x4000 | (payload.len() as u16 + 20)).to_be_bytes());
    let number_at = packet.len();
    packet.extend([0, 0, 0, number]);
    iv[11] ^= number;
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).unwrap());
    let nonce = Nonce::assume_unique_for_key(iv);
    key.seal_in_place_append_tag(nonce, Aad::from(packet.clone()), &mut payload).unwrap();
    packet.extend(payload);
    let hp = HeaderProtectionKey::new(&AES_128, &header_key).unwrap();
    let mask = hp.new_mask(&packet[number_at + 4..number_at + 20]).unwrap();
    packet[0] ^= mask[0] & 0x0f;
    for n in 0..4 {
        packet[number_at + n] ^= mask[1 + n];
    }
    packet
}

#[test]
fn keys_of_rfc_9001_and_rfc_9369() {
    let id = unhex("8394c8f03e515708");
    let (key, iv, hp) = Keys::parts(scheme_of(1).unwrap(), &id).unwrap();
    assert_eq!(key.to_vec(), unhex("1f369613dd76d5467730efcbe3b1a22d"));
    assert_eq!(iv.to_vec(), unhex("fa044b2f42a3fd3b46fb255c"));
    assert_eq!(hp.to_vec(), unhex("9f50449e04a0e810283a1e9933adedd2"));
    let (key, iv, hp) = Keys::parts(scheme_of(0x6b33_43cf).unwrap(), &id).unwrap();
    assert_eq!(key.to_vec(), unhex("8b1a0bc121284290a29e0971b5cd045d"));
    assert_eq!(iv.to_vec(), unhex("91f73e2351d8fa91660e909f"));
    assert_eq!(hp.to_vec(), unhex("45b95e15235d6f45a6b19cbcb0294ba9"));
}

#[test]
fn the_packet_of_rfc_9001_is_made_and_opened() {
    let id = unhex("8394c8f03e515708");
    let packet = protect_as_rfc(&id);
    let head = unhex(PROTECTED_HEAD);
    assert_eq!(packet[..head.len()], head);
    assert!(matches!(next(&packet), Some(Next::Initial(..))));
    check(Talk::new(Transport::Udp, 40_000, 443).src(&packet).json());
}

/// The packet of appendix A.2: packet number 2 in four bytes.
fn protect_as_rfc(id: &[u8]) -> Vec<u8> {
    protect(1, id, 2, &unhex(CRYPTO))
}

fn check(doc: serde_json::Value) {
    assert_eq!(doc["protocol"], json!(["quic"]));
    assert_eq!(doc["http"]["host"], json!(["example.com"]));
    assert_eq!(doc["tls"]["ja3string"], json!(["771,4865-4866,0-65281-10-16-5-51-43-13-45-28-57,29-23-24,"]));
    assert!(doc["tls"]["ja4"][0].as_str().unwrap().starts_with("q13d0211an_"), "{}", doc["tls"]["ja4"]);
}

#[test]
fn every_version() {
    let id = unhex("8394c8f03e515708");
    for version in [1, 0x6b33_43cf, 0xff00_001d, 0xff00_0017, 0xff00_0022, 0x5430_3530, 0x5430_3531] {
        check(Talk::new(Transport::Udp, 40_000, 443).src(protect(version, &id, 0, &unhex(CRYPTO))).json());
    }
}

#[test]
fn a_hello_over_several_packets_out_of_order() {
    let id = unhex("8394c8f03e515708");
    let frame = unhex(CRYPTO);
    let hello = &frame[4..];
    let piece = |from: usize, until: usize| {
        let mut bytes = vec![1, 6]; // a PING before it
        bytes.extend((0x4000 | from as u16).to_be_bytes());
        bytes.extend((0x4000 | (until - from) as u16).to_be_bytes());
        bytes.extend(&hello[from..until]);
        bytes
    };
    let mut second = piece(100, hello.len());
    second.extend(piece(0, 3));
    let doc = Talk::new(Transport::Udp, 40_000, 443)
        .src(protect(1, &id, 0, &piece(40, 110)))
        .src(protect(1, &id, 1, &second))
        .src(protect(1, &id, 2, &piece(3, 40)));
    check(doc.json());
}

#[test]
fn a_packet_that_was_changed_is_not_believed() {
    let mut packet = protect_as_rfc(&unhex("8394c8f03e515708"));
    let last = packet.len() - 1;
    packet[last] ^= 1;
    let doc = Talk::new(Transport::Udp, 40_000, 443).src(&packet).json();
    assert_eq!((doc["protocol"].clone(), doc.get("tls")), (json!(["quic"]), None));
}

/// A hello of Google's QUIC: tags and values.
fn google(tags: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut bytes = b"CHLO".to_vec();
    bytes.extend((tags.len() as u16).to_le_bytes());
    bytes.extend([0, 0]);
    let mut end = 0u32;
    for (tag, value) in tags {
        end += value.len() as u32;
        bytes.extend(*tag);
        bytes.extend(end.to_le_bytes());
    }
    tags.iter().for_each(|(_, value)| bytes.extend(*value));
    bytes
}

#[test]
fn google_quic_in_the_clear_and_protected() {
    let hello = google(&[
        (b"PAD\0", b"---"),
        (b"SNI\0", b"www.Example.org"),
        (b"VER\0", b"Q039"),
        (b"UAID", b"Chrome/60"),
    ]);
    let want = json!({
        "host": ["www.example.org"], "hostCnt": 1, "useragent": ["Chrome/60"], "useragentCnt": 1,
        "version": ["Q039"], "versionCnt": 1
    });
    let mut clear = b"\x0d12345678Q039\x01............\xa0\x01\x00\x64".to_vec();
    clear.extend(&hello);
    let doc = Talk::new(Transport::Udp, 40_000, 443).src(&clear).json();
    assert_eq!((&doc["protocol"], &doc["quic"]), (&json!(["quic"]), &want));

    let mut frame = vec![6, 0, 0x40 | (hello.len() >> 8) as u8, hello.len() as u8];
    frame.extend(&hello);
    let doc =
        Talk::new(Transport::Udp, 40_000, 443).src(protect(0x5130_3530, b"12345678", 1, &frame)).json();
    assert_eq!(doc["quic"], want);
}
