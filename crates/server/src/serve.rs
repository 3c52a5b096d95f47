//! Listening, connections, and the end.

use crate::app::{App, State};
use crate::auth::Peer;
use crate::config::Config;
use crate::fleet::Running;
use crate::router::router;
use crate::tls::{Tls, TlsError};
use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt as _;

/// How long a client may take to send the head of a request.
const HEAD_TIME: Duration = Duration::from_secs(20);
/// Bytes of the head of a request.
const MAX_HEAD: usize = 64 << 10;
/// Header lines of a request.
const MAX_HEADERS: usize = 100;
/// Between two looks at whether certificate and key have changed.
const REFRESH: Duration = Duration::from_secs(10);
/// How long running requests may take when the server stops.
const GRACE: Duration = Duration::from_secs(10);

/// The server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is not a loopback one, and nobody said that this is wanted.
    #[error(
        "{0} can be reached from other machines, and what is served are packets without TLS: set certificate and key under \
         [viewer] in hindsight.toml, or listen on 127.0.0.1 (with a proxy that speaks HTTPS in front), or allow it in the clear \
         with --allow-remote"
    )]
    Remote(SocketAddr),
    /// Without log-in only this machine may come.
    #[error("--regression-tests asks nobody for a password: it works on a loopback address only, not on {0}")]
    RegressionTests(SocketAddr),
    /// The certificate or its key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The fleet cannot be joined.
    #[error(transparent)]
    Fleet(#[from] crate::fleet::FleetError),
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
    tls: Option<Tls>,
    fleet: Option<crate::fleet::Running>,
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
        if !address.ip().is_loopback() && !config.allow_remote && config.tls.is_none() {
            return Err(ServeError::Remote(address));
        }
        let tls = config.tls.clone().map(Tls::open).transpose()?;
        for warning in config.warnings() {
            tracing::warn!("{warning}");
        }
        let listener =
            TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })?;
        let fleet = match config.fleet.clone() {
            Some(fleet) => Some(Running::bind(fleet, &config.node, state.catalog.clone()).await?),
            None => None,
        };
        let known = fleet.as_ref().map(|running| running.fleet.clone());
        Ok(Self { listener, app: App::with_fleet(config, state, known), tls, fleet })
    }

    /// The address listened on, with the port that was taken where 0 was asked for.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// `https` or `http`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// Answers until `shutdown` is ready, then lets running requests end for a few seconds.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) {
        let connections = Arc::new(Semaphore::new(self.app.config.max_connections.max(1)));
        // hunts that a restart has broken off go on
        crate::hunting::wake(&self.app);
        let _crons = crate::periodic::start(&self.app);
        let _fleet = self.fleet.take().map(|fleet| fleet.start(&self.app));
        let graceful = GracefulShutdown::new();
        let router = router(self.app.clone());
        let acceptor = self.tls.as_ref().map(|tls| TlsAcceptor::from(tls.config.clone()));
        let mut refresh = tokio::time::interval(REFRESH);
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let accept = async {
                let permit = connections.clone().acquire_owned().await;
                (permit, self.listener.accept().await)
            };
            let (permit, accepted) = tokio::select! {
                () = &mut shutdown => break,
                () = self.app.stop.notified() => break,
                _ = refresh.tick() => {
                    self.tls.as_mut().map(Tls::refresh);
                    continue;
                }
                both = accept => both,
            };
            match (permit, accepted) {
                (Ok(permit), Ok((stream, peer))) => {
                    let _ = stream.set_nodelay(true); // a slower answer is still an answer
                    let (app, router) = (self.app.clone(), router.clone());
                    let (watcher, acceptor) = (graceful.watcher(), acceptor.clone());
                    tokio::spawn(async move {
                        match acceptor {
                            None => connection(&app, router, watcher, stream, peer, false).await,
                            Some(acceptor) => {
                                if let Some(stream) = shake_hands(acceptor, stream, peer).await {
                                    connection(&app, router, watcher, stream, peer, true).await;
                                }
                            }
                        }
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

/// The TLS handshake; a client that speaks HTTP is told so in its language.
async fn shake_hands(
    acceptor: TlsAcceptor,
    mut stream: TcpStream,
    peer: SocketAddr,
) -> Option<TlsStream<TcpStream>> {
    use tokio::io::AsyncWriteExt as _;
    let shaken = tokio::time::timeout(HEAD_TIME, async {
        let mut first = [0];
        // every TLS record of a handshake begins with 22
        if stream.peek(&mut first).await? == 1 && first != [22] {
            let text = "this port speaks HTTPS: begin the address with https://\n";
            let head = format!(
                "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                text.len()
            );
            stream.write_all(format!("{head}{text}").as_bytes()).await?;
            stream.shutdown().await?;
            return Ok(None);
        }
        acceptor.accept(stream).await.map(Some)
    });
    match shaken.await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::debug!(%peer, %error, "no TLS came about");
            None
        }
        Err(_) => None,
    }
}

/// One connection, watched for the shutdown.
async fn connection<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    app: &App,
    router: Router,
    watcher: Watcher,
    stream: S,
    peer: SocketAddr,
    tls: bool,
) {
    let service = tower::service_fn(move |mut request: axum::http::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(Peer { address: peer.ip().to_canonical(), tls });
        router.clone().oneshot(request)
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS);
    let served = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    app.metrics.connections.fetch_add(1, Ordering::Relaxed);
    if let Err(error) = watcher.watch(served).await {
        tracing::debug!(%peer, %error, "a connection ended early");
    }
    app.metrics.connections.fetch_sub(1, Ordering::Relaxed);
}

/// Answers other nodes of the fleet only, without a viewer: for sensors. Without [`Config::fleet`] nothing is done.
///
/// # Errors
/// The fleet cannot be joined.
pub async fn serve_nodes(
    config: Config,
    state: State,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let Some(fleet) = config.fleet.clone() else { return Ok(()) };
    let running = Running::bind(fleet, &config.node, state.catalog.clone()).await?;
    let app = App::with_fleet(config, state, Some(running.fleet.clone()));
    let _tasks = running.start(&app);
    shutdown.await;
    Ok(())
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
