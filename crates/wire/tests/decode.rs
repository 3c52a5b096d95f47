//! Build → decode → the same again, for every link type and tunnel; and no bytes make the decoder panic.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use wire::build::{ByteOrder, Frame, IpFields, TcpFields, checksum, sctp_data};
use wire::{
    Decoded, IpPair, Layer, Layers, LinkType, MAX_OUTER, MAX_VLANS, MacPair, Malformed, Net, TcpFlags,
    TcpOption, Transport, VlanTag, decode, decode_ip, ether, proto,
};

const A: [u8; 4] = [10, 0, 0, 1];
const B: [u8; 4] = [10, 0, 0, 2];
const C: [u8; 4] = [172, 16, 0, 1];
const D: [u8; 4] = [172, 16, 0, 2];
const MAC_A: [u8; 6] = [2, 0, 0, 0, 0, 0xa];
const MAC_B: [u8; 6] = [2, 0, 0, 0, 0, 0xb];
const MAC_C: [u8; 6] = [2, 0, 0, 0, 0, 0xc];
const MAC_D: [u8; 6] = [2, 0, 0, 0, 0, 0xd];
const V6_A: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
const V6_B: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2);

/// The innermost packet of most tests.
fn inner() -> Frame {
    Frame::payload(b"hello").udp(1000, 2000).ipv4(A, B)
}

#[track_caller]
fn assert_inner(d: &Decoded<'_>) {
    assert_eq!(d.stop, None);
    let ip = d.ip().expect("an IP header");
    assert_eq!((ip.src, ip.dst, ip.protocol), (IpAddr::from(A), IpAddr::from(B), proto::UDP));
    assert_eq!((ip.ttl, ip.len), (64, 13));
    assert_eq!(d.transport.ports(), Some((1000, 2000)));
    assert_eq!(d.payload, b"hello");
    assert_eq!(d.missing, 0);
}

fn pair(src: [u8; 4], dst: [u8; 4], protocol: u8) -> IpPair {
    IpPair { src: src.into(), dst: dst.into(), protocol }
}

#[test]
fn plain_ethernet() {
    let bytes = inner().ethernet(MAC_A, MAC_B).bytes();
    assert_eq!(bytes.len(), 60, "padded");
    let d = decode(LinkType::ETHERNET, &bytes);
    assert_inner(&d);
    assert_eq!(d.ethertype, ether::IPV4);
    let e = d.ether.unwrap();
    assert_eq!((e.macs, e.ethertype), (MacPair { src: MAC_A, dst: MAC_B }, ether::IPV4));
    assert_eq!(d.payload_at, 42);
    assert!(d.outer_ips.is_empty() && d.outer_macs.is_empty() && d.vlans.is_empty());
    assert!(d.layers.and(Layers::TUNNELS).is_empty());
    assert!(!d.layers.has(Layer::Link));
}

#[test]
fn every_link_type_reaches_the_same_packet() {
    let frames = [
        (LinkType::ETHERNET, inner().ethernet(MAC_A, MAC_B)),
        (LinkType::RAW, inner()),
        (LinkType::RAW_BSDOS, inner()),
        (LinkType::RAW_OPENBSD, inner()),
        (LinkType::IPV4, inner()),
        (LinkType::NULL, inner().loopback(ByteOrder::Little)),
        (LinkType::NULL, inner().loopback(ByteOrder::Network)),
        (LinkType::LOOP, inner().loopback(ByteOrder::Network)),
        (LinkType::SLL, inner().sll(MAC_A)),
        (LinkType::SLL2, inner().sll2(MAC_A, 3)),
        (LinkType::PPP, inner().ppp()),
        (LinkType::PPP, inner().ppp_hdlc()),
        (LinkType::PPP_HDLC, inner().ppp_hdlc()),
        (LinkType::PPP_ETHER, inner().pppoe(5)),
        (LinkType::MPLS, inner().mpls(5)),
        (LinkType::IEEE802_11, inner().ieee80211(MAC_A, MAC_B)),
        (LinkType::RADIOTAP, inner().ieee80211(MAC_A, MAC_B).radiotap()),
        (LinkType::FRAME_RELAY, inner().frame_relay(100)),
        (LinkType::NFLOG, inner().nflog()),
    ];
    for (link, frame) in frames {
        let bytes = frame.bytes();
        let d = decode(link, &bytes);
        assert_inner(&d);
        assert_eq!(
            d.ethertype == ether::IPV4,
            !matches!(link, LinkType::PPP_ETHER | LinkType::MPLS),
            "{link}"
        );
        // Whatever the link, cutting the frame anywhere is no panic and says where it stopped or what is missing.
        for cut in 0..bytes.len() {
            let d = decode(link, &bytes[..cut]);
            assert!(d.stop.is_some() || d.missing > 0 || d.payload == b"hello", "{link} cut at {cut}: {d:?}");
        }
    }
    let cooked = inner().sll2(MAC_A, 3).bytes();
    assert_eq!(decode(LinkType::SLL2, &cooked).cooked_src, Some(MAC_A));
    let wifi = inner().ieee80211(MAC_A, MAC_B).bytes();
    assert_eq!(decode(LinkType::IEEE802_11, &wifi).ether.unwrap().macs, MacPair { src: MAC_A, dst: MAC_B });
}

