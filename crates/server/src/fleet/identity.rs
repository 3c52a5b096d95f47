//! The key pair of a node: what it signs its requests with, and what its TLS certificate is made of.
//!
//! One Ed25519 key (RFC 8032) lies in `node.key` of the data folder, readable by its owner only. The certificate follows from it: it is
//! signed by the key itself, carries the one name [`TLS_NAME`], and is the same at every start, so that others can pin it.

use super::FleetError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use sha2::{Digest as _, Sha256};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

/// The name in the certificates of all nodes: which node it is, the pinned certificate says.
pub(super) const TLS_NAME: &str = "node.hindsight";

/// The key pair of this node and what follows from it.
pub struct Identity {
    pair: Ed25519KeyPair,
    key: PrivatePkcs8KeyDer<'static>,
    certificate: CertificateDer<'static>,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("fingerprint", &self.fingerprint()).finish_non_exhaustive()
    }
}

impl Identity {
    /// The identity kept in this file; made where there is none.
    ///
    /// # Errors
    /// The file cannot be read or written, or holds something else.
    pub fn of(path: &Path) -> Result<Self, FleetError> {
        let wrong = |why: &dyn std::fmt::Display| FleetError(format!("{}: {why}", path.display()));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => make(path).map_err(|error| wrong(&error))?,
            Err(error) => return Err(wrong(&error)),
        };
        let key = rcgen::KeyPair::from_pem(&text).map_err(|error| {
            wrong(&format!(
                "{error}; a private Ed25519 key in PEM belongs there. Put the file of your backup back; or remove it, then this \
                 node gets a new key and has to be approved anew (hindsight node remove, hindsight node approve)"
            ))
        })?;
        Self::from_key(&key).map_err(|why| wrong(&why))
    }

    fn from_key(key: &rcgen::KeyPair) -> Result<Self, String> {
        let der = key.serialize_der();
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der)
            .map_err(|_| "it is no Ed25519 key".to_owned())?;
        let mut params =
            rcgen::CertificateParams::new(vec![TLS_NAME.to_owned()]).map_err(|error| error.to_string())?;
        // nothing random: the certificate is the same whenever it is made
        params.serial_number = Some(rcgen::SerialNumber::from(1u64));
        let certificate = params.self_signed(key).map_err(|error| error.to_string())?;
        let certificate = certificate.der().clone();
        Ok(Self { pair, key: PrivatePkcs8KeyDer::from(der), certificate })
    }

    /// The public key, base64.
    #[must_use]
    pub fn public_key(&self) -> String {
        STANDARD.encode(self.pair.public_key().as_ref())
    }

    /// The certificate (DER), base64.
    #[must_use]
    pub fn certificate(&self) -> String {
        STANDARD.encode(&self.certificate)
    }

    /// See [`fingerprint`].
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.public_key())
    }

    pub(super) fn sign(&self, text: &[u8]) -> String {
        STANDARD.encode(self.pair.sign(text).as_ref())
    }

    /// How this node answers.
    pub(super) fn server(&self) -> Result<Arc<ServerConfig>, FleetError> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                let key = PrivateKeyDer::Pkcs8(self.key.clone_key());
                builder.with_no_client_auth().with_single_cert(vec![self.certificate.clone()], key)
            })
            .map_err(|error| FleetError(format!("TLS between nodes: {error}")))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// How a node with this certificate (base64 of DER) is asked: no other certificate is taken.
pub(super) fn client(certificate: &str) -> Result<Arc<ClientConfig>, String> {
    let der = STANDARD.decode(certificate).map_err(|error| format!("its certificate: {error}"))?;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(der)).map_err(|error| format!("its certificate: {error}"))?;
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Whether the owner of a public key (base64) has signed a text.
pub(super) fn has_signed(public_key: &str, text: &[u8], signature: &str) -> bool {
    let (Ok(key), Ok(signature)) = (STANDARD.decode(public_key), STANDARD.decode(signature)) else {
        return false;
    };
    UnparsedPublicKey::new(&ED25519, key).verify(text, &signature).is_ok()
}

/// What people compare: the first 16 bytes of the SHA-256 of a public key (base64), in hexadecimal with colons.
#[must_use]
pub fn fingerprint(public_key: &str) -> String {
    let bytes = STANDARD.decode(public_key).unwrap_or_default();
    let digest = Sha256::digest(&bytes);
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

/// Written beside its place and linked into it, so that of two processes one wins and nobody reads half a key.
fn make(path: &Path) -> Result<String, String> {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).map_err(|error| error.to_string())?;
    let text = key.serialize_pem();
    let draft = path.with_extension(format!("key.{}", std::process::id()));
    let write = || {
        let mut file =
            std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        let linked = std::fs::hard_link(&draft, path);
        std::fs::remove_file(&draft)?;
        linked
    };
    match write() {
        Ok(()) => Ok(text),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            std::fs::read_to_string(path).map_err(|error| error.to_string())
        }
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_key_is_made_once_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("node.key");
        let first = Identity::of(&path).unwrap();
        let again = Identity::of(&path).unwrap();
        assert_eq!(first.public_key(), again.public_key());
        assert_eq!(first.certificate(), again.certificate(), "the certificate can be pinned");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "no draft is left");
        assert_eq!(first.fingerprint().len(), 16 * 3 - 1);
        std::fs::write(&path, "x").unwrap();
        assert!(Identity::of(&path).unwrap_err().0.contains("node.key"));
        assert!(client(&first.certificate()).is_ok() && client("%%").is_err());
    }

    #[test]
    fn signatures_are_of_one_key_and_text() {
        let dir = tempfile::tempdir().unwrap();
        let one = Identity::of(&dir.path().join("1.key")).unwrap();
        let other = Identity::of(&dir.path().join("2.key")).unwrap();
        let signature = one.sign(b"text");
        assert!(has_signed(&one.public_key(), b"text", &signature));
        assert!(!has_signed(&one.public_key(), b"texts", &signature));
        assert!(!has_signed(&other.public_key(), b"text", &signature));
        assert!(!has_signed("", b"text", &signature) && !has_signed(&one.public_key(), b"text", "%"));
    }
}
