//! Numbers and names of those who send.

use std::collections::HashMap;
use std::hash::Hash;

/// Most senders that get a name; the rest goes under the name of the listener.
const MOST: usize = 256;

/// Gives each sender a number; 0 is the listener itself.
pub(super) struct Senders<K> {
    names: Vec<String>,
    numbers: HashMap<K, u32>,
}

impl<K: Eq + Hash> Senders<K> {
    pub(super) fn new(listener: &str) -> Self {
        Self { names: vec![listener.to_owned()], numbers: HashMap::new() }
    }

    pub(super) fn number(&mut self, key: K, name: impl FnOnce(&K) -> String) -> u32 {
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        if self.names.len() >= MOST {
            return 0;
        }
        let number = self.names.len() as u32;
        self.names.push(name(&key));
        self.numbers.insert(key, number);
        number
    }

    pub(super) fn name(&self, number: u32) -> Option<&str> {
        self.names.get(number as usize).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_names_is_bounded() {
        let mut senders = Senders::new("here");
        assert_eq!(senders.number(7, |k| format!("s{k}")), 1);
        assert_eq!(senders.number(7, |_| String::new()), 1);
        for key in 0..10_000 {
            senders.number(key, |k| format!("s{k}"));
        }
        assert_eq!(senders.number(9_999, |_| String::new()), 0);
        assert_eq!((senders.name(1), senders.name(0), senders.name(999)), (Some("s7"), Some("here"), None));
    }
}
