//! How the cluster is, and looking after it.

use crate::client::Product;
use crate::gate::is_away;
use crate::store::Store;
use index::{Administration, Condition, Error, Health, Member, Optimized, Part};
use serde_json::{Value as Json, json};
use std::collections::HashMap;

/// Indices that are optimised in one request.
const AT_ONCE: usize = 10;

/// A number that the cluster may write as text.
fn number(json: &Json, key: &str) -> u64 {
    match json.get(key) {
        Some(Json::Number(number)) => number.as_u64().unwrap_or(0),
        Some(Json::String(text)) => text.parse().unwrap_or(0),
        _ => 0,
    }
}

fn text(json: &Json, key: &str) -> String {
    json.get(key).and_then(Json::as_str).unwrap_or("").to_owned()
}

impl Store {
    fn table(&self, path: &str, what: &str) -> Result<Vec<Json>, Error> {
        match self.client.call("GET", path, None)?.ok(what)? {
            Json::Array(rows) => Ok(rows),
            _ => Ok(Vec::new()),
        }
    }

    /// Earliest and latest last packet of each index.
    fn times(&self) -> Result<HashMap<String, (i64, i64)>, Error> {
        let body = json!({ "size": 0, "track_total_hits": false, "aggs": { "index": {
            "terms": { "field": "_index", "size": 10_000 },
            "aggs": { "first": { "min": { "field": "lastPacket" } }, "last": { "max": { "field": "lastPacket" } } },
        } } });
        let answer = self.ask(body, &index::Control::new())?;
        let buckets = answer.pointer("/aggregations/index/buckets").and_then(Json::as_array);
        let time = |bucket: &Json, name: &str| {
            bucket.pointer(&format!("/{name}/value")).and_then(Json::as_f64).map(|value| value as i64)
        };
        let of = |bucket: &Json| {
            let times = (time(bucket, "first").unwrap_or(0), time(bucket, "last").unwrap_or(i64::MAX));
            Some((bucket.get("key")?.as_str()?.to_owned(), times))
        };
        Ok(buckets.into_iter().flatten().filter_map(of).collect())
    }

    /// Segments and bytes of all indices of sessions.
    fn pieces(&self) -> Result<(u64, u64), Error> {
        let path = format!(
            "/{}/_stats/segments,store?ignore_unavailable=true&allow_no_indices=true",
            self.options.sessions()
        );
        let stats = self.client.call("GET", &path, None)?.ok("say how large its indices are")?;
        let get = |pointer: &str| stats.pointer(pointer).and_then(Json::as_u64).unwrap_or(0);
        Ok((get("/_all/primaries/segments/count"), get("/_all/primaries/store/size_in_bytes")))
    }
}

