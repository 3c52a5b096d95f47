//! Log-in through an OpenID provider: the authorization code flow (OpenID Connect Core 1.0, 3.1) with PKCE (RFC 7636), `state`
//! and `nonce`. What a log-in that has begun needs lives in this process, for ten minutes and for one use.

use crate::access::{KeySource, OidcLogin};
use crate::app::{App, random_text};
use crate::auth::User;
use crate::auth::fetch;
use crate::auth::keys::KeySet;
use crate::auth::outside::{Named, arrive};
use crate::error::ApiError;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Where providers send users back, below the address of the viewer.
pub(crate) const CALLBACK: &str = "/api/oidc/callback";
/// How long a user may take at the provider.
const PENDING: Duration = Duration::from_secs(600);
/// Log-ins that have begun.
const MAX_PENDING: usize = 10_000;
/// The provider's description is read again after so long.
const DESCRIBED: Duration = Duration::from_secs(3_600);

/// A log-in that has begun.
#[derive(Debug)]
struct Pending {
    begun: Instant,
    nonce: String,
    verifier: String,
    /// Hash of the cookie of the browser that has begun it: nobody else ends it.
    browser: String,
    next: String,
}

/// What the provider says about itself.
#[derive(Debug)]
struct Provider {
    authorization: String,
    token: String,
    userinfo: Option<String>,
    /// Whether it takes the client's secret in the form only.
    secret_in_form: bool,
    /// Whether its answers name it (RFC 9207).
    names_itself: bool,
    keys: KeySet,
}

/// Log-ins that have begun, and the provider.
#[derive(Debug, Default)]
pub(crate) struct Oidc {
    pending: Mutex<HashMap<String, Pending>>,
    provider: Mutex<Option<(Instant, Arc<Provider>)>>,
}

fn hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()))
}

/// Only a path of this viewer: a log-in must not lead elsewhere.
pub(crate) fn safe_next(next: Option<&str>) -> String {
    let own = next.filter(|next| {
        let mut chars = next.chars();
        chars.next() == Some('/')
            && !matches!(chars.next(), Some('/' | '\\'))
            && next.len() <= 4_096
            && !next.chars().any(char::is_control)
    });
    own.unwrap_or("/").to_owned()
}

/// What begins a log-in.
pub(crate) struct Begun {
    /// The provider's page.
    pub location: String,
    /// For a cookie of the browser.
    pub browser: String,
}

/// What the provider has sent the browser back with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    pub state: String,
    pub code: String,
    pub issuer: Option<String>,
}

fn configured(app: &App) -> Result<(&OidcLogin, String), ApiError> {
    let access = &app.config.access;
    match (&access.oidc, &access.url) {
        (Some(login), Some(url)) => Ok((login, format!("{}{CALLBACK}", url.trim_end_matches('/')))),
        _ => Err(ApiError::not_found("no OpenID provider is set up here")),
    }
}

fn describe(login: &OidcLogin) -> Result<Provider, ApiError> {
    let url = format!("{}/.well-known/openid-configuration", login.issuer.trim_end_matches('/'));
    let said = fetch::get(&url, None)?;
    let text = |name: &str| said.get(name).and_then(Json::as_str).map(str::to_owned);
    let bad = |why: String| ApiError::new(axum::http::StatusCode::BAD_GATEWAY, format!("{url}: {why}"));
    if text("issuer").as_deref() != Some(login.issuer.as_str()) {
        let other = text("issuer").unwrap_or_default();
        return Err(bad(format!(
            "it calls itself {other}, not {}: set `issuer` to what it says",
            login.issuer
        )));
    }
    let endpoint = |name: &str| {
        let url = text(name).ok_or_else(|| bad(format!("it has no {name}")))?;
        if fetch::is_safe(&url) { Ok(url) } else { Err(bad(format!("its {name} is not https"))) }
    };
    let methods = said.get("token_endpoint_auth_methods_supported").and_then(Json::as_array);
    // what it does not say is client_secret_basic (OpenID Connect Discovery 1.0, 3)
    let basic = methods.is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic"));
    Ok(Provider {
        authorization: endpoint("authorization_endpoint")?,
        token: endpoint("token_endpoint")?,
        userinfo: endpoint("userinfo_endpoint").ok(),
        secret_in_form: !basic,
        names_itself: said.get("authorization_response_iss_parameter_supported") == Some(&Json::Bool(true)),
        keys: KeySet::new(KeySource::Url(endpoint("jwks_uri")?)),
    })
}

