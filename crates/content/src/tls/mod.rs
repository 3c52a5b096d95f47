//! TLS 1.2 and 1.3 with the keys of a key log: what both sides said inside.

mod cipher;
mod keys;

pub use keys::KeyLog;

use cipher::{Opener, Suite, expand};
use keys::Label;
use packets::{Side, Turn};

/// Bytes of an unfinished record or handshake message that are held.
const MAX_HELD: usize = 1 << 20;

/// A decrypted conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decrypted {
    /// What was said, in order. What came before TLS (STARTTLS) stands there as it was.
    pub turns: Vec<Turn>,
    /// Records of application data that were decrypted.
    pub records: u64,
    /// Name of the cipher suite.
    pub suite: Option<&'static str>,
    /// Why something stayed encrypted.
    pub problem: Option<String>,
}

/// Decrypts a conversation. `None` where it holds no TLS handshake, or no key of `keys` fits it.
pub fn decrypt(turns: &[Turn], keys: &KeyLog) -> Option<Decrypted> {
    let mut work = Work::new(keys);
    for turn in turns {
        work.turn(turn);
    }
    (work.known && work.began).then_some(work.out)
}

#[derive(Default)]
struct One {
    held: Vec<u8>,
    handshake: Vec<u8>,
    opener: Option<Opener>,
    /// Traffic secret of the keys in use, for key updates.
    secret: Vec<u8>,
    /// Records of this side are protected from here on.
    protected: bool,
    in_tls: bool,
    broken: bool,
}

struct Work<'k> {
    keys: &'k KeyLog,
    sides: [One; 2],
    client: Side,
    client_random: [u8; 32],
    server_random: [u8; 32],
    version: u16,
    suite: Option<Suite>,
    pending: Option<[Opener; 2]>,
    known: bool,
    began: bool,
    out: Decrypted,
}

impl<'k> Work<'k> {
    fn new(keys: &'k KeyLog) -> Self {
        Self {
            keys,
            sides: Default::default(),
            client: Side::Src,
            client_random: [0; 32],
            server_random: [0; 32],
            version: 0,
            suite: None,
            pending: None,
            known: false,
            began: false,
            out: Decrypted::default(),
        }
    }

    fn side(&mut self, side: Side) -> &mut One {
        let [source, destination] = &mut self.sides;
        if side == Side::Src { source } else { destination }
    }

    fn trouble(&mut self, side: Side, text: &str) {
        self.side(side).broken = true;
        self.out.problem.get_or_insert_with(|| text.to_owned());
    }

    fn turn(&mut self, turn: &Turn) {
        if turn.lost_before > 0 && self.side(turn.speaker).in_tls {
            self.trouble(
                turn.speaker,
                "bytes are missing: what one side said after them cannot be decrypted",
            );
        }
        let one = self.side(turn.speaker);
        if one.broken {
            return;
        }
        if !one.in_tls && !matches!(turn.bytes.as_slice(), [22, 3, ..]) {
            return self.say(turn.speaker, turn.time, &turn.bytes);
        }
        one.in_tls = true;
        one.held.extend_from_slice(&turn.bytes);
        let held = std::mem::take(&mut one.held);
        let mut rest = held.as_slice();
        while let Some((head, after)) = rest.split_first_chunk::<5>() {
            let length = usize::from(u16::from_be_bytes([head[3], head[4]]));
            let Some((body, after)) = after.split_at_checked(length) else { break };
            if !matches!(head[0], 20..=24) {
                self.trouble(turn.speaker, "what follows is no TLS record");
                return;
            }
            self.record(turn.speaker, turn.time, head, body);
            if self.side(turn.speaker).broken {
                return;
            }
            rest = after;
        }
        let rest = rest.get(..MAX_HELD).unwrap_or(rest).to_vec();
        self.side(turn.speaker).held = rest;
    }

    fn say(&mut self, speaker: Side, time: i64, bytes: &[u8]) {
        match self.out.turns.last_mut() {
            Some(last) if last.speaker == speaker => last.bytes.extend_from_slice(bytes),
            _ => self.out.turns.push(Turn { speaker, time, lost_before: 0, bytes: bytes.to_vec() }),
        }
    }

    fn record(&mut self, side: Side, time: i64, head: &[u8; 5], body: &[u8]) {
        let kind = head[0];
        if kind == 20 {
            // before TLS 1.3 the side's keys change here
            if self.version < 0x0304
                && let Some([client, server]) = self.pending.take()
            {
                let (mine, others) = if side == self.client { (client, server) } else { (server, client) };
                let other = side.other();
                self.side(side).opener = Some(mine);
                self.side(other).opener = Some(others);
            }
            if self.version != 0 && self.version < 0x0304 {
                self.side(side).protected = true;
            }
            return;
        }
        if !self.side(side).protected || (self.version >= 0x0304 && kind != 23) {
            if kind == 22 {
                self.handshake(side, body);
            }
            return;
        }
        let Some(opener) = &mut self.side(side).opener else { return };
        let Some(mut plain) = opener.open(head, body) else {
            // early data of TLS 1.3 has keys of its own, and is passed over
            if self.version >= 0x0304 && side == self.client && self.out.records == 0 {
                return;
            }
            return self.trouble(side, "a record does not open with the keys of the key log");
        };
        let kind = if self.version >= 0x0304 {
            while plain.last() == Some(&0) {
                plain.pop();
            }
            plain.pop().unwrap_or(0)
        } else {
            kind
        };
        match kind {
            23 => {
                self.out.records += 1;
                self.say(side, time, &plain);
            }
            22 => self.handshake(side, &plain),
            _ => {}
        }
    }

