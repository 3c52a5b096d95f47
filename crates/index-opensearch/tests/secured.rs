//! A cluster that wants to know who asks: log-in, certificates, and what is said where they are wrong. Against a real OpenSearch with its security
//! plugin, and against TLS servers made here for what no cluster starts with.

mod cluster;

use cluster::Cluster;
use index::{Error, SessionIndex, SessionSink as _};
use index_opensearch::{Auth, Clustered, Options, Store};
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A password of the test cluster, which only this machine reaches.
const PASSWORD: &str = "correct-horse";

fn schema() -> Arc<fields::Schema> {
    Arc::new(fields::Schema::new([session::core::FIELDS]).unwrap())
}

struct Place {
    address: String,
    certificates: PathBuf,
    spools: tempfile::TempDir,
}

impl Place {
    fn file(&self, name: &str) -> PathBuf {
        self.certificates.join(name)
    }
    fn options(&self) -> Options {
        let mut options = Options::new(&self.address, schema(), self.spools.path().join("spool")).unwrap();
        options.ca = Some(self.file("ca.pem"));
        options.patience = Duration::from_secs(60);
        options
    }
    fn with_password(&self, user: &str, password: &str) -> Options {
        Options { auth: Auth::Basic { user: user.into(), password: password.into() }, ..self.options() }
    }
    fn with_certificate(&self, name: &str) -> Options {
        let files = (self.file(&format!("{name}.pem")), self.file(&format!("{name}.key")));
        Options { client_certificate: Some(files), ..self.options() }
    }
}

/// What opening says; the same of sessions and of the catalogue.
fn refused(options: Options) -> String {
    let sessions = Store::open(options.clone()).map(drop).unwrap_err();
    let catalog = Clustered::open(&options).map(drop).unwrap_err();
    assert_eq!(sessions.to_string(), catalog.to_string());
    sessions.to_string()
}

fn document(n: u8) -> session::SessionDoc {
    let mut doc = session::SessionDoc::new();
    doc.id = session::SessionId::new(20_000, [n; 16]);
    doc.add(&session::core::START_TIME, 1_728_000_000_000 + i64::from(n));
    doc.add(&session::core::STOP_TIME, 1_728_000_000_100 + i64::from(n));
    doc.add(&session::core::SRC_PORT, i64::from(n) + 1_000);
    doc.add(&session::core::NODE, "n");
    doc
}

/// Writes, reads, changes and deletes with the rights that the documentation asks for, and no more.
fn all_of_it(mut options: Options, prefix: &str) {
    options.prefix = format!("hindsight_{prefix}_");
    let store = Store::open(options.clone()).unwrap();
    let mut writer = store.writer("secured").unwrap();
    let docs: Vec<session::SessionDoc> = (0..50).map(document).collect();
    let first = docs.first().unwrap().id;
    writer.append(docs).unwrap();
    writer.commit().unwrap();
    let (all, control) = (query::Plan::All, index::Control::new());
    assert_eq!(store.count(&all, &control).unwrap(), 50);
    let page = index::Page { size: 10, from: 20, ..index::Page::default() };
    assert_eq!(store.search(&all, &page, &control).unwrap().docs.len(), 10);
    let mut seen = 0;
    store
        .scan(&all, &index::Show::All, &control, &mut |_| {
            seen += 1;
            true
        })
        .unwrap();
    assert_eq!(seen, 50, "reading with a view of one moment");
    let ports = index::Aggregate::Distinct(fields::Target::of(&session::core::SRC_PORT.def));
    let found = store.aggregate(&all, &[ports], &control).unwrap();
    assert!(matches!(found.as_slice(), [index::Outcome::Distinct(50)]), "{found:?}");
    let health = index::Administration::health(&*store).unwrap();
    assert_eq!((health.sessions, health.members.len()), (50, 1), "{health:?}");
    index::Administration::optimize(&*store, &mut |_| {}).unwrap();
    assert_eq!(store.delete(&query::Plan::Ids(vec![first]), &control).unwrap(), 1);
    assert_eq!(store.expire(i64::MAX).unwrap(), 49);

    let catalog = Clustered::open(&options).unwrap();
    assert!(index::Catalog::put(&catalog, "users", "alice", &serde_json::json!(1), Some(0)).unwrap());
    assert_eq!(index::Catalog::list(&catalog, "users").unwrap().len(), 1);
}

