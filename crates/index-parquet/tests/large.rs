//! Documents enough for what small stores never have: several pages, dictionaries in parts, strings without a dictionary,
//! rows in files and in memory at once. Every answer must be the oracle's.

use fields::{Def, Schema, Target};

use index::{
    Aggregate, Control, Histogram, Memory, Order, Page, SessionIndex, SessionSink, Show, Sort, Terms,
    generate,
};
use index_parquet::{Options, Store};
use query::{Leaf, Plan, Test, TextTest};
use session::{SessionDoc, core};
use std::sync::Arc;

fn leaf(field: &'static Def, test: Test) -> Plan {
    Plan::Leaf(Leaf { target: Target::of(field), test })
}
fn is(field: &'static Def, text: &str) -> Plan {
    leaf(field, Test::Texts(vec![TextTest::Is(text.to_owned())]))
}
fn like(field: &'static Def, pattern: &str) -> Plan {
    leaf(field, Test::Texts(vec![TextTest::Wildcard(pattern.to_owned())]))
}
fn ip(field: &'static Def, ip: std::net::IpAddr) -> Plan {
    leaf(field, Test::Ips(vec![(ip, ip)]))
}

fn plans(docs: &[SessionDoc]) -> Vec<Plan> {
    let mut plans = vec![
        Plan::All,
        Plan::And(vec![
            is(&core::PROTOCOLS.def, "http"),
            leaf(&core::DST_PORT.def, Test::Ints(vec![(80, 80)])),
        ]),
        leaf(&core::DST_PORT.def, Test::Ints(vec![(1, 79), (443, 443), (50_000, 60_000)])),
        leaf(&core::SRC_PORT.def, Test::Ints(vec![(2_000, 2_400)])),
        leaf(&generate::HTTP_STATUS.def, Test::Ints(vec![(404, 404)])),
        like(&generate::DNS_HOST.def, "*.news-1*"),
        like(&generate::CERT_ALT.def, "*.shop-?.*"),
        like(&generate::HTTP_URI.def, "*/search/*"),
        like(&generate::TLS_HOST.def, "*"),
        leaf(&generate::DNS_HOST.def, Test::Texts(vec![TextTest::Regex("www.*net".into())])),
        Plan::Not(Box::new(is(&generate::DNS_TYPE.def, "A"))),
        is(&core::COMMUNITY_ID.def, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
        is(&generate::DNS_HOST.def, "no such host"),
        ip(&core::DST_IP.def, "192.0.2.77".parse().unwrap()),
    ];
    for doc in docs.iter().step_by(docs.len() / 4) {
        let (source, destination) = (doc.ip(&core::SRC_IP).unwrap(), doc.ip(&core::DST_IP).unwrap());
        plans.push(Plan::Or(vec![ip(&core::SRC_IP.def, destination), ip(&core::DST_IP.def, destination)]));
        plans.push(ip(&core::SRC_IP.def, source));
        plans.push(is(&core::COMMUNITY_ID.def, doc.text(&core::COMMUNITY_ID).unwrap()));
        plans.push(Plan::Ids(vec![doc.id, docs[3].id]));
        for answer in doc.values(&generate::DNS_IP).iter().flat_map(|v| v.ips()) {
            plans.push(ip(&generate::DNS_IP.def, *answer));
        }
        for host in doc.text(&generate::DNS_HOST).into_iter().chain(doc.text(&generate::HTTP_URI)) {
            plans.push(Plan::Or(vec![is(&generate::DNS_HOST.def, host), is(&generate::HTTP_URI.def, host)]));
        }
    }
    plans
}

fn aggregates() -> Vec<Aggregate> {
    let terms = |field: &'static Def, size, order| {
        Aggregate::Terms(Terms { levels: vec![Target::of(field)], size, order, sums: vec![] })
    };
    let most = [
        &core::SRC_IP.def,
        &core::DST_IP.def,
        &core::PROTOCOLS.def,
        &core::DST_PORT.def,
        &core::SRC_PORT.def,
        &core::COMMUNITY_ID.def,
        &generate::DNS_HOST.def,
        &generate::DNS_IP.def,
        &generate::HTTP_URI.def,
        &generate::CERT_ALT.def,
        &generate::HTTP_MD5.def,
    ];
    let mut all: Vec<Aggregate> = most.map(|field| terms(field, 20, Order::Most)).to_vec();
    all.push(terms(&core::DST_IP.def, 1, Order::Most));
    all.push(terms(&core::DST_IP.def, 3_000, Order::Most));
    all.push(terms(&generate::DNS_HOST.def, 20, Order::Least));
    all.push(Aggregate::Distinct(Target::of(&generate::DNS_HOST.def)));
    for (spanning, by) in
        [(false, &core::STOP_TIME.def), (false, &core::START_TIME.def), (true, &core::STOP_TIME.def)]
    {
        all.push(Aggregate::Histogram(Histogram {
            by,
            interval_ms: 1_000,
            spanning,
            sums: vec![&core::SRC_BYTES.def, &core::DST_PACKETS.def, &generate::HTTP_STATUS.def],
        }));
    }
    all
}

