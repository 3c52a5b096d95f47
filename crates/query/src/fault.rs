//! Messages about fields.

use crate::error::Fault;
use crate::expr::{Op, Spanned, Value};
use crate::parser::shortened;
use fields::Schema;

/// No field has this name: the nearest ones are offered.
pub(crate) fn unknown_field(field: &Spanned<String>, schema: &Schema) -> Fault {
    let fault = Fault::new(&field.span, format!("Unknown field {}", shortened(&field.node)));
    match nearest(&field.node, schema) {
        Some(name) => fault.hint(format!("did you mean {name}?")),
        None => fault,
    }
}

/// The operator does not go with the field.
pub(crate) fn invalid_operator(
    field: &Spanned<String>,
    op: Op,
    value: &Spanned<Value>,
    takes: &str,
) -> Fault {
    let span = field.span.end..value.span.start.max(field.span.end);
    Fault::new(&span, format!("Invalid operator '{op}' for {}", field.node))
        .hint(format!("{} takes {takes}, compared with == or !=", field.node))
}

fn nearest<'a>(name: &str, schema: &'a Schema) -> Option<&'a str> {
    let wanted = name.strip_prefix("db:").unwrap_or(name).to_lowercase();
    if wanted.len() > 60 {
        return None;
    }
    let names = schema
        .entries()
        .iter()
        .map(|entry| entry.expr.as_str())
        .chain(schema.families().iter().map(|family| family.expr))
        .chain(["file", "view", "id"]);
    let swapped = wanted.split_once('.').map(|(a, b)| format!("{b}.{a}"));
    names
        .filter_map(|known| {
            let lower = known.to_lowercase();
            let distance = if lower == wanted || swapped.as_deref() == Some(&lower) {
                0
            } else {
                distance(&wanted, &lower)
            };
            (distance <= 1 + wanted.chars().count() / 4).then_some((distance, known))
        })
        .min()
        .map(|(_, known)| known)
}

/// Levenshtein distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, cb) in row.iter_mut().skip(1).zip(&b) {
            let above = *cell;
            left = (diagonal + usize::from(ca != *cb)).min(above + 1).min(left + 1);
            *cell = left;
            diagonal = above;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn distances() {
        assert_eq!(super::distance("prot.src", "port.src"), 2);
        assert_eq!(super::distance("", "abc"), 3);
        assert_eq!(super::distance("abc", "abc"), 0);
        assert_eq!(super::distance("kitten", "sitting"), 3);
    }
}
