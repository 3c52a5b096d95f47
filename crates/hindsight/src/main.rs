//! The `hindsight` binary: command line, configuration and composition root.

mod ask;
mod cli;
mod describe;
mod home;
mod output;
mod progress;
mod schema;
mod search;

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

/// Why a command failed: a sentence for people with the place and what helps.
#[derive(Debug)]
enum Failure {
    /// The command line is wrong.
    Usage(String),
    /// Something went wrong while it was done.
    Failed(String),
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Failure::Failed(text)
    }
}

impl From<index::Error> for Failure {
    fn from(error: index::Error) -> Self {
        Failure::Failed(error.to_string())
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Partly) => ExitCode::from(1),
        Err(Failure::Failed(text)) => {
            eprintln!("hindsight: {text}");
            ExitCode::from(1)
        }
        Err(Failure::Usage(text)) => {
            eprintln!("hindsight: {text}");
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli) -> Result<Outcome, Failure> {
    match &cli.command {
        Command::Fields(command) => describe::fields(command),
        Command::Completions { shell } => describe::completions(*shell),
        Command::Man => describe::man(),
        Command::HelpExpressions => describe::expressions(),
        _ => Err(Failure::Failed("not built into this binary yet".into())),
    }
}
