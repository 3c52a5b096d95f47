//! The session document, packet positions and the core fields.
