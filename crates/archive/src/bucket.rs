//! Objects of one bucket.

use crate::credentials::{Keys, Source};
use rusty_s3::actions::{CreateMultipartUpload, ListObjectsV2};
use rusty_s3::{Bucket as Signer, S3Action, UrlStyle};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::Duration;
use ureq::http::Response;
use ureq::{Agent, Body};
use url::Url;

/// How long a signed request is good.
const SIGNED: Duration = Duration::from_secs(900);
/// Objects up to this size go up in one request; larger ones in parts of it, or larger parts where there would be too many.
const PART: u64 = 16 << 20;
/// Parts that an upload may have.
const PARTS: u64 = 9_000;
/// Attempts at a request, the first included.
const ATTEMPTS: u32 = 4;
/// Longest answer that is read whole, bytes.
const ANSWER: u64 = 64 << 20;

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is none.
    #[error("object storage: {0}")]
    Address(String),
    /// There are no keys.
    #[error("keys of the object storage: {0}")]
    Keys(String),
    /// The object is not there.
    #[error("{0} is not in the object storage")]
    Missing(String),
    /// The storage cannot be reached, or refuses.
    #[error("object storage, {0}: {1}")]
    Refused(String, String),
    /// A local file cannot be read.
    #[error("{0}")]
    Local(#[from] io::Error),
}

/// Where a bucket is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// `s3://bucket/prefix`.
    pub url: String,
    /// Address of the service where it is not Amazon's: `https://minio.example:9000`.
    pub endpoint: Option<String>,
    /// Region.
    pub region: String,
    /// Where the keys come from.
    pub keys: Source,
}

/// A bucket, and the part of its names that is ours.
#[derive(Debug)]
pub struct Bucket {
    signer: Signer,
    prefix: String,
    name: String,
    keys: Keys,
    agent: Agent,
}

impl Bucket {
    /// Takes the address apart; asks nobody yet.
    ///
    /// # Errors
    /// It is none.
    pub fn new(place: &Place) -> Result<Self, Error> {
        let bad = |what: &str| Error::Address(format!("`{}`: {what}", place.url));
        let rest = place.url.strip_prefix("s3://").ok_or_else(|| bad("expected s3://bucket/prefix"))?;
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if name.is_empty() {
            return Err(bad("it names no bucket"));
        }
        let region = if place.region.is_empty() { "us-east-1" } else { &place.region };
        let (endpoint, style) = match &place.endpoint {
            // others mostly have no name for each bucket
            Some(endpoint) => (endpoint.clone(), UrlStyle::Path),
            None => (format!("https://s3.{region}.amazonaws.com"), UrlStyle::VirtualHost),
        };
        let url: Url =
            endpoint.parse().map_err(|error| Error::Address(format!("endpoint `{endpoint}`: {error}")))?;
        let signer = Signer::new(url, style, name.to_owned(), region.to_owned())
            .map_err(|error| Error::Address(format!("endpoint `{endpoint}`: {error}")))?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_global(Some(Duration::from_secs(120)))
            .build();
        Ok(Self {
            signer,
            prefix: prefix.trim_matches('/').to_owned(),
            name: name.to_owned(),
            keys: Keys::new(place.keys.clone()),
            agent: config.into(),
        })
    }

    /// The URL of an object, as catalogues keep it.
    #[must_use]
    pub fn url(&self, object: &str) -> String {
        format!("s3://{}/{}", self.name, self.key(object))
    }

    fn key(&self, object: &str) -> String {
        if self.prefix.is_empty() { object.to_owned() } else { format!("{}/{object}", self.prefix) }
    }

