//! Entries of the catalogue: changed whoever else changes them at the same time, shown with their key.

use crate::error::ApiError;
use index::Catalog;
use serde_json::{Map, Value};

/// An entry with its key in it.
pub(crate) fn with_id(mut value: Value, id: &str) -> Value {
    if let Some(object) = value.as_object_mut() {
        object.insert("id".to_owned(), id.into());
    }
    value
}

/// Changes an entry, whoever else changes it at the same time; `None` when it is gone.
pub(crate) fn update(
    catalog: &dyn Catalog,
    collection: &str,
    id: &str,
    mut change: impl FnMut(&mut Value),
) -> Result<Option<Value>, ApiError> {
    loop {
        let Some(entry) = catalog.get(collection, id)? else { return Ok(None) };
        let mut value = entry.value;
        change(&mut value);
        if catalog.put(collection, id, &value, Some(entry.version))? {
            return Ok(Some(value));
        }
    }
}

/// Names in a list, or in a text separated by commas or line breaks; `None` for anything else.
pub(crate) fn names(value: &Value) -> Option<Vec<String>> {
    let clean = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    match value {
        Value::Array(items) => {
            let texts = items.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?;
            Some(texts.into_iter().filter_map(clean).collect())
        }
        Value::String(text) => Some(text.split([',', '\n']).filter_map(clean).collect()),
        Value::Null => Some(Vec::new()),
        _ => None,
    }
}

/// The names of a property, none where it has none.
pub(crate) fn names_of(value: &Value, property: &str) -> Vec<String> {
    value.get(property).and_then(names).unwrap_or_default()
}

/// A text that is there and not empty.
pub(crate) fn text<'o>(object: &'o Map<String, Value>, name: &str) -> Option<&'o str> {
    object.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_come_as_lists_and_as_texts() {
        assert_eq!(names(&json!("a, b\nc,,")), Some(vec!["a".into(), "b".into(), "c".into()]));
        assert_eq!(names(&json!(["a", " ", "b,c"])), Some(vec!["a".into(), "b,c".into()]));
        assert_eq!((names(&json!([1])), names(&json!({}))), (None, None));
    }
}
