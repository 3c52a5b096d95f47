//! A packet filter in the forms that sources can use, and the source that applies it after the packets were received.

use std::fmt;
use std::sync::Arc;

use wire::{LinkType, ether};

use crate::{Error, Mapping, Packet, PacketSource, Progress, Statistics, Status};

/// One instruction of classic BPF: what `tcpdump -dd` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Operation.
    pub code: u16,
    /// Jump when true.
    pub jt: u8,
    /// Jump when false.
    pub jf: u8,
    /// Operand.
    pub k: u32,
}

/// Whether a frame passes: link type, captured bytes, length on the wire.
type Test = dyn Fn(LinkType, &[u8], u32) -> bool + Send + Sync;

/// A filter. Its language is the business of who makes it; sources need a program for the kernel and a test of their own.
///
/// All sources mean the same by it, what tcpdump means on a live interface: a filter that does not name `vlan` sees frames without their
/// outermost VLAN tag (the kernel takes it out of the frame), one that does sees them as they were on the wire.
#[derive(Clone)]
pub struct Filter {
    text: String,
    program: Option<Arc<[Instruction]>>,
    names_vlan: bool,
    test: Arc<Test>,
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.text).finish()
    }
}

impl Filter {
    /// A filter of a text, the classic BPF program for Ethernet frames (`None` where it cannot be said in one), and a test for frames of any
    /// link type.
    pub fn new(
        text: impl Into<String>,
        program: Option<Vec<Instruction>>,
        test: impl Fn(LinkType, &[u8], u32) -> bool + Send + Sync + 'static,
    ) -> Self {
        let text = text.into();
        let names_vlan =
            text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word.eq_ignore_ascii_case("vlan"));
        Self { text, program: program.map(Into::into), names_vlan, test: Arc::new(test) }
    }

    /// The text that it was made of.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The program, where a mechanism that hides the outermost tag of Ethernet frames can run it. A program that asks about tags cannot: it
    /// would miss the one that is gone.
    #[must_use]
    pub fn program(&self, link: LinkType) -> Option<&[Instruction]> {
        let program = self.program.as_deref().filter(|program| !program.is_empty());
        program.filter(|_| link == LinkType::ETHERNET && !self.names_vlan)
    }

    /// Whether a frame passes. `scratch` holds the frame without its tag where one has to be taken off.
    pub fn passes(&self, link: LinkType, frame: &[u8], original_len: u32, scratch: &mut Vec<u8>) -> bool {
        if link == LinkType::ETHERNET
            && !self.names_vlan
            && let Some((addresses, rest)) = frame.split_at_checked(12)
            && let Some((tag, rest)) = rest.split_first_chunk::<4>()
            && [ether::DOT1Q, ether::DOT1AD].contains(&u16::from_be_bytes([tag[0], tag[1]]))
        {
            scratch.clear();
            scratch.extend_from_slice(addresses);
            scratch.extend_from_slice(rest);
            return (self.test)(link, scratch, original_len.saturating_sub(4));
        }
        (self.test)(link, frame, original_len)
    }
}

/// A source whose packets are filtered here, because the mechanism below cannot. What is left out is counted.
pub(crate) struct Filtered {
    inner: Box<dyn PacketSource>,
    filter: Filter,
    left_out: u64,
    left_out_bytes: u64,
    scratch: Vec<u8>,
}

impl Filtered {
    pub(crate) fn new(inner: Box<dyn PacketSource>, filter: Filter) -> Self {
        Self { inner, filter, left_out: 0, left_out_bytes: 0, scratch: Vec::new() }
    }
}

impl PacketSource for Filtered {
    fn batch(&mut self, limit: usize, each: &mut dyn FnMut(&Packet<'_>)) -> Result<Status, Error> {
        let Self { inner, filter, left_out, left_out_bytes, scratch } = self;
        inner.batch(limit, &mut |packet| {
            if filter.passes(packet.link, packet.bytes, packet.original_len, scratch) {
                each(packet);
            } else {
                *left_out += 1;
                *left_out_bytes += packet.bytes.len() as u64;
            }
        })
    }

    fn name(&self) -> &str {
        self.inner.name()
    }

    fn interface_name(&self, interface: u32) -> Option<&str> {
        self.inner.interface_name(interface)
    }

    fn statistics(&mut self) -> Statistics {
        let mut statistics = self.inner.statistics();
        statistics.packets = statistics.packets.saturating_sub(self.left_out);
        statistics.bytes = statistics.bytes.saturating_sub(self.left_out_bytes);
        statistics.filtered += self.left_out;
        statistics
    }

    fn progress(&self) -> Progress {
        self.inner.progress()
    }

    fn take_notes(&mut self) -> Vec<String> {
        self.inner.take_notes()
    }

    fn mapping(&self) -> Option<Arc<Mapping>> {
        self.inner.mapping()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::build::Frame;

    #[test]
    fn tags_are_seen_only_by_filters_that_name_them() {
        let frame = |tagged: bool| {
            let frame = Frame::payload(b"x").udp(5, 9).ipv4([10, 0, 0, 1], [10, 0, 0, 2]);
            if tagged { frame.vlan(7) } else { frame }.ethernet([2; 6], [4; 6]).bytes()
        };
        let ethertype =
            |_: LinkType, frame: &[u8], _: u32| frame.get(12..14).is_some_and(|e| e == [0x08, 0x00]);
        let mut scratch = Vec::new();
        let program = vec![Instruction { code: 6, jt: 0, jf: 0, k: 1 }];
        let plain = Filter::new("ip", Some(program.clone()), ethertype);
        let tags = Filter::new("VLAN and ip", Some(program), ethertype);
        for tagged in [false, true] {
            let bytes = frame(tagged);
            assert!(plain.passes(LinkType::ETHERNET, &bytes, bytes.len() as u32, &mut scratch));
            assert_eq!(tags.passes(LinkType::ETHERNET, &bytes, bytes.len() as u32, &mut scratch), !tagged);
        }
        assert!(plain.program(LinkType::ETHERNET).is_some() && tags.program(LinkType::ETHERNET).is_none());
        assert!(plain.program(LinkType::RAW).is_none());
        assert!(!plain.passes(LinkType::ETHERNET, &[0; 13], 13, &mut scratch));
    }
}
