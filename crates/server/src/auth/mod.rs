//! Who is asking: log-in cookies with a CSRF token, passwords by HTTP basic and digest, API tokens, and users that a proxy, a
//! signed token or a provider names.

mod attempt;
mod basic;
mod client;
mod digest;
mod fetch;
mod jose;
mod keys;
mod login;
pub mod manage;
pub(crate) mod oidc;
mod outside;
mod password;
pub(crate) mod regression;
pub(crate) mod scope;
mod seal;
mod throttle;
pub(crate) mod token;
pub(crate) mod totp;
mod user;

pub(crate) use crate::roles::{effective, expand};
pub(crate) use attempt::{locked_out, log_in, second_factor};
pub(crate) use basic::BasicCache;
pub(crate) use client::{Client, Peer, tell};
pub(crate) use digest::{Replays, Stored};
pub use jose::Algorithm;
#[cfg(test)]
pub(crate) use jose::tests as jose_tests;
pub(crate) use keys::KeySet;
pub(crate) use login::{CSRF_COOKIE, LOGIN_COOKIE, Login, cookie, enrolled, start, stop, stop_others};
pub use password::{BadPassword, MIN_PASSWORD};
pub(crate) use password::{check_password, hash_password, verify};
pub(crate) use regression::Regression;
pub use scope::Scope;
pub use seal::Secret;
pub(crate) use throttle::Throttle;
pub use user::{FirstAdmin, User, ensure_admin, set_password};
pub(crate) use user::{USERS, as_index_error, change, load};

use attempt::{STALE, basic_credentials, check_basic, check_digest};

use crate::access::Method as Way;
use crate::app::App;
use crate::error::ApiError;
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The user of a request, with what the roles give.
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

/// How the user of a request has proved itself; in the extensions beside the [`Caller`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    Login {
        method: String,
    },
    Basic,
    Digest,
    Token {
        name: String,
        scopes: Vec<Scope>,
    },
    Header,
    Jwt,
    /// The mode for regression tests.
    Nothing,
}

impl Via {
    /// As the history says it.
    pub fn text(&self) -> String {
        match self {
            Self::Login { method } if method.is_empty() => "form".to_owned(),
            Self::Login { method } => method.clone(),
            Self::Basic => "basic".to_owned(),
            Self::Digest => "digest".to_owned(),
            Self::Token { name, .. } => format!("token {name}"),
            Self::Header => "header".to_owned(),
            Self::Jwt => "jwt".to_owned(),
            Self::Nothing => "none".to_owned(),
        }
    }
}

/// Whether a log-in that has to set up a second factor can be used for this.
fn is_enrolling(asked: &Asked) -> bool {
    match asked.path.as_str() {
        "/api/user" => asked.method.is_safe(),
        path => matches!(
            path,
            "/api/user/totp"
                | "/api/user/totp/status"
                | "/api/user/totp/setup"
                | "/api/user/totp/confirm"
                | "/api/logout"
        ),
    }
}

