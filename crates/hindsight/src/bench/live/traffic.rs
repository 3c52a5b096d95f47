//! What is sent: the frames of a capture, or generated ones, over and over.

use crate::Failure;
use source::{FileSource, Mapping, PacketSource as _, Status, Stop};
use std::path::Path;
use std::sync::Arc;
use wire::LinkType;

/// Shortest and longest frame that a packet socket sends on Ethernet.
const SIZES: std::ops::RangeInclusive<usize> = 14..=65_549;
/// Offset of the IPv4 header's checksum in an untagged Ethernet frame.
const IP_CHECKSUM: usize = 24;

/// Frames in order.
pub struct Traffic {
    /// What people call it.
    pub name: String,
    memory: Memory,
    frames: Vec<Frame>,
    /// Bytes of all frames.
    bytes: u64,
    /// Frames of the capture that cannot be sent, because of their size.
    pub left_out: u64,
    next: usize,
}

enum Memory {
    Mapped(Arc<Mapping>),
    Owned(Vec<u8>),
}

/// One frame and what changes in it each time it is sent.
#[derive(Clone, Copy)]
struct Frame {
    at: usize,
    len: u32,
    vary: Option<Vary>,
}

/// A word of an address that grows by one with each pass, so that generated clients are new ones; both checksums follow.
#[derive(Clone, Copy, Debug)]
pub struct Vary {
    /// Offset of the word in the frame.
    pub word: u8,
    /// Offset of the checksum of TCP or UDP.
    pub checksum: u8,
}

impl Traffic {
    /// Generated frames.
    pub fn made(name: &str, frames: impl IntoIterator<Item = (Vec<u8>, Option<Vary>)>) -> Self {
        let (mut memory, mut index) = (Vec::new(), Vec::new());
        for (bytes, vary) in frames {
            index.push(Frame { at: memory.len(), len: bytes.len() as u32, vary });
            memory.extend_from_slice(&bytes);
        }
        let bytes = memory.len() as u64;
        let memory = Memory::Owned(memory);
        Self { name: name.to_owned(), memory, frames: index, bytes, left_out: 0, next: 0 }
    }

    /// The frames of a capture, in its order.
    pub fn capture(path: &Path) -> Result<Self, Failure> {
        let refused = |why: &str| Failure::Failed(format!("{}: {why}", path.display()));
        let mut source = FileSource::open(path, &Stop::new()).map_err(|error| error.to_string())?;
        let mapping = source.mapping();
        let Some(mapping) = mapping else {
            return Err(refused("compressed; unpack it first, so that sending it costs no decompression"));
        };
        let (mut frames, mut bytes, mut left_out, mut other) = (Vec::new(), 0, 0, None);
        loop {
            let status = source.batch(4_096, &mut |packet| {
                if packet.link != LinkType::ETHERNET {
                    other = Some(packet.link);
                } else if SIZES.contains(&packet.bytes.len()) {
                    let at = usize::try_from(packet.data_at).unwrap_or(usize::MAX);
                    frames.push(Frame { at, len: packet.bytes.len() as u32, vary: None });
                    bytes += packet.bytes.len() as u64;
                } else {
                    left_out += 1;
                }
            });
            if status.map_err(|error| error.to_string())? == Status::End {
                break;
            }
        }
        if let Some(link) = other {
            return Err(refused(&format!("has packets of link type {}, not Ethernet", link.0)));
        }
        if frames.is_empty() {
            return Err(refused("has no packet that can be sent"));
        }
        let name = path.file_stem().map_or_else(|| "capture".into(), |stem| stem.to_string_lossy().into());
        Ok(Self { name, memory: Memory::Mapped(mapping), frames, bytes, left_out, next: 0 })
    }

    /// Frames of one pass.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Bytes of a frame on average.
    pub fn mean(&self) -> f64 {
        self.bytes as f64 / self.frames.len().max(1) as f64
    }

    /// Bytes of the longest frame.
    pub fn longest(&self) -> usize {
        self.frames.iter().map(|frame| frame.len as usize).max().unwrap_or(0)
    }

    /// Brings the memory in, so that the first pass is as fast as the others.
    pub fn warm(&self) -> u64 {
        let bytes: &[u8] = match &self.memory {
            Memory::Mapped(mapping) => mapping,
            Memory::Owned(owned) => owned,
        };
        bytes.iter().step_by(4_096).map(|byte| u64::from(*byte)).sum()
    }

    /// The next frames, at most `limit`, in order and from the beginning again after the last.
    pub fn upcoming(&mut self, limit: usize) -> Vec<&[u8]> {
        if self.next >= self.frames.len() {
            self.next = 0;
        }
        let end = self.frames.len().min(self.next + limit);
        let frames = self.frames.get(self.next..end).unwrap_or_default();
        let bytes: &[u8] = match &self.memory {
            Memory::Mapped(mapping) => mapping,
            Memory::Owned(owned) => owned,
        };
        frames.iter().filter_map(|frame| bytes.get(frame.at..frame.at + frame.len as usize)).collect()
    }

