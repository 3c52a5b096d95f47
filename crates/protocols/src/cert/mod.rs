//! X.509 certificates (RFC 5280), wherever a protocol shows them: `cert[]`.

mod fields;
mod oid;
mod read;

pub use fields::*;
pub(crate) use read::certificate;
