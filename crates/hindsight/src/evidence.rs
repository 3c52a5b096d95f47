//! What packets are examined for, from the configuration; the evidence of this machine.

use crate::Failure;
use crate::config::Evidence;
use crate::home::Home;
use capture::{Examination, ExaminationOptions};
use evidence::{Archive, DeviceId, Recorder, RecorderOptions, RecorderStatus};
use rules::Problem;
use std::path::{Path, PathBuf};

/// The name that stands for the rules that come with the program.
pub const DEFAULT_RULES: &str = "default";

/// The rules of a folder, or those that come with the program; what cannot be used is named.
pub fn read_rules(named: &Path, problems: &mut Vec<Problem>) -> Result<Vec<rules::Rule>, Failure> {
    if named.as_os_str() == DEFAULT_RULES {
        return Ok(rules::default_rules(problems));
    }
    if !named.is_dir() {
        return Err(Failure::Failed(format!(
            "{}: no folder of rules; it holds service.json, device.json, os.json, midware.json, threat.json",
            named.display()
        )));
    }
    Ok(rules::read_folder(named, problems))
}

/// What is looked for. Rules that cannot be used are said on stderr, the others are in force.
pub fn options(config: &Evidence) -> Result<ExaminationOptions, Failure> {
    let mut problems = Vec::new();
    let options = read_options(config, &mut problems)?;
    for problem in problems {
        eprintln!("hindsight: {problem}");
    }
    Ok(options)
}

/// The same; rules that cannot be used go into `problems`.
pub fn read_options(config: &Evidence, problems: &mut Vec<Problem>) -> Result<ExaminationOptions, Failure> {
    let rules = match &config.rules {
        Some(named) => read_rules(named, problems)?,
        None => Vec::new(),
    };
    let limits =
        rules::Limits { payload: config.max_payload, packets: config.packets, ..rules::Limits::default() };
    Ok(ExaminationOptions {
        rules,
        limits,
        session_rules: config.session_rules(),
        level: config.keeps()?,
        joined: config.matching == crate::config::Matching::Stream,
        idle: i64::try_from(config.idle.0.as_secs()).unwrap_or(i64::MAX),
    })
}

/// Where evidence lies.
pub fn folder(config: &Evidence, home: &Home) -> PathBuf {
    config.dir.clone().unwrap_or_else(|| home.evidence())
}

/// Where evidence lies, and when it goes.
pub fn kept(config: &Evidence, home: &Home) -> (PathBuf, evidence::Limits) {
    (folder(config, home), config.limits())
}

/// For looking evidence up.
pub fn archive(config: &Evidence, home: &Home) -> Result<Archive, Failure> {
    Ok(Archive::new(&folder(config, home), config.zone()?))
}

/// What packets of a device are examined for; none where nothing is configured. An import `waits` for the disk.
pub fn examination(
    config: &Evidence,
    home: &Home,
    device: DeviceId,
    waits: bool,
) -> Result<Option<Examination>, Failure> {
    if !config.is_on() {
        return Ok(None);
    }
    let recorder = recorder(config, home, device, waits)?;
    let examination = Examination::new(options(config)?, device, recorder);
    Ok(Some(examination.map_err(|error| format!("[evidence]: {error}"))?))
}

/// Writes the evidence of a device; none where no packet is kept.
pub fn recorder(
    config: &Evidence,
    home: &Home,
    device: DeviceId,
    waits: bool,
) -> Result<Option<Recorder>, Failure> {
    if config.level == 0 || !config.is_on() {
        return Ok(None);
    }
    let folder = folder(config, home);
    let options = RecorderOptions {
        folder: folder.clone(),
        device,
        zone: config.zone()?,
        waits,
        limits: config.limits(),
    };
    let recorder = Recorder::start(options).map_err(|error| {
        format!("evidence cannot be written: {}: {error}", folder.join(device.to_string()).display())
    })?;
    Ok(Some(recorder))
}

/// Finishes the files; says what was lost.
pub fn finish(examination: Examination) {
    if let Some(status) = examination.finish() {
        tell(&status);
    }
}

pub fn tell(status: &RecorderStatus) {
    if let Some(problem) = &status.problem {
        eprintln!("hindsight: evidence: {problem}");
    }
    if status.lost_error > 0 {
        eprintln!("hindsight: {} packets of evidence could not be written", status.lost_error);
    }
}

/// Says what went wrong since the last call.
pub fn tell_problem(examination: &Examination) {
    if let Some(problem) = examination.recorder().and_then(|recorder| recorder.take_problem()) {
        eprintln!("hindsight: evidence: {problem}");
    }
}
