//! `hindsight rules`: fingerprint rules, checked and tried out.

use crate::cli::RulesCommand;
use crate::config::Matching;
use crate::describe::print;
use crate::evidence::{DEFAULT_RULES, read_rules};
use crate::{Failure, Outcome};
use capture::{Examination, ExaminationOptions, Inspection, Options};
use enrich::Enricher;
use fields::Typed;
use rules::{Category, Problem};
use serde_json::{Map, Value, json};
use session::evidence as said;
use session::{Object, SessionDoc, core};
use source::{FileSource, PacketSource as _, Status, Stop};
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::sync::Arc;

/// Columns of the table of hits.
const COLUMNS: [&str; 9] = ["time", "category", "rule", "type", "name", "version", "bytes", "sent by", "to"];
/// Packets read at once.
const BATCH: usize = 4_096;

/// Runs the command.
pub fn run(what: &RulesCommand) -> Result<Outcome, Failure> {
    match what {
        RulesCommand::Check { folder, json } => check(folder, *json),
        RulesCommand::Test { folder, files, json, matching } => test(folder, files, *json, *matching),
        RulesCommand::Default { write } => default(write.as_deref()),
    }
}

/// Names every rule that cannot be used.
fn check(folder: &Path, json: bool) -> Result<Outcome, Failure> {
    let mut problems = Vec::new();
    let rules = read_rules(folder, &mut problems)?;
    let lost = problems.iter().filter(|problem| problem.is_loss()).count();
    let counts = Category::ALL
        .map(|category| (category.name(), rules.iter().filter(|rule| rule.category == category).count()));
    // all together may be too much although each is not
    let together = rules::Rules::new(rules.clone(), rules::Limits::default()).map(drop);
    print(|out| {
        if json {
            let counts: Map<String, Value> =
                counts.iter().map(|(name, n)| ((*name).to_owned(), json!(n))).collect();
            let problems: Vec<Value> = problems.iter().map(problem_json).collect();
            return writeln!(
                out,
                "{}",
                json!({ "rules": counts, "total": rules.len(), "problems": problems })
            );
        }
        for problem in &problems {
            writeln!(out, "{problem}")?;
        }
        for (name, count) in counts {
            writeln!(out, "{name:<8} {count:>5} rules")?;
        }
        writeln!(out, "{:<8} {:>5} rules, {lost} cannot be used", "total", rules.len())
    })?;
    together.map_err(|error| format!("{}: the rules cannot be used together: {error}", folder.display()))?;
    Ok(if lost == 0 { Outcome::Done } else { Outcome::Partly })
}

fn problem_json(problem: &Problem) -> Value {
    let (file, rule) = problem.place();
    json!({ "file": file.display().to_string(), "rule": rule, "leftOut": problem.is_loss(), "text": problem.to_string() })
}

/// Hits of captures.
fn test(
    folder: &Path,
    files: &[std::path::PathBuf],
    json: bool,
    matching: Matching,
) -> Result<Outcome, Failure> {
    let mut problems = Vec::new();
    let rules = read_rules(folder, &mut problems)?;
    for problem in problems.iter().filter(|problem| problem.is_loss()) {
        eprintln!("hindsight: {problem}");
    }
    let mut outcome = if problems.iter().any(Problem::is_loss) { Outcome::Partly } else { Outcome::Done };
    let options =
        ExaminationOptions { rules, joined: matching == Matching::Stream, ..ExaminationOptions::default() };
    let examination = Examination::new(options, 0, None).map_err(|error| error.to_string())?;
    let mut rows = Vec::new();
    for file in files {
        if let Some(damage) = hits(file, &examination, &mut rows) {
            eprintln!("hindsight: {damage}");
            outcome = Outcome::Partly;
        }
    }
    rows.sort_by_key(|row| row.0);
    print(|out| {
        if json {
            return rows.iter().try_for_each(|(_, row)| writeln!(out, "{row}"));
        }
        let table: Vec<Vec<String>> = rows.iter().map(|(_, row)| columns(row)).collect();
        crate::output::grid(&COLUMNS, &table, io::stdout().is_terminal(), out)
    })?;
    eprintln!("{} hits", rows.len());
    Ok(outcome)
}

