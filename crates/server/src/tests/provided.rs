//! Log-in through a real OpenID provider (oidc-provider for Node), which npm installs into a folder of the test.

use super::harness::Fixture;
use crate::{Algorithm, Config, Newcomers, OidcLogin};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const CALLBACK: &str = "http://127.0.0.1:8005/api/oidc/callback";

/// Ends the provider with the test. What it says is taken: a pipe that nobody reads would end it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The provider and its issuer; an error says what is missing.
fn provider(dir: &Path) -> Result<(Running, String), String> {
    for (name, text) in [
        ("package.json", include_str!("provider/package.json")),
        ("provider.mjs", include_str!("provider/provider.mjs")),
    ] {
        std::fs::write(dir.join(name), text).unwrap();
    }
    let installed = Command::new("timeout")
        .args(["120", "npm", "install", "--no-audit", "--no-fund", "--silent"])
        .current_dir(dir)
        .output()
        .map_err(|e| format!("npm: {e}"))?;
    if !installed.status.success() {
        return Err("npm cannot install oidc-provider".to_owned());
    }
    let mut child = Command::new("node")
        .args(["provider.mjs", CALLBACK])
        .current_dir(dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("node: {e}"))?;
    let out = child.stdout.take().unwrap();
    let running = Running(child);
    let mut issuer = String::new();
    let mut out = BufReader::new(out);
    out.read_line(&mut issuer).map_err(|e| e.to_string())?;
    std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
    let issuer = issuer.trim().to_owned();
    if issuer.is_empty() {
        Err("oidc-provider does not run with this node".to_owned())
    } else {
        Ok((running, issuer))
    }
}

/// A browser that follows the provider's pages until they lead back to the viewer.
fn browse(first: &str, issuer: &str, user: &str) -> String {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build().into();
    let mut jar: BTreeMap<String, String> = BTreeMap::new();
    let (mut url, mut form): (String, Option<Vec<(&str, &str)>>) = (first.to_owned(), None);
    for _ in 0..20 {
        let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mut answer = match form.take() {
            Some(fields) => agent.post(&url).header("cookie", &cookies).send_form(fields).unwrap(),
            None => agent.get(&url).header("cookie", &cookies).call().unwrap(),
        };
        for set in answer.headers().get_all("set-cookie") {
            let (name, value) = set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            jar.insert(name.to_owned(), value.to_owned());
        }
        if let Some(to) = answer.headers().get("location") {
            let to = to.to_str().unwrap();
            url = if to.starts_with('/') { format!("{issuer}{to}") } else { to.to_owned() };
            if url.starts_with(CALLBACK) {
                return url;
            }
            continue;
        }
        let page = answer.body_mut().read_to_string().unwrap();
        // the forms of its pages for developers: a name, then consent
        let prompt = if page.contains("name=\"login\"") { "login" } else { "consent" };
        let (_, rest) = page.split_once("action=\"").unwrap_or_else(|| panic!("{url}: {page}"));
        let action = rest.split('"').next().unwrap().to_owned();
        url = if action.starts_with('/') { format!("{issuer}{action}") } else { action };
        form = Some(vec![("prompt", prompt), ("login", user), ("password", "x")]);
    }
    panic!("the provider does not come to an end at {url}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_provider_logs_users_in() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_owned();
    let (_running, issuer) = match tokio::task::spawn_blocking(move || provider(&path)).await.unwrap() {
        Ok(both) => both,
        Err(why) => {
            eprintln!("skipped: {why}");
            return;
        }
    };
    let fixture = Fixture::with(|config: &mut Config| {
        config.access.url = Some("http://127.0.0.1:8005".into());
        config.access.oidc = Some(OidcLogin {
            issuer: issuer.clone(),
            client_id: "hindsight".into(),
            client_secret: Some("s/cret & more".into()),
            scopes: vec!["profile".into()],
            algorithms: vec![Algorithm::Rs256],
            user: "preferred_username".into(),
            label: "Test".into(),
        });
        config.access.newcomers = Newcomers {
            create: true,
            mapping: vec![("soc".into(), "arkimeAdmin".into())],
            ..Newcomers::default()
        };
    });
    let begun = Request::get("/api/oidc/login?next=%2Ffiles").body(Body::empty()).unwrap();
    let begun = fixture.send(begun).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text());
    let first = begun.headers["location"].to_str().unwrap().to_owned();
    let cookie = format!("hindsight-oidc={}", begun.cookie("hindsight-oidc").unwrap());
    let at = issuer.clone();
    let back = tokio::task::spawn_blocking(move || browse(&first, &at, "dora")).await.unwrap();
    let uri = back.strip_prefix("http://127.0.0.1:8005").unwrap().to_owned();
    let visit = async |uri: &str, cookie: &str| {
        fixture.send(Request::get(uri).header("cookie", cookie).body(Body::empty()).unwrap()).await
    };
    let ended = visit(&uri, &cookie).await;
    assert_eq!(
        (ended.status, ended.headers["location"].to_str().unwrap()),
        (StatusCode::SEE_OTHER, "/files")
    );
    let login = format!("hindsight-login={}", ended.cookie("hindsight-login").unwrap());
    let me = visit("/api/user", &login).await.ok();
    assert_eq!((&me["userId"], &me["userName"]), (&json!("dora"), &json!("The dora")));
    assert!(me["roles"].as_array().unwrap().contains(&json!("arkimeAdmin")), "{me}");
    // the same answer a second time
    assert_eq!(visit(&uri, &cookie).await.headers["location"], "/login?failed=refused");
}
