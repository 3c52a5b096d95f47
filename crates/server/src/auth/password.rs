//! Password hashes: Argon2id (RFC 9106) as PHC strings.

use crate::error::ApiError;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use std::sync::OnceLock;

/// Characters that a password has at least.
pub const MIN_PASSWORD: usize = 8;
/// Bytes that a password has at most: hashing takes time by length.
const MAX_PASSWORD: usize = 1_024;

/// The password cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a password has {MIN_PASSWORD} characters at least and {MAX_PASSWORD} bytes at most")]
pub struct BadPassword;

/// Whether a password may be used.
pub(crate) fn check_password(password: &str) -> Result<(), BadPassword> {
    if password.chars().count() < MIN_PASSWORD || password.len() > MAX_PASSWORD {
        return Err(BadPassword);
    }
    Ok(())
}

/// The hash of a password with a salt of its own: 19 MiB, two passes (the crate's defaults follow OWASP).
pub(crate) fn hash_password(password: &str) -> Result<String, ApiError> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|e| ApiError::internal(format!("cannot hash a password: {e}")))
}

/// Whether the password is the one of this hash. Without a hash it takes as long and is false.
pub(crate) fn verify(password: &str, stored: Option<&str>) -> bool {
    static OTHER: OnceLock<String> = OnceLock::new();
    if password.len() > MAX_PASSWORD {
        return false;
    }
    let other = || OTHER.get_or_init(|| hash_password("nobody has this one").unwrap_or_default()).as_str();
    let Ok(hash) = PasswordHash::new(stored.unwrap_or_else(other)) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &hash).is_ok() && stored.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_knows_its_password_only() {
        let hash = hash_password("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$"), "{hash}");
        assert!(verify("correct horse", Some(&hash)));
        assert!(!verify("correct hors", Some(&hash)));
        assert!(!verify("nobody has this one", None));
        assert!(!verify("x", Some("damaged")));
        assert_ne!(hash, hash_password("correct horse").unwrap(), "salted");
    }

    #[test]
    fn length_is_bounded_both_ways() {
        assert_eq!(check_password("1234567"), Err(BadPassword));
        assert_eq!(check_password("密码密码密码密码"), Ok(()));
        assert_eq!(check_password(&"x".repeat(MAX_PASSWORD + 1)), Err(BadPassword));
    }
}
