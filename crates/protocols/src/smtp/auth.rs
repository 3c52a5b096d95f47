//! Who logs in (RFC 4954): the user's name of the mechanisms that send it readably. Secrets are not kept.

use super::words::Base64;
use crate::{Context, text};
use session::core::USER;

/// What the client's next line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expects {
    /// PLAIN: both identities and the password.
    Plain,
    /// LOGIN: the user's name.
    LoginUser,
    /// Something that is not looked at: a password, a token.
    Secret,
    /// CRAM-MD5: the user's name and a digest.
    Cram,
    /// XOAUTH2 and OAUTHBEARER: `user=…` among parameters.
    OAuth,
}

/// The AUTH command; what the client's next line will be, if there is one.
pub fn command(argument: &str, context: &mut Context<'_>) -> Option<Expects> {
    let mut words = argument.split_ascii_whitespace();
    let mechanism = words.next().unwrap_or_default().to_ascii_uppercase();
    let expects = match mechanism.as_str() {
        "PLAIN" => {
            context.doc.tag("smtp:authplain");
            Expects::Plain
        }
        "LOGIN" => {
            context.doc.tag("smtp:authlogin");
            Expects::LoginUser
        }
        "CRAM-MD5" | "CRAM-SHA1" => Expects::Cram,
        "XOAUTH2" | "OAUTHBEARER" => Expects::OAuth,
        _ => Expects::Secret,
    };
    match words.next() {
        Some(initial) => answer(expects, initial.as_bytes(), context),
        None => Some(expects),
    }
}

/// A line of the exchange; what comes next.
pub fn answer(expects: Expects, line: &[u8], context: &mut Context<'_>) -> Option<Expects> {
    let mut decoded = Vec::new();
    Base64::default().add(line.get(..4_096).unwrap_or(line), &mut decoded);
    let mut user = |name: &[u8]| {
        let name = text::decode(name);
        if !name.trim().is_empty() {
            context.doc.add(&USER, name.trim());
        }
    };
    match expects {
        Expects::Plain => {
            // RFC 4616: authorization identity NUL authentication identity NUL password
            let mut parts = decoded.split(|b| *b == 0);
            let (acting, own) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            user(if own.is_empty() { acting } else { own });
            None
        }
        Expects::LoginUser => {
            user(&decoded);
            Some(Expects::Secret)
        }
        Expects::Cram => {
            user(decoded.rsplitn(2, |b| *b == b' ').nth(1).unwrap_or_default());
            None
        }
        Expects::OAuth => {
            let name = decoded
                .split(|b| *b == 1 || *b == b',')
                .find_map(|part| part.strip_prefix(b"user=").or_else(|| part.strip_prefix(b"a=")));
            user(name.unwrap_or_default());
            None
        }
        // how many more there are only the server's reply tells
        Expects::Secret => Some(Expects::Secret),
    }
}
