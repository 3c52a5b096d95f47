//! `hindsight import`

use crate::cli::Import as Arguments;
use crate::config::Config;
use crate::flows::Flows;
use crate::home::Home;
use crate::progress::{Line, State};
use crate::stores::{Stores, packet_writer};
use crate::{Failure, Outcome, composition, evidence, interrupt};
use capture::import::{FileOutcome, FileResult, Report};
use capture::{Examination, Import};
use packets::Keyring;
use source::{Stop, Watch, walk};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long a watched file must stay unchanged before it is taken.
const SETTLE: Duration = Duration::from_secs(2);

/// Imports files, folders and stdin; with `--watch` also what appears later.
pub fn run(command: &Arguments, home: &Home, config: &Config, quiet: bool) -> Result<Outcome, Failure> {
    let stores = Stores::open(home)?;
    let stop = Stop::new();
    interrupt::on_signal(&stop)?;
    let settings = command.evidence.over(&config.evidence);
    settings.check().map_err(Failure::Usage)?;
    let examination = evidence::examination(&settings, home, settings.import_devid, true)?;
    let mut job = Job { command, home, config, examination, stores: &stores, stop: stop.clone(), quiet };
    let mut outcome = Outcome::Done;
    let (captures, failed) = find(&command.files, &stop, quiet);
    if failed {
        outcome = Outcome::Partly;
    }
    if !captures.is_empty() && job.import(&captures)? == Outcome::Partly {
        outcome = Outcome::Partly;
    }
    if let Some(folder) = &command.watch {
        let mut watch = Watch::new(folder, Vec::new(), SETTLE, &stop)
            .map_err(|error| Failure::Failed(error.to_string()))?;
        if !quiet {
            eprintln!("watching {}; Ctrl-C ends", folder.display());
        }
        while !stop.is_set() {
            match watch.next(Duration::from_millis(500)) {
                Ok(None) => {}
                Ok(Some(file)) => {
                    if job.import(&[file])? == Outcome::Partly {
                        outcome = Outcome::Partly;
                    }
                }
                Err(error) => return Err(Failure::Failed(error.to_string())),
            }
        }
    }
    if let Some(examination) = job.examination.take() {
        evidence::finish(examination);
    }
    Ok(outcome)
}

/// Captures among the arguments; says what was left out. Returns whether an argument itself could not be used.
fn find(arguments: &[PathBuf], stop: &Stop, quiet: bool) -> (Vec<PathBuf>, bool) {
    let mut captures = Vec::new();
    let mut failed = false;
    for argument in arguments {
        match walk(std::slice::from_ref(argument), stop) {
            Ok(found) => {
                captures.extend(found.captures);
                if !quiet {
                    for ignored in &found.ignored {
                        eprintln!("left out: {}: {}", ignored.path.display(), ignored.why);
                    }
                }
            }
            Err(error) => {
                eprintln!("hindsight: {error}");
                failed = true;
            }
        }
    }
    (captures, failed)
}

/// What every import of one command shares.
struct Job<'a> {
    command: &'a Arguments,
    home: &'a Home,
    config: &'a Config,
    examination: Option<Examination>,
    stores: &'a Stores,
    stop: Stop,
    quiet: bool,
}

