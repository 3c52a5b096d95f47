//! What writers and readers of one process share, and how they see what other processes do.

use crate::changes::{Change, Changes};
use crate::error;
use crate::files::Files;
use crate::local::Local;
use crate::log::{Appender, Tail};
use crate::manifest::{self, FileEntry, Flush, Layout, Manifest, State};
use crate::memtable::Memtable;
use crate::options::{Options, Width};
use crate::record::Decoder;
use crate::registry::Registry;
use crate::segment::{Segment, Source};
use index::Error;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// What the folder says about itself.
#[derive(Debug, Serialize, Deserialize)]
struct Format {
    /// Version of the layout.
    hindsight_index: u32,
    width: Width,
}

const VERSION: u32 = 1;

/// Files and changes at one generation.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub state: State,
    /// Slice and writer, and the file.
    pub files: Vec<(Arc<(String, String)>, FileEntry)>,
    pub changes: Changes,
    /// Logs that are in files already though they are still there.
    pub flushed: HashSet<String>,
}

/// A log of another process.
#[derive(Debug)]
struct Foreign {
    tail: Tail,
    decoder: Decoder,
    memtable: Memtable,
}

/// Everything that can be searched at one moment.
pub(crate) struct Snapshot {
    pub generation: u64,
    pub segments: Vec<Segment>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub layout: Layout,
    pub options: Options,
    pub width: Width,
    pub registry: Arc<Registry>,
    pub files: Files,
    view: Mutex<Arc<View>>,
    /// Writers of this process.
    pub locals: Mutex<Vec<Arc<Local>>>,
    foreign: Mutex<BTreeMap<String, Foreign>>,
    /// Held for writing while rows move from a memtable to a file, so that no question sees them twice or not at all.
    pub moving: RwLock<()>,
}

/// The lock of the whole index, exclusive: other processes neither publish nor load meanwhile.
pub(crate) struct Exclusive {
    _file: File,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn open(dir: &Path, options: Options) -> Result<Arc<Self>, Error> {
        let layout = Layout { root: dir.to_owned() };
        for sub in [layout.writers(), layout.partitions(), dir.join("changes")] {
            std::fs::create_dir_all(&sub).map_err(error::io("create", &sub))?;
        }
        let lock_file = open_lock(&layout)?;
        lock_file.lock().map_err(error::io("lock", &layout.lock()))?;
        let format = match manifest::load::<Format>(&layout.format())? {
            Some(format) => format,
            None => {
                let format = Format { hindsight_index: VERSION, width: options.width };
                manifest::save(&layout.format(), &format)?;
                format
            }
        };
        if format.hindsight_index != VERSION {
            return Err(error::corrupt(&layout.format(), "it was made by a newer version of this program"));
        }
        drop(lock_file);
        let registry = Registry::new(&options.schema);
        let shared = Arc::new(Self {
            files: Files::new(registry.clone()),
            layout,
            width: format.width,
            options,
            registry,
            view: Mutex::default(),
            locals: Mutex::default(),
            foreign: Mutex::default(),
            moving: RwLock::default(),
        });
        shared.reload(false)?;
        Ok(shared)
    }

    /// Takes the lock of the whole index. Held for short: publishing and changing.
    pub(crate) fn exclusive(&self) -> Result<Exclusive, Error> {
        let file = open_lock(&self.layout)?;
        file.lock().map_err(error::io("lock", &self.layout.lock()))?;
        Ok(Exclusive { _file: file })
    }

    /// The present view, loaded anew if another generation is there. `locked` says that the caller holds the lock.
    pub(crate) fn reload(&self, locked: bool) -> Result<Arc<View>, Error> {
        let state: State = manifest::load(&self.layout.state())?.unwrap_or_default();
        {
            let view = lock(&self.view);
            if view.state == state && state.generation > 0 {
                return Ok(view.clone());
            }
        }
        let guard = if locked {
            None
        } else {
            let file = open_lock(&self.layout)?;
            file.lock_shared().map_err(error::io("lock", &self.layout.lock()))?;
            Some(file)
        };
        let view = Arc::new(self.load()?);
        drop(guard);
        let mut held = lock(&self.view);
        // another thread may have loaded a newer one meanwhile
        if held.state.generation <= view.state.generation {
            *held = view;
        }
        Ok(held.clone())
    }

    fn load(&self) -> Result<View, Error> {
        let mut view =
            View { state: manifest::load(&self.layout.state())?.unwrap_or_default(), ..View::default() };
        for slice in manifest::list(&self.layout.partitions())? {
            for writer in manifest::list(&self.layout.partitions().join(&slice))? {
                let path = self.layout.manifest(&slice, &writer);
                let Some(manifest) = manifest::load::<Manifest>(&path)? else { continue };
                let place = Arc::new((slice.clone(), writer));
                view.files.extend(manifest.files.into_iter().map(|file| (place.clone(), file)));
            }
        }
        for writer in manifest::list(&self.layout.writers())? {
            let Some(flush) = manifest::load::<Flush>(&self.layout.flush(&writer))? else { continue };
            view.flushed.insert(manifest::log_name(&writer, flush.log));
            for (slice, file) in flush.files {
                let known = |(place, entry): &(Arc<(String, String)>, FileEntry)| {
                    place.0 == slice && place.1 == writer && entry.name == file.name
                };
                if !view.files.iter().any(known) {
                    view.files.push((Arc::new((slice, writer.clone())), file));
                }
            }
        }
        Tail::new(&self.layout.changes(view.state.changes)).read(&mut |payload| {
            if let Some(change) = Change::decode(payload) {
                view.changes.apply(&change);
            }
            true
        })?;
        Ok(view)
    }