#[test]
fn ipv6_over_every_link_type_that_names_the_family() {
    let v6 = || Frame::payload(b"six").udp(1, 2).ipv6(V6_A, V6_B);
    let frames = [
        (LinkType::IPV6, v6()),
        (LinkType::RAW, v6()),
        (LinkType::NULL, v6().loopback(ByteOrder::Little)),
        (LinkType::NFLOG, v6().nflog()),
        (LinkType::PPP, v6().ppp()),
        (LinkType::SLL, v6().sll(MAC_A)),
    ];
    for (link, frame) in frames {
        let bytes = frame.bytes();
        let d = decode(link, &bytes);
        assert_eq!((d.stop, d.payload), (None, &b"six"[..]), "{link}");
        assert_eq!(d.ip().unwrap().src, IpAddr::V6(V6_A));
    }
}

#[test]
fn unknown_link_type() {
    let d = decode(LinkType(147), b"whatever");
    let stop = d.stop.unwrap();
    assert_eq!((stop.layer, stop.offset, stop.why), (Layer::Link, 0, Malformed::UnknownLink(147)));
    assert_eq!(d.net, Net::None);
    assert_eq!(d.payload, b"whatever");
}

#[test]
fn vlan_stack_mpls_pppoe() {
    let bytes = inner().vlan(30).tag(ether::DOT1AD, 1525).ethernet(MAC_A, MAC_B).bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    assert_inner(&d);
    assert_eq!(*d.vlans, [VlanTag { tpid: ether::DOT1AD, id: 1525 }, VlanTag { tpid: ether::DOT1Q, id: 30 }]);
    assert_eq!((d.ethertype, d.ether.unwrap().ethertype), (ether::IPV4, ether::IPV4));

    let bytes = inner().mpls(29).mpls(17).ethernet(MAC_A, MAC_B).bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    assert_inner(&d);
    assert_eq!(*d.labels, [17, 29]);
    assert_eq!(d.ethertype, ether::MPLS);
    assert!(d.layers.has(Layer::Mpls));

    let bytes = inner().pppoe(0x1234).ethernet(MAC_A, MAC_B).bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    assert_inner(&d);
    assert_eq!((d.pppoe, d.ethertype), (Some(0x1234), ether::PPPOE_SESSION));

    // An Ethernet pseudowire: a label, a control word, a whole frame.
    let mut pseudowire = vec![0, 0, 0, 0];
    pseudowire.extend(inner().ethernet(MAC_C, MAC_D).bytes());
    let bytes = Frame::payload(&pseudowire).mpls(3).ethernet(MAC_A, MAC_B).bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    assert_inner(&d);
    assert_eq!(*d.outer_macs, [MacPair { src: MAC_A, dst: MAC_B }]);
}

#[test]
fn tags_beyond_the_limit_are_counted() {
    let mut frame = inner();
    for id in 0..6 {
        frame = frame.vlan(id);
    }
    let bytes = frame.ethernet(MAC_A, MAC_B).bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    assert_inner(&d);
    assert_eq!((d.vlans.len(), d.vlans.lost()), (MAX_VLANS, 2));
}

#[test]
fn ip_in_ip_and_6in4() {
    let bytes = inner().ipv4(C, D).ethernet(MAC_A, MAC_B).bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    assert_inner(&d);
    assert_eq!(*d.outer_ips, [pair(C, D, proto::IPV4)]);
    assert!(d.layers.has(Layer::IpInIp) && d.layers.and(Layers::TUNNELS).is_empty());

    let bytes = Frame::payload(b"x").udp(1, 2).ipv6(V6_A, V6_B).ipv4(C, D).ethernet(MAC_A, MAC_B).bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    assert_eq!(d.ip().unwrap().src, IpAddr::V6(V6_A));
    assert_eq!(*d.outer_ips, [pair(C, D, proto::IPV6)]);
}

