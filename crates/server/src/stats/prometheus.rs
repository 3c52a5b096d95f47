//! The figures of the nodes in Prometheus' text format (version 0.0.4).

use super::{Counts, LOSSES, Sample};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Counters with a name and a meaning of their own: counter, metric, divisor to the base unit, help.
const COUNTERS: [(&str, &str, f64, &str); 22] = [
    ("packets", "packets", 1.0, "Packets taken from the source."),
    ("bytes", "bytes", 1.0, "Bytes of these packets on the wire."),
    ("cut", "packets_cut", 1.0, "Packets of which the snap length cut something off."),
    ("sessions", "sessions", 1.0, "Sessions that began."),
    ("documents", "documents", 1.0, "Documents made: sessions and segments of long ones."),
    ("evicted", "sessions_evicted", 1.0, "Sessions saved early because too many were open."),
    ("ring_full", "ring_full", 1.0, "Times the kernel found the ring full."),
    ("source_duplicates", "source_duplicates", 1.0, "Second copies that the source left out."),
    ("duplicates", "duplicates", 1.0, "Packets recognised as copies made by a mirror."),
    ("duplicates_dropped", "duplicates_dropped", 1.0, "Copies that were left out."),
    ("written", "packets_written", 1.0, "Packets written to packet files."),
    ("written_bytes", "written_bytes", 1.0, "Bytes written to packet files."),
    ("not_kept", "packets_not_kept", 1.0, "Packets that a rule kept out of the packet files."),
    ("not_kept_bytes", "not_kept_bytes", 1.0, "Bytes that rules kept out of the packet files."),
    ("cut_by_rule", "packets_cut_by_rule", 1.0, "Packets of which a rule cut something off."),
    ("hits", "rule_hits_all", 1.0, "Hits of rules about evidence."),
    ("evidence", "evidence_offered", 1.0, "Packets given to the evidence store."),
    ("write_stalls", "write_stalls", 1.0, "Times a worker waited long for the packet store."),
    ("write_stall_us", "write_stall_seconds", 1e6, "Time that workers waited for the packet store."),
    ("streams.gaps", "stream_gaps", 1.0, "Holes in streams that were given up."),
    ("streams.gap_bytes", "stream_gap_bytes", 1.0, "Bytes in these holes."),
    ("cpu_ms", "process_cpu_seconds", 1e3, "Processor time of the process."),
];

/// The same for what belongs to no worker.
const OF_NODE: [(&str, &str, &str); 3] = [
    ("evidence_written", "evidence_packets", "Packets of evidence written."),
    ("evidence_bytes", "evidence_bytes", "Captured bytes of these packets."),
    ("evidence_expired", "evidence_files_expired", "Files of evidence that went for age or size."),
];
/// Begin of the names of hits by category and rule.
const RULE_HITS: &str = "rule_hits.";

/// Gauges: name, metric, divisor, help.
const GAUGES: [(&str, &str, f64, &str); 15] = [
    ("open_sessions", "sessions_open", 1.0, "Sessions that go on."),
    ("memory", "sessions_memory_bytes", 1.0, "Bytes that open sessions hold, estimated."),
    ("process_memory", "process_resident_memory_bytes", 1.0, "Memory of the process."),
    ("machine_memory", "machine_memory_bytes", 1.0, "Memory of the machine."),
    ("disk_free", "disk_free_bytes", 1.0, "Free bytes where the packets are written."),
    ("disk_size", "disk_size_bytes", 1.0, "Size of the disks where the packets are written."),
    ("queue_documents", "index_queue_documents", 1.0, "Documents that wait for the index."),
    ("spool_documents", "index_spool_documents", 1.0, "Documents on the own disk that wait for the cluster."),
    (
        "spool_bytes",
        "index_spool_bytes",
        1.0,
        "Bytes of documents on the own disk that wait for the cluster.",
    ),
    (
        "spool_limit",
        "index_spool_limit_bytes",
        1.0,
        "Bytes of documents that may wait on the own disk for the cluster.",
    ),
    (
        "spool_changes",
        "catalogue_spool_changes",
        1.0,
        "Changes of the catalogue on the own disk that wait for the cluster.",
    ),
    ("queue_bytes", "index_queue_bytes", 1.0, "Bytes that wait for the index, estimated."),
    ("queue_limit", "index_queue_limit_bytes", 1.0, "Bytes that may wait for the index."),
    ("evidence_open", "evidence_slots_open", 1.0, "Slots of evidence that are open."),
    ("recover", "packet_files_to_recover", 1.0, "Packet files with sessions that are not in the index."),
];

