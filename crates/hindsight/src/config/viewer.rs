//! `[viewer]`: the web viewer and the HTTP API, and who may come in. `[log]`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use server::{Access, HeaderLogin, JwtLogin, KeySource, Method, Newcomers, OidcLogin, TlsFiles};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// `[viewer]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Viewer {
    pub serve: bool,
    pub listen: SocketAddr,
    pub allow_remote: bool,
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub hsts: bool,
    pub url: Option<String>,
    #[serde(deserialize_with = "read_networks", serialize_with = "write_all")]
    pub trusted_proxies: Vec<ipnet::IpNet>,
    pub mcp: bool,
    pub mcp_days: u32,
    pub open_metrics: bool,
    pub tls_keys: Option<PathBuf>,
    pub cyberchef: Option<String>,
    pub login: Login,
    pub newcomers: Newcomer,
    pub header: Option<Header>,
    pub jwt: Option<Jwt>,
    pub oidc: Option<Oidc>,
}

impl Default for Viewer {
    fn default() -> Self {
        Self {
            serve: true,
            listen: SocketAddr::from(([127, 0, 0, 1], 8005)),
            allow_remote: false,
            certificate: None,
            key: None,
            hsts: false,
            url: None,
            trusted_proxies: Vec::new(),
            mcp: false,
            mcp_days: Access::default().mcp_days,
            open_metrics: false,
            tls_keys: None,
            cyberchef: None,
            login: Login::default(),
            newcomers: Newcomer::default(),
            header: None,
            jwt: None,
            oidc: None,
        }
    }
}

/// `[viewer.login]`: passwords.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Login {
    pub methods: Vec<Password>,
    pub totp_required: Vec<String>,
    pub message: String,
}

impl Default for Login {
    fn default() -> Self {
        Self {
            methods: vec![Password::Form, Password::Basic],
            totp_required: Vec::new(),
            message: String::new(),
        }
    }
}

/// A way to use a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Password {
    Form,
    Basic,
    Digest,
}

/// `[viewer.newcomers]`: users that others name.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Newcomer {
    pub create: bool,
    pub roles: Vec<String>,
    pub groups: String,
    pub expression: String,
    pub time_limit: i64,
    /// Group and role.
    pub mapping: BTreeMap<String, String>,
}

impl Default for Newcomer {
    fn default() -> Self {
        let server = Newcomers::default();
        Self {
            create: server.create,
            roles: server.roles,
            groups: server.groups,
            expression: server.expression,
            time_limit: server.time_limit,
            mapping: BTreeMap::new(),
        }
    }
}

/// `[viewer.header]`: a proxy names the user.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    pub user: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub groups: Option<String>,
    #[serde(default)]
    pub required: Option<String>,
    #[serde(default)]
    pub required_values: Vec<String>,
}

/// `[viewer.jwt]`: a signed token names the user.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Jwt {
    #[serde(default = "authorization")]
    pub header: String,
    pub keys: String,
    pub issuer: String,
    pub audience: String,
    #[serde(default = "rs256", deserialize_with = "read_all", serialize_with = "write_all")]
    pub algorithms: Vec<server::Algorithm>,
    #[serde(default = "sub")]
    pub user: String,
}

/// `[viewer.oidc]`: an OpenID provider logs users in.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Oidc {
    pub issuer: String,
    pub client_id: String,
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    #[serde(default = "rs256", deserialize_with = "read_all", serialize_with = "write_all")]
    pub algorithms: Vec<server::Algorithm>,
    #[serde(default = "preferred_username")]
    pub user: String,
    #[serde(default = "label")]
    pub label: String,
}

fn authorization() -> String {
    "Authorization".to_owned()
}
fn sub() -> String {
    "sub".to_owned()
}
fn preferred_username() -> String {
    "preferred_username".to_owned()
}
fn label() -> String {
    "OpenID".to_owned()
}
fn scopes() -> Vec<String> {
    vec!["profile".to_owned(), "email".to_owned()]
}
fn rs256() -> Vec<server::Algorithm> {
    vec![server::Algorithm::Rs256]
}

