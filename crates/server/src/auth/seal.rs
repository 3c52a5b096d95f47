//! Secrets that have to be read again (of second factors, hashes of digest) are sealed: a copy of the catalogue alone tells none.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use std::fmt;

/// 32 bytes that seal and sign.
#[derive(Clone)]
pub struct Secret(Option<[u8; 32]>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// One that is kept elsewhere.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Some(bytes))
    }

    /// One that nobody else has. Where the system gives no random numbers it seals nothing.
    #[must_use]
    pub fn random() -> Self {
        let mut bytes = [0; 32];
        Self(getrandom::fill(&mut bytes).is_ok().then_some(bytes))
    }

    fn key(&self) -> Option<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM, &self.0?).ok().map(LessSafeKey::new)
    }

    /// Seals a text for one purpose: elsewhere it cannot be opened. `None` without random numbers.
    pub(crate) fn seal(&self, purpose: &str, text: &[u8]) -> Option<String> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).ok()?;
        let mut sealed = text.to_vec();
        let aad = Aad::from(purpose.as_bytes());
        self.key()?.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed).ok()?;
        Some(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// Opens what [`Secret::seal`] has made with the same secret for the same purpose.
    pub(crate) fn open(&self, purpose: &str, sealed: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, text) = bytes.split_first_chunk::<NONCE_LEN>()?;
        let mut text = text.to_vec();
        let aad = Aad::from(purpose.as_bytes());
        let opened = self.key()?.open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut text).ok()?;
        Some(opened.to_vec())
    }

    /// A signature over a text for one purpose.
    pub(crate) fn sign(&self, purpose: &str, text: &[u8]) -> Option<String> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0?);
        let mut context = hmac::Context::with_key(&key);
        context.update(&(purpose.len() as u64).to_le_bytes());
        context.update(purpose.as_bytes());
        context.update(text);
        Some(URL_SAFE_NO_PAD.encode(context.sign()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_purpose_only() {
        let secret = Secret::new([7; 32]);
        let sealed = secret.seal("totp a", b"text").unwrap();
        assert_eq!(secret.open("totp a", &sealed).as_deref(), Some(b"text".as_slice()));
        assert_eq!(secret.open("totp b", &sealed), None);
        assert_eq!(Secret::random().open("totp a", &sealed), None);
        assert_ne!(secret.seal("totp a", b"text").unwrap(), sealed, "another nonce");
        for damaged in ["", "x", "%%", &sealed[..sealed.len() - 2]] {
            assert_eq!(secret.open("totp a", damaged), None, "{damaged}");
        }
    }

    #[test]
    fn signatures_are_of_one_purpose_and_secret() {
        let secret = Secret::new([7; 32]);
        assert_eq!(secret.sign("a", b"x"), secret.sign("a", b"x"));
        assert_ne!(secret.sign("a", b"x"), secret.sign("b", b"x"));
        assert_ne!(secret.sign("a", b"bx"), secret.sign("ab", b"x"));
        assert_ne!(secret.sign("a", b"x"), Secret::random().sign("a", b"x"));
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
