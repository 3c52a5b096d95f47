//! Pins: the packets of chosen sessions, copied into files of their own that retention leaves alone.

use crate::cli::{Pin as Arguments, Unpin};
use crate::config::Config;
use crate::describe::print;
use crate::home::Home;
use crate::stores::{Listed, Stores};
use crate::{Failure, Outcome, ask};
use index::{Catalog, Control, FileRecord, Lease, Page, SessionSink, Show};
use indicatif::{HumanBytes, HumanCount};
use packets::{FileFormat, Gone, Wanted, Writer, WriterOptions, fetch};
use query::{Plan, TimeZone};
use serde::{Deserialize, Serialize};
use server::{PinError, PinWish};
use session::{Positions, SessionDoc, SessionId, core};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use wire::LinkType;

/// The collection of pins.
const PINS: &str = "pins";
/// Sessions that are copied at a time.
const SESSIONS: usize = 256;

/// A pin.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pin {
    /// What people call it; unique.
    pub name: String,
    /// Which sessions, in the language of expressions.
    pub expression: String,
    /// When it was made, milliseconds since 1970.
    pub made: i64,
    /// When it ends; none: never.
    pub until: Option<i64>,
    /// Sessions whose packets were copied.
    pub sessions: u64,
    /// Packets copied.
    pub packets: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Packets that were gone already.
    pub missing: u64,
    /// Sessions that another pin keeps as long, which were left to it.
    pub elsewhere: u64,
}

fn all(catalog: &dyn Catalog) -> Result<Vec<Pin>, Failure> {
    let read = |entry: index::Entry| {
        serde_json::from_value(entry.value)
            .map_err(|error| Failure::Failed(format!("pin {}: {error}", entry.key)))
    };
    catalog.list(PINS)?.into_iter().map(read).collect()
}

/// Pins that are over are released: their files become like all others, and as old as their packets.
pub fn release_over(catalog: &dyn Catalog, node: &str) -> Result<(), Failure> {
    let now = ask::now_ms();
    for pin in all(catalog)?.into_iter().filter(|pin| pin.until.is_some_and(|until| until <= now)) {
        release(catalog, &pin.name)?;
    }
    // what a pin left whose making or removing was interrupted
    let names: HashSet<String> = all(catalog)?.into_iter().map(|pin| pin.name).collect();
    let lost =
        |file: &FileRecord| file.node == node && file.pin.as_ref().is_some_and(|pin| !names.contains(pin));
    for file in catalog.files()?.into_iter().filter(lost) {
        unpinned(catalog, file)?;
    }
    Ok(())
}

fn unpinned(catalog: &dyn Catalog, file: FileRecord) -> Result<(), Failure> {
    // unfinished ones belong to who writes them
    if file.finish_timestamp != 0 {
        catalog.update_file(&FileRecord {
            pin: None,
            finish_timestamp: file.last_timestamp.max(1),
            ..file
        })?;
    }
    Ok(())
}

/// Ends a pin; returns whether there was one.
pub fn release(catalog: &dyn Catalog, name: &str) -> Result<bool, Failure> {
    for file in catalog.files()?.into_iter().filter(|file| file.pin.as_deref() == Some(name)) {
        unpinned(catalog, file)?;
    }
    Ok(catalog.remove(PINS, name)?)
}

/// Pins the sessions of a plan. `pin` says name, expression and end; what was done comes back.
pub fn make(
    home: &Home,
    stores: &Stores,
    config: &Config,
    plan: &Plan,
    mut pin: Pin,
) -> Result<Pin, Failure> {
    let catalog = &stores.catalog;
    if pin.name.is_empty() || pin.name.contains('/') {
        return Err(Failure::Usage("a pin has a name, without /".into()));
    }
    pin.made = ask::now_ms();
    let value = |pin: &Pin| serde_json::to_value(pin).map_err(|error| Failure::Failed(error.to_string()));
    if !catalog.put(PINS, &pin.name, &value(&pin)?, Some(0))? {
        return Err(Failure::Usage(format!(
            "there is a pin called {} already; choose another --name",
            pin.name
        )));
    }
    let mut copier = Copier::new(home, stores, config, &pin)?;
    match copier.run(plan, &mut pin) {
        Ok(()) => {
            catalog.put(PINS, &pin.name, &value(&pin)?, None)?;
            Ok(pin)
        }
        Err(error) => {
            // what was copied so far stays usable, and goes like everything else
            drop(copier);
            release(&**catalog, &pin.name)?;
            Err(error)
        }
    }
}

/// Pins for the server.
pub struct Pins {
    pub home: Home,
    pub stores: Arc<Stores>,
    pub config: Config,
}

fn refused(failure: Failure) -> PinError {
    match failure {
        Failure::Usage(text) => PinError::Wrong(text),
        Failure::Failed(text) => PinError::Failed(text),
    }
}

