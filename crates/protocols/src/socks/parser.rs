//! The exchange before the proxy connects.

use super::fields::*;
use crate::bytes::Bytes;
use crate::{Context, Dir, Parser, Step};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Longest user or host name of version 4.
const MAX_TEXT: usize = 255;
/// What a proxy of version 4 answers when it connected.
const GRANTED: u8 = 90;
/// Log-in with user and password.
const PASSWORD: u8 = 2;

/// Whose turn it is, and with what.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    /// The client: version 4, or methods of version 5.
    #[default]
    Greeting,
    /// The proxy: the method it chose.
    Method,
    /// The client: user and password.
    LogIn,
    /// The proxy: whether that is right.
    LoggedIn,
    /// The client: where to.
    Request,
    /// The proxy, version 4: whether it connected.
    Reply4,
    /// The proxy, version 5: whether it connected.
    Reply5,
}

impl State {
    const fn side(self) -> Dir {
        match self {
            State::Greeting | State::LogIn | State::Request => Dir::Src,
            State::Method | State::LoggedIn | State::Reply4 | State::Reply5 => Dir::Dst,
        }
    }
}

#[derive(Default)]
pub(super) struct Socks {
    state: State,
}

/// What one message means.
enum Message {
    /// It took this many bytes; the next state.
    Next(usize, State),
    /// The proxy connected: what follows these bytes is somebody else's.
    Connected(usize),
    /// Refused, or no SOCKS.
    Over,
}

impl Parser for Socks {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        // What comes before its turn waits for it.
        if dir != self.state.side() {
            return Step::Need(bytes.len() + 1);
        }
        match self.message(bytes, context) {
            None => Step::Need(bytes.len() + 1),
            Some(Message::Over) => Step::Done,
            Some(Message::Connected(n)) => Step::Redetect(n),
            Some(Message::Next(n, state)) => {
                self.state = state;
                Step::Took(n)
            }
        }
    }
}

impl Socks {
    /// Reads the message whose turn it is; `None` while it is not complete.
    fn message(&mut self, bytes: &[u8], context: &mut Context<'_>) -> Option<Message> {
        let mut cursor = Bytes::new(bytes);
        let taken = |cursor: &Bytes<'_>| bytes.len() - cursor.len();
        let message = match self.state {
            State::Greeting => match cursor.u8()? {
                4 => match version_4(&mut cursor, context)? {
                    true => Message::Next(taken(&cursor), State::Reply4),
                    false => Message::Over,
                },
                5 => {
                    cursor.vec8()?;
                    Message::Next(taken(&cursor), State::Method)
                }
                _ => Message::Over,
            },
            State::Method => match (cursor.u8()?, cursor.u8()?) {
                (5, PASSWORD) => Message::Next(2, State::LogIn),
                (5, 0) => Message::Next(2, State::Request),
                _ => Message::Over,
            },
            State::LogIn => {
                let (version, user, _password) = (cursor.u8()?, cursor.vec8()?, cursor.vec8()?);
                if version != 1 {
                    return Some(Message::Over);
                }
                context.doc.add(&USER, &String::from_utf8_lossy(user.rest()));
                context.doc.tag("socks:password");
                Message::Next(taken(&cursor), State::LoggedIn)
            }
            State::LoggedIn => match (cursor.u8()?, cursor.u8()?) {
                (1, 0) => Message::Next(2, State::Request),
                _ => Message::Over,
            },
            State::Request => {
                let (version, _command, _) = (cursor.u8()?, cursor.u8()?, cursor.u8()?);
                match address(&mut cursor)? {
                    Some((to, port)) if version == 5 => {
                        to.write(context);
                        context.doc.add(&PORT, i64::from(port));
                        Message::Next(taken(&cursor), State::Reply5)
                    }
                    _ => Message::Over,
                }
            }
            State::Reply4 => {
                let reply = cursor.take(8)?;
                if reply.get(1) == Some(&GRANTED) { Message::Connected(8) } else { Message::Over }
            }
            State::Reply5 => {
                let (version, reply, _) = (cursor.u8()?, cursor.u8()?, cursor.u8()?);
                match address(&mut cursor)? {
                    Some(_) if version == 5 && reply == 0 => Message::Connected(taken(&cursor)),
                    _ => Message::Over,
                }
            }
        };
        Some(message)
    }
}

