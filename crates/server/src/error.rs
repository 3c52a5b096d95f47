//! Errors as answers: `{"success":false,"text":…}` with a fitting status, as Arkime's clients expect.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use index::ErrorKind;
use serde_json::json;

/// An answer that is not a success.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub(crate) struct ApiError {
    pub status: StatusCode,
    pub text: String,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u64>,
    /// Where in the expression, in bytes, when the expression is to blame.
    pub span: Option<std::ops::Range<usize>>,
    /// Whether a client that is no browser is told how to log in; `auth::refuse` writes it.
    pub challenge: bool,
}

impl ApiError {
    pub fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), retry_after: None, span: None, challenge: false }
    }
    pub fn bad(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }
    pub fn forbidden(text: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, text)
    }
    pub fn not_found(text: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, text)
    }
    pub fn unauthorized(text: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, text)
    }
    pub fn busy(text: impl Into<String>) -> Self {
        Self { retry_after: Some(5), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, text) }
    }
    /// Something inside failed that the client cannot mend.
    pub fn internal(text: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, text)
    }
    /// Whether the request was wrong, and not the server.
    pub fn is_clients(&self) -> bool {
        self.status.is_client_error() && !matches!(self.status.as_u16(), 401 | 499)
    }
}

impl From<index::Error> for ApiError {
    fn from(error: index::Error) -> Self {
        let status = match error.kind {
            ErrorKind::Overloaded => return Self::busy(error.to_string()),
            ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ErrorKind::Corrupt => StatusCode::INTERNAL_SERVER_ERROR,
            ErrorKind::Unsupported => StatusCode::NOT_IMPLEMENTED,
            ErrorKind::Full => StatusCode::INSUFFICIENT_STORAGE,
            // the client closed the request; nginx's number, nobody is left to read it
            ErrorKind::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::REQUEST_TIMEOUT),
            ErrorKind::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        };
        Self::new(status, error.to_string())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if self.status.is_server_error() {
            tracing::error!(status = self.status.as_u16(), "{}", self.text);
        }
        let body = Json(json!({ "success": false, "text": self.text }));
        let mut response = (self.status, body).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
