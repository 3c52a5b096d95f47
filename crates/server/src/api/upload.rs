//! Captures that are uploaded: streamed to a file, then imported as a job.

use crate::app::{App, now_ms, random_text};
use crate::auth::Caller;
use crate::error::ApiError;
use crate::jobs::{Job, Upload, UploadError, Uploads, upload_answer};
use axum::Json;
use axum::extract::multipart::Field;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, Query, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

/// How long the answer waits for the import; a longer one is told as a job.
const WAIT: Duration = Duration::from_secs(3);
/// How long a client may stand still while it sends.
const STALL: Duration = Duration::from_secs(60);
/// Tags of one upload.
const MAX_TAGS: usize = 50;

#[utoipa::path(post, path = "/api/upload", tag = "upload",
    params(("devid" = Option<u32>, Query, description = "Number of the device that alerts and evidence of the capture are filed under; also as a field of the form. Where no rules are configured those that come with the program look at it"),
        ("wait" = Option<u64>, Query, description = "Seconds to wait for the import before the answer is a job; 3")),
    request_body(content = Value, content_type = "multipart/form-data", description = "`file`, `tags` (separated by commas), `devid`"),
    responses((status = 200, description = "`{success,sessions,packets,first,last,expression,text}`, or `{success,job}` while it goes on"),
        (status = 403, description = "No file, or uploads are not set up")))]
/// Imports a capture.
pub(crate) async fn upload(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<HashMap<String, String>>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Json<Value>, ApiError> {
    let mut form = form.map_err(|_| ApiError::forbidden("Missing file"))?;
    let Some(importer) = app.state.uploads.clone() else {
        return Err(ApiError::forbidden("uploads are not set up on this server"));
    };
    let wait = match params.get("wait") {
        None => WAIT,
        Some(text) => {
            let seconds: u64 = text.parse().map_err(|_| ApiError::bad("wait is a number of seconds"))?;
            Duration::from_secs(seconds.min(600))
        }
    };
    let mut devid = params.get("devid").map(|text| read_devid(text)).transpose()?;
    let mut tags = Vec::new();
    let mut arrived: Option<Arrived> = None;
    while let Some(field) = next(&mut form).await? {
        match field.name() {
            Some("tags") => tags = read_tags(&text(field).await?)?,
            Some("devid") => {
                let text = text(field).await?;
                if !text.trim().is_empty() {
                    devid = Some(read_devid(&text)?);
                }
            }
            Some("file") if arrived.is_none() => {
                let name = clean_name(field.file_name().unwrap_or("upload.pcap"));
                arrived = Some(save(&app, field, name).await?);
            }
            _ => {}
        }
    }
    let mut arrived = arrived.ok_or_else(|| ApiError::forbidden("Missing file"))?;
    app.metrics.uploads.fetch_add(1, Ordering::Relaxed);
    let user = caller.user.user_id.clone();
    let job = Arc::new(Job::new(random_text::<12>()?, &user, &arrived.name, now_ms()));
    app.jobs.add(job.clone());
    let upload = Upload { path: arrived.keep(), name: arrived.name.clone(), tags, devid, user };
    let done = start(importer, upload, job.clone());
    match tokio::time::timeout(wait, done).await {
        Ok(Ok(answer)) => Ok(Json(answer)),
        Ok(Err(_)) | Err(_) => Ok(Json(json!({ "success": true, "job": job.id }))),
    }
}

/// Runs the import on a thread of its own: it goes on when the client goes away. A capture that could not be imported
/// is removed.
fn start(importer: Arc<dyn Uploads>, upload: Upload, job: Arc<Job>) -> tokio::task::JoinHandle<Value> {
    tokio::task::spawn_blocking(move || {
        let path = upload.path.clone();
        let import = std::panic::AssertUnwindSafe(|| importer.import(upload, &job.progress));
        let result = std::panic::catch_unwind(import).unwrap_or_else(|_| {
            Err(UploadError("the import failed inside; the log of the server says more".into()))
        });
        if result.is_err() {
            let _ = std::fs::remove_file(&path); // the importer may have moved it
        }
        job.finish(&result);
        upload_answer(&result)
    })
}

/// A file that has arrived; removed when it is not kept.
struct Arrived {
    path: Option<PathBuf>,
    name: String,
}

impl Arrived {
    fn keep(&mut self) -> PathBuf {
        self.path.take().unwrap_or_default()
    }
}

impl Drop for Arrived {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = std::fs::remove_file(path); // a file that was never made is fine
        }
    }
}

