//! What not to keep: rules that limit how much of a session's packets is written.

mod judge;
mod kept;
mod known;
mod rule;

pub(crate) use judge::{PATIENCE, Raw, RuleSet, Take, after, judge, protocols, with_known};
pub(crate) use kept::{Kept, Why};
pub(crate) use known::Known;
pub use rule::{BadRule, Keep, KeepRule, KeepRules, MAX_RULES, When};
