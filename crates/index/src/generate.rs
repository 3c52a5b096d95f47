//! Realistic session documents without end, always the same for the same seed: for benchmarks.
//!
//! 45 % DNS, 35 % TLS (certificates on 40 % of them), 15 % HTTP, the rest bare. Addresses by Zipf's law over 50,000
//! inside and 500,000 outside (5 % IPv6), 200,000 host names, 20,000 AS names, 5,000 user agents, mostly unique URIs, a
//! community id each, 20 packet positions each whose gaps are random; in time order, 10 million to a day.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use fields::ObjectDef;
use session::{Object, Positions, SessionDoc, SessionId, core, perf};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A certificate, as the TLS parser gives it.
pub static CERTIFICATE: ObjectDef = ObjectDef::new("cert", "A certificate.");

fields::fields! { "bench";
    /// Host names asked for.
    DNS_HOST: Lower = "host.dns" @ "dns.host", "Host".tokens();
    /// Addresses in answers.
    DNS_IP: Ip = "ip.dns" @ "dns.ip", "IP".aliases(&["dns.ip"]);
    /// Query types.
    DNS_TYPE: Upper = "dns.query.type" @ "dns.qt", "Query Type";
    /// Response codes.
    DNS_STATUS: Upper = "dns.status" @ "dns.status", "Status Code";
    /// Server names.
    TLS_HOST: Lower = "host.http" @ "http.host", "Hostname".tokens();
    /// Protocol versions.
    TLS_VERSION: Term = "tls.version" @ "tls.version", "Version";
    /// Cipher suites.
    TLS_CIPHER: Upper = "tls.cipher" @ "tls.cipher", "Cipher";
    /// JA3 of the client.
    TLS_JA3: Lower = "tls.ja3" @ "tls.ja3", "JA3";
    /// JA3 of the server.
    TLS_JA3S: Lower = "tls.ja3s" @ "tls.ja3s", "JA3S";
    /// JA4 of the client.
    TLS_JA4: Lower = "tls.ja4" @ "tls.ja4", "JA4";
    /// Names in certificates.
    CERT_ALT: Lower = "cert.alt" @ "cert.alt", "Alt Name".inside(&CERTIFICATE);
    /// Issuers.
    CERT_ISSUER: Lower = "cert.issuer.cn" @ "cert.issuerCN", "Issuer CN".inside(&CERTIFICATE);
    /// Serial numbers.
    CERT_SERIAL: Lower = "cert.serial" @ "cert.serial", "Serial Number".one().inside(&CERTIFICATE);
    /// Not valid before.
    CERT_NOT_BEFORE: Time = "cert.notbefore" @ "cert.notBefore", "Not Before".one().inside(&CERTIFICATE);
    /// Not valid after.
    CERT_NOT_AFTER: Time = "cert.notafter" @ "cert.notAfter", "Not After".one().inside(&CERTIFICATE);
    /// Fingerprints.
    CERT_HASH: Lower = "cert.hash" @ "cert.hash", "Hash".one().inside(&CERTIFICATE);
    /// URIs.
    HTTP_URI: Term = "http.uri" @ "http.uri", "URI".tokens();
    /// User agents.
    HTTP_AGENT: Term = "http.user-agent" @ "http.useragent", "User Agent".tokens();
    /// Methods.
    HTTP_METHOD: Term = "http.method" @ "http.method", "Method";
    /// Status codes.
    HTTP_STATUS: Int = "http.statuscode" @ "http.statuscode", "Status Code";
    /// MD5 of bodies.
    HTTP_MD5: Lower = "http.md5" @ "http.md5", "Body MD5";
}

/// Documents of one day.
const PER_DAY: u64 = 10_000_000;
/// First packet of the first document: 2026-11-22 00:00 UTC.
const START_MS: i64 = 1_795_305_600_000;

/// An endless run of documents.
#[derive(Clone, Debug)]
pub struct Documents {
    random: u64,
    made: u64,
    offset: u64,
}

