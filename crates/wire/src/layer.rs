//! The names of layers, and the set of those that one frame went through.

use std::fmt;

macro_rules! layers {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// One kind of header the decoder knows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Layer { $($(#[$doc])* $name,)* }

        impl Layer {
            /// All layers in the order of their bits.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The lower-case name: for the tunnels, the protocol name that a session carries.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

layers! {
    /// The capture's own link header, where it is none of those below.
    Link = "link";
    /// Ethernet.
    Ethernet = "ethernet";
    /// A VLAN tag.
    Vlan = "vlan";
    /// Logical link control and SNAP.
    Llc = "llc";
    /// 802.11.
    Ieee80211 = "ieee80211";
    /// ARP.
    Arp = "arp";
    /// MPLS labels.
    Mpls = "mpls";
    /// PPP over Ethernet.
    Pppoe = "pppoe";
    /// PPP.
    Ppp = "ppp";
    /// Network Service Header.
    Nsh = "nsh";
    /// Cisco metadata, VN-Tag.
    Cisco = "cmd";
    /// Provider backbone bridging (MAC in MAC).
    Pbb = "pbb";
    /// IPv4.
    Ipv4 = "ipv4";
    /// IPv6 and its extension headers.
    Ipv6 = "ipv6";
    /// An IP datagram directly inside an IP datagram (IP-in-IP, 6in4, 4in6).
    IpInIp = "ipip";
    /// GRE.
    Gre = "gre";
    /// ERSPAN.
    Erspan = "erspan";
    /// VXLAN.
    Vxlan = "vxlan";
    /// GENEVE.
    Geneve = "geneve";
    /// GTP user plane.
    Gtp = "gtp";
    /// EtherIP.
    EtherIp = "etherip";
    /// IPsec authentication header.
    Ah = "ah";
    /// IPsec encapsulating security payload.
    Esp = "esp";
    /// TCP.
    Tcp = "tcp";
    /// UDP.
    Udp = "udp";
    /// SCTP.
    Sctp = "sctp";
    /// ICMP for IPv4 or IPv6.
    Icmp = "icmp";
}

/// A set of [`Layer`]s.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Layers(u32);

impl Layers {
    /// No layer.
    pub const NONE: Self = Self(0);
    /// The layers that carry another network packet inside and that a session names among its protocols.
    pub const TUNNELS: Self = Self::of(&[
        Layer::Mpls,
        Layer::Pppoe,
        Layer::Nsh,
        Layer::Gre,
        Layer::Erspan,
        Layer::Vxlan,
        Layer::Geneve,
        Layer::Gtp,
        Layer::EtherIp,
        Layer::Pbb,
    ]);

    /// The set of the given layers.
    #[must_use]
    pub const fn of(mut layers: &[Layer]) -> Self {
        let mut bits = 0;
        while let [first, rest @ ..] = layers {
            bits |= 1 << (*first as u32);
            layers = rest;
        }
        Self(bits)
    }

    /// Whether the layer is in the set.
    #[inline]
    #[must_use]
    pub fn has(self, layer: Layer) -> bool {
        self.0 & (1 << (layer as u32)) != 0
    }

    /// Whether the set is empty.
    #[inline]
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Adds a layer.
    #[inline]
    pub fn add(&mut self, layer: Layer) {
        self.0 |= 1 << (layer as u32);
    }

    /// The layers in both sets.
    #[inline]
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The layers in the set, outermost kinds first.
    pub fn iter(self) -> impl Iterator<Item = Layer> {
        Layer::ALL.iter().copied().filter(move |l| self.has(*l))
    }
}

impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Layer::name)).finish()
    }
}
