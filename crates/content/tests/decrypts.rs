//! Real connections of OpenSSL with their key logs (`tests/tls`, made by `s_server -WWW` and `s_client -keylogfile`).

use content::tls::{KeyLog, decrypt};
use packets::{ConversationBuilder, Packet, Turn};
use session::SessionId;

fn turns(name: &str) -> Vec<Turn> {
    let bytes = std::fs::read(format!("{}/tests/tls/{name}.pcap", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let mut builder = ConversationBuilder::new(None, 1 << 20);
    for record in pcap::Slice::new(&bytes).unwrap().flatten() {
        builder.packet(&Packet {
            session: 0,
            id: SessionId::default(),
            time: record.time,
            bytes: record.bytes,
            original_len: record.original_len,
            link: record.link,
            interface: None,
            nanos: false,
        });
    }
    builder.finish().turns
}

fn log(name: &str) -> String {
    std::fs::read_to_string(format!("{}/tests/tls/{name}.keys", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

const NAMES: [&str; 7] = [
    "tls13-aes128",
    "tls13-aes256",
    "tls13-chacha",
    "tls12-gcm",
    "tls12-chacha",
    "tls12-cbc-etm",
    "tls12-cbc-sha",
];

#[test]
fn what_was_said_inside_is_read() {
    for name in NAMES {
        let mut keys = KeyLog::new();
        assert!(keys.read(&log(name)) > 0, "{name}");
        let found = decrypt(&turns(name), &keys).unwrap_or_else(|| panic!("{name} was not decrypted"));
        assert_eq!(found.problem, None, "{name}");
        let text: Vec<String> =
            found.turns.iter().map(|turn| String::from_utf8_lossy(&turn.bytes).into_owned()).collect();
        assert!(text[0].starts_with("GET /index.txt HTTP/1.0"), "{name}: {text:?}");
        assert!(text[1].ends_with("hello hindsight"), "{name}: {text:?}");
        assert!(found.suite.is_some());
    }
}

#[test]
fn foreign_and_wrong_keys() {
    let mut keys = KeyLog::new();
    keys.read(&log("tls12-gcm"));
    assert_eq!(decrypt(&turns("tls13-aes128"), &keys), None, "keys of another connection");
    // the right connection, a wrong secret
    let mut wrong = KeyLog::new();
    let text: String = log("tls12-gcm")
        .lines()
        .map(|line| format!("{}00000000\n", line.get(..line.len() - 8).unwrap_or(line)))
        .collect();
    wrong.read(&text);
    let found = decrypt(&turns("tls12-gcm"), &wrong).unwrap();
    assert!(found.problem.is_some() && found.records == 0, "{found:?}");
}

#[test]
fn lost_bytes_end_a_side_and_are_said() {
    let mut keys = KeyLog::new();
    keys.read(&log("tls13-aes128"));
    let mut cut = turns("tls13-aes128");
    let last = cut.last_mut().unwrap();
    last.lost_before = 10;
    let found = decrypt(&cut, &keys).unwrap();
    assert!(found.problem.is_some_and(|text| text.contains("missing")));
}

#[test]
fn secrets_blocks_of_pcapng() {
    let text = log("tls13-aes256");
    let padded = text.len().next_multiple_of(4);
    let mut file = vec![0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0];
    file.extend([0xff; 8]);
    file.extend([28, 0, 0, 0]);
    let length = (20 + padded as u32).to_le_bytes();
    file.extend([10, 0, 0, 0]);
    file.extend(length);
    file.extend(0x544c_534b_u32.to_le_bytes());
    file.extend((text.len() as u32).to_le_bytes());
    file.extend(text.bytes());
    file.resize(file.len() + padded - text.len(), 0);
    file.extend(length);
    let mut keys = KeyLog::new();
    assert!(keys.read_pcapng(std::io::Cursor::new(&file)) >= 4);
    assert!(decrypt(&turns("tls13-aes256"), &keys).is_some());
    assert_eq!(KeyLog::new().read_pcapng(std::io::Cursor::new(b"garbage that is no capture")), 0);
}
