//! The read side: HTTP API, log-in, export and the embedded web viewer.
//!
//! The server sees the traits of `index`, never a store. Handlers are asynchronous; whatever touches a store runs on a
//! blocking thread with a [`index::Control`] that ends it when the client goes away, cancels, or waits too long.
//!
//! ```no_run
//! # async fn start(state: server::State) -> Result<(), Box<dyn std::error::Error>> {
//! if let Some(admin) = server::ensure_admin(&*state.catalog)? {
//!     eprintln!("user {} with password {} (shown this once)", admin.user, admin.password);
//! }
//! let server = server::Server::bind(server::Config::default(), state).await?;
//! eprintln!("http://{}", server.address()?);
//! server.run(async { tokio::signal::ctrl_c().await.unwrap_or_default() }).await;
//! # Ok(()) }
//! ```

mod access;
mod alerting;
mod api;
mod apidocs;
mod app;
mod auth;
mod config;
mod entries;
mod error;
mod evidence;
pub mod fleet;
mod graph;
mod history;
mod hunting;
mod jobs;
mod links;
mod mcp;
mod metrics;
mod notices;
mod params;
mod periodic;
mod pinning;
mod present;
mod roles;
mod router;
mod scope;
mod serve;
pub mod stats;
mod stored;
mod stream;
mod tls;
mod web;

pub use access::{Access, HeaderLogin, JwtLogin, KeySource, Method, Newcomers, OidcLogin};
pub use alerting::AlertNotice;
pub use app::{Monitor, State};
pub use auth::manage;
pub use auth::token::{ApiToken, MAX_TOKEN_DAYS, TOKEN_DAYS, TokenWish};
pub use auth::{
    Algorithm, BadPassword, FirstAdmin, MIN_PASSWORD, Scope, Secret, User, ensure_admin, set_password,
};
pub use config::Config;
pub use evidence::{Evidence, EvidenceRules, ReloadError};
pub use fleet::{FleetConfig, FleetError, Identity, Node};
pub use hunting::{HuntSpeed, hunt_speed};
pub use jobs::{Imported, Progress, Upload, UploadError, Uploads};
pub use links::Link;
pub use pinning::{PinError, PinWish, Pins};
pub use serve::{ServeError, Server, serve, serve_nodes};
pub use stored::source_of;
pub use tls::{TlsError, TlsFiles};

#[cfg(test)]
mod tests;
