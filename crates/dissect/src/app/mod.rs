//! Application protocols, packet by packet: chosen by port, and by the bytes where they are distinctive.
//!
//! A packet of a stream may start anywhere in a message: what does not look like the start of one stays data.

mod ber;
mod bgp;
mod database;
mod dhcp;
mod dhcpv6;
mod dns;
mod http;
mod ike;
mod industrial;
mod lines;
mod ntp;
mod quic;
mod radius;
mod rpc;
mod ssh;
mod tls;
mod tls_names;
mod voice;

pub(crate) use ike::ike;

use crate::pen::Pen;

/// Both ports, the lower first: services have it.
fn ports(p: &Pen<'_>) -> [u16; 2] {
    let (a, b) = p.facts.ports;
    [a.min(b), a.max(b)]
}

/// What a TCP segment carries.
pub(crate) fn tcp(p: &mut Pen<'_>) {
    let [low, high] = ports(p);
    if tls::looks(p.rest()) {
        tls::tls(p);
    } else if http::looks(p.rest()) {
        http::http(p);
    } else if voice::looks_sip(p.rest()) {
        voice::sip(p);
    } else if ssh::looks(p.rest(), low) {
        ssh::ssh(p);
    } else {
        let known = by_tcp_port(p, low) || by_tcp_port(p, high);
        if !known {
            segment_data(p);
        }
    }
    if p.left() > 0 {
        segment_data(p);
    }
}

fn segment_data(p: &mut Pen<'_>) {
    let left = p.left();
    p.layer("tcp.payload", "TCP payload", |p| {
        p.value(format!("{left} bytes"));
        p.raw(left, "data.data", "Data").map(|_| ())
    });
}

fn by_tcp_port(p: &mut Pen<'_>, port: u16) -> bool {
    match port {
        53 | 5353 => dns::over_tcp(p),
        25 | 465 | 587 | 2525 => return lines::smtp(p),
        21 => return lines::ftp(p),
        110 => return lines::pop(p),
        143 => return lines::imap(p),
        119 => return lines::plain(p, "nntp", "Network News Transfer Protocol"),
        6660..=6669 => return lines::plain(p, "irc", "Internet Relay Chat"),
        23 => return lines::telnet(p),
        554 => return voice::rtsp(p),
        179 => return bgp::bgp(p),
        389 | 3268 => return ber::ldap(p),
        445 | 139 => return rpc::smb(p),
        102 => return industrial::tpkt(p),
        502 => return industrial::modbus(p),
        1883 => return industrial::mqtt(p),
        3306 => return database::mysql(p),
        5432 => return database::postgresql(p),
        6379 => return database::redis(p),
        11211 => return lines::plain(p, "memcache", "Memcache Protocol"),
        88 => return ber::kerberos(p, true),
        3389 => return industrial::tpkt(p),
        514 | 601 => return lines::syslog(p),
        20000 => return industrial::dnp3(p),
        _ => return false,
    }
    true
}

/// What a UDP datagram carries.
pub(crate) fn udp(p: &mut Pen<'_>) {
    let [low, high] = ports(p);
    let known = by_udp_port(p, low) || by_udp_port(p, high);
    if !known {
        if voice::looks_stun(p.rest()) {
            voice::stun(p);
        } else if quic::looks(p.rest()) {
            quic::quic(p);
        } else if tls::looks_dtls(p.rest()) {
            tls::dtls(p);
        } else if voice::looks_sip(p.rest()) {
            voice::sip(p);
        } else if low >= 1024 && voice::looks_rtp(p.rest()) {
            voice::rtp(p);
        }
    }
    if p.left() > 0 {
        p.data();
    }
}

fn by_udp_port(p: &mut Pen<'_>, port: u16) -> bool {
    match port {
        53 => dns::dns(p, dns::Flavour::Dns),
        5353 => dns::dns(p, dns::Flavour::Mdns),
        5355 => dns::dns(p, dns::Flavour::Llmnr),
        137 => dns::dns(p, dns::Flavour::Nbns),
        138 => rpc::netbios_datagram(p),
        67 | 68 => dhcp::dhcp(p),
        546 | 547 => dhcpv6::dhcpv6(p),
        123 => ntp::ntp(p),
        161 | 162 => return ber::snmp(p),
        389 => return ber::ldap(p),
        88 => return ber::kerberos(p, false),
        500 => ike(p),
        1812 | 1813 | 1645 | 1646 | 3799 => radius::radius(p),
        69 => return rpc::tftp(p),
        514 => return lines::syslog(p),
        1900 => return lines::ssdp(p),
        5060 => return lines_or(p, voice::looks_sip, voice::sip),
        3478 | 5349 => return lines_or(p, voice::looks_stun, voice::stun),
        443 | 80 | 8443 => return lines_or(p, quic::looks, quic::quic),
        520 => rpc::rip(p),
        _ => return false,
    }
    true
}

fn lines_or(p: &mut Pen<'_>, looks: fn(&[u8]) -> bool, part: fn(&mut Pen<'_>)) -> bool {
    let fits = looks(p.rest());
    if fits {
        part(p);
    }
    fits
}

/// What an SCTP DATA chunk carries.
pub(crate) fn sctp(p: &mut Pen<'_>) {
    if tls::looks_dtls(p.rest()) {
        return tls::dtls(p);
    }
    if http::looks(p.rest()) {
        return http::http(p);
    }
    p.data();
}
