//! Requests to a cluster: several hosts, log-in, time-outs, cancelling, errors in the words of the store traits.

use crate::options::{Auth, Options};
use crate::tls::{self, Told};
use index::{Control, Error, ErrorKind};
use serde_json::Value as Json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How often a waiting query looks whether it was cancelled.
const LOOK: Duration = Duration::from_millis(5);
/// How long a cluster may take to notice the loss of a machine before a query fails, and how often it is asked again.
const NOTICING: Duration = Duration::from_secs(5);
/// See [`NOTICING`].
const AGAIN: Duration = Duration::from_millis(200);
/// Bytes of one answer; more is refused.
const MAX_ANSWER: u64 = 1 << 30;

/// What a cluster is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    /// OpenSearch 2 or newer.
    OpenSearch,
    /// Elasticsearch 7.10 or newer.
    Elasticsearch,
}

/// An answer: its status and its JSON (null where it has none).
pub(crate) struct Answer {
    pub status: u16,
    pub json: Json,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The name of the error of the cluster, for instance `too_many_buckets_exception`.
    pub fn error_type(&self) -> &str {
        let text = |pointer| self.json.pointer(pointer).and_then(Json::as_str);
        text("/error/caused_by/type")
            .filter(|name| name.starts_with("too_many"))
            .or_else(|| text("/error/root_cause/0/type"))
            .or_else(|| text("/error/type"))
            .unwrap_or("")
    }

    /// Whether a machine of the cluster has just gone and the others do not know yet: the same question can be answered soon.
    fn lost_a_machine(&self) -> bool {
        let name = self.error_type();
        self.status == 503
            && ["node_not_connected", "node_disconnected", "connect_transport"]
                .iter()
                .any(|known| name.starts_with(known))
    }

    /// What the cluster says went wrong.
    pub fn reason(&self) -> String {
        let text = |pointer| self.json.pointer(pointer).and_then(Json::as_str);
        let reason = text("/error/root_cause/0/reason").or_else(|| text("/error/reason"));
        let name = self.error_type();
        match reason.or_else(|| text("/error")) {
            Some(reason) if name.is_empty() => reason.chars().take(500).collect(),
            Some(reason) => format!("{name}: {}", reason.chars().take(500).collect::<String>()),
            None => format!("status {}", self.status),
        }
    }

    /// The answer, or the error that it is.
    pub fn ok(self, what: &str) -> Result<Json, Error> {
        if self.is_success() { Ok(self.json) } else { Err(self.error(what)) }
    }

    pub fn error(&self, what: &str) -> Error {
        let reason = self.reason();
        let (kind, remedy) = match self.status {
            401 => (ErrorKind::Unavailable, "; check user and password, API key or client certificate"),
            403 if self.error_type().contains("cluster_block") => {
                (ErrorKind::Full, "; make room on the cluster's disks")
            }
            403 => (ErrorKind::Unavailable, "; the account lacks a right that this needs"),
            404 => (ErrorKind::Unavailable, ""),
            429 if self.error_type().contains("cluster_block") => {
                (ErrorKind::Full, "; make room on the cluster's disks")
            }
            429 => (ErrorKind::Overloaded, "; the cluster has more to do than it can, it is tried again"),
            500.. => (ErrorKind::Unavailable, "; see the cluster's log"),
            _ => (ErrorKind::Unsupported, ""),
        };
        Error::new(kind, format!("the cluster refused to {what} ({reason}){remedy}"))
    }
}

/// What is asked.
#[derive(Clone, Copy)]
struct Request<'a> {
    method: &'a str,
    path: &'a str,
    /// Content type of the body, where there is one.
    kind: &'a str,
    body: &'a [u8],
    /// By which the query is found when it is cancelled.
    name: Option<&'a str>,
}

impl<'a> Request<'a> {
    fn json(method: &'a str, path: &'a str, body: &'a str) -> Self {
        Self { method, path, kind: "application/json", body: body.as_bytes(), name: None }
    }
}

/// Why there is no answer.
struct Failed {
    error: Error,
    /// Waiting does not help: only other settings do.
    settled: bool,
}

/// Speaks with a cluster. Clones share connections.
#[derive(Clone)]
pub(crate) struct Client(Arc<Inner>);

struct Inner {
    agent: ureq::Agent,
    hosts: Vec<String>,
    /// The host that answered last.
    current: AtomicUsize,
    authorization: Option<String>,
    told: Told,
    timeout: Duration,
    /// Makes the names of queries, by which they are found when they are cancelled.
    asked: AtomicU64,
    name: String,
}

