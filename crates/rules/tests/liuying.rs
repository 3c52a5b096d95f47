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
            // the rule alone, looking at all of any payload
            let json = format!("{{\"x\": {{\"rules\": {{\"{id}\": {rule}}}}}}}");
            let mut alone = rules::read_file(category, Path::new("x"), json.as_bytes(), &mut Vec::new());
            alone.iter_mut().for_each(|rule| (rule.http, rule.port, rule.protocol) = (None, None, None));
            let alone = Rules::new(alone, Limits::default()).unwrap();
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
                if (1..1_500).contains(&subject.len()) {
                    let (mut hits, packet) =
                        (Vec::new(), Packet { protocol: Protocol::Tcp, ports: [1, 2], payload: &subject });
                    alone.inspect(&mut FlowState::default(), &packet, &mut hits);
                    assert_eq!(
                        hits.len(),
                        usize::from(got.is_some()),
                        "rule {id} on {}",
                        subject.escape_ascii()
                    );
                }
                compared += 1;
                matched += usize::from(got.is_some());
            }
        }
    }
    assert!(compared > 20_000 && matched > 8_000, "{compared} compared, {matched} matched");
}

/// Hits of TCP (or UDP) payloads of one flow, in order: `id(version) start,end`.
fn of_payloads(rules: &Rules, protocol: Protocol, payloads: &[Vec<u8>]) -> Vec<String> {
    let (mut flow, mut hits) = (FlowState::default(), Vec::new());
    for payload in payloads {
        rules.inspect(&mut flow, &Packet { protocol, ports: [40_000, 80], payload }, &mut hits);
    }
    let text = |hit: &rules::Hit| {
        let rule = &rules.rules()[hit.rule];
        format!("{}({}) {},{}", rule.id, hit.version, hit.index.0, hit.index.1)
    };
    hits.iter().map(text).collect()
}

/// What captures of the test plan show that are not among the samples.
#[test]
fn requests_that_hit_and_those_that_must_not() {
    let Some(folder) = corpus() else { return };
    let rules = load(&folder);
    let tcp = |payloads: &[&str]| {
        let payloads: Vec<Vec<u8>> = payloads.iter().map(|text| text.as_bytes().to_vec()).collect();
        of_payloads(&rules, Protocol::Tcp, &payloads)
    };
    let attack = "id=1+union+select+2 HTTP/1.1\r\nHost: x\r\n\r\n";
    assert_eq!(tcp(&[&format!("GET /a?{attack}")]), ["50003(union+select) 12,24"]);
    // not recognised as HTTP, or not in the part that the rule looks at
    for text in [
        format!("PUT /a?{attack}"),
        format!("HEAD /a?{attack}"),
        format!("get /a?{attack}"),
        format!("GET http://x/a?{attack}"),
        format!("GET /a HTTP/1.1\r\nHost: x\r\n\r\n{attack}"),
        "POST /a HTTP/1.1\r\n\r\n${jndi:ldap://x}".to_owned(),
        "GET /a?id=1%20union%20select HTTP/1.1\r\n\r\n".to_owned(),
    ] {
        let threats = tcp(&[&text]).into_iter().filter(|hit| hit.starts_with('5')).count();
        assert_eq!(threats, 0, "{text}");
    }
    assert_eq!(tcp(&["GET /?q=%3Cscript%3Ealert(1)%3C/script%3E HTTP/1.1\r\n\r\n"]), ["50009(%3C) 8,11"]);
    let long = |len: usize| format!("GET /a?{attack:x<len$}", len = len - 7);
    assert_eq!((tcp(&[&long(1_499)]).len(), tcp(&[&long(1_500)]).len()), (1, 0));
    // what is too long does not count among the first ten packets
    let (filler, hit) = ("x".repeat(1_500), "GET /a?id=1+UnIoN+SeLeCt HTTP/1.1\r\n\r\n".to_owned());
    let mut many: Vec<&str> = vec![&filler; 12];
    many.push(&hit);
    assert_eq!(tcp(&many).len(), 1);
    let ten: Vec<&str> = std::iter::repeat_n("nothing", 10).chain([hit.as_str()]).collect();
    assert_eq!((tcp(&ten).len(), tcp(&ten[1..]).len()), (0, 1));
    // versions up to 15 bytes, and an operating system with the server
    let server = |name: &str| format!("HTTP/1.1 200 OK\r\nServer: {name}\r\n\r\n");
    let version = |name: &str| tcp(&[&server(name)]).into_iter().find(|hit| hit.starts_with('4')).unwrap();
    assert!(version("nginx/123456789012345").starts_with("40001(123456789012345)"));
    assert!(version("nginx/1234567890123456").starts_with("40001()"));
    assert!(version("Microsoft-IIS/7.5").starts_with("40003(7.5)"));
    let iis = rules.rules().iter().find(|rule| rule.id == "40003").unwrap();
    assert_eq!(iis.os.as_deref(), Some("Windows"));
    // an answer to version.bind
    let mut dns =
        b"\x12\x34\x84\0\0\x01\0\x01\0\0\0\0\x07version\x04bind\0\0\x10\0\x03\xc0\x0c\0\x10\0\x03".to_vec();
    dns.extend(b"\0\0\0\0\0\x0d\x0cdnsmasq-2.80");
    let found = of_payloads(&rules, Protocol::Udp, &[dns.clone()]);
    assert!(found[0].starts_with("10002(") && found[1].starts_with("40014(2.80)"), "{found:?}");
    // a rule for UDP does not look at TCP
    assert!(of_payloads(&rules, Protocol::Tcp, &[dns]).iter().all(|hit| !hit.starts_with("40014")));
    // 10007 is taken at its word
    assert!(tcp(&["-2.0-x"])[0].starts_with("10007(2.0)"));
    assert!(tcp(&["SSH-2.0-OpenSSH_9.2\r\n"]).iter().all(|hit| !hit.starts_with("10007")));
    // `$` also before a last line feed
    for end in ["", "\n"] {
        assert!(tcp(&[&format!("RFB 003.008\n{end}")]).iter().any(|hit| hit.starts_with("10043")), "{end:?}");
    }
    // rules without a protocol look at ICMP too
    assert!(of_payloads(&rules, Protocol::Icmp, &[b"-2.0-x".to_vec()])[0].starts_with("10007"));
}
