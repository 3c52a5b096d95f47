//! Writing and asking realistic documents (`index::generate`): the figures of docs/index-format.md.
//!
//! `cargo bench -p hindsight-index-parquet -- [DOCUMENTS] [FOLDER]`: one million documents by default, ten million are
//! what the floors of the project are about. With a folder the index is kept there, and only asked when it is there
//! already. Prints CPU and wall time of writing, bytes per document, and the median of five runs of each question.

use fields::{Schema, Target};
use index::{
    Aggregate, Control, Histogram, Order, Page, SessionIndex, SessionSink, Show, Sort, Terms, generate,
};
use index_parquet::{Options, Store};
use query::{Leaf, Plan, Test, TextTest};
use session::core;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// CPU time of this process, all threads.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // after the name: state, then numbers, of which utime and stime are the 11th and 12th
    let ticks: u64 = stat
        .rsplit(')')
        .next()
        .unwrap_or("")
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|f| f.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}

/// Peak and present memory, MB.
fn memory() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kb = |name: &str| {
        let line = status.lines().find(|l| l.starts_with(name));
        line.and_then(|l| l.split_whitespace().nth(1)).and_then(|v| v.parse::<u64>().ok()).unwrap_or(0) / 1024
    };
    (kb("VmHWM:"), kb("VmRSS:"))
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let count: usize = arguments.next().and_then(|a| a.parse().ok()).unwrap_or(1_000_000);
    let kept = arguments.next();
    let temporary = tempfile::tempdir().unwrap();
    let dir = kept.map_or_else(|| temporary.path().to_owned(), Into::into);
    let schema = Arc::new(Schema::new([core::FIELDS, session::perf::FIELDS, generate::FIELDS]).unwrap());
    let mut options = Options::new(schema);
    options.threads = options.threads.min(2);
    let store = Store::open(&dir, options.clone()).unwrap();
    if store.stats().unwrap().rows == 0 {
        write(&store, count);
    }
    let stats = store.stats().unwrap();
    println!(
        "{} documents in {} files, {:.1} bytes each",
        stats.rows,
        stats.files,
        stats.bytes as f64 / stats.rows.max(1) as f64
    );
    drop(store);
    let store = Store::open(&dir, options).unwrap();
    println!("before asking: {} MB in use", memory().1);
    ask(&store);
    println!("peak memory {} MB, now {} MB", memory().0, memory().1);
}

fn write(store: &Store, count: usize) {
    let mut writer = store.writer("bench").unwrap();
    let mut documents = generate::Documents::new(1);
    // the documents are made outside of what is measured, some at a time
    let (mut making, mut making_cpu) = (Duration::ZERO, Duration::ZERO);
    let (start, start_cpu) = (Instant::now(), cpu());
    let mut left = count;
    while left > 0 {
        let some = left.min(8_192);
        left -= some;
        let (from, from_thread) = (Instant::now(), thread_cpu());
        let batch: Vec<_> = documents.by_ref().take(some).collect();
        making += from.elapsed();
        making_cpu += thread_cpu() - from_thread;
        writer.append(batch).unwrap();
    }
    writer.commit().unwrap();
    writer.flush().unwrap();
    let (wall, used) = (start.elapsed() - making, cpu() - start_cpu - making_cpu);
    println!(
        "written: {:.2} s wall, {:.2} s CPU, {:.0} documents/s of a core, making them {:.2} s aside; {} MB peak",
        wall.as_secs_f64(),
        used.as_secs_f64(),
        count as f64 / used.as_secs_f64(),
        making_cpu.as_secs_f64(),
        memory().0
    );
}

/// CPU time of this thread.
fn thread_cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(stat.split_whitespace().next().and_then(|v| v.parse().ok()).unwrap_or(0))
}

fn time(name: &str, mut run: impl FnMut() -> String) {
    // HINDSIGHT_BENCH=part of a name: only those questions, many times, for a profiler
    let only = std::env::var("HINDSIGHT_BENCH").ok();
    if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
        return;
    }
    if only.is_some() {
        (0..40).for_each(|_| drop(run()));
    }
    let mut times = Vec::new();
    let mut answer = String::new();
    let first = cpu();
    for _ in 0..5 {
        let start = Instant::now();
        answer = run();
        times.push(start.elapsed());
    }
    let used = (cpu() - first) / 5;
    let cold = times.first().copied().unwrap_or_default();
    times.sort();
    println!(
        "{name:<44} {:>8.1} ms (first {:.1}, best {:.1}, CPU {:.0})  {answer}",
        times[2].as_secs_f64() * 1e3,
        cold.as_secs_f64() * 1e3,
        times[0].as_secs_f64() * 1e3,
        used.as_secs_f64() * 1e3,
    );
}

fn leaf(field: &'static fields::Def, test: Test) -> Plan {
    Plan::Leaf(Leaf { target: Target::of(field), test })
}
fn ip_is(field: &'static fields::Def, ip: IpAddr) -> Plan {
    leaf(field, Test::Ips(vec![(ip, ip)]))
}
fn text_is(field: &'static fields::Def, text: &str) -> Plan {
    leaf(field, Test::Texts(vec![TextTest::Is(text.to_owned())]))
}

