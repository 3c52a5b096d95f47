//! Users that somebody else has logged in: a proxy in front says so in a header, a token is signed, a provider has answered.

use crate::access::Newcomers;
use crate::app::{App, now_ms};
use crate::auth::{Client, USERS, User, change, expand, load};
use crate::error::ApiError;
use axum::http::HeaderMap;
use serde_json::{Map, Value as Json};
use std::sync::atomic::Ordering;

/// Characters of a user id.
const MAX_ID: usize = 200;
/// Groups of one user that are looked at.
const MAX_GROUPS: usize = 1_000;
/// Users of one installation.
const MAX_USERS: usize = 100_000;

/// Whom others name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named {
    pub id: String,
    /// Name for people.
    pub name: Option<String>,
    pub groups: Vec<String>,
}

impl Named {
    /// Reads the claims of a token.
    pub fn of(claims: &Map<String, Json>, user: &str, newcomers: &Newcomers) -> Option<Self> {
        let text = |name: &str| claims.get(name).and_then(Json::as_str).map(str::to_owned);
        let groups = match claims.get(&newcomers.groups) {
            Some(Json::Array(list)) => {
                list.iter().filter_map(Json::as_str).take(MAX_GROUPS).map(str::to_owned).collect()
            }
            Some(Json::String(list)) => split(list),
            _ => Vec::new(),
        };
        Some(Self { id: text(user)?, name: text("name"), groups })
    }
}

fn split(list: &str) -> Vec<String> {
    let parts = list.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.take(MAX_GROUPS).map(str::to_owned).collect()
}

fn refused(app: &App, text: String) -> ApiError {
    app.metrics.logins_failed.fetch_add(1, Ordering::Relaxed);
    ApiError::forbidden(text)
}

/// The roles after what the groups say: mapped ones come and go, others stay.
fn mapped(roles: &[String], newcomers: &Newcomers, groups: &[String]) -> Vec<String> {
    let is_mapped = |role: &String| newcomers.mapping.iter().any(|(_, mapped)| mapped == role);
    let mut out: Vec<String> = roles.iter().filter(|role| !is_mapped(role)).cloned().collect();
    for (group, role) in &newcomers.mapping {
        if groups.contains(group) && !out.contains(role) {
            out.push(role.clone());
        }
    }
    out
}

/// The user that others name: made where there is none and that is wanted, with the roles of its groups. Blocks.
pub(crate) fn arrive(app: &App, named: &Named) -> Result<User, ApiError> {
    let (catalog, newcomers) = (&*app.state.catalog, &app.config.access.newcomers);
    let id = named.id.trim();
    let bad = id.is_empty()
        || id.chars().count() > MAX_ID
        || id.starts_with("role:")
        || id.starts_with('_')
        || id.contains('/')
        || id.chars().any(char::is_control);
    if bad {
        return Err(refused(
            app,
            "the name that was given for the user cannot be used as a user id".to_owned(),
        ));
    }
    let name = named.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let user = match load(catalog, id)? {
        Some(user) => user,
        None if newcomers.create => {
            if catalog.list(USERS)?.len() >= MAX_USERS {
                return Err(refused(app, format!("there are {MAX_USERS} users already")));
            }
            let user = User {
                user_id: id.to_owned(),
                user_name: name.unwrap_or(id).chars().take(MAX_ID).collect(),
                roles: mapped(&newcomers.roles, newcomers, &named.groups),
                expression: newcomers.expression.clone(),
                time_limit: newcomers.time_limit,
                header_auth_enabled: true,
                created: now_ms(),
                ..User::default()
            };
            catalog.put(USERS, id, &user.to_json()?, Some(0))?;
            // another request may have made it
            load(catalog, id)?.ok_or_else(|| ApiError::busy("the user is being changed; try again"))?
        }
        None => return Err(refused(app, format!("there is no user {id}"))),
    };
    if !user.enabled || !user.web_enabled {
        return Err(refused(app, format!("User {id} not enabled")));
    }
    if !user.header_auth_enabled {
        let text = format!("user {id} may not be logged in by others (headerAuthEnabled)");
        return Err(refused(app, text));
    }
    let roles = mapped(&user.roles, newcomers, &named.groups);
    let user = if newcomers.mapping.is_empty() || roles == user.roles {
        user
    } else {
        change(catalog, id, &mut |user: &mut User| {
            user.roles = mapped(&user.roles, newcomers, &named.groups);
            Ok(())
        })?
    };
    expand(catalog, user)
}

fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let text = String::from_utf8(values.next()?.as_bytes().to_vec()).ok()?;
    // two of a name: one may be of the client itself
    values.next().is_none().then_some(text)
}

/// The user that a trusted proxy names; `None` where none does. From everybody else the header means nothing.
pub(crate) async fn by_header(
    app: &App,
    headers: &HeaderMap,
    client: Client,
) -> Result<Option<User>, ApiError> {
    let Some(login) = app.config.access.header.as_ref().filter(|_| client.proxied) else { return Ok(None) };
    let Some(id) = header_text(headers, &login.user).filter(|id| !id.trim().is_empty()) else {
        return Ok(None);
    };
    if let Some((name, wanted)) = &login.required {
        let given = split(&header_text(headers, name).unwrap_or_default());
        if !given.iter().any(|value| wanted.contains(value)) {
            return Err(refused(app, format!("the header {name} has none of the values that are asked for")));
        }
    }
    let named = Named {
        id,
        name: login.name.as_ref().and_then(|name| header_text(headers, name)),
        groups: login
            .groups
            .as_ref()
            .and_then(|name| header_text(headers, name))
            .map_or(Vec::new(), |list| split(&list)),
    };
    app.blocking(move |app| arrive(app, &named)).await.map(Some)
}

/// The signed token of the header that is set for it, unless that is `Authorization`.
pub(crate) fn token_header(app: &App, headers: &HeaderMap) -> Option<String> {
    let login = app.config.access.jwt.as_ref()?;
    if login.header.eq_ignore_ascii_case("authorization") {
        return None;
    }
    let text = header_text(headers, &login.header)?;
    let text = text.strip_prefix("Bearer ").unwrap_or(&text).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// The user of a signed token.
pub(crate) async fn by_jwt(app: &App, token: String) -> Result<User, ApiError> {
    let work = move |app: &App| {
        let access = &app.config.access;
        let (Some(login), Some(keys)) = (&access.jwt, &app.jwt_keys) else {
            return Err(ApiError::unauthorized("signed tokens are not taken here"));
        };
        let claims = keys.verify(&token, &login.algorithms, (&login.issuer, &login.audience, None));
        let claims = claims.inspect_err(|_| {
            app.metrics.logins_failed.fetch_add(1, Ordering::Relaxed);
        })?;
        let named = Named::of(&claims, &login.user, &access.newcomers);
        let named = named.ok_or_else(|| {
            ApiError::unauthorized(format!("the token is refused: it has no text `{}`", login.user))
        })?;
        arrive(app, &named)
    };
    app.blocking(work).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapped_roles_come_and_go_and_others_stay() {
        let newcomers = Newcomers {
            mapping: vec![("soc".into(), "arkimeAdmin".into()), ("all".into(), "arkimeUser".into())],
            ..Newcomers::default()
        };
        let of = |roles: &[&str], groups: &[&str]| {
            let owned = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
            mapped(&owned(roles), &newcomers, &owned(groups))
        };
        assert_eq!(of(&["role:x", "arkimeAdmin"], &["all"]), ["role:x", "arkimeUser"]);
        assert_eq!(of(&["arkimeUser"], &["soc", "soc"]), ["arkimeAdmin"]);
        assert!(of(&["arkimeUser"], &[]).is_empty());
    }
}
