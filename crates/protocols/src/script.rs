//! Drives the parsers of one session in tests, from both sides, byte for byte.

use crate::{Conversation, Detector, Dir, Endpoint, Options, Surroundings, Transport};
use serde_json::Value as Json;
use session::SessionDoc;
use session::json::{PositionForm, document};

/// A session under test. Times are given in milliseconds.
pub(crate) struct Script {
    pub(crate) doc: SessionDoc,
    pub(crate) options: Options,
    conversation: Conversation,
    detector: Detector,
    transport: Transport,
    ends: [Endpoint; 2],
    now: i64,
}

impl Script {
    /// A session between these ports.
    pub(crate) fn new(transport: Transport, src: u16, dst: u16) -> Self {
        let end = |ip: &str, port| Endpoint { ip: ip.parse().unwrap(), port };
        Self {
            doc: SessionDoc::new(),
            options: Options::complete(),
            conversation: Conversation::new(),
            detector: Detector::default(),
            transport,
            ends: [end("192.0.2.1", src), end("198.51.100.2", dst)],
            now: 1_000,
        }
    }

    fn feed(mut self, dir: Dir, bytes: &[u8]) -> Self {
        self.now += 10;
        let around = Surroundings {
            detector: &self.detector,
            options: &self.options,
            transport: self.transport,
            ends: self.ends,
        };
        self.conversation.data(dir, bytes, self.now * 1_000_000, &mut self.doc, &around);
        self
    }
    /// The source sends; 10 ms pass before.
    pub(crate) fn src(self, bytes: &[u8]) -> Self {
        self.feed(Dir::Src, bytes)
    }
    /// The destination sends; 10 ms pass before.
    pub(crate) fn dst(self, bytes: &[u8]) -> Self {
        self.feed(Dir::Dst, bytes)
    }
    /// The source sends in pieces of `n` bytes.
    pub(crate) fn src_in(mut self, n: usize, bytes: &[u8]) -> Self {
        for piece in bytes.chunks(n) {
            self = self.src(piece);
        }
        self
    }
    /// Ends the session; the typed document.
    pub(crate) fn close(mut self) -> SessionDoc {
        let around = Surroundings {
            detector: &self.detector,
            options: &self.options,
            transport: self.transport,
            ends: self.ends,
        };
        self.conversation.save(self.now * 1_000_000, &mut self.doc, &around);
        self.doc
    }
    /// Ends the session; the document as JSON, packet positions left out.
    pub(crate) fn json(self) -> Json {
        let mut json = document(&self.close(), PositionForm::Absolute);
        if let Some(map) = json.as_object_mut() {
            map.retain(|key, _| !matches!(key.as_str(), "packetPos" | "fileId"));
        }
        json
    }
}

/// Bytes of hexadecimal digits; blanks and line ends are skipped.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
    assert_eq!(digits.len() % 2, 0, "half a byte");
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
