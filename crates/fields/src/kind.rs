//! The kinds of value a field can hold, and the zero-sized types that make field handles typed.

use std::net::IpAddr;

/// What the values of a field are. Stores, the search language and the viewer match on this exhaustively, so that
/// a new kind does not compile until each of them has an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A whole number without a unit.
    Int,
    /// A number of bytes; the search language accepts `10MB`.
    Size,
    /// A span of time in microseconds; the search language accepts `500ms`.
    Duration,
    /// A point in time, milliseconds since 1970-01-01 UTC.
    Time,
    /// True or false; kept as 1 or 0.
    Bool,
    /// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address is not the same value as the IPv4 address.
    Ip,
    /// A string, compared as it is.
    Term,
    /// A string folded to lower case when written and when searched.
    Lower,
    /// A string folded to upper case when written and when searched.
    Upper,
}

impl Kind {
    /// Whether values are kept as 64-bit integers.
    pub const fn is_int(self) -> bool {
        matches!(self, Kind::Int | Kind::Size | Kind::Duration | Kind::Time | Kind::Bool)
    }

    /// Whether values are kept as strings.
    pub const fn is_text(self) -> bool {
        matches!(self, Kind::Term | Kind::Lower | Kind::Upper)
    }

    /// The type name that Arkime's `/api/fields` uses.
    pub const fn arkime_type(self) -> &'static str {
        match self {
            Kind::Int | Kind::Size | Kind::Duration => "integer",
            Kind::Time => "seconds",
            Kind::Ip => "ip",
            Kind::Bool | Kind::Term => "termfield",
            Kind::Lower => "lotermfield",
            Kind::Upper => "uptermfield",
        }
    }
}

/// One value, borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value<'a> {
    /// [`Kind::Int`], [`Kind::Size`], [`Kind::Duration`], [`Kind::Time`], [`Kind::Bool`].
    Int(i64),
    /// [`Kind::Ip`].
    Ip(IpAddr),
    /// [`Kind::Term`], [`Kind::Lower`], [`Kind::Upper`].
    Text(&'a str),
}

/// The type of a field handle: ties a [`Kind`] to the Rust type that is put in.
pub trait Typed: 'static {
    /// What `add` takes.
    type Value<'a>;
    /// The kind that fields of this type have.
    const KIND: Kind;
    /// The value in its common form. Folding of [`Lower`] and [`Upper`] happens when it is stored.
    fn value(value: Self::Value<'_>) -> Value<'_>;
}

macro_rules! typed { ($($(#[$doc:meta])+ $name:ident: $rust:ty => $variant:ident, $convert:expr;)+) => { $(
    $(#[$doc])+ #[derive(Debug)] pub enum $name {}
    impl Typed for $name {
        type Value<'a> = $rust;
        const KIND: Kind = Kind::$name;
        fn value(value: Self::Value<'_>) -> Value<'_> { Value::$variant($convert(value)) }
    }
)+ } }

typed! {
    /// Handle type of [`Kind::Int`].
    Int: i64 => Int, std::convert::identity;
    /// Handle type of [`Kind::Size`], bytes.
    Size: i64 => Int, std::convert::identity;
    /// Handle type of [`Kind::Duration`], microseconds.
    Duration: i64 => Int, std::convert::identity;
    /// Handle type of [`Kind::Time`], milliseconds since 1970.
    Time: i64 => Int, std::convert::identity;
    /// Handle type of [`Kind::Bool`].
    Bool: bool => Int, i64::from;
    /// Handle type of [`Kind::Ip`].
    Ip: IpAddr => Ip, std::convert::identity;
    /// Handle type of [`Kind::Term`].
    Term: &'a str => Text, std::convert::identity;
    /// Handle type of [`Kind::Lower`].
    Lower: &'a str => Text, std::convert::identity;
    /// Handle type of [`Kind::Upper`].
    Upper: &'a str => Text, std::convert::identity;
}
