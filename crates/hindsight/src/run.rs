//! `hindsight run`: capture, index and viewer in one process.

use crate::cli::Run;
use crate::home::{Home, node_name};
use crate::monitor::Monitor;
use crate::serve::{Listening, refresh, serve};
use crate::stores::{Stores, packet_writer};
use crate::{Failure, Outcome, composition, interrupt};
use capture::{Line, LiveStatus, Options};
use indicatif::{HumanBytes, HumanCount};
use source::{AfPacket, AfPacketConfig, PacketSource, Stop, default_interface};
use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;

/// Captures until Ctrl-C.
pub fn run(command: &Run, home: &Home, quiet: bool) -> Result<Outcome, Failure> {
    let interfaces = interfaces(command)?;
    let stop = Stop::new();
    let config = AfPacketConfig { snap_len: command.snaplen, ..AfPacketConfig::default() };
    // sources first: without the right to capture nothing else is begun
    let mut sources = Vec::new();
    for interface in &interfaces {
        sources.push(
            AfPacket::open(interface, &config, &stop).map_err(|error| Failure::Failed(error.to_string()))?,
        );
    }
    let stores = Arc::new(Stores::open(home)?);
    let enricher = composition::enricher_of(command.geo.geo.as_deref(), home)?;
    let node = command.node.clone().unwrap_or_else(node_name);
    let mut lines = Vec::new();
    for source in sources {
        let store = packet_writer(home, &node, &stores.catalog)?;
        lines.push(Line::new(Box::new(source) as Box<dyn PacketSource>, Some(Box::new(store))));
    }
    let mut sink = stores.index.writer(&format!("live-{node}"))?;
    interrupt::on_signal(&stop)?;
    refresh(&enricher, &stores, &stop)?;
    if !quiet {
        eprintln!("capturing on {} into {}", interfaces.join(", "), home.path().display());
    }
    let monitor = Monitor::start(home, &node, stores.catalog.clone())?;
    let options = Options { node: node.clone(), ..Options::default() };
    let served = if command.no_serve {
        None
    } else {
        let listen = &command.listen;
        let listening = Listening {
            listen: listen.listen,
            allow_remote: listen.allow_remote,
            regression_tests: false,
            node,
            quiet,
        };
        let (home, stores, enricher) = (home.clone(), stores.clone(), enricher.clone());
        let (monitor, stop) = (monitor.clone(), stop.clone());
        let thread = std::thread::Builder::new().name("viewer".into()).spawn(move || {
            let result = serve(&listening, &home, &stores, &enricher, Some(monitor), &stop);
            // without the viewer that was asked for the command has failed: say so rather than capture unseen
            stop.set();
            result
        });
        Some(thread.map_err(|error| format!("cannot start the viewer: {error}"))?)
    };
    let shows = !quiet && std::io::stderr().is_terminal();
    let result = capture::live(lines, options, &enricher, &mut sink, &stop, &mut |status| {
        for problem in &status.problems {
            eprintln!("hindsight: {problem}");
        }
        if shows {
            eprint!("\r\x1b[K{}", summary(status));
            let _ = std::io::stderr().flush();
        }
        monitor.take(status);
    });
    stop.set();
    monitor.finish();
    if shows {
        eprintln!();
    }
    let viewer = served.map(|thread| thread.join());
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

fn interfaces(command: &Run) -> Result<Vec<String>, Failure> {
    if !command.interfaces.is_empty() {
        return Ok(command.interfaces.clone());
    }
    match default_interface() {
        Some(interface) => Ok(vec![interface]),
        None => Err(Failure::Failed(format!(
            "there is no default route, so no default interface; name one with --interface (there are: {})",
            source::interfaces().join(", ")
        ))),
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
