//! Conversations packet by packet.

use super::command::capability::*;
use crate::Dir;
use crate::testing::Talk;
use serde_json::{Value, json};

fn packet(sequence: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = (payload.len() as u32).to_le_bytes()[..3].to_vec();
    out.push(sequence);
    out.extend_from_slice(payload);
    out
}

fn log_in(flags: u32) -> Vec<u8> {
    let mut payload = flags.to_le_bytes().to_vec();
    payload.extend_from_slice(&[0, 0, 0, 1, 0x21]);
    payload.extend_from_slice(&[0; 23]);
    payload.extend_from_slice(b"Joe\0\x00");
    packet(1, &payload)
}

fn greeting() -> Vec<u8> {
    packet(0, &[&b"\x0a5.5.5-10.11.6-MariaDB\0"[..], &[1; 50]].concat())
}

fn connected(flags: u32) -> Talk {
    let ok = packet(2, &[0, 0, 0, 2, 0, 0, 0]);
    Talk::tcp(3306).dst(greeting()).src(log_in(flags | CLIENT_MYSQL | PROTOCOL_41)).dst(ok)
}

fn transactions(doc: &Value) -> Vec<(String, String, Option<i64>)> {
    let one = |t: &Value| {
        (
            t["request"].as_str().unwrap().to_owned(),
            t["status"].as_str().unwrap().to_owned(),
            t["rows"].as_i64(),
        )
    };
    doc["transaction"].as_array().map(|list| list.iter().map(one).collect()).unwrap_or_default()
}

fn tx(request: &str, status: &str, rows: Option<i64>) -> (String, String, Option<i64>) {
    (request.to_owned(), status.to_owned(), rows)
}

const EOF: &[u8] = &[0xfe, 0, 0, 2, 0];

#[test]
fn statements_with_rows_changes_and_errors() {
    let doc = connected(0)
        .src(packet(0, b"\x03select a from t "))
        .dst(packet(1, &[1]))
        .dst(
            [
                packet(2, b"\x03def..."),
                packet(3, EOF),
                packet(4, b"\x01x"),
                packet(5, b"\xfb"),
                packet(6, EOF),
            ]
            .concat(),
        )
        .src(packet(0, b"\x03update t set a = 1"))
        .dst(packet(1, &[0, 0xfc, 0x2c, 1, 0, 2, 0, 0, 0]))
        .src(packet(0, b"\x03selekt"))
        .dst(packet(1, b"\xff\x28\x04#42000You have an error"))
        .src(packet(0, b"\x01"))
        .json();
    assert_eq!(doc["mysql"], json!({"user": "joe", "version": "10.11.6-MariaDB"}));
    assert_eq!(
        transactions(&doc),
        [
            tx("select a from t", "ok", Some(2)),
            tx("update t set a = 1", "ok", Some(300)),
            tx("selekt", "1064", None)
        ]
    );
    assert_eq!(doc["transaction"][2]["error"], "You have an error");
    assert_eq!(
        (&doc["transaction"][0]["firstByte"], &doc["transaction"][0]["lastByte"]),
        (&json!(1_000), &json!(2_000))
    );
    assert_eq!(doc["perf"]["sql"]["errors"], 1);
}

#[test]
fn prepared_statements_are_reported_by_their_text() {
    let ok = [0, 7, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0];
    let definitions =
        [packet(2, b"p"), packet(3, b"p"), packet(4, EOF), packet(5, b"c"), packet(6, EOF)].concat();
    let doc = connected(0)
        .src(packet(0, b"\x16select ? + ?"))
        .dst([packet(1, &ok), definitions].concat())
        .src(packet(0, &[0x17, 7, 0, 0, 0, 0, 1, 0, 0, 0]))
        .dst(
            [packet(1, &[1]), packet(2, b"c"), packet(3, EOF), packet(4, &[0, 0, 1]), packet(5, EOF)]
                .concat(),
        )
        .src([packet(0, &[0x19, 7, 0, 0, 0]), packet(0, b"\x16bad")].concat())
        .dst(packet(1, b"\xff\x28\x04#42000no"))
        .json();
    assert_eq!(transactions(&doc), [tx("select ? + ?", "ok", Some(1)), tx("bad", "1064", None)]);
}

#[test]
fn deprecated_eof_and_several_results() {
    let end = |more: u8| packet(9, &[0xfe, 0, 0, 2 | more, 0, 0, 0]);
    let doc = connected(DEPRECATE_EOF)
        .src(packet(0, b"\x03call p()"))
        .dst([packet(1, &[1]), packet(2, b"c"), packet(3, b"\x01x"), end(8)].concat())
        .dst([packet(1, &[1]), packet(2, b"c"), packet(3, b"\x01y"), packet(4, b"\x01z"), end(8)].concat())
        .dst(packet(5, &[0, 0, 0, 2, 0, 0, 0]))
        .json();
    assert_eq!(transactions(&doc), [tx("call p()", "ok", Some(3))]);
}

#[test]
fn large_rows_and_statements_are_skipped_by_length_also_where_bytes_are_lost() {
    let statement = format!("\x03insert into t values ('{}')", "x".repeat(500_000));
    let row = packet(4, &vec![b'r'; 1_000_000]);
    let mut talk = connected(0).src(packet(0, statement.as_bytes()));
    talk = talk.dst([packet(1, &[1]), packet(2, b"c"), packet(3, EOF)].concat());
    talk = talk.dst(&row[..300_000]).gap(Dir::Dst, 300_000).dst(&row[600_000..]).dst(packet(5, EOF));
    assert!(talk.conversation.memory() < 100_000);
    let doc = talk.json();
    assert_eq!(doc["transaction"][0]["rows"], 1);
    assert!(
        doc["transaction"][0]["request"]
            .as_str()
            .is_some_and(|t| t.starts_with("insert") && t.len() <= 2_048)
    );
    assert!(doc["transaction"][0]["bytes"].as_i64().is_some_and(|n| n > 1_000_000));
}

#[test]
fn commands_sent_ahead_meet_their_answers() {
    let doc = connected(0)
        .src([packet(0, b"\x16select 1"), packet(0, &[0x17, 0xff, 0xff, 0xff, 0xff, 0])].concat())
        .dst(packet(1, &[0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]))
        .dst(packet(1, &[0, 0, 0, 2, 0, 0, 0]))
        .json();
    assert_eq!(transactions(&doc), [tx("select 1", "ok", Some(0))]);
}

#[test]
fn tls_and_compression_end_the_reading() {
    let mut short = log_in(SSL | CLIENT_MYSQL | PROTOCOL_41);
    short.truncate(36);
    short[0] = 32;
    let doc = Talk::tcp(3306).dst(greeting()).src(&short).src("SSH-2.0-inside\r\n").json();
    assert_eq!(doc["protocol"], json!(["mysql", "ssh"]));
    let doc =
        connected(COMPRESS).src(packet(0, b"\x03select 1")).dst(packet(1, &[0, 0, 0, 2, 0, 0, 0])).json();
    assert!(doc["transaction"].is_null());
}
