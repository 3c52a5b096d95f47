//! Every route, and what all of them have in common.

use crate::api::{
    account, aggregate, alerts, assets, change, complete, connections, crons, evidence, export, fields, files, hunts,
    info, layouts, notifiers, packet_files, packet_tree, packets, pcap, pins, regression, sessions, shareables,
    shortcuts, spi, stats, summary, tls_keys, upload, users, views,
};
use crate::app::App;
use crate::error::ApiError;
use crate::{apidocs, auth, history, web};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::any::Any;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The viewer's own policy: only what this server sends is run or shown.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Queries: routes that the history remembers.
fn queries() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::build_query))
        .routes(routes!(aggregate::unique))
        .routes(routes!(aggregate::multiunique))
        .routes(routes!(spi::view))
        .routes(routes!(spi::graph))
        .routes(routes!(summary::summary))
        .routes(routes!(summary::hierarchy))
        .routes(routes!(connections::connections))
        .routes(routes!(connections::csv))
        .routes(routes!(change::add_tags))
        .routes(routes!(change::remove_tags))
        .routes(routes!(change::delete))
        .routes(routes!(pins::pin))
        .routes(routes!(pins::unpin))
        .routes(routes!(upload::upload))
        .routes(routes!(export::csv))
        .routes(routes!(export::json))
        .routes(routes!(pcap::sessions_pcap))
        .routes(routes!(pcap::sessions_pcapng))
        .routes(routes!(pcap::session_file))
        .routes(routes!(pcap::entire))
        .routes(routes!(packets::raw))
        .routes(routes!(packet_files::by_hash))
        .routes(routes!(packet_files::by_hash_of_session))
        .route("/bodyHash/{hash}", get(packet_files::by_hash))
        .route("/{node}/{id}/bodyHash/{hash}", get(packet_files::by_hash_of_session))
        // Arkime takes a long query as a POST too
        .route("/api/sessions", post(sessions::list))
        .route("/api/buildquery", post(sessions::build_query))
        .route("/api/sessions.csv", post(export::csv))
        .route("/api/sessions.pcap", post(pcap::sessions_pcap))
        .route("/api/sessions.pcapng", post(pcap::sessions_pcapng))
        .route("/sessions.pcap", get(pcap::sessions_pcap).post(pcap::sessions_pcap))
        .route("/sessions.pcapng", get(pcap::sessions_pcapng).post(pcap::sessions_pcapng))
        .route("/api/session/{node}/{id}/pcap", get(pcap::session_pcap))
        .route("/{node}/raw/{id}", get(packets::raw))
        .route("/api/sessions.json", post(export::json))
        .route("/sessions.csv", get(export::csv).post(export::csv))
        .route("/api/unique", post(aggregate::unique))
        .route("/api/multiunique", post(aggregate::multiunique))
        .route("/api/spiview", post(spi::view))
        .route("/api/spigraph", post(spi::graph))
        .route("/api/sessions/summary", post(summary::summary))
        .route("/api/spigraphhierarchy", post(summary::hierarchy))
        .route("/api/connections", post(connections::connections))
        .route("/api/connections.csv", post(connections::csv))
        .route("/connections.json", get(connections::connections).post(connections::connections))
        .route("/connections.csv", get(connections::csv).post(connections::csv))
        .route("/delete", post(change::delete))
        // the names of Arkime's first API, as far as they are still alive there
        .route("/sessions.json", get(sessions::list).post(sessions::list))
        .route("/buildQuery.json", get(sessions::build_query).post(sessions::build_query))
        .route("/unique.txt", get(aggregate::unique).post(aggregate::unique))
        .route("/multiunique.txt", get(aggregate::multiunique).post(aggregate::multiunique))
        .route("/spiview.json", get(spi::view).post(spi::view))
        .route("/spigraph.json", get(spi::graph).post(spi::graph))
}

