//! The index as its readers see it.

use crate::changes::Change;
use crate::eval::Node;
use crate::manifest::{self, Manifest};
use crate::options::{Options, Stats};
use crate::parallel;
use crate::segment::{Open, Segment};
use crate::shared::{Shared, Snapshot, lock};
use crate::tally::Tally;
use crate::terms::Asked;
use crate::writer::Writer;
use crate::{error, local, scan, search};
use fields::Target;
use index::{Aggregate, Control, Error, Hits, Outcome, Page, SessionIndex, Show, TermChange, meaning};
use query::Plan;
use session::{SessionDoc, SessionId, core};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::{Arc, PoisonError};

/// An index in a folder. Any number of processes may have it open; see the crate's documentation.
#[derive(Debug)]
pub struct Store {
    shared: Arc<Shared>,
}

/// Attempts at a change while files move, before moving is stopped for its time.
const ATTEMPTS: usize = 3;

/// How many documents a change is about, and the changes to log.
type Evaluated = Result<(u64, Vec<Change>), Error>;

impl Store {
    /// Opens the index in a folder; makes one where there is none.
    ///
    /// # Errors
    /// The folder cannot be made or read, or holds an index of another version.
    pub fn open(dir: impl AsRef<Path>, options: Options) -> Result<Arc<Self>, Error> {
        Ok(Arc::new(Self { shared: Shared::open(dir.as_ref(), options)? }))
    }

    /// Opens a writer. Its name should be the same at each start (the node's name, `import`), so that it goes on
    /// where it ended; several of one name at once get names of their own.
    pub fn writer(&self, name: &str) -> Result<Writer, Error> {
        Writer::open(&self.shared, name)
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// How large the index is.
    pub fn stats(&self) -> Result<Stats, Error> {
        let view = self.shared.reload(false)?;
        let mut stats = Stats::default();
        let mut partitions = HashSet::new();
        for (place, file) in &view.files {
            partitions.insert(place.clone());
            stats.files += 1;
            stats.bytes += file.bytes;
            let (low, high) = stats.range.unwrap_or(file.last);
            stats.range = Some((low.min(file.last.0), high.max(file.last.1)));
        }
        stats.partitions = partitions.len() as u64;
        for segment in self.shared.snapshot(false)?.segments {
            let hidden = segment.hidden.as_ref().map_or(0, |h| h.count());
            let rows = u64::from(segment.rows).saturating_sub(hidden);
            stats.rows += rows;
            if matches!(segment.source, crate::segment::Source::Table(_)) {
                stats.in_memory += rows;
            }
        }
        for writer in manifest::list(&self.shared.layout.writers())? {
            for number in manifest::logs(&self.shared.layout.writer(&writer))? {
                let log = self.shared.layout.log(&writer, number);
                stats.bytes += std::fs::metadata(&log).map_or(0, |m| m.len());
            }
        }
        Ok(stats)
    }

    /// Evaluates a change on a snapshot and logs it, unless rows moved meanwhile: then it is evaluated again.
    fn change(&self, control: &Control, evaluate: &dyn Fn(&Snapshot) -> Evaluated) -> Result<u64, Error> {
        for attempt in 0..=ATTEMPTS {
            let mut held = None;
            if attempt == ATTEMPTS {
                held = Some(self.shared.exclusive()?);
            }
            control.check()?;
            let snapshot = self.shared.snapshot(held.is_some())?;
            let (count, changes) = evaluate(&snapshot)?;
            if changes.is_empty() {
                return Ok(count);
            }
            let _exclusive = match held {
                Some(held) => held,
                None => self.shared.exclusive()?,
            };
            let view = self.shared.reload(true)?;
            if view.state.generation == snapshot.generation {
                self.shared.log_changes(view.state.changes, &changes)?;
                self.shared.advance(&view, view.state.changes)?;
                self.shared.reload(true)?;
                return Ok(count);
            }
        }
        Err(Error::new(
            index::ErrorKind::Overloaded,
            "the index changed while it was being changed; try again",
        ))
    }
}

impl SessionIndex for Store {
    fn search(&self, plan: &Plan, page: &Page, control: &Control) -> Result<Hits, Error> {
        search::search(&self.shared, plan, page, control)
    }

    fn count(&self, plan: &Plan, control: &Control) -> Result<u64, Error> {
        search::count(&self.shared, plan, control)
    }