#[test]
fn gre_and_erspan() {
    for key in [None, Some(7)] {
        let bytes = inner().gre(key).ipv4(C, D).ethernet(MAC_A, MAC_B).bytes();
        let d = decode(LinkType::ETHERNET, &bytes);
        assert_inner(&d);
        assert_eq!(*d.outer_ips, [pair(C, D, proto::GRE)]);
        assert!(d.layers.has(Layer::Gre) && d.outer_macs.is_empty());
    }
    let bridged = inner().ethernet(MAC_C, MAC_D).gre(None).ipv4(C, D).ethernet(MAC_A, MAC_B).bytes();
    let d = decode(LinkType::ETHERNET, &bridged);
    assert_inner(&d);
    assert_eq!(d.ether.unwrap().macs, MacPair { src: MAC_C, dst: MAC_D });
    assert_eq!(*d.outer_macs, [MacPair { src: MAC_A, dst: MAC_B }]);

    for (kind, session) in [(1, None), (2, Some(100)), (3, Some(100))] {
        let bytes =
            inner().ethernet(MAC_C, MAC_D).erspan(kind, 100).ipv4(C, D).ethernet(MAC_A, MAC_B).bytes();
        let d = decode(LinkType::ETHERNET, &bytes);
        assert_inner(&d);
        assert_eq!(d.erspan, session, "type {kind}");
        assert!(d.layers.has(Layer::Erspan));
    }
    // A keep-alive or unknown payload stays a GRE session of the tunnel ends.
    let bytes = Frame::payload(b"??").gre(None).ipv4(C, D).ethernet(MAC_A, MAC_B).bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    assert!(matches!(d.transport, Transport::Other(proto::GRE)));
    assert_eq!(d.ip().unwrap().src, IpAddr::from(C));
    assert!(d.outer_ips.is_empty() && d.stop.is_none());
}

#[test]
fn vxlan_geneve_gtp_nsh_etherip() {
    for port in [4789, 8472] {
        let bytes = inner()
            .vlan(9)
            .ethernet(MAC_C, MAC_D)
            .vxlan(123, port)
            .ipv4(C, D)
            .vlan(4)
            .ethernet(MAC_A, MAC_B)
            .bytes();
        let d = decode(LinkType::ETHERNET, &bytes);
        assert_inner(&d);
        assert_eq!(d.vni, Some(123));
        assert_eq!(*d.outer_ips, [pair(C, D, proto::UDP)]);
        assert_eq!(*d.outer_macs, [MacPair { src: MAC_A, dst: MAC_B }]);
        assert_eq!(d.vlans.iter().map(|v| v.id).collect::<Vec<_>>(), [4, 9]);
        assert_eq!(d.layers.and(Layers::TUNNELS).iter().map(Layer::name).collect::<Vec<_>>(), ["vxlan"]);
    }
    let bytes = inner().ethernet(MAC_C, MAC_D).geneve(10).ipv4(C, D).ethernet(MAC_A, MAC_B).bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    assert_inner(&d);
    assert_eq!(d.vni, Some(10));
    assert!(d.layers.has(Layer::Geneve));

    let bytes = inner().gtpu(0xabcd).ipv4(C, D).ethernet(MAC_A, MAC_B).bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    assert_inner(&d);
    assert_eq!(d.teid, Some(0xabcd));
    assert!(d.layers.has(Layer::Gtp) && d.outer_macs.is_empty());

    let bytes = inner().nsh(7).ethernet(MAC_A, MAC_B).bytes();
    assert_inner(&decode(LinkType::ETHERNET, &bytes));
    let bytes = inner().ethernet(MAC_C, MAC_D).etherip().ipv4(C, D).ethernet(MAC_A, MAC_B).bytes();
    assert_inner(&decode(LinkType::ETHERNET, &bytes));

    // ARP inside VXLAN: the outer addresses stay known.
    let arp = Frame::arp(1, (MAC_C, A.into()), ([0; 6], B.into()));
    let bytes = arp.ethernet(MAC_C, [0xff; 6]).vxlan(5, 4789).ipv4(C, D).ethernet(MAC_A, MAC_B).bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    assert_eq!(d.net, Net::Ether { ethertype: ether::ARP });
    assert_eq!(*d.outer_ips, [pair(C, D, proto::UDP)]);
    assert_eq!(d.ethertype, ether::IPV4);
}