    /// The key in this bucket that a URL names.
    ///
    /// # Errors
    /// It names another bucket.
    pub fn key_of<'a>(&self, url: &'a str) -> Result<&'a str, Error> {
        let inside = url.strip_prefix("s3://").and_then(|rest| rest.split_once('/'));
        match inside {
            Some((bucket, key)) if bucket == self.name && !key.is_empty() => Ok(key),
            _ => {
                Err(Error::Address(format!("{url} is not in the bucket {} of the configuration", self.name)))
            }
        }
    }

    /// Tries a request again when the service is busy or away, with more time between.
    fn again<T>(&self, what: &str, ask: &mut dyn FnMut() -> Result<T, Attempt>) -> Result<T, Error> {
        let mut wait = Duration::from_millis(200);
        for attempt in 1.. {
            match ask() {
                Ok(answer) => return Ok(answer),
                Err(Attempt::Over(error)) => return Err(error),
                Err(Attempt::Again(error)) if attempt >= ATTEMPTS => {
                    return Err(Error::Refused(what.to_owned(), error));
                }
                Err(Attempt::Again(_)) => {
                    std::thread::sleep(wait);
                    wait *= 4;
                }
            }
        }
        Err(Error::Refused(what.to_owned(), "no answer".to_owned()))
    }

    /// Bytes of an object by its key.
    ///
    /// # Errors
    /// It is not there; the storage cannot be asked.
    pub fn size(&self, key: &str) -> Result<u64, Error> {
        self.again(&format!("size of {key}"), &mut || {
            let keys = self.keys.get(&self.agent)?;
            let url = self.signer.head_object(Some(&keys), key).sign(SIGNED);
            let answer = checked(key, self.agent.head(url.as_str()).call())?;
            let len = answer.headers().get("content-length").and_then(|len| len.to_str().ok()?.parse().ok());
            len.ok_or_else(|| Attempt::Again("no content-length in the answer".to_owned()))
        })
    }

    /// Reads a range of an object; fewer bytes at its end.
    ///
    /// # Errors
    /// As [`Bucket::size`].
    pub fn read(&self, key: &str, at: u64, len: u64) -> Result<Vec<u8>, Error> {
        if len == 0 {
            return Ok(Vec::new());
        }
        let range = format!("bytes={at}-{}", at.saturating_add(len - 1));
        self.again(&format!("reading {key}"), &mut || {
            let keys = self.keys.get(&self.agent)?;
            let url = self.signer.get_object(Some(&keys), key).sign(SIGNED);
            let answer = self.agent.get(url.as_str()).header("Range", &range).call();
            if answer.as_ref().is_ok_and(|answer| answer.status() == 416) {
                return Ok(Vec::new());
            }
            let mut answer = checked(key, answer)?;
            let whole = answer.status() == 200;
            let limit = if whole { ANSWER } else { len };
            let bytes = answer.body_mut().with_config().limit(limit.saturating_add(1)).read_to_vec();
            let bytes = bytes.map_err(|error| Attempt::Again(error.to_string()))?;
            if !whole {
                return Ok(bytes);
            }
            // a service that does not know ranges
            let from = usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
            let to = from.saturating_add(usize::try_from(len).unwrap_or(usize::MAX)).min(bytes.len());
            Ok(bytes.get(from..to).unwrap_or_default().to_vec())
        })
    }

    /// Puts a file into the bucket; when it returns, the object is there with as many bytes. Returns its URL.
    ///
    /// # Errors
    /// The file cannot be read; the storage cannot be reached or refuses. What was begun is taken back then.
    pub fn put(&self, object: &str, path: &Path) -> Result<String, Error> {
        let key = self.key(object);
        let mut file = File::open(path)?;
        let len = file.metadata()?.len();
        if len <= PART {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            self.again(&format!("upload of {key}"), &mut || {
                let keys = self.keys.get(&self.agent)?;
                let url = self.signer.put_object(Some(&keys), &key).sign(SIGNED);
                checked(&key, self.agent.put(url.as_str()).send(&bytes[..])).map(drop)
            })?;
        } else {
            self.put_parts(&key, &mut file, len)?;
        }
        let there = self.size(&key)?;
        if there == len {
            return Ok(format!("s3://{}/{key}", self.name));
        }
        Err(Error::Refused(format!("upload of {key}"), format!("{there} of {len} bytes are there")))
    }

    fn put_parts(&self, key: &str, file: &mut File, len: u64) -> Result<(), Error> {
        let what = format!("upload of {key}");
        let id = self.again(&what, &mut || {
            let keys = self.keys.get(&self.agent)?;
            let url = self.signer.create_multipart_upload(Some(&keys), key).sign(SIGNED);
            let text = text(checked(key, self.agent.post(url.as_str()).send_empty())?)?;
            let begun = CreateMultipartUpload::parse_response(&text);
            begun.map(|begun| begun.upload_id().to_owned()).map_err(|error| Attempt::Again(error.to_string()))
        })?;
        let result = self.parts(key, &id, file, len);
        if result.is_err()
            && let Ok(keys) = self.keys.get(&self.agent)
        {
            let url = self.signer.abort_multipart_upload(Some(&keys), key, &id).sign(SIGNED);
            let _ = self.agent.delete(url.as_str()).call();
        }
        result
    }

    fn parts(&self, key: &str, id: &str, file: &mut File, len: u64) -> Result<(), Error> {
        let what = format!("upload of {key}");
        let part = PART.max(len.div_ceil(PARTS));
        let mut tags: Vec<String> = Vec::new();
        loop {
            let mut bytes = Vec::new();
            io::Read::by_ref(file).take(part).read_to_end(&mut bytes)?;
            if bytes.is_empty() {
                break;
            }
            let number = u16::try_from(tags.len() + 1)
                .map_err(|_| Error::Refused(what.clone(), "it has too many parts".to_owned()))?;
            tags.push(self.again(&what, &mut || {
                let keys = self.keys.get(&self.agent)?;
                let url = self.signer.upload_part(Some(&keys), key, number, id).sign(SIGNED);
                let answer = checked(key, self.agent.put(url.as_str()).send(&bytes[..]))?;
                let tag = answer.headers().get("etag").and_then(|tag| tag.to_str().ok());
                tag.map(str::to_owned).ok_or_else(|| Attempt::Again("no etag for a part".to_owned()))
            })?);
        }
        self.again(&what, &mut || {
            let keys = self.keys.get(&self.agent)?;
            let tags = tags.iter().map(String::as_str);
            let action = self.signer.complete_multipart_upload(Some(&keys), key, id, tags);
            let url = action.sign(SIGNED);
            let text = text(checked(key, self.agent.post(url.as_str()).send(action.body()))?)?;
            // the service may fail after it has answered 200
            if text.contains("<Error>") { Err(Attempt::Again(text)) } else { Ok(()) }
        })
    }

    /// Deletes an object that may be gone already.
    ///
    /// # Errors
    /// The storage cannot be reached or refuses.
    pub fn delete(&self, key: &str) -> Result<(), Error> {
        let result = self.again(&format!("deleting {key}"), &mut || {
            let keys = self.keys.get(&self.agent)?;
            let url = self.signer.delete_object(Some(&keys), key).sign(SIGNED);
            checked(key, self.agent.delete(url.as_str()).call()).map(drop)
        });
        match result {
            Err(Error::Missing(_)) => Ok(()),
            other => other,
        }
    }

    /// Keys and sizes of every object under the prefix.
    ///
    /// # Errors
    /// The storage cannot be reached or refuses.
    pub fn list(&self) -> Result<Vec<(String, u64)>, Error> {
        let (mut all, mut next) = (Vec::new(), None::<String>);
        loop {
            let page = self.again("list of objects", &mut || {
                let keys = self.keys.get(&self.agent)?;
                let mut action = self.signer.list_objects_v2(Some(&keys));
                if !self.prefix.is_empty() {
                    action.with_prefix(format!("{}/", self.prefix));
                }
                if let Some(next) = &next {
                    action.with_continuation_token(next.clone());
                }
                let text = text(checked("the list", self.agent.get(action.sign(SIGNED).as_str()).call())?)?;
                ListObjectsV2::parse_response(&text).map_err(|error| Attempt::Again(error.to_string()))
            })?;
            all.extend(page.contents.into_iter().map(|object| (object.key, object.size.unwrap_or(0))));
            match page.next_continuation_token {
                Some(token) => next = Some(token),
                None => return Ok(all),
            }
        }
    }
}

