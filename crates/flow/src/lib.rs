//! Flows: keys, the table that holds them, IP defragmentation, TCP reassembly and analysis.
//!
//! Nothing here knows an application protocol or a document. [`FlowTable`] is generic over what a flow carries,
//! [`TcpStream`] and [`Defragmenter`] return bytes, [`TcpAnalysis`] returns what a segment means. Every buffer has a cap, and what goes
//! beyond a cap is counted where it happens.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

mod analysis;
mod defrag;
mod key;
mod seq;
mod stream;
mod table;

pub use analysis::{Finding, Handshake, Measures as TcpMeasures, Segment, TcpAnalysis};
pub use defrag::{
    Counts as DefragCounts, Defragmenter, Limits as DefragLimits, Outcome as Defragmented, Part,
};
pub use key::{FlowHasher, FlowKey, Scope, Side};
pub use seq::Seq;
pub use stream::{Event, Limits as StreamLimits, TcpStream};
pub use table::{FlowId, FlowTable};
