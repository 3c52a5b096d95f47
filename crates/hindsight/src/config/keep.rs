//! `[[keep]]`: what of a session's packets is written.

use super::{Config, Expression, Filter, Kept};
use capture::{KeepRule, When};
use serde::{Deserialize, Serialize};

/// `[[keep]]`: a rule about what of a session's packets is written. The first that matches decides.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    pub name: String,
    pub bpf: Option<Filter>,
    pub when: Option<Expression>,
    pub keep: Kept,
}

impl Config {
    /// The rules about what is kept.
    pub fn keep_rules(&self) -> Result<Vec<KeepRule>, String> {
        let rule = |keep: &Keep| {
            let when = match (&keep.bpf, &keep.when) {
                (Some(filter), None) => When::Packets(filter.0.clone()),
                (None, Some(expression)) => When::Sessions(expression.plan.clone()),
                (Some(_), Some(_)) => {
                    return Err(format!(
                        "[[keep]] {}: bpf or when, not both; make two rules of it",
                        keep.name
                    ));
                }
                (None, None) => {
                    return Err(format!(
                        "[[keep]] {}: what is it about? Give bpf = \"a pcap filter\" or when = \"an expression\"",
                        keep.name
                    ));
                }
            };
            Ok(KeepRule { name: keep.name.clone(), when, keep: keep.keep.0 })
        };
        let rules: Vec<KeepRule> = self.keep.iter().map(rule).collect::<Result<_, _>>()?;
        capture::KeepRules::new(rules.clone()).map_err(|error| format!("[[keep]]: {error}"))?;
        Ok(rules)
    }
}
