use super::harness::{Fixture, START, sample, sample_id};
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use index::{Catalog, FileRecord, SessionSink};
use pcap::{PcapWriter, Precision};
use serde_json::json;
use session::{Positions, SessionDoc, core};

/// An Ethernet frame with an IPv4 TCP segment; checksums are left zero.
fn segment(from_source: bool, flags: u8, (seq, ack): (u32, u32), data: &[u8]) -> Vec<u8> {
    let (source, destination) = (([10, 0, 0, 50], 50_000u16), ([192, 168, 1, 1], 80u16));
    let (from, to) = if from_source { (source, destination) } else { (destination, source) };
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    let total = (40 + data.len()) as u16;
    frame.extend([0x45, 0]);
    frame.extend(total.to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
    frame.extend(from.0);
    frame.extend(to.0);
    frame.extend(from.1.to_be_bytes());
    frame.extend(to.1.to_be_bytes());
    frame.extend(seq.to_be_bytes());
    frame.extend(ack.to_be_bytes());
    frame.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    frame.extend(data);
    frame
}

const REQUEST: &[u8] = b"GET /secret HTTP/1.1\r\nHost: a\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\n\r\nhello";

/// Adds one HTTP session with real packets; returns its id as the API writes it.
pub(super) fn with_packets(fixture: &Fixture) -> String {
    let path = fixture.dir.path().join("real.pcap");
    let file = FileRecord { node: "n1".into(), name: path.display().to_string(), ..FileRecord::default() };
    let number = fixture.catalog.add_file(&file).unwrap();
    let mut writer = PcapWriter::new(Vec::new(), Precision::Nanos, 1, 65_535).unwrap();
    let (mut positions, mut last) = (Positions::default(), 0);
    let after = 1_000 + REQUEST.len() as u32;
    let packets = [
        segment(true, 0x02, (999, 0), b""),
        segment(false, 0x12, (4_999, 1_000), b""),
        segment(true, 0x18, (1_000, 5_000), REQUEST),
        // the same once more: a retransmission
        segment(true, 0x18, (1_000, 5_000), REQUEST),
        segment(false, 0x18, (5_000, after), RESPONSE),
    ];
    for (n, packet) in packets.iter().enumerate() {
        let time = START * 1_000_000 + 1_000_000_000 + n as i64 * 1_000_001;
        let at = writer.write(time, packet, packet.len() as u32).unwrap();
        positions.push(number, &mut last, at, None);
    }
    std::fs::write(&path, writer.into_inner()).unwrap();
    let mut doc: SessionDoc = sample(50);
    doc.add(&core::START_TIME, START + 1_000);
    doc.add(&core::STOP_TIME, START + 1_004);
    doc.add(&core::SRC_IP, "10.0.0.50".parse().unwrap());
    doc.add(&core::SRC_PORT, 50_000);
    doc.add(&core::DST_IP, "192.168.1.1".parse().unwrap());
    doc.add(&core::DST_PORT, 80);
    doc.add(&core::BYTES, packets.iter().map(|p| p.len() as i64).sum());
    doc.positions = positions;
    let id = format!("3@{}", doc.id);
    fixture.memory.clone().append(vec![doc]).unwrap();
    id
}

fn bytes(value: &serde_json::Value) -> Vec<u8> {
    STANDARD.decode(value.as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn packets_one_by_one() {
    let fixture = Fixture::new();
    let id = with_packets(&fixture);
    let client = fixture.admin().await;
    let answer =
        client.get(&format!("/api/session/n1/{id}/packets?format=json&view=packets&limit=100")).await.ok();
    assert_eq!((&answer["total"], &answer["missing"]), (&json!(5), &json!([])));
    let packets = answer["packets"].as_array().unwrap();
    assert_eq!(packets.len(), 5);
    assert_eq!(
        packets.iter().map(|p| p["dir"].as_str().unwrap()).collect::<Vec<_>>(),
        ["src", "dst", "src", "src", "dst"]
    );
    assert_eq!(packets[4]["time"], (START * 1_000_000 + 1_004_000_004).to_string(), "nanoseconds");
    assert_eq!(bytes(&packets[4]["data"]), RESPONSE);
    assert_eq!(bytes(&packets[4]["frame"]).len(), 54 + RESPONSE.len());
    assert_eq!(packets[1]["info"], "80 → 50000 [SYN, ACK] Seq=4999 Ack=1000 Win=65535 Len=0");
    let two = client.get(&format!("/api/session/n1/{id}/packets?start=3&limit=1")).await.ok();
    assert_eq!(
        (&two["total"], &two["packets"][0]["n"], two["packets"].as_array().unwrap().len()),
        (&json!(5), &json!(4), 1)
    );
    let text = client.get(&format!("/api/session/n1/{id}/packets?format=text")).await.text();
    assert!(text.contains("GET /secret HTTP/1.1\nHost: a\n"), "{text}");
    let hex = client.get(&format!("/api/session/n1/{id}/packets?format=hex")).await.text();
    assert!(hex.contains("|..............E.|"), "{hex}");
    assert_eq!(
        client.get(&format!("/api/session/n1/{id}/packets?format=xml")).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn the_conversation_is_put_together() {
    let fixture = Fixture::new();
    let id = with_packets(&fixture);
    let client = fixture.admin().await;
    let answer = client.get(&format!("/api/session/n1/{id}/packets?view=reassembled")).await.ok();
    let stream = answer["stream"].as_array().unwrap();
    assert_eq!(stream.len(), 2, "the retransmission is not said twice: {answer}");
    assert_eq!((&stream[0]["dir"], bytes(&stream[0]["data"])), (&json!("src"), REQUEST.to_vec()));
    assert_eq!((&stream[1]["dir"], bytes(&stream[1]["data"])), (&json!("dst"), RESPONSE.to_vec()));
    let raw = client.get(&format!("/api/session/raw/n1/{id}?type=dst")).await;
    assert_eq!(raw.body, RESPONSE);
    assert_eq!(raw.headers["content-type"], "application/octet-stream");
    assert_eq!(client.get(&format!("/n1/raw/{id}")).await.body, REQUEST);
    let text = client.get(&format!("/api/session/n1/{id}/packets?view=reassembled&format=text")).await.text();
    assert!(text.starts_with("--- src 1795381201.002000002\nGET /secret"), "{text}");
}

/// Number of packets of a pcap in the byte order of this machine.
fn packets_of(pcap: &[u8]) -> usize {
    let (mut at, mut count) = (24, 0);
    while let Some(length) = pcap.get(at + 8..at + 12) {
        at += 16 + u32::from_ne_bytes(length.try_into().unwrap()) as usize;
        count += 1;
    }
    assert_eq!(at, pcap.len());
    count
}

#[tokio::test]
async fn exports_hold_the_packets() {
    let fixture = Fixture::new();
    let id = with_packets(&fixture);
    let client = fixture.admin().await;
    let whole = client.get("/api/sessions.pcap?date=-1&expression=port.src%3D%3D50000").await;
    assert_eq!(whole.status, StatusCode::OK, "{}", whole.text());
    assert_eq!(whole.headers["content-disposition"], "attachment; filename=\"sessions.pcap\"");
    assert_eq!(whole.headers["content-type"], "application/vnd.tcpdump.pcap");
    assert!(!whole.headers.contains_key("content-encoding"));
    assert_eq!(packets_of(&whole.body), 5);
    for path in [
        format!("/sessions.pcap?ids={id}"),
        format!("/api/session/n1/{id}.pcap"),
        format!("/api/session/n1/{id}/pcap"),
    ] {
        assert_eq!(client.get(&path).await.body, whole.body, "{path}");
    }
    let posted = client.post("/api/sessions.pcap", json!({"ids": [id]})).await;
    assert_eq!(posted.body, whole.body);
    let filtered = client.get(&format!("/api/sessions.pcap?ids={id}&bpf=src+host+10.0.0.50")).await;
    assert_eq!(packets_of(&filtered.body), 3);
    let from = "1795381201.002000002";
    let sliced =
        client.get(&format!("/api/sessions.pcap?ids={id}&packetStart={from}&packetStop={from}")).await;
    assert_eq!(packets_of(&sliced.body), 1, "both ends belong to the slice");
    let ng = client.get(&format!("/api/sessions.pcapng?ids={id}")).await;
    assert_eq!(ng.body.get(..4), Some([0x0a, 0x0d, 0x0d, 0x0a].as_slice()));
    assert!(ng.text().contains("GET /secret"));
    let ng_one = client.get(&format!("/api/session/n1/{id}.pcapng")).await;
    assert_eq!(ng_one.body, ng.body);
    let entire = client.get(&format!("/api/session/entire/n1/{id}.pcap")).await;
    assert_eq!(packets_of(&entire.body), 5);
}

#[tokio::test]
async fn the_check_says_what_will_come() {
    let fixture = Fixture::new();
    let id = with_packets(&fixture);
    let client = fixture.admin().await;
    let whole = client.get(&format!("/api/sessions.pcap?ids={id}")).await.body.len();
    let check = client.get(&format!("/api/export/check?ids={id}")).await.ok();
    assert_eq!(
        (&check["sessions"], &check["packets"], &check["missing"], &check["exact"]),
        (&json!(1), &json!(5), &json!([]), &json!(true)),
        "{check}"
    );
    assert_eq!(check["bytes"], whole);
    let less = client.get(&format!("/api/export/check?ids={id}&bpf=src+port+80")).await.ok();
    assert_eq!((&less["packets"], &less["exact"]), (&json!(2), &json!(true)));
    let wrong = client.get(&format!("/api/export/check?ids={id}&bpf=prot+80")).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.json()["text"].as_str().unwrap().contains("column"), "{}", wrong.text());
    // the samples of the harness have positions in a file that does not exist
    let gone = client.get(&format!("/api/export/check?ids={id},{}", sample_id(1))).await.ok();
    assert_eq!((&gone["sessions"], &gone["missing"][0]["packets"]), (&json!(2), &json!(1)), "{gone}");
    assert!(gone["missing"][0]["file"].as_str().unwrap().ends_with("a.pcap"));
}

#[tokio::test]
async fn what_is_gone_is_said() {
    let fixture = Fixture::new();
    let id = with_packets(&fixture);
    let client = fixture.admin().await;
    let none = client.get("/api/sessions.pcap?date=-1&expression=tags%3D%3Dnone").await;
    assert_eq!(
        (none.status, none.json()["text"].as_str().unwrap()),
        (StatusCode::NOT_FOUND, "no sessions found")
    );
    let gone = client.get(&format!("/api/sessions.pcap?ids={}", sample_id(1))).await;
    assert_eq!(gone.status, StatusCode::GONE, "{}", gone.text());
    assert!(gone.text().contains("a.pcap"));
    let some = client.get(&format!("/api/sessions.pcap?ids={id},{}", sample_id(1))).await;
    assert_eq!(packets_of(&some.body), 5, "what is there comes");
    let strict = client.get(&format!("/api/sessions.pcap?ids={id},{}&missing=fail", sample_id(1))).await;
    assert_eq!(strict.status, StatusCode::GONE);
    let pane = client.get(&format!("/api/session/n1/{}/packets", sample_id(1))).await.ok();
    assert_eq!(
        (&pane["total"], &pane["packets"], pane["missing"].as_array().unwrap().len()),
        (&json!(1), &json!([]), 1)
    );
    assert_eq!(client.get(&format!("/api/session/raw/n1/{}", sample_id(1))).await.status, StatusCode::GONE);
    assert_eq!(client.get("/api/session/n1/garbage.pcap").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        client.get(&format!("/api/session/n1/{}.pcap", sample_id(99))).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(client.get("/api/session/n1/garbage").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn several_link_types_need_pcapng() {
    let fixture = Fixture::new();
    let id = with_packets(&fixture);
    // the same conversation once more, without its Ethernet header, in a file of raw IP
    let path = fixture.dir.path().join("raw.pcap");
    let file = FileRecord {
        node: "n1".into(),
        name: path.display().to_string(),
        link_type: Some(101),
        ..FileRecord::default()
    };
    let number = fixture.catalog.add_file(&file).unwrap();
    let mut writer = PcapWriter::new(Vec::new(), Precision::Micros, 101, 65_535).unwrap();
    let frame = segment(true, 0x02, (999, 0), b"");
    let at = writer.write((START + 5_000) * 1_000_000, &frame[14..], 40).unwrap();
    std::fs::write(&path, writer.into_inner()).unwrap();
    let mut doc = sample(51);
    doc.positions = Positions::default();
    doc.positions.push(number, &mut 0, at, None);
    let other = format!("3@{}", doc.id);
    fixture.memory.clone().append(vec![doc]).unwrap();
    let client = fixture.admin().await;
    let refused = client.get(&format!("/api/sessions.pcap?ids={id},{other}")).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());
    assert!(refused.json()["text"].as_str().unwrap().contains("pcapng"));
    assert_eq!(client.get(&format!("/api/sessions.pcapng?ids={id},{other}")).await.status, StatusCode::OK);
    let one = client.get(&format!("/api/sessions.pcap?ids={other}")).await;
    assert_eq!(packets_of(&one.body), 1);
    let check = client.get(&format!("/api/export/check?ids={id},{other}")).await.ok();
    assert_eq!(check["links"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn packets_need_the_right() {
    let fixture = Fixture::new();
    let id = with_packets(&fixture);
    let blind = fixture.user("bob", json!({"hidePcap": true})).await;
    for path in ["packets", "pcap"] {
        assert_eq!(blind.get(&format!("/api/session/n1/{id}/{path}")).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(blind.get(&format!("/api/session/raw/n1/{id}")).await.status, StatusCode::FORBIDDEN);
    let viewer = fixture.user("eve", json!({"disablePcapDownload": true})).await;
    assert_eq!(viewer.get(&format!("/api/session/n1/{id}/packets")).await.status, StatusCode::OK);
    assert_eq!(viewer.get("/api/sessions.pcap?date=-1").await.status, StatusCode::FORBIDDEN);
    assert_eq!(viewer.get("/api/export/check?date=-1").await.status, StatusCode::FORBIDDEN);
    let forced = fixture.user("carl", json!({"expression": "protocols == tls"})).await;
    assert_eq!(forced.get(&format!("/api/session/n1/{id}.pcap")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_key_log_of_the_configuration_is_read_as_it_grows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sslkeys.log");
    let configured = path.clone();
    let fixture = Fixture::with(move |config| config.tls_keys = Some(configured));
    let id = with_packets(&fixture);
    let client = fixture.admin().await;
    let shown = client.get("/api/tlskeys").await.ok();
    let problem = shown["file"]["problem"].as_str().unwrap();
    assert!(problem.contains("sslkeys.log") && problem.contains("tls_keys"), "{problem}");
    let pane = client.get(&format!("/api/session/n1/{id}/packets?view=reassembled&decrypt=true")).await.ok();
    assert_eq!(pane["tls"]["problem"], problem);
    let line = |n: u8| format!("CLIENT_RANDOM {} {}\n", format!("{n:02x}").repeat(32), "ab".repeat(48));
    std::fs::write(&path, line(1)).unwrap();
    assert_eq!(client.get("/api/tlskeys").await.ok()["file"], json!({"connections": 1, "problem": null}));
    std::fs::write(&path, [line(1), "# no key\n".to_owned(), line(2)].concat()).unwrap();
    assert_eq!(client.get("/api/tlskeys").await.ok()["file"]["connections"], 2);
    let pane = client.get(&format!("/api/session/n1/{id}/packets?view=reassembled&decrypt=true")).await.ok();
    assert_eq!(pane["tls"]["decrypted"], false, "what is no TLS stays as it is");
    // who may not decrypt does not learn that there is one
    let user = fixture.user("plain", json!({})).await;
    assert_eq!(user.get("/api/tlskeys").await.ok(), json!({"may": false, "connections": 0}));
}

#[tokio::test]
async fn text_is_read_in_an_encoding() {
    let fixture = Fixture::new();
    let id = with_packets(&fixture);
    let client = fixture.admin().await;
    let pane = |query: &str| {
        let (client, uri) = (client.clone(), format!("/api/session/n1/{id}/packets?{query}"));
        async move { client.get(&uri).await }
    };
    let text = pane("view=reassembled&format=text&base=natural&line=true").await;
    assert_eq!(text.headers["content-type"], "text/plain; charset=utf-8");
    assert!(text.text().contains("    1  GET /secret HTTP/1.1\n"), "{}", text.text());
    assert!(pane("view=reassembled&format=hex").await.text().contains("|GET /secret HTTP|"));
    // as Arkime's pages ask: both sides put together, or each packet, as HTML
    let page = pane("base=ascii&line=true&ts=true").await;
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    let page = page.text();
    assert!(
        page.contains("<div class=\"sessionsrc\">") && page.contains("    1  GET /secret HTTP/1.1\n"),
        "{page}"
    );
    assert!(page.contains("session-detail-ts"));
    let frames = pane("base=hex&showFrames=true").await.text();
    assert!(frames.matches("<pre>").count() > page.matches("<pre>").count(), "{frames}");
    assert!(frames.contains("<pre>00000000  ") && !frames.contains("session-detail-ts"));
    let picture = client.get(&format!("/api/session/raw/n1/{id}.png?type=src")).await;
    assert_eq!(
        (picture.headers["content-type"].as_bytes(), picture.body.get(1..4)),
        (&b"image/png"[..], Some(&b"PNG"[..]))
    );
    assert_eq!(client.get(&format!("/n1/raw/{id}.png")).await.body, picture.body);
    let unknown = pane("format=text&encoding=klingon").await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert!(unknown.json()["text"].as_str().unwrap().contains("shiftjis"));
}
