//! Changing sessions: tags, deletion of documents and of packets.

use crate::api::export::{each, selection};
use crate::api::pcap::missing;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::fleet::Where;
use crate::params::Params;
use crate::scope::forced;
use crate::stored::{Located, lease};
use ::fields::Target;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use index::{Control, Show, TermChange};
use packets::{FileSource, Files, Gone, Keyring, Loss, Scrubbed, Scrubber, Wanted};
use query::Plan;
use serde_json::{Value, json};
use session::{SessionId, core};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Tags of one request.
const MAX_TAGS: usize = 100;

/// Tags without the characters that no tag has, as Arkime leaves them out.
pub(crate) fn clean_tags(tags: &[String]) -> Result<Vec<String>, ApiError> {
    let kept = |c: &char| c.is_ascii_alphanumeric() || "-_:".contains(*c);
    let clean = tags.iter().map(|tag| tag.chars().filter(kept).collect());
    let tags: Vec<String> = clean.filter(|tag: &String| !tag.is_empty()).collect();
    if tags.len() > MAX_TAGS {
        return Err(ApiError::forbidden(format!("at most {MAX_TAGS} tags at once")));
    }
    Ok(tags)
}

/// Reads `tags`.
fn tags(params: &Params) -> Result<Vec<String>, ApiError> {
    let tags = clean_tags(&params.list("tags"))?;
    if tags.is_empty() { Err(ApiError::forbidden("No tags specified")) } else { Ok(tags) }
}

async fn change_tags(
    app: App,
    caller: Caller,
    params: Params,
    change: TermChange,
    done: &'static str,
) -> Result<Json<Value>, ApiError> {
    let work = move |app: &App, control: &Control| {
        let scope = selection(app, &caller, &params, control)?;
        Ok(app.state.index.change_terms(&scope.plan, &change, control)?)
    };
    let changed = app.query(None, work).await?;
    Ok(Json(json!({ "success": true, "text": done, "sessions": changed })))
}

#[utoipa::path(post, path = "/api/sessions/addtags", tag = "sessions", params(crate::scope::ScopeQuery,
        ("tags" = String, Query, description = "Tags, separated by commas: letters, digits, `-`, `_`, `:`"),
        ("segments" = Option<String>, Query, description = "Also segments of the same long session: `no`, `time`, `all`")),
    responses((status = 200, description = "`{success,text,sessions}`"), (status = 403, description = "No tags, or an expression that cannot be read")))]
/// Adds tags to the sessions of a search or a list of ids.
pub(crate) async fn add_tags(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let change = TermChange::tags(tags(&params)?, Vec::new());
    change_tags(app, caller, params, change, "Tags added successfully").await
}

fn may_remove(caller: &Caller) -> Result<(), ApiError> {
    if caller.user.remove_enabled { Ok(()) } else { Err(ApiError::forbidden("Need remove data privileges")) }
}

#[utoipa::path(post, path = "/api/sessions/removetags", tag = "sessions", params(crate::scope::ScopeQuery,
        ("tags" = String, Query, description = "Tags, separated by commas"),
        ("segments" = Option<String>, Query, description = "Also segments of the same long session: `no`, `time`, `all`")),
    responses((status = 200, description = "`{success,text,sessions}`"), (status = 403, description = "No tags, or no right to remove data")))]
/// Removes tags from the sessions of a search or a list of ids.
pub(crate) async fn remove_tags(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    may_remove(&caller)?;
    let change = TermChange::tags(Vec::new(), tags(&params)?);
    change_tags(app, caller, params, change, "Tags removed successfully").await
}

#[utoipa::path(post, path = "/api/delete", tag = "sessions", params(crate::scope::ScopeQuery,
        ("removeSpi" = Option<bool>, Query, description = "Deletes the documents"),
        ("removePcap" = Option<bool>, Query, description = "Overwrites the packets in their files with zeros; not possible in files that are compressed, encrypted or still written"),
        ("segments" = Option<String>, Query, description = "Also segments of the same long session: `no`, `time`, `all`")),
    responses((status = 200, description = "`{success,text,sessions,packets,missing:[{file,reason,packets}]}`"), (status = 403, description = "Nothing named, or no right to remove data"), (status = 409, description = "No packet could be overwritten; nothing is deleted then")))]
/// Deletes sessions. What is deleted must be named by ids or an expression.
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    may_remove(&caller)?;
    if params.get("ids").or(params.get("id")).or(params.get("expression")).is_none() {
        return Err(ApiError::forbidden(
            "Error: Missing expression. An expression is required so you don't delete everything.",
        ));
    }
    let (documents, packets) = (params.is_set("removeSpi"), params.is_set("removePcap"));
    if !documents && !packets {
        return Err(ApiError::forbidden("nothing to delete: set removeSpi or removePcap"));
    }
    let work = move |app: &App, control: &Control| {
        let scope = selection(app, &caller, &params, control)?;
        if !packets {
            let deleted = app.state.index.delete(&scope.plan, control)?;
            return Ok(
                json!({ "success": true, "text": format!("Deletion of {deleted} sessions successful"), "sessions": deleted }),
            );
        }
        let (done, undone) = scrub(app, &scope.plan, &caller.user.user_id, control)?;
        let missing = missing(&done.losses);
        if done.packets == 0 && !done.losses.is_empty() {
            let why: Vec<String> = done.losses.iter().take(3).map(ToString::to_string).collect();
            return Err(ApiError::new(StatusCode::CONFLICT, why.join("; ")));
        }
        let mut text = format!("Scrubbing PCAP of {} sessions successful", done.sessions);
        if !missing.is_empty() {
            text.push_str("; some packets could not be overwritten");
        }
        let mut sessions = done.sessions;
        if documents {
            let rest = Plan::And(vec![scope.plan, Plan::Not(Box::new(Plan::Ids(undone)))]).simplify();
            sessions = app.state.index.delete(&rest, control)?;
            text = format!("{text}. Deletion of {sessions} sessions successful");
        }
        Ok(
            json!({ "success": true, "text": text, "sessions": sessions, "packets": done.packets, "missing": missing }),
        )
    };
    app.query(None, work).await.map(Json)
}

