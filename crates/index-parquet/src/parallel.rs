//! The segments of a question shared out to threads.

use crate::segment::{Open, Segment};
use crate::shared::Shared;
use index::{Control, Error, ErrorKind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Calls `work` for every segment in order, on several threads, each with a state of its own; returns the states. The
/// first error ends all. `work` returns false when no further segment is needed.
pub(crate) fn each<T: Send>(
    shared: &Shared,
    segments: &[Segment],
    control: &Control,
    make: impl Fn() -> T + Sync,
    work: impl Fn(usize, &Open<'_>, &mut T) -> Result<bool, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let next = AtomicUsize::new(0);
    let failure: Mutex<Option<Error>> = Mutex::new(None);
    let stop = || next.store(usize::MAX / 2, Ordering::Relaxed);
    let run = || {
        let mut state = make();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(segment) = segments.get(at) else { return state };
            let done =
                control.check().and_then(|()| match Open::new(segment, &shared.registry, &shared.files)? {
                    Some(open) => work(at, &open, &mut state),
                    None => Ok(true),
                });
            match done {
                Ok(true) => {}
                Ok(false) => stop(),
                Err(e) => {
                    stop();
                    crate::shared::lock(&failure).get_or_insert(e);
                    return state;
                }
            }
        }
    };
    let threads = shared.options.threads.clamp(1, segments.len().max(1));
    let states = if threads == 1 {
        vec![run()]
    } else {
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
            let mut states = vec![run()];
            for other in others {
                match other.join() {
                    Ok(state) => states.push(state),
                    Err(_) => {
                        crate::shared::lock(&failure).get_or_insert(Error::new(
                            ErrorKind::Unavailable,
                            "a thread of the query failed",
                        ));
                    }
                }
            }
            states
        })
    };
    match failure.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        Some(e) => Err(e),
        None => Ok(states),
    }
}
