//! API tokens: for scripts and assistants, with less than all rights of their users and an end.

use crate::app::{App, now_ms, random_text};
use crate::auth::{Scope, User, effective};
use crate::error::ApiError;
use index::Catalog;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// Collection of the catalogue; the key is the hash of the token.
pub(crate) const TOKENS: &str = "tokens";
/// What every token begins with: leaked ones are recognised by tools that look for them.
pub(crate) const PREFIX: &str = "hst_";
/// Tokens of one user.
const MAX_TOKENS: usize = 100;
/// Days that a token lives at most.
pub const MAX_TOKEN_DAYS: u32 = 3_650;
/// Days that a token lives when nothing is said.
pub const TOKEN_DAYS: u32 = 90;
/// Characters of a token's name.
const MAX_NAME: usize = 100;
/// The time of last use is written at most so often.
const USED_EVERY_MS: i64 = 600_000;
const DAY_MS: i64 = 86_400_000;

/// What is stored of a token: never the token itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiToken {
    /// By which it is named in lists; no secret.
    pub id: String,
    /// Whose rights it has, within its scopes.
    pub user_id: String,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Creation, milliseconds since 1970.
    pub created: i64,
    /// End, milliseconds since 1970.
    pub expires: i64,
    /// Last use, milliseconds since 1970, to ten minutes.
    #[serde(default)]
    pub last_used: Option<i64>,
    /// From where it was used last.
    #[serde(default)]
    pub last_address: Option<String>,
}

impl ApiToken {
    /// As the API shows it.
    pub(crate) fn shown(&self) -> Json {
        let mut shown = json!(self);
        shown["expired"] = (self.expires <= now_ms()).into();
        shown
    }
}

/// What a new token is to be.
#[derive(Clone, Debug)]
pub struct TokenWish {
    /// What it is for; 1 to 100 characters.
    pub name: String,
    /// What it may do; at least one.
    pub scopes: Vec<Scope>,
    /// Days until it ends, 1 to [`MAX_TOKEN_DAYS`].
    pub days: u32,
}

fn key_of(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read(entry: index::Entry) -> Option<(String, ApiToken)> {
    serde_json::from_value(entry.value).ok().map(|token| (entry.key, token))
}

/// The tokens of one user, or of all, oldest first.
pub(crate) fn list(catalog: &dyn Catalog, user: Option<&str>) -> Result<Vec<(String, ApiToken)>, ApiError> {
    let all = catalog.list(TOKENS)?.into_iter().filter_map(read);
    let mut own: Vec<_> = all.filter(|(_, token)| user.is_none_or(|user| token.user_id == user)).collect();
    own.sort_by_key(|(_, token)| token.created);
    Ok(own)
}

/// Makes a token; returns it (stored nowhere) and what is stored of it.
pub(crate) fn create(
    catalog: &dyn Catalog,
    user: &str,
    wish: &TokenWish,
) -> Result<(String, ApiToken), ApiError> {
    let name = wish.name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME {
        return Err(ApiError::bad(format!(
            "name: 1 to {MAX_NAME} characters that say what the token is for"
        )));
    }
    if wish.scopes.is_empty() {
        return Err(ApiError::bad(format!("scopes: at least one of {}", Scope::NAMES.join(", "))));
    }
    if !(1..=MAX_TOKEN_DAYS).contains(&wish.days) {
        return Err(ApiError::bad(format!("days: a number from 1 to {MAX_TOKEN_DAYS}")));
    }
    let (now, own) = (now_ms(), list(catalog, Some(user))?);
    let live = own.iter().filter(|(_, token)| token.expires > now).count();
    if live >= MAX_TOKENS {
        return Err(ApiError::forbidden(format!("there are {MAX_TOKENS} tokens already; remove some")));
    }
    // those that ended long ago make room
    for (key, old) in own.iter().filter(|(_, token)| now.saturating_sub(token.expires) > 30 * DAY_MS) {
        tracing::debug!(id = old.id, "an ended token is forgotten");
        catalog.remove(TOKENS, key)?;
    }
    let token = format!("{PREFIX}{}", random_text::<32>()?);
    let mut scopes = wish.scopes.clone();
    scopes.sort_unstable();
    scopes.dedup();
    let stored = ApiToken {
        id: random_text::<9>()?,
        user_id: user.to_owned(),
        name: name.to_owned(),
        scopes,
        created: now,
        expires: now.saturating_add(i64::from(wish.days) * DAY_MS),
        last_used: None,
        last_address: None,
    };
    let value = serde_json::to_value(&stored)
        .map_err(|e| ApiError::internal(format!("cannot write a token: {e}")))?;
    catalog.put(TOKENS, &key_of(&token), &value, Some(0))?;
    Ok((token, stored))
}

/// Removes a token by its id, of one user or of anybody; returns whether there was one.
pub(crate) fn remove(catalog: &dyn Catalog, user: Option<&str>, id: &str) -> Result<bool, ApiError> {
    for (key, token) in list(catalog, user)? {
        if token.id == id {
            return Ok(catalog.remove(TOKENS, &key)?);
        }
    }
    Ok(false)
}

/// Removes every token of a user.
pub(crate) fn remove_all(catalog: &dyn Catalog, user: &str) -> Result<usize, ApiError> {
    let own = list(catalog, Some(user))?;
    for (key, _) in &own {
        catalog.remove(TOKENS, key)?;
    }
    Ok(own.len())
}

/// The user of a token that is sent with a request.
pub(crate) fn find(app: &App, token: &str, address: IpAddr) -> Result<(User, ApiToken), ApiError> {
    let wrong = || ApiError::unauthorized("this API token is not known, has expired or was revoked");
    let catalog = &*app.state.catalog;
    let key = key_of(token);
    let entry = catalog.get(TOKENS, &key)?.ok_or_else(wrong)?;
    let version = entry.version;
    let (_, mut stored) = read(entry).ok_or_else(wrong)?;
    let now = now_ms();
    let user = effective(catalog, &stored.user_id)?;
    // one that is older than its user was of another user with the same name
    let user = user.filter(|user| {
        user.enabled && user.web_enabled && stored.expires > now && user.created <= stored.created
    });
    let user = user.ok_or_else(wrong)?;
    if stored.last_used.is_none_or(|used| now.saturating_sub(used) > USED_EVERY_MS) {
        stored.last_used = Some(now);
        stored.last_address = Some(address.to_string());
        // only if nobody changed it: one that is revoked at this moment stays so
        catalog.put(TOKENS, &key, &json!(stored), Some(version))?;
    }
    Ok((user, stored))
}
