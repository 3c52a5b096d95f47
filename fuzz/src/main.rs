//! Runs fuzz targets on mutated real inputs. See README.md.

mod mutate;
mod seeds;
mod targets;

use clap::Parser;
use mutate::Random;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};
use targets::Target;

/// An input that takes longer is a finding: packets come faster than that.
const SLOW: Duration = Duration::from_secs(1);

/// Runs fuzz targets on mutated real inputs.
#[derive(Parser)]
struct Arguments {
    /// Seconds for each target
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Seed of the random numbers, to repeat a run
    #[arg(long)]
    seed: Option<u64>,
    /// Run only this input
    #[arg(long)]
    input: Option<PathBuf>,
    /// Targets; all when none is named
    targets: Vec<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let chosen: Vec<&Target> = targets::ALL
        .iter()
        .filter(|t| arguments.targets.is_empty() || arguments.targets.iter().any(|n| n == t.name))
        .collect();
    if chosen.is_empty() {
        let names: Vec<&str> = targets::ALL.iter().map(|t| t.name).collect();
        eprintln!("no such target; there are: {}", names.join(", "));
        return ExitCode::from(2);
    }
    if let Some(path) = &arguments.input {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                eprintln!("{}: {error}", path.display());
                return ExitCode::from(1);
            }
        };
        chosen.iter().for_each(|target| (target.run)(&bytes));
        return ExitCode::SUCCESS;
    }
    let clock =
        || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(1, |d| d.as_nanos() as u64);
    let seed = arguments.seed.unwrap_or_else(clock);
    // the panic's own message is enough; a thousand back-traces are not
    let mut failed = false;
    for target in chosen {
        match fuzz(target, Duration::from_secs(arguments.seconds), seed) {
            Ok(runs) => println!("{:<12} {runs} inputs", target.name),
            Err(finding) => {
                failed = true;
                println!("{:<12} {finding} (--seed {seed})", target.name);
            }
        }
    }
    ExitCode::from(u8::from(failed))
}

fn fuzz(target: &Target, time: Duration, seed: u64) -> Result<u64, String> {
    let mut random = Random::new(seed);
    let seeds = (target.seeds)();
    if seeds.is_empty() {
        return Err("has no seeds".into());
    }
    let end = Instant::now() + time;
    let mut runs = 0;
    for input in &seeds {
        run(target, input)?;
        runs += 1;
    }
    while Instant::now() < end {
        let input = mutate::mutate(&seeds, &mut random);
        run(target, &input)?;
        runs += 1;
    }
    Ok(runs)
}

fn run(target: &Target, input: &[u8]) -> Result<(), String> {
    let begun = Instant::now();
    let outcome = std::panic::catch_unwind(|| (target.run)(input));
    let took = begun.elapsed();
    let what = match outcome {
        Err(_) => "panicked",
        Ok(()) if took > SLOW => "took longer than a second",
        Ok(()) => return Ok(()),
    };
    let mut hash = DefaultHasher::new();
    input.hash(&mut hash);
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/fuzz");
    let path = folder.join(format!("{}-{:016x}", target.name, hash.finish()));
    let saved = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, input));
    let place = match saved {
        Ok(()) => path.display().to_string(),
        Err(error) => format!("(not saved: {error})"),
    };
    Err(format!("{what}; input: {place}"))
}
