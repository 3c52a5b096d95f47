//! Hunts: a search in the payload of the sessions of a query, as a job that survives a restart.
//!
//! One hunt runs at a time, the oldest first; its sessions are searched by all cores, in order of first packet. Every
//! few seconds the place it has come to is written to the catalogue, and from there it goes on after a pause or a
//! restart. Sessions that match carry its id and name (`huntId`, `huntName`); where the match lies is kept in the collection `huntresults`.

use crate::api::payload::searched;
use crate::app::{App, now_ms};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::scope::{Scope, ScopeQuery};
use crate::stored::lease;
use ::fields::Target;
use index::{Control, Show, TermChange};
use notify::Message;
use query::{Bounding, Plan, Test, TextTest, time_range};
use regex::bytes::{Regex, RegexBuilder};
use serde_json::{Value, json};
use session::{SessionDoc, SessionId, core};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Collection of the hunts.
pub(crate) const HUNTS: &str = "hunts";
/// Collection of what they found: the key is the hunt's id, a dot, the session's id.
pub(crate) const RESULTS: &str = "huntresults";
/// Between two writes of the progress.
const SAVE: Duration = Duration::from_secs(2);
/// Sessions handed to the cores at once.
const BATCH: usize = 256;
/// Matches kept of one session.
const MATCHES: usize = 10;
/// Bytes shown around a match.
const AROUND: usize = 24;
/// Failed sessions that are listed.
const FAILED: usize = 1_000;

/// What is searched for.
pub(crate) struct Needle {
    regex: Regex,
    /// The expression is about the hexadecimal digits of the bytes.
    hex: bool,
}

impl Needle {
    /// Reads `search` as `searchType` says; the error is for the user.
    pub fn read(kind: &str, search: &str) -> Result<Self, ApiError> {
        let build = |pattern: &str, insensitive: bool| {
            RegexBuilder::new(pattern)
                .unicode(false)
                .case_insensitive(insensitive)
                .dot_matches_new_line(true)
                .size_limit(4 << 20)
                .build()
        };
        let bad = |error: regex::Error| {
            ApiError::forbidden(format!("the search is no regular expression: {error}"))
        };
        let literal = |bytes: &[u8]| bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect::<String>();
        let regex = match kind {
            "ascii" => build(&literal(search.as_bytes()), true),
            "asciicase" => build(&literal(search.as_bytes()), false),
            "hex" => {
                let digits: Vec<u8> = search.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
                let bytes: Option<Vec<u8>> = digits
                    .chunks(2)
                    .map(|pair| {
                        u8::from_str_radix(std::str::from_utf8(pair).ok().filter(|p| p.len() == 2)?, 16).ok()
                    })
                    .collect();
                let bytes = bytes.filter(|bytes| !bytes.is_empty());
                build(
                    &literal(&bytes.ok_or_else(|| {
                        ApiError::forbidden("Hex search must be pairs of hexadecimal digits")
                    })?),
                    false,
                )
            }
            "regex" => build(search, false),
            "hexregex" => build(search, true),
            _ => {
                return Err(ApiError::forbidden(
                    "Improper packet search type. Must be \"ascii\", \"asciicase\", \"hex\", \"hexregex\", or \"regex\"",
                ));
            }
        };
        let regex = regex.map_err(bad)?;
        if regex.is_match(b"") {
            return Err(ApiError::forbidden(
                "the search matches nothing at all, so every packet would match",
            ));
        }
        Ok(Self { regex, hex: kind == "hexregex" })
    }

    /// Offset and length of the first matches.
    pub fn find(&self, bytes: &[u8]) -> Vec<(usize, usize)> {
        if !self.hex {
            return self.regex.find_iter(bytes).take(MATCHES).map(|m| (m.start(), m.len())).collect();
        }
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let whole = self.regex.find_iter(digits.as_bytes()).filter(|m| m.start() % 2 == 0);
        whole.take(MATCHES).map(|m| (m.start() / 2, m.len().div_ceil(2))).collect()
    }
}

