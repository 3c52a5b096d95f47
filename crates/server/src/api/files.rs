//! Packet files.

use crate::api::table::{self, TableQuery};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::params::Params;
use axum::extract::State;
use axum::response::Json;
use serde_json::Value;

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
