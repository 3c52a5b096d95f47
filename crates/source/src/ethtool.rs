//! What a network card is set to, as `ethtool` shows it.

use crate::ifreq::with_data;

const SIOCETHTOOL: libc::c_ulong = 0x8946;
const GET_RING: u32 = 0x10;
const GET_TSO: u32 = 0x1e;
const GET_GSO: u32 = 0x23;
const GET_FLAGS: u32 = 0x25;
const GET_GRO: u32 = 0x2b;
const GET_CHANNELS: u32 = 0x3c;
/// `ETH_FLAG_LRO` of the flags.
const FLAG_LRO: u32 = 1 << 15;

/// What a card or the kernel puts together or takes apart, so that captured packets are not those of the wire. `None` where the
/// driver does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offloads {
    /// Received segments are merged by the kernel.
    pub gro: Option<bool>,
    /// Received segments are merged by the card.
    pub lro: Option<bool>,
    /// Sent segments are made by the card from large ones.
    pub tso: Option<bool>,
    /// Sent segments are made late from large ones.
    pub gso: Option<bool>,
}

/// A number that can be set, and the most that it can be set to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// What it is.
    pub now: u32,
    /// What it could be.
    pub most: u32,
}

fn value(interface: &str, command: u32) -> Option<u32> {
    let mut data = [command, 0];
    with_data(interface, SIOCETHTOOL, &mut data).ok()?;
    let [_, value] = data;
    Some(value)
}

/// The offloads of an interface.
#[must_use]
pub fn offloads(interface: &str) -> Offloads {
    let set = |command| value(interface, command).map(|value| value != 0);
    Offloads {
        gro: set(GET_GRO),
        lro: value(interface, GET_FLAGS).map(|flags| flags & FLAG_LRO != 0),
        tso: set(GET_TSO),
        gso: set(GET_GSO),
    }
}

/// Packets that the receive ring of the card holds.
#[must_use]
pub fn receive_ring(interface: &str) -> Option<Size> {
    // cmd, rx_max, rx_mini_max, rx_jumbo_max, tx_max, rx, rx_mini, rx_jumbo, tx
    let mut data = [GET_RING, 0, 0, 0, 0, 0, 0, 0, 0];
    with_data(interface, SIOCETHTOOL, &mut data).ok()?;
    let [_, most, _, _, _, now, ..] = data;
    (most > 0).then_some(Size { now, most })
}

/// Queues into which the card spreads received packets.
#[must_use]
pub fn receive_queues(interface: &str) -> Option<Size> {
    // cmd, max_rx, max_tx, max_other, max_combined, rx, tx, other, combined
    let mut data = [GET_CHANNELS, 0, 0, 0, 0, 0, 0, 0, 0];
    with_data(interface, SIOCETHTOOL, &mut data).ok()?;
    let [_, most_rx, _, _, most_combined, rx, _, _, combined] = data;
    let size = Size { now: rx.saturating_add(combined), most: most_rx.max(most_combined) };
    (size.now > 0).then_some(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_that_is_not_there_says_nothing() {
        assert_eq!(offloads("no-such-if"), Offloads::default());
        assert_eq!((receive_ring("no-such-if"), receive_queues("")), (None, None));
    }

    #[test]
    fn loopback_has_offloads_and_no_ring() {
        if !crate::interfaces().iter().any(|name| name == "lo") {
            eprintln!("skipped: this machine has no lo");
            return;
        }
        assert!(offloads("lo").gro.is_some());
        assert_eq!(receive_ring("lo"), None);
    }
}
