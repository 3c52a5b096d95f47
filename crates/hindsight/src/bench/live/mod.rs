//! `hindsight bench live`: the highest rate at which a program keeps every packet.
//!
//! A sender in one network namespace, the program in another, a virtual cable between them. An attempt counts as held only when the
//! sender's count, the kernel's at the capturing interface, the program's own and that of the packets in the files it left are all the
//! same, and for Hindsight the packets of the sessions in its index, too.

mod cable;
mod made;
mod programs;
mod search;
mod sender;
mod traffic;
mod trial;

use crate::cli::BenchLive;
use crate::describe::print;
use crate::{Failure, Outcome, interrupt};
use cable::Cable;
use programs::Program;
use search::Found;
use source::Stop;
use std::time::Duration;
use traffic::Traffic;

/// Smallest MTU of the cable: that of Ethernet.
const MTU: usize = 1_500;
/// Bytes of an Ethernet header, which the MTU does not count.
const ETHERNET: usize = 14;

/// Measures and prints a table for each kind of traffic.
pub fn run(command: &BenchLive) -> Result<Outcome, Failure> {
    let stop = Stop::new();
    let time = Duration::from_secs(command.seconds);
    let scratch = command.scratch.clone().unwrap_or_else(std::env::temp_dir);
    let programs = Program::all(command.peers);
    let programs = chosen(programs, |program| program.name(), &command.only);
    let kinds = chosen(names(command), String::clone, &command.only);
    // the right to make namespaces is tested before traffic is made, which takes a moment
    drop(Cable::new(MTU)?);
    interrupt::on_signal(&stop)?;
    let mut complete = true;
    for kind in kinds {
        let traffic = &mut open(command, &kind)?;
        trial::check_room(&scratch, traffic, time)?;
        let cable = Cable::new(MTU.max(traffic.longest().saturating_sub(ETHERNET)))?;
        traffic.warm();
        let mut rows = Vec::new();
        for program in &programs {
            if program.path().is_none() {
                rows.push((*program, None));
                continue;
            }
            eprintln!("{}: {}", traffic.name, program.name());
            let found = search::highest(
                *program,
                &cable,
                traffic,
                command.rate.map(|r| r as f64),
                time,
                &scratch,
                &stop,
            );
            if stop.is_set() {
                complete = false;
                break;
            }
            match found {
                Ok(found) => rows.push((*program, Some(found))),
                Err(Failure::Failed(why) | Failure::Usage(why)) => {
                    eprintln!("hindsight: {why}");
                    complete = false;
                }
            }
        }
        table(traffic, time, command.rate.is_some(), &rows)?;
        if stop.is_set() {
            break;
        }
    }
    Ok(if complete { Outcome::Done } else { Outcome::Partly })
}

/// Those whose names have one of the words in them; all where none has (the words are about something else).
fn chosen<T>(all: Vec<T>, name: impl Fn(&T) -> String, words: &[String]) -> Vec<T> {
    let is = |one: &T| words.iter().any(|word| name(one).contains(&**word));
    if all.iter().any(is) { all.into_iter().filter(is).collect() } else { all }
}

/// Names of the kinds of traffic.
fn names(command: &BenchLive) -> Vec<String> {
    if command.captures.is_empty() {
        return ["large", "mixed", "small"].map(String::from).to_vec();
    }
    command.captures.iter().map(|path| path.display().to_string()).collect()
}

fn open(command: &BenchLive, name: &str) -> Result<Traffic, Failure> {
    match name {
        "large" if command.captures.is_empty() => Ok(made::large(150)),
        "mixed" if command.captures.is_empty() => Ok(made::mixed(40_000)),
        "small" if command.captures.is_empty() => Ok(made::small(200_000)),
        path => Traffic::capture(path.as_ref()),
    }
}

/// `single`: one rate was tried, so a rate that was held says nothing of the sender's limit.
fn table(
    traffic: &Traffic,
    time: Duration,
    single: bool,
    rows: &[(Program, Option<Found>)],
) -> Result<Outcome, Failure> {
    print(|out| {
        writeln!(
            out,
            "\n{}: {} frames, {:.0} bytes on average{}; {} held for {} s without a loss",
            traffic.name,
            traffic.len(),
            traffic.mean(),
            if traffic.left_out > 0 {
                format!(", {} left out for their size", traffic.left_out)
            } else {
                String::new()
            },
            if single { "rate" } else { "highest rate" },
            time.as_secs()
        )?;
        writeln!(
            out,
            "{:<26} {:>12} {:>9} {:>11} {:>14}",
            "program", "packets/s", "Mbit/s", "processors", "first loss at"
        )?;
        for (program, found) in rows {
            let name = program.name();
            match found {
                None => writeln!(out, "{name:<26} not installed")?,
                Some(Found { best: None, loss, .. }) => {
                    writeln!(
                        out,
                        "{name:<26} {:>12} {:>9} {:>11} {loss:>14.0}",
                        "none held",
                        "",
                        "",
                        loss = loss.unwrap_or(0.0)
                    )?;
                }
                Some(Found { best: Some(best), loss, .. }) => {
                    let limit = loss.is_none() && !single;
                    let rate = format!("{}{:.0}", if limit { "≥ " } else { "" }, best.sent.rate());
                    let loss = match loss {
                        Some(loss) => format!("{loss:.0}"),
                        None if limit => "sender's limit".to_owned(),
                        None => String::new(),
                    };
                    writeln!(
                        out,
                        "{name:<26} {rate:>12} {:>9.0} {:>11.2} {loss:>14}",
                        best.sent.megabits(),
                        best.processors
                    )?;
                }
            }
        }
        Ok(())
    })
}
