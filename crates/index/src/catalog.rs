//! Small state: packet files, users, views and the like.

use crate::{Error, ErrorKind};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A packet file. Names and meanings are those of Arkime's `files` documents.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FileRecord {
    /// Number, unique within its node, from 1.
    pub num: u32,
    /// Node that has the file.
    pub node: String,
    /// Absolute path.
    pub name: String,
    /// First packet, seconds since 1970.
    pub first: i64,
    /// First packet, milliseconds.
    pub first_timestamp: i64,
    /// Last packet, milliseconds.
    pub last_timestamp: i64,
    /// When reading or writing it began and ended, milliseconds.
    pub start_timestamp: i64,
    /// See `start_timestamp`; 0 while it is not finished.
    pub finish_timestamp: i64,
    /// Bytes on disk.
    #[serde(rename = "filesize")]
    pub file_size: u64,
    /// Packets in it.
    pub packets: u64,
    /// Bytes of packet data in it.
    pub packets_size: u64,
    /// 1 when it is never deleted by retention (imported in place).
    pub locked: u8,
    /// `none`, `gzip`, `zstd`.
    pub compression: String,
    /// Id of the key that it takes to read it, in hexadecimal; `None`: not encrypted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption: Option<String>,
    /// How it is recognised when it is imported again: hash of size and content; empty for own captures.
    pub fingerprint: String,
    /// Sessions that began in it.
    pub sessions_started: u64,
    /// Link type of its packets (tcpdump number), where it is one.
    pub link_type: Option<u32>,
    /// Damage found while reading it, with the byte offset.
    pub damage: Option<String>,
    /// Interface and worker that wrote it (`eth0-1`); only live captures have one. The packets of a flow are in files of one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// The run of the program that writes it, while it is not finished: when that has ended, the file was interrupted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Its deletion has begun: it is not read any more, and goes for good at the next start at the latest.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub deleting: bool,
    /// How an Arkime that wrote it codes positions in its documents (`gap0`, `localIndex`); here they are always absolute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packet_pos_encoding: Option<String>,
    /// Of a file that an Arkime compressed: bits of a position that are the place in the unpacked block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncompressed_bits: Option<u32>,
    /// Of a file that an Arkime encrypted: `aes-256-ctr`, `xor-2048`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Its key, wrapped by that of `kek_id`, in hexadecimal. Nobody sees it but who reads the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dek: Option<String>,
    /// Start of its counter, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iv: Option<String>,
    /// Which of Arkime's `[keks]` wraps its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kek_id: Option<String>,
    /// Where an Arkime keeps the positions of its sessions, where that is not in their documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_filename: Option<String>,
    /// Its copy in object storage (`s3://bucket/key`), once that is confirmed. When the local file is gone, it is the name too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
    /// Key of the pin (collection `pins`) that keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
}

/// One entry of a collection.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Key, unique within the collection.
    pub key: String,
    /// Rises with each change of the entry.
    pub version: u64,
    /// The entry itself.
    pub value: Json,
}

/// Small state of the system. Collections are `users`, `views`, `shortcuts`, `history` …; files have methods of their
/// own because the write pipeline needs them.
pub trait Catalog: Send + Sync {
    /// Takes the next file number of a node and stores the record under it; returns the number. Never the same
    /// number twice, whoever asks at the same time, also across restarts.
    fn add_file(&self, file: &FileRecord) -> Result<u32, Error>;
    /// Replaces the record of a file.
    fn update_file(&self, file: &FileRecord) -> Result<(), Error>;
    /// One file.
    fn file(&self, node: &str, num: u32) -> Result<Option<FileRecord>, Error>;
    /// Every file, by node and number.
    fn files(&self) -> Result<Vec<FileRecord>, Error>;
    /// The files with this fingerprint.
    fn files_like(&self, fingerprint: &str) -> Result<Vec<FileRecord>, Error>;
    /// Forgets a file.
    fn remove_file(&self, node: &str, num: u32) -> Result<(), Error>;

    /// One entry.
    fn get(&self, collection: &str, key: &str) -> Result<Option<Entry>, Error>;
    /// Names of the collections that have entries.
    fn collections(&self) -> Result<Vec<String>, Error> {
        Err(Error::new(ErrorKind::Unsupported, "this catalogue cannot list its collections"))
    }
    /// Every entry of a collection, by key.
    fn list(&self, collection: &str) -> Result<Vec<Entry>, Error>;
    /// Entries with `from <= key < to`, the largest key first, at most `limit`: how a long collection whose keys begin
    /// with a time (`history`) is read a part at a time.
    fn latest(&self, collection: &str, from: &str, to: &str, limit: usize) -> Result<Vec<Entry>, Error> {
        let mut entries = self.list(collection)?;
        entries.retain(|entry| entry.key.as_str() >= from && entry.key.as_str() < to);
        entries.reverse();
        entries.truncate(limit);
        Ok(entries)
    }
    /// Writes an entry. With `version`, only when the stored one has that version (0: only when there is none);
    /// returns false when it has not.
    fn put(&self, collection: &str, key: &str, value: &Json, version: Option<u64>) -> Result<bool, Error>;
    /// Removes an entry; returns whether there was one.
    fn remove(&self, collection: &str, key: &str) -> Result<bool, Error>;
    /// Removes every entry whose key is smaller than this; returns how many went.
    fn remove_before(&self, collection: &str, key: &str) -> Result<u64, Error> {
        let mut removed = 0;
        for entry in self.list(collection)?.iter().take_while(|entry| entry.key.as_str() < key) {
            removed += u64::from(self.remove(collection, &entry.key)?);
        }
        Ok(removed)
    }
}
