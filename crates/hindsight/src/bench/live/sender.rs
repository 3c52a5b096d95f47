//! Sends at a fixed rate.

use super::cable::{Cable, SENDING};
use super::traffic::Traffic;
use crate::Failure;
use source::{Stop, TRANSMIT_BATCH, Transmit};
use std::time::{Duration, Instant};

/// Nearer than this to the due time the sender does not sleep: a sleep is not that exact.
const SLEEP_FROM: Duration = Duration::from_micros(150);
/// Batches without a frame taken after which an interface counts as stuck.
const STUCK: u32 = 100_000;

/// What was sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sent {
    /// Frames that the kernel took.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How long it took.
    pub elapsed: Duration,
}

impl Sent {
    /// Packets a second.
    pub fn rate(&self) -> f64 {
        self.packets as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }
    /// Megabits a second.
    pub fn megabits(&self) -> f64 {
        self.bytes as f64 * 8e-6 / self.elapsed.as_secs_f64().max(1e-9)
    }
}

/// Sends for `time`, `rate` packets a second, or as fast as it goes. Small batches, each at its time: what is late is caught up with.
pub fn send(
    cable: &Cable,
    traffic: &mut Traffic,
    rate: Option<f64>,
    time: Duration,
    stop: &Stop,
) -> Result<Sent, Failure> {
    cable.sending(|| {
        let mut socket = Transmit::open(SENDING).map_err(|error| error.to_string())?;
        let (mut sent, mut refused) = (Sent::default(), 0);
        let begun = Instant::now();
        while begun.elapsed() < time && !stop.is_set() {
            if let Some(rate) = rate {
                let due = Duration::from_secs_f64(sent.packets as f64 / rate.max(1.0));
                let early = due.saturating_sub(begun.elapsed());
                if early > SLEEP_FROM {
                    std::thread::sleep(early.min(Duration::from_millis(100)));
                    continue;
                }
            }
            let taken = socket.send(&traffic.upcoming(TRANSMIT_BATCH)).map_err(|error| error.to_string())?;
            refused = if taken == 0 { refused + 1 } else { 0 };
            if refused > STUCK {
                return Err(format!("{SENDING} takes no more frames").into());
            }
            sent.bytes += traffic.sent(taken);
            sent.packets += taken as u64;
        }
        sent.elapsed = begun.elapsed();
        Ok(sent)
    })?
}