impl Documents {
    /// Always the same documents for the same seed.
    pub fn new(seed: u64) -> Self {
        Self { random: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03, made: 0, offset: 24 }
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.random)
    }
    fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }
    fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
    /// A number below `limit` by Zipf's law with exponent 1.
    fn zipf(&mut self, limit: u64) -> u64 {
        let unit = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        ((limit as f64).powf(unit) as u64).saturating_sub(1).min(limit - 1)
    }

    fn inside(&mut self) -> IpAddr {
        let n = self.zipf(50_000);
        if n % 20 == 19 {
            return IpAddr::V6(Ipv6Addr::from(0x2001_0db8_u128 << 96 | u128::from(mix(n))));
        }
        let n = n as u32;
        IpAddr::V4(Ipv4Addr::from(0x0A00_0000 | (n * 251) & 0x00FF_FFFF))
    }
    fn outside(&mut self) -> IpAddr {
        let n = self.zipf(500_000);
        if n % 20 == 19 {
            return IpAddr::V6(Ipv6Addr::from(0x2a00_1450_u128 << 96 | u128::from(mix(n))));
        }
        IpAddr::V4(Ipv4Addr::from((mix(n) as u32 & 0x7FFF_FFFF) | 0x1000_0000))
    }
    fn host(&mut self) -> String {
        let n = self.zipf(200_000);
        let h = mix(n);
        let tops = ["com", "net", "org", "de", "cn", "io"];
        let names = ["www", "api", "cdn", "mail", "static", "img", "login", "edge"];
        let pick =
            |list: &[&'static str], by: u64| list.get(by as usize % list.len()).copied().unwrap_or("x");
        format!(
            "{}{}.{}-{:x}.{}",
            pick(&names, h),
            h >> 60,
            pick(&["shop", "news", "cloud", "data"], h >> 8),
            n / 3,
            pick(&tops, h >> 16)
        )
    }
    fn hex(&mut self, of: u64, limit: u64) -> String {
        let n = self.zipf(limit);
        format!("{:016x}{:016x}", mix(n ^ of), mix(n.wrapping_add(of)))
    }
}

fn mix(n: u64) -> u64 {
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}

impl Iterator for Documents {
    type Item = SessionDoc;

