//! Patterns in the dialect of PCRE 1 (bytes, ASCII case folding), made into patterns of the linear-time `regex` crate that match the same.
//!
//! Letter case, classes and escapes are resolved to sets of bytes here, so that nothing is left that the two dialects read differently.
//! What needs backtracking (back-references, look-around, atomic groups, possessive quantifiers) is refused with its place, unless it can be
//! shown to make no difference.

mod bytes;
mod cursor;
mod lookahead;
mod translate;

use regex::bytes::{Regex, RegexBuilder};
use std::ops::Range;

/// Most bytes of a compiled pattern: what bounds the time that the slowest engine takes for a packet.
const SIZE: usize = 512 << 10;

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is no pattern.
    #[error("column {column}: {why}")]
    Syntax {
        /// Where, counted in bytes from 1.
        column: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// It needs backtracking, whose time has no bound.
    #[error("column {column}: {what} cannot be matched in linear time; write the pattern without")]
    Backtracking {
        /// Where, counted in bytes from 1.
        column: usize,
        /// What it is.
        what: &'static str,
    },
    /// It is too large when compiled.
    #[error("the pattern is too large ({0}); write smaller repetitions")]
    Large(String),
}

/// A pattern, compiled.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    /// Its text for the `regex` crate.
    translated: String,
    /// Number that the first group of the original has in the translation.
    first_group: Option<usize>,
    /// Groups of the translation that take the last line feed for a `$`.
    line_ends: Vec<usize>,
}

/// Where a pattern matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// All of it.
    pub whole: Range<usize>,
    /// What group 1 took, if it took part.
    pub group: Option<Range<usize>>,
}

impl Pattern {
    /// Compiles a pattern of PCRE, as with the flag `PCRE_CASELESS` when `caseless`.
    ///
    /// # Errors
    /// What cannot be used, with its place.
    pub fn new(pattern: &str, caseless: bool) -> Result<Self, Refused> {
        let made = translate::translate(pattern.as_bytes(), caseless)?;
        let regex = RegexBuilder::new(&made.text)
            .unicode(false)
            .size_limit(SIZE)
            .dfa_size_limit(4 * SIZE)
            .build()
            .map_err(|error| Refused::Large(error.to_string()))?;
        Ok(Self { regex, translated: made.text, first_group: made.first_group, line_ends: made.line_ends })
    }

    /// The pattern as the `regex` crate reads it.
    pub fn translated(&self) -> &str {
        &self.translated
    }

    /// Whether it matches anywhere.
    pub fn is_match(&self, subject: &[u8]) -> bool {
        self.regex.is_match(subject)
    }

    /// The leftmost match, with the priorities of PCRE.
    pub fn find(&self, subject: &[u8]) -> Option<Match> {
        // most subjects do not match, and asking only that takes no memory for groups
        if !self.regex.is_match(subject) {
            return None;
        }
        let captures = self.regex.captures(subject)?;
        let range = |group: usize| captures.get(group).map(|m| m.range());
        let mut whole = range(0)?;
        let mut group = self.first_group.and_then(range);
        // `$` stands before a last line feed, which the translation takes
        if self.line_ends.iter().filter_map(|at| range(*at)).any(|taken| !taken.is_empty()) {
            let end = subject.len().saturating_sub(1);
            whole = whole.start.min(end)..whole.end.min(end);
            group = group.map(|g| g.start.min(end)..g.end.min(end));
        }
        Some(Match { whole, group })
    }
}

#[cfg(test)]
mod tests;
