//! What can be set.

use crate::access::Access;
use crate::tls::TlsFiles;
use query::TimeZone;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Settings of the server. [`Config::default`] is safe: loopback only.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Listens without TLS on an address that other machines can reach. Without it such an address is refused: what is served
    /// are other people's packets.
    pub allow_remote: bool,
    /// Speaks HTTPS with these; `None`: HTTP.
    pub tls: Option<TlsFiles>,
    /// Tells browsers to come by HTTPS only from now on (`Strict-Transport-Security`), when they do so already.
    pub hsts: bool,
    /// Who may come in, and how.
    pub access: Access,
    /// Asks nobody who he is: a request names its user itself, as in Arkime's mode for regression tests. Refused unless
    /// [`Config::listen`] is a loopback address.
    pub regression_tests: bool,
    /// Marks cookies `Secure` even where it does not show that the client comes by HTTPS: by own TLS, or as a trusted proxy says.
    pub secure_cookies: bool,
    /// Answers `/metrics`, `/api/eshealth` and `/api/parliament` without log-in, as monitoring asks them.
    pub open_metrics: bool,
    /// A key log file (SSLKEYLOGFILE) with which those who may decrypt TLS in the packet pane; read again when it changes.
    pub tls_keys: Option<PathBuf>,
    /// Address of a CyberChef, to which the packet pane links with the bytes of a session; the viewer itself has none.
    pub cyberchef: Option<String>,
    /// Makes this process part of a fleet.
    pub fleet: Option<crate::fleet::FleetConfig>,
    /// Name of this node, as in the field `node`.
    pub node: String,
    /// Zone in which times without one are read, when the request and the user's settings name none.
    pub zone: TimeZone,
    /// Folder for captures that are being uploaded.
    pub upload_dir: PathBuf,
    /// Bytes of one upload.
    pub upload_limit: u64,
    /// Bytes of the body of any other request.
    pub body_limit: usize,
    /// How long one query may take before it ends with an error.
    pub query_timeout: Duration,
    /// Queries at once; more wait for their turn.
    pub max_queries: usize,
    /// Exports at once; more are told to come back later.
    pub max_exports: usize,
    /// Connections at once; more wait to be accepted.
    pub max_connections: usize,
    /// A log-in ends when it was not used for so long.
    pub login_idle: Duration,
    /// A log-in ends after so long whatever happens.
    pub login_lifetime: Duration,
    /// How long the history of requests is kept.
    pub history_kept: Duration,
    /// Between two runs of the periodic queries; zero: this process runs none.
    pub cron_interval: Duration,
    /// Which alerts which notifiers are told of, beside what users set up.
    pub alert_notices: Vec<crate::alerting::AlertNotice>,
    /// Entries that the menus on values and fields get besides the viewer's own.
    pub links: Vec<crate::links::Link>,
    /// What users' settings begin with, instead of the system's own defaults.
    pub user_defaults: serde_json::Map<String, serde_json::Value>,
}

impl Default for Config {
    fn default() -> Self {
        const HOUR: Duration = Duration::from_secs(3_600);
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8005)),
            allow_remote: false,
            tls: None,
            hsts: false,
            access: Access::default(),
            regression_tests: false,
            secure_cookies: false,
            open_metrics: false,
            tls_keys: None,
            cyberchef: None,
            fleet: None,
            node: "localhost".to_owned(),
            zone: TimeZone::UTC,
            upload_dir: std::env::temp_dir(),
            upload_limit: 64 << 30,
            body_limit: 8 << 20,
            query_timeout: 300 * Duration::from_secs(1),
            max_queries: (cores * 2).max(4),
            max_exports: 8,
            max_connections: 1_024,
            login_idle: 24 * HOUR,
            login_lifetime: 14 * 24 * HOUR,
            history_kept: 90 * 24 * HOUR,
            cron_interval: Duration::from_secs(30),
            alert_notices: Vec::new(),
            links: Vec::new(),
            user_defaults: serde_json::Map::new(),
        }
    }
}

impl Config {
    /// What the operator should know before this goes live, a sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if !self.listen.ip().is_loopback() && self.tls.is_none() {
            warnings.push(format!(
                "{} can be reached from other machines and there is no TLS: passwords and packets cross the network \
                 in the clear; set certificate and key under [viewer] in hindsight.toml, or put a proxy with HTTPS in front \
                 and listen on 127.0.0.1",
                self.listen
            ));
        }
        if self.regression_tests {
            warnings.push(
                "regression tests: whoever reaches this port on this machine is any user he likes, without a password; \
                 never with data that matters"
                    .to_owned(),
            );
        }
        if self.open_metrics {
            let text = "/metrics, /api/eshealth and /api/parliament are answered without log-in";
            warnings.push(text.to_owned());
        }
        warnings
    }
}