#[test]
fn who_asks_is_known() {
    let Some(cluster) = Cluster::start_secured() else { return };
    let place = Place {
        address: cluster.address.clone(),
        certificates: cluster.certificates(),
        spools: tempfile::tempdir().unwrap(),
    };
    // password and certificate
    all_of_it(place.with_password("hindsight", PASSWORD), "password");
    all_of_it(place.with_certificate("client"), "certificate");
    // in the address
    let inside = place.address.replace("https://", "https://hindsight:correct%2Dhorse@");
    let options = Options {
        ca: Some(place.file("ca.pem")),
        ..Options::new(&inside, schema(), place.spools.path().join("x")).unwrap()
    };
    Store::open(options).unwrap();

    for (options, said) in [
        (place.with_password("hindsight", "wrong"), "check user and password"),
        (place.with_password("nobody", PASSWORD), "check user and password"),
        (place.options(), "check user and password"),
        (Options { auth: Auth::ApiKey("b25lOnR3bw==".into()), ..place.options() }, "API key"),
        (place.with_certificate("stranger"), "lacks a right"),
        (place.with_certificate("expired"), "expired"),
        (
            Options { ca: Some(place.file("client.pem")), ..place.with_password("hindsight", PASSWORD) },
            "client.pem; write the file of the CA as `ca`",
        ),
        (
            Options { ca: None, ..place.with_password("hindsight", PASSWORD) },
            "that this system trusts; write the file of the CA as `ca`",
        ),
        (Options { ca: Some(place.file("nothing.pem")), ..place.options() }, "nothing.pem: No such file"),
        (Options { ca: Some(place.file("ca.key")), ..place.options() }, "ca.key: it holds no certificate"),
        (
            Options {
                client_certificate: Some((place.file("client.pem"), place.file("stranger.key"))),
                ..place.options()
            },
            "stranger.key: it is not the key of the certificate",
        ),
        (
            Options {
                client_certificate: Some((place.file("client.pem"), place.file("client.pem"))),
                ..place.options()
            },
            "client.pem: it holds no private key",
        ),
    ] {
        let error = refused(options);
        assert!(error.contains(said), "wanted: {said}, said: {error}");
    }
    // the account has no rights on other indices: what is written waits, with the reason
    let other = Options {
        prefix: "other_".into(),
        patience: Duration::from_millis(500),
        ..place.with_password("hindsight", PASSWORD)
    };
    let store = Store::open(other).unwrap();
    let mut writer = store.writer("other").unwrap();
    writer.append(vec![document(1)]).unwrap();
    writer.commit().unwrap();
    let status = store.spool();
    let reason = status.problem.unwrap_or_default();
    assert!(
        status.documents == 1 && reason.contains("no permissions"),
        "{} wait: {reason}",
        status.documents
    );
    drop((writer, store));
    // plain HTTP to a port that speaks TLS: it may come up later, so opening goes on
    let plain = place.address.replace("https", "http");
    let store = Store::open(Options::new(&plain, schema(), place.spools.path().join("y")).unwrap()).unwrap();
    let error = store.count(&query::Plan::All, &index::Control::new()).unwrap_err().to_string();
    assert!(error.contains("TLS"), "{error}");
}

/// A server with this certificate that answers nothing to who accepts it; its address.
fn server(
    chain: &str,
    key: &KeyPair,
    days: (i32, i32),
    name: &str,
    ca: &CertifiedIssuer<'_, KeyPair>,
) -> String {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(days.0, 1, 1);
    params.not_after = rcgen::date_time_ymd(days.1, 1, 1);
    let certificate = params.signed_by(key, ca).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{chain}:{}", listener.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let session = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = rustls::StreamOwned::new(session, stream);
            let mut some = [0; 1_024];
            if stream.read(&mut some).is_ok() {
                let _ =
                    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}");
            }
        }
    });
    address
}

fn opened(address: &str, ca: &Path, spools: &Path) -> Result<Arc<Store>, Error> {
    let mut options = Options::new(address, schema(), spools.to_owned()).unwrap();
    options.ca = Some(ca.to_owned());
    Store::open(options)
}

#[test]
fn certificates_of_servers_are_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let file = dir.path().join("ca.pem");
    std::fs::write(&file, ca.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let spool = |name: &str| dir.path().join(name);

    // a good one: what answers is no cluster
    let good = server("127.0.0.1", &key, (2020, 2090), "127.0.0.1", &ca);
    let error = opened(&good, &file, &spool("good")).unwrap_err().to_string();
    assert!(error.contains("neither Elasticsearch nor OpenSearch"), "{error}");
    let other = server("127.0.0.1", &key, (2020, 2090), "other.example", &ca);
    let error = opened(&other, &file, &spool("other")).unwrap_err().to_string();
    assert!(error.contains("other names") && error.contains("other.example"), "{error}");
    // it will be renewed: sessions wait until then
    for (days, said) in [((2000, 2001), "has expired; renew it"), ((2080, 2090), "not valid yet")] {
        let address = server("127.0.0.1", &key, days, "127.0.0.1", &ca);
        let store = opened(&address, &file, &spool(&format!("{}", days.0))).unwrap();
        let error = store.count(&query::Plan::All, &index::Control::new()).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
        // the second host is asked where the first cannot be used
        let both = format!("{address},{good}");
        let error = opened(&both, &file, &spool("both")).unwrap_err().to_string();
        assert!(error.contains("neither"), "{error}");
    }
    // no TLS there
    let plain = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://127.0.0.1:{}", plain.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for mut stream in plain.incoming().map_while(Result::ok) {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest);
        }
    });
    let error = opened(&address, &file, &spool("plain")).unwrap_err().to_string();
    assert!(error.contains("does not speak TLS there; write http://"), "{error}");
}
