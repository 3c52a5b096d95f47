//! Signed tokens (JWS and JWT, RFC 7515 and 7519) and the public keys that check them (RFC 7517). Only algorithms of public keys:
//! whoever can check a token must not be able to sign one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};
use serde_json::{Map, Value as Json};
use std::fmt;
use std::str::FromStr;

/// Bytes of a token.
const MAX_TOKEN: usize = 16 << 10;
/// Keys of a set.
const MAX_KEYS: usize = 100;
/// Seconds by which clocks may differ.
const LEEWAY: i64 = 60;

/// A signature algorithm (RFC 7518, RFC 8037).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA PKCS#1 v1.5 with SHA-256.
    Rs256,
    /// RSA PKCS#1 v1.5 with SHA-384.
    Rs384,
    /// RSA PKCS#1 v1.5 with SHA-512.
    Rs512,
    /// RSA PSS with SHA-256.
    Ps256,
    /// RSA PSS with SHA-384.
    Ps384,
    /// RSA PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// Every algorithm, with its name.
    pub const ALL: [(&'static str, Self); 9] = [
        ("RS256", Self::Rs256),
        ("RS384", Self::Rs384),
        ("RS512", Self::Rs512),
        ("PS256", Self::Ps256),
        ("PS384", Self::Ps384),
        ("PS512", Self::Ps512),
        ("ES256", Self::Es256),
        ("ES384", Self::Es384),
        ("EdDSA", Self::EdDsa),
    ];
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = Self::ALL.iter().find(|(_, algorithm)| algorithm == self);
        f.write_str(found.map_or("", |(name, _)| name))
    }
}

impl FromStr for Algorithm {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(name, _)| *name == text);
        found.map(|(_, algorithm)| *algorithm).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|(name, _)| *name).collect();
            format!("`{text}` is no algorithm that is taken; there are {}", names.join(", "))
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    id: Option<String>,
    algorithm: Option<String>,
    material: Material,
}

fn bytes(object: &Json, name: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(object.get(name)?.as_str()?.trim_end_matches('=')).ok()
}

/// A number of a fixed length, as a point of a curve holds it.
fn fixed(bytes: &[u8], length: usize) -> Option<Vec<u8>> {
    let zeros = length.checked_sub(bytes.len())?;
    Some([vec![0; zeros].as_slice(), bytes].concat())
}

fn point(object: &Json, length: usize) -> Option<Vec<u8>> {
    let (x, y) = (fixed(&bytes(object, "x")?, length)?, fixed(&bytes(object, "y")?, length)?);
    Some([&[4], x.as_slice(), &y].concat())
}

impl Key {
    fn read(object: &Json) -> Option<Self> {
        let text = |name: &str| object.get(name).and_then(Json::as_str);
        if text("use").is_some_and(|usage| usage != "sig") {
            return None;
        }
        let plain = |bytes: Vec<u8>| {
            let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
            bytes.get(start..).unwrap_or_default().to_vec()
        };
        let material = match (text("kty")?, text("crv").unwrap_or_default()) {
            ("RSA", _) => Material::Rsa { n: plain(bytes(object, "n")?), e: plain(bytes(object, "e")?) },
            ("EC", "P-256") => Material::P256(point(object, 32)?),
            ("EC", "P-384") => Material::P384(point(object, 48)?),
            ("OKP", "Ed25519") => Material::Ed25519(bytes(object, "x")?),
            _ => return None,
        };
        Some(Self { id: text("kid").map(str::to_owned), algorithm: text("alg").map(str::to_owned), material })
    }

