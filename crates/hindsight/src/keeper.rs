//! Retention: keeps packet files and sessions in bounds, and the disk from being full.

mod reserve;

use crate::config::{Retention, Room, Sessions};
use crate::home::Home;
use crate::stores::Stores;
use crate::{Failure, Outcome, ask, ship};
use fields::Target;
use index::{Control, FileRecord, Lease, SessionSink};
use indicatif::HumanBytes;
use packets::retention::{Disk, File, Free, Hold, Policy, Why, choose};
use query::{Bounding, Plan, Test, TextTest, time_range};
use reserve::Reserve;
use session::{SessionDoc, core};
use source::Stop;
use std::collections::{BTreeMap, HashSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Time between two looks at the free room.
const LOOK: Duration = Duration::from_millis(200);
/// Time between two looks at age and size.
const ROUND: Duration = Duration::from_secs(10);
/// Time between two rounds that were asked for or that made too little room.
const AGAIN: Duration = Duration::from_secs(1);
/// What packets may be out of order within a file, milliseconds.
const DISORDER: i64 = 60_000;
/// With less free room than this, or this part of the disk, packets are not written any more.
const FLOOR: u64 = 64 << 20;
const FLOOR_PART: u64 = 50;

/// What went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gone {
    /// Files, and their bytes, by reason.
    pub files: BTreeMap<&'static str, (u64, u64)>,
    /// Sessions.
    pub sessions: u64,
    /// Files that were to go and are being read.
    pub leased: u64,
    /// Names of the files.
    pub names: Vec<String>,
    /// What could not be done.
    pub problems: Vec<String>,
}

impl Gone {
    fn add(&mut self, why: Why, file: &FileRecord) {
        let why = match why {
            Why::Age => "too old",
            Why::Size => "beyond max_size",
            Why::Room => "for free space",
        };
        let (files, bytes) = self.files.entry(why).or_default();
        *files += 1;
        *bytes += file.file_size;
        self.names.push(file.name.clone());
    }
    fn any(&self) -> bool {
        !self.files.is_empty() || self.sessions > 0
    }
}

impl std::fmt::Display for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (why, (files, bytes)) in &self.files {
            write!(f, "{files} packet files ({}) {why}, ", HumanBytes(*bytes))?;
        }
        write!(f, "{} sessions", self.sessions)?;
        if self.leased > 0 {
            write!(f, "; {} files are being read and go later", self.leased)?;
        }
        Ok(())
    }
}

/// Keeps the packet files and sessions of one node in bounds.
pub struct Keeper {
    stores: Arc<Stores>,
    node: String,
    /// Folders that files are written to.
    folders: Vec<PathBuf>,
    index: PathBuf,
    retention: Mutex<Retention>,
    /// Set while there is no room: packets are not written.
    pub paused: Arc<AtomicBool>,
    reserve: Reserve,
    wanted: (Mutex<bool>, Condvar),
    /// Oldest packet at the last look at sessions without files.
    swept: AtomicI64,
    /// Age at which files go from the bucket.
    object_age: Option<Duration>,
    /// Files that must stay as they are: those that are being recovered.
    pub held: Mutex<HashSet<u32>>,
}

impl Keeper {
    pub fn new(
        home: &Home,
        stores: &Arc<Stores>,
        node: &str,
        folders: Vec<PathBuf>,
        retention: Retention,
        object_age: Option<Duration>,
    ) -> Arc<Self> {
        Arc::new(Self {
            stores: stores.clone(),
            node: node.to_owned(),
            folders,
            index: home.index(),
            retention: Mutex::new(retention),
            paused: Arc::default(),
            reserve: Reserve::new(home.index()),
            wanted: (Mutex::new(false), Condvar::new()),
            swept: AtomicI64::new(i64::MIN),
            object_age,
            held: Mutex::default(),
        })
    }

    /// Works by other rules from now on.
    pub fn set(&self, retention: Retention) {
        *self.retention.lock().unwrap_or_else(PoisonError::into_inner) = retention;
        self.wake();
    }

