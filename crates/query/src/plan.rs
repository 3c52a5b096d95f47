//! What is to be found, typed and without any store in it.

use fields::Target;
use std::net::IpAddr;

/// A typed query. A leaf is true when *any* value of its target (objects at any depth flattened) meets its test; a
/// document without the field meets no leaf, and so meets every negated one.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// Every document.
    All,
    /// No document.
    Nothing,
    /// Documents that do not meet the inner plan.
    Not(Box<Plan>),
    /// Documents that meet all of them.
    And(Vec<Plan>),
    /// Documents that meet at least one of them.
    Or(Vec<Plan>),
    /// One test of one field.
    Leaf(Leaf),
    /// Documents with these ids.
    Ids(Vec<session::SessionId>),
    /// Documents with packets in one of these files: (node name, file number).
    Files(Vec<(String, u32)>),
}

/// One test of one field.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// What is tested.
    pub target: Target,
    /// How.
    pub test: Test,
}

/// The test of a leaf; its variant goes with the kind of the target.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// There is a value.
    Exists,
    /// An integer lies in one of these inclusive ranges; sorted, apart.
    Ints(Vec<(i64, i64)>),
    /// An address lies in one of these inclusive ranges; each range within one family; sorted, apart.
    Ips(Vec<(IpAddr, IpAddr)>),
    /// A string meets one of these tests; already folded as the field's kind says.
    Texts(Vec<TextTest>),
}

/// A test of one string.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TextTest {
    /// Equal.
    Is(String),
    /// Matches a pattern in which `*` stands for any run of characters and `?` for one.
    Wildcard(String),
    /// The whole string matches a regular expression (syntax of the `regex` crate, anchored at both ends when run).
    Regex(String),
    /// The words of the string (split at what is neither letter, digit nor underscore, folded to lower case) contain these words
    /// one after the other.
    Words(Vec<String>),
}
