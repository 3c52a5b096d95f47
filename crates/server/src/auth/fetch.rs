//! Asks providers of log-ins: their description, their keys, and for tokens. Blocks.

use crate::error::ApiError;
use serde_json::Value as Json;
use std::sync::OnceLock;
use std::time::Duration;
use ureq::tls::{RootCerts, TlsConfig};

/// How long a provider may take.
const TIME: Duration = Duration::from_secs(10);
/// Bytes of an answer.
const MAX_ANSWER: u64 = 1 << 20;

fn agent() -> &'static ureq::Agent {
    static AGENT: OnceLock<ureq::Agent> = OnceLock::new();
    AGENT.get_or_init(|| {
        // the authorities of the system, so that a company's own one counts
        let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
        ureq::Agent::config_builder()
            .timeout_global(Some(TIME))
            .http_status_as_error(false)
            // nothing a provider says leads elsewhere
            .max_redirects(0)
            .tls_config(tls)
            .user_agent(concat!("hindsight/", env!("CARGO_PKG_VERSION")))
            .build()
            .into()
    })
}

/// Whether tokens and keys may come from there: HTTPS, or this machine itself.
pub(crate) fn is_safe(url: &str) -> bool {
    if url.starts_with("https://") {
        return true;
    }
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    ["127.0.0.1", "localhost", "[::1]"]
        .iter()
        .any(|own| host == *own || host.strip_prefix(own).is_some_and(|port| port.starts_with(':')))
}

fn failed(url: &str, why: impl std::fmt::Display) -> ApiError {
    ApiError::new(axum::http::StatusCode::BAD_GATEWAY, format!("{url}: {why}"))
}

fn read(url: &str, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Json, ApiError> {
    let mut answer = answer.map_err(|error| failed(url, error))?;
    let status = answer.status();
    let text = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_string();
    let text = text.map_err(|error| failed(url, error))?;
    if !status.is_success() {
        let said: String = text.chars().filter(|c| !c.is_control()).take(200).collect();
        return Err(failed(url, format!("{status} {said}")));
    }
    serde_json::from_str(&text).map_err(|error| failed(url, format!("the answer is not JSON: {error}")))
}

fn checked(url: &str) -> Result<(), ApiError> {
    if is_safe(url) { Ok(()) } else { Err(failed(url, "only https, or http on this machine")) }
}

/// Gets a JSON document; with a token where one is needed.
pub(crate) fn get(url: &str, bearer: Option<&str>) -> Result<Json, ApiError> {
    checked(url)?;
    let mut request = agent().get(url).header("accept", "application/json");
    if let Some(token) = bearer {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    read(url, request.call())
}

/// Posts a form, with `authorization` as it stands where it is given.
pub(crate) fn post(url: &str, authorization: Option<&str>, form: &[(&str, &str)]) -> Result<Json, ApiError> {
    checked(url)?;
    let mut request = agent().post(url).header("accept", "application/json");
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    read(url, request.send_form(form.iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_cross_a_network_in_the_clear() {
        for safe in ["https://id.example/x", "http://127.0.0.1:8080/", "http://localhost", "http://[::1]:1/x"]
        {
            assert!(is_safe(safe), "{safe}");
        }
        for not in [
            "http://id.example",
            "http://127.0.0.1.evil.example/",
            "http://localhost@evil.example/",
            "file:///etc",
            "",
        ] {
            assert!(!is_safe(not), "{not}");
        }
        assert!(get("http://id.example/", None).is_err());
    }
}