    /// Asks for a round now: something is full.
    pub fn wake(&self) {
        *self.wanted.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.wanted.1.notify_all();
    }

    /// The index has no room: gives it the reserve, and keeps packets from taking it.
    fn index_is_full(&self) {
        self.paused.store(true, Ordering::Relaxed);
        self.reserve.release();
        self.wake();
    }

    /// A sink that says so when it is full.
    pub fn sink<S: SessionSink>(self: &Arc<Self>, inner: S) -> Watched<S> {
        Watched { inner, keeper: self.clone() }
    }

    /// Starts the thread; it ends when `stop` is set.
    pub fn start(self: &Arc<Self>, stop: &Stop, quiet: bool) -> Result<std::thread::JoinHandle<()>, Failure> {
        let (keeper, stop) = (self.clone(), stop.clone());
        let run = move || keeper.run(&stop, quiet);
        let started = std::thread::Builder::new().name("retention".into()).spawn(run);
        started.map_err(|error| Failure::Failed(format!("cannot start the thread of retention: {error}")))
    }

    fn run(&self, stop: &Stop, quiet: bool) {
        let mut last: Option<Instant> = None;
        let mut said = String::new();
        while !stop.is_set() {
            let short = self.look();
            let wanted = {
                let (wanted, changed) = &self.wanted;
                let wanted = wanted.lock().unwrap_or_else(PoisonError::into_inner);
                let waited = changed.wait_timeout_while(wanted, LOOK, |wanted| !*wanted);
                std::mem::take(&mut *waited.unwrap_or_else(PoisonError::into_inner).0)
            };
            let since = last.map(|last| last.elapsed());
            let due = since.is_none_or(|since| since >= ROUND || (short || wanted) && since >= AGAIN);
            if !due {
                if wanted {
                    // not forgotten, only not at once
                    std::thread::sleep(LOOK);
                    self.wake();
                }
                continue;
            }
            match self.round(false) {
                Ok(gone) => {
                    if gone.any() && !quiet {
                        eprintln!("retention: {gone}");
                    }
                    for problem in gone.problems {
                        complain(&mut said, &problem);
                    }
                }
                Err(Failure::Failed(text) | Failure::Usage(text)) => complain(&mut said, &text),
            }
            last = Some(Instant::now());
        }
        self.reserve.release();
    }

    /// Whether a disk has too little room. Pauses writing before nothing is left, and goes on when there is room again.
    fn look(&self) -> bool {
        let free = self.retention.lock().unwrap_or_else(PoisonError::into_inner).free_space;
        let mut short = false;
        let mut none = true;
        let mut some = true;
        let mut reserve = true;
        for folder in &self.folders {
            let Ok(disk) = disk_of(folder) else { continue };
            let floor = (disk.size / FLOOR_PART).min(FLOOR);
            short |= disk.free < disk.target(free_of(free));
            none &= disk.free < floor;
            some &= disk.free < floor.saturating_mul(2);
        }
        // the index lies on a disk of its own or on one of these
        if let Ok(disk) = disk_of(&self.index) {
            let floor = (disk.size / FLOOR_PART).min(FLOOR);
            let shared = self
                .folders
                .iter()
                .any(|folder| device(folder).is_some_and(|d| device(&self.index) == Some(d)));
            if shared {
                none |= disk.free < floor;
                some |= disk.free < floor.saturating_mul(2);
            }
            reserve = disk.free > floor.saturating_mul(3).saturating_add(self.reserve.wanted(disk.size));
            if reserve {
                self.reserve.make(disk.size);
            }
        }
        let paused = self.paused.load(Ordering::Relaxed);
        if !paused && none && !self.folders.is_empty() {
            self.paused.store(true, Ordering::Relaxed);
            eprintln!(
                "hindsight: the disk is full: packets are not written until there is room; sessions go on"
            );
        } else if paused && !some && (reserve || self.reserve.is_there()) {
            self.paused.store(false, Ordering::Relaxed);
            eprintln!("hindsight: there is room again: packets are written");
        }
        short || paused
    }

