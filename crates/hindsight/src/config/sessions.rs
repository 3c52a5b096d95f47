//! `[sessions]` and `[parsing]`: when a session ends, what makes two packets one session, and what of it is written down.

use super::{Config, Size, Span};
use capture::{Limits, Options, TimeOuts};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// `[sessions]`: when sessions end, what tells them apart, and how much of them is held.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tracking {
    pub tcp: Span,
    pub tcp_closing: Span,
    pub udp: Span,
    pub icmp: Span,
    pub sctp: Span,
    pub esp: Span,
    pub other: Span,
    pub fragments: Span,
    pub save_after: Span,
    pub max_packets: u32,
    pub vlan_in_key: bool,
    pub same_vlans: Vec<(u16, u16)>,
    pub vni_in_key: bool,
    pub packet_lengths: bool,
    pub max_open: usize,
    pub max_segments: usize,
    pub max_segment_bytes: Size,
    pub reassembly_memory: Size,
    pub max_datagrams: usize,
    pub fragments_memory: Size,
    pub max_document: Size,
    pub queue_memory: Size,
}

const fn seconds(count: i64) -> Span {
    Span(Duration::from_secs(count.unsigned_abs()))
}

const fn bytes(count: usize) -> Size {
    Size(count as u64)
}

impl Default for Tracking {
    fn default() -> Self {
        let Options { timeouts, limits, save_after, max_packets, .. } = Options::default();
        Self {
            tcp: seconds(timeouts.tcp),
            tcp_closing: seconds(timeouts.tcp_closing),
            udp: seconds(timeouts.udp),
            icmp: seconds(timeouts.icmp),
            sctp: seconds(timeouts.sctp),
            esp: seconds(timeouts.esp),
            other: seconds(timeouts.other),
            fragments: seconds(timeouts.fragments),
            save_after: seconds(save_after),
            max_packets,
            vlan_in_key: false,
            same_vlans: Vec::new(),
            vni_in_key: false,
            packet_lengths: false,
            max_open: limits.sessions,
            max_segments: limits.segments,
            max_segment_bytes: bytes(limits.segment_bytes),
            reassembly_memory: bytes(limits.reassembly_bytes),
            max_datagrams: limits.datagrams,
            fragments_memory: bytes(limits.datagram_bytes),
            max_document: bytes(limits.document_bytes),
            queue_memory: bytes(limits.queue_bytes),
        }
    }
}

impl Tracking {
    fn timeouts(&self) -> TimeOuts {
        let seconds = |span: Span| i64::try_from(span.0.as_secs()).unwrap_or(i64::MAX);
        TimeOuts {
            tcp: seconds(self.tcp),
            tcp_closing: seconds(self.tcp_closing),
            udp: seconds(self.udp),
            icmp: seconds(self.icmp),
            sctp: seconds(self.sctp),
            esp: seconds(self.esp),
            other: seconds(self.other),
            fragments: seconds(self.fragments),
        }
    }

    fn limits(&self) -> Limits {
        let bytes = |size: Size| usize::try_from(size.0).unwrap_or(usize::MAX);
        Limits {
            sessions: self.max_open,
            segments: self.max_segments,
            segment_bytes: bytes(self.max_segment_bytes),
            reassembly_bytes: bytes(self.reassembly_memory),
            datagrams: self.max_datagrams,
            datagram_bytes: bytes(self.fragments_memory),
            document_bytes: bytes(self.max_document),
            queue_bytes: bytes(self.queue_memory),
        }
    }

