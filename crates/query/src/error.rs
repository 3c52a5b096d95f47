//! What is wrong with a text, and where.

use std::fmt;
use std::ops::Range;

/// The text is not a query. The place is exact so that an editor can underline it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Bytes of the text that the message is about; empty at the end of the text where something is missing.
    pub span: Range<usize>,
    /// First character of the span, counted from 1 in characters.
    pub column: usize,
    /// What is wrong, for instance "port.src takes a number".
    pub message: String,
    /// What helps, where something is known to.
    pub hint: Option<String>,
}

impl SyntaxError {
    /// Makes an error of a fault; `text` is what the fault's span counts in.
    pub(crate) fn at(text: &str, fault: Fault) -> Self {
        let start = text.floor_char_boundary(fault.span.start);
        let end = text.ceil_char_boundary(fault.span.end.max(start)).min(text.len());
        let column = text.get(..start).map_or(0, |before| before.chars().count()) + 1;
        Self { span: start..end, column, message: fault.message, hint: fault.hint }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SyntaxError {}

/// An error before its column is known.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub span: Range<usize>,
    pub message: String,
    pub hint: Option<String>,
}

impl Fault {
    pub fn new(span: &Range<usize>, message: impl Into<String>) -> Self {
        Self { span: span.clone(), message: message.into(), hint: None }
    }
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