impl Oidc {
    fn provider(&self, login: &OidcLogin) -> Result<Arc<Provider>, ApiError> {
        let known = self.provider.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, provider)) = known
            && at.elapsed() < DESCRIBED
        {
            return Ok(provider);
        }
        let provider = Arc::new(describe(login)?);
        let mut known = self.provider.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some((Instant::now(), provider.clone()));
        Ok(provider)
    }

    fn keep(&self, state: String, pending: Pending) {
        let mut all = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, one| one.begun.elapsed() < PENDING);
        if all.len() >= MAX_PENDING
            && let Some(oldest) = all.iter().min_by_key(|(_, one)| one.begun).map(|(state, _)| state.clone())
        {
            all.remove(&oldest);
        }
        all.insert(state, pending);
    }

    /// The log-in of a state, which is over with this whatever comes of it.
    fn take(&self, state: &str, browser: &str) -> Option<Pending> {
        use subtle::ConstantTimeEq as _;
        let mut all = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let pending = all.remove(state)?;
        let own = bool::from(pending.browser.as_bytes().ct_eq(hash(browser).as_bytes()));
        (own && pending.begun.elapsed() < PENDING).then_some(pending)
    }
}

/// Begins a log-in. Blocks.
pub(crate) fn begin(app: &App, next: Option<&str>) -> Result<Begun, ApiError> {
    let (login, callback) = configured(app)?;
    let provider = app.oidc.provider(login)?;
    let (state, nonce, verifier, browser) =
        (random_text::<24>()?, random_text::<24>()?, random_text::<32>()?, random_text::<24>()?);
    let mut scopes = vec!["openid"];
    scopes.extend(login.scopes.iter().map(String::as_str).filter(|scope| *scope != "openid"));
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("response_type", "code")
        .append_pair("client_id", &login.client_id)
        .append_pair("redirect_uri", &callback)
        .append_pair("scope", &scopes.join(" "))
        .append_pair("state", &state)
        .append_pair("nonce", &nonce)
        .append_pair("code_challenge", &hash(&verifier))
        .append_pair("code_challenge_method", "S256")
        .finish();
    let separator = if provider.authorization.contains('?') { '&' } else { '?' };
    let location = format!("{}{separator}{query}", provider.authorization);
    let pending =
        Pending { begun: Instant::now(), nonce, verifier, browser: hash(&browser), next: safe_next(next) };
    app.oidc.keep(state, pending);
    Ok(Begun { location, browser })
}

/// Ends a log-in: the user, and where it wanted to go. Blocks.
pub(crate) fn end(app: &App, answer: &Answer, browser: &str) -> Result<(User, String), ApiError> {
    let (login, callback) = configured(app)?;
    let pending = app.oidc.take(&answer.state, browser).ok_or_else(|| {
        ApiError::forbidden(
            "this log-in was not begun in this browser, has ended already, or took more than ten minutes",
        )
    })?;
    let provider = app.oidc.provider(login)?;
    if answer.issuer.as_ref().is_some_and(|issuer| *issuer != login.issuer)
        || (provider.names_itself && answer.issuer.is_none())
    {
        return Err(ApiError::forbidden("the answer comes from another provider (iss)"));
    }
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", answer.code.as_str()),
        ("redirect_uri", callback.as_str()),
        ("code_verifier", pending.verifier.as_str()),
    ];
    let mut authorization = None;
    match &login.client_secret {
        Some(secret) if !provider.secret_in_form => {
            // both parts are encoded before they are joined (RFC 6749, 2.3.1)
            let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let both = format!("{}:{}", encode(&login.client_id), encode(secret));
            authorization = Some(format!("Basic {}", STANDARD.encode(both)));
        }
        Some(secret) => {
            form.extend([("client_id", login.client_id.as_str()), ("client_secret", secret.as_str())])
        }
        None => form.push(("client_id", login.client_id.as_str())),
    }
    let tokens = fetch::post(&provider.token, authorization.as_deref(), &form)?;
    let text = |name: &str| tokens.get(name).and_then(Json::as_str);
    let id_token =
        text("id_token").ok_or_else(|| ApiError::forbidden("the provider has sent no ID token"))?;
    let mut claims = provider.keys.verify(
        id_token,
        &login.algorithms,
        (&login.issuer, &login.client_id, Some(&pending.nonce)),
    )?;
    let newcomers = &app.config.access.newcomers;
    let wants_groups = !newcomers.mapping.is_empty() && !claims.contains_key(&newcomers.groups);
    if (!claims.contains_key(&login.user) || wants_groups)
        && let (Some(url), Some(access)) = (&provider.userinfo, text("access_token"))
    {
        more(&mut claims, fetch::get(url, Some(access))?)?;
    }
    let named = Named::of(&claims, &login.user, newcomers).ok_or_else(|| {
        ApiError::forbidden(format!(
            "the provider does not say `{}` of the user: ask for its scope",
            login.user
        ))
    })?;
    Ok((arrive(app, &named)?, pending.next))
}

