//! What not to keep: rules that limit how much of a session's packets is written.

mod rule;

pub use rule::{BadRule, Keep, KeepRule, KeepRules, MAX_RULES, When};
