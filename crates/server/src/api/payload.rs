//! Payload without packets: all that one side of a session said.

use crate::api::packets::{MAX_RAW, check_right, converse, dir};
use crate::api::sessions::one;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::params::Params;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use index::Control;
use packets::{Side, Wanted};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// All that one side said, in order, and a name for it.
async fn said(app: App, caller: Caller, id: String, params: &Params) -> Result<(String, Vec<u8>), ApiError> {
    check_right(&caller)?;
    let side = match params.get("type") {
        None | Some("src") => Side::Src,
        Some("dst") => Side::Dst,
        Some(_) => return Err(ApiError::bad("type is src or dst")),
    };
    let work = move |app: &App, control: &Control| {
        let doc = one(app, &caller, &id)?;
        let name = format!("{}-{}.raw", doc.id, dir(side));
        let (conversation, losses) =
            converse(app, (&caller.user.user_id, &doc), Wanted::of(&doc), (MAX_RAW, control))?;
        if conversation.left_out > 0 {
            let text = format!("the session carries more than {MAX_RAW} bytes; export it as pcap");
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, text));
        }
        if let (true, Some(loss)) = (conversation.turns.is_empty(), losses.first()) {
            return Err(ApiError::new(StatusCode::GONE, loss.to_string()));
        }
        let turns = conversation.turns.into_iter().filter(|turn| turn.speaker == side);
        Ok((name, turns.flat_map(|turn| turn.bytes).collect::<Vec<u8>>()))
    };
    app.query(None, work).await
}

#[utoipa::path(get, path = "/api/session/raw/{node}/{id}", tag = "packets",
    params(
        ("node" = String, Path, description = "Node; only the id is looked at"),
        ("id" = String, Path, description = "Id of a session; with `.png` behind it the bytes are shown as grey dots, 256 a row"),
        ("type" = Option<String>, Query, description = "`src` (the default) or `dst`: whose bytes"),
    ),
    responses((status = 200, description = "What one side said, reassembled", content_type = "application/octet-stream"), (status = 410, description = "The packets are gone")))]
/// The payload of one side.
pub(crate) async fn raw(
    State(app): State<App>,
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    params: Params,
) -> Result<Response, ApiError> {
    // Arkime's name of the same as a picture
    if let Some(id) = id.strip_suffix(".png") {
        let (_, bytes) = said(app, caller, id.to_owned(), &params).await?;
        let picture = super::picture::of_bytes(&bytes);
        let picture =
            picture.map_err(|error| ApiError::internal(format!("cannot draw the picture: {error}")))?;
        return Ok(([(header::CONTENT_TYPE, "image/png")], picture).into_response());
    }
    let (name, bytes) = said(app, caller, id, &params).await?;
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, bytes).into_response())
}

#[utoipa::path(get, path = "/cyberchef/{node}/session/{id}", tag = "packets",
    params(
        ("node" = String, Path, description = "Node; only the id is looked at"),
        ("id" = String, Path, description = "Id of a session"),
        ("type" = Option<String>, Query, description = "`src` (the default) or `dst`: whose bytes"),
    ),
    responses((status = 200, description = "`{data}`: what one side said, reassembled, as hexadecimal digits"), (status = 410, description = "The packets are gone")))]
/// The payload of one side for CyberChef.
pub(crate) async fn cyberchef(
    State(app): State<App>,
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let (_, bytes) = said(app, caller, id, &params).await?;
    let mut digits = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(digits, "{byte:02x}");
    }
    Ok(Json(json!({ "data": digits })))
}
