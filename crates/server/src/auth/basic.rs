//! Remembers basic passwords that were right, so that a script does not pay for Argon2 with every request.

use crate::auth::User;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long one is remembered.
const KEPT: Duration = Duration::from_secs(300);
/// How many are remembered.
const MAX: usize = 256;

/// Keys are hashes over a secret of this process, the name, the password and the stored hash: a changed password is
/// unknown at once, and a copy of the memory of this map alone tells no password.
pub(crate) struct BasicCache {
    secret: Option<[u8; 32]>,
    right: Mutex<HashMap<[u8; 32], Instant>>,
}

impl BasicCache {
    pub fn new() -> Self {
        let mut secret = [0; 32];
        // without random numbers nothing is remembered
        let secret = getrandom::fill(&mut secret).is_ok().then_some(secret);
        Self { secret, right: Mutex::default() }
    }

    fn key(&self, user: &User, password: &str) -> Option<[u8; 32]> {
        let mut hash = Sha256::new();
        hash.update(self.secret?);
        for part in [&user.user_id, &user.pass_store, password] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        Some(hash.finalize().into())
    }

    pub fn knows(&self, user: &User, password: &str) -> bool {
        let Some(key) = self.key(user, password) else { return false };
        let right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
        user.web_enabled && right.get(&key).is_some_and(|at| at.elapsed() < KEPT)
    }

    pub fn remember(&self, user: &User, password: &str) {
        let Some(key) = self.key(user, password) else { return };
        let mut right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
        if right.len() >= MAX {
            right.retain(|_, at| at.elapsed() < KEPT);
        }
        if right.len() >= MAX {
            right.clear();
        }
        right.insert(key, Instant::now());
    }
}
