//! Prepared statements of a database connection: their text, by the name that later messages use.

use std::collections::VecDeque;

/// Bytes of a statement's text that are kept.
pub const MAX_TEXT: usize = 2_048;
/// Statements of one connection that are remembered; the oldest are forgotten.
const MAX_STATEMENTS: usize = 128;

/// Texts by name.
pub struct Statements<K>(VecDeque<(K, String)>);

impl<K> Default for Statements<K> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<K: PartialEq> Statements<K> {
    /// Remembers a statement in place of one of the same name.
    pub fn put(&mut self, name: K, text: String) {
        self.forget(&name);
        if self.0.len() >= MAX_STATEMENTS {
            self.0.pop_front();
        }
        self.0.push_back((name, text));
    }

    /// The text of a statement.
    pub fn get(&self, name: &K) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    /// The statement is closed.
    pub fn forget(&mut self, name: &K) {
        self.0.retain(|(known, _)| known != name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept() {
        let mut statements = Statements::default();
        for name in 0..1_000 {
            statements.put(name, format!("select {name}"));
        }
        assert_eq!(statements.get(&999), Some("select 999"));
        assert_eq!(statements.get(&0), None);
        assert_eq!(statements.0.len(), MAX_STATEMENTS);
        statements.forget(&999);
        assert_eq!(statements.get(&999), None);
    }
}
