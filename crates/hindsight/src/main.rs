//! The `hindsight` binary: command line, configuration and composition root.

mod cli;
mod describe;
mod home;
mod output;
mod progress;
mod schema;

use clap::Parser as _;
use cli::{Cli, Command};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How a command ended when nothing went wrong altogether.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// All was done.
    Done,
    /// A part failed; what failed was said on stderr.
    Partly,
}

/// A sentence for people: what failed, where, and what helps.
type Failure = String;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Partly) => ExitCode::from(1),
        Err(failure) => {
            eprintln!("hindsight: {failure}");
            ExitCode::from(1)
        }
    }
}

fn run(cli: Cli) -> Result<Outcome, Failure> {
    match &cli.command {
        Command::Fields(command) => describe::fields(command),
        Command::Completions { shell } => describe::completions(*shell),
        Command::Man => describe::man(),
        Command::HelpExpressions => describe::expressions(),
        _ => Err("not built into this binary yet".into()),
    }
}
