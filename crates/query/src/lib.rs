//! Search text to expression to typed plan; what a query means.
//!
//! Text → `Expr` → [`Plan`]. Neither the grammar nor the viewer knows a store; [`Plan::matches`] is the meaning, and
//! every store must agree with it.

mod plan;

pub use plan::{Leaf, Plan, Test, TextTest};
