//! The examples of docs/index-format.md, run by DuckDB and pandas on a real index. They are installed with pip into
//! target/; where that cannot be done the test says that it skips.

use index::generate::{self, Documents};
use index::{Control, SessionIndex, SessionSink};
use index_parquet::{Options, Store};
use session::core;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// A Python with the packages; `None` where there is none.
fn python() -> Option<PathBuf> {
    let venv = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/python-readers");
    let python = venv.join("bin/python");
    let works = |python: &Path| {
        let run = Command::new(python).args(["-c", "import duckdb, pandas, pyarrow"]).output();
        run.is_ok_and(|o| o.status.success())
    };
    if works(&python) {
        return Some(python);
    }
    let quiet = |command: &mut Command| command.output().is_ok_and(|o| o.status.success());
    let made = quiet(Command::new("python3").args(["-m", "venv"]).arg(&venv))
        && quiet(Command::new(&python).args(["-m", "pip", "-q", "install", "duckdb", "pandas", "pyarrow"]));
    (made && works(&python)).then_some(python)
}

/// The blocks of one language in the page.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).filter_map(|rest| rest.split("```").next()).map(str::to_owned).collect()
}

#[test]
fn examples_of_the_page_run() {
    let Some(python) = python() else {
        eprintln!("skipped: no python3 with duckdb, pandas and pyarrow, and none could be installed");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let schema = fields::Schema::new([core::FIELDS, session::perf::FIELDS, generate::FIELDS]).unwrap();
    let store = Store::open(dir.path().join("index"), Options::new(Arc::new(schema))).unwrap();
    let mut writer = store.writer("docs").unwrap();
    for _ in 0..2 {
        writer.append(Documents::new(5).take(20_000).collect()).unwrap();
        writer.append(Documents::new(6).take(20_000).collect()).unwrap();
        writer.flush().unwrap();
    }
    writer.compact().unwrap();
    assert_eq!(store.count(&query::Plan::All, &Control::new()).unwrap(), 40_000);
    let page =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/index-format.md"))
            .unwrap();
    let mut script = String::from("import duckdb\ndb = duckdb.connect()\n");
    for sql in blocks(&page, "sql") {
        for statement in sql.split(';').map(str::trim).filter(|s| !s.is_empty()) {
            script.push_str(&format!(
                "rows = db.execute('''{statement}''').fetchall()\nprint('rows', len(rows))\n"
            ));
        }
    }
    script.push_str("print('count', db.execute('select count(*) from sessions').fetchone()[0])\n");
    script.push_str(
        "print('bytes', db.execute('select sum(\"network.bytes\") from sessions').fetchone()[0])\n",
    );
    for python in blocks(&page, "python") {
        script.push_str(&python);
    }
    script.push_str("print('pandas', len(sessions), sessions['network.bytes'].sum(), len(http))\n");
    script.push_str(
        "import pyarrow.parquet as pq\n\
         print('columns', sum(pq.read_table(f).num_rows for f in files))\n",
    );
    let output = Command::new(python).arg("-c").arg(&script).current_dir(dir.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let sums = index::Aggregate::Sums(vec![&core::BYTES.def]);
    let answer = store.aggregate(&query::Plan::All, &[sums], &Control::new()).unwrap();
    let Some(index::Outcome::Sums { sums, .. }) = answer.first() else { panic!("{answer:?}") };
    let http = query::Plan::Leaf(query::Leaf {
        target: fields::Target::of(&core::PROTOCOLS.def),
        test: query::Test::Texts(vec![query::TextTest::Is("http".into())]),
    });
    let http = store.count(&http, &Control::new()).unwrap();
    for expected in [
        "count 40000".to_owned(),
        format!("bytes {}", sums[0]),
        format!("pandas 40000 {} {http}", sums[0]),
        "columns 40000".to_owned(),
        "rows 10".to_owned(),
        "rows 5".to_owned(),
    ] {
        assert!(said.lines().any(|line| line == expected), "`{expected}` is not in\n{said}");
    }
}