/// Why an attempt failed.
enum Attempt {
    /// Worth another.
    Again(String),
    /// Final.
    Over(Error),
}

impl From<Error> for Attempt {
    fn from(error: Error) -> Self {
        Self::Over(error)
    }
}

fn text(mut answer: Response<Body>) -> Result<String, Attempt> {
    answer.body_mut().read_to_string().map_err(|error| Attempt::Again(error.to_string()))
}

fn checked(key: &str, answer: Result<Response<Body>, ureq::Error>) -> Result<Response<Body>, Attempt> {
    let mut answer = answer.map_err(|error| Attempt::Again(error.to_string()))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    if status == 404 {
        return Err(Attempt::Over(Error::Missing(key.to_owned())));
    }
    let body = answer.body_mut().read_to_string().unwrap_or_default();
    let part = |name: &str| {
        let rest = body.split_once(&format!("<{name}>"))?.1;
        rest.split_once("</").map(|(text, _)| text.to_owned())
    };
    let why = match (part("Code"), part("Message")) {
        (Some(code), Some(message)) => format!("{status}: {code}: {message}"),
        (Some(code), None) => format!("{status}: {code}"),
        _ => status.to_string(),
    };
    if status.is_server_error() || status == 429 || status == 408 {
        return Err(Attempt::Again(why));
    }
    Err(Attempt::Over(Error::Refused(key.to_owned(), why)))
}
