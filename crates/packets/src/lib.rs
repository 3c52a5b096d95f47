//! Packet files: writing, fetching by position, filtering, export.
//!
//! A live capture writes its packets through a [`Writer`], plain, compressed or encrypted; sessions remember where each packet went
//! ([`session::Positions`]). [`fetch`] and [`Export`] get them back: positions of many sessions become few large reads,
//! in order of time; [`Sweep`] gives them out as they lie. [`Estimator`] says beforehand what an export will be and what of it is gone;
//! [`ConversationBuilder`] turns packets into what both sides said; [`bpf`] filters them as tcpdump does. [`Scrubber`] takes them out for good. Packets that
//! cannot be had are never an error of the whole: they are counted by file, with the reason ([`Loss`]).
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

pub mod arkime;
mod body;
pub mod bpf;
mod capture;
mod conversation;
mod decrypt;
mod estimate;
mod export;
mod files;
mod merge;
mod records;
pub mod retention;
mod scan;
mod scrub;
mod sweep;
mod wanted;
mod window;
mod writer;

pub use capture::Capture;
pub use conversation::{Conversation, ConversationBuilder, Turn};
pub use decrypt::{Unpacked, decrypt};
pub use estimate::{Estimate, Estimator};
pub use export::{Export, Form, LinkTypes, Options, Report, fetch};
pub use files::{Access, FileSource, Files, Gone, Loss, Remote};
pub use merge::{Merge, Packet};
pub use records::Records;
pub use scan::{Scan, State, repair, scan};
pub use scrub::{Scrubbed, Scrubber};
pub use sweep::{Placed, Run, Stretches, Sweep, SweepReader};
pub use wanted::Wanted;
pub use writer::{
    Direct, Disk, DiskFile, FileFacts, FileFormat, Folders, Lost, Native, Placement, Position, Register,
    WriteError, Writer, WriterOptions, WriterStatus,
};

/// Keys of encrypted files, and where the bytes of files are.
pub use blocks::{Key, KeyError, KeyId, Keyring, Storage};
/// Who speaks in a conversation.
pub use flow::Side;
/// Unit of the times of a pcap.
pub use pcap::Precision;