/// Counters that are lost packets and the like, or sums of such; shown by stage and reason instead.
const SUMS: [&str; 2] = ["unwritten", "unindexed"];

/// Metrics in the order in which they are first met, each with its lines.
#[derive(Default)]
struct Text {
    order: Vec<String>,
    families: BTreeMap<String, (&'static str, String, Vec<String>)>,
}

impl Text {
    fn add(&mut self, name: &str, kind: &'static str, help: &str, labels: &[(&str, &str)], value: f64) {
        let family = self.families.entry(name.to_owned()).or_insert_with(|| {
            self.order.push(name.to_owned());
            (kind, help.to_owned(), Vec::new())
        });
        let mut line = name.to_owned();
        for (at, (label, text)) in labels.iter().enumerate() {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            let _ = write!(line, "{}{label}=\"{text}\"", if at == 0 { '{' } else { ',' });
        }
        if !labels.is_empty() {
            line.push('}');
        }
        let _ = write!(line, " {value}");
        family.2.push(line);
    }

    fn finish(mut self) -> String {
        let mut out = String::new();
        for name in self.order {
            if let Some((kind, help, lines)) = self.families.remove(&name) {
                let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{}", lines.join("\n"));
            }
        }
        out
    }

    fn counts(&mut self, counts: &Counts, labels: &[(&str, &str)]) {
        for (counter, metric, divisor, help) in &COUNTERS {
            // shown also while it is 0: a rate needs its start
            let value = counts.get(*counter).copied().unwrap_or(0) as f64 / divisor;
            if *counter != "cpu_ms" {
                self.add(&format!("hindsight_{metric}_total"), "counter", help, labels, value);
            }
        }
        for kind in &LOSSES {
            let value = counts.get(kind.counter).copied().unwrap_or(0);
            if value == 0 && kind.reason == "other" {
                continue;
            }
            let labels = [labels, &[("stage", kind.stage), ("reason", kind.reason)]].concat();
            let name = format!("hindsight_lost_{}_total", kind.unit);
            let help = format!("Lost {}, by stage and reason.", kind.unit);
            self.add(&name, "counter", &help, &labels, value as f64);
        }
        for (name, value) in counts {
            let known = COUNTERS.iter().any(|(counter, ..)| counter == name)
                || LOSSES.iter().any(|kind| kind.counter == name)
                || OF_NODE.iter().any(|(counter, ..)| counter == name)
                || name.starts_with(RULE_HITS)
                || SUMS.contains(&name.as_str());
            if known {
                continue;
            }
            if let Some((layer, reason)) =
                name.strip_prefix("malformed.").and_then(|rest| rest.split_once('.'))
            {
                let labels = [labels, &[("layer", layer), ("reason", reason)]].concat();
                let help = "Headers that could not be read, by layer and reason.";
                self.add("hindsight_malformed_total", "counter", help, &labels, *value as f64);
                continue;
            }
            let plain: String =
                name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            let help = format!("Counter {name} of the capture.");
            self.add(&format!("hindsight_{plain}_total"), "counter", &help, labels, *value as f64);
        }
    }

    /// What is counted for a node as a whole.
    fn of_node(&mut self, counts: &Counts, node: (&str, &str)) {
        for (counter, metric, help) in &OF_NODE {
            let value = counts.get(*counter).copied().unwrap_or(0) as f64;
            self.add(&format!("hindsight_{metric}_total"), "counter", help, &[node], value);
        }
        for (name, value) in counts {
            let rule = name.strip_prefix(RULE_HITS).and_then(|rest| rest.split_once('.'));
            let Some((category, rule)) = rule else { continue };
            let labels = [node, ("category", category), ("rule", rule)];
            let help = "Hits of rules about evidence, by category and rule.";
            self.add("hindsight_rule_hits_total", "counter", help, &labels, *value as f64);
        }
    }

    fn gauges(&mut self, gauges: &Counts, labels: &[(&str, &str)]) {
        for (gauge, metric, divisor, help) in &GAUGES {
            if let Some(value) = gauges.get(*gauge) {
                self.add(&format!("hindsight_{metric}"), "gauge", help, labels, *value as f64 / divisor);
            }
        }
    }
}

/// The packet files of a node.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Files {
    /// How many.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Time of the oldest packet, milliseconds since 1970.
    pub oldest: Option<i64>,
}

