//! Every route, and what all of them have in common.

use crate::api::{
    account, aggregate, alert_notices, alerts, assets, change, complete, connections, crons, evidence,
    export, fields, files, hunts, info, layouts, nodes, notifiers, oidc, packet_files, packet_tree, packets,
    page, payload, pcap, pins, regression, sessions, shareables, shortcuts, spi, stats, summary, system,
    tls_keys, tokens, totp, upload, users, views,
};
use crate::app::App;
use crate::error::ApiError;
use crate::{apidocs, auth, history, mcp, web};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::handler::Handler;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, get};
use std::any::Any;
use std::time::Instant;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use utoipa::OpenApi;
use utoipa::openapi::HttpMethod;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The viewer's own policy: only what this server sends is run or shown.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const GET: &[HttpMethod] = &[HttpMethod::Get];
const POST: &[HttpMethod] = &[HttpMethod::Post];
const PUT: &[HttpMethod] = &[HttpMethod::Put];
const BOTH: &[HttpMethod] = &[HttpMethod::Get, HttpMethod::Post];

/// Further names and methods of routes. They stand in the description of the API as what they are another name of; a route that is made
/// in any other way than by `routes!` or by this one would be missing there.
trait Also {
    fn also<H, T>(self, methods: &[HttpMethod], path: &str, of: &str, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static;
}

impl Also for OpenApiRouter<App> {
    fn also<H, T>(self, methods: &[HttpMethod], path: &str, of: &str, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let mut routes = MethodRouter::new();
        for method in methods {
            let filter = match method {
                HttpMethod::Post => MethodFilter::POST,
                HttpMethod::Put => MethodFilter::PUT,
                _ => MethodFilter::GET,
            };
            routes = routes.on(filter, handler.clone());
        }
        let mut router = self.route(path, routes);
        let paths = &mut router.get_openapi_mut().paths;
        let item = paths.paths.get(of);
        let known = item.and_then(|item| item.get.clone().or_else(|| item.post.clone()));
        if let Some(mut operation) = known {
            operation.operation_id = None;
            if path != of {
                operation.summary = Some(format!("Another name of {of}"));
            }
            paths.add_path_operation(path, methods.to_vec(), operation);
        }
        router
    }
}

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
        .routes(routes!(payload::raw))
        .routes(routes!(payload::cyberchef))
        .routes(routes!(packet_files::by_hash))
        .routes(routes!(packet_files::by_hash_of_session))
        .also(GET, "/bodyHash/{hash}", "/api/sessions/bodyhash/{hash}", packet_files::by_hash)
        .also(
            GET,
            "/{node}/{id}/bodyHash/{hash}",
            "/api/session/{node}/{id}/bodyhash/{hash}",
            packet_files::by_hash_of_session,
        )
        // Arkime takes a long query as a POST too
        .also(POST, "/api/sessions", "/api/sessions", sessions::list)
        .also(POST, "/api/buildquery", "/api/buildquery", sessions::build_query)
        .also(POST, "/api/sessions.csv", "/api/sessions.csv", export::csv)
        .also(POST, "/api/sessions.pcap", "/api/sessions.pcap", pcap::sessions_pcap)
        .also(POST, "/api/sessions.pcapng", "/api/sessions.pcapng", pcap::sessions_pcapng)
        .also(BOTH, "/sessions.pcap", "/api/sessions.pcap", pcap::sessions_pcap)
        .also(BOTH, "/sessions.pcapng", "/api/sessions.pcapng", pcap::sessions_pcapng)
        .also(GET, "/api/session/{node}/{id}/pcap", "/api/session/{node}/{file}", pcap::session_pcap)
        .also(GET, "/{node}/raw/{id}", "/api/session/raw/{node}/{id}", payload::raw)
        .also(POST, "/api/sessions.json", "/api/sessions.json", export::json)
        .also(BOTH, "/sessions.csv", "/api/sessions.csv", export::csv)
        .also(POST, "/api/unique", "/api/unique", aggregate::unique)
        .also(POST, "/api/multiunique", "/api/multiunique", aggregate::multiunique)
        .also(POST, "/api/spiview", "/api/spiview", spi::view)
        .also(POST, "/api/spigraph", "/api/spigraph", spi::graph)
        .also(POST, "/api/sessions/summary", "/api/sessions/summary", summary::summary)
        .also(POST, "/api/spigraphhierarchy", "/api/spigraphhierarchy", summary::hierarchy)
        .also(POST, "/api/connections", "/api/connections", connections::connections)
        .also(POST, "/api/connections.csv", "/api/connections.csv", connections::csv)
        .also(BOTH, "/connections.json", "/api/connections", connections::connections)
        .also(BOTH, "/connections.csv", "/api/connections.csv", connections::csv)
        .also(POST, "/delete", "/api/delete", change::delete)
        // the names of Arkime's first API, as far as they are still alive there
        .also(BOTH, "/sessions.json", "/api/sessions", sessions::list)
        .also(BOTH, "/buildQuery.json", "/api/buildquery", sessions::build_query)
        .also(BOTH, "/unique.txt", "/api/unique", aggregate::unique)
        .also(BOTH, "/multiunique.txt", "/api/multiunique", aggregate::multiunique)
        .also(BOTH, "/spiview.json", "/api/spiview", spi::view)
        .also(BOTH, "/spigraph.json", "/api/spigraph", spi::graph)
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
        .also(GET, "/decodings", "/api/sessions/decodings", packet_files::decodings)
        .also(
            GET,
            "/{node}/{id}/body/{kind}/{number}/{name}",
            "/api/session/{node}/{id}/body/{kind}/{number}/{name}",
            packet_files::body,
        )
        .routes(routes!(pcap::check))
        .also(POST, "/api/export/check", "/api/export/check", pcap::check)
        .routes(routes!(complete::suggest))
        .routes(routes!(complete::validate))
        .routes(routes!(fields::list))
        .routes(routes!(fields::value_actions))
        .routes(routes!(fields::field_actions))
        .routes(routes!(files::list))
        .routes(routes!(files::remove))
        .routes(routes!(pins::list))
        .routes(routes!(evidence::evidence))
        .routes(routes!(evidence::packets))
        .routes(routes!(alerts::list))
        .routes(routes!(evidence::rules))
        .routes(routes!(evidence::reload))
        .routes(routes!(alerts::csv))
        .routes(routes!(alerts::file))
        .routes(routes!(alerts::detail))
        .routes(routes!(alerts::set_status))
        .routes(routes!(assets::list))
        .routes(routes!(assets::csv))
        .routes(routes!(assets::file))
        .routes(routes!(alert_notices::list))
        .routes(routes!(alert_notices::create))
        .routes(routes!(alert_notices::change, alert_notices::remove))
        .also(POST, "/evidence", "/evidence", evidence::evidence)
        .also(BOTH, "/d/evidence", "/evidence", evidence::evidence)
        .also(BOTH, "/api/evidence", "/evidence", evidence::evidence)
        .routes(routes!(info::cancel))
        .routes(routes!(hunts::list))
        .routes(routes!(hunts::create))
        .routes(routes!(hunts::estimate))
        .routes(routes!(hunts::change, hunts::remove))
        .routes(routes!(hunts::act))
        .routes(routes!(hunts::results))
        .routes(routes!(hunts::add_users))
        .routes(routes!(hunts::remove_user))
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
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
        .routes(routes!(totp::status))
        .routes(routes!(totp::setup))
        .routes(routes!(totp::confirm))
        .routes(routes!(totp::disable))
        .also(GET, "/api/user/totp", "/api/user/totp/status", totp::status)
        .routes(routes!(account::logout))
        .routes(routes!(info::app_info))
        .routes(routes!(nodes::list))
        .routes(routes!(nodes::approve))
        .routes(routes!(nodes::remove))
        .routes(routes!(stats::stats))
        .routes(routes!(stats::dstats))
        .routes(routes!(stats::series))
        .routes(routes!(stats::lines))
        .routes(routes!(stats::losses))
        .routes(routes!(stats::store_health))
        .also(PUT, "/api/user/settings", "/api/user/settings", account::store_settings)
        .also(POST, "/api/estasks/cancelwith", "/api/cancel", info::cancel)
        .also(GET, "/stats.json", "/api/stats", stats::stats)
        .also(GET, "/dstats.json", "/api/dstats", stats::dstats)
}