fn read_all<'de, T, D>(from: D) -> Result<Vec<T>, D::Error>
where
    T: FromStr,
    T::Err: Display,
    D: Deserializer<'de>,
{
    let texts = Vec::<String>::deserialize(from)?;
    let read =
        |text: &String| text.parse().map_err(|error| serde::de::Error::custom(format!("`{text}`: {error}")));
    texts.iter().map(read).collect()
}

/// Networks; an address alone is one of its own.
fn read_networks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<ipnet::IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(from)?;
    let read = |text: &String| {
        let alone = text.parse::<IpAddr>().ok().map(ipnet::IpNet::from);
        alone.or_else(|| text.parse().ok()).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "`{text}` is no address or network, such as 10.0.0.5 or 10.0.0.0/24"
            ))
        })
    };
    texts.iter().map(read).collect()
}

fn write_all<T: Display, S: Serializer>(list: &[T], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(list.iter().map(ToString::to_string))
}

/// Keys from a URL or a file.
fn key_source(text: &str) -> KeySource {
    if text.contains("://") { KeySource::Url(text.to_owned()) } else { KeySource::File(PathBuf::from(text)) }
}

impl Viewer {
    /// What no single value can be checked for.
    pub fn check(&self) -> Result<(), String> {
        if self.certificate.is_some() != self.key.is_some() {
            return Err("[viewer] certificate and key go together".into());
        }
        let needs = |what: &str, missing: &str| format!("[viewer.{what}] needs {missing}");
        if self.header.is_some() && self.trusted_proxies.is_empty() {
            return Err(needs("header", "[viewer] trusted_proxies: the addresses that may name users"));
        }
        if let Some(header) = &self.header {
            if header.user.is_empty() {
                return Err(needs("header", "user: the name of the header"));
            }
            if header.required.is_some() == header.required_values.is_empty() {
                return Err("[viewer.header] required and required_values go together".into());
            }
        }
        if let Some(url) = &self.url {
            let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
            if host.is_none_or(str::is_empty) {
                return Err(format!(
                    "[viewer] url = \"{url}\": write for instance \"https://hindsight.example\""
                ));
            }
        }
        if let Some(url) = &self.cyberchef {
            let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
            // what is handed over is put behind a `#` of its own
            let fits = |host: &str| !host.is_empty() && !host.contains(['#', '"', '<', '>', ' ']);
            if !host.is_some_and(fits) {
                return Err(format!(
                    "[viewer] cyberchef = \"{url}\": write the address of a CyberChef without `#`, for instance \
                     \"https://gchq.github.io/CyberChef/\""
                ));
            }
        }
        if let Some(jwt) = &self.jwt {
            if jwt.algorithms.is_empty() {
                return Err(needs("jwt", "algorithms"));
            }
            if jwt.issuer.is_empty() || jwt.audience.is_empty() {
                return Err(needs("jwt", "issuer and audience: else tokens for anybody would be taken"));
            }
        }
        if let Some(oidc) = &self.oidc {
            if self.url.is_none() {
                return Err(needs("oidc", "[viewer] url: where the provider sends users back"));
            }
            if oidc.algorithms.is_empty() || oidc.issuer.is_empty() || oidc.client_id.is_empty() {
                return Err(needs("oidc", "issuer, client_id and algorithms"));
            }
        }
        let outside = self.header.is_some() || self.jwt.is_some() || self.oidc.is_some();
        if self.login.methods.is_empty() && !outside {
            return Err("[viewer.login] methods is empty: nobody could log in".into());
        }
        if self.mcp_days == 0 {
            return Err("[viewer] mcp_days: at least 1".into());
        }
        Ok(())
    }

    /// Certificate and key.
    pub fn tls(&self) -> Option<TlsFiles> {
        let (certificate, key) = self.certificate.clone().zip(self.key.clone())?;
        Some(TlsFiles { certificate, key })
    }

