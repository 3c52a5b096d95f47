//! Statistics of capturing nodes over HTTP, from the catalogue alone, as `hindsight serve` in another process sees them.

use super::harness::Fixture;
use crate::stats::{Counts, LineSample, Recorder, Sample};
use serde_json::{Value, json};

fn counts(pairs: &[(&str, u64)]) -> Counts {
    pairs.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect()
}

/// Two nodes that have captured for the last 200 seconds, 10 packets a second; node `a` loses 5 packets in the kernel 100 seconds ago, on
/// eth1, and 3 documents at the index.
fn record(fixture: &Fixture) -> i64 {
    let now = crate::app::now_ms();
    for (node, factor) in [("a", 1_u64), ("b", 2)] {
        let mut recorder = Recorder::new(fixture.catalog.clone());
        let started = now - 200_000;
        for second in 0..=200_u64 {
            let dropped = if node == "a" && second >= 100 { 5 } else { 0 };
            let unindexed = if node == "a" && second >= 100 { 3 } else { 0 };
            let packets = second * 10 * factor;
            let line = |interface: &str, packets: u64, dropped: u64| LineSample {
                interface: interface.into(),
                state: "running".into(),
                counts: counts(&[
                    ("packets", packets),
                    ("bytes", packets * 100),
                    ("kernel_dropped", dropped),
                ]),
                ..LineSample::default()
            };
            let all = [
                ("packets", packets),
                ("bytes", packets * 100),
                ("sessions", second),
                ("kernel_dropped", dropped),
                ("unindexed", unindexed),
                ("unindexed_by.slow", unindexed),
                ("cpu_ms", second * 500),
            ];
            let gauges = [
                ("open_sessions", 4 * factor),
                ("disk_free", 30 << 30),
                ("disk_size", 100 << 30),
                ("machine_memory", 1 << 30),
                ("process_memory", 1 << 28),
            ];
            recorder
                .take(&Sample {
                    node: node.into(),
                    host: format!("{node}.example"),
                    version: "1".into(),
                    time: started + second as i64 * 1_000,
                    started,
                    counts: counts(&all),
                    gauges: counts(&gauges),
                    lines: vec![line("eth0", packets - packets / 4, 0), line("eth1", packets / 4, dropped)],
                    ..Sample::default()
                })
                .unwrap();
        }
        recorder.finish().unwrap();
    }
    now
}

fn sum(values: &Value) -> f64 {
    values.as_array().unwrap().iter().filter_map(Value::as_f64).sum()
}

/// Without the first and the last step: the recording begins and ends somewhere within them, by the time of day.
fn inner(rates: &[f64]) -> &[f64] {
    &rates[1..rates.len() - 1]
}

#[tokio::test]
async fn nodes_under_arkimes_names() {
    let fixture = Fixture::new();
    record(&fixture);
    let admin = fixture.admin().await;
    let answer = admin.get("/api/stats?sortField=monitoring&desc=true").await.ok();
    assert_eq!((&answer["recordsTotal"], &answer["recordsFiltered"]), (&json!(2), &json!(2)));
    let b = &answer["data"][0];
    assert_eq!(b["nodeName"], "b");
    assert_eq!((&b["hostname"], &b["monitoring"]), (&json!("b.example"), &json!(8)));
    assert_eq!((&b["deltaPacketsPerSec"], &b["deltaBitsPerSec"]), (&json!(20), &json!(16_000)));
    assert_eq!((&b["cpu"], &b["freeSpaceP"], &b["memoryP"]), (&json!(5_000), &json!(30.0), &json!(25.0)));
    assert_eq!((&b["totalPackets"], &b["runningTime"]), (&json!(4_000), &json!(200)));
    let a = admin.get("/stats.json?filter=A&hide=both").await.ok();
    assert_eq!(
        a["data"][0]["losses"][0],
        json!({"stage": "kernel", "reason": "ring", "unit": "packets", "count": 5})
    );
    assert_eq!(a["recordsFiltered"], 1);
    assert_eq!(admin.get("/api/stats?hide=maybe").await.status, 400);
    let nobody = fixture.user("eve", json!({"hideStats": true})).await;
    for path in [
        "/api/stats",
        "/api/dstats?name=cpu",
        "/api/stats/series",
        "/api/stats/lines",
        "/api/stats/losses",
        "/api/store/health",
    ] {
        assert_eq!(nobody.get(path).await.status, 403, "{path}");
    }
}

#[tokio::test]
async fn figures_over_time() {
    let fixture = Fixture::new();
    let now = record(&fixture) / 1_000;
    let admin = fixture.admin().await;
    let of =
        |query: &str| format!("/api/dstats?{query}&start={}&stop={}&step=10&interval=5", now - 180, now - 20);
    let one = admin.get(&of("name=deltaPacketsPerSec&nodeName=a")).await.ok();
    let one = one.as_array().unwrap().clone();
    assert_eq!(one.len(), 16);
    assert!(one.iter().all(|n| n.as_f64() == Some(10.0)), "{one:?}");
    let all = admin
        .get(
            &of("name=deltaPacketsPerSec,deltaBitsPerSec,monitoring,cpu")
                .replace("api/dstats", "dstats.json"),
        )
        .await
        .ok();
    assert_eq!((&all["deltaPacketsPerSec"][3], &all["deltaBitsPerSec"][3]), (&json!(30.0), &json!(24_000.0)));
    assert_eq!((&all["monitoring"][3], &all["cpu"][3]), (&json!(12.0), &json!(10_000.0)));
    assert_eq!(sum(&admin.get(&of("name=deltaDropped&nodeName=a")).await.ok()), 5.0);
    for bad in ["name=", "name=deltaNonsense", "name=nonsense", "name=cpu&size=x"] {
        assert_eq!(admin.get(&of(bad)).await.status, 400, "{bad}");
    }
    // before anything was heard
    let before = admin.get("/api/dstats?name=cpu&start=1000&stop=1600&step=60&interval=60").await.ok();
    assert_eq!(sum(&before), 0.0);
    assert_eq!(
        admin
            .get("/api/dstats?name=cpu&start=0&stop=99999999999&step=1&size=50")
            .await
            .ok()
            .as_array()
            .unwrap()
            .len(),
        50
    );
}

