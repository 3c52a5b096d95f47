//! `hindsight db`: looking after the stores of a folder.

mod backup;

use crate::cli::{Consent, DbCommand};
use crate::config::Config;
use crate::describe::print;
use crate::home::Home;
use crate::output::time;
use crate::stores::Stores;
use crate::{Failure, Outcome, ask};
use index::{Condition, Health, Part};
use indicatif::{HumanBytes, HumanCount};
use std::io::{IsTerminal as _, Write};

/// Runs one of the commands.
pub fn run(command: &DbCommand, home: &Home, config: &Config, quiet: bool) -> Result<Outcome, Failure> {
    match command {
        DbCommand::Init => {
            let new = !home.index().exists();
            let stores = Stores::open(home)?;
            // a cluster that is away is made nothing in
            if stores.embedded.is_none() {
                stores.index.upgrade()?;
            }
            let health = stores.index.health()?;
            let what = if new { "made" } else { "there already, left as it is" };
            print(|out| writeln!(out, "{}: {what}, {} sessions", health.place, HumanCount(health.sessions)))
        }
        DbCommand::Upgrade => {
            // opening the catalogue brings its tables up to date
            let said = Stores::open(home)?.index.upgrade()?;
            print(|out| said.iter().try_for_each(|line| writeln!(out, "{line}")))
        }
        DbCommand::Info { json } => {
            let stores = Stores::open(home)?;
            let health = stores.index.health()?;
            let files = stores.catalog.files()?;
            let packets: u64 = files.iter().map(|file| file.file_size).sum();
            print(|out| {
                if *json {
                    let value = serde_json::json!({
                        "index": health, "packetFiles": files.len(), "packetBytes": packets,
                    });
                    writeln!(out, "{value}")
                } else {
                    info(out, &health)?;
                    writeln!(
                        out,
                        "packet files   {} ({})",
                        HumanCount(files.len() as u64),
                        HumanBytes(packets)
                    )
                }
            })?;
            Ok(if health.condition == Condition::Bad { Outcome::Partly } else { Outcome::Done })
        }
        DbCommand::Expire { age, consent } => {
            let stores = Stores::open(home)?;
            let age = i64::try_from(age.0.as_millis()).unwrap_or(i64::MAX);
            let before = ask::now_ms().saturating_sub(age);
            let parts = stores.index.expirable(before)?;
            if parts.is_empty() {
                return print(|out| {
                    writeln!(out, "no partition ended before {}: nothing goes", time(before))
                });
            }
            let sessions: u64 = parts.iter().map(|part| part.sessions).sum();
            let bytes: u64 = parts.iter().map(|part| part.bytes).sum();
            eprintln!("{}", table(&parts));
            let what = format!(
                "{} partitions with {} sessions ({}) will be deleted; packet files stay",
                parts.len(),
                HumanCount(sessions),
                HumanBytes(bytes)
            );
            agree(*consent, &what)?;
            let gone = stores.index.expire(before)?;
            print(|out| writeln!(out, "{} sessions deleted", HumanCount(gone)))
        }
        DbCommand::Optimize => {
            let stores = Stores::open(home)?;
            let done = stores.index.optimize(&mut |what| {
                if !quiet {
                    eprintln!("{what}");
                }
            })?;
            print(|out| {
                writeln!(
                    out,
                    "{} files, {} (before: {} files, {})",
                    done.pieces_after,
                    HumanBytes(done.bytes_after),
                    done.pieces_before,
                    HumanBytes(done.bytes_before)
                )
            })
        }
        DbCommand::Backup { to, packets } => backup::backup(home, to, *packets, quiet),
        DbCommand::Restore { from, check, consent } => {
            backup::restore(home, from, *check, *consent, config, quiet)
        }
    }
}

/// Says what will happen and asks, unless the answer is there.
pub fn agree(consent: Consent, what: &str) -> Result<(), Failure> {
    eprintln!("{what}.");
    if consent.yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage("nobody can be asked here; say --yes to go on".to_owned()));
    }
    eprint!("Go on? [y/N] ");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(|error| format!("stdin: {error}"))?;
    if answer.trim().eq_ignore_ascii_case("y") || answer.trim().eq_ignore_ascii_case("yes") {
        Ok(())
    } else {
        Err(Failure::Failed("nothing was done".to_owned()))
    }
}

fn table(parts: &[Part]) -> String {
    let row = |part: &Part| {
        format!(
            "{:<14} {:>14} sessions {:>11}  {} to {}",
            part.name,
            HumanCount(part.sessions).to_string(),
            HumanBytes(part.bytes).to_string(),
            time(part.first),
            time(part.last)
        )
    };
    parts.iter().map(row).collect::<Vec<_>>().join("\n")
}

fn info(out: &mut dyn Write, health: &Health) -> std::io::Result<()> {
    let condition = match health.condition {
        Condition::Good => "good",
        Condition::Warning => "needs attention",
        Condition::Bad => "bad",
    };
    writeln!(out, "store          {} {} at {}: {condition}", health.store, health.version, health.place)?;
    for problem in &health.problems {
        writeln!(out, "               ! {problem}")?;
    }
    writeln!(out, "sessions       {} ({})", HumanCount(health.sessions), HumanBytes(health.bytes))?;
    writeln!(
        out,
        "in the log     {} sessions ({}), written by {}",
        HumanCount(health.pending),
        HumanBytes(health.log_bytes),
        if health.writers.is_empty() { "nobody now".to_owned() } else { health.writers.join(", ") }
    )?;
    writeln!(
        out,
        "changes        of {} files ({}); {} are merged and go soon",
        HumanCount(health.changed),
        HumanBytes(health.change_bytes),
        HumanBytes(health.garbage_bytes)
    )?;
    writeln!(
        out,
        "disk           {} of {} free",
        HumanBytes(health.disk_free),
        HumanBytes(health.disk_size)
    )?;
    for member in &health.members {
        writeln!(
            out,
            "node           {} ({}), {} shards, {} of {} free",
            member.name,
            member.roles,
            member.shards,
            HumanBytes(member.disk_free),
            HumanBytes(member.disk_size)
        )?;
    }
    if !health.parts.is_empty() {
        writeln!(out, "partitions\n{}", table(&health.parts))?;
    }
    Ok(())
}
