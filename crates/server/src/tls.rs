//! HTTPS by the viewer itself: certificate and key from files, read again when they change.

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

/// Certificate and key, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, with those that lead to its authority after it.
    pub certificate: PathBuf,
    /// Its private key: PKCS#8, PKCS#1 or SEC1, without a passphrase.
    pub key: PathBuf,
}

/// Why HTTPS cannot be spoken.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", path.display())]
pub struct TlsError {
    /// The file to look at.
    path: PathBuf,
    why: String,
}

fn wrong(path: &Path, why: impl std::fmt::Display) -> TlsError {
    TlsError { path: path.to_owned(), why: why.to_string() }
}

fn read(files: &TlsFiles) -> Result<CertifiedKey, TlsError> {
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| wrong(&files.certificate, e))?;
    if chain.is_empty() {
        return Err(wrong(&files.certificate, "there is no certificate in it (-----BEGIN CERTIFICATE-----)"));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|e| wrong(&files.key, format!("{e}; a key without a passphrase in PEM is needed")))?;
    CertifiedKey::from_der(chain, key, &default_provider())
        .map_err(|e| wrong(&files.key, format!("{e}: is it the key of {}?", files.certificate.display())))
}

/// When the files were changed, as far as can be seen.
type Seen = [Option<(SystemTime, u64)>; 2];

fn seen(files: &TlsFiles) -> Seen {
    [&files.certificate, &files.key].map(|path| {
        let data = std::fs::metadata(path).ok()?;
        Some((data.modified().ok()?, data.len()))
    })
}

/// The certificate that is shown at present.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// What is needed to speak TLS 1.2 and 1.3.
pub(crate) struct Tls {
    files: TlsFiles,
    current: Arc<Current>,
    /// For the accept loop.
    pub config: Arc<rustls::ServerConfig>,
    seen: Seen,
}

impl Tls {
    pub fn open(files: TlsFiles) -> Result<Self, TlsError> {
        let seen = seen(&files);
        let current = Arc::new(Current(RwLock::new(Arc::new(read(&files)?))));
        let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|e| wrong(&files.certificate, e))?
            .with_no_client_auth()
            .with_cert_resolver(current.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { files, current, config: Arc::new(config), seen })
    }

    /// Takes up files that have changed. With a mistake in them the certificate from before stays, and the log says so once.
    pub fn refresh(&mut self) {
        let now = seen(&self.files);
        if now == self.seen {
            return;
        }
        self.seen = now;
        match read(&self.files) {
            Ok(key) => {
                *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
                tracing::info!(certificate = %self.files.certificate.display(), "the new certificate is in use");
            }
            Err(error) => tracing::warn!(%error, "the certificate from before stays in use"),
        }
    }
}