fn ask(store: &Store) {
    let control = Control::new();
    let newest = vec![Sort { by: Target::of(&core::STOP_TIME.def), descending: true }];
    let page = |total: bool| Page { sort: newest.clone(), from: 0, size: 50, show: Show::All, total };
    let search = |plan: &Plan, page: &Page| {
        let hits = store.search(plan, page, &control).unwrap();
        format!("{} shown, total {:?}", hits.docs.len(), hits.total)
    };
    let sample = store.search(&Plan::All, &Page { from: 1_000, size: 1, ..page(false) }, &control).unwrap();
    let rare = sample.docs.first().and_then(|d| d.ip(&core::DST_IP)).unwrap();
    let often: IpAddr = "10.0.0.0".parse().unwrap();
    let either = |ip| Plan::Or(vec![ip_is(&core::SRC_IP.def, ip), ip_is(&core::DST_IP.def, ip)]);
    let community = sample.docs.first().and_then(|d| d.text(&core::COMMUNITY_ID)).unwrap().to_owned();
    let wildcard = Plan::Or(
        [&generate::DNS_HOST.def, &generate::TLS_HOST.def]
            .map(|d| leaf(d, Test::Texts(vec![TextTest::Wildcard("*.news-1f*".into())])))
            .to_vec(),
    );
    let suffix = leaf(&generate::TLS_HOST.def, Test::Texts(vec![TextTest::Wildcard("*-2a.com".into())]));
    let http = Plan::And(vec![
        text_is(&core::PROTOCOLS.def, "http"),
        leaf(&core::DST_PORT.def, Test::Ints(vec![(80, 80)])),
    ]);
    let mut id = None;
    time("everything, first page", || search(&Plan::All, &page(false)));
    time("everything, first page and total", || search(&Plan::All, &page(true)));
    time("http && port 80, first page", || search(&http, &page(false)));
    time("http && port 80, first page and total", || search(&http, &page(true)));
    time("exact address, few, page and total", || search(&either(rare), &page(true)));
    time("exact address, few, count", || store.count(&either(rare), &control).unwrap().to_string());
    time("exact address, most frequent, page and total", || search(&either(often), &page(true)));
    time("community id, page", || search(&text_is(&core::COMMUNITY_ID.def, &community), &page(true)));
    time("host wildcard in two fields, page and total", || search(&wildcard, &page(true)));
    time("host suffix, count", || store.count(&suffix, &control).unwrap().to_string());
    time("one session by its id", || {
        let wanted = id.get_or_insert_with(|| sample.docs.first().map(|d| d.id).unwrap());
        store.get(*wanted).unwrap().is_some().to_string()
    });
    let defs = [&core::SRC_PACKETS, &core::DST_PACKETS]
        .map(|f| &f.def)
        .into_iter()
        .chain([&core::SRC_BYTES, &core::DST_BYTES].map(|f| &f.def));
    let timeline = Aggregate::Histogram(Histogram {
        by: &core::STOP_TIME.def,
        interval_ms: 1_440_000,
        spanning: false,
        sums: defs.collect(),
    });
    let aggregate = |plan: &Plan, one: &Aggregate| match store
        .aggregate(plan, std::slice::from_ref(one), &control)
        .unwrap()
        .first()
    {
        Some(index::Outcome::Histogram(rows)) => format!("{} buckets", rows.len()),
        Some(index::Outcome::Terms { buckets, other }) => {
            format!("{} first of {}, others {other}", buckets.first().map_or(0, |b| b.count), buckets.len())
        }
        other => format!("{other:?}"),
    };
    time("timeline of 60 with four sums", || aggregate(&Plan::All, &timeline));
    time("timeline of http", || aggregate(&http, &timeline));
    let terms = |levels: &[&'static fields::Def]| {
        Aggregate::Terms(Terms {
            levels: levels.iter().map(|d| Target::of(d)).collect(),
            size: 20,
            order: Order::Most,
            sums: vec![],
        })
    };
    for (name, field) in [
        ("destinations", &core::DST_IP.def),
        ("sources", &core::SRC_IP.def),
        ("hosts (dns)", &generate::DNS_HOST.def),
        ("URIs", &generate::HTTP_URI.def),
        ("AS names", &core::DST_ASN.def),
        ("destination ports", &core::DST_PORT.def),
        ("source ports", &core::SRC_PORT.def),
        ("protocols", &core::PROTOCOLS.def),
    ] {
        time(&format!("top 20 {name}"), || aggregate(&Plan::All, &terms(&[field])));
    }
    time("top 20 URIs of http", || aggregate(&http, &terms(&[&generate::HTTP_URI.def])));
    time("top 20 sources, top 20 destinations of each", || {
        aggregate(&Plan::All, &terms(&[&core::SRC_IP.def, &core::DST_IP.def]))
    });
}
