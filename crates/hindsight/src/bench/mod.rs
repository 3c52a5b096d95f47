//! `hindsight bench`: what this machine does, with the same code that works every day.

mod hunt;
mod import;
mod index;
mod live;
mod store;

use crate::cli::BenchCommand;
use crate::config::{Evidence, Index};
use crate::{Failure, Outcome};

/// Measures and prints.
pub fn run(what: &BenchCommand, cluster: Option<&Index>) -> Result<Outcome, Failure> {
    match what {
        BenchCommand::Import { file, threads, no_index, copy, rules, evidence_level } => {
            let evidence = Evidence { rules: rules.clone(), level: *evidence_level, ..Evidence::default() };
            import::run(file, *threads, (*no_index, *copy), &evidence)
        }
        BenchCommand::Hunt { file, rounds } => hunt::run(file, *rounds),
        BenchCommand::Index { documents, rounds, keep } => index::run(*documents, *rounds, keep.as_deref()),
        BenchCommand::Store { documents, rounds, servers } => {
            store::run(*documents, *rounds, servers, cluster)
        }
        BenchCommand::Live(command) => live::run(command),
    }
}

/// Processor time of this process so far, seconds.
fn cpu_seconds() -> f64 {
    processor_seconds("/proc/self/stat")
}

/// Processor time of the process whose `stat` file this is, seconds; 0 where it has ended.
fn processor_seconds(stat: &str) -> f64 {
    let stat = std::fs::read_to_string(stat).unwrap_or_default();
    // fields 14 and 15 (utime, stime) in ticks of 10 ms, behind the name in parentheses
    let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11);
    let mut next = || fields.next().and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (next() + next()) / 100.0
}

/// Most memory that this process had resident, bytes (`VmHWM`, mapped files included).
fn peak_memory() -> u64 {
    status_kib("VmHWM:") * 1024
}

/// Memory of its own that the process has now, bytes (`RssAnon`: without mapped files).
fn own_memory() -> u64 {
    status_kib("RssAnon:") * 1024
}

fn status_kib(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()).and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Bytes of all files below a folder.
fn size_of(folder: &std::path::Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => size_of(&entry.path()),
            Ok(meta) => meta.len(),
            Err(_) => 0,
        })
        .sum()
}
