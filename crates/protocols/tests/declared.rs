//! Every field that Arkime knows is declared with Arkime's type and path, so that its users' queries mean the same.

use fields::{Resolved, Schema};
use std::path::Path;

/// Names whose type is another on purpose: a number that is also asked for by name, two truths that Arkime keeps as
/// words, a family of addresses that Arkime declares as text. What they take and find is the same.
const OTHERWISE: &[&str] = &["ip.protocol", "tcp.synValidated", "tcp.synAckValidated", "outerip"];

#[test]
fn types_and_paths_are_arkimes() {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/arkime-fields.tsv");
    let Ok(text) = std::fs::read_to_string(&table) else {
        eprintln!("skipped: the table of Arkime's fields ({}) is not here", table.display());
        return;
    };
    let own = [session::core::FIELDS, session::perf::FIELDS];
    let schema = Schema::new(own.into_iter().chain(protocols::field_groups())).unwrap();
    let mut lines = text.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let column = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let (exp, path, kind, derived) = (column("exp"), column("dbField"), column("type"), column("derived"));
    let (mut compared, mut wrong) = (0, Vec::new());
    for row in lines {
        let cell = |at: usize| row.get(at).copied().unwrap_or("");
        // what a plug-in adds, what is in documents only
        if matches!(cell(derived), "plugin" | "doconly") || OTHERWISE.contains(&cell(exp)) {
            continue;
        }
        let (kind_here, path_here) = match schema.resolve(cell(exp)) {
            Some(Resolved::Entry(entry)) if entry.tokens => ("lotextfield", entry.path.as_str()),
            Some(Resolved::Entry(entry)) => (entry.target.asked().arkime_type(), entry.path.as_str()),
            Some(Resolved::Family(family)) => (family.kind.arkime_type(), family.path),
            None => continue,
        };
        compared += 1;
        let kind = match cell(kind) {
            // a date in seconds, and one in Elasticsearch's own format
            "date" => "seconds",
            kind => kind,
        };
        // the words of a text lie at its own path here
        let path = cell(path);
        if kind_here != kind {
            wrong.push(format!("{}: {kind_here} here, {kind} in Arkime", cell(exp)));
        }
        if path_here != path {
            wrong.push(format!("{}: at {path_here} here, at {path} in Arkime", cell(exp)));
        }
    }
    assert!(wrong.is_empty(), "{} of {compared}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 700, "only {compared} names of the table are known");
}
