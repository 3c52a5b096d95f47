//! Where packets come from: files, stdin, folders, AF_PACKET, AF_XDP, libpcap, other machines.
//!
//! Everything is a [`PacketSource`]: *here is a source, give me the next packets*. [`FileSource`] reads one capture, mapped where it is a
//! plain file and as a stream where it is compressed or a pipe; [`walk`] finds the captures of a folder and [`Watch`] those that appear
//! in it; [`open`] takes a [`Spec`] and gives a live source for each worker. Every source counts what it gave and what was lost before it.
//!
//! This is the only crate with `unsafe`: mapping files and sharing a ring with the kernel cannot be said otherwise. Each use says why it
//! is sound.
#![allow(unsafe_code)]
#![warn(clippy::undocumented_unsafe_blocks)]

#[cfg(target_os = "linux")]
mod af_packet;
#[cfg(target_os = "linux")]
mod af_xdp;
#[cfg(target_os = "linux")]
mod clock;
mod error;
#[cfg(target_os = "linux")]
pub mod ethtool;
mod file;
mod filter;
#[cfg(target_os = "linux")]
mod ifreq;
mod input;
#[cfg(target_os = "linux")]
mod interfaces;
#[cfg(target_os = "linux")]
mod libpcap;
mod mapping;
#[cfg(target_os = "linux")]
mod network;
mod notes;
#[cfg(target_os = "linux")]
mod open;
mod packet;
#[cfg(target_os = "linux")]
pub mod privileges;
mod stop;
#[cfg(target_os = "linux")]
mod transmit;
mod walk;
mod watch;

#[cfg(target_os = "linux")]
pub use af_packet::{AfPacket, Config as AfPacketConfig};
/// Keys of encrypted captures.
pub use blocks::{KeyId, Keyring};
#[cfg(target_os = "linux")]
pub use clock::{Clock, clock};
pub use error::Error;
pub use file::FileSource;
pub use filter::{Filter, Instruction};
pub use input::Storage;
#[cfg(target_os = "linux")]
pub use interfaces::{Interface, default_interface, interface, interfaces};
pub use mapping::Mapping;
#[cfg(target_os = "linux")]
pub use open::{Mechanism, Opened, Spec, XdpMode, open};
pub use packet::{Packet, PacketSource, Progress, Statistics, Status};
pub use stop::Stop;
#[cfg(target_os = "linux")]
pub use transmit::{TRANSMIT_BATCH, Transmit};
pub use walk::{Ignored, Walk, walk};
pub use watch::{Watch, matches_pattern};
