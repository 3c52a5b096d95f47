//! Community ids take 20 bytes instead of 30 characters: the text is `1:` and the base64 of a SHA-1.

use crate::column::{Codes, Column, Data, Dict};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Bytes of the hash.
pub(crate) const LEN: usize = 20;

/// The hash of a community id in its only form.
pub(crate) fn pack(text: &[u8]) -> Option<[u8; LEN]> {
    let coded = text.strip_prefix(b"1:")?;
    if coded.len() != 28 {
        return None;
    }
    let mut out = [0; LEN + 1];
    let len = STANDARD.decode_slice(coded, &mut out).ok()?;
    out.get(..LEN).filter(|_| len == LEN).and_then(|b| b.try_into().ok())
}

/// Appends the text of a hash to a dictionary.
pub(crate) fn unpack(hash: &[u8], out: &mut Dict) {
    let mut text = [0; 30];
    if let Some((head, tail)) = text.split_at_mut_checked(2) {
        head.copy_from_slice(b"1:");
        // 20 bytes are 28 characters: there is room
        let _ = STANDARD.encode_slice(hash, tail);
    }
    out.push(&text);
}

/// The digits of base64.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Whether the text of a hash surely comes after another text in the order of bytes: its first two digits say it mostly.
pub(crate) fn is_after(hash: &[u8; LEN], text: &[u8]) -> bool {
    let [first, second, ..] = *hash;
    let digits =
        [first >> 2, (first & 3) << 4 | second >> 4].map(|digit| DIGITS.get(usize::from(digit)).copied());
    match text {
        [b'1', b':', rest @ ..] => rest.first_chunk::<2>().is_some_and(|two| digits > two.map(Some)),
        _ => false,
    }
}

/// Whether every value of a column is in that form.
pub(crate) fn all(column: &Column) -> bool {
    match &column.data {
        Data::Texts(Codes::Each | Codes::Of(_), dict) => dict.iter().all(|text| pack(text).is_some()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_after_is_after() {
        let hashes: Vec<[u8; LEN]> =
            (0u32..600).map(|n| std::array::from_fn(|at| (n * 7 + at as u32 * n) as u8)).collect();
        let text = |hash: &[u8; LEN]| {
            let mut dict = Dict::default();
            unpack(hash, &mut dict);
            dict.get(0).to_vec()
        };
        let texts: Vec<Vec<u8>> = hashes.iter().map(text).collect();
        let mut said = 0;
        for (hash, own) in hashes.iter().zip(&texts) {
            for other in &texts {
                let after = is_after(hash, other);
                assert!(!after || own > other, "{own:?} {other:?}");
                said += usize::from(after);
            }
        }
        assert!(said > 600 * 600 / 3, "{said}");
        assert!(!is_after(&hashes[0], b"1:") && !is_after(&hashes[0], b"zz"));
    }

    #[test]
    fn round_trips_and_refuses_other_texts() {
        let text = b"1:LQU9qZlK+B5F3KDmev6m5PMibrg=";
        let mut dict = Dict::default();
        unpack(&pack(text).unwrap(), &mut dict);
        assert_eq!(dict.get(0), text);
        for other in ["", "1:", "2:LQU9qZlK+B5F3KDmev6m5PMibrg=", "1:LQU9qZlK+B5F3KDmev6m5PMibrh="] {
            assert_eq!(pack(other.as_bytes()), None, "{other}");
        }
    }
}
