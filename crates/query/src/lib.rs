//! Search text to expression to typed plan; what a query means.
