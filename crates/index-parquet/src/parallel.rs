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
    each_on(shared.options.threads, (shared, segments, control), make, work)
}

/// The same on so many threads.
pub(crate) fn each_on<T: Send>(
    threads: usize,
    (shared, segments, control): (&Shared, &[Segment], &Control),
    make: impl Fn() -> T + Sync,
    work: impl Fn(usize, &Open<'_>, &mut T) -> Result<bool, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let work = |at: usize, state: &mut T| {
        let Some(segment) = segments.get(at) else { return Ok(false) };
        match Open::new(segment, &shared.registry, &shared.files)? {
            Some(open) => work(at, &open, state),
            None => Ok(true),
        }
    };
    numbers(threads, control, segments.len(), make, work)
}

/// Calls `work` for every number below `count` in order, as [`each`] does for segments.
pub(crate) fn numbers<T: Send>(
    threads: usize,
    control: &Control,
    count: usize,
    make: impl Fn() -> T + Sync,
    work: impl Fn(usize, &mut T) -> Result<bool, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let next = AtomicUsize::new(0);
    let failure: Mutex<Option<Error>> = Mutex::new(None);
    let stop = || next.store(usize::MAX / 2, Ordering::Relaxed);
    let run = || {
        let mut state = make();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return state;
            }
            match control.check().and_then(|()| work(at, &mut state)) {
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
    let threads = threads.clamp(1, count.max(1));
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
