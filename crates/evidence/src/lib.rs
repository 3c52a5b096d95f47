//! Packets that prove something, kept for long: pcap files of five minutes each, with an index beside them.
//!
//! Files, names and answers are those of Liuying's evidence retention: `<folder>/<devid>/YYYYMMDDhhmm.pcap` in local time, `.temp` while
//! the slot is open. *Here is a packet, keep it*: [`Recorder`]. *Here is a microsecond, give me its packets*: [`Archive`]. *Here is such a
//! packet, what does the evidence API say of it*: [`Description`]. Old files go by [`expire`].
//!
//! Several processes may write to one device's folder: what changes files is done under a lock of the folder, one batch at a time.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

mod archive;
mod body;
mod folder;
mod index;
mod protocols;
mod recorder;
mod retention;
mod slot;
mod slot_file;
mod store;

pub use archive::{Archive, Found, LookUpError, Record};
pub use body::{Description, body, capture, description};
pub use protocols::protocol_name;
pub use recorder::{Kept, Offer, Recorder, RecorderOptions, RecorderStatus};
pub use retention::{Expired, Limits, expire, would_expire};
pub use slot::{SLOT_SECONDS, Slot};

/// Number of a device (a probe); it names the folder of its files.
pub type DeviceId = u32;
