//! The read side: HTTP API, log-in, export and the embedded web viewer.
