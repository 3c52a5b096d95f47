//! What the capture says of itself: kept for `/metrics` and written to the catalogue as a time series.

use crate::home::{Home, node_name};
use capture::{Examination, LiveStatus};
use index::Catalog;
use server::stats::{Counts, LineSample, Recorder, Sample, flatten};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Milliseconds between two complaints that the series cannot be written.
const COMPLAIN_EVERY: i64 = 60_000;

/// What the capture says of itself. Taking a status never waits for a disk: a thread of its own writes.
pub struct Monitor {
    node: String,
    host: String,
    started: i64,
    folders: Vec<PathBuf>,
    shared: Arc<Shared>,
    /// What waits on the own disk, where the index is another machine.
    spool: Mutex<(Option<index_opensearch::SpoolStatus>, u64)>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    latest: Option<Sample>,
    /// Not written yet.
    fresh: bool,
    stop: bool,
}

impl Monitor {
    /// Begins; `folders` are those whose disks matter.
    pub fn start(home: &Home, node: &str, catalog: Arc<dyn Catalog>) -> Result<Arc<Self>, String> {
        Self::with_folders(node, vec![home.packets(), home.path().to_owned()], catalog)
    }

    /// The same for packet files that lie elsewhere.
    pub fn with_folders(
        node: &str,
        folders: Vec<PathBuf>,
        catalog: Arc<dyn Catalog>,
    ) -> Result<Arc<Self>, String> {
        let shared = Arc::new(Shared::default());
        let of_writer = shared.clone();
        let writer = std::thread::Builder::new()
            .name("statistics".into())
            .spawn(move || write(&of_writer, Recorder::new(catalog)))
            .map_err(|error| format!("cannot start a thread: {error}"))?;
        Ok(Arc::new(Self {
            node: node.to_owned(),
            host: node_name(),
            started: crate::ask::now_ms(),
            folders,
            shared,
            spool: Mutex::default(),
            writer: Mutex::new(Some(writer)),
        }))
    }

    /// Takes what waits on the own disk for a cluster, sessions and changes of the catalogue; tells when the cluster stops taking sessions, and when it does again.
    pub fn spool(&self, now: Option<index_opensearch::SpoolStatus>, changes: u64) {
        let mut last = self.spool.lock().unwrap_or_else(PoisonError::into_inner);
        let problem =
            |status: &Option<index_opensearch::SpoolStatus>| status.as_ref().and_then(|s| s.problem.clone());
        match (problem(&last.0), problem(&now)) {
            (None, Some(problem)) => eprintln!("hindsight: sessions wait in the spool: {problem}"),
            (Some(_), None) => eprintln!("hindsight: the cluster takes sessions again"),
            _ => {}
        }
        let rejected =
            |status: &Option<index_opensearch::SpoolStatus>| status.as_ref().map_or(0, |s| s.rejected);
        if rejected(&now) > rejected(&last.0) {
            eprintln!(
                "hindsight: the cluster refused {} sessions for good; see rejected.ndjson in the spool",
                rejected(&now)
            );
        }
        *last = (now, changes);
    }

    /// Takes what the capture says, and what it found as evidence.
    pub fn take(&self, status: &LiveStatus, examination: Option<&Examination>) {
        let mut sample = self.sample_of(status);
        if let Some(examination) = examination {
            add_evidence(&mut sample, examination);
        }
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.latest = Some(sample);
        state.fresh = true;
        drop(state);
        self.shared.changed.notify_one();
    }

    /// The capture has ended: writes what is not written yet.
    pub fn finish(&self) {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner).stop = true;
        self.shared.changed.notify_one();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer
            && writer.join().is_err()
        {
            eprintln!("hindsight: the thread that writes statistics ended unexpectedly");
        }
    }

    fn sample_of(&self, status: &LiveStatus) -> Sample {
        let now = crate::ask::now_ms();
        let mut counts = flatten(&serde_json::to_value(&status.counters).unwrap_or_default());
        let mut gauges = Counts::from([
            ("open_sessions".to_owned(), status.open_sessions),
            ("memory".to_owned(), status.memory),
            ("queue_documents".to_owned(), status.queue.documents),
            ("queue_bytes".to_owned(), status.queue.bytes),
            ("queue_limit".to_owned(), status.queue.limit),
            ("recover".to_owned(), status.recover.len() as u64),
        ]);
        if let (Some(spool), changes) = &*self.spool.lock().unwrap_or_else(PoisonError::into_inner) {
            gauges.insert("spool_changes".to_owned(), *changes);
            for (name, value) in
                [("documents", spool.documents), ("bytes", spool.bytes), ("limit", spool.limit)]
            {
                gauges.insert(format!("spool_{name}"), value);
            }
            for (name, value) in [
                ("sent", spool.sent),
                ("retries", spool.retries),
                ("rejected", spool.rejected),
                ("damaged_bytes", spool.damaged),
            ] {
                counts.insert(format!("spool_{name}"), value);
            }
        }
        let process = Process::now();
        counts.insert("cpu_ms".to_owned(), process.cpu_ms);
        gauges.insert("process_memory".to_owned(), process.resident);
        gauges.insert("machine_memory".to_owned(), process.machine);
        // several folders may lie on one disk: the first whose disk can be asked stands for all
        if let Some(disk) = self.folders.iter().find_map(|folder| rustix::fs::statvfs(folder).ok()) {
            gauges.insert("disk_free".to_owned(), disk.f_bavail.saturating_mul(disk.f_frsize));
            gauges.insert("disk_size".to_owned(), disk.f_blocks.saturating_mul(disk.f_frsize));
        }
        let lines = status.lines.iter().map(|line| LineSample {
            interface: line.interface.clone(),
            worker: u32::try_from(line.worker).unwrap_or(u32::MAX),
            state: serde_json::to_value(line.state)
                .ok()
                .and_then(|v| v.as_str().map(str::to_owned))
                .unwrap_or_default(),
            counts: flatten(&serde_json::to_value(&line.counters).unwrap_or_default()),
            gauges: Counts::from([
                ("open_sessions".to_owned(), line.open_sessions),
                ("memory".to_owned(), line.memory),
            ]),
            recent: Counts::new(),
        });
        Sample {
            node: self.node.clone(),
            host: self.host.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            time: now,
            started: self.started,
            span: u64::try_from(now - self.started).unwrap_or(0),
            counts,
            gauges,
            lines: lines.collect(),
            ..Sample::default()
        }
    }
}

