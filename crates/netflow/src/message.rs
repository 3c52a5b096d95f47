//! Datagrams: headers, templates, and sets of records.

use crate::Flow;
use crate::elements::Shape;

/// Bytes of a datagram at most: no fragments on an Ethernet.
const DATAGRAM: usize = 1_400;
/// Datagrams after which templates are sent again, and milliseconds: a collector may have been started later.
const TEMPLATES_EVERY: u64 = 100;
const TEMPLATES_AFTER: i64 = 60_000;
/// Set number of templates.
const V9_TEMPLATES: u16 = 0;
const IPFIX_TEMPLATES: u16 = 2;
/// A flow that lies further back than the 32 bits of milliseconds of NetFlow v9 reach, less a margin.
const REACH: i64 = 40 * 86_400_000;

/// Which protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// NetFlow version 9.
    V9,
    /// IPFIX, which is version 10.
    Ipfix,
}

/// Makes datagrams of flows. Keeps the sequence numbers and when templates were sent.
#[derive(Debug)]
pub struct Encoder {
    version: Version,
    /// Number of the observation domain, or source.
    domain: u32,
    sequence: u32,
    datagrams: u64,
    templates_at: Option<i64>,
    /// Milliseconds since 1970.
    boot: i64,
}

impl Encoder {
    /// `now`: milliseconds since 1970.
    #[must_use]
    pub fn new(version: Version, domain: u32, now: i64) -> Self {
        Self { version, domain, sequence: 0, datagrams: 0, templates_at: None, boot: now }
    }

    fn is_ipfix(&self) -> bool {
        self.version == Version::Ipfix
    }

    /// The datagrams of flows; the last is not full. `now`: milliseconds since 1970.
    pub fn encode(&mut self, flows: &[Flow], now: i64) -> Vec<Vec<u8>> {
        let ipfix = self.is_ipfix();
        let mut datagrams = Vec::new();
        // those of one template stand together
        for shape in Shape::all(ipfix) {
            let of_shape = |flow: &&Flow| {
                flow.src.is_ipv6() == shape.v6 && flow.has_fingerprints() == shape.fingerprints
            };
            let mine: Vec<&Flow> = flows.iter().filter(of_shape).collect();
            let room = (DATAGRAM - 28) / shape.len();
            for part in mine.chunks(room.max(1)) {
                let due = self.templates_at.is_none_or(|at| now.saturating_sub(at) >= TEMPLATES_AFTER)
                    || self.datagrams.is_multiple_of(TEMPLATES_EVERY);
                if due {
                    self.templates_at = Some(now);
                    datagrams.push(self.templates(now));
                }
                datagrams.push(self.records(shape, part, now));
            }
        }
        datagrams
    }

    /// The datagram that tells every template.
    fn templates(&mut self, now: i64) -> Vec<u8> {
        let mut set = Vec::new();
        let mut count = 0;
        for shape in Shape::all(self.is_ipfix()) {
            shape.write_template(&mut set);
            count += 1;
        }
        let number = if self.is_ipfix() { IPFIX_TEMPLATES } else { V9_TEMPLATES };
        self.datagram(number, set, count, 0, (now, self.boot))
    }

    fn records(&mut self, shape: Shape, flows: &[&Flow], now: i64) -> Vec<u8> {
        let (first, last) = flows
            .iter()
            .fold((i64::MAX, i64::MIN), |(first, last), flow| (first.min(flow.first), last.max(flow.last)));
        // an old capture: as if it were sent when it was captured
        let now = if now.saturating_sub(first) > REACH { last } else { now };
        let boot = self.boot.min(first);
        let mut set = Vec::new();
        flows.iter().for_each(|flow| shape.write(flow, boot, &mut set));
        self.datagram(shape.template(), set, flows.len(), flows.len(), (now, boot))
    }

    /// Header and one set. `count`: templates or records, `records`: records.
    fn datagram(
        &mut self,
        number: u16,
        set: Vec<u8>,
        count: usize,
        records: usize,
        (now, boot): (i64, i64),
    ) -> Vec<u8> {
        let seconds = u32::try_from(now.div_euclid(1_000)).unwrap_or(0);
        let padding = (4 - set.len() % 4) % 4;
        let set_len = set.len() + padding + 4;
        let mut out = Vec::with_capacity(set_len + 20);
        if self.is_ipfix() {
            out.extend(10u16.to_be_bytes());
            out.extend(u16::try_from(set_len + 16).unwrap_or(u16::MAX).to_be_bytes());
            out.extend(seconds.to_be_bytes());
            // records sent before
            out.extend(self.sequence.to_be_bytes());
            self.sequence = self.sequence.wrapping_add(u32::try_from(records).unwrap_or(0));
        } else {
            out.extend(9u16.to_be_bytes());
            out.extend(u16::try_from(count).unwrap_or(u16::MAX).to_be_bytes());
            // counts from the whole second, as the collector adds them up
            let uptime = i64::from(seconds) * 1_000 - boot;
            out.extend(u32::try_from(uptime.max(0)).unwrap_or(0).to_be_bytes());
            out.extend(seconds.to_be_bytes());
            // datagrams sent before
            out.extend(self.sequence.to_be_bytes());
            self.sequence = self.sequence.wrapping_add(1);
        }
        out.extend(self.domain.to_be_bytes());
        out.extend(number.to_be_bytes());
        out.extend(u16::try_from(set_len).unwrap_or(u16::MAX).to_be_bytes());
        out.extend(set);
        out.extend(std::iter::repeat_n(0, padding));
        self.datagrams += 1;
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fingerprint, Threat};

