//! The embedded catalogue: files, users, views and other small state in SQLite.