    /// Whether the key has signed the text with this algorithm; false too where the key is of another kind.
    fn has_signed(&self, algorithm: Algorithm, text: &[u8], sign: &[u8]) -> bool {
        let rsa = |parameters: &signature::RsaParameters, n: &[u8], e: &[u8]| {
            RsaPublicKeyComponents { n, e }.verify(parameters, text, sign).is_ok()
        };
        let other = |with: &'static dyn VerificationAlgorithm, key: &[u8]| {
            UnparsedPublicKey::new(with, key).verify(text, sign).is_ok()
        };
        match (algorithm, &self.material) {
            (Algorithm::Rs256, Material::Rsa { n, e }) => rsa(&signature::RSA_PKCS1_2048_8192_SHA256, n, e),
            (Algorithm::Rs384, Material::Rsa { n, e }) => rsa(&signature::RSA_PKCS1_2048_8192_SHA384, n, e),
            (Algorithm::Rs512, Material::Rsa { n, e }) => rsa(&signature::RSA_PKCS1_2048_8192_SHA512, n, e),
            (Algorithm::Ps256, Material::Rsa { n, e }) => rsa(&signature::RSA_PSS_2048_8192_SHA256, n, e),
            (Algorithm::Ps384, Material::Rsa { n, e }) => rsa(&signature::RSA_PSS_2048_8192_SHA384, n, e),
            (Algorithm::Ps512, Material::Rsa { n, e }) => rsa(&signature::RSA_PSS_2048_8192_SHA512, n, e),
            (Algorithm::Es256, Material::P256(key)) => other(&signature::ECDSA_P256_SHA256_FIXED, key),
            (Algorithm::Es384, Material::P384(key)) => other(&signature::ECDSA_P384_SHA384_FIXED, key),
            (Algorithm::EdDsa, Material::Ed25519(key)) => other(&signature::ED25519, key),
            _ => false,
        }
    }
}

/// The keys of a set that can be used here. Others are left out, as RFC 7517 asks for; none at all is an error.
pub(crate) fn keys(set: &Json) -> Result<Vec<Key>, String> {
    let list =
        set.get("keys").and_then(Json::as_array).ok_or("this is no JSON Web Key Set: it has no `keys`")?;
    let keys: Vec<Key> = list.iter().take(MAX_KEYS).filter_map(Key::read).collect();
    if keys.is_empty() {
        return Err("none of its keys can be used (RSA, EC P-256 and P-384, Ed25519; use: sig)".to_owned());
    }
    Ok(keys)
}

/// Why a token is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("it is no signed token")]
    Shape,
    #[error("its algorithm `{0}` is not allowed")]
    Algorithm(String),
    #[error("it asks for extensions that are not known (crit)")]
    Critical,
    #[error("its key is not known")]
    UnknownKey,
    #[error("its signature is wrong")]
    Signature,
    #[error("{0}")]
    Claim(&'static str),
}

/// What the claims must say.
#[derive(Clone, Debug)]
pub(crate) struct Expected<'a> {
    pub issuer: &'a str,
    pub audience: &'a str,
    /// For ID tokens: what was asked for, and that the token is for this client alone or says so.
    pub nonce: Option<&'a str>,
    /// Seconds since 1970.
    pub now: i64,
}

/// The claims of a token, once its signature and they are right.
pub(crate) fn verify(
    token: &str,
    keys: &[Key],
    allowed: &[Algorithm],
    expected: &Expected<'_>,
) -> Result<Map<String, Json>, Refused> {
    if token.len() > MAX_TOKEN {
        return Err(Refused::Shape);
    }
    let (signed, sign) = token.rsplit_once('.').ok_or(Refused::Shape)?;
    let (head, body) = signed.split_once('.').ok_or(Refused::Shape)?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Refused::Shape);
    let object = |part: &str| match serde_json::from_slice(&decode(part)?) {
        Ok(Json::Object(object)) => Ok(object),
        _ => Err(Refused::Shape),
    };
    let (head, sign) = (object(head)?, decode(sign)?);
    let named = head.get("alg").and_then(Json::as_str).ok_or(Refused::Shape)?;
    let shown = || Refused::Algorithm(named.chars().take(20).collect());
    let algorithm = named.parse::<Algorithm>().ok().filter(|a| allowed.contains(a)).ok_or_else(shown)?;
    if head.contains_key("crit") {
        return Err(Refused::Critical);
    }
    let id = head.get("kid").and_then(Json::as_str);
    // a key that says its algorithm is good for no other
    let fits = |key: &&Key| {
        (id.is_none() || key.id.is_none() || key.id.as_deref() == id)
            && key.algorithm.as_deref().is_none_or(|own| own == named)
    };
    let mut candidates = keys.iter().filter(fits).peekable();
    if candidates.peek().is_none() {
        return Err(Refused::UnknownKey);
    }
    if !candidates.any(|key| key.has_signed(algorithm, signed.as_bytes(), &sign)) {
        return Err(Refused::Signature);
    }
    let claims = object(body)?;
    check(&claims, expected)?;
    Ok(claims)
}

