//! Protocols that are lines of text: SMTP, FTP, POP, IMAP, IRC and others, syslog, SSDP, telnet.

use super::http::{headers, line_length};
use crate::pen::Pen;
use crate::show;

/// Lines of one packet that are split; more are one piece.
const MAX_LINES: usize = 500;

/// Whether the bytes are text, not the middle of something binary.
fn is_text(bytes: &[u8]) -> bool {
    let start = bytes.get(..64).unwrap_or(bytes);
    !start.is_empty() && start.iter().all(|byte| *byte >= 0x20 || matches!(byte, b'\r' | b'\n' | b'\t'))
}

/// Names of what a line holds.
struct Names {
    layer: (&'static str, &'static str),
    reply: Option<(&'static str, &'static str)>,
    command: (&'static str, &'static str),
}

fn lines(p: &mut Pen<'_>, names: &Names) -> bool {
    if !is_text(p.rest()) {
        return false;
    }
    // a server speaks from the low port
    let (source, destination) = p.facts.ports;
    let from_server = source < destination;
    p.layer(names.layer.0, names.layer.1, |p| {
        let first = line_length(p.rest());
        p.value(show::text(p.rest().get(..first)?.trim_ascii_end()));
        for _ in 0..MAX_LINES {
            if p.left() == 0 {
                break;
            }
            let length = line_length(p.rest());
            let line = p.rest().get(..length)?;
            let text = line.trim_ascii_end();
            match names.reply {
                Some((code, rest)) if from_server && is_reply(text) => {
                    p.group("", show::text(text), |p| {
                        p.text(3, code, "Response code")?;
                        let tail = text.len().saturating_sub(4);
                        if tail > 0 {
                            p.skip(1)?;
                            p.text(tail, rest, "Response parameter")?;
                        }
                        p.skip(length - text.len())
                    });
                }
                _ if !from_server && is_command(text) => {
                    p.group("", show::text(text), |p| {
                        let word = text.iter().position(|byte| *byte == b' ').unwrap_or(text.len());
                        p.text(word, names.command.0, "Request command")?;
                        if text.len() > word + 1 {
                            p.skip(1)?;
                            p.text(text.len() - word - 1, names.command.1, "Request parameter")?;
                        }
                        let left = length.saturating_sub(text.len()).min(p.left());
                        p.skip(left)
                    });
                }
                _ => {
                    p.text(length, "", "Line")?;
                }
            }
        }
        p.raw_rest("data.data", "More lines");
        Some(())
    });
    true
}

fn is_reply(text: &[u8]) -> bool {
    text.get(..3).is_some_and(|code| code.iter().all(u8::is_ascii_digit))
        && matches!(text.get(3), None | Some(b' ' | b'-'))
}

fn is_command(text: &[u8]) -> bool {
    let word = text.split(|byte| *byte == b' ').next().unwrap_or_default();
    (1..=16).contains(&word.len())
        && word.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'*' | b'+' | b'-'))
}

pub(super) fn smtp(p: &mut Pen<'_>) -> bool {
    lines(
        p,
        &Names {
            layer: ("smtp", "Simple Mail Transfer Protocol"),
            reply: Some(("smtp.response.code", "smtp.rsp.parameter")),
            command: ("smtp.req.command", "smtp.req.parameter"),
        },
    )
}

pub(super) fn ftp(p: &mut Pen<'_>) -> bool {
    lines(
        p,
        &Names {
            layer: ("ftp", "File Transfer Protocol (FTP)"),
            reply: Some(("ftp.response.code", "ftp.response.arg")),
            command: ("ftp.request.command", "ftp.request.arg"),
        },
    )
}

pub(super) fn pop(p: &mut Pen<'_>) -> bool {
    lines(
        p,
        &Names {
            layer: ("pop", "Post Office Protocol"),
            reply: None,
            command: ("pop.request.command", "pop.request.parameter"),
        },
    )
}

pub(super) fn imap(p: &mut Pen<'_>) -> bool {
    lines(
        p,
        &Names {
            layer: ("imap", "Internet Message Access Protocol"),
            reply: None,
            command: ("imap.request_tag", "imap.request"),
        },
    )
}

