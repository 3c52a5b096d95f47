//! `/api/docs`: the API described by OpenAPI, and a page that shows it without a network.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use std::sync::Arc;
use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;

/// What stands at the top of the description; the paths come from the router itself.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hindsight",
        description = "Finds sessions and gives their packets. Parameters and answers are those of Arkime where Arkime has them.\n\
            Log in by cookie (`POST /api/login`; requests that are not GET then carry the header `x-hindsight-cookie` with the \
            value of the cookie `HINDSIGHT-COOKIE`), with an API token (`Authorization: Bearer hst_…`) or by HTTP basic. Errors are `{\"success\":false,\"text\":…}`.",
        license(name = "Apache-2.0")
    ),
    tags(
        (name = "sessions"), (name = "export"), (name = "packets"), (name = "aggregations"), (name = "expressions"),
        (name = "fields"), (name = "files"), (name = "upload"), (name = "jobs"), (name = "hunts"), (name = "views"), (name = "crons"), (name = "notifiers"), (name = "history"),
        (name = "account"), (name = "users"), (name = "stats"), (name = "server")
    )
)]
pub(crate) struct Head;

/// The routes of the page and of the document.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(document: Document) -> Router<S> {
    let document = Arc::new(document);
    let json = move || {
        let document = document.clone();
        async move { Json((*document).clone()) }
    };
    let text = |kind: &'static str, body: &'static str| get(move || async move { answer(kind, body) });
    Router::new()
        .route("/api/docs", text("text/html; charset=utf-8", include_str!("../assets/docs.html")))
        .route("/api/docs/docs.css", text("text/css; charset=utf-8", include_str!("../assets/docs.css")))
        .route("/api/docs/docs.js", text("text/javascript; charset=utf-8", include_str!("../assets/docs.js")))
        .route("/api/docs/openapi.json", get(json))
}

fn answer(kind: &'static str, body: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], body).into_response()
}