/// Middleware of every route that needs a user.
pub(crate) async fn require(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let client = Client::of(request.extensions());
    let identified = if app.config.regression_tests {
        match regression::claimed(&app, &request) {
            Ok(name) => regression::identify(&app, name).await.map(|caller| (caller, Via::Nothing)),
            Err(error) => Err(error),
        }
    } else {
        let asked = Asked::of(&request);
        identify(&app, &asked, request.headers(), client).await
    };
    let (caller, via) = match identified {
        Ok(both) => both,
        Err(error) => return refuse(&app, error),
    };
    // a viewer that lost the readable cookie gets it again
    let renew =
        caller.login.as_ref().filter(|_| cookie_value(request.headers(), CSRF_COOKIE).is_none()).cloned();
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(via);
    let mut response = next.run(request).await;
    if let Some(login) = renew
        && let Ok(value) = HeaderValue::from_str(&cookie(&app.config, client, CSRF_COOKIE, &login.csrf, None))
    {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// An error as an answer; a client that is no browser is told how to log in.
fn refuse(app: &App, error: ApiError) -> Response {
    let (challenge, stale) = (error.challenge, error.text == STALE);
    let mut response = error.into_response();
    if challenge {
        let access = &app.config.access;
        let mut ways = Vec::new();
        if access.allows(Way::Digest) {
            ways = digest::challenges(&access.secret, stale);
        }
        if access.allows(Way::Basic) && !stale {
            ways.push(format!("Basic realm=\"{}\", charset=\"UTF-8\"", digest::REALM));
        }
        for way in ways {
            if let Ok(value) = HeaderValue::from_str(&way) {
                response.headers_mut().append(header::WWW_AUTHENTICATE, value);
            }
        }
    }
    response
}

/// What identifying needs of a request beside its headers.
struct Asked {
    method: axum::http::Method,
    /// Path and query as they stand in the request line.
    target: String,
    /// The route.
    path: String,
}

impl Asked {
    fn of(request: &Request) -> Self {
        Self {
            method: request.method().clone(),
            target: request.uri().path_and_query().map_or("/", |both| both.as_str()).to_owned(),
            path: request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned(),
        }
    }
}

fn only(user: User) -> Caller {
    Caller { user: Arc::new(user), login: None }
}

async fn identify(
    app: &App,
    asked: &Asked,
    headers: &HeaderMap,
    client: Client,
) -> Result<(Caller, Via), ApiError> {
    let access = &app.config.access;
    // a page of another site can make a browser send what it has remembered, or what a proxy adds; not a token or our cookie
    let own_page = || {
        if asked.method.is_safe() || same_origin(headers) {
            Ok(())
        } else {
            Err(ApiError::forbidden("this change was asked for by a page of another site"))
        }
    };
    if let Some((scheme, rest)) = authorization(headers)? {
        if scheme.eq_ignore_ascii_case("bearer") && rest.starts_with(token::PREFIX) {
            let (token, address) = (rest.to_owned(), client.address);
            let (user, stored) =
                app.blocking(move |app| token::find(app, &token, address)).await.inspect_err(|_| {
                    app.metrics.logins_failed.fetch_add(1, Ordering::Relaxed);
                })?;
            return Ok((only(user), Via::Token { name: stored.name, scopes: stored.scopes }));
        }
        let jwt = access.jwt.as_ref().is_some_and(|jwt| jwt.header.eq_ignore_ascii_case("authorization"));
        if scheme.eq_ignore_ascii_case("bearer") && jwt {
            let user = outside::by_jwt(app, rest.to_owned()).await?;
            own_page()?;
            return Ok((only(user), Via::Jwt));
        }
        if scheme.eq_ignore_ascii_case("basic") && access.allows(Way::Basic) {
            let user = check_basic(app, basic_credentials(rest)?, client.address).await?;
            without_second_factor(&user)?;
            own_page()?;
            return Ok((Caller { user, login: None }, Via::Basic));
        }
        if scheme.eq_ignore_ascii_case("digest") && access.allows(Way::Digest) {
            let user =
                check_digest(app, rest, (asked.method.as_str(), &asked.target), client.address).await?;
            without_second_factor(&user)?;
            own_page()?;
            return Ok((only(user), Via::Digest));
        }
        let text = "the Authorization header has a scheme that is not allowed here";
        return Err(ApiError { challenge: true, ..ApiError::unauthorized(text) });
    }
    if let Some(user) = outside::by_header(app, headers, client).await? {
        own_page()?;
        return Ok((only(user), Via::Header));
    }
    if let Some(token) = outside::token_header(app, headers) {
        let user = outside::by_jwt(app, token).await?;
        own_page()?;
        return Ok((only(user), Via::Jwt));
    }
    let Some(token) = cookie_value(headers, LOGIN_COOKIE) else {
        let browser = headers.contains_key("sec-fetch-mode") || headers.contains_key(header::COOKIE);
        return Err(ApiError { challenge: !browser, ..ApiError::unauthorized("log in first") });
    };
    let token = token.to_owned();
    let (user, login) = app.blocking(move |app| login::find(app, &token)).await?;
    if regression::QUERIES.contains(&asked.path.as_str()) {
        // nothing is changed: who has only the cookie, as Liuying's clients do, may ask in a body too
        own_page()?;
    } else if !asked.method.is_safe() {
        check_csrf(headers, &login.csrf)?;
    }
    if login.must_enroll && !is_enrolling(asked) {
        return Err(ApiError::forbidden("set up a second factor first (/api/user/totp/setup)"));
    }
    let via = Via::Login { method: login.method.clone() };
    Ok((Caller { user: Arc::new(user), login: Some(Arc::new(login)) }, via))
}

/// Basic and digest carry a password only: they are no way round the second factor.
fn without_second_factor(user: &User) -> Result<(), ApiError> {
    if user.has_totp() {
        let text = "this user has a second factor: use an API token (Authorization: Bearer hst_…)";
        return Err(ApiError::forbidden(text));
    }
    Ok(())
}

/// Whether the user has to set up a second factor before anything else.
pub(crate) fn must_enroll(app: &App, user: &User) -> bool {
    let asked = &app.config.access.totp_required;
    let required = user.totp_required || asked.iter().any(|role| role == "*" || user.has_role(role));
    required && !user.has_totp()
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
pub(crate) fn same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text("origin") else { return true };
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    text("host").is_some_and(|own| own.eq_ignore_ascii_case(host))
}

/// Scheme and rest of the `Authorization` header.
fn authorization(headers: &HeaderMap) -> Result<Option<(&str, &str)>, ApiError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let bad = || ApiError::unauthorized("the Authorization header cannot be read");
    let (scheme, rest) = value.to_str().ok().and_then(|v| v.split_once(' ')).ok_or_else(bad)?;
    Ok(Some((scheme, rest.trim())))
}

/// Ends everything that a user could come back with: log-ins and tokens.
pub(crate) fn forget(app: &App, id: &str) -> Result<(), ApiError> {
    stop_others(app, id, None)?;
    token::remove_all(&*app.state.catalog, id).map(|_| ())
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
        let (scheme, rest) = authorization(&map).unwrap().unwrap();
        assert_eq!((scheme, basic_credentials(rest).unwrap()), ("Basic", ("a".into(), "b:c".into())));
        assert!(basic_credentials("%%%").is_err());
        assert!(authorization(&headers(&[("authorization", "Digest")])).is_err());
    }
}