/// Adds what the provider tells elsewhere, about the same user only (OpenID Connect Core 1.0, 5.3.2).
fn more(claims: &mut Map<String, Json>, userinfo: Json) -> Result<(), ApiError> {
    let Json::Object(userinfo) = userinfo else {
        return Err(ApiError::forbidden("the provider's userinfo is no JSON object"));
    };
    if userinfo.get("sub").is_none() || userinfo.get("sub") != claims.get("sub") {
        return Err(ApiError::forbidden("the provider's userinfo is about another user (sub)"));
    }
    for (name, value) in userinfo {
        claims.entry(name).or_insert(value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pending(browser: &str) -> Pending {
        Pending {
            begun: Instant::now(),
            nonce: "n".into(),
            verifier: "v".into(),
            browser: hash(browser),
            next: "/".into(),
        }
    }

    #[test]
    fn a_log_in_ends_once_and_in_its_browser() {
        let oidc = Oidc::default();
        oidc.keep("s1".into(), pending("b1"));
        assert!(oidc.take("s1", "b1").is_some());
        assert!(oidc.take("s1", "b1").is_none(), "replayed");
        oidc.keep("s2".into(), pending("b2"));
        assert!(oidc.take("s2", "b1").is_none());
        assert!(oidc.take("s2", "b2").is_none(), "a wrong browser has used it up");
        oidc.keep("s3".into(), Pending { begun: Instant::now() - PENDING, ..pending("b") });
        assert!(oidc.take("s3", "b").is_none(), "too late");
    }

    #[test]
    fn those_that_have_begun_are_bounded() {
        let oidc = Oidc::default();
        for n in 0..MAX_PENDING + 5 {
            oidc.keep(n.to_string(), pending("b"));
        }
        assert_eq!(oidc.pending.lock().unwrap().len(), MAX_PENDING);
        assert!(oidc.take("0", "b").is_none() && oidc.take(&(MAX_PENDING + 4).to_string(), "b").is_some());
    }

    #[test]
    fn a_log_in_leads_to_pages_of_the_viewer_only() {
        assert_eq!(safe_next(Some("/sessions?date=-1")), "/sessions?date=-1");
        for elsewhere in ["//evil.example", "/\\evil.example", "https://evil.example", "", "x", "/a\r\nb"] {
            assert_eq!(safe_next(Some(elsewhere)), "/", "{elsewhere:?}");
        }
    }

    #[test]
    fn userinfo_is_of_the_same_user() {
        let mut claims = json!({ "sub": "1", "name": "A" }).as_object().unwrap().clone();
        more(&mut claims, json!({ "sub": "1", "name": "B", "email": "e" })).unwrap();
        assert_eq!((claims["name"].clone(), claims["email"].clone()), (json!("A"), json!("e")));
        assert!(more(&mut claims, json!({ "sub": "2", "groups": ["soc"] })).is_err());
        assert!(more(&mut claims, json!({ "groups": ["soc"] })).is_err());
    }
}
