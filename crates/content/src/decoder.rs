//! Decoders that an analyst chains over a payload: xor, base64, hex, URL, gzip, rot13.

use crate::MAX_UNPACKED;
use crate::encoding::any;
use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::{alphabet, engine::DecodePaddingMode};
use serde::Serialize;
use serde_json::Value;

/// Decoders of one chain.
const MAX_CHAIN: usize = 16;
/// Bytes of a key.
const MAX_KEY: usize = 4_096;

const LOOSE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// One step of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoder {
    /// Exclusive or with a key that is repeated, after so many bytes that stay as they are.
    Xor {
        /// The key; not empty.
        key: Vec<u8>,
        /// Bytes that are left alone.
        skip: usize,
    },
    /// Finds the key of one byte that makes a gzip header, then unpacks.
    XorGzip,
    /// Base64, also URL-safe; what is no digit is passed over.
    Base64,
    /// Hexadecimal digits.
    Hex,
    /// Percent encoding and `+`.
    Url,
    /// gzip, zlib, deflate, zstd or brotli, whichever it is.
    Unpack,
    /// Letters turned by 13.
    Rot13,
}

/// A decoder as the interface lists it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DecoderInfo {
    /// What a chain calls it.
    pub name: &'static str,
    /// Arkime's name of it, which chains may use too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<&'static str>,
    /// For people.
    pub label: &'static str,
    /// Names of its settings.
    pub settings: &'static [&'static str],
}

const fn info(
    name: &'static str,
    alias: Option<&'static str>,
    label: &'static str,
    settings: &'static [&'static str],
) -> DecoderInfo {
    DecoderInfo { name, alias, label, settings }
}

/// Every decoder.
pub static DECODERS: &[DecoderInfo] = &[
    info("xor", Some("BODY-UNXOR"), "XOR with a key", &["key", "skip"]),
    info("xorgzip", Some("BODY-UNXORBRUTEGZ"), "XOR, key found by a gzip header", &[]),
    info("base64", Some("BODY-UNBASE64"), "Base64", &[]),
    info("hex", None, "Hexadecimal", &[]),
    info("url", None, "URL encoding", &[]),
    info("gzip", None, "gzip, deflate, zstd, brotli", &[]),
    info("rot13", None, "ROT13", &[]),
];

/// A chain that cannot be read, or a step that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not a list of decoders.
    #[error(
        "decode is a JSON list such as [{{\"name\":\"xor\",\"key\":\"41\"}}] or a map from names to settings"
    )]
    Shape,
    /// There is no such decoder.
    #[error("there is no decoder `{0}`; /api/sessions/decodings lists them")]
    Unknown(String),
    /// A setting is missing or wrong.
    #[error("{0}")]
    Setting(&'static str),
    /// The payload is not what a decoder reads.
    #[error("this is no {0}")]
    NotThat(&'static str),
}

/// Reads a chain: a list of `{"name":…,settings…}`, or Arkime's map from names to settings, in the order of its keys.
///
/// # Errors
/// When it is neither, names an unknown decoder, or a setting is wrong.
pub fn read_chain(text: &str) -> Result<Vec<Decoder>, DecodeError> {
    let value: Value = serde_json::from_str(text).map_err(|_| DecodeError::Shape)?;
    let chain: Vec<Decoder> = match &value {
        Value::Array(steps) => steps
            .iter()
            .map(|step| match step {
                Value::String(name) => read(name, &Value::Null),
                _ => read(step.get("name").and_then(Value::as_str).ok_or(DecodeError::Shape)?, step),
            })
            .collect::<Result<_, _>>()?,
        Value::Object(map) => {
            map.iter().map(|(name, settings)| read(name, settings)).collect::<Result<_, _>>()?
        }
        _ => return Err(DecodeError::Shape),
    };
    if chain.len() > MAX_CHAIN {
        return Err(DecodeError::Setting("a chain has at most 16 decoders"));
    }
    Ok(chain)
}

fn read(name: &str, settings: &Value) -> Result<Decoder, DecodeError> {
    let info = DECODERS.iter().find(|info| info.name == name || info.alias == Some(name));
    let unknown = || DecodeError::Unknown(name.chars().take(40).collect());
    Ok(match info.ok_or_else(unknown)?.name {
        "xor" => {
            let text = settings.get("key").and_then(Value::as_str).unwrap_or_default();
            let skip = match settings.get("skip") {
                None | Some(Value::Null) => Some(0),
                Some(Value::String(text)) if text.is_empty() => Some(0),
                Some(Value::String(text)) => text.parse().ok(),
                Some(other) => other.as_u64().and_then(|n| usize::try_from(n).ok()),
            };
            let skip = skip.ok_or(DecodeError::Setting("xor: skip is a number of bytes"))?;
            let key = key(text).filter(|key| !key.is_empty() && key.len() <= MAX_KEY);
            let key = key.ok_or(DecodeError::Setting(
                "xor: key is hexadecimal, such as 4f or 0x4f2a, or text in quotes",
            ))?;
            Decoder::Xor { key, skip }
        }
        "xorgzip" => Decoder::XorGzip,
        "base64" => Decoder::Base64,
        "hex" => Decoder::Hex,
        "url" => Decoder::Url,
        "gzip" => Decoder::Unpack,
        "rot13" => Decoder::Rot13,
        _ => return Err(unknown()),
    })
}

/// A key in hexadecimal, or text in quotes.
fn key(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return Some(inner.as_bytes().to_vec());
    }
    unhex(text.strip_prefix("0x").unwrap_or(text).as_bytes())
}

