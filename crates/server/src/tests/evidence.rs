//! The evidence API, alerts and assets.

use super::harness::{Answer, Client, Fixture, START, sample};
use crate::Evidence;
use crate::app::App;
use crate::router::router;
use ::evidence::{Archive, Limits, Offer, Recorder, RecorderOptions};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use index::{Catalog as _, SessionSink as _};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use session::evidence as said;
use session::{Object, SessionDoc, SessionId, core};
use std::net::IpAddr;
use std::path::Path;

/// 2023-06-18 15:46:04.968817 in Shanghai.
const SEED: u64 = 1_687_074_364_968_817;

fn record(folder: &Path, device: u32, packets: &[(u64, Vec<u8>)]) {
    let zone = TimeZone::get("Asia/Shanghai").unwrap();
    let limits = Limits::default();
    let options = RecorderOptions { folder: folder.to_owned(), device, zone, waits: true, limits };
    let recorder = Recorder::start(options).unwrap();
    for (micros, bytes) in packets {
        let (time, len) = (i64::try_from(micros * 1_000).unwrap(), u32::try_from(bytes.len()).unwrap());
        recorder.offer(&Offer { time, link: wire::LinkType::ETHERNET, bytes, len });
    }
    assert_eq!(recorder.finish().lost_error, 0);
}

/// An Ethernet frame with IPv4 and TCP around a payload.
fn tcp(src: [u8; 4], dst: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![2; 12];
    frame.extend([8, 0, 0x45, 0]);
    frame.extend((40 + payload.len() as u16).to_be_bytes());
    frame.extend([0, 1, 0, 0, 64, 6, 0, 0]);
    frame.extend(src);
    frame.extend(dst);
    frame.extend([0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0]);
    frame.extend(payload);
    frame
}

/// The fixture with evidence in its folder.
async fn with_evidence(packets: &[(u32, u64, Vec<u8>)]) -> (Fixture, Client) {
    let mut fixture = Fixture::new();
    let folder = fixture.dir.path().join("evidence");
    for (device, micros, bytes) in packets {
        record(&folder, *device, &[(*micros, bytes.clone())]);
    }
    let archive = Archive::new(&folder, TimeZone::get("Asia/Shanghai").unwrap());
    let mut state = fixture.app.state.clone();
    state.evidence = Some(Evidence { archive, device: 3, imports: 0, rules: None });
    let config = fixture.app.config.clone();
    fixture.app = App::new(config, state);
    fixture.router = router(fixture.app.clone());
    let client = fixture.admin().await;
    (fixture, client)
}

async fn form(client: &Client, uri: &str, body: &str) -> Answer {
    let request =
        client.request(Method::POST, uri).header("content-type", "application/x-www-form-urlencoded");
    client.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

#[tokio::test]
async fn the_seed_is_answered_byte_for_byte() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/liuying/evidence_vectors.json");
    let Ok(text) = std::fs::read(&path) else {
        eprintln!("skipped: {} is absent", path.display());
        return;
    };
    let vectors: Value = serde_json::from_slice(&text).unwrap();
    let seed = &vectors[0];
    let frame: Vec<u8> = seed["frame_hex"]
        .as_str()
        .unwrap()
        .as_bytes()
        .chunks(2)
        .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
        .collect();
    let (fixture, client) = with_evidence(&[(3, SEED, frame)]).await;
    assert!(fixture.dir.path().join("evidence/3/202306181545.pcap").is_file());
    let want = format!("[\n{}\n]\n", seed["original_output"]);
    let asked = format!("time={SEED}&devid=3");
    let parts = "time_sec=1687074364&time_usec=968817&devid=3";
    for path in ["/evidence", "/d/evidence", "/api/evidence"] {
        for query in [asked.as_str(), parts, &format!("time={SEED}"), &format!("{asked}&ip=1.2.3.4&port=9")] {
            let answer = client.get(&format!("{path}?{query}")).await;
            assert_eq!((answer.status, answer.text()), (StatusCode::OK, want.clone()), "{path}?{query}");
            assert_eq!(answer.headers["content-type"], "application/json; charset=UTF-8");
            assert_eq!(form(&client, path, query).await.text(), want, "{path} {query}");
        }
    }
    let pcap = client.get(&format!("/evidence?{asked}&download=true")).await;
    assert_eq!(pcap.headers["content-disposition"], "attachment;filename=evidence.pcap");
    assert_eq!(pcap.headers["content-type"], "application/octet-stream");
    assert_eq!(pcap.body[..4], [0xd4, 0xc3, 0xb2, 0xa1]);
    assert_eq!(pcap.body.len(), 24 + 16 + 531);
    let shown = client.get(&format!("/api/evidence/packets?{asked}&ip=10.10.1.87&port=62766")).await.ok();
    let packet = &shown["packets"][0];
    assert_eq!((&packet["payloadAt"], &packet["source"]), (&json!(66), &json!("evidence")));
    assert_eq!(packet["http"]["params"][1], json!(["gids[99]", "'"]), "{packet}");
    let layers = packet["tree"]["layers"].as_array().unwrap();
    assert!(layers.iter().any(|layer| layer["name"] == "tcp"), "{layers:?}");
    let other = client.get(&format!("/api/evidence/packets?{asked}&ip=10.9.9.9")).await.ok();
    assert!(other["packets"].as_array().unwrap().is_empty() && other["reason"].is_string(), "{other}");
}

