//! The stores of a data folder, opened.

use crate::Failure;
use crate::config::Packets;
use crate::home::Home;
use crate::mirror::Mirror;
use crate::schema::SCHEMA;
use archive::{Bucket, Shelf};
use capture::{PacketWriter, Place, Refusal, StoreError, StoreStatus, Vanished};
use catalog_sqlite::Sqlite;
use index::{Administration, Catalog, Error, FileRecord, SessionIndex, SessionSink};
use index_opensearch::{Clustered, SpoolStatus};
use packets::arkime::Keks;
use packets::{Access, FileFacts, FileSource, Folders, Gone, Key, Keyring, Register, Writer, WriterOptions};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use wire::LinkType;

/// How long one request about small state may take.
const CATALOG_TIMEOUT: Duration = Duration::from_secs(20);

/// Sessions, wherever they are.
pub trait Sessions: SessionIndex + Administration {
    /// Where finished sessions go.
    fn writer(&self, name: &str) -> Result<Box<dyn SessionSink>, Error>;
    /// What is to be done now and then.
    fn maintain(&self) -> Result<(), Error>;
    /// Waits until questions see all that was written, also by processes that are gone; `go_on` is told what is in the way and may end it.
    /// Returns whether it came to pass.
    fn settle(&self, _go_on: &mut dyn FnMut(Option<&str>) -> bool) -> Result<bool, Error> {
        Ok(true)
    }
    /// What waits on the own disk, where the store is another machine.
    fn spool(&self) -> Option<SpoolStatus> {
        None
    }
}

impl Sessions for index_parquet::Store {
    fn writer(&self, name: &str) -> Result<Box<dyn SessionSink>, Error> {
        Ok(Box::new(index_parquet::Store::writer(self, name)?))
    }
    fn maintain(&self) -> Result<(), Error> {
        index_parquet::Store::maintain(self)
    }
}

impl Sessions for index_opensearch::Store {
    fn writer(&self, name: &str) -> Result<Box<dyn SessionSink>, Error> {
        Ok(Box::new(index_opensearch::Store::writer(self, name)?))
    }
    fn maintain(&self) -> Result<(), Error> {
        index_opensearch::Store::maintain(self)
    }
    fn settle(&self, go_on: &mut dyn FnMut(Option<&str>) -> bool) -> Result<bool, Error> {
        index_opensearch::Store::settle(self, go_on)
    }
    fn spool(&self) -> Option<SpoolStatus> {
        Some(index_opensearch::Store::spool(self))
    }
}

/// Index and catalogue.
pub struct Stores {
    /// Sessions.
    pub index: Arc<dyn Sessions>,
    /// The same, where they are in the data folder.
    pub embedded: Option<Arc<index_parquet::Store>>,
    /// Files, users, views.
    pub catalog: Arc<dyn Catalog>,
    /// What of the catalogue is on the own disk, where it is a cluster's.
    pub mirror: Option<Arc<Mirror>>,
    /// What it takes to read packet files: keys, object storage.
    pub access: Access,
    /// Where finished packet files go, where the configuration says so.
    pub bucket: Option<Arc<Bucket>>,
}

impl Stores {
    /// Opens them; makes the folder and empty stores where there are none.
    pub fn open(home: &Home) -> Result<Self, Failure> {
        home.create()?;
        if let Some(cluster) = home.cluster() {
            let options = cluster.options(home.spool())?;
            let index = index_opensearch::Store::open(options.clone())?;
            // small requests: one that takes long is one of a cluster that hangs
            let patient = options.timeout.min(CATALOG_TIMEOUT);
            let shared = Clustered::open(&index_opensearch::Options { timeout: patient, ..options })?;
            let mirror = Arc::new(Mirror::open(&home.mirror(), Arc::new(shared))?);
            return Ok(Self {
                index,
                embedded: None,
                catalog: mirror.clone(),
                mirror: Some(mirror),
                access: Access::default(),
                bucket: None,
            });
        }
        let catalog = Arc::new(Sqlite::open(home.catalog())?);
        let index = index_parquet::Store::open(home.index(), index_parquet::Options::new(SCHEMA.clone()))?;
        Ok(Self {
            index: index.clone(),
            embedded: Some(index),
            catalog,
            mirror: None,
            access: Access::default(),
            bucket: None,
        })
    }