impl Job<'_> {
    fn import(&mut self, captures: &[PathBuf]) -> Result<Outcome, Failure> {
        let command = self.command;
        let node = crate::run::node(command.node.as_deref(), self.config);
        let keys = Keyring::load(&command.key_files).map_err(|error| Failure::Failed(error.to_string()))?;
        let mut options = self.config.options(&node, &command.tags);
        options.keys = keys;
        if command.complete {
            options = options.complete();
        }
        let import = Import {
            options,
            workers: command.threads.unwrap_or_else(threads),
            enricher: composition::enricher_of(command.geo.geo.as_deref(), self.config, self.home)?,
            catalog: self.stores.catalog.clone(),
            store: Some(Box::new(packet_writer(self.home, &node, &self.stores.catalog)?)),
            copy: command.copy,
            again: command.again,
            examination: self.examination.clone(),
            stop: self.stop.clone(),
        };
        let line = Line::new(self.quiet);
        // an import tells only those that it is asked to tell
        let collectors = command.collectors.clone();
        let netflow = crate::config::Netflow { collectors, ..self.config.netflow.clone() };
        let mut sink = Flows::new(self.stores.index.writer("import")?, &netflow)?;
        let report = import
            .run(captures, &mut sink, &mut |p| {
                line.show(State {
                    bytes: p.bytes,
                    total: p.bytes_total,
                    packets: p.packets,
                    sessions: p.sessions,
                });
            })
            .map_err(|error| Failure::Failed(error.to_string()))?;
        line.end();
        drop(sink);
        tell(&report, self.quiet);
        // what the cluster did not take while the sink was open is counted again
        self.stores.index.maintain()?;
        if let Some(text) = self.stores.waiting() {
            eprintln!("hindsight: {text}");
        }
        Ok(if report.is_complete() { Outcome::Done } else { Outcome::Partly })
    }
}

/// One worker for each core.
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What became of the files, on stderr.
fn tell(report: &Report, quiet: bool) {
    for file in &report.files {
        if let Some((text, problem)) = told(file)
            && (problem || !quiet)
        {
            eprintln!("{text}");
        }
    }
    if !quiet {
        eprintln!("{}", report.counters);
    }
}

/// A sentence about a file that needs one, and whether it tells of a problem.
fn told(file: &FileOutcome) -> Option<(String, bool)> {
    let path = file.path.display();
    match &file.result {
        FileResult::Imported { copied: false, .. } => None,
        FileResult::Imported { packets, copied: true } => {
            Some((format!("{path}: {packets} packets copied into the packet store"), false))
        }
        FileResult::Known { before } if *before == path.to_string() => {
            Some((format!("{path}: imported before; left out (--again insists)"), false))
        }
        FileResult::Known { before } => {
            Some((format!("{path}: imported before as {before}; left out (--again insists)"), false))
        }
        FileResult::Damaged { packets, error } => {
            Some((format!("hindsight: {error}; the {packets} packets before that are imported"), true))
        }
        FileResult::Failed(error) => Some((format!("hindsight: {error}"), true)),
        FileResult::Stopped { packets } => {
            Some((format!("hindsight: {path}: stopped after {packets} packets, which are kept"), true))
        }
    }
}

/// Imports what the viewer's users upload.
pub struct Uploads {
    /// Name of this machine.
    pub node: String,
    /// Index and catalogue.
    pub stores: Arc<Stores>,
    /// Places of addresses.
    pub enricher: Arc<enrich::Enricher>,
    /// Where packets that cannot stay in the upload go.
    pub home: Home,
    /// How sessions are made.
    pub config: Config,
}

impl server::Uploads for Uploads {
    fn import(
        &self,
        upload: server::Upload,
        progress: &server::Progress,
    ) -> Result<server::Imported, server::UploadError> {
        let refused = |text: String| server::UploadError(text);
        let folder = self.home.uploads();
        std::fs::create_dir_all(&folder)
            .map_err(|error| refused(format!("{}: {error}", folder.display())))?;
        let kept =
            keep(&upload, &folder).map_err(|error| refused(format!("{}: {error}", folder.display())))?;
        let result = self.read(&upload, &kept, progress);
        // a capture that nothing points into is not kept
        if !matches!(&result, Ok((_, true))) {
            let _ = std::fs::remove_file(&kept);
        }
        result.map(|(imported, _)| imported)
    }
}

/// Moves an upload to a place of its own in the folder of uploads.
fn keep(upload: &server::Upload, folder: &std::path::Path) -> std::io::Result<PathBuf> {
    for number in 0..10_000 {
        let name = if number == 0 { upload.name.clone() } else { format!("{number}-{}", upload.name) };
        let path = folder.join(name);
        if !path.exists() && std::fs::hard_link(&upload.path, &path).is_ok() {
            std::fs::remove_file(&upload.path)?;
            return Ok(path);
        }
    }
    std::fs::rename(&upload.path, folder.join(&upload.name))?;
    Ok(folder.join(&upload.name))
}

