//! A flow: one direction of a session.

use session::evidence as said;
use session::{Object, SessionDoc, core};
use std::net::IpAddr;

/// What a rule recognised on the side that sends the flow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint {
    /// Type of the rule.
    pub kind: String,
    /// Name of the rule.
    pub name: String,
    /// Maker, of devices.
    pub vendor: String,
    /// Version.
    pub version: String,
    /// Arrival of the packet, microseconds since 1970: the key of its evidence.
    pub time: u64,
}

/// An attack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Threat {
    /// What and when.
    pub fingerprint: Fingerprint,
    /// First and last-but-one byte of the payload that matched, `120,168`.
    pub index: String,
}

/// One direction of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Sender.
    pub src: IpAddr,
    /// Receiver.
    pub dst: IpAddr,
    /// Port of the sender.
    pub src_port: u16,
    /// Port of the receiver.
    pub dst_port: u16,
    /// Protocol number of IP.
    pub protocol: u8,
    /// Type of service. Its last bit marks the side that opened the session, as Liuying's probe does.
    pub tos: u8,
    /// TCP flags that packets had.
    pub flags: u8,
    /// Packets.
    pub packets: u64,
    /// Bytes of the packets' frames.
    pub bytes: u64,
    /// First packet of the session, milliseconds since 1970.
    pub first: i64,
    /// Last packet of the session.
    pub last: i64,
    /// What the sender showed: a network service.
    pub service: Option<Fingerprint>,
    /// A device.
    pub device: Option<Fingerprint>,
    /// An operating system.
    pub os: Option<Fingerprint>,
    /// Middleware.
    pub midware: Option<Fingerprint>,
    /// An attack.
    pub threat: Option<Threat>,
}

fn count(doc: &SessionDoc, field: &'static fields::Field<fields::Int>) -> bool {
    doc.int(field).unwrap_or(0) > 0
}

/// Flags that the packets of a side had. Sessions count them for both sides together: SYN is the source's, SYN with ACK the destination's, the
/// others may be either's.
fn flags(doc: &SessionDoc, from_source: bool) -> u8 {
    let (syn, syn_ack) = (count(doc, &core::TCP_SYN), count(doc, &core::TCP_SYN_ACK));
    let mut flags = u8::from(count(doc, &core::TCP_FIN));
    flags |= u8::from(if from_source { syn } else { syn_ack }) << 1;
    flags |= u8::from(count(doc, &core::TCP_RST)) << 2;
    flags |= u8::from(count(doc, &core::TCP_PSH)) << 3;
    flags |=
        u8::from(count(doc, &core::TCP_ACK) || count(doc, &core::TCP_PSH) || (syn_ack && !from_source)) << 4;
    flags | u8::from(count(doc, &core::TCP_URG)) << 5
}

fn fingerprint(hit: &Object) -> Fingerprint {
    let text = |field| hit.text(field).unwrap_or_default().to_owned();
    Fingerprint {
        kind: text(&said::TYPE),
        name: text(&said::NAME),
        vendor: text(&said::VENDOR),
        version: text(&said::VERSION),
        time: hit.int(&said::TIME).and_then(|time| time.try_into().ok()).unwrap_or(0),
    }
}

impl Flow {
    /// The flows of a session: one for each direction that has packets; none below IP.
    pub fn of(doc: &SessionDoc) -> Vec<Self> {
        let (Some(src), Some(dst)) = (doc.ip(&core::SRC_IP), doc.ip(&core::DST_IP)) else {
            return Vec::new();
        };
        if src.is_ipv4() != dst.is_ipv4() {
            return Vec::new();
        }
        let port = |value: Option<i64>| value.and_then(|port| u16::try_from(port).ok()).unwrap_or(0);
        let number = |value: Option<i64>| value.and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
        let ports = (port(doc.int(&core::SRC_PORT)), port(doc.int(&core::DST_PORT)));
        let protocol = doc.int(&core::IP_PROTOCOL).and_then(|n| u8::try_from(n).ok()).unwrap_or(0);
        let tos = |value: Option<i64>| value.and_then(|dscp| u8::try_from(dscp & 63).ok()).unwrap_or(0) << 2;
        let one = |from_source: bool| {
            let (packets, bytes, dscp) = if from_source {
                (doc.int(&core::SRC_PACKETS), doc.int(&core::SRC_BYTES), doc.int(&core::SRC_DSCP))
            } else {
                (doc.int(&core::DST_PACKETS), doc.int(&core::DST_BYTES), doc.int(&core::DST_DSCP))
            };
            let mut flow = Self {
                src: if from_source { src } else { dst },
                dst: if from_source { dst } else { src },
                src_port: if from_source { ports.0 } else { ports.1 },
                dst_port: if from_source { ports.1 } else { ports.0 },
                protocol,
                tos: tos(dscp) | u8::from(from_source),
                flags: if protocol == 6 { flags(doc, from_source) } else { 0 },
                packets: number(packets),
                bytes: number(bytes),
                first: doc.int(&core::START_TIME).unwrap_or(0),
                last: doc.int(&core::STOP_TIME).unwrap_or(0),
                service: None,
                device: None,
                os: None,
                midware: None,
                threat: None,
            };
            flow.take_hits(doc, from_source);
            flow
        };
        [one(true), one(false)].into_iter().filter(|flow| flow.packets > 0).collect()
    }

    /// What the sender showed; of several hits of a category the first.
    fn take_hits(&mut self, doc: &SessionDoc, from_source: bool) {
        for hit in doc.list(&said::EVIDENCE) {
            if (hit.text(&said::SIDE) != Some("dst")) != from_source {
                continue;
            }
            let slot = match hit.text(&said::CATEGORY) {
                Some("service") => &mut self.service,
                Some("device") => &mut self.device,
                Some("os") => &mut self.os,
                Some("midware") => &mut self.midware,
                Some("threat") if self.threat.is_none() => {
                    let span = hit.int(&said::START).zip(hit.int(&said::END));
                    let index = span.map_or(String::new(), |(start, end)| format!("{start},{end}"));
                    self.threat = Some(Threat { fingerprint: fingerprint(hit), index });
                    continue;
                }
                _ => continue,
            };
            slot.get_or_insert_with(|| fingerprint(hit));
        }
    }

    /// Whether anything was recognised.
    pub(crate) fn has_fingerprints(&self) -> bool {
        self.service.is_some()
            || self.device.is_some()
            || self.os.is_some()
            || self.midware.is_some()
            || self.threat.is_some()
    }
}
