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
    use std::collections::BTreeSet;

    #[test]
    fn fields_do_not_contradict_each_other() {
        assert!(super::SCHEMA.defs().len() > 100);
    }

    /// The viewer keeps Chinese help texts by the English ones: whoever writes or changes one sees here what is to be said in Chinese.
    #[test]
    fn every_help_text_is_there_in_chinese() {
        let text = include_str!("../../../web/src/fieldNames/help.zh.json");
        let chinese: std::collections::BTreeMap<String, String> = serde_json::from_str(text).unwrap();
        let defs = super::SCHEMA.defs().iter().map(|def| def.help());
        let known: BTreeSet<&str> = defs.chain(super::SCHEMA.families().iter().map(|f| f.help)).collect();
        let lacking: Vec<_> = known.iter().filter(|help| !chinese.contains_key(**help)).collect();
        assert!(lacking.is_empty(), "no Chinese in web/src/fieldNames/help.zh.json: {lacking:#?}");
        // `file`, `view` and `id` are the server's own, and tested there
        let stale: Vec<_> = chinese.keys().filter(|help| !known.contains(help.as_str())).collect();
        assert_eq!(stale.len(), 3, "Chinese of texts that there are no longer: {stale:#?}");
        let is_chinese =
            |text: &str| text.ends_with('。') && text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        let odd: Vec<_> = chinese.values().filter(|text| !is_chinese(text)).collect();
        assert!(odd.is_empty(), "no Chinese sentences: {odd:#?}");
    }
}
