//! Voice and video: SIP (RFC 3261), SDP (RFC 8866), RTSP (RFC 7826), RTP and RTCP (RFC 3550), STUN (RFC 8489).

use super::http::{headers, line_length};
use crate::pen::Pen;
use crate::show;
use std::net::{Ipv4Addr, Ipv6Addr};

const METHODS: &[&[u8]] = &[
    b"INVITE ",
    b"ACK ",
    b"BYE ",
    b"CANCEL ",
    b"REGISTER ",
    b"OPTIONS sip",
    b"PRACK ",
    b"SUBSCRIBE ",
    b"NOTIFY sip",
    b"PUBLISH ",
    b"INFO ",
    b"REFER ",
    b"MESSAGE ",
    b"UPDATE ",
];

pub(super) fn looks_sip(bytes: &[u8]) -> bool {
    let line = bytes.get(..line_length(bytes)).unwrap_or_default().trim_ascii_end();
    line.starts_with(b"SIP/2.0 ")
        || (line.ends_with(b" SIP/2.0") && METHODS.iter().any(|method| line.starts_with(method)))
}

fn sip_field(name: &str) -> Option<&'static str> {
    Some(match name {
        "via" | "v" => "sip.Via",
        "from" | "f" => "sip.From",
        "to" | "t" => "sip.To",
        "call-id" | "i" => "sip.Call-ID",
        "cseq" => "sip.CSeq",
        "contact" | "m" => "sip.Contact",
        "max-forwards" => "sip.Max-Forwards",
        "user-agent" => "sip.User-Agent",
        "server" => "sip.Server",
        "content-type" | "c" => "sip.Content-Type",
        "content-length" | "l" => "sip.Content-Length",
        "allow" => "sip.Allow",
        "expires" => "sip.Expires",
        "authorization" => "sip.Authorization",
        "www-authenticate" => "sip.WWW-Authenticate",
        "route" => "sip.Route",
        "record-route" => "sip.Record-Route",
        "supported" | "k" => "sip.Supported",
        _ => return None,
    })
}

pub(super) fn sip(p: &mut Pen<'_>) {
    text_message(
        p,
        ("sip", "Session Initiation Protocol"),
        ["sip.Request-Line", "sip.Status-Line"],
        sip_field,
    );
}

pub(super) fn rtsp(p: &mut Pen<'_>) -> bool {
    let line = p.rest().get(..line_length(p.rest())).unwrap_or_default().trim_ascii_end();
    if !line.starts_with(b"RTSP/1.") && !line.ends_with(b" RTSP/1.0") {
        return false;
    }
    text_message(p, ("rtsp", "Real Time Streaming Protocol"), ["rtsp.request", "rtsp.response"], |name| {
        Some(match name {
            "session" => "rtsp.session",
            "transport" => "rtsp.transport",
            "content-type" => "rtsp.content-type",
            "content-length" => "rtsp.content-length",
            _ => return None,
        })
    });
    true
}

