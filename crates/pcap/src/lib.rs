//! pcap and pcapng records: byte-exact reader and writer. No files, no policy.
//!
//! *Here is a capture in memory, give me its packets*: [`Slice`], zero copy. *Here is a stream*: [`Stream`], one packet at a time out of
//! its own bounded buffer. *Here is a position that a session remembered, give me the packet*: [`Format`] holds what the file headers
//! said (byte order, resolution, interfaces) and decodes a record at any offset. *Here are packets, make a capture*: [`PcapWriter`] and
//! [`NgWriter`].
//!
//! Read are pcap with microseconds and nanoseconds in both byte orders and the "modified" variant of old Linux distributions, and pcapng
//! with any number of sections, interfaces and link types, resolutions and time offsets. Damaged input gives every record before the
//! damage and then one [`Error`] that names the byte.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

mod bytes;
mod classic;
mod error;
mod format;
mod ng;
mod ng_writer;
mod record;
mod resolution;
mod slice;
mod stream;
mod writer;

pub use bytes::Order;
pub use classic::Pcap;
pub use error::{Damage, Error};
pub use format::{Format, Kind, MAX_HEADER, recognise};
pub use ng::{Interface, MAX_INTERFACES, MAX_SECTIONS, PcapNg, Section};
pub use ng_writer::NgWriter;
pub use record::{MAX_RECORD, Record, RecordHeader};
pub use resolution::Resolution;
pub use slice::{Cursor, Slice};
pub use stream::Stream;
pub use writer::{PcapWriter, Precision};
