//! HTTP digest (RFC 7616), SHA-256 and MD5, with `qop=auth`: what Arkime's clients use. The server's part keeps no state but
//! which counts of a nonce were used.

use crate::access::{Access, Method};
use crate::app::now_ms;
use crate::auth::{Secret, User};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use md5::Md5;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use subtle::ConstantTimeEq as _;

/// The realm, part of what is hashed: another one would make every stored hash useless.
pub(crate) const REALM: &str = "Hindsight";
/// A nonce is good for so long; then the client gets another one without asking for the password again.
const NONCE_MS: i64 = 300_000;
/// Nonces whose counts are remembered.
const MAX_NONCES: usize = 10_000;
const PURPOSE: &str = "digest nonce";

/// What is stored of a password.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub pass_store: String,
    pub digest_store: Option<String>,
}

impl Stored {
    /// The hash of a password, and while digest is on what that needs.
    pub fn of(access: &Access, user: &str, password: &str) -> Result<Self, crate::error::ApiError> {
        Ok(Self {
            pass_store: crate::auth::hash_password(password)?,
            digest_store: access
                .allows(Method::Digest)
                .then(|| seal(&access.secret, user, password))
                .flatten(),
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Sha256,
    Md5,
}

impl Algorithm {
    fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Md5 => "MD5",
        }
    }
    fn hash(self, text: &str) -> String {
        match self {
            Self::Sha256 => hex(&Sha256::digest(text.as_bytes())),
            Self::Md5 => hex(&Md5::digest(text.as_bytes())),
        }
    }
}

fn purpose(user: &str) -> String {
    format!("digest {user}")
}

/// Both hashes of user, realm and password: who has one can log in by digest, so they are sealed.
pub(crate) fn seal(secret: &Secret, user: &str, password: &str) -> Option<String> {
    let text = format!("{user}:{REALM}:{password}");
    let both = json!({ "realm": REALM, "SHA-256": Algorithm::Sha256.hash(&text), "MD5": Algorithm::Md5.hash(&text) });
    secret.seal(&purpose(user), both.to_string().as_bytes())
}

/// Whether what is stored can be used: made with this secret, for this realm.
pub(crate) fn is_usable(secret: &Secret, user: &User) -> bool {
    stored(secret, user, Algorithm::Sha256).is_some()
}

fn stored(secret: &Secret, user: &User, algorithm: Algorithm) -> Option<String> {
    let opened = secret.open(&purpose(&user.user_id), user.digest_store.as_deref()?)?;
    let both: Json = serde_json::from_slice(&opened).ok()?;
    let own = both.get("realm").and_then(Json::as_str) == Some(REALM);
    own.then(|| both.get(algorithm.name())?.as_str().map(str::to_owned)).flatten()
}

/// Which counts of a nonce were used: the highest, and a bit for each of the 64 below.
#[derive(Clone, Copy, Debug)]
struct Used {
    at: i64,
    highest: u64,
    seen: u64,
}

#[derive(Debug, Default)]
struct Nonces {
    used: HashMap<String, Used>,
    /// Nonces from before were forgotten and are not good any more.
    floor: i64,
}

/// Remembers which requests were there already.
#[derive(Debug, Default)]
pub(crate) struct Replays(Mutex<Nonces>);

impl Replays {
    /// Whether this count of a nonce is new; it is not any more afterwards.
    fn take(&self, nonce: &str, made: i64, count: u64) -> bool {
        let mut nonces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if count == 0 || made < nonces.floor {
            return false;
        }
        if !nonces.used.contains_key(nonce) && nonces.used.len() >= MAX_NONCES {
            let mut ages: Vec<i64> = nonces.used.values().map(|used| used.at).collect();
            ages.sort_unstable();
            let cut = ages.get(MAX_NONCES / 2).copied().unwrap_or(made);
            nonces.floor = cut;
            nonces.used.retain(|_, used| used.at >= cut);
        }
        let used = nonces.used.entry(nonce.to_owned()).or_insert(Used { at: made, highest: 0, seen: 0 });
        if count > used.highest {
            let by = count - used.highest;
            used.seen = if by < 64 { used.seen << by | 1 } else { 1 };
            used.highest = count;
            return true;
        }
        let back = used.highest - count;
        let bit = if back < 64 { 1_u64 << back } else { return false };
        let new = used.seen & bit == 0;
        used.seen |= bit;
        new
    }
}

fn new_nonce(secret: &Secret, at: i64) -> Option<String> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).ok()?;
    let head = URL_SAFE_NO_PAD.encode([at.to_be_bytes(), random].concat());
    let sign = secret.sign(PURPOSE, head.as_bytes())?;
    Some(format!("{head}.{sign}"))
}

