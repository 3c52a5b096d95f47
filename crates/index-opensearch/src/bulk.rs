//! Many documents in one request, and what became of each.

use crate::client::Client;
use index::Error;
use serde_json::{Value as Json, json};

/// What is done with a document.
pub(crate) enum Operation {
    /// It is written, in place of what is there.
    Index(String),
    /// It is written where nobody changed it since it was read.
    Replace { source: String, sequence: u64, term: u64 },
    /// It goes.
    Delete,
}

/// One document.
pub(crate) struct Item {
    pub index: String,
    pub id: String,
    pub operation: Operation,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Done,
    /// Somebody else changed it.
    Conflict,
    /// It was not there.
    Gone,
    /// The cluster cannot take it for now.
    Later(String),
    /// The cluster will never take it.
    Never(String),
}

/// Sends them; one outcome each, in order. An error says that nothing is known of any.
pub(crate) fn send(client: &Client, items: &[Item]) -> Result<Vec<Sent>, Error> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    let mut body = String::new();
    for item in items {
        let mut place = json!({ "_index": item.index, "_id": item.id });
        let (verb, source) = match &item.operation {
            Operation::Index(source) => ("index", Some(source)),
            Operation::Replace { source, sequence, term } => {
                place["if_seq_no"] = (*sequence).into();
                place["if_primary_term"] = (*term).into();
                ("index", Some(source))
            }
            Operation::Delete => ("delete", None),
        };
        body.push_str(&json!({ (verb): place }).to_string());
        body.push('\n');
        if let Some(source) = source {
            body.push_str(source);
            body.push('\n');
        }
    }
    // documents of shards that have no machine come back one by one, and do not hold up the others
    let path = format!("/_bulk?timeout={}s", client.inner_timeout().as_secs());
    let answer = client.lines(&path, body.as_bytes())?.ok("take documents")?;
    let list = answer.get("items").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut sent: Vec<Sent> = list.iter().map(outcome).collect();
    sent.resize(items.len(), Sent::Later("the cluster did not say what became of it".into()));
    Ok(sent)
}

fn outcome(item: &Json) -> Sent {
    let Some(item) = item.as_object().and_then(|map| map.values().next()) else {
        return Sent::Later("the cluster did not say what became of it".into());
    };
    let status = item.get("status").and_then(Json::as_u64).unwrap_or(0);
    let text = |key: &str| item.pointer(&format!("/error/{key}")).and_then(Json::as_str).unwrap_or("");
    let cause = item.pointer("/error/caused_by/reason").and_then(Json::as_str).unwrap_or("");
    let reason =
        || format!("{}: {} {cause}", text("type"), text("reason")).trim_end().chars().take(400).collect();
    match status {
        200..300 => Sent::Done,
        404 if item.get("error").is_none() => Sent::Gone,
        409 => Sent::Conflict,
        // documents that do not fit stay so; a full disk (403, or 429 in newer versions), a busy or missing shard and a missing right do not
        400 if !text("type").contains("cluster_block")
            && !text("type").contains("max_shards")
            && !text("reason").contains("maximum") =>
        {
            Sent::Never(reason())
        }
        413 => Sent::Never(reason()),
        _ => Sent::Later(reason()),
    }
}

/// Makes what was written to these indices visible to searches.
pub(crate) fn refresh(client: &Client, indices: &str) -> Result<(), Error> {
    let path = format!("/{indices}/_refresh?ignore_unavailable=true&allow_no_indices=true");
    client.call("POST", &path, None)?.ok("make documents visible").map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_is_told_apart() {
        let of = |status: u64, kind: &str| {
            outcome(&json!({ "index": { "status": status, "error": { "type": kind, "reason": "why" } } }))
        };
        assert_eq!(outcome(&json!({ "index": { "status": 201 } })), Sent::Done);
        assert_eq!(outcome(&json!({ "delete": { "status": 404, "result": "not_found" } })), Sent::Gone);
        assert_eq!(of(409, "version_conflict_engine_exception"), Sent::Conflict);
        assert_eq!(of(400, "mapper_parsing_exception"), Sent::Never("mapper_parsing_exception: why".into()));
        for (status, kind) in [
            (429, "es_rejected_execution_exception"),
            (403, "cluster_block_exception"),
            (429, "cluster_block_exception"),
            (503, "unavailable_shards_exception"),
        ] {
            assert!(matches!(of(status, kind), Sent::Later(_)), "{status} {kind}");
        }
    }
}
