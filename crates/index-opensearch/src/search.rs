//! Finding documents.

use crate::client::Product;
use crate::dsl::ids;
use crate::shape::{ORDER, decode, source_of};
use crate::store::{Prepared, Store, whole};
use fields::{Kind, Target};
use index::meaning::{self, Tally};
use index::{Control, Error, ErrorKind, Hits, Key, Outcome, Page, SessionIndex, Show, Sort, TermChange};
use query::Plan;
use serde_json::{Value as Json, json};
use session::{SessionDoc, SessionId, core};
use std::collections::HashMap;

/// Documents of one answer while many are read.
const CHUNK: usize = 1_000;
/// Hits that a cluster numbers (`index.max_result_window`).
const WINDOW: usize = 10_000;
/// Documents that are put in order here, where the cluster cannot.
const MOST_SORTED: usize = 5_000_000;

/// First packet, ascending.
fn default_sort() -> Vec<Sort> {
    vec![Sort { by: Target::of(&core::START_TIME.def), descending: false }]
}

/// The sort order in the cluster's words.
fn sort_json(sort: &[Sort]) -> Json {
    let mut keys: Vec<Json> = sort
        .iter()
        .map(|one| {
            let kind = match one.by.kind() {
                Kind::Ip => "ip",
                Kind::Time => "date",
                Kind::Bool => "boolean",
                kind if kind.is_int() => "long",
                _ => "keyword",
            };
            let (order, mode) = if one.descending { ("desc", "max") } else { ("asc", "min") };
            json!({ (one.by.path()): { "order": order, "mode": mode, "missing": "_last", "unmapped_type": kind } })
        })
        .collect();
    keys.push(json!({ ORDER: { "order": "asc", "unmapped_type": "keyword" } }));
    keys.into()
}

/// The hits of an answer.
pub(crate) fn hits(answer: &Json) -> &[Json] {
    answer.pointer("/hits/hits").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}

impl Store {
    pub(crate) fn document(&self, hit: &Json) -> Result<SessionDoc, Error> {
        let id = hit.get("_id").and_then(Json::as_str).unwrap_or("");
        decode(&self.reader, id, hit.get("_source").unwrap_or(&Json::Null))
    }

    /// Every hit of a query in order, a page at a time, all as they were at the beginning; ends when `see` returns false.
    pub(crate) fn walk(
        &self,
        query: &Json,
        sort: &Json,
        source: &Json,
        control: &Control,
        see: &mut dyn FnMut(&Json) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let Some(mut view) = View::open(self, control)? else { return Ok(()) };
        let mut after: Option<Json> = None;
        loop {
            let mut body = json!({
                "size": CHUNK, "query": query, "sort": sort, "_source": source, "track_total_hits": false,
                "pit": { "id": view.id, "keep_alive": "2m" }, "seq_no_primary_term": true,
            });
            if let Some(after) = after.take() {
                body["search_after"] = after;
            }
            let path = "/_search?allow_partial_search_results=false";
            let answer = whole(self.client.ask(control, "POST", path, body)?.ok("search")?)?;
            if let Some(id) = answer.get("pit_id").and_then(Json::as_str) {
                view.id = id.to_owned();
            }
            let page = hits(&answer);
            for hit in page {
                control.check()?;
                if !see(hit)? {
                    return Ok(());
                }
            }
            match page.last().and_then(|hit| hit.get("sort")) {
                Some(last) if page.len() == CHUNK => after = Some(last.clone()),
                _ => return Ok(()),
            }
        }
    }

    /// Every document that meets the plan, whole, in no order that means anything.
    pub(crate) fn each(
        &self,
        prepared: &Prepared,
        control: &Control,
        see: &mut dyn FnMut(SessionDoc, &Json) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let sort = sort_json(&[]);
        self.walk(&prepared.query, &sort, &json!(true), control, &mut |hit| {
            let doc = self.document(hit)?;
            if prepared.matcher.as_ref().is_none_or(|matcher| matcher.matches(&doc)) {
                see(doc, hit)?;
            }
            Ok(true)
        })
    }

