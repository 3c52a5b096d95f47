//! The write pipeline: from packets to documents in the index.
