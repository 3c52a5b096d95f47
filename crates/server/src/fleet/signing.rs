//! Requests between nodes: signed, for one node, for five minutes, once.

use super::identity::{Identity, has_signed};
use super::nodes::Node;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How far the time of a request may be from the clock of the node that is asked, milliseconds.
pub(super) const SKEW_MS: i64 = 300_000;
/// Requests that are remembered; beyond that no more are taken until some are too old to be taken again.
const MAX_NONCES: usize = 1 << 20;

const NODE: HeaderName = HeaderName::from_static("x-hindsight-node");
/// The clock of who sends, milliseconds since 1970: of a request, and of an answer.
pub(super) const TIME: HeaderName = HeaderName::from_static("x-hindsight-time");
const NONCE: HeaderName = HeaderName::from_static("x-hindsight-nonce");
const USER: HeaderName = HeaderName::from_static("x-hindsight-user");
const SIGNATURE: HeaderName = HeaderName::from_static("x-hindsight-signature");

/// What a request says, besides its headers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    pub method: &'a str,
    /// Path and query.
    pub target: &'a str,
    pub body: &'a [u8],
    /// Name of the node that is asked.
    pub to: &'a str,
}

/// Who has asked, proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    /// The node.
    pub node: String,
    /// The user it acts for; empty: for itself.
    pub user: String,
}

/// Why a request is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub status: StatusCode,
    /// For the program: `skew` is worth another try with the clock that the answer tells.
    pub code: &'static str,
    pub text: String,
}

fn refuse(code: &'static str, text: impl Into<String>) -> Refusal {
    Refusal { status: StatusCode::UNAUTHORIZED, code, text: text.into() }
}

fn canonical(said: Said<'_>, from: &str, time: &str, nonce: &str, user: &str) -> String {
    let digest: String = Sha256::digest(said.body).iter().map(|byte| format!("{byte:02x}")).collect();
    let Said { method, target, to, .. } = said;
    format!("hindsight-node-request 1\n{method}\n{target}\n{to}\n{from}\n{time}\n{nonce}\n{user}\n{digest}\n")
}

/// The headers that make a request a signed one. `now` is the clock of the node that is asked, as far as it is known.
pub(super) fn sign(
    identity: &Identity,
    from: &str,
    said: Said<'_>,
    user: &str,
    now: i64,
) -> Result<HeaderMap, String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| format!("the system gives no random numbers: {error}"))?;
    let (time, nonce) = (now.to_string(), URL_SAFE_NO_PAD.encode(bytes));
    // a user's name may hold anything, a header may not
    let user = URL_SAFE_NO_PAD.encode(user);
    let signature = identity.sign(canonical(said, from, &time, &nonce, &user).as_bytes());
    let mut headers = HeaderMap::new();
    for (name, value) in
        [(NODE, from), (TIME, &time), (NONCE, &nonce), (USER, &user), (SIGNATURE, &signature)]
    {
        let value = HeaderValue::from_str(value).map_err(|error| format!("{name}: {error}"))?;
        headers.insert(name, value);
    }
    Ok(headers)
}

/// Checks the signature of a request; `node` finds a node of the fleet by its name. `started` is when this process began: what was
/// signed before may have been answered by the one before it.
pub(super) fn verify(
    headers: &HeaderMap,
    said: Said<'_>,
    node: impl FnOnce(&str) -> Result<Option<Node>, String>,
    (now, started): (i64, i64),
    nonces: &Nonces,
) -> Result<Signed, Refusal> {
    let text = |name: &HeaderName| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.ok_or_else(|| {
            refuse("unsigned", format!("the request of a node has to be signed: {name} is missing"))
        })
    };
    let (from, time, nonce) = (text(&NODE)?, text(&TIME)?, text(&NONCE)?);
    let (user, signature) = (text(&USER)?, text(&SIGNATURE)?);
    let known = node(from).map_err(|why| Refusal {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: "catalogue",
        text: why,
    })?;
    let shown: String = from.chars().take(64).collect();
    let Some(known) = known else {
        return Err(refuse("unknown", format!("{} does not know a node {shown}", said.to)));
    };
    if !known.approved {
        return Err(refuse(
            "pending",
            format!("node {shown} waits for approval: hindsight node approve {shown}"),
        ));
    }
    if !has_signed(&known.public_key, canonical(said, from, time, nonce, user).as_bytes(), signature) {
        return Err(refuse(
            "signature",
            format!("the signature is not that of node {shown} for this request to {}", said.to),
        ));
    }
    let time: i64 = time.parse().map_err(|_| refuse("time", "the time of the request is no number"))?;
    if now.abs_diff(time) > SKEW_MS.unsigned_abs() || time < started {
        return Err(refuse(
            "skew",
            format!("the request was signed at another time than now by the clock of {}", said.to),
        ));
    }
    let mut bytes = [0; 16];
    if URL_SAFE_NO_PAD.decode_slice(nonce, &mut bytes) != Ok(bytes.len()) {
        return Err(refuse("nonce", "the nonce is not 16 bytes of base64url"));
    }
    nonces.take(bytes, now)?;
    let user = URL_SAFE_NO_PAD.decode(user).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let user = user.ok_or_else(|| refuse("user", "the user is not base64url of UTF-8"))?;
    Ok(Signed { node: from.to_owned(), user })
}