#[test]
fn many_documents_give_the_answers_of_the_oracle() {
    let schema = Arc::new(Schema::new([core::FIELDS, session::perf::FIELDS, generate::FIELDS]).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let options = Options { flush_rows: 9_000, small_rows: 100, threads: 2, ..Options::new(schema) };
    let store = Store::open(dir.path(), options).unwrap();
    let mut writer = store.writer("test").unwrap();
    let mut oracle = Memory::new();
    let mut docs: Vec<SessionDoc> = generate::Documents::new(7).take(14_000).collect();
    // as captures write them: in the order in which sessions end
    docs.sort_by_key(|doc| doc.int(&core::STOP_TIME));
    for (number, some) in docs.chunks(500).enumerate() {
        writer.append(some.to_vec()).unwrap();
        oracle.append(some.to_vec()).unwrap();
        if number == 18 {
            writer.flush().unwrap();
        }
    }
    // some come again, changed, once from a file and once from memory
    for at in [5, 13_990] {
        let mut doc = docs[at].clone();
        doc.add(&core::DST_PORT, 7);
        writer.append(vec![doc.clone()]).unwrap();
        oracle.append(vec![doc]).unwrap();
    }
    writer.commit().unwrap();
    let stats = store.stats().unwrap();
    assert!(stats.files >= 2 && stats.in_memory > 1_000, "{stats:?}");

    let control = Control::new();
    let newest = vec![Sort { by: Target::of(&core::STOP_TIME.def), descending: true }];
    let by_host = vec![Sort { by: Target::of(&generate::DNS_HOST.def), descending: false }];
    let aggregates = aggregates();
    for round in ["files and memory", "files alone"] {
        for (number, plan) in plans(&docs).iter().enumerate() {
            let place = format!("{round}, plan {number}: {plan:?}");
            let count = store.count(plan, &control).unwrap();
            assert_eq!(count, oracle.count(plan, &control).unwrap(), "{place}");
            for (sort, from) in [(&newest, 0), (&by_host, 60)] {
                let page = Page { sort: sort.clone(), from, size: 50, show: Show::All, total: true };
                let (ours, theirs) = (
                    store.search(plan, &page, &control).unwrap(),
                    oracle.search(plan, &page, &control).unwrap(),
                );
                assert_eq!(ours.total, theirs.total, "{place}");
                assert!(ours.docs == theirs.docs, "{place}: the documents differ");
            }
            if number % 3 != 0 {
                continue;
            }
            let (ours, theirs) = (
                store.aggregate(plan, &aggregates, &control).unwrap(),
                oracle.aggregate(plan, &aggregates, &control).unwrap(),
            );
            for ((ours, theirs), aggregate) in ours.iter().zip(&theirs).zip(&aggregates) {
                assert_eq!(ours, theirs, "{place}: {aggregate:?}");
            }
        }
        writer.flush().unwrap();
    }
}

#[test]
fn integers_of_a_large_dictionary_come_back() {
    let schema = Arc::new(Schema::new([core::FIELDS, session::perf::FIELDS, generate::FIELDS]).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Options::new(schema)).unwrap();
    let mut writer = store.writer("test").unwrap();
    let docs: Vec<SessionDoc> = (0u32..24_000)
        .map(|n| {
            let mut doc = SessionDoc::new();
            let first = 1_795_305_600_000 + i64::from(n) * 10;
            doc.add(&core::START_TIME, first);
            doc.add(&core::STOP_TIME, first + 5);
            doc.add(&core::DST_PORT, i64::from(n * 7 % 2_500) * 3);
            doc.id = session::SessionId::new(first, (u128::from(n) << 64 | 0x77).to_le_bytes());
            doc
        })
        .collect();
    writer.append(docs.clone()).unwrap();
    writer.flush().unwrap();
    let sort = vec![Sort { by: Target::of(&core::START_TIME.def), descending: false }];
    let page = Page { sort, from: 0, size: 100, show: Show::All, total: true };
    for (from, to) in [(0, 0), (3_000, 3_000), (7_497, 7_497), (7_498, 9_000), (600, 620)] {
        let expected: Vec<&SessionDoc> =
            docs.iter().filter(|d| (from..=to).contains(&d.int(&core::DST_PORT).unwrap())).collect();
        let plan = leaf(&core::DST_PORT.def, Test::Ints(vec![(from, to)]));
        let hits = store.search(&plan, &page, &Control::new()).unwrap();
        assert_eq!(hits.total, Some(expected.len() as u64), "{from} to {to}");
        assert_eq!(
            hits.docs.iter().collect::<Vec<_>>(),
            expected[..expected.len().min(100)],
            "{from} to {to}"
        );
    }
    // the file does have such a dictionary, or the test says nothing
    let text = walk(dir.path()).into_iter().filter_map(|file| std::fs::read(file).ok());
    assert!(text.into_iter().any(|bytes| bytes.windows(9).any(|w| w == b"\"frames\":")));
}

fn walk(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}
