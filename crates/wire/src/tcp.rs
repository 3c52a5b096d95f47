//! TCP, RFC 9293.

use std::fmt;

use crate::{Malformed, read};

/// View of a TCP header, its options and its payload.
#[derive(Clone, Copy, Debug)]
pub struct Tcp<'a> {
    head: &'a [u8; 20],
    options: &'a [u8],
    payload: &'a [u8],
}

impl<'a> Tcp<'a> {
    /// Reads header and options. A snap length that cuts the options leaves them as far as they were captured, with an empty payload.
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (head, rest) = read::head::<20>(bytes)?;
        let options = (usize::from(head[12] >> 4) * 4).checked_sub(20).ok_or(Malformed::BadLength)?;
        let (options, payload) = rest.split_at_checked(options).unwrap_or((rest, &[]));
        Ok(Self { head, options, payload })
    }

    /// Source port.
    #[inline]
    #[must_use]
    pub fn src_port(&self) -> u16 {
        be16!(self.head, 0)
    }

    /// Destination port.
    #[inline]
    #[must_use]
    pub fn dst_port(&self) -> u16 {
        be16!(self.head, 2)
    }

    /// Sequence number of the first payload byte (of the SYN itself where that flag is set).
    #[inline]
    #[must_use]
    pub fn seq(&self) -> u32 {
        be32!(self.head, 4)
    }

    /// Next sequence number expected from the other side; meaningful with the ACK flag.
    #[inline]
    #[must_use]
    pub fn ack(&self) -> u32 {
        be32!(self.head, 8)
    }

    /// The flags.
    #[inline]
    #[must_use]
    pub fn flags(&self) -> TcpFlags {
        TcpFlags(self.head[13])
    }

    /// Accurate ECN, the lowest bit of the data offset byte (RFC 9768; before, the nonce sum of RFC 3540).
    #[inline]
    #[must_use]
    pub fn ae(&self) -> bool {
        self.head[12] & 1 != 0
    }

    /// Receive window, unscaled.
    #[inline]
    #[must_use]
    pub fn window(&self) -> u16 {
        be16!(self.head, 14)
    }

    /// Checksum as sent.
    #[must_use]
    pub fn checksum(&self) -> u16 {
        be16!(self.head, 16)
    }

    /// Urgent pointer.
    #[must_use]
    pub fn urgent(&self) -> u16 {
        be16!(self.head, 18)
    }

    /// Header length as sent, in bytes, options included.
    #[must_use]
    pub fn header_len(&self) -> usize {
        usize::from(self.head[12] >> 4) * 4
    }

    /// The options, unparsed.
    #[must_use]
    pub fn raw_options(&self) -> &'a [u8] {
        self.options
    }

    /// The options one by one; ends at the first that is malformed.
    #[must_use]
    pub fn options(&self) -> TcpOptions<'a> {
        TcpOptions { rest: self.options }
    }

    /// The payload as far as it was captured.
    #[inline]
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }
}

/// The flags of a TCP segment.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct TcpFlags(
    /// Byte 13 of the header: CWR ECE URG ACK PSH RST SYN FIN from the highest bit.
    pub u8,
);

impl TcpFlags {
    /// No more data from the sender.
    pub const FIN: Self = Self(0x01);
    /// Synchronise sequence numbers.
    pub const SYN: Self = Self(0x02);
    /// Reset.
    pub const RST: Self = Self(0x04);
    /// Push.
    pub const PSH: Self = Self(0x08);
    /// The acknowledgement number is valid.
    pub const ACK: Self = Self(0x10);
    /// The urgent pointer is valid.
    pub const URG: Self = Self(0x20);
    /// Congestion was experienced (RFC 3168).
    pub const ECE: Self = Self(0x40);
    /// Congestion window was reduced (RFC 3168).
    pub const CWR: Self = Self(0x80);
    /// The second segment of the handshake.
    pub const SYN_ACK: Self = Self(0x12);

    /// Whether all flags of `other` are set.
    #[inline]
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether FIN is set.
    #[inline]
    #[must_use]
    pub const fn fin(self) -> bool {
        self.has(Self::FIN)
    }

    /// Whether SYN is set.
    #[inline]
    #[must_use]
    pub const fn syn(self) -> bool {
        self.has(Self::SYN)
    }

    /// Whether RST is set.
    #[inline]
    #[must_use]
    pub const fn rst(self) -> bool {
        self.has(Self::RST)
    }

    /// Whether PSH is set.
    #[inline]
    #[must_use]
    pub const fn psh(self) -> bool {
        self.has(Self::PSH)
    }

    /// Whether ACK is set.
    #[inline]
    #[must_use]
    pub const fn ack(self) -> bool {
        self.has(Self::ACK)
    }

