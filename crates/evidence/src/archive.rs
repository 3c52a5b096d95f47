//! Finding evidence by the microsecond.

use crate::DeviceId;
use crate::folder::{Folder, Reading};
use crate::index::{self, Index};
use crate::slot::{MAX_PARTS, Slot, part_name};
use crate::slot_file::{FILE_HEADER, format_of, index_finished, micros, temporary, walk};
use jiff::tz::TimeZone;
use pcap::Format;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// Packets of one microsecond that are given.
const MAX_RECORDS: usize = 1_000;
/// Bytes without an index that are read for every look-up; beyond, the index is made.
const UNINDEXED: u64 = 4 << 20;
/// Bytes of a record's header at most.
const RECORD_HEADER: usize = pcap::MAX_HEADER;

/// A packet that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The device that saw it.
    pub device: DeviceId,
    /// Link type of the frame.
    pub link: u16,
    /// Arrival: seconds since 1970.
    pub seconds: u32,
    /// Arrival: microseconds of the second.
    pub micros: u32,
    /// Captured bytes.
    pub bytes: Vec<u8>,
    /// Length on the wire.
    pub len: u32,
    /// Longest packet by the header of the file that it lies in.
    pub snap_len: u32,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The packets, by device and in the order of the file; a thousand at most.
    pub records: Vec<Record>,
    /// Further packets of the microsecond that are not given.
    pub left_out: u64,
    /// Why there are none, for people.
    pub why: Option<String>,
}

/// Evidence could not be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct LookUpError {
    /// Where.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

/// The files of all devices, for reading. They may be written meanwhile, also by another process.
#[derive(Clone, Debug)]
pub struct Archive {
    folder: PathBuf,
    zone: TimeZone,
}

impl Archive {
    /// The evidence in a folder, whose files are named in the time of a zone. The folder may come to be later.
    #[must_use]
    pub fn new(folder: &Path, zone: TimeZone) -> Self {
        Self { folder: folder.to_owned(), zone }
    }

    /// Devices that have a folder, by number.
    pub fn devices(&self) -> Vec<DeviceId> {
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let number = |entry: std::fs::DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            let device: DeviceId = name.parse().ok()?;
            (device.to_string() == name && entry.path().is_dir()).then_some(device)
        };
        let mut devices: Vec<DeviceId> = entries.filter_map(number).collect();
        devices.sort_unstable();
        devices
    }

    /// All packets of one microsecond: of one device, or of all. Finished and open slots are looked into, and the slots beside where the packet's
    /// own has none (a probe that files packets by the time of saving puts them there).
    ///
    /// # Errors
    /// A file that is there cannot be read.
    pub fn find(&self, device: Option<DeviceId>, seconds: u32, micros: u32) -> Result<Found, LookUpError> {
        let devices = match device {
            Some(device) => vec![device],
            None => self.devices(),
        };
        let mut found = Found::default();
        let mut looked = false;
        for device in devices {
            let folder = Folder::path_of(&self.folder, device);
            let own = Slot::of(i64::from(seconds));
            for slot in [own, own.shifted(1), own.shifted(-1)] {
                let before = found.records.len();
                looked |= self.in_slot(&folder, device, slot, (seconds, micros), &mut found)?;
                if found.records.len() > before {
                    break;
                }
            }
        }
        if found.records.is_empty() {
            let what = match (looked, device) {
                (true, _) => "the files of this time hold no packet of this microsecond",
                (false, Some(device)) if !Folder::path_of(&self.folder, device).is_dir() => {
                    "there is no evidence of this device"
                }
                (false, _) => "there is no file of this time",
            };
            found.why = Some(what.to_owned());
        }
        Ok(found)
    }

    /// Looks into the files of one slot; whether there is any.
    fn in_slot(
        &self,
        folder: &Path,
        device: DeviceId,
        slot: Slot,
        time: (u32, u32),
        found: &mut Found,
    ) -> Result<bool, LookUpError> {
        let name = slot.name(&self.zone);
        let mut any = false;
        for part in 0..MAX_PARTS {
            let path = folder.join(format!("{}.pcap", part_name(&name, part)));
            let failed = |source| LookUpError { path: path.clone(), source };
            let mut reading = Reading::of(folder);
            let Some(mut file) = opened(&path).map_err(failed)? else { break };
            any = true;
            if file.is_finished && file.unindexed().map_err(failed)? > UNINDEXED {
                // made once, for all who come later; where it cannot be written the file is read as it is
                drop(reading);
                let made = Folder::open(folder).and_then(|folder| {
                    let _held = folder.hold()?;
                    index_finished(&path)
                });
                reading = Reading::of(folder);
                if made.is_ok() {
                    let Some(anew) = opened(&path).map_err(failed)? else { break };
                    file = anew;
                }
            }
            file.find(device, time, found).map_err(failed)?;
            drop(reading);
        }
        Ok(any)
    }
}

/// A slot's file for reading.
struct Opened {
    file: File,
    format: Format,
    index: Option<Index>,
    is_finished: bool,
}

/// Opens a file under the name it has now; none where it is not there or holds nothing yet.
fn opened(path: &Path) -> io::Result<Option<Opened>> {
    let temp = temporary(path);
    // renamed between two looks: the third finds it
    for name in [path, &temp, path] {
        let file = match File::open(name) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let Some(format) = format_of(&file)? else { return Ok(None) };
        let len = file.metadata()?.len();
        let index = Index::open(&index::path_of(path), false, len)?;
        return Ok(Some(Opened { file, format, index, is_finished: name != temp }));
    }
    Ok(None)
}

impl Opened {
    /// Bytes that the index does not speak of.
    fn unindexed(&self) -> io::Result<u64> {
        let covered = self.index.as_ref().map_or(FILE_HEADER, Index::covered);
        Ok(self.file.metadata()?.len().saturating_sub(covered))
    }

    fn find(&self, device: DeviceId, (seconds, within): (u32, u32), found: &mut Found) -> io::Result<()> {
        let time = u64::from(seconds) * 1_000_000 + u64::from(within);
        let mut offsets = match &self.index {
            Some(index) => index.find(time)?,
            None => Vec::new(),
        };
        offsets.sort_unstable();
        let covered = self.index.as_ref().map_or(FILE_HEADER, Index::covered);
        walk(&self.file, &self.format, covered, &mut |header| {
            if micros(header.time) == time {
                offsets.push(header.at);
            }
        })?;
        offsets.dedup();
        let Format::Pcap(pcap) = &self.format else { return Ok(()) };
        for at in offsets {
            let mut head = [0; RECORD_HEADER];
            let got = self.file.read_at(&mut head, at)?;
            let Ok(header) = self.format.header(head.get(..got).unwrap_or_default(), at) else { continue };
            let mut bytes = vec![0; header.captured_len as usize];
            // an index of another file would lead somewhere else
            if micros(header.time) != time || self.file.read_exact_at(&mut bytes, header.data_at).is_err() {
                continue;
            }
            let (len, snap_len, link) = (header.original_len, pcap.snap_len, header.link);
            let record = Record { device, link, seconds, micros: within, bytes, len, snap_len };
            // one packet that was kept twice: its capture was imported again, or several probes see one link
            if found.records.contains(&record) {
                continue;
            }
            if found.records.len() < MAX_RECORDS {
                found.records.push(record);
            } else {
                found.left_out += 1;
            }
        }
        Ok(())
    }
}