impl server::Monitor for Monitor {
    fn sample(&self) -> Option<Sample> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner).latest.clone()
    }
}

/// Hits by rule, and how the writing of evidence stands.
fn add_evidence(sample: &mut Sample, examination: &Examination) {
    for hits in examination.hits() {
        sample.counts.insert(format!("rule_hits.{}.{}", hits.category, hits.rule), hits.count);
    }
    if let Some(status) = examination.recorder().map(|recorder| recorder.status()) {
        let counts = [
            ("evidence_written", status.written),
            ("evidence_bytes", status.bytes),
            ("evidence_errors", status.lost_error),
            ("evidence_expired", status.expired),
        ];
        let some = counts.into_iter().filter(|(_, count)| *count > 0);
        sample.counts.extend(some.map(|(name, count)| (name.to_owned(), count)));
        sample.gauges.insert("evidence_open".to_owned(), status.open);
    }
}

/// Writes samples until told to stop.
fn write(shared: &Shared, mut recorder: Recorder) {
    let mut complained = i64::MIN;
    let mut lost = 0_u64;
    let mut complain = |result: Result<(), index::Error>, now: i64| {
        let Err(error) = result else { return };
        lost += 1;
        if now.saturating_sub(complained) >= COMPLAIN_EVERY {
            complained = now;
            eprintln!("hindsight: statistics cannot be written ({lost} times so far): {error}");
        }
    };
    loop {
        let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        while !state.fresh && !state.stop {
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let (sample, stop) = (if state.fresh { state.latest.clone() } else { None }, state.stop);
        state.fresh = false;
        drop(state);
        if let Some(sample) = sample {
            complain(recorder.take(&sample), sample.time);
        }
        if stop {
            return complain(recorder.finish(), crate::ask::now_ms());
        }
    }
}

/// Figures of this process from `/proc`.
struct Process {
    cpu_ms: u64,
    resident: u64,
    machine: u64,
}

impl Process {
    fn now() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        Self {
            cpu_ms: cpu_ms(&read("/proc/self/stat")),
            resident: kib(&read("/proc/self/status"), "VmRSS:"),
            machine: kib(&read("/proc/meminfo"), "MemTotal:"),
        }
    }
}

/// Processor time from `/proc/self/stat`: fields 14 and 15 (utime, stime) in ticks of 10 ms, behind the name in parentheses.
fn cpu_ms(stat: &str) -> u64 {
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<u64>().ok()).sum::<u64>() * 10
}

/// A line such as `VmRSS:  1234 kB`, in bytes.
pub fn kib(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) * 1_024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_the_process() {
        assert_eq!(cpu_ms("7 (a b) c) S 1 7 7 0 -1 4 1 0 0 0 12 3 0 0 20"), 150);
        assert_eq!(cpu_ms(""), 0);
        assert_eq!(kib("Name:\tx\nVmRSS:\t    20 kB\n", "VmRSS:"), 20_480);
        let now = Process::now();
        assert!(now.resident > 1 << 20 && now.machine > now.resident);
    }

    #[test]
    fn what_is_taken_is_in_the_catalogue_when_it_has_finished() {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Arc::new(catalog_sqlite::Sqlite::open(dir.path().join("c")).unwrap());
        let home = Home::find(Some(dir.path())).unwrap();
        let monitor = Monitor::start(&home, "n1", catalog.clone()).unwrap();
        let mut status = LiveStatus { open_sessions: 3, ..LiveStatus::default() };
        status.counters.packets = 5;
        status.counters.unwritten = 2;
        status.lines.push(capture::LineStatus { interface: "eth0".into(), ..Default::default() });
        monitor.take(&status, None);
        monitor.finish();
        let now = server::stats::now(&*catalog).unwrap();
        assert_eq!(now.len(), 1);
        assert_eq!((now[0].count("packets"), now[0].count("unwritten_by.other")), (5, 2));
        assert_eq!((now[0].gauge("open_sessions"), now[0].lines.len()), (3, 1));
        assert!(now[0].gauge("disk_free") > 0);
        for resolution in &server::stats::RESOLUTIONS {
            let all = server::stats::read(&*catalog, resolution, 0, i64::MAX / 2, None).unwrap();
            assert_eq!(all.iter().map(|s| s.count("packets")).sum::<u64>(), 5);
        }
    }
}