    fn flow() -> Flow {
        Flow {
            src: "10.10.1.87".parse().unwrap(),
            dst: "10.10.10.21".parse().unwrap(),
            src_port: 62_766,
            dst_port: 21,
            protocol: 6,
            tos: 1,
            flags: 0x18,
            packets: 1,
            bytes: 531,
            first: 1_687_074_364_968,
            last: 1_687_074_364_968,
            service: None,
            device: None,
            os: None,
            midware: None,
            threat: None,
        }
    }

    fn word(bytes: &[u8], at: usize) -> u16 {
        u16::from_be_bytes([bytes[at], bytes[at + 1]])
    }

    #[test]
    fn templates_come_first_and_records_are_as_long_as_they_say() {
        for (version, header, set) in [(Version::V9, 20, 0), (Version::Ipfix, 16, 2)] {
            let mut encoder = Encoder::new(version, 7, 1_687_074_400_000);
            let many = vec![flow(); 100];
            let datagrams = encoder.encode(&many, 1_687_074_400_000);
            assert_eq!(word(&datagrams[0], 0), if version == Version::V9 { 9 } else { 10 });
            assert_eq!(word(&datagrams[0], header), set, "templates first");
            let shape = Shape { v6: false, fingerprints: false, ipfix: version == Version::Ipfix };
            let mut records = 0;
            for datagram in &datagrams[1..] {
                assert!(datagram.len() <= DATAGRAM);
                assert_eq!(word(datagram, header), 257);
                assert_eq!(usize::from(word(datagram, header + 2)), datagram.len() - header);
                records += (datagram.len() - header - 4) / shape.len();
            }
            assert_eq!(records, 100);
            let again = encoder.encode(&[flow()], 1_687_074_400_500);
            assert_eq!(again.len(), 1, "templates are not told with every datagram");
            assert_eq!(encoder.encode(&[flow()], 1_687_074_470_000).len(), 2, "but after a minute");
        }
    }

    #[test]
    fn a_threat_is_in_liuyings_elements() {
        let mut flow = flow();
        flow.threat = Some(Threat {
            fingerprint: Fingerprint {
                kind: "SQL".into(),
                name: "a name that is longer than thirty-two bytes".into(),
                time: 1_687_074_364_968_817,
                ..Fingerprint::default()
            },
            index: "120,168".into(),
        });
        let mut encoder = Encoder::new(Version::V9, 7, 1_687_074_400_000);
        let datagram = encoder.encode(&[flow], 1_687_074_400_000).remove(1);
        assert_eq!(word(&datagram, 20), 258);
        let shape = Shape { v6: false, fingerprints: true, ipfix: false };
        let mut at = 24;
        let mut seen = Vec::new();
        for element in shape.elements() {
            let bytes = &datagram[at..at + usize::from(element.len)];
            match element.id {
                57_705 => assert_eq!(bytes, [b"SQL".as_slice(), &[0; 29]].concat()),
                57_706 => {
                    assert_eq!(bytes, [b"a name that is longer than thirt".get(..31).unwrap(), &[0]].concat())
                }
                57_712 => assert_eq!(bytes, 1_687_074_364_968_817u64.to_be_bytes()),
                57_720 => assert_eq!(&bytes[..8], b"120,168\0"),
                8 => assert_eq!(bytes, [10, 10, 1, 87]),
                _ => {}
            }
            seen.push(element.id);
            at += usize::from(element.len);
        }
        assert!(seen.contains(&57_692) && seen.contains(&57_711));
        // in IPFIX they are an enterprise's
        let mut template = Vec::new();
        Shape { ipfix: true, ..shape }.write_template(&mut template);
        let own: Vec<u8> =
            [57_720u16.to_be_bytes().as_slice(), &16u16.to_be_bytes(), &0x1968u32.to_be_bytes()].concat();
        assert!(template.ends_with(&own));
    }
}
