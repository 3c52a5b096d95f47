//! Byte strings, each once, numbered in order of appearance.

use crate::column::Dict;
use ahash::RandomState;
use hashbrown::HashTable;

/// A growing dictionary.
#[derive(Debug)]
pub(crate) struct Interner {
    table: HashTable<u32>,
    pub dict: Dict,
    state: RandomState,
}

impl Default for Interner {
    fn default() -> Self {
        // The seed is random: a sender cannot choose strings that collide.
        Self { table: HashTable::new(), dict: Dict::default(), state: RandomState::new() }
    }
}

impl Interner {
    /// The number of a string.
    pub(crate) fn number(&mut self, bytes: &[u8]) -> u32 {
        let hash = self.state.hash_one(bytes);
        let dict = &self.dict;
        if let Some(found) = self.table.find(hash, |at| dict.get(*at as usize) == bytes) {
            return *found;
        }
        let number = self.dict.len() as u32;
        self.dict.push(bytes);
        let (dict, state) = (&self.dict, &self.state);
        self.table.insert_unique(hash, number, |at| state.hash_one(dict.get(*at as usize)));
        number
    }
}
