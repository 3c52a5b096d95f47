//! Driving a parser by hand-made bytes, for unit tests.

use crate::{Conversation, Detector, Dir, Endpoint, Options, Surroundings, Transport};
use session::SessionDoc;

/// One session under test: every call of [`Talk::src`] and [`Talk::dst`] is one packet, one millisecond apart.
pub struct Talk {
    pub doc: SessionDoc,
    pub conversation: Conversation,
    detector: Detector,
    options: Options,
    transport: Transport,
    ports: [u16; 2],
    /// Nanoseconds since 1970.
    pub time: i64,
}

impl Talk {
    /// A TCP session with everything on.
    pub fn tcp(port: u16) -> Self {
        Self::over(Transport::Tcp, port)
    }

    pub fn over(transport: Transport, port: u16) -> Self {
        Self {
            doc: SessionDoc::new(),
            conversation: Conversation::new(),
            detector: Detector::default(),
            options: Options::complete(),
            transport,
            ports: [40_000, port],
            time: 1_000_000_000,
        }
    }

    pub fn with(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    fn act(&mut self, act: impl FnOnce(&mut Conversation, i64, &mut SessionDoc, &Surroundings<'_>)) {
        self.time += 1_000_000;
        let ip = std::net::IpAddr::from([127, 0, 0, 1]);
        let around = Surroundings {
            detector: &self.detector,
            options: &self.options,
            transport: self.transport,
            ends: self.ports.map(|port| Endpoint { ip, port }),
        };
        act(&mut self.conversation, self.time, &mut self.doc, &around);
    }

    pub fn src(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.act(|c, time, doc, around| c.data(Dir::Src, bytes.as_ref(), time, doc, around));
        self
    }

    pub fn dst(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.act(|c, time, doc, around| c.data(Dir::Dst, bytes.as_ref(), time, doc, around));
        self
    }

    pub fn gap(mut self, dir: Dir, len: usize) -> Self {
        self.act(|c, time, doc, around| c.gap(dir, len, time, doc, around));
        self
    }

    /// Both sides finish; the document in Arkime's shape.
    pub fn json(mut self) -> serde_json::Value {
        self.act(|c, time, doc, around| {
            c.end(Dir::Src, time, doc, around);
            c.end(Dir::Dst, time, doc, around);
            c.save(time, doc, around);
        });
        session::json::document(&self.doc, session::json::PositionForm::Absolute)
    }
}
