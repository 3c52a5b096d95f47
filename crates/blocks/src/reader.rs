//! Reads a file of blocks at any place.

use crate::head::{BOUND, HEAD, Head, check, mark};
use crate::seal::{FileHeader, FileKey};
use crate::storage::{Storage, read_full};
use crate::table::{self, Entry, FOOTER};
use crate::{Error, FILE_HEADER, KeyId, Keyring, Kind, MAGIC, MAX_BLOCK, recognise};
use zstd::bulk::Decompressor;

/// Blocks that are kept unpacked.
const KEPT: usize = 4;
/// Bytes read at once in search of a block behind damage.
const SEARCH: usize = 1 << 20;

/// A part of a file in which no block can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hole {
    /// Where it starts in the file.
    pub from: u64,
    /// Where the next good block, or the end of the file, is.
    pub to: u64,
}

/// An open file of blocks. A file that is still being written is readable up to its last complete block; see [`Blocks::refresh`].
pub struct Blocks {
    file: Box<dyn Storage>,
    header: Option<FileHeader>,
    key: Option<FileKey>,
    zstd: bool,
    /// Random number of the file, once a block was seen.
    number: Option<u64>,
    blocks: Vec<Entry>,
    /// Where the head of the next block is expected in the file.
    next: u64,
    holes: Vec<Hole>,
    finished: bool,
    unpack: Decompressor<'static>,
    scratch: Vec<u8>,
    /// Unpacked blocks with the number of their entry, the latest last.
    kept: Vec<(usize, Vec<u8>)>,
}

impl std::fmt::Debug for Blocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blocks")
            .field("file", &self.file)
            .field("blocks", &self.blocks.len())
            .field("finished", &self.finished)
            .finish_non_exhaustive()
    }
}

/// Reads as much of `into` as the file has at `at`.
fn read(file: &dyn Storage, into: &mut [u8], at: u64) -> Result<usize, Error> {
    read_full(into, at, &mut |into, at| file.read_at(into, at)).map_err(|source| Error::Io { at, source })
}

impl Blocks {
    /// Opens a file; the keys are looked at when the first block is read, so that without any its extent can be seen.
    ///
    /// # Errors
    /// It cannot be read or is no file of blocks.
    pub fn open(file: impl Storage + 'static) -> Result<Self, Error> {
        Self::over(Box::new(file))
    }

    /// The same, of what lies somewhere else.
    ///
    /// # Errors
    /// As [`Blocks::open`].
    pub fn over(file: Box<dyn Storage>) -> Result<Self, Error> {
        let mut first = [0; FILE_HEADER];
        let have = read(&*file, &mut first, 0)?;
        let first = first.get(..have).unwrap_or_default();
        let header = match recognise(first) {
            Some(Kind::Encrypted) => Some(FileHeader::decode(first)?),
            Some(Kind::Zstd) => None,
            None => return Err(Error::Malformed("it begins like none".to_owned())),
        };
        let unpack = Decompressor::new().map_err(|source| Error::Io { at: 0, source })?;
        let mut blocks = Self {
            file,
            key: None,
            zstd: header.as_ref().is_none_or(|header| header.zstd),
            number: header.as_ref().map(|header| header.file),
            next: if header.is_some() { FILE_HEADER as u64 } else { 0 },
            header,
            blocks: Vec::new(),
            holes: Vec::new(),
            finished: false,
            unpack,
            scratch: Vec::new(),
            kept: Vec::new(),
        };
        if !blocks.read_table()? {
            blocks.refresh()?;
        }
        Ok(blocks)
    }

    /// Gives the keys that may open it.
    ///
    /// # Errors
    /// None of them does. Files that are not encrypted need none.
    pub fn unlock(&mut self, keys: &Keyring) -> Result<(), Error> {
        if let Some(header) = &self.header
            && self.key.is_none()
        {
            self.key = Some(header.open(keys)?);
        }
        Ok(())
    }

    fn size(&self) -> Result<u64, Error> {
        self.file.len().map_err(|source| Error::Io { at: 0, source })
    }

    fn read_table(&mut self) -> Result<bool, Error> {
        let size = self.size()?;
        let mut footer = [0; FOOTER];
        let Some(at) = size.checked_sub(FOOTER as u64) else { return Ok(false) };
        if read(&*self.file, &mut footer, at)? < FOOTER {
            return Ok(false);
        }
        let Some(len) = table::len(&footer).filter(|len| *len <= size) else { return Ok(false) };
        let Ok(wanted) = usize::try_from(len) else { return Ok(false) };
        let mut bytes = vec![0; wanted];
        let at = size - len;
        if read(&*self.file, &mut bytes, at)? < wanted {
            return Ok(false);
        }
        let Some((number, blocks)) = table::decode(&bytes, at, self.next) else { return Ok(false) };
        if self.number.is_some_and(|own| own != number) {
            return Ok(false);
        }
        (self.number, self.blocks, self.next, self.finished) = (Some(number), blocks, at, true);
        Ok(true)
    }