#[test]
fn a_tunnel_port_with_other_bytes_is_plain_udp() {
    for port in [4789, 8472, 6081, 2152] {
        let bytes = Frame::payload(b"\0not a tunnel at all")
            .udp(1000, port)
            .ipv4(A, B)
            .ethernet(MAC_A, MAC_B)
            .bytes();
        let d = decode(LinkType::ETHERNET, &bytes);
        assert_eq!((d.stop, d.payload), (None, &b"\0not a tunnel at all"[..]), "{port}");
        assert!(d.layers.and(Layers::TUNNELS).is_empty());
    }
}

#[test]
fn ah_is_transparent_and_esp_is_opaque() {
    let bytes = Frame::payload(b"secret").esp(9, 1).ah(3, 4).ipv4(A, B).ethernet(MAC_A, MAC_B).bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    assert_eq!(d.ip().unwrap().protocol, proto::AH);
    let Transport::Esp(esp) = d.transport else { panic!("{d:?}") };
    assert_eq!((esp.spi(), esp.seq(), esp.payload()), (9, 1, &b"secret"[..]));
    let bytes = Frame::payload(b"x").udp(1, 2).ah(3, 4).ipv6(V6_A, V6_B).ethernet(MAC_A, MAC_B).bytes();
    assert_eq!(decode(LinkType::ETHERNET, &bytes).transport.ports(), Some((1, 2)));
}

#[test]
fn ipv6_extension_headers() {
    let bytes = Frame::payload(b"x")
        .udp(1, 2)
        .ipv6_options(60)
        .ipv6_options(43)
        .ipv6_options(0)
        .ipv6(V6_A, V6_B)
        .ethernet(MAC_A, MAC_B)
        .bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    assert_eq!((d.stop, d.transport.ports()), (None, Some((1, 2))));
    let ip = d.ip().unwrap();
    assert_eq!((ip.protocol, ip.len), (proto::UDP, 9));
}

#[test]
fn tcp_fields_and_options() {
    let options = [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7];
    let f = TcpFields {
        ports: (1, 2),
        seq: 3,
        ack: 4,
        flags: TcpFlags::SYN | TcpFlags::URG,
        window: 5,
        urgent: 6,
        options: &options,
    };
    let bytes = Frame::payload(b"data")
        .tcp_with(f)
        .ipv4_with(A, B, IpFields { ttl: 7, dscp: 46, id: 9 })
        .ethernet(MAC_A, MAC_B)
        .bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    let Transport::Tcp(tcp) = d.transport else { panic!("{d:?}") };
    assert_eq!((tcp.seq(), tcp.ack(), tcp.window(), tcp.urgent()), (3, 4, 5, 6));
    assert!(tcp.flags().syn() && tcp.flags().urg() && !tcp.flags().ack());
    let got: Vec<_> = tcp.options().filter(|o| *o != TcpOption::Nop).collect();
    let want = [
        TcpOption::Mss(1460),
        TcpOption::SackPermitted,
        TcpOption::Timestamps { value: 1, echo: 2 },
        TcpOption::WindowScale(7),
    ];
    assert_eq!(got, want);
    assert_eq!(d.payload, b"data");
    assert_eq!((d.ip().unwrap().ttl, d.ip().unwrap().dscp), (7, 46));
    // The checksums are right: the sum over pseudo header and segment is 0.
    let segment = &bytes[34..34 + d.ip().unwrap().len as usize];
    assert_eq!(checksum(&[&A, &B, &(segment.len() as u32).to_be_bytes(), &[0, 6], segment]), 0);
    assert_eq!(checksum(&[&bytes[14..34]]), 0);
}

#[test]
fn icmp_sctp_other() {
    let bytes = Frame::payload(&[0, 1, 0, 2, b'p']).icmp(8, 0).ipv4(A, B).ethernet(MAC_A, MAC_B).bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    let Transport::Icmp(icmp) = d.transport else { panic!("{d:?}") };
    assert_eq!((icmp.kind(), icmp.code(), d.payload.len()), (8, 0, 9));
    let bytes = Frame::payload(&[0; 4]).icmp6(135, 0).ipv6(V6_A, V6_B).ethernet(MAC_A, MAC_B).bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    assert!(matches!(d.transport, Transport::Icmp6(i) if i.kind() == 135));
    let bytes =
        Frame::payload(&sctp_data(1, 2, 3, 4, b"hi")).sctp(5, 6, 7).ipv4(A, B).ethernet(MAC_A, MAC_B).bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    let Transport::Sctp(sctp) = d.transport else { panic!("{d:?}") };
    assert_eq!(sctp.chunks().next().unwrap().data(), Some((1, 2, 3, 4, &b"hi"[..])));
    let bytes = Frame::protocol(proto::OSPF, b"hello").ipv4(A, B).ethernet(MAC_A, MAC_B).bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    assert!(matches!(d.transport, Transport::Other(proto::OSPF)));
    assert_eq!(d.payload, b"hello");
}