/// Requests that were there already.
#[derive(Debug)]
pub(super) struct Nonces {
    /// Until when each has to be remembered.
    seen: Mutex<HashMap<[u8; 16], i64>>,
    most: usize,
}

impl Default for Nonces {
    fn default() -> Self {
        Self { seen: Mutex::default(), most: MAX_NONCES }
    }
}

impl Nonces {
    /// Takes a nonce, once.
    fn take(&self, nonce: [u8; 16], now: i64) -> Result<(), Refusal> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.contains_key(&nonce) {
            return Err(refuse("replay", "the request was there already"));
        }
        if seen.len() >= self.most {
            seen.retain(|_, until| *until >= now);
        }
        if seen.len() >= self.most {
            return Err(Refusal {
                status: StatusCode::SERVICE_UNAVAILABLE,
                code: "busy",
                text: format!("more than {} requests of nodes in ten minutes; try again later", self.most),
            });
        }
        // its time may lie ahead by the skew, and it may come again so much later
        seen.insert(nonce, now.saturating_add(2 * SKEW_MS));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_381_200_000;

    fn identity() -> Identity {
        let dir = tempfile::tempdir().unwrap();
        Identity::of(&dir.path().join("node.key")).unwrap()
    }

    fn said<'a>(body: &'a [u8], to: &'a str) -> Said<'a> {
        Said { method: "POST", target: "/fleet/v1/read?x=1", body, to }
    }

    fn node(identity: &Identity, approved: bool) -> Node {
        Node { name: "v1".into(), public_key: identity.public_key(), approved, ..Node::default() }
    }

    #[test]
    fn a_signed_request_is_taken_once_by_the_node_it_is_for() {
        let (identity, nonces) = (identity(), Nonces::default());
        let headers = sign(&identity, "v1", said(b"body", "s1"), "Ünä\nme", NOW).unwrap();
        let check = |headers: &HeaderMap, said: Said<'_>, now: i64| {
            verify(headers, said, |_| Ok(Some(node(&identity, true))), (now, 0), &nonces)
        };
        assert_eq!(check(&headers, said(b"bodY", "s1"), NOW).unwrap_err().code, "signature");
        assert_eq!(check(&headers, said(b"body", "s2"), NOW).unwrap_err().code, "signature");
        let other = Said { target: "/fleet/v1/scrub", ..said(b"body", "s1") };
        assert_eq!(check(&headers, other, NOW).unwrap_err().code, "signature");
        let mut forged = headers.clone();
        forged.insert(USER, HeaderValue::from_static("YWRtaW4"));
        assert_eq!(check(&forged, said(b"body", "s1"), NOW).unwrap_err().code, "signature");
        for late in [NOW + SKEW_MS + 1, NOW - SKEW_MS - 1] {
            assert_eq!(check(&headers, said(b"body", "s1"), late).unwrap_err().code, "skew");
        }
        let taken = check(&headers, said(b"body", "s1"), NOW + SKEW_MS).unwrap();
        assert_eq!(taken, Signed { node: "v1".into(), user: "Ünä\nme".into() });
        assert_eq!(check(&headers, said(b"body", "s1"), NOW).unwrap_err().code, "replay");
    }

    #[test]
    fn only_approved_nodes_with_their_own_key_are_heard() {
        let (one, other, nonces) = (identity(), identity(), Nonces::default());
        let headers = sign(&one, "v1", said(b"", "s1"), "", NOW).unwrap();
        let code = |found: Result<Option<Node>, String>, started: i64| {
            verify(&headers, said(b"", "s1"), |_| found, (NOW, started), &nonces).unwrap_err().code
        };
        assert_eq!(code(Ok(None), 0), "unknown");
        assert_eq!(code(Ok(Some(node(&one, false))), 0), "pending");
        assert_eq!(code(Ok(Some(node(&other, true))), 0), "signature");
        assert_eq!(code(Err("away".into()), 0), "catalogue");
        assert_eq!(
            code(Ok(Some(node(&one, true))), NOW + 1),
            "skew",
            "it may have been answered before the start"
        );
        let none = verify(&HeaderMap::new(), said(b"", "s1"), |_| Ok(None), (NOW, 0), &nonces);
        assert_eq!(none.unwrap_err().code, "unsigned");
    }

    #[test]
    fn what_is_remembered_is_bounded_and_nothing_is_taken_twice() {
        let nonces = Nonces { most: 2, ..Nonces::default() };
        nonces.take([1; 16], NOW).unwrap();
        nonces.take([2; 16], NOW).unwrap();
        assert_eq!(nonces.take([3; 16], NOW).unwrap_err().code, "busy");
        assert_eq!(nonces.take([1; 16], NOW + 2 * SKEW_MS).unwrap_err().code, "replay");
        nonces.take([3; 16], NOW + 2 * SKEW_MS + 1).unwrap();
        assert_eq!(nonces.seen.lock().unwrap().len(), 1);
    }
}