    /// What no single value can be checked for.
    pub(super) fn check(&self) -> Result<(), String> {
        let spans = [
            ("tcp", self.tcp),
            ("tcp_closing", self.tcp_closing),
            ("udp", self.udp),
            ("icmp", self.icmp),
            ("sctp", self.sctp),
            ("esp", self.esp),
            ("other", self.other),
            ("fragments", self.fragments),
            ("save_after", self.save_after),
        ];
        for (name, span) in spans {
            if span.0.as_secs() < 1 || span.0.subsec_nanos() > 0 {
                return Err(format!("[sessions] {name} = \"{span}\": whole seconds, at least 1s"));
            }
        }
        let counts = [
            ("max_packets", self.max_packets as usize, 2),
            ("max_open", self.max_open, 1_000),
            ("max_segments", self.max_segments, 1),
            ("max_datagrams", self.max_datagrams, 1),
        ];
        for (name, value, least) in counts {
            if value < least {
                return Err(format!("[sessions] {name} = {value}: at least {least}"));
            }
        }
        let sizes = [
            ("max_segment_bytes", self.max_segment_bytes, 1 << 16),
            ("reassembly_memory", self.reassembly_memory, 1 << 20),
            ("fragments_memory", self.fragments_memory, 1 << 16),
            ("max_document", self.max_document, 1 << 14),
            ("queue_memory", self.queue_memory, 1 << 20),
        ];
        for (name, size, least) in sizes {
            if size.0 < least {
                return Err(format!("[sessions] {name} = \"{size}\": at least {}", Size(least)));
            }
        }
        match self.same_vlans.iter().flat_map(|(one, other)| [*one, *other]).find(|vlan| *vlan > 4_094) {
            Some(vlan) => {
                Err(format!("[sessions] same_vlans: {vlan} is no VLAN; they go to 4094, 0 is none"))
            }
            None => Ok(()),
        }
    }
}

/// `[parsing]`: the optional parts of documents.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Parsing {
    pub all_headers: bool,
    pub cookies: bool,
    pub query_strings: bool,
    pub request_body: Size,
    pub dns_answers: bool,
    pub sha256: bool,
    pub ja3_strings: bool,
    pub ja4_raw: bool,
}

impl Default for Parsing {
    fn default() -> Self {
        let default = protocols::Options::default();
        Self {
            all_headers: default.all_headers,
            cookies: default.cookies,
            query_strings: default.query_strings,
            request_body: bytes(default.request_body),
            dns_answers: default.dns_answers,
            sha256: default.sha256,
            ja3_strings: default.ja3_strings,
            ja4_raw: default.ja4_raw,
        }
    }
}

impl Config {
    /// How a capture of this machine is made into sessions, live, from a file, or once more after a crash: always alike, so that the same
    /// packets give the same sessions.
    pub fn options(&self, node: &str, tags: &[String]) -> Options {
        let (sessions, parsing) = (&self.sessions, &self.parsing);
        Options {
            node: node.to_owned(),
            tags: tags.to_vec(),
            parsers: protocols::Options {
                all_headers: parsing.all_headers,
                cookies: parsing.cookies,
                query_strings: parsing.query_strings,
                request_body: usize::try_from(parsing.request_body.0).unwrap_or(usize::MAX),
                dns_answers: parsing.dns_answers,
                sha256: parsing.sha256,
                ja3_strings: parsing.ja3_strings,
                ja4_raw: parsing.ja4_raw,
            },
            vlan_in_key: sessions.vlan_in_key,
            same_vlans: sessions.same_vlans.clone(),
            vni_in_key: sessions.vni_in_key,
            packet_lengths: sessions.packet_lengths,
            timeouts: sessions.timeouts(),
            save_after: i64::try_from(sessions.save_after.0.as_secs()).unwrap_or(i64::MAX),
            max_packets: sessions.max_packets,
            limits: sessions.limits(),
            ..Options::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_set_means_the_pipelines_own_defaults() {
        let options = Config::default().options("n", &["t".to_owned()]);
        let default = Options { node: "n".into(), tags: vec!["t".into()], ..Options::default() };
        assert_eq!(options, default);
    }

    #[test]
    fn what_is_set_reaches_the_pipeline() {
        let text = "[sessions]\nudp = \"90s\"\nmax_packets = 500\nsame_vlans = [[50, 0]]\nqueue_memory = \"1GiB\"\n[parsing]\nsha256 = true\n";
        let config: Config = toml::from_str(text).unwrap();
        config.check().unwrap();
        let options = config.options("n", &[]);
        assert_eq!(
            (options.timeouts.udp, options.max_packets, options.limits.queue_bytes),
            (90, 500, 1 << 30)
        );
        assert_eq!(options.same_vlans, [(50, 0)]);
        assert!(options.parsers.sha256);
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_name() {
        for (text, said) in [
            ("udp = \"0s\"", "[sessions] udp"),
            ("tcp = \"1.5s\"", "whole seconds"),
            ("max_packets = 1", "[sessions] max_packets = 1: at least 2"),
            ("same_vlans = [[5000, 0]]", "5000 is no VLAN"),
            ("queue_memory = \"1KB\"", "[sessions] queue_memory"),
        ] {
            let config: Config = toml::from_str(&format!("[sessions]\n{text}\n")).unwrap();
            let error = config.check().unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