impl Administration for Store {
    fn health(&self) -> Result<Health, Error> {
        let spool = self.spool();
        let cluster = self.known().and_then(|known| {
            let answer = self.client.call("GET", "/_cluster/health", None)?;
            Ok((known, answer.ok("say how it is")?))
        });
        let (known, cluster) = match cluster {
            // what waits here is known also while nothing else is
            Err(error) if is_away(&error) => {
                return Ok(Health {
                    store: "cluster".to_owned(),
                    place: self.client.hosts(),
                    condition: Condition::Bad,
                    problems: vec![error.to_string()],
                    pending: spool.documents,
                    log_bytes: spool.bytes,
                    ..Health::default()
                });
            }
            other => other?,
        };
        let mut health = Health {
            store: match known.product {
                Product::OpenSearch => "opensearch".to_owned(),
                Product::Elasticsearch => "elasticsearch".to_owned(),
            },
            place: self.client.hosts(),
            version: known.version.clone(),
            condition: match text(&cluster, "status").as_str() {
                "green" => Condition::Good,
                "yellow" => Condition::Warning,
                _ => Condition::Bad,
            },
            pending: spool.documents,
            log_bytes: spool.bytes,
            shards: number(&cluster, "active_shards"),
            shards_unassigned: number(&cluster, "unassigned_shards"),
            ..Health::default()
        };
        match health.condition {
            Condition::Good => {}
            Condition::Warning => health.problems.push(format!(
                "{} copies of shards have no machine: the loss of one machine can lose sessions; start more machines or set fewer replicas",
                health.shards_unassigned
            )),
            Condition::Bad => health.problems.push(format!(
                "{} shards have no machine: some sessions cannot be found; start the machines that are missing",
                health.shards_unassigned
            )),
        }
        if let Some(problem) = &spool.problem {
            health.problems.push(format!("{} sessions wait on this machine: {problem}", spool.documents));
            health.condition = health.condition.max(Condition::Warning);
        }
        if spool.rejected > 0 {
            health.problems.push(format!(
                "the cluster refused {} sessions for good; see rejected.ndjson in the spool",
                spool.rejected
            ));
            health.condition = Condition::Bad;
        }
        let columns = "format=json&bytes=b";
        let times = self.times()?;
        let indices = format!(
            "/_cat/indices/{}?{columns}&h=index,docs.count,docs.deleted,pri.store.size,pri&expand_wildcards=all",
            self.options.sessions()
        );
        for row in self.table(&indices, "list its indices")? {
            let name = text(&row, "index");
            let (first, last) = times.get(&name).copied().unwrap_or((0, i64::MAX));
            health.parts.push(Part {
                sessions: number(&row, "docs.count"),
                bytes: number(&row, "pri.store.size"),
                pieces: number(&row, "pri"),
                deleted: number(&row, "docs.deleted"),
                first,
                last,
                name,
            });
        }
        health.parts.sort_by(|a, b| (a.first, &a.name).cmp(&(b.first, &b.name)));
        health.sessions = health.parts.iter().map(|part| part.sessions).sum();
        health.bytes = health.parts.iter().map(|part| part.bytes).sum();
        let disks: HashMap<String, Json> = self
            .table(
                &format!("/_cat/allocation?{columns}&h=node,shards,disk.avail,disk.total"),
                "list its disks",
            )?
            .into_iter()
            .map(|row| (text(&row, "node"), row))
            .collect();
        let nodes = format!("/_cat/nodes?{columns}&h=name,node.role,heap.percent,cpu");
        for row in self.table(&nodes, "list its machines")? {
            let name = text(&row, "name");
            let disk = disks.get(&name).unwrap_or(&Json::Null);
            health.members.push(Member {
                roles: text(&row, "node.role"),
                heap_percent: number(&row, "heap.percent"),
                cpu_percent: number(&row, "cpu"),
                shards: number(disk, "shards"),
                disk_free: number(disk, "disk.avail"),
                disk_size: number(disk, "disk.total"),
                name,
            });
        }
        health.members.sort_by(|a, b| a.name.cmp(&b.name));
        health.disk_free = health.members.iter().map(|member| member.disk_free).sum();
        health.disk_size = health.members.iter().map(|member| member.disk_size).sum();
        Ok(health)
    }

    fn upgrade(&self) -> Result<Vec<String>, Error> {
        let done = self.install()?;
        self.maintain()?;
        Ok(done
            .then(|| "the index template and the mappings know this version's fields".to_owned())
            .into_iter()
            .collect())
    }

    fn optimize(&self, see: &mut dyn FnMut(&str)) -> Result<Optimized, Error> {
        let (pieces_before, bytes_before) = self.pieces()?;
        let path = format!("/_cat/indices/{}?format=json&h=index", self.options.sessions());
        let names: Vec<String> =
            self.table(&path, "list its indices")?.iter().map(|row| text(row, "index")).collect();
        for some in names.chunks(AT_ONCE) {
            for name in some {
                see(name);
                let answer =
                    self.client.call("POST", &format!("/{name}/_forcemerge?max_num_segments=1"), None);
                match answer {
                    // it goes on in the cluster when nobody waits for it any more
                    Err(error) if error.kind == index::ErrorKind::TimedOut => {}
                    answer => answer?.ok(&format!("merge the index {name}")).map(|_| ())?,
                }
            }
        }
        let (pieces_after, bytes_after) = self.pieces()?;
        Ok(Optimized { pieces_before, pieces_after, bytes_before, bytes_after })
    }
}