    /// Looks for blocks that were added since. The file of a writer only grows, by whole blocks at their end.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn refresh(&mut self) -> Result<(), Error> {
        if self.finished {
            return Ok(());
        }
        let size = self.size()?;
        let mut bytes = [0; HEAD];
        while self.next + HEAD as u64 <= size {
            let have = read(&*self.file, &mut bytes, self.next)?;
            match Head::decode(bytes.get(..have).unwrap_or_default()).filter(|head| self.accepts(head)) {
                Some(head) if head.next(self.next) <= size => self.push(&head),
                // the rest of it is not there yet, or never came
                Some(_) => break,
                None => match self.search(self.next + 1, size)? {
                    Some(at) => {
                        self.holes.push(Hole { from: self.next, to: at });
                        self.next = at;
                    }
                    None => {
                        // a seek table, or a torn end
                        self.read_table_behind(size)?;
                        break;
                    }
                },
            }
        }
        Ok(())
    }

    /// The writer may have finished the file since it was opened; then the table is what follows the last block.
    fn read_table_behind(&mut self, size: u64) -> Result<(), Error> {
        let mut footer = [0; FOOTER];
        let at = size.saturating_sub(FOOTER as u64);
        if read(&*self.file, &mut footer, at)? == FOOTER
            && table::len(&footer).is_some_and(|len| self.next + len == size)
        {
            self.finished = self.holes.is_empty();
        }
        Ok(())
    }

    /// Whether a head is the next one of this file.
    fn accepts(&self, head: &Head) -> bool {
        let end = self.blocks.last().map_or(0, |last| last.logical + u64::from(last.plain));
        self.number.is_none_or(|number| number == head.file) && head.at >= end
    }

    fn push(&mut self, head: &Head) {
        self.number = Some(head.file);
        self.blocks.push(Entry { at: self.next, logical: head.at, plain: head.plain, stored: head.stored });
        self.next = head.next(self.next);
    }

    /// The next good head from `from` on.
    fn search(&self, from: u64, size: u64) -> Result<Option<u64>, Error> {
        let mut buffer = vec![0; SEARCH];
        let mut at = from;
        while at + HEAD as u64 <= size {
            let have = read(&*self.file, &mut buffer, at)?;
            let bytes = buffer.get(..have).unwrap_or_default();
            for (n, window) in bytes.windows(HEAD).enumerate() {
                if window.starts_with(mark())
                    && let Some(head) = Head::decode(window).filter(|head| self.accepts(head))
                    && head.next(at + n as u64) <= size
                {
                    return Ok(Some(at + n as u64));
                }
            }
            if have < SEARCH {
                break;
            }
            at += (SEARCH - HEAD) as u64;
        }
        Ok(None)
    }

    /// Logical bytes, to the end of the last complete block.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.blocks.last().map_or(0, |last| last.logical + u64::from(last.plain))
    }

    /// Whether there is no complete block.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Whether its writer finished it.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Where the last complete block ends in the file.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.next
    }

    /// Parts without a good block, between good ones.
    #[must_use]
    pub fn holes(&self) -> &[Hole] {
        &self.holes
    }

    /// Whether the blocks are compressed.
    #[must_use]
    pub fn is_compressed(&self) -> bool {
        self.zstd
    }

    /// Id of the key that the file needs.
    #[must_use]
    pub fn key_id(&self) -> Option<KeyId> {
        self.header.as_ref().map(|header| header.id)
    }

    /// Number of blocks.
    #[must_use]
    pub fn count(&self) -> usize {
        self.blocks.len()
    }

    /// The head of a block, with its stored bytes checked; needs no key.
    ///
    /// # Errors
    /// The block is damaged.
    pub fn verify(&mut self, block: usize) -> Result<Head, Error> {
        self.fetch(block).map(|(head, _)| head)
    }

    /// Reads the head and, into the scratch buffer, the stored bytes of a block.
    fn fetch(&mut self, block: usize) -> Result<(Head, Entry), Error> {
        let entry =
            *self.blocks.get(block).ok_or_else(|| Error::Malformed("there is no such block".into()))?;
        let damaged = |what: &str| Error::Damaged { at: entry.at, what: what.to_owned() };
        let whole = HEAD + entry.stored as usize;
        if entry.stored as usize > 2 * MAX_BLOCK {
            return Err(damaged("it is impossibly long"));
        }
        if self.scratch.len() < whole {
            self.scratch.resize(whole, 0);
        }
        let into = self.scratch.get_mut(..whole).unwrap_or_default();
        if read(&*self.file, into, entry.at)? < whole {
            return Err(damaged("the file ends before it does"));
        }
        let head = Head::decode(into).ok_or_else(|| damaged("its head is"))?;
        let same = Some(head.file) == self.number
            && (head.at, head.plain, head.stored) == (entry.logical, entry.plain, entry.stored);
        if !same {
            return Err(damaged("its head is that of another block"));
        }
        if check(into.get(HEAD..).unwrap_or_default()) != head.check {
            return Err(damaged("its bytes are not those that were written"));
        }
        Ok((head, entry))
    }

    fn load(&mut self, block: usize) -> Result<Vec<u8>, Error> {
        if let Some(header) = &self.header
            && self.key.is_none()
        {
            return Err(Error::NoKey { id: header.id, have: Vec::new() });
        }
        let (head, entry) = self.fetch(block)?;
        let damaged = |what: &str| Error::Damaged { at: entry.at, what: what.to_owned() };
        let stored = self.scratch.get_mut(HEAD..HEAD + entry.stored as usize).unwrap_or_default();
        let packed: &[u8] = match &self.key {
            Some(key) => {
                let bound: [u8; BOUND] = head.bound();
                key.open(head.number, &bound, stored).ok_or_else(|| damaged("it was changed by somebody"))?
            }
            None => stored,
        };
        // the oldest of those kept gives its memory
        let mut plain = if self.kept.len() >= KEPT { self.kept.remove(0).1 } else { Vec::new() };
        plain.clear();
        if self.zstd {
            plain.reserve(entry.plain as usize);
            let len = self
                .unpack
                .decompress_to_buffer(packed, &mut plain)
                .map_err(|error| damaged(&error.to_string()))?;
            plain.truncate(len);
        } else {
            plain.extend_from_slice(packed);
        }
        if plain.len() != entry.plain as usize {
            return Err(damaged("it is not as long as its head says"));
        }
        Ok(plain)
    }

    /// The unpacked bytes of a block.
    fn unpacked(&mut self, block: usize) -> Result<&[u8], Error> {
        match self.kept.iter().position(|(number, _)| *number == block) {
            Some(at) => {
                let one = self.kept.remove(at);
                self.kept.push(one);
            }
            None => {
                let bytes = self.load(block)?;
                self.kept.push((block, bytes));
            }
        }
        Ok(self.kept.last().map(|(_, bytes)| bytes.as_slice()).unwrap_or_default())
    }

    /// Reads at a logical place; fewer bytes than asked for at the end of a block, none at the end of what is complete.
    ///
    /// # Errors
    /// The block is damaged, or missing between others; the key is missing.
    pub fn read_at(&mut self, into: &mut [u8], at: u64) -> Result<usize, Error> {
        if at >= self.len() {
            return Ok(0);
        }
        let after = self.blocks.partition_point(|block| block.logical <= at);
        let block =
            after.checked_sub(1).and_then(|block| self.blocks.get(block).map(|entry| (block, *entry)));
        let Some((block, entry)) = block.filter(|(_, entry)| at < entry.logical + u64::from(entry.plain))
        else {
            let from = self.holes.first().map_or(0, |hole| hole.from);
            let what = format!("the bytes from {at} on were in a block that is gone");
            return Err(Error::Damaged { at: from, what });
        };
        let from = usize::try_from(at - entry.logical).unwrap_or(usize::MAX);
        let bytes = self.unpacked(block)?.get(from..).unwrap_or_default();
        let len = bytes.len().min(into.len());
        if let (Some(to), Some(from)) = (into.get_mut(..len), bytes.get(..len)) {
            to.copy_from_slice(from);
        }
        Ok(len)
    }

    /// Where the next block behind a logical place starts: how to go on behind damage.
    #[must_use]
    pub fn after(&self, at: u64) -> Option<u64> {
        let next = self.blocks.partition_point(|block| block.logical <= at);
        self.blocks.get(next).map(|entry| entry.logical)
    }

    /// Whether bytes follow the last complete block, other than a seek table.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn is_torn(&self) -> Result<bool, Error> {
        Ok(!self.finished && self.size()? > self.next)
    }
}

const _: () = assert!(MAGIC <= FILE_HEADER);