#[tokio::test]
async fn charts_lines_and_losses() {
    let fixture = Fixture::new();
    let now = record(&fixture);
    let admin = fixture.admin().await;
    let series = admin.get("/api/stats/series?date=0.25").await.ok();
    assert_eq!(series["nodes"], json!(["a", "b"]));
    assert_eq!(series["interfaces"], json!(["eth0", "eth1"]));
    assert_eq!(series["interval"], 10);
    let times = series["times"].as_array().unwrap();
    assert_eq!(times.len(), series["rates"]["packets"].as_array().unwrap().len());
    assert!(series["rates"]["packets"][0].is_null(), "nothing was heard a quarter of an hour ago");
    let packets: Vec<f64> =
        series["rates"]["packets"].as_array().unwrap().iter().filter_map(Value::as_f64).collect();
    assert!(packets.len() >= 20 && inner(&packets).iter().all(|n| (*n - 30.0).abs() < 0.5), "{packets:?}");
    let lost: Vec<(&str, &str, f64)> = series["losses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| (l["stage"].as_str().unwrap(), l["unit"].as_str().unwrap(), sum(&l["values"])))
        .collect();
    assert_eq!(lost, [("kernel", "packets", 5.0), ("index", "documents", 3.0)]);
    let one = admin.get("/api/stats/series?date=0.25&nodeName=a&interface=eth0").await.ok();
    assert_eq!(one["losses"], json!([]));
    let packets: Vec<f64> =
        one["rates"]["packets"].as_array().unwrap().iter().filter_map(Value::as_f64).collect();
    assert!(packets.len() >= 20 && inner(&packets).iter().all(|n| (*n - 7.5).abs() < 0.5), "{packets:?}");

    let lines = admin.get("/api/stats/lines?date=0.25&nodeName=a").await.ok();
    let lines = lines["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[1]["interface"], &lines[1]["state"]), (&json!("eth1"), &json!("running")));
    assert_eq!(
        (&lines[1]["now"]["packetsPerSec"], &lines[1]["totals"]["packets"]),
        (&json!(2.5), &json!(500))
    );
    assert_eq!(sum(&lines[1]["series"]["lost"]), 5.0);
    assert_eq!(sum(&lines[0]["series"]["lost"]), 0.0);

    let losses = admin
        .get(&format!(
            "/api/stats/losses?startTime={}&stopTime={}&interval=1",
            now / 1_000 - 300,
            now / 1_000
        ))
        .await
        .ok();
    assert_eq!((&losses["total"], &losses["interval"]), (&json!(8), &json!(10)));
    let data = losses["data"].as_array().unwrap();
    assert_eq!(data.len(), 1);
    let at = data[0]["time"].as_i64().unwrap();
    assert!((at - (now - 100_000)).abs() <= 10_000, "the loss is where it happened");
    assert_eq!(
        data[0]["losses"][0],
        json!({"node": "a", "interface": "", "stage": "index", "reason": "slow", "unit": "documents", "count": 3})
    );
    assert_eq!(data[0]["losses"][1]["interface"], "eth1");
    let minutes = admin.get("/api/stats/losses?date=24&interval=minute").await.ok();
    assert_eq!((&minutes["interval"], &minutes["total"]), (&json!(60), &json!(8)));
    let all = admin.get("/api/stats/losses?date=-1&interval=hour").await.ok();
    assert_eq!((&all["interval"], &all["total"]), (&json!(3_600), &json!(8)));
    for bad in ["start=5&stop=1", "stop=1", "interval=0", "interval=x", "startTime=nonsense&stopTime=now"] {
        assert_eq!(admin.get(&format!("/api/stats/losses?{bad}")).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn metrics_know_nodes_of_other_processes() {
    let fixture = Fixture::new();
    record(&fixture);
    let admin = fixture.admin().await;
    let text = admin.get("/metrics").await.text();
    let values = crate::stats::check_prometheus(&text);
    assert_eq!(values[r#"hindsight_packets_total{node="a",interface="eth0",worker="0"}"#], 1_500.0);
    let lost =
        r#"hindsight_lost_packets_total{node="a",interface="eth1",worker="0",stage="kernel",reason="ring"}"#;
    assert_eq!(values[lost], 5.0);
    assert_eq!(values[r#"hindsight_capture_up{node="b"}"#], 1.0);
    assert!(values.contains_key(r#"hindsight_http_requests_total{status="2xx"}"#));
    assert!(
        values.keys().any(|k| k.starts_with("hindsight_files{")),
        "{:?}",
        values.keys().collect::<Vec<_>>()
    );
}
