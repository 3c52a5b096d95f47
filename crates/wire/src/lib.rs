//! Bytes to headers: link layers, tunnels, IP and transport.
//!
//! Two levels. The *views* (one file per header: [`Ipv4`], [`Tcp`], [`Vxlan`] …) borrow the bytes of one header: the constructor
//! `parse` is the only check, every accessor after it is total. The *decoder* ([`decode`]) strings the views together: it peels every link
//! layer and tunnel off one captured frame and gives one flat [`Decoded`], which says what was understood and, where it stops, why.
//!
//! Nothing here allocates (except [`build`], which makes frames for tests), and no input makes it panic. A snap length may have cut the end
//! of a frame: that is not an error of the sender, so a payload shorter than its header claims is given as far as it was captured, and
//! [`Decoded::missing`] counts the rest.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

#[macro_use]
mod read;

mod ah;
mod arp;
pub mod build;
mod cisco;
mod decode;
mod decoded;
mod erspan;
mod esp;
pub mod ether;
mod ethernet;
mod frame_relay;
mod geneve;
mod gre;
mod gtpu;
mod icmp;
mod ieee80211;
mod ipv4;
mod ipv6;
mod layer;
mod link;
mod llc;
mod malformed;
mod mpls;
mod nflog;
mod nsh;
mod null_loop;
mod ppp;
mod pppoe;
pub mod proto;
mod radiotap;
mod sctp;
mod sll;
mod tcp;
mod udp;
mod vlan;
mod vxlan;

pub use ah::Ah;
pub use arp::Arp;
pub use cisco::{Cmd, Vntag};
pub use decode::{MAX_STEPS, decode, decode_ip};
pub use decoded::{
    Decoded, Ether, Fragment, Ip, IpPair, MAX_LABELS, MAX_OUTER, MAX_VLANS, MacPair, Net, Stack, Stop,
    Transport, VlanTag,
};
pub use erspan::Erspan;
pub use esp::Esp;
pub use ethernet::{Ethernet, Mac};
pub use frame_relay::FrameRelay;
pub use geneve::Geneve;
pub use gre::Gre;
pub use gtpu::Gtpu;
pub use icmp::Icmp;
pub use ieee80211::Ieee80211;
pub use ipv4::Ipv4;
pub use ipv6::{Ipv6, ext as ipv6_ext};
pub use layer::{Layer, Layers};
pub use link::LinkType;
pub use llc::{Llc, Snap};
pub use malformed::Malformed;
pub use mpls::MplsLabel;
pub use nflog::Nflog;
pub use nsh::Nsh;
pub use null_loop::NullLoop;
pub use ppp::Ppp;
pub use pppoe::Pppoe;
pub use radiotap::Radiotap;
pub use sctp::{Sctp, SctpChunk, SctpChunks};
pub use sll::{Sll, Sll2};
pub use tcp::{Tcp, TcpFlags, TcpOption, TcpOptions};
pub use udp::Udp;
pub use vlan::Vlan;
pub use vxlan::Vxlan;
