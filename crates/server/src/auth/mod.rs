//! Who is asking: log-in cookies with a CSRF token, HTTP basic for scripts.

mod basic;
mod login;
mod password;
pub(crate) mod regression;
mod throttle;
mod user;

pub(crate) use basic::BasicCache;
pub(crate) use login::{CSRF_COOKIE, LOGIN_COOKIE, Login, cookie, start, stop, stop_others};
pub use password::{BadPassword, MIN_PASSWORD};
pub(crate) use password::{check_password, hash_password, verify};
pub(crate) use regression::Regression;
pub(crate) use throttle::Throttle;
pub use user::{FirstAdmin, User, ensure_admin, set_password};
pub(crate) use user::{USERS, change, load};

use crate::app::App;
use crate::error::ApiError;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The user of a request, and how it proved itself.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub user: Arc<User>,
    /// The log-in, when it came by cookie.
    pub login: Option<Arc<Login>>,
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(|| ApiError::unauthorized("log in first"))
    }
}

/// Address of the client, put into the extensions of a request by the accept loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub IpAddr);

impl Peer {
    pub fn of(extensions: &axum::http::Extensions) -> IpAddr {
        extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0)
    }
}

/// Middleware of every route that needs a user.
pub(crate) async fn require(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let peer = Peer::of(request.extensions());
    if app.config.regression_tests {
        let caller = match regression::claimed(&app, &request) {
            Ok(name) => regression::identify(&app, name).await,
            Err(error) => Err(error),
        };
        return match caller {
            Ok(caller) => {
                request.extensions_mut().insert(caller);
                next.run(request).await
            }
            Err(error) => error.into_response(),
        };
    }
    let caller = match identify(&app, request.method(), request.headers(), peer).await {
        Ok(caller) => caller,
        Err(error) => return error.into_response(),
    };
    // a viewer that lost the readable cookie gets it again
    let renew =
        caller.login.as_ref().filter(|_| cookie_value(request.headers(), CSRF_COOKIE).is_none()).cloned();
    request.extensions_mut().insert(caller);
    let mut response = next.run(request).await;
    if let Some(login) = renew
        && let Ok(value) = HeaderValue::from_str(&cookie(&app.config, CSRF_COOKIE, &login.csrf, None))
    {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

async fn identify(app: &App, method: &Method, headers: &HeaderMap, peer: IpAddr) -> Result<Caller, ApiError> {
    if let Some(basic) = basic_credentials(headers)? {
        let user = check_basic(app, basic, peer).await?;
        return if method.is_safe() || same_origin(headers) {
            Ok(Caller { user, login: None })
        } else {
            Err(ApiError::forbidden("this change was asked for by a page of another site"))
        };
    }
    let Some(token) = cookie_value(headers, LOGIN_COOKIE) else {
        let browser = headers.contains_key("sec-fetch-mode") || headers.contains_key(header::COOKIE);
        return Err(ApiError { challenge: !browser, ..ApiError::unauthorized("log in first") });
    };
    let token = token.to_owned();
    let (user, login) = app.blocking(move |app| login::find(app, &token)).await?;
    if !method.is_safe() {
        check_csrf(headers, &login.csrf)?;
    }
    Ok(Caller { user: Arc::new(user), login: Some(Arc::new(login)) })
}

fn check_csrf(headers: &HeaderMap, wanted: &str) -> Result<(), ApiError> {
    use subtle::ConstantTimeEq as _;
    let given = headers.get("x-hindsight-cookie").or_else(|| headers.get("x-arkime-cookie"));
    let Some(given) = given else { return Err(ApiError::forbidden("Missing token")) };
    if bool::from(given.as_bytes().ct_eq(wanted.as_bytes())) {
        Ok(())
    } else {
        Err(ApiError::forbidden("Timeout - Please try reloading page and repeating the action"))
    }
}

/// A browser that remembers a basic password sends it with requests of other sites too; it tells where they are from.
fn same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else { return true };
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    text("host").is_some_and(|own| own.eq_ignore_ascii_case(host))
}

fn basic_credentials(headers: &HeaderMap) -> Result<Option<(String, String)>, ApiError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let bad = || ApiError::unauthorized("the Authorization header must be: Basic base64(user:password)");
    let (scheme, rest) = value.to_str().ok().and_then(|v| v.split_once(' ')).ok_or_else(bad)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(ApiError { challenge: true, ..bad() });
    }
    let text = STANDARD.decode(rest.trim()).ok().and_then(|b| String::from_utf8(b).ok()).ok_or_else(bad)?;
    let (user, password) = text.split_once(':').ok_or_else(bad)?;
    Ok(Some((user.to_owned(), password.to_owned())))
}

