//! Old evidence goes: by age, and by the bytes of all files together.

use crate::index;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What goes when. Files that are open never go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// A file goes so long after its last packet was written. An import of an old capture is as young as the import.
    pub max_age: Option<Duration>,
    /// The oldest files go when all devices' files together are larger, bytes.
    pub max_size: Option<u64>,
}

/// What went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Files.
    pub files: u64,
    /// Bytes of them, indexes included.
    pub bytes: u64,
    /// The captures, the oldest first.
    pub names: Vec<PathBuf>,
    /// What could not be done.
    pub problems: Vec<String>,
}

struct File {
    path: PathBuf,
    bytes: u64,
    /// Seconds since 1970, in steps of five minutes: what one import writes is of one age, and the names decide.
    written: u64,
    open: bool,
}

fn files(base: &Path, gone: &mut Expired) -> Vec<File> {
    let mut files = Vec::new();
    let list = |path: &Path, gone: &mut Expired| match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect::<Vec<_>>(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            gone.problems.push(format!("{}: {error}", path.display()));
            Vec::new()
        }
    };
    let is_device = |path: &Path| {
        path.file_name().is_some_and(|n| n.to_string_lossy().bytes().all(|b| b.is_ascii_digit()))
    };
    for device in list(base, gone).into_iter().filter(|path| is_device(path)) {
        for path in list(&device, gone) {
            let name = path.to_string_lossy();
            let open = name.ends_with(".pcap.temp");
            if !open && !name.ends_with(".pcap") {
                continue;
            }
            let Ok(meta) = path.metadata() else { continue };
            let modified = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            let index = index::path_of(&path).metadata().map_or(0, |meta| meta.len());
            files.push(File {
                bytes: meta.len() + index,
                written: modified.map_or(0, |since| since.as_secs() / 300 * 300),
                open,
                path,
            });
        }
    }
    files
}

/// Removes the files of all devices that are beyond the limits, the oldest first.
pub fn expire(base: &Path, limits: &Limits, now: SystemTime) -> Expired {
    let mut gone = Expired::default();
    for file in beyond(base, limits, now, &mut gone) {
        match std::fs::remove_file(&file.path) {
            Ok(()) => {
                let _ = std::fs::remove_file(index::path_of(&file.path));
                gone.add(file);
            }
            Err(error) => gone.problems.push(format!("{}: {error}", file.path.display())),
        }
    }
    gone
}

/// What [`expire`] would remove.
pub fn would_expire(base: &Path, limits: &Limits, now: SystemTime) -> Expired {
    let mut gone = Expired::default();
    beyond(base, limits, now, &mut gone).into_iter().for_each(|file| gone.add(file));
    gone
}

impl Expired {
    fn add(&mut self, file: File) {
        self.files += 1;
        self.bytes += file.bytes;
        self.names.push(file.path);
    }
}

/// The files that are beyond the limits, the oldest first.
fn beyond(base: &Path, limits: &Limits, now: SystemTime, gone: &mut Expired) -> Vec<File> {
    if *limits == Limits::default() {
        return Vec::new();
    }
    let mut files = files(base, gone);
    let mut total: u64 = files.iter().map(|file| file.bytes).sum();
    let now = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    files.retain(|file| !file.open);
    files.sort_by(|a, b| (a.written, a.path.file_name()).cmp(&(b.written, b.path.file_name())));
    files.retain(|file| {
        let aged = limits.max_age.is_some_and(|age| now.saturating_sub(file.written) > age.as_secs());
        let goes = aged || limits.max_size.is_some_and(|most| total > most);
        if goes {
            total = total.saturating_sub(file.bytes);
        }
        goes
    });
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_closed_files_go_first() {
        let dir = tempfile::tempdir().unwrap();
        let device = dir.path().join("3");
        std::fs::create_dir(&device).unwrap();
        for name in ["202306181545.pcap", "202306181550.pcap", "202306181540.pcap.temp", "note.txt"] {
            std::fs::write(device.join(name), [0; 100]).unwrap();
        }
        std::fs::write(device.join("202306181545.pcap.idx"), [0; 20]).unwrap();
        let names = || {
            let mut names: Vec<String> = std::fs::read_dir(&device)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        };
        let now = SystemTime::now();
        assert_eq!(expire(dir.path(), &Limits::default(), now), Expired::default());
        let size = |bytes| Limits { max_size: Some(bytes), ..Limits::default() };
        assert_eq!(expire(dir.path(), &size(320), now).files, 0);
        assert_eq!(would_expire(dir.path(), &size(319), now).names, [device.join("202306181545.pcap")]);
        let gone = expire(dir.path(), &size(319), now);
        assert_eq!((gone.files, gone.bytes), (1, 120));
        assert_eq!(names(), ["202306181540.pcap.temp", "202306181550.pcap", "note.txt"]);
        let age = Limits { max_age: Some(Duration::from_secs(3_600)), ..Limits::default() };
        assert_eq!(expire(dir.path(), &age, now).files, 0);
        assert_eq!(expire(dir.path(), &age, now + Duration::from_secs(7_200)).files, 1);
        // however small it must be, what is open stays
        assert_eq!(expire(dir.path(), &size(0), now).files, 0);
        assert_eq!(names(), ["202306181540.pcap.temp", "note.txt"]);
    }
}
