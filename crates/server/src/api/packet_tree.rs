//! One packet of a session as a tree of fields.

use crate::api::packets::{check_right, cut};
use crate::api::pcap::missing;
use crate::api::sessions::one;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::stored::Located;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dissect::{Frame, dissect};
use index::Control;
use packets::{Wanted, fetch};
use serde_json::{Value, json};
use wire::LinkType;

/// The fields of a frame: `{link,layers,sources,cut}`.
pub(crate) fn fields_of(frame: &Frame<'_>) -> Value {
    let tree = dissect(frame);
    let sources: Vec<Value> = tree
        .sources
        .iter()
        .map(|source| json!({ "name": source.name, "data": STANDARD.encode(&source.bytes) }))
        .collect();
    json!({ "link": frame.link.to_string(), "layers": tree.layers, "sources": sources, "cut": tree.cut })
}

#[utoipa::path(get, path = "/api/session/{node}/{id}/packet/{number}/tree", tag = "packets",
    params(
        ("node" = String, Path, description = "Node; only the id is looked at"),
        ("id" = String, Path, description = "Id of a session"),
        ("number" = usize, Path, description = "Number of the packet in the session, from 1"),
    ),
    responses((status = 200, description = "`{n,time,link,len,origLen,frame,layers:[{name,label,value,field,term,source,start,length,notes:[{severity,text}],children}],sources:[{name,data}],cut}`; names are Wireshark's, ranges are bytes of `frame` or of `sources[source-1]`"),
        (status = 404, description = "No such session or packet"), (status = 410, description = "The packets are gone")))]
/// One packet, field by field.
pub(crate) async fn tree(
    State(app): State<App>,
    caller: Caller,
    Path((_, id, number)): Path<(String, String, usize)>,
) -> Result<Response, ApiError> {
    check_right(&caller)?;
    let work = move |app: &App, control: &Control| {
        let doc = one(app, &caller, &id)?;
        let total = doc.positions.packets();
        let Some(before) = number.checked_sub(1).filter(|before| *before < total) else {
            return Err(ApiError::not_found(format!("the session has packets 1 to {total}, not {number}")));
        };
        let wanted = Wanted { positions: cut(&doc.positions, before, 1), ..Wanted::of(&doc) };
        let files = Located::new(app, &caller.user.user_id);
        let mut answer = Value::Null;
        let losses = fetch(&files, &[wanted], &mut |packet| {
            let frame = Frame {
                link: LinkType(packet.link),
                bytes: packet.bytes,
                original: packet.original_len as usize,
            };
            answer = fields_of(&frame);
            answer["n"] = number.into();
            answer["time"] = packet.time.to_string().into();
            answer["len"] = packet.bytes.len().into();
            answer["origLen"] = packet.original_len.into();
            answer["frame"] = STANDARD.encode(packet.bytes).into();
            control.check().is_ok()
        });
        control.check()?;
        if answer.is_null() {
            let why = losses.first().map_or_else(|| "the packet is gone".to_owned(), ToString::to_string);
            return Err(ApiError::new(StatusCode::GONE, why));
        }
        answer["missing"] = missing(&losses).into();
        Ok(Json(answer).into_response())
    };
    app.query(None, work).await
}
