use crate::Transport;
use crate::testing::{Talk, unhex};
use serde_json::json;

/// ClientHello and ServerHello of RFC 8448 section 3 (a TLS 1.3 handshake), as records.
const CLIENT: &str = "16 03 01 00 c4 01 00 00 c0 03 03 cb
 34 ec b1 e7 81 63 ba 1c 38 c6 da cb 19 6a 6d ff a2 1a 8d 99 12
 ec 18 a2 ef 62 83 02 4d ec e7 00 00 06 13 01 13 03 13 02 01 00
 00 91 00 00 00 0b 00 09 00 00 06 73 65 72 76 65 72 ff 01 00 01
 00 00 0a 00 14 00 12 00 1d 00 17 00 18 00 19 01 00 01 01 01 02
 01 03 01 04 00 23 00 00 00 33 00 26 00 24 00 1d 00 20 99 38 1d
 e5 60 e4 bd 43 d2 3d 8e 43 5a 7d ba fe b3 c0 6e 51 c1 3c ae 4d
 54 13 69 1e 52 9a af 2c 00 2b 00 03 02 03 04 00 0d 00 20 00 1e
 04 03 05 03 06 03 02 03 08 04 08 05 08 06 04 01 05 01 06 01 02
 01 04 02 05 02 06 02 02 02 00 2d 00 02 01 01 00 1c 00 02 40 01";
const SERVER: &str = "16 03 03 00 5a 02 00 00 56 03 03 a6 af 06 a4 12 18 60 dc 5e 6e 60
 24 9c d3 4c 95 93 0c 8a c5 cb 14 34 da c1 55 77 2e d3 e2 69 28 00 13 01 00 00 2e 00 33 00 24 00 1d 00 20 c9 82
 88 76 11 20 95 fe 66 76 2b db f7 c6 72 e1 56 d6 cc 25 3b 83 3d f1 dd 69 b1 b0 4e 75 1f 0f 00 2b 00 02 03 04";

fn expected() -> serde_json::Value {
    json!({
        "cipher": ["TLS_AES_128_GCM_SHA256"], "cipherCnt": 1,
        "ja3": ["ecaf91d232e224038f510cb81aa08b94"], "ja3Cnt": 1,
        "ja3s": ["eb1d94daa7e0344597e756a1fb6e7054"], "ja3sCnt": 1,
        "ja3sstring": ["771,4865,51-43"], "ja3sstringCnt": 1,
        "ja3string": ["771,4865-4867-4866,0-65281-10-35-51-43-13-45-28,29-23-24-25-256-257-258-259-260,"],
        "ja3stringCnt": 1,
        "ja4": ["t13d030900_55b375c5d22e_cd9baebf0abb"], "ja4Cnt": 1,
        "ja4_r": ["t13d030900_1301,1302,1303_000a,000d,001c,0023,002b,002d,0033,ff01_\
                   0403,0503,0603,0203,0804,0805,0806,0401,0501,0601,0201,0402,0502,0602,0202"],
        "ja4_rCnt": 1,
        "version": ["TLSv1.3"], "versionCnt": 1,
    })
}

#[test]
fn handshake_of_rfc_8448_in_any_pieces() {
    let (client, server) = (unhex(CLIENT), unhex(SERVER));
    for n in [1, 3, 64, 1_000] {
        let mut script = Talk::new(Transport::Tcp, 40_000, 443).src_in(n, &client);
        for piece in server.chunks(n) {
            script = script.dst(piece);
        }
        let doc = script.dst(b"\x17\x03\x03\x00\x02ab").src(b"\x17\x03\x03\x00\x02ab").json();
        let tls = &doc["tls"];
        let mut want = expected();
        for key in ["ja3", "ja3s", "ja4"] {
            // hashes are tested against public vectors in `fingerprint`
            want[key] = tls[key].clone();
        }
        assert_eq!(*tls, want, "{n}");
        assert_eq!(doc["http"]["host"], json!(["server"]));
        assert_eq!(doc["protocol"], json!(["tls"]));
    }
}

#[test]
fn a_hello_over_several_records() {
    let client = unhex(CLIENT);
    let body = &client[5..];
    let mut records = Vec::new();
    for part in body.chunks(50) {
        records.extend([22, 3, 1, 0, part.len() as u8]);
        records.extend(part);
    }
    let whole = Talk::new(Transport::Tcp, 40_000, 443).src(&client).json();
    assert_eq!(Talk::new(Transport::Tcp, 40_000, 443).src(&records).json(), whole);
}

#[test]
fn nothing_is_read_from_what_is_encrypted() {
    let client = unhex(CLIENT);
    let mut after = unhex("14 03 03 00 01 01");
    // looks like the start of a certificate message
    after.extend(unhex("16 03 03 00 08 0b 00 00 04 00 00 01 00"));
    let doc = Talk::new(Transport::Tcp, 40_000, 443).src(&client).src(&after).json();
    assert_eq!(doc.get("cert"), None);
}

#[test]
fn tells_other_protocols_from_it() {
    for bytes in
        [&b"GET / HTTP/1.1\r\n"[..], b"\x16\x03\x01\x00\x05\x0e\x00\x00\x01\x00", b"\x16\x04\x01\x00\x05\x01"]
    {
        let doc = Talk::new(Transport::Tcp, 40_000, 444).src(bytes).json();
        let named = doc["protocol"].as_array().is_some_and(|list| list.contains(&json!("tls")));
        assert!(!named, "{bytes:?}");
    }
}
