//! What the binary gives the server so that packets can be kept from retention.

use query::Plan;
use serde_json::Value;

/// A pin that somebody asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PinWish {
    /// Its name; without one it is given one.
    pub name: Option<String>,
    /// What it is about, for people: the sessions are those of the plan.
    pub expression: String,
    /// When it ends, milliseconds since 1970; `None`: never.
    pub until: Option<i64>,
}

/// Why there is no pin. The texts are for the user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// The wish cannot be met as it is: the name is taken, or none.
    #[error("{0}")]
    Wrong(String),
    /// No session that was found has packets left.
    #[error("{0}")]
    Nothing(String),
    /// Something went wrong on the way.
    #[error("{0}")]
    Failed(String),
}

/// Copies of packets that retention leaves alone. Given by the binary; called on threads that may block.
pub trait Pins: Send + Sync {
    /// Copies the packets of the sessions of a plan. What was done comes back as [`Pins::list`] shows it.
    ///
    /// # Errors
    /// See [`PinError`]. Nothing is pinned then.
    fn make(&self, plan: &Plan, wish: PinWish) -> Result<Value, PinError>;
    /// Ends a pin; returns whether there was one.
    ///
    /// # Errors
    /// [`PinError::Failed`].
    fn release(&self, name: &str) -> Result<bool, PinError>;
    /// Every pin: an object with `name`, `expression`, `made`, `until`, `sessions`, `packets`, `bytes`, `missing`, `elsewhere`.
    ///
    /// # Errors
    /// [`PinError::Failed`].
    fn list(&self) -> Result<Vec<Value>, PinError>;
}