    fn next(&mut self) -> Option<SessionDoc> {
        let mut doc = SessionDoc::new();
        let number = self.made;
        self.made += 1;
        let first = START_MS + (number * 86_400_000 / PER_DAY) as i64;
        let kind = self.below(100);
        let length = (self.zipf(120_000)) as i64;
        let (inside, outside) = (self.inside(), self.outside());
        doc.add(&core::START_TIME, first);
        doc.add(&core::STOP_TIME, first + length);
        doc.add(&core::LENGTH, length);
        doc.add(&core::NODE, "node-1");
        doc.add(&core::IP_PROTOCOL, if kind < 45 { 17 } else { 6 });
        doc.add(&core::SRC_IP, inside);
        doc.add(&core::SRC_PORT, 1_024 + self.below(64_000) as i64);
        doc.add(&core::DST_IP, outside);
        let port = match kind {
            0..45 => 53,
            45..80 => 443,
            80..95 => 80,
            _ => 1 + self.zipf(60_000) as i64,
        };
        doc.add(&core::DST_PORT, port);
        let packets =
            if kind < 45 { (1, 1) } else { (3 + self.zipf(2_000) as i64, 3 + self.zipf(2_000) as i64) };
        let data = (packets.0 * (40 + self.below(200) as i64), packets.1 * (60 + self.below(1_200) as i64));
        doc.add(&core::PACKETS, packets.0 + packets.1);
        doc.add(&core::SRC_PACKETS, packets.0);
        doc.add(&core::DST_PACKETS, packets.1);
        doc.add(&core::BYTES, data.0 + data.1 + 54 * (packets.0 + packets.1));
        doc.add(&core::SRC_BYTES, data.0 + 54 * packets.0);
        doc.add(&core::DST_BYTES, data.1 + 54 * packets.1);
        doc.add(&core::DATA_BYTES, data.0 + data.1);
        doc.add(&core::SRC_DATA_BYTES, data.0);
        doc.add(&core::DST_DATA_BYTES, data.1);
        doc.add(&core::SEGMENTS, 1);
        doc.protocol(if kind < 45 { "udp" } else { "tcp" });
        let mac = self.zipf(3_000);
        doc.add(
            &core::SRC_MAC,
            &format!("00:1b:{:02x}:{:02x}:{:02x}:01", mac >> 8 & 255, mac & 255, mac % 251),
        );
        doc.add(&core::DST_MAC, "00:25:90:00:00:01");
        doc.add(
            &core::SRC_OUI,
            ["Intel", "Dell", "HP", "Lenovo"].get(mac as usize % 4).copied().unwrap_or(""),
        );
        let asn = self.zipf(20_000);
        doc.add(&core::DST_ASN, &format!("AS{} Network {:x}", 1_000 + asn, mix(asn) >> 44));
        doc.add(&core::DST_AS_NUMBER, 1_000 + asn as i64);
        let countries = ["US", "DE", "CN", "FR", "GB", "NL", "JP", "BR", "IN", "RU"];
        doc.add(&core::DST_COUNTRY, countries.get(asn as usize % countries.len()).copied().unwrap_or("US"));
        doc.add(&core::DST_RIR, ["ARIN", "RIPE", "APNIC"].get(asn as usize % 3).copied().unwrap_or("ARIN"));
        doc.add(&core::SRC_TTL, [64, 128].get(mac as usize % 2).copied().unwrap_or(64));
        doc.add(&core::DST_TTL, 40 + self.below(24) as i64);
        let mut hash = [0u8; 20];
        hash.chunks_mut(8).for_each(|part| {
            let random = self.next().to_le_bytes();
            part.iter_mut().zip(random).for_each(|(a, b)| *a = b);
        });
        doc.add(&core::COMMUNITY_ID, &format!("1:{}", STANDARD.encode(hash)));
        match kind {
            0..45 => self.dns(&mut doc),
            45..80 => self.tls(&mut doc),
            80..95 => self.http(&mut doc),
            _ => {}
        }
        if kind >= 45 {
            doc.add(&core::TCP_SYN, 1);
            doc.add(&core::TCP_SYN_ACK, 1);
            doc.add(&core::TCP_ACK, packets.0);
            doc.add(&core::TCP_PSH, packets.1 / 2);
            doc.add(&core::TCP_FIN, 2);
            doc.add(&core::TCP_RST, i64::from(self.percent(5)));
            doc.add(&core::INIT_RTT, self.zipf(300) as i64);
            doc.add(&perf::TCP_HANDSHAKE, self.zipf(300_000) as i64);
            if self.percent(10) {
                doc.add(&perf::TCP_RETRANSMISSIONS_DST, 1 + self.zipf(20) as i64);
            }
        }
        let mut positions = Positions::default();
        let mut file = 0;
        for _ in 0..20 {
            self.offset += 200 + self.below(16_000);
            positions.push(1 + (self.offset >> 31) as u32, &mut file, self.offset & 0x7FFF_FFFF, None);
        }
        doc.positions = positions;
        let mut unique = [0u8; 16];
        let (a, b) = (self.next().to_le_bytes(), mix(number).to_le_bytes());
        unique.iter_mut().zip(a.into_iter().chain(b)).for_each(|(to, from)| *to = from);
        doc.id = SessionId::new(first + length, unique);
        Some(doc)
    }
}

