//! `hindsight migrate`: sessions, packet files and small state from one place to another.

mod arkime;
mod checkpoint;
mod dump;
mod files;

use crate::cli::Migrate;
use crate::config::Index;
use crate::home::Home;
use crate::progress::Line;
use crate::stores::Stores;
use crate::{Failure, Outcome, ask};
use arkime::Translator;
use checkpoint::{Checkpoint, Mark};
use dump::Dump;
use fields::Target;
use index::{Catalog, Control, Entry, Error, ErrorKind, FileRecord, SessionIndex, SessionSink, Show};
use indicatif::HumanCount;
use query::{Matcher, Plan, Test};
use session::{SessionDoc, core};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Documents appended at once, and between two commits.
const BATCH: usize = 2_000;
const COMMIT: u64 = 20_000;

/// Collections that belong to the machine and the moment, and are not copied.
const TRANSIENT: [&str; 4] = ["leases", "logins", "recover", "stats"];

/// Stores of ours: those of a folder, or a cluster's.
struct Side {
    index: Arc<dyn SessionIndex>,
    catalog: Arc<dyn Catalog>,
    writer: Box<dyn Fn() -> Result<Box<dyn SessionSink>, Error>>,
    /// Where it is, for people and for the checkpoint.
    name: String,
}

/// Collections that are asked for where a catalogue does not list its own.
const USUAL: [&str; 9] =
    ["users", "roles", "views", "shortcuts", "crons", "notifiers", "hunts", "layouts", "shareables"];

/// Where sessions come from.
enum Origin {
    /// Stores of ours.
    Stores(Side),
    /// Documents of an Arkime.
    Dump(Dump),
}

/// What was done.
#[derive(Debug, Default)]
struct Done {
    sessions: u64,
    files: files::Copied,
    state: u64,
    kept: u64,
}

