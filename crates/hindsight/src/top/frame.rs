//! The page as lines of styled text.

use indicatif::{HumanBytes, HumanCount};
use server::stats::{LOSSES, LineSample, SILENT_MS, Sample, losses};

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As it is.
    Plain,
    /// Names of what follows.
    Faint,
    /// Headings.
    Strong,
    /// A loss.
    Bad,
    /// A curve.
    Curve,
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(pub Vec<(Style, String)>);

impl Line {
    /// From pieces.
    pub fn of(pieces: &[(Style, &str)]) -> Self {
        Self(pieces.iter().map(|(style, text)| (*style, printable(text))).collect())
    }
    /// Its text.
    pub fn text(&self) -> String {
        self.0.iter().map(|(_, text)| text.as_str()).collect()
    }
}

/// Names come from other machines: no control character reaches the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// What the page is about.
pub struct View {
    pub now: i64,
    pub nodes: Vec<Sample>,
    pub history: Vec<Sample>,
    pub step_ms: i64,
    pub back_ms: i64,
}

impl View {
    /// Whether a node has not been heard of for a while.
    pub fn silent(&self, node: &Sample) -> bool {
        self.now.abs_diff(node.time) > SILENT_MS as u64
    }

    /// A figure of a node per second, step by step; `None` where nothing was heard.
    fn curve(&self, node: &str, value: &dyn Fn(&Sample) -> u64) -> Vec<Option<f64>> {
        let places = usize::try_from(self.back_ms / self.step_ms).unwrap_or(0);
        let begin = (self.now - self.back_ms).div_euclid(self.step_ms);
        let mut values = vec![None; places];
        for sample in self.history.iter().filter(|s| s.node == node && s.span > 0) {
            let at = usize::try_from(sample.time.div_euclid(self.step_ms) - begin).ok();
            if let Some(place) = at.and_then(|at| values.get_mut(at)) {
                *place = Some(value(sample) as f64 * 1_000.0 / sample.span as f64);
            }
        }
        values
    }
}

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Bars from 0 to the largest value; a blank where there is none.
pub fn sparkline(values: &[Option<f64>], width: usize) -> String {
    let shown = values.get(values.len().saturating_sub(width)..).unwrap_or_default();
    let top = shown.iter().flatten().fold(0.0_f64, |a, b| a.max(*b));
    let bar = |value: &Option<f64>| match value {
        None => ' ',
        Some(value) if top <= 0.0 || *value <= 0.0 => BARS[0],
        Some(value) => {
            let at = ((value / top) * 7.0).ceil().clamp(0.0, 7.0) as usize;
            BARS.get(at).copied().unwrap_or('█')
        }
    };
    shown.iter().map(bar).collect()
}

/// 12.3k, 4.56M: for rates.
pub fn short(n: f64) -> String {
    for (size, unit) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")] {
        if n >= size {
            let scaled = n / size;
            return if scaled < 10.0 { format!("{scaled:.2}{unit}") } else { format!("{scaled:.1}{unit}") };
        }
    }
    if n >= 10.0 || n == 0.0 { format!("{n:.0}") } else { format!("{n:.1}") }
}

fn duration(ms: i64) -> String {
    let s = ms.max(0) / 1_000;
    match (s / 86_400, s / 3_600 % 24, s / 60 % 60, s % 60) {
        (0, 0, 0, s) => format!("{s} s"),
        (0, 0, m, s) => format!("{m} min {s} s"),
        (0, h, m, _) => format!("{h} h {m} min"),
        (d, h, _, _) => format!("{d} d {h} h"),
    }
}

fn lost(sample: &Sample) -> u64 {
    LOSSES.iter().map(|kind| sample.count(kind.counter)).sum()
}

/// The whole page.
pub fn lines(view: &View, width: usize) -> Vec<Line> {
    let mut out = Vec::new();
    if view.nodes.is_empty() {
        out.push(Line::of(&[(
            Style::Plain,
            "No node has captured into this folder yet. Start one with: hindsight run",
        )]));
    }
    for node in &view.nodes {
        of_node(view, node, width, &mut out);
        out.push(Line::default());
    }
    out.pop_if(|line| line.0.is_empty());
    out
}

