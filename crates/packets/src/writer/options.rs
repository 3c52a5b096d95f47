//! How packet files are written.

use super::{Folders, Placement};
use blocks::{Coding, Key};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Form of packet files, under their encryption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileFormat {
    /// pcap as it is.
    #[default]
    Plain,
    /// pcap in blocks of zstd.
    Zstd {
        /// Level of the compression, -7 to 22; 3 is a good one.
        level: i32,
    },
}

/// Whether files are written past the page cache (O_DIRECT).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direct {
    /// Where the file system takes it.
    #[default]
    Auto,
    /// Or an error.
    On,
    /// Never.
    Off,
}

/// How packet files are written.
#[derive(Clone, Debug)]
pub struct WriterOptions {
    /// Folders of the files; they must exist. Writers that share the disks share (a clone of) this.
    pub folders: Folders,
    /// Name of the node: part of the files' names.
    pub node: String,
    /// A file is finished before it gets larger than this, bytes.
    pub max_size: u64,
    /// A file is finished when its packets span more than this.
    pub max_age: Duration,
    /// Bytes that are written at once.
    pub buffer: usize,
    /// Bytes of packets that may wait for the disk, beyond which packets are refused. Memory is used when it is needed.
    pub memory: usize,
    /// Form of the files.
    pub format: FileFormat,
    /// Key that encrypts them, by a key of each file's own.
    pub encryption: Option<Arc<Key>>,
    /// Bytes of packets in a block of a compressed or encrypted file: what has to be unpacked for one packet.
    pub block: usize,
    /// Whether the page cache is left out.
    pub direct: Direct,
    /// Whether a packet waits until there is room for it, and a flush until it is done: for imports. A live capture does not wait: its
    /// packets are refused ([`super::WriteError::is_busy`]) and can be counted.
    pub waits: bool,
    /// How often what was written is forced onto the medium; files are when they are finished. `None` leaves it to the system.
    pub sync: Option<Duration>,
    /// How long a file is tried to be written whose disk fails (or is full while another is not) before its unwritten packets are
    /// given up.
    pub patience: Duration,
    /// Bytes of disk that are reserved ahead, so that a file lies in few pieces; 0 for none.
    pub reserve: u64,
}

impl WriterOptions {
    /// Plain files of 12 GB or an hour; what does not go at once waits.
    pub fn new(folder: PathBuf, node: &str) -> Self {
        Self {
            folders: Folders::new(vec![folder], Placement::default()),
            node: node.to_owned(),
            max_size: 12_000_000_000,
            max_age: Duration::from_secs(3_600),
            buffer: 1 << 20,
            memory: 128 << 20,
            format: FileFormat::Plain,
            encryption: None,
            block: 256 << 10,
            direct: Direct::Auto,
            waits: true,
            sync: None,
            patience: Duration::from_secs(30),
            reserve: 0,
        }
    }

    /// The same for a live capture, which never waits for a disk.
    pub fn live(folders: Folders, node: &str) -> Self {
        Self { folders, waits: false, ..Self::new(PathBuf::new(), node) }
    }

    pub(super) fn coding(&self) -> Option<Coding> {
        let zstd = match self.format {
            FileFormat::Plain => None,
            FileFormat::Zstd { level } => Some(level),
        };
        let coding = Coding { zstd, key: self.encryption.clone() };
        (coding != Coding::default()).then_some(coding)
    }

    pub(super) fn extension(&self) -> &'static str {
        match (self.format, &self.encryption) {
            (FileFormat::Plain, None) => "pcap",
            (FileFormat::Plain, Some(_)) => "pcap.enc",
            (FileFormat::Zstd { .. }, None) => "pcap.zst",
            (FileFormat::Zstd { .. }, Some(_)) => "pcap.zst.enc",
        }
    }
}
