//! Who may come in, and how: what an operator sets.

use crate::auth::{Algorithm, Secret};
use ipnet::IpNet;
use std::path::PathBuf;

/// A way to prove who one is with a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The log-in page; it answers with a cookie.
    Form,
    /// HTTP basic (RFC 7617).
    Basic,
    /// HTTP digest (RFC 7616), with SHA-256 and MD5. It keeps a second hash of each password, see `docs/access.md`.
    Digest,
}

/// Who may come in, and how. The default asks for a password, by form or HTTP basic.
#[derive(Clone, Debug)]
pub struct Access {
    /// Ways to use a password.
    pub methods: Vec<Method>,
    /// What secrets in the catalogue are sealed with. The default is random, so that they end with the process.
    pub secret: Secret,
    /// Text above the log-in form; empty for none.
    pub message: String,
    /// Roles whose users need a second factor; `*` stands for everybody.
    pub totp_required: Vec<String>,
    /// Where users see the viewer, without a slash at the end; providers send users back there.
    pub url: Option<String>,
    /// Proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed, and that may name users.
    pub trusted_proxies: Vec<IpNet>,
    /// Users named by a proxy.
    pub header: Option<HeaderLogin>,
    /// Users named by signed tokens of somebody else.
    pub jwt: Option<JwtLogin>,
    /// Users that an OpenID provider names.
    pub oidc: Option<OidcLogin>,
    /// What happens to users that others name for the first time.
    pub newcomers: Newcomers,
    /// Whether `/mcp` answers.
    pub mcp: bool,
    /// Longest time range of a tool of `/mcp`, days.
    pub mcp_days: u32,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            methods: vec![Method::Form, Method::Basic],
            secret: Secret::random(),
            message: String::new(),
            totp_required: Vec::new(),
            url: None,
            trusted_proxies: Vec::new(),
            header: None,
            jwt: None,
            oidc: None,
            newcomers: Newcomers::default(),
            mcp: false,
            mcp_days: 7,
        }
    }
}

impl Access {
    /// Whether this way is open.
    #[must_use]
    pub fn allows(&self, method: Method) -> bool {
        self.methods.contains(&method)
    }
}

/// A proxy in front has logged the user in and says so in a header. Believed from [`Access::trusted_proxies`] only.
#[derive(Clone, Debug, Default)]
pub struct HeaderLogin {
    /// Header with the user id.
    pub user: String,
    /// Header with the name for people.
    pub name: Option<String>,
    /// Header with the groups, separated by commas.
    pub groups: Option<String>,
    /// A header that must have one of these values, separated by commas, else the user is refused.
    pub required: Option<(String, Vec<String>)>,
}

/// Where public keys come from, as a JSON Web Key Set (RFC 7517).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A file; read again when it changes.
    File(PathBuf),
    /// A URL; asked again now and then, and when a key is not known.
    Url(String),
}

/// A signed token (JWT, RFC 7519) names the user.
#[derive(Clone, Debug)]
pub struct JwtLogin {
    /// Header with the token; in `Authorization` it follows `Bearer`.
    pub header: String,
    /// Keys that may have signed it.
    pub keys: KeySource,
    /// What `iss` must be.
    pub issuer: String,
    /// What `aud` must hold.
    pub audience: String,
    /// Algorithms that are taken; all are of public keys.
    pub algorithms: Vec<Algorithm>,
    /// Claim with the user id.
    pub user: String,
}

/// An OpenID provider logs users in: authorization code flow with PKCE (OpenID Connect Core 1.0, RFC 7636).
#[derive(Clone, Debug)]
pub struct OidcLogin {
    /// Issuer, as the provider itself writes it; `/.well-known/openid-configuration` below it must answer.
    pub issuer: String,
    /// Name of this client at the provider.
    pub client_id: String,
    /// Secret of this client; `None` for a public client.
    pub client_secret: Option<String>,
    /// Scopes that are asked for beside `openid`.
    pub scopes: Vec<String>,
    /// Algorithms that are taken for ID tokens.
    pub algorithms: Vec<Algorithm>,
    /// Claim with the user id.
    pub user: String,
    /// What the button on the log-in page calls the provider.
    pub label: String,
}

/// What happens to users that a proxy, a token or a provider names for the first time, and to their roles.
#[derive(Clone, Debug)]
pub struct Newcomers {
    /// Whether they are made; else only users that are there already come in.
    pub create: bool,
    /// Roles that they are made with.
    pub roles: Vec<String>,
    /// Claim with the groups of the user.
    pub groups: String,
    /// Group and role: who is in the group has the role, who is not loses it, at each log-in.
    pub mapping: Vec<(String, String)>,
    /// An expression that every search of them is narrowed by.
    pub expression: String,
    /// Longest time range of their searches, hours; 0 for any.
    pub time_limit: i64,
}

impl Default for Newcomers {
    fn default() -> Self {
        Self {
            create: false,
            roles: vec!["arkimeUser".to_owned()],
            groups: "groups".to_owned(),
            mapping: Vec::new(),
            expression: String::new(),
            time_limit: 0,
        }
    }
}
