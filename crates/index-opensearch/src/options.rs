//! How a cluster is reached and used.

use fields::Schema;
use index::{Error, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How one logs in.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Auth {
    /// Not at all.
    #[default]
    None,
    /// User and password.
    Basic {
        /// User.
        user: String,
        /// Password.
        password: String,
    },
    /// An API key in the form in which the cluster gave it (base64 of `id:key`).
    ApiKey(String),
}

/// Secrets are not shown.
impl std::fmt::Debug for Auth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Auth::None => "None",
            Auth::Basic { .. } => "Basic",
            Auth::ApiKey(_) => "ApiKey",
        })
    }
}

/// How much time an index of sessions covers (Arkime's `rotateIndex`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rotate {
    /// So many hours, a divisor of 24: `261123h05`.
    Hours(u32),
    /// A day: `261123`.
    #[default]
    Daily,
    /// A week, numbered from the first day of the year: `26w47`.
    Weekly,
    /// A month: `26m11`.
    Monthly,
}

impl std::str::FromStr for Rotate {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let hours = |text: &str| text.parse().ok().filter(|hours| [2, 3, 4, 6, 8, 12].contains(hours));
        match text {
            "hourly" => Ok(Rotate::Hours(1)),
            "daily" => Ok(Rotate::Daily),
            "weekly" => Ok(Rotate::Weekly),
            "monthly" => Ok(Rotate::Monthly),
            text => text.strip_prefix("hourly").and_then(hours).map(Rotate::Hours).ok_or_else(|| {
                format!("`{text}` is no rotation: write hourly, hourly2, hourly3, hourly4, hourly6, hourly8, hourly12, daily, weekly or monthly")
            }),
        }
    }
}

/// Settings of a store.
#[derive(Clone, Debug)]
pub struct Options {
    /// Addresses of hosts, `http://…` or `https://…` with port, without a slash at the end; each is as good as the others.
    pub hosts: Vec<String>,
    /// How one logs in.
    pub auth: Auth,
    /// Certificates (PEM) that the hosts' are checked with; `None`: those that the system trusts.
    pub ca: Option<PathBuf>,
    /// Own certificates and their key (PEM).
    pub client_certificate: Option<(PathBuf, PathBuf)>,
    /// How long a host may take until it is connected.
    pub connect_timeout: Duration,
    /// How long one request may take.
    pub timeout: Duration,
    /// What the names of all indices begin with.
    pub prefix: String,
    /// How much time an index of sessions covers.
    pub rotate: Rotate,
    /// Primary shards of an index of sessions.
    pub shards: u32,
    /// Copies of each shard.
    pub replicas: u32,
    /// The fields that documents are made of.
    pub schema: Arc<Schema>,
    /// Folder of the spool.
    pub spool: PathBuf,
    /// Bytes that the spool of one writer may hold; beyond, documents are refused as [`ErrorKind::Overloaded`].
    pub spool_limit: u64,
    /// Requests that a writer has under way at once.
    pub parallel: usize,
    /// How long a commit waits until the cluster has what was appended. After that the documents are safe on disk, and are sent as soon as the
    /// cluster takes them.
    pub patience: Duration,
}

impl Options {
    /// Usual settings. `addresses` are separated by commas; user and password may stand in them (`https://user:password@host:9200`).
    ///
    /// # Errors
    /// An address is none.
    pub fn new(addresses: &str, schema: Arc<Schema>, spool: PathBuf) -> Result<Self, Error> {
        let mut auth = Auth::None;
        let mut hosts = Vec::new();
        for address in addresses.split(',').map(str::trim).filter(|address| !address.is_empty()) {
            let (scheme, rest) = address
                .split_once("://")
                .filter(|(scheme, rest)| matches!(*scheme, "http" | "https") && !rest.is_empty())
                .ok_or_else(|| bad(address))?;
            let rest = rest.trim_end_matches('/');
            let host = match rest.rsplit_once('@') {
                Some((user, host)) => {
                    let (user, password) = user.split_once(':').ok_or_else(|| bad(host))?;
                    auth = Auth::Basic { user: decoded(user), password: decoded(password) };
                    host
                }
                None => rest,
            };
            let own = format!("{scheme}://{host}");
            ureq::http::Uri::try_from(&own).map_err(|_| bad(&own))?;
            hosts.push(own);
        }
        if hosts.is_empty() {
            return Err(bad(addresses));
        }
        Ok(Self {
            hosts,
            auth,
            ca: None,
            client_certificate: None,
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(120),
            prefix: "hindsight_".into(),
            rotate: Rotate::default(),
            shards: 1,
            replicas: 0,
            schema,
            spool,
            spool_limit: 4 << 30,
            parallel: 2,
            patience: Duration::from_secs(2),
        })
    }
}

fn bad(address: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!(
            "`{address}` is no address of a cluster: write https://host:9200, several with commas between them"
        ),
    )
}

/// `%40` becomes `@`.
fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (byte, hex) {
            (b'%', Some(value)) => {
                out.push(value);
                at += 3;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(text: &str) -> Result<Options, Error> {
        let schema = Schema::new([session::core::FIELDS]).unwrap();
        Options::new(text, Arc::new(schema), PathBuf::new())
    }

    #[test]
    fn addresses_are_read() {
        let options = options("https://me:p%40ss@a:9200/, http://b:9201").unwrap();
        assert_eq!(options.hosts, ["https://a:9200", "http://b:9201"]);
        assert_eq!(options.auth, Auth::Basic { user: "me".into(), password: "p@ss".into() });
        assert_eq!(format!("{:?}", options.auth), "Basic");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for wrong in ["", "localhost:9200", "ftp://x", "https://", "http://a b"] {
            let error = options(wrong).unwrap_err().to_string();
            assert!(error.contains("https://host:9200"), "{wrong}: {error}");
        }
    }

    #[test]
    fn rotations_are_arkimes() {
        assert_eq!("hourly6".parse(), Ok(Rotate::Hours(6)));
        assert_eq!("weekly".parse(), Ok(Rotate::Weekly));
        assert!("hourly5".parse::<Rotate>().is_err() && "yearly".parse::<Rotate>().is_err());
    }
}