#[test]
fn below_ip() {
    let bytes = Frame::payload(b"bpdu").llc(MAC_A, MAC_B, 0x42, 0x42).bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    assert_eq!(d.net, Net::Llc { dsap: 0x42, ssap: 0x42, snap: None });
    assert_eq!((d.payload, d.ethertype), (&b"bpdu"[..], 7));
    let bytes = Frame::payload(b"\0\0\x0c\x20\0cdp").llc(MAC_A, MAC_B, 0xaa, 0xaa).bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    assert_eq!(d.net, Net::Llc { dsap: 0xaa, ssap: 0xaa, snap: Some((0xc, 0x2000)) });
    assert_eq!(d.payload, b"cdp");
    let bytes = Frame::ethertype(ether::LLDP, b"lldp").ethernet(MAC_A, MAC_B).bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    assert_eq!((d.net, d.ethertype), (Net::Ether { ethertype: ether::LLDP }, ether::LLDP));
}

#[test]
fn fragments_stop_at_the_network_and_go_on_when_whole() {
    let data: Vec<u8> = (0..100).collect();
    for (src, dst) in [(IpAddr::from(A), IpAddr::from(B)), (V6_A.into(), V6_B.into())] {
        let fragments = Frame::payload(&data).udp(7, 8).fragments(src, dst, 77, 40);
        assert_eq!(fragments.len(), 3);
        let frames: Vec<_> =
            fragments.into_iter().map(|f| f.vlan(3).ethernet(MAC_A, MAC_B).bytes()).collect();
        let mut whole = Vec::new();
        for frame in &frames {
            let d = decode(LinkType::ETHERNET, frame);
            let fragment = d.fragment().expect("a fragment");
            assert_eq!((fragment.id, fragment.offset as usize, d.stop), (77, whole.len(), None));
            assert_eq!(d.ip().unwrap().protocol, proto::UDP);
            assert!(matches!(d.transport, Transport::None));
            whole.extend(d.payload);
            assert_eq!(fragment.more, whole.len() < 108);
        }
        let first = decode(LinkType::ETHERNET, &frames[0]);
        let d = decode_ip(&first, &whole);
        assert_eq!((d.transport.ports(), d.payload, d.stop), (Some((7, 8)), &data[..], None));
        assert_eq!((d.ip().unwrap().fragment, d.vlans.len(), d.ip().unwrap().len), (None, 1, 108));
        assert_eq!(d.ether, first.ether);
    }
}

#[test]
fn what_the_snap_length_took_is_counted() {
    let bytes = Frame::payload(&[7; 1000]).udp(1, 2).ipv4(A, B).ethernet(MAC_A, MAC_B).bytes();
    let d = decode(LinkType::ETHERNET, &bytes[..142]);
    assert_eq!((d.payload.len(), d.missing, d.stop), (100, 900, None));
    // A header that is cut is an error with its place.
    let d = decode(LinkType::ETHERNET, &bytes[..38]);
    let stop = d.stop.unwrap();
    assert_eq!(
        (stop.layer, stop.offset, stop.why),
        (Layer::Udp, 34, Malformed::Truncated { need: 8, have: 4 })
    );
    assert_eq!(d.ip().unwrap().src, IpAddr::from(A));
}

#[test]
fn nesting_is_bounded() {
    let mut frame = inner();
    for _ in 0..40 {
        frame = frame.ipv4(C, D);
    }
    let bytes = frame.ethernet(MAC_A, MAC_B).bytes();
    let d = decode(LinkType::ETHERNET, &bytes);
    assert_eq!(d.stop.unwrap().why, Malformed::TooDeep);
    assert_eq!(d.outer_ips.len(), MAX_OUTER);
}

