//! Work that outlives its request: imports of uploads.

use index::Control;
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Jobs that are remembered; of finished ones the oldest are forgotten.
const REMEMBERED: usize = 200;

/// A capture that has arrived.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Where it lies. It is the importer's from here on: it keeps it in place, moves it or deletes it.
    pub path: PathBuf,
    /// Its name on the user's machine, without folders.
    pub name: String,
    /// Tags for every session of it.
    pub tags: Vec<String>,
    /// Device that its alerts and evidence are filed under, so that they do not mix with others; none: the one for all imports.
    pub devid: Option<u32>,
    /// Who uploads it.
    pub user: String,
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Sessions found; 0 for a capture that was known.
    pub sessions: u64,
    /// Packets read.
    pub packets: u64,
    /// Time of the first packet, milliseconds since 1970.
    pub first_ms: Option<i64>,
    /// Time of the last packet.
    pub last_ms: Option<i64>,
    /// A search expression that finds exactly its sessions.
    pub expression: String,
    /// What the user should know: that it was known, damage with its byte offset.
    pub text: Option<String>,
}

/// The capture was not imported; the text says why and what helps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UploadError(pub String);

/// Imports captures that were uploaded. Given by the binary.
pub trait Uploads: Send + Sync {
    /// Reads the capture into the index; on return its sessions are found by searches. Called on a thread that may
    /// block. Looks at [`Progress::is_cancelled`] every now and then, and keeps what is done by then.
    ///
    /// # Errors
    /// When nothing of it could be imported.
    fn import(&self, upload: Upload, progress: &Progress) -> Result<Imported, UploadError>;
}

/// How far a job is. The importer writes, the viewer reads.
#[derive(Debug, Default)]
pub struct Progress {
    bytes: AtomicU64,
    total: AtomicU64,
    packets: AtomicU64,
    sessions: AtomicU64,
    control: Control,
}

impl Progress {
    /// Bytes of the capture read so far, of so many.
    pub fn read(&self, bytes: u64, total: u64) {
        self.bytes.store(bytes, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }
    /// Packets and sessions seen so far.
    pub fn found(&self, packets: u64, sessions: u64) {
        self.packets.store(packets, Ordering::Relaxed);
        self.sessions.store(sessions, Ordering::Relaxed);
    }
    /// Whether the user wants it to end.
    pub fn is_cancelled(&self) -> bool {
        self.control.check().is_err()
    }
    /// Asks it to end.
    pub fn cancel(&self) {
        self.control.cancel();
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum JobState {
    Running,
    Done,
    Failed,
    Cancelled,
}

/// One job.
#[derive(Debug)]
pub(crate) struct Job {
    pub id: String,
    pub user: String,
    pub name: String,
    pub started_ms: i64,
    pub progress: Progress,
    end: Mutex<(JobState, Json)>,
}

impl Job {
    pub fn new(id: String, user: &str, name: &str, started_ms: i64) -> Self {
        Self {
            id,
            user: user.to_owned(),
            name: name.to_owned(),
            started_ms,
            progress: Progress::default(),
            end: Mutex::new((JobState::Running, Json::Null)),
        }
    }

    /// The answer of the upload that it belongs to becomes known.
    pub fn finish(&self, result: &Result<Imported, UploadError>) {
        let (state, answer) = match result {
            Ok(_) if self.progress.is_cancelled() => (JobState::Cancelled, upload_answer(result)),
            Ok(_) => (JobState::Done, upload_answer(result)),
            Err(_) => (JobState::Failed, upload_answer(result)),
        };
        *self.end.lock().unwrap_or_else(PoisonError::into_inner) = (state, answer);
    }

    pub fn state(&self) -> JobState {
        self.end.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// As `/api/jobs` shows it.
    pub fn to_json(&self) -> Json {
        let (state, result) = self.end.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let mut shown = json!({
            "id": self.id,
            "kind": "upload",
            "name": self.name,
            "userId": self.user,
            "started": self.started_ms,
            "state": state,
            "bytes": read(&self.progress.bytes),
            "total": read(&self.progress.total),
            "packets": read(&self.progress.packets),
            "sessions": read(&self.progress.sessions),
        });
        if let (Some(shown), Json::Object(answer)) = (shown.as_object_mut(), &result) {
            shown.extend(answer.get("text").map(|text| ("text".to_owned(), text.clone())));
            shown.insert("result".to_owned(), result);
        }
        shown
    }
}

/// The `UploadAnswer` of web/API.md.
pub(crate) fn upload_answer(result: &Result<Imported, UploadError>) -> Json {
    match result {
        Err(error) => json!({ "success": false, "text": error.to_string() }),
        Ok(done) => {
            let mut answer = json!({
                "success": true,
                "sessions": done.sessions,
                "packets": done.packets,
                "first": done.first_ms,
                "last": done.last_ms,
                "expression": done.expression,
            });
            if let (Some(text), Some(answer)) = (&done.text, answer.as_object_mut()) {
                answer.insert("text".to_owned(), json!(text));
            }
            answer
        }
    }
}

/// The jobs of this process.
#[derive(Debug, Default)]
pub(crate) struct Jobs(Mutex<VecDeque<Arc<Job>>>);

impl Jobs {
    pub fn add(&self, job: Arc<Job>) {
        let mut jobs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if jobs.len() >= REMEMBERED
            && let Some(at) = jobs.iter().position(|job| job.state() != JobState::Running)
        {
            jobs.remove(at);
        }
        jobs.push_back(job);
    }
    /// Newest first.
    pub fn list(&self) -> Vec<Arc<Job>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().rev().cloned().collect()
    }
    pub fn get(&self, id: &str) -> Option<Arc<Job>> {
        self.list().into_iter().find(|job| job.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_finished_jobs_are_forgotten() {
        let jobs = Jobs::default();
        for n in 0..REMEMBERED {
            jobs.add(Arc::new(Job::new(n.to_string(), "u", "f", 0)));
        }
        jobs.get("3").unwrap().finish(&Err(UploadError("not a capture".into())));
        jobs.add(Arc::new(Job::new("new".into(), "u", "f", 0)));
        assert!(jobs.get("3").is_none() && jobs.get("0").is_some() && jobs.get("new").is_some());
    }

    #[test]
    fn a_finished_job_carries_its_answer() {
        let job = Job::new("j".into(), "u", "f", 0);
        job.progress.read(10, 20);
        assert_eq!(job.to_json()["state"], "running");
        assert_eq!(job.to_json()["bytes"], 10);
        let done = Imported { sessions: 3, text: Some("damaged at byte 40".into()), ..Imported::default() };
        job.finish(&Ok(done));
        let shown = job.to_json();
        assert_eq!((&shown["state"], &shown["result"]["sessions"]), (&json!("done"), &json!(3)));
        assert_eq!(shown["text"], "damaged at byte 40");
    }
}
