//! `hindsight replay`: captures sent onto an interface, for those who test probes.

use crate::cli::Replay;
use crate::{Failure, Outcome, interrupt};
use source::{FileSource, Packet, PacketSource as _, Status, Stop, TRANSMIT_BATCH, Transmit};
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, Instant};
use wire::LinkType;

/// Packets read at once.
const BATCH: usize = 1_024;
/// Longest sleep, so that Ctrl-C is noticed.
const NAP: Duration = Duration::from_millis(100);
/// Shorter waits are spun: the system would sleep longer.
const SPIN: Duration = Duration::from_micros(100);
/// How long an interface may refuse everything.
const STUCK: Duration = Duration::from_secs(10);

/// How fast packets are sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// As they were captured, so many times as fast.
    Original(f64),
    /// So many packets a second.
    Packets(f64),
    /// So many bits of frames a second.
    Bits(f64),
    /// As fast as it goes.
    Top,
}

impl FromStr for Pace {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || {
            format!("`{text}` is no pace; write \"original\", \"2x\", \"10000pps\", \"100Mbit\" or \"top\"")
        };
        let text = text.trim();
        match text {
            "original" => return Ok(Self::Original(1.0)),
            "top" => return Ok(Self::Top),
            _ => {}
        }
        let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(bad)?;
        let (number, unit) = text.split_at(at);
        let number: f64 = number.parse().map_err(|_| bad())?;
        if !(number.is_finite() && number > 0.0) {
            return Err(bad());
        }
        Ok(match unit.trim().to_ascii_lowercase().trim_end_matches("/s") {
            "x" => Self::Original(number),
            "pps" => Self::Packets(number),
            "kpps" => Self::Packets(number * 1e3),
            "mpps" => Self::Packets(number * 1e6),
            "bit" | "bps" => Self::Bits(number),
            "kbit" | "kbps" => Self::Bits(number * 1e3),
            "mbit" | "mbps" => Self::Bits(number * 1e6),
            "gbit" | "gbps" => Self::Bits(number * 1e9),
            _ => return Err(bad()),
        })
    }
}

/// What was sent.
#[derive(Default)]
struct Sent {
    packets: u64,
    bytes: u64,
    /// Packets that the interface cannot send: longer than its MTU, or cut by the snap length.
    refused: u64,
    why: Option<String>,
}

/// When the next packet is due.
struct Clock {
    pace: Pace,
    begun: Instant,
    /// Time of the first packet, nanoseconds.
    first: Option<i64>,
}

impl Clock {
    /// How long after the begin a packet is due, which follows so many packets and bytes.
    fn due(&mut self, time: i64, sent: &Sent) -> Duration {
        let first = *self.first.get_or_insert(time);
        let seconds = match self.pace {
            Pace::Original(speed) => time.saturating_sub(first).max(0) as f64 / 1e9 / speed,
            Pace::Packets(rate) => (sent.packets + sent.refused) as f64 / rate,
            Pace::Bits(rate) => sent.bytes as f64 * 8.0 / rate,
            Pace::Top => 0.0,
        };
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }

    /// Waits until then, or until it is to end.
    fn wait(&self, due: Duration, stop: &Stop) {
        loop {
            let left = due.saturating_sub(self.begun.elapsed());
            if left.is_zero() || stop.is_set() {
                return;
            }
            if left > SPIN {
                std::thread::sleep((left - SPIN).min(NAP));
            } else {
                std::hint::spin_loop();
            }
        }
    }
}

/// Sends the captures one after the other.
pub fn run(command: &Replay, quiet: bool) -> Result<Outcome, Failure> {
    let stop = Stop::new();
    let failed = |error: source::Error| Failure::Failed(error.to_string());
    let mut interface = Transmit::open(&command.interface).map_err(failed)?;
    interrupt::on_signal(&stop)?;
    let mut sent = Sent::default();
    let mut damaged = false;
    let begun = Instant::now();
    'all: for _ in 0..command.repeat {
        for file in &command.files {
            let before = Sent { packets: 0, bytes: 0, ..Sent::default() };
            let mut part = before;
            if let Some(damage) = one(file, command.pace, &mut interface, &stop, &mut part)? {
                eprintln!("hindsight: {damage}; the packets before that were sent");
                damaged = true;
            }
            sent.packets += part.packets;
            sent.bytes += part.bytes;
            sent.refused += part.refused;
            sent.why = sent.why.or(part.why);
            if stop.is_set() {
                break 'all;
            }
        }
    }
    let seconds = begun.elapsed().as_secs_f64().max(1e-9);
    if !quiet {
        eprintln!(
            "{} packets, {} bytes sent on {} in {seconds:.3} s: {:.0} packets/s, {:.3} Mbit/s",
            sent.packets,
            sent.bytes,
            command.interface,
            sent.packets as f64 / seconds,
            sent.bytes as f64 * 8.0 / seconds / 1e6
        );
    }
    if sent.refused > 0 {
        let why = sent.why.unwrap_or_default();
        eprintln!("hindsight: {} packets could not be sent on {}: {why}", sent.refused, command.interface);
    }
    Ok(if damaged || sent.refused > 0 || stop.is_set() { Outcome::Partly } else { Outcome::Done })
}

