//! Which elements a record has, and their bytes.

use crate::flow::{Fingerprint, Flow};
use std::net::IpAddr;

/// Liuying's enterprise number in IPFIX, and the bits that its probe sets in the ids there.
const ENTERPRISE: u32 = 0x1968;
const ENTERPRISE_BITS: u16 = 0xa000;
/// The first of Liuying's elements.
const OWN: u16 = 57_472;

/// One element: its number and length in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element {
    pub id: u16,
    pub len: u16,
}

const fn element(id: u16, len: u16) -> Element {
    Element { id, len }
}

/// Addresses first; times last, which differ by version.
const COMMON: [Element; 7] = [
    element(2, 8),  // packets
    element(1, 8),  // bytes
    element(7, 2),  // source port
    element(11, 2), // destination port
    element(6, 1),  // TCP flags
    element(4, 1),  // protocol
    element(5, 1),  // type of service
];

/// Of fingerprints, in the order of their numbers: types, names and versions, the times of the packets, the bytes that matched.
const FINGERPRINTS: [Element; 22] = [
    element(57_692, 32), // SRV_TYPE
    element(57_693, 32), // SRV_NAME
    element(57_694, 16), // SRV_VERS
    element(57_695, 32), // DEV_TYPE
    element(57_696, 32), // DEV_NAME
    element(57_697, 32), // DEV_VEND
    element(57_698, 16), // DEV_VERS
    element(57_699, 32), // OS_TYPE
    element(57_700, 32), // OS_NAME
    element(57_701, 16), // OS_VERS
    element(57_702, 32), // MID_TYPE
    element(57_703, 32), // MID_NAME
    element(57_704, 16), // MID_VERS
    element(57_705, 32), // THREAT_TYPE
    element(57_706, 32), // THREAT_NAME
    element(57_707, 16), // THREAT_VERS
    element(57_708, 8),  // SRV_TIME
    element(57_709, 8),  // DEV_TIME
    element(57_710, 8),  // OS_TIME
    element(57_711, 8),  // MID_TIME
    element(57_712, 8),  // THREAT_TIME
    element(57_720, 16), // THREAT_INDEX
];

/// What the records of a template have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub v6: bool,
    pub fingerprints: bool,
    pub ipfix: bool,
}

impl Shape {
    /// Every shape of a version.
    pub fn all(ipfix: bool) -> impl Iterator<Item = Self> {
        [(false, false), (false, true), (true, false), (true, true)]
            .into_iter()
            .map(move |(v6, fingerprints)| Self { v6, fingerprints, ipfix })
    }

    /// Number of its template.
    pub fn template(self) -> u16 {
        257 + u16::from(self.v6) * 2 + u16::from(self.fingerprints)
    }

    pub fn elements(self) -> Vec<Element> {
        let addresses =
            if self.v6 { [element(27, 16), element(28, 16)] } else { [element(8, 4), element(12, 4)] };
        // milliseconds since 1970, or since the exporter was started
        let times =
            if self.ipfix { [element(152, 8), element(153, 8)] } else { [element(22, 4), element(21, 4)] };
        let mut elements = addresses.to_vec();
        elements.extend(COMMON);
        elements.extend(times);
        if self.fingerprints {
            elements.extend(FINGERPRINTS);
        }
        elements
    }

    /// Bytes of a record.
    pub fn len(self) -> usize {
        self.elements().iter().map(|element| usize::from(element.len)).sum()
    }

    /// Writes the template: number, count, elements.
    pub fn write_template(self, out: &mut Vec<u8>) {
        let elements = self.elements();
        out.extend(self.template().to_be_bytes());
        out.extend(u16::try_from(elements.len()).unwrap_or(0).to_be_bytes());
        for Element { id, len } in elements {
            let own = self.ipfix && id >= OWN;
            let id = if own { id | ENTERPRISE_BITS } else { id };
            out.extend(id.to_be_bytes());
            out.extend(len.to_be_bytes());
            if own {
                out.extend(ENTERPRISE.to_be_bytes());
            }
        }
    }

    /// Writes a record; `boot`: the moment that the times of NetFlow v9 count from, milliseconds since 1970.
    pub fn write(self, flow: &Flow, boot: i64, out: &mut Vec<u8>) {
        for ip in [flow.src, flow.dst] {
            match ip {
                IpAddr::V4(ip) => out.extend(ip.octets()),
                IpAddr::V6(ip) => out.extend(ip.octets()),
            }
        }
        out.extend(flow.packets.to_be_bytes());
        out.extend(flow.bytes.to_be_bytes());
        out.extend(flow.src_port.to_be_bytes());
        out.extend(flow.dst_port.to_be_bytes());
        out.extend([flow.flags, flow.protocol, flow.tos]);
        for time in [flow.first, flow.last] {
            if self.ipfix {
                out.extend(u64::try_from(time).unwrap_or(0).to_be_bytes());
            } else {
                out.extend(u32::try_from(time.saturating_sub(boot)).unwrap_or(0).to_be_bytes());
            }
        }
        if !self.fingerprints {
            return;
        }
        let none = Fingerprint::default();
        let [service, device, os, midware] =
            [&flow.service, &flow.device, &flow.os, &flow.midware].map(|seen| seen.as_ref().unwrap_or(&none));
        let no_threat = crate::Threat::default();
        let threat = flow.threat.as_ref().unwrap_or(&no_threat);
        for (fingerprint, vendor) in
            [(service, false), (device, true), (os, false), (midware, false), (&threat.fingerprint, false)]
        {
            text(&fingerprint.kind, 32, out);
            text(&fingerprint.name, 32, out);
            if vendor {
                text(&fingerprint.vendor, 32, out);
            }
            text(&fingerprint.version, 16, out);
        }
        for fingerprint in [service, device, os, midware, &threat.fingerprint] {
            out.extend(fingerprint.time.to_be_bytes());
        }
        text(&threat.index, 16, out);
    }
}

/// Text of a fixed length: the end is cut off, the rest is zero. The last byte is always zero, as C reads it.
fn text(text: &str, len: usize, out: &mut Vec<u8>) {
    let kept = text.get(..text.floor_char_boundary(len - 1)).unwrap_or_default();
    out.extend(kept.as_bytes());
    out.extend(std::iter::repeat_n(0, len - kept.len()));
}
