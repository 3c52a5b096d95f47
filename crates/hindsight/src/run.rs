//! `hindsight run`: capture, index and viewer in one process.

use crate::cli::Run;
use crate::config::{self, Config, Interface};
use crate::flows::Flows;
use crate::home::{Home, node_name};
use crate::keeper::Keeper;
use crate::monitor::Monitor;
use crate::recover::{self, Recovery};
use crate::rules_in_force::RulesInForce;
use crate::serve::{Listening, refresh, serve};
use crate::stores::{Guarded, Listed, Stores, packet_folders, writer_options};
use crate::{Failure, Outcome, composition, evidence, interrupt, log, record, ship};
use capture::{KeepRules, Line, LiveStatus};
use enrich::Enricher;
use index::SessionSink;
use indicatif::{HumanBytes, HumanCount};
use packets::Writer;
use sd_notify::NotifyState;
use session::SessionDoc;
use source::{Opened, Stop, default_interface, privileges};
use std::collections::BTreeSet;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

/// Name of this machine.
pub fn node(named: Option<&str>, config: &Config) -> String {
    named.map(str::to_owned).or_else(|| config.capture.node.clone()).unwrap_or_else(node_name)
}

/// The configuration with what the command line says.
fn settings(command: &Run, mut config: Config) -> Result<Config, Failure> {
    let capture = &mut config.capture;
    if !command.interfaces.is_empty() {
        // what the file says of an interface holds for it
        let said = |name: &String| {
            let known = capture.interfaces.iter().find(|interface| interface.name == *name);
            known.cloned().unwrap_or_else(|| Interface::named(name))
        };
        capture.interfaces = command.interfaces.iter().map(said).collect();
    }
    if capture.interfaces.is_empty() {
        let found = default_interface().ok_or_else(|| {
            let there = source::interfaces().join(", ");
            format!("there is no default route, so no default interface; name one with --interface (there are: {there})")
        })?;
        capture.interfaces.push(Interface::named(&found));
    }
    for interface in &mut capture.interfaces {
        interface.source = command.source.or(interface.source);
        interface.workers = command.workers.map(usize::from).or(interface.workers);
        interface.snaplen = command.snaplen.or(interface.snaplen);
        interface.libpcap = command.libpcap.clone().or_else(|| interface.libpcap.take());
        interface.filter = command.filter.clone().or_else(|| interface.filter.take());
        if command.no_promiscuous {
            interface.promiscuous = Some(false);
        }
    }
    capture.node = command.node.clone().or_else(|| capture.node.take());
    capture.user = command.user.clone().or_else(|| capture.user.take());
    capture.geo = command.geo.geo.clone().or_else(|| capture.geo.take());
    capture.index &= !command.no_index;
    let packets = &mut config.packets;
    packets.write &= !command.no_packets;
    packets.format = command.format.unwrap_or(packets.format);
    packets.max_file_size = command.max_file_size.unwrap_or(packets.max_file_size);
    packets.max_file_age = command.max_file_age.unwrap_or(packets.max_file_age);
    if !command.write.is_empty() {
        packets.folders.clone_from(&command.write);
    }
    config.retention = command.retention.over(&config.retention);
    config.evidence = command.evidence.over(&config.evidence);
    if !command.collectors.is_empty() {
        config.netflow.collectors.clone_from(&command.collectors);
    }
    config.viewer.serve &= !command.no_serve;
    config.viewer.listen = command.listen.listen.unwrap_or(config.viewer.listen);
    config.viewer.allow_remote |= command.listen.allow_remote;
    let tells = config.evidence.level > 0 || !config.netflow.collectors.is_empty();
    if !config.capture.index && !config.packets.write && !tells {
        return Err(Failure::Usage(
            "neither sessions nor packets nor evidence are to be kept, and no collector is told of flows: there is nothing to do".into(),
        ));
    }
    config.check().map_err(Failure::Usage)?;
    Ok(config)
}

