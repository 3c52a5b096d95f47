//! What makes documents more or less complete.

/// Which optional parts of documents are written, and their limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Names of all HTTP and e-mail headers, not only the common ones, with their values.
    pub all_headers: bool,
    /// Values of HTTP cookies; their keys are always written.
    pub cookies: bool,
    /// Values of HTTP query strings; their keys are always written.
    pub query_strings: bool,
    /// Bytes of HTTP request bodies kept as text; 0 keeps none.
    pub request_body: usize,
    /// DNS answers as objects (`dns.answers`).
    pub dns_answers: bool,
    /// SHA-256 of bodies and attachments beside MD5.
    pub sha256: bool,
    /// The text that JA3 and JA3S are the hash of.
    pub ja3_strings: bool,
    /// The raw form of JA4.
    pub ja4_raw: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            all_headers: false,
            cookies: false,
            query_strings: false,
            request_body: 256,
            dns_answers: true,
            sha256: false,
            ja3_strings: false,
            ja4_raw: false,
        }
    }
}

impl Options {
    /// Everything on, as the reference documents were made.
    pub fn complete() -> Self {
        Self {
            all_headers: true,
            cookies: true,
            query_strings: true,
            request_body: 2_000,
            dns_answers: true,
            sha256: true,
            ja3_strings: true,
            ja4_raw: true,
        }
    }
}
