//! Negative look-ahead that makes no difference, because what must follow can never begin as what must not.

use super::Refused;
use super::bytes::Bytes;
use super::cursor::{Cursor, Escape};

/// Steps over `(?!…)`; the cursor stands behind `(?!`.
///
/// # Errors
/// It may make a difference.
pub(super) fn vacuous(cursor: &mut Cursor<'_>, caseless: bool) -> Result<(), Refused> {
    let begin = *cursor;
    let refuse = || begin.backtracking("look-ahead");
    let mut forbidden = Bytes::NONE;
    loop {
        // every alternative must begin with a known byte
        match first(cursor, caseless)? {
            Some(set) => forbidden = forbidden.and(set),
            None => return refuse(),
        }
        match skip(cursor)? {
            b'|' => {}
            b')' => break,
            _ => return refuse(),
        }
    }
    let mut behind = *cursor;
    match first(&mut behind, caseless)? {
        Some(next) if !next.meets(forbidden) => Ok(()),
        _ => refuse(),
    }
}

/// The bytes that a match can begin with here, where they are known and one must come.
fn first(cursor: &mut Cursor<'_>, caseless: bool) -> Result<Option<Bytes>, Refused> {
    let set = match cursor.next() {
        Some(b'\\') => match cursor.escape(Some(0))? {
            Escape::Set(set) => set,
            _ => return Ok(None),
        },
        Some(b'[') => cursor.class(caseless)?,
        Some(b'(' | b')' | b'|' | b'^' | b'$' | b'*' | b'+' | b'?') | None => return Ok(None),
        Some(b'.') => Bytes::one(b'\n').not(),
        Some(byte) => Bytes::one(byte),
    };
    // repeated zero times, it would not have to come
    let optional = matches!(cursor.peek(), Some(b'?' | b'*' | b'{'));
    Ok((!optional).then(|| if caseless { set.folded() } else { set }))
}

/// Steps to the end of an alternative; gives the `|` or `)` that ends it, which is stepped over.
fn skip(cursor: &mut Cursor<'_>) -> Result<u8, Refused> {
    let mut depth = 0usize;
    while let Some(byte) = cursor.next() {
        match byte {
            b'\\' => cursor.at += 1,
            b'[' => {
                cursor.class(false)?;
            }
            b'(' => depth += 1,
            b')' if depth > 0 => depth -= 1,
            b')' => return Ok(b')'),
            b'|' if depth == 0 => return Ok(b'|'),
            _ => {}
        }
    }
    cursor.syntax("a group without its )")
}

/// Whether nothing can follow this place in any match: only closing brackets, other alternatives, or further ends.
pub(super) fn nothing_follows(mut cursor: Cursor<'_>) -> Result<bool, Refused> {
    loop {
        match cursor.next() {
            None => return Ok(true),
            Some(b'|') => {
                // the rest of this group's alternatives does not follow it
                while skip_or_end(&mut cursor)? == Some(b'|') {}
                if !after_group(&mut cursor) {
                    return Ok(false);
                }
            }
            Some(b')') => {
                if !after_group(&mut cursor) {
                    return Ok(false);
                }
            }
            Some(b'$') => {}
            _ => return Ok(false),
        }
    }
}

fn skip_or_end(cursor: &mut Cursor<'_>) -> Result<Option<u8>, Refused> {
    match skip(cursor) {
        Ok(byte) => Ok(Some(byte)),
        // the alternatives of the whole pattern end with it
        Err(_) if cursor.at >= cursor.text.len() => Ok(None),
        Err(refused) => Err(refused),
    }
}

/// Steps over the `?` behind a group; false where the group may come again.
fn after_group(cursor: &mut Cursor<'_>) -> bool {
    match cursor.peek() {
        Some(b'*' | b'+' | b'{') => false,
        Some(b'?') => {
            cursor.at += 1;
            cursor.eat(b"?");
            true
        }
        _ => true,
    }
}
