//! Reads one file after the other and keeps the list of files.

use super::reader::Reader;
use super::{Error, FileOutcome, FileResult, Import, Progress};
use crate::document::now_ms;
use crate::fingerprint::Fingerprint;
use crate::frame::{Frame, Place};
use crate::{Counters, Options};
use index::{Catalog, FileRecord};
use source::{FileSource, Packet, PacketSource as _, Status, Stop, Storage};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Packets between two looks at the clock and the stop flag.
const STRIDE: usize = 4_096;
/// Time between two reports of progress.
const REPORT: Duration = Duration::from_millis(100);
/// A file that begins this long before the end of the one before is another story: its packets join no session of that. Nanoseconds.
const JUMP_BACK: i64 = 60_000_000_000;
/// The collection of files whose packets were copied, by fingerprint.
const IMPORTS: &str = "imports";

/// The files of an import, one after the other.
pub(super) struct Files<'a> {
    import: &'a mut Import,
    node: &'a str,
    sessions: &'a AtomicU64,
    started: Instant,
    reported: Instant,
    index_failed: &'a Stop,
    progress: Progress,
    /// Files of this import, so that one given twice is read once.
    seen: HashMap<Fingerprint, PathBuf>,
    /// Time of the last packet.
    last: Option<i64>,
}

/// What reading gave.
#[derive(Default)]
pub(super) struct Read {
    pub(super) outcomes: Vec<FileOutcome>,
    pub(super) records: Vec<Finished>,
    intake: Counters,
}

/// A file that was read to its end: how it is listed once its sessions are in the index.
pub(super) enum Finished {
    /// It stays where it is.
    InPlace(Box<FileRecord>),
    /// Its packets were copied.
    Copied { key: String, name: String, packets: u64 },
}

impl Read {
    /// Adds the counts of the intake.
    pub(super) fn count(&self, counters: &mut Counters) {
        counters.merge(&self.intake);
    }
}

/// A file about to be read.
struct Opened {
    source: FileSource,
    /// None for stdin.
    fingerprint: Option<Fingerprint>,
    /// Its record, when it stays in place.
    record: Option<FileRecord>,
    name: String,
}

/// Why a file is not read, or not on.
enum Halt {
    Outcome(FileResult),
    Fatal(Error),
}

impl<'a> Files<'a> {
    pub(super) fn new(
        import: &'a mut Import,
        options: &'a Options,
        sessions: &'a AtomicU64,
        started: Instant,
        index_failed: &'a Stop,
    ) -> Self {
        Self {
            import,
            node: &options.node,
            sessions,
            started,
            reported: started,
            index_failed,
            progress: Progress::default(),
            seen: HashMap::new(),
            last: None,
        }
    }