/// Begins to work off what is queued, unless that goes on already.
pub(crate) fn wake(app: &App) {
    if app.hunting.swap(true, Ordering::AcqRel) {
        return;
    }
    let app = app.clone();
    let work = move || {
        loop {
            process(&app);
            app.hunting.store(false, Ordering::Release);
            // one that was queued in between found this thread still at work
            if next(&app).is_none() || app.hunting.swap(true, Ordering::AcqRel) {
                break;
            }
        }
    };
    if let Err(error) = std::thread::Builder::new().name("hunts".into()).spawn(work) {
        tracing::error!(%error, "hunts cannot run");
    }
}

/// Runs every hunt that is queued or was running; returns when none is left.
pub(crate) fn process(app: &App) {
    while let Some((id, hunt)) = next(app) {
        let result = run(app, &id, &hunt);
        if let Err(error) = result {
            tracing::warn!(hunt = id, %error, "a hunt ended with an error");
            let failed = update(app, &id, |hunt| {
                hunt["status"] = "paused".into();
                hunt["error"] = error.text.as_str().into();
            });
            if failed.is_err() {
                std::thread::sleep(SAVE);
                return; // the catalogue is away: the hunt goes on when somebody wakes it
            }
        }
    }
}

fn next(app: &App) -> Option<(String, Value)> {
    let entries = app.state.catalog.list(HUNTS).ok()?;
    let mut due: Vec<_> = entries
        .into_iter()
        .filter(|e| matches!(e.value["status"].as_str(), Some("running" | "queued")))
        .collect();
    // one that was running before a restart goes first
    due.sort_by_key(|e| (e.value["status"] != "running", e.value["created"].as_i64(), e.key.clone()));
    due.into_iter().next().map(|entry| (entry.key, entry.value))
}

/// Changes a hunt, whoever else changes it at the same time; `None` when it is gone.
pub(crate) fn update(app: &App, id: &str, change: impl FnMut(&mut Value)) -> Result<Option<Value>, ApiError> {
    crate::entries::update(&*app.state.catalog, HUNTS, id, change)
}

