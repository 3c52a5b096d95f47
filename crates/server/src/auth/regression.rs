//! Arkime's mode for regression tests: a request names its user itself (`?arkimeRegressionUser=`), and changes need a
//! token that `/regressionTests/makeToken` gives out. Only on a loopback address, only when asked for.

use crate::app::{App, now_ms};
use crate::auth::{Caller, User};
use crate::error::ApiError;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::sync::Arc;

/// How long a token is good, either way: clocks of test machines differ.
const TOKEN_MS: i64 = 40 * 60_000;

/// Requests that carry a query in their body and change nothing: no token is asked for.
pub(crate) const QUERIES: &[&str] = &[
    "/api/sessions",
    "/sessions.json",
    "/api/buildquery",
    "/buildQuery.json",
    "/api/sessions.csv",
    "/sessions.csv",
    "/api/sessions.json",
    "/api/sessions.pcap",
    "/sessions.pcap",
    "/api/sessions.pcapng",
    "/sessions.pcapng",
    "/api/unique",
    "/unique.txt",
    "/api/multiunique",
    "/multiunique.txt",
    "/api/spiview",
    "/spiview.json",
    "/api/spigraph",
    "/spigraph.json",
    "/api/spigraphhierarchy",
    "/api/connections",
    "/connections.json",
    "/api/connections.csv",
    "/connections.csv",
    "/api/export/check",
    "/api/users",
    "/api/users.csv",
    "/api/users/min",
    "/evidence",
    "/d/evidence",
    "/api/evidence",
];
/// Requests for which Arkime asks for a token only when a browser may have sent them.
const SOFT: &[&str] = &["/api/sessions/addtags", "/api/sessions/removetags", "/api/sessions/summary"];

/// Signs tokens; the secret lives as long as the process.
pub(crate) struct Regression(Option<[u8; 32]>);

impl Regression {
    pub fn new() -> Self {
        let mut secret = [0; 32];
        Self(getrandom::fill(&mut secret).is_ok().then_some(secret))
    }

    fn sign(&self, user: &str, at: i64) -> Option<String> {
        let mut hash = Sha256::new();
        hash.update(self.0?);
        hash.update(at.to_le_bytes());
        hash.update(user.as_bytes());
        Some(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// A token with which this user may change things.
    pub fn token(&self, user: &str) -> Result<String, ApiError> {
        let at = now_ms();
        let sign =
            self.sign(user, at).ok_or_else(|| ApiError::internal("the system gives no random numbers"))?;
        Ok(format!("{at}.{sign}"))
    }

    fn check(&self, user: &str, token: &str) -> bool {
        use subtle::ConstantTimeEq as _;
        let Some((at, sign)) = token.split_once('.') else { return false };
        let Ok(at) = at.parse::<i64>() else { return false };
        let fresh = now_ms().saturating_sub(at).saturating_abs() <= TOKEN_MS;
        fresh && self.sign(user, at).is_some_and(|own| bool::from(own.as_bytes().ct_eq(sign.as_bytes())))
    }
}

/// A page of another site that makes its name resolve to 127.0.0.1 would send its own name.
fn is_local(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST) else { return true };
    let Ok(host) = host.to_str() else { return false };
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, _)) => v6,
        None => host.split(':').next().unwrap_or(host),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// The name of the user of a request; an error where the request lacks what it needs for a change.
pub(crate) fn claimed(app: &App, request: &Request) -> Result<String, ApiError> {
    if !is_local(request.headers()) {
        return Err(ApiError::forbidden("regression tests: only requests to localhost are answered"));
    }
    let query = request.uri().query().unwrap_or_default();
    let mut name = "anonymous".to_owned();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        if matches!(&*key, "arkimeRegressionUser" | "molochRegressionUser") && !value.is_empty() {
            name = value.into_owned();
        }
    }
    if name.starts_with("role:") {
        return Err(ApiError::unauthorized("Can not authenticate with role"));
    }
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let headers = request.headers();
    let from_browser = headers.contains_key(header::COOKIE) || headers.contains_key(header::REFERER);
    let free =
        request.method().is_safe() || QUERIES.contains(&path) || (SOFT.contains(&path) && !from_browser);
    if !free {
        let token = headers.get("x-arkime-cookie").or_else(|| headers.get("x-hindsight-cookie"));
        let Some(token) = token else { return Err(ApiError::internal("Missing token")) };
        if !token.to_str().is_ok_and(|token| app.regression.check(&name, token)) {
            let text = "Timeout - Please try reloading page and repeating the action";
            return Err(ApiError::internal(text));
        }
    }
    Ok(name)
}

/// The user of a name; who is not in the catalogue has every right.
pub(crate) async fn identify(app: &App, name: String) -> Result<Caller, ApiError> {
    let work = move |app: &App| {
        let user = crate::roles::effective(&*app.state.catalog, &name)?.unwrap_or_else(|| everything(&name));
        if user.enabled && user.web_enabled {
            Ok(Caller { user: Arc::new(user), login: None })
        } else {
            Err(ApiError::forbidden(format!("User {name} not enabled")))
        }
    };
    app.blocking(work).await
}

pub(crate) fn everything(name: &str) -> User {
    User {
        user_id: name.to_owned(),
        user_name: name.to_owned(),
        roles: crate::roles::all_of("superAdmin"),
        remove_enabled: true,
        ..User::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_of_one_user_and_one_process() {
        let one = Regression::new();
        let token = one.token("a").unwrap();
        assert!(one.check("a", &token));
        assert!(!one.check("b", &token) && !Regression::new().check("a", &token));
        assert!(!one.check("a", "") && !one.check("a", "1.2"));
        let old = now_ms() - TOKEN_MS - 1;
        let stale = format!("{old}.{}", one.sign("a", old).unwrap());
        assert!(!one.check("a", &stale));
    }

    #[test]
    fn only_this_machine_is_answered() {
        let local = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            is_local(&headers)
        };
        assert!(local("127.0.0.1:8005") && local("localhost:1") && local("[::1]:8005") && local("LOCALHOST"));
        assert!(!local("evil.example:8005") && !local("127.0.0.1.evil.example") && !local("10.0.0.1"));
    }
}
