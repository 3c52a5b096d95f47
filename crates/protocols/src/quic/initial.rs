//! Initial packets: their keys follow from the version and the connection id that the client chose, so anybody on
//! the path can read them (RFC 9001 section 5.2).

use crate::bytes::Bytes;
use ring::aead::quic::{AES_128, HeaderProtectionKey};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};

/// Longest connection id.
const MAX_ID: usize = 20;

/// How the Initial packets of a version are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scheme {
    salt: &'static [u8; 20],
    /// First part of the labels of keys.
    label: &'static str,
    /// Value of the type bits of an Initial packet.
    packet_type: u8,
}

const V1: Scheme =
    scheme(b"\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a");
const DRAFT_29: Scheme =
    scheme(b"\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99");
const DRAFT_23: Scheme =
    scheme(b"\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02");
const GOOGLE_Q050: Scheme =
    scheme(b"\x50\x45\x74\xef\xd0\x66\xfe\x2f\x9d\x94\x5c\xfc\xdb\xd3\xa7\xf0\xd3\xb5\x6b\x45");
const GOOGLE_T050: Scheme =
    scheme(b"\x7f\xf5\x79\xe5\xac\xd0\x72\x91\x55\x80\x30\x4c\x43\xa2\x36\x7c\x60\x48\x83\x10");
const GOOGLE_T051: Scheme =
    scheme(b"\x7a\x4e\xde\xf4\xe7\xcc\xee\x5f\xa4\x50\x6c\x19\x12\x4f\xc8\xcc\xda\x6e\x03\x3d");
/// RFC 9369.
const V2: Scheme = Scheme {
    salt: b"\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9",
    label: "quicv2",
    packet_type: 1,
};

const fn scheme(salt: &'static [u8; 20]) -> Scheme {
    Scheme { salt, label: "quic", packet_type: 0 }
}

/// The scheme of a version; `None` for those whose Initial packets are not read.
pub(super) fn scheme_of(version: u32) -> Option<Scheme> {
    Some(match version {
        0x0000_0001 | 0xff00_0021 | 0xff00_0022 => V1,
        0x6b33_43cf => V2,
        0xff00_001d..=0xff00_0020 => DRAFT_29,
        // mvfst, Facebook's, began with its own number for draft 27
        0xff00_0017..=0xff00_001c | 0xface_b002 => DRAFT_23,
        0x5130_3530 => GOOGLE_Q050,
        0x5430_3530 => GOOGLE_T050,
        0x5430_3531 => GOOGLE_T051,
        _ => return None,
    })
}

/// The header of an Initial packet and where its parts lie.
#[derive(Debug)]
pub(super) struct Initial<'a> {
    pub scheme: Scheme,
    /// Connection id that the receiver chose, or in the client's first packets that the client made up.
    pub destination: &'a [u8],
    /// The packet from its first byte to its last.
    packet: &'a [u8],
    /// Offset of the packet number.
    number_at: usize,
}

/// A variable-length number (RFC 9000 section 16).
pub(super) fn varint(bytes: &mut Bytes<'_>) -> Option<u64> {
    let first = bytes.u8()?;
    let more = bytes.take((1usize << (first >> 6)) - 1)?;
    Some(more.iter().fold(u64::from(first & 0x3f), |n, byte| n << 8 | u64::from(*byte)))
}

/// The next packet of a datagram: an Initial one, or only how long another one is.
pub(super) enum Next<'a> {
    Initial(Initial<'a>, usize),
    Other(usize),
}

