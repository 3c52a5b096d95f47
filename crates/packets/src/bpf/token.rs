//! Filter text to tokens.

use super::FilterError;
use std::net::Ipv6Addr;
use std::ops::Range;

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// Keyword, name, number or address.
    Word(String),
    /// A word after a backslash: a name even where it is a keyword.
    Name(String),
    /// An operator or bracket.
    Sign(&'static str),
}

/// A token with its place.
pub type Placed = (Token, Range<usize>);

const SIGNS: &[&str] = &[
    "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "(", ")", "[", "]", "<", ">", "=", "&", "|", "!", "+",
    "-", "*", "/", "%", "^", ":",
];

/// The octets of a MAC address in any of the usual notations.
pub fn mac(word: &str) -> Option<[u8; 6]> {
    let mut mac = [0; 6];
    let parts: Vec<&str> = match word {
        w if w.contains(':') => w.split(':').collect(),
        w if w.contains('-') => w.split('-').collect(),
        w => w.split('.').collect(),
    };
    let hex = |part: &str| part.bytes().all(|b| b.is_ascii_hexdigit());
    match parts.len() {
        6 => {
            for (octet, part) in mac.iter_mut().zip(parts) {
                *octet = u8::from_str_radix(part, 16).ok().filter(|_| hex(part) && part.len() <= 2)?;
            }
        }
        3 => {
            for (octets, part) in mac.chunks_exact_mut(2).zip(parts) {
                let pair = u16::from_str_radix(part, 16).ok().filter(|_| hex(part) && part.len() == 4)?;
                octets.copy_from_slice(&pair.to_be_bytes());
            }
        }
        _ => return None,
    }
    Some(mac)
}

fn has_colon_address(run: &str) -> bool {
    run.parse::<Ipv6Addr>().is_ok() || (run.contains(':') && mac(run).is_some())
}

/// Every token of a text.
pub fn tokens(text: &str) -> Result<Vec<Placed>, FilterError> {
    let mut tokens = Vec::new();
    let (mut at, mut brackets) = (0, 0usize);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(c) = rest.chars().next() else { break };
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let length = |rest: &str, signs: &str| {
            rest.find(|c: char| !c.is_ascii_alphanumeric() && !signs.contains(c)).unwrap_or(rest.len())
        };
        let with_colons = length(rest, "_.-:");
        let run = rest.get(..with_colons).unwrap_or("");
        if brackets == 0 && has_colon_address(run) {
            tokens.push((Token::Word(run.to_ascii_lowercase()), at..at + with_colons));
            at += with_colons;
            continue;
        }
        if c.is_ascii_alphanumeric() {
            let run = rest.get(..length(rest, "_.-")).unwrap_or("").trim_end_matches('-');
            tokens.push((Token::Word(run.to_ascii_lowercase()), at..at + run.len()));
            at += run.len();
            continue;
        }
        if let Some(name) = rest.strip_prefix('\\') {
            let run = name.get(..length(name, "_.-")).unwrap_or("");
            tokens.push((Token::Name(run.to_ascii_lowercase()), at..at + 1 + run.len()));
            at += 1 + run.len();
            continue;
        }
        let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) else {
            return Err(FilterError::new(text, at..at + c.len_utf8(), format!("`{c}` has no meaning here")));
        };
        match *sign {
            "[" => brackets += 1,
            "]" => brackets = brackets.saturating_sub(1),
            _ => {}
        }
        tokens.push((Token::Sign(sign), at..at + sign.len()));
        at += sign.len();
    }
    Ok(tokens)
}
