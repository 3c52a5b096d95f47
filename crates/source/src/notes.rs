//! What a source has to say while it runs.

/// Most notes that wait to be taken.
const MOST: usize = 100;

/// Notes that wait to be taken: a few, and none twice in a row, so that what fails again and again is said once.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    waiting: Vec<String>,
    last: String,
}

impl Notes {
    /// Adds one, unless it is the one before again.
    pub(crate) fn add(&mut self, note: impl Into<String>) {
        let note = note.into();
        if self.waiting.len() < MOST && note != self.last {
            self.last.clone_from(&note);
            self.waiting.push(note);
        }
    }

    /// Takes what waits.
    pub(crate) fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_said_once_in_a_row_and_never_too_many_wait() {
        let mut notes = Notes::default();
        notes.add("gone");
        notes.add("gone");
        assert_eq!(notes.take(), ["gone"]);
        notes.add("gone");
        notes.add("back");
        notes.add("gone");
        assert_eq!(notes.take(), ["back", "gone"]);
        (0..1_000).for_each(|n| notes.add(n.to_string()));
        assert_eq!(notes.take().len(), MOST);
    }
}
