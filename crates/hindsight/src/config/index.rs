//! `[index]`: where sessions and small state are kept.

use super::{Size, Span};
use crate::Failure;
use index_opensearch::{Auth, Options};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What stands for the store in the folder of `--dir`.
const EMBEDDED: &str = "embedded";

/// `[index]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Index {
    /// `embedded`, or the addresses of a cluster's hosts with commas.
    pub store: String,
    /// Name that one logs in with.
    pub user: Option<String>,
    /// File with its password.
    pub password_file: Option<PathBuf>,
    /// File with an API key.
    pub api_key_file: Option<PathBuf>,
    /// Certificates that the cluster's are checked with.
    pub ca: Option<PathBuf>,
    /// Own certificate, and its key.
    pub certificate: Option<PathBuf>,
    /// See `certificate`.
    pub key: Option<PathBuf>,
    pub prefix: String,
    pub rotate: String,
    pub shards: u32,
    pub replicas: u32,
    pub timeout: Span,
    pub parallel: usize,
    /// None: `spool` in the folder of `--dir`.
    pub spool: Option<PathBuf>,
    pub spool_limit: Size,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            store: EMBEDDED.into(),
            user: None,
            password_file: None,
            api_key_file: None,
            ca: None,
            certificate: None,
            key: None,
            prefix: "hindsight_".into(),
            rotate: "daily".into(),
            shards: 1,
            replicas: 0,
            timeout: Span(Duration::from_secs(120)),
            parallel: 2,
            spool: None,
            spool_limit: Size(4 << 30),
        }
    }
}

fn secret(path: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text.trim().to_owned())
}

impl Index {
    /// Whether sessions are in the folder of `--dir`.
    pub fn is_embedded(&self) -> bool {
        self.store == EMBEDDED
    }

    /// What no single value can be checked for.
    pub fn check(&self) -> Result<(), String> {
        if self.is_embedded() {
            return Ok(());
        }
        let wrong = |text: String| Err(format!("[index] {text}"));
        if let Err(error) = Options::new(&self.store, crate::schema::SCHEMA.clone(), PathBuf::new()) {
            return wrong(format!("store: {error}; or write \"{EMBEDDED}\""));
        }
        if let Err(error) = self.rotate.parse::<index_opensearch::Rotate>() {
            return wrong(format!("rotate: {error}"));
        }
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-' | '.');
        let starts = self.prefix.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        if self.prefix.is_empty() || !self.prefix.chars().all(good) || !starts {
            return wrong(format!(
                "prefix = \"{}\": small letters, digits, `_`, `-` and `.`, a letter or digit first",
                self.prefix
            ));
        }
        if self.certificate.is_some() != self.key.is_some() {
            return wrong("certificate and key: one without the other".into());
        }
        if self.user.is_some() != self.password_file.is_some() {
            return wrong("user and password_file: one without the other".into());
        }
        if self.user.is_some() && self.api_key_file.is_some() {
            return wrong("user and api_key_file: only one of them".into());
        }
        if self.shards == 0 || self.parallel == 0 {
            return wrong("shards and parallel: at least 1".into());
        }
        Ok(())
    }

    /// The same for the cluster's crate; `spool` is where the spool is by default.
    pub fn options(&self, spool: PathBuf) -> Result<Options, Failure> {
        self.check().map_err(Failure::Usage)?;
        let mut options = Options::new(&self.store, crate::schema::SCHEMA.clone(), spool)?;
        if let (Some(user), Some(file)) = (&self.user, &self.password_file) {
            options.auth = Auth::Basic { user: user.clone(), password: secret(file)? };
        }
        if let Some(file) = &self.api_key_file {
            options.auth = Auth::ApiKey(secret(file)?);
        }
        options.ca.clone_from(&self.ca);
        options.client_certificate = self.certificate.clone().zip(self.key.clone());
        options.prefix.clone_from(&self.prefix);
        options.rotate = self.rotate.parse().map_err(Failure::Usage)?;
        (options.shards, options.replicas) = (self.shards, self.replicas);
        options.timeout = self.timeout.0;
        options.parallel = self.parallel;
        if let Some(folder) = &self.spool {
            options.spool.clone_from(folder);
        }
        options.spool_limit = self.spool_limit.0;
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_told() {
        let cluster = Index { store: "https://a:9200".into(), ..Index::default() };
        assert_eq!(cluster.check(), Ok(()));
        for (wrong, told) in [
            (Index { store: "a:9200".into(), ..Index::default() }, "https://host:9200"),
            (Index { rotate: "yearly".into(), ..cluster.clone() }, "rotate"),
            (Index { prefix: "Me".into(), ..cluster.clone() }, "prefix"),
            (Index { key: Some("x".into()), ..cluster.clone() }, "certificate"),
            (Index { user: Some("x".into()), ..cluster.clone() }, "password_file"),
        ] {
            assert!(wrong.check().is_err_and(|error| error.contains(told)), "{wrong:?}");
        }
    }
}
