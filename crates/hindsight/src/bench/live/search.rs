//! The search for the highest rate.

use super::cable::Cable;
use super::programs::Program;
use super::traffic::Traffic;
use super::trial::{Trial, attempt};
use crate::Failure;
use source::Stop;
use std::path::Path;
use std::time::Duration;

/// Attempts at most.
const ATTEMPTS: usize = 9;
/// The search ends when the highest rate held and the lowest with a loss are this near, as a share of the latter.
const NEAR: f64 = 0.03;

/// What a search came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Found {
    /// The attempt at the highest rate without a loss.
    pub best: Option<Trial>,
    /// Lowest rate above it that had a loss, packets a second; `None` where the sender could not send faster.
    pub loss: Option<f64>,
}

/// Searches; with `only`, tries that rate alone.
pub fn highest(
    program: Program,
    cable: &Cable,
    traffic: &mut Traffic,
    only: Option<f64>,
    time: Duration,
    scratch: &Path,
    stop: &Stop,
) -> Result<Found, Failure> {
    let mut bounds = Bounds::default();
    let mut rate = only;
    for _ in 0..if only.is_some() { 1 } else { ATTEMPTS } {
        let trial = attempt(program, cable, traffic, rate, time, scratch, stop)?;
        if stop.is_set() {
            break;
        }
        eprintln!("  {} {trial}", if trial.held() { "held" } else { "lost" });
        bounds.take(&trial);
        rate = bounds.next();
        if rate.is_none() {
            break;
        }
    }
    Ok(bounds.found)
}

/// What is known: a rate that was held, and one that was not.
#[derive(Debug, Default)]
struct Bounds {
    found: Found,
    /// What the program got through at its latest loss, packets a second: the first guess.
    through: f64,
}

impl Bounds {
    fn take(&mut self, trial: &Trial) {
        let rate = trial.sent.rate();
        if trial.held() {
            if self.found.best.is_none_or(|best| best.sent.rate() < rate) {
                self.found.best = Some(*trial);
            }
        } else {
            self.found.loss = Some(self.found.loss.map_or(rate, |loss| loss.min(rate)));
            self.through = trial.kept.min(trial.taken) as f64 / trial.sent.elapsed.as_secs_f64().max(1e-9);
        }
    }

    /// The rate to try next; `None` at the end.
    fn next(&self) -> Option<f64> {
        let loss = self.found.loss?;
        match self.found.best.map(|best| best.sent.rate()) {
            Some(held) if loss - held <= NEAR * loss => None,
            Some(held) => Some((held + loss) / 2.0),
            None if loss < 1_000.0 => None,
            None => Some(self.through.clamp(loss * 0.5, loss * 0.9)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sender::Sent;
    use super::*;

    /// A program that keeps up to `limit` packets a second, with a sender that reaches `sender`.
    fn search(limit: f64, sender: f64) -> (Found, usize) {
        let mut bounds = Bounds::default();
        let mut rate = None;
        for attempt in 1..=ATTEMPTS {
            let sent = rate.unwrap_or(f64::MAX).min(sender);
            let packets = (sent * 10.0) as u64;
            let kept = packets.min((limit * 10.0) as u64);
            let sent = Sent { packets, bytes: packets * 100, elapsed: Duration::from_secs(10) };
            let lost = packets - kept;
            bounds.take(&Trial { sent, arrived: packets, kept, taken: kept, lost, ..Trial::default() });
            rate = bounds.next();
            if rate.is_none() {
                return (bounds.found, attempt);
            }
        }
        (bounds.found, ATTEMPTS)
    }

    #[test]
    fn the_highest_rate_is_found_within_the_attempts() {
        for limit in [20_000.0, 155_000.0, 306_000.0, 499_000.0] {
            let (found, attempts) = search(limit, 500_000.0);
            let best = found.best.unwrap().sent.rate();
            assert!(best <= limit && best > limit * 0.9, "{limit}: {best} after {attempts}");
            assert!(found.loss.unwrap() > limit);
        }
        let (found, attempts) = search(1e9, 500_000.0);
        assert_eq!((found.loss, attempts), (None, 1));
        assert!(search(0.0, 500_000.0).0.best.is_none());
    }

    #[test]
    fn a_loss_that_nobody_counted_is_a_loss() {
        let sent = Sent { packets: 10, bytes: 10, elapsed: Duration::from_secs(1) };
        let held = Trial { sent, arrived: 10, kept: 10, taken: 10, indexed: Some(10), ..Trial::default() };
        assert!(held.held());
        for lost in [
            Trial { kept: 9, ..held },
            Trial { arrived: 9, ..held },
            Trial { taken: 9, ..held },
            Trial { lost: 1, ..held },
            Trial { indexed: Some(9), ..held },
        ] {
            assert!(!lost.held());
        }
    }
}
