//! What the list of values of each field costs, and all of them together (the viewer's SPI view).
//!
//! `cargo bench -p hindsight-index-parquet --bench values -- FOLDER [EXPRESSION-FIELD VALUE]`: FOLDER is one that
//! `hindsight bench index --keep` or the bench `index` left. With a field and a value only sessions that have it are asked about.
//! Prints processor and wall time of each field that takes more than a millisecond, then of all in one question.

use fields::{Schema, Target};
use index::{Aggregate, Control, Order, Outcome, SessionIndex, Terms, generate};
use index_parquet::{Options, Store};
use query::{Leaf, Plan, Test, TextTest};
use session::core;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// CPU time of this process, all threads.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // after the name: state, then numbers, of which utime and stime are the 11th and 12th
    let fields = stat.rsplit(')').next().unwrap_or("").split_whitespace().skip(11).take(2);
    Duration::from_millis(fields.filter_map(|f| f.parse::<u64>().ok()).sum::<u64>() * 10)
}

/// Peak memory, MB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM:"));
    line.and_then(|l| l.split_whitespace().nth(1)).and_then(|v| v.parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let Some(folder) = arguments.next() else {
        println!("skipped: name the folder of an index");
        return;
    };
    let schema = Arc::new(Schema::new([core::FIELDS, session::perf::FIELDS, generate::FIELDS]).unwrap());
    let mut options = Options::new(schema.clone());
    options.threads = options.threads.min(2);
    let store = Store::open(folder, options).unwrap();
    let plan = match (arguments.next(), arguments.next()) {
        (Some(field), Some(value)) => Plan::Leaf(Leaf {
            target: schema.target(&field).expect("a field"),
            test: match value.parse::<i64>() {
                Ok(int) => Test::Ints(vec![(int, int)]),
                Err(_) => Test::Texts(vec![TextTest::Is(value)]),
            },
        }),
        _ => Plan::All,
    };
    let targets: Vec<Target> =
        schema.entries().iter().filter(|entry| !entry.tokens).map(|entry| entry.target).collect();
    let terms = |target: &Target| {
        Aggregate::Terms(Terms { levels: vec![*target], size: 100, order: Order::Most, sums: Vec::new() })
    };
    println!("{} documents, {} fields", store.count(&plan, &Control::new()).unwrap(), targets.len());
    for target in &targets {
        let mut wall = Vec::new();
        let mut last = None;
        let used = cpu();
        for _ in 0..3 {
            let begun = Instant::now();
            let answer = store.aggregate(&plan, &[terms(target)], &Control::new()).unwrap();
            wall.push(begun.elapsed());
            last = answer.into_iter().next();
        }
        wall.sort_unstable();
        if wall[1] >= Duration::from_millis(1)
            && let Some(Outcome::Terms { buckets, other }) = last
        {
            let most = buckets.first().map_or(0, |bucket| bucket.count);
            println!(
                "{:<28} {:9.2} ms wall, {:8.1} ms processor, {:4} values, most {most}, others {other}",
                target.expr(),
                wall[1].as_secs_f64() * 1e3,
                (cpu() - used).as_secs_f64() * 1e3 / 3.0,
                buckets.len(),
            );
        }
    }
    let all: Vec<Aggregate> = targets.iter().map(terms).collect();
    for _ in 0..3 {
        let (begun, used) = (Instant::now(), cpu());
        store.aggregate(&plan, &all, &Control::new()).unwrap();
        println!(
            "all fields: {:.0} ms wall, {:.0} ms processor, {} MB at most",
            begun.elapsed().as_secs_f64() * 1e3,
            (cpu() - used).as_secs_f64() * 1e3,
            peak()
        );
    }
}
