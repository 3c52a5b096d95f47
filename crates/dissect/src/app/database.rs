//! Databases: MySQL's client protocol, PostgreSQL's version 3, Redis' RESP.

use super::http::line_length;
use crate::pen::Pen;
use crate::show;

fn command(n: u64) -> Option<&'static str> {
    Some(match n {
        1 => "Quit",
        2 => "Use Database",
        3 => "Query",
        4 => "Show Fields",
        5 => "Create Database",
        6 => "Drop Database",
        8 => "Shutdown",
        9 => "Statistics",
        10 => "Show Processlist",
        12 => "Kill Server Thread",
        14 => "Ping",
        17 => "Change User",
        22 => "Prepare Statement",
        23 => "Execute Statement",
        24 => "Send BLOB",
        25 => "Close Statement",
        26 => "Reset Statement",
        27 => "Set Option",
        28 => "Fetch Data",
        31 => "Reset connection",
        _ => return None,
    })
}

/// MySQL: packets of a length (3 bytes, lowest first), a number and a body.
pub(super) fn mysql(p: &mut Pen<'_>) -> bool {
    let Some(word) = p.peek32(0) else { return false };
    let length = (word >> 8).swap_bytes() >> 8;
    if length == 0 || length as usize > p.left().saturating_add(1 << 24) || word & 0xff > 250 {
        return false;
    }
    let from_server = p.facts.ports.0 < p.facts.ports.1;
    p.layer("mysql", "MySQL Protocol", |p| {
        while p.left() > 4 {
            p.group("", "MySQL packet", |p| {
                let length = p.le(3, "mysql.packet_length", "Packet Length")? as usize;
                let number = p.u8("mysql.packet_number", "Packet Number")?;
                p.within(length, |p| mysql_body(p, from_server, number))
            })?;
        }
        p.raw_rest("mysql.payload", "Payload");
        Some(())
    });
    true
}

fn mysql_body(p: &mut Pen<'_>, from_server: bool, number: u8) -> Option<()> {
    let first = p.peek(0)?;
    match (from_server, number, first) {
        (true, 0, 10) => {
            p.label("Server Greeting");
            p.u8("mysql.protocol", "Protocol")?;
            let version = p.zero_text("mysql.version", "Version")?;
            p.value(show::text(version));
            p.le(4, "mysql.thread_id", "Thread ID")?;
            p.raw(8, "mysql.salt", "Salt")?;
            p.skip(1)?;
            p.le(2, "mysql.caps.server", "Server Capabilities")?;
            p.u8("mysql.server_language", "Server Language")?;
            p.le(2, "mysql.server_status", "Server Status")?;
            p.le(2, "mysql.extcaps.server", "Extended Server Capabilities")?;
            p.u8("mysql.auth_plugin.length", "Authentication Plugin Length")?;
            p.raw(10, "mysql.unused", "Unused")?;
            p.zero_text("mysql.salt2", "Salt")?;
            if p.left() > 0 {
                p.zero_text("mysql.auth_plugin", "Authentication Plugin")?;
            }
        }
        (false, 1, _) if p.left() > 32 => {
            p.label("Login Request");
            p.le(4, "mysql.caps.client", "Client Capabilities")?;
            p.le(4, "mysql.max_packet", "MAX Packet")?;
            p.u8("mysql.charset", "Charset")?;
            p.raw(23, "mysql.unused", "Unused")?;
            let user = p.zero_text("mysql.user", "Username")?;
            p.value(show::text(user));
        }
        (false, 0, _) => {
            p.group("mysql.request", "Request Command", |p| {
                let kind = p.code(1, "mysql.command", "Command", command)?;
                let label = command(kind).unwrap_or("Command");
                p.label(format!("Request Command {label}"));
                match kind {
                    2..=6 | 22 if p.left() > 0 => {
                        let text = p.text(
                            p.left(),
                            if kind == 2 { "mysql.schema" } else { "mysql.query" },
                            "Statement",
                        )?;
                        p.value(show::text(text));
                    }
                    23..=26 | 28 if p.left() >= 4 => _ = p.le(4, "mysql.stmt_id", "Statement ID")?,
                    _ => {}
                }
                p.raw_rest("mysql.payload", "Payload");
                Some(())
            })?;
        }
        (true, _, 0xff) => {
            p.label("Error");
            p.hex(1, "mysql.response_code", "Response Code")?;
            p.le(2, "mysql.error_code", "Error Code")?;
            if p.peek(0) == Some(b'#') {
                p.skip(1)?;
                p.text(5, "mysql.sqlstate", "SQL state")?;
            }
            let text = p.text(p.left(), "mysql.error.message", "Error message")?;
            p.value(show::text(text));
            p.group_note(crate::tree::Severity::Warning, "the server answers with an error");
        }
        (true, _, 0) => p.label("OK, or a row"),
        (true, _, 0xfe) => p.label("EOF, or an authentication switch"),
        (true, ..) => p.label("Result"),
        _ => {}
    }
    p.raw_rest("mysql.payload", "Payload");
    Some(())
}

