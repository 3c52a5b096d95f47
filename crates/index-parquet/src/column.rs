//! One column of a segment, decoded: what every question is answered from.

use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Key {
    /// The unique part of the session id.
    Id,
    /// The day of the session id.
    Day,
    /// Packet offsets and file markers.
    Positions,
    /// Record lengths beside them.
    Lengths,
    /// File numbers, for search by file.
    Files,
    /// How the values belong together: order of slots and the objects.
    Shape,
    /// A target, by its number in the registry.
    Field(u32),
}

/// A column of a segment. Only values are kept; which row each belongs to is in `rows`.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub rows: Rows,
    pub data: Data,
}

/// The row of each value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// Value `i` is the only one of row `i`; every row has one.
    Dense,
    /// The row of each value, ascending.
    Sparse(Vec<u32>),
}

/// The values.
#[derive(Clone, Debug)]
pub(crate) enum Data {
    Ints(Vec<i64>),
    /// Strings, and addresses as text.
    Texts(Codes, Arc<Dict>),
    Bytes(Dict),
    Ids(Vec<[u8; 16]>),
}

/// Which dictionary value each value is.
#[derive(Clone, Debug)]
pub(crate) enum Codes {
    /// Value `i` is dictionary value `i`.
    Each,
    Of(Vec<u32>),
}

/// Byte strings one after the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dict {
    pub bytes: Vec<u8>,
    /// Where each ends.
    pub ends: Vec<u32>,
    /// Whether they are sorted (strings by byte, addresses by number) and no two are equal.
    pub sorted: bool,
}

impl Dict {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.ends.push(self.bytes.len() as u32);
    }
    pub(crate) fn get(&self, at: usize) -> &[u8] {
        let start = if at == 0 { 0 } else { self.ends.get(at - 1).copied().unwrap_or(0) as usize };
        self.ends.get(at).and_then(|end| self.bytes.get(start..*end as usize)).unwrap_or(&[])
    }
    /// The value as text. What is stored is valid UTF-8; damage shows as an empty string.
    pub(crate) fn text(&self, at: usize) -> &str {
        std::str::from_utf8(self.get(at)).unwrap_or("")
    }
    pub(crate) fn ip(&self, at: usize) -> Option<IpAddr> {
        IpAddr::from_ascii(self.get(at))
    }
    /// The values that any row has, and how many rows have each.
    pub(crate) fn counted<'a>(&'a self, counts: &'a [u32]) -> impl Iterator<Item = (&'a [u8], u64)> {
        self.iter()
            .zip(counts)
            .filter(|(_, count)| **count > 0)
            .map(|(value, count)| (value, u64::from(*count)))
    }
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|at| self.get(at))
    }
    /// The place of a string in a sorted dictionary.
    pub(crate) fn find_text(&self, text: &[u8]) -> Option<usize> {
        let at = self.first_at(|value| value < text);
        (at < self.len() && self.get(at) == text).then_some(at)
    }
    /// The first place at which the test is no longer true.
    pub(crate) fn first_at(&self, before: impl Fn(&[u8]) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if before(self.get(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
    /// The places of the addresses of an inclusive range in a sorted dictionary.
    pub(crate) fn ip_range(&self, from: IpAddr, to: IpAddr) -> Range<usize> {
        let parse = |value: &[u8]| IpAddr::from_ascii(value);
        let start = self.first_at(|value| parse(value).is_some_and(|ip| ip < from));
        let end = self.first_at(|value| parse(value).is_some_and(|ip| ip <= to));
        start..end.max(start)
    }
    pub(crate) fn memory(&self) -> usize {
        self.bytes.len() + self.ends.len() * 4
    }
}

/// Reading an address of the bytes of its text.
pub(crate) trait FromAscii: Sized {
    fn from_ascii(bytes: &[u8]) -> Option<Self>;
}
impl FromAscii for IpAddr {
    fn from_ascii(bytes: &[u8]) -> Option<Self> {
        std::str::from_utf8(bytes).ok()?.parse().ok()
    }
}

impl Codes {
    pub(crate) fn get(&self, at: usize) -> usize {
        match self {
            Codes::Each => at,
            Codes::Of(codes) => codes.get(at).map_or(usize::MAX, |c| *c as usize),
        }
    }
}

impl Column {
    /// Number of values.
    pub(crate) fn len(&self) -> usize {
        match &self.data {
            Data::Ints(values) => values.len(),
            Data::Texts(Codes::Each, dict) => dict.len(),
            Data::Texts(Codes::Of(codes), _) => codes.len(),
            Data::Bytes(values) => values.len(),
            Data::Ids(values) => values.len(),
        }
    }
    /// The values of a row.
    pub(crate) fn of_row(&self, row: u32) -> Range<usize> {
        match &self.rows {
            Rows::Dense => row as usize..(row as usize + 1).min(self.len()).max(row as usize),
            Rows::Sparse(rows) => {
                let start = rows.partition_point(|r| *r < row);
                let mut end = start;
                while rows.get(end) == Some(&row) {
                    end += 1;
                }
                start..end
            }
        }
    }
    /// The row of a value.
    pub(crate) fn row(&self, at: usize) -> u32 {
        match &self.rows {
            Rows::Dense => at as u32,
            Rows::Sparse(rows) => rows.get(at).copied().unwrap_or(u32::MAX),
        }
    }
    pub(crate) fn ints(&self) -> &[i64] {
        if let Data::Ints(values) = &self.data { values } else { &[] }
    }
    pub(crate) fn ids(&self) -> &[[u8; 16]] {
        if let Data::Ids(values) = &self.data { values } else { &[] }
    }
    /// The bytes of a value of a column that holds strings of any kind.
    pub(crate) fn bytes(&self, at: usize) -> &[u8] {
        match &self.data {
            Data::Texts(codes, dict) => dict.get(codes.get(at)),
            Data::Bytes(values) => values.get(at),
            _ => &[],
        }
    }
}
