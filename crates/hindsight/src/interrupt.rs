//! Ctrl-C and SIGTERM: the first asks for a clean end, the second ends at once. SIGHUP: what can be read again is.

use crate::Failure;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use source::Stop;

/// Sets the flag when the process is asked to end. What is done by then is kept.
pub fn on_signal(stop: &Stop) -> Result<(), Failure> {
    listen(stop, None)
}

/// The same, and calls `reload` at SIGHUP.
pub fn on_signal_or_reload(stop: &Stop, reload: impl FnMut() + Send + 'static) -> Result<(), Failure> {
    listen(stop, Some(Box::new(reload)))
}

fn listen(stop: &Stop, mut reload: Option<Box<dyn FnMut() + Send>>) -> Result<(), Failure> {
    let ends = [SIGINT, SIGTERM];
    let signals = ends.into_iter().chain(reload.is_some().then_some(SIGHUP));
    let mut signals = signal_hook::iterator::Signals::new(signals)
        .map_err(|error| format!("cannot wait for signals: {error}"))?;
    let stop = stop.clone();
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            for signal in signals.forever() {
                match &mut reload {
                    Some(reload) if signal == SIGHUP => reload(),
                    _ if stop.is_set() => std::process::exit(130),
                    _ => stop.set(),
                }
            }
        })
        .map_err(|error| format!("cannot wait for signals: {error}"))?;
    Ok(())
}
