//! Key logs: the lines that browsers write under SSLKEYLOGFILE (draft-ietf-tls-keylogfile), and the same in pcapng's Decryption Secrets
//! Blocks.

use std::collections::HashMap;
use std::io::Read;

/// Connections whose secrets are kept.
const MAX_CONNECTIONS: usize = 1_000_000;
/// Bytes of a secrets block that is read.
const MAX_BLOCK: u32 = 64 << 20;

/// Secrets of connections, by the random bytes of their client hello.
#[derive(Clone, Default)]
pub struct KeyLog {
    secrets: HashMap<[u8; 32], Vec<(Label, Vec<u8>)>>,
}

impl std::fmt::Debug for KeyLog {
    // secrets are never printed
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyLog of {} connections", self.secrets.len())
    }
}

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    Master,
    ClientHandshake,
    ServerHandshake,
    Client,
    Server,
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let bytes: Option<Vec<u8>> =
        pairs.iter().map(|[high, low]| Some((digit(*high)? * 16 + digit(*low)?) as u8)).collect();
    bytes.filter(|_| rest.is_empty())
}

impl KeyLog {
    /// No keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Connections whose secrets are known.
    pub fn len(&self) -> usize {
        self.secrets.len()
    }

    /// Whether no secret is known.
    pub fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// Takes the lines of a key log; what is no such line (comments, other labels) is passed over. Returns the secrets taken.
    pub fn read(&mut self, text: &str) -> usize {
        text.lines().filter(|line| self.line(line).is_some()).count()
    }

    fn line(&mut self, line: &str) -> Option<()> {
        let mut words = line.split_ascii_whitespace();
        let label = match words.next()? {
            "CLIENT_RANDOM" => Label::Master,
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET" => Label::ClientHandshake,
            "SERVER_HANDSHAKE_TRAFFIC_SECRET" => Label::ServerHandshake,
            "CLIENT_TRAFFIC_SECRET_0" => Label::Client,
            "SERVER_TRAFFIC_SECRET_0" => Label::Server,
            _ => return None,
        };
        let random: [u8; 32] = unhex(words.next()?)?.try_into().ok()?;
        let secret = unhex(words.next()?).filter(|secret| (16..=64).contains(&secret.len()))?;
        if self.secrets.len() >= MAX_CONNECTIONS && !self.secrets.contains_key(&random) {
            return None;
        }
        let known = self.secrets.entry(random).or_default();
        known.retain(|(other, _)| *other != label);
        known.push((label, secret));
        Some(())
    }

    /// Takes the secrets blocks of a pcapng. Of anything else nothing is taken, which is no error. Returns the secrets taken.
    pub fn read_pcapng(&mut self, mut capture: impl Read + std::io::Seek) -> usize {
        use std::io::SeekFrom;
        let mut taken = 0;
        let mut little = true;
        let mut head = [0; 12];
        while capture.read_exact(&mut head).is_ok() {
            let [a, b, c, d, e, f, g, h, i, j, k, l] = head;
            let kind = u32::from_le_bytes([a, b, c, d]);
            if kind == 0x0a0d_0d0a {
                little = [i, j, k, l] == [0x4d, 0x3c, 0x2b, 0x1a];
            } else if taken == 0 && !matches!(kind.min(kind.swap_bytes()), 0..=0x0fff) {
                // no pcapng, or damaged
                return taken;
            }
            let number =
                |bytes: [u8; 4]| if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) };
            let (kind, length) = (number([a, b, c, d]), number([e, f, g, h]));
            if length < 12 {
                return taken;
            }
            let mut skip = i64::from(length) - 12;
            // "TLSK"
            if kind == 10 && number([i, j, k, l]) == 0x544c_534b && (20..MAX_BLOCK).contains(&length) {
                let mut body = vec![0; length as usize - 12];
                if capture.read_exact(&mut body).is_err() {
                    return taken;
                }
                skip = 0;
                if let Some((size, text)) = body.split_first_chunk::<4>() {
                    let text = text.get(..number(*size) as usize).unwrap_or(text);
                    taken += self.read(&String::from_utf8_lossy(text));
                }
            }
            if capture.seek(SeekFrom::Current(skip)).is_err() {
                return taken;
            }
        }
        taken
    }

    /// Adds another log's secrets.
    pub fn merge(&mut self, other: &KeyLog) {
        for (random, secrets) in &other.secrets {
            if self.secrets.len() < MAX_CONNECTIONS || self.secrets.contains_key(random) {
                self.secrets.insert(*random, secrets.clone());
            }
        }
    }

    pub(super) fn secret(&self, random: &[u8; 32], label: Label) -> Option<&[u8]> {
        let known = self.secrets.get(random)?;
        known.iter().find(|(other, _)| *other == label).map(|(_, secret)| secret.as_slice())
    }

    pub(super) fn knows(&self, random: &[u8; 32]) -> bool {
        self.secrets.contains_key(random)
    }
}
