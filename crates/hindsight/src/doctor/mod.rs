//! `hindsight doctor`: what on this machine will lose packets or tell wrong times, and the commands that mend it.

mod card;
mod disk;
mod kernel;
mod machine;
mod report;

use crate::cli::Doctor;
use crate::config::Config;
use crate::home::Home;
use crate::stores::packet_folders;
use crate::{Failure, Outcome};
use serde::Serialize;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The unit that `--unit` prints.
const UNIT: &str = include_str!("../../../../deploy/hindsight.service");

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Costs packets under load, or makes times or packets inexact.
    Warn,
    /// Capturing does not work, or not for long.
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is about: `kernel`, `rights`, `disk /var/lib/hindsight`, `interface eth0` …
    pub area: String,
    /// How bad it is.
    pub level: Level,
    /// What was found.
    pub found: String,
    /// What it means for capture; empty where all is well.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub means: String,
    /// What mends it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fix: Vec<Remedy>,
}

/// What mends a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remedy {
    /// A command line, or what a person must do.
    pub command: String,
    /// Whether `--fix` may run it: it changes a setting and takes nothing away.
    pub runs: bool,
}

impl Finding {
    fn ok(area: &str, found: impl Into<String>) -> Self {
        Self {
            area: area.to_owned(),
            level: Level::Ok,
            found: found.into(),
            means: String::new(),
            fix: Vec::new(),
        }
    }
    fn new(area: &str, level: Level, found: impl Into<String>, means: &str) -> Self {
        Self { level, means: means.to_owned(), ..Self::ok(area, found) }
    }
    /// A command that `--fix` runs.
    fn runs(mut self, command: impl Into<String>) -> Self {
        self.fix.push(Remedy { command: command.into(), runs: true });
        self
    }
    /// What only a person can do.
    fn by_hand(mut self, what: impl Into<String>) -> Self {
        self.fix.push(Remedy { command: what.into(), runs: false });
        self
    }
}

/// The text of a small file of `/proc` or `/sys`, without the line end.
fn read(path: impl AsRef<Path>) -> Option<String> {
    std::fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

/// Whether a program is in the path of programs, or where system programs are.
fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(Into::into));
    folders.into_iter().any(|folder| folder.join(program).exists())
}

/// Looks at everything.
pub fn run(command: &Doctor, home: &Home, config: &Config) -> Result<Outcome, Failure> {
    if command.unit {
        return crate::describe::print(|out| out.write_all(UNIT.as_bytes()));
    }
    // what `hindsight run` would capture on, and where it would write
    let configured: Vec<String> = config
        .capture
        .interfaces
        .iter()
        .filter(|interface| !interface.source.unwrap_or(config.capture.source).is_network())
        .map(|interface| interface.name.clone())
        .collect();
    let interfaces = match command.interfaces.as_slice() {
        [] if !configured.is_empty() => configured,
        [] => source::default_interface().into_iter().collect(),
        named => named.to_vec(),
    };
    let mut folders = if config.packets.write { packet_folders(home, &config.packets) } else { Vec::new() };
    folders.push(home.index());
    let findings = examine(&interfaces, &folders);
    if command.json {
        let value = serde_json::json!({ "worst": worst(&findings), "findings": findings });
        crate::describe::print(|out| writeln!(out, "{value:#}"))?;
    } else {
        let colours = std::io::stdout().is_terminal();
        crate::describe::print(|out| report::write(&findings, colours, command.fix, out))?;
    }
    let left = if command.fix { mend(&findings, command.yes, &interfaces, &folders)? } else { findings };
    Ok(if worst(&left) == Level::Bad { Outcome::Partly } else { Outcome::Done })
}

fn worst(findings: &[Finding]) -> Level {
    findings.iter().map(|f| f.level).max().unwrap_or(Level::Ok)
}

fn examine(interfaces: &[String], folders: &[PathBuf]) -> Vec<Finding> {
    let mut findings = kernel::findings();
    if interfaces.is_empty() {
        findings.push(
            Finding::new(
                "interface",
                Level::Warn,
                "no default route, so no interface to look at",
                "hindsight run needs one named too",
            )
            .by_hand(format!(
                "name one: hindsight doctor --interface NAME (there are: {})",
                source::interfaces().join(", ")
            )),
        );
    }
    for interface in interfaces {
        findings.extend(card::findings(interface));
    }
    let speed = interfaces.iter().filter_map(|name| card::speed(name)).sum();
    findings.extend(disk::findings(folders, speed));
    findings.extend(machine::findings());
    findings
}

/// Runs the commands, after asking, and looks again; returns what is found then.
fn mend(
    findings: &[Finding],
    yes: bool,
    interfaces: &[String],
    folders: &[PathBuf],
) -> Result<Vec<Finding>, Failure> {
    let mut commands: Vec<&str> = Vec::new();
    for remedy in findings.iter().flat_map(|finding| &finding.fix).filter(|remedy| remedy.runs) {
        if !commands.contains(&remedy.command.as_str()) {
            commands.push(&remedy.command);
        }
    }
    if commands.is_empty() {
        eprintln!("There is nothing that --fix could run.");
        return Ok(findings.to_vec());
    }
    if !yes && !std::io::stdin().is_terminal() {
        return Err(Failure::Usage("--fix asks before each command; without a terminal say --yes".into()));
    }
    let mut failed = 0;
    for command in commands {
        if !yes {
            eprint!("run: {command} ? [y/N] ");
            std::io::stderr().flush().map_err(|error| error.to_string())?;
            let mut answer = String::new();
            std::io::stdin().lock().read_line(&mut answer).map_err(|error| error.to_string())?;
            if !answer.trim().eq_ignore_ascii_case("y") {
                continue;
            }
        }
        eprintln!("+ {command}");
        match Command::new("sh").args(["-c", command]).status() {
            Ok(status) if status.success() => {}
            Ok(status) => {
                failed += 1;
                eprintln!("hindsight: that failed ({status}); run it by hand, as root, to see why");
            }
            Err(error) => {
                failed += 1;
                eprintln!("hindsight: sh cannot be run: {error}");
            }
        }
    }
    let after = examine(interfaces, folders);
    let count = |list: &[Finding]| list.iter().filter(|f| f.level > Level::Ok).count();
    eprintln!("{} of {} findings are left, {failed} commands failed", count(&after), count(findings));
    Ok(after)
}

#[cfg(test)]
mod tests;
