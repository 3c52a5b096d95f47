//! Writing, finding and changing sessions.

use crate::{Aggregate, Error, ErrorKind, Outcome};
use fields::{Def, Target};
use query::Plan;
use session::{SessionDoc, SessionId, core};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Where finished sessions go.
pub trait SessionSink: Send {
    /// Takes documents. When it returns, they survive `kill -9` of the process (they were handed to the operating
    /// system); appending a document whose id is there already replaces it, so that a repeated append doubles nothing.
    fn append(&mut self, docs: Vec<SessionDoc>) -> Result<(), Error>;
    /// When it returns, everything appended also survives a loss of power and is visible to searches.
    fn commit(&mut self) -> Result<(), Error>;
}

impl<S: SessionSink + ?Sized> SessionSink for Box<S> {
    fn append(&mut self, docs: Vec<SessionDoc>) -> Result<(), Error> {
        (**self).append(docs)
    }
    fn commit(&mut self) -> Result<(), Error> {
        (**self).commit()
    }
}

/// Where sessions are found. Every method sees what was committed before it was called.
pub trait SessionIndex: Send + Sync {
    /// The documents that meet the plan: their number, and one page of them.
    fn search(&self, plan: &Plan, page: &Page, control: &Control) -> Result<Hits, Error>;
    /// How many documents meet the plan.
    fn count(&self, plan: &Plan, control: &Control) -> Result<u64, Error>;
    /// Aggregates over the documents that meet the plan, all in one pass, one outcome each, in order.
    fn aggregate(
        &self,
        plan: &Plan,
        aggregates: &[Aggregate],
        control: &Control,
    ) -> Result<Vec<Outcome>, Error>;
    /// One whole document.
    fn get(&self, id: SessionId) -> Result<Option<SessionDoc>, Error>;
    /// Calls `see` with every document that meets the plan, whole, in order of first packet, until it returns false.
    /// Memory stays bounded however many there are.
    fn scan(
        &self,
        plan: &Plan,
        show: &Show,
        control: &Control,
        see: &mut dyn FnMut(SessionDoc) -> bool,
    ) -> Result<(), Error>;
    /// Adds or removes values of a field of every document that meets the plan; returns how many changed. Only of a field
    /// that [`is_changeable`]; another is [`ErrorKind::Unsupported`].
    fn change_terms(&self, plan: &Plan, change: &TermChange, control: &Control) -> Result<u64, Error>;
    /// Deletes every document that meets the plan; returns how many.
    fn delete(&self, plan: &Plan, control: &Control) -> Result<u64, Error>;
    /// Deletes whole partitions whose last packet is older than this (milliseconds since 1970); returns how many
    /// documents went.
    fn expire(&self, before_ms: i64) -> Result<u64, Error>;
}

/// The fields of which values come and go after a session was written: tags, and what the viewer marks sessions with.
pub const CHANGEABLE: [&Def; 4] =
    [&core::TAGS.def, &core::HUNT_ID.def, &core::HUNT_NAME.def, &core::SCRUBBED_BY.def];

/// Whether values of a target can be changed after a session was written.
pub fn is_changeable(target: Target) -> bool {
    CHANGEABLE.iter().any(|def| Target::of(def) == target)
}

/// A change of the values of one field, written as the field keeps them (lower-cased where it folds).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermChange {
    /// The field; see [`is_changeable`].
    pub target: Target,
    /// Values to add.
    pub add: Vec<String>,
    /// Values to remove.
    pub remove: Vec<String>,
}

impl TermChange {
    /// A change of tags.
    pub fn tags(add: Vec<String>, remove: Vec<String>) -> Self {
        Self { target: Target::of(&core::TAGS.def), add, remove }
    }

    /// Whether it can be made.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where the field is not changeable.
    pub fn check(&self) -> Result<(), Error> {
        if is_changeable(self.target) {
            return Ok(());
        }
        let text = format!("values of {} cannot be changed once they are written", self.target.expr());
        Err(Error::new(ErrorKind::Unsupported, text))
    }
}

/// One key of the sort order. A document without the field comes last in either direction; of several values the
/// smallest counts when ascending and the largest when descending. Ties are broken by session id, ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// What is sorted by.
    pub by: Target,
    /// Largest first.
    pub descending: bool,
}

/// Which part of the documents is returned.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Show {
    /// Whole documents with packet positions.
    #[default]
    All,
    /// Only these targets (and the id).
    Only(Vec<Target>),
    /// Only these targets, and the packet positions.
    WithPositions(Vec<Target>),
}

/// Which of the hits are returned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Sort keys; none means first packet, ascending.
    pub sort: Vec<Sort>,
    /// Hits to skip.
    pub from: usize,
    /// Hits to return.
    pub size: usize,
    /// Which part of each.
    pub show: Show,
    /// Whether the number of all hits is wanted; without it a store may stop when the page is full.
    pub total: bool,
}

/// The answer to a search.
#[derive(Clone, Debug, Default)]
pub struct Hits {
    /// How many documents meet the plan, where it was asked for.
    pub total: Option<u64>,
    /// The page.
    pub docs: Vec<SessionDoc>,
}

/// How a caller ends a query early. Stores look at it at least every few milliseconds of work.
#[derive(Clone, Debug, Default)]
pub struct Control {
    cancelled: Arc<AtomicBool>,
    deadline: Option<Instant>,
}

impl Control {
    /// Never ends early unless cancelled.
    pub fn new() -> Self {
        Self::default()
    }
    /// Ends with [`ErrorKind::TimedOut`] after this moment.
    pub fn until(deadline: Instant) -> Self {
        Self { cancelled: Arc::default(), deadline: Some(deadline) }
    }
    /// Ends the query with [`ErrorKind::Cancelled`]. Clones share the state.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
    /// An error when the query is to end.
    pub fn check(&self) -> Result<(), Error> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::Cancelled, "the query was cancelled"));
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(Error::new(
                ErrorKind::TimedOut,
                "the query took longer than allowed; narrow the time range",
            ));
        }
        Ok(())
    }
}
