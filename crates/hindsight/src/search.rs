//! `hindsight search`

use crate::cli::Search;
use crate::describe::print;
use crate::output::{self, Column};
use crate::schema::SCHEMA;
use crate::{Failure, Outcome, ask};
use fields::Target;
use index::{Catalog, Control, Page, SessionIndex, Show, Sort};
use session::SessionDoc;
use session::json::PositionForm;
use std::io::{self, IsTerminal as _, Write};

/// Columns when none are named.
const COLUMNS: [&str; 9] =
    ["starttime", "stoptime", "ip.src", "port.src", "ip.dst", "port.dst", "packets", "bytes", "protocols"];

/// Runs the command against a store.
pub fn run(command: &Search, index: &dyn SessionIndex, catalog: &dyn Catalog) -> Result<Outcome, Failure> {
    let plan = ask::plan(&command.expression, &command.range, command.bounding, catalog)?;
    let columns = columns(&command.fields)?;
    let sort = sort(&command.sort)?;
    let control = Control::new();
    if command.count {
        let count = index.count(&plan, &control)?;
        return print(|out| writeln!(out, "{count}"));
    }
    let show = if command.json && command.fields.is_empty() {
        Show::All
    } else {
        Show::Only(columns.iter().map(|c| c.target).collect())
    };
    let whole = command.limit == 0 && sort.is_empty() && command.from == 0 && (command.json || command.csv);
    if whole {
        return stream(command, &columns, |see| index.scan(&plan, &show, &control, see));
    }
    let size = if command.limit == 0 { usize::MAX } else { command.limit };
    let page = Page { sort, from: command.from, size, show, total: true };
    let hits = index.search(&plan, &page, &control)?;
    let terminal = io::stdout().is_terminal();
    let outcome = print(|out| {
        if command.csv {
            output::csv_header(&columns, out)?;
        }
        if !command.csv && !command.json {
            return output::table(&hits.docs, &columns, terminal, out);
        }
        hits.docs.iter().try_for_each(|doc| write(command, doc, &columns, out))
    })?;
    let shown = hits.docs.len() as u64;
    if let Some(total) = hits.total.filter(|total| *total > shown && io::stderr().is_terminal()) {
        eprintln!("{shown} of {total} sessions; --limit and --from show others, --count only counts");
    }
    Ok(outcome)
}

/// Prints sessions as they come, in memory that does not grow with their number.
fn stream(
    command: &Search,
    columns: &[Column],
    scan: impl FnOnce(&mut dyn FnMut(SessionDoc) -> bool) -> Result<(), index::Error>,
) -> Result<Outcome, Failure> {
    let mut failed = Ok(());
    let outcome = print(|out| {
        if command.csv {
            output::csv_header(columns, out)?;
        }
        let mut written = Ok(());
        failed = scan(&mut |doc| {
            written = write(command, &doc, columns, out);
            written.is_ok()
        });
        written
    })?;
    failed?;
    Ok(outcome)
}

fn write(command: &Search, doc: &SessionDoc, columns: &[Column], out: &mut dyn Write) -> io::Result<()> {
    if command.csv {
        return output::csv(doc, columns, out);
    }
    let mut json = session::json::document(doc, PositionForm::Gap0);
    if let Some(map) = json.as_object_mut() {
        map.insert("id".into(), doc.id.to_string().into());
    }
    writeln!(out, "{json}")
}

fn target(name: &str) -> Result<Target, Failure> {
    SCHEMA.target(name).or_else(|| SCHEMA.by_path(name).map(|entry| entry.target)).ok_or_else(|| {
        Failure::Usage(format!(
            "there is no field {name}; `hindsight fields {name}` lists those that are like it"
        ))
    })
}

fn columns(names: &[String]) -> Result<Vec<Column>, Failure> {
    let chosen = names.iter().map(String::as_str).filter(|name| !name.is_empty());
    let default = COLUMNS.into_iter().filter(|_| names.is_empty());
    chosen.chain(default).map(|name| Ok(Column { target: target(name)?, name: name.to_owned() })).collect()
}

fn sort(keys: &[String]) -> Result<Vec<Sort>, Failure> {
    keys.iter()
        .map(|key| {
            let (name, descending) = match (key.strip_prefix('-'), key.rsplit_once(':')) {
                (Some(name), _) => (name, true),
                (None, Some((name, "desc"))) => (name, true),
                (None, Some((name, "asc"))) => (name, false),
                (None, _) => (key.as_str(), false),
            };
            Ok(Sort { by: target(name)?, descending })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sort_keys() {
        let keys = ["-bytes", "packets:desc", "ip.src", "port.src:asc"].map(str::to_owned);
        let found: Vec<bool> = sort(&keys).ok().unwrap().iter().map(|s| s.descending).collect();
        assert_eq!(found, [true, true, false, false]);
        assert!(
            matches!(sort(&["nonsense".into()]), Err(Failure::Usage(m)) if m.contains("hindsight fields nonsense"))
        );
    }

    #[test]
    fn default_columns_exist() {
        assert_eq!(columns(&[]).ok().map(|c| c.len()), Some(COLUMNS.len()));
    }
}