fn text_message(
    p: &mut Pen<'_>,
    layer: (&'static str, &'static str),
    [request_line, status_line]: [&'static str; 2],
    field: fn(&str) -> Option<&'static str>,
) {
    let body = p.layer(layer.0, layer.1, |p| {
        let length = line_length(p.rest());
        let line = p.rest().get(..length)?.trim_ascii_end();
        let response = line.starts_with(b"SIP/") || line.starts_with(b"RTSP/");
        p.value(show::text(line));
        p.add(
            if response { status_line } else { request_line },
            if response { "Status-Line" } else { "Request-Line" },
            (p.at(), length),
            show::text(line),
        );
        p.skip(length)?;
        headers(p, field, "")
    });
    if body == Some(true) && p.left() > 0 {
        let sdp = p.rest().starts_with(b"v=0");
        p.layer(
            if sdp { "sdp" } else { "data" },
            if sdp { "Session Description Protocol" } else { "Message Body" },
            |p| {
                while p.left() > 0 {
                    let length = line_length(p.rest());
                    let (name, label) = match p.peek(0)? {
                        b'v' => ("sdp.version", "Session Description Protocol Version (v)"),
                        b'o' => ("sdp.owner", "Owner/Creator, Session Id (o)"),
                        b's' => ("sdp.session_name", "Session Name (s)"),
                        b'c' => ("sdp.connection_info", "Connection Information (c)"),
                        b't' => ("sdp.time", "Time Description, active time (t)"),
                        b'm' => ("sdp.media", "Media Description, name and address (m)"),
                        b'a' => ("sdp.media_attr", "Media Attribute (a)"),
                        _ => ("", "Line"),
                    };
                    p.text(length, if sdp { name } else { "" }, if sdp { label } else { "Line" })?;
                }
                Some(())
            },
        );
    }
}

/// The magic cookie of STUN.
const COOKIE: u32 = 0x2112_a442;

pub(super) fn looks_stun(bytes: &[u8]) -> bool {
    let Some(head) = bytes.first_chunk::<8>() else { return false };
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    head[0] & 0xc0 == 0
        && u32::from_be_bytes([head[4], head[5], head[6], head[7]]) == COOKIE
        && bytes.len() >= 20
        && length + 20 <= bytes.len()
}

fn stun_attribute(n: u64) -> Option<&'static str> {
    Some(match n {
        0x0001 => "MAPPED-ADDRESS",
        0x0006 => "USERNAME",
        0x0008 => "MESSAGE-INTEGRITY",
        0x0009 => "ERROR-CODE",
        0x000a => "UNKNOWN-ATTRIBUTES",
        0x000c => "CHANNEL-NUMBER",
        0x000d => "LIFETIME",
        0x0012 => "XOR-PEER-ADDRESS",
        0x0013 => "DATA",
        0x0014 => "REALM",
        0x0015 => "NONCE",
        0x0016 => "XOR-RELAYED-ADDRESS",
        0x0019 => "REQUESTED-TRANSPORT",
        0x001c => "MESSAGE-INTEGRITY-SHA256",
        0x0020 => "XOR-MAPPED-ADDRESS",
        0x0024 => "PRIORITY",
        0x0025 => "USE-CANDIDATE",
        0x8022 => "SOFTWARE",
        0x8028 => "FINGERPRINT",
        0x8029 => "ICE-CONTROLLED",
        0x802a => "ICE-CONTROLLING",
        _ => return None,
    })
}

fn stun_type(n: u64) -> Option<&'static str> {
    Some(match n {
        0x0001 => "Binding Request",
        0x0011 => "Binding Indication",
        0x0101 => "Binding Success Response",
        0x0111 => "Binding Error Response",
        0x0003 => "Allocate Request",
        0x0103 => "Allocate Success Response",
        0x0113 => "Allocate Error Response",
        0x0004 => "Refresh Request",
        0x0104 => "Refresh Success Response",
        0x0008 => "CreatePermission Request",
        0x0108 => "CreatePermission Success Response",
        0x0009 => "Channel-Bind Request",
        0x0109 => "Channel-Bind Success Response",
        0x0016 => "Send Indication",
        0x0017 => "Data Indication",
        _ => return None,
    })
}

pub(super) fn stun(p: &mut Pen<'_>) {
    p.layer("stun", "Session Traversal Utilities for NAT", |p| {
        let kind = p.hex_code(2, "stun.type", "Message Type", stun_type)?;
        p.value(stun_type(kind).unwrap_or_default());
        let length = p.u16("stun.length", "Message Length")?;
        p.hex(4, "stun.cookie", "Message Cookie")?;
        p.raw(12, "stun.id", "Message Transaction ID")?;
        p.group("stun.attributes", "Attributes", |p| {
            p.within(usize::from(length), |p| {
                while p.left() >= 4 {
                    p.group("stun.attribute", "Attribute", |p| {
                        let kind = p.hex_code(2, "stun.att.type", "Attribute Type", stun_attribute)?;
                        p.label(stun_attribute(kind).unwrap_or("Unknown attribute"));
                        let length = usize::from(p.u16("stun.att.length", "Attribute Length")?);
                        p.within(length, |p| stun_value(p, kind))?;
                        let padding = (length.next_multiple_of(4) - length).min(p.left());
                        p.skip(padding)
                    })?;
                }
                Some(())
            })
        })
    });
}

