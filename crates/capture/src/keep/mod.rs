//! What not to keep: rules that limit how much of a session's packets is written.

mod judge;
mod kept;
mod known;
mod rule;

pub(crate) use judge::{Raw, RuleSet, Take, judge};
pub(crate) use kept::{Kept, Why};
pub use rule::{BadRule, Keep, KeepRule, KeepRules, MAX_RULES, When};
