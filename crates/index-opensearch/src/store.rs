//! The store: connection, template, how a plan is asked.

use crate::client::Client;
use crate::dsl::Translator;
use crate::gate::{Gate, Known, is_away};
use crate::options::Options;
use crate::shape::{ODD, can_be_odd};
use crate::spool::{Spool, SpoolStatus};
use crate::writer::Writer;
use fields::Target;
use index::{Control, Error, ErrorKind};
use query::{Matcher, Plan};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Sessions in a cluster. Implements [`index::SessionIndex`]; [`Store::writer`] gives the other side.
pub struct Store {
    pub(crate) client: Client,
    pub(crate) options: Options,
    /// Makes documents of what the cluster answers.
    pub(crate) reader: session::Reader,
    gate: Arc<Gate>,
    spool: Arc<Spool>,
    /// Spools of processes that are gone, while they are sent.
    adopted: Mutex<Vec<Writer>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("hosts", &self.options.hosts).finish_non_exhaustive()
    }
}

/// Between two looks at what is left in spools.
const SETTLING: Duration = Duration::from_millis(50);

/// A plan made ready to be asked.
pub(crate) struct Prepared {
    /// Finds at least what the plan means.
    pub query: Json,
    /// Set where it finds more: what tells which of the documents are meant.
    pub matcher: Option<Matcher>,
    /// Fields, of those asked about, of which some documents hold odd values.
    pub odd: BTreeSet<String>,
}

impl Store {
    /// Looks what the cluster is, and installs the index template. A cluster that is away is no error: what is written waits in the spool, what is
    /// asked fails.
    ///
    /// # Errors
    /// The spool cannot be used; the log-in is refused; the cluster is too old, or something else answers.
    pub fn open(options: Options) -> Result<Arc<Self>, Error> {
        let gate = Gate::new(&options)?;
        let spool = Spool::open(&options)?;
        match gate.pass() {
            Err(error) if !is_away(&error) => return Err(error),
            Err(error) => spool.problem(Some(error.to_string())),
            Ok(_) => {}
        }
        let reader = session::Reader::new(&options.schema);
        let client = gate.client.clone();
        let store = Arc::new(Self { client, reader, gate, spool, adopted: Mutex::default(), options });
        store.maintain()?;
        Ok(store)
    }

    /// What the cluster is and its version, for people.
    pub fn description(&self) -> String {
        match self.known() {
            Ok(known) => format!("{:?} {} at {}", known.product, known.version, self.client.hosts()),
            Err(error) => error.to_string(),
        }
    }

    /// What the cluster is.
    pub(crate) fn known(&self) -> Result<&Known, Error> {
        self.gate.pass()
    }

    /// See [`Gate::install`].
    pub(crate) fn install(&self) -> Result<bool, Error> {
        self.gate.install()
    }

    /// How the spools of this process stand.
    pub fn spool(&self) -> SpoolStatus {
        self.spool.status()
    }

    /// A writer with a spool of its own. Any number may write at once, also in several processes.
    ///
    /// # Errors
    /// The spool cannot be made.
    pub fn writer(&self, name: &str) -> Result<Writer, Error> {
        Writer::new(name, &self.gate, &self.options, &self.spool)
    }

    /// Sends what writers of processes that are gone left in their spools.
    ///
    /// # Errors
    /// The folder of spools cannot be read.
    pub fn maintain(&self) -> Result<(), Error> {
        let mut adopted = self.adopted.lock().unwrap_or_else(PoisonError::into_inner);
        adopted.retain(|writer| !writer.is_drained());
        adopted.extend(Writer::adopt(&self.gate, &self.options, &self.spool)?);
        Ok(())
    }

