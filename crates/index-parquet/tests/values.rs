//! Lists of values against a count in the plainest way: values that are all different, always the same, skewed, several in
//! a session, of objects; in files, in memory, changed and deleted; lists that end within ties.

use fields::{Schema, Target};
use index::{Aggregate, Control, Memory, Order, SessionIndex, SessionSink, TermChange, Terms, generate};
use index_parquet::{Options, Store};
use proptest::prelude::*;
use query::{Leaf, Plan, Test};
use session::{Object, SessionDoc, SessionId, core};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// What one session is made of: a number that all its values come from.
fn document(number: u64, kind: u8) -> SessionDoc {
    let mix = |of: u64| {
        let n = (number ^ of.rotate_left(17)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (n ^ n >> 31).wrapping_mul(0x94D0_49BB_1331_11EB) >> 7
    };
    // skewed: half of all is 0, a quarter 1 and so on
    let skewed = |of: u64| u64::from(mix(of).trailing_ones());
    let mut doc = SessionDoc::new();
    let start = 1_795_305_600_000 + (mix(1) % 80_000_000) as i64;
    doc.add(&core::START_TIME, start);
    doc.add(&core::STOP_TIME, start + (mix(2) % 40) as i64 * i64::from(kind % 2));
    doc.add(&core::NODE, "always");
    doc.add(&core::SRC_PORT, (mix(3) % 50) as i64);
    doc.add(&core::BYTES, if kind.is_multiple_of(3) { mix(4) as i64 } else { skewed(4) as i64 });
    let ip = |n: u64| IpAddr::V4(Ipv4Addr::from(n as u32));
    doc.add(&core::SRC_IP, ip(0x0A00_0000 + skewed(5)));
    doc.add(&core::DST_IP, ip(mix(6)));
    let hash = (mix(7), mix(8), mix(9) as u32);
    let hash = [&hash.0.to_le_bytes()[..], &hash.1.to_le_bytes(), &hash.2.to_le_bytes()].concat();
    let id = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &hash);
    if kind != 7 {
        doc.add(&core::COMMUNITY_ID, &format!("1:{id}"));
    } else {
        doc.add(&core::COMMUNITY_ID, "not one");
    }
    for n in 0..skewed(10) % 4 {
        doc.add(&core::TAGS, &format!("tag{}", skewed(11 + n)));
    }
    for n in 0..mix(12) % 4 {
        // some of one session are the same
        doc.add(&generate::DNS_HOST, &format!("host{}.example", skewed(13 + n % 2)));
        doc.add(&generate::DNS_IP, ip(skewed(14 + n % 2)));
        doc.add(&generate::HTTP_STATUS, (200 + mix(15 + n % 2) % 3) as i64);
    }
    if kind % 4 != 1 {
        doc.add(&generate::HTTP_URI, &format!("example/{:x}", mix(16)));
        doc.add(&generate::HTTP_MD5, &format!("{:x}", mix(17) % 40));
    }
    for n in 0..skewed(18) % 3 {
        let mut certificate = Object::new(&generate::CERTIFICATE);
        certificate.add(&generate::CERT_NOT_AFTER, (mix(19 + n) % 900_000) as i64);
        for at in 0..skewed(20 + n) {
            certificate.add(&generate::CERT_ALT, &format!("alt{}", skewed(21 + at)));
        }
        doc.push(certificate);
    }
    let mut unique = [0u8; 16];
    unique[..8].copy_from_slice(&number.to_le_bytes());
    unique[8..].copy_from_slice(&mix(99).to_le_bytes());
    doc.id = SessionId::new(start, unique);
    doc
}

fn lists(schema: &Schema, size: usize) -> Vec<Aggregate> {
    let targets = schema.entries().iter().filter(|entry| !entry.tokens).map(|entry| entry.target);
    let terms =
        |target| Aggregate::Terms(Terms { levels: vec![target], size, order: Order::Most, sums: Vec::new() });
    targets.map(terms).collect()
}

