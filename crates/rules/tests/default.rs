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
