//! Reads bytes and writes the tree in one go: each reading call takes bytes at the place where it stands and adds the node
//! that they make. `None` means that the bytes end before the header does; the group in which that happens says so.

use crate::search;
use crate::show;
use crate::tree::{Node, Note, Severity, Source, Tree};
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Nodes of one packet. The largest sane packet, a full DNS answer of 64 KiB, has fewer.
pub(crate) const MAX_NODES: usize = 20_000;
/// Bytes of text of one packet's values.
const MAX_TEXT: usize = 2 << 20;
/// Groups within groups.
const MAX_DEPTH: usize = 40;
/// Layers of one packet: tunnels in tunnels end here.
pub(crate) const MAX_LAYERS: usize = 40;
/// Bytes beside the frame that are kept.
const MAX_SOURCES: usize = 1 << 20;

/// Names a value.
pub(crate) type Names = fn(u64) -> Option<&'static str>;

/// A bit field of a word: mask, Wireshark's name, label.
pub(crate) type Bit = (u64, &'static str, &'static str);

/// What outer layers found and inner ones need.
#[derive(Clone, Copy, Default)]
pub(crate) struct Facts {
    pub addresses: Option<(IpAddr, IpAddr)>,
    pub ports: (u16, u16),
    /// The IP payload is a part of a datagram.
    pub fragment: bool,
    /// Bytes at the end of the innermost IP payload that were not captured.
    pub missing: usize,
}

/// Where reading stands and the tree so far.
pub(crate) struct Pen<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
    source: u8,
    open: Vec<Node>,
    tree: Tree,
    nodes: usize,
    text: usize,
    layers: usize,
    pub facts: Facts,
}

