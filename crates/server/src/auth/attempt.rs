//! Attempts to prove who one is with a password or a code: checked slowly, counted, refused after too many.

use crate::access::Method as Way;
use crate::app::App;
use crate::auth::digest::{self, Refused};
use crate::auth::{User, change, effective, totp, verify};
use crate::error::ApiError;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Text of the answer to a nonce that is too old.
pub(super) const STALE: &str = "digest: the nonce has expired; a new one is given";

pub(super) fn basic_credentials(text: &str) -> Result<(String, String), ApiError> {
    let bad = || ApiError::unauthorized("the Authorization header must be: Basic base64(user:password)");
    let text = STANDARD.decode(text).ok().and_then(|b| String::from_utf8(b).ok()).ok_or_else(bad)?;
    let (user, password) = text.split_once(':').ok_or_else(bad)?;
    Ok((user.to_owned(), password.to_owned()))
}

pub(super) async fn check_basic(
    app: &App,
    (name, password): (String, String),
    peer: IpAddr,
) -> Result<Arc<User>, ApiError> {
    let user = {
        let name = name.clone();
        app.blocking(move |app| effective(&*app.state.catalog, &name)).await?
    };
    if let Some(user) = user.as_ref().filter(|user| user.enabled)
        && app.basic.knows(user, &password)
    {
        return Ok(Arc::new(user.clone()));
    }
    log_in(app, name, password, peer).await
}

pub(super) async fn check_digest(
    app: &App,
    text: &str,
    (method, target): (&str, &str),
    peer: IpAddr,
) -> Result<User, ApiError> {
    let refused = |refused: Refused| match refused {
        Refused::Malformed(why) => ApiError { challenge: true, ..ApiError::unauthorized(why) },
        Refused::Stale => ApiError { challenge: true, ..ApiError::unauthorized(STALE) },
        Refused::Replayed => {
            ApiError { challenge: true, ..ApiError::unauthorized("digest: this nc was used already") }
        }
        Refused::Wrong => {
            ApiError { challenge: true, ..ApiError::unauthorized("wrong user name or password") }
        }
    };
    let given = digest::Credentials::read(text).map_err(refused)?;
    if let Some(wait) = app.throttle.locked(&given.user, peer) {
        return Err(locked_out(app, wait));
    }
    let name = given.user.clone();
    let user = app.blocking(move |app| effective(&*app.state.catalog, &name)).await?;
    let user = user.filter(|user| user.enabled && user.web_enabled);
    let with = (&app.config.access.secret, &app.replays);
    match (given.check(with, user.as_ref(), method, target), user) {
        (Ok(()), Some(user)) => Ok(user),
        (Err(Refused::Wrong) | Ok(()), _) => {
            app.metrics.logins_failed.fetch_add(1, Ordering::Relaxed);
            match app.throttle.attempt(&given.user, peer) {
                Ok(()) => Err(refused(Refused::Wrong)),
                Err(wait) => Err(locked_out(app, wait)),
            }
        }
        (Err(other), _) => Err(refused(other)),
    }
}

/// The answer to whoever has guessed too often.
pub(crate) fn locked_out(app: &App, wait: Duration) -> ApiError {
    app.metrics.logins_failed.fetch_add(1, Ordering::Relaxed);
    let seconds = wait.as_secs().max(1);
    let text = format!("too many failed log-ins; try again in {seconds} s");
    ApiError { retry_after: Some(seconds), ..ApiError::new(StatusCode::TOO_MANY_REQUESTS, text) }
}

/// Checks a name and a password, slowly on purpose, and counts failures.
pub(crate) async fn log_in(
    app: &App,
    name: String,
    password: String,
    peer: IpAddr,
) -> Result<Arc<User>, ApiError> {
    if let Err(wait) = app.throttle.attempt(&name, peer) {
        return Err(locked_out(app, wait));
    }
    let turn = app.hashing.clone().acquire_owned().await;
    let turn = turn.map_err(|_| ApiError::busy("the server is stopping"))?;
    let wanted = name.clone();
    let user = app
        .blocking(move |app| {
            let user = effective(&*app.state.catalog, &wanted)?;
            // A name that does not exist takes as long as one that does.
            let right = verify(&password, user.as_ref().map(|user| user.pass_store.as_str()));
            drop(turn);
            let user = user.filter(|user| right && user.enabled && user.web_enabled);
            if let Some(user) = &user {
                app.basic.remember(user, &password);
                keep_for_digest(app, user, &password);
            }
            Ok(user)
        })
        .await?;
    match user {
        Some(user) => {
            app.throttle.succeeded(&name, peer);
            Ok(Arc::new(user))
        }
        None => {
            app.metrics.logins_failed.fetch_add(1, Ordering::Relaxed);
            Err(ApiError::unauthorized("wrong user name or password"))
        }
    }
}

/// The password is known at this moment only: what digest needs is made of it, where digest was switched on later.
fn keep_for_digest(app: &App, user: &User, password: &str) {
    let access = &app.config.access;
    if !access.allows(Way::Digest) || digest::is_usable(&access.secret, user) {
        return;
    }
    let Some(sealed) = digest::seal(&access.secret, &user.user_id, password) else { return };
    let kept = change(&*app.state.catalog, &user.user_id, &mut |stored: &mut User| {
        // not over a password that was changed meanwhile
        if stored.pass_store == user.pass_store {
            stored.digest_store = Some(sealed.clone());
        }
        Ok(())
    });
    if let Err(error) = kept {
        tracing::warn!(%error, "digest will not know this password");
    }
}

/// Checks a code of the second factor; wrong ones are counted apart from passwords, so that knowing the password does not make
/// guessing free.
pub(crate) async fn second_factor(app: &App, user: &str, code: String, peer: IpAddr) -> Result<(), ApiError> {
    let counted = format!("{user} (code)");
    if let Err(wait) = app.throttle.attempt(&counted, peer) {
        return Err(locked_out(app, wait));
    }
    let id = user.to_owned();
    let checked = app.blocking(move |app| totp::check(app, &id, &code)).await;
    match &checked {
        Ok(()) => app.throttle.succeeded(&counted, peer),
        Err(_) => {
            app.metrics.logins_failed.fetch_add(1, Ordering::Relaxed);
        }
    }
    checked
}
