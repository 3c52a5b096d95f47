//! The catalogue in the cluster's own indices: `<prefix>files`, `<prefix>sequence`, `<prefix>entries`.
//!
//! Versions of entries are made of the sequence number and the primary term that the cluster gives each write, so that a change of two at once is seen
//! wherever they are. File numbers are counted in a document for each node that is only written when nobody else wrote it meanwhile.

use crate::client::{Answer, Client};
use crate::gate::is_away;
use crate::options::Options;
use index::{Catalog, Entry, Error, ErrorKind, FileRecord};
use serde_json::{Value as Json, json};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Entries of one answer.
const PAGE: usize = 5_000;
/// How often a number that others take at the same time is tried to be taken.
const TRIES: usize = 200;
/// Bytes of a document's id: the cluster takes 512.
const MAX_ID: usize = 400;
/// Bits of a version that are the sequence number: with the primary term above, a number that JavaScript holds.
const SEQUENCE: u32 = 40;

/// Small state in a cluster. Implements [`Catalog`].
pub struct Clustered {
    client: Client,
    prefix: String,
    replicas: u32,
    /// Whether its indices are there.
    made: Mutex<bool>,
}

impl std::fmt::Debug for Clustered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clustered").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

/// A version of what the cluster says of a document, and back.
fn version(json: &Json) -> u64 {
    let number = |key: &str| json.get(key).and_then(Json::as_u64).unwrap_or(0);
    number("_primary_term") << SEQUENCE | (number("_seq_no") + 1)
}
fn condition(version: u64) -> String {
    let (term, sequence) = (version >> SEQUENCE, (version & ((1 << SEQUENCE) - 1)).saturating_sub(1));
    format!("if_seq_no={sequence}&if_primary_term={term}")
}

