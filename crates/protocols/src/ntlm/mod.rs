//! NTLM (MS-NLMP) inside other protocols: who logs in to which domain, from which machine.
//!
//! No parser of its own: SMB and others hand the messages over that they carry.

use crate::Context;
use crate::bytes::Bytes;
use crate::text::{decode, utf16};
use session::core;

/// What the messages fill.
pub mod fields {
    fields::fields! { "ntlm";
        /// Domains or realms that users log in to.
        DOMAIN: Term = "ntlm.domain" @ "ntlm.domain", "NTLM Domain";
        /// Machines that users log in from.
        HOST: Term = "ntlm.host" @ "ntlm.host", "NTLM Host";
        /// What servers call themselves.
        TARGET: Term = "ntlm.targetName" @ "ntlm.targetName", "NTLM Target Name";
        /// Kinds of messages: 1 negotiates, 2 challenges, 3 authenticates.
        TYPE: Int = "ntlm.type" @ "ntlm.type", "NTLM Message Type";
        /// Versions of systems: major, minor and build.
        VERSION: Term = "ntlm.version" @ "ntlm.version", "NTLM Version";
    }
}

use self::fields::*;

/// What every message starts with.
pub(crate) const SIGNATURE: &[u8] = b"NTLMSSP\0";
/// Texts are UTF-16, not of the machine's code page.
const UNICODE: u32 = 1;
/// A version is there.
const HAS_VERSION: u32 = 0x0200_0000;

/// Who logs in.
#[derive(Debug, Default)]
pub(crate) struct Login {
    /// Domain; may be empty.
    pub(crate) domain: String,
    /// User; empty for nobody.
    pub(crate) user: String,
    /// Machine; may be empty.
    pub(crate) host: String,
}

/// Kind of a message, from its signature on.
pub(crate) fn kind(message: &[u8]) -> Option<u32> {
    Bytes::new(message.strip_prefix(SIGNATURE)?).u32_le()
}

/// Reads a message, from its signature on; gives who logs in where it says so.
pub(crate) fn read(message: &[u8], context: &mut Context<'_>) -> Option<Login> {
    let kind = kind(message).filter(|kind| (1..=3).contains(kind))?;
    context.doc.protocol("ntlm");
    context.doc.add(&TYPE, i64::from(kind));
    let mut cursor = Bytes::new(message.get(12..)?);
    match kind {
        2 => {
            let target = place(&mut cursor)?;
            let flags = cursor.u32_le()?;
            add(&TARGET, &text(message, target, flags)?, context);
            // challenge, reserved, information on the target
            cursor.take(8 + 8 + 8)?;
            version(flags, &mut cursor, context);
            None
        }
        3 => {
            let (_lm, _nt) = (place(&mut cursor)?, place(&mut cursor)?);
            let (domain, user, host) = (place(&mut cursor)?, place(&mut cursor)?, place(&mut cursor)?);
            let _key = place(&mut cursor);
            let flags = cursor.u32_le().unwrap_or(UNICODE);
            let login = Login {
                domain: text(message, domain, flags)?,
                user: text(message, user, flags)?,
                host: text(message, host, flags)?,
            };
            add(&DOMAIN, &login.domain, context);
            add(&HOST, &login.host, context);
            if !login.user.is_empty() {
                context.doc.add(&core::USER, &login.user);
            }
            version(flags, &mut cursor, context);
            Some(login)
        }
        _ => {
            let flags = cursor.u32_le()?;
            let (domain, host) = (place(&mut cursor)?, place(&mut cursor)?);
            // these two are always of the code page
            add(&DOMAIN, &text(message, domain, 0)?, context);
            add(&HOST, &text(message, host, 0)?, context);
            version(flags, &mut cursor, context);
            None
        }
    }
}

fn add(field: &'static ::fields::Field<::fields::Term>, text: &str, context: &mut Context<'_>) {
    if !text.is_empty() {
        context.doc.add(field, text);
    }
}

/// Where a text lies: length, room, offset.
fn place(cursor: &mut Bytes<'_>) -> Option<(usize, usize)> {
    let (length, _room, offset) = (cursor.u16_le()?, cursor.u16_le()?, cursor.u32_le()?);
    Some((offset as usize, usize::from(length)))
}

fn text(message: &[u8], (offset, length): (usize, usize), flags: u32) -> Option<String> {
    if length == 0 {
        return Some(String::new());
    }
    let bytes = message.get(offset..offset.checked_add(length)?)?;
    Some(if flags & UNICODE != 0 { utf16(bytes) } else { decode(bytes).into_owned() })
}

fn version(flags: u32, cursor: &mut Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    if flags & HAS_VERSION != 0 {
        let (major, minor, build) = (cursor.u8()?, cursor.u8()?, cursor.u16_le()?);
        context.doc.add(&VERSION, &format!("{major}.{minor}.{build}"));
    }
    Some(())
}