/// The hits of one capture, with their times; returns what is wrong with it.
fn hits(file: &Path, examination: &Examination, rows: &mut Vec<(i64, Value)>) -> Option<String> {
    let stop = Stop::new();
    let mut source = match FileSource::open(file, &stop) {
        Ok(source) => source,
        Err(error) => return Some(error.to_string()),
    };
    let mut inspection = Inspection::new(Options::default(), Arc::new(Enricher::none()));
    inspection.set_examination(examination.clone());
    let mut see = |doc: SessionDoc| {
        let hits =
            doc.list(&said::EVIDENCE).map(|hit| (hit.int(&said::TIME).unwrap_or(0), row(file, &doc, hit)));
        rows.extend(hits);
    };
    let damage = loop {
        let batch = source.batch(BATCH, &mut |packet| {
            inspection.packet(packet.time, packet.bytes, packet.original_len, packet.link, &mut see);
        });
        match batch {
            Ok(Status::More | Status::Idle) => {}
            Ok(Status::End) => break None,
            Err(error) => break Some(error.to_string()),
        }
    };
    inspection.finish(&mut see);
    damage
}

fn text<T: Typed>(hit: &Object, field: &'static fields::Field<T>) -> String {
    hit.text(field).unwrap_or_default().to_owned()
}

fn row(file: &Path, doc: &SessionDoc, hit: &Object) -> Value {
    let ends = [(&core::SRC_IP, &core::SRC_PORT), (&core::DST_IP, &core::DST_PORT)].map(|(ip, port)| {
        (doc.ip(ip).map(|ip| ip.to_string()).unwrap_or_default(), doc.int(port).unwrap_or(0))
    });
    let [a, b] = &ends;
    let ((src, src_port), (dst, dst_port)) = if text(hit, &said::SIDE) == "dst" { (b, a) } else { (a, b) };
    json!({
        "file": file.display().to_string(), "time": hit.int(&said::TIME), "category": text(hit, &said::CATEGORY),
        "rule": text(hit, &said::RULE), "type": text(hit, &said::TYPE), "name": text(hit, &said::NAME),
        "version": text(hit, &said::VERSION), "vendor": text(hit, &said::VENDOR), "start": hit.int(&said::START),
        "end": hit.int(&said::END), "src": src, "srcPort": src_port, "dst": dst, "dstPort": dst_port,
        "ipProtocol": doc.int(&core::IP_PROTOCOL),
    })
}

fn columns(row: &Value) -> Vec<String> {
    let text = |name: &str| match row.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let end = |ip: &str, port: &str| {
        let (ip, port) = (text(ip), text(port));
        if ip.contains(':') { format!("[{ip}]:{port}") } else { format!("{ip}:{port}") }
    };
    let micros = row.get("time").and_then(Value::as_i64).unwrap_or(0);
    let time = format!("{}.{:06}", micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    let bytes =
        if text("start").is_empty() { String::new() } else { format!("{},{}", text("start"), text("end")) };
    vec![
        time,
        text("category"),
        text("rule"),
        text("type"),
        text("name"),
        text("version"),
        bytes,
        end("src", "srcPort"),
        end("dst", "dstPort"),
    ]
}

/// Prints or writes the rules that come with the program.
fn default(folder: Option<&Path>) -> Result<Outcome, Failure> {
    match folder {
        None => {
            print(|out| rules::DEFAULT_FILES.iter().try_for_each(|(_, text)| out.write_all(text.as_bytes())))
        }
        Some(folder) => {
            let failed =
                |path: &Path, error: std::io::Error| Failure::Failed(format!("{}: {error}", path.display()));
            std::fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
            for (category, text) in rules::DEFAULT_FILES {
                let path = folder.join(format!("{category}.json"));
                let mut options = std::fs::OpenOptions::new();
                let file = options.write(true).create_new(true).open(&path);
                let written = file.and_then(|mut file| std::io::Write::write_all(&mut file, text.as_bytes()));
                written.map_err(|error| failed(&path, error))?;
            }
            eprintln!("{DEFAULT_RULES} rules written to {}", folder.display());
            Ok(Outcome::Done)
        }
    }
}
