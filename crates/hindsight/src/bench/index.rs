//! `hindsight bench index`

use super::{cpu_seconds, own_memory, size_of};
use crate::{Failure, Outcome};
use fields::Schema;
use index::generate::{self, Documents};
use index::{Aggregate, Control, Histogram, Order, Page, SessionIndex, SessionSink as _, Show, Sort, Terms};
use index_parquet::{Options, Store};
use query::{Env, Plan, TimeZone};
use session::core;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Documents appended at once.
const BATCH: usize = 4_096;

/// Writes documents (unless the folder holds them already) and asks typical questions.
pub fn run(documents: u64, rounds: usize, keep: Option<&Path>) -> Result<Outcome, Failure> {
    let scratch = tempfile::tempdir().map_err(|error| format!("cannot make a scratch folder: {error}"))?;
    let folder = keep.unwrap_or(scratch.path());
    let schema = schema()?;
    let store = Store::open(folder, Options::new(schema.clone()))?;
    let there = store.count(&Plan::All, &Control::new())?;
    if there == documents {
        println!("{documents} documents are in {} already", folder.display());
    } else if there > 0 {
        return Err(Failure::Failed(format!(
            "{} holds {there} documents, not {documents}",
            folder.display()
        )));
    } else {
        write(&store, documents, folder)?;
    }
    for question in questions(&schema)? {
        let mut times = Vec::new();
        let mut answer = 0;
        let mut memory = 0;
        let before = own_memory();
        for _ in 0..rounds.max(1) {
            let begun = Instant::now();
            answer = (question.ask)(&*store)?;
            times.push(begun.elapsed().as_secs_f64() * 1e3);
            memory = memory.max(own_memory().saturating_sub(before));
        }
        let first = times.first().copied().unwrap_or(0.0);
        times.sort_by(f64::total_cmp);
        let median = times.get(times.len() / 2).copied().unwrap_or(0.0);
        println!(
            "{:<46} {median:9.2} ms median, {first:9.2} ms first, {answer:>10} found, +{} MB",
            question.name,
            memory >> 20
        );
    }
    Ok(Outcome::Done)
}

/// The fields of the documents that are measured with.
pub(super) fn schema() -> Result<Arc<Schema>, Failure> {
    let groups = [core::FIELDS, session::perf::FIELDS, generate::FIELDS];
    Ok(Arc::new(Schema::new(groups).map_err(|error| error.to_string())?))
}

fn write(store: &Store, documents: u64, folder: &Path) -> Result<(), Failure> {
    let mut writer = store.writer("bench")?;
    let mut source = Documents::new(1);
    // making documents is not what is measured
    let (mut wall, mut cpu) = (0.0, 0.0);
    let mut left = documents;
    let mut peak = 0;
    while left > 0 {
        let batch: Vec<_> = source.by_ref().take(BATCH.min(left as usize)).collect();
        left -= batch.len() as u64;
        let (begun, used) = (Instant::now(), thread_cpu());
        writer.append(batch)?;
        wall += begun.elapsed().as_secs_f64();
        cpu += thread_cpu() - used;
        peak = peak.max(own_memory());
    }
    let making = cpu_seconds();
    let begun = Instant::now();
    writer.commit()?;
    drop(writer);
    wall += begun.elapsed().as_secs_f64();
    let _ = making;
    let bytes = size_of(folder);
    let total = documents as f64;
    println!("{:<46} {:9.0} documents/s wall (append, commit, files)", "write", total / wall);
    println!(
        "{:<46} {:9.0} documents/s per processor second of the caller",
        "append alone",
        total / cpu.max(1e-9)
    );
    println!(
        "{:<46} {:9.0} documents/s per processor second, making the documents included",
        "whole process",
        total / cpu_seconds()
    );
    println!(
        "{:<46} {:9.1} bytes a document, {} MB own memory at most",
        "size",
        bytes as f64 / total,
        peak >> 20
    );
    Ok(())
}

/// Processor time of this thread, seconds.
fn thread_cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|n| n.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// Asks a store.
type Ask = dyn Fn(&dyn SessionIndex) -> Result<u64, Failure>;

/// One question, and how it is asked; the answer is a number to see that it answers.
pub(super) struct Question {
    /// What is asked.
    pub name: &'static str,
    /// Asks it.
    pub ask: Box<Ask>,
}