/// Runs the command.
pub fn run(command: &Migrate, home: &Home, quiet: bool) -> Result<Outcome, Failure> {
    let to_home = match &command.to {
        Some(to) if !is_url(to) => Home::find(Some(Path::new(to)))?,
        _ => home.clone(),
    };
    let to_url = command.to.as_deref().filter(|to| is_url(to));
    let (from_name, to_name) =
        (name_of(&command.from), to_url.map_or_else(|| absolute(to_home.path()), name_of));
    if from_name == to_name {
        return Err(Failure::Usage("--from and --to are the same place".to_owned()));
    }
    if to_url.is_some() && command.packets != crate::cli::PacketsOf::Refer {
        return Err(Failure::Usage("packet files are not kept in a cluster: leave --packets out".to_owned()));
    }
    let from = origin(command, home)?;
    let to = match to_url {
        Some(url) => cluster(url, command, home)?,
        None => side(&to_home)?,
    };
    let path = command.checkpoint.clone().unwrap_or_else(|| to_home.path().join("migrate.json"));
    let first = match from {
        Origin::Stores(_) => Mark::Before(i64::MIN),
        Origin::Dump(_) => Mark::Documents(0),
    };
    let range = format!("{:?} {:?} {}", command.range.start, command.range.stop, command.expression);
    let names = (from_name, to.name.clone(), range);
    let mut checkpoint =
        Checkpoint::open(&path, (&names.0, &names.1, &names.2), first, command.restart || command.dry_run)?;
    if checkpoint.is_resumed() && !quiet {
        eprintln!(
            "going on where it ended: {} sessions were copied before",
            HumanCount(checkpoint.sessions())
        );
    }
    let before = to.index.count(&Plan::All, &Control::new())?;
    let line = Line::new(quiet);
    let mut job =
        Job { command, to: &to, line: &line, begun: Instant::now(), total: None, checked: before == 0 };
    let done = match &from {
        Origin::Stores(stores) => job.stores(stores, &to_home, &mut checkpoint),
        Origin::Dump(dump) => job.dump(dump, &to_home, &mut checkpoint, quiet),
    };
    line.end();
    let done = done?;
    if command.dry_run {
        eprintln!("would copy {} sessions and {} packet files", HumanCount(done.sessions), done.files.copied);
        return Ok(Outcome::Done);
    }
    checkpoint.finish();
    if !quiet {
        eprintln!(
            "{} sessions, {} packet files, {} entries of small state copied in {:.1} s; counted and found again",
            HumanCount(done.sessions),
            done.files.copied,
            done.state,
            job.begun.elapsed().as_secs_f64()
        );
        if done.kept > 0 {
            eprintln!("{} entries were there already and stayed as they were", done.kept);
        }
    }
    for problem in &done.files.problems {
        eprintln!("hindsight: {problem}");
    }
    Ok(if done.files.problems.is_empty() { Outcome::Done } else { Outcome::Partly })
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

fn is_url(place: &str) -> bool {
    place.starts_with("http://") || place.starts_with("https://")
}

/// A place without the password that may stand in its address.
fn name_of(place: &str) -> String {
    if !is_url(place) {
        return absolute(Path::new(place));
    }
    let bare = |address: &str| match (address.split_once("://"), address.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
        _ => address.to_owned(),
    };
    place.split(',').map(|address| bare(address.trim())).collect::<Vec<_>>().join(",")
}

/// The stores of a folder.
fn side(home: &Home) -> Result<Side, Failure> {
    let stores = Stores::open(home)?;
    let index = stores.index.clone();
    Ok(Side {
        index: stores.index,
        catalog: stores.catalog,
        writer: Box::new(move || Ok(Box::new(index.writer("migrate")?))),
        name: absolute(home.path()),
    })
}

/// How a cluster is reached that is named on the command line. Certificates and secrets are those of the configuration.
fn options(url: &str, command: &Migrate, home: &Home) -> Result<index_opensearch::Options, Failure> {
    home.create()?;
    let spool = home.path().join("migrate-spool");
    let mut options = match home.cluster() {
        Some(configured) => Index { store: url.to_owned(), spool: Some(spool), ..configured.clone() }
            .options(PathBuf::new())?,
        None => index_opensearch::Options::new(url, crate::schema::SCHEMA.clone(), spool)?,
    };
    options.prefix.clone_from(&command.prefix);
    // what is committed is to be there, not on the way
    options.patience = Duration::from_secs(600);
    Ok(options)
}

/// Those of a cluster that Hindsight writes to.
fn cluster(url: &str, command: &Migrate, home: &Home) -> Result<Side, Failure> {
    let options = options(url, command, home)?;
    let catalog = index_opensearch::Clustered::open(&options)?;
    let store = index_opensearch::Store::open(options)?;
    let index = store.clone();
    Ok(Side {
        index: store,
        catalog: Arc::new(catalog),
        writer: Box::new(move || Ok(Box::new(index.writer("migrate")?))),
        name: name_of(url),
    })
}

fn origin(command: &Migrate, home: &Home) -> Result<Origin, Failure> {
    let place = command.from.as_str();
    if is_url(place) {
        let options = options(place, command, home)?;
        if let Some(foreign) = index_opensearch::Foreign::open(&options)? {
            return Ok(Origin::Dump(Dump::Cluster(foreign)));
        }
        return Ok(Origin::Stores(cluster(place, command, home)?));
    }
    let path = Path::new(place);
    if !path.exists() {
        return Err(Failure::Usage(format!(
            "{place} is not there; --from takes a data folder, a cluster's address, or documents of an Arkime in files"
        )));
    }
    if path.join("index").join("format.json").exists() {
        return Ok(Origin::Stores(side(&Home::find(Some(path))?)?));
    }
    Ok(Origin::Dump(Dump::Files(dump::files(path)?)))
}

struct Job<'a> {
    command: &'a Migrate,
    to: &'a Side,
    line: &'a Line,
    begun: Instant,
    total: Option<u64>,
    /// Whether the target was empty, so that numbers must be equal afterwards.
    checked: bool,
}

