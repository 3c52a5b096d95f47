//! Evidence through the whole pipeline: hits in the documents, packets in the files, with what the original probe did. The corpus may be absent.

use ::evidence::{Archive, Limits, Recorder, RecorderOptions};
use capture::{
    Examination, ExaminationOptions, Inspection, Level, Options, SessionRule, SessionRuleKeep, Severity,
};
use enrich::Enricher;
use jiff::tz::TimeZone;
use serde_json::Value;
use session::evidence as said;
use session::{SessionDoc, core};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/liuying");
    if !folder.is_dir() {
        eprintln!("skipped: {} is absent", folder.display());
        return None;
    }
    Some(folder)
}

fn rules(folder: &Path) -> Vec<rules::Rule> {
    let mut problems = Vec::new();
    let rules = rules::read_folder(folder, &mut problems);
    assert!(problems.is_empty(), "{problems:?}");
    rules
}

/// The documents of a capture, and the times of the packets that were kept, microseconds.
fn run(options: ExaminationOptions, packets: &[(i64, Vec<u8>)]) -> (Vec<SessionDoc>, Vec<u64>) {
    let dir = tempfile::tempdir().unwrap();
    let recorder = Recorder::start(RecorderOptions {
        folder: dir.path().to_owned(),
        device: 3,
        zone: TimeZone::UTC,
        waits: true,
        limits: Limits::default(),
    });
    let examination = Examination::new(options, 3, Some(recorder.unwrap())).unwrap();
    let mut inspection = Inspection::new(Options::default(), Arc::new(Enricher::none()));
    inspection.set_examination(examination.clone());
    let mut docs = Vec::new();
    for (time, bytes) in packets {
        let len = u32::try_from(bytes.len()).unwrap();
        inspection.packet(*time, bytes, len, wire::LinkType::ETHERNET, &mut |doc| docs.push(doc));
    }
    let counters = inspection.finish(&mut |doc| docs.push(doc));
    let status = examination.finish().unwrap();
    assert_eq!((status.written, status.problem), (counters.evidence, None));
    let archive = Archive::new(dir.path(), TimeZone::UTC);
    let mut kept = Vec::new();
    for (time, bytes) in packets {
        let micros = u64::try_from(*time).unwrap() / 1_000;
        let found = archive.find(Some(3), (micros / 1_000_000) as u32, (micros % 1_000_000) as u32).unwrap();
        if let Some(record) = found.records.iter().find(|record| record.bytes == *bytes) {
            assert_eq!(record.len as usize, bytes.len());
            kept.push(micros);
        }
    }
    assert_eq!(kept.len() as u64, counters.evidence, "each packet is kept once, whole");
    (docs, kept)
}

fn packets(path: &Path) -> Vec<(i64, Vec<u8>)> {
    let bytes = std::fs::read(path).unwrap();
    let slice = pcap::Slice::new(&bytes).unwrap();
    let mut packets = Vec::new();
    for record in slice {
        let record = record.unwrap();
        packets.push((record.time, record.bytes.to_vec()));
    }
    packets
}

fn level(number: u8) -> Level {
    Level::of(number).unwrap()
}

fn numbers(value: &Value) -> Vec<u64> {
    value.as_array().unwrap().iter().map(|number| number.as_u64().unwrap()).collect()
}

/// Packets of the original that this keeps otherwise: name, level, what is right.
const MENDED: &[(&str, &str, &[u64])] = &[
    // a hit does not make another packet of the other side its first one
    ("p_third", "3", &[1_687_074_364_103_333, 1_687_074_364_104_444, 1_687_074_364_105_555]),
];

