//! The figures under Arkime's names, for its clients.

use super::sample::per_second;
use super::{Bucket, Sample};
use serde_json::{Map, Value as Json, json};

/// Counts over a time: Arkime's name, and ours. `delta…PerSec` are the same per second.
const DELTAS: [(&str, &[&str]); 11] = [
    ("Packets", &["packets"]),
    ("Bytes", &["bytes"]),
    ("WrittenBytes", &["written_bytes"]),
    ("UnwrittenBytes", &["not_kept_bytes"]),
    ("Sessions", &["sessions"]),
    ("SessionBytes", &["session_bytes"]),
    ("Dropped", &["kernel_dropped", "source_malformed"]),
    ("FragsDropped", &["fragments.evicted"]),
    ("OverloadDropped", &["unwritten"]),
    ("ESDropped", &["unindexed"]),
    ("DupDropped", &["duplicates_dropped", "source_duplicates"]),
];

const MIB: u64 = 1 << 20;

/// Gauges and totals of one sample under Arkime's names.
fn gauges(sample: &Sample) -> Map<String, Json> {
    let (memory, machine) = (sample.gauge("process_memory"), sample.gauge("machine_memory"));
    let (free, size) = (sample.gauge("disk_free"), sample.gauge("disk_size"));
    let percent = |part: u64, whole: u64| if whole == 0 { 0.0 } else { 100.0 * part as f64 / whole as f64 };
    let value = json!({
        "freeSpaceM": free / MIB,
        "freeSpaceP": percent(free, size),
        "monitoring": sample.gauge("open_sessions"),
        "memory": memory,
        "memoryP": percent(memory, machine),
        "diskQueue": sample.gauge("write_queue"),
        "esQueue": sample.gauge("queue_documents"),
        "packetQueue": 0,
        "fragsQueue": 0,
        "frags": sample.count("fragments.seen"),
        "needSave": 0,
        "closeQueue": 0,
        "esHealthMS": 0,
    });
    match value {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}

/// Hundredths of a percent of one core.
fn cpu(ms: u64, span: u64) -> u64 {
    (per_second(ms, span) * 10.0).round() as u64
}

/// A row of `/api/stats`. `used` are bytes of packet files; `oldest` is the time of the oldest packet, milliseconds.
pub(crate) fn row(sample: &Sample, used: u64, oldest: Option<i64>, now: i64) -> Json {
    let mut row = gauges(sample);
    let mut put = |name: &str, value: Json| drop(row.insert(name.to_owned(), value));
    put("id", sample.node.as_str().into());
    put("nodeName", sample.node.as_str().into());
    put("hostname", sample.host.as_str().into());
    put("ver", sample.version.as_str().into());
    put("interval", 2.into());
    put("currentTime", (sample.time / 1_000).into());
    put("startTime", (sample.started / 1_000).into());
    put("runningTime", (sample.time.saturating_sub(sample.started) / 1_000).into());
    put("retention", oldest.map_or(0, |oldest| now.saturating_sub(oldest).max(0) / 1_000).into());
    put("usedSpaceM", (used / MIB).into());
    put("cpu", cpu(sample.recent.get("cpu_ms").copied().unwrap_or(0), sample.recent_ms).into());
    put("totalPackets", sample.count("packets").into());
    put("totalK", (sample.count("bytes") / 1_024).into());
    put("totalSessions", sample.count("sessions").into());
    put("totalDropped", sample.count("kernel_dropped").into());
    put("deltaMS", sample.recent_ms.into());
    for (name, ours) in &DELTAS {
        let count: u64 = ours.iter().filter_map(|our| sample.recent.get(*our)).sum();
        let rate = per_second(count, sample.recent_ms).floor() as u64;
        put(&format!("delta{name}"), count.into());
        put(&format!("delta{name}PerSec"), rate.into());
        if *name == "Bytes" {
            put("deltaBitsPerSec", rate.saturating_mul(8).into());
        }
    }
    let dropped: u64 = ["kernel_dropped", "source_malformed", "unwritten", "unindexed"]
        .iter()
        .filter_map(|our| sample.recent.get(*our))
        .sum();
    put("deltaTotalDropped", dropped.into());
    put("deltaTotalDroppedPerSec", (per_second(dropped, sample.recent_ms).floor() as u64).into());
    // own additions
    put("silent", (now.abs_diff(sample.time) > super::SILENT_MS as u64).into());
    put("losses", serde_json::to_value(super::losses(&sample.counts)).unwrap_or_default());
    put("counters", serde_json::to_value(&sample.counts).unwrap_or_default());
    put("gauges", serde_json::to_value(&sample.gauges).unwrap_or_default());
    Json::Object(row)
}

/// A value of a bucket under Arkime's name; `None` where nothing was heard, an error for a name that is none.
pub(crate) fn value(bucket: &Bucket, name: &str) -> Result<Option<f64>, ()> {
    let plain = name.strip_prefix("delta");
    let (plain, per_sec) = match plain.map(|p| (p, p.strip_suffix("PerSec"))) {
        Some((_, Some(plain))) => (Some(plain), true),
        Some((plain, None)) => (Some(plain), false),
        None => (None, false),
    };
    if let Some(plain) = plain {
        let (wanted, factor) = if plain == "Bits" { ("Bytes", 8.0) } else { (plain, 1.0) };
        let ours: &[&str] = match DELTAS.iter().find(|(name, _)| *name == wanted) {
            Some((_, ours)) => ours,
            None if wanted == "TotalDropped" => {
                &["kernel_dropped", "source_malformed", "unwritten", "unindexed"]
            }
            None if wanted == "MS" => {
                return Ok(
                    (!bucket.nodes.is_empty()).then(|| bucket.nodes.values().map(|s| s.span as f64).sum())
                );
            }
            None => return Err(()),
        };
        if bucket.nodes.is_empty() {
            return Ok(None);
        }
        let one = |our: &&str| {
            if per_sec { bucket.rate(our).unwrap_or(0.0) } else { bucket.count(our) as f64 }
        };
        return Ok(Some(ours.iter().map(one).sum::<f64>() * factor));
    }
    let mut sum = None;
    for sample in bucket.nodes.values() {
        let found = match name {
            "cpu" => Some(cpu(sample.count("cpu_ms"), sample.span) as f64),
            _ => gauges(sample).get(name).and_then(Json::as_f64),
        };
        sum = Some(sum.unwrap_or(0.0) + found.ok_or(())?);
    }
    if sum.is_none() && name != "cpu" && !gauges(&Sample::default()).contains_key(name) {
        return Err(());
    }
    Ok(sum)
}