    /// Says that `count` of the upcoming frames were sent.
    pub fn sent(&mut self, count: usize) -> u64 {
        let frames = self.frames.get(self.next..self.next + count).unwrap_or_default();
        if let Memory::Owned(memory) = &mut self.memory {
            for frame in frames {
                if let Some(vary) = frame.vary
                    && let Some(bytes) = memory.get_mut(frame.at..frame.at + frame.len as usize)
                {
                    advance(bytes, vary);
                }
            }
        }
        self.next += count;
        frames.iter().map(|frame| u64::from(frame.len)).sum()
    }
}

/// Adds one to a word of a frame and corrects the checksums (RFC 1624).
fn advance(frame: &mut [u8], vary: Vary) {
    let word = |frame: &[u8], at: usize| {
        frame.get(at..at + 2).and_then(|two| two.try_into().ok()).map(u16::from_be_bytes)
    };
    let set = |at: usize, value: u16, frame: &mut [u8]| {
        if let Some(two) = frame.get_mut(at..at + 2) {
            two.copy_from_slice(&value.to_be_bytes());
        }
    };
    let at = usize::from(vary.word);
    let Some(old) = word(frame, at) else { return };
    let new = old.wrapping_add(1);
    set(at, new, frame);
    for at in [IP_CHECKSUM, usize::from(vary.checksum)] {
        if let Some(sum) = word(frame, at) {
            let total = u32::from(!sum) + u32::from(!old) + u32::from(new);
            let folded = (total & 0xffff) + (total >> 16);
            set(at, !((folded & 0xffff) + (folded >> 16)) as u16, frame);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::made;
    use super::*;

    /// Ones' complement sum of all words.
    fn sum(bytes: &[u8]) -> u16 {
        let words =
            bytes.chunks(2).map(|two| u32::from(two[0]) << 8 | two.get(1).map_or(0, |b| u32::from(*b)));
        let total: u32 = words.sum();
        let folded = (total & 0xffff) + (total >> 16);
        ((folded & 0xffff) + (folded >> 16)) as u16
    }

    #[test]
    fn checksums_hold_in_every_pass_and_clients_change() {
        for mut traffic in [made::large(2), made::mixed(50), made::small(50)] {
            let (passes, frames) = (3, traffic.len());
            let mut clients = std::collections::BTreeSet::new();
            for _ in 0..passes {
                let mut left = frames;
                while left > 0 {
                    let upcoming = traffic.upcoming(64.min(left));
                    for frame in &upcoming {
                        let ip = &frame[14..];
                        let end = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
                        assert_eq!(sum(&ip[..20]), 0xffff, "{}: IPv4 header", traffic.name);
                        let segment = &ip[20..end];
                        let pseudo = u32::from(sum(&ip[12..20])) + u32::from(ip[9]) + segment.len() as u32;
                        let total = pseudo + u32::from(sum(segment));
                        let folded = (total & 0xffff) + (total >> 16);
                        assert_eq!(
                            (folded & 0xffff) + (folded >> 16),
                            0xffff,
                            "{}: TCP or UDP",
                            traffic.name
                        );
                        clients.insert(ip[12..20].to_vec());
                    }
                    let count = upcoming.len();
                    left -= count;
                    traffic.sent(count);
                }
            }
            assert!(clients.len() > passes, "{}", traffic.name);
        }
    }

    #[test]
    fn a_capture_is_sent_in_its_order_and_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("three.pcap");
        let mut bytes = Vec::new();
        for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        for (n, len) in [(1u8, 60u32), (2, 10), (3, 61)] {
            for word in [0, 0, len, len] {
                bytes.extend_from_slice(&word.to_le_bytes());
            }
            bytes.extend(std::iter::repeat_n(n, len as usize));
        }
        std::fs::write(&path, &bytes).unwrap();
        let mut traffic = Traffic::capture(&path).unwrap();
        assert_eq!((traffic.len(), traffic.left_out, traffic.longest()), (2, 1, 61));
        let mut seen = Vec::new();
        for _ in 0..5 {
            let first: Vec<(u8, usize)> = traffic.upcoming(1).iter().map(|f| (f[0], f.len())).collect();
            seen.extend(first);
            traffic.sent(1);
        }
        assert_eq!(seen, [(1, 60), (3, 61), (1, 60), (3, 61), (1, 60)]);
        std::fs::write(&path, &bytes[..24]).unwrap();
        assert!(Traffic::capture(&path).is_err());
    }
}
