//! Slows down guessing of passwords.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Names and addresses that are remembered.
const MAX_KEYS: usize = 10_000;
/// Failures older than this are forgotten.
const FORGET: Duration = Duration::from_secs(3_600);
/// The first lock; each further failure doubles it.
const FIRST_LOCK: Duration = Duration::from_secs(10);
/// The longest lock.
const LAST_LOCK: Duration = Duration::from_secs(900);

#[derive(Debug)]
struct Failures {
    count: u32,
    last: Instant,
    until: Instant,
}

/// Counts attempts by address and name, by address, and by name. An attempt counts as failed until it is known to
/// have succeeded, so that many at once are no way around.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<HashMap<String, Failures>>);

/// What is counted, and how many failures are free. One name from many addresses has more, so that a stranger
/// cannot easily lock a user out.
fn keys(name: &str, peer: IpAddr) -> [(String, u32); 3] {
    let name: String = name.chars().take(64).collect();
    [(format!("{peer} {name}"), 5), (format!("{peer}"), 20), (format!("* {name}"), 50)]
}

impl Throttle {
    /// Counts an attempt, or says how long to wait.
    pub fn attempt(&self, name: &str, peer: IpAddr) -> Result<(), Duration> {
        self.attempt_at(name, peer, Instant::now())
    }

    fn attempt_at(&self, name: &str, peer: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = keys(name, peer);
        let wait =
            keys.iter().filter_map(|(key, _)| failures.get(key)?.until.checked_duration_since(now)).max();
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            return Err(wait);
        }
        if failures.len() + keys.len() > MAX_KEYS {
            failures.retain(|_, f| now.duration_since(f.last) < FORGET);
            // all of them young: an attack with many names; forget the oldest tenth
            if failures.len() + keys.len() > MAX_KEYS {
                let mut ages: Vec<Instant> = failures.values().map(|f| f.last).collect();
                ages.sort_unstable();
                let cut = ages.get(MAX_KEYS / 10).copied().unwrap_or(now);
                failures.retain(|_, f| f.last > cut);
            }
        }
        for (key, free) in keys {
            let entry = failures.entry(key).or_insert(Failures { count: 0, last: now, until: now });
            if now.duration_since(entry.last) > FORGET {
                entry.count = 0;
            }
            entry.count = entry.count.saturating_add(1);
            entry.last = now;
            if let Some(over) = entry.count.checked_sub(free) {
                entry.until = now + (FIRST_LOCK * 2u32.pow(over.min(10))).min(LAST_LOCK);
            }
        }
        Ok(())
    }

    /// Whether attempts are refused at present, and for how long.
    pub fn locked(&self, name: &str, peer: IpAddr) -> Option<Duration> {
        let (now, failures) = (Instant::now(), self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let waits = keys(name, peer)
            .into_iter()
            .filter_map(|(key, _)| failures.get(&key)?.until.checked_duration_since(now));
        waits.max().filter(|wait| !wait.is_zero())
    }

    /// The attempt was right: the user is not locked out by its own earlier mistakes. The address keeps those that it made with
    /// other names: who has one password must not wash guesses of others away with it.
    pub fn succeeded(&self, name: &str, peer: IpAddr) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [(with_name, _), (address, free), (name, _)] = keys(name, peer);
        let own = failures.remove(&with_name).map_or(1, |f| f.count);
        failures.remove(&name);
        if let Some(all) = failures.get_mut(&address) {
            all.count = all.count.saturating_sub(own);
            if all.count < free {
                all.until = all.last;
            }
            if all.count == 0 {
                failures.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn the_sixth_guess_waits_and_waits_longer() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for _ in 0..5 {
            assert_eq!(throttle.attempt_at("admin", HERE, now), Ok(()));
        }
        let wait = throttle.attempt_at("admin", HERE, now).unwrap_err();
        assert_eq!(wait, FIRST_LOCK);
        assert_eq!(throttle.attempt_at("other", HERE, now), Ok(()), "another name is free");
        let later = now + wait;
        assert_eq!(throttle.attempt_at("admin", HERE, later), Ok(()));
        assert_eq!(throttle.attempt_at("admin", HERE, later).unwrap_err(), FIRST_LOCK * 2);
    }

    #[test]
    fn a_success_clears_and_time_forgets() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for _ in 0..5 {
            let _ = throttle.attempt_at("admin", HERE, now);
        }
        throttle.succeeded("admin", HERE);
        for _ in 0..5 {
            assert_eq!(throttle.attempt_at("admin", HERE, now), Ok(()));
        }
        assert!(throttle.attempt_at("admin", HERE, now).is_err());
        assert_eq!(throttle.attempt_at("admin", HERE, now + FORGET + LAST_LOCK), Ok(()));
    }

    #[test]
    fn one_right_password_does_not_wash_guesses_of_others_away() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let mut refused = false;
        for n in 0..40 {
            refused |= throttle.attempt_at(&format!("victim{n}"), HERE, now).is_err();
            if throttle.attempt_at("attacker", HERE, now).is_ok() {
                throttle.succeeded("attacker", HERE);
            }
        }
        assert!(refused, "the address is locked in the end");
    }

    #[test]
    fn many_names_do_not_grow_it() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for n in 0..MAX_KEYS as u32 {
            let peer = IpAddr::from(n.to_be_bytes());
            let _ = throttle.attempt_at(&n.to_string(), peer, now + Duration::from_millis(u64::from(n)));
        }
        assert!(throttle.0.lock().unwrap().len() <= MAX_KEYS);
    }
}