fn of_node(view: &View, node: &Sample, width: usize, out: &mut Vec<Line>) {
    use Style::{Bad, Curve, Faint, Plain, Strong};
    let silent = view.silent(node);
    let state = if silent {
        format!("silent for {}", duration(view.now - node.time))
    } else {
        format!("capturing for {}", duration(node.time - node.started))
    };
    out.push(Line::of(&[
        (Strong, &node.node),
        (Faint, &format!("  {} {}  ", node.host, node.version)),
        (if silent { Bad } else { Plain }, &state),
    ]));
    let rate = |name: &str| if silent { 0.0 } else { node.rate(name) };
    let memory = node.gauge("process_memory");
    out.push(Line::of(&[
        (Faint, "  packets/s "),
        (Plain, &format!("{:<9}", short(rate("packets")))),
        (Faint, "bits/s "),
        (Plain, &format!("{:<9}", short(rate("bytes") * 8.0))),
        (Faint, "sessions/s "),
        (Plain, &format!("{:<8}", short(rate("sessions")))),
        (Faint, "open "),
        (Plain, &format!("{:<11}", HumanCount(node.gauge("open_sessions")).to_string())),
        (Faint, "cpu "),
        (Plain, &format!("{:<6}", format!("{:.0} %", rate("cpu_ms") / 10.0))),
        (Faint, "memory "),
        (Plain, &HumanBytes(memory).to_string()),
    ]));
    let (free, size) = (node.gauge("disk_free"), node.gauge("disk_size"));
    let percent = if size == 0 { 0.0 } else { 100.0 * free as f64 / size as f64 };
    out.push(Line::of(&[
        (Faint, "  disk "),
        (
            if percent < 3.0 && size > 0 { Bad } else { Plain },
            &format!("{} free of {} ({percent:.0} %)", HumanBytes(free), HumanBytes(size)),
        ),
        (Faint, "   written/s "),
        (Plain, &format!("{:<11}", HumanBytes(rate("written_bytes") as u64).to_string())),
        (Faint, "stalls "),
        (Plain, &format!("{:<6}", node.count("write_stalls"))),
        (Faint, "index queue "),
        (
            Plain,
            &format!(
                "{} ({} of {})",
                HumanCount(node.gauge("queue_documents")),
                HumanBytes(node.gauge("queue_bytes")),
                HumanBytes(node.gauge("queue_limit"))
            ),
        ),
    ]));
    if node.gauges.contains_key("spool_limit") {
        let rejected = node.count("spool_rejected");
        out.push(Line::of(&[
            (Faint, "  spool "),
            (
                Plain,
                &format!(
                    "{} ({} of {})",
                    HumanCount(node.gauge("spool_documents")),
                    HumanBytes(node.gauge("spool_bytes")),
                    HumanBytes(node.gauge("spool_limit"))
                ),
            ),
            (Faint, "   changes of the catalogue "),
            (Plain, &format!("{:<6}", HumanCount(node.gauge("spool_changes")).to_string())),
            (Faint, "tried again "),
            (Plain, &format!("{:<6}", HumanCount(node.count("spool_retries")).to_string())),
            (Faint, "refused "),
            (if rejected > 0 { Bad } else { Plain }, &HumanCount(rejected).to_string()),
        ]));
    }
    if node.count("hits") > 0 || node.count("evidence_written") > 0 {
        let mut rules: Vec<(&str, u64)> =
            node.counts.iter().filter_map(|(name, n)| Some((name.strip_prefix("rule_hits.")?, *n))).collect();
        rules.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        let most: Vec<String> =
            rules.iter().take(3).map(|(rule, n)| format!("{rule} {}", HumanCount(*n))).collect();
        out.push(Line::of(&[
            (Faint, "  evidence "),
            (Plain, &format!("{} hits", HumanCount(node.count("hits")))),
            (Faint, "   kept "),
            (
                Plain,
                &format!(
                    "{} packets ({})",
                    HumanCount(node.count("evidence_written")),
                    HumanBytes(node.count("evidence_bytes"))
                ),
            ),
            (Faint, "   slots "),
            (Plain, &format!("{} open", node.gauge("evidence_open"))),
            (Faint, if most.is_empty() { "" } else { "   most " }),
            (Plain, &most.join(", ")),
        ]));
    }
    let room = width.saturating_sub(34).clamp(10, 60);
    let curve = |name: &str, values: Vec<Option<f64>>, style: Style| {
        let top = values.iter().flatten().fold(0.0_f64, |a, b| a.max(*b));
        Line::of(&[
            (Faint, &format!("  {name:<10}")),
            (style, &sparkline(&values, room)),
            (Faint, &format!("  most {}", short(top))),
        ])
    };
    out.push(curve("packets/s", view.curve(&node.node, &|s| s.count("packets")), Curve));
    let lost_curve = view.curve(&node.node, &lost);
    if lost_curve.iter().flatten().any(|n| *n > 0.0) {
        out.push(curve("lost/s", lost_curve, Bad));
    }
    let losses_now = losses(&node.recent);
    let all = losses(&node.counts);
    if all.is_empty() {
        out.push(Line::of(&[(Faint, "  lost      "), (Plain, "nothing")]));
    }
    for one in all {
        let text =
            LOSSES.iter().find(|k| k.stage == one.stage && k.reason == one.reason).map_or("", |k| k.text);
        let now =
            losses_now.iter().find(|l| l.stage == one.stage && l.reason == one.reason).map_or(0, |l| l.count);
        let now = if now > 0 && !silent {
            format!(", {} of them just now", HumanCount(now))
        } else {
            String::new()
        };
        out.push(Line::of(&[
            (Faint, "  lost      "),
            (Bad, &format!("{:<7} {} {} {text}{now}", one.stage, HumanCount(one.count), one.unit)),
        ]));
    }
    if node.lines.is_empty() {
        return;
    }
    let widest = node.lines.iter().map(|l| l.interface.chars().count()).max().unwrap_or(0).clamp(9, 24);
    out.push(Line::of(&[(
        Faint,
        &format!(
            "  {:<widest$} {:>6} {:<8} {:>10} {:>10} {:>16} {:>10} {:>10} {:>12}",
            "interface", "worker", "state", "packets/s", "bits/s", "packets", "lost", "sessions", "memory"
        ),
    )]));
    out.extend(node.lines.iter().map(|line| of_line(node, line, widest, silent)));
}

