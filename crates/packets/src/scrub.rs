//! Packets whose bytes are taken out of their files: overwritten with zeros where they lie. Headers, times and lengths stay, so
//! that every other position in the file stays right.

use crate::Wanted;
use crate::body::Body;
use crate::files::{FileSource, Files, Gone, Loss, Losses};
use crate::window::Window;
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

/// Files that are held open.
const OPEN: usize = 64;
/// Bytes of a read.
const READ: u64 = 1 << 20;
/// Zeros written at once.
const ZEROS: [u8; 4_096] = [0; 4_096];

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scrubbed {
    /// Sessions of which every packet that lies in a file was overwritten.
    pub sessions: u64,
    /// Packets overwritten.
    pub packets: u64,
    /// Bytes overwritten.
    pub bytes: u64,
    /// Packets that could not be, by file, with the reason.
    pub losses: Vec<Loss>,
}

struct Writable {
    path: PathBuf,
    file: File,
    window: Window,
}

/// A file that can be written to, or why it cannot, with its path where that is known.
type Opened = Result<Writable, (Option<PathBuf>, Gone)>;

/// Overwrites the packets of sessions.
pub struct Scrubber<'a> {
    files: &'a dyn Files,
    open: HashMap<(String, u32), Opened>,
    losses: Losses,
    done: Scrubbed,
}

impl std::fmt::Debug for Scrubber<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scrubber").field("done", &self.done).finish_non_exhaustive()
    }
}

fn open(source: FileSource, files: &dyn Files) -> Result<Writable, (Option<PathBuf>, Gone)> {
    let fail = |path: &PathBuf, gone: Gone| (Some(path.clone()), gone);
    let path = source.path.clone();
    if source.storage.is_some() {
        let why = "it lies in object storage, where nothing can be overwritten; retention removes the file";
        return Err(fail(&path, Gone::Unreadable(why.to_owned())));
    }
    let body = Body::open(&source, files.keys()).map_err(|gone| fail(&path, gone))?;
    if matches!(body, Body::Arkime(_)) {
        let why = "an Arkime wrote it compressed, encrypted or with short headers; its packets cannot be overwritten one by one";
        return Err(fail(&path, Gone::Unreadable(why.to_owned())));
    }
    if matches!(body, Body::Blocks(_)) {
        let why = "its packets are compressed or encrypted in blocks, which cannot be overwritten one by one; retention removes the file";
        return Err(fail(&path, Gone::Unreadable(why.to_owned())));
    }
    // to the last interface of a pcapng: any session may be asked for
    let window =
        Window::open(&source, files.keys(), None, u64::MAX, READ).map_err(|gone| fail(&path, gone))?;
    let file = OpenOptions::new().write(true).open(&path);
    let file = file
        .map_err(|error| fail(&path, Gone::Unreadable(format!("cannot write the packet file: {error}"))))?;
    Ok(Writable { path, file, window })
}

impl Writable {
    /// Overwrites one packet; returns how many bytes.
    fn scrub(&mut self, at: u64, start_ms: i64) -> Result<u64, Gone> {
        let header = self.window.header(at, std::iter::empty())?;
        // a file that is another one by now must not be written to
        if header.time.div_euclid(1_000_000) < start_ms {
            let why = format!(
                "the packet at byte {at} is older than its session: the file is not what was imported"
            );
            return Err(Gone::Damaged(why));
        }
        let (mut place, mut left) = (header.data_at, header.captured_len as usize);
        while left > 0 {
            let part = left.min(ZEROS.len());
            let zeros = ZEROS.get(..part).unwrap_or_default();
            let written = self.file.write_all_at(zeros, place);
            written.map_err(|error| Gone::Unreadable(format!("cannot write at byte {place}: {error}")))?;
            place += part as u64;
            left -= part;
        }
        Ok(u64::from(header.captured_len))
    }
}

impl<'a> Scrubber<'a> {
    /// Begins.
    pub fn new(files: &'a dyn Files) -> Self {
        Self { files, open: HashMap::new(), losses: Losses::default(), done: Scrubbed::default() }
    }

    /// Overwrites the packets of a session.
    pub fn add(&mut self, session: &Wanted) {
        let mut whole = !session.positions.is_empty();
        for (number, at) in session.positions.iter() {
            if number == 0 {
                self.losses.add(&session.node, 0, None, 1, Gone::NotKept);
                whole = false;
                continue;
            }
            let key = (session.node.clone(), number);
            if self.open.len() >= OPEN && !self.open.contains_key(&key) {
                self.sync();
            }
            let files = self.files;
            let file = self.open.entry(key).or_insert_with(|| {
                let source = files.source(&session.node, number).map_err(|gone| (None, gone))?;
                open(source, files)
            });
            let result = match file {
                Ok(file) => file.scrub(at, session.start_ms).map_err(|gone| (Some(file.path.clone()), gone)),
                Err((path, gone)) => Err((path.clone(), gone.clone())),
            };
            match result {
                Ok(bytes) => {
                    self.done.packets += 1;
                    self.done.bytes += bytes;
                }
                Err((path, gone)) => {
                    self.losses.add(&session.node, number, path.as_ref(), 1, gone);
                    whole = false;
                }
            }
        }
        self.done.sessions += u64::from(whole);
    }

    /// Closes every file once the disk has what was written.
    fn sync(&mut self) {
        for ((node, number), file) in self.open.drain() {
            let Ok(file) = file else { continue };
            if let Err(error) = file.file.sync_data() {
                let why = Gone::Unreadable(format!("the disk did not take what was overwritten: {error}"));
                self.losses.add(&node, number, Some(&file.path), 0, why);
            }
        }
    }

    /// Ends; what was overwritten is on the disk then.
    pub fn finish(mut self) -> Scrubbed {
        self.sync();
        Scrubbed { losses: self.losses.into_list(), ..self.done }
    }
}
