//! The two hellos of a TLS handshake (RFC 8446 section 4.1, RFC 5246 section 7.4.1), and those of DTLS.

use crate::bytes::Bytes;

/// Values of one list of a hello that are kept.
const MAX_LIST: usize = 1_024;

/// What a handshake travels in: tells the formats apart and is the first letter of a JA4 fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// Records over a stream.
    Tcp,
    /// CRYPTO frames of QUIC, or another carrier over datagrams.
    Quic,
    /// Datagram TLS: its ClientHello holds a cookie.
    Dtls,
}

/// Extensions that are looked into.
pub(super) mod extension {
    pub const SERVER_NAME: u16 = 0;
    pub const GROUPS: u16 = 10;
    pub const POINT_FORMATS: u16 = 11;
    pub const SIGNATURES: u16 = 13;
    pub const ALPN: u16 = 16;
    pub const VERSIONS: u16 = 43;
    pub const ECH: u16 = 0xfe0d;
    pub const ESNI: u16 = 0xffce;
}

/// What a client offers. Lists are in the order sent, without the values that test servers (GREASE, RFC 8701).
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ClientHello<'a> {
    /// The version field, which newer clients leave at TLS 1.2.
    pub version: u16,
    /// Session to resume; newer clients send noise.
    pub session_id: &'a [u8],
    /// Cipher suites.
    pub ciphers: Vec<u16>,
    /// Types of the extensions.
    pub extensions: Vec<u16>,
    /// Name of the server that is wanted.
    pub server_name: Option<&'a [u8]>,
    /// First application protocol offered.
    pub alpn: Option<&'a [u8]>,
    /// Groups (elliptic curves).
    pub groups: Vec<u16>,
    /// Point formats.
    pub point_formats: Vec<u8>,
    /// Signature algorithms.
    pub signatures: Vec<u16>,
    /// Versions of the `supported_versions` extension; `None` without it.
    pub versions: Option<Vec<u16>>,
}

/// What the server chose.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ServerHello<'a> {
    /// The version field; TLS 1.3 leaves it at TLS 1.2.
    pub version: u16,
    /// Version of the `supported_versions` extension.
    pub selected_version: Option<u16>,
    /// Session id.
    pub session_id: &'a [u8],
    /// Cipher suite.
    pub cipher: u16,
    /// Types of the extensions, in order.
    pub extensions: Vec<u16>,
}

/// Whether a value only tests that the other side ignores what it does not know (RFC 8701).
pub(super) const fn is_grease(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}

fn numbers(mut bytes: Bytes<'_>) -> Vec<u16> {
    let mut list = Vec::new();
    while let Some(value) = bytes.u16() {
        if !is_grease(value) && list.len() < MAX_LIST {
            list.push(value);
        }
    }
    list
}

impl<'a> ClientHello<'a> {
    /// Reads the body of a ClientHello (what follows the four bytes of type and length). `None` where it is none.
    /// A list of extensions that is cut is read as far as it goes.
    pub fn parse(body: &'a [u8], carrier: Carrier) -> Option<Self> {
        let mut bytes = Bytes::new(body);
        let mut hello = Self { version: bytes.u16()?, ..Self::default() };
        bytes.take(32)?;
        hello.session_id = bytes.vec8().filter(|id| id.len() <= 32)?.rest();
        if carrier == Carrier::Dtls {
            bytes.vec8()?;
        }
        hello.ciphers = numbers(bytes.vec16()?);
        bytes.vec8()?;
        let Some(mut extensions) = bytes.vec16() else { return Some(hello) };
        while let (Some(kind), Some(content)) = (extensions.u16(), extensions.vec16()) {
            hello.extension(kind, content);
        }
        Some(hello)
    }

    fn extension(&mut self, kind: u16, mut content: Bytes<'a>) {
        if is_grease(kind) || self.extensions.len() >= MAX_LIST {
            return;
        }
        self.extensions.push(kind);
        match kind {
            extension::SERVER_NAME => self.server_name = server_name(content).or(self.server_name),
            extension::GROUPS => self.groups = content.vec16().map(numbers).unwrap_or_default(),
            extension::POINT_FORMATS => {
                self.point_formats = content.vec8().map(|list| list.rest().to_vec()).unwrap_or_default();
            }
            extension::SIGNATURES => self.signatures = content.vec16().map(numbers).unwrap_or_default(),
            extension::ALPN => {
                let first = content.vec16().and_then(|mut list| list.vec8());
                self.alpn = first.map(|name| name.rest()).filter(|name| !name.is_empty());
            }
            extension::VERSIONS => self.versions = Some(content.vec8().map(numbers).unwrap_or_default()),
            _ => {}
        }
    }

    /// The newest version offered.
    pub fn newest_version(&self) -> u16 {
        let versions = self.versions.iter().flatten().copied();
        // Versions of datagram TLS count down.
        let newest =
            |v: &u16| if v >> 8 == 0xfe { 0x1_0000 + (0xffff - u32::from(*v)) } else { u32::from(*v) };
        versions.max_by_key(newest).unwrap_or(self.version)
    }
}

/// The first host name of a `server_name` extension (RFC 6066 section 3).
fn server_name(mut content: Bytes<'_>) -> Option<&[u8]> {
    let mut list = content.vec16()?;
    while let (Some(kind), Some(name)) = (list.u8(), list.vec16()) {
        if kind == 0 && !name.is_empty() {
            return Some(name.rest());
        }
    }
    None
}

impl<'a> ServerHello<'a> {
    /// Reads the body of a ServerHello. `None` where it is none.
    pub fn parse(body: &'a [u8]) -> Option<Self> {
        let mut bytes = Bytes::new(body);
        let mut hello = Self { version: bytes.u16()?, ..Self::default() };
        bytes.take(32)?;
        // Drafts of TLS 1.3 up to the 21st say so in the version field and have neither session id nor compression.
        let old_draft = hello.version >> 8 == 0x7f;
        if !old_draft {
            hello.session_id = bytes.vec8().filter(|id| id.len() <= 32)?.rest();
        }
        hello.cipher = bytes.u16()?;
        if !old_draft {
            bytes.u8()?;
        }
        let Some(mut extensions) = bytes.vec16() else { return Some(hello) };
        while let (Some(kind), Some(mut content)) = (extensions.u16(), extensions.vec16()) {
            if is_grease(kind) || hello.extensions.len() >= MAX_LIST {
                continue;
            }
            hello.extensions.push(kind);
            if kind == extension::VERSIONS {
                hello.selected_version = content.u16();
            }
        }
        Some(hello)
    }
}

/// Name of a version, as Arkime spells it.
pub(super) fn version_name(version: u16) -> std::borrow::Cow<'static, str> {
    match version {
        0x0002 => "SSLv2".into(),
        0x0300 => "SSLv3".into(),
        0x0301 => "TLSv1".into(),
        0x0302 => "TLSv1.1".into(),
        0x0303 => "TLSv1.2".into(),
        0x0304 => "TLSv1.3".into(),
        0x7f00..=0x7fff => format!("TLSv1.3-draft-{}", version & 0xff).into(),
        0xfb00..=0xfbff => format!("TLSv1.3-fb-{}", version & 0xff).into(),
        0xfeff => "DTLSv1".into(),
        0xfefd => "DTLSv1.2".into(),
        0xfefc => "DTLSv1.3".into(),
        _ => format!("0x{version:04x}").into(),
    }
}
