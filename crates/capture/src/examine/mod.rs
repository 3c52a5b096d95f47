//! Looking for evidence: fingerprint rules over the packets of a session, rules in the search language over the session itself, and which packets
//! are kept because of that.

mod book;
mod examiner;
mod joined;
mod watch;

pub use book::{Examination, ExaminationOptions, Level, RuleHits, SessionRule, SessionRuleKeep, Severity};
pub(crate) use examiner::{Around, Examiner, Look};
pub(crate) use joined::Joined;
pub(crate) use watch::{Examined, Watch};