/// Everything else that needs a user.
fn others() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sessions::detail))
        .routes(routes!(sessions::detail_of_node))
        .routes(routes!(packets::packets))
        .routes(routes!(packet_tree::tree))
        .routes(routes!(packet_files::list))
        .routes(routes!(packet_files::body))
        .routes(routes!(packet_files::decodings))
        .routes(routes!(tls_keys::show, tls_keys::add, tls_keys::remove))
        .route("/decodings", get(packet_files::decodings))
        .route("/{node}/{id}/body/{kind}/{number}/{name}", get(packet_files::body))
        .routes(routes!(pcap::check))
        .route("/api/export/check", post(pcap::check))
        .routes(routes!(complete::suggest))
        .routes(routes!(complete::validate))
        .routes(routes!(fields::list))
        .routes(routes!(fields::value_actions))
        .routes(routes!(fields::field_actions))
        .routes(routes!(files::list))
        .routes(routes!(pins::list))
        .routes(routes!(evidence::evidence))
        .routes(routes!(evidence::packets))
        .routes(routes!(alerts::list))
        .routes(routes!(alerts::csv))
        .routes(routes!(alerts::detail))
        .routes(routes!(alerts::set_status))
        .routes(routes!(assets::list))
        .routes(routes!(assets::csv))
        .route("/evidence", post(evidence::evidence))
        .route("/d/evidence", get(evidence::evidence).post(evidence::evidence))
        .route("/api/evidence", get(evidence::evidence).post(evidence::evidence))
        .routes(routes!(info::cancel))
        .routes(routes!(hunts::list))
        .routes(routes!(hunts::create))
        .routes(routes!(hunts::remove))
        .routes(routes!(hunts::pause))
        .routes(routes!(hunts::play))
        .routes(routes!(hunts::cancel))
        .routes(routes!(hunts::results))
        .routes(routes!(hunts::unmark))
        .routes(routes!(info::jobs))
        .routes(routes!(info::job))
        .routes(routes!(info::cancel_job))
        .routes(routes!(info::histories))
        .routes(routes!(info::remove_history))
        .routes(routes!(account::me, users::create))
        .routes(routes!(users::change, users::remove))
        .routes(routes!(users::list))
        .routes(routes!(users::csv))
        .routes(routes!(users::names))
        .routes(routes!(users::roles))
        .routes(routes!(users::assign))
        .routes(routes!(users::acknowledge))
        .routes(routes!(layouts::list, layouts::create))
        .routes(routes!(layouts::change, layouts::remove))
        .routes(routes!(layouts::state, layouts::store_state))
        .routes(routes!(account::settings, account::store_settings))
        .routes(routes!(account::password))
        .routes(routes!(account::logout))
        .routes(routes!(info::app_info))
        .routes(routes!(stats::stats))
        .routes(routes!(stats::dstats))
        .routes(routes!(stats::series))
        .routes(routes!(stats::lines))
        .routes(routes!(stats::losses))
        .route("/api/user/settings", axum::routing::put(account::store_settings))
        .route("/api/estasks/cancelwith", post(info::cancel))
        .route("/stats.json", get(stats::stats))
        .route("/dstats.json", get(stats::dstats))
}

/// What users make and share.
fn shared() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(views::views))
        .routes(routes!(views::create))
        .routes(routes!(views::change, views::remove))
        .routes(routes!(shortcuts::list))
        .routes(routes!(shortcuts::create))
        .routes(routes!(shortcuts::change, shortcuts::remove))
        .routes(routes!(shortcuts::sync))
        .routes(routes!(notifiers::types))
        .routes(routes!(notifiers::list))
        .routes(routes!(notifiers::create))
        .routes(routes!(notifiers::change, notifiers::remove))
        .routes(routes!(notifiers::test))
        .routes(routes!(crons::list))
        .routes(routes!(crons::create))
        .routes(routes!(crons::change, crons::remove))
        .routes(routes!(shareables::list))
        .routes(routes!(shareables::create))
        .routes(routes!(shareables::one, shareables::change, shareables::remove))
}

/// The whole service.
pub(crate) fn router(app: App) -> Router {
    let queries = queries().layer(from_fn_with_state(app.clone(), history::record));
    let mut protected = queries.merge(others()).merge(shared());
    let mut open = OpenApiRouter::with_openapi(apidocs::Head::openapi())
        .routes(routes!(account::login))
        .routes(routes!(info::health))
        .routes(routes!(info::app_version))
        .route("/_ns_/nstest.html", get(info::health));
    let metrics = OpenApiRouter::new().routes(routes!(info::metrics));
    if app.config.open_metrics {
        open = open.merge(metrics);
    } else {
        protected = protected.merge(metrics);
    }
    if app.config.regression_tests {
        protected = protected
            .route("/regressionTests/makeToken", get(regression::make_token))
            .route("/regressionTests/getUser/{id}", get(regression::user))
            .route("/regressionTests/{action}", get(regression::act).post(regression::act));
    }
    let protected = protected.layer(from_fn_with_state(app.clone(), auth::require));
    let (router, document) = open.merge(protected).split_for_parts();
    let compressed = DefaultPredicate::new()
        .and(NotForContentType::const_new("application/vnd.tcpdump.pcap"))
        .and(NotForContentType::const_new("application/x-pcapng"))
        .and(NotForContentType::const_new("application/octet-stream"));
    router
        .merge(apidocs::routes(document))
        .fallback(web::fallback)
        .layer(from_fn_with_state(app.clone(), every_answer))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(compressed))
        .layer(CatchPanicLayer::custom(panicked))
        // bodies are bounded where they are read
        .layer(DefaultBodyLimit::disable())
        .with_state(app)
}

/// Counts, and headers that keep answers out of caches, frames and other sites.
async fn every_answer(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    app.metrics.answered(response.status().as_u16());
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, CSP),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        // an answer may be stricter than the viewer: what was in packets is shown in a sandbox
        if name != header::CONTENT_SECURITY_POLICY || !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
    tracing::error!("a handler panicked: {text}");
    ApiError::internal("an error inside the server; its log says more").into_response()
}
