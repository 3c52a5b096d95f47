//! Ctrl-C and SIGTERM: the first asks for a clean end, the second ends at once.

use crate::Failure;
use signal_hook::consts::{SIGINT, SIGTERM};
use source::Stop;

/// Sets the flag when the process is asked to end. What is done by then is kept.
pub fn on_signal(stop: &Stop) -> Result<(), Failure> {
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])
        .map_err(|error| format!("cannot wait for signals: {error}"))?;
    let stop = stop.clone();
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            for _ in signals.forever() {
                if stop.is_set() {
                    std::process::exit(130);
                }
                stop.set();
            }
        })
        .map_err(|error| format!("cannot wait for signals: {error}"))?;
    Ok(())
}
