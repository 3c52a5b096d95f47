//! Parameters of a request: the query string, and for a POST its form or JSON body merged into it, as Arkime does.

use crate::app::App;
use crate::error::ApiError;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use serde_json::Value as Json;
use std::str::FromStr;
use std::time::Duration;

/// How long a client may take to send the body.
const BODY_TIME: Duration = Duration::from_secs(60);
/// Parameters of one request.
const MAX_PARAMS: usize = 1_000;

/// Names and values in the order in which they came; of a name given twice the last counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params {
    pairs: Vec<(String, String)>,
    /// The body, where it is a JSON object.
    pub body: Option<serde_json::Map<String, Json>>,
}

impl Params {
    pub fn from_query(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned().take(MAX_PARAMS).collect();
        Self { pairs, body: None }
    }

    /// Sets a value, as if it had been given last.
    pub fn set(&mut self, name: &str, value: &str) {
        self.pairs.push((name.to_owned(), value.to_owned()));
    }

    /// A value that is there and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty())
    }
    /// A value that must be there.
    pub fn need(&self, name: &str) -> Result<&str, ApiError> {
        self.get(name).ok_or_else(|| ApiError::bad(format!("Missing {name} parameter")))
    }
    /// A value read as something.
    pub fn parse<T: FromStr>(&self, name: &str, what: &str) -> Result<Option<T>, ApiError> {
        self.get(name)
            .map(|text| {
                let shown: String = text.chars().take(60).collect();
                text.trim()
                    .parse()
                    .map_err(|_| ApiError::bad(format!("{name} must be {what}, not `{shown}`")))
            })
            .transpose()
    }
    /// `1`, `true`, `yes` and `on` are true.
    pub fn is_set(&self, name: &str) -> bool {
        matches!(self.get(name), Some("1" | "true" | "yes" | "on"))
    }
    /// A list separated by commas, without empty parts.
    pub fn list(&self, name: &str) -> Vec<String> {
        let parts = self.get(name).unwrap_or_default().split(',');
        parts.map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    /// A list as [`Params::list`] of texts that may hold commas themselves: such a comma is written `\,`, a backslash before a comma or a
    /// backslash `\\`.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let (mut list, mut one) = (Vec::new(), String::new());
        let mut letters = self.get(name).unwrap_or_default().chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                ',' => list.push(std::mem::take(&mut one)),
                '\\' => one.push(letters.next_if(|next| matches!(next, ',' | '\\')).unwrap_or('\\')),
                letter => one.push(letter),
            }
        }
        list.push(one);
        list.iter().map(|one| one.trim()).filter(|one| !one.is_empty()).map(str::to_owned).collect()
    }

    fn merge_json(&mut self, body: serde_json::Map<String, Json>) {
        for (name, value) in body.iter().take(MAX_PARAMS) {
            if let Some(text) = plain(value) {
                self.pairs.push((name.clone(), text));
            }
        }
        self.body = Some(body);
    }
}

/// A JSON value as the text it would be in a query string; objects have none.
fn plain(value: &Json) -> Option<String> {
    Some(match value {
        Json::Null | Json::Object(_) => return None,
        Json::String(text) => text.clone(),
        Json::Bool(_) | Json::Number(_) => value.to_string(),
        Json::Array(items) => items.iter().filter_map(plain).collect::<Vec<_>>().join(","),
    })
}

impl FromRequest<App> for Params {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let mut params = Params::from_query(parts.uri.query().unwrap_or_default());
        if parts.method.is_safe() {
            return Ok(params);
        }
        let limit = app.config.body_limit;
        let bytes = match tokio::time::timeout(BODY_TIME, axum::body::to_bytes(body, limit)).await {
            Err(_) => {
                return Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time"));
            }
            Ok(Err(_)) => {
                let text = format!("the body cannot be read or is longer than {limit} bytes");
                return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, text));
            }
            Ok(Ok(bytes)) => bytes,
        };
        if bytes.is_empty() {
            return Ok(params);
        }
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if kind == "application/json" {
            match serde_json::from_slice(&bytes) {
                Ok(Json::Object(object)) => params.merge_json(object),
                Ok(_) => return Err(ApiError::bad("the body must be a JSON object")),
                Err(error) => return Err(ApiError::bad(format!("the body is not JSON: {error}"))),
            }
        } else if kind == "application/x-www-form-urlencoded" {
            let room = MAX_PARAMS.saturating_sub(params.pairs.len());
            params.pairs.extend(form_urlencoded::parse(&bytes).into_owned().take(room));
        } else {
            let text = "the body must be application/json or application/x-www-form-urlencoded";
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
        }
        Ok(params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_a_name_counts_and_empty_is_absent() {
        let params = Params::from_query("a=1&a=2&b=&list=x,,%20y&on=true");
        assert_eq!(params.get("a"), Some("2"));
        assert_eq!(params.get("b"), None);
        assert_eq!(params.list("list"), ["x", "y"]);
        let params_of = |text: &str| Params::from_query(&format!("t={text}")).texts("t");
        assert_eq!(params_of(r"a\,b,%20c%20,,d\\,\e\"), ["a,b", "c", r"d\", r"\e\"]);
        assert!(params_of("").is_empty());
        assert!(params.is_set("on") && !params.is_set("a1"));
        assert_eq!(params.parse::<u32>("a", "a number").unwrap(), Some(2));
        let error = params.parse::<u32>("list", "a number").unwrap_err();
        assert_eq!(error.text, "list must be a number, not `x,, y`");
    }

    #[test]
    fn json_bodies_are_flat_parameters() {
        let mut params = Params::from_query("length=5&date=1");
        let body =
            serde_json::json!({"length": 7, "ids": ["a", "b"], "facets": true, "x": {"y": 1}, "n": null});
        params.merge_json(body.as_object().unwrap().clone());
        assert_eq!(params.get("length"), Some("7"));
        assert_eq!(params.get("date"), Some("1"));
        assert_eq!(params.list("ids"), ["a", "b"]);
        assert!(params.is_set("facets"));
        assert_eq!(params.get("x"), None);
    }
}
