//! One folder per protocol: fields, parser, captures, goldens.
//!
//! A protocol is one folder and one word in [`protocols!`] below. Its fields are searchable, completed, mapped,
//! shown and documented from their declaration; its parser is a step function over [`Conversation`], which owns
//! buffering, gaps and caps. Two properties are tested for every parser for free: input split anywhere gives the
//! same document, and no bytes make it panic or grow without bound.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

mod address;
mod ber;
mod body;
mod bytes;
pub mod cert;
mod conversation;
mod detect;
mod gather;
mod magic;
mod messages;
pub mod ntlm;
mod options;
mod parser;
pub mod signatures;
mod statements;
#[cfg(test)]
mod testing;
mod text;

pub use conversation::{Conversation, MAX_PENDING, Surroundings};
pub use detect::{Detect, Detector, Transport};
pub use magic::kind as kind_of;
pub use options::Options;
pub use parser::{Context, Dir, Endpoint, Parser, Protocol, Step};

/// Expands to `pub mod dns; …` and [`ALL`]. The order is the order of detection.
macro_rules! protocols { ($($name:ident)*) => {
    $(pub mod $name;)*
    /// Every protocol, in the order of detection.
    pub static ALL: &[&Protocol] = &[$(&$name::PROTOCOL),*];
} }

protocols! {
    http
    websocket
    smtp
    ssh
    ftp
    mysql
    postgresql
    dns
    tls
    dtls
    quic
    fbzero
    dhcp
    dhcpv6
    nbns
    icmp
    arp
    socks
    ldap
    openvpn
    opcua
    snmp
    ntp
    tftp
    ptp
    pana
    isis
    esis
    ospf
    bgp
    stun
    radius
    irc
    modbus
    dnp3
    s7comm
    mqtt
    bacnet
    c1222
    synchrophasor
    enip
    dcerpc
    diameter
    krb5
    isakmp
    rdp
    oracle
    tds
    sip
    adb
    m3ua
    http2
    smb
    imap
}

/// The fields of every protocol, one group each.
pub fn field_groups() -> impl Iterator<Item = &'static [&'static fields::Def]> {
    ALL.iter()
        .map(|protocol| protocol.fields)
        .chain([cert::FIELDS, ntlm::fields::FIELDS])
        .chain(m3ua::CARRIED)
}
