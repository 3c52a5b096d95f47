//! What can go wrong in a store.

use std::fmt;

/// What callers decide by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The store cannot be reached or opened.
    Unavailable,
    /// The store refuses work for now; try again later.
    Overloaded,
    /// Something stored is damaged.
    Corrupt,
    /// The store cannot do this.
    Unsupported,
    /// There is no room left.
    Full,
    /// The caller cancelled it.
    Cancelled,
    /// It took longer than allowed.
    TimedOut,
}

/// An error of a store: a kind for code, a sentence with place and remedy for people.
#[derive(Debug)]
pub struct Error {
    /// What callers decide by.
    pub kind: ErrorKind,
    /// What happened, where, and what helps.
    pub context: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error without an underlying one.
    pub fn new(kind: ErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into(), source: None }
    }
    /// An error with the one that caused it.
    pub fn caused(
        kind: ErrorKind,
        context: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { kind, context: context.into(), source: Some(source.into()) }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.context)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}
impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|s| s as _)
    }
}