fn of_line(node: &Sample, line: &LineSample, widest: usize, silent: bool) -> Line {
    let rate = |name: &str| {
        let count = line.recent.get(name).copied().unwrap_or(0);
        if silent || node.recent_ms == 0 { 0.0 } else { count as f64 * 1_000.0 / node.recent_ms as f64 }
    };
    let lost: u64 = losses(&line.counts).iter().map(|l| l.count).sum();
    let count = |counts: &server::stats::Counts, name: &str| counts.get(name).copied().unwrap_or(0);
    Line::of(&[
        (
            Style::Plain,
            &format!(
                "  {:<widest$} {:>6} {:<8} {:>10} {:>10} {:>16} ",
                line.interface,
                line.worker,
                if silent { "silent" } else { &line.state },
                short(rate("packets")),
                short(rate("bytes") * 8.0),
                HumanCount(count(&line.counts, "packets")).to_string(),
            ),
        ),
        (if lost > 0 { Style::Bad } else { Style::Plain }, &format!("{:>10}", HumanCount(lost).to_string())),
        (
            Style::Plain,
            &format!(
                " {:>10} {:>12}",
                HumanCount(count(&line.gauges, "open_sessions")).to_string(),
                HumanBytes(count(&line.gauges, "memory")).to_string()
            ),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use server::stats::Counts;

    #[test]
    fn bars_and_numbers() {
        assert_eq!(sparkline(&[Some(0.0), None, Some(1.0), Some(7.0)], 9), "▁ ▂█");
        assert_eq!(sparkline(&[Some(5.0), Some(0.0)], 1), "▁");
        assert_eq!(
            ["0", "3.0", "12", "1.50k", "12.3M"],
            [0.0, 3.0, 12.4, 1500.0, 12.34e6].map(short).each_ref().map(String::as_str)
        );
        assert_eq!(duration(3_725_000), "1 h 2 min");
    }

    #[test]
    fn a_page_names_losses_and_hides_control_characters() {
        let counts = Counts::from([("packets".into(), 100), ("kernel_dropped".into(), 7)]);
        let node = Sample {
            node: "n\u{1b}[31m1".into(),
            time: 1_000_000,
            counts: counts.clone(),
            recent: Counts::from([("packets".into(), 20), ("kernel_dropped".into(), 2)]),
            recent_ms: 2_000,
            lines: vec![LineSample {
                interface: "eth0".into(),
                state: "running".into(),
                counts: counts.clone(),
                ..LineSample::default()
            }],
            ..Sample::default()
        };
        let history = vec![Sample { time: 990_000, span: 10_000, ..node.clone() }];
        let view = View { now: 1_001_000, nodes: vec![node], history, step_ms: 10_000, back_ms: 600_000 };
        let page = lines(&view, 100);
        let text: Vec<String> = page.iter().map(Line::text).collect();
        let text = text.join("\n");
        assert!(!text.contains('\u{1b}'), "{text}");
        assert!(text.contains("packets/s 10 "), "{text}");
        assert!(
            text.contains(
                "kernel  7 packets dropped by the kernel because the ring was full, 2 of them just now"
            ),
            "{text}"
        );
        let bad = page.iter().flat_map(|l| &l.0).filter(|(style, _)| *style == Style::Bad).count();
        assert_eq!(bad, 3, "the curve, the sentence, and the cell of the worker");
        let late = View {
            now: 9_000_000,
            nodes: view.nodes,
            history: Vec::new(),
            step_ms: 10_000,
            back_ms: 600_000,
        };
        assert!(lines(&late, 100)[0].text().contains("silent for 2 h"), "{:?}", lines(&late, 100)[0]);
    }
}
