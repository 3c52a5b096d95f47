//! The open slots of one device.

use crate::folder::Folder;
use crate::slot::Slot;
use crate::slot_file::{SlotFile, finish_left};
use crate::{DeviceId, Offer};
use jiff::tz::TimeZone;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Slots that are open at once: packets of several sources are not in one order.
const MAX_OPEN: usize = 16;
/// How long after its end, and after its last packet, a slot stays open for what comes late.
const GRACE: Duration = Duration::from_secs(5);
/// A file that no process has added to for so long was left by one that is gone.
const LEFT: Duration = Duration::from_secs(600);

/// Writes the files of one device.
pub(crate) struct Store {
    folder: Folder,
    zone: TimeZone,
    open: Vec<SlotFile>,
}

/// Packets that could not be written, and why.
pub(crate) struct Failed {
    pub packets: u64,
    /// Captured bytes of these.
    pub bytes: u64,
    pub error: io::Error,
}

impl Store {
    /// Makes the folder where it is not there.
    pub fn open(base: &Path, device: DeviceId, zone: TimeZone) -> io::Result<Self> {
        Ok(Self { folder: Folder::create(base, device)?, zone, open: Vec::new() })
    }

    /// Takes a packet into the slot of its own time.
    pub fn add(&mut self, offer: &Offer<'_>) -> io::Result<()> {
        let slot = Slot::of(offer.time.div_euclid(1_000_000_000));
        let place = self.open.iter().position(|file| file.slot == slot && file.link == offer.link);
        let place = match place {
            Some(place) => place,
            None => {
                if self.open.len() >= MAX_OPEN {
                    self.close_longest_idle()?;
                }
                let _held = self.folder.hold()?;
                let name = slot.name(&self.zone);
                self.open.push(SlotFile::open(self.folder.path(), &name, slot, offer.link)?);
                self.open.len() - 1
            }
        };
        match self.open.get_mut(place) {
            Some(file) => file.add(offer.time, offer.bytes, offer.len),
            None => Ok(()),
        }
    }

    fn close_longest_idle(&mut self) -> io::Result<()> {
        let oldest = self.open.iter().enumerate().min_by_key(|(_, file)| file.touched);
        let Some((at, _)) = oldest else { return Ok(()) };
        let file = self.open.swap_remove(at);
        self.close_one(file)
    }

    /// Slots that are open.
    pub fn open_slots(&self) -> usize {
        self.open.len()
    }

    /// Bytes that wait to be written.
    pub fn waiting(&mut self) -> usize {
        self.open.iter_mut().map(SlotFile::waiting_bytes).sum()
    }

    /// Brings everything that waits into the files.
    pub fn flush(&mut self) -> Vec<Failed> {
        if self.open.iter().all(|file| file.waiting() == 0) {
            return Vec::new();
        }
        let held = self.folder.hold();
        let mut failed = Vec::new();
        for file in &mut self.open {
            let (packets, bytes) = (file.waiting() as u64, file.waiting_captured());
            let done = match &held {
                Ok(_) => file.flush(),
                Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
            };
            if let Err(error) = done {
                let written = file.waiting() == 0;
                if !written {
                    file.drop_waiting();
                }
                // an index that lags behind loses nothing: what it does not speak of is read record by record
                let (packets, bytes) = if written { (0, 0) } else { (packets, bytes) };
                failed.push(Failed { packets, bytes, error });
            }
        }
        failed
    }

    /// Finishes the slots that are over. `now`: seconds since 1970.
    pub fn tick(&mut self, now: i64) -> io::Result<()> {
        let grace = GRACE.as_secs() as i64;
        let over = |file: &SlotFile| {
            let quiet = file.touched.elapsed();
            quiet >= GRACE && (file.slot.end().saturating_add(grace) <= now || quiet >= LEFT)
        };
        if !self.open.iter().any(over) {
            return Ok(());
        }
        self.close_where(over)
    }

    fn close_where(&mut self, over: impl Fn(&SlotFile) -> bool) -> io::Result<()> {
        let mut result = Ok(());
        for file in std::mem::take(&mut self.open) {
            if over(&file) {
                result = result.and(self.close_one(file));
            } else {
                self.open.push(file);
            }
        }
        result
    }

    /// Finishes a file. Readers wait for the lock, so it is not held while the index is put in order, which takes long for many packets.
    fn close_one(&self, mut file: SlotFile) -> io::Result<()> {
        {
            let _held = self.folder.hold()?;
            file.flush()?;
        }
        file.put_in_order()?;
        let _held = self.folder.hold()?;
        file.close()
    }

    /// Finishes every slot.
    pub fn finish(&mut self) -> io::Result<()> {
        self.close_where(|_| true)
    }

    /// Finishes files that were left open by a process that is gone.
    pub fn finish_left(&self, now: SystemTime) -> io::Result<()> {
        let _held = self.folder.hold()?;
        let mut result = Ok(());
        for entry in std::fs::read_dir(self.folder.path())?.flatten() {
            let path = entry.path();
            let name = path.to_string_lossy();
            let (is_left, is_beside) = (name.ends_with(".pcap.temp"), name.ends_with(".new"));
            let touched = entry.metadata().and_then(|meta| meta.modified()).unwrap_or(UNIX_EPOCH);
            if !now.duration_since(touched).is_ok_and(|age| age >= LEFT) {
                continue;
            }
            if is_left {
                result = result.and(finish_left(&path));
            } else if is_beside {
                // an index that was being put in order
                result = result.and(std::fs::remove_file(&path));
            }
        }
        result
    }
}
