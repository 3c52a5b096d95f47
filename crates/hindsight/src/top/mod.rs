//! `hindsight top`: what the capturing nodes of a data folder do, live.
//!
//! Reads the time series that the capture writes to the catalogue (with a cluster: to its mirror), so it works beside any `hindsight run` of the folder. The screen
//! is a list of lines that is also what `--once` prints; crossterm draws it, for a page of text that is redrawn every two seconds
//! needs no layout engine.

mod frame;
mod screen;

use crate::cli::Top;
use crate::home::Home;
use crate::{Failure, Outcome};
use catalog_sqlite::Sqlite;
use frame::{Style, View};
use index::Catalog;
use serde_json::{Value, json};
use server::stats::{self, RESOLUTIONS, Sample};
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

/// How far the sparklines go back, milliseconds.
const HISTORY: i64 = 600_000;

/// Shows once, or until `q`.
pub fn run(command: &Top, home: &Home) -> Result<Outcome, Failure> {
    let catalog = figures(home, command.node.as_deref())?;
    let look = || View::read(&*catalog, command.node.as_deref(), crate::ask::now_ms(), HISTORY);
    if command.json {
        return print(&format!("{}\n", to_json(&look()?)));
    }
    if command.once || !std::io::stdout().is_terminal() {
        let lines = frame::lines(&look()?, 120);
        let text: String = lines.iter().map(|line| format!("{}\n", line.text().trim_end())).collect();
        return print(&text);
    }
    let every = Duration::try_from_secs_f64(command.interval.max(0.2))
        .map_err(|_| Failure::Usage("--interval: a number of seconds is wanted".into()))?;
    screen::run(every, &mut |width| {
        let view = look();
        match view {
            Ok(view) => frame::lines(&view, width),
            // it goes on: the catalogue may be busy for a moment
            Err(error) => vec![frame::Line::of(&[(Style::Bad, &error.to_string())])],
        }
    })
    .map_err(|error| Failure::Failed(format!("the terminal cannot be used: {error}")))?;
    Ok(Outcome::Done)
}

/// Where the figures are: in the folder those of what captures into it, also while a cluster is away; else in the cluster.
fn figures(home: &Home, node: Option<&str>) -> Result<Box<dyn Catalog>, Failure> {
    let own = if home.cluster().is_some() { home.mirror() } else { home.catalog() };
    if own.exists() {
        let catalog = Sqlite::open(own)?;
        let asked = |sample: &Sample| node.is_none_or(|name| name == sample.node);
        if home.cluster().is_none() || stats::now(&catalog)?.iter().any(asked) {
            return Ok(Box::new(catalog));
        }
    }
    match home.cluster() {
        Some(cluster) => Ok(Box::new(index_opensearch::Clustered::open(&cluster.options(home.spool())?)?)),
        None => Err(Failure::Failed(format!(
            "{} holds nothing yet; name the folder of a running capture with --dir, or start one with: hindsight run",
            home.path().display()
        ))),
    }
}

fn print(text: &str) -> Result<Outcome, Failure> {
    match std::io::stdout().write_all(text.as_bytes()) {
        // a reader such as `head` that has enough is no failure
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.to_string().into()),
        _ => Ok(Outcome::Done),
    }
}

impl View {
    fn read(catalog: &dyn Catalog, node: Option<&str>, now: i64, back: i64) -> Result<Self, index::Error> {
        let mut nodes = stats::now(catalog)?;
        nodes.retain(|sample| node.is_none_or(|name| name == sample.node));
        let [fine, ..] = &RESOLUTIONS;
        let history = stats::read(catalog, fine, now - back, now, node)?;
        Ok(Self { now, nodes, history, step_ms: fine.step_ms, back_ms: back })
    }
}

fn to_json(view: &View) -> Value {
    let line = |node: &Sample, line: &stats::LineSample| {
        let rate = |name: &str| {
            let count = line.recent.get(name).copied().unwrap_or(0);
            if node.recent_ms == 0 { 0.0 } else { count as f64 * 1_000.0 / node.recent_ms as f64 }
        };
        json!({
            "interface": line.interface, "worker": line.worker, "state": line.state, "packetsPerSec": rate("packets"),
            "bytesPerSec": rate("bytes"), "counts": line.counts, "gauges": line.gauges, "losses": stats::losses(&line.counts),
        })
    };
    let nodes: Vec<Value> = view
        .nodes
        .iter()
        .map(|node| {
            json!({
                "node": node.node, "host": node.host, "version": node.version, "time": node.time, "started": node.started,
                "silent": view.silent(node),
                "packetsPerSec": node.rate("packets"), "bytesPerSec": node.rate("bytes"), "sessionsPerSec": node.rate("sessions"),
                "cpuPercent": node.rate("cpu_ms") / 10.0,
                "counts": node.counts, "gauges": node.gauges, "losses": stats::losses(&node.counts),
                "recentLosses": stats::losses(&node.recent),
                "lines": node.lines.iter().map(|l| line(node, l)).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({ "time": view.now, "nodes": nodes })
}