    /// Says that something is new. The caller holds the lock.
    pub(crate) fn advance(&self, view: &View, changes: u64) -> Result<(), Error> {
        let state = State { generation: view.state.generation + 1, changes };
        manifest::save(&self.layout.state(), &state)
    }

    /// Appends changes. The caller holds the lock and advances the generation afterwards.
    pub(crate) fn log_changes(&self, number: u64, changes: &[Change]) -> Result<(), Error> {
        if changes.is_empty() {
            return Ok(());
        }
        let mut log = Appender::open(&self.layout.changes(number))?;
        let records: Vec<Vec<u8>> = changes.iter().map(Change::encode).collect();
        log.append(&records.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
        log.sync()
    }

    /// The segments of the files of a view.
    pub(crate) fn file_segments(&self, view: &View) -> Vec<Segment> {
        view.files
            .iter()
            .map(|(place, entry)| {
                let name: Arc<str> = manifest::file_name(&place.0, &place.1, &entry.name).into();
                let change = view.changes.of(&name);
                Segment {
                    base: 0,
                    rows: entry.rows,
                    source: Source::File(self.layout.partition(&place.0, &place.1).join(&entry.name)),
                    hidden: change.and_then(|c| c.hidden.clone()),
                    tags: change.map(|c| c.tags.clone()).unwrap_or_default(),
                    times: entry.times(),
                    name,
                }
            })
            .collect()
    }

    /// Everything that can be searched now. `locked` says that the caller holds the lock of the index.
    pub(crate) fn snapshot(&self, locked: bool) -> Result<Snapshot, Error> {
        loop {
            let view = self.reload(locked)?;
            let moving = self.moving.read().unwrap_or_else(PoisonError::into_inner);
            let mut segments = self.file_segments(&view);
            let locals = lock(&self.locals).clone();
            for local in &locals {
                segments.extend(local.segments(&view));
            }
            let own: HashSet<&str> = locals.iter().map(|l| l.name.as_str()).collect();
            segments.extend(self.foreign_segments(&view, &own)?);
            drop(moving);
            // what moved between looking at the files and looking at the logs is looked at again
            let now: State = manifest::load(&self.layout.state())?.unwrap_or_default();
            if now == view.state {
                return Ok(Snapshot { generation: view.state.generation, segments });
            }
        }
    }

    fn foreign_segments(&self, view: &View, own: &HashSet<&str>) -> Result<Vec<Segment>, Error> {
        let mut segments = Vec::new();
        let mut foreign = lock(&self.foreign);
        let mut there = HashSet::new();
        for writer in manifest::list(&self.layout.writers())? {
            if own.contains(writer.as_str()) {
                continue;
            }
            for number in manifest::logs(&self.layout.writer(&writer))? {
                let name = manifest::log_name(&writer, number);
                if view.flushed.contains(&name) {
                    continue;
                }
                let one = foreign.entry(name.clone()).or_insert_with(|| Foreign {
                    tail: Tail::new(&self.layout.log(&writer, number)),
                    decoder: Decoder::default(),
                    memtable: Memtable::new(name.as_str().into(), &self.registry),
                });
                one.read_on(&self.registry)?;
                segments.extend(one.memtable.segments(&view.changes));
                there.insert(name);
            }
        }
        foreign.retain(|name, _| there.contains(name));
        Ok(segments)
    }

    /// What other writers than this one have in memory and in logs.
    pub(crate) fn others(&self, view: &View, own: &Local) -> Result<Vec<Segment>, Error> {
        let locals = lock(&self.locals).clone();
        let names: HashSet<&str> = locals.iter().map(|l| l.name.as_str()).collect();
        let mut segments = self.foreign_segments(view, &names)?;
        for local in locals.iter().filter(|l| l.name != own.name) {
            segments.extend(local.segments(view));
        }
        Ok(segments)
    }

    /// Waits for nothing: takes a writer's folder if nobody has it.
    pub(crate) fn try_writer_lock(&self, writer: &str) -> Result<Option<File>, Error> {
        let dir = self.layout.writer(writer);
        std::fs::create_dir_all(&dir).map_err(error::io("create", &dir))?;
        let path = dir.join("lock");
        let file = File::options().create(true).append(true).open(&path).map_err(error::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(e)) => Err(error::io("lock", &path)(e)),
        }
    }
}

impl Foreign {
    fn read_on(&mut self, registry: &Registry) -> Result<(), Error> {
        let (decoder, memtable) = (&mut self.decoder, &mut self.memtable);
        self.tail.read(&mut |payload| match decoder.decode(payload, registry) {
            Some(docs) => {
                memtable.push(docs, payload.len(), false);
                true
            }
            None => false,
        })
    }
}

fn open_lock(layout: &Layout) -> Result<File, Error> {
    let path = layout.lock();
    File::options().create(true).append(true).open(&path).map_err(error::io("open", &path))
}
