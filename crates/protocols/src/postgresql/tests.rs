//! Conversations message by message.

use crate::Dir;
use crate::testing::Talk;
use serde_json::json;

fn message(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![kind];
    out.extend_from_slice(&(payload.len() as u32 + 4).to_be_bytes());
    out.extend_from_slice(payload);
    out
}

fn start(parameters: &[u8]) -> Vec<u8> {
    let mut out = (parameters.len() as u32 + 8).to_be_bytes().to_vec();
    out.extend_from_slice(&[0, 3, 0, 0]);
    out.extend_from_slice(parameters);
    out
}

fn connected() -> Talk {
    Talk::tcp(5432)
        .src(start(b"user\0joe\0database\0shop\0application_name\0psql\0\0"))
        .dst([message(b'R', &[0, 0, 0, 0]), message(b'S', b"a\0b\0"), message(b'Z', b"I")].concat())
}

#[test]
fn log_in_and_simple_queries() {
    let doc = connected()
        .src(message(b'Q', b"select 1; select 2\0"))
        .dst([message(b'T', b"x"), message(b'D', b"x"), message(b'C', b"SELECT 1\0")].concat())
        .dst(
            [message(b'T', b"x"), message(b'D', b"x"), message(b'C', b"SELECT 1\0"), message(b'Z', b"I")]
                .concat(),
        )
        .src(message(b'Q', b"selekt\0"))
        .dst([message(b'E', b"SERROR\0C42601\0Msyntax error\0\0"), message(b'Z', b"I")].concat())
        .src(message(b'X', b""))
        .json();
    assert_eq!(doc["postgresql"], json!({"user": "joe", "db": "shop", "app": "psql"}));
    let list = &doc["transaction"];
    assert_eq!(doc["transactionCnt"], 2);
    assert_eq!((&list[0]["request"], &list[0]["rows"]), (&json!("select 1; select 2"), &json!(2)));
    assert_eq!((&list[0]["firstByte"], &list[0]["lastByte"]), (&json!(1_000), &json!(2_000)));
    assert_eq!((&list[1]["status"], &list[1]["error"]), (&json!("42601"), &json!("syntax error")));
    assert_eq!(doc["perf"]["sql"]["errors"], 1);
}

#[test]
fn extended_queries_are_reported_by_their_text() {
    let bind = message(b'B', b"\0s1\0\0\0\0\0\0\0");
    let execute = message(b'E', b"\0\0\0\0\0");
    let sync = message(b'S', b"");
    let done = |tag: &[u8]| [message(b'2', b""), message(b'D', b"x"), message(b'C', tag)].concat();
    let doc = connected()
        .src(
            [message(b'P', b"s1\0update t set a = $1\0\0\0"), bind.clone(), execute.clone(), sync.clone()]
                .concat(),
        )
        .dst([message(b'1', b""), done(b"UPDATE 7\0"), message(b'Z', b"I")].concat())
        // a batch whose second statement fails: the third is not run
        .src([bind.clone(), execute.clone(), bind.clone(), execute.clone(), bind, execute, sync].concat())
        .dst(
            [done(b"UPDATE 1\0"), message(b'E', b"C23505\0Mduplicate key\0\0"), message(b'Z', b"I")].concat(),
        )
        .src(message(b'Q', b"commit\0"))
        .dst([message(b'C', b"COMMIT\0"), message(b'Z', b"I")].concat())
        .json();
    let seen: Vec<_> = doc["transaction"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| (t["request"].as_str().unwrap(), t["status"].as_str().unwrap(), t["rows"].as_i64()))
        .collect();
    assert_eq!(
        seen,
        [
            ("update t set a = $1", "ok", Some(7)),
            ("update t set a = $1", "ok", Some(1)),
            ("update t set a = $1", "23505", None),
            ("commit", "ok", Some(0)),
        ]
    );
}

#[test]
fn a_statement_that_does_not_parse_is_reported() {
    let doc = connected()
        .src([message(b'P', b"\0selekt\0\0\0"), message(b'D', b"S\0"), message(b'S', b"")].concat())
        .dst([message(b'E', b"C42601\0Msyntax error\0\0"), message(b'Z', b"I")].concat())
        .json();
    assert_eq!(doc["transaction"][0]["request"], "selekt");
    assert_eq!(doc["transaction"][0]["status"], "42601");
}

#[test]
fn large_rows_are_skipped_also_where_bytes_are_lost() {
    let row = message(b'D', &vec![1; 1_000_000]);
    let talk = connected()
        .src(message(b'Q', b"select blob\0"))
        .dst(&row[..100_000])
        .gap(Dir::Dst, 500_000)
        .dst(&row[600_000..])
        .dst([message(b'C', b"SELECT 1\0"), message(b'Z', b"I")].concat());
    assert!(talk.conversation.memory() < 50_000);
    let doc = talk.json();
    assert_eq!(doc["transaction"][0]["rows"], 1);
    assert_eq!(doc["transaction"][0]["status"], "ok");
}

#[test]
fn encryption_is_asked_for() {
    let ask = [0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f];
    let doc = Talk::tcp(5432).src(ask).dst("N").src(start(b"user\0joe\0\0")).json();
    assert_eq!(doc["postgresql"], json!({"user": "joe", "db": "joe"}));
    let doc = Talk::tcp(5432).src(ask).dst("S").src("SSH-2.0-inside\r\n").json();
    assert_eq!(doc["protocol"], json!(["postgresql", "ssh"]));
}