fn shown(pin: &Pin) -> Result<serde_json::Value, PinError> {
    serde_json::to_value(pin).map_err(|error| PinError::Failed(error.to_string()))
}

impl server::Pins for Pins {
    fn make(&self, plan: &Plan, wish: PinWish) -> Result<serde_json::Value, PinError> {
        let PinWish { name, expression, until } = wish;
        let name = name.unwrap_or_else(|| format!("pin-{}", ask::now_ms()));
        let pin = Pin { name, expression, until, ..Pin::default() };
        let pin = make(&self.home, &self.stores, &self.config, plan, pin).map_err(refused)?;
        if pin.sessions == 0 && pin.elsewhere == 0 {
            release(&*self.stores.catalog, &pin.name).map_err(refused)?;
            let gone = if pin.missing > 0 {
                format!(" ({} packets were gone already)", pin.missing)
            } else {
                String::new()
            };
            return Err(PinError::Nothing(format!(
                "no session with packets was found{gone}; nothing is pinned"
            )));
        }
        shown(&pin)
    }

    fn release(&self, name: &str) -> Result<bool, PinError> {
        release(&*self.stores.catalog, name).map_err(refused)
    }

    fn list(&self) -> Result<Vec<serde_json::Value>, PinError> {
        all(&*self.stores.catalog).map_err(refused)?.iter().map(shown).collect()
    }
}

/// Copies packets into files of a pin.
struct Copier<'a> {
    home: &'a Home,
    stores: &'a Stores,
    config: &'a Config,
    pin: String,
    until: i64,
    /// One for each node: file numbers count within a node.
    writers: HashMap<String, Writer<Listed>>,
    /// Until when files are pinned already.
    pinned: HashMap<(String, u32), i64>,
}

impl<'a> Copier<'a> {
    fn new(home: &'a Home, stores: &'a Stores, config: &'a Config, pin: &Pin) -> Result<Self, Failure> {
        let ends: HashMap<String, i64> =
            all(&*stores.catalog)?.into_iter().map(|pin| (pin.name, pin.until.unwrap_or(i64::MAX))).collect();
        let files = stores.catalog.files()?.into_iter();
        let pinned = files.filter_map(|file| {
            let end = *ends.get(file.pin.as_ref()?)?;
            Some(((file.node, file.num), end))
        });
        let pinned = pinned.collect();
        let until = pin.until.unwrap_or(i64::MAX);
        Ok(Self { home, stores, config, pin: pin.name.clone(), until, writers: HashMap::new(), pinned })
    }

    fn run(&mut self, plan: &Plan, pin: &mut Pin) -> Result<(), Failure> {
        let index = &*self.stores.index;
        let mut ids: Vec<SessionId> = Vec::new();
        index.scan(plan, &Show::Only(Vec::new()), &Control::new(), &mut |doc| {
            ids.push(doc.id);
            true
        })?;
        let mut sink = index.writer("pin")?;
        for chunk in ids.chunks(SESSIONS) {
            let page = Page { size: chunk.len(), show: Show::All, ..Page::default() };
            let docs = index.search(&Plan::Ids(chunk.to_vec()), &page, &Control::new())?.docs;
            let files: BTreeSet<(String, u32)> = docs.iter().flat_map(files_of).collect();
            let _lease = Lease::take(&self.stores.catalog, files)?;
            let mut changed = Vec::new();
            for mut doc in docs {
                if doc.positions.is_empty() {
                    continue;
                }
                if files_of(&doc).all(|file| self.pinned.get(&file).is_some_and(|end| *end >= self.until)) {
                    pin.elsewhere += 1;
                    continue;
                }
                if let Some(positions) = self.copy(&doc, pin)? {
                    doc.positions = positions;
                    changed.push(doc);
                }
            }
            // the packets are in their files before a session points there
            for writer in self.writers.values_mut() {
                writer.sync().map_err(|error| error.to_string())?;
            }
            pin.sessions += changed.len() as u64;
            self.pinned_so_far(&changed);
            sink.append(changed)?;
            sink.commit()?;
        }
        for writer in self.writers.values_mut() {
            writer.finish().map_err(|error| error.to_string())?;
        }
        self.writers.clear();
        Ok(())
    }

    fn pinned_so_far(&mut self, docs: &[SessionDoc]) {
        let files: Vec<(String, u32)> = docs.iter().flat_map(files_of).collect();
        self.pinned.extend(files.into_iter().map(|file| (file, self.until)));
    }