#[tokio::test]
async fn what_is_not_there_and_what_is_wrong_is_said() {
    let one = tcp([10, 0, 0, 1], [10, 0, 0, 2], b"one");
    let two = tcp([10, 0, 0, 3], [10, 0, 0, 4], b"two");
    let (fixture, client) = with_evidence(&[(3, SEED, one.clone()), (3, SEED, two), (7, SEED, one)]).await;
    // all of one microsecond, and of all devices without one
    let both = client.get(&format!("/evidence?time={SEED}&devid=3")).await.ok();
    assert_eq!(
        (both[0]["sip"].as_str(), both[1]["sip"].as_str(), both.as_array().unwrap().len()),
        (Some("10.0.0.1"), Some("10.0.0.3"), 2)
    );
    let all = client.get(&format!("/evidence?time={SEED}")).await.ok();
    let devices: Vec<&Value> = all.as_array().unwrap().iter().map(|one| &one["devid"]).collect();
    assert_eq!(devices, [3, 3, 7]);
    for (query, reason) in [
        (format!("time={}&devid=3", SEED + 1), "no packet"),
        (format!("time={}&devid=3", SEED - 86_400_000_000), "no file"),
        (format!("time={SEED}&devid=99"), "this device"),
    ] {
        let answer = client.get(&format!("/evidence?{query}")).await;
        assert_eq!((answer.status, answer.text().as_str()), (StatusCode::OK, "[\n\n]\n"), "{query}");
        let said = answer.headers["x-evidence-reason"].to_str().unwrap();
        assert!(said.contains(reason), "{query}: {said}");
        let download = client.get(&format!("/evidence?{query}&download=true")).await;
        assert_eq!(download.status, StatusCode::NOT_FOUND);
    }
    for query in [
        "",
        "devid=3",
        "time=x",
        "time=-1",
        "time=18446744073709551615",
        "time=1&devid=-3",
        "time=1&devid=../../etc/passwd",
        "time=1&devid=99999999999",
    ] {
        let answer = client.get(&format!("/evidence?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}: {}", answer.text());
        assert!(answer.text().contains("Invalid Params"), "{}", answer.text());
    }
    // nobody without a log-in, and nobody who may not see packets
    let nobody =
        fixture.send(Request::get(format!("/evidence?time={SEED}")).body(Body::empty()).unwrap()).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    let blind = fixture.user("blind", json!({"hidePcap": true})).await;
    assert_eq!(blind.get(&format!("/evidence?time={SEED}")).await.status, StatusCode::FORBIDDEN);
    let reader = fixture.user("reader", json!({"disablePcapDownload": true})).await;
    assert_eq!(
        reader.get(&format!("/evidence?time={SEED}&download=true")).await.status,
        StatusCode::FORBIDDEN
    );
    // a forced expression limits what is seen
    let bob = fixture.user("bob", json!({"expression": "ip == 10.0.0.3"})).await;
    assert_eq!(
        bob.get(&format!("/evidence?time={SEED}&devid=3")).await.text(),
        "[\n\n]\n",
        "no session of his"
    );
    let mut doc = hit_doc(9, "10.0.0.3", SEED as i64, "SQL", 200);
    doc.add(&core::DST_IP, "10.0.0.4".parse().unwrap());
    fixture.memory.clone().append(vec![doc]).unwrap();
    let seen = bob.get(&format!("/evidence?time={SEED}&devid=3")).await.ok();
    assert_eq!((seen.as_array().unwrap().len(), &seen[0]["sip"]), (1, &json!("10.0.0.3")));
}

#[tokio::test]
async fn the_packet_store_is_asked_where_there_is_no_evidence() {
    let (fixture, client) = with_evidence(&[]).await;
    let frame = tcp([10, 0, 0, 0], [192, 168, 1, 0], b"GET / HTTP/1.1\r\n\r\n");
    let path = fixture.dir.path().join("a.pcap");
    let mut out = pcap::PcapWriter::new(Vec::new(), pcap::Precision::Micros, 1, 262_144).unwrap();
    out.write(START * 1_000_000 + 7_000, &frame, frame.len() as u32).unwrap();
    std::fs::write(&path, out.into_inner()).unwrap();
    let micros = START * 1_000 + 7;
    let found = client.get(&format!("/evidence?time={micros}&devid=3")).await.ok();
    assert_eq!((&found[0]["sip"], &found[0]["time_usec"]), (&json!("10.0.0.0"), &json!(7)), "{found}");
    assert_eq!(
        client.get(&format!("/evidence?time={micros}&devid=0")).await.ok()[0]["devid"],
        0,
        "an import"
    );
    assert_eq!(client.get(&format!("/evidence?time={micros}&devid=4")).await.text(), "[\n\n]\n");
    assert_eq!(client.get(&format!("/evidence?time={}&devid=3", micros + 1)).await.text(), "[\n\n]\n");
    let shown = client.get(&format!("/api/evidence/packets?time={micros}")).await.ok();
    assert_eq!(shown["packets"][0]["source"], "packets");
}

/// A session of `attacker` with a hit; its type may have a level behind it, `SQL:low`.
fn hit_doc(n: u8, attacker: &str, micros: i64, kind: &str, id: u8) -> SessionDoc {
    let (kind, level) = kind.split_once(':').unwrap_or((kind, "extra_high"));
    let mut doc = sample(i64::from(n));
    doc.id = SessionId::new(micros / 1_000, [id; 16]);
    doc.add(&core::START_TIME, micros / 1_000);
    doc.add(&core::STOP_TIME, micros / 1_000);
    doc.add(&core::DB_TIME, micros / 1_000 + 50);
    doc.add(&core::SRC_IP, attacker.parse::<IpAddr>().unwrap());
    let mut hit = Object::new(&said::EVIDENCE);
    for (field, text) in [
        (&said::CATEGORY, "threat"),
        (&said::TYPE, kind),
        (&said::NAME, "CRUD"),
        (&said::RULE, "50003"),
        (&said::LEVEL, level),
        (&said::SIDE, "src"),
    ] {
        hit.add(field, text);
    }
    hit.add(&said::TIME, micros);
    hit.add(&said::DEVICE, 3);
    hit.add(&said::PACKET, true);
    hit.add(&said::START, 4);
    hit.add(&said::END, 9);
    doc.push(hit);
    let mut server = Object::new(&said::EVIDENCE);
    for (field, text) in [
        (&said::CATEGORY, "midware"),
        (&said::TYPE, "Web Service"),
        (&said::NAME, "=Nginx"),
        (&said::VERSION, "1.2.3"),
        (&said::RULE, "41001"),
        (&said::SIDE, "dst"),
    ] {
        server.add(field, text);
    }
    server.add(&said::TIME, micros + 5);
    doc.push(server);
    doc
}

#[tokio::test]
async fn alerts_add_hits_up_and_keep_what_people_say() {
    let (fixture, client) = with_evidence(&[]).await;
    let base = START * 1_000;
    let minute = 60_000_000;
    let docs = [(0, "10.7.7.7"), (5, "10.7.7.7"), (200, "10.7.7.7"), (0, "10.8.8.8")];
    let docs = docs
        .iter()
        .enumerate()
        .map(|(id, (at, ip))| hit_doc(2, ip, base + at * minute, "SQL", 100 + id as u8));
    fixture.memory.clone().append(docs.collect()).unwrap();
    let list = client.get("/api/alerts?date=-1").await.ok();
    assert_eq!(
        (&list["recordsTotal"], &list["recordsFiltered"], &list["partial"]),
        (&json!(3), &json!(3), &json!(false)),
        "{list}"
    );
    assert_eq!(list["data"][0]["first"], base + 200 * minute, "the latest first");
    assert_eq!(list["facets"]["attackers"][0], json!({"item": "10.7.7.7", "count": 2}));
    let one = client.get("/api/alerts?date=-1&attacker=10.7.0.0/16&sortField=first").await.ok();
    let alert = &one["data"][0];
    assert_eq!(
        (&alert["count"], &alert["slots"], &alert["duration"]),
        (&json!(2), &json!(2), &json!(10)),
        "{alert}"
    );
    assert_eq!(alert["obj"], "10.7.7.7:>192.168.1.2:80 TCP sql crud");
    assert_eq!(
        (&alert["level"], &alert["status"], &alert["active"]),
        (&json!("extra_high"), &json!("unprocessed"), &json!(false))
    );
    let id = alert["id"].as_str().unwrap();
    let by_id = format!("id={id}");
    for (query, count) in [
        ("type=sql", 3),
        ("type=xss", 0),
        ("victim=192.168.1.2", 3),
        ("level=low,extra_high", 3),
        ("protocol=udp", 0),
        ("status=processed", 0),
        ("active=true", 0),
        ("devid=3", 3),
        ("name=crud", 3),
        ("category=rule", 0),
        ("expression=ip.src==10.8.8.8", 1),
        (by_id.as_str(), 1),
    ] {
        let found = client.get(&format!("/api/alerts?date=-1&{query}")).await.ok();
        assert_eq!(found["recordsFiltered"], count, "{query}");
    }
    let detail = client.get(&format!("/api/alert/{id}?date=-1")).await.ok();
    assert_eq!(
        (&detail["total"], detail["timeline"]["buckets"].as_array().unwrap().len()),
        (&json!(2), 2),
        "{detail}"
    );
    let hit = &detail["hits"][1];
    assert_eq!(
        (&hit["time"], &hit["src"], &hit["start"], &hit["packet"]),
        (&json!(base), &json!("10.7.7.7"), &json!(4), &json!(true))
    );
    assert_eq!(client.get("/api/alert/0123456789abcdef-1?date=-1").await.status, StatusCode::NOT_FOUND);
    let said = client
        .post("/api/alerts/status", json!({"ids": [id], "status": "confirmed", "comment": "seen"}))
        .await
        .ok();
    assert_eq!((&said["changed"], &said["success"]), (&json!(1), &json!(true)));
    let again = client.get(&format!("/api/alerts?date=-1&id={id}")).await.ok();
    let alert = &again["data"][0];
    assert_eq!(
        (&alert["status"], &alert["comment"], &alert["changedBy"]),
        (&json!("confirmed"), &json!("seen"), &json!("admin"))
    );
    // an earlier hit gives the alert another begin; what was said stays
    fixture.memory.clone().append(vec![hit_doc(2, "10.7.7.7", base - 10 * minute, "SQL", 120)]).unwrap();
    let grown = client.get("/api/alerts?date=-1&status=confirmed").await.ok();
    assert_eq!((&grown["recordsFiltered"], &grown["data"][0]["count"]), (&json!(1), &json!(3)), "{grown}");
    let said = client.post("/api/alerts/status", json!({"ids": [id], "status": "processed"})).await.ok();
    assert_eq!(said["changed"], 1);
    let last = client.get("/api/alerts?date=-1&status=processed,confirmed").await.ok();
    assert_eq!((&last["recordsFiltered"], &last["data"][0]["comment"]), (&json!(1), &json!("seen")));
    for body in [json!({}), json!({"ids": [id]}), json!({"ids": [id], "status": "gone"})] {
        assert_eq!(client.post("/api/alerts/status", body).await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(
        client.post("/api/alerts/status", json!({"ids": ["x"], "status": "processed"})).await.status,
        StatusCode::NOT_FOUND
    );
    for query in ["attacker=x", "status=x", "active=x"] {
        assert_eq!(
            client.get(&format!("/api/alerts?{query}")).await.status,
            StatusCode::BAD_REQUEST,
            "{query}"
        );
    }
    let csv = client.get("/api/alerts.csv?date=-1").await.text();
    assert_eq!(csv.lines().count(), 4, "{csv}");
    assert!(csv.starts_with("id,category,type,name,level,attacker"));
}

#[tokio::test]
async fn assets_say_what_was_seen_where() {
    let (fixture, client) = with_evidence(&[]).await;
    let docs = (0..3).map(|n| hit_doc(2, "10.7.7.7", START * 1_000 + n * 1_000_000, "SQL", 100 + n as u8));
    fixture.memory.clone().append(docs.collect()).unwrap();
    let list = client.get("/api/assets?date=-1").await.ok();
    let asset = &list["data"][0];
    assert_eq!(list["recordsTotal"], 1, "{list}");
    assert_eq!(
        (&asset["ip"], &asset["port"], &asset["count"]),
        (&json!("192.168.1.2"), &json!(80), &json!(3))
    );
    assert_eq!((&asset["version"], &asset["protocol"]), (&json!("1.2.3"), &json!("TCP")));
    assert_eq!(asset["last"].as_i64().unwrap() - asset["first"].as_i64().unwrap(), 2_000_000);
    for (query, count) in
        [("ip=192.168.0.0/16", 1), ("ip=10.0.0.0/8", 0), ("category=os", 0), ("name=%3Dnginx", 1)]
    {
        assert_eq!(
            client.get(&format!("/api/assets?date=-1&{query}")).await.ok()["recordsFiltered"],
            count,
            "{query}"
        );
    }
    assert_eq!(client.get("/api/assets?category=threat").await.status, StatusCode::BAD_REQUEST);
    let csv = client.get("/api/assets.csv?date=-1").await.text();
    assert!(csv.contains(",'=Nginx,"), "{csv}");
    let docs = client.get("/api/docs/openapi.json").await.ok();
    for path in ["/evidence", "/api/alerts", "/api/alert/{id}", "/api/assets", "/api/evidence/packets"] {
        assert!(docs["paths"][path].is_object(), "{path} is described");
    }
}

/// Stored between the last look of a notice and the look that is due.
fn due(fixture: &Fixture, id: &str, change: impl FnOnce(&mut Value)) {
    let mut notice = fixture.catalog.get("alertnotices", id).unwrap().unwrap().value;
    notice["lpValue"] = 0.into();
    change(&mut notice);
    fixture.catalog.put("alertnotices", id, &notice, None).unwrap();
}

#[tokio::test]
async fn notices_tell_of_the_alerts_that_they_choose() {
    let (fixture, admin) = with_evidence(&[]).await;
    let (url, bodies) = super::sharing::hook();
    let notifier = super::sharing::webhook(&admin, &url, json!({"roles": "arkimeUser"})).await;
    let notice = |more: Value| {
        let mut body = json!({"name": "attacks", "notifier": [notifier]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (wrong, text) in [
        (json!({"notifier": []}), "Missing notifier"),
        (json!({"notifier": "nope"}), "Unknown notifier"),
        (json!({"name": ""}), "Missing name"),
        (json!({"levels": ["worst"]}), "levels are of"),
        (json!({"categories": ["nothing"]}), "categories are of"),
        (json!({"types": 5}), "must be a list"),
        (json!({"quiet": 5}), "from 60"),
        (json!({"expression": "nope == 1"}), "nope"),
    ] {
        let answer = admin.post("/api/alertnotice", notice(wrong.clone())).await;
        assert!(
            answer.status.is_client_error() && answer.text().contains(text),
            "{wrong}: {}",
            answer.text()
        );
    }
    let made = admin
        .post("/api/alertnotice", notice(json!({"types": "sql", "expression": "ip.src == 10.7.7.7"})))
        .await
        .ok();
    let id = made["alertnotice"]["id"].as_str().unwrap().to_owned();
    assert_eq!((&made["alertnotice"]["quiet"], &made["alertnotice"]["enabled"]), (&json!(600), &json!(true)));
    let base = START * 1_000;
    let docs =
        [("10.7.7.7", "SQL", 0), ("10.7.7.7", "SQL", 1_000), ("10.7.7.7", "XSS", 0), ("10.8.8.8", "SQL", 0)];
    let docs =
        docs.iter().enumerate().map(|(n, (ip, kind, at))| hit_doc(2, ip, base + at, kind, 60 + n as u8));
    fixture.memory.clone().append(docs.collect()).unwrap();
    due(&fixture, &id, |_| {});
    crate::alerting::process(&fixture.app);
    let (told, bodies) = tokio::task::spawn_blocking(move || {
        (bodies.recv_timeout(std::time::Duration::from_secs(60)).unwrap(), bodies)
    })
    .await
    .unwrap();
    assert_eq!(
        (&told["kind"], &told["count"], &told["name"]),
        (&json!("alerts"), &json!(1), &json!("attacks")),
        "{told}"
    );
    let alert = &told["alerts"][0];
    assert_eq!(
        (&alert["obj"], &alert["count"]),
        (&json!("10.7.7.7:>192.168.1.2:80 TCP sql crud"), &json!(2))
    );
    // within the quiet time it is kept, then told
    due(&fixture, &id, |_| {});
    crate::alerting::process(&fixture.app);
    let kept = fixture.catalog.get("alertnotices", &id).unwrap().unwrap().value;
    assert_eq!(kept["pending"].as_object().unwrap().len(), 1, "{kept}");
    fixture
        .catalog
        .put(
            "alertnotices",
            &id,
            &{
                let mut kept = kept;
                kept["lastNotified"] = 5.into();
                kept
            },
            None,
        )
        .unwrap();
    crate::alerting::process(&fixture.app);
    let (told, bodies) = tokio::task::spawn_blocking(move || {
        (bodies.recv_timeout(std::time::Duration::from_secs(60)).unwrap(), bodies)
    })
    .await
    .unwrap();
    assert_eq!(told["count"], 1);
    drop(bodies);
    // what fails is counted where it is seen
    let nowhere = json!({"name": "hook", "type": "webhook", "fields": [{"name": "webhookUrl", "value": "http://127.0.0.1:1/x"}]});
    admin.json(Method::PUT, &format!("/api/notifier/{notifier}"), nowhere).await.ok();
    due(&fixture, &id, |notice| notice["lastNotified"] = 5.into());
    crate::alerting::process(&fixture.app);
    let begun = std::time::Instant::now();
    let listed = loop {
        let listed = admin.get("/api/alertnotices").await.ok();
        if listed[0]["failed"] == 1 {
            break listed;
        }
        assert!(begun.elapsed().as_secs() < 30, "{listed}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    assert_eq!((&listed[0]["sent"], listed[0]["lastError"].is_string()), (&json!(2), true), "{listed}");
    assert!(listed[0].get("pending").is_none() && listed[0]["count"].as_u64() == Some(6), "{listed}");
    // others neither see nor change it
    let bob = fixture.user("bob", json!({})).await;
    assert_eq!(bob.get("/api/alertnotices").await.ok(), json!([]));
    assert_eq!(
        bob.json(Method::DELETE, &format!("/api/alertnotice/{id}"), json!({})).await.status,
        StatusCode::NOT_FOUND
    );
    let changed = admin
        .json(Method::PUT, &format!("/api/alertnotice/{id}"), notice(json!({"enabled": false})))
        .await
        .ok();
    assert_eq!(
        (&changed["alertnotice"]["enabled"], &changed["alertnotice"]["sent"]),
        (&json!(false), &json!(2))
    );
    admin.json(Method::DELETE, &format!("/api/alertnotice/{id}"), json!({})).await.ok();
    // those of the configuration are seen by all and changed by none
    let named = crate::AlertNotice {
        name: "c".into(),
        notifiers: vec!["hook".into()],
        quiet: 60,
        ..Default::default()
    };
    crate::alerting::take_config(&fixture.app, std::slice::from_ref(&named)).unwrap();
    crate::alerting::take_config(&fixture.app, &[named]).unwrap();
    let listed = bob.get("/api/alertnotices").await.ok();
    assert_eq!(
        (&listed[0]["fromConfig"], &listed[0]["canEdit"], listed.as_array().unwrap().len()),
        (&json!(true), &json!(false), 1)
    );
    let refused = admin.json(Method::DELETE, "/api/alertnotice/config:c", json!({})).await;
    assert!(refused.status == StatusCode::FORBIDDEN && refused.text().contains("configuration"));
    crate::alerting::take_config(&fixture.app, &[]).unwrap();
    assert_eq!(bob.get("/api/alertnotices").await.ok(), json!([]));
}

/// Rules that can be read again twice.
#[derive(Debug, Default)]
struct Reread(std::sync::atomic::AtomicU32);

impl crate::EvidenceRules for Reread {
    fn describe(&self) -> Value {
        json!({ "captures": true, "loaded": [{ "id": "1" }] })
    }
    fn reload(&self) -> Result<(usize, usize), crate::ReloadError> {
        match self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
            0 => Ok((7, 1)),
            _ => Err(crate::ReloadError::Failed("/rules: gone".into())),
        }
    }
}

#[tokio::test]
async fn rules_are_shown_and_read_again_by_administrators() {
    let (mut fixture, client) = with_evidence(&[]).await;
    let here = client.post("/api/evidence/rules/reload", json!({})).await;
    assert_eq!(here.status, StatusCode::CONFLICT, "{}", here.text());
    let mut state = fixture.app.state.clone();
    if let Some(evidence) = &mut state.evidence {
        evidence.rules = Some(std::sync::Arc::new(Reread::default()));
    }
    fixture.app = App::new(fixture.app.config.clone(), state);
    fixture.router = router(fixture.app.clone());
    let admin = fixture.admin().await;
    assert_eq!(admin.get("/api/evidence/rules").await.ok()["loaded"][0]["id"], "1");
    let bob = fixture.user("bob", json!({})).await;
    assert_eq!(bob.post("/api/evidence/rules/reload", json!({})).await.status, StatusCode::FORBIDDEN);
    let done = admin.post("/api/evidence/rules/reload", json!({})).await.ok();
    assert_eq!((&done["success"], &done["loaded"], &done["refused"]), (&json!(true), &json!(7), &json!(1)));
    let failed = admin.post("/api/evidence/rules/reload", json!({})).await;
    assert!(
        failed.status == StatusCode::CONFLICT && failed.text().contains("/rules: gone"),
        "{}",
        failed.text()
    );
}

#[tokio::test]
async fn lists_are_sorted_by_what_values_mean_also_in_files() {
    let (fixture, client) = with_evidence(&[]).await;
    let levels = ["low", "extra_high", "middle"];
    let docs = ["10.0.0.9", "10.0.0.10", "9.255.0.1"]
        .iter()
        .zip(levels)
        .enumerate()
        .map(|(n, (ip, level))| hit_doc(2, ip, START * 1_000, &format!("SQL:{level}"), 60 + n as u8));
    fixture.memory.clone().append(docs.collect()).unwrap();
    let column = |rows: &Value, name: &str| -> Vec<String> {
        rows.as_array().unwrap().iter().map(|row| row[name].as_str().unwrap().to_owned()).collect()
    };
    let graver = client.get("/api/alerts?date=-1&sortField=level&desc=true").await.ok();
    assert_eq!(column(&graver["data"], "level"), ["extra_high", "middle", "low"]);
    let by_address = client.get("/api/alerts.json?date=-1&sortField=attacker&length=1").await;
    assert!(by_address.headers["content-disposition"].to_str().unwrap().contains("alerts.json"));
    assert_eq!(column(&by_address.ok(), "attacker"), ["9.255.0.1", "10.0.0.9", "10.0.0.10"]);
    let csv = client.get("/api/alerts.csv?date=-1&sortField=attacker&desc=true").await.text();
    let first: Vec<&str> = csv.lines().skip(1).map(|line| line.split(',').nth(5).unwrap()).collect();
    assert_eq!(first, ["10.0.0.10", "10.0.0.9", "9.255.0.1"]);
    assert_eq!(client.get("/api/assets.json?date=-1").await.ok().as_array().unwrap().len(), 1);
}