/// Looks at the packet that a datagram, or the rest of one, begins with. `None` where that cannot be told or nothing
/// follows: a short header, another version.
pub(super) fn next(datagram: &[u8]) -> Option<Next<'_>> {
    let mut bytes = Bytes::new(datagram);
    let first = bytes.u8().filter(|first| first & 0xc0 == 0xc0)?;
    let scheme = scheme_of(bytes.u32()?)?;
    let destination = bytes.vec8().filter(|id| id.len() <= MAX_ID)?.rest();
    bytes.vec8().filter(|id| id.len() <= MAX_ID)?;
    let kind = first >> 4 & 3;
    let retry = (scheme.packet_type + 3) & 3;
    if kind == retry {
        return None;
    }
    if kind == scheme.packet_type {
        let token = usize::try_from(varint(&mut bytes)?).ok()?;
        bytes.take(token)?;
    }
    let length = usize::try_from(varint(&mut bytes)?).ok()?;
    let number_at = datagram.len() - bytes.len();
    let end = number_at.checked_add(length)?;
    let packet = datagram.get(..end)?;
    if kind != scheme.packet_type {
        return Some(Next::Other(end));
    }
    Some(Next::Initial(Initial { scheme, destination, packet, number_at }, end))
}

/// What a client's Initial packets are protected with.
pub(super) struct Keys {
    key: LessSafeKey,
    iv: [u8; NONCE_LEN],
    header: HeaderProtectionKey,
}

/// A length for `ring`.
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF-Expand-Label of TLS 1.3 (RFC 8446 section 7.1) with an empty context.
fn expand<const N: usize>(secret: &Prk, label: &str) -> Option<[u8; N]> {
    let (length, name) = (u8::try_from(N).ok()?, u8::try_from(6 + label.len()).ok()?);
    let mut out = [0; N];
    let info = [&[0, length][..], &[name], b"tls13 ", label.as_bytes(), &[0]];
    secret.expand(&info, Length(N)).ok()?.fill(&mut out).ok()?;
    Some(out)
}

impl Keys {
    /// The keys of a client that chose this connection id for the server.
    pub(super) fn of_client(scheme: Scheme, destination: &[u8]) -> Option<Self> {
        let (key, iv, header) = Self::parts(scheme, destination)?;
        Some(Self {
            key: LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).ok()?),
            iv,
            header: HeaderProtectionKey::new(&AES_128, &header).ok()?,
        })
    }

    /// Key, initialisation vector and key of header protection.
    pub(super) fn parts(scheme: Scheme, destination: &[u8]) -> Option<([u8; 16], [u8; NONCE_LEN], [u8; 16])> {
        let initial = Salt::new(HKDF_SHA256, scheme.salt).extract(destination);
        let secret = Prk::new_less_safe(HKDF_SHA256, &expand::<32>(&initial, "client in")?);
        let label = |what: &str| format!("{} {what}", scheme.label);
        Some((
            expand(&secret, &label("key"))?,
            expand(&secret, &label("iv"))?,
            expand(&secret, &label("hp"))?,
        ))
    }

    /// The frames of a packet; `None` where it was not protected with these keys.
    pub(super) fn open(&self, initial: &Initial<'_>) -> Option<Vec<u8>> {
        let sample = initial.packet.get(initial.number_at + 4..initial.number_at + 20)?;
        let [first_mask, number_mask @ ..] = self.header.new_mask(sample).ok()?;
        let first = initial.packet.first()? ^ (first_mask & 0x0f);
        let number_length = usize::from(first & 3) + 1;
        let payload_at = initial.number_at + number_length;
        let mut header = initial.packet.get(..payload_at)?.to_vec();
        *header.first_mut()? = first;
        let mut number = 0u64;
        for (byte, mask) in header.get_mut(initial.number_at..)?.iter_mut().zip(number_mask) {
            *byte ^= mask;
            number = number << 8 | u64::from(*byte);
        }
        let mut nonce = self.iv;
        for (byte, of_number) in nonce.iter_mut().skip(NONCE_LEN - 8).zip(number.to_be_bytes()) {
            *byte ^= of_number;
        }
        let mut payload = initial.packet.get(payload_at..)?.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        let length = self.key.open_in_place(nonce, Aad::from(&header), &mut payload).ok()?.len();
        payload.truncate(length);
        Some(payload)
    }
}