    /// Whether URG is set.
    #[inline]
    #[must_use]
    pub const fn urg(self) -> bool {
        self.has(Self::URG)
    }
}

impl std::ops::BitOr for TcpFlags {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Debug for TcpFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];
        let set = names.iter().enumerate().filter(|(i, _)| self.0 & (1 << i) != 0).map(|(_, n)| *n);
        f.write_str(&set.collect::<Vec<_>>().join("|"))
    }
}

/// One TCP option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpOption<'a> {
    /// Padding.
    Nop,
    /// Maximum segment size, bytes.
    Mss(u16),
    /// Shift of the window field (RFC 7323).
    WindowScale(u8),
    /// The sender accepts selective acknowledgements.
    SackPermitted,
    /// Selective acknowledgement: pairs of left and right edge, each 32 bits.
    Sack(&'a [u8]),
    /// Timestamps (RFC 7323).
    Timestamps {
        /// Clock of the sender.
        value: u32,
        /// Last clock received from the other side.
        echo: u32,
    },
    /// MD5 signature (RFC 2385).
    Md5(&'a [u8]),
    /// Fast open cookie (RFC 7413).
    FastOpen(&'a [u8]),
    /// Multipath TCP (RFC 8684), from the subtype on.
    Mptcp(&'a [u8]),
    /// Any other.
    Other {
        /// Option kind.
        kind: u8,
        /// Its data.
        data: &'a [u8],
    },
}

impl TcpOption<'_> {
    /// The kind number of the option.
    #[must_use]
    pub fn kind(&self) -> u8 {
        match self {
            Self::Nop => 1,
            Self::Mss(_) => 2,
            Self::WindowScale(_) => 3,
            Self::SackPermitted => 4,
            Self::Sack(_) => 5,
            Self::Timestamps { .. } => 8,
            Self::Md5(_) => 19,
            Self::FastOpen(_) => 34,
            Self::Mptcp(_) => 30,
            Self::Other { kind, .. } => *kind,
        }
    }
}

/// Iterator over the options of a segment.
#[derive(Clone, Copy, Debug)]
pub struct TcpOptions<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for TcpOptions<'a> {
    type Item = TcpOption<'a>;

    fn next(&mut self) -> Option<TcpOption<'a>> {
        let (kind, len) = match *self.rest {
            [] | [0, ..] => return None,
            [1, ref rest @ ..] => {
                self.rest = rest;
                return Some(TcpOption::Nop);
            }
            [kind, len, ..] => (kind, usize::from(len)),
            [_] => return None,
        };
        let (option, rest) = self.rest.split_at_checked(len)?;
        let data = option.get(2..)?;
        self.rest = rest;
        Some(match (kind, data) {
            (2, &[a, b]) => TcpOption::Mss(u16::from_be_bytes([a, b])),
            (3, &[shift]) => TcpOption::WindowScale(shift),
            (4, []) => TcpOption::SackPermitted,
            (5, _) => TcpOption::Sack(data),
            (8, &[a, b, c, d, e, f, g, h]) => TcpOption::Timestamps {
                value: u32::from_be_bytes([a, b, c, d]),
                echo: u32::from_be_bytes([e, f, g, h]),
            },
            (19, _) => TcpOption::Md5(data),
            (30, _) => TcpOption::Mptcp(data),
            (34, _) => TcpOption::FastOpen(data),
            _ => TcpOption::Other { kind, data },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_a_linux_syn() {
        let mut bytes = vec![0; 20];
        bytes[12] = 0xa0;
        bytes[13] = 0x02;
        bytes.extend([2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7]);
        let tcp = Tcp::parse(&bytes).unwrap();
        let got: Vec<_> = tcp.options().collect();
        let clock = TcpOption::Timestamps { value: 1, echo: 2 };
        let want = [
            TcpOption::Mss(1460),
            TcpOption::SackPermitted,
            clock,
            TcpOption::Nop,
            TcpOption::WindowScale(7),
        ];
        assert_eq!(got, want);
        assert!(tcp.flags().syn() && !tcp.flags().ack());
        assert_eq!(format!("{:?}", TcpFlags::SYN_ACK), "SYN|ACK");
    }

    #[test]
    fn a_data_offset_below_the_header_is_malformed() {
        let mut bytes = [0; 20];
        bytes[12] = 0x40;
        assert_eq!(Tcp::parse(&bytes).unwrap_err(), Malformed::BadLength);
        assert_eq!(Tcp::parse(&bytes[..19]).unwrap_err(), Malformed::Truncated { need: 20, have: 19 });
    }

    #[test]
    fn an_option_of_length_zero_ends_the_list() {
        assert_eq!(TcpOptions { rest: &[8, 0, 1, 1] }.count(), 0);
        assert_eq!(TcpOptions { rest: &[1, 8] }.count(), 1);
    }
}
