//! Whether the clock, from which packets get their times, is disciplined.

/// What the kernel knows of its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// A daemon (chrony, ntpd, systemd-timesyncd, ptp4l) steers it.
    pub synchronised: bool,
    /// Microseconds by which it may be wrong, as the daemon says.
    pub max_error_us: i64,
}

/// Asks the kernel; `None` where that is forbidden.
#[must_use]
pub fn clock() -> Option<Clock> {
    // SAFETY: an all-zero timex is a valid one; `modes` 0 only reads.
    let mut timex: libc::timex = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel fills in the structure, which lives through the call.
    let state = unsafe { libc::adjtimex(&raw mut timex) };
    (state >= 0).then_some(Clock {
        synchronised: state != libc::TIME_ERROR && timex.status & libc::STA_UNSYNC == 0,
        max_error_us: timex.maxerror,
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_kernel_answers() {
        match super::clock() {
            Some(clock) => assert!(clock.max_error_us >= 0),
            None => eprintln!("skipped: the clock may not be asked here"),
        }
    }
}
