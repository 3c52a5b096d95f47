//! Short messages to people and programs: e-mail, chat, web hooks, syslog, SNMP traps.
//!
//! [`KINDS`] says what there is and what has to be known for each. Settings are checked when they are made
//! ([`check`]), and [`send`] blocks until the other side has taken the message, at most for half a minute.
//!
//! ```
//! let settings = notify::Settings::from([("webhookUrl".to_owned(), "ftp://a".to_owned())]);
//! assert!(notify::check("webhook", &settings).unwrap_err().to_string().contains("http"));
//! ```
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used))]

mod email;
mod http;
mod kinds;
mod snmp;
mod syslog;

pub use kinds::{Field, FieldKind, KINDS, Kind, check};

use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;

/// Names and values of the fields of a notifier.
pub type Settings = BTreeMap<String, String>;

/// How long each step of a delivery may take: to connect, to be answered.
const PATIENCE: Duration = Duration::from_secs(15);

/// What is said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// A line: the subject of a mail.
    pub title: String,
    /// The rest, lines of plain text.
    pub text: String,
    /// The same for programs: what a web hook gets beside title and text.
    pub data: Map<String, Value>,
}

/// Why nothing was said. The texts are for the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The settings lack something or are wrong.
    #[error("{0}")]
    Settings(String),
    /// The other side cannot be reached or has refused.
    #[error("{0}")]
    Failed(String),
}

/// Sends a message.
///
/// # Errors
/// See [`Error`].
pub fn send(kind: &str, settings: &Settings, message: &Message) -> Result<(), Error> {
    check(kind, settings)?;
    match kind {
        "email" => email::send(settings, message),
        "syslog" => syslog::send(settings, message),
        "snmp" => snmp::send(settings, message),
        _ => http::send(kind, settings, message),
    }
}

/// A value that is there and not empty.
fn value<'s>(settings: &'s Settings, name: &str) -> Option<&'s str> {
    settings.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
}

/// Title and text as one.
fn whole(message: &Message) -> String {
    if message.text.is_empty() {
        message.title.clone()
    } else {
        format!("{}\n{}", message.title, message.text)
    }
}

/// A text of at most so many characters.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}