    fn handshake(&mut self, side: Side, bytes: &[u8]) {
        let one = self.side(side);
        one.handshake.extend_from_slice(bytes);
        if one.handshake.len() > MAX_HELD {
            return self.trouble(side, "a handshake message is too long");
        }
        let held = std::mem::take(&mut one.handshake);
        let mut rest = held.as_slice();
        while let [kind, a, b, c, after @ ..] = rest {
            let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
            let Some((body, after)) = after.split_at_checked(length) else { break };
            match kind {
                1 => self.client_hello(side, body),
                2 => {
                    self.server_hello(side, body);
                }
                20 if self.version >= 0x0304 => {
                    self.next_secret(side, if side == self.client { Label::Client } else { Label::Server })
                }
                24 if self.version >= 0x0304 => self.key_update(side),
                _ => {}
            }
            rest = after;
        }
        let rest = rest.to_vec();
        self.side(side).handshake = rest;
    }

    fn client_hello(&mut self, side: Side, body: &[u8]) {
        if let Some(random) = body.get(2..34).and_then(|random| random.try_into().ok()) {
            (self.client, self.client_random) = (side, random);
            self.known = self.keys.knows(&random);
        }
    }

    fn server_hello(&mut self, side: Side, body: &[u8]) -> Option<()> {
        let legacy = u16::from_be_bytes(*body.first_chunk::<2>()?);
        self.server_random = body.get(2..34)?.try_into().ok()?;
        // a hello retry request: the real one follows
        if self.server_random.starts_with(&[0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11]) {
            return None;
        }
        let id = usize::from(*body.get(34)?);
        let rest = body.get(35 + id..)?;
        let code = u16::from_be_bytes(*rest.first_chunk::<2>()?);
        self.version = legacy;
        let mut encrypt_then_mac = false;
        let mut extensions = rest.get(5..).unwrap_or_default();
        while let [a, b, c, d, after @ ..] = extensions {
            let length = usize::from(u16::from_be_bytes([*c, *d]));
            let (value, after) = after.split_at_checked(length)?;
            match u16::from_be_bytes([*a, *b]) {
                22 => encrypt_then_mac = true,
                43 => self.version = u16::from_be_bytes(*value.first_chunk::<2>()?),
                _ => {}
            }
            extensions = after;
        }
        self.out.suite = protocols::tls::cipher_name(code);
        self.suite = Suite::of(code);
        let Some(suite) = self.suite else {
            self.out.problem = Some("the cipher suite is not one that can be decrypted here: AES-GCM, AES-CBC and ChaCha20-Poly1305 are".to_owned());
            return None;
        };
        if self.version >= 0x0304 {
            self.next_secret(side, Label::ServerHandshake);
            self.next_secret(side.other(), Label::ClientHandshake);
            return Some(());
        }
        if self.version < 0x0303 {
            self.out.problem = Some("TLS before 1.2 is not decrypted".to_owned());
            return None;
        }
        let Some(master) = self.keys.secret(&self.client_random, Label::Master) else {
            self.out.problem = Some("the key log has no CLIENT_RANDOM line for this connection".to_owned());
            return None;
        };
        self.pending = Opener::before_13(
            suite,
            self.version,
            master,
            (&self.client_random, &self.server_random),
            encrypt_then_mac,
        );
        self.began = self.pending.is_some();
        Some(())
    }

    /// TLS 1.3: a side goes on with another secret of the log.
    fn next_secret(&mut self, side: Side, label: Label) {
        let secret = self.keys.secret(&self.client_random, label).map(<[u8]>::to_vec);
        let (Some(suite), Some(secret)) = (self.suite, secret) else {
            if self.known {
                self.trouble(side, "the key log lacks a secret of this connection");
            }
            return;
        };
        self.began = true;
        let one = self.side(side);
        one.opener = Opener::of_13(suite, &secret);
        one.secret = secret;
        one.protected = true;
    }

    /// RFC 8446 section 7.2.
    fn key_update(&mut self, side: Side) {
        let Some(suite) = self.suite else { return };
        let one = self.side(side);
        let next = expand(&one.secret, suite.sha384, "traffic upd", one.secret.len());
        if let Some(next) = next {
            one.opener = Opener::of_13(suite, &next);
            one.secret = next;
        }
    }
}
