//! Packet files.

use crate::api::table::{self, TableQuery};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::params::Params;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Json;
use index::{Control, FileRecord};
use query::Plan;
use serde_json::{Value, json};

#[utoipa::path(get, path = "/api/files", tag = "files",
    params(
        TableQuery,
        ("filter" = Option<String>, Query, description = "Part of the path, whatever its case; `*` stands for anything"),
    ),
    responses((status = 200, description = "`{data,recordsTotal,recordsFiltered}`")))]
/// The packet files.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    if caller.user.hide_files {
        return Err(ApiError::forbidden("you may not see the packet files"));
    }
    let answer = app.blocking(move |app| {
        let files = app.state.catalog.files()?;
        let total = files.len();
        let filter = params.get("filter").map(str::to_lowercase);
        let wanted = |name: &str| filter.as_deref().is_none_or(|f| like(&name.to_lowercase(), f));
        let rows = files.iter().filter(|file| wanted(&file.name)).filter_map(|file| {
            let mut row = serde_json::to_value(file).ok()?;
            if let Some(row) = row.as_object_mut() {
                // the keys of files that an Arkime encrypted are nobody's business
                for secret in ["dek", "iv"] {
                    row.remove(secret);
                }
                row.insert("id".to_owned(), format!("{}-{}", file.node, file.num).into());
                row.insert("packetPosEncoding".to_owned(), "gap0".into());
                let ratio = (file.packets_size > 0 && file.compression != "none" && file.file_size > 0)
                    .then(|| 100.0 * (1.0 - file.file_size as f64 / file.packets_size as f64));
                row.insert("cratio".to_owned(), ratio.unwrap_or(0.0).max(0.0).round().into());
            }
            Some(row)
        });
        table::page(rows.collect(), total, &params, "num", 10)
    });
    answer.await.map(Json)
}

#[utoipa::path(delete, path = "/api/files/{id}", tag = "files",
    params(
        ("id" = String, Path, description = "Id of a file, `node-number`", example = "sensor1-17"),
        ("removeSessions" = Option<bool>, Query, description = "true: sessions none of whose packets are left go too; else they stay and say that their packets are gone"),
    ),
    responses((status = 200, description = "`{success,text,bytes,sessions,onDisk}`; `onDisk`: a capture that was imported where it lies is forgotten, not removed"),
        (status = 403, description = "Only administrators that may remove data"), (status = 404, description = "No such file"),
        (status = 409, description = "It is being written or read, kept by a pin, or lies on another node")))]
/// Deletes a packet file: its packets are gone for every session, at once and for good.
pub(crate) async fn remove(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    if !caller.user.is_admin() || !caller.user.remove_enabled || caller.user.hide_files {
        return Err(ApiError::forbidden("only an administrator who may remove data can do this"));
    }
    let work = move |app: &App, control: &Control| {
        let file = find(app, &id)?;
        may_go(app, &file)?;
        let in_place = file.locked != 0;
        let catalog = &*app.state.catalog;
        if in_place {
            // somebody else's file: it stays where it lies
            catalog.remove_file(&file.node, file.num)?;
        } else if !index::delete_file(catalog, &file, || ())? {
            return Err(busy("somebody reads it: an export, a hunt or a pin; try again later"));
        }
        tracing::info!(user = caller.user.user_id, file = file.name, "a packet file was deleted");
        let sessions =
            if params.is_set("removeSessions") { remove_without_packets(app, &file, control)? } else { 0 };
        let text = match (in_place, sessions) {
            (true, _) => format!("{} is forgotten; the file itself stays where it lies", file.name),
            (false, 0) => format!("Deleted {}", file.name),
            (false, n) => format!("Deleted {} and {n} sessions without packets", file.name),
        };
        let bytes = if in_place { 0 } else { file.file_size };
        Ok(Json(json!({
            "success": true, "text": text, "bytes": bytes, "sessions": sessions, "onDisk": in_place,
        })))
    };
    app.query(None, work).await
}

fn busy(why: &str) -> ApiError {
    ApiError::new(StatusCode::CONFLICT, why)
}

/// A file by `node-number`; a node may have a `-` in its name.
fn find(app: &App, id: &str) -> Result<FileRecord, ApiError> {
    let unknown = || ApiError::not_found("there is no such packet file");
    let (node, number) = id.rsplit_once('-').ok_or_else(unknown)?;
    let number: u32 = number.parse().map_err(|_| unknown())?;
    app.state.catalog.file(node, number)?.filter(|file| !file.deleting).ok_or_else(unknown)
}

/// Refuses what may not go now.
fn may_go(app: &App, file: &FileRecord) -> Result<(), ApiError> {
    if file.node != app.config.node {
        let text = format!("the file lies on node {}; delete it on that node's server", file.node);
        return Err(busy(&text));
    }
    if file.line.is_some() && file.finish_timestamp == 0 {
        return Err(busy("it is still being written; try again when it is finished"));
    }
    if let Some(remote) = &file.remote {
        let text = format!("its copy {remote} in object storage would stay; let retention delete both");
        return Err(busy(&text));
    }
    if file.pin.is_some() {
        return Err(busy("a pin keeps it; take the pin off first"));
    }
    Ok(())
}

/// Deletes the sessions of a file that is gone which have packets in no other one.
fn remove_without_packets(app: &App, gone: &FileRecord, control: &Control) -> Result<u64, ApiError> {
    let left = app.state.catalog.files()?.into_iter().map(|file| (file.node, file.num)).collect();
    let of_file = Plan::Files(vec![(gone.node.clone(), gone.num)]);
    let plan = Plan::And(vec![of_file, Plan::Not(Box::new(Plan::Files(left)))]);
    Ok(app.state.index.delete(&plan.simplify(), control)?)
}

/// Whether a text contains a pattern whose parts between `*` follow each other.
fn like(text: &str, pattern: &str) -> bool {
    let mut rest = text;
    for part in pattern.split('*') {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn filters_find_parts() {
        assert!(like("/data/a.pcap", "a.p"));
        assert!(like("/data/a.pcap", "data*pcap"));
        assert!(!like("/data/a.pcap", "pcap*data"));
        assert!(like("x", "") && like("x", "*"));
    }
}