    /// Reads them all.
    pub(super) fn read(
        &mut self,
        paths: &[PathBuf],
        mut reader: Reader,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<Read, Error> {
        let mut read = Read::default();
        self.progress.files_total = paths.len();
        self.progress.bytes_total =
            paths.iter().filter_map(|path| std::fs::metadata(path).ok()).map(|m| m.len()).sum();
        let mut fatal = None;
        let mut before = 0;
        for path in paths {
            self.progress.files += 1;
            let result = if self.stopped() {
                Ok(FileResult::Stopped { packets: 0 })
            } else {
                self.file(path, before, &mut reader, &mut read.records, progress)
            };
            before += std::fs::metadata(path).map_or(0, |m| m.len());
            match result {
                Ok(result) => read.outcomes.push(FileOutcome { path: path.clone(), result }),
                Err(error) => {
                    fatal = Some(error);
                    break;
                }
            }
        }
        reader.finish(&mut read.intake);
        self.report(progress, true);
        match fatal {
            Some(error) => Err(error),
            None => Ok(read),
        }
    }

    fn stopped(&self) -> bool {
        self.import.stop.is_set() || self.index_failed.is_set()
    }

    fn file(
        &mut self,
        path: &Path,
        before: u64,
        reader: &mut Reader,
        records: &mut Vec<Finished>,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<FileResult, Error> {
        let mut opened = match self.open(path) {
            Ok(opened) => opened,
            Err(Halt::Outcome(result)) => return Ok(result),
            Err(Halt::Fatal(error)) => return Err(error),
        };
        let identity = opened.fingerprint.map_or_else(|| u128::from(now_ms().unsigned_abs()), |f| f.hash);
        reader.begin_file(identity, opened.source.mapping());
        let ended = self.packets(&mut opened, before, reader, progress)?;
        let packets = opened.source.statistics().packets;
        let copied = opened.record.is_none();
        let result = match ended {
            End::Whole => FileResult::Imported { packets, copied },
            End::Damaged(error) => FileResult::Damaged { packets, error },
            // its record stays unfinished, so that it is imported again
            End::Stopped => return Ok(FileResult::Stopped { packets }),
        };
        match (opened.record, opened.fingerprint) {
            (Some(mut record), _) => {
                if let FileResult::Damaged { error, .. } = &result {
                    record.damage = Some(error.clone());
                }
                records.push(Finished::InPlace(Box::new(record)));
            }
            (None, Some(fingerprint)) => {
                let key = self.key_of(fingerprint);
                records.push(Finished::Copied { key, name: opened.name, packets });
            }
            (None, None) => {}
        }
        Ok(result)
    }

    /// Opens a file, unless it is known, and lists it.
    fn open(&mut self, path: &Path) -> Result<Opened, Halt> {
        let failed = |text: String| Halt::Outcome(FileResult::Failed(text));
        let stdin = path.as_os_str() == "-";
        let source = FileSource::open_with(path, &self.import.options.keys, &self.import.stop)
            .map_err(|error| failed(error.to_string()))?;
        let in_place = source.storage().has_positions() && !self.import.copy;
        if !in_place && self.import.store.is_none() {
            return Err(failed(format!(
                "{}: packets cannot be found again in a compressed file or a pipe, and there is no packet store to copy them to",
                path.display()
            )));
        }
        if stdin {
            return Ok(Opened { source, fingerprint: None, record: None, name: "-".to_owned() });
        }
        let place = |error: std::io::Error| failed(format!("{}: {error}", path.display()));
        let fingerprint = Fingerprint::of(path).map_err(place)?;
        let name = std::fs::canonicalize(path).map_err(place)?.display().to_string();
        if let Some(other) = self.seen.insert(fingerprint, path.to_owned()) {
            return Err(Halt::Outcome(FileResult::Known { before: other.display().to_string() }));
        }
        let record = if in_place {
            Some(self.list(fingerprint, &name, source.storage())?)
        } else {
            self.look_up_copied(fingerprint)?;
            None
        };
        Ok(Opened { source, fingerprint: Some(fingerprint), record, name })
    }

    /// The record of a file that stays in place: its old one where an import of it was not finished, else a new one.
    fn list(&self, fingerprint: Fingerprint, name: &str, storage: Storage) -> Result<FileRecord, Halt> {
        let fatal = |error| Halt::Fatal(Error::Catalog(error));
        let catalog = &self.import.catalog;
        let known = catalog.files_like(&fingerprint.to_string()).map_err(fatal)?;
        let mut mine = known.into_iter().filter(|record| record.node == self.node);
        if let Some(mut record) = mine.next() {
            let before = record.name.clone();
            let moved = before != name && !Path::new(&before).exists();
            if moved {
                name.clone_into(&mut record.name);
                catalog.update_file(&record).map_err(fatal)?;
            }
            if record.finish_timestamp != 0 && !self.import.again {
                return Err(Halt::Outcome(FileResult::Known { before }));
            }
            return Ok(FileRecord {
                start_timestamp: now_ms(),
                finish_timestamp: 0,
                packets: 0,
                packets_size: 0,
                first_timestamp: 0,
                last_timestamp: 0,
                damage: None,
                ..record
            });
        }
        let mut record = FileRecord {
            node: self.node.to_owned(),
            name: name.to_owned(),
            start_timestamp: now_ms(),
            file_size: fingerprint.size,
            locked: 1,
            compression: storage.compression().to_owned(),
            encryption: storage.key().map(|key| key.to_string()),
            fingerprint: fingerprint.to_string(),
            ..FileRecord::default()
        };
        record.num = catalog.add_file(&record).map_err(fatal)?;
        Ok(record)
    }

    /// The key of a copied file in the catalogue.
    fn key_of(&self, fingerprint: Fingerprint) -> String {
        format!("{}/{fingerprint}", self.node)
    }

    /// Whether the packets of this file were copied by an earlier import.
    fn look_up_copied(&self, fingerprint: Fingerprint) -> Result<(), Halt> {
        let fatal = |error| Halt::Fatal(Error::Catalog(error));
        let key = self.key_of(fingerprint);
        match self.import.catalog.get(IMPORTS, &key).map_err(fatal)? {
            Some(entry) if !self.import.again => {
                let name = entry.value.get("name").and_then(|name| name.as_str()).unwrap_or("-");
                Err(Halt::Outcome(FileResult::Known { before: name.to_owned() }))
            }
            _ => Ok(()),
        }
    }

    /// Reads the packets of one file.
    fn packets(
        &mut self,
        opened: &mut Opened,
        before: u64,
        reader: &mut Reader,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<End, Error> {
        let mut first = true;
        loop {
            let (last, store) = (&mut self.last, &mut self.import.store);
            let record = &mut opened.record;
            let mut unwritten = None;
            let status = opened.source.batch(STRIDE, &mut |packet: &Packet<'_>| {
                if unwritten.is_some() {
                    return;
                }
                if std::mem::take(&mut first) && last.is_some_and(|last| packet.time < last - JUMP_BACK) {
                    reader.close_sessions();
                }
                *last = Some(packet.time);
                let place = match (record.as_mut(), store.as_mut()) {
                    (Some(record), _) => {
                        note(record, packet);
                        Place { file: record.num, offset: packet.at }
                    }
                    (None, Some(store)) => {
                        match store.write(packet.time, packet.link, packet.bytes, packet.original_len) {
                            Ok(place) => place,
                            Err(error) => {
                                unwritten = Some(error);
                                return;
                            }
                        }
                    }
                    (None, None) => Place::NOWHERE,
                };
                let captured = u32::try_from(packet.bytes.len()).unwrap_or(u32::MAX);
                let len = packet.original_len.max(captured);
                let frame = Frame { time: packet.time, captured, len, place, at: packet.at };
                reader.packet(packet.link, packet.bytes, packet.data_at, &frame);
            });
            if let Some(error) = unwritten {
                return Err(Error::Store(error));
            }
            self.progress.bytes = before + opened.source.progress().read;
            self.progress.packets += STRIDE as u64;
            self.report(progress, false);
            match status {
                Err(error) => return Ok(End::Damaged(error.to_string())),
                _ if self.stopped() => return Ok(End::Stopped),
                Ok(Status::End) => return Ok(End::Whole),
                Ok(Status::More | Status::Idle) => {}
            }
        }
    }

    fn report(&mut self, progress: &mut dyn FnMut(&Progress), now: bool) {
        if now || self.reported.elapsed() >= REPORT {
            self.reported = Instant::now();
            self.progress.sessions = self.sessions.load(Ordering::Relaxed);
            self.progress.elapsed = self.started.elapsed();
            progress(&self.progress);
        }
    }
}

/// How the reading of a file ended.
enum End {
    Whole,
    Damaged(String),
    Stopped,
}

/// Notes a packet in the record of its file.
fn note(record: &mut FileRecord, packet: &Packet<'_>) {
    let time = packet.time.div_euclid(1_000_000);
    if record.packets == 0 {
        record.first = time.div_euclid(1_000);
        record.first_timestamp = time;
        record.link_type = Some(u32::from(packet.link.0));
    }
    record.first_timestamp = record.first_timestamp.min(time);
    record.last_timestamp = record.last_timestamp.max(time);
    record.packets += 1;
    record.packets_size += packet.bytes.len() as u64;
    if record.link_type.is_some_and(|link| link != u32::from(packet.link.0)) {
        record.link_type = None;
    }
}

/// Lists the files whose sessions are in the index now.
pub(super) fn finish_records(catalog: &dyn Catalog, records: &[Finished]) -> Result<(), index::Error> {
    for finished in records {
        match finished {
            Finished::InPlace(record) => {
                let record = FileRecord { finish_timestamp: now_ms(), ..FileRecord::clone(record) };
                catalog.update_file(&record)?;
            }
            Finished::Copied { key, name, packets } => {
                let value = serde_json::json!({ "name": name, "packets": packets, "time": now_ms() });
                catalog.put(IMPORTS, key, &value, None)?;
            }
        }
    }
    Ok(())
}