impl Client {
    pub fn new(options: &Options) -> Result<Self, Error> {
        let tls = tls::config(options)?;
        let agent = ureq::Agent::config_builder()
            .timeout_connect(Some(options.connect_timeout))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections_per_host(16)
            .allow_non_standard_methods(true)
            .user_agent("hindsight")
            .tls_config(tls)
            .build()
            .into();
        let mut seed = [0; 8];
        getrandom::fill(&mut seed)
            .map_err(|error| Error::new(ErrorKind::Unavailable, format!("no random numbers: {error}")))?;
        Ok(Self(Arc::new(Inner {
            agent,
            hosts: options.hosts.clone(),
            current: AtomicUsize::new(0),
            authorization: options.auth.header(),
            told: Told::of(options),
            timeout: options.timeout,
            asked: AtomicU64::new(0),
            name: format!("hindsight-{:016x}", u64::from_le_bytes(seed)),
        })))
    }

    /// The name of this client among all that ask the cluster.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Every host, for people.
    pub fn hosts(&self) -> String {
        self.0.hosts.join(", ")
    }

    /// How long the cluster may wait for its own machines within a request, so that its answer comes before the request is given up.
    pub fn inner_timeout(&self) -> Duration {
        (self.0.timeout / 2).clamp(Duration::from_secs(1), Duration::from_secs(60))
    }

    /// One request; another host is asked where one cannot be reached. A status is no error here.
    pub fn call(&self, method: &str, path: &str, body: Option<&Json>) -> Result<Answer, Error> {
        let body = body.map(Json::to_string);
        self.send(Request::json(method, path, body.as_deref().unwrap_or("")))
    }

    /// The same with lines of JSON.
    pub fn lines(&self, path: &str, body: &[u8]) -> Result<Answer, Error> {
        self.send(Request { method: "POST", path, kind: "application/x-ndjson", body, name: None })
    }

    fn send(&self, request: Request<'_>) -> Result<Answer, Error> {
        self.attempt(request).map_err(|failed| failed.error)
    }

    fn attempt(&self, request: Request<'_>) -> Result<Answer, Failed> {
        let inner = &*self.0;
        let first = inner.current.load(Ordering::Relaxed);
        let mut last = String::new();
        // whether every host failed for what only other settings mend
        let mut settled = true;
        for turn in 0..inner.hosts.len() {
            let at = (first + turn) % inner.hosts.len();
            let Some(host) = inner.hosts.get(at) else { continue };
            match inner.once(host, request) {
                // what stands before a cluster says so when nothing is behind it
                Ok(answer) if matches!(answer.status, 502 | 504) && turn + 1 < inner.hosts.len() => {
                    last = format!("{host}: {}", answer.reason());
                    settled = false;
                }
                Ok(answer) => {
                    inner.current.store(at, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(ureq::Error::Timeout(what))
                    if !matches!(what, ureq::Timeout::Connect | ureq::Timeout::Resolve) =>
                {
                    // what is asked next goes to another: this one may hang
                    inner.current.store((at + 1) % inner.hosts.len(), Ordering::Relaxed);
                    let error = Error::new(
                        ErrorKind::TimedOut,
                        format!(
                            "{host} did not answer within {} s; narrow the time range, or look after the cluster",
                            inner.timeout.as_secs()
                        ),
                    );
                    return Err(Failed { error, settled: false });
                }
                Err(error) => match tls::reason(&error, &inner.told) {
                    Some((why, stays)) => {
                        last = format!("{host}: {why}");
                        settled &= stays;
                    }
                    None => {
                        last = format!("{host}: {error}");
                        settled = false;
                    }
                },
            }
        }
        let text = if settled {
            format!("no host of the cluster can be used: {last}")
        } else {
            format!(
                "no host of the cluster can be reached ({last}); check that it runs, its address, and TLS"
            )
        };
        Err(Failed { error: Error::new(ErrorKind::Unavailable, text), settled })
    }

    /// A query: ends when the caller says so, and the cluster stops working on it too. It is asked again for some seconds where the cluster has just
    /// lost a machine and has not noticed yet.
    pub fn ask(&self, control: &Control, method: &str, path: &str, body: Json) -> Result<Answer, Error> {
        control.check()?;
        let name = format!("{}-{}", self.0.name, self.0.asked.fetch_add(1, Ordering::Relaxed));
        let (send, receive) = channel();
        let (client, method, path, own) = (self.clone(), method.to_owned(), path.to_owned(), name.clone());
        let over = Arc::new(AtomicBool::new(false));
        let ended = over.clone();
        let work = move || {
            let body = body.to_string();
            let begun = Instant::now();
            loop {
                let request = Request { name: Some(&own), ..Request::json(&method, &path, &body) };
                let answer = client.send(request);
                let again = begun.elapsed() < NOTICING
                    && !ended.load(Ordering::Relaxed)
                    && answer.as_ref().is_ok_and(Answer::lost_a_machine);
                if !again {
                    let _ = send.send(answer);
                    return;
                }
                std::thread::sleep(AGAIN);
            }
        };
        thread("cluster-query", work)?;
        loop {
            match receive.recv_timeout(LOOK) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(ended) = control.check() {
                        over.store(true, Ordering::Relaxed);
                        let client = self.clone();
                        let _ = thread("cluster-cancel", move || client.cancel(&name));
                        return Err(ended);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::new(
                        ErrorKind::Unavailable,
                        "the thread of a query ended unexpectedly",
                    ));
                }
            }
        }
    }