fn unhex(bytes: &[u8]) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = bytes
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b':' | b'-'))
        .map(|byte| char::from(*byte).to_digit(16).map(|digit| digit as u8))
        .collect();
    let digits = digits?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// Runs a chain over bytes.
///
/// # Errors
/// The first decoder that finds something else than it reads.
pub fn decode(bytes: &[u8], chain: &[Decoder]) -> Result<Vec<u8>, DecodeError> {
    chain.iter().try_fold(bytes.to_vec(), |bytes, step| step.run(&bytes))
}

impl Decoder {
    fn run(&self, bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
        Ok(match self {
            Self::Xor { key, skip } => {
                let (head, rest) = bytes.split_at_checked(*skip).unwrap_or((bytes, &[]));
                let turned = rest.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
                head.iter().copied().chain(turned).collect()
            }
            Self::XorGzip => {
                let key = bytes.first().map_or(0, |first| first ^ 0x1f);
                let turned: Vec<u8> = bytes.iter().map(|byte| byte ^ key).collect();
                let fits = turned.starts_with(&[0x1f, 0x8b, 8]);
                any(&turned).filter(|_| fits).ok_or(DecodeError::NotThat("gzip under a xor of one byte"))?
            }
            Self::Base64 => {
                let digits = bytes.iter().filter_map(|byte| match byte {
                    b'-' => Some(b'+'),
                    b'_' => Some(b'/'),
                    b'+' | b'/' => Some(*byte),
                    byte if byte.is_ascii_alphanumeric() => Some(*byte),
                    _ => None,
                });
                let mut digits: Vec<u8> = digits.collect();
                // one digit alone is no byte
                if digits.len() % 4 == 1 {
                    digits.pop();
                }
                LOOSE.decode(digits).map_err(|_| DecodeError::NotThat("base64"))?
            }
            Self::Hex => {
                let trimmed = bytes.trim_ascii();
                unhex(trimmed).ok_or(DecodeError::NotThat("hexadecimal text"))?
            }
            Self::Url => {
                let mut out = Vec::with_capacity(bytes.len());
                let mut rest = bytes;
                while let [first, tail @ ..] = rest {
                    rest = tail;
                    match (first, tail) {
                        (b'%', [high, low, after @ ..]) => match unhex(&[*high, *low]) {
                            Some(byte) => {
                                out.extend(byte);
                                rest = after;
                            }
                            None => out.push(b'%'),
                        },
                        (b'+', _) => out.push(b' '),
                        _ => out.push(*first),
                    }
                }
                out
            }
            Self::Unpack => any(bytes).ok_or(DecodeError::NotThat("compressed data"))?,
            Self::Rot13 => bytes
                .iter()
                .map(|byte| match byte {
                    b'a'..=b'z' => (byte - b'a' + 13) % 26 + b'a',
                    b'A'..=b'Z' => (byte - b'A' + 13) % 26 + b'A',
                    other => *other,
                })
                .collect(),
        })
        .inspect(|out: &Vec<u8>| debug_assert!(out.len() <= MAX_UNPACKED.max(bytes.len())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_run_in_order() {
        let chain = read_chain(r#"[{"name":"base64"},{"name":"xor","key":"0x20","skip":1}]"#).unwrap();
        // "hELLO" in base64
        assert_eq!(decode(b"aEVMTE8=", &chain).unwrap(), b"hello");
        let arkime = read_chain(r#"{"BODY-UNBASE64":{},"BODY-UNXOR":{"key":"20","skip":"1"}}"#).unwrap();
        assert_eq!(arkime, chain);
        assert_eq!(decode(b"%48i+", &read_chain(r#"["url","rot13"]"#).unwrap()).unwrap(), b"Uv ");
        assert_eq!(decode(b"48 65:6c", &[Decoder::Hex]).unwrap(), b"Hel");
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(read_chain("{"), Err(DecodeError::Shape));
        assert_eq!(read_chain(r#"{"NOPE":{}}"#), Err(DecodeError::Unknown("NOPE".to_owned())));
        assert!(matches!(read_chain(r#"[{"name":"xor","key":"zz"}]"#), Err(DecodeError::Setting(_))));
        assert_eq!(decode(b"plain", &[Decoder::Unpack]), Err(DecodeError::NotThat("compressed data")));
    }
}