/// How long a capture that begins asks a cluster for the numbers of its packet files.
const NUMBERS_PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// Captures until Ctrl-C.
pub fn run(command: &Run, named: Option<&Path>, home: &Home, quiet: bool) -> Result<Outcome, Failure> {
    let (file, read) = config::find(named, home, command.node.as_deref())?;
    let config = settings(command, read)?;
    log::level(config.log.level.name());
    let stop = Stop::new();
    // sources first: without the right to capture nothing else is begun
    let mut opened = Vec::new();
    for interface in &config.capture.interfaces {
        let spec = config.capture.spec(interface);
        opened.push((
            interface,
            source::open(&spec, &stop).map_err(|error| Failure::Failed(error.to_string()))?,
        ));
    }
    if let Some(user) = &config.capture.user {
        privileges::drop_to(user, privileges::Keep { reopening: true }).map_err(Failure::Failed)?;
    }
    let stores = Arc::new(Stores::open_with(home, &config.packets)?);
    let enricher = composition::enricher_of(None, &config, home)?;
    let node = node(None, &config);
    let rules = config.keep_rules()?;
    let (count, keep) = (rules.len(), KeepRules::new(rules).map_err(|error| error.to_string())?);
    let folders = packet_folders(home, &config.packets);
    let age = config.packets.object_store.as_ref().and_then(|store| store.max_age).map(|span| span.0);
    let keeper = Keeper::new(home, &stores, &node, folders, config.retention.clone(), age);
    // packets wait in the rings meanwhile; later they would have to be refused
    if let Some(mirror) = stores.mirror.as_ref().filter(|_| config.packets.write)
        && let Err(error) = mirror.prepare(&node, NUMBERS_PATIENCE)
    {
        eprintln!(
            "hindsight: packets cannot be written before the cluster gives numbers for their files: {error}"
        );
    }
    // what was interrupted is found before anything new is written
    let recovery = if config.packets.write { recover::prepare(home, &stores, &node, &config)? } else { None };
    let names: Vec<String> =
        config.capture.interfaces.iter().map(|interface| interface.name.clone()).collect();
    let mut notes = Vec::new();
    let rules_in_force = RulesInForce::of_capture(
        home,
        (named.map(Path::to_owned), command.node.clone()),
        &command.evidence,
        &config.evidence,
    )?;
    let rules_in_force = Arc::new(rules_in_force);
    // packets that are only written are not decoded for rules that may come later
    let decodes = config.capture.index || !config.netflow.collectors.is_empty() || config.evidence.is_on();
    let examination = rules_in_force.examination().filter(|_| decodes).cloned();
    let mut lines = lines(&config, opened, home, &stores, &node, &keep, &keeper, &mut notes)?;
    for line in &mut lines {
        line.examination.clone_from(&examination);
    }
    on_signals(&stop, named, command, home, &keep, &keeper, &enricher, &rules_in_force, quiet)?;
    // a recorder looks after its folder by itself
    let idle = (!config.evidence.is_on()).then(|| crate::evidence::kept(&config.evidence, home));
    refresh(&enricher, &stores, idle, &stop)?;
    if !quiet {
        if let Some(file) = &file {
            eprintln!("configuration: {}", file.display());
        }
        for note in &notes {
            eprintln!("{note}");
        }
        eprintln!("capturing on {} into {}", names.join(", "), home.path().display());
    }
    let monitor = Monitor::start(home, &node, stores.catalog.clone())?;
    let retention = keeper.start(&stop, quiet)?;
    let shipping = ship::Shipper::new(home, &stores, &node, &config.packets);
    let shipping = shipping.map(|shipper| shipper.start(&stop, quiet)).transpose()?;
    let viewer = viewer(&config, home, &stores, &enricher, &monitor, &rules_in_force, &node, &stop, quiet)?;
    let recovering =
        recovery.map(|found| in_background(found, &stores, &enricher, &config, &keeper, &stop, quiet));
    let recovering = recovering.transpose()?;

    let shows = !quiet && std::io::stderr().is_terminal();
    let mut noted = BTreeSet::new();
    let mut full = 0;
    let mut each_second = |status: &LiveStatus| {
        for problem in &status.problems {
            eprintln!("hindsight: {problem}");
        }
        if let Some(examination) = &examination {
            evidence::tell_problem(examination);
        }
        if shows {
            eprint!("\r\x1b[K{}", summary(status));
            let _ = std::io::stderr().flush();
        }
        if status.counters.unwritten_by.full > full {
            full = status.counters.unwritten_by.full;
            keeper.wake();
        }
        // what the index did not take is recovered at the next start
        for number in &status.recover {
            if !noted.contains(number) {
                let value = serde_json::json!({ "time": crate::ask::now_ms() });
                if stores.catalog.put(recover::UNINDEXED, &format!("{node}/{number}"), &value, None).is_ok() {
                    noted.insert(*number);
                }
            }
        }
        monitor.spool(stores.index.spool(), stores.mirror.as_ref().map_or(0, |mirror| mirror.waiting()));
        monitor.take(status, examination.as_ref());
        let _ = sd_notify::notify(&[NotifyState::Watchdog]);
    };
    let _ = sd_notify::notify(&[NotifyState::Ready]);
    let result = if config.capture.index {
        let options = config.options(&node, &config.capture.tags);
        let sink = keeper.sink(stores.index.writer(&format!("live-{node}"))?);
        let mut sink = Flows::new(sink, &config.netflow)?;
        capture::live(lines, options, &enricher, &mut sink, &stop, &mut each_second)
    } else if record::is_enough(&lines, count) && config.netflow.collectors.is_empty() {
        Ok(record::record(lines, &stop, &mut each_second))
    } else {
        let options = config.options(&node, &[]);
        let mut sink = Flows::new(Nowhere, &config.netflow)?;
        capture::live(lines, options, &enricher, &mut sink, &stop, &mut each_second)
    };
    let _ = sd_notify::notify(&[NotifyState::Stopping]);
    stop.set();
    if let Some(examination) = rules_in_force.examination().cloned() {
        evidence::finish(examination);
    }
    monitor.finish();
    if shows {
        eprintln!();
    }
    let viewer = viewer.map(JoinHandle::join);
    let _ = retention.join();
    let _ = shipping.map(JoinHandle::join);
    let _ = recovering.map(JoinHandle::join);
    let counters = result?;
    if !quiet {
        eprintln!("{counters}");
    }
    match viewer {
        Some(Ok(Err(failure))) => Err(failure),
        Some(Err(_)) => Err(Failure::Failed("the viewer ended unexpectedly".into())),
        _ => Ok(Outcome::Done),
    }
}