async fn check_basic(
    app: &App,
    (name, password): (String, String),
    peer: IpAddr,
) -> Result<Arc<User>, ApiError> {
    let user = {
        let name = name.clone();
        app.blocking(move |app| crate::roles::effective(&*app.state.catalog, &name)).await?
    };
    if let Some(user) = user.as_ref().filter(|user| user.enabled)
        && app.basic.knows(user, &password)
    {
        return Ok(Arc::new(user.clone()));
    }
    log_in(app, name, password, peer).await
}

/// Checks a name and a password, slowly on purpose, and counts failures.
pub(crate) async fn log_in(
    app: &App,
    name: String,
    password: String,
    peer: IpAddr,
) -> Result<Arc<User>, ApiError> {
    if let Err(wait) = app.throttle.attempt(&name, peer) {
        app.metrics.logins_failed.fetch_add(1, Ordering::Relaxed);
        let seconds = wait.as_secs().max(1);
        let text = format!("too many failed log-ins; try again in {seconds} s");
        let status = axum::http::StatusCode::TOO_MANY_REQUESTS;
        return Err(ApiError { retry_after: Some(seconds), ..ApiError::new(status, text) });
    }
    let turn = app.hashing.clone().acquire_owned().await;
    let turn = turn.map_err(|_| ApiError::busy("the server is stopping"))?;
    let wanted = name.clone();
    let user = app
        .blocking(move |app| {
            let user = crate::roles::effective(&*app.state.catalog, &wanted)?;
            // A name that does not exist takes as long as one that does.
            let right = verify(&password, user.as_ref().map(|user| user.pass_store.as_str()));
            drop(turn);
            let user = user.filter(|user| right && user.enabled && user.web_enabled);
            if let Some(user) = &user {
                app.basic.remember(user, &password);
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

/// The value of a cookie; browsers send all in one header, HTTP/2 may split them.
pub(crate) fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn cookies_are_found_among_others() {
        let map = headers(&[("cookie", "a=1; hindsight-login=tok"), ("cookie", "b=x=y")]);
        assert_eq!(cookie_value(&map, LOGIN_COOKIE), Some("tok"));
        assert_eq!(cookie_value(&map, "b"), Some("x=y"));
        assert_eq!(cookie_value(&map, "c"), None);
    }

    #[test]
    fn requests_of_other_sites_are_told() {
        assert!(same_origin(&headers(&[])));
        assert!(same_origin(&headers(&[("sec-fetch-site", "same-origin")])));
        assert!(!same_origin(&headers(&[("sec-fetch-site", "cross-site")])));
        assert!(same_origin(&headers(&[("origin", "http://h:1"), ("host", "h:1")])));
        assert!(!same_origin(&headers(&[("origin", "http://evil"), ("host", "h:1")])));
    }

    #[test]
    fn basic_credentials_keep_colons_of_the_password() {
        let map = headers(&[("authorization", "Basic YTpiOmM=")]);
        assert_eq!(basic_credentials(&map).unwrap(), Some(("a".into(), "b:c".into())));
        assert!(basic_credentials(&headers(&[("authorization", "Basic %%%")])).is_err());
        assert!(basic_credentials(&headers(&[("authorization", "Digest x=y")])).is_err());
    }
}
