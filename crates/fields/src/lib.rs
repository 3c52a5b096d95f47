//! What a field is: its kind, names, path and help, declared once.
//!
//! A field is declared beside the code that fills it, with [`fields!`]; everything else (the search language,
//! completion, the embedded schema, the JSON document, the reference page) is derived from that declaration.
//! This crate knows no protocol and no store.
//!
//! ```
//! fields::fields! { "ssh";
//!     /// Software banner, as announced in the first line.
//!     VERSION: Lower = "ssh.ver" @ "ssh.version", "Version";
//! }
//! assert_eq!(VERSION.def.expr, "ssh.ver");
//! assert_eq!(FIELDS.len(), 1);
//! ```

mod def;
mod kind;
mod schema;
mod value;

pub use def::{Aspect, Count, Def, Field, ObjectDef, Right, Target, Transform};
pub use kind::{Bool, Duration, Int, Ip, Kind, Lower, Size, Term, Time, Typed, Upper, Value};
pub use schema::{Entry, Family, Resolved, Schema, SchemaError, audit};
pub use value::Values;

/// Declares the fields of one group: `NAME: Kind = "expression" @ "document.path", "Label" [.option()]*;`
///
/// The doc comment is the help text of the viewer and the reference page; it is one sentence or more and ends
/// with a full stop. Options are the `const` methods of [`Field`] (`.one()`, `.no_count()`, `.inside(&OBJECT)` …).
/// Expands to one `static` per field and `FIELDS`, every field in display order.
#[macro_export]
macro_rules! fields {
    ($group:literal; $( $(#[doc = $help:literal])+ $name:ident : $kind:ident = $expr:literal @ $path:literal, $label:literal
        $( . $option:ident ( $($arg:expr),* ) )* ; )+) => {
        $(
            $(#[doc = $help])+
            pub static $name: $crate::Field<$crate::$kind> =
                $crate::Field::new($group, $expr, $path, $label, concat!($($help),+))
                $( . $option ( $($arg),* ) )*;
        )+
        /// Every field of this group, in display order.
        pub static FIELDS: &[&$crate::Def] = &[$(&$name.def),+];
    };
}