fn frontend(kind: u8) -> Option<&'static str> {
    Some(match kind {
        b'Q' => "Simple query",
        b'P' => "Parse",
        b'B' => "Bind",
        b'E' => "Execute",
        b'D' => "Describe",
        b'C' => "Close",
        b'S' => "Sync",
        b'H' => "Flush",
        b'X' => "Termination",
        b'p' => "Password message",
        b'd' => "Copy data",
        b'c' => "Copy completion",
        b'f' => "Copy failure",
        b'F' => "Function call",
        _ => return None,
    })
}

fn backend(kind: u8) -> Option<&'static str> {
    Some(match kind {
        b'R' => "Authentication request",
        b'K' => "Backend key data",
        b'S' => "Parameter status",
        b'Z' => "Ready for query",
        b'T' => "Row description",
        b'D' => "Data row",
        b'C' => "Command completion",
        b'E' => "Error",
        b'N' => "Notice",
        b'1' => "Parse completion",
        b'2' => "Bind completion",
        b'3' => "Close completion",
        b'n' => "No data",
        b't' => "Parameter description",
        b's' => "Portal suspended",
        b'I' => "Empty query",
        b'G' => "CopyIn response",
        b'H' => "CopyOut response",
        b'd' => "Copy data",
        b'c' => "Copy completion",
        b'A' => "Notification",
        _ => return None,
    })
}

pub(super) fn postgresql(p: &mut Pen<'_>) -> bool {
    let from_server = p.facts.ports.0 < p.facts.ports.1;
    let names = if from_server { backend } else { frontend };
    let startup = !from_server
        && p.peek32(0).is_some_and(|n| (8..10_000).contains(&n))
        && p.peek32(4).is_some_and(|n| n == 196_608 || n >> 16 == 1234);
    let message =
        p.peek(0).and_then(names).is_some() && p.peek32(1).is_some_and(|n| (4..1 << 30).contains(&n));
    if !startup && !message && p.left() != 1 {
        return false;
    }
    p.layer("pgsql", "PostgreSQL", |p| {
        if p.left() == 1 {
            p.text(1, "pgsql.type", "SSL answer")?;
            return Some(());
        }
        if startup {
            return p.group("", "Startup message", |p| {
                let length = p.u32("pgsql.length", "Length")? as usize;
                p.within(length.checked_sub(4)?, |p| {
                    let version = p.peek32(0)?;
                    if version == 196_608 {
                        p.u16("pgsql.version_major", "Protocol major version")?;
                        p.u16("pgsql.version_minor", "Protocol minor version")?;
                        while p.peek(0).is_some_and(|byte| byte != 0) {
                            p.zero_text("pgsql.parameter_name", "Parameter name")?;
                            p.zero_text("pgsql.parameter_value", "Parameter value")?;
                        }
                        p.skip_all();
                    } else {
                        p.label("SSL, GSS or cancel request");
                        p.u32("pgsql.code", "Code")?;
                        p.raw_rest("pgsql.data", "Data");
                    }
                    Some(())
                })
            });
        }
        while p.left() >= 5 {
            let Some(label) = p.peek(0).and_then(names) else { break };
            p.group("", label, |p| {
                let kind = p.peek(0)?;
                p.text(1, "pgsql.type", "Type")?;
                let length = usize::try_from(p.u32("pgsql.length", "Length")?).ok()?.checked_sub(4)?;
                p.within(length, |p| pgsql_body(p, from_server, kind))
            })?;
        }
        p.raw_rest("pgsql.data", "Data");
        Some(())
    });
    true
}