#[test]
fn levels_keep_what_the_original_kept_and_more_where_it_forgot() {
    let Some(folder) = corpus() else { return };
    let rules = rules(&folder.join("rules"));
    let oracle: Value =
        serde_json::from_slice(&std::fs::read(folder.join("probe_oracle.json")).unwrap()).unwrap();
    let mut compared = 0;
    for (name, case) in oracle.as_object().unwrap() {
        let packets = packets(&folder.join(case["pcap"].as_str().unwrap()));
        let mut before: Vec<u64> = Vec::new();
        for number in 0..=3u8 {
            let options = ExaminationOptions {
                rules: rules.clone(),
                level: level(number),
                ..ExaminationOptions::default()
            };
            let (docs, kept) = run(options, &packets);
            assert!(
                before.iter().all(|time| kept.contains(time)),
                "{name}: level {number} keeps what {} does",
                number.max(1) - 1
            );
            before.clone_from(&kept);
            let key = number.to_string();
            let saved = |key: &str| numbers(&case["levels"][key]["saved_usec"]);
            let mut want = if number == 0 { Vec::new() } else { saved(&key) };
            if number == 3 {
                // the original forgets hits behind the first packets
                want.extend(saved("2"));
                want.sort_unstable();
                want.dedup();
            }
            if let Some((.., times)) = MENDED.iter().find(|(n, l, _)| n == name && **l == key) {
                want = times.to_vec();
            }
            if name == "p_ant" && (1..=3).contains(&number) {
                // the web shell in the body, where the original does not look
                let shell = docs
                    .iter()
                    .flat_map(|doc| doc.list(&said::EVIDENCE))
                    .find(|hit| hit.text(&said::TYPE) == Some("WEBSHELL"));
                let time = shell.unwrap().int(&said::TIME).unwrap() as u64;
                if !want.contains(&time) {
                    want.push(time);
                    want.sort_unstable();
                }
            }
            want.sort_unstable();
            assert_eq!(kept, want, "{name} level {number}");
            compared += 1;
        }
    }
    assert!(compared >= 40, "{compared}");
}

#[test]
fn samples_keep_as_many_packets_as_the_original() {
    let Some(folder) = corpus() else { return };
    let rules = rules(&folder.join("rules"));
    for (name, want) in [("mining_common", [1, 1, 2]), ("sql_inject", [0, 11, 22])] {
        let packets = packets(&folder.join(format!("samples/{name}.pcap")));
        let count = |number: u8| {
            let options = ExaminationOptions {
                rules: rules.clone(),
                level: level(number),
                ..ExaminationOptions::default()
            };
            run(options, &packets)
        };
        let kept = [1, 2, 3].map(|number| count(number).1.len());
        assert_eq!(kept, want, "{name}");
        if name == "mining_common" {
            let (docs, kept) = count(1);
            assert_eq!(kept, [1_638_236_575_877_284]);
            let doc = docs.iter().find(|doc| doc.list(&said::EVIDENCE).count() > 0).unwrap();
            assert_eq!(doc.ip(&core::SRC_IP).unwrap().to_string(), "192.168.1.188");
            assert_eq!((doc.int(&core::SRC_PORT), doc.int(&core::DST_PORT)), (Some(1_577), Some(25)));
        }
    }
}

/// `category type name version side start,end` of every hit.
fn hits(docs: &[SessionDoc]) -> Vec<String> {
    let of = |doc: &SessionDoc| -> Vec<String> {
        doc.list(&said::EVIDENCE)
            .map(|hit| {
                let text = |field| hit.text(field).unwrap_or("-").to_owned();
                let number = |field| hit.int(field).map_or("-".to_owned(), |n: i64| n.to_string());
                format!(
                    "{} {} {} {} {} {},{}",
                    text(&said::CATEGORY),
                    text(&said::TYPE),
                    text(&said::NAME),
                    text(&said::VERSION),
                    text(&said::SIDE),
                    number(&said::START),
                    number(&said::END)
                )
            })
            .collect()
    };
    docs.iter().flat_map(of).collect()
}

