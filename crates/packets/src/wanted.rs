//! What has to be known of a session to get its packets.

use session::{Positions, SessionDoc, SessionId, core};

/// A session whose packets are wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// Its id.
    pub id: SessionId,
    /// Node that captured it: file numbers count within a node.
    pub node: String,
    /// Where its packets lie.
    pub positions: Positions,
    /// First packet, milliseconds since 1970.
    pub start_ms: i64,
    /// Bytes of its frames.
    pub bytes: u64,
    /// Packets of it that are in no file: a rule kept them out, or they could not be written.
    pub not_kept: u64,
}

impl Wanted {
    /// Takes what is needed out of a document (one with positions).
    pub fn of(doc: &SessionDoc) -> Self {
        let number = |value: Option<i64>| value.and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
        Self {
            id: doc.id,
            node: doc.text(&core::NODE).unwrap_or_default().to_owned(),
            positions: doc.positions.clone(),
            start_ms: doc.int(&core::START_TIME).unwrap_or(0),
            bytes: number(doc.int(&core::BYTES)),
            not_kept: number(doc.int(&core::NOT_KEPT_PACKETS)),
        }
    }
}