    /// One round: what is to go goes, or with `dry` is only named.
    pub fn round(&self, dry: bool) -> Result<Gone, Failure> {
        let retention = self.retention.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let catalog = &*self.stores.catalog;
        let mut gone = Gone::default();
        if !dry {
            crate::pin::release_over(catalog, &self.node)?;
        }
        let mut mine: Vec<FileRecord> =
            catalog.files()?.into_iter().filter(|file| file.node == self.node).collect();
        let (disks, devices) = self.disks(&mine);
        let leased = Lease::all(catalog)?;
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let is_leased = |file: &FileRecord| leased.contains(&(file.node.clone(), file.num));
        let files: Vec<File> = mine
            .iter()
            .map(|file| File {
                disk: device_of_file(file)
                    .and_then(|d| devices.iter().position(|o| *o == d))
                    .unwrap_or(usize::MAX),
                bytes: file.file_size,
                // what was copied out of old captures is as old as its copy
                time: file.finish_timestamp,
                hold: match file {
                    _ if file.locked != 0 || file.pin.is_some() || ship::is_remote(file) => Hold::Kept,
                    // never before its copy in the bucket is confirmed
                    _ if self.stores.bucket.is_some() && ship::is_due(file) => Hold::Busy,
                    _ if file.finish_timestamp == 0 || held.contains(&file.num) => Hold::Busy,
                    _ => Hold::Free,
                },
            })
            .collect();
        let policy = Policy {
            free: free_of(retention.free_space),
            max_age: retention.max_age.map(|span| i64::try_from(span.0.as_millis()).unwrap_or(i64::MAX)),
            max_bytes: retention.max_size.map(|size| size.0),
        };
        let chosen = choose(&policy, ask::now_ms(), &files, &disks);
        let mut went = Vec::new();
        for (at, why) in chosen {
            let Some(file) = mine.get(at) else { continue };
            if is_leased(file) {
                gone.leased += 1;
                continue;
            }
            if !dry && self.stores.bucket.is_some() && file.remote.is_some() {
                // only the local copy goes: the packets stay in the bucket
                match ship::drop_local(&self.stores, file) {
                    Ok(true) => gone.add(why, file),
                    Ok(false) => gone.leased += 1,
                    Err(problem) => gone.problems.push(problem),
                }
                continue;
            }
            match if dry { Ok(true) } else { self.delete(file) } {
                Ok(true) => {
                    gone.add(why, file);
                    went.push(file.num);
                }
                Ok(false) => gone.leased += 1,
                Err(problem) => gone.problems.push(problem),
            }
        }
        self.expire_objects(&mine, dry, &mut gone, &mut went);
        let expired: Vec<FileRecord> = mine.iter().filter(|file| went.contains(&file.num)).cloned().collect();
        mine.retain(|file| !went.contains(&file.num));
        if !dry {
            gone.sessions = self.sessions(&retention, &expired, &mine)?;
        }
        Ok(gone)
    }

    /// Files of the bucket that are too old go.
    fn expire_objects(&self, mine: &[FileRecord], dry: bool, gone: &mut Gone, went: &mut Vec<u32>) {
        let (Some(bucket), Some(age)) = (&self.stores.bucket, self.object_age) else { return };
        let before = ask::now_ms().saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        let old = mine.iter().filter(|file| {
            ship::is_remote(file)
                && file.last_timestamp.max(file.finish_timestamp) < before
                && file.pin.is_none()
        });
        for file in old {
            let delete = || -> Result<(), String> {
                let key = bucket.key_of(&file.name).map_err(|error| error.to_string())?;
                bucket.delete(key).map_err(|error| error.to_string())?;
                self.stores.catalog.remove_file(&file.node, file.num).map_err(|error| error.to_string())
            };
            match if dry { Ok(()) } else { delete() } {
                Ok(()) => {
                    gone.add(Why::Age, file);
                    went.push(file.num);
                }
                Err(problem) => gone.problems.push(problem),
            }
        }
    }