/// Sources with the files that their packets go to.
#[allow(clippy::too_many_arguments, reason = "the composition root")]
fn lines(
    config: &Config,
    opened: Vec<(&Interface, Opened)>,
    home: &Home,
    stores: &Arc<Stores>,
    node: &str,
    keep: &KeepRules,
    keeper: &Arc<Keeper>,
    notes: &mut Vec<String>,
) -> Result<Vec<Line>, Failure> {
    let all = opened.iter().map(|(_, opened)| opened.sources.len()).sum();
    let options =
        config.packets.write.then(|| writer_options(home, node, &config.packets, all)).transpose()?;
    let mut lines = Vec::new();
    for (interface, opened) in opened {
        notes.extend(opened.notes);
        for (worker, source) in opened.sources.into_iter().enumerate() {
            let store = match &options {
                None => None,
                Some(options) => {
                    let register = Listed::new(home, node, &stores.catalog)?;
                    let register = register.line(&format!("{}-{worker}", interface.name)).ready();
                    let writer = Writer::new(options.clone(), register);
                    Some(Box::new(Guarded::new(writer, keeper.paused.clone()))
                        as Box<dyn capture::PacketWriter>)
                }
            };
            let mut line = Line::new(source, store);
            line.keep = keep.clone();
            line.duplicates = config.capture.duplicates(interface);
            lines.push(line);
        }
    }
    Ok(lines)
}

/// The viewer in a thread of its own, where it is wanted.
#[allow(clippy::too_many_arguments, reason = "the composition root")]
fn viewer(
    config: &Config,
    home: &Home,
    stores: &Arc<Stores>,
    enricher: &Arc<Enricher>,
    monitor: &Arc<Monitor>,
    rules_in_force: &Arc<RulesInForce>,
    node: &str,
    stop: &Stop,
    quiet: bool,
) -> Result<Option<JoinHandle<Result<(), Failure>>>, Failure> {
    if !config.viewer.serve && !config.fleet.enabled {
        return Ok(None);
    }
    let listening = Listening {
        listen: config.viewer.listen,
        allow_remote: config.viewer.allow_remote,
        regression_tests: false,
        node: node.to_owned(),
        roles: if config.viewer.serve { &["capture", "viewer"] } else { &["capture"] },
        viewer: config.viewer.serve,
        quiet,
    };
    let (home, stores, enricher) = (home.clone(), stores.clone(), enricher.clone());
    let (monitor, stop, config) = (monitor.clone(), stop.clone(), config.clone());
    let rules = rules_in_force.clone();
    let thread = std::thread::Builder::new().name("viewer".into()).spawn(move || {
        let result = serve(&listening, &home, &config, &stores, &enricher, Some(monitor), rules, &stop);
        // without the viewer that was asked for the command has failed: say so rather than capture unseen
        stop.set();
        result
    });
    thread.map(Some).map_err(|error| Failure::Failed(format!("cannot start the viewer: {error}")))
}