    /// The same, with the keys that the configuration names.
    pub fn open_with(home: &Home, packets: &Packets) -> Result<Self, Failure> {
        let keys = packets.encryption.iter().chain(&packets.keys);
        let keys = Keyring::load(keys).map_err(|error| error.to_string())?;
        let keks = packets.keks.as_deref().map(Keks::load).transpose().map_err(|error| error.to_string())?;
        let access = Access { keys: Arc::new(keys), keks: Arc::new(keks.unwrap_or_default()), remote: None };
        let mut stores = Self { access, ..Self::open(home)? };
        if let Some(store) = &packets.object_store {
            let bucket = Arc::new(Bucket::new(&store.place()).map_err(|error| error.to_string())?);
            let folder = home.path().join("object-cache");
            let shelf = Shelf::new(bucket.clone(), &folder, store.cache.0)
                .map_err(|error| format!("{}: {error}", folder.display()))?;
            stores.access.remote = Some(Arc::new(shelf));
            stores.bucket = Some(bucket);
        }
        Ok(stores)
    }

    /// Whether the catalogue knows of every node now: of a cluster that is away only this machine's part is known.
    pub fn knows_all(&self) -> bool {
        self.mirror.as_ref().is_none_or(|mirror| mirror.is_whole())
    }

    /// Says what waits on the own disk for a cluster, and how it gets there; `None` where nothing does.
    pub fn waiting(&self) -> Option<String> {
        let spool = self.index.spool()?;
        let changes = self.mirror.as_ref().map_or(0, |mirror| mirror.waiting());
        if spool.documents == 0 && changes == 0 {
            return None;
        }
        let why = spool.problem.or_else(|| self.mirror.as_ref().and_then(|mirror| mirror.problem()));
        Some(format!(
            "{} sessions and {changes} changes of the catalogue wait on this disk for the cluster ({}); the next hindsight import, search, serve or run sends them",
            spool.documents,
            why.as_deref().unwrap_or("it is slower than they come")
        ))
    }

    /// Where packet files are.
    pub fn files(&self) -> PacketFiles {
        PacketFiles { catalog: self.catalog.clone(), access: self.access.clone() }
    }
}

/// Packet files by the catalogue.
pub struct PacketFiles {
    catalog: Arc<dyn Catalog>,
    access: Access,
}

impl packets::Files for PacketFiles {
    fn locate(&self, node: &str, number: u32) -> Result<PathBuf, Gone> {
        self.source(node, number).map(|file| file.path)
    }

    fn source(&self, node: &str, number: u32) -> Result<FileSource, Gone> {
        match self.catalog.file(node, number) {
            Ok(Some(file)) if !file.deleting => server::source_of(&self.access, &file),
            Ok(_) => Err(Gone::Expired),
            Err(error) => Err(Gone::Unreadable(error.to_string())),
        }
    }

    fn keys(&self) -> &Keyring {
        &self.access.keys
    }
}

/// A run of the program, by which others see that the files which it writes are still being written. Ends with the process, however it ends.
#[derive(Debug)]
pub struct Owner {
    name: String,
    path: PathBuf,
    _lock: File,
}

impl Owner {
    /// This process, as long as something holds it.
    pub fn this(home: &Home) -> Result<Arc<Self>, Failure> {
        static THIS: Mutex<Option<Arc<Owner>>> = Mutex::new(None);
        let folder = home.running();
        let mut this = THIS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(owner) = this.as_ref().filter(|owner| owner.path.parent() == Some(&folder)) {
            return Ok(owner.clone());
        }
        let failed = |error: io::Error| format!("{}: {error}", folder.display());
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let name = format!("{}-{}", crate::ask::now_ms(), std::process::id());
        let path = folder.join(&name);
        let lock = File::create(&path).map_err(failed)?;
        lock.try_lock().map_err(|error| format!("{}: {error}", path.display()))?;
        let owner = Arc::new(Self { name, path, _lock: lock });
        *this = Some(owner.clone());
        Ok(owner)
    }

