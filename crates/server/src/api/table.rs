//! Tables with paging, sorting and a filter, as Arkime's lists answer: `{data,recordsTotal,recordsFiltered}`.

use crate::error::ApiError;
use crate::params::Params;
use serde_json::{Value, json};
use std::cmp::Ordering;
use utoipa::IntoParams;

/// Rows of one page.
const MAX_ROWS: usize = 10_000;

/// What every list takes.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes parameters that are read by name")]
pub(crate) struct TableQuery {
    /// Rows to skip.
    pub start: Option<usize>,
    /// Rows to return.
    pub length: Option<usize>,
    /// Column to sort by; also `sort`.
    #[param(rename = "sortField")]
    pub sort_field: Option<String>,
    /// true: the largest first.
    pub desc: Option<bool>,
}

/// Sorts rows by `sortField` and `desc`, and cuts the page of `start` and `length`.
pub(crate) fn page(
    mut rows: Vec<Value>,
    total: usize,
    params: &Params,
    default_sort: &str,
    default_length: usize,
) -> Result<Value, ApiError> {
    sort(&mut rows, params, default_sort);
    cut(rows, total, params, default_length)
}

/// The column that `sortField` names.
pub(crate) fn sort_field<'p>(params: &'p Params, default_sort: &'p str) -> &'p str {
    params.get("sortField").or_else(|| params.get("sort")).unwrap_or(default_sort)
}

/// Sorts rows by `sortField` and `desc`.
pub(crate) fn sort(rows: &mut [Value], params: &Params, default_sort: &str) {
    let by = sort_field(params, default_sort);
    rows.sort_by(|a, b| compare(a.get(by), b.get(by)));
    if params.is_set("desc") {
        rows.reverse();
    }
}

/// The page of `start` and `length` of sorted rows.
pub(crate) fn cut(
    rows: Vec<Value>,
    total: usize,
    params: &Params,
    default_length: usize,
) -> Result<Value, ApiError> {
    let start = params.parse("start", "a number of rows")?.unwrap_or(0);
    let length = params.parse("length", "a number of rows")?.unwrap_or(default_length).min(MAX_ROWS);
    let filtered = rows.len();
    let data: Vec<Value> = rows.into_iter().skip(start).take(length).collect();
    Ok(json!({ "data": data, "recordsTotal": total, "recordsFiltered": filtered }))
}

/// Keeps the rows in which one of the properties contains the text, whatever its case.
pub(crate) fn filter(rows: &mut Vec<Value>, text: &str, properties: &[&str]) {
    let text = text.to_lowercase();
    if text.is_empty() {
        return;
    }
    let has = |value: Option<&Value>| {
        value.and_then(Value::as_str).is_some_and(|t| t.to_lowercase().contains(&text))
    };
    rows.retain(|row| properties.iter().any(|property| has(row.get(*property))));
}

fn compare(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a, b) {
        (Some(Value::Number(a)), Some(Value::Number(b))) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Some(Value::String(a)), Some(Value::String(b))) => a.cmp(b),
        (Some(Value::Bool(a)), Some(Value::Bool(b))) => a.cmp(b),
        (a, b) => rank(a).cmp(&rank(b)),
    }
}

fn rank(value: Option<&Value>) -> u8 {
    match value {
        None | Some(Value::Null) => 0,
        Some(Value::Bool(_)) => 1,
        Some(Value::Number(_)) => 2,
        Some(_) => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorts_and_cuts() {
        let mut rows: Vec<Value> =
            [3, 1, 2].iter().map(|n| json!({"num": n, "name": format!("F{n}")})).collect();
        let params = Params::from_query("desc=true&start=1&length=1&sortField=name");
        let answer = page(rows.clone(), 9, &params, "num", 10).unwrap();
        assert_eq!(
            answer,
            json!({"data": [{"num": 2, "name": "F2"}], "recordsTotal": 9, "recordsFiltered": 3})
        );
        filter(&mut rows, "f2", &["other", "name"]);
        assert_eq!(rows, [json!({"num": 2, "name": "F2"})]);
    }
}
