//! Progress of long work: a line on a terminal, nothing in a pipe.

use indicatif::{HumanBytes, HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

/// A line that is drawn again and again.
pub struct Line {
    bar: ProgressBar,
    begun: Instant,
}

/// How far it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct State {
    /// Bytes read.
    pub bytes: u64,
    /// Bytes in all; 0 where unknown.
    pub total: u64,
    /// Packets read.
    pub packets: u64,
    /// Sessions made.
    pub sessions: u64,
}

impl Line {
    /// Shown when stderr is a terminal and nobody asked for quiet.
    pub fn new(quiet: bool) -> Self {
        let bar = ProgressBar::new(0);
        let shown = !quiet && std::io::stderr().is_terminal();
        bar.set_draw_target(if shown {
            ProgressDrawTarget::stderr_with_hz(10)
        } else {
            ProgressDrawTarget::hidden()
        });
        bar.set_style(
            ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner()),
        );
        Self { bar, begun: Instant::now() }
    }

    /// Draws the line.
    pub fn show(&self, state: State) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar.set_message(text(state, self.begun.elapsed()));
        self.bar.tick();
    }

    /// Draws another text.
    pub fn say(&self, text: &str) {
        if !self.bar.is_hidden() {
            self.bar.set_message(text.to_owned());
            self.bar.tick();
        }
    }

    /// Removes the line, so that what is printed next stands alone.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

fn text(state: State, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64().max(0.001);
    let rate = (state.packets as f64 / seconds) as u64;
    let mut text = format!(
        "{} packets, {}/s, {} sessions",
        HumanCount(state.packets),
        HumanCount(rate),
        HumanCount(state.sessions)
    );
    if state.total > 0 && state.bytes > 0 {
        let part = (state.bytes as f64 / state.total as f64).min(1.0);
        let left = Duration::from_secs_f64((seconds / part - seconds).clamp(0.0, 1e9));
        let of = HumanBytes(state.total);
        text = format!("{:3.0} % of {of}, {text}, {} left", part * 100.0, HumanDuration(left));
    } else if state.bytes > 0 {
        text = format!("{}, {text}", HumanBytes(state.bytes));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_how_much_is_done_and_what_is_left() {
        let state = State { bytes: 1 << 20, total: 4 << 20, packets: 1_000, sessions: 10 };
        let line = text(state, Duration::from_secs(10));
        assert!(
            line.starts_with(" 25 % of 4.00 MiB")
                && line.contains("100/s")
                && line.contains("30 seconds left"),
            "{line}"
        );
        let stdin = text(State { total: 0, ..state }, Duration::from_secs(10));
        assert!(stdin.starts_with("1.00 MiB, 1,000 packets") && !stdin.contains("left"), "{stdin}");
    }
}
