//! Which packet files go, and in which order: a pure decision over what is there.

#[cfg(test)]
mod tests;

/// Room that stays free on each file system.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Free {
    /// Percent of the file system.
    Percent(f64),
    /// Bytes.
    Bytes(u64),
}

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// Room that stays free.
    pub free: Free,
    /// Files that are older go, milliseconds.
    pub max_age: Option<i64>,
    /// Bytes of all files together.
    pub max_bytes: Option<u64>,
}

/// Whether a file may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// It may.
    Free,
    /// It is being written, or read, or recovered: later.
    Busy,
    /// It is kept for good and does not count as part of the store: imported in place, or pinned.
    Kept,
}

/// A packet file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// Its file system, by its place in the list of these.
    pub disk: usize,
    /// Bytes on disk.
    pub bytes: u64,
    /// Its age counts from here, milliseconds since 1970: the oldest goes first.
    pub time: i64,
    /// Whether it may go.
    pub hold: Hold,
}

/// A file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    /// Free bytes.
    pub free: u64,
    /// Bytes in all.
    pub size: u64,
}

impl Disk {
    /// Bytes that are to be free on it.
    #[must_use]
    pub fn target(&self, free: Free) -> u64 {
        match free {
            Free::Percent(percent) => (self.size as f64 * percent.clamp(0.0, 100.0) / 100.0) as u64,
            Free::Bytes(bytes) => bytes.min(self.size),
        }
    }
}

/// Why a file goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// It is too old.
    Age,
    /// All files together are too large.
    Size,
    /// Its file system has too little free room.
    Room,
}

/// The files that go, as places in `files`, the oldest first. `now` is in milliseconds since 1970.
#[must_use]
pub fn choose(policy: &Policy, now: i64, files: &[File], disks: &[Disk]) -> Vec<(usize, Why)> {
    let mut order: Vec<(usize, &File)> =
        files.iter().enumerate().filter(|(_, f)| f.hold == Hold::Free).collect();
    order.sort_by_key(|(at, file)| (file.time, *at));
    let counted = files.iter().filter(|file| file.hold != Hold::Kept);
    let mut total: u64 = counted.fold(0, |sum, file| sum.saturating_add(file.bytes));
    let mut missing: Vec<u64> =
        disks.iter().map(|disk| disk.target(policy.free).saturating_sub(disk.free)).collect();
    let mut gone = Vec::new();
    for (at, file) in order {
        let too_old = policy.max_age.is_some_and(|age| file.time < now.saturating_sub(age));
        let too_much = policy.max_bytes.is_some_and(|most| total > most);
        let room = missing.get_mut(file.disk);
        let why = match &room {
            _ if too_old => Why::Age,
            _ if too_much => Why::Size,
            // an empty file makes no room
            Some(missing) if **missing > 0 && file.bytes > 0 => Why::Room,
            _ => continue,
        };
        total = total.saturating_sub(file.bytes);
        if let Some(missing) = room {
            *missing = missing.saturating_sub(file.bytes);
        }
        gone.push((at, why));
    }
    gone
}