/// Sends one capture; returns what is wrong with it.
fn one(
    file: &Path,
    pace: Pace,
    interface: &mut Transmit,
    stop: &Stop,
    sent: &mut Sent,
) -> Result<Option<String>, Failure> {
    let mut source = FileSource::open(file, stop).map_err(|error| Failure::Failed(error.to_string()))?;
    let mut clock = Clock { pace, begun: Instant::now(), first: None };
    loop {
        let mut frames: Vec<(i64, Vec<u8>)> = Vec::new();
        let mut wrong = None;
        let status = source.batch(BATCH, &mut |packet: &Packet<'_>| {
            if packet.link == LinkType::ETHERNET {
                frames.push((packet.time, packet.bytes.to_vec()));
            } else {
                wrong = Some(packet.link);
            }
        });
        if let Some(link) = wrong {
            return Err(Failure::Failed(format!(
                "{}: packets of {link} cannot be sent on an Ethernet interface",
                file.display()
            )));
        }
        send(&frames, &mut clock, interface, stop, sent)?;
        match status {
            _ if stop.is_set() => return Ok(None),
            Ok(Status::End) => return Ok(None),
            Ok(Status::More | Status::Idle) => {}
            Err(error) => return Ok(Some(error.to_string())),
        }
    }
}

/// Sends frames, each when it is due; those that are due together in one call.
fn send(
    frames: &[(i64, Vec<u8>)],
    clock: &mut Clock,
    interface: &mut Transmit,
    stop: &Stop,
    sent: &mut Sent,
) -> Result<(), Failure> {
    let mut rest = frames;
    let mut taken_at = Instant::now();
    while let Some((time, _)) = rest.first() {
        if stop.is_set() {
            return Ok(());
        }
        let due = clock.due(*time, sent);
        clock.wait(due, stop);
        let now = clock.begun.elapsed();
        // what would be due by now too, if these before it were sent
        let mut ahead = Sent { packets: sent.packets, bytes: sent.bytes, refused: sent.refused, why: None };
        let mut together: Vec<&[u8]> = Vec::with_capacity(TRANSMIT_BATCH);
        for (time, frame) in rest.iter().take(TRANSMIT_BATCH) {
            if !together.is_empty() && clock.due(*time, &ahead) > now {
                break;
            }
            ahead.packets += 1;
            ahead.bytes += frame.len() as u64;
            together.push(frame);
        }
        match interface.send(&together) {
            Ok(0) if taken_at.elapsed() >= STUCK => {
                return Err(Failure::Failed("the interface takes no packet any more; is it up?".into()));
            }
            Ok(0) => std::thread::yield_now(),
            Ok(count) => {
                taken_at = Instant::now();
                sent.packets += count as u64;
                sent.bytes += together.iter().take(count).map(|frame| frame.len() as u64).sum::<u64>();
                rest = rest.get(count..).unwrap_or_default();
            }
            Err(error) => {
                let text = error.to_string();
                if text.contains("down") || sent.packets == 0 && sent.refused >= 1_000 {
                    return Err(Failure::Failed(text));
                }
                sent.refused += 1;
                sent.why.get_or_insert(text);
                rest = rest.get(1..).unwrap_or_default();
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paces_are_read() {
        for (text, pace) in [
            ("original", Pace::Original(1.0)),
            ("2x", Pace::Original(2.0)),
            ("0.5x", Pace::Original(0.5)),
            ("10000pps", Pace::Packets(10_000.0)),
            ("1.5 Mpps", Pace::Packets(1_500_000.0)),
            ("100Mbit", Pace::Bits(1e8)),
            ("100 Mbit/s", Pace::Bits(1e8)),
            ("800 bit/s", Pace::Bits(800.0)),
            ("top", Pace::Top),
        ] {
            assert_eq!(text.parse::<Pace>(), Ok(pace), "{text}");
        }
        for bad in ["", "fast", "0pps", "-1x", "10", "pps", "1e9pps", "nanpps"] {
            assert!(bad.parse::<Pace>().is_err(), "{bad}");
        }
    }

    #[test]
    fn packets_are_due_when_the_pace_says() {
        let mut clock = Clock { pace: Pace::Original(2.0), begun: Instant::now(), first: None };
        let mut sent = Sent::default();
        assert_eq!(clock.due(5_000_000_000, &sent), Duration::ZERO);
        assert_eq!(clock.due(7_000_000_000, &sent), Duration::from_secs(1));
        // time that goes back is now
        assert_eq!(clock.due(1_000_000_000, &sent), Duration::ZERO);
        (sent.packets, sent.bytes) = (100, 1_000);
        clock.pace = Pace::Packets(50.0);
        assert_eq!(clock.due(0, &sent), Duration::from_secs(2));
        clock.pace = Pace::Bits(4_000.0);
        assert_eq!(clock.due(0, &sent), Duration::from_secs(2));
    }
}
