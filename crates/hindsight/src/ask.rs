//! From the words of the command line to a plan.

use crate::Failure;
use crate::cli::{Bounding, Range};
use crate::schema::SCHEMA;
use index::Catalog;
use query::{Env, Plan, SyntaxError, TimeZone};

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Packet files, for `file == path`.
struct Files<'a>(&'a dyn Catalog);

impl query::Files for Files<'_> {
    fn find(&self, path: &dyn Fn(&str) -> bool) -> Vec<(String, u32)> {
        let files = self.0.files().unwrap_or_default();
        files.into_iter().filter(|file| path(&file.name)).map(|file| (file.node, file.num)).collect()
    }
}

/// The plan of an expression within a range; no range means all time.
pub fn plan(
    expression: &str,
    range: &Range,
    bounding: Bounding,
    catalog: &dyn Catalog,
) -> Result<Plan, Failure> {
    let zone = TimeZone::system();
    let files = Files(catalog);
    let env = Env { files: &files, ..Env::new(&SCHEMA, now_ms(), &zone) };
    let wanted =
        query::compile(expression, &env).map_err(|error| Failure::Usage(underlined(expression, &error)))?;
    Ok(match span(range)? {
        None => wanted,
        Some((start, stop)) => {
            Plan::And(vec![query::time_range(start, stop, bounding.into()), wanted]).simplify()
        }
    })
}

/// Begin and end of a range, milliseconds; `None` means all time.
pub fn span(range: &Range) -> Result<Option<(i64, i64)>, Failure> {
    let now = now_ms();
    let zone = TimeZone::system();
    let read = |option: &str, text: &Option<String>, otherwise: i64| match text {
        None => Ok(otherwise),
        Some(text) => {
            query::parse_time(text, now, &zone).map_err(|error| Failure::Usage(format!("{option}: {error}")))
        }
    };
    if range.start.is_none() && range.stop.is_none() {
        return Ok(None);
    }
    let start = read("--start", &range.start, i64::MIN)?;
    // packets of the current second are meant too when only the begin is given
    let stop = read(
        "--stop",
        &range.stop,
        if range.start.is_some() { now.saturating_add(1_000) } else { i64::MAX },
    )?;
    if start > stop {
        return Err(Failure::Usage("--start is after --stop".into()));
    }
    Ok(Some((start, stop)))
}

impl From<Bounding> for query::Bounding {
    fn from(bounding: Bounding) -> Self {
        match bounding {
            Bounding::Last => Self::Last,
            Bounding::First => Self::First,
            Bounding::Both => Self::Both,
            Bounding::Either => Self::Either,
            Bounding::Database => Self::Database,
        }
    }
}

/// The message, the expression, and marks under the place it is about.
fn underlined(expression: &str, error: &SyntaxError) -> String {
    let marks = expression.get(error.span.clone()).map_or(1, |text| text.chars().count()).max(1);
    format!("{error}\n  {expression}\n  {}{}", " ".repeat(error.column.saturating_sub(1)), "^".repeat(marks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_expression_is_underlined() {
        let zone = TimeZone::UTC;
        let env = Env::new(&SCHEMA, 0, &zone);
        let text = "port.src == abc";
        let error = query::compile(text, &env).unwrap_err();
        let said = underlined(text, &error);
        assert!(said.ends_with("\n  port.src == abc\n              ^^^"), "{said}");
    }

    #[test]
    fn no_range_means_all_time() {
        assert_eq!(span(&Range::default()).ok(), Some(None));
        let from = |start: Option<&str>, stop: Option<&str>| {
            span(&Range { start: start.map(Into::into), stop: stop.map(Into::into) })
        };
        assert_eq!(from(None, Some("1000")).ok().flatten(), Some((i64::MIN, 1_000_000)));
        assert!(matches!(from(Some("2000"), Some("1000")), Err(Failure::Usage(_))));
        assert!(
            matches!(from(Some("yesterday-ish"), None), Err(Failure::Usage(m)) if m.starts_with("--start"))
        );
    }
}
