//! The original's rules against its own captures, with what the original probe found. Skips where the corpus is absent.

use rules::{FlowState, Limits, Packet, Protocol, Rules, read_folder};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/liuying");
    if !folder.is_dir() {
        eprintln!("skipped: {} is absent", folder.display());
        return None;
    }
    Some(folder)
}

fn load(folder: &Path) -> Rules {
    let mut problems = Vec::new();
    let rules = read_folder(&folder.join("rules"), &mut problems);
    assert!(problems.is_empty(), "{problems:?}");
    Rules::new(rules, Limits::default()).unwrap()
}

#[test]
fn every_rule_of_the_original_loads() {
    let Some(folder) = corpus() else { return };
    let rules = load(&folder);
    let mut counts: HashMap<_, usize> = HashMap::new();
    for rule in rules.rules() {
        *counts.entry(rule.category.name()).or_default() += 1;
    }
    let want = [("service", 44), ("device", 15), ("os", 16), ("midware", 25), ("threat", 16)];
    assert_eq!(counts, HashMap::from(want));
}

/// `category => id:type:name(version)`, as the probe logs its hits.
fn hits_of(rules: &Rules, path: &Path) -> Vec<String> {
    let bytes = std::fs::read(path).unwrap();
    let mut flows: HashMap<_, FlowState> = HashMap::new();
    let mut lines = Vec::new();
    let mut at = 24;
    while let Some(head) = bytes.get(at..at + 16) {
        let captured = u32::from_le_bytes(head[8..12].try_into().unwrap()) as usize;
        let frame = &bytes[at + 16..at + 16 + captured];
        at += 16 + captured;
        let decoded = wire::decode(wire::LinkType::ETHERNET, frame);
        let Some(ip) = decoded.ip() else { continue };
        let (protocol, ports) = match &decoded.transport {
            wire::Transport::Tcp(tcp) => (Protocol::Tcp, [tcp.src_port(), tcp.dst_port()]),
            wire::Transport::Udp(udp) => (Protocol::Udp, [udp.src_port(), udp.dst_port()]),
            _ => continue,
        };
        let mut ends = [(ip.src, ports[0]), (ip.dst, ports[1])];
        ends.sort();
        let mut hits = Vec::new();
        let packet = Packet { protocol, ports, payload: decoded.payload };
        rules.inspect(flows.entry((ends, ip.protocol)).or_default(), &packet, &mut hits);
        for hit in hits {
            let rule = &rules.rules()[hit.rule];
            lines.push(format!(
                "{} => {}:{}:{}({})",
                rule.category, rule.id, rule.kind, rule.name, hit.version
            ));
        }
    }
    lines
}

#[test]
fn captures_have_the_hits_that_the_original_probe_found() {
    let Some(folder) = corpus() else { return };
    let rules = load(&folder);
    let oracle: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("probe_oracle.json")).unwrap()).unwrap();
    for (name, case) in oracle.as_object().unwrap() {
        let found = hits_of(&rules, &folder.join(case["pcap"].as_str().unwrap()));
        let mut want: Vec<String> =
            case["hits"].as_array().unwrap().iter().map(|hit| hit.as_str().unwrap().to_owned()).collect();
        if name == "p_ant" {
            // the original looks for the body behind the end of the packet; here it is where it is
            want.push("threat => 50015:WEBSHELL:Ant-Sword(%40ini_set)".to_owned());
        }
        // the probe logs an empty version only for patterns that have a group
        let plain = |lines: Vec<String>| -> Vec<String> {
            lines.iter().map(|line| line.trim_end_matches("()").to_owned()).collect()
        };
        assert_eq!(plain(found), plain(want), "{name}");
    }
}

