//! The `hindsight` binary: command line, configuration and composition root.

/// As in the standard library, but what cannot be said is left unsaid: the one who read stderr (`hindsight run 2>&1 | head`) may be gone, and a
/// panic would end the thread that happens to speak, that of the signals for instance.
macro_rules! eprintln {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($text)*);
    }};
}

/// The same without an end of line.
macro_rules! eprint {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = write!(std::io::stderr(), $($text)*);
    }};
}

mod ask;
mod bench;
mod cli;
mod composition;
mod config;
mod database;
mod decrypt;
mod describe;
mod doctor;
mod evidence;
mod export;
mod fleet;
mod flows;
mod home;
mod import;
mod inspect;
mod interrupt;
mod keeper;
mod log;
mod migrate;
mod mirror;
mod monitor;
mod output;
mod pin;
mod progress;
mod record;
mod recover;
mod replay;
mod rules_command;
mod rules_in_force;
mod run;
mod schema;
mod search;
mod secret;
mod serve;
mod ship;
mod stores;
mod top;
mod users;

use clap::Parser as _;
use cli::{Cli, Command};
use home::Home;
use std::process::ExitCode;
use stores::Stores;

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
    let quiet = cli.common.quiet;
    log::start(quiet);
    let named = cli.common.config.as_deref();
    let config = || -> Result<config::Config, Failure> {
        let mut config = config::find(named, &Home::find(cli.common.dir.as_deref())?, cli.command.node())?.1;
        if let Some(store) = &cli.common.index {
            config.index.store.clone_from(store);
        }
        config.index.check().map_err(Failure::Usage)?;
        Ok(config)
    };
    let home = || -> Result<Home, Failure> {
        Ok(Home::find(cli.common.dir.as_deref())?.with_index(&config()?.index))
    };
    match &cli.command {
        Command::Run(command) => run::run(command, named, &home()?, quiet),
        Command::Import(command) => import::run(command, &home()?, &config()?, quiet),
        Command::Search(command) => {
            let stores = Stores::open(&home()?)?;
            search::run(command, &*stores.index, &*stores.catalog)
        }
        Command::Export(command) => {
            export::run(command, &Stores::open_with(&home()?, &config()?.packets)?, quiet)
        }
        Command::Serve(command) => serve::run(command, &home()?, &config()?, quiet),
        Command::Config(command) => config::command(
            &command.what,
            named,
            &Home::find(cli.common.dir.as_deref())?,
            command.node.as_deref(),
        ),
        Command::Expire(command) => keeper::command(command, &home()?, &config()?, quiet),
        Command::Recover(command) => recover::command(command, &home()?, &config()?, quiet),
        Command::Pin(command) => pin::command(command, &home()?, &config()?, quiet),
        Command::Unpin(command) => pin::unpin(command, &home()?),
        Command::Pins { json } => pin::list(*json, &home()?),
        Command::Replay(command) => replay::run(command, quiet),
        Command::Rules(command) => rules_command::run(&command.what),
        Command::Node(command) => fleet::run(&command.what, &home()?, &config()?),
        Command::User(command) => users::run(&command.what, &home()?),
        Command::Db(command) => database::run(&command.what, &home()?, &config()?, quiet),
        Command::Migrate(command) => migrate::run(command, &home()?, quiet),
        Command::Bench(command) => bench::run(&command.what, home()?.cluster()),
        Command::Top(command) => top::run(command, &home()?),
        Command::Doctor(command) => doctor::run(command, &home()?, &config()?),
        Command::Decrypt(command) => decrypt::run(command, quiet),
        // looks at captures only: what is configured for a store is no part of it, unless one says so
        Command::Inspect(command) => match named {
            Some(_) => inspect::run(command, &config()?),
            None => inspect::run(command, &config::Config::default()),
        },
        Command::Fields(command) => describe::fields(command),
        Command::Completions { shell } => describe::completions(*shell),
        Command::Man => describe::man(),
        Command::HelpExpressions => describe::expressions(),
    }
}