fn stun_value(p: &mut Pen<'_>, kind: u64) -> Option<()> {
    match kind {
        0x0001 | 0x0012 | 0x0016 | 0x0020 if p.left() >= 8 => {
            let xored = kind != 1;
            p.skip(1)?;
            let family = p.code(1, "stun.att.family", "Protocol Family", |n| {
                Some(match n {
                    1 => "IPv4",
                    2 => "IPv6",
                    _ => return None,
                })
            })?;
            let port = p.peek16(0)?;
            let port = if xored { port ^ (COOKIE >> 16) as u16 } else { port };
            p.add("stun.att.port", "Port", (p.at(), 2), port.to_string());
            p.skip(2)?;
            if family == 1 {
                let word = p.peek32(0)?;
                let address = Ipv4Addr::from(if xored { word ^ COOKIE } else { word });
                p.add("stun.att.ipv4", "IP", (p.at(), 4), address.to_string());
                p.skip(4)?;
                p.value(format!("{address}:{port}"));
            } else if !xored {
                let bytes = *p.rest().first_chunk::<16>()?;
                p.add("stun.att.ipv6", "IP", (p.at(), 16), Ipv6Addr::from(bytes).to_string());
                p.skip(16)?;
            }
        }
        0x0006 | 0x0014 | 0x0015 | 0x8022 => {
            let text = p.text(p.left(), "stun.att.text", "Value")?;
            p.value(show::text(text));
        }
        0x0009 if p.left() >= 4 => {
            p.skip(2)?;
            let class = p.u8("stun.att.error.class", "Error Class")?;
            let number = p.u8("stun.att.error", "Error Code")?;
            let text = p.text(p.left(), "stun.att.error.reason", "Error Reason Phrase")?;
            p.value(format!("{class}{number:02} {}", show::text(text)));
        }
        _ => {}
    }
    p.raw_rest("stun.value", "Value");
    Some(())
}

/// RTP has no signature: version 2, a known payload type, an even port. A guess, and named as one.
pub(super) fn looks_rtp(bytes: &[u8]) -> bool {
    let Some(head) = bytes.first_chunk::<12>() else { return false };
    let kind = head[1] & 0x7f;
    let control = (200..=206).contains(&head[1]);
    let sources = usize::from(head[0] & 15) * 4;
    head[0] >> 6 == 2 && (control || kind <= 34 || (96..=127).contains(&kind)) && bytes.len() > 12 + sources
}

fn payload_type(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "ITU-T G.711 PCMU",
        3 => "GSM 06.10",
        4 => "ITU-T G.723",
        8 => "ITU-T G.711 PCMA",
        9 => "ITU-T G.722",
        13 => "Comfort noise",
        18 => "ITU-T G.729",
        26 => "JPEG-compressed video",
        31 => "ITU-T H.261",
        32 => "MPEG-I/II Video",
        33 => "MPEG-II transport streams",
        34 => "ITU-T H.263",
        96..=127 => "DynamicRTP-Type",
        _ => return None,
    })
}

pub(super) fn rtp(p: &mut Pen<'_>) {
    if p.peek(1).is_some_and(|kind| (200..=206).contains(&kind)) {
        p.layer("rtcp", "Real-time Transport Control Protocol", |p| {
            while p.left() >= 8 {
                p.group("", "Packet", |p| {
                    let word = p.word(1)?;
                    p.bits(word, 0xc0, "rtcp.version", "Version");
                    p.bits(word, 0x20, "rtcp.padding", "Padding");
                    p.bits(word, 0x1f, "rtcp.rc", "Count");
                    p.code(1, "rtcp.pt", "Packet type", |n| {
                        Some(match n {
                            200 => "Sender Report",
                            201 => "Receiver Report",
                            202 => "Source description",
                            203 => "Goodbye",
                            204 => "Application specific (APP)",
                            205 => "Generic RTP Feedback",
                            206 => "Payload-specific",
                            _ => return None,
                        })
                    })?;
                    let words = p.u16("rtcp.length", "Length")?;
                    p.raw(usize::from(words) * 4, "rtcp.data", "Data")
                })?;
            }
            Some(())
        });
        return;
    }
    p.layer("rtp", "Real-Time Transport Protocol (by its looks)", |p| {
        let word = p.word(1)?;
        p.bits(word, 0xc0, "rtp.version", "Version");
        p.bits(word, 0x20, "rtp.padding", "Padding");
        let extension = p.bits(word, 0x10, "rtp.ext", "Extension");
        let sources = p.bits(word, 0x0f, "rtp.cc", "Contributing source identifiers count");
        let word = p.word(1)?;
        p.bits(word, 0x80, "rtp.marker", "Marker");
        p.bits_code(word, 0x7f, ("rtp.p_type", "Payload type"), payload_type);
        p.u16("rtp.seq", "Sequence number")?;
        p.u32("rtp.timestamp", "Timestamp")?;
        p.hex(4, "rtp.ssrc", "Synchronization Source identifier")?;
        for _ in 0..sources {
            p.hex(4, "rtp.csrc.item", "CSRC item")?;
        }
        if extension == 1 {
            p.hex(2, "rtp.ext.profile", "Defined by profile")?;
            let words = p.u16("rtp.ext.len", "Extension length")?;
            p.raw(usize::from(words) * 4, "rtp.hdr_exts", "Header extensions")?;
        }
        p.raw_rest("rtp.payload", "Payload");
        Some(())
    });
}