    fn aggregate(&self, plan: &Plan, asked: &[Aggregate], control: &Control) -> Result<Vec<Outcome>, Error> {
        asked.iter().try_for_each(meaning::check)?;
        let node = Node::new(plan)?;
        let segments = self.shared.snapshot(false)?.segments;
        let one_pass = asked.iter().any(|a| !matches!(a, Aggregate::Terms(_) | Aggregate::Distinct(_)));
        let mut tallies: Vec<Tally<'_>> = asked.iter().map(Tally::new).collect();
        let ask = Asked::new(&self.shared, &segments, &node, control);
        if one_pass {
            let parts = parallel::each(
                &self.shared,
                &segments,
                control,
                || asked.iter().map(Tally::new).collect::<Vec<_>>(),
                |number, open, tallies| {
                    let rows = ask.rows(number, open)?;
                    if !matches!(rows, crate::bitmap::Selection::None) {
                        for tally in tallies {
                            control.check()?;
                            tally.add(open, rows)?;
                        }
                    }
                    Ok(true)
                },
            )?;
            for part in parts {
                tallies.iter_mut().zip(part).for_each(|(all, part)| all.merge(part));
            }
        }
        control.check()?;
        let terms = ask.all_terms(asked)?;
        asked
            .iter()
            .zip(tallies)
            .zip(terms)
            .map(|((aggregate, tally), terms)| match (aggregate, terms) {
                (_, Some(terms)) => Ok(terms),
                (Aggregate::Distinct(target), _) => ask.distinct(*target),
                _ => tally
                    .outcome()?
                    .ok_or_else(|| Error::new(index::ErrorKind::Unsupported, "an aggregate has no answer")),
            })
            .collect()
    }

    fn get(&self, id: SessionId) -> Result<Option<SessionDoc>, Error> {
        let page = Page { size: 1, ..Page::default() };
        let hits = self.search(&Plan::Ids(vec![id]), &page, &Control::new())?;
        Ok(hits.docs.into_iter().next())
    }

    fn scan(
        &self,
        plan: &Plan,
        show: &Show,
        control: &Control,
        see: &mut dyn FnMut(SessionDoc) -> bool,
    ) -> Result<(), Error> {
        scan::scan(&self.shared, plan, show, control, see)
    }

    fn change_terms(&self, plan: &Plan, change: &TermChange, control: &Control) -> Result<u64, Error> {
        change.check()?;
        let node = Node::new(plan)?;
        self.change(control, &|snapshot| {
            let (mut count, mut changes) = (0, Vec::new());
            for segment in &snapshot.segments {
                let Some((open, selected)) = self.selected(segment, &node, control)? else { continue };
                let column = open.target(change.target)?;
                let mut rows = Vec::new();
                for row in selected.rows(segment.rows) {
                    let range = column.as_ref().map_or(0..0, |c| c.of_row(row));
                    let before = range.filter_map(|at| {
                        column.as_ref().map(|c| std::str::from_utf8(c.bytes(at)).unwrap_or(""))
                    });
                    if change.applied(before).is_some() {
                        rows.push(segment.base + row);
                    }
                }
                count += rows.len() as u64;
                if !rows.is_empty() {
                    let change = Arc::new(change.clone());
                    changes.push(Change::Tags { name: segment.name.clone(), rows, change });
                }
            }
            Ok((count, changes))
        })
    }

    fn delete(&self, plan: &Plan, control: &Control) -> Result<u64, Error> {
        let node = Node::new(plan)?;
        self.change(control, &|snapshot| {
            let (mut count, mut changes) = (0, Vec::new());
            for segment in &snapshot.segments {
                let Some((_, selected)) = self.selected(segment, &node, control)? else { continue };
                let rows: Vec<u32> = selected.rows(segment.rows).map(|row| segment.base + row).collect();
                count += rows.len() as u64;
                if !rows.is_empty() {
                    changes.push(Change::Hide { name: segment.name.clone(), rows });
                }
            }
            Ok((count, changes))
        })
    }