impl Uploads {
    /// Imports the file; returns what became of it, and whether sessions point into it.
    fn read(
        &self,
        upload: &server::Upload,
        path: &std::path::Path,
        progress: &server::Progress,
    ) -> Result<(server::Imported, bool), server::UploadError> {
        let refused = |error: &dyn std::fmt::Display| server::UploadError(error.to_string());
        let named = |error: Failure| match error {
            Failure::Failed(text) | Failure::Usage(text) => server::UploadError(text),
        };
        let stop = Stop::new();
        let catalog = &self.stores.catalog;
        let store = packet_writer(&self.home, &self.node, catalog).map_err(named)?;
        let mut settings = self.config.evidence.clone();
        if upload.devid.is_some() && !settings.is_on() {
            // who asks for alerts gets them
            settings.rules = Some(evidence::DEFAULT_RULES.into());
            settings.level = 2;
        }
        let device = upload.devid.unwrap_or(settings.import_devid);
        let examination = evidence::examination(&settings, &self.home, device, true).map_err(named)?;
        let import = Import {
            options: self.config.options(&self.node, &upload.tags),
            workers: threads(),
            enricher: self.enricher.clone(),
            catalog: catalog.clone(),
            store: Some(Box::new(store)),
            copy: false,
            again: false,
            examination: examination.clone(),
            stop: stop.clone(),
        };
        let mut sink = self.stores.index.writer("upload").map_err(|error| refused(&error))?;
        let paths = [path.to_owned()];
        let report = import
            .run(&paths, &mut sink, &mut |p| {
                progress.read(p.bytes, p.bytes_total);
                progress.found(p.packets, p.sessions);
                if progress.is_cancelled() {
                    stop.set();
                }
            })
            .map_err(|error| refused(&error))?;
        drop(sink);
        if let Some(examination) = examination {
            evidence::finish(examination);
        }
        let file = report.files.first().ok_or_else(|| server::UploadError("the upload is empty".into()))?;
        let expression =
            |name: &str| format!("file == \"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
        let mut imported = server::Imported {
            sessions: report.counters.sessions,
            packets: report.counters.packets,
            expression: expression(&path.display().to_string()),
            ..server::Imported::default()
        };
        let records = catalog.files().map_err(|error| refused(&error))?;
        let here = path.display().to_string();
        let mut points_into = true;
        match &file.result {
            FileResult::Imported { copied, .. } => points_into = !copied,
            FileResult::Known { before } => {
                points_into = false;
                imported.expression = expression(before);
                imported.text = Some(format!("{} was imported before; these are its sessions", upload.name));
            }
            FileResult::Damaged { error, .. } => imported.text = Some(error.replace(&here, &upload.name)),
            FileResult::Stopped { packets } => {
                imported.text = Some(format!("stopped after {packets} packets"))
            }
            FileResult::Failed(error) => return Err(server::UploadError(error.replace(&here, &upload.name))),
        }
        if let Some(record) = records.iter().find(|record| record.name == here) {
            imported.first_ms = Some(record.first_timestamp);
            imported.last_ms = Some(record.last_timestamp);
        }
        Ok((imported, points_into))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_problems_are_told_when_quiet() {
        let of = |result| told(&FileOutcome { path: "a.pcap".into(), result });
        assert_eq!(of(FileResult::Imported { packets: 1, copied: false }), None);
        let (text, problem) =
            of(FileResult::Damaged { packets: 7, error: "a.pcap: byte 99: cut".into() }).unwrap();
        assert!(problem && text.contains("byte 99") && text.contains("7 packets"), "{text}");
        let (text, problem) = of(FileResult::Known { before: "b.pcap".into() }).unwrap();
        assert!(!problem && text.contains("imported before as b.pcap"), "{text}");
    }
}