/// The id of a document, as it stands in a path.
fn id(collection: &str, key: &str) -> String {
    let whole = format!("{collection}/{key}");
    if whole.len() > MAX_ID {
        return format!("{:032x}", xxhash_rust::xxh3::xxh3_128(whole.as_bytes()));
    }
    let mut out = String::new();
    for byte in whole.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn damaged(what: &str, error: serde_json::Error) -> Error {
    Error::caused(
        ErrorKind::Corrupt,
        format!("{what} in the cluster is damaged; delete or restore it"),
        error,
    )
}

impl Clustered {
    /// Makes the indices that are not there. A cluster that is away is no error here: the first call that reaches it makes them.
    ///
    /// # Errors
    /// The cluster refuses.
    pub fn open(options: &Options) -> Result<Self, Error> {
        let client = Client::new(options)?;
        let prefix = options.prefix.clone();
        let own = Self { client, prefix, replicas: options.replicas, made: Mutex::new(false) };
        match own.ready() {
            Err(error) if !is_away(&error) => Err(error),
            _ => Ok(own),
        }
    }

    /// The way to the cluster, once its indices are there.
    fn ready(&self) -> Result<&Client, Error> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if !*made {
            self.client.product()?;
            self.make()?;
            *made = true;
        }
        Ok(&self.client)
    }

    fn make(&self) -> Result<(), Error> {
        let keyword = json!({ "type": "keyword" });
        let silent = json!({ "type": "object", "enabled": false });
        let entries = json!({ "collection": keyword, "key": keyword, "value": silent });
        let files = json!({
            "num": { "type": "long" }, "node": keyword, "name": keyword, "fingerprint": keyword,
            "first": { "type": "long" }, "filesize": { "type": "long" }, "locked": { "type": "short" },
        });
        let sequence = json!({ "last": { "type": "long" } });
        // users and tags cannot be made again as sessions can: a second copy as soon as there is a second machine
        let copies = format!("0-{}", self.replicas.max(1));
        for (name, properties) in [("entries", entries), ("files", files), ("sequence", sequence)] {
            let body = json!({
                "settings": { "index": { "number_of_shards": 1, "auto_expand_replicas": copies } },
                "mappings": { "dynamic": name == "files", "properties": properties },
            });
            let answer = self.client.call("PUT", &format!("/{}{name}", self.prefix), Some(&body))?;
            // another process made it before, or at the same time
            if !answer.is_success() && !answer.error_type().contains("already_exists") {
                return Err(answer.error(&format!("make the index {}{name}", self.prefix)));
            }
        }
        Ok(())
    }

    /// Takes so many file numbers of a node in a row, for files that are listed later; returns the first.
    ///
    /// # Errors
    /// The cluster cannot be reached, or no number is left.
    pub fn reserve(&self, node: &str, count: u32) -> Result<u32, Error> {
        let id = id("files", node);
        for turn in 0..TRIES {
            let there = self.document("sequence", &id)?;
            let before = last(there.as_ref());
            let end = u32::try_from(before + u64::from(count)).map_err(|_| {
                Error::new(
                    ErrorKind::Full,
                    "every packet file number of this node is used; give the node a new name",
                )
            })?;
            let condition = there.as_ref().map_or("op_type=create".into(), |json| condition(version(json)));
            if self.write("sequence", &id, &condition, &json!({ "last": end }))? {
                return Ok(end - count + 1);
            }
            std::thread::sleep(Duration::from_millis(turn.min(50) as u64));
        }
        Err(busy(node))
    }

    fn document(&self, index: &str, id: &str) -> Result<Option<Json>, Error> {
        let answer = self.ready()?.call("GET", &format!("/{}{index}/_doc/{id}", self.prefix), None)?;
        if answer.status == 404 && answer.json.get("found") == Some(&Json::Bool(false)) {
            return Ok(None);
        }
        answer.ok("read the catalogue").map(Some)
    }

    /// Writes a document; false where the condition does not hold.
    fn write(&self, index: &str, id: &str, condition: &str, body: &Json) -> Result<bool, Error> {
        let path = format!("/{}{index}/_doc/{id}?refresh=true&{condition}", self.prefix);
        let answer = self.ready()?.call("PUT", &path, Some(body))?;
        if answer.status == 409 {
            return Ok(false);
        }
        answer.ok("write the catalogue").map(|_| true)
    }

    fn delete(&self, index: &str, id: &str) -> Result<bool, Error> {
        let answer: Answer =
            self.ready()?.call("DELETE", &format!("/{}{index}/_doc/{id}?refresh=true", self.prefix), None)?;
        if answer.status == 404 && answer.json.get("result").is_some() {
            return Ok(false);
        }
        answer.ok("remove from the catalogue").map(|_| true)
    }

    /// Every node of a fleet asks the same copy: another one may be behind for a moment, and what was finished would run again.
    fn search_path(&self, index: &str) -> String {
        format!("/{}{index}/_search?allow_partial_search_results=false&preference=catalogue", self.prefix)
    }

    /// Every document of a query, sorted by what is unique among them.
    fn every(&self, index: &str, query: &Json, sort: &Json, most: usize) -> Result<Vec<Json>, Error> {
        let mut found: Vec<Json> = Vec::new();
        let mut after: Option<Json> = None;
        while found.len() < most {
            let size = PAGE.min(most - found.len());
            let mut body = json!({ "size": size, "query": query, "sort": sort, "seq_no_primary_term": true, "track_total_hits": false });
            if let Some(after) = after.take() {
                body["search_after"] = after;
            }
            let path = self.search_path(index);
            let mut answer = crate::store::whole(
                self.ready()?.call("POST", &path, Some(&body))?.ok("read the catalogue")?,
            )?;
            let page = match answer.pointer_mut("/hits/hits").map(Json::take) {
                Some(Json::Array(list)) => list,
                _ => Vec::new(),
            };
            let count = page.len();
            after = page.last().and_then(|hit| hit.get("sort")).cloned();
            found.extend(page);
            if count < size || after.is_none() {
                break;
            }
        }
        Ok(found)
    }

    fn files_of(&self, query: &Json) -> Result<Vec<FileRecord>, Error> {
        let found = self.every("files", query, &json!([{ "node": "asc" }, { "num": "asc" }]), usize::MAX)?;
        found.into_iter().map(|hit| record(hit.get("_source"))).collect()
    }

    /// Raises the number of a node to at least this.
    fn raise(&self, node: &str, least: u32) -> Result<(), Error> {
        let id = id("files", node);
        for turn in 0..TRIES {
            let there = self.document("sequence", &id)?;
            if last(there.as_ref()) >= u64::from(least) {
                return Ok(());
            }
            let condition = there.as_ref().map_or("op_type=create".into(), |json| condition(version(json)));
            if self.write("sequence", &id, &condition, &json!({ "last": least }))? {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(turn.min(50) as u64));
        }
        Err(busy(node))
    }

    fn entries(&self, query: Json, descending: bool, most: usize) -> Result<Vec<Entry>, Error> {
        let order = if descending { "desc" } else { "asc" };
        let found = self.every("entries", &query, &json!([{ "key": order }]), most)?;
        Ok(found.into_iter().filter_map(|hit| entry(&hit)).collect())
    }
}

fn last(json: Option<&Json>) -> u64 {
    json.and_then(|json| json.pointer("/_source/last")).and_then(Json::as_u64).unwrap_or(0)
}

fn busy(node: &str) -> Error {
    Error::new(
        ErrorKind::Overloaded,
        format!(
            "no file number of node {node} could be taken, others take them all the time; is another machine named {node} too?"
        ),
    )
}

fn record(source: Option<&Json>) -> Result<FileRecord, Error> {
    serde_json::from_value(source.cloned().unwrap_or_default())
        .map_err(|error| damaged("the record of a packet file", error))
}

fn entry(json: &Json) -> Option<Entry> {
    Some(Entry {
        key: json.pointer("/_source/key")?.as_str()?.to_owned(),
        version: version(json),
        value: json.pointer("/_source/value/is").cloned().unwrap_or_default(),
    })
}

