//! Drives the parsers of one session in tests, from both sides, byte for byte.

use crate::{Conversation, Detector, Dir, Endpoint, Options, Surroundings, Transport};
use serde_json::Value as Json;
use session::SessionDoc;
use session::json::{PositionForm, document};

/// One session under test: every call of [`Talk::src`] and [`Talk::dst`] is one packet, one millisecond after the one before.
pub(crate) struct Talk {
    pub(crate) doc: SessionDoc,
    pub(crate) options: Options,
    pub(crate) conversation: Conversation,
    detector: Detector,
    transport: Transport,
    ends: [Endpoint; 2],
    /// Nanoseconds since 1970.
    pub(crate) time: i64,
}

impl Talk {
    /// A TCP session with a server's port, everything on.
    pub(crate) fn tcp(port: u16) -> Self {
        Self::new(Transport::Tcp, 40_000, port)
    }

    /// A session between these ports, everything on.
    pub(crate) fn new(transport: Transport, src: u16, dst: u16) -> Self {
        let end = |ip: &str, port| Endpoint { ip: ip.parse().unwrap(), port };
        Self {
            doc: SessionDoc::new(),
            options: Options::complete(),
            conversation: Conversation::new(),
            detector: Detector::default(),
            transport,
            ends: [end("192.0.2.1", src), end("198.51.100.2", dst)],
            time: 1_000_000_000,
        }
    }

    pub(crate) fn with(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    fn act(&mut self, act: impl FnOnce(&mut Conversation, i64, &mut SessionDoc, &Surroundings<'_>)) {
        let around = Surroundings {
            detector: &self.detector,
            options: &self.options,
            transport: self.transport,
            ends: self.ends,
        };
        act(&mut self.conversation, self.time, &mut self.doc, &around);
    }

    fn data(mut self, dir: Dir, bytes: &[u8]) -> Self {
        self.time += 1_000_000;
        self.act(|c, time, doc, around| c.data(dir, bytes, time, doc, around));
        self
    }

    /// The source sends.
    pub(crate) fn src(self, bytes: impl AsRef<[u8]>) -> Self {
        self.data(Dir::Src, bytes.as_ref())
    }

    /// The destination sends.
    pub(crate) fn dst(self, bytes: impl AsRef<[u8]>) -> Self {
        self.data(Dir::Dst, bytes.as_ref())
    }

    /// The source sends in pieces of `n` bytes.
    pub(crate) fn src_in(mut self, n: usize, bytes: &[u8]) -> Self {
        for piece in bytes.chunks(n) {
            self = self.src(piece);
        }
        self
    }

    /// Bytes of one side were lost.
    pub(crate) fn gap(mut self, dir: Dir, len: usize) -> Self {
        self.time += 1_000_000;
        self.act(|c, time, doc, around| c.gap(dir, len, time, doc, around));
        self
    }

    /// The session ends, over TCP with FINs of both sides; the typed document.
    pub(crate) fn close(mut self) -> SessionDoc {
        self.act(|c, time, doc, around| {
            if around.transport == Transport::Tcp {
                c.end(Dir::Src, time, doc, around);
                c.end(Dir::Dst, time, doc, around);
            }
            c.save(time, doc, around);
        });
        self.doc
    }

    /// The session ends; the document in Arkime's shape, packet positions left out.
    pub(crate) fn json(self) -> Json {
        let mut json = document(&self.close(), PositionForm::Absolute);
        if let Some(map) = json.as_object_mut() {
            map.retain(|key, _| !matches!(key.as_str(), "packetPos" | "fileId"));
        }
        json
    }
}

/// A value in BER or DER of less than 128 bytes: tag, length, the parts of its content.
pub(crate) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    assert!(content.len() < 128, "a longer length than this writes");
    [&[tag, content.len() as u8], content.as_slice()].concat()
}

/// Bytes of hexadecimal text, white space aside.
pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.chars().filter_map(|c| c.to_digit(16)).map(|d| d as u8).collect();
    assert_eq!(digits.len() % 2, 0, "half a byte");
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}
