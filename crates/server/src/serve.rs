//! Listening, connections, and the end.

use crate::app::{App, State};
use crate::auth::Peer;
use crate::config::Config;
use crate::router::router;
use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt as _;

/// How long a client may take to send the head of a request.
const HEAD_TIME: Duration = Duration::from_secs(20);
/// Bytes of the head of a request.
const MAX_HEAD: usize = 64 << 10;
/// Header lines of a request.
const MAX_HEADERS: usize = 100;
/// How long running requests may take when the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// The server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is not a loopback one, and nobody said that this is wanted.
    #[error(
        "{0} can be reached from other machines, and what is served are packets without TLS; listen on 127.0.0.1 \
         (with a proxy that speaks HTTPS in front), or allow it with --allow-remote"
    )]
    Remote(SocketAddr),
    /// Without log-in only this machine may come.
    #[error("--regression-tests asks nobody for a password: it works on a loopback address only, not on {0}")]
    RegressionTests(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}{}", remedy(source))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
}

fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "; another process has it: is Hindsight running already? Else take another port"
        }
        io::ErrorKind::PermissionDenied => "; ports below 1024 need rights",
        io::ErrorKind::AddrNotAvailable => "; this machine does not have the address",
        _ => "",
    }
}

/// A server that listens and does not answer yet.
pub struct Server {
    listener: TcpListener,
    app: App,
}

impl Server {
    /// Takes the address. After this the process may give up its rights.
    ///
    /// # Errors
    /// When the address is taken, not of this machine, or open to others without [`Config::allow_remote`].
    pub async fn bind(config: Config, state: State) -> Result<Self, ServeError> {
        let address = config.listen;
        if config.regression_tests && !address.ip().is_loopback() {
            return Err(ServeError::RegressionTests(address));
        }
        if !address.ip().is_loopback() && !config.allow_remote {
            return Err(ServeError::Remote(address));
        }
        for warning in config.warnings() {
            tracing::warn!("{warning}");
        }
        let listener =
            TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })?;
        Ok(Self { listener, app: App::new(config, state) })
    }

    /// The address listened on, with the port that was taken where 0 was asked for.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until `shutdown` is ready, then lets running requests end for a few seconds.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let connections = Arc::new(Semaphore::new(self.app.config.max_connections.max(1)));
        // hunts that a restart has broken off go on
        crate::hunting::wake(&self.app);
        let _crons = crate::periodic::start(&self.app);
        let graceful = GracefulShutdown::new();
        let router = router(self.app.clone());
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let accept = async {
                let permit = connections.clone().acquire_owned().await;
                (permit, self.listener.accept().await)
            };
            let (permit, accepted) = tokio::select! {
                () = &mut shutdown => break,
                () = self.app.stop.notified() => break,
                both = accept => both,
            };
            match (permit, accepted) {
                (Ok(permit), Ok((stream, peer))) => {
                    let connection = connection(&self.app, &router, &graceful, stream, peer);
                    tokio::spawn(async move {
                        connection.await;
                        drop(permit);
                    });
                }
                // Too many open files, most often: wait for some to close instead of spinning.
                (_, Err(error)) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                (Err(_), _) => break,
            }
        }
        drop(self.listener);
        if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
    }
}

/// One connection, as a future that is already watched for the shutdown.
fn connection(
    app: &App,
    router: &Router,
    graceful: &GracefulShutdown,
    stream: TcpStream,
    peer: SocketAddr,
) -> impl Future<Output = ()> + Send + 'static {
    let router = router.clone();
    let service = tower::service_fn(move |mut request: axum::http::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(Peer(peer.ip().to_canonical()));
        router.clone().oneshot(request)
    });
    let _ = stream.set_nodelay(true); // a slower answer is still an answer
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS);
    let served = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let watched = graceful.watch(served);
    let app = app.clone();
    async move {
        app.metrics.connections.fetch_add(1, Ordering::Relaxed);
        if let Err(error) = watched.await {
            tracing::debug!(%peer, %error, "a connection ended early");
        }
        app.metrics.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Binds and runs.
///
/// # Errors
/// As [`Server::bind`].
pub async fn serve(
    config: Config,
    state: State,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    Server::bind(config, state).await?.run(shutdown).await;
    Ok(())
}
