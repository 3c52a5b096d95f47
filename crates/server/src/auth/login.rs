//! Log-ins: a random token in a cookie, its hash in the catalogue, so that they survive a restart and are shared by
//! the processes of one catalogue.

use crate::app::{App, now_ms, random_text};
use crate::auth::{Client, User, effective};
use crate::config::Config;
use crate::error::ApiError;
use index::Catalog;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Collection of the catalogue.
const LOGINS: &str = "logins";
/// Cookie with the token; no script of a page can read it.
pub(crate) const LOGIN_COOKIE: &str = "hindsight-login";
/// Cookie with the CSRF token; the viewer reads it and sends it back in a header, which a page of another site cannot.
pub(crate) const CSRF_COOKIE: &str = "HINDSIGHT-COOKIE";
/// Log-ins of one user at once; the oldest ends.
const MAX_LOGINS: usize = 50;
/// The time of last use is written at most so often.
const USED_EVERY_MS: i64 = 600_000;

/// One log-in.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Login {
    pub user_id: String,
    pub csrf: String,
    created_ms: i64,
    used_ms: i64,
    /// How it began: `form`, `oidc`.
    #[serde(default)]
    pub method: String,
    /// Whether nothing can be done with it but setting up a second factor.
    #[serde(default)]
    pub must_enroll: bool,
    /// Hash of the token; the key of the entry.
    #[serde(skip)]
    pub key: String,
}

impl Login {
    fn is_over(&self, config: &Config, now: i64) -> bool {
        let ms = |d: Duration| i64::try_from(d.as_millis()).unwrap_or(i64::MAX);
        now.saturating_sub(self.used_ms) > ms(config.login_idle)
            || now.saturating_sub(self.created_ms) > ms(config.login_lifetime)
    }
}

fn key_of(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A `Set-Cookie` value. Without an age it ends with the browser; an age of zero removes it. `client` decides whether it is only
/// for encrypted connections.
pub(crate) fn cookie(
    config: &Config,
    client: Client,
    name: &str,
    value: &str,
    age: Option<Duration>,
) -> String {
    let mut text = format!("{name}={value}; Path=/; SameSite=Strict");
    if name == LOGIN_COOKIE {
        text.push_str("; HttpOnly");
    }
    if config.secure_cookies || client.secure {
        text.push_str("; Secure");
    }
    if let Some(age) = age {
        text.push_str(&format!("; Max-Age={}", age.as_secs()));
    }
    text
}

/// Begins a log-in; returns the token and the log-in.
pub(crate) fn start(
    app: &App,
    user: &User,
    method: &str,
    must_enroll: bool,
) -> Result<(String, Login), ApiError> {
    let (token, csrf, now) = (random_text::<32>()?, random_text::<24>()?, now_ms());
    let login = Login {
        user_id: user.user_id.clone(),
        csrf,
        created_ms: now,
        used_ms: now,
        method: method.to_owned(),
        must_enroll,
        key: key_of(&token),
    };
    let catalog = &*app.state.catalog;
    let mut own = Vec::new();
    for entry in catalog.list(LOGINS)? {
        match serde_json::from_value::<Login>(entry.value) {
            Ok(other) if !other.is_over(&app.config, now) => {
                if other.user_id == user.user_id {
                    own.push((other.used_ms, entry.key));
                }
            }
            _ => {
                catalog.remove(LOGINS, &entry.key)?;
            }
        }
    }
    own.sort_unstable();
    for (_, key) in own.iter().take((own.len() + 1).saturating_sub(MAX_LOGINS)) {
        catalog.remove(LOGINS, key)?;
    }
    catalog.put(LOGINS, &login.key, &to_json(&login)?, None)?;
    Ok((token, login))
}

fn to_json(login: &Login) -> Result<serde_json::Value, ApiError> {
    serde_json::to_value(login).map_err(|e| ApiError::internal(format!("cannot write a log-in: {e}")))
}

/// The user and the log-in of a token.
pub(crate) fn find(app: &App, token: &str) -> Result<(User, Login), ApiError> {
    let over = || ApiError::unauthorized("the log-in has ended; log in again");
    let (catalog, now) = (&*app.state.catalog, now_ms());
    let key = key_of(token);
    let entry = catalog.get(LOGINS, &key)?.ok_or_else(over)?;
    let mut login: Login = serde_json::from_value(entry.value).map_err(|_| over())?;
    login.key = key;
    if login.is_over(&app.config, now) {
        catalog.remove(LOGINS, &login.key)?;
        return Err(over());
    }
    let user = effective(catalog, &login.user_id)?
        .filter(|user| user.enabled && user.web_enabled)
        .ok_or_else(over)?;
    if now.saturating_sub(login.used_ms) > USED_EVERY_MS {
        login.used_ms = now;
        // Only if nobody changed it: a log-out at the same time must stay one.
        catalog.put(LOGINS, &login.key, &to_json(&login)?, Some(entry.version))?;
    }
    Ok((user, login))
}

/// Ends a log-in.
pub(crate) fn stop(app: &App, login: &Login) -> Result<(), ApiError> {
    app.state.catalog.remove(LOGINS, &login.key)?;
    Ok(())
}

/// The second factor is set up: the log-in can do everything.
pub(crate) fn enrolled(app: &App, login: &Login) -> Result<(), ApiError> {
    let login = Login { must_enroll: false, ..login.clone() };
    app.state.catalog.put(LOGINS, &login.key, &to_json(&login)?, None)?;
    Ok(())
}

/// Ends every log-in of a user but this one: after a change of the password.
pub(crate) fn stop_others(app: &App, user_id: &str, keep: Option<&Login>) -> Result<(), ApiError> {
    Ok(stop_all_but(&*app.state.catalog, user_id, keep)?)
}

/// Ends every log-in of a user but one.
pub(crate) fn stop_all_but(
    catalog: &dyn Catalog,
    user_id: &str,
    keep: Option<&Login>,
) -> Result<(), index::Error> {
    for entry in catalog.list(LOGINS)? {
        let owner = entry.value.get("userId").and_then(serde_json::Value::as_str);
        if owner == Some(user_id) && keep.is_none_or(|login| login.key != entry.key) {
            catalog.remove(LOGINS, &entry.key)?;
        }
    }
    Ok(())
}
