//! A fleet as it is meant: three sensors (one of them behind a router that hides it) and two viewers in namespaces of their own, with a
//! cluster of three servers behind them, all with the real binary. Needs root, Java, nftables; says that it skips otherwise.

mod site;
#[path = "../support/mod.rs"]
mod support;

use serde_json::{Value, json};
use site::{SENSORS, Site, wait};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use support::net::send;
use support::{Home, packets};

/// What is captured by each sensor, with something that stands in its packets and not in the documents of its sessions.
const TRAFFIC: [(&str, &str); 3] = [
    ("http/captures/nginx-curl.pcap", "<center><h1>404 Not Found</h1></center>"),
    ("smtp/captures/opensmtpd-swaks.pcap", "221 2.0.0 Bye"),
    ("ftp/captures/vsftpd-curl.pcap", "221 Goodbye."),
];
/// What is imported on the first one, and what is uploaded to the second viewer.
const IMPORTED: &str = "dns/captures/dnsmasq-dig.pcap";
const UPLOADED: &str = "irc/captures/written-chat.pcap";
/// The clock of the second sensor is an hour ahead.
const LATE: i64 = 3_600;
const ALL: &str = "/api/sessions.pcap?date=-1";

fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocols/src").join(name)
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

/// Sessions that one machine alone makes of captures.
fn sessions_of(names: &[&str]) -> u64 {
    let home = Home::new();
    let files: Vec<String> = names.iter().map(|name| capture(name).display().to_string()).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    home.ok(&[&["import", "--quiet"], files.as_slice()].concat());
    home.ok(&["search", "--count"]).trim().parse().unwrap()
}