    /// Whether the cluster sorts by these keys as we do.
    fn sorts(&self, prepared: &Prepared, sort: &[Sort], control: &Control) -> Result<bool, Error> {
        let odd = |one: &Sort| prepared.odd.contains(one.by.def.path);
        if prepared.matcher.is_some() || sort.iter().any(odd) {
            return Ok(false);
        }
        // IPv6 addresses below those of IPv4 come before them there, and after them here
        let addresses: Vec<Json> = sort
            .iter()
            .filter(|one| one.by.kind() == Kind::Ip)
            .map(|one| json!({ "range": { (one.by.path()): { "lt": "::ffff:0:0" } } }))
            .collect();
        if addresses.is_empty() {
            return Ok(true);
        }
        let low =
            json!({ "bool": { "filter": [prepared.query], "should": addresses, "minimum_should_match": 1 } });
        let body = json!({ "size": 0, "query": low, "track_total_hits": 1 });
        Ok(self.ask(body, control)?.pointer("/hits/total/value").and_then(Json::as_u64) == Some(0))
    }

    /// The ids of every document that meets the plan, put in order here.
    fn sorted(&self, prepared: &Prepared, sort: &[Sort], control: &Control) -> Result<Vec<SessionId>, Error> {
        let mut found: Vec<(Vec<Option<Key>>, SessionId)> = Vec::new();
        self.each(prepared, control, &mut |doc, _| {
            if found.len() >= MOST_SORTED {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    format!("more than {MOST_SORTED} sessions would have to be put in order; narrow the time range or sort by another field"),
                ));
            }
            found.push((meaning::sort_keys(&doc, sort), doc.id));
            Ok(())
        })?;
        found.sort_by(|a, b| meaning::compare(&a.0, &b.0, sort).then(a.1.cmp(&b.1)));
        Ok(found.into_iter().map(|(_, id)| id).collect())
    }

    /// These documents, in this order; what is gone meanwhile is left out.
    fn by_ids(&self, wanted: &[SessionId], show: &Show, control: &Control) -> Result<Vec<SessionDoc>, Error> {
        let mut docs = Vec::new();
        for some in wanted.chunks(CHUNK) {
            let body = json!({ "size": some.len(), "query": ids(some.iter()), "_source": source_of(show), "track_total_hits": false });
            let answer = self.ask(body, control)?;
            let mut found = HashMap::new();
            for hit in hits(&answer) {
                let doc = self.document(hit)?;
                found.insert(doc.id, show.project(&doc));
            }
            docs.extend(some.iter().filter_map(|id| found.remove(id)));
        }
        Ok(docs)
    }

    fn count_of(&self, prepared: &Prepared, control: &Control) -> Result<u64, Error> {
        if prepared.matcher.is_some() {
            let mut count = 0;
            self.each(prepared, control, &mut |_, _| {
                count += 1;
                Ok(())
            })?;
            return Ok(count);
        }
        let body = json!({ "size": 0, "query": prepared.query, "track_total_hits": true });
        let answer = self.ask(body, control)?;
        Ok(answer.pointer("/hits/total/value").and_then(Json::as_u64).unwrap_or(0))
    }
}

impl SessionIndex for Store {
    fn search(&self, plan: &Plan, page: &Page, control: &Control) -> Result<Hits, Error> {
        let sort = if page.sort.is_empty() { default_sort() } else { page.sort.clone() };
        let by: Vec<Target> = sort.iter().map(|one| one.by).collect();
        let prepared = self.prepare(plan, &by, control)?;
        if page.size == 0 {
            let total = page.total.then(|| self.count_of(&prepared, control)).transpose()?;
            return Ok(Hits { total, docs: Vec::new() });
        }
        if !self.sorts(&prepared, &sort, control)? {
            let found = self.sorted(&prepared, &sort, control)?;
            let shown: Vec<SessionId> = found.iter().skip(page.from).take(page.size).copied().collect();
            let docs = self.by_ids(&shown, &page.show, control)?;
            return Ok(Hits { total: page.total.then_some(found.len() as u64), docs });
        }
        let sort = sort_json(&sort);
        let source = source_of(&page.show);
        if page.from.saturating_add(page.size) <= WINDOW {
            let body = json!({
                "from": page.from, "size": page.size, "query": prepared.query, "sort": sort,
                "_source": source, "track_total_hits": page.total,
            });
            let answer = self.ask(body, control)?;
            let mut docs = Vec::new();
            for hit in hits(&answer) {
                docs.push(page.show.project(&self.document(hit)?));
            }
            let total = answer.pointer("/hits/total/value").and_then(Json::as_u64);
            // without any index there is no total
            return Ok(Hits { total: page.total.then(|| total.unwrap_or(0)), docs });
        }
        // what is skipped is walked over without its content
        let mut left = page.from;
        let mut shown = Vec::new();
        self.walk(&prepared.query, &sort, &json!(false), control, &mut |hit| {
            if left > 0 {
                left -= 1;
            } else if let Some(id) = hit.get("_id").and_then(Json::as_str).and_then(|id| id.parse().ok()) {
                shown.push(id);
            }
            Ok(shown.len() < page.size)
        })?;
        let docs = self.by_ids(&shown, &page.show, control)?;
        let total = page.total.then(|| self.count_of(&prepared, control)).transpose()?;
        Ok(Hits { total, docs })
    }

