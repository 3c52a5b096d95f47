//! Messages: a line, headers, and a body that is skipped.

use super::fields::*;
use crate::text::{decode, header_fields, line};
use crate::{Context, Dir, Parser, Step};

/// Longest head of a message.
const MAX_HEAD: usize = 64 * 1024;

#[derive(Default)]
pub(super) struct Sip {
    /// Bytes of a body to skip, on a stream: `[src, dst]`.
    skip: [usize; 2],
}

impl Parser for Sip {
    fn step(&mut self, dir: Dir, bytes: &[u8], context: &mut Context<'_>) -> Step {
        if !context.is_stream() {
            message(bytes, context);
            return Step::Took(bytes.len());
        }
        let [src, dst] = &mut self.skip;
        let skip = match dir {
            Dir::Src => src,
            Dir::Dst => dst,
        };
        if *skip > 0 {
            let taken = bytes.len().min(*skip);
            *skip -= taken;
            return Step::Took(taken);
        }
        // keep-alives between messages (RFC 5626 section 4.4.1)
        let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        if blank > 0 {
            return Step::Took(blank);
        }
        let Some(head) = memchr::memmem::find(bytes, b"\r\n\r\n").map(|at| at + 4) else {
            return if bytes.len() < MAX_HEAD { Step::Need(bytes.len() + 1) } else { Step::Done };
        };
        match message(bytes.get(..head).unwrap_or(bytes), context) {
            Some(body) => {
                *skip = body;
                Step::Took(head)
            }
            None => Step::Done,
        }
    }
}

/// Reads a head; gives the length of the body that it announces.
fn message(bytes: &[u8], context: &mut Context<'_>) -> Option<usize> {
    let (first, rest) = line(bytes)?;
    let first = decode(first);
    let doc = &mut *context.doc;
    match first.strip_prefix("SIP/2.0 ") {
        Some(status) => {
            let code = status.split(' ').next()?.parse().ok().filter(|code| (100..700).contains(code))?;
            doc.add(&STATUS, code);
        }
        None => {
            let (method, rest) = first.split_once(' ')?;
            if !rest.ends_with(" SIP/2.0") || !method.bytes().all(|b| b.is_ascii_alphabetic()) {
                return None;
            }
            doc.add(&METHOD, method);
        }
    }
    let head = memchr::memmem::find(rest, b"\r\n\r\n").and_then(|end| rest.get(..end + 2)).unwrap_or(rest);
    let mut body = 0;
    header_fields(head, &mut |name, value| {
        let (name, value) = (decode(name).to_ascii_lowercase(), decode(&value));
        if value.is_empty() {
            return;
        }
        // section 7.3.3: some names have a short form
        match name.as_str() {
            "from" | "f" => {
                doc.add(&FROM, &value);
                user_of(&value).map(|user| doc.add(&USER, user));
            }
            "to" | "t" => {
                doc.add(&TO, &value);
                user_of(&value).map(|user| doc.add(&USER, user));
            }
            "call-id" | "i" => drop(doc.add(&CALL_ID, &value)),
            "contact" | "m" => drop(doc.add(&CONTACT, &value)),
            "user-agent" => drop(doc.add(&USER_AGENT, &value)),
            "via" | "v" => drop(doc.add(&VIA, &value)),
            "authorization" | "proxy-authorization" => {
                authenticated(&value).map(|user| doc.add(&USER, user));
            }
            "content-length" | "l" => body = value.trim().parse().unwrap_or(0),
            _ => {}
        }
    });
    Some(body)
}

/// The user of an address: `"Name" <sip:user@host>;tag=…`.
fn user_of(value: &str) -> Option<&str> {
    let lower = value.to_ascii_lowercase();
    let scheme =
        ["sip:", "sips:"].iter().find_map(|scheme| lower.find(scheme).map(|at| at + scheme.len()))?;
    let (user, _host) = value.get(scheme..)?.split_once('@')?;
    // a password may follow, and parameters of the user
    let user = user.split([':', ';']).next().unwrap_or(user);
    let sound = !user.is_empty() && !user.contains(['<', '>', ' ', '"']);
    sound.then_some(user)
}

/// The user of digest authentication (RFC 3261 section 22).
fn authenticated(value: &str) -> Option<&str> {
    let at = value.to_ascii_lowercase().find("username=")? + "username=".len();
    let rest = value.get(at..)?;
    let user = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => rest.split(',').next().map(str::trim),
    };
    user.filter(|user| !user.is_empty())
}

#[cfg(test)]
mod tests {
    use crate::Transport;
    use crate::testing::Talk;
    use serde_json::json;

    const INVITE: &[u8] =
        b"INVITE sip:bob@b.example SIP/2.0\r\nVia: SIP/2.0/UDP pc.a.example;branch=z9hG4bK1\r\n\
        Max-Forwards: 70\r\nt: Bob <sip:bob@b.example>\r\nFrom: \"Ann\" <sip:ann@a.example>;tag=19\r\n\
        Call-ID: a84b4c76e66710\r\nCSeq: 1 INVITE\r\nm: <sip:ann@pc.a.example>\r\nUser-Agent: phone/1\r\n\
        Proxy-Authorization: Digest realm=\"a\", username=\"ann2\"\r\nContent-Length: 4\r\n\r\nv=0\n";
    const BUSY: &[u8] = b"SIP/2.0 486 Busy Here\r\nVia: SIP/2.0/UDP pc.a.example;branch=z9hG4bK1\r\n\
        Call-ID: a84b4c76e66710\r\nContent-Length: 0\r\n\r\n";

    #[test]
    fn a_call_is_refused() {
        let want = json!({
            "callid": ["a84b4c76e66710"], "callidCnt": 1, "contact": ["<sip:ann@pc.a.example>"], "contactCnt": 1,
            "from": ["\"Ann\" <sip:ann@a.example>;tag=19"], "fromCnt": 1, "method": ["INVITE"], "methodCnt": 1,
            "statuscode": [486], "statuscodeCnt": 1, "to": ["Bob <sip:bob@b.example>"], "toCnt": 1,
            "user": ["bob", "ann", "ann2"], "userCnt": 3, "useragent": ["phone/1"], "useragentCnt": 1,
            "via": ["SIP/2.0/UDP pc.a.example;branch=z9hG4bK1"], "viaCnt": 1
        });
        let doc = Talk::new(Transport::Udp, 5060, 5060).src(INVITE).dst(BUSY).src(b"\r\n\r\n").json();
        assert_eq!(doc["protocol"], json!(["sip"]));
        assert_eq!(doc["sip"], want);
        for n in [1, 40, 5_000] {
            let doc = Talk::tcp(5060).src_in(n, &[INVITE, INVITE].concat()).dst(BUSY).json();
            assert_eq!(doc["sip"], want, "{n}");
        }
        fields::audit(super::super::fields::FIELDS);
    }
}