/// What happens to the sessions, in order.
#[derive(Clone, Debug)]
enum Step {
    Append { from: u64, count: u64, kind: u8 },
    Flush,
    Compact,
    Delete(i64, i64),
    Tag(i64, i64, bool),
}

fn ports(low: i64, high: i64) -> Plan {
    Plan::Leaf(Leaf { target: Target::of(&core::SRC_PORT.def), test: Test::Ints(vec![(low, high)]) })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0u64..4_000, 1u64..400, 0u8..8).prop_map(|(from, count, kind)| Step::Append { from, count, kind }),
        2 => Just(Step::Flush),
        1 => Just(Step::Compact),
        1 => (0i64..50, 0i64..5).prop_map(|(low, more)| Step::Delete(low, low + more)),
        1 => (0i64..50, 0i64..30, any::<bool>()).prop_map(|(low, more, add)| Step::Tag(low, low + more, add)),
    ]
}

fn check(steps: &[Step], threads: usize) {
    let schema = Arc::new(Schema::new([core::FIELDS, generate::FIELDS]).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let options = Options { flush_rows: 300, threads, ..Options::new(schema.clone()) };
    let store = Store::open(dir.path(), options).unwrap();
    let mut writer = store.writer("test").unwrap();
    let oracle = Memory::default();
    let mut to_oracle = oracle.clone();
    let control = Control::new();
    for step in steps {
        match step {
            Step::Append { from, count, kind } => {
                let docs: Vec<SessionDoc> = (*from..from + count).map(|n| document(n, *kind)).collect();
                writer.append(docs.clone()).unwrap();
                to_oracle.append(docs).unwrap();
            }
            Step::Flush => writer.flush().unwrap(),
            Step::Compact => writer.compact().unwrap(),
            Step::Delete(low, high) => {
                writer.commit().unwrap();
                let plan = ports(*low, *high);
                assert_eq!(store.delete(&plan, &control).unwrap(), oracle.delete(&plan, &control).unwrap());
            }
            Step::Tag(low, high, add) => {
                writer.commit().unwrap();
                let tags = vec!["tag0".to_owned(), "seen".to_owned()];
                let change = if *add {
                    TermChange::tags(tags, Vec::new())
                } else {
                    TermChange::tags(Vec::new(), tags)
                };
                let plan = ports(*low, *high);
                store.change_terms(&plan, &change, &control).unwrap();
                oracle.change_terms(&plan, &change, &control).unwrap();
            }
        }
    }
    writer.commit().unwrap();
    to_oracle.commit().unwrap();
    for plan in [Plan::All, ports(10, 25), ports(3, 3)] {
        for size in [1, 7, 100] {
            let asked = lists(&schema, size);
            let mine = store.aggregate(&plan, &asked, &control).unwrap();
            let right = oracle.aggregate(&plan, &asked, &control).unwrap();
            for ((asked, mine), right) in asked.iter().zip(mine).zip(right) {
                assert_eq!(mine, right, "{asked:?} of {plan:?}");
                // alone it takes another way
                if size == 7 && plan == Plan::All {
                    let alone = store.aggregate(&plan, std::slice::from_ref(asked), &control).unwrap();
                    assert_eq!(alone, [right], "{asked:?} alone");
                }
            }
        }
    }
}

#[test]
fn lists_of_values_are_those_of_a_plain_count() {
    let cases = std::env::var("CASES").ok().and_then(|c| c.parse().ok()).unwrap_or(12);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(steps in prop::collection::vec(step(), 1..9), threads in 1usize..4)| {
        check(&steps, threads);
    });
}

#[test]
fn near_unique_values_of_many_files_and_memory() {
    let steps = [
        Step::Append { from: 0, count: 9_000, kind: 0 },
        Step::Flush,
        // the same values again in other sessions would need other ids; these overlap the first, so they replace them
        Step::Append { from: 8_000, count: 3_000, kind: 2 },
        Step::Flush,
        Step::Tag(0, 9, true),
        Step::Delete(40, 44),
        Step::Append { from: 20_000, count: 2_500, kind: 3 },
    ];
    check(&steps, 2);
}
