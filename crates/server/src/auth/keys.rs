//! Public keys of others: read, kept for a while, and read again when an unknown one is asked for.

use crate::access::KeySource;
use crate::app::now_ms;
use crate::auth::fetch;
use crate::auth::jose::{self, Algorithm, Expected, Key, Refused};
use crate::error::ApiError;
use serde_json::{Map, Value as Json};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Keys are read again after so long: one that was withdrawn ends.
const KEPT: Duration = Duration::from_secs(600);
/// For tokens with unknown keys they are read again at most so often.
const AGAIN: Duration = Duration::from_secs(30);
/// Bytes of a file.
const MAX_FILE: u64 = 1 << 20;

/// A set of keys and where it comes from.
#[derive(Debug)]
pub(crate) struct KeySet {
    source: KeySource,
    read: Mutex<Option<(Instant, Arc<Vec<Key>>)>>,
}

impl KeySet {
    pub fn new(source: KeySource) -> Self {
        Self { source, read: Mutex::default() }
    }

    fn fetch(&self) -> Result<Vec<Key>, ApiError> {
        let (name, set) = match &self.source {
            KeySource::Url(url) => (url.clone(), fetch::get(url, None)?),
            KeySource::File(path) => {
                let name = path.display().to_string();
                let broken = |why: String| ApiError::internal(format!("{name}: {why}"));
                let size = std::fs::metadata(path).map_err(|e| broken(e.to_string()))?.len();
                if size > MAX_FILE {
                    return Err(broken(format!("a key set of {size} bytes is not read")));
                }
                let text = std::fs::read(path).map_err(|e| broken(e.to_string()))?;
                let set = serde_json::from_slice::<Json>(&text).map_err(|e| broken(e.to_string()))?;
                (name.clone(), set)
            }
        };
        jose::keys(&set).map_err(|why| ApiError::internal(format!("{name}: {why}")))
    }

    /// The keys, not older than `age`; older ones stay in use while new ones cannot be had.
    fn keys(&self, age: Duration) -> Result<Arc<Vec<Key>>, ApiError> {
        let known = self.read.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, keys)) = &known
            && at.elapsed() < age
        {
            return Ok(keys.clone());
        }
        let keys = match (self.fetch(), known) {
            (Ok(keys), _) => Arc::new(keys),
            (Err(error), Some((_, keys))) => {
                tracing::warn!(error = error.text, "keys cannot be read; those from before stay in use");
                keys
            }
            (Err(error), None) => return Err(error),
        };
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        *read = Some((Instant::now(), keys.clone()));
        Ok(keys)
    }

    /// The claims of a token that one of the keys has signed. Blocks.
    pub fn verify(
        &self,
        token: &str,
        allowed: &[Algorithm],
        (issuer, audience, nonce): (&str, &str, Option<&str>),
    ) -> Result<Map<String, Json>, ApiError> {
        let expected = Expected { issuer, audience, nonce, now: now_ms() / 1_000 };
        let mut result = jose::verify(token, &self.keys(KEPT)?, allowed, &expected);
        // keys are exchanged now and then, and a set with one key may have no ids
        if matches!(result, Err(Refused::UnknownKey | Refused::Signature)) {
            result = jose::verify(token, &self.keys(AGAIN)?, allowed, &expected);
        }
        result.map_err(|refused| ApiError::unauthorized(format!("the token is refused: {refused}")))
    }
}