impl Catalog for Clustered {
    fn add_file(&self, file: &FileRecord) -> Result<u32, Error> {
        let num = self.reserve(&file.node, 1)?;
        self.put_file(&FileRecord { num, ..file.clone() })?;
        Ok(num)
    }

    fn update_file(&self, file: &FileRecord) -> Result<(), Error> {
        // a file that was found on disk has a number that was not given out here
        self.raise(&file.node, file.num)?;
        self.put_file(file)
    }

    fn file(&self, node: &str, num: u32) -> Result<Option<FileRecord>, Error> {
        let found = self.document("files", &file_id(node, num))?;
        found.map(|json| record(json.get("_source"))).transpose()
    }
    fn files(&self) -> Result<Vec<FileRecord>, Error> {
        self.files_of(&crate::dsl::everything())
    }
    fn files_like(&self, fingerprint: &str) -> Result<Vec<FileRecord>, Error> {
        // own captures have no fingerprint: they are like no other file
        if fingerprint.is_empty() {
            return Ok(Vec::new());
        }
        self.files_of(&json!({ "term": { "fingerprint": fingerprint } }))
    }
    fn remove_file(&self, node: &str, num: u32) -> Result<(), Error> {
        self.delete("files", &file_id(node, num)).map(|_| ())
    }

    fn get(&self, collection: &str, key: &str) -> Result<Option<Entry>, Error> {
        Ok(self.document("entries", &id(collection, key))?.and_then(|json| entry(&json)))
    }
    fn list(&self, collection: &str) -> Result<Vec<Entry>, Error> {
        self.entries(json!({ "term": { "collection": collection } }), false, usize::MAX)
    }
    fn collections(&self) -> Result<Vec<String>, Error> {
        let body = json!({ "size": 0, "track_total_hits": false, "aggs": { "all": {
            "terms": { "field": "collection", "size": 10_000, "order": { "_key": "asc" } },
        } } });
        let path = self.search_path("entries");
        let answer = self.ready()?.call("POST", &path, Some(&body))?.ok("read the catalogue")?;
        let answer = crate::store::whole(answer)?;
        let buckets = answer.pointer("/aggregations/all/buckets").and_then(Json::as_array);
        let names = buckets.into_iter().flatten().filter_map(|bucket| bucket.get("key")?.as_str());
        Ok(names.map(str::to_owned).collect())
    }
    fn latest(&self, collection: &str, from: &str, to: &str, limit: usize) -> Result<Vec<Entry>, Error> {
        let query = json!({ "bool": { "filter": [
            { "term": { "collection": collection } }, { "range": { "key": { "gte": from, "lt": to } } },
        ] } });
        self.entries(query, true, limit)
    }
    fn put(&self, collection: &str, key: &str, value: &Json, version: Option<u64>) -> Result<bool, Error> {
        let condition = match version {
            None => String::new(),
            Some(0) => "op_type=create".into(),
            Some(version) => condition(version),
        };
        // any JSON may be a value, and only objects are not looked into
        let body = json!({ "collection": collection, "key": key, "value": { "is": value } });
        self.write("entries", &id(collection, key), &condition, &body)
    }
    fn remove(&self, collection: &str, key: &str) -> Result<bool, Error> {
        self.delete("entries", &id(collection, key))
    }
    fn remove_before(&self, collection: &str, key: &str) -> Result<u64, Error> {
        let query = json!({ "bool": { "filter": [
            { "term": { "collection": collection } }, { "range": { "key": { "lt": key } } },
        ] } });
        let mut removed = 0;
        loop {
            let old = self.entries(query.clone(), false, PAGE)?;
            let count = old.len();
            for one in old {
                removed += u64::from(self.remove(collection, &one.key)?);
            }
            if count < PAGE {
                return Ok(removed);
            }
        }
    }
}

fn file_id(node: &str, num: u32) -> String {
    id(node, &num.to_string())
}

impl Clustered {
    fn put_file(&self, file: &FileRecord) -> Result<(), Error> {
        let body =
            serde_json::to_value(file).map_err(|error| damaged("the record of a packet file", error))?;
        self.write("files", &file_id(&file.node, file.num), "", &body).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_come_back() {
        let json = json!({ "_seq_no": 0, "_primary_term": 3 });
        assert_eq!(condition(version(&json)), "if_seq_no=0&if_primary_term=3");
        assert!(version(&json) > 0 && version(&json) < 1 << 53);
    }

    #[test]
    fn ids_stay_within_a_path_and_apart() {
        assert_eq!(id("users", "a/b ü"), "users%2Fa%2Fb%20%C3%BC");
        assert_eq!(id("users", &"x".repeat(500)).len(), 32);
        assert_ne!(file_id("a", 12), file_id("a/1", 2));
    }
}