/// Overwrites the packets of the sessions of a plan, each on the node that has them, and marks the sessions. Returns
/// also the sessions of nodes that did not do it.
fn scrub(
    app: &App,
    plan: &Plan,
    user: &str,
    control: &Control,
) -> Result<(Scrubbed, Vec<SessionId>), ApiError> {
    let _lease = lease(app, plan, u64::MAX, "a deletion", control)?;
    let finished = Finished { app, located: Located::new(app, user) };
    let mut scrubber = Scrubber::new(&finished);
    let (mut ids, mut undone) = (Vec::new(), Vec::new());
    let mut there: BTreeMap<String, Vec<SessionId>> = BTreeMap::new();
    each(app, plan, (&scrub_show(), &[], u64::MAX), control, &mut |doc| {
        let node = doc.text(&core::NODE).unwrap_or_default();
        let place = app.fleet.as_ref().map(|fleet| fleet.place_of(node)).transpose();
        match place.map_err(|error| ApiError::internal(error.0))? {
            Some(Where::There) => there.entry(node.to_owned()).or_default().push(doc.id),
            _ => {
                scrubber.add(&Wanted::of(&doc));
                ids.push(doc.id);
            }
        }
        control.check().map_err(ApiError::from)
    })?;
    let mut done = scrubber.finish();
    for (node, sessions) in there {
        let Some(fleet) = &app.fleet else { continue };
        match fleet.scrub(&node, user, &sessions) {
            Ok(part) => {
                done.sessions += part.sessions;
                done.packets += part.packets;
                done.bytes += part.bytes;
                done.losses.extend(part.losses);
                ids.extend(sessions);
            }
            // the others are done all the same; these sessions keep their documents and are not marked
            Err(error) => {
                let packets = sessions.len() as u64; // at least one each
                undone.extend(sessions);
                let reason = Gone::Unreadable(error.text);
                done.losses.push(Loss { node, number: 0, path: None, packets, reason });
            }
        }
        control.check()?;
    }
    if done.packets > 0 {
        let by = TermChange {
            target: Target::of(&core::SCRUBBED_BY.def),
            add: vec![user.to_lowercase()],
            remove: Vec::new(),
        };
        app.state.index.change_terms(&Plan::Ids(ids), &by, &Control::new())?;
        tracing::info!(user, sessions = done.sessions, packets = done.packets, "packets were overwritten");
    }
    Ok((done, undone))
}

fn scrub_show() -> Show {
    Show::WithPositions(vec![Target::of(&core::NODE.def), Target::of(&core::START_TIME.def)])
}

/// Overwrites the packets of sessions that lie on this node; another node asks for it, and marks the sessions.
pub(crate) fn scrub_here(app: &App, caller: &Caller, ids: Vec<SessionId>) -> Result<Scrubbed, ApiError> {
    let plan = Plan::And(std::iter::once(Plan::Ids(ids)).chain(forced(app, caller)?).collect()).simplify();
    let user = &caller.user.user_id;
    let finished = Finished { app, located: Located::new(app, user) };
    let mut scrubber = Scrubber::new(&finished);
    each(app, &plan, (&scrub_show(), &[], u64::MAX), &Control::new(), &mut |doc| {
        if doc.text(&core::NODE) == Some(&app.config.node) {
            scrubber.add(&Wanted::of(&doc));
        }
        Ok(())
    })?;
    Ok(scrubber.finish())
}

/// Packet files that nobody writes to any more: what is written past the page cache would come back.
struct Finished<'a> {
    app: &'a App,
    located: Located<'a>,
}

impl Files for Finished<'_> {
    fn locate(&self, node: &str, number: u32) -> Result<PathBuf, Gone> {
        let file = self.app.state.catalog.file(node, number).map_err(|e| Gone::Unreadable(e.to_string()))?;
        if file.is_some_and(|file| file.line.is_some() && file.finish_timestamp == 0) {
            return Err(Gone::Unreadable(
                "it is still being written; try again when it is finished".to_owned(),
            ));
        }
        self.located.locate(node, number)
    }

    fn source(&self, node: &str, number: u32) -> Result<FileSource, Gone> {
        self.locate(node, number)?;
        self.located.source(node, number)
    }

    fn keys(&self) -> &Keyring {
        self.located.keys()
    }
}