/// What clients of Arkime ask about the system around it.
fn system() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(system::store_stats))
        .routes(routes!(system::store_indices))
        .routes(routes!(system::tasks))
        .routes(routes!(system::shards))
        .routes(routes!(system::recovery))
        .routes(routes!(system::clusters))
        .routes(routes!(system::remote_clusters))
        .routes(routes!(system::locales))
        .routes(routes!(system::reverse_dns))
        .routes(routes!(system::send))
        .routes(routes!(system::receive))
        .routes(routes!(page::config))
        .routes(routes!(page::css))
        .also(GET, "/esstats.json", "/api/esstats", system::store_stats)
        .also(POST, "/receiveSession", "/api/sessions/receive", system::receive)
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

/// Everything that needs a user, with the history of it.
fn remembered(app: &App) -> OpenApiRouter<App> {
    let queries = queries().layer(from_fn_with_state(app.clone(), history::record));
    let others =
        others().merge(shared()).merge(system()).layer(from_fn_with_state(app.clone(), history::audit));
    queries.merge(others)
}

/// The whole service.
pub(crate) fn router(app: App) -> Router {
    let mut protected = remembered(&app);
    let mut open = OpenApiRouter::with_openapi(apidocs::Head::openapi())
        .routes(routes!(account::login, account::ways))
        .routes(routes!(oidc::login))
        .routes(routes!(oidc::callback))
        .routes(routes!(info::health))
        .routes(routes!(info::app_version))
        .also(POST, "/health", "/health", info::health)
        .also(BOTH, "/_ns_/nstest.html", "/health", info::health);
    let metrics = OpenApiRouter::new()
        .routes(routes!(info::metrics))
        .routes(routes!(system::store_health))
        .routes(routes!(system::parliament))
        .also(GET, "/eshealth.json", "/api/eshealth", system::store_health)
        .also(GET, "/parliament.json", "/api/parliament", system::parliament);
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
    if app.config.access.mcp {
        let inside = remembered(&app).layer(from_fn(auth::scope::check));
        let (inside, _) = inside.split_for_parts();
        let mcp = OpenApiRouter::from(mcp::routes(inside.with_state(app.clone())));
        protected = protected.merge(mcp.layer(from_fn_with_state(app.clone(), history::audit)));
    }
    let protected =
        protected.layer(from_fn(auth::scope::check)).layer(from_fn_with_state(app.clone(), auth::require));
    let (router, document) = open.merge(protected).split_for_parts();
    let compressed = DefaultPredicate::new()
        .and(NotForContentType::const_new("application/vnd.tcpdump.pcap"))
        .and(NotForContentType::const_new("application/x-pcapng"))
        .and(NotForContentType::const_new("application/octet-stream"));
    router
        .merge(apidocs::routes(document))
        .fallback(web::fallback)
        .layer(from_fn_with_state(app.clone(), every_answer))
        .layer(from_fn_with_state(app.clone(), auth::tell))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(compressed))
        .layer(CatchPanicLayer::custom(panicked))
        // bodies are bounded where they are read
        .layer(DefaultBodyLimit::disable())
        .with_state(app)
}

/// Counts, and headers that keep answers out of caches, frames and other sites.
async fn every_answer(State(app): State<App>, request: Request, next: Next) -> Response {
    let secure = auth::Client::of(request.extensions()).secure;
    let started = Instant::now();
    let mut response = next.run(request).await;
    let took = HeaderValue::from(u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX));
    app.metrics.answered(response.status().as_u16());
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-arkime-response-time"), took);
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
    if app.config.hsts && secure {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
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