pub(super) fn plain(p: &mut Pen<'_>, name: &'static str, label: &'static str) -> bool {
    lines(p, &Names { layer: (name, label), reply: None, command: ("", "") })
}

pub(super) fn ssdp(p: &mut Pen<'_>) -> bool {
    if !is_text(p.rest()) {
        return false;
    }
    p.layer("ssdp", "Simple Service Discovery Protocol", |p| {
        let first = line_length(p.rest());
        p.value(show::text(p.rest().get(..first)?.trim_ascii_end()));
        p.text(first, "http.request.line", "Line")?;
        headers(p, |_| None, "http.request.line")?;
        Some(())
    });
    true
}

fn severity(n: u64) -> Option<&'static str> {
    ["EMERG", "ALERT", "CRIT", "ERR", "WARNING", "NOTICE", "INFO", "DEBUG"].get(n as usize).copied()
}

fn facility(n: u64) -> Option<&'static str> {
    const NAMES: [&str; 24] = [
        "KERN", "USER", "MAIL", "DAEMON", "AUTH", "SYSLOG", "LPR", "NEWS", "UUCP", "CRON", "AUTHPRIV", "FTP",
        "NTP", "LOGAUDIT", "LOGALERT", "CRON", "LOCAL0", "LOCAL1", "LOCAL2", "LOCAL3", "LOCAL4", "LOCAL5",
        "LOCAL6", "LOCAL7",
    ];
    NAMES.get(n as usize).copied()
}

/// Syslog (RFC 3164, 5424).
pub(super) fn syslog(p: &mut Pen<'_>) -> bool {
    let bytes = p.rest();
    if bytes.first() != Some(&b'<') {
        return false;
    }
    let Some(close) = bytes.iter().take(5).position(|byte| *byte == b'>') else { return false };
    let digits = bytes.get(1..close).and_then(|digits| std::str::from_utf8(digits).ok());
    let Some(number) = digits.and_then(|digits| digits.parse::<u64>().ok()) else { return false };
    p.layer("syslog", "Syslog message", |p| {
        let word = (p.at(), close + 1, number);
        p.skip(close + 1)?;
        p.bits_code(word, !7 & 0xff8, ("syslog.facility", "Facility"), facility);
        p.bits_code(word, 7, ("syslog.level", "Level"), severity);
        let left = p.left();
        let text = p.text(left, "syslog.msg", "Message")?;
        p.value(show::text(text));
        Some(())
    });
    true
}

/// Telnet (RFC 854): commands among the text.
pub(super) fn telnet(p: &mut Pen<'_>) -> bool {
    p.layer("telnet", "Telnet", |p| {
        while p.left() > 0 {
            let text = p.rest().iter().position(|byte| *byte == 0xff).unwrap_or(p.left());
            if text > 0 {
                p.text(text, "telnet.data", "Data")?;
                continue;
            }
            p.group("", "Command", |p| {
                p.skip(1)?;
                let command = p.code(1, "telnet.cmd", "Command", |n| {
                    Some(match n {
                        240 => "Suboption End",
                        241 => "No-Operation",
                        250 => "Suboption",
                        251 => "Will",
                        252 => "Won't",
                        253 => "Do",
                        254 => "Don't",
                        255 => "Data byte 255",
                        _ => return None,
                    })
                })?;
                if (250..=254).contains(&command) {
                    p.code(1, "telnet.subcmd", "Subcommand", |n| {
                        Some(match n {
                            0 => "Binary Transmission",
                            1 => "Echo",
                            3 => "Suppress Go Ahead",
                            5 => "Status",
                            24 => "Terminal Type",
                            31 => "Negotiate About Window Size",
                            32 => "Terminal Speed",
                            33 => "Remote Flow Control",
                            34 => "Linemode",
                            35 => "X Display Location",
                            37 => "Authentication Option",
                            39 => "New Environment Option",
                            _ => return None,
                        })
                    })?;
                }
                if command == 250 {
                    let end = p.rest().windows(2).position(|pair| pair == [0xff, 240]).unwrap_or(p.left());
                    p.raw(end, "telnet.option_data", "Option data")?;
                }
                Some(())
            })?;
        }
        Some(())
    });
    true
}