/// Recovers while the capture goes on already.
fn in_background(
    recovery: Recovery,
    stores: &Arc<Stores>,
    enricher: &Arc<Enricher>,
    config: &Config,
    keeper: &Arc<Keeper>,
    stop: &Stop,
    quiet: bool,
) -> Result<JoinHandle<()>, Failure> {
    for note in &recovery.notes {
        eprintln!("recover: {note}");
    }
    let needed = recovery.is_needed();
    if needed && !quiet {
        eprintln!(
            "recover: {} files ({}) are looked through",
            recovery.files().len(),
            HumanBytes(recovery.bytes())
        );
    }
    *keeper.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = recovery.files();
    let (stores, enricher, keeper) = (stores.clone(), enricher.clone(), keeper.clone());
    let (config, stop) = (config.clone(), stop.clone());
    let run = move || {
        let done =
            recovery.rebuild(&stores, &enricher, &config, &stop, std::time::Duration::MAX, &mut |text| {
                if !quiet {
                    eprintln!("recover: {text}");
                }
            });
        keeper.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
        match done {
            Ok(done) if needed && !quiet => {
                let left = if done.complete { "" } else { "; the rest at the next start" };
                eprintln!("recover: {} sessions from {} packets{left}", done.sessions, done.packets);
            }
            Ok(_) => {}
            Err(Failure::Failed(text) | Failure::Usage(text)) => eprintln!("hindsight: recover: {text}"),
        }
    };
    let thread = std::thread::Builder::new().name("recover".into()).spawn(run);
    thread.map_err(|error| Failure::Failed(format!("cannot start recovery: {error}")))
}

/// Ctrl-C ends, SIGHUP reads again what can be read again.
#[allow(clippy::too_many_arguments, reason = "the composition root")]
fn on_signals(
    stop: &Stop,
    named: Option<&Path>,
    command: &Run,
    home: &Home,
    keep: &KeepRules,
    keeper: &Arc<Keeper>,
    enricher: &Arc<Enricher>,
    rules_in_force: &Arc<RulesInForce>,
    quiet: bool,
) -> Result<(), Failure> {
    let (named, home, node) = (named.map(Path::to_owned), home.clone(), command.node.clone());
    let (keep, keeper, enricher) = (keep.clone(), keeper.clone(), enricher.clone());
    let (over, rules_in_force) = (command.retention.clone(), rules_in_force.clone());
    interrupt::on_signal_or_reload(stop, move || {
        let took = config::find(named.as_deref(), &home, node.as_deref()).and_then(|(_, config)| {
            keep.replace(config.keep_rules()?).map_err(|error| error.to_string())?;
            rules_in_force.take(&config.evidence)?;
            keeper.set(over.over(&config.retention));
            log::level(config.log.level.name());
            enricher.refresh().map_err(|error| Failure::Failed(error.to_string()))?;
            Ok(())
        });
        match took {
            Ok(()) if quiet => {}
            Ok(()) => eprintln!(
                "read again: keep rules, rules about evidence, retention, log level, databases of addresses"
            ),
            Err(Failure::Failed(text) | Failure::Usage(text)) => {
                eprintln!("hindsight: {text}; what was in force stays so");
            }
        }
    })
}

/// Takes sessions that nobody wants.
struct Nowhere;

impl SessionSink for Nowhere {
    fn append(&mut self, _: Vec<SessionDoc>) -> Result<(), index::Error> {
        Ok(())
    }
    fn commit(&mut self) -> Result<(), index::Error> {
        Ok(())
    }
}

fn summary(status: &LiveStatus) -> String {
    let c = &status.counters;
    format!(
        "{} packets, {}, {} sessions ({} open), {} dropped by the kernel",
        HumanCount(c.packets),
        HumanBytes(c.bytes),
        HumanCount(c.sessions),
        HumanCount(status.open_sessions),
        HumanCount(c.kernel_dropped)
    )
}
