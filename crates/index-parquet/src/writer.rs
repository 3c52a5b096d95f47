//! Writing sessions.

use crate::known::Known;
use crate::local::{self, Local};
use crate::shared::{Shared, lock};
use index::{Error, ErrorKind, SessionSink};
use session::SessionDoc;
use std::sync::Arc;
use std::thread::JoinHandle;

/// Writes sessions to an index. Dropping it makes files of what is in memory; what could not be written stays in
/// the log.
#[derive(Debug)]
pub struct Writer {
    shared: Arc<Shared>,
    local: Arc<Local>,
    known: Known,
    thread: Option<JoinHandle<()>>,
}

/// Writers of one name that may run at once.
const MOST: u32 = 64;

impl Writer {
    /// Opens a writer under this name; where another process has it, under the name with a number.
    pub(crate) fn open(shared: &Arc<Shared>, name: &str) -> Result<Self, Error> {
        let plain: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' })
            .collect();
        let plain = plain.trim_start_matches('.');
        let plain = if plain.is_empty() { "writer" } else { plain };
        adopt(shared, plain)?;
        for number in 1..=MOST {
            let name = if number == 1 { plain.to_owned() } else { format!("{plain}-{number}") };
            let Some(file) = shared.try_writer_lock(&name)? else { continue };
            let local = Arc::new(Local::start(shared, &name, file)?);
            lock(&shared.locals).push(local.clone());
            let thread = {
                let (local, shared) = (local.clone(), shared.clone());
                std::thread::Builder::new()
                    .name(format!("index {name}"))
                    .spawn(move || local.run(&shared))
                    .map_err(|e| Error::caused(ErrorKind::Unavailable, "cannot start the index writer", e))?
            };
            return Ok(Self { shared: shared.clone(), local, known: Known::default(), thread: Some(thread) });
        }
        Err(Error::new(
            ErrorKind::Overloaded,
            format!("{MOST} writers named {plain} are open already; end some of them"),
        ))
    }

    /// Makes files of everything that was appended; returns when that is done.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.local.flush_soon(&self.shared)?;
        self.local.drain()
    }

    /// Merges the small files of this writer and folds changes in, now rather than when it is due.
    pub fn compact(&mut self) -> Result<(), Error> {
        self.flush()?;
        crate::merging::merge_all(&self.shared, &self.local.name)
    }

    /// Name of the writer's folder.
    pub fn name(&self) -> &str {
        &self.local.name
    }
}

/// Makes files of the logs that processes left which ended without doing so. One that fails is left for later.
fn adopt(shared: &Shared, own: &str) -> Result<(), Error> {
    for writer in crate::manifest::list(&shared.layout.writers())? {
        let dir = shared.layout.writer(&writer);
        if writer != own
            && !crate::manifest::logs(&dir)?.is_empty()
            && let Some(_lock) = shared.try_writer_lock(&writer)?
        {
            let _ = local::recover(shared, &writer);
        }
    }
    Ok(())
}

impl SessionSink for Writer {
    fn append(&mut self, docs: Vec<SessionDoc>) -> Result<(), Error> {
        if docs.is_empty() {
            return Ok(());
        }
        let maybe = self.known.take(docs.iter().map(|d| d.id), &self.shared, &self.local.name)?;
        self.local.wait_for_room()?;
        if maybe.is_empty() {
            return self.local.append(docs, true, &self.shared);
        }
        // Nothing moves while the lock is held, so that the older rows are still where they were found when the newer
        // documents are safe in the log.
        let _exclusive = self.shared.exclusive()?;
        let view = self.shared.reload(true)?;
        let mut segments = self.shared.file_segments(&view);
        segments.extend(self.local.waiting(&view));
        segments.extend(self.shared.others(&view, &self.local)?);
        let older = self.shared.rows_of(&segments, &maybe)?;
        self.local.append(docs, false, &self.shared)?;
        if !older.is_empty() {
            self.shared.log_changes(view.state.changes, &older)?;
            self.shared.advance(&view, view.state.changes)?;
            self.shared.reload(true)?;
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.local.sync()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.local.close();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let mut locals = lock(&self.shared.locals);
        locals.retain(|local| !Arc::ptr_eq(local, &self.local));
    }
}
