//! The embedded session index: open Parquet files behind a write-ahead log. `docs/index-format.md` describes the folder.
//!
//! **Life of a document.** [`Writer`] (a `SessionSink`) looks its id up in a filter of known ids, writes it to its log
//! (`record`, `log`) and takes it into memory (`memtable`, `table`): 8,192 documents become one table of columns. When
//! enough are gathered, or they are old enough, a thread (`local`) sorts the rows by first packet, joins the
//! dictionaries (`rewrite`, `merge`), writes a Parquet file for each partition (`encode`, `footer`), and puts them in
//! force in the place of the log in one step (`manifest`). Small files are merged (`merging`).
//!
//! **Life of a question.** [`Store`] (a `SessionIndex`) takes a snapshot: the files in force, what this process has in
//! memory, the logs of other processes (`shared`). Each file or table is a `segment`; bounds and Bloom filters leave out
//! what cannot match, `eval` finds the rows (a test is made once for each dictionary value), on several threads
//! (`parallel`). `search` keeps the best rows and makes documents of the page alone (`shape`); `tally` and `terms`
//! count, the most frequent values in ways of their own (`most`, `count`, `keys`); `scan` gives whole documents in order.
//!
//! **Changes** of rows that are written already (deletions, tags) are a log of their own (`changes`), applied when read
//! and folded in when files are rewritten.
//!
//! Any number of processes may have an index open; each writer has a folder of its own. Within one writer a document
//! replaces an older one of the same id, also in files of other writers; two writers that take the same id at the very
//! same time both keep it.

mod administration;
mod backup;
mod bitmap;
mod changes;
mod column;
mod community;
mod count;
mod decode;
mod delta;
mod encode;
mod error;
mod eval;
mod file;
mod files;
mod footer;
mod hybrid;
mod intern;
mod keys;
mod known;
mod local;
mod log;
mod lookup;
mod manifest;
mod memtable;
mod merge;
mod merging;
mod most;
mod options;
mod pages;
mod parallel;
mod pick;
mod positions;
mod record;
mod registry;
mod rewrite;
mod scan;
mod search;
mod segment;
mod shape;
mod shared;
mod slices;
mod store;
mod table;
mod tally;
mod terms;
mod varint;
mod writer;

pub use backup::Copied;
pub use options::{Options, Stats, Width};
pub use store::Store;
pub use writer::Writer;
