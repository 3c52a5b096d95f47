//! The rules that come with the program: each hits what it is for, and only that.

use rules::{FlowState, Limits, Packet, Protocol, Rule, Rules, default_rules};
use serde_json::Value;

/// One rule alone against a payload of one packet.
fn hits(rule: &Rule, payload: &[u8]) -> bool {
    let rules = Rules::new(vec![rule.clone()], Limits::default()).unwrap();
    let protocol = rule.protocol.unwrap_or(Protocol::Tcp);
    let packet = Packet { protocol, ports: [40_000, rule.port.unwrap_or(80)], payload };
    let mut hits = Vec::new();
    rules.inspect(&mut FlowState::default(), &packet, &mut hits);
    !hits.is_empty()
}

#[test]
fn every_rule_has_a_payload_that_hits_and_one_that_does_not() {
    let mut problems = Vec::new();
    let rules = default_rules(&mut problems);
    assert!(problems.is_empty(), "{problems:#?}");
    assert!(rules.len() > 80);
    let examples: Value = serde_json::from_str(include_str!("../default/examples.json")).unwrap();
    // a code point is a byte
    let bytes = |text: &Value| -> Vec<u8> {
        text.as_str().unwrap().chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
    };
    let mut wrong = Vec::new();
    for rule in &rules {
        let example = &examples[rule.id.as_str()];
        assert!(example.is_object(), "rule {} has no example", rule.id);
        if !hits(rule, &bytes(&example["hit"])) {
            wrong.push(format!("rule {} {} does not hit {}", rule.id, rule.name, example["hit"]));
        }
        if hits(rule, &bytes(&example["miss"])) {
            wrong.push(format!("rule {} {} hits {}", rule.id, rule.name, example["miss"]));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let mut ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((ids.len(), examples.as_object().unwrap().len()), (rules.len(), rules.len()));
    Rules::new(rules, Limits::default()).unwrap();
}

#[test]
fn files_that_cannot_be_used_are_named_and_the_others_are_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let rule = r#"{"type": "T", "name": "N", "regex": "union"}"#;
    let file = |rules: &str| format!("{{\"x\": {{\"priority\": 1, \"rules\": {{{rules}}}}}}}");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let read = || {
        let mut problems = Vec::new();
        let rules = rules::read_folder(folder.path(), &mut problems);
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        (rules, said, problems.iter().filter(|problem| problem.is_loss()).count())
    };
    // with a byte order mark, and a number that stands twice
    write("threat.json", format!("\u{feff}{}", file(&format!("\"1\": {rule}, \"1\": {rule}"))).as_bytes());
    write("os.json", b"");
    write("device.json", b"\xff\xfe{\0");
    write("service.json", b"[1, 2]");
    write("threats.json", b"{}");
    std::fs::create_dir(folder.path().join("midware.json")).unwrap();
    let (rules, said, lost) = read();
    assert_eq!((rules.len(), lost), (2, 4), "{said:#?}");
    for words in [
        ["threat.json", "stands twice"],
        ["os.json", "is empty"],
        ["device.json", "UTF-16"],
        ["service.json", "an object"],
        ["midware.json", "directory"],
        ["threats.json", "is not read"],
    ] {
        assert!(said.iter().any(|line| words.iter().all(|word| line.contains(word))), "{words:?}: {said:#?}");
    }
    std::fs::remove_dir(folder.path().join("midware.json")).unwrap();
    // wrong types, and what is nested deeper than anybody writes
    let odd = r#""1": {"type": 5, "name": "N", "regex": "a"}, "2": [], "3": {"type": "T", "name": "N", "regex": "a", "is_http": "1", "version": 2},
        "4": {"type": "T", "name": "N", "regex": "GET", "is_http": true}"#;
    write("os.json", file(odd).as_bytes());
    write("service.json", format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000)).as_bytes());
    write("device.json", b"{\"x\": {\"rules\": {}}} trailing");
    let (rules, said, lost) = read();
    assert_eq!((rules.len(), lost), (4, 4), "{said:#?}");
    assert_eq!(rules.iter().filter(|rule| rule.http.is_some()).count(), 1);
    for words in [["rule 1", "type"], ["rule 2", "object"], ["rule 3", "is_http"], ["rule 3", "version"]] {
        assert!(said.iter().any(|line| words.iter().all(|word| line.contains(word))), "{words:?}: {said:#?}");
    }
    // many rules: all load, and match in the order of the file
    let many: Vec<String> = (0..3_000)
        .map(|n| format!("\"{n}\": {{\"type\": \"T\", \"name\": \"N{n}\", \"regex\": \"word{n}x\"}}"))
        .collect();
    write("threat.json", file(&many.join(",")).as_bytes());
    let mut problems = Vec::new();
    let rules = rules::read_folder(folder.path(), &mut problems);
    let threats: Vec<Rule> =
        rules.into_iter().filter(|rule| rule.category == rules::Category::Threat).collect();
    let all = Rules::new(threats, Limits::default()).unwrap();
    let mut hits = Vec::new();
    let packet = Packet { protocol: Protocol::Udp, ports: [1, 2], payload: b"..word2999x..WORD17X" };
    all.inspect(&mut FlowState::default(), &packet, &mut hits);
    assert_eq!(all.rules()[hits[0].rule].name, "N17");
    assert_eq!(hits.len(), 1);
    // larger than any
    let large = std::fs::File::create(folder.path().join("threat.json")).unwrap();
    large.set_len((64 << 20) + 1).unwrap();
    let (_, said, _) = read();
    assert!(said.iter().any(|line| line.contains("threat.json") && line.contains("64 MiB")), "{said:#?}");
}