fn check(claims: &Map<String, Json>, expected: &Expected<'_>) -> Result<(), Refused> {
    let text = |name: &str| claims.get(name).and_then(Json::as_str);
    // a time that is there and no number must not count as absent
    let time = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => {
            let seconds = value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64));
            seconds.map(Some).ok_or(Refused::Claim("a time in it is no number"))
        }
    };
    if text("iss") != Some(expected.issuer) {
        return Err(Refused::Claim("it is of another issuer (iss)"));
    }
    let audiences: Vec<&str> = match claims.get("aud") {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(several)) => several.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    };
    if !audiences.contains(&expected.audience) {
        return Err(Refused::Claim("it is for somebody else (aud)"));
    }
    let expires = time("exp")?.ok_or(Refused::Claim("it does not say when it ends (exp)"))?;
    if expires.saturating_add(LEEWAY) <= expected.now {
        return Err(Refused::Claim("it has expired (exp)"));
    }
    for begin in ["nbf", "iat"] {
        if time(begin)?.is_some_and(|at| at > expected.now.saturating_add(LEEWAY)) {
            return Err(Refused::Claim("it is from the future (nbf, iat): do the clocks agree?"));
        }
    }
    if let Some(nonce) = expected.nonce {
        if text("nonce") != Some(nonce) {
            return Err(Refused::Claim("it answers another log-in (nonce)"));
        }
        let party = text("azp");
        if party.is_some_and(|party| party != expected.audience) || (audiences.len() > 1 && party.is_none()) {
            return Err(Refused::Claim("it was given to another client (azp)"));
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
    use serde_json::json;

    /// A key that signs, and its public half as a set.
    pub struct Signer {
        pair: EcdsaKeyPair,
        pub id: String,
    }

    fn encode(bytes: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    impl Signer {
        pub fn new(id: &str) -> Self {
            let random = SystemRandom::new();
            let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
            let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
            let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
            Self { pair, id: id.to_owned() }
        }

        pub fn set(&self) -> Json {
            let point = self.pair.public_key().as_ref();
            json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": self.id, "use": "sig", "x": encode(&point[1..33]), "y": encode(&point[33..65]) }] })
        }

        pub fn sign(&self, claims: &Json) -> String {
            self.sign_as(&json!({ "alg": "ES256", "kid": self.id }), claims)
        }

        pub fn sign_as(&self, head: &Json, claims: &Json) -> String {
            let text = format!("{}.{}", encode(head.to_string()), encode(claims.to_string()));
            let sign = self.pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
            format!("{text}.{}", encode(sign))
        }
    }

    const NOW: i64 = 1_795_381_200;

    fn expected() -> Expected<'static> {
        Expected { issuer: "https://id.example", audience: "hindsight", nonce: None, now: NOW }
    }

    fn claims() -> Json {
        json!({ "iss": "https://id.example", "aud": "hindsight", "exp": NOW + 300, "iat": NOW, "sub": "u" })
    }

    fn with(name: &str, value: Json) -> Json {
        let mut all = claims();
        all[name] = value;
        all
    }

    #[test]
    fn a_right_token_gives_its_claims() {
        let signer = Signer::new("k1");
        let keys = keys(&signer.set()).unwrap();
        let got = verify(&signer.sign(&claims()), &keys, &[Algorithm::Es256], &expected()).unwrap();
        assert_eq!(got["sub"], "u");
        let several = with("aud", json!(["other", "hindsight"]));
        assert!(verify(&signer.sign(&several), &keys, &[Algorithm::Es256], &expected()).is_ok());
    }

    #[test]
    fn wrong_tokens_are_refused() {
        let (signer, stranger) = (Signer::new("k1"), Signer::new("k1"));
        let keys = keys(&signer.set()).unwrap();
        let said =
            |token: &str, allowed: &[Algorithm]| verify(token, &keys, allowed, &expected()).unwrap_err();
        let refused = |token: &str| said(token, &[Algorithm::Es256]);
        let right = signer.sign(&claims());
        assert_eq!(said(&right, &[Algorithm::Rs256]), Refused::Algorithm("ES256".into()), "pinned");
        for head in [json!({"alg": "none"}), json!({"alg": "HS256", "kid": "k1"}), json!({"alg": "es256"})] {
            assert!(matches!(refused(&signer.sign_as(&head, &claims())), Refused::Algorithm(_)), "{head}");
        }
        let unsigned = format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode(claims().to_string()));
        assert!(matches!(refused(&unsigned), Refused::Algorithm(_)));
        assert_eq!(refused(&stranger.sign(&claims())), Refused::Signature);
        assert_eq!(refused(&Signer::new("k2").sign(&claims())), Refused::UnknownKey);
        assert_eq!(
            refused(&signer.sign_as(&json!({"alg": "ES256", "crit": ["b64"], "b64": false}), &claims())),
            Refused::Critical
        );
        let (start, sign) = right.rsplit_once('.').unwrap();
        let (head, _) = start.split_once('.').unwrap();
        let exchanged = format!("{head}.{}.{sign}", encode(with("sub", json!("admin")).to_string()));
        assert_eq!(refused(&exchanged), Refused::Signature);
        for shape in ["", "a", "a.b", "a.b.c", &"x".repeat(MAX_TOKEN + 1), &format!("{right}.x")] {
            assert!(matches!(refused(shape), Refused::Shape), "{}", &shape[..shape.len().min(9)]);
        }
        for (name, value, why) in [
            ("iss", json!("https://id.example/"), "iss"),
            ("aud", json!("other"), "aud"),
            ("aud", json!(null), "aud"),
            ("exp", json!(NOW - 61), "exp"),
            ("exp", json!(null), "number"),
            ("exp", json!("soon"), "number"),
            ("nbf", json!(NOW + 61), "future"),
            ("nbf", json!("x"), "number"),
            ("iat", json!(NOW + 120), "future"),
        ] {
            let Refused::Claim(said) = refused(&signer.sign(&with(name, value.clone()))) else {
                panic!("{name}")
            };
            assert!(said.contains(why), "{name} {value}: {said}");
        }
        let mut endless = claims();
        endless.as_object_mut().unwrap().remove("exp");
        assert!(matches!(refused(&signer.sign(&endless)), Refused::Claim(_)));
    }

    #[test]
    fn id_tokens_answer_one_log_in_of_one_client() {
        let signer = Signer::new("k1");
        let keys = keys(&signer.set()).unwrap();
        let expected = Expected { nonce: Some("n1"), ..expected() };
        let check = |claims: &Json| verify(&signer.sign(claims), &keys, &[Algorithm::Es256], &expected);
        let mut right = with("nonce", json!("n1"));
        assert!(check(&right).is_ok());
        assert!(check(&claims()).is_err() && check(&with("nonce", json!("n2"))).is_err());
        right["aud"] = json!(["hindsight", "other"]);
        assert!(check(&right).is_err(), "several audiences and no azp");
        right["azp"] = json!("hindsight");
        assert!(check(&right).is_ok());
        right["azp"] = json!("other");
        assert!(check(&right).is_err());
    }

    #[test]
    fn ed25519_and_rsa_keys_work() {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[5; 32]).unwrap();
        let set = json!({ "keys": [
            { "kty": "oct", "k": "AAAA" },
            { "kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref()) },
        ] });
        let keys = keys(&set).unwrap();
        assert_eq!(keys.len(), 1, "a secret key is no public key");
        let text = format!("{}.{}", encode(r#"{"alg":"EdDSA"}"#), encode(claims().to_string()));
        let token = format!("{text}.{}", encode(pair.sign(text.as_bytes())));
        assert!(verify(&token, &keys, &[Algorithm::EdDsa], &expected()).is_ok());
        // RFC 7515, A.2: header and payload are signed as they stand, with spaces and line ends in them
        let n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
        let signed = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let sign = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
        let key = Key::read(&json!({ "kty": "RSA", "n": n, "e": "AQAB" })).unwrap();
        let sign = URL_SAFE_NO_PAD.decode(sign).unwrap();
        assert!(key.has_signed(Algorithm::Rs256, signed.as_bytes(), &sign));
        assert!(!key.has_signed(Algorithm::Rs384, signed.as_bytes(), &sign));
        assert!(!key.has_signed(Algorithm::Ps256, signed.as_bytes(), &sign));
        assert!(!key.has_signed(Algorithm::Es256, signed.as_bytes(), &sign), "a key of another kind");
    }
}