    /// Deletes a file; false where it is read. A catalogue without room gets the reserve.
    fn delete(&self, file: &FileRecord) -> Result<bool, String> {
        let full = || self.index_is_full();
        index::delete_file(&*self.stores.catalog, file, full).map_err(|error| error.to_string())
    }

    /// Sessions that go with their packets, or by their own age.
    fn sessions(
        &self,
        retention: &Retention,
        expired: &[FileRecord],
        left: &[FileRecord],
    ) -> Result<u64, Failure> {
        let index = &*self.stores.index;
        let control = Control::new();
        let number = |file: &FileRecord| (file.node.clone(), file.num);
        let without = |files: Vec<(String, u32)>| Plan::Not(Box::new(Plan::Files(files)));
        let of_node =
            Plan::leaf(Target::of(&core::NODE.def), Test::Texts(vec![TextTest::Is(self.node.clone())]));
        let before = |ms: i64| {
            Plan::leaf(Target::of(&core::STOP_TIME.def), Test::Ints(vec![(i64::MIN, ms.saturating_sub(1))]))
        };
        if let Sessions::For(span) = retention.sessions {
            let age = i64::try_from(span.0.as_millis()).unwrap_or(i64::MAX);
            let kept =
                left.iter().filter(|file| file.locked != 0 || file.pin.is_some()).map(number).collect();
            let plan = Plan::And(vec![of_node, before(ask::now_ms().saturating_sub(age)), without(kept)]);
            return Ok(index.delete(&plan.simplify(), &control)?);
        }
        let mut gone = 0;
        // sessions of which no packet is left
        let first = expired.iter().map(|file| file.first_timestamp).min();
        let last = expired.iter().map(|file| file.last_timestamp).max();
        if let (Some(first), Some(last)) = (first, last) {
            let when =
                time_range(first.saturating_sub(DISORDER), last.saturating_add(DISORDER), Bounding::Either);
            let all = left.iter().map(number).collect();
            let plan = Plan::And(vec![when, Plan::Files(expired.iter().map(number).collect()), without(all)]);
            gone += index.delete(&plan.simplify(), &control)?;
        }
        // those that never had any, when everything of their time is gone
        let live = left.iter().filter(|file| file.line.is_some() && file.pin.is_none());
        let Some(oldest) = live.map(|file| file.first_timestamp).min() else { return Ok(gone) };
        if self.swept.swap(oldest, Ordering::Relaxed) != oldest {
            let older = left.iter().filter(|file| file.first_timestamp < oldest).map(number).collect();
            let plan = Plan::And(vec![of_node, before(oldest.saturating_sub(DISORDER)), without(older)]);
            gone += index.delete(&plan.simplify(), &control)?;
            // whole partitions at once, where nothing at all is left of their time
            let everything = self.stores.catalog.files()?;
            // of a cluster that is away only the own files are known, and others may have older ones
            if self.stores.knows_all()
                && let Some(first) = everything.iter().map(|file| file.first_timestamp).min()
            {
                gone += index.expire(first.saturating_sub(DISORDER))?;
            }
        }
        Ok(gone)
    }

    /// The file systems of the files and folders, and how they are recognised.
    fn disks(&self, files: &[FileRecord]) -> (Vec<Disk>, Vec<u64>) {
        let (mut disks, mut devices) = (Vec::new(), Vec::new());
        let parents = files.iter().filter_map(|file| Path::new(&file.name).parent());
        let mut folders: Vec<&Path> = self.folders.iter().map(PathBuf::as_path).chain(parents).collect();
        folders.sort_unstable();
        folders.dedup();
        for folder in folders {
            if let (Some(device), Ok(disk)) = (device(folder), disk_of(folder))
                && !devices.contains(&device)
            {
                devices.push(device);
                disks.push(disk);
            }
        }
        (disks, devices)
    }
}

