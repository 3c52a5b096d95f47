//! What goes wrong in the field, done to the real binary: disks full and slow, an index that takes nothing, ends without warning, clocks
//! that jump, interfaces that come and go, bursts. Afterwards every file is whole, what was sent is what was kept and what was counted as
//! lost, and work went on without a hand. Needs root; says that it skips otherwise.

mod burst;
mod clock;
mod crash;
mod disk;
mod link;
mod recovery;
mod service;
#[path = "../support/mod.rs"]
mod support;

use support::Home;
use support::frames::assert_part;
use support::sensor::Told;

/// Sent is kept plus counted, at every stage; nothing was made up; every file can be read to its end.
fn assert_accounted(home: &Home, sent: &[Vec<u8>], told: Told) -> Vec<Vec<u8>> {
    assert_eq!(told.packets + told.dropped, sent.len() as u64, "sent = taken + dropped: {told:?}");
    let kept = home.kept();
    assert_eq!(kept.len() as u64 + told.unwritten, told.packets, "taken = kept + not written: {told:?}");
    assert_part(sent, &kept);
    home.files_are_whole();
    kept
}

/// Whole TCP conversations, one after the other.
fn conversations(first: usize, count: usize) -> Vec<Vec<u8>> {
    let frames = (first..first + count).flat_map(support::frames::conversation);
    frames.map(|(out, packet)| support::frames::ethernet(out, &[], 0x0800, &packet)).collect()
}
