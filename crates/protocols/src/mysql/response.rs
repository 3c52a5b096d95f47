//! What a server answers to one command, packet by packet: only the first bytes of each are looked at.

use super::command::{Command, capability};
use super::packet::{int2, int4, lenenc};
use crate::bytes::Bytes;
use crate::text;

/// Bytes of a packet that are enough to know what it is, error text included.
pub const ENOUGH: usize = 600;

const MORE_RESULTS: u16 = 0x0008;
const CURSOR_EXISTS: u16 = 0x0040;

/// Where the answer to a command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// At the first packet of a result.
    First,
    /// In column definitions: how many are left.
    Columns(u64),
    /// At the EOF after column definitions.
    ColumnsEnd,
    /// In rows.
    Rows,
    /// In the definitions of a prepared statement: how many packets are left.
    Definitions(u64),
    /// In the definitions of COM_FIELD_LIST.
    Fields,
}

/// The answer to one command.
#[derive(Debug)]
pub struct Response {
    place: Place,
    /// Rows of results, or rows changed.
    pub rows: i64,
    /// Code and text of an error.
    pub error: Option<(u16, String)>,
    /// Number that the server gave a prepared statement.
    pub prepared: Option<u32>,
    /// Bytes, headers included.
    pub bytes: i64,
}

impl Response {
    /// The answer to a command, nothing of it seen.
    pub fn new(command: &Command) -> Self {
        let place = match command {
            Command::Fetch => Place::Rows,
            Command::FieldList => Place::Fields,
            _ => Place::First,
        };
        Self { place, rows: 0, error: None, prepared: None, bytes: 0 }
    }

    /// The next packet: its first bytes ([`ENOUGH`] or all) and its length. Returns whether the answer is over.
    pub fn packet(&mut self, start: &[u8], len: usize, command: &Command, flags: u32, extended: u32) -> bool {
        let mut read = Bytes::new(start);
        let kind = read.u8();
        if kind == Some(0xff) {
            return self.error(read);
        }
        match self.place {
            Place::First => self.first(kind, read, len, command, flags, extended),
            Place::Columns(left) => {
                self.place = match left.saturating_sub(1) {
                    0 if flags & capability::DEPRECATE_EOF != 0 => Place::Rows,
                    0 => Place::ColumnsEnd,
                    left => Place::Columns(left),
                };
                false
            }
            Place::ColumnsEnd => {
                let status = read.take(2).and_then(|_| int2(&mut read)).unwrap_or(0);
                self.place = Place::Rows;
                // with a cursor the rows come when they are fetched
                status & CURSOR_EXISTS != 0
            }
            Place::Rows if kind == Some(0xfe) && len < 0xff_ffff && self.is_end(len, flags) => {
                let status = if flags & capability::DEPRECATE_EOF != 0 {
                    lenenc(&mut read).and_then(|_| lenenc(&mut read)).and_then(|_| int2(&mut read))
                } else {
                    read.take(2).and_then(|_| int2(&mut read))
                };
                self.place = Place::First;
                status.unwrap_or(0) & MORE_RESULTS == 0
            }
            Place::Rows => {
                self.rows += 1;
                false
            }
            Place::Definitions(left) => {
                self.place = Place::Definitions(left.saturating_sub(1));
                left <= 1
            }
            Place::Fields => kind == Some(0xfe) && len < 9,
        }
    }

    /// An EOF packet is shorter than 9 bytes; the OK packet that replaces it may carry a message.
    fn is_end(&self, len: usize, flags: u32) -> bool {
        flags & capability::DEPRECATE_EOF != 0 || len < 9
    }

    fn first(
        &mut self,
        kind: Option<u8>,
        mut read: Bytes<'_>,
        len: usize,
        command: &Command,
        flags: u32,
        extended: u32,
    ) -> bool {
        match (kind, command) {
            (_, Command::Simple) => true,
            // more of the exchange, until OK or an error
            (_, Command::ChangeUser) => kind == Some(0),
            (Some(0), Command::Prepare(_)) => self.prepare_ok(read, flags).is_none_or(|over| over),
            (Some(0), _) if len >= 7 || flags & capability::PROTOCOL_41 == 0 => {
                let changed = lenenc(&mut read).unwrap_or(0);
                self.rows += i64::try_from(changed).unwrap_or(0);
                let status = lenenc(&mut read).and_then(|_| int2(&mut read));
                status.unwrap_or(0) & MORE_RESULTS == 0
            }
            // LOCAL INFILE: the client sends the file, then the server answers
            (Some(0xfb), _) => false,
            (Some(0xfe), _) if len < 9 => true,
            _ => {
                self.columns(kind, read, len, flags, extended);
                false
            }
        }
    }

    /// The packet that counts the columns of a result.
    fn columns(&mut self, kind: Option<u8>, rest: Bytes<'_>, len: usize, flags: u32, extended: u32) {
        let mut read = rest;
        let mut follows = true;
        let columns = if flags & capability::OPTIONAL_RESULTSET_METADATA != 0
            && flags & capability::CLIENT_MYSQL != 0
        {
            follows = kind != Some(0);
            lenenc(&mut read)
        } else {
            match kind {
                Some(0xfc) => int2(&mut read).map(u64::from),
                Some(small) => Some(u64::from(small)),
                None => None,
            }
        };
        if extended & capability::CACHE_METADATA != 0 && len > 1 {
            follows = read.u8() != Some(0);
        }
        let columns = columns.unwrap_or(1).max(1);
        self.place = match (follows, flags & capability::DEPRECATE_EOF != 0) {
            (true, _) => Place::Columns(columns),
            (false, true) => Place::Rows,
            (false, false) => Place::ColumnsEnd,
        };
    }

    /// COM_STMT_PREPARE_OK: definitions of parameters and columns follow, each list with an EOF unless that is
    /// deprecated.
    fn prepare_ok(&mut self, mut read: Bytes<'_>, flags: u32) -> Option<bool> {
        self.prepared = Some(int4(&mut read)?);
        let (columns, parameters) = (int2(&mut read)?, int2(&mut read)?);
        let eof = u64::from(flags & capability::DEPRECATE_EOF == 0);
        let list = |n: u16| if n == 0 { 0 } else { u64::from(n) + eof };
        let packets = list(columns) + list(parameters);
        self.place = Place::Definitions(packets);
        Some(packets == 0)
    }

    fn error(&mut self, mut read: Bytes<'_>) -> bool {
        let code = int2(&mut read).unwrap_or(0);
        // MariaDB reports progress of long statements with this code
        if code == 0xffff {
            return false;
        }
        if read.rest().first() == Some(&b'#') {
            read.take(6);
        }
        self.error = Some((code, text::decode(read.rest()).into_owned()));
        true
    }
}
