//! Changing and deleting sessions.

use crate::bulk::{Item, Operation, Sent};
use crate::dsl::ids;
use crate::search::hits;
use crate::shape::encode;
use crate::store::Store;
use index::{Control, Error, ErrorKind, TermChange};
use query::Plan;
use serde_json::{Value as Json, json};
use session::{SessionDoc, SessionId};

/// Documents written at once.
const CHUNK: usize = 500;
/// How often a document that others change at the same time is read again.
const TRIES: usize = 20;

/// What a hit says of itself.
struct Place {
    index: String,
    id: String,
    sequence: u64,
    term: u64,
}

impl Place {
    fn of(hit: &Json) -> Option<Self> {
        let text = |key: &str| hit.get(key)?.as_str().map(str::to_owned);
        Some(Self {
            index: text("_index")?,
            id: text("_id")?,
            sequence: hit.get("_seq_no")?.as_u64()?,
            term: hit.get("_primary_term")?.as_u64()?,
        })
    }
}

impl Store {
    /// Reads, changes, and writes only what nobody else changed meanwhile; that is read again.
    pub(crate) fn changed(&self, plan: &Plan, change: &TermChange, control: &Control) -> Result<u64, Error> {
        change.check()?;
        let prepared = self.prepare(plan, &[], control)?;
        let (mut count, mut again, mut batch) = (0, Vec::new(), Vec::new());
        self.each(&prepared, control, &mut |doc, hit| {
            batch.extend(self.change_of(doc, hit, change));
            if batch.len() >= CHUNK {
                self.write_changes(&mut batch, &mut count, &mut again)?;
            }
            Ok(())
        })?;
        self.write_changes(&mut batch, &mut count, &mut again)?;
        for _ in 0..TRIES {
            if again.is_empty() {
                break;
            }
            control.check()?;
            self.refresh()?;
            for some in std::mem::take(&mut again).chunks(CHUNK) {
                let body = json!({ "size": some.len(), "query": ids(some.iter()), "seq_no_primary_term": true, "track_total_hits": false });
                for hit in hits(&self.ask(body, control)?) {
                    batch.extend(self.change_of(self.document(hit)?, hit, change));
                }
                self.write_changes(&mut batch, &mut count, &mut again)?;
            }
        }
        if !again.is_empty() {
            return Err(Error::new(
                ErrorKind::Overloaded,
                format!("{} sessions are changed by others all the time; try again", again.len()),
            ));
        }
        self.refresh()?;
        Ok(count)
    }

    fn change_of(&self, mut doc: SessionDoc, hit: &Json, change: &TermChange) -> Option<Item> {
        if !change.apply(&mut doc) {
            return None;
        }
        let Place { index, id, sequence, term } = Place::of(hit)?;
        let source = encode(&self.options.schema, &doc);
        Some(Item { index, id, operation: Operation::Replace { source, sequence, term } })
    }

    fn write_changes(
        &self,
        batch: &mut Vec<Item>,
        count: &mut u64,
        again: &mut Vec<SessionId>,
    ) -> Result<(), Error> {
        let items = std::mem::take(batch);
        for (item, sent) in items.iter().zip(self.bulk(&items)?) {
            match sent {
                Sent::Done => *count += 1,
                Sent::Conflict => again.extend(item.id.parse::<SessionId>().ok()),
                Sent::Gone => {}
                Sent::Later(reason) | Sent::Never(reason) => return Err(refused(&item.id, &reason)),
            }
        }
        Ok(())
    }

    pub(crate) fn deleted(&self, plan: &Plan, control: &Control) -> Result<u64, Error> {
        let prepared = self.prepare(plan, &[], control)?;
        let mut count = 0;
        let mut batch = Vec::new();
        let mut write = |batch: &mut Vec<Item>| -> Result<(), Error> {
            let items = std::mem::take(batch);
            for (item, sent) in items.iter().zip(self.bulk(&items)?) {
                match sent {
                    Sent::Done => count += 1,
                    Sent::Gone | Sent::Conflict => {}
                    Sent::Later(reason) | Sent::Never(reason) => return Err(refused(&item.id, &reason)),
                }
            }
            Ok(())
        };
        let source = if prepared.matcher.is_some() { json!(true) } else { json!(false) };
        let order = json!([{ (crate::shape::ORDER): { "order": "asc", "unmapped_type": "keyword" } }]);
        self.walk(&prepared.query, &order, &source, control, &mut |hit| {
            let meant = match &prepared.matcher {
                Some(matcher) => matcher.matches(&self.document(hit)?),
                None => true,
            };
            if let (true, Some(Place { index, id, .. })) = (meant, Place::of(hit)) {
                batch.push(Item { index, id, operation: Operation::Delete });
            }
            if batch.len() >= CHUNK {
                write(&mut batch)?;
            }
            Ok(true)
        })?;
        write(&mut batch)?;
        self.refresh()?;
        Ok(count)
    }

    /// Deletes whole indices.
    pub(crate) fn expired(&self, before_ms: i64) -> Result<u64, Error> {
        let control = Control::new();
        let body = json!({
            "size": 0, "track_total_hits": false,
            "aggs": { "index": { "terms": { "field": "_index", "size": 10_000 }, "aggs": { "last": { "max": { "field": "lastPacket" } } } } },
        });
        let answer = self.ask(body, &control)?;
        let mut gone = 0;
        for bucket in
            answer.pointer("/aggregations/index/buckets").and_then(Json::as_array).into_iter().flatten()
        {
            let last = bucket.pointer("/last/value").and_then(Json::as_f64);
            let (Some(name), Some(count)) =
                (bucket.get("key").and_then(Json::as_str), bucket.get("doc_count").and_then(Json::as_u64))
            else {
                continue;
            };
            // an index without any time is left alone: nothing says that it is old
            if last.is_some_and(|last| (last as i64) < before_ms) {
                let answer = self.client.call("DELETE", &format!("/{name}"), None)?;
                if answer.status != 404 {
                    answer.ok(&format!("delete the index {name}"))?;
                    gone += count;
                }
            }
        }
        Ok(gone)
    }

    fn bulk(&self, items: &[Item]) -> Result<Vec<Sent>, Error> {
        crate::bulk::send(&self.client, items)
    }

    /// Makes what was written visible.
    pub(crate) fn refresh(&self) -> Result<(), Error> {
        crate::bulk::refresh(&self.client, &self.options.sessions())
    }
}

fn refused(id: &str, reason: &str) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!(
            "the cluster refused to change session {id} ({reason}); what was changed before it stays changed"
        ),
    )
}