fn complain(said: &mut String, problem: &str) {
    if said != problem {
        problem.clone_into(said);
        eprintln!("hindsight: retention: {problem}");
    }
}

fn free_of(room: Room) -> Free {
    match room {
        Room::Percent(percent) => Free::Percent(percent),
        Room::Bytes(size) => Free::Bytes(size.0),
    }
}

fn device(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|meta| meta.dev())
}

fn device_of_file(file: &FileRecord) -> Option<u64> {
    Path::new(&file.name).parent().and_then(device)
}

fn disk_of(folder: &Path) -> std::io::Result<Disk> {
    let stat = rustix::fs::statvfs(folder)?;
    let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
    Ok(Disk { free: bytes(stat.f_bavail), size: bytes(stat.f_blocks) })
}

/// A sink that tells the keeper when it is full.
pub struct Watched<S> {
    inner: S,
    keeper: Arc<Keeper>,
}

impl<S> Watched<S> {
    fn watch(&self, result: Result<(), index::Error>) -> Result<(), index::Error> {
        if result.as_ref().is_err_and(|error| error.kind == index::ErrorKind::Full) {
            self.keeper.index_is_full();
        }
        result
    }
}

impl<S: SessionSink> SessionSink for Watched<S> {
    fn append(&mut self, docs: Vec<SessionDoc>) -> Result<(), index::Error> {
        let result = self.inner.append(docs);
        self.watch(result)
    }
    fn commit(&mut self) -> Result<(), index::Error> {
        let result = self.inner.commit();
        self.watch(result)
    }
}

/// `hindsight expire`
pub fn command(
    command: &crate::cli::Expire,
    home: &Home,
    config: &crate::config::Config,
    quiet: bool,
) -> Result<Outcome, Failure> {
    let stores = Arc::new(Stores::open_with(home, &config.packets)?);
    let node = crate::run::node(command.node.as_deref(), config);
    let folders = crate::stores::packet_folders(home, &config.packets);
    let retention = command.retention.over(&config.retention);
    let age = config.packets.object_store.as_ref().and_then(|store| store.max_age).map(|span| span.0);
    let shipper = ship::Shipper::new(home, &stores, &node, &config.packets).filter(|_| !command.dry_run);
    let shipped = shipper.map(|shipper| shipper.round(&source::Stop::new())).transpose()?;
    if let Some(shipped) = &shipped
        && !quiet
    {
        eprintln!(
            "object storage: {} packet files went up, {} local copies went",
            shipped.up, shipped.dropped
        );
    }
    let keeper = Keeper::new(home, &stores, &node, folders, retention, age);
    let mut gone = keeper.round(command.dry_run)?;
    gone.problems.extend(shipped.into_iter().flat_map(|shipped| shipped.problems));
    // evidence has limits of its own
    let (folder, limits) = crate::evidence::kept(&config.evidence, home);
    let expire = if command.dry_run { evidence::would_expire } else { evidence::expire };
    let evidence = expire(&folder, &limits, std::time::SystemTime::now());
    for problem in gone.problems.iter().chain(&evidence.problems) {
        eprintln!("hindsight: {problem}");
    }
    crate::describe::print(|out| {
        gone.names.iter().try_for_each(|name| writeln!(out, "{name}"))?;
        evidence.names.iter().try_for_each(|name| writeln!(out, "{}", name.display()))
    })?;
    if !quiet {
        let (verb, sessions) =
            if command.dry_run { ("would go", " and sessions with them") } else { ("gone", "") };
        eprintln!("{verb}: {gone}{sessions}");
        if evidence.files > 0 {
            eprintln!("{verb}: {} files of evidence ({})", evidence.files, HumanBytes(evidence.bytes));
        }
    }
    Ok(if gone.problems.is_empty() && evidence.problems.is_empty() { Outcome::Done } else { Outcome::Partly })
}
