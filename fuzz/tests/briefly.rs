//! Every target runs for a short while with each run of the tests; `FUZZ_SECONDS` makes it longer.

use std::process::Command;

#[test]
fn no_input_panics_hangs_or_is_slow() {
    let seconds = std::env::var("FUZZ_SECONDS").unwrap_or_else(|_| "3".to_owned());
    let run =
        Command::new(env!("CARGO_BIN_EXE_hindsight-fuzz")).args(["--seconds", &seconds]).output().unwrap();
    assert!(
        run.status.success(),
        "{}{}",
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    );
}
