//! The viewer, embedded.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Dist;

/// Every path that no route knows: files of the viewer; else its page, for the viewer has paths of its own.
pub(crate) async fn fallback(request: Request) -> Response {
    let path = request.uri().path();
    if is_old(path) {
        return (StatusCode::NOT_FOUND, "Old API").into_response();
    }
    if path.starts_with("/api/") || path == "/api" {
        return crate::error::ApiError::not_found(format!("there is no {path}")).into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let known = request.headers().get(header::IF_NONE_MATCH);
    if let Some(file) = file(path.trim_start_matches('/'), known) {
        return file;
    }
    // a missing script must not look like a page
    if path.starts_with("/assets/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    file("index.html", known).unwrap_or_else(|| not_built().into_response())
}

/// Whether a path is one of Arkime's first API that nobody answers any more. A client of it must not take the viewer's page for an
/// answer.
fn is_old(path: &str) -> bool {
    const NAMES: &[&str] = &[
        "addTags",
        "removeTags",
        "sendSessions",
        "uploadCommand",
        "titleconfig",
        "valueActions",
        "molochRightClick",
        "reverseDNS.txt",
        "fields",
        "lookups",
        "tableState",
        "clusters",
        "molochclusters",
        "notifiers",
        "notifierTypes",
        "spigraphhierarchy",
        "esindices",
        "estask",
        "esshard",
        "esrecovery",
        "esadmin",
        "scrub",
        "eshealth",
        "esstats",
        "dstats",
        "state",
    ];
    const PAIRS: &[(&str, &[&str])] = &[
        ("history", &["list"]),
        ("file", &["list"]),
        ("files", &["list"]),
        ("hunt", &["list", "create"]),
        ("sessions", &["summary", "addTags"]),
        (
            "user",
            &[
                "list",
                "create",
                "update",
                "delete",
                "current",
                "settings",
                "views",
                "columns",
                "cron",
                "password",
                "spiview",
                "notifiers",
            ],
        ),
        ("users", &["list"]),
    ];
    let mut parts = path.trim_matches('/').split('/');
    let (first, second, third) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let pair = |(name, seconds): &(&str, &[&str])| {
        *name == first && second.is_some_and(|second| seconds.contains(&second))
    };
    // what belonged to one node stood behind its name
    let of_node =
        matches!(second, Some("session")) && third.is_some() && first != "api" && first != "cyberchef"
            || matches!(second, Some("pcap" | "pcapng" | "entirePcap")) && third.is_some() && first != "api";
    NAMES.contains(&first) || PAIRS.iter().any(pair) || of_node
}

fn file(path: &str, known: Option<&HeaderValue>) -> Option<Response> {
    let file = Dist::get(path)?;
    let tag: String = file.metadata.sha256_hash().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let tag = HeaderValue::from_str(&format!("\"{tag}\"")).ok()?;
    // names of assets carry a hash of their content
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let cache = HeaderValue::from_static(cache);
    let same = known.is_some_and(|known| known == tag);
    let mut response = if same {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = mime_guess::from_path(path).first_or_octet_stream();
        let kind = match kind.type_() {
            mime_guess::mime::TEXT => format!("{kind}; charset=utf-8"),
            _ => kind.to_string(),
        };
        let body = match file.data {
            std::borrow::Cow::Borrowed(bytes) => Body::from(bytes),
            std::borrow::Cow::Owned(bytes) => Body::from(bytes),
        };
        ([(header::CONTENT_TYPE, kind)], body).into_response()
    };
    response.headers_mut().insert(header::CACHE_CONTROL, cache);
    response.headers_mut().insert(header::ETAG, tag);
    Some(response)
}

fn not_built() -> (StatusCode, Html<&'static str>) {
    let page = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Hindsight</title>\
        <h1>The viewer is not built in</h1>\
        <p>This binary was built without its web pages. Build them and the binary again:</p>\
        <pre>cd web &amp;&amp; npm ci &amp;&amp; npm run build &amp;&amp; cd .. &amp;&amp; cargo build --release</pre>\
        <p>The <a href=\"/api/docs\">HTTP API</a> works without them.</p></html>";
    (StatusCode::NOT_FOUND, Html(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_viewer_are_not_old() {
        for path in [
            "/addTags",
            "/user/list",
            "/history/list",
            "/n1/session/3@1/detail",
            "/n1/pcap/3@1.pcap",
            "/fields",
            "/user/views/create",
        ] {
            assert!(is_old(path), "{path}");
        }
        for path in [
            "/",
            "/sessions",
            "/files",
            "/users",
            "/stats",
            "/hunt",
            "/settings",
            "/api/fields",
            "/help",
            "/history",
            "/api/session/x/pcap",
            "/assets/state.js",
        ] {
            assert!(!is_old(path), "{path}");
        }
    }
}