/// The sessions of a hunt: its query with the rights of who made it.
pub(crate) fn plan_of(app: &App, hunt: &Value) -> Result<Plan, ApiError> {
    let user = hunt["userId"].as_str().unwrap_or_default();
    let user = match crate::roles::effective(&*app.state.catalog, user)? {
        Some(user) if user.enabled && user.packet_search => user,
        Some(_) => return Err(ApiError::forbidden(format!("{user} may not search packets any more"))),
        None if app.config.regression_tests => crate::auth::regression::everything(user),
        None => return Err(ApiError::forbidden(format!("there is no user {user} any more"))),
    };
    let caller = Caller { user: user.into(), login: None };
    let query = &hunt["query"];
    let text = |name: &str| match &query[name] {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let scope = ScopeQuery {
        start_time: text("startTime"),
        stop_time: text("stopTime"),
        expression: text("expression"),
        view: text("view"),
        ..ScopeQuery::default()
    };
    Ok(Scope::resolve(app, &caller, &scope)?.plan)
}

#[derive(Default)]
struct Batch {
    docs: Vec<SessionDoc>,
    matched: u64,
    searched: u64,
    failed: Vec<String>,
    last: Option<(i64, SessionId)>,
}

fn run(app: &App, id: &str, hunt: &Value) -> Result<(), ApiError> {
    let needle = Needle::read(
        hunt["searchType"].as_str().unwrap_or_default(),
        hunt["search"].as_str().unwrap_or_default(),
    )?;
    let mut plan = plan_of(app, hunt)?;
    let after = hunt["lastPacketTime"]
        .as_i64()
        .zip(hunt["lastSessionId"].as_str().and_then(|id| id.parse::<SessionId>().ok()));
    if let Some((time, _)) = after {
        plan = Plan::And(vec![plan, time_range(time, i64::MAX, Bounding::First)]).simplify();
    }
    let started = update(app, id, |hunt| {
        hunt["status"] = "running".into();
        hunt["error"] = Value::Null;
        if hunt["started"].is_null() {
            hunt["started"] = (now_ms() / 1_000).into();
        }
    })?;
    if started.is_none() {
        return Ok(());
    }
    let control = Control::new();
    // what is to be searched stays until it is; a hunt that is paused lets go
    let _lease = lease(app, &plan, u64::MAX, "a hunt", &control)?;
    let defs = [
        &core::NODE.def,
        &core::START_TIME.def,
        &core::BYTES.def,
        &core::SRC_IP.def,
        &core::SRC_PORT.def,
        &core::SRC_MAC.def,
    ];
    let show = Show::WithPositions(defs.map(Target::of).to_vec());
    let (mut batch, mut saved, mut outcome) = (Batch::default(), Instant::now(), Ok(true));
    app.state.index.scan(&plan, &show, &control, &mut |doc| {
        let place = (doc.int(&core::START_TIME).unwrap_or(0), doc.id);
        if after.is_some_and(|after| place <= after) {
            return true;
        }
        batch.last = Some(place);
        batch.docs.push(doc);
        if batch.docs.len() < BATCH {
            return true;
        }
        outcome = search(app, id, hunt, &needle, &mut batch, &control).and_then(|()| {
            if saved.elapsed() < SAVE {
                return Ok(true);
            }
            saved = Instant::now();
            save(app, id, &mut batch)
        });
        matches!(outcome, Ok(true))
    })?;
    if !outcome? {
        return Ok(()); // paused, cancelled or removed
    }
    search(app, id, hunt, &needle, &mut batch, &control)?;
    if save(app, id, &mut batch)?
        && let Some(hunt) = update(app, id, |hunt| hunt["status"] = "finished".into())?
    {
        app.notices.send(&hunt, message(&hunt));
    }
    Ok(())
}

/// Writes how far it is; false when it is to end.
fn save(app: &App, id: &str, batch: &mut Batch) -> Result<bool, ApiError> {
    let Batch { matched, searched, failed, last, .. } = std::mem::take(batch);
    let hunt = update(app, id, |hunt| {
        hunt["matchedSessions"] = (hunt["matchedSessions"].as_u64().unwrap_or(0) + matched).into();
        hunt["searchedSessions"] = (hunt["searchedSessions"].as_u64().unwrap_or(0) + searched).into();
        hunt["lastUpdated"] = (now_ms() / 1_000).into();
        if let Some((time, session)) = last {
            hunt["lastPacketTime"] = time.into();
            hunt["lastSessionId"] = session.to_string().into();
        }
        if !failed.is_empty() {
            let mut all = hunt["failedSessionIds"].as_array().cloned().unwrap_or_default();
            all.extend(failed.iter().map(|id| Value::from(id.as_str())));
            all.truncate(FAILED);
            hunt["failedSessionIds"] = all.into();
        }
    })?;
    Ok(hunt.is_some_and(|hunt| hunt["status"] == "running"))
}

/// Searches the sessions of a batch by all cores and marks those that match.
fn search(
    app: &App,
    id: &str,
    hunt: &Value,
    needle: &Needle,
    batch: &mut Batch,
    control: &Control,
) -> Result<(), ApiError> {
    let docs = std::mem::take(&mut batch.docs);
    if docs.is_empty() {
        return Ok(());
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let size = docs.len().div_ceil(cores).max(1);
    let found: Vec<(SessionId, Result<Vec<Value>, ApiError>)> = std::thread::scope(|scope| {
        let parts: Vec<_> = docs
            .chunks(size)
            .map(|part| {
                scope.spawn(move || {
                    part.iter()
                        .map(|doc| (doc.id, matches_of(app, doc, hunt, needle, control)))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        parts.into_iter().filter_map(|part| part.join().ok()).flatten().collect()
    });
    let mut marked = Vec::new();
    for (session, result) in found {
        batch.searched += 1;
        match result {
            Ok(matches) if matches.is_empty() => {}
            Ok(matches) => {
                app.state.catalog.put(RESULTS, &format!("{id}.{session}"), &json!(matches), None)?;
                marked.push(session);
            }
            Err(_) => batch.failed.push(session.to_string()),
        }
    }
    if !marked.is_empty() {
        batch.matched += marked.len() as u64;
        let plan = Plan::Ids(marked);
        for change in marks(id, hunt, true) {
            app.state.index.change_terms(&plan, &change, control)?;
        }
    }
    Ok(())
}

/// How sessions are marked that a hunt found: its id and its name are added or removed.
pub(crate) fn marks(id: &str, hunt: &Value, add: bool) -> [TermChange; 2] {
    let name = hunt["name"].as_str().unwrap_or_default();
    [(&core::HUNT_ID.def, id), (&core::HUNT_NAME.def, name)].map(|(def, value)| {
        let (values, none) = (vec![value.to_owned()], Vec::new());
        let (add, remove) = if add { (values, none) } else { (none, values) };
        TermChange { target: Target::of(def), add, remove }
    })
}

/// The sessions that carry the mark of a hunt.
pub(crate) fn found(id: &str) -> Plan {
    Plan::leaf(Target::of(&core::HUNT_ID.def), Test::Texts(vec![TextTest::Is(id.to_owned())]))
}

fn message(hunt: &Value) -> Message {
    let text = |name: &str| hunt[name].as_str().unwrap_or_default();
    let [matched, searched] =
        ["matchedSessions", "searchedSessions"].map(|name| hunt[name].as_u64().unwrap_or(0));
    let expression = hunt["query"]["expression"].as_str().unwrap_or_default();
    let data = json!({
        "kind": "hunt", "name": text("name"), "search": text("search"), "searchType": text("searchType"),
        "expression": expression, "count": matched, "total": searched, "creator": text("userId"),
    });
    Message {
        title: format!("hunt {}: {matched} of {searched} sessions match", text("name")),
        text: format!("{}: {}\nexpression: {expression}", text("searchType"), text("search")),
        data: data.as_object().cloned().unwrap_or_default(),
    }
}

/// Where a session matches: side, number of the packet (raw only), offset, and what lies around it.
fn matches_of(
    app: &App,
    doc: &SessionDoc,
    hunt: &Value,
    needle: &Needle,
    control: &Control,
) -> Result<Vec<Value>, ApiError> {
    let reassembled = hunt["type"] == "reassembled";
    let size = hunt["size"].as_u64().and_then(|size| usize::try_from(size).ok()).unwrap_or(50);
    let mut matches = Vec::new();
    for piece in searched(app, doc, (reassembled, size), control)? {
        if !hunt[piece.side].as_bool().unwrap_or(true) || matches.len() >= MATCHES {
            continue;
        }
        for (at, len) in needle.find(&piece.bytes) {
            let from = at.saturating_sub(AROUND);
            let around =
                piece.bytes.get(from..(at + len + AROUND).min(piece.bytes.len())).unwrap_or_default();
            let context: String = around
                .iter()
                .map(|b| if (0x20..0x7f).contains(b) { char::from(*b) } else { '.' })
                .take(200)
                .collect();
            matches.push(json!({ "side": piece.side, "packet": piece.packet, "offset": at, "length": len, "context": context }));
        }
    }
    matches.truncate(MATCHES);
    Ok(matches)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_search() {
        let find =
            |kind: &str, search: &str| Needle::read(kind, search).unwrap().find(b"GET /a\r\n\0\xff\x4f");
        assert_eq!(find("ascii", "get"), [(0, 3)]);
        assert_eq!(find("asciicase", "get"), []);
        assert_eq!(find("asciicase", "/a"), [(4, 2)]);
        assert_eq!(find("hex", "0d 0a 00"), [(6, 3)]);
        assert_eq!(find("regex", r"/[a-z]\r"), [(4, 3)]);
        assert_eq!(find("hexregex", "00f.4f"), [(8, 3)]);
        // f4 stands across two bytes
        assert_eq!(find("hexregex", "f4f"), []);
        for (kind, search) in [("hex", "abc"), ("hex", ""), ("regex", "("), ("regex", "a*"), ("other", "a")] {
            assert!(Needle::read(kind, search).is_err(), "{kind} {search}");
        }
    }
}
