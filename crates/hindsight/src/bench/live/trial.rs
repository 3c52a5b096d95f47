//! One attempt: a program captures while traffic is sent at a rate; then everything is counted.

use super::cable::Cable;
use super::programs::Program;
use super::sender::{Sent, send};
use super::traffic::Traffic;
use crate::Failure;
use crate::home::Home;
use crate::stores::Stores;
use index::{Aggregate, Control};
use query::Plan;
use source::{FileSource, PacketSource as _, Status, Stop};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What came of an attempt.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trial {
    /// What was sent.
    pub sent: Sent,
    /// Packets that the kernel counted at the capturing interface.
    pub arrived: u64,
    /// Packets in the files that the program left.
    pub kept: u64,
    /// Packets that the program says it took, and lost.
    pub taken: u64,
    /// See `taken`.
    pub lost: u64,
    /// Packets of the sessions in the index, where the program has one.
    pub indexed: Option<u64>,
    /// Processors that the program used on average while packets came.
    pub processors: f64,
}

impl Trial {
    /// Whether nothing was lost, by every count there is.
    pub fn held(&self) -> bool {
        let sent = self.sent.packets;
        self.arrived == sent
            && self.kept == sent
            && self.taken == sent
            && self.lost == 0
            && self.indexed.is_none_or(|indexed| indexed == sent)
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sent = self.sent.packets;
        write!(
            f,
            "{:>9.0} packets/s {:>7.0} Mbit/s: sent {sent}, kept {}",
            self.sent.rate(),
            self.sent.megabits(),
            self.kept
        )?;
        if self.arrived != sent {
            write!(f, ", {} arrived", self.arrived)?;
        }
        if self.taken != self.kept {
            write!(f, ", {} by its own count", self.taken)?;
        }
        if self.lost > 0 {
            write!(f, ", {} lost by its own count", self.lost)?;
        }
        if let Some(indexed) = self.indexed.filter(|indexed| *indexed != sent) {
            write!(f, ", {indexed} in the index")?;
        }
        write!(f, "; {:.2} processors", self.processors)
    }
}

/// Makes an attempt in a folder that is removed afterwards.
pub fn attempt(
    program: Program,
    cable: &Cable,
    traffic: &mut Traffic,
    rate: Option<f64>,
    time: Duration,
    scratch: &Path,
    stop: &Stop,
) -> Result<Trial, Failure> {
    let folder = tempfile::Builder::new()
        .prefix("hindsight-bench-")
        .tempdir_in(scratch)
        .map_err(|error| format!("cannot make a folder in {}: {error}", scratch.display()))?;
    let running = program.start(cable, folder.path())?;
    let before = cable.counted()?;
    let processor = running.processor();
    let sent = send(cable, traffic, rate, time, stop)?;
    let processors = (running.processor() - processor) / sent.elapsed.as_secs_f64().max(1e-9);
    let after = cable.counted()?;
    let (said, own) = running.finish()?;
    let Some(own) = own else {
        return Err(Failure::Failed(format!("{} does not say what it captured: {said}", program.name())));
    };
    Ok(Trial {
        sent,
        arrived: after.1.received - before.1.received,
        kept: packets_in(folder.path())?,
        taken: own.taken,
        lost: own.lost,
        indexed: if program.indexes() { Some(packets_indexed(folder.path())?) } else { None },
        processors,
    })
}

/// Packets of all captures below a folder.
fn packets_in(folder: &Path) -> Result<u64, Failure> {
    let mut packets = 0;
    for path in captures(folder) {
        let mut source = FileSource::open(&path, &Stop::new()).map_err(|error| error.to_string())?;
        while source.batch(65_536, &mut |_| {}).map_err(|error| error.to_string())? != Status::End {}
        packets += source.statistics().packets;
    }
    Ok(packets)
}

fn captures(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(captures(&path));
        } else if path.to_string_lossy().contains(".pcap") {
            found.push(path);
        }
    }
    found
}

/// Packets of all sessions in the index of a data folder.
fn packets_indexed(folder: &Path) -> Result<u64, Failure> {
    let stores = Stores::open(&Home::find(Some(folder))?)?;
    let sums = Aggregate::Sums(vec![&session::core::PACKETS.def]);
    let found = stores.index.aggregate(&Plan::All, &[sums], &Control::new())?;
    match found.first() {
        Some(index::Outcome::Sums { sums, .. }) => {
            Ok(sums.first().copied().and_then(|sum| u64::try_from(sum).ok()).unwrap_or(0))
        }
        _ => Err(Failure::Failed("the index does not say how many packets its sessions have".into())),
    }
}

/// Refuses to begin where the disk cannot hold an attempt.
pub fn check_room(scratch: &Path, traffic: &Traffic, time: Duration) -> Result<(), Failure> {
    /// More than any sender over a virtual cable reaches.
    const PACKETS: f64 = 700_000.0;
    let about = rustix::fs::statvfs(scratch).map_err(|error| format!("{}: {error}", scratch.display()))?;
    let free = about.f_bavail as f64 * about.f_frsize as f64;
    let need = PACKETS * (traffic.mean() + 16.0) * time.as_secs_f64();
    if need < free {
        return Ok(());
    }
    Err(Failure::Failed(format!(
        "{} has {:.0} GB free, an attempt with {} traffic may need {:.0}; name another folder with --scratch",
        scratch.display(),
        free / 1e9,
        traffic.name,
        need / 1e9
    )))
}