/// One of many well-formed frames, with the link type it belongs to.
fn any_frame() -> impl Strategy<Value = (LinkType, Vec<u8>)> {
    (0..14u8, prop::collection::vec(any::<u8>(), 0..64)).prop_map(|(kind, data)| {
        let udp = Frame::payload(&data).udp(1, 2).ipv4(A, B);
        let tcp = Frame::payload(&data).tcp(1, 2, 3, 4, TcpFlags::ACK).ipv6(V6_A, V6_B);
        let eth = |f: Frame| (LinkType::ETHERNET, f.ethernet(MAC_A, MAC_B).bytes());
        match kind {
            0 => eth(udp.ethernet(MAC_C, MAC_D).vxlan(1, 4789).ipv4(C, D)),
            1 => eth(tcp.ethernet(MAC_C, MAC_D).geneve(1).ipv4(C, D)),
            2 => eth(tcp.gtpu(4).ipv6(V6_A, V6_B)),
            3 => eth(udp.gre(Some(4)).ipv4(C, D)),
            4 => eth(tcp.ethernet(MAC_C, MAC_D).erspan(3, 9).ipv4(C, D)),
            5 => eth(udp.mpls(3).vlan(3)),
            6 => eth(tcp.pppoe(8)),
            7 => eth(udp.nsh(3)),
            8 => (LinkType::RADIOTAP, tcp.ieee80211(MAC_A, MAC_B).radiotap().bytes()),
            9 => (LinkType::SLL2, udp.sll2(MAC_A, 1).bytes()),
            10 => (LinkType::NFLOG, tcp.nflog().bytes()),
            11 => (LinkType::FRAME_RELAY, udp.frame_relay(5).bytes()),
            12 => eth(Frame::payload(&data).sctp(1, 2, 3).ah(1, 2).ipv6_options(60).ipv6(V6_A, V6_B)),
            _ => (LinkType::PPP, tcp.ppp_hdlc().bytes()),
        }
    })
}

/// What must hold of any result.
fn check(d: &Decoded<'_>, frame: &[u8]) {
    assert!(d.payload_at + d.payload.len() <= frame.len());
    assert_eq!(&frame[d.payload_at..d.payload_at + d.payload.len()], d.payload);
    if let Some(stop) = d.stop {
        assert!(stop.offset <= frame.len());
    }
    if let Transport::Tcp(tcp) = d.transport {
        assert!(tcp.options().count() <= 40);
    }
    if let Transport::Sctp(sctp) = d.transport {
        assert!(sctp.chunks().count() <= frame.len());
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        for link in LinkType::ALL {
            check(&decode(*link, &bytes), &bytes);
        }
    }

    #[test]
    fn mutated_frames_never_panic(
        (link, mut bytes) in any_frame(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in any::<prop::sample::Index>(),
    ) {
        prop_assert!(decode(link, &bytes).stop.is_none());
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        check(&decode(link, &bytes), &bytes);
        bytes.truncate(cut.index(bytes.len() + 1));
        let d = decode(link, &bytes);
        check(&d, &bytes);
        check(&decode_ip(&d, &bytes), &bytes);
    }

    #[test]
    fn what_was_built_is_decoded(
        (sport, dport, seq, ack) in (1024u16..2000, 1u16..1024, any::<u32>(), any::<u32>()),
        (flags, vlan, ttl, dscp) in (any::<u8>(), 0u16..4096, 1u8..255, 0u8..64),
        data in prop::collection::vec(any::<u8>(), 0..200),
        (src, dst) in (any::<u32>(), any::<u32>()),
    ) {
        let (src, dst) = (Ipv4Addr::from(src), Ipv4Addr::from(dst));
        let bytes = Frame::payload(&data)
            .tcp(sport, dport, seq, ack, TcpFlags(flags))
            .ipv4_with(src, dst, IpFields { ttl, dscp, id: 1 })
            .vlan(vlan)
            .ethernet(MAC_A, MAC_B)
            .bytes();
        let d = decode(LinkType::ETHERNET, &bytes);
        prop_assert_eq!(d.stop, None);
        prop_assert_eq!(d.payload, &data[..]);
        let ip = d.ip().unwrap();
        prop_assert_eq!((ip.src, ip.dst, ip.ttl, ip.dscp), (src.into(), dst.into(), ttl, dscp));
        let Transport::Tcp(tcp) = d.transport else { panic!() };
        prop_assert_eq!((tcp.src_port(), tcp.dst_port(), tcp.seq(), tcp.ack(), tcp.flags().0), (sport, dport, seq, ack, flags));
        prop_assert_eq!(d.vlans[0].id, vlan);
    }
}