    /// Whether a run still goes on. What one that is over left behind is removed.
    pub fn is_alive(home: &Home, name: &str) -> bool {
        let path = home.running().join(name);
        // a name is only ever made above, but comes out of the catalogue
        if name.contains('/') {
            return false;
        }
        match File::open(&path) {
            Ok(file) if file.try_lock_shared().is_err() => true,
            Ok(_) => {
                let _ = std::fs::remove_file(&path);
                false
            }
            Err(_) => false,
        }
    }
}

/// How packet files are written, by the configuration; makes their folders. `lines` writers share the disks.
pub fn writer_options(
    home: &Home,
    node: &str,
    packets: &Packets,
    lines: usize,
) -> Result<WriterOptions, Failure> {
    let folders = packet_folders(home, packets);
    for folder in &folders {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let key = |path: &PathBuf| Key::load(path).map(Arc::new);
    let encryption = packets.encryption.as_ref().map(key).transpose().map_err(|error| error.to_string())?;
    // so many files that the oldest can go while the newest are written, also on a small disk
    let disks = folders.iter().filter_map(|folder| rustix::fs::statvfs(folder).ok());
    let smallest = disks.map(|disk| disk.f_blocks.saturating_mul(disk.f_frsize)).min().unwrap_or(u64::MAX);
    let most = (smallest / 64 / lines.max(1) as u64).max(1 << 20);
    let memory = usize::try_from(packets.memory.0).unwrap_or(usize::MAX);
    let live = WriterOptions::live(Folders::new(folders, packets.placement.into()), node);
    Ok(WriterOptions {
        max_size: packets.max_file_size.0.min(most),
        max_age: packets.max_file_age.0,
        memory,
        format: packets.file_format(),
        encryption,
        direct: packets.direct(),
        sync: packets.sync.map(|span| span.0),
        ..live
    })
}

/// Folders of packet files.
pub fn packet_folders(home: &Home, packets: &Packets) -> Vec<PathBuf> {
    if packets.folders.is_empty() { vec![home.packets()] } else { packets.folders.clone() }
}

/// A writer of packet files that lists them in the catalogue, for imports: it waits for the disk.
pub fn packet_writer(home: &Home, node: &str, catalog: &Arc<dyn Catalog>) -> Result<Writer<Listed>, Failure> {
    let folder = home.packets();
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let register = Listed::new(home, node, catalog)?;
    Ok(Writer::new(WriterOptions::new(folder, node), register))
}

/// Lists packet files of a node in the catalogue.
pub struct Listed {
    catalog: Arc<dyn Catalog>,
    node: String,
    owner: Arc<Owner>,
    line: Option<String>,
    pin: Option<String>,
    /// A number that was taken before the first packet.
    ready: Option<u32>,
}

impl Listed {
    /// Lists files that this process writes.
    pub fn new(home: &Home, node: &str, catalog: &Arc<dyn Catalog>) -> Result<Self, Failure> {
        let owner = Owner::this(home)?;
        Ok(Self {
            catalog: catalog.clone(),
            node: node.to_owned(),
            owner,
            line: None,
            pin: None,
            ready: None,
        })
    }
    /// Those of a line of a live capture.
    pub fn line(self, line: &str) -> Self {
        Self { line: Some(line.to_owned()), ..self }
    }
    /// Takes the first number now: a catalogue on another machine may take seconds, for which packets that arrive already cannot wait.
    pub fn ready(mut self) -> Self {
        // where it cannot be had it is asked for again with the first packet
        self.ready = self.take_number().ok();
        self
    }
    fn take_number(&self) -> io::Result<u32> {
        let file = FileRecord { node: self.node.clone(), ..FileRecord::default() };
        let number = self.catalog.add_file(&file).map_err(failed)?;
        self.catalog.remove_file(&self.node, number).map_err(failed)?;
        Ok(number)
    }
    /// Those of a pin.
    pub fn pin(self, pin: &str) -> Self {
        Self { pin: Some(pin.to_owned()), ..self }
    }
}

fn failed(error: Error) -> io::Error {
    let kind = match error.kind {
        index::ErrorKind::Full => io::ErrorKind::StorageFull,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error.to_string())
}

impl Register for Listed {
    /// Numbers are taken ahead of need: the file is listed when it is made.
    fn number(&mut self, _: LinkType, _: i64) -> io::Result<u32> {
        match self.ready.take() {
            Some(number) => Ok(number),
            None => self.take_number(),
        }
    }

    fn update(&mut self, facts: &FileFacts) -> io::Result<()> {
        let known = self.catalog.file(&self.node, facts.number).map_err(failed)?.unwrap_or_default();
        let file = FileRecord {
            num: facts.number,
            node: self.node.clone(),
            name: facts.path.display().to_string(),
            first: facts.first.div_euclid(1_000_000_000),
            first_timestamp: facts.first.div_euclid(1_000_000),
            last_timestamp: facts.last.div_euclid(1_000_000),
            finish_timestamp: if facts.finished { crate::ask::now_ms() } else { 0 },
            file_size: facts.size,
            packets: facts.packets,
            packets_size: facts.packet_bytes,
            start_timestamp: if known.num == 0 { crate::ask::now_ms() } else { known.start_timestamp },
            compression: facts.compression.into(),
            encryption: facts.key.map(|key| key.to_string()),
            link_type: Some(u32::from(facts.link.0)),
            line: self.line.clone(),
            owner: (!facts.finished).then(|| self.owner.name.clone()),
            pin: self.pin.clone(),
            ..known
        };
        self.catalog.update_file(&file).map_err(failed)
    }

    fn discard(&mut self, number: u32) -> io::Result<()> {
        self.catalog.remove_file(&self.node, number).map_err(failed)
    }
}

/// A packet store that takes nothing while there is no room.
pub struct Guarded {
    writer: Writer<Listed>,
    paused: Arc<AtomicBool>,
}

impl Guarded {
    /// Writes unless `paused` is set.
    pub fn new(writer: Writer<Listed>, paused: Arc<AtomicBool>) -> Self {
        Self { writer, paused }
    }
}

impl PacketWriter for Guarded {
    fn write(&mut self, time: i64, link: LinkType, bytes: &[u8], len: u32) -> Result<Place, StoreError> {
        if self.paused.load(Ordering::Relaxed) {
            return Err(StoreError::new(
                Refusal::Full,
                "writing packets is paused until there is room on the disk",
            ));
        }
        PacketWriter::write(&mut self.writer, time, link, bytes, len)
    }
    fn flush(&mut self) -> Result<(), StoreError> {
        PacketWriter::flush(&mut self.writer)
    }
    fn tick(&mut self, now: i64) -> Result<(), StoreError> {
        PacketWriter::tick(&mut self.writer, now)
    }
    fn finish(&mut self) -> Result<(), StoreError> {
        PacketWriter::finish(&mut self.writer)
    }
    fn take_vanished(&mut self) -> Vec<Vanished> {
        self.writer.take_vanished()
    }
    fn status(&self) -> StoreStatus {
        PacketWriter::status(&self.writer)
    }
}

/// Removes a file that may be gone already.
pub fn remove_file(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_alive_as_long_as_its_process() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::find(Some(dir.path())).unwrap();
        let owner = Owner::this(&home).unwrap();
        assert!(Owner::is_alive(&home, &owner.name));
        std::fs::write(home.running().join("1-1"), b"").unwrap();
        assert!(!Owner::is_alive(&home, "1-1"));
        assert!(!home.running().join("1-1").exists());
        assert!(!Owner::is_alive(&home, "2-2"));
    }
}
