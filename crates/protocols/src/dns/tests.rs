use crate::Transport;
use crate::testing::Talk;
use serde_json::json;
use session::perf;

/// A message: id, flags, questions, then the sections as they are.
fn message(id: u16, flags: u16, counts: [u16; 4], body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for n in [id, flags].into_iter().chain(counts) {
        bytes.extend(n.to_be_bytes());
    }
    bytes.extend(body);
    bytes
}

const QUESTION: &[u8] = b"\x03wWw\x07example\x03com\x00\x00\x01\x00\x01";

fn response() -> Vec<u8> {
    let mut body = QUESTION.to_vec();
    body.extend(b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x06\x03web\xc0\x10");
    body.extend(b"\xc0\x2d\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x07");
    body.extend(b"\xc0\x10\x00\x02\x00\x01\x00\x00\x00\x3c\x00\x05\x02ns\xc0\x10");
    body.extend(b"\xc0\x4f\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x35");
    body.extend(b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00"); // EDNS
    message(7, 0x8180, [1, 2, 1, 2], &body)
}

#[test]
fn question_and_answer_over_udp() {
    let query = message(7, 0x0100, [1, 0, 0, 0], QUESTION);
    let doc = Talk::new(Transport::Udp, 40_000, 53).src(&query).dst(response()).json();
    assert_eq!(doc["protocol"], json!(["dns"]));
    assert_eq!(
        doc["dns"],
        json!([{
            "answers": [
                {"class": "IN", "cname": "web.example.com", "name": "wWw.example.com", "ttl": 60, "type": "CNAME"},
                {"class": "IN", "ip": "192.0.2.7", "name": "web.example.com", "ttl": 60, "type": "A"},
                {"class": "IN", "name": "example.com", "nameserver": "ns.example.com", "ttl": 60, "type": "NS"},
                {"class": "IN", "ip": "192.0.2.53", "name": "ns.example.com", "ttl": 60, "type": "A"},
            ],
            "answersCnt": 4, "headerFlags": ["RD", "RA"],
            "host": ["www.example.com", "web.example.com"], "hostCnt": 2, "ip": ["192.0.2.7"], "ipCnt": 1,
            "nameserverHost": ["ns.example.com"], "nameserverHostCnt": 1,
            "nameserverIp": ["192.0.2.53"], "nameserverIpCnt": 1,
            "opcode": "QUERY", "qc": "IN", "qt": "A", "queryHost": "www.example.com", "status": "NOERROR",
        }])
    );
    assert_eq!(doc["perf"]["dns"]["time"], 1_000, "1 ms");
    assert_eq!(doc["transaction"][0]["request"], "A wWw.example.com");
}

#[test]
fn a_query_that_is_sent_again_waits_since_the_first() {
    let query = message(7, 0x0100, [1, 0, 0, 0], QUESTION);
    let doc =
        Talk::new(Transport::Udp, 40_000, 53).src(&query).src(&query).dst(response()).dst(response());
    let doc = doc.close();
    assert_eq!(doc.int(&perf::DNS_TIME), Some(2_000));
    assert_eq!(doc.int(&perf::DNS_COUNT), Some(1));
    assert_eq!(doc.objects().iter().filter(|o| o.def == &super::fields::DNS).count(), 1);
}

#[test]
fn over_tcp_in_any_pieces() {
    let mut stream = Vec::new();
    for id in 0..3u16 {
        let query = message(id, 0x0100, [1, 0, 0, 0], QUESTION);
        stream.extend((query.len() as u16).to_be_bytes());
        stream.extend(query);
    }
    for n in [1, 2, 5, 1_000] {
        let doc = Talk::new(Transport::Tcp, 40_000, 53).src_in(n, &stream).json();
        assert_eq!(doc["dns"][0]["host"], json!(["www.example.com"]), "{n}");
        assert_eq!(doc["dnsCnt"], 1);
        assert_eq!(doc["protocol"], json!(["dns"]));
    }
}

#[test]
fn what_is_no_dns_is_not_named() {
    let doc = Talk::new(Transport::Udp, 40_000, 53).src(b"GET / HTTP/1.0\r\n\r\n").json();
    assert_eq!(doc.get("protocol"), None);
    let doc = Talk::new(Transport::Udp, 40_000, 53).src(b"\0\0\0\0").json();
    assert_eq!(doc.get("protocol"), None);
}

#[test]
fn multicast_names_are_hosts() {
    let mut body = b"\x05_http\x04_tcp\x05local\x00\x00\x0c\x00\x01\x00\x00\x11\x94".to_vec();
    body.extend(b"\x00\x0a\x07printer\xc0\x0c");
    body.extend(b"\x06office\xc0\x17\x00\x01\x80\x01\x00\x00\x00\x78\x00\x04\x0a\x00\x00\x09");
    let doc = Talk::new(Transport::Udp, 5_353, 5_353).src(message(0, 0x8400, [0, 1, 0, 1], &body)).json();
    assert_eq!(doc["protocol"], json!(["mdns"]));
    assert_eq!(
        doc["dns"][0]["host"],
        json!(["_http._tcp.local", "printer._http._tcp.local", "office.local"])
    );
    assert_eq!(doc["dns"][0]["ip"], json!(["10.0.0.9"]));
    assert_eq!(doc["dns"][0]["answers"][1]["class"], "IN");
    assert_eq!(doc.get("tags"), None);
}

#[test]
fn internationalised_names_are_readable() {
    let query = message(1, 0x0100, [1, 0, 0, 0], b"\x0dxn--bcher-kva\x02ch\x00\x00\x01\x00\x01");
    let doc = Talk::new(Transport::Udp, 1, 53).src(&query).json();
    assert_eq!(doc["dns"][0]["host"], json!(["bücher.ch"]));
    assert_eq!(doc["dns"][0]["puny"], json!(["xn--bcher-kva.ch"]));
    let query = message(1, 0x0100, [1, 0, 0, 0], b"\x08xn--9999\x02ch\x00\x00\x01\x00\x01");
    let doc = Talk::new(Transport::Udp, 1, 53).src(&query).json();
    assert_eq!(doc["tags"], json!(["bad-punycode"]));
}

#[test]
fn a_document_does_not_grow_without_bound() {
    let mut script = Talk::new(Transport::Udp, 40_000, 53);
    for n in 0..40_000u32 {
        let name = format!("\x08{n:08x}\x03com\x00\x00\x10\x00\x01");
        let mut body = name.into_bytes();
        body.extend(b"\xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x00\x00\x65\x64");
        body.extend([b'x'; 100]);
        script = script.dst(message(n as u16, 0x8180, [1, 1, 0, 0], &body));
    }
    let doc = script.close();
    assert!(doc.memory() < 8 << 20, "{} bytes", doc.memory());
    assert!(doc.values(&session::core::TAGS).unwrap().texts().iter().any(|t| t == "truncated-field-dns"));
}