impl Job<'_> {
    fn plan(&self, catalog: &dyn Catalog) -> Result<Plan, Failure> {
        ask::plan(&self.command.expression, &self.command.range, crate::cli::Bounding::Last, catalog)
    }

    fn say(&self, sessions: u64) {
        let rate = sessions as f64 / self.begun.elapsed().as_secs_f64().max(0.001);
        let of = self.total.map_or_else(String::new, |total| format!(" of {}", HumanCount(total)));
        self.line.say(&format!("{}{of} sessions, {}/s", HumanCount(sessions), HumanCount(rate as u64)));
    }

    /// Gives nodes their other names.
    fn rename(&self, node: &str) -> Option<&str> {
        self.command.rename.iter().find(|(old, _)| old == node).map(|(_, new)| new.as_str())
    }
    fn renamed(&self, mut doc: SessionDoc) -> SessionDoc {
        if let Some(new) = doc.text(&core::NODE).and_then(|node| self.rename(node)) {
            let new = new.to_owned();
            doc.add(&core::NODE, &new);
        }
        doc
    }
    fn records(&self, files: Vec<FileRecord>) -> Vec<FileRecord> {
        let rename = |file: FileRecord| match self.rename(&file.node) {
            Some(new) => FileRecord { node: new.to_owned(), ..file },
            None => file,
        };
        files.into_iter().map(rename).collect()
    }

    /// From stores of ours.
    fn stores(&mut self, from: &Side, to_home: &Home, checkpoint: &mut Checkpoint) -> Result<Done, Failure> {
        let control = Control::new();
        let plan = self.plan(&*from.catalog)?;
        let total = from.index.count(&plan, &control)?;
        self.total = Some(total);
        let mut done = Done::default();
        if self.command.dry_run {
            done.sessions = total;
            done.files.copied = from.catalog.files()?.len() as u64;
            return Ok(done);
        }
        // packets first: a session never names a file that is not there
        let records = self.records(from.catalog.files()?);
        done.files = files::copy(records, &*self.to.catalog, to_home, self.command.packets, false)?;
        if !self.command.no_state {
            (done.state, done.kept) = state(&*from.catalog, &*self.to.catalog)?;
        }
        let rest = match checkpoint.mark() {
            Mark::Before(mark) if mark > i64::MIN => {
                let earlier = Test::Ints(vec![(i64::MIN, mark.saturating_sub(1))]);
                let earlier = Plan::leaf(Target::of(&core::START_TIME.def), earlier);
                Plan::And(vec![plan.clone(), Plan::Not(Box::new(earlier))]).simplify()
            }
            _ => plan.clone(),
        };
        let resumed = total.saturating_sub(from.index.count(&rest, &control)?);
        let mut into = Into::new((self.to.writer)()?);
        let mut failure = None;
        let mut first = i64::MIN;
        from.index.scan(&rest, &Show::All, &control, &mut |doc| {
            first = doc.int(&core::START_TIME).unwrap_or(first);
            let step = || -> Result<(), Failure> {
                if into.take(self.renamed(doc))? {
                    checkpoint.reached(Mark::Before(first), resumed + into.taken)?;
                }
                if into.taken.is_multiple_of(BATCH as u64) {
                    self.say(resumed + into.taken);
                }
                Ok(())
            };
            failure = step().err();
            failure.is_none()
        })?;
        if let Some(failure) = failure {
            return Err(failure);
        }
        into.commit()?;
        drop(into.sink);
        done.sessions = from.index.count(&plan, &control)?;
        let plan = self.renamed_plan(plan);
        self.verify(done.sessions, &plan)?;
        Ok(done)
    }

    /// A plan that was made for the names of before may name nodes that have others now; then only numbers of all are compared.
    fn renamed_plan(&self, plan: Plan) -> Plan {
        if self.command.rename.is_empty() { plan } else { Plan::All }
    }

    /// What was copied must be found again.
    fn verify(&self, copied: u64, plan: &Plan) -> Result<(), Failure> {
        let found = self.to.index.count(plan, &Control::new())?;
        if found < copied || (self.checked && found != copied) {
            return Err(Failure::Failed(format!(
                "{copied} sessions were to be copied and {found} are there afterwards; run it again with --restart"
            )));
        }
        Ok(())
    }

    /// From documents of an Arkime.
    fn dump(
        &mut self,
        dump: &Dump,
        to_home: &Home,
        checkpoint: &mut Checkpoint,
        quiet: bool,
    ) -> Result<Done, Failure> {
        let plan = self.plan(&*self.to.catalog)?;
        let matcher = Matcher::new(&plan).map_err(|error| error.to_string())?;
        // packet files first: they say how positions are written
        let mut known = Vec::new();
        let (sessions, others) = dump.look(&mut |source| known.extend(arkime::file(source)))?;
        self.total = Some(sessions);
        let mut done = Done::default();
        let mut translator = Translator::new(&known);
        if self.command.dry_run {
            (done.sessions, done.files.copied) = (sessions, known.len() as u64);
            return Ok(done);
        }
        done.files =
            files::copy(self.records(known), &*self.to.catalog, to_home, self.command.packets, true)?;
        let skip = if let Mark::Documents(skip) = checkpoint.mark() { skip } else { 0 };
        let skip = skip.saturating_sub(dump.overlap());
        let mut into = Into::new((self.to.writer)()?);
        let (mut seen, mut ids) = (0_u64, std::collections::HashSet::new());
        dump.sessions(&mut |id, source| {
            seen += 1;
            let doc = translator.session(id, source);
            if !matcher.matches(&doc) {
                return Ok(());
            }
            ids.insert(doc.id);
            if seen <= skip {
                return Ok(());
            }
            if into.take(self.renamed(doc))? {
                checkpoint.reached(Mark::Documents(seen), ids.len() as u64)?;
            }
            if seen.is_multiple_of(BATCH as u64) {
                self.say(seen);
            }
            Ok(())
        })?;
        into.commit()?;
        drop(into.sink);
        done.sessions = ids.len() as u64;
        let plan = self.renamed_plan(plan);
        self.verify(done.sessions, &plan)?;
        self.line.end();
        if !quiet {
            tell(&translator, &others);
        }
        Ok(done)
    }
}

