//! The plainest correct store: every document in memory, every question answered by looking at each of them. Other
//! stores are tested against it.

use crate::meaning::{self, Tally};
use crate::{
    Aggregate, Control, Error, ErrorKind, Hits, Outcome, Page, SessionIndex, SessionSink, Show, TermChange,
};
use query::{Matcher, Plan};
use session::{SessionDoc, SessionId, core};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

type Docs = BTreeMap<SessionId, SessionDoc>;

/// Sessions in memory. Clones share the documents, so that one can write while another is searched.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    docs: Arc<RwLock<Docs>>,
}

impl Memory {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn read(&self) -> RwLockReadGuard<'_, Docs> {
        self.docs.read().unwrap_or_else(PoisonError::into_inner)
    }
    fn write(&self) -> RwLockWriteGuard<'_, Docs> {
        self.docs.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn each(
        &self,
        plan: &Plan,
        control: &Control,
        mut see: impl FnMut(&SessionDoc) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let matcher = matcher(plan)?;
        control.check()?;
        for (at, doc) in self.read().values().enumerate() {
            if at % 256 == 0 {
                control.check()?;
            }
            if matcher.matches(doc) {
                see(doc)?;
            }
        }
        Ok(())
    }
}

/// The plan made ready, or an error that says what in it is wrong.
fn matcher(plan: &Plan) -> Result<Matcher, Error> {
    Matcher::new(plan).map_err(|e| {
        Error::caused(ErrorKind::Unsupported, "the query holds a regular expression that is invalid", e)
    })
}

impl SessionSink for Memory {
    fn append(&mut self, docs: Vec<SessionDoc>) -> Result<(), Error> {
        self.write().extend(docs.into_iter().map(|doc| (doc.id, doc)));
        Ok(())
    }
    fn commit(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

impl SessionIndex for Memory {
    fn search(&self, plan: &Plan, page: &Page, control: &Control) -> Result<Hits, Error> {
        let mut hits = Vec::new();
        self.each(plan, control, |doc| {
            hits.push((meaning::sort_keys(doc, &page.sort), doc.id));
            Ok(())
        })?;
        hits.sort_by(|a, b| meaning::compare(&a.0, &b.0, &page.sort).then(a.1.cmp(&b.1)));
        let docs = self.read();
        let shown = hits.iter().skip(page.from).take(page.size);
        Ok(Hits {
            total: page.total.then_some(hits.len() as u64),
            docs: shown.filter_map(|(_, id)| docs.get(id)).map(|doc| page.show.project(doc)).collect(),
        })
    }

    fn count(&self, plan: &Plan, control: &Control) -> Result<u64, Error> {
        let mut count = 0;
        self.each(plan, control, |_| {
            count += 1;
            Ok(())
        })?;
        Ok(count)
    }

    fn aggregate(&self, plan: &Plan, asked: &[Aggregate], control: &Control) -> Result<Vec<Outcome>, Error> {
        let mut tallies = asked.iter().map(Tally::new).collect::<Result<Vec<_>, _>>()?;
        self.each(plan, control, |doc| tallies.iter_mut().try_for_each(|tally| tally.add(doc)))?;
        tallies.into_iter().map(Tally::outcome).collect()
    }

    fn get(&self, id: SessionId) -> Result<Option<SessionDoc>, Error> {
        Ok(self.read().get(&id).cloned())
    }

    fn scan(
        &self,
        plan: &Plan,
        show: &Show,
        control: &Control,
        see: &mut dyn FnMut(SessionDoc) -> bool,
    ) -> Result<(), Error> {
        let page = Page { size: usize::MAX, show: show.clone(), ..Page::default() };
        for doc in self.search(plan, &page, control)?.docs {
            control.check()?;
            if !see(doc) {
                break;
            }
        }
        Ok(())
    }

    fn change_terms(&self, plan: &Plan, change: &TermChange, control: &Control) -> Result<u64, Error> {
        change.check()?;
        let mut ids = Vec::new();
        self.each(plan, control, |doc| {
            ids.push(doc.id);
            Ok(())
        })?;
        let mut docs = self.write();
        Ok(ids.into_iter().filter(|id| docs.get_mut(id).is_some_and(|doc| change.apply(doc))).count() as u64)
    }

    fn delete(&self, plan: &Plan, control: &Control) -> Result<u64, Error> {
        let mut ids = Vec::new();
        self.each(plan, control, |doc| {
            ids.push(doc.id);
            Ok(())
        })?;
        let mut docs = self.write();
        Ok(ids.into_iter().filter(|id| docs.remove(id).is_some()).count() as u64)
    }

    /// Here each document is a partition of its own.
    fn expire(&self, before_ms: i64) -> Result<u64, Error> {
        let mut docs = self.write();
        let before = docs.len();
        docs.retain(|_, doc| doc.int(&core::STOP_TIME).is_none_or(|last| last >= before_ms));
        Ok((before - docs.len()) as u64)
    }
}