impl<'a> Pen<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            end: bytes.len(),
            source: 0,
            open: Vec::new(),
            tree: Tree::default(),
            nodes: 0,
            text: 0,
            layers: 0,
            facts: Facts::default(),
        }
    }

    pub fn finish(mut self) -> Tree {
        while !self.open.is_empty() {
            self.close();
        }
        self.tree
    }

    // ---- where it stands --------------------------------------------------------------------------------------------------

    pub const fn at(&self) -> usize {
        self.at
    }
    pub const fn end(&self) -> usize {
        self.end
    }
    pub const fn left(&self) -> usize {
        self.end.saturating_sub(self.at)
    }
    /// All bytes that the positions mean.
    pub const fn all(&self) -> &'a [u8] {
        self.bytes
    }
    /// The bytes that are left.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..self.end).unwrap_or_default()
    }
    /// A byte ahead.
    pub fn peek(&self, ahead: usize) -> Option<u8> {
        self.rest().get(ahead).copied()
    }
    pub fn peek16(&self, ahead: usize) -> Option<u16> {
        let bytes = self.rest().get(ahead..)?;
        Some(u16::from_be_bytes(*bytes.first_chunk()?))
    }
    pub fn peek32(&self, ahead: usize) -> Option<u32> {
        let bytes = self.rest().get(ahead..)?;
        Some(u32::from_be_bytes(*bytes.first_chunk()?))
    }
    /// Nothing beyond so many bytes from here is read any more. Returns the end as it was.
    pub fn limit(&mut self, length: usize) -> usize {
        let before = self.end;
        self.end = self.end.min(self.at.saturating_add(length));
        before
    }
    /// Undoes [`Self::limit`] and goes on behind the limited part.
    pub fn unlimit(&mut self, before: usize) {
        self.at = self.end;
        self.end = before;
    }
    /// Runs a part on the next so many bytes, as far as they are there, and goes on behind them.
    pub fn within<T>(&mut self, length: usize, part: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let before = self.limit(length);
        let result = part(self);
        self.unlimit(before);
        result
    }
    pub fn skip(&mut self, n: usize) -> Option<()> {
        self.take(n).map(|_| ())
    }
    pub fn skip_all(&mut self) {
        self.at = self.end;
    }
    fn take(&mut self, n: usize) -> Option<(usize, &'a [u8])> {
        let start = self.at;
        let stop = start.checked_add(n).filter(|stop| *stop <= self.end && !self.tree.cut)?;
        let bytes = self.bytes.get(start..stop)?;
        self.at = stop;
        Some((start, bytes))
    }
    fn number(&mut self, n: usize) -> Option<(usize, u64)> {
        let (start, bytes) = self.take(n)?;
        Some((start, be(bytes)))
    }

    // ---- nodes ------------------------------------------------------------------------------------------------------------

    /// Adds a node over any range.
    pub fn add(
        &mut self,
        name: &'static str,
        label: impl Into<Cow<'static, str>>,
        (start, length): (usize, usize),
        value: impl Into<String>,
    ) {
        let value = value.into();
        self.push(name, label.into(), (start, length), value, None);
    }

    fn push(
        &mut self,
        name: &'static str,
        label: Cow<'static, str>,
        (start, length): (usize, usize),
        value: String,
        term: Option<String>,
    ) {
        if self.nodes >= MAX_NODES || self.text >= MAX_TEXT {
            self.tree.cut = true;
            return;
        }
        self.nodes += 1;
        self.text += value.len();
        let field = search::field(name);
        let term = field.map(|_| term.unwrap_or_else(|| value.clone()));
        let source = self.source;
        let node =
            Node { name, label, value, field, term, source, start, length, notes: vec![], children: vec![] };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => self.tree.layers.push(node),
        }
    }

    fn last(&mut self) -> Option<&mut Node> {
        match self.open.last_mut() {
            Some(parent) => parent.children.last_mut(),
            None => self.tree.layers.last_mut(),
        }
    }

    /// A note about the node that was added last.
    pub fn note(&mut self, severity: Severity, text: impl Into<Cow<'static, str>>) {
        if let Some(node) = self.last().filter(|node| node.notes.len() < 8) {
            node.notes.push(Note { severity, text: text.into() });
        }
    }
    /// A note about the open group.
    pub fn group_note(&mut self, severity: Severity, text: impl Into<Cow<'static, str>>) {
        if let Some(node) = self.open.last_mut().filter(|node| node.notes.len() < 8) {
            node.notes.push(Note { severity, text: text.into() });
        }
    }
    /// Says the value of the open group.
    pub fn value(&mut self, value: impl Into<String>) {
        if let Some(node) = self.open.last_mut() {
            node.value = value.into();
        }
    }
    /// Says the label of the open group.
    pub fn label(&mut self, label: impl Into<Cow<'static, str>>) {
        if let Some(node) = self.open.last_mut() {
            node.label = label.into();
        }
    }
    /// Adds to the value of the node that was added last, in brackets.
    pub fn remark(&mut self, text: &str) {
        if let Some(node) = self.last() {
            node.value.push_str(" [");
            node.value.push_str(text);
            node.value.push(']');
        }
    }

    /// A group from here to where its part leaves off.
    pub fn group<T>(
        &mut self,
        name: &'static str,
        label: impl Into<Cow<'static, str>>,
        part: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        if self.open.len() >= MAX_DEPTH {
            self.tree.cut = true;
            return None;
        }
        let label = label.into();
        let (source, start) = (self.source, self.at);
        self.nodes += 1;
        let node = Node {
            name,
            label,
            value: String::new(),
            field: None,
            term: None,
            source,
            start,
            length: 0,
            notes: vec![],
            children: vec![],
        };
        self.open.push(node);
        let depth = self.open.len();
        let result = part(self);
        if result.is_none() && !self.tree.cut {
            self.group_note(Severity::Error, "ends too early or is malformed");
            self.at = self.end;
        }
        while self.open.len() > depth {
            self.close();
        }
        self.close();
        result
    }

    fn close(&mut self) {
        let Some(mut node) = self.open.pop() else { return };
        let own = node.children.iter().filter(|child| child.source == node.source && child.length > 0);
        let (mut low, mut high) = (node.start, self.at.max(node.start));
        for child in own {
            low = low.min(child.start);
            high = high.max(child.start + child.length);
        }
        (node.start, node.length) = (low, high.saturating_sub(low));
        if node.field.is_none() && !node.value.is_empty() {
            node.field = search::field(node.name);
            node.term = node.field.map(|_| node.value.clone());
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => self.tree.layers.push(node),
        }
    }

    /// A layer: a root of the tree. Groups that are open stay open; the layer stands beside the outermost.
    pub fn layer<T>(
        &mut self,
        name: &'static str,
        label: impl Into<Cow<'static, str>>,
        part: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        if self.layers >= MAX_LAYERS {
            self.tree.cut = true;
            return None;
        }
        self.layers += 1;
        let outer = std::mem::take(&mut self.open);
        let result = self.group(name, label, part);
        self.open = outer;
        result
    }

    /// Runs a part on bytes that are not in the frame.
    pub fn elsewhere(&mut self, name: impl Into<Cow<'static, str>>, bytes: Vec<u8>, part: fn(&mut Pen<'_>)) {
        let held: usize = self.tree.sources.iter().map(|source| source.bytes.len()).sum();
        let Ok(number) = u8::try_from(self.tree.sources.len() + 1) else { return };
        if held + bytes.len() > MAX_SOURCES {
            self.tree.cut = true;
            return;
        }
        let mut inner = Pen {
            source: number,
            nodes: self.nodes,
            text: self.text,
            layers: self.layers,
            ..Pen::new(&bytes)
        };
        inner.facts = self.facts;
        part(&mut inner);
        (self.nodes, self.text, self.layers) = (inner.nodes, inner.text, inner.layers);
        let mut made = inner.finish();
        self.tree.cut |= made.cut;
        match self.open.last_mut() {
            Some(parent) => parent.children.append(&mut made.layers),
            None => self.tree.layers.append(&mut made.layers),
        }
        self.tree.sources.push(Source { name: name.into(), bytes });
    }

    // ---- values -----------------------------------------------------------------------------------------------------------

    /// A number of `n` bytes in network order.
    pub fn uint(&mut self, n: usize, name: &'static str, label: &'static str) -> Option<u64> {
        let (start, number) = self.number(n)?;
        self.add(name, label, (start, n), number.to_string());
        Some(number)
    }
    pub fn u8(&mut self, name: &'static str, label: &'static str) -> Option<u8> {
        self.uint(1, name, label).map(|n| n as u8)
    }
    pub fn u16(&mut self, name: &'static str, label: &'static str) -> Option<u16> {
        self.uint(2, name, label).map(|n| n as u16)
    }
    pub fn u32(&mut self, name: &'static str, label: &'static str) -> Option<u32> {
        self.uint(4, name, label).map(|n| n as u32)
    }
    /// A number of `n` bytes, lowest first.
    pub fn le(&mut self, n: usize, name: &'static str, label: &'static str) -> Option<u64> {
        let (start, bytes) = self.take(n)?;
        let number = bytes.iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        self.add(name, label, (start, n), number.to_string());
        Some(number)
    }
    /// A signed number of `n` bytes.
    pub fn int(&mut self, n: usize, name: &'static str, label: &'static str) -> Option<i64> {
        let (start, number) = self.number(n)?;
        let shift = 64u32.saturating_sub(8 * n as u32).min(63);
        let number = ((number << shift) as i64) >> shift;
        self.add(name, label, (start, n), number.to_string());
        Some(number)
    }
    /// A number shown in hexadecimal.
    pub fn hex(&mut self, n: usize, name: &'static str, label: &'static str) -> Option<u64> {
        let (start, number) = self.number(n)?;
        let value = format!("{number:#0width$x}", width = 2 + 2 * n);
        self.push(name, label.into(), (start, n), value, Some(number.to_string()));
        Some(number)
    }
    /// A number that has a name.
    pub fn code(&mut self, n: usize, name: &'static str, label: &'static str, names: Names) -> Option<u64> {
        let (start, number) = self.number(n)?;
        let value = match names(number) {
            Some(known) => format!("{known} ({number})"),
            None => number.to_string(),
        };
        self.push(name, label.into(), (start, n), value, Some(number.to_string()));
        Some(number)
    }
    /// A number that has a name, the number in hexadecimal.
    pub fn hex_code(
        &mut self,
        n: usize,
        name: &'static str,
        label: &'static str,
        names: Names,
    ) -> Option<u64> {
        let (start, number) = self.number(n)?;
        let hex = format!("{number:#0width$x}", width = 2 + 2 * n);
        let value = match names(number) {
            Some(known) => format!("{known} ({hex})"),
            None => hex,
        };
        self.push(name, label.into(), (start, n), value, Some(number.to_string()));
        Some(number)
    }
    /// A number in a unit.
    pub fn unit(&mut self, n: usize, name: &'static str, label: &'static str, unit: &str) -> Option<u64> {
        let (start, number) = self.number(n)?;
        self.push(name, label.into(), (start, n), format!("{number} {unit}"), Some(number.to_string()));
        Some(number)
    }
    /// A word of bit fields: a single bit is set or not, several are a number.
    pub fn flags(&mut self, n: usize, name: &'static str, label: &'static str, bits: &[Bit]) -> Option<u64> {
        let word = be(self.rest().get(..n)?);
        self.group(name, label, |p| {
            let start = p.at;
            p.skip(n)?;
            let mut set = Vec::new();
            for &(mask, name, label) in bits {
                p.bits((start, n, word), mask, name, label);
                if mask.is_power_of_two() && word & mask != 0 {
                    set.push(label);
                }
            }
            let hex = format!("{word:#0width$x}", width = 2 + 2 * n);
            p.value(if set.is_empty() { hex } else { format!("{hex} ({})", set.join(", ")) });
            Some(word)
        })
    }
    /// One bit field of a word that was read; its range is the word, as in Wireshark.
    pub fn bits(
        &mut self,
        (start, n, word): (usize, usize, u64),
        mask: u64,
        name: &'static str,
        label: &'static str,
    ) -> u64 {
        let number = (word & mask) >> mask.trailing_zeros().min(63);
        let value = match (mask.is_power_of_two(), number) {
            (true, 0) => "not set".to_owned(),
            (true, _) => "set".to_owned(),
            _ => number.to_string(),
        };
        self.push(name, label.into(), (start, n), value, Some(number.to_string()));
        number
    }
    /// One bit field with names.
    pub fn bits_code(
        &mut self,
        (start, n, word): (usize, usize, u64),
        mask: u64,
        (name, label): (&'static str, &'static str),
        names: Names,
    ) -> u64 {
        let number = (word & mask) >> mask.trailing_zeros().min(63);
        let value = match names(number) {
            Some(known) => format!("{known} ({number})"),
            None => number.to_string(),
        };
        self.push(name, label.into(), (start, n), value, Some(number.to_string()));
        number
    }
    /// Reads a word without a node, for [`Self::bits`].
    pub fn word(&mut self, n: usize) -> Option<(usize, usize, u64)> {
        let (start, number) = self.number(n)?;
        Some((start, n, number))
    }
    pub fn mac(&mut self, name: &'static str, label: &'static str) -> Option<&'a [u8]> {
        let (start, bytes) = self.take(6)?;
        self.add(name, label, (start, 6), show::colons(bytes));
        Some(bytes)
    }
    pub fn ip4(&mut self, name: &'static str, label: &'static str) -> Option<Ipv4Addr> {
        let (start, bytes) = self.take(4)?;
        let address = Ipv4Addr::from(*bytes.first_chunk::<4>()?);
        self.add(name, label, (start, 4), address.to_string());
        Some(address)
    }
    pub fn ip6(&mut self, name: &'static str, label: &'static str) -> Option<Ipv6Addr> {
        let (start, bytes) = self.take(16)?;
        let address = Ipv6Addr::from(*bytes.first_chunk::<16>()?);
        self.add(name, label, (start, 16), address.to_string());
        Some(address)
    }
    /// Bytes as they are.
    pub fn raw(
        &mut self,
        n: usize,
        name: &'static str,
        label: impl Into<Cow<'static, str>>,
    ) -> Option<&'a [u8]> {
        let (start, bytes) = self.take(n)?;
        self.add(name, label, (start, n), show::bytes(bytes));
        Some(bytes)
    }
    /// Bytes that are text.
    pub fn text(
        &mut self,
        n: usize,
        name: &'static str,
        label: impl Into<Cow<'static, str>>,
    ) -> Option<&'a [u8]> {
        let (start, bytes) = self.take(n)?;
        self.add(name, label, (start, n), show::text(bytes));
        Some(bytes)
    }
    /// Text up to a zero byte, which belongs to it.
    pub fn zero_text(&mut self, name: &'static str, label: &'static str) -> Option<&'a [u8]> {
        let length = self.rest().iter().position(|byte| *byte == 0)?;
        let (start, bytes) = self.take(length + 1)?;
        let bytes = bytes.get(..length)?;
        self.add(name, label, (start, length + 1), show::text(bytes));
        Some(bytes)
    }
    /// What is left, as bytes; nothing where nothing is.
    pub fn raw_rest(&mut self, name: &'static str, label: &'static str) {
        let left = self.left();
        if left > 0 {
            self.raw(left, name, label);
        }
    }
    /// What is left of the packet that nothing more is known about.
    pub fn data(&mut self) {
        let left = self.left();
        if left == 0 {
            return;
        }
        self.layer("data", "Data", |p| {
            p.value(format!("{left} bytes"));
            p.raw(left, "data.data", "Data").map(|_| ())
        });
    }
}

/// Big-endian bytes as a number; of more than eight the last eight.
pub(crate) fn be(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

impl Pen<'_> {
    /// Runs a part on another range of the same bytes and comes back.
    pub fn over(&mut self, start: usize, length: usize, part: fn(&mut Self)) {
        let (at, end) = (self.at, self.end);
        let limit = self.bytes.len();
        self.at = start.min(limit);
        self.end = start.saturating_add(length).min(limit);
        part(self);
        (self.at, self.end) = (at, end);
    }
}