fn found(site: &Site, viewer: &str, expression: &str) -> u64 {
    let path = format!("/api/sessions?date=-1&length=0&expression={}", escaped(expression));
    site.get(viewer, &path)["recordsFiltered"].as_u64().unwrap()
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// The frames of an export, sorted.
fn frames(site: &Site, bytes: &[u8]) -> Vec<Vec<u8>> {
    let file = site.path("export.pcap");
    std::fs::write(&file, bytes).unwrap();
    sorted(packets(&file))
}

fn sorted(mut frames: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    frames.sort();
    frames
}

/// The first session that an expression finds: node and id.
fn first(site: &Site, viewer: &str, expression: &str) -> (String, String) {
    let path = format!("/api/sessions?date=-1&length=1&expression={}", escaped(expression));
    let answer = site.get(viewer, &path);
    let text = |name: &str| answer["data"][0][name].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    (text("node"), text("id"))
}

/// The packets of a session of each node, a body of one, and everything as one capture.
fn serves_all(site: &Site, viewer: &str, sent: &[Vec<u8>]) {
    for (sensor, (_, says)) in SENSORS.iter().zip(TRAFFIC) {
        let ids = format!(
            "/api/sessions?date=-1&length=50&expression={}",
            escaped(&format!("node == {sensor} && protocols == tcp"))
        );
        let list = site.get(viewer, &ids);
        let texts = list["data"].as_array().unwrap().iter().map(|session| {
            let path =
                format!("/api/session/{sensor}/{}/packets?format=text", session["id"].as_str().unwrap());
            site.ask(viewer, &path, &[]).text()
        });
        let texts: String = texts.collect();
        assert!(texts.contains(says), "{viewer} {sensor}: {texts}");
    }
    let (node, id) = first(site, viewer, "tags == up");
    let packets = site.ask(viewer, &format!("/api/session/{node}/{id}/packets?format=text"), &[]).text();
    assert!(node == "viewer2" && packets.contains("PRIVMSG"), "{node}: {packets}");

    let list = site.get(
        viewer,
        &format!("/api/sessions?date=-1&fields=http.md5&expression={}", escaped("http.md5 == EXISTS!")),
    );
    let md5 = list["data"][0]["http"]["md5"][0].as_str().unwrap_or_else(|| panic!("{list}"));
    let body = site.ask(viewer, &format!("/api/sessions/bodyhash/{md5}?date=-1"), &[]);
    let file = site.path("body");
    std::fs::write(&file, &body.body).unwrap();
    assert_eq!(
        support::tool("md5sum", &[file.to_str().unwrap()]).split(' ').next(),
        Some(md5),
        "{}",
        body.text()
    );

    let export = site.ask(viewer, ALL, &[]);
    assert_eq!((export.status, export.header("x-hindsight-missing-nodes")), (200, None));
    assert!(frames(site, &export.body) == sent, "{viewer}: the packets that were sent, no more and no fewer");
}

/// What a node that was not asked by another one of its fleet, or twice, or too late, says.
fn signed_requests(site: &Site) {
    let (address, key) = ("10.79.0.4:8006", "viewer1");
    let code = |headers: &[(&str, String)]| {
        let answer = site.between("viewer2", address, headers);
        (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    let refused = |code: &str| (401, code.to_owned());
    assert_eq!(code(&[]), refused("unsigned"));
    let good = site.sign(key, "sensor1", now(), "AAAAAAAAAAAAAAAAAAAAAA");
    let answer = site.between("viewer2", address, &good);
    assert_eq!((answer.status, &answer.json()["node"]), (200, &json!("sensor1")), "{}", answer.text());
    assert_eq!(code(&good), refused("replay"));
    let mut forged = site.sign(key, "sensor1", now(), "AAAAAAAAAAAAAAAAAAAAAQ");
    forged[3].1 = "cm9vdA".into();
    assert_eq!(code(&forged), refused("signature"));
    assert_eq!(code(&site.sign(key, "sensor2", now(), "AAAAAAAAAAAAAAAAAAAAAg")), refused("signature"));
    for wrong in [-600_000, 600_000] {
        assert_eq!(
            code(&site.sign(key, "sensor1", now() + wrong, "AAAAAAAAAAAAAAAAAAAAAw")),
            refused("skew")
        );
    }
    let told: i64 = answer.header("x-hindsight-time").unwrap().parse().unwrap();
    assert!((told - now()).abs() < 60_000, "the clock that callers measure theirs with");
}

fn hunt(site: &Site, viewer: &str, id: &str) -> Value {
    // in this order: it may end between the two questions
    let running = site.get(viewer, "/api/hunts?history=false");
    let hunts = site.get(viewer, "/api/hunts?history=true").as_object().unwrap()["data"].clone();
    let all = [hunts, running["data"].clone(), json!([running["runningJob"].clone()])];
    let mut all = all.iter().flat_map(|list| list.as_array().unwrap().clone());
    all.find(|hunt| hunt["id"] == id).unwrap_or_else(|| panic!("no hunt {id}: {running}"))
}

#[test]
fn a_fleet_is_one_system() {
    let Some(mut site) = Site::build() else { return };
    site.cluster(&["start", "3"]);
    let wire = site.path("wire.pcap");
    site.listen(&wire);

    // nodes come in, each in its way
    site.password = site.ok("viewer1", &["user", "add", "admin", "--role", "superAdmin"]).trim().to_owned();
    site.start("viewer1", 0);
    for sensor in ["sensor1", "sensor3", "viewer2"] {
        site.start(sensor, 0);
    }
    let late = if Site::can_be_late() { LATE } else { 0 };
    site.start("sensor2", late);
    let states = |site: &Site, viewer: &str| -> Vec<String> {
        let nodes = site.get(viewer, "/api/nodes");
        let state =
            |node: &Value| format!("{} {}", node["name"].as_str().unwrap(), node["state"].as_str().unwrap());
        nodes["nodes"].as_array().unwrap().iter().map(state).collect()
    };
    let waiting =
        ["sensor1 pending", "sensor2 pending", "sensor3 pending", "viewer1 alive", "viewer2 pending"];
    wait("the nodes", || (states(&site, "viewer1") == waiting).then_some(()));
    for name in ["sensor1", "sensor2", "viewer2"] {
        site.post("viewer1", &format!("/api/nodes/{name}/approve"), &json!({}));
    }
    let token = site.ok("viewer1", &["node", "token"]);
    site.ok("sensor3", &["node", "join", token.trim()]);

    // what they see
    let mut sent = Vec::new();
    for (sensor, (file, _)) in SENSORS.iter().zip(TRAFFIC) {
        let frames = packets(&capture(file));
        send(&site.namespace(sensor), "t0", &frames, 2_000.0);
        sent.extend(frames);
    }
    site.ok("sensor1", &["import", "--quiet", capture(IMPORTED).to_str().unwrap()]);
    let file = format!("file=@{}", capture(UPLOADED).display());
    let upload = site.ask("viewer2", "/api/upload", &["-F", "tags=up", "-F", &file]);
    assert_eq!(upload.status, 200, "{}", upload.text());
    for file in [IMPORTED, UPLOADED] {
        sent.extend(packets(&capture(file)));
    }
    let sent = sorted(sent);
    let mut made = sessions_of(&[TRAFFIC[0].0, TRAFFIC[1].0, TRAFFIC[2].0, IMPORTED, UPLOADED]);
    wait("the sessions", || (found(&site, "viewer1", "") >= made).then_some(()));
    // a file is listed when it is made, which may take longer than to find its sessions
    let listed = |site: &Site, files: u64| {
        site.get("viewer2", "/api/files")["recordsTotal"].as_u64().is_some_and(|n| n >= files)
    };
    wait("the files", || listed(&site, 5).then_some(()));
    for viewer in ["viewer1", "viewer2"] {
        assert_eq!(found(&site, viewer, ""), made, "sessions made and found");
    }
    serves_all(&site, "viewer1", &sent);

    // a hunt waits for a node that does not answer; the viewer that works on it dies, and the other one goes on with it
    let payload = "protocols == [ftp,smtp,http]";
    let searched = found(&site, "viewer1", payload);
    site.signal("sensor2", "STOP");
    let query = json!({ "startTime": 0, "stopTime": now() / 1_000 + 100_000, "expression": payload });
    let order = json!({ "name": "h", "size": 50, "totalSessions": searched, "searchType": "ascii", "search": "221 ", "type": "raw",
        "src": true, "dst": true, "query": query });
    let id = site.post("viewer1", "/api/hunt", &order)["hunt"]["id"].as_str().unwrap().to_owned();
    wait("the hunt", || (hunt(&site, "viewer1", &id)["status"] == "running").then_some(()));
    assert_eq!(hunt(&site, "viewer2", &id)["runner"], "viewer1");
    site.signal("viewer1", "KILL");
    site.signal("sensor2", "CONT");

    // meanwhile the other viewer does everything
    wait("the sensors", || {
        let all = states(&site, "viewer2");
        let second = if late == 0 { "sensor2 alive" } else { "sensor2 skewed" };
        [second, "sensor3 alive"].iter().all(|state| all.iter().any(|known| known == state)).then_some(())
    });
    serves_all(&site, "viewer2", &sent);
    signed_requests(&site);
    let done = wait("the hunt on the other viewer", || {
        Some(hunt(&site, "viewer2", &id)).filter(|hunt| hunt["status"] == "finished")
    });
    assert_eq!((&done["runner"], &done["searchedSessions"]), (&json!("viewer2"), &json!(searched)), "{done}");
    assert_eq!(done["failedSessionIds"].as_array().map_or(0, Vec::len), 0, "{done}");
    let matched = done["matchedSessions"].as_u64().unwrap();
    assert_eq!(found(&site, "viewer2", &format!("huntId == {id}")), matched);
    for node in ["sensor2", "sensor3"] {
        assert!(found(&site, "viewer2", &format!("huntId == {id} && node == {node}")) > 0, "{done}");
    }

    // a server of the cluster and a sensor die; what the others have is delivered, and the one that is missing is named
    site.start("viewer1", 0);
    site.cluster(&["node", "3", "kill"]);
    site.signal("sensor1", "KILL");
    let more = packets(&capture(TRAFFIC[2].0));
    send(&site.namespace("sensor3"), "t0", &more, 2_000.0);
    made += sessions_of(&[TRAFFIC[2].0]);
    // until the other servers have noticed, answers may be errors that say so
    wait("the sessions after the loss of a server", || {
        let all = |viewer: &&str| {
            let answer = site.ask(viewer, "/api/sessions?date=-1&length=0&expression=", &[]);
            answer.status == 200 && answer.json()["recordsFiltered"].as_u64() >= Some(made)
        };
        ["viewer1", "viewer2"].iter().all(all).then_some(())
    });
    for viewer in ["viewer1", "viewer2"] {
        assert_eq!(found(&site, viewer, ""), made);
        // a sensor that dials out may not have come to the viewer that has just begun again
        let rest = wait("the name of the sensor", || {
            let rest = site.ask(viewer, ALL, &[]);
            (rest.header("x-hindsight-missing-nodes") == Some("sensor1")).then_some(rest)
        });
        assert_eq!(rest.status, 200);
        let mut expected =
            [TRAFFIC[1].0, TRAFFIC[2].0, TRAFFIC[2].0, UPLOADED].map(|file| packets(&capture(file))).concat();
        expected.sort();
        assert!(frames(&site, &rest.body) == expected, "{viewer}: the rest is delivered");
        let (node, id) = first(&site, viewer, "node == sensor1 && protocols == http");
        let answer = site.get(viewer, &format!("/api/session/{node}/{id}/packets"));
        let said = answer["missing"][0]["reason"].as_str().unwrap_or_else(|| panic!("{answer}"));
        assert!(said.contains("node sensor1 cannot be reached"), "{said}");
        assert!(!states(&site, viewer).contains(&"sensor1 alive".to_owned()));
    }
    // and it comes back
    site.start("sensor1", 0);
    let all = sorted([sent.as_slice(), &more].concat());
    for viewer in ["viewer1", "viewer2"] {
        let whole = wait("the sensor", || {
            Some(site.ask(viewer, ALL, &[])).filter(|all| all.header("x-hindsight-missing-nodes").is_none())
        });
        assert!(frames(&site, &whole.body) == all, "{viewer}");
    }

    // nothing of this could be read on the wire
    site.heard();
    let all = std::fs::read(&wire).unwrap();
    assert!(all.len() > 100_000, "{} bytes were seen", all.len());
    let seen = |text: &str| all.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(seen("sessions3"), "what goes to the cluster can be read here");
    for secret in [site.password.as_str(), token.trim(), "x-hindsight-signature"] {
        assert!(!seen(secret), "{secret} was on the wire");
    }
    // what a hunt found goes to this cluster in the clear, with its context
    let between = site.without_cluster(&wire);
    assert!(between.len() > 10_000, "{} bytes were seen", between.len());
    for secret in [TRAFFIC[0].1, TRAFFIC[1].1, TRAFFIC[2].1] {
        let seen = between.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!seen, "{secret} was on the wire");
    }
}
