//! Several sockets of one interface that share its packets: every packet goes to one of them, both directions of a flow to the same.

mod assembler;
mod program;

use std::io;
use std::sync::{Mutex, PoisonError};

use super::socket::Socket;
use program::flow_hash;

const PACKET_FANOUT: i32 = 18;
const PACKET_FANOUT_DATA: i32 = 22;
/// The member is what a classic BPF program says, modulo their number.
const BY_PROGRAM: u32 = 6;
/// The kernel picks a group id that nobody uses.
const UNIQUE_ID: u32 = 0x2000;

/// The sockets of one interface.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// Index of the interface and number of the kernel's group, once there is one.
    made: Mutex<Option<(i32, u16)>>,
}

impl Group {
    /// Adds a socket, which is bound and lets nothing pass yet: what it received before it joined would come twice.
    ///
    /// An interface that was removed and made again is another interface to the kernel; the first socket on it makes a new group.
    pub(super) fn join(&self, socket: &Socket, index: i32) -> io::Result<()> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, id)) = *made
            && of == index
        {
            socket.set(libc::SOL_PACKET, PACKET_FANOUT, &(u32::from(id) | BY_PROGRAM << 16))?;
        } else {
            socket.set(libc::SOL_PACKET, PACKET_FANOUT, &((BY_PROGRAM | UNIQUE_ID) << 16))?;
            let mut arguments = 0u32;
            socket.get(libc::SOL_PACKET, PACKET_FANOUT, &mut arguments)?;
            *made = Some((index, arguments as u16));
        }
        // Once for the group, and harmless again.
        socket.program(libc::SOL_PACKET, PACKET_FANOUT_DATA, &flow_hash())
    }
}