    /// Copies the packets of a session; `None` where none is left.
    fn copy(&mut self, doc: &SessionDoc, pin: &mut Pin) -> Result<Option<Positions>, Failure> {
        let wanted = Wanted::of(doc);
        let node = wanted.node.clone();
        if !self.writers.contains_key(&node) {
            let folder = self.home.pins();
            std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            let written = crate::stores::writer_options(self.home, &node, &self.config.packets, 1)?;
            let options = WriterOptions {
                format: if self.config.packets.format == crate::config::Form::Zstd {
                    written.format
                } else {
                    FileFormat::Plain
                },
                encryption: written.encryption,
                // times are those of old packets: no file is too old for the next
                max_age: std::time::Duration::from_secs(u64::from(u32::MAX)),
                ..WriterOptions::new(folder, &node)
            };
            let register = Listed::new(self.home, &node, &self.stores.catalog)?.pin(&self.pin);
            self.writers.insert(node.clone(), Writer::new(options, register));
        }
        let Some(writer) = self.writers.get_mut(&node) else { return Ok(None) };
        let mut positions = Positions::default();
        let (mut last, mut failed) = (0, None);
        let files = self.stores.files();
        let lengths = !doc.positions.lengths.is_empty();
        let losses = fetch(&files, &[wanted], &mut |packet| match writer.write(
            packet.time,
            LinkType(packet.link),
            packet.bytes,
            packet.original_len,
        ) {
            Ok(at) => {
                let length =
                    lengths.then(|| u32::try_from(packet.bytes.len()).unwrap_or(u32::MAX).saturating_add(16));
                positions.push(at.file, &mut last, at.offset, length);
                pin.packets += 1;
                pin.bytes += packet.bytes.len() as u64;
                true
            }
            Err(error) => {
                failed = Some(error.to_string());
                false
            }
        });
        if let Some(error) = failed {
            return Err(Failure::Failed(error));
        }
        for loss in losses {
            match loss.reason {
                Gone::Expired | Gone::NotKept | Gone::Damaged(_) => pin.missing += loss.packets,
                // the packets may be there: nothing may point away from them
                Gone::Elsewhere(_) | Gone::Unreadable(_) => return Err(Failure::Failed(loss.to_string())),
            }
        }
        Ok((!positions.is_empty()).then_some(positions))
    }
}

fn files_of(doc: &SessionDoc) -> impl Iterator<Item = (String, u32)> + use<> {
    let node = doc.text(&core::NODE).unwrap_or_default().to_owned();
    doc.positions.files().into_iter().map(move |file| (node.clone(), file))
}

/// `hindsight pin`
pub fn command(command: &Arguments, home: &Home, config: &Config, quiet: bool) -> Result<Outcome, Failure> {
    let stores = Stores::open_with(home, &config.packets)?;
    let until = command.until.as_ref().map(|text| {
        let read = query::parse_time(text, ask::now_ms(), &TimeZone::system());
        read.map_err(|error| Failure::Usage(format!("--until: {error}")))
    });
    let until = until.transpose()?;
    if until.is_some_and(|until| until <= ask::now_ms()) {
        return Err(Failure::Usage("--until is in the past".into()));
    }
    let plan = ask::plan(&command.expression, &command.range, command.bounding, &*stores.catalog)?;
    let name = command.name.clone().unwrap_or_else(|| format!("pin-{}", ask::now_ms()));
    let pin = Pin { name, expression: command.expression.clone(), until, ..Pin::default() };
    let pin = make(home, &stores, config, &plan, pin)?;
    if !quiet {
        eprintln!(
            "pinned as {}: {} sessions, {} packets, {}",
            pin.name,
            HumanCount(pin.sessions),
            HumanCount(pin.packets),
            HumanBytes(pin.bytes)
        );
        if pin.elsewhere > 0 {
            eprintln!("{} sessions are pinned as long already", HumanCount(pin.elsewhere));
        }
    }
    if pin.missing > 0 {
        eprintln!("hindsight: {} packets were gone already", HumanCount(pin.missing));
    }
    if pin.sessions == 0 && pin.elsewhere == 0 {
        release(&*stores.catalog, &pin.name)?;
        return Err(Failure::Failed("no session with packets was found; nothing is pinned".into()));
    }
    Ok(Outcome::Done)
}

/// `hindsight unpin`
pub fn unpin(command: &Unpin, home: &Home) -> Result<Outcome, Failure> {
    let stores = Stores::open(home)?;
    if release(&*stores.catalog, &command.name)? {
        return Ok(Outcome::Done);
    }
    let names: Vec<String> = all(&*stores.catalog)?.into_iter().map(|pin| pin.name).collect();
    Err(Failure::Failed(format!("no pin is called {}; there are: {}", command.name, names.join(", "))))
}

/// `hindsight pins`
pub fn list(json: bool, home: &Home) -> Result<Outcome, Failure> {
    let stores = Stores::open(home)?;
    let pins = all(&*stores.catalog)?;
    print(|out| {
        for pin in &pins {
            if json {
                writeln!(out, "{}", serde_json::to_string(pin)?)?;
                continue;
            }
            let until = pin
                .until
                .map_or_else(|| "for good".to_owned(), |ms| format!("until {}", crate::output::time(ms)));
            let bytes = HumanBytes(pin.bytes);
            writeln!(out, "{}\t{until}\t{} sessions\t{bytes}\t{}", pin.name, pin.sessions, pin.expression)?;
        }
        Ok(())
    })
}
