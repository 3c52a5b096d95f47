//! Sessions as flows for collectors: NetFlow v9 (RFC 3954) and IPFIX (RFC 7011), over UDP.
//!
//! A session is two flows, one for each direction that has packets. What rules recognised stands in Liuying's elements, in the flow of the side
//! that sent it: its collector makes alerts and assets of them, others skip elements that they do not know. *Here is a session, tell the
//! collectors*: [`Exporter`].
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

mod elements;
mod exporter;
mod flow;
mod message;

pub use exporter::{Exporter, Status};
pub use flow::{Fingerprint, Flow, Threat};
pub use message::{Encoder, Version};