/// Says what of an Arkime could not be taken over.
fn tell(translator: &Translator, others: &BTreeMap<String, u64>) {
    let mut unknown: Vec<_> = translator.unknown.iter().collect();
    unknown.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), name.as_str()));
    if !unknown.is_empty() {
        let all = unknown.iter().map(|(name, count)| format!("{name} ({count})")).collect::<Vec<_>>();
        eprintln!(
            "fields without a counterpart, with the number of sessions that had them: {}",
            all.join(", ")
        );
    }
    if translator.without_positions > 0 {
        eprintln!(
            "{} sessions are there without their packets: {}",
            translator.without_positions,
            translator.problem.as_deref().unwrap_or_default()
        );
    }
    for (index, count) in others {
        eprintln!("{count} documents of {index} were not taken over");
    }
}

/// Where sessions go.
pub struct Into {
    sink: Box<dyn SessionSink>,
    batch: Vec<SessionDoc>,
    taken: u64,
    /// Appended since the last commit.
    open: u64,
}

impl Into {
    /// Begins.
    pub fn new(sink: Box<dyn SessionSink>) -> Self {
        Self { sink, batch: Vec::new(), taken: 0, open: 0 }
    }

    /// Takes every session of an index; returns how many.
    pub fn take_all(mut self, from: &dyn SessionIndex) -> Result<u64, Failure> {
        let mut failure = None;
        from.scan(&Plan::All, &Show::All, &Control::new(), &mut |doc| {
            failure = self.take(doc).err();
            failure.is_none()
        })?;
        match failure {
            Some(failure) => Err(failure),
            None => self.commit().map(|()| self.taken),
        }
    }

    /// Takes a session; says whether everything up to it is committed now.
    fn take(&mut self, doc: SessionDoc) -> Result<bool, Failure> {
        self.batch.push(doc);
        self.taken += 1;
        if self.batch.len() >= BATCH {
            self.open += self.batch.len() as u64;
            self.sink.append(std::mem::take(&mut self.batch))?;
        }
        if self.open >= COMMIT {
            self.commit()?;
            return Ok(true);
        }
        Ok(false)
    }

    fn commit(&mut self) -> Result<(), Failure> {
        self.sink.append(std::mem::take(&mut self.batch))?;
        self.open = 0;
        Ok(self.sink.commit()?)
    }
}

/// Copies small state; what is there already stays. Returns how many entries were copied, and how many were there.
pub fn state(from: &dyn Catalog, to: &dyn Catalog) -> Result<(u64, u64), Failure> {
    let (mut copied, mut kept) = (0, 0);
    let collections = match from.collections() {
        // those that users make, where a catalogue cannot say which there are
        Err(error) if error.kind == ErrorKind::Unsupported => USUAL.map(str::to_owned).to_vec(),
        other => other?,
    };
    for collection in collections {
        if TRANSIENT.contains(&collection.as_str()) {
            continue;
        }
        for Entry { key, value, .. } in from.list(&collection)? {
            if to.put(&collection, &key, &value, Some(0))? {
                copied += 1;
            } else {
                kept += 1;
            }
        }
    }
    Ok((copied, kept))
}
