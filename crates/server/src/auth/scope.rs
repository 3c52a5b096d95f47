//! What an API token may do, decided by route.

use crate::auth::{Via, regression};
use crate::error::ApiError;
use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// One kind of thing that a token may do. None includes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Search and look: everything that changes nothing and holds no packets.
    Read,
    /// Packets, and exports of sessions.
    Export,
    /// Upload captures.
    Upload,
    /// Change and administer, as far as the user may.
    Admin,
}

impl Scope {
    /// Every name, as it is written.
    pub const NAMES: [&str; 4] = ["read", "export", "upload", "admin"];

    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Export => "export",
            Self::Upload => "upload",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scope {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Read, Self::Export, Self::Upload, Self::Admin];
        let found = all.into_iter().find(|scope| scope.name().eq_ignore_ascii_case(text.trim()));
        found.ok_or_else(|| format!("`{text}` is no scope; there are {}", Self::NAMES.join(", ")))
    }
}

/// What belongs to a log-in and not to a token: with one of these a stolen token would make itself a home.
const PERSONAL: &[&str] = &["/api/user/tokens", "/api/user/totp", "/api/user/password", "/api/logout"];

/// The scope that a route takes; `None`: no token at all.
fn needed(method: &Method, path: &str) -> Option<Scope> {
    if PERSONAL.iter().any(|own| path.starts_with(own)) {
        return None;
    }
    let ends = |ends: &[&str]| ends.iter().any(|end| path.ends_with(end));
    let holds = |parts: &[&str]| parts.iter().any(|part| path.contains(part));
    Some(if path == "/api/upload" {
        Scope::Upload
    } else if path.starts_with("/api/users") {
        Scope::Admin
    } else if ends(&["/pcap", "/packets", "/results", "sessions.csv", "/api/sessions.json"])
        || holds(&[".pcap", "/raw/", "/body", "/cyberchef", "/send", "/entire/"])
        || ends(&["/evidence"])
        || (path.contains("/session/") && path.ends_with("/{file}"))
    {
        Scope::Export
    } else if method.is_safe()
        || regression::QUERIES.contains(&path)
        || matches!(path, "/api/cancel" | "/api/estasks/cancelwith" | "/api/sessions/summary" | "/mcp")
    {
        Scope::Read
    } else {
        Scope::Admin
    })
}

/// Middleware of every route that needs a user: refuses tokens what they may not.
pub(crate) async fn check(request: Request, next: Next) -> Response {
    if let Some(Via::Token { scopes, .. }) = request.extensions().get::<Via>() {
        let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let refused = match needed(request.method(), path) {
            None => Some("an API token cannot do this: log in".to_owned()),
            Some(scope) if !scopes.contains(&scope) => {
                let own: Vec<&str> = scopes.iter().map(|scope| scope.name()).collect();
                Some(format!("this needs a token with the scope `{scope}`; this one has {}", own.join(", ")))
            }
            Some(_) => None,
        };
        if let Some(text) = refused {
            return ApiError::forbidden(text).into_response();
        }
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_has_its_scope() {
        let get = |path: &str| needed(&Method::GET, path).map(Scope::name);
        let post = |path: &str| needed(&Method::POST, path).map(Scope::name);
        for path in
            ["/api/sessions", "/sessions.json", "/api/session/{id}", "/api/connections.csv", "/api/user"]
        {
            assert_eq!(get(path), Some("read"), "{path}");
        }
        for path in [
            "/api/sessions.pcap",
            "/sessions.pcapng",
            "/api/sessions.csv",
            "/api/sessions.json",
            "/api/session/{node}/{id}/packets",
            "/api/session/raw/{node}/{id}",
            "/{node}/raw/{id}",
            "/api/session/{node}/{id}/pcap",
            "/api/session/{node}/{file}",
            "/api/session/entire/{node}/{file}",
            "/api/hunt/{id}/results",
            "/evidence",
            "/api/evidence",
            "/api/evidence/packets",
        ] {
            assert_eq!(get(path), Some("export"), "{path}");
        }
        assert_eq!((post("/d/evidence"), get("/api/evidence/rules")), (Some("export"), Some("read")));
        assert_eq!(post("/api/sessions"), Some("read"));
        assert_eq!(post("/api/upload"), Some("upload"));
        for path in
            ["/api/sessions/addtags", "/api/delete", "/api/hunt", "/api/user", "/api/users", "/api/view"]
        {
            assert_eq!(post(path), Some("admin"), "{path}");
        }
        for path in
            ["/api/user/tokens", "/api/user/tokens/{id}", "/api/user/totp/setup", "/api/user/password"]
        {
            assert_eq!(post(path), None, "{path}");
        }
    }

    #[test]
    fn names_are_read() {
        assert_eq!("Export".parse(), Ok(Scope::Export));
        assert_eq!(
            "all".parse::<Scope>().unwrap_err(),
            "`all` is no scope; there are read, export, upload, admin"
        );
    }
}
