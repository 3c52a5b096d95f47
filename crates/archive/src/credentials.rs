//! Where the keys of a bucket come from.

use crate::Error;
use rusty_s3::Credentials;
use serde_json::Value as Json;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The metadata service of a machine in a cloud.
const METADATA: &str = "http://169.254.169.254/latest";
/// After this time the keys of an instance are asked for anew; they are good for hours.
const RENEW: Duration = Duration::from_secs(900);

/// Where keys come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, where there is one, `AWS_SESSION_TOKEN`.
    #[default]
    Environment,
    /// A file as `~/.aws/credentials`: the first section's `aws_access_key_id`, `aws_secret_access_key`, `aws_session_token`.
    File(PathBuf),
    /// The role of the machine, by the metadata service.
    Instance,
}

/// Keys, kept as long as they are good.
#[derive(Debug)]
pub(crate) struct Keys {
    source: Source,
    held: Mutex<Option<(Instant, Credentials)>>,
}

impl Keys {
    pub fn new(source: Source) -> Self {
        Self { source, held: Mutex::default() }
    }

    pub fn get(&self, agent: &ureq::Agent) -> Result<Credentials, Error> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((since, keys)) = held.as_ref()
            && since.elapsed() < RENEW
        {
            return Ok(keys.clone());
        }
        let keys = match &self.source {
            Source::Environment => Credentials::from_env().ok_or_else(|| {
                Error::Keys(
                    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not in the environment".to_owned(),
                )
            })?,
            Source::File(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|error| Error::Keys(format!("{}: {error}", path.display())))?;
                of_text(&text).ok_or_else(|| {
                    let what = "has no aws_access_key_id and aws_secret_access_key";
                    Error::Keys(format!("{} {what}", path.display()))
                })?
            }
            Source::Instance => of_instance(agent)?,
        };
        *held = Some((Instant::now(), keys.clone()));
        Ok(keys)
    }
}

fn of_text(text: &str) -> Option<Credentials> {
    let (mut id, mut secret, mut token, mut sections) = (None, None, None, 0);
    for line in text.lines().map(str::trim) {
        sections += u32::from(line.starts_with('['));
        if sections > 1 {
            break;
        }
        if let Some((key, value)) = line.split_once('=') {
            let value = Some(value.trim().to_owned());
            match key.trim() {
                "aws_access_key_id" => id = value,
                "aws_secret_access_key" => secret = value,
                "aws_session_token" => token = value,
                _ => {}
            }
        }
    }
    Some(match token {
        Some(token) => Credentials::new_with_token(id?, secret?, token),
        None => Credentials::new(id?, secret?),
    })
}

fn of_instance(agent: &ureq::Agent) -> Result<Credentials, Error> {
    let failed = |error: ureq::Error| Error::Keys(format!("the metadata service of the machine: {error}"));
    let token = agent
        .put(format!("{METADATA}/api/token"))
        .header("X-aws-ec2-metadata-token-ttl-seconds", "300")
        .send_empty()
        .and_then(|mut answer| answer.body_mut().read_to_string())
        .map_err(failed)?;
    let get = |path: &str| {
        agent
            .get(format!("{METADATA}/meta-data/iam/security-credentials/{path}"))
            .header("X-aws-ec2-metadata-token", &token)
            .call()
            .and_then(|mut answer| answer.body_mut().read_to_string())
            .map_err(failed)
    };
    let role = get("")?;
    let text = get(role.lines().next().unwrap_or_default())?;
    let json: Json = serde_json::from_str(&text).map_err(|error| Error::Keys(error.to_string()))?;
    let field = |name: &str| json.get(name).and_then(Json::as_str).map(str::to_owned);
    match (field("AccessKeyId"), field("SecretAccessKey"), field("Token")) {
        (Some(id), Some(secret), Some(token)) => Ok(Credentials::new_with_token(id, secret, token)),
        _ => Err(Error::Keys("the metadata service of the machine gave no keys".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::of_text;

    #[test]
    fn the_first_section_of_a_file_counts() {
        let text =
            "[default]\naws_access_key_id = A\naws_secret_access_key=B\n[other]\naws_access_key_id=C\n";
        let keys = of_text(text).unwrap();
        assert_eq!((keys.key(), keys.secret(), keys.token()), ("A", "B", None));
        assert!(of_text("[a]\naws_access_key_id=x").is_none());
    }
}
