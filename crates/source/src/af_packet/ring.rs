//! The ring of blocks that kernel and process share, and the packets in a block.

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

/// Bytes that the kernel leaves free before each packet (PACKET_RESERVE).
pub(super) const HEADROOM: usize = 16;

/// Where `block_status` is in a block: after version and offset.
const STATUS_AT: usize = mem::offset_of!(libc::tpacket_block_desc, hdr);

/// The mapped ring.
pub(super) struct Ring {
    map: NonNull<u8>,
    block_size: usize,
    blocks: usize,
    /// The block to look at next.
    block: usize,
    /// Packets of that block still to give, and where the next one starts in it; `None` before its first.
    place: Option<(u32, usize)>,
}

// SAFETY: the mapping belongs to this Ring alone; no other thread of this process reaches it.
unsafe impl Send for Ring {}

/// A packet in the ring, for the time of a callback.
pub(super) struct Frame<'a> {
    /// From [`HEADROOM`] before the packet to its end.
    room: &'a mut [u8],
    /// Where the packet starts in `room`.
    start: usize,
    /// Nanoseconds since 1970.
    pub time: i64,
    /// Length on the wire.
    pub original_len: u32,
    /// TP_STATUS bits.
    pub status: u32,
    /// VLAN tag that the kernel took off.
    pub vlan_tci: u16,
    /// EtherType of that tag.
    pub vlan_tpid: u16,
    /// PACKET_OUTGOING and the like.
    pub packet_type: u8,
    /// EtherType as the kernel sees it.
    protocol: u16,
    address: [u8; 8],
    address_len: u8,
}

impl Frame<'_> {
    /// The packet.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        self.room.get(self.start..).unwrap_or_default()
    }

    /// Puts a VLAN tag back between addresses and EtherType: the addresses move into the headroom. False where there is no room.
    pub(super) fn insert_vlan(&mut self, tpid: u16, tci: u16) -> bool {
        let Some(start) = self.start.checked_sub(4) else { return false };
        if self.room.len() < self.start + 12 {
            return false;
        }
        self.room.copy_within(self.start..self.start + 12, start);
        let [a, b] = tpid.to_be_bytes();
        let [c, d] = tci.to_be_bytes();
        let Some(tag) = self.room.get_mut(start + 12..start + 16) else { return false };
        tag.copy_from_slice(&[a, b, c, d]);
        self.start = start;
        true
    }

    /// Puts the header of a Linux cooked capture (version 1) before the packet.
    pub(super) fn prepend_cooked(&mut self, hardware: u16) -> bool {
        let Some(start) = self.start.checked_sub(16) else { return false };
        let Some(head) = self.room.get_mut(start..start + 16) else { return false };
        let [hardware_high, hardware_low] = hardware.to_be_bytes();
        let [protocol_high, protocol_low] = self.protocol.to_be_bytes();
        let a = self.address;
        head.copy_from_slice(&[
            0,
            self.packet_type,
            hardware_high,
            hardware_low,
            0,
            self.address_len.min(8),
            a[0],
            a[1],
            a[2],
            a[3],
            a[4],
            a[5],
            a[6],
            a[7],
            protocol_high,
            protocol_low,
        ]);
        self.start = start;
        true
    }
}

/// A copy of a plain C structure at `at`, if it is wholly inside.
fn read<T: Copy>(bytes: &[u8], at: usize) -> Option<T> {
    let place = bytes.get(at..)?.get(..mem::size_of::<T>())?;
    // SAFETY: `place` has exactly the size of `T`, which is one of libc's structures of integers: any bytes are valid. Alignment does
    // not matter to read_unaligned.
    Some(unsafe { place.as_ptr().cast::<T>().read_unaligned() })
}

