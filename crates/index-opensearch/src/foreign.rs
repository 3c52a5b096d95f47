//! Documents of a cluster that another program filled, as they are there: an Arkime's.

use crate::client::Client;
use crate::options::Options;
use index::Error;
use serde_json::{Value as Json, json};

/// Documents of one answer.
const PAGE: usize = 1_000;
/// How long the cluster keeps a view between two answers.
const KEPT: &str = "10m";

/// The indices of an Arkime.
pub struct Foreign {
    client: Client,
    prefix: String,
}

/// One document: its index, its id, itself.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignDocument {
    /// Its index, `arkime_sessions3-261123`.
    pub index: String,
    /// Its id there.
    pub id: String,
    /// Itself.
    pub source: Json,
}

impl std::fmt::Debug for Foreign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Foreign").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl Foreign {
    /// Looks whether the indices of this prefix are an Arkime's: they have sessions, and not the catalogue that is made here. `None` where they
    /// are not.
    ///
    /// # Errors
    /// The cluster cannot be reached or refuses.
    pub fn open(options: &Options) -> Result<Option<Self>, Error> {
        let client = Client::new(options)?;
        client.product()?;
        let foreign = Self { client, prefix: options.prefix.clone() };
        let own = foreign.client.call("GET", &format!("/{}entries", foreign.prefix), None)?;
        let arkimes = own.status == 404 && !foreign.indices("sessions")?.is_empty();
        Ok(arkimes.then_some(foreign))
    }

    /// Names of the indices whose names go on like this behind the prefix.
    fn indices(&self, name: &str) -> Result<Vec<String>, Error> {
        let path = format!("/_cat/indices/{}{name}*?format=json&h=index", self.prefix);
        let answer = self.client.call("GET", &path, None)?.ok("list its indices")?;
        let rows = answer.as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(rows.iter().filter_map(|row| row.get("index")?.as_str().map(str::to_owned)).collect())
    }

    /// Every index of the prefix, and how many documents it has.
    ///
    /// # Errors
    /// The cluster cannot be reached or refuses.
    pub fn counts(&self) -> Result<Vec<(String, u64)>, Error> {
        let path = format!("/_cat/indices/{}*?format=json&h=index,docs.count", self.prefix);
        let answer = self.client.call("GET", &path, None)?.ok("list its indices")?;
        let rows = answer.as_array().map(Vec::as_slice).unwrap_or_default();
        let row = |row: &Json| {
            let count = row.get("docs.count").and_then(Json::as_str).and_then(|count| count.parse().ok());
            Some((row.get("index")?.as_str()?.to_owned(), count.unwrap_or(0)))
        };
        Ok(rows.iter().filter_map(row).collect())
    }

    /// Calls `see` with every document of the indices whose names go on like this (`sessions`, `files`), the earliest first packet first, until
    /// it returns false. What is written meanwhile is not among them.
    ///
    /// # Errors
    /// Those of `see`; the cluster cannot be reached or refuses.
    pub fn each<E: From<Error>>(
        &self,
        name: &str,
        see: &mut dyn FnMut(ForeignDocument) -> Result<bool, E>,
    ) -> Result<bool, E> {
        let body = json!({
            "size": PAGE, "query": crate::dsl::everything(),
            "sort": [{ "firstPacket": { "order": "asc", "unmapped_type": "date" } }, "_doc"],
        });
        let path = format!(
            "/{}{name}*/_search?scroll={KEPT}&allow_partial_search_results=false&ignore_unavailable=true&allow_no_indices=true",
            self.prefix
        );
        let mut answer =
            crate::store::whole(self.client.call("POST", &path, Some(&body))?.ok("read its documents")?)?;
        let mut scroll = None;
        let mut go_on = true;
        let ended = loop {
            scroll = answer.get("_scroll_id").and_then(Json::as_str).map(str::to_owned).or(scroll);
            let hits = match answer.pointer_mut("/hits/hits").map(Json::take) {
                Some(Json::Array(hits)) => hits,
                _ => Vec::new(),
            };
            if hits.is_empty() {
                break Ok(());
            }
            for mut hit in hits {
                let text = |key: &str| hit.get(key).and_then(Json::as_str).unwrap_or("").to_owned();
                let (index, id) = (text("_index"), text("_id"));
                let source = hit.get_mut("_source").map(Json::take).unwrap_or_default();
                match see(ForeignDocument { index, id, source }) {
                    Ok(more) => go_on &= more,
                    Err(error) => {
                        self.close(scroll);
                        return Err(error);
                    }
                }
                if !go_on {
                    break;
                }
            }
            let Some(id) = scroll.as_deref().filter(|_| go_on) else { break Ok(()) };
            let next = json!({ "scroll": KEPT, "scroll_id": id });
            let page = self.client.call("POST", "/_search/scroll", Some(&next));
            match page.and_then(|page| crate::store::whole(page.ok("read its documents")?)) {
                Ok(page) => answer = page,
                Err(error) => break Err(error),
            }
        };
        self.close(scroll);
        ended?;
        Ok(go_on)
    }

    /// What is not closed ends by itself after its time.
    fn close(&self, scroll: Option<String>) {
        if let Some(id) = scroll {
            let _ = self.client.call("DELETE", "/_search/scroll", Some(&json!({ "scroll_id": id })));
        }
    }
}
