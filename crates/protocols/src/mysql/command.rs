//! What clients send: the log-in and commands.

use super::packet::{int2, int4, lenenc, lenenc_bytes, until_nul};
use crate::bytes::Bytes;
use crate::statements::MAX_TEXT;
use crate::text;

/// Capability flags that change how the rest is read (both products use the same numbers unless noted).
pub mod capability {
    /// Set by MySQL; MariaDB clears it to say that its extended flags follow.
    pub const CLIENT_MYSQL: u32 = 1;
    pub const COMPRESS: u32 = 1 << 5;
    pub const PROTOCOL_41: u32 = 1 << 9;
    pub const SSL: u32 = 1 << 11;
    pub const DEPRECATE_EOF: u32 = 1 << 24;
    pub const OPTIONAL_RESULTSET_METADATA: u32 = 1 << 25;
    pub const ZSTD: u32 = 1 << 26;
    pub const QUERY_ATTRIBUTES: u32 = 1 << 27;
    /// MariaDB's extended flag, in the second word.
    pub const CACHE_METADATA: u32 = 1 << 4;
}

/// A log-in.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LogIn {
    /// Capability flags.
    pub flags: u32,
    /// Extended capability flags of MariaDB.
    pub extended: u32,
    /// User name; `None` in the short form that precedes TLS.
    pub user: Option<String>,
}

/// Reads a log-in.
pub fn log_in(payload: &[u8]) -> Option<LogIn> {
    let mut read = Bytes::new(payload);
    let low = u32::from(int2(&mut read)?);
    if low & capability::PROTOCOL_41 == 0 {
        // before 4.1: 16 flags, 24 bits of packet size, user
        read.take(3)?;
        let user = until_nul(&mut read);
        let user = (!user.is_empty()).then(|| text::decode(user).into_owned());
        return Some(LogIn { flags: low, extended: 0, user });
    }
    let flags = low | u32::from(int2(&mut read)?) << 16;
    read.take(4 + 1 + 19)?; // packet size, character set, filler
    let word = int4(&mut read)?;
    let extended = if flags & capability::CLIENT_MYSQL == 0 { word } else { 0 };
    let user = (!read.is_empty()).then(|| text::decode(until_nul(&mut read)).into_owned());
    Some(LogIn { flags, extended, user })
}

/// What the server sends after a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A statement: OK, an error, or results.
    Statement(String),
    /// COM_STMT_PREPARE of a text.
    Prepare(String),
    /// COM_STMT_EXECUTE of a statement.
    Execute(u32),
    /// COM_STMT_FETCH: rows.
    Fetch,
    /// COM_FIELD_LIST: column definitions.
    FieldList,
    /// COM_CHANGE_USER: an authentication exchange.
    ChangeUser,
    /// One packet, whatever it is.
    Simple,
    /// COM_STMT_CLOSE of a statement: no answer.
    Close(u32),
    /// No answer.
    Silent,
    /// COM_QUIT, or a switch to another protocol (replication).
    End,
}

/// Reads a command from the start of its payload. Of a statement's text the first [`MAX_TEXT`] bytes are kept.
pub fn command(payload: &[u8], flags: u32) -> Command {
    let mut read = Bytes::new(payload);
    let kept = |bytes: &[u8]| {
        let text = text::decode(bytes);
        text::cut(text.trim_matches(|c: char| c.is_whitespace() || c == '\0'), MAX_TEXT).to_owned()
    };
    match read.u8().unwrap_or_default() {
        0x01 | 0x12 | 0x1e => Command::End,
        0x02 => Command::Statement(format!("USE {}", kept(read.rest()))),
        0x03 => {
            if flags & capability::QUERY_ATTRIBUTES != 0 {
                skip_attributes(&mut read);
            }
            Command::Statement(kept(read.rest()))
        }
        0x04 => Command::FieldList,
        0x11 => Command::ChangeUser,
        0x16 => Command::Prepare(kept(read.rest())),
        0x17 => Command::Execute(int4(&mut read).unwrap_or_default()),
        0x18 => Command::Silent, // COM_STMT_SEND_LONG_DATA
        0x19 => Command::Close(int4(&mut read).unwrap_or_default()),
        0x1c => Command::Fetch,
        0xfa => Command::Execute(int4(&mut read).unwrap_or_default()), // COM_STMT_BULK_EXECUTE
        _ => Command::Simple,
    }
}

/// Passes the parameters before a statement's text (CLIENT_QUERY_ATTRIBUTES). Attributes that cannot be read leave
/// the cursor at the end: a wrong text is worse than none.
fn skip_attributes(read: &mut Bytes<'_>) {
    if attributes(read).is_none() {
        *read = Bytes::new(&[]);
    }
}

fn attributes(read: &mut Bytes<'_>) -> Option<()> {
    let count = usize::try_from(lenenc(read)?).ok().filter(|count| *count < 1_000)?;
    lenenc(read)?; // sets of parameters
    if count == 0 {
        return Some(());
    }
    let nulls = read.take(count.div_ceil(8))?;
    read.u8()?; // new types follow
    let mut types = Vec::with_capacity(count);
    for _ in 0..count {
        types.push(int2(read)? & 0xff);
        lenenc_bytes(read)?; // name
    }
    for (at, kind) in types.into_iter().enumerate() {
        if nulls.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1) {
            continue;
        }
        match kind {
            0x01 => read.take(1)?,               // TINY
            0x02 | 0x0d => read.take(2)?,        // SHORT, YEAR
            0x03 | 0x04 | 0x09 => read.take(4)?, // LONG, FLOAT, INT24
            0x05 | 0x08 => read.take(8)?,        // DOUBLE, LONGLONG
            0x06 => &[],                         // NULL
            0x07 | 0x0a | 0x0b | 0x0c => {
                // TIMESTAMP, DATE, TIME, DATETIME
                let len = read.u8()?;
                read.take(usize::from(len))?
            }
            _ => lenenc_bytes(read)?,
        };
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_ins() {
        let mut payload = vec![0x05, 0xa6, 0x0f, 0x00, 0, 0, 0, 1, 0x21];
        payload.extend_from_slice(&[0; 23]);
        assert_eq!(log_in(&payload), Some(LogIn { flags: 0x000f_a605, extended: 0, user: None }));
        payload.extend_from_slice(b"user10\0\x14");
        assert_eq!(log_in(&payload).and_then(|l| l.user).as_deref(), Some("user10"));
        assert_eq!(log_in(&[5]), None);
    }

    #[test]
    fn a_statement_behind_attributes() {
        let flags = capability::QUERY_ATTRIBUTES;
        assert_eq!(command(b"\x03\0\x01select 1", flags), Command::Statement("select 1".into()));
        let one = b"\x03\x01\x01\0\x01\xfe\0\x02ab\x03xyzselect 2";
        assert_eq!(command(one, flags), Command::Statement("select 2".into()));
        assert_eq!(command(b"\x03\x09\x01", flags), Command::Statement(String::new()));
    }
}