/// When a nonce of ours was made.
fn made(secret: &Secret, nonce: &str) -> Option<i64> {
    let (head, sign) = nonce.split_once('.')?;
    let own = secret.sign(PURPOSE, head.as_bytes())?;
    if !bool::from(own.as_bytes().ct_eq(sign.as_bytes())) {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(head).ok()?;
    bytes.first_chunk::<8>().map(|at| i64::from_be_bytes(*at))
}

/// The values of `WWW-Authenticate`, the stronger algorithm first.
pub(crate) fn challenges(secret: &Secret, stale: bool) -> Vec<String> {
    let nonce = new_nonce(secret, now_ms());
    let stale = if stale { ", stale=true" } else { "" };
    let one = |algorithm: Algorithm, nonce: &str| {
        format!(
            "Digest realm=\"{REALM}\", qop=\"auth\", algorithm={}, nonce=\"{nonce}\", charset=UTF-8{stale}",
            algorithm.name()
        )
    };
    nonce.iter().flat_map(|nonce| [Algorithm::Sha256, Algorithm::Md5].map(|a| one(a, nonce))).collect()
}

/// What a client has sent.
#[derive(Debug)]
pub(crate) struct Credentials {
    pub user: String,
    algorithm: Algorithm,
    nonce: String,
    uri: String,
    response: String,
    cnonce: String,
    count: u64,
    count_text: String,
}

/// Why digest credentials are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Not what RFC 7616 describes, or not for this request.
    Malformed(&'static str),
    /// The nonce is too old: the same password with a new nonce is good.
    Stale,
    /// The request was there already.
    Replayed,
    /// User or password are wrong, or the user cannot use digest.
    Wrong,
}

/// Splits `name=value, name="va\"lue"`.
fn parameters(text: &str) -> Option<HashMap<String, String>> {
    let mut out = HashMap::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let name = name.trim().to_ascii_lowercase();
        let after = after.trim_start();
        let mut value = String::new();
        if let Some(quoted) = after.strip_prefix('"') {
            let (mut escaped, mut end) = (false, None);
            for (at, c) in quoted.char_indices() {
                match c {
                    _ if escaped => {
                        value.push(c);
                        escaped = false;
                    }
                    '\\' => escaped = true,
                    '"' => {
                        end = Some(at);
                        break;
                    }
                    _ => value.push(c),
                }
            }
            rest = quoted.get(end? + 1..)?.trim_start();
        } else {
            let end = after.find(',').unwrap_or(after.len());
            value.push_str(after.get(..end)?.trim());
            rest = after.get(end..)?;
        }
        rest = match rest.strip_prefix(',') {
            Some(next) => next.trim_start(),
            None if rest.is_empty() => rest,
            None => return None,
        };
        // a name given twice could be read in two ways
        if out.insert(name, value).is_some() {
            return None;
        }
    }
    Some(out)
}

/// `UTF-8''J%C3%A4s`, the form of names that are not ASCII (RFC 8187).
fn extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, text) = rest.split_once('\'')?;
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    let text = text.replace('+', "%2B");
    let pair = format!("x={text}");
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
}

impl Credentials {
    /// Reads what follows `Digest ` in the header.
    pub fn read(text: &str) -> Result<Self, Refused> {
        let mut given =
            parameters(text).ok_or(Refused::Malformed("the digest header cannot be read (RFC 7616)"))?;
        let mut take = |name: &str| given.remove(name).unwrap_or_default();
        let user = match take("username*") {
            extended_name if !extended_name.is_empty() => {
                extended(&extended_name).ok_or(Refused::Malformed("username* must be UTF-8''name"))?
            }
            _ => take("username"),
        };
        let algorithm = match take("algorithm").to_ascii_uppercase().as_str() {
            "SHA-256" => Algorithm::Sha256,
            // left out it means MD5 (RFC 7616, 3.4)
            "MD5" | "" => Algorithm::Md5,
            _ => return Err(Refused::Malformed("digest: the algorithms are SHA-256 and MD5")),
        };
        if take("userhash").eq_ignore_ascii_case("true") {
            return Err(Refused::Malformed("digest: names are not hashed here (userhash)"));
        }
        if !take("qop").eq_ignore_ascii_case("auth") {
            return Err(Refused::Malformed("digest: qop must be auth"));
        }
        if take("realm") != REALM {
            return Err(Refused::Malformed("digest: the realm is Hindsight"));
        }
        let count_text = take("nc");
        let count = u64::from_str_radix(&count_text, 16).ok().filter(|_| count_text.len() == 8);
        Ok(Self {
            user,
            algorithm,
            nonce: take("nonce"),
            uri: take("uri"),
            response: take("response").to_ascii_lowercase(),
            cnonce: take("cnonce"),
            count: count.ok_or(Refused::Malformed("digest: nc must be eight hexadecimal digits"))?,
            count_text,
        })
    }

