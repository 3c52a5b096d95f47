//! Search text to expression to typed plan; what a query means.
//!
//! Text → [`Expr`] → [`Plan`]. Neither the grammar nor the viewer knows a store; [`Plan::matches`] is the meaning, and
//! every store must agree with it.
//!
//! ```
//! use query::{Env, compile};
//! let schema = fields::Schema::new([session::core::FIELDS]).unwrap();
//! let zone = jiff::tz::TimeZone::UTC;
//! let env = Env::new(&schema, 0, &zone);
//! assert!(compile("ip.src == 10.0.0.0/8:80 && bytes > 10MB", &env).is_ok());
//! let error = compile("port.src == abc", &env).unwrap_err();
//! assert_eq!(error.to_string(), "column 13: port.src takes a number; abc is not a number");
//! ```

mod address;
mod bounding;
mod compile;
mod complete;
mod env;
mod error;
mod explain;
mod expr;
mod fault;
mod matcher;
mod number;
mod parser;
mod plan;
mod simplify;
mod text;
mod time;
mod token;
mod value;

pub use bounding::{BadBounding, Bounding, time_range};
pub use compile::{bind, compile};
pub use complete::{Completion, Expects, Suggestion, SuggestionKind, complete};
pub use env::{Env, Files, Shortcut, ShortcutKind, Shortcuts, Views};
pub use error::SyntaxError;
pub use explain::explain;
pub use expr::{Expr, Item, Op, Spanned, Value};
pub use jiff::tz::TimeZone;
pub use matcher::{Matcher, TextMatcher};
pub use parser::{MAX_DEPTH, parse};
pub use plan::{Leaf, Plan, Test, TextTest};
pub use text::{whole, words};
pub use time::{TimeError, parse_time};
pub use token::MAX_LENGTH;