#[test]
fn hits_are_the_senders() {
    let Some(folder) = corpus() else { return };
    let options = || ExaminationOptions {
        rules: rules(&folder.join("rules")),
        level: Level::Pairs,
        ..ExaminationOptions::default()
    };
    let (docs, _) = run(options(), &packets(&folder.join("pcap/p_seed.pcap")));
    assert_eq!(hits(&docs), ["threat SQL CRUD - src 120,168"]);
    let hit = docs[0].list(&said::EVIDENCE).next().unwrap();
    assert_eq!(hit.int(&said::TIME), Some(1_687_074_364_968_817));
    assert_eq!((hit.text(&said::RULE), hit.int(&said::PACKET)), (Some("50003"), Some(1)));
    assert_eq!((hit.text(&said::LEVEL), hit.int(&said::DEVICE)), (Some("extra_high"), Some(3)));
    // the client attacks, the server answers: the original gives the attack to the server
    let (docs, _) = run(options(), &packets(&folder.join("pcap/p_getresp.pcap")));
    let found = hits(&docs);
    assert_eq!(found[0], "threat SQL CRUD union+select src 16,28");
    assert!(found[1..].iter().all(|hit| hit.contains(" dst ")) && found.len() == 3, "{found:?}");
    assert_eq!(docs[0].text(&said::SERVICE_DST), Some("HTTP"));
    assert_eq!((docs[0].text(&said::MIDWARE_DST), docs[0].has(&said::MIDWARE_SRC)), (Some("Nginx"), false));
}

#[test]
fn a_request_in_two_segments_is_found_when_segments_are_joined() {
    let Some(folder) = corpus() else { return };
    let packets = packets(&folder.join("pcap/q_split.pcap"));
    let options = |joined| ExaminationOptions {
        rules: rules(&folder.join("rules")),
        level: Level::Threats,
        joined,
        ..ExaminationOptions::default()
    };
    let threats =
        |docs: &[SessionDoc]| hits(docs).into_iter().filter(|hit| hit.starts_with("threat")).count();
    let (docs, kept) = run(options(false), &packets);
    assert_eq!((threats(&docs), kept.len()), (0, 0));
    let (docs, kept) = run(options(true), &packets);
    assert_eq!((threats(&docs), kept.len()), (1, 2), "{:?}", hits(&docs));
    // a packet that another rule keeps already is not kept again with what it is part of
    let zone = query::TimeZone::UTC;
    let schema = fields::Schema::new([core::FIELDS, session::perf::FIELDS, said::FIELDS]).unwrap();
    let all = SessionRule {
        name: "all".into(),
        kind: "POLICY".into(),
        severity: Severity::Low,
        when: query::compile("port.dst == 80", &query::Env::new(&schema, 0, &zone)).unwrap(),
        keep: SessionRuleKeep::Session,
    };
    let (docs, kept) = run(ExaminationOptions { session_rules: vec![all], ..options(true) }, &packets);
    assert_eq!((threats(&docs), kept.len()), (1, packets.len()), "{:?}", hits(&docs));
}

/// UDP packets of one flow, each with its time in seconds.
fn datagrams(payloads: &[(i64, &[u8])]) -> Vec<(i64, Vec<u8>)> {
    let frame = |payload: &[u8]| {
        let mut frame = vec![2; 12];
        let len = payload.len() as u16;
        frame.extend([8, 0, 0x45, 0]);
        frame.extend((28 + len).to_be_bytes());
        frame.extend([0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 77, 0, 99]);
        frame.extend((8 + len).to_be_bytes());
        frame.extend([0, 0]);
        frame.extend(payload);
        frame
    };
    payloads
        .iter()
        .map(|(seconds, payload)| (1_687_074_364_000_000_000 + seconds * 1_000_000_000, frame(payload)))
        .collect()
}

