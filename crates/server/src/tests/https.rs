//! HTTPS by the server itself, over a real socket.

use crate::{Config, ServeError, Server, State, TlsFiles};
use fields::Schema;
use index::Memory;
use session::core;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

fn certificate(dir: &Path) -> (TlsFiles, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let files = TlsFiles { certificate: dir.join("cert.pem"), key: dir.join("key.pem") };
    std::fs::write(&files.certificate, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    (files, made.cert.der().clone())
}

fn state(dir: &Path) -> State {
    let catalog = Arc::new(catalog_sqlite::Sqlite::open(dir.join("catalog.sqlite")).unwrap());
    State {
        index: Arc::new(Memory::new()),
        catalog,
        administration: None,
        access: packets::Access::default(),
        schema: Arc::new(Schema::new([core::FIELDS]).unwrap()),
        uploads: None,
        pins: None,
        evidence: None,
        monitor: None,
    }
}

async fn get(
    address: std::net::SocketAddr,
    trusted: &CertificateDer<'static>,
) -> Result<String, std::io::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream =
        TlsConnector::from(Arc::new(config)).connect(name, TcpStream::connect(address).await?).await?;
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await?;
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text).await;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_speaks_https_and_takes_new_certificates_up() {
    let dir = tempfile::tempdir().unwrap();
    let (files, first) = certificate(dir.path());
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        tls: Some(files.clone()),
        hsts: true,
        ..Config::default()
    };
    let server = Server::bind(config, state(dir.path())).await.unwrap();
    assert_eq!(server.scheme(), "https");
    let address = server.address().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async {
        let _ = stopped.await;
    }));
    let answer = get(address, &first).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.to_lowercase().contains("strict-transport-security"), "{answer}");
    // who speaks HTTP is told
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut said = String::new();
    plain.read_to_string(&mut said).await.unwrap_or_default();
    assert!(said.starts_with("HTTP/1.1 400") && said.contains("https://"), "{said}");

    // a broken file changes nothing, a new certificate is taken up
    std::fs::write(&files.certificate, "broken").unwrap();
    let (_, second) = certificate(dir.path());
    let mut renewed = false;
    for _ in 0..60 {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        if get(address, &second).await.is_ok() {
            renewed = true;
            break;
        }
    }
    assert!(renewed);
    assert!(get(address, &first).await.is_err(), "the old one is not shown any more");
    let _ = stop.send(());
    running.await.unwrap();
}

#[tokio::test]
async fn mistakes_in_the_files_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let (files, _) = certificate(dir.path());
    let refused = async |files: &TlsFiles| {
        let config =
            Config { listen: "127.0.0.1:0".parse().unwrap(), tls: Some(files.clone()), ..Config::default() };
        match Server::bind(config, state(dir.path())).await {
            Err(error @ ServeError::Tls(_)) => error.to_string(),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("it was taken"),
        }
    };
    let none = TlsFiles { key: dir.path().join("none.pem"), ..files.clone() };
    assert!(refused(&none).await.contains("none.pem"));
    let swapped = TlsFiles { certificate: files.key.clone(), key: files.key.clone() };
    assert!(refused(&swapped).await.contains("there is no certificate in it"));
    let other = tempfile::tempdir().unwrap();
    let (others, _) = certificate(other.path());
    let mixed = TlsFiles { certificate: files.certificate.clone(), key: others.key };
    let said = refused(&mixed).await;
    assert!(said.contains("is it the key of"), "{said}");
}
