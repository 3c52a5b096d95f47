//! Builds frames for tests.