/// What follows the version: command, port, address, user, and in 4a, where the address is 0.0.0.x, a host name.
/// `None` while it is not complete, false where it is none.
fn version_4(cursor: &mut Bytes<'_>, context: &mut Context<'_>) -> Option<bool> {
    let (_command, port, ip) = (cursor.u8()?, cursor.u16()?, cursor.u32()?);
    let Some(user) = terminated(cursor)? else { return Some(false) };
    let to = if (1..256).contains(&ip) {
        let Some(host) = terminated(cursor)? else { return Some(false) };
        Destination::Host(String::from_utf8_lossy(host).into_owned())
    } else {
        Destination::Ip(IpAddr::V4(Ipv4Addr::from(ip)))
    };
    to.write(context);
    context.doc.add(&PORT, i64::from(port));
    if !user.is_empty() {
        context.doc.add(&USER, &String::from_utf8_lossy(user));
    }
    Some(true)
}

/// Text that ends with a zero: `None` while that is not there, nothing inside where it is too long.
fn terminated<'a>(cursor: &mut Bytes<'a>) -> Option<Option<&'a [u8]>> {
    let rest = cursor.rest();
    let Some(end) = rest.iter().take(MAX_TEXT + 1).position(|byte| *byte == 0) else {
        return if rest.len() > MAX_TEXT { Some(None) } else { None };
    };
    let text = cursor.take(end)?;
    cursor.u8()?;
    Some(Some(text))
}

/// Where a proxy is asked to connect to.
enum Destination {
    Ip(IpAddr),
    Host(String),
}

impl Destination {
    fn write(&self, context: &mut Context<'_>) {
        match self {
            Destination::Ip(ip) => context.doc.add(&IP, *ip),
            Destination::Host(host) => context.doc.add(&HOST, host),
        };
    }
}

/// Address and port of version 5: `None` while they are not complete, nothing inside for an unknown type.
fn address(cursor: &mut Bytes<'_>) -> Option<Option<(Destination, u16)>> {
    let to = match cursor.u8()? {
        1 => Destination::Ip(IpAddr::V4(Ipv4Addr::from(cursor.u32()?))),
        3 => Destination::Host(String::from_utf8_lossy(cursor.vec8()?.rest()).into_owned()),
        4 => {
            let bytes = <[u8; 16]>::try_from(cursor.take(16)?).ok()?;
            Destination::Ip(IpAddr::V6(Ipv6Addr::from(bytes)))
        }
        _ => return Some(None),
    };
    Some(Some((to, cursor.u16()?)))
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::Talk;
    use serde_json::json;

    #[test]
    fn version_4a_then_http() {
        let doc = Talk::new(Transport::Tcp, 40_000, 1080)
            .src(b"\x04\x01\x00\x50\x00\x00\x00\x01ann\0www.Example.com\0")
            .dst(b"\x00\x5a\x00\x50\x01\x02\x03\x04")
            .src(b"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n")
            .json();
        assert_eq!(doc["protocol"], json!(["socks", "http"]));
        assert_eq!(doc["socks"], json!({"host": "www.example.com", "port": 80, "user": "ann"}));
        fields::audit(super::super::fields::FIELDS);
    }

    #[test]
    fn version_5_with_log_in_and_in_pieces() {
        for n in [1, 2, 100] {
            let doc = Talk::new(Transport::Tcp, 40_000, 1080)
                .src(b"\x05\x02\x00\x02")
                .dst(b"\x05\x02")
                .src_in(n, b"\x01\x03ann\x02pw")
                .dst(b"\x01\x00")
                .src_in(n, b"\x05\x01\x00\x01\x0a\x00\x00\x01\x0d\x3d")
                .src(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                .dst(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
                .json();
            assert_eq!(doc["socks"], json!({"ip": "10.0.0.1", "port": 3389, "user": "ann"}), "{n}");
            assert_eq!(doc["tags"], json!(["socks:password"]));
            assert_eq!(doc["http"]["host"], json!(["a"]), "what came before its turn is not lost");
        }
    }

    #[test]
    fn a_refusal_ends_it() {
        let doc = Talk::new(Transport::Tcp, 40_000, 1080)
            .src(b"\x05\x01\x00")
            .dst(b"\x05\xff")
            .src(b"\x05\x01\x00\x01\x0a\x00\x00\x01\x0d\x3d")
            .json();
        assert_eq!(doc.get("socks"), None);
    }
}
