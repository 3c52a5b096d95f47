//! BER (X.690) as LDAP, SNMP, Kerberos, C12.22 and TCAP use it.

use crate::bytes::Bytes;
use std::fmt::Write;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
pub(crate) const ENUMERATED: u8 = 0x0a;
pub(crate) const SEQUENCE: u8 = 0x30;
/// Bytes of a header: tag, length of length, up to four bytes of length.
pub(crate) const MAX_HEADER: usize = 6;
/// Arcs of an object identifier that are written.
const MAX_ARCS: usize = 128;

/// Tag and length of the next value (section 8.1): one-byte tags and definite lengths.
pub(crate) fn header(bytes: &mut Bytes<'_>) -> Option<(u8, usize)> {
    let tag = bytes.u8()?;
    Some((tag, definite(bytes)??))
}

/// A length; nothing inside for the indefinite form.
fn definite(bytes: &mut Bytes<'_>) -> Option<Option<usize>> {
    match bytes.u8()? {
        short @ 0..=0x7f => Some(Some(usize::from(short))),
        0x80 => Some(None),
        long @ 0x81..=0x84 => {
            let digits = bytes.take(usize::from(long & 0x7f))?;
            Some(Some(digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit))))
        }
        _ => None,
    }
}

/// The next value, whole.
pub(crate) fn value<'a>(bytes: &mut Bytes<'a>) -> Option<(u8, Bytes<'a>)> {
    let (tag, length) = header(bytes)?;
    Some((tag, bytes.part(length)?))
}

/// The next value, whole, if it has this tag.
pub(crate) fn expect<'a>(bytes: &mut Bytes<'a>, tag: u8) -> Option<Bytes<'a>> {
    value(bytes).filter(|(found, _)| *found == tag).map(|(_, content)| content)
}

/// The next value with a tag of any length (section 8.1.2.4), the class and form of its first byte on top of the
/// number: `0x9f32` is the context tag 50. What has an indefinite length goes on to the end of what it lies in.
pub(crate) fn long_value<'a>(bytes: &mut Bytes<'a>) -> Option<(u32, Bytes<'a>)> {
    let mut tag = u32::from(bytes.u8()?);
    if tag & 0x1f == 0x1f {
        for _ in 0..3 {
            let next = bytes.u8()?;
            tag = tag << 8 | u32::from(next);
            if next & 0x80 == 0 {
                break;
            }
        }
    }
    let content = match definite(bytes)? {
        Some(length) => bytes.part(length)?,
        None => bytes.part(bytes.len())?,
    };
    Some((tag, content))
}

/// An integer or an enumeration of at most eight bytes (section 8.3).
pub(crate) fn int(content: &[u8]) -> Option<i64> {
    let (first, rest) = content.split_first()?;
    let start = i64::from(*first as i8);
    (rest.len() < 8).then(|| rest.iter().fold(start, |value, byte| value << 8 | i64::from(*byte)))
}

/// An object identifier in dots (section 8.19).
pub(crate) fn oid(content: &[u8]) -> Option<String> {
    let arcs = arcs(content)?;
    let (&first, arcs) = arcs.split_first()?;
    let top = (first / 40).min(2);
    let mut text = format!("{top}.{}", first - top * 40);
    for arc in arcs {
        let _ = write!(text, ".{arc}");
    }
    Some(text)
}

/// A relative object identifier in dots (section 8.20), without a dot before it.
pub(crate) fn relative_oid(content: &[u8]) -> Option<String> {
    let mut text = String::new();
    for (at, arc) in arcs(content)?.into_iter().enumerate() {
        let dot = if at == 0 { "" } else { "." };
        let _ = write!(text, "{dot}{arc}");
    }
    Some(text)
}

fn arcs(content: &[u8]) -> Option<Vec<u64>> {
    let mut arcs = Vec::new();
    let mut arc = 0u64;
    for byte in content {
        arc = arc.checked_mul(128)? | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            arcs.push(std::mem::take(&mut arc));
            if arcs.len() > MAX_ARCS {
                return None;
            }
        }
    }
    (!arcs.is_empty()).then_some(arcs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_and_integers() {
        assert_eq!(oid(&[0x2b, 6, 1, 4, 1, 0x82, 0x37]).as_deref(), Some("1.3.6.1.4.1.311"));
        assert_eq!(oid(&[0x88, 0x37, 3]).as_deref(), Some("2.999.3"));
        assert_eq!(relative_oid(&[8, 0x87, 0x7f]).as_deref(), Some("8.1023"));
        assert_eq!((oid(&[]), oid(&[0x80])), (None, None));
        assert_eq!((int(&[0xff]), int(&[0, 0x80]), int(&[])), (Some(-1), Some(128), None));
        assert_eq!(int(&[0; 9]), None);
    }

    #[test]
    fn tags_of_several_bytes() {
        let mut bytes = Bytes::new(&[0x9f, 0x32, 1, 7, 0x30, 0x80, 5, 0]);
        let (tag, content) = long_value(&mut bytes).unwrap();
        assert_eq!((tag, content.rest()), (0x9f32, &[7][..]));
        let (tag, content) = long_value(&mut bytes).unwrap();
        assert_eq!((tag, content.rest()), (0x30, &[5, 0][..]));
        assert!(value(&mut Bytes::new(&[4, 0x80])).is_none());
    }
}
