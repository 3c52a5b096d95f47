//! One sample: counts and gauges of a node and of its workers.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Figures by name; zeros are left out.
pub type Counts = BTreeMap<String, u64>;

/// Figures of one node over a time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sample {
    /// Name of the node.
    pub node: String,
    /// Name of the machine.
    pub host: String,
    /// Version of the program.
    pub version: String,
    /// Milliseconds since 1970: when it was taken, or, in a series, when its step begins.
    pub time: i64,
    /// Milliseconds since 1970 at which the capture began.
    pub started: i64,
    /// Milliseconds over which `counts` were counted.
    pub span: u64,
    /// What was counted: since the capture began, or, in a series, within the step.
    pub counts: Counts,
    /// What goes up and down: the largest value of the step, of what is named `*_free` the smallest.
    pub gauges: Counts,
    /// What was counted just before `time`: within the last [`Sample::recent_ms`].
    #[serde(skip_serializing_if = "Counts::is_empty")]
    pub recent: Counts,
    /// See [`Sample::recent`].
    #[serde(skip_serializing_if = "is_zero")]
    pub recent_ms: u64,
    /// The workers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineSample>,
}

/// Figures of one worker.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LineSample {
    /// Its interface.
    pub interface: String,
    /// Its number among those of the interface, from 0.
    pub worker: u32,
    /// How far it is: `running`, `closing`, `ended`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub state: String,
    /// See [`Sample::counts`].
    pub counts: Counts,
    /// See [`Sample::gauges`].
    pub gauges: Counts,
    /// See [`Sample::recent`].
    #[serde(skip_serializing_if = "Counts::is_empty")]
    pub recent: Counts,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// What was counted from `before` to `now`. A counter that became smaller was begun anew.
fn difference(now: &Counts, before: &Counts) -> Counts {
    let since = |name: &String, n: u64| n.checked_sub(before.get(name).copied().unwrap_or(0)).unwrap_or(n);
    now.iter().map(|(name, n)| (name.clone(), since(name, *n))).filter(|(_, n)| *n > 0).collect()
}

fn add(to: &mut Counts, counts: &Counts) {
    for (name, n) in counts {
        match to.get_mut(name) {
            Some(sum) => *sum = sum.saturating_add(*n),
            None => drop(to.insert(name.clone(), *n)),
        }
    }
}

fn widen(to: &mut Counts, gauges: &Counts) {
    for (name, n) in gauges {
        match to.get_mut(name) {
            Some(known) if name.ends_with("_free") => *known = (*known).min(*n),
            Some(known) => *known = (*known).max(*n),
            None => drop(to.insert(name.clone(), *n)),
        }
    }
}

impl Sample {
    /// What was counted since an earlier sample of the same capture; gauges are those of now.
    #[must_use]
    pub fn since(&self, before: &Sample) -> Sample {
        let same = before.started == self.started;
        let nothing = Counts::new();
        let line = |line: &LineSample| {
            let known =
                before.lines.iter().find(|b| b.interface == line.interface && b.worker == line.worker);
            let known = known.filter(|_| same).map_or(&nothing, |known| &known.counts);
            LineSample { counts: difference(&line.counts, known), recent: Counts::new(), ..line.clone() }
        };
        let from = if same { before.time } else { self.started };
        Sample {
            span: u64::try_from(self.time.saturating_sub(from)).unwrap_or(0),
            counts: difference(&self.counts, if same { &before.counts } else { &nothing }),
            lines: self.lines.iter().map(line).collect(),
            recent: Counts::new(),
            recent_ms: 0,
            ..self.clone()
        }
    }

    /// Adds what was counted in a further time, and widens the gauges. `time` stays.
    pub fn merge(&mut self, other: &Sample) {
        self.span = self.span.saturating_add(other.span);
        add(&mut self.counts, &other.counts);
        widen(&mut self.gauges, &other.gauges);
        for line in &other.lines {
            let same = |l: &&mut LineSample| l.interface == line.interface && l.worker == line.worker;
            match self.lines.iter_mut().find(same) {
                Some(known) => {
                    add(&mut known.counts, &line.counts);
                    widen(&mut known.gauges, &line.gauges);
                    known.state.clone_from(&line.state);
                }
                None => self.lines.push(LineSample { recent: Counts::new(), ..line.clone() }),
            }
        }
        self.node.clone_from(&other.node);
        self.host.clone_from(&other.host);
        self.version.clone_from(&other.version);
        self.started = other.started;
    }

    /// A count, 0 where there is none.
    #[must_use]
    pub fn count(&self, name: &str) -> u64 {
        self.counts.get(name).copied().unwrap_or(0)
    }
    /// A gauge, 0 where there is none.
    #[must_use]
    pub fn gauge(&self, name: &str) -> u64 {
        self.gauges.get(name).copied().unwrap_or(0)
    }
    /// Something counted just before, per second.
    #[must_use]
    pub fn rate(&self, name: &str) -> f64 {
        per_second(self.recent.get(name).copied().unwrap_or(0), self.recent_ms)
    }
}

/// A count over milliseconds as a rate.
pub(crate) fn per_second(count: u64, ms: u64) -> f64 {
    if ms == 0 { 0.0 } else { count as f64 * 1_000.0 / ms as f64 }
}

/// The numbers of nested counters under flat names: `{"a":1,"b":{"c":2}}` becomes `a` and `b.c`; a list of
/// `{layer,reason,count}` becomes `name.layer.reason`. Zeros, texts and other lists are left out.
#[must_use]
pub fn flatten(counters: &Json) -> Counts {
    let mut out = Counts::new();
    put(counters, "", &mut out);
    // what is counted as a whole and by reason: the part without a reason, so that nothing is left out of the losses
    for whole in ["unwritten", "unindexed"] {
        let inside = format!("{whole}_by.");
        let known: u64 = out.iter().filter(|(name, _)| name.starts_with(&inside)).map(|(_, n)| *n).sum();
        let rest = out.get(whole).copied().unwrap_or(0).saturating_sub(known);
        if rest > 0 {
            out.insert(format!("{inside}other"), rest);
        }
    }
    out
}

fn put(value: &Json, name: &str, out: &mut Counts) {
    let under = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Json::Number(n) => {
            if let Some(n) = n.as_u64().filter(|n| *n > 0) {
                *out.entry(name.to_owned()).or_default() += n;
            }
        }
        Json::Object(parts) => parts.iter().for_each(|(key, value)| put(value, &under(key), out)),
        Json::Array(items) => {
            for item in items {
                let text = |key| item.get(key).and_then(Json::as_str);
                if let (Some(layer), Some(reason), Some(count)) =
                    (text("layer"), text("reason"), item.get("count"))
                {
                    put(count, &under(&format!("{layer}.{reason}")), out);
                }
            }
        }
        _ => {}
    }
}