pub(super) fn questions(schema: &Schema) -> Result<Vec<Question>, Failure> {
    let zone = TimeZone::UTC;
    let env = Env::new(schema, 0, &zone);
    let plan =
        |text: &str| query::compile(text, &env).map_err(|error| Failure::Failed(format!("{text}: {error}")));
    let target = |name: &str| schema.target(name).ok_or_else(|| Failure::Failed(format!("no field {name}")));
    let newest = Sort { by: fields::Target::of(&core::STOP_TIME.def), descending: true };
    let first_page = |name, plan: Plan| Question {
        name,
        ask: Box::new(move |store| {
            let page = Page { sort: vec![newest], size: 50, show: Show::All, ..Page::default() };
            Ok(store.search(&plan, &page, &Control::new())?.docs.len() as u64)
        }),
    };
    let count = |name, plan: Plan| Question {
        name,
        ask: Box::new(move |store| Ok(store.count(&plan, &Control::new())?)),
    };
    let aggregate = |name, plan: Plan, what: Aggregate| Question {
        name,
        ask: Box::new(move |store| {
            let outcomes = store.aggregate(&plan, std::slice::from_ref(&what), &Control::new())?;
            Ok(match outcomes.into_iter().next() {
                Some(index::Outcome::Terms { buckets, .. }) => buckets.len() as u64,
                Some(index::Outcome::Histogram(rows)) => rows.len() as u64,
                Some(index::Outcome::Sums { count, .. } | index::Outcome::Distinct(count)) => count,
                _ => 0,
            })
        }),
    };
    let top = |name: &str| -> Result<Aggregate, Failure> {
        Ok(Aggregate::Terms(Terms {
            levels: vec![target(name)?],
            size: 20,
            order: Order::Most,
            sums: Vec::new(),
        }))
    };
    let every_field = || {
        let targets = schema.entries().iter().filter(|entry| !entry.tokens).map(|entry| entry.target);
        let terms = |target| Terms { levels: vec![target], size: 100, order: Order::Most, sums: Vec::new() };
        targets.map(|target| Aggregate::Terms(terms(target))).collect::<Vec<_>>()
    };
    let spi_view = |name, plan: Plan| {
        let asked = every_field();
        let ask = move |store: &dyn SessionIndex| {
            let outcomes = store.aggregate(&plan, &asked, &Control::new())?;
            let values = outcomes.iter().map(|outcome| match outcome {
                index::Outcome::Terms { buckets, .. } => buckets.len() as u64,
                _ => 0,
            });
            Ok(values.sum())
        };
        Question { name, ask: Box::new(ask) }
    };
    let connections = |name, plan: Plan, size| -> Result<Question, Failure> {
        let shown = ["ip.src", "ip.dst", "port.dst", "bytes", "databytes", "packets", "node"];
        let show = Show::Only(shown.into_iter().map(target).collect::<Result<_, _>>()?);
        let ask = move |store: &dyn SessionIndex| {
            let page = Page { size, show: show.clone(), total: true, ..Page::default() };
            Ok(store.search(&plan, &page, &Control::new())?.docs.len() as u64)
        };
        Ok(Question { name, ask: Box::new(ask) })
    };
    let timeline = Aggregate::Histogram(Histogram {
        by: &core::STOP_TIME.def,
        interval_ms: 1_440_000,
        spanning: false,
        sums: vec![&core::PACKETS.def, &core::SRC_BYTES.def, &core::DST_BYTES.def],
    });
    Ok(vec![
        first_page("first page of everything", Plan::All),
        first_page(
            "first page of http && port 443 || http",
            plan("(http.method == GET && port.dst == 443) || http.statuscode >= 500")?,
        ),
        first_page("first page of a country and bytes", plan("country.dst == DE && bytes > 10000")?),
        count("exact IP, few hits", plan("ip.src == 10.153.50.192 || ip.dst == 10.153.50.192")?),
        count("exact IP, many hits", plan("ip.src == 10.0.0.251 || ip.dst == 10.0.0.251")?),
        count("host wildcard, suffix", plan("host.dns == *77.com")?),
        count("host wildcard, infix", plan("host.dns == *777*")?),
        count("URI regex", plan("http.uri == /.*search.*99.*/")?),
        aggregate("timeline of a day, three sums", Plan::All, timeline.clone()),
        aggregate("timeline of http", plan("http.method == GET")?, timeline),
        aggregate("top 20 destinations", Plan::All, top("ip.dst")?),
        aggregate("top 20 ports", Plan::All, top("port.dst")?),
        aggregate("top 20 host names", Plan::All, top("host.dns")?),
        aggregate("top 20 URIs (near-unique)", Plan::All, top("http.uri")?),
        aggregate("top 20 AS names", Plan::All, top("asn.dst")?),
        spi_view("SPI view: 100 values of every field", Plan::All),
        spi_view("SPI view of protocols == tcp", plan("protocols == tcp")?),
        spi_view("SPI view of http && port 80", plan("http.method == GET && port.dst == 80")?),
        connections("connections: the first 5,000 sessions", Plan::All, 5_000)?,
        connections("connections: the first 50,000 sessions", Plan::All, 50_000)?,
    ])
}
