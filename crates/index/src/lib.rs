//! The traits of a session index, the in-memory oracle and the conformance suite.
