//! The session document, packet positions and the core fields.
//!
//! A [`SessionDoc`] is typed slots, not JSON; [`json`] makes Arkime's document shape of it at the edge, and [`Reader`] reads that shape.

pub mod core;
mod doc;
pub mod evidence;
mod id;
pub mod json;
pub mod perf;
mod positions;
mod read;
mod transaction;

pub use doc::{MAX_TEXT, MAX_VALUES, Object, SessionDoc};
pub use id::{BadId, SessionId};
pub use positions::Positions;
pub use read::{Read, Reader};
pub use transaction::{MAX_TRANSACTIONS, Transaction, TransactionKind};
