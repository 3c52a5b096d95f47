//! What streams carry: services and their arguments, file transfers, the shell.

use super::fields::*;
use crate::Context;
use crate::bytes::Bytes;
use crate::text::decode;

/// A service that is opened, or asked of the host's server: its name, where it forwards.
pub(super) fn open(service: &str, context: &mut Context<'_>) {
    let doc = &mut *context.doc;
    let (name, arguments) = service.split_once(':').unwrap_or((service, ""));
    let (name, options) = name.split_once(',').unwrap_or((name, ""));
    // `host-serial:…` and its like are requests to the server too
    let name = if name.starts_with("host-") { "host" } else { name };
    if name.is_empty() {
        return;
    }
    doc.add(&SERVICE, name);
    match name {
        "shell" if options.split(',').any(|option| option == "v2") => doc.tag("adb:shell-v2"),
        "sync" => doc.tag("adb:sync"),
        _ => {}
    }
    let forwarded = match name {
        "forward" => Some(("forward", arguments)),
        "reverse" => arguments.strip_prefix("forward:").map(|ends| ("reverse", ends)),
        "host" => {
            arguments.find("forward:").and_then(|at| arguments.get(at + 8..)).map(|ends| ("forward", ends))
        }
        _ => None,
    };
    if let Some((direction, ends)) = forwarded
        && let Some((local, remote)) = ends.trim_start_matches("norebind:").split_once(';')
    {
        doc.add(&FORWARD_DIRECTION, direction);
        doc.add(&FORWARD_LOCAL, local);
        doc.add(&FORWARD_REMOTE, remote);
    }
}

/// Steps of a transfer: a name, a number that is mostly the length of what follows (SYNC.TXT).
pub(super) fn sync(payload: &[u8], context: &mut Context<'_>) -> Option<()> {
    let mut cursor = Bytes::new(payload);
    while !cursor.is_empty() {
        let (name, length) = (cursor.take(4)?, cursor.u32_le()?);
        // data of a file go on in messages of their own, and may look like anything
        if !name.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
            return None;
        }
        let known = matches!(
            name,
            b"STAT"
                | b"LIST"
                | b"SEND"
                | b"RECV"
                | b"DATA"
                | b"DONE"
                | b"OKAY"
                | b"FAIL"
                | b"QUIT"
                | b"DENT"
                | b"STA2"
                | b"LST2"
                | b"LIS2"
                | b"SND2"
                | b"RCV2"
                | b"DNT2"
        );
        if !known {
            return None;
        }
        context.doc.add(&SYNC_OPERATION, &decode(name));
        match name {
            b"STAT" | b"LIST" | b"SEND" | b"RECV" | b"STA2" | b"LST2" | b"LIS2" => {
                // answers to STAT have numbers where requests have a path
                let path = decode(cursor.take(length as usize)?).into_owned();
                let path =
                    path.rsplit_once(',').filter(|_| name == b"SEND").map_or(path.as_str(), |(path, _)| path);
                if path.starts_with('/') || path.starts_with('.') {
                    context.doc.add(&SYNC_PATH, path);
                }
            }
            b"DATA" | b"FAIL" => drop(cursor.take(length as usize)?),
            // a time, or nothing
            b"DONE" | b"OKAY" | b"QUIT" => {}
            _ => return None,
        }
    }
    Some(())
}

/// Packets of the shell: a kind, a length, data; kind 3 is the exit code.
pub(super) fn shell(payload: &[u8], context: &mut Context<'_>) -> Option<()> {
    let mut cursor = Bytes::new(payload);
    while !cursor.is_empty() {
        let (kind, length) = (cursor.u8()?, cursor.u32_le()?);
        let mut data = cursor.part(length as usize)?;
        if kind == 3 {
            context.doc.add(&EXIT_CODE, &data.u8()?.to_string());
        }
    }
    Some(())
}