    /// What the server is told; `secret` seals what has to be read again. Reads the client's secret of the provider.
    pub fn access(&self, secret: server::Secret) -> Result<Access, String> {
        let method = |password: &Password| match password {
            Password::Form => Method::Form,
            Password::Basic => Method::Basic,
            Password::Digest => Method::Digest,
        };
        let header = self.header.as_ref().map(|header| HeaderLogin {
            user: header.user.clone(),
            name: header.name.clone(),
            groups: header.groups.clone(),
            required: header.required.clone().map(|name| (name, header.required_values.clone())),
        });
        let jwt = self.jwt.as_ref().map(|jwt| JwtLogin {
            header: jwt.header.clone(),
            keys: key_source(&jwt.keys),
            issuer: jwt.issuer.clone(),
            audience: jwt.audience.clone(),
            algorithms: jwt.algorithms.clone(),
            user: jwt.user.clone(),
        });
        let oidc = match &self.oidc {
            None => None,
            Some(oidc) => Some(OidcLogin {
                issuer: oidc.issuer.clone(),
                client_id: oidc.client_id.clone(),
                client_secret: oidc.client_secret_file.as_deref().map(read_secret).transpose()?,
                scopes: oidc.scopes.clone(),
                algorithms: oidc.algorithms.clone(),
                user: oidc.user.clone(),
                label: oidc.label.clone(),
            }),
        };
        let newcomers = &self.newcomers;
        Ok(Access {
            methods: self.login.methods.iter().map(method).collect(),
            secret,
            message: self.login.message.clone(),
            totp_required: self.login.totp_required.clone(),
            url: self.url.as_ref().map(|url| url.trim_end_matches('/').to_owned()),
            trusted_proxies: self.trusted_proxies.clone(),
            header,
            jwt,
            oidc,
            newcomers: Newcomers {
                create: newcomers.create,
                roles: newcomers.roles.clone(),
                groups: newcomers.groups.clone(),
                mapping: newcomers.mapping.clone().into_iter().collect(),
                expression: newcomers.expression.clone(),
                time_limit: newcomers.time_limit,
            },
            mcp: self.mcp,
            mcp_days: self.mcp_days,
        })
    }
}

fn read_secret(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let text = text.trim().to_owned();
    if text.is_empty() { Err(format!("{}: there is no secret in it", path.display())) } else { Ok(text) }
}

/// `[log]`: what is said on stderr.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    pub level: Level,
}

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Error,
    #[default]
    Warn,
    Info,
    Debug,
    Trace,
}

impl Level {
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_together_is_asked_for() {
        let said = |text: &str| toml::from_str::<Viewer>(text).unwrap().check().unwrap_err();
        assert!(said("certificate = \"c.pem\"").contains("go together"));
        assert!(said("[header]\nuser = \"X-User\"").contains("trusted_proxies"));
        assert!(said("[oidc]\nissuer = \"https://id.example\"\nclient_id = \"h\"").contains("url"));
        assert!(said("[login]\nmethods = []").contains("nobody could log in"));
        assert!(said("url = \"hindsight.example\"").contains("https://"));
        for wrong in ["chef.example", "javascript:alert(1)", "https://", "https://chef.example/#recipe=x"] {
            assert!(said(&format!("cyberchef = \"{wrong}\"")).contains("address of a CyberChef"), "{wrong}");
        }
        let viewer = toml::from_str::<Viewer>("cyberchef = \"https://chef.example/\"").unwrap();
        assert_eq!((viewer.check(), viewer.cyberchef.as_deref()), (Ok(()), Some("https://chef.example/")));
        let wrong = toml::from_str::<Viewer>("trusted_proxies = [\"10.0.0.0/33\"]").unwrap_err();
        assert!(wrong.to_string().contains("10.0.0.0/33"), "{wrong}");
        let viewer = toml::from_str::<Viewer>("trusted_proxies = [\"10.0.0.5\", \"fd00::/8\"]").unwrap();
        assert_eq!(viewer.trusted_proxies[0].to_string(), "10.0.0.5/32");
        let wrong = toml::from_str::<Viewer>(
            "[jwt]\nkeys=\"k\"\nissuer=\"i\"\naudience=\"a\"\nalgorithms=[\"none\"]",
        );
        assert!(wrong.unwrap_err().to_string().contains("`none` is no algorithm"));
    }

    #[test]
    fn keys_are_files_or_urls() {
        assert_eq!(key_source("https://id.example/jwks"), KeySource::Url("https://id.example/jwks".into()));
        assert_eq!(key_source("/etc/keys.json"), KeySource::File("/etc/keys.json".into()));
    }
}