    /// Waits until the cluster has what processes that are gone left in their spools, and searches see all that it has. `go_on` is asked many
    /// times a second, with what is in the way if that is known; its `false` ends the waiting. Returns whether it came to pass.
    ///
    /// # Errors
    /// The folder of spools cannot be read; the cluster refuses.
    pub fn settle(&self, go_on: &mut dyn FnMut(Option<&str>) -> bool) -> Result<bool, Error> {
        let mut clear = 0;
        loop {
            self.maintain()?;
            let mut problem = None;
            if Writer::are_left(&self.spool)? {
                clear = 0;
                problem = self.spool.status().problem;
            } else {
                clear += 1;
            }
            // once is not enough: another process may have taken a spool over and not have marked it yet
            if clear > 1 {
                match crate::bulk::refresh(&self.client, &self.options.sessions()) {
                    Ok(()) => return Ok(true),
                    Err(error) if is_away(&error) => problem = Some(error.to_string()),
                    Err(error) => return Err(error),
                }
            }
            if !go_on(problem.as_deref()) {
                return Ok(false);
            }
            std::thread::sleep(SETTLING);
        }
    }

    /// The path of a search over every index of sessions. A process asks the same copies every time: those of a shard are refreshed one after the
    /// other, and its answers would go back and forth.
    pub(crate) fn search_path(&self) -> String {
        format!(
            "/{}/_search?allow_partial_search_results=false&ignore_unavailable=true&allow_no_indices=true&preference={}",
            self.options.sessions(),
            self.client.name()
        )
    }

    /// One search, whole or an error.
    pub(crate) fn ask(&self, body: Json, control: &Control) -> Result<Json, Error> {
        let path = self.search_path();
        whole(self.client.ask(control, "POST", &path, body)?.ok("search")?)
    }

    /// The query of a plan, and whether it is exact, also about `targets`.
    pub(crate) fn prepare(
        &self,
        plan: &Plan,
        targets: &[Target],
        control: &Control,
    ) -> Result<Prepared, Error> {
        control.check()?;
        let matcher = Matcher::new(plan).map_err(|e| {
            Error::caused(ErrorKind::Unsupported, "the query holds a regular expression that is invalid", e)
        })?;
        let mut translator = Translator::default();
        let mut query = translator.query(plan);
        let mut paths = translator.touched.clone();
        paths.extend(
            targets.iter().filter(|target| can_be_odd(**target)).map(|target| target.def.path.to_owned()),
        );
        let odd = if paths.is_empty() { BTreeSet::new() } else { self.odd_among(&paths, control)? };
        if translator.touched.iter().any(|path| odd.contains(path)) {
            translator = Translator { odd: odd.clone(), ..Translator::default() };
            query = translator.query(plan);
        }
        Ok(Prepared { query, matcher: translator.inexact.then_some(matcher), odd })
    }

    /// Which of these fields some document holds odd values of.
    fn odd_among(&self, paths: &BTreeSet<String>, control: &Control) -> Result<BTreeSet<String>, Error> {
        let body = json!({
            "size": 0, "track_total_hits": false, "query": { "terms": { ODD: paths } },
            "aggs": { "odd": { "terms": { "field": ODD, "size": 10_000 } } },
        });
        let answer = self.ask(body, control)?;
        let buckets = answer.pointer("/aggregations/odd/buckets").and_then(Json::as_array);
        let keys = buckets.into_iter().flatten().filter_map(|bucket| bucket.get("key")?.as_str());
        Ok(keys.filter(|key| paths.contains(*key)).map(str::to_owned).collect())
    }
}

/// An answer that is not of every shard, or was ended early, is none.
pub(crate) fn whole(answer: Json) -> Result<Json, Error> {
    let number = |pointer| answer.pointer(pointer).and_then(Json::as_u64).unwrap_or(0);
    if number("/_shards/failed") > 0 {
        let reason = answer.pointer("/_shards/failures/0/reason/reason").and_then(Json::as_str).unwrap_or("");
        return Err(Error::new(
            ErrorKind::Unavailable,
            format!(
                "{} of {} shards of the cluster did not answer ({reason}); see its health",
                number("/_shards/failed"),
                number("/_shards/total")
            ),
        ));
    }
    if answer.get("timed_out") == Some(&Json::Bool(true)) {
        return Err(Error::new(
            ErrorKind::TimedOut,
            "the cluster took longer than allowed; narrow the time range",
        ));
    }
    Ok(answer)
}
