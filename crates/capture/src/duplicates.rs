//! Copies of packets: a mirror of both sides of a switch shows each packet twice.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What is done with copies of packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DuplicateAction {
    /// They are not looked for.
    #[default]
    Off,
    /// They are counted and otherwise treated like any packet.
    Count,
    /// They are counted and left out: neither in a session nor written.
    Drop,
}

/// How copies of packets are recognised.
///
/// Two IP packets are copies when all their bytes from the IP header on are equal, TTL, checksum and DSCP of that header left aside, and the
/// second comes within the window. MAC addresses and VLAN tags may differ. A sender that retransmits gives the packet another identification;
/// where there is none (IPv6, identification 0) only copies within [`DuplicateOptions::window_without_id`] count. Each line looks
/// for itself: copies that come in over two interfaces are two packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DuplicateOptions {
    /// What is done with them.
    pub action: DuplicateAction,
    /// Packets among which a copy is looked for, each worker; rounded up to a power of two. Costs 16 bytes each.
    pub packets: usize,
    /// Time within which a copy comes.
    pub window: Duration,
    /// The same for packets that carry no identification.
    pub window_without_id: Duration,
}

impl Default for DuplicateOptions {
    fn default() -> Self {
        Self {
            action: DuplicateAction::Off,
            packets: 32_768,
            window: Duration::from_millis(100),
            window_without_id: Duration::from_micros(200),
        }
    }
}
