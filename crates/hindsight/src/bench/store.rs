//! `hindsight bench store`: the same documents and questions for the embedded store and for a cluster.

use super::index::{Question, questions, schema};
use super::{own_memory, size_of};
use crate::config::Index;
use crate::{Failure, Outcome};
use index::generate::Documents;
use index::{Administration, Control, SessionIndex, SessionSink};
use query::Plan;
use std::time::{Duration, Instant};

/// Documents appended at once.
const BATCH: usize = 4_096;
/// Time that a cluster gets for what waits for it.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// Measures the embedded store, and the cluster where there is one; `servers` are the cluster's processes.
pub fn run(
    documents: u64,
    rounds: usize,
    servers: &[u32],
    cluster: Option<&Index>,
) -> Result<Outcome, Failure> {
    let schema = schema()?;
    let scratch = tempfile::tempdir().map_err(|error| format!("cannot make a scratch folder: {error}"))?;
    let folder = scratch.path().join("index");
    println!("embedded");
    {
        let store = index_parquet::Store::open(&folder, index_parquet::Options::new(schema.clone()))?;
        let begun = Instant::now();
        let mut writer = store.writer("bench")?;
        write(&mut writer, documents)?;
        drop(writer);
        told(documents, begun.elapsed(), size_of(&folder), own_memory());
        ask(&*store, &questions(&schema)?, rounds)?;
    }
    let Some(cluster) = cluster else {
        println!("no cluster is measured: name one with --index URL");
        return Ok(Outcome::Done);
    };
    let mut options = cluster.options(scratch.path().join("spool"))?;
    options.schema = schema.clone();
    // an index of somebody else's is not touched
    options.prefix = format!("{}bench{}_", options.prefix, std::process::id());
    options.spool_limit = u64::MAX;
    let store = index_opensearch::Store::open(options)?;
    println!("{}", store.description());
    let result = measure(&store, documents, rounds, servers, &questions(&schema)?);
    // what was measured goes, however it ended
    store.expire(i64::MAX)?;
    result.map(|()| Outcome::Done)
}

fn measure(
    store: &index_opensearch::Store,
    documents: u64,
    rounds: usize,
    servers: &[u32],
    questions: &[Question],
) -> Result<(), Failure> {
    let begun = Instant::now();
    let mut writer = store.writer("bench")?;
    write(&mut writer, documents)?;
    if !writer.settle(PATIENCE) {
        return Err(Failure::Failed(format!("the cluster did not take the documents: {:?}", store.spool())));
    }
    let took = begun.elapsed();
    let found = store.count(&Plan::All, &Control::new())?;
    if found != documents {
        return Err(Failure::Failed(format!("{found} documents are found, {documents} were made")));
    }
    let memory = servers.iter().map(|pid| resident(*pid)).sum();
    told(documents, took, store.health()?.bytes, memory);
    ask(store, questions, rounds)
}

/// Resident memory of a process of its own, bytes.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    crate::monitor::kib(&status, "RssAnon:")
}

fn write(sink: &mut dyn SessionSink, documents: u64) -> Result<(), Failure> {
    let mut source = Documents::new(1);
    let mut left = documents;
    while left > 0 {
        let batch: Vec<_> = source.by_ref().take(BATCH.min(left as usize)).collect();
        left -= batch.len() as u64;
        sink.append(batch)?;
    }
    Ok(sink.commit()?)
}

fn told(documents: u64, took: Duration, bytes: u64, memory: u64) {
    let total = documents.max(1) as f64;
    println!("  {:<44} {:9.0} documents/s until they are found", "write", total / took.as_secs_f64());
    println!("  {:<44} {:9.1} bytes a document", "disk", bytes as f64 / total);
    println!("  {:<44} {:9} MB", "memory", memory >> 20);
}

fn ask(store: &dyn SessionIndex, questions: &[Question], rounds: usize) -> Result<(), Failure> {
    for question in questions {
        let mut times = Vec::new();
        let mut answer = 0;
        for _ in 0..rounds.max(1) {
            let begun = Instant::now();
            answer = (question.ask)(store)?;
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        let at =
            |part: usize| times.get((times.len() * part / 100).min(times.len() - 1)).copied().unwrap_or(0.0);
        println!("  {:<44} {:9.2} ms p50 {:9.2} ms p95 {answer:>10} found", question.name, at(50), at(95));
    }
    Ok(())
}