    /// Whether they are right for this request of this user. `target` is path and query as they stand in the request line.
    pub fn check(
        &self,
        (secret, replays): (&Secret, &Replays),
        user: Option<&User>,
        method: &str,
        target: &str,
    ) -> Result<(), Refused> {
        let path = match self.uri.split_once("://") {
            Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
            None => &self.uri,
        };
        if path != target {
            return Err(Refused::Malformed("digest: uri is not that of the request"));
        }
        let made = made(secret, &self.nonce).ok_or(Refused::Stale)?;
        if now_ms().saturating_sub(made) > NONCE_MS {
            return Err(Refused::Stale);
        }
        let own = user.and_then(|user| stored(secret, user, self.algorithm)).ok_or(Refused::Wrong)?;
        let request = self.algorithm.hash(&format!("{method}:{}", self.uri));
        let text = format!("{own}:{}:{}:{}:auth:{request}", self.nonce, self.count_text, self.cnonce);
        let wanted = self.algorithm.hash(&text);
        if !bool::from(wanted.as_bytes().ct_eq(self.response.as_bytes())) {
            return Err(Refused::Wrong);
        }
        // last: who does not know the password cannot use counts up
        if replays.take(&self.nonce, made, self.count) { Ok(()) } else { Err(Refused::Replayed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_rfc_7616() {
        // 3.9.1
        for (algorithm, wanted) in [
            (Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
            (Algorithm::Sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ] {
            let own = algorithm.hash("Mufasa:http-auth@example.org:Circle of Life");
            let request = algorithm.hash("GET:/dir/index.html");
            let text = format!(
                "{own}:7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v:00000001:f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ:auth:{request}"
            );
            assert_eq!(algorithm.hash(&text), wanted);
        }
    }

    #[test]
    fn parameters_are_read_as_they_are_written() {
        let got = parameters("username=\"a\\\"b, c\",nc=00000001 , qop=auth").unwrap();
        assert_eq!(
            (got["username"].as_str(), got["nc"].as_str(), got["qop"].as_str()),
            ("a\"b, c", "00000001", "auth")
        );
        for bad in ["username", "a=\"x", "a=1, a=2", "a=\"x\" b=1"] {
            assert!(parameters(bad).is_none(), "{bad}");
        }
        assert_eq!(extended("UTF-8''J%C3%A4s%C3%B8n+x").as_deref(), Some("Jäsøn+x"));
    }

    #[test]
    fn counts_may_come_out_of_order_but_once() {
        let replays = Replays::default();
        for (count, new) in [
            (1, true),
            (1, false),
            (3, true),
            (2, true),
            (2, false),
            (100, true),
            (3, false),
            (40, true),
            (0, false),
        ] {
            assert_eq!(replays.take("n", 5, count), new, "{count}");
        }
        assert!(replays.take("other", 5, 1));
    }

    #[test]
    fn forgotten_nonces_are_not_good_again() {
        let replays = Replays::default();
        for n in 0..MAX_NONCES as i64 + 10 {
            assert!(replays.take(&n.to_string(), n, 1));
        }
        assert!(replays.0.lock().unwrap().used.len() <= MAX_NONCES);
        assert!(!replays.take("0", 0, 1));
    }

    #[test]
    fn nonces_are_ours_and_end() {
        let secret = Secret::new([3; 32]);
        let nonce = new_nonce(&secret, 42).unwrap();
        assert_eq!(made(&secret, &nonce), Some(42));
        assert_eq!(made(&Secret::new([4; 32]), &nonce), None);
        assert_eq!(made(&secret, "x.y"), None);
    }
}
