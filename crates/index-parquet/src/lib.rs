//! The embedded session index: open Parquet files behind a write-ahead log.