/// The packet files by node.
pub(crate) fn files(files: &BTreeMap<String, Files>) -> String {
    let mut text = Text::default();
    for (node, files) in files {
        let labels = [("node", node.as_str())];
        text.add("hindsight_files", "gauge", "Packet files in the catalogue.", &labels, files.count as f64);
        text.add("hindsight_files_bytes", "gauge", "Bytes of these files.", &labels, files.bytes as f64);
        if let Some(oldest) = files.oldest {
            let help = "Time of the oldest packet, seconds since 1970.";
            text.add("hindsight_oldest_packet_seconds", "gauge", help, &labels, oldest as f64 / 1e3);
        }
    }
    text.finish()
}

/// The text: each node by interface and worker; what belongs to no worker without these labels.
pub(crate) fn text(nodes: &[Sample], now: i64) -> String {
    let mut text = Text::default();
    for sample in nodes {
        let node = ("node", sample.node.as_str());
        let up = now.abs_diff(sample.time) <= super::SILENT_MS as u64;
        let version = ("version", sample.version.as_str());
        text.add("hindsight_capture_info", "gauge", "The program that captures.", &[node, version], 1.0);
        text.add(
            "hindsight_capture_up",
            "gauge",
            "Whether the node captures: it has been heard of in the last seconds.",
            &[node],
            f64::from(u8::from(up)),
        );
        let started = sample.started as f64 / 1e3;
        text.add(
            "hindsight_capture_start_time_seconds",
            "gauge",
            "When the capture began, seconds since 1970.",
            &[node],
            started,
        );
    }
    for sample in nodes {
        let node = ("node", sample.node.as_str());
        if sample.lines.is_empty() {
            text.counts(&sample.counts, &[node]);
        }
        let mut rest = sample.counts.clone();
        for line in &sample.lines {
            let worker = line.worker.to_string();
            let labels = [node, ("interface", line.interface.as_str()), ("worker", worker.as_str())];
            text.counts(&line.counts, &labels);
            let state = f64::from(u8::from(matches!(line.state.as_str(), "" | "running")));
            let help = "Whether the worker takes packets.";
            text.add("hindsight_worker_running", "gauge", help, &labels, state);
            let own: Counts = line.gauges.iter().map(|(name, n)| (format!("worker_{name}"), *n)).collect();
            for (name, metric, help) in [
                (
                    "worker_open_sessions",
                    "hindsight_worker_sessions_open",
                    "Sessions of the worker that go on.",
                ),
                (
                    "worker_memory",
                    "hindsight_worker_sessions_memory_bytes",
                    "Bytes that they hold, estimated.",
                ),
            ] {
                let value = own.get(name).copied().unwrap_or(0);
                text.add(metric, "gauge", help, &labels, value as f64);
            }
            for (name, n) in &line.counts {
                if let Some(left) = rest.get_mut(name) {
                    *left = left.saturating_sub(*n);
                }
            }
        }
        if !sample.lines.is_empty() {
            rest.retain(|name, n| *n > 0 && !SUMS.contains(&name.as_str()) && name != "cpu_ms");
            // no worker is to blame for these
            let apart = |kind: &&super::LostKind| kind.stage == "index" || kind.counter == "evidence_errors";
            for kind in LOSSES.iter().filter(apart) {
                let value = rest.remove(kind.counter).unwrap_or(0);
                if value > 0 || kind.reason != "other" {
                    let name = format!("hindsight_lost_{}_total", kind.unit);
                    let help = format!("Lost {}, by stage and reason.", kind.unit);
                    let labels = [
                        node,
                        ("interface", ""),
                        ("worker", ""),
                        ("stage", kind.stage),
                        ("reason", kind.reason),
                    ];
                    text.add(&name, "counter", &help, &labels, value as f64);
                }
            }
        }
        text.of_node(&sample.counts, node);
        let cpu = sample.count("cpu_ms") as f64 / 1e3;
        let help = "Processor time of the process.";
        text.add("hindsight_process_cpu_seconds_total", "counter", help, &[node], cpu);
        text.gauges(&sample.gauges, &[node]);
    }
    text.finish()
}
