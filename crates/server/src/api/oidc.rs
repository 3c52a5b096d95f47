//! To the OpenID provider and back. Both are visited by a browser that follows links: errors lead to the log-in page.

use crate::app::App;
use crate::auth::{self, Client, cookie, oidc};
use crate::error::ApiError;
use crate::history;
use crate::params::Params;
use axum::extract::State;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::time::Duration;

/// Cookie of the browser that has begun a log-in. It is sent with the way back, which comes from another site.
const BROWSER_COOKIE: &str = "hindsight-oidc";

fn browser_cookie(app: &App, client: Client, value: &str, age: Duration) -> String {
    let secure = if client.secure || app.config.secure_cookies { "; Secure" } else { "" };
    let age = age.as_secs();
    format!(
        "{BROWSER_COOKIE}={value}; Path={}; HttpOnly; SameSite=Lax; Max-Age={age}{secure}",
        oidc::CALLBACK
    )
}

fn redirect(to: &str, cookies: &[String]) -> Result<Response, ApiError> {
    let wrong = |e: axum::http::header::InvalidHeaderValue| ApiError::internal(e.to_string());
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, HeaderValue::from_str(to).map_err(wrong)?);
    for cookie in cookies {
        let value = HeaderValue::from_str(cookie).map_err(wrong)?;
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}

/// The log-in page says what went wrong; the log says it in full.
fn failed(app: &App, client: Client, error: &ApiError) -> Result<Response, ApiError> {
    tracing::warn!(client = %client.address, "log-in through the provider failed: {}", error.text);
    let code = match error.status {
        StatusCode::BAD_GATEWAY => "provider",
        StatusCode::UNAUTHORIZED => "token",
        StatusCode::FORBIDDEN => "refused",
        _ => "error",
    };
    redirect(&format!("/login?failed={code}"), &[browser_cookie(app, client, "", Duration::ZERO)])
}

#[utoipa::path(get, path = "/api/oidc/login", tag = "account",
    params(("next" = Option<String>, Query, description = "Page of the viewer to go to afterwards")),
    responses((status = 303, description = "To the provider"), (status = 404, description = "No provider is set up")))]
/// Begins a log-in through the OpenID provider.
pub(crate) async fn login(
    State(app): State<App>,
    extensions: Extensions,
    params: Params,
) -> Result<Response, ApiError> {
    let client = Client::of(&extensions);
    let next = params.get("next").map(str::to_owned);
    match app.blocking(move |app| oidc::begin(app, next.as_deref())).await {
        Ok(begun) => {
            let age = Duration::from_secs(600);
            redirect(&begun.location, &[browser_cookie(&app, client, &begun.browser, age)])
        }
        Err(error) if error.status == StatusCode::NOT_FOUND => Err(error),
        Err(error) => failed(&app, client, &error),
    }
}

#[utoipa::path(get, path = "/api/oidc/callback", tag = "account",
    responses((status = 303, description = "To the viewer, with the log-in and the CSRF cookie, or to the log-in page with `failed`")))]
/// The provider sends the browser back here.
pub(crate) async fn callback(
    State(app): State<App>,
    extensions: Extensions,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, ApiError> {
    let client = Client::of(&extensions);
    let browser = auth::cookie_value(&headers, BROWSER_COOKIE).unwrap_or_default().to_owned();
    let text = |name: &str| params.get(name).unwrap_or_default().to_owned();
    if let Some(error) = params.get("error") {
        let said: String = error.chars().filter(|c| !c.is_control()).take(100).collect();
        return failed(&app, client, &ApiError::forbidden(format!("the provider says: {said}")));
    }
    let answer = oidc::Answer {
        state: text("state"),
        code: text("code"),
        issuer: params.get("iss").map(str::to_owned),
    };
    let ended = app
        .blocking(move |app| {
            let (user, next) = oidc::end(app, &answer, &browser)?;
            let (token, login) = auth::start(app, &user, "oidc", false)?;
            Ok((user, next, token, login))
        })
        .await;
    match ended {
        Ok((user, next, token, login)) => {
            history::log_in(&app, client, &user.user_id, "oidc", 200);
            let age = Some(app.config.login_lifetime);
            let cookies = [
                browser_cookie(&app, client, "", Duration::ZERO),
                cookie(&app.config, client, auth::LOGIN_COOKIE, &token, age),
                cookie(&app.config, client, auth::CSRF_COOKIE, &login.csrf, age),
            ];
            redirect(&next, &cookies)
        }
        Err(error) => {
            history::log_in(&app, client, "", "oidc", error.status.as_u16());
            failed(&app, client, &error)
        }
    }
}
