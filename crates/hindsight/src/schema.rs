//! Every field there is.

use fields::Schema;
use std::sync::{Arc, LazyLock};

/// The fields of sessions, transactions and every protocol.
pub static SCHEMA: LazyLock<Arc<Schema>> = LazyLock::new(|| {
    let own = [session::core::FIELDS, session::perf::FIELDS, session::evidence::FIELDS];
    let groups = own.into_iter().chain(protocols::field_groups());
    match Schema::new(groups) {
        Ok(schema) => Arc::new(schema),
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