#[test]
fn what_cannot_be_used_is_named_and_the_rest_loads() {
    let folder = std::env::temp_dir().join(format!("hindsight-rules-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let text = r#"{"any": {"rules": {
        "1": {"type": "T", "name": "N", "regex": "a(b"},
        "2": {"type": "T", "regex": "ab"},
        "3": {"type": "T", "name": "N", "regex": "ab", "deleted": 1},
        "4": {"type": "T", "name": "N", "regex": "ab", "port": "80", "protocol": "sctp"},
        "5": {"type": "T", "name": "N", "regex": "(a)\\1"},
        "6": {"type": "T", "name": "N", "regex": "UNION", "protocol": "TCP", "port": 21}
    }}}"#;
    std::fs::write(folder.join("threat.json"), text).unwrap();
    std::fs::write(folder.join("os.json"), "{\"os\": // comment\n{}}").unwrap();
    let mut problems = Vec::new();
    let rules = read_folder(&folder, &mut problems);
    std::fs::remove_dir_all(&folder).unwrap();
    let ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["4", "6"]);
    let lost: Vec<String> =
        problems.iter().filter(|problem| problem.is_loss()).map(ToString::to_string).collect();
    assert_eq!(lost.len(), 4, "{lost:?}");
    for (line, word) in lost.iter().zip(["os.json", "rule 1", "rule 2", "rule 5"]) {
        assert!(line.contains(word), "{line}");
    }
    let rules = Rules::new(rules, Limits::default()).unwrap();
    let hits = |port, payload: &[u8]| {
        let mut hits = Vec::new();
        let packet = Packet { protocol: Protocol::Tcp, ports: [40_000, port], payload };
        rules.inspect(&mut FlowState::default(), &packet, &mut hits);
        hits.len()
    };
    assert_eq!((hits(21, b"union"), hits(80, b"union"), hits(80, b"ab")), (1, 0, 1));
}

#[test]
fn a_flow_has_one_hit_a_category_within_its_first_packets() {
    let mut problems = Vec::new();
    let text = r#"{"t": {"rules": {"1": {"type": "T", "name": "A", "regex": "aa"}, "2": {"type": "T", "name": "B", "regex": "a"}}}}"#;
    let rules = rules::read_file(rules::Category::Threat, Path::new("x"), text.as_bytes(), &mut problems);
    let rules = Rules::new(rules, Limits::default()).unwrap();
    let mut flow = FlowState::default();
    let mut look = |payload: &[u8]| {
        let mut hits = Vec::new();
        rules.inspect(&mut flow, &Packet { protocol: Protocol::Udp, ports: [1, 2], payload }, &mut hits);
        hits.first().map(|hit| (hit.rule, hit.index))
    };
    for _ in 0..9 {
        assert_eq!(look(b"x"), None);
        assert_eq!((look(b""), look(&[b'a'; 1_500])), (None, None), "neither counts");
    }
    assert_eq!(look(b"xaa"), Some((0, (1, 3))), "the first rule of the file wins");
    assert_eq!(look(b"aa"), None, "the eleventh");
}

/// A text that the pattern matches, by a walk through it.
fn sample(hir: &regex_syntax::hir::Hir, random: &mut impl FnMut(usize) -> usize, out: &mut Vec<u8>) {
    use regex_syntax::hir::{Class, HirKind};
    match hir.kind() {
        HirKind::Literal(literal) => out.extend_from_slice(&literal.0),
        HirKind::Class(Class::Bytes(class)) => {
            let ranges = class.ranges();
            if let Some(range) = ranges.get(random(ranges.len().max(1))) {
                out.push(range.start() + random(usize::from(range.end() - range.start()) + 1) as u8);
            }
        }
        HirKind::Repetition(many) => {
            let most = many.max.unwrap_or(many.min + 3).min(many.min + 3);
            for _ in 0..many.min as usize + random((most - many.min) as usize + 1) {
                sample(&many.sub, random, out);
            }
        }
        HirKind::Capture(group) => sample(&group.sub, random, out),
        HirKind::Concat(parts) => parts.iter().for_each(|part| sample(part, random, out)),
        HirKind::Alternation(parts) => sample(&parts[random(parts.len())], random, out),
        _ => {}
    }
}

#[test]
fn the_originals_patterns_match_as_pcre_says() {
    let Some(folder) = corpus() else { return };
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 11) as usize % below
    };
    let (mut compared, mut matched) = (0, 0);
    for category in rules::Category::ALL {
        let text = std::fs::read(folder.join(format!("rules/{category}.json"))).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let class = json.as_object().unwrap().values().next().unwrap();
        for (id, rule) in class["rules"].as_object().unwrap() {
            let pattern = rule["regex"].as_str().unwrap();
            let ours = rules::pcre::Pattern::new(pattern, true).unwrap();
            let theirs = pcre2::bytes::RegexBuilder::new().caseless(true).build(pattern).unwrap();
            let hir = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build();
            let hir = hir.clone().parse(ours.translated()).unwrap();
            for round in 0..200 {
                let mut subject = Vec::new();
                if round % 4 == 0 {
                    (0..random(20)).for_each(|_| subject.push(random(256) as u8));
                }
                sample(&hir, &mut random, &mut subject);
                if round % 2 == 1 {
                    for _ in 0..=random(3) {
                        let at = random(subject.len() + 1);
                        match random(3) {
                            0 => subject.insert(at, random(256) as u8),
                            1 if at < subject.len() => drop(subject.remove(at)),
                            _ if at < subject.len() => subject[at] ^= 1 << random(8),
                            _ => subject.push(b'\n'),
                        }
                    }
                }
                // a pattern that PCRE gives up on has no match there, and none of these is that hard for PCRE 2
                let mut locations = theirs.capture_locations();
                let Ok(found) = theirs.captures_read(&mut locations, &subject) else { continue };
                let want = found.map(|all| (all.start()..all.end(), locations.get(1).map(|(a, b)| a..b)));
                let got = ours.find(&subject).map(|found| (found.whole, found.group));
                assert_eq!(got, want, "rule {id} on {}", subject.escape_ascii());
                compared += 1;
                matched += usize::from(got.is_some());
            }
        }
    }
    assert!(compared > 20_000 && matched > 8_000, "{compared} compared, {matched} matched");
}