fn pgsql_body(p: &mut Pen<'_>, from_server: bool, kind: u8) -> Option<()> {
    match (from_server, kind) {
        (false, b'Q') => {
            let text = p.zero_text("pgsql.query", "Query")?;
            p.value(show::text(text));
        }
        (false, b'P') => {
            p.zero_text("pgsql.statement", "Statement")?;
            let text = p.zero_text("pgsql.query", "Query")?;
            p.value(show::text(text));
        }
        (false, b'B') => {
            p.zero_text("pgsql.portal", "Portal")?;
            p.zero_text("pgsql.statement", "Statement")?;
        }
        (true, b'S') => {
            p.zero_text("pgsql.parameter_name", "Parameter name")?;
            p.zero_text("pgsql.parameter_value", "Parameter value")?;
        }
        (true, b'C') => {
            let text = p.zero_text("pgsql.tag", "Tag")?;
            p.value(show::text(text));
        }
        (true, b'R') => _ = p.u32("pgsql.authtype", "Authentication type")?,
        (true, b'K') => {
            p.u32("pgsql.pid", "PID")?;
            p.u32("pgsql.key", "Key")?;
        }
        (true, b'Z') => _ = p.text(1, "pgsql.status", "Status")?,
        (true, b'E' | b'N') => {
            while p.peek(0).is_some_and(|byte| byte != 0) {
                let (name, label) = match p.peek(0)? {
                    b'S' => ("pgsql.severity", "Severity"),
                    b'C' => ("pgsql.code", "Code"),
                    b'M' => ("pgsql.message", "Message"),
                    b'D' => ("pgsql.detail", "Detail"),
                    b'H' => ("pgsql.hint", "Hint"),
                    b'P' => ("pgsql.position", "Position"),
                    b'F' => ("pgsql.file", "File"),
                    b'L' => ("pgsql.line", "Line"),
                    b'R' => ("pgsql.routine", "Routine"),
                    _ => ("pgsql.field", "Field"),
                };
                p.skip(1)?;
                let text = p.zero_text(name, label)?;
                if name == "pgsql.message" {
                    p.value(show::text(text));
                }
            }
        }
        (true, b'D') => {
            let count = p.u16("pgsql.field.count", "Field count")?;
            for _ in 0..count {
                let length = p.int(4, "pgsql.val.length", "Column length")?;
                if length > 0 {
                    p.text(usize::try_from(length).ok()?, "pgsql.val.data", "Data")?;
                }
            }
        }
        (true, b'T') => {
            let count = p.u16("pgsql.field.count", "Field count")?;
            for _ in 0..count {
                p.group("", "Column", |p| {
                    let name = p.zero_text("pgsql.col.name", "Column name")?;
                    p.value(show::text(name));
                    p.u32("pgsql.oid.table", "Table OID")?;
                    p.u16("pgsql.col.index", "Column index")?;
                    p.u32("pgsql.oid.type", "Type OID")?;
                    p.int(2, "pgsql.val.length", "Column length")?;
                    p.int(4, "pgsql.col.typemod", "Type modifier")?;
                    p.u16("pgsql.format", "Format")
                })?;
            }
        }
        _ => {}
    }
    p.raw_rest("pgsql.data", "Data");
    Some(())
}

pub(super) fn redis(p: &mut Pen<'_>) -> bool {
    if !p.peek(0).is_some_and(|byte| matches!(byte, b'*' | b'$' | b'+' | b'-' | b':')) {
        return false;
    }
    p.layer("resp", "Redis Serialization Protocol", |p| {
        while p.left() > 0 {
            let length = line_length(p.rest());
            let line = p.rest().get(..length)?.trim_ascii_end();
            let (kind, number) = (
                line.first().copied(),
                line.get(1..).and_then(|n| std::str::from_utf8(n).ok()?.parse::<usize>().ok()),
            );
            match (kind, number) {
                (Some(b'*'), _) => _ = p.text(length, "resp.array", "Array")?,
                (Some(b'$'), Some(bytes)) if length + bytes <= p.left() => {
                    p.skip(length)?;
                    p.text(bytes, "resp.bulk_string.value", "Bulk String")?;
                    p.skip(2.min(p.left()))?;
                }
                (Some(b'+'), _) => _ = p.text(length, "resp.string", "String")?,
                (Some(b'-'), _) => _ = p.text(length, "resp.error", "Error")?,
                (Some(b':'), _) => _ = p.text(length, "resp.integer", "Integer")?,
                _ => p.raw_rest("resp.data", "Data"),
            }
        }
        Some(())
    });
    true
}