async fn next(form: &mut Multipart) -> Result<Option<Field<'_>>, ApiError> {
    match tokio::time::timeout(STALL, form.next_field()).await {
        Ok(field) => field.map_err(|e| ApiError::new(e.status(), e.body_text())),
        Err(_) => Err(stalled()),
    }
}

fn stalled() -> ApiError {
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "nothing arrived for a minute")
}

async fn text(mut field: Field<'_>) -> Result<String, ApiError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = chunk(&mut field).await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > 64 << 10 {
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "a form field is too long"));
        }
    }
    String::from_utf8(bytes).map_err(|_| ApiError::bad("a form field is not UTF-8"))
}

async fn chunk(field: &mut Field<'_>) -> Result<Option<bytes::Bytes>, ApiError> {
    match tokio::time::timeout(STALL, field.chunk()).await {
        Ok(chunk) => chunk.map_err(|e| ApiError::new(e.status(), e.body_text())),
        Err(_) => Err(stalled()),
    }
}

async fn save(app: &App, mut field: Field<'_>, name: String) -> Result<Arrived, ApiError> {
    let folder = &app.config.upload_dir;
    let failed = |what: &str, path: &Path, error: std::io::Error| {
        let status = match error.kind() {
            std::io::ErrorKind::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        ApiError::new(status, format!("cannot {what} {}: {error}", path.display()))
    };
    tokio::fs::create_dir_all(folder).await.map_err(|e| failed("make the folder", folder, e))?;
    // the random part keeps two uploads of one name apart and makes the path unguessable
    let path = folder.join(format!("{}-{name}", random_text::<9>()?));
    let mut arrived = Arrived { path: None, name };
    let mut options = tokio::fs::OpenOptions::new();
    let mut file =
        options.write(true).create_new(true).open(&path).await.map_err(|e| failed("make", &path, e))?;
    arrived.path = Some(path.clone());
    let mut size = 0u64;
    while let Some(chunk) = chunk(&mut field).await? {
        size += chunk.len() as u64;
        if size > app.config.upload_limit {
            let text = format!(
                "the capture is longer than {} bytes; import it on the server",
                app.config.upload_limit
            );
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, text));
        }
        file.write_all(&chunk).await.map_err(|e| failed("write", &path, e))?;
    }
    file.flush().await.map_err(|e| failed("write", &path, e))?;
    if size == 0 {
        return Err(ApiError::forbidden("the file is empty"));
    }
    Ok(arrived)
}

/// The last part of a path, without what is special to file systems and shells; extensions stay, for they tell the
/// compression.
fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String =
        last.chars().map(|c| if c.is_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect();
    let clean = clean.trim_start_matches('.');
    // the end is kept: it holds the extension
    let start = clean.len().saturating_sub(120);
    let clean = clean.get(clean.ceil_char_boundary(start)..).unwrap_or_default();
    if clean.is_empty() { "upload.pcap".to_owned() } else { clean.to_owned() }
}

fn read_devid(text: &str) -> Result<u32, ApiError> {
    let shown: String = text.chars().take(60).collect();
    let wrong = || ApiError::bad(format!("devid is a number from 0 to 4294967295, not `{shown}`"));
    text.trim().parse().map_err(|_| wrong())
}

fn read_tags(text: &str) -> Result<Vec<String>, ApiError> {
    let tags: Vec<String> =
        text.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
    let sound = |tag: &String| tag.len() <= 100 && !tag.chars().any(|c| c.is_control());
    if tags.len() > MAX_TAGS || !tags.iter().all(sound) {
        let text = format!("at most {MAX_TAGS} tags, each of at most 100 bytes without control characters");
        return Err(ApiError::bad(text));
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_folders_and_oddities() {
        assert_eq!(clean_name("../../etc/passwd"), "passwd");
        assert_eq!(clean_name("C:\\dumps\\my dump.pcap.gz"), "my_dump.pcap.gz");
        assert_eq!(clean_name("...."), "upload.pcap");
        assert_eq!(clean_name("抓包.pcap"), "抓包.pcap");
        assert!(clean_name(&format!("{}.pcapng", "é".repeat(500))).ends_with(".pcapng"));
    }

    #[test]
    fn tags_are_checked() {
        assert_eq!(read_tags("a, b,,").unwrap(), ["a", "b"]);
        assert!(read_tags("a\u{7}").is_err());
        assert!(read_tags(&"x,".repeat(60)).is_err());
    }
}
