use super::*;
use catalog_sqlite::Sqlite;
use serde_json::json;
use std::sync::Arc;

const T0: i64 = 1_795_381_200_000;

fn counts(pairs: &[(&str, u64)]) -> Counts {
    pairs.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect()
}

fn told(after_ms: i64, packets: u64, dropped: u64) -> Sample {
    let all = counts(&[("packets", packets), ("kernel_dropped", dropped)]);
    Sample {
        node: "n1".into(),
        time: T0 + after_ms,
        started: T0,
        counts: all.clone(),
        gauges: counts(&[("open_sessions", packets % 7), ("disk_free", 10_000 - packets)]),
        lines: vec![LineSample { interface: "eth0".into(), counts: all, ..LineSample::default() }],
        ..Sample::default()
    }
}

fn catalog() -> (tempfile::TempDir, Arc<Sqlite>) {
    let dir = tempfile::tempdir().unwrap();
    let catalog = Arc::new(Sqlite::open(dir.path().join("c")).unwrap());
    (dir, catalog)
}

#[test]
fn counters_flatten_with_nothing_left_out() {
    let flat = flatten(&json!({
        "packets": 3, "zero": 0, "unwritten": 5, "unwritten_by": {"busy": 2, "full": 1},
        "malformed": [{"layer": "tcp", "reason": "bad-length", "count": 4}], "text": "x"
    }));
    let expected = counts(&[
        ("packets", 3),
        ("unwritten", 5),
        ("unwritten_by.busy", 2),
        ("unwritten_by.full", 1),
        ("unwritten_by.other", 2),
        ("malformed.tcp.bad-length", 4),
    ]);
    assert_eq!(flat, expected);
    let lost = losses(&flat);
    assert_eq!(lost.iter().map(|l| l.count).sum::<u64>(), 5);
    assert!(lost.iter().all(|l| l.stage == "disk" && l.unit == "packets"));
}

#[test]
fn every_resolution_adds_up_also_across_restarts_and_clocks_set_back() {
    let (_dir, catalog) = catalog();
    let mut recorder = Recorder::new(catalog.clone());
    for second in 0..125_u64 {
        recorder.take(&told(second as i64 * 1_000, second * 10, second / 60)).unwrap();
    }
    recorder.finish().unwrap();
    // the capture begins anew within the same steps, and its clock is 20 s behind
    let mut again = Recorder::new(catalog.clone());
    let begun = T0 + 105_000;
    for second in 0..5_u64 {
        let now = Sample { time: begun + second as i64 * 1_000, started: begun, ..told(0, 7 * second, 0) };
        again.take(&now).unwrap();
    }
    again.finish().unwrap();
    for resolution in &RESOLUTIONS {
        let samples = read(&*catalog, resolution, T0, T0 + 3_600_000, Some("n1")).unwrap();
        let sum: u64 = samples.iter().map(|s| s.count("packets")).sum();
        assert_eq!(sum, 1_240 + 28, "{}", resolution.collection);
        let lines: u64 = samples.iter().flat_map(|s| &s.lines).map(|l| l.counts["packets"]).sum();
        assert_eq!(lines, 1_240 + 28);
        assert_eq!(samples.iter().map(|s| s.count("kernel_dropped")).sum::<u64>(), 2);
    }
    let fine = read(&*catalog, &RESOLUTIONS[0], T0, T0 + 3_600_000, None).unwrap();
    assert_eq!(fine.len(), 13);
    assert!(fine.windows(2).all(|w| w[0].time < w[1].time));
    assert_eq!(fine[1].span, 10_000);
    assert_eq!(fine[1].gauges["disk_free"], 10_000 - 190, "the smallest");
    // put together in minutes it is what the minutes' own series has
    let minutes = buckets(&fine, 60_000);
    assert_eq!(minutes[0].count("packets"), 590);
    assert_eq!(minutes[0].rate("packets"), Some(10.0));
    let latest = now(&*catalog).unwrap();
    assert_eq!((latest.len(), latest[0].count("packets")), (1, 28));
}

#[test]
fn old_samples_go() {
    let (_dir, catalog) = catalog();
    let mut recorder = Recorder::new(catalog.clone());
    recorder.take(&told(0, 1, 0)).unwrap();
    recorder.finish().unwrap();
    let mut later = Recorder::new(catalog.clone());
    let after = RESOLUTIONS[0].kept_ms + 3_600_000;
    later.take(&told(after, 5, 0)).unwrap();
    later.finish().unwrap();
    let all = |r: &Resolution| read(&*catalog, r, 0, i64::MAX / 2, None).unwrap().len();
    assert_eq!(all(&RESOLUTIONS[0]), 1, "the day's series");
    assert_eq!(all(&RESOLUTIONS[1]), 2);
}

