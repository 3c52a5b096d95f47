//! Sources, packet stores and indexes that do what a test asks of them.

use capture::{PacketWriter, Place, Refusal, StoreError};
use index::{Error, ErrorKind, Memory, SessionSink};
use session::SessionDoc;
use source::{Packet, PacketSource, Statistics, Status, Stop};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wire::LinkType;

/// Frames with their times, nanoseconds since 1970.
pub type Frames = Vec<(i64, Vec<u8>)>;

/// What a source does after its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    End,
    Fail,
    /// Stays, without a packet, until it is told to stop.
    Idle,
}

/// A source that gives frames from memory.
pub struct Script {
    pub name: &'static str,
    pub frames: Arc<Frames>,
    pub at: usize,
    pub then: Then,
    pub stop: Stop,
    pub dropped: u64,
    /// Called before every batch with the number of frames given.
    pub before: Box<dyn FnMut(usize) + Send>,
}

impl Script {
    pub fn new(frames: Frames, then: Then, stop: &Stop) -> Self {
        let frames = Arc::new(frames);
        Self { name: "test0", frames, at: 0, then, stop: stop.clone(), dropped: 0, before: Box::new(|_| {}) }
    }
}

impl PacketSource for Script {
    fn batch(&mut self, limit: usize, each: &mut dyn FnMut(&Packet<'_>)) -> Result<Status, source::Error> {
        (self.before)(self.at);
        let frames = self.frames.clone();
        let batch = frames.get(self.at..).unwrap_or_default();
        let batch = &batch[..batch.len().min(limit)];
        for (time, bytes) in batch {
            each(&Packet {
                time: *time,
                bytes,
                original_len: bytes.len() as u32,
                link: LinkType::ETHERNET,
                interface: 0,
                at: 0,
                data_at: 0,
            });
        }
        self.at += batch.len();
        if !batch.is_empty() {
            return Ok(Status::More);
        }
        match self.then {
            Then::End => Ok(Status::End),
            Then::Fail => {
                self.then = Then::End;
                let source = io::Error::from(io::ErrorKind::NotFound);
                Err(source::Error::Io { path: PathBuf::from(self.name), source })
            }
            Then::Idle if self.stop.is_set() => Ok(Status::End),
            Then::Idle => {
                std::thread::sleep(Duration::from_millis(5));
                Ok(Status::Idle)
            }
        }
    }
    fn name(&self) -> &str {
        self.name
    }
    fn interface_name(&self, _: u32) -> Option<&str> {
        None
    }
    fn statistics(&mut self) -> Statistics {
        Statistics { packets: self.at as u64, kernel_dropped: self.dropped, ..Statistics::default() }
    }
}

/// What a store was given: time, bytes, length on the wire.
pub type Record = (i64, Vec<u8>, u32);

/// A packet store in memory that refuses when it is told to.
#[derive(Clone, Default)]
pub struct Disk {
    pub records: Arc<Mutex<Vec<Record>>>,
    pub asked: Arc<AtomicU64>,
    /// What it says to the packet of this number.
    pub refuses: Option<fn(u64) -> Option<Refusal>>,
    /// Number of its file.
    pub file: u32,
}

impl PacketWriter for Disk {
    fn write(&mut self, time: i64, _: LinkType, bytes: &[u8], len: u32) -> Result<Place, StoreError> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        if let Some(reason) = self.refuses.and_then(|refuses| refuses(number)) {
            return Err(StoreError::new(reason, "the test's disk refuses"));
        }
        let mut records = self.records.lock().unwrap();
        records.push((time, bytes.to_vec(), len));
        Ok(Place { file: self.file.max(1), offset: records.len() as u64 })
    }
}

/// An index that refuses while it is told to, and counts.
#[derive(Clone)]
pub struct Sink {
    pub index: Memory,
    pub refuses: Arc<AtomicBool>,
    pub kind: ErrorKind,
    pub attempts: Arc<AtomicU64>,
    /// Whether its thread panics at the first documents.
    pub dies: bool,
}

impl Sink {
    pub fn new(refuses: bool) -> Self {
        Self {
            index: Memory::new(),
            refuses: Arc::new(AtomicBool::new(refuses)),
            kind: ErrorKind::Full,
            attempts: Arc::default(),
            dies: false,
        }
    }
}

impl SessionSink for Sink {
    fn append(&mut self, docs: Vec<SessionDoc>) -> Result<(), Error> {
        self.attempts.fetch_add(1, Ordering::Relaxed);
        assert!(!self.dies, "the test's index panics");
        if self.refuses.load(Ordering::Relaxed) {
            return Err(Error::new(self.kind, "the test's index refuses"));
        }
        self.index.append(docs)
    }
    fn commit(&mut self) -> Result<(), Error> {
        self.index.commit()
    }
}