fn one_rule(text: &str) -> Vec<rules::Rule> {
    let mut problems = Vec::new();
    let text = format!(r#"{{"t": {{"rules": {{"7": {text}}}}}}}"#);
    let rules = rules::read_file(rules::Category::Threat, Path::new("x"), text.as_bytes(), &mut problems);
    assert!(problems.is_empty(), "{problems:?}");
    rules
}

#[test]
fn a_flow_begins_anew_when_it_was_silent() {
    let options = || ExaminationOptions {
        rules: one_rule(r#"{"type": "T", "name": "N", "regex": "evil"}"#),
        level: Level::Threats,
        ..ExaminationOptions::default()
    };
    let (docs, kept) =
        run(options(), &datagrams(&[(0, b"evil"), (30, b"evil"), (61, b"evil"), (62, b"evil")]));
    assert_eq!((hits(&docs).len(), kept.len()), (2, 2));
    let many: Vec<(i64, &[u8])> =
        (0..11).map(|n| (n, if n < 10 { b"none".as_slice() } else { b"evil" })).collect();
    assert_eq!(run(options(), &datagrams(&many)).1.len(), 0, "the eleventh packet is not looked at");
    assert_eq!(run(options(), &datagrams(&many[1..])).1.len(), 1, "the tenth is");
    // a rule for TCP does not look at UDP
    let tcp = ExaminationOptions {
        rules: one_rule(r#"{"type": "T", "name": "N", "regex": "evil", "protocol": "tcp"}"#),
        ..options()
    };
    assert_eq!(run(tcp, &datagrams(&[(0, b"evil")])).1.len(), 0);
}

#[test]
fn rules_in_the_search_language_keep_packets_or_sessions() {
    let schema = fields::Schema::new([core::FIELDS, session::perf::FIELDS, said::FIELDS]).unwrap();
    let zone = query::TimeZone::UTC;
    let plan = |text: &str| query::compile(text, &query::Env::new(&schema, 0, &zone)).unwrap();
    let rule = |name: &str, when: &str, keep| SessionRule {
        name: name.into(),
        kind: "POLICY".into(),
        severity: Severity::Low,
        when: plan(when),
        keep,
    };
    let packets = datagrams(&[(0, b"a"), (1, b"b"), (2, b"c"), (3, b"d"), (4, b"e")]);
    let count = |when: &str, keep| {
        let session_rules = vec![rule("mine", when, keep)];
        let options =
            ExaminationOptions { session_rules, level: Level::Threats, ..ExaminationOptions::default() };
        let (docs, kept) = run(options, &packets);
        let hits = hits(&docs);
        assert!(hits.iter().all(|hit| hit.starts_with("rule POLICY mine")), "{hits:?}");
        (hits.len(), kept.len())
    };
    assert_eq!(count("port.dst == 99", SessionRuleKeep::Packet), (1, 1));
    assert_eq!(count("port.dst == 99", SessionRuleKeep::Packets(3)), (1, 3));
    assert_eq!(count("port.dst == 99 && packets >= 3", SessionRuleKeep::Session), (1, 3));
    assert_eq!(count("port.dst == 98", SessionRuleKeep::Session), (0, 0));
    // known only when the session is over: a hit without a packet
    assert_eq!(count("packets == 5", SessionRuleKeep::Packet), (1, 0));
}

#[test]
fn tags_around_a_packet_do_not_hide_it() {
    let options = || ExaminationOptions {
        rules: one_rule(r#"{"type": "T", "name": "N", "regex": "evil"}"#),
        level: Level::Threats,
        ..ExaminationOptions::default()
    };
    let plain = datagrams(&[(0, b"evil")]);
    let tags: [&[u8]; 4] = [
        &[0x81, 0, 0, 5],
        &[0x88, 0xa8, 0, 9, 0x81, 0, 0, 5],
        // MPLS with one label, and PPPoE
        &[0x88, 0x47, 0, 1, 0x01, 0x40],
        &[0x88, 0x64, 0x11, 0, 0, 1, 0, 34, 0, 0x21],
    ];
    for tag in tags {
        let tagged: Vec<(i64, Vec<u8>)> = plain
            .iter()
            .map(|(time, frame)| {
                // a label and a session have no type of what follows behind them
                let rest = if tag[0] == 0x88 && tag[1] != 0xa8 { &frame[14..] } else { &frame[12..] };
                (*time, [&frame[..12], tag, rest].concat())
            })
            .collect();
        let (docs, kept) = run(options(), &tagged);
        assert_eq!((hits(&docs).len(), kept.len()), (1, 1), "{tag:02x?}");
    }
}