    /// Ends the tasks of a query in the cluster; what cannot be ended ends by itself.
    fn cancel(&self, name: &str) {
        let Ok(answer) = self.call("GET", "/_tasks?actions=*search*&group_by=none", None) else { return };
        let tasks: Vec<&Json> = match answer.json.get("tasks") {
            Some(Json::Array(list)) => list.iter().collect(),
            Some(Json::Object(map)) => map.values().collect(),
            _ => return,
        };
        for task in tasks {
            let own = task.pointer("/headers/X-Opaque-Id").and_then(Json::as_str) == Some(name);
            if let (true, Some(node), Some(id)) =
                (own, task.get("node").and_then(Json::as_str), task.get("id"))
            {
                let _ = self.call("POST", &format!("/_tasks/{node}:{id}/_cancel"), None);
            }
        }
    }

    /// What the cluster is, and its version.
    pub fn product(&self) -> Result<(Product, String), Error> {
        let answer = match self.attempt(Request::json("GET", "/", "")) {
            Ok(answer) => answer,
            Err(Failed { error, settled: true }) => {
                return Err(Error::new(ErrorKind::Unsupported, error.context));
            }
            Err(Failed { error, .. }) => return Err(error),
        };
        if (400..500).contains(&answer.status) && answer.status != 429 {
            // it is there: waiting does not help
            let error = answer.error("say what it is");
            return Err(Error::new(ErrorKind::Unsupported, error.to_string()));
        }
        let json = answer.ok("say what it is")?;
        let text = |pointer| json.pointer(pointer).and_then(Json::as_str);
        let version = text("/version/number").unwrap_or("").to_owned();
        let product = match text("/version/distribution") {
            Some("opensearch") => Product::OpenSearch,
            _ => Product::Elasticsearch,
        };
        let mut numbers = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        let number = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        let enough = match product {
            Product::OpenSearch => number >= (2, 0),
            Product::Elasticsearch => number >= (7, 10),
        };
        if !enough {
            let text = if version.is_empty() {
                format!("{} is neither Elasticsearch nor OpenSearch", self.hosts())
            } else {
                format!(
                    "{} runs {product:?} {version}; it takes OpenSearch 2.0 or Elasticsearch 7.10 or newer",
                    self.hosts()
                )
            };
            return Err(Error::new(ErrorKind::Unsupported, text));
        }
        Ok((product, version))
    }
}

impl Inner {
    fn once(&self, host: &str, request: Request<'_>) -> Result<Answer, ureq::Error> {
        let Request { method, path, kind, body, name } = request;
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{host}{path}"));
        if !body.is_empty() {
            request = request.header("content-type", kind);
        }
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        if let Some(name) = name {
            request = request.header("x-opaque-id", name);
        }
        let timeout = Some(self.timeout);
        let mut answer = if body.is_empty() {
            let request = request.body(())?;
            self.agent.run(self.agent.configure_request(request).timeout_global(timeout).build())?
        } else {
            let request = request.body(body)?;
            self.agent.run(self.agent.configure_request(request).timeout_global(timeout).build())?
        };
        let status = answer.status().as_u16();
        let text = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_vec()?;
        Ok(Answer { status, json: serde_json::from_slice(&text).unwrap_or(Json::Null) })
    }
}

impl Auth {
    fn header(&self) -> Option<String> {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        match self {
            Auth::None => None,
            Auth::Basic { user, password } => {
                Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
            }
            Auth::ApiKey(key) => Some(format!("ApiKey {key}")),
        }
    }
}

/// Starts a thread.
pub(crate) fn thread(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> Result<std::thread::JoinHandle<()>, Error> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(|error| Error::caused(ErrorKind::Overloaded, "no thread can be started", error))
}