    fn count(&self, plan: &Plan, control: &Control) -> Result<u64, Error> {
        let prepared = self.prepare(plan, &[], control)?;
        self.count_of(&prepared, control)
    }

    fn aggregate(
        &self,
        plan: &Plan,
        asked: &[index::Aggregate],
        control: &Control,
    ) -> Result<Vec<Outcome>, Error> {
        self.aggregated(plan, asked, control)
    }

    fn get(&self, id: SessionId) -> Result<Option<SessionDoc>, Error> {
        let control = Control::new();
        Ok(self.by_ids(&[id], &Show::All, &control)?.pop())
    }

    fn scan(
        &self,
        plan: &Plan,
        show: &Show,
        control: &Control,
        see: &mut dyn FnMut(SessionDoc) -> bool,
    ) -> Result<(), Error> {
        let sort = default_sort();
        let prepared = self.prepare(plan, &[Target::of(&core::START_TIME.def)], control)?;
        if prepared.odd.contains(core::START_TIME.def.path) {
            for some in self.sorted(&prepared, &sort, control)?.chunks(CHUNK) {
                for doc in self.by_ids(some, show, control)? {
                    if !see(doc) {
                        return Ok(());
                    }
                }
            }
            return Ok(());
        }
        // what is not exact needs the whole document to be looked at
        let source = if prepared.matcher.is_some() { json!(true) } else { source_of(show) };
        self.walk(&prepared.query, &sort_json(&sort), &source, control, &mut |hit| {
            let doc = self.document(hit)?;
            let meant = prepared.matcher.as_ref().is_none_or(|matcher| matcher.matches(&doc));
            Ok(!meant || see(show.project(&doc)))
        })
    }

    fn change_terms(&self, plan: &Plan, change: &TermChange, control: &Control) -> Result<u64, Error> {
        self.changed(plan, change, control)
    }
    fn delete(&self, plan: &Plan, control: &Control) -> Result<u64, Error> {
        self.deleted(plan, control)
    }
    fn expire(&self, before_ms: i64) -> Result<u64, Error> {
        self.expired(before_ms)
    }
}

impl Store {
    /// Aggregates that the cluster cannot answer, one document after the other.
    pub(crate) fn tally(
        &self,
        prepared: &Prepared,
        asked: &[&index::Aggregate],
        control: &Control,
    ) -> Result<Vec<Outcome>, Error> {
        let mut tallies = asked.iter().map(|one| Tally::new(one)).collect::<Result<Vec<_>, _>>()?;
        self.each(prepared, control, &mut |doc, _| tallies.iter_mut().try_for_each(|tally| tally.add(&doc)))?;
        tallies.into_iter().map(Tally::outcome).collect()
    }
}

/// The documents as they are at one moment, while many are read.
struct View<'a> {
    store: &'a Store,
    id: String,
}

impl<'a> View<'a> {
    /// `None` where there is no index yet.
    fn open(store: &'a Store, control: &Control) -> Result<Option<Self>, Error> {
        let sessions = store.options.sessions();
        let (path, key) = match store.known()?.product {
            Product::OpenSearch => (format!("/{sessions}/_search/point_in_time?keep_alive=2m"), "pit_id"),
            Product::Elasticsearch => (format!("/{sessions}/_pit?keep_alive=2m"), "id"),
        };
        control.check()?;
        let answer = store.client.call("POST", &path, None)?;
        // OpenSearch says so when no index matches
        if answer.status == 404 || (answer.status == 400 && answer.reason().contains("invalid id")) {
            return Ok(None);
        }
        let json = answer.ok("keep a view of the sessions (OpenSearch needs 2.4 for it)")?;
        let id = json.get(key).and_then(Json::as_str).unwrap_or("").to_owned();
        Ok(Some(Self { store, id }))
    }
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        // what is not closed ends by itself after its time
        let Ok(known) = self.store.known() else { return };
        let _ = match known.product {
            Product::OpenSearch => self.store.client.call(
                "DELETE",
                "/_search/point_in_time",
                Some(&json!({ "pit_id": [self.id] })),
            ),
            Product::Elasticsearch => {
                self.store.client.call("DELETE", "/_pit", Some(&json!({ "id": self.id })))
            }
        };
    }
}
