//! ERSPAN: frames that a switch mirrors to an address, in GRE.

use wire::{Erspan, Gre};

/// A mirrored frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mirrored<'a> {
    pub frame: &'a [u8],
    /// Number of the mirror session; type I has none.
    pub session: Option<u16>,
}

const TYPE_I_II: u16 = 0x88be;
const TYPE_III: u16 = 0x22eb;

/// Reads a GRE packet. `Ok(None)`: GRE of somebody else.
pub(super) fn parse(gre: &[u8]) -> Result<Option<Mirrored<'_>>, &'static str> {
    let gre = Gre::parse(gre).map_err(|_| "a GRE header that cannot be read")?;
    match gre.protocol() {
        // Type I is a frame right behind the GRE header; type II has a sequence number and a header.
        TYPE_I_II if !gre.has_sequence() => Ok(Some(Mirrored { frame: gre.payload(), session: None })),
        TYPE_I_II | TYPE_III => {
            let erspan = Erspan::parse(gre.payload()).map_err(|_| "an ERSPAN header that cannot be read")?;
            Ok(Some(Mirrored { frame: erspan.payload(), session: Some(erspan.session_id()) }))
        }
        _ => Ok(None),
    }
}

/// What is behind an IPv4 header.
pub(super) fn behind_ipv4(packet: &[u8]) -> Option<&[u8]> {
    let len = usize::from(packet.first()? & 0xf) * 4;
    (len >= 20).then_some(packet.get(len..)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::build::Frame;

    #[test]
    fn all_types() {
        let frame =
            Frame::payload(b"mirrored").udp(1, 2).ipv4([10, 0, 0, 1], [10, 0, 0, 2]).ethernet([2; 6], [4; 6]);
        let bytes = frame.clone().bytes();
        for kind in [1, 2, 3] {
            let packet = frame.clone().erspan(kind, 77).ipv4([1; 4], [2; 4]).bytes();
            let gre = behind_ipv4(&packet).unwrap();
            let read = parse(gre).unwrap().unwrap();
            assert_eq!((read.frame, read.session), (&bytes[..], (kind > 1).then_some(77)));
            for cut in 0..8 {
                let _ = parse(&gre[..cut]);
            }
        }
        assert_eq!(parse(&[0, 0, 8, 0, 1, 2, 3]), Ok(None));
        assert!(parse(&[0, 0, 8]).is_err() && behind_ipv4(&[0x41]).is_none());
    }
}
