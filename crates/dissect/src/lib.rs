//! One packet as a tree of fields with byte ranges, named as in Wireshark.
//!
//! [`dissect`] takes one captured frame and gives a [`Tree`]: a root for each layer, below it the fields with their place in the
//! frame, the value for people, the field of the search language that finds it, and notes where something is wrong. It is for the eye,
//! one packet at a time; the pipeline's `wire` and `protocols` stay small and fast without it.
//!
//! Packet data is hostile: nothing here indexes, a packet's tree is bounded (nodes, text, depth, layers) and says when it was cut.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

mod app;
mod checksum;
mod net;
mod pen;
mod search;
mod show;
mod tree;

pub use tree::{Node, Note, Severity, Source, Tree};

use pen::Pen;
use wire::LinkType;

/// One captured frame.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// What its first bytes are.
    pub link: LinkType,
    /// The captured bytes.
    pub bytes: &'a [u8],
    /// Bytes that were on the wire; more than were captured where a snap length cut it.
    pub original: usize,
}

/// Takes a frame apart.
pub fn dissect(frame: &Frame<'_>) -> Tree {
    let mut pen = Pen::new(frame.bytes);
    let captured = frame.bytes.len();
    pen.group("frame", "Frame", |p| {
        p.value(format!("{} bytes on wire, {captured} bytes captured", frame.original));
        p.add("frame.len", "Frame Length", (0, 0), frame.original.to_string());
        p.add("frame.cap_len", "Capture Length", (0, 0), captured.to_string());
        if captured < frame.original {
            p.note(Severity::Note, "the capture's snap length cut this frame");
        }
        p.add("frame.encap_type", "Encapsulation type", (0, 0), frame.link.to_string());
        Some(())
    });
    pen.facts.missing = frame.original.saturating_sub(captured);
    net::link(&mut pen, frame.link);
    if pen.left() > 0 {
        pen.data();
    }
    pen.finish()
}