impl Ring {
    pub(super) fn map(fd: &OwnedFd, block_size: usize, blocks: usize) -> io::Result<Self> {
        let len = block_size.checked_mul(blocks).ok_or(io::ErrorKind::OutOfMemory)?;
        // SAFETY: a new shared mapping of the socket's ring; the kernel checks that the length is that of the ring.
        let map = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                fd.as_raw_fd(),
                0,
            )
        };
        if map == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let map = NonNull::new(map.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { map, block_size, blocks, block: 0, place: None })
    }

    /// The status word of the current block, through which kernel and process hand it to each other.
    fn status(&self) -> &AtomicU32 {
        // SAFETY: `block < blocks`, so the word lies inside the mapping, which lives as long as self. Blocks are page-aligned
        // and the word's offset is a multiple of four. The kernel may write it at any time, hence atomic. The slice that
        // `contents` makes over the block needs `&mut self`, so it is never alive together with this reference.
        unsafe { AtomicU32::from_ptr(self.map.as_ptr().add(self.block * self.block_size + STATUS_AT).cast()) }
    }

    /// Whether the current block belongs to the process.
    pub(super) fn is_ready(&self) -> bool {
        self.status().load(Ordering::Acquire) & libc::TP_STATUS_USER != 0
    }

    /// The current block, all of it, once it is ready.
    fn contents(&mut self) -> Option<&mut [u8]> {
        if !self.is_ready() {
            return None;
        }
        // SAFETY: `block < blocks`, so the range lies inside the mapping. TP_STATUS_USER (seen with Acquire) means that the kernel neither
        // reads nor writes the block until we hand it back, which only `release` does and which needs `&mut self`, so not while this
        // slice lives. No reference from `status` is alive here.
        Some(unsafe {
            std::slice::from_raw_parts_mut(
                self.map.as_ptr().add(self.block * self.block_size),
                self.block_size,
            )
        })
    }

    /// Hands the current block back to the kernel and goes on to the next.
    fn release(&mut self) {
        self.status().store(libc::TP_STATUS_KERNEL, Ordering::Release);
        self.block = (self.block + 1) % self.blocks;
        self.place = None;
    }

    /// Gives at most `limit` packets of the current block. Returns packets that could not be given because the block is damaged.
    pub(super) fn take(&mut self, limit: usize, each: &mut dyn FnMut(&mut Frame<'_>)) -> u64 {
        let place = self.place;
        let Some(block) = self.contents() else { return 0 };
        let (mut left, mut at) = match place {
            Some(place) => place,
            None => {
                let Some(head) = read::<libc::tpacket_hdr_v1>(block, STATUS_AT) else { return 0 };
                (head.num_pkts, head.offset_to_first_pkt as usize)
            }
        };
        let mut damaged = 0;
        for _ in 0..limit {
            if left == 0 {
                break;
            }
            let Some((mut frame, next)) = frame(block, at) else {
                // Without this packet's header the next one cannot be found.
                damaged = u64::from(left);
                left = 0;
                break;
            };
            each(&mut frame);
            left -= 1;
            // The last packet of a block has no next; an offset of 0 before that would give it again for ever.
            if next == 0 && left > 0 {
                damaged = u64::from(left);
                left = 0;
            }
            at += next;
        }
        if left == 0 {
            self.release();
        } else {
            self.place = Some((left, at));
        }
        damaged
    }
}

/// The packet at `at` of a block and the distance to the next one.
#[inline]
fn frame(block: &mut [u8], at: usize) -> Option<(Frame<'_>, usize)> {
    let head = read::<libc::tpacket3_hdr>(block, at)?;
    // The address of the packet lies behind the header, aligned to 16.
    let address = read::<libc::sockaddr_ll>(
        block,
        at + mem::size_of::<libc::tpacket3_hdr>().next_multiple_of(libc::TPACKET_ALIGNMENT),
    )?;
    let start = at + usize::from(head.tp_mac);
    let end = start + head.tp_snaplen as usize;
    let from = start.checked_sub(HEADROOM).filter(|from| *from > at)?;
    let room = block.get_mut(from..end)?;
    let frame = Frame {
        room,
        start: HEADROOM,
        time: i64::from(head.tp_sec) * 1_000_000_000 + i64::from(head.tp_nsec),
        original_len: head.tp_len,
        status: head.tp_status,
        vlan_tci: head.hv1.tp_vlan_tci as u16,
        vlan_tpid: head.hv1.tp_vlan_tpid,
        packet_type: address.sll_pkttype,
        protocol: u16::from_be(address.sll_protocol),
        address: address.sll_addr,
        address_len: address.sll_halen,
    };
    Some((frame, head.tp_next_offset as usize))
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: exactly the mapping that `map` made; nothing refers to it any more.
        unsafe {
            libc::munmap(self.map.as_ptr().cast(), self.block_size * self.blocks);
        }
    }
}