impl Documents {
    fn dns(&mut self, doc: &mut SessionDoc) {
        doc.protocol("dns");
        let host = self.host();
        doc.add(&DNS_HOST, &host);
        doc.add(&DNS_TYPE, if self.percent(70) { "A" } else { "AAAA" });
        doc.add(&DNS_STATUS, if self.percent(92) { "NOERROR" } else { "NXDOMAIN" });
        for _ in 0..self.below(4) {
            let ip = self.outside();
            doc.add(&DNS_IP, ip);
        }
        doc.add(&perf::DNS_COUNT, 1);
        doc.add(&perf::DNS_TIME, self.zipf(200_000) as i64);
    }
    fn tls(&mut self, doc: &mut SessionDoc) {
        doc.protocol("tls");
        let host = self.host();
        doc.add(&TLS_HOST, &host);
        doc.add(&TLS_VERSION, if self.percent(75) { "TLSv1.3" } else { "TLSv1.2" });
        let ciphers = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
        doc.add(&TLS_CIPHER, ciphers.get(self.zipf(3) as usize).copied().unwrap_or(""));
        let (ja3, ja3s) = (self.hex(1, 3_000), self.hex(2, 800));
        doc.add(&TLS_JA3, &ja3);
        doc.add(&TLS_JA3S, &ja3s);
        let ja4 = format!("t13d1516h2_{}", ja3s.get(..12).unwrap_or(""));
        doc.add(&TLS_JA4, &ja4);
        if self.percent(40) {
            let mut certificate = Object::new(&CERTIFICATE);
            certificate.add(&CERT_ALT, &host);
            certificate.add(&CERT_ALT, &format!("*.{host}"));
            certificate.add(
                &CERT_ISSUER,
                ["r3", "e1", "digicert global g2", "gts ca 1c3"]
                    .get(self.zipf(4) as usize)
                    .copied()
                    .unwrap_or(""),
            );
            certificate.add(
                &CERT_SERIAL,
                &format!("{:016x}", mix(host.len() as u64 ^ host.bytes().map(u64::from).sum::<u64>())),
            );
            let before = START_MS - self.zipf(300) as i64 * 86_400_000;
            certificate.add(&CERT_NOT_BEFORE, before);
            certificate.add(&CERT_NOT_AFTER, before + 90 * 86_400_000);
            certificate.add(&CERT_HASH, &self.hex(3, 100_000));
            doc.push(certificate);
        }
    }
    fn http(&mut self, doc: &mut SessionDoc) {
        doc.protocol("http");
        let host = self.host();
        doc.add(&TLS_HOST, &host);
        doc.add(&HTTP_METHOD, if self.percent(80) { "GET" } else { "POST" });
        let uri = if self.percent(85) {
            format!(
                "{host}/{}/{:x}?id={:x}",
                ["img", "api/v2", "search", "static/js"].get(self.below(4) as usize).copied().unwrap_or(""),
                self.next() >> 24,
                self.next() >> 16
            )
        } else {
            format!("{host}/index.html")
        };
        doc.add(&HTTP_URI, &uri);
        let agent = self.zipf(5_000);
        doc.add(
            &HTTP_AGENT,
            &format!("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.{} Chrome/{}.0", agent % 50, agent),
        );
        doc.add(
            &HTTP_STATUS,
            [200, 200, 200, 304, 404, 500].get(self.below(6) as usize).copied().unwrap_or(200),
        );
        doc.add(&HTTP_MD5, &self.hex(4, 1_000_000));
        doc.add(&perf::HTTP_COUNT, 1);
        doc.add(&perf::HTTP_TIME, self.zipf(2_000_000) as i64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_the_same_for_a_seed_and_as_large_as_said() {
        let some: Vec<SessionDoc> = Documents::new(1).take(2_000).collect();
        assert_eq!(some, Documents::new(1).take(2_000).collect::<Vec<_>>());
        let bytes: usize = some
            .iter()
            .map(|d| session::json::document(d, session::json::PositionForm::Gap0).to_string().len())
            .sum();
        let mean = bytes / some.len();
        assert!((800..1_300).contains(&mean), "{mean} bytes of JSON");
        fields::audit(FIELDS);
    }
}