    fn expire(&self, before_ms: i64) -> Result<u64, Error> {
        let shared = &self.shared;
        // nothing moves from memory to files meanwhile
        let _exclusive = shared.exclusive()?;
        let snapshot = shared.snapshot(true)?;
        let view = shared.reload(true)?;
        let in_memory = self.in_memory(&snapshot)?;
        let mut newest: BTreeMap<&str, i64> = BTreeMap::new();
        let of_files = view.files.iter().map(|(place, file)| (place.0.as_str(), file.last.1));
        let of_memory =
            in_memory.iter().flat_map(|(_, rows)| rows).map(|(_, slice, last)| (slice.as_str(), *last));
        for (slice, last) in of_files.chain(of_memory) {
            let known = newest.entry(slice).or_insert(last);
            *known = (*known).max(last);
        }
        let is_old = |slice: &str| newest.get(slice).is_some_and(|last| *last < before_ms);
        let mut changes = Vec::new();
        let mut gone = 0;
        for (segment, rows) in &in_memory {
            let rows: Vec<u32> = rows
                .iter()
                .filter(|(_, slice, _)| is_old(slice))
                .map(|(row, ..)| segment.base + row)
                .collect();
            gone += rows.len() as u64;
            if !rows.is_empty() {
                changes.push(Change::Hide { name: segment.name.clone(), rows });
            }
        }
        let old: HashSet<&(String, String)> =
            view.files.iter().map(|(place, _)| &**place).filter(|place| is_old(&place.0)).collect();
        if old.is_empty() && changes.is_empty() {
            return Ok(0);
        }
        let _moving = shared.moving.write().unwrap_or_else(PoisonError::into_inner);
        shared.log_changes(view.state.changes, &changes)?;
        for (place, file) in view.files.iter().filter(|(place, _)| old.contains(&**place)) {
            let name = manifest::file_name(&place.0, &place.1, &file.name);
            let hidden = view.changes.of(&name).and_then(|c| c.hidden.as_ref()).map_or(0, |h| h.count());
            gone += u64::from(file.rows).saturating_sub(hidden);
            shared.files.forget(&shared.layout.partition(&place.0, &place.1).join(&file.name));
        }
        for (slice, writer) in old {
            // an empty manifest first: without it the files are no longer in force, whatever happens
            manifest::save(&shared.layout.manifest(slice, writer), &Manifest::default())?;
            let dir = shared.layout.partition(slice, writer);
            std::fs::remove_dir_all(&dir).map_err(error::io("remove", &dir))?;
            // the slice's folder goes with its last writer
            let _ = std::fs::remove_dir(shared.layout.partitions().join(slice));
        }
        crate::merging::tidy_changes(shared, &view)?;
        shared.reload(true)?;
        Ok(gone)
    }
}

/// A row, its partition and its last packet.
type RowOfSlice = (u32, String, i64);

impl Store {
    /// A segment and its rows that meet a plan.
    #[allow(clippy::type_complexity)]
    fn selected<'a>(
        &'a self,
        segment: &'a Segment,
        node: &Node,
        control: &Control,
    ) -> Result<Option<(Open<'a>, crate::bitmap::Selection)>, Error> {
        control.check()?;
        let Some(open) = Open::new(segment, &self.shared.registry, &self.shared.files)? else {
            return Ok(None);
        };
        let rows = node.rows(&open, control)?;
        if matches!(rows, crate::bitmap::Selection::None) {
            return Ok(None);
        }
        Ok(Some((open, rows)))
    }

    /// The rows that are in no file yet and there, each with its partition and last packet.
    fn in_memory<'a>(&self, snapshot: &'a Snapshot) -> Result<Vec<(&'a Segment, Vec<RowOfSlice>)>, Error> {
        let control = Control::new();
        let stop = Target::of(&core::STOP_TIME.def);
        let mut all = Vec::new();
        for segment in snapshot.segments.iter().filter(|s| s.name.starts_with("log/")) {
            let Some(open) = Open::new(segment, &self.shared.registry, &self.shared.files)? else { continue };
            let live = Node::All.rows(&open, &control)?;
            let Some(column) = open.target(stop)? else { continue };
            let rows = column.ints().iter().enumerate().map(|(at, last)| (column.row(at), *last));
            let rows = rows.filter(|(row, _)| live.has(*row));
            let slice = |last| crate::slices::name(last, self.shared.width);
            all.push((segment, rows.map(|(row, last)| (row, slice(last), last)).collect()));
        }
        Ok(all)
    }

    /// Merges small files of writers that nobody has open, and makes files of what they left in their logs. Writers
    /// that are open do so themselves.
    pub fn maintain(&self) -> Result<(), Error> {
        let open: HashSet<String> = lock(&self.shared.locals).iter().map(|l| l.name.clone()).collect();
        for writer in manifest::list(&self.shared.layout.writers())? {
            if open.contains(&writer) {
                continue;
            }
            if let Some(_lock) = self.shared.try_writer_lock(&writer)? {
                local::recover(&self.shared, &writer)?;
                while crate::merging::merge_some(&self.shared, &writer)? {}
            }
        }
        Ok(())
    }
}