#[test]
fn the_series_follows_the_question() {
    let now = T0;
    let hour = 3_600_000;
    assert_eq!(resolution_for(now - hour, 1_000, now).collection, "stats10");
    assert_eq!(resolution_for(now - hour, 60_000, now).collection, "stats60");
    assert_eq!(resolution_for(now - 48 * hour, 1_000, now).collection, "stats60");
    assert_eq!(resolution_for(now - 24 * 300 * hour, 1_000, now).collection, "stats600");
    assert_eq!(resolution_for(0, 1_000, now).collection, "stats600");
}

/// A reader of the text format that is as strict as Prometheus' own: names, labels, one HELP and TYPE before the lines of a metric,
/// lines of a metric together, no line twice, counters that end in `_total`.
pub(crate) fn check_prometheus(text: &str) -> BTreeMap<String, f64> {
    use std::collections::BTreeSet;
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let (mut values, mut done, mut helped) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
    let mut current: Option<(String, String)> = None;
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(is_name(name) && !help.is_empty(), "{line}");
            assert!(helped.insert(name.to_owned()), "second HELP: {line}");
            continue;
        }
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(helped.contains(name), "no HELP before: {line}");
            assert!(done.insert(name.to_owned()), "second TYPE: {line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            current = Some((name.to_owned(), kind.to_owned()));
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        let value: f64 = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
        let name = series.split('{').next().unwrap();
        let (family, kind) = current.as_ref().expect("a line before any TYPE");
        let base = if kind == "histogram" {
            ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap()
        } else {
            name
        };
        assert_eq!(base, family, "not below its own TYPE: {line}");
        if let Some(labels) = series.strip_prefix(name).filter(|rest| !rest.is_empty()) {
            let mut rest = labels.strip_prefix('{').unwrap().strip_suffix('}').unwrap();
            let mut seen = BTreeSet::new();
            while !rest.is_empty() {
                let (label, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("{line}"));
                assert!(is_name(label) && seen.insert(label.to_owned()), "{line}");
                let mut escaped = false;
                let end = after.char_indices().find(|(_, c)| {
                    let quote = *c == '"' && !escaped;
                    assert!(!escaped || ['\\', '"', 'n'].contains(c), "bad escape: {line}");
                    escaped = *c == '\\' && !escaped;
                    quote
                });
                rest = &after[end.unwrap().0 + 1..];
                rest = rest.strip_prefix(',').unwrap_or(rest);
            }
        }
        assert!(values.insert(series.to_owned(), value).is_none(), "twice: {series}");
    }
    values
}
use std::collections::BTreeMap;

#[test]
fn prometheus_text_is_right_and_hostile_names_are_escaped() {
    let mut one = told(5_000, 100, 3);
    one.counts.insert("unindexed".into(), 9);
    one.counts.insert("unindexed_by.refused".into(), 9);
    one.counts.insert("cpu_ms".into(), 1_500);
    one.lines[0].counts.insert("malformed.tcp.bad-length".into(), 4);
    one.lines[0].counts.insert("something.new".into(), 2);
    let mut other = told(0, 1, 0);
    other.node = "a\"b\\c\nd".into();
    let mut bare = told(0, 8, 1);
    (bare.node, bare.lines) = ("bare".into(), Vec::new());
    let values = check_prometheus(&prometheus::text(&[one, other, bare], T0 + 5_000));
    let line = r#"{node="n1",interface="eth0",worker="0""#;
    assert_eq!(values[&format!("hindsight_packets_total{line}}}")], 100.0);
    assert_eq!(
        values[&format!("hindsight_lost_packets_total{line},stage=\"kernel\",reason=\"ring\"}}")],
        3.0
    );
    assert_eq!(
        values[&format!("hindsight_malformed_total{line},layer=\"tcp\",reason=\"bad-length\"}}")],
        4.0
    );
    assert_eq!(values[&format!("hindsight_something_new_total{line}}}")], 2.0);
    let index =
        r#"hindsight_lost_documents_total{node="n1",interface="",worker="",stage="index",reason="refused"}"#;
    assert_eq!(values[index], 9.0);
    assert_eq!(values[r#"hindsight_process_cpu_seconds_total{node="n1"}"#], 1.5);
    assert_eq!(values[r#"hindsight_capture_up{node="n1"}"#], 1.0);
    assert_eq!(values[r#"hindsight_packets_total{node="bare"}"#], 8.0);
    assert!(values.keys().any(|k| k.contains(r#"node="a\"b\\c\nd""#)));
}
