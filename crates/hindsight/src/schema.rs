//! Every field there is.

use fields::Schema;
use std::sync::LazyLock;

/// The fields of sessions, transactions and every protocol.
pub static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let own = [session::core::FIELDS, session::perf::FIELDS];
    let groups = own.into_iter().chain(protocols::field_groups());
    match Schema::new(groups) {
        Ok(schema) => schema,
        Err(error) => panic!("the fields contradict each other: {error}"), // a test builds it: see below
    }
});

#[cfg(test)]
mod tests {
    #[test]
    fn fields_do_not_contradict_each_other() {
        assert!(super::SCHEMA.defs().len() > 100);
    }
}
