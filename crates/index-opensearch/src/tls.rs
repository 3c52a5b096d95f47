//! TLS to a cluster: what it needs is checked before the first request, and what goes wrong is said in words that name the setting.

use crate::options::Options;
use index::{Error, ErrorKind};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{AlertDescription as Alert, CertificateError, InvalidMessage, RootCertStore};
use std::path::Path;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

fn wrong(path: &Path, what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Unsupported, format!("{}: {what}", path.display()))
}

fn pem(path: &Path) -> Result<Vec<PemItem<'static>>, Error> {
    let bytes = std::fs::read(path).map_err(|error| wrong(path, error))?;
    parse_pem(&bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| wrong(path, format!("{error}; it must hold PEM")))
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, Error> {
    let of = |item| if let PemItem::Certificate(one) = item { Some(one) } else { None };
    let found: Vec<_> = pem(path)?.into_iter().filter_map(of).collect();
    if found.is_empty() {
        return Err(wrong(path, "it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"));
    }
    Ok(found)
}

fn private_key(path: &Path) -> Result<PrivateKey<'static>, Error> {
    let of = |item| if let PemItem::PrivateKey(key) = item { Some(key) } else { None };
    pem(path)?.into_iter().find_map(of).ok_or_else(|| {
        wrong(path, "it holds no private key in PEM without a password (-----BEGIN PRIVATE KEY-----)")
    })
}

fn der(one: &Certificate<'_>) -> CertificateDer<'static> {
    CertificateDer::from(one.der().to_vec())
}

/// How the cluster is spoken with. Files that do not fit are told here: later they would end the process.
pub(crate) fn config(options: &Options) -> Result<TlsConfig, Error> {
    let roots = match &options.ca {
        Some(path) => {
            let found = certificates(path)?;
            let mut store = RootCertStore::empty();
            for one in &found {
                store
                    .add(der(one))
                    .map_err(|error| wrong(path, format!("a certificate in it cannot be used: {error}")))?;
            }
            RootCerts::new_with_certs(&found)
        }
        None => RootCerts::PlatformVerifier,
    };
    let identity = match &options.client_certificate {
        Some((chain, key)) => Some(identity(chain, key)?),
        None => None,
    };
    Ok(TlsConfig::builder().root_certs(roots).client_cert(identity).build())
}

/// Own certificate and key, which belong together.
fn identity(chain: &Path, key: &Path) -> Result<ClientCert, Error> {
    let (own, private) = (certificates(chain)?, private_key(key)?);
    let private_der = PrivateKeyDer::try_from(private.der().to_vec()).map_err(|why| wrong(key, why))?;
    rustls::sign::CertifiedKey::from_der(own.iter().map(der).collect(), private_der, &default_provider())
        .map_err(|error| {
            wrong(
                key,
                match error {
                    rustls::Error::InconsistentKeys(_) => format!(
                        "it is not the key of the certificate in {}; write the two that belong together",
                        chain.display()
                    ),
                    error => {
                        format!("it cannot be used with the certificate in {}: {error}", chain.display())
                    }
                },
            )
        })?;
    Ok(ClientCert::new_with_certs(&own, private))
}

/// Why TLS with a host failed, and whether that stays so until somebody changes the settings; `None`: it was something else.
pub(crate) fn reason(error: &ureq::Error, options: &Told) -> Option<(String, bool)> {
    let inner = match error {
        ureq::Error::Rustls(inner) => inner,
        ureq::Error::Io(io) => io.get_ref()?.downcast_ref::<rustls::Error>()?,
        _ => return None,
    };
    use CertificateError as Bad;
    Some(match inner {
        rustls::Error::InvalidCertificate(bad) => match bad {
            Bad::UnknownIssuer | Bad::BadSignature => {
                let by = match &options.ca {
                    Some(ca) => format!("by one in {ca}"),
                    None => "by one that this system trusts".into(),
                };
                (format!("its certificate was not issued {by}; write the file of the CA as `ca`"), true)
            }
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => (
                format!("its certificate is of other names ({inner}); write one of them in the address"),
                true,
            ),
            // somebody renews it
            Bad::Expired | Bad::ExpiredContext { .. } => {
                ("its certificate has expired; renew it, or look at the clock of this machine".into(), false)
            }
            Bad::NotValidYet | Bad::NotValidYetContext { .. } => {
                ("its certificate is not valid yet; look at the clocks".into(), false)
            }
            _ => (format!("its certificate cannot be used: {inner}"), true),
        },
        rustls::Error::AlertReceived(alert) => {
            let own = match &options.certificate {
                Some(path) => format!("the certificate in {path}"),
                None => "a connection without an own certificate (`certificate` and `key`)".into(),
            };
            match alert {
                Alert::CertificateExpired => (format!("it refused {own}: it has expired; renew it"), true),
                Alert::UnknownCA => {
                    (format!("it refused {own}: it does not trust the CA that issued it"), true)
                }
                Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateRevoked
                | Alert::CertificateUnknown
                | Alert::CertificateRequired
                | Alert::AccessDenied
                | Alert::HandshakeFailure => (
                    format!("it refused {own} ({alert:?}): missing, expired, or not of a CA that it trusts"),
                    true,
                ),
                alert => (format!("it ended TLS ({alert:?}); see its log"), false),
            }
        }
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => (
            "it does not speak TLS there; write http:// in the address, or give it a certificate".into(),
            true,
        ),
        other => (format!("TLS: {other}"), false),
    })
}

/// The settings that errors name.
pub(crate) struct Told {
    ca: Option<String>,
    certificate: Option<String>,
}

impl Told {
    pub fn of(options: &Options) -> Self {
        Self {
            ca: options.ca.as_ref().map(|path| path.display().to_string()),
            certificate: options.client_certificate.as_ref().map(|(chain, _)| chain.display().to_string()),
        }
    }
}
