//! The packets of one session for the eye: one by one, or as what both sides said; as JSON, text or hex.

use crate::api::markup::{self, Piece};
use crate::api::packet_text::{Format, as_html, hex};
use crate::api::pcap::missing;
use crate::api::sessions::one;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::params::Params;
use crate::stored::Located;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use index::Control;
use packets::{Conversation, ConversationBuilder, Loss, Side, Wanted, fetch};
use serde_json::{Value, json};
use session::{Positions, SessionDoc, core};
use std::fmt::Write as _;
use std::net::IpAddr;
use wire::{Decoded, LinkType, Net, Transport, decode};

/// Packets of one answer.
const MAX_PACKETS: usize = 10_000;
/// Packets of one answer when no number is given.
const PACKETS: usize = 200;
/// Bytes of packets of one answer.
pub(crate) const MAX_BYTES: usize = 24 << 20;
/// Bytes of one answer when payloads were unpacked.
const MAX_GROWN: usize = 48 << 20;
/// Bytes of one side of a conversation that are put together in memory.
pub(super) const MAX_RAW: usize = 256 << 20;

/// One packet, taken apart.
struct Shown {
    number: usize,
    time: i64,
    side: Side,
    original: u32,
    payload: Vec<u8>,
    frame: Vec<u8>,
    info: String,
}

#[utoipa::path(get, path = "/api/session/{node}/{id}/packets", tag = "packets",
    params(
        ("node" = String, Path, description = "Node; only the id is looked at"),
        ("id" = String, Path, description = "Id of a session"),
        ("view" = Option<String>, Query, description = "`packets` (the default) or `reassembled`"),
        ("format" = Option<String>, Query, description = "`json` (the default), `text`, `hex` or `html`"),
        ("encoding" = Option<String>, Query, description = "How bytes are text (`format=text`): `utf8` (the default), `ascii`, `latin1`, `gbk`, `big5`, `shiftjis`, `utf16`"),
        ("base" = Option<String>, Query, description = "As Arkime says the two above: `natural`, `ascii`, `utf8`, `hex`, or another encoding. Without `format` the answer is HTML then, as there"),
        ("ts" = Option<bool>, Query, description = "true: times in HTML"),
        ("showFrames" = Option<bool>, Query, description = "false with `base` and without `view`: reassembled, as Arkime shows it; true: packets with their headers"),
        ("line" = Option<bool>, Query, description = "true: lines of text have numbers"),
        ("start" = Option<usize>, Query, description = "Packets to skip"),
        ("limit" = Option<usize>, Query, description = "Packets to look at; 200, at most 10,000"),
        ("decode" = Option<String>, Query, description = "Decoders that run over each payload, as JSON: `[{\"name\":\"xor\",\"key\":\"41\"}]`, or Arkime's map"),
        ("gzip" = Option<bool>, Query, description = "true: bodies of HTTP without chunks and content encodings (reassembled)"),
        ("decrypt" = Option<bool>, Query, description = "true: TLS decrypted with the keys that are known, for those who may (reassembled)"),
    ),
    responses((status = 200, description = "`{total,packets:[{n,time,dir,len,origLen,data,frame,info}],stream:[{dir,time,data,gap}],missing}`; bytes are base64, times nanoseconds as text"),
        (status = 404, description = "No such session"), (status = 410, description = "The packets are gone")))]
/// The packets of a session.
pub(crate) async fn packets(
    State(app): State<App>,
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    params: Params,
) -> Result<Response, ApiError> {
    check_right(&caller)?;
    let (html, times) = (as_html(&params), params.is_set("ts"));
    let reassembled = match params.get("view") {
        None if html => !params.is_set("showFrames"),
        None | Some("packets") => false,
        Some("reassembled") => true,
        Some(_) => return Err(ApiError::bad("view is packets or reassembled")),
    };
    let format = Format::read(&params)?;
    let start = params.parse("start", "a number of packets")?.unwrap_or(0);
    let limit =
        params.parse("limit", "a number of packets")?.or(params.parse("packets", "a number of packets")?);
    let limit = limit.unwrap_or(PACKETS).min(MAX_PACKETS);
    let change = Change::read(&params)?;
    if change.decrypt {
        super::tls_keys::check_right(&caller)?;
    }
    let work = move |app: &App, control: &Control| {
        let doc = one(app, &caller, &id)?;
        let total = doc.positions.packets();
        let wanted = Wanted { positions: cut(&doc.positions, start, limit), ..Wanted::of(&doc) };
        let (answer, text, losses, empty) = if reassembled {
            let (mut conversation, losses) =
                converse(app, (&caller.user.user_id, &doc), wanted, (MAX_BYTES, control))?;
            let empty = conversation.turns.is_empty();
            let mut tls = Value::Null;
            if change.decrypt {
                tls = super::tls_keys::decrypt(app, &caller, &doc, &mut conversation);
            }
            let problem = change.turns(&mut conversation);
            if html && !empty {
                return Ok(stream_html(&conversation, format, times, &losses));
            }
            let mut json = stream_json(&conversation);
            json["tls"] = tls;
            json["decodeProblem"] = problem.into();
            (json, stream_text(&conversation, format), losses, empty)
        } else {
            let (mut shown, losses) = read(app, (&caller.user.user_id, &doc), wanted, start, control)?;
            let problem = change.packets(&mut shown);
            if html && !shown.is_empty() {
                return Ok(packets_html(&shown, format, times, &losses));
            }
            let json = shown.iter().map(packet_json).collect();
            (
                json!({ "packets": Value::Array(json), "decodeProblem": problem }),
                packets_text(&shown, format),
                losses,
                shown.is_empty(),
            )
        };
        if format != Format::Json {
            if let (true, Some(loss)) = (empty, losses.first()) {
                return Err(ApiError::new(StatusCode::GONE, loss.to_string()));
            }
            if html {
                return Ok(markup::packets(std::iter::empty(), format, times, &losses));
            }
            return Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response());
        }
        let mut answer = answer;
        answer["total"] = total.into();
        answer["missing"] = missing(&losses).into();
        Ok(Json(answer).into_response())
    };
    app.query(None, work).await
}

pub(crate) fn check_right(caller: &Caller) -> Result<(), ApiError> {
    if caller.user.hide_pcap {
        return Err(ApiError::forbidden("you may not see packets"));
    }
    Ok(())
}

/// What is done to payloads before they are shown.
struct Change {
    chain: Vec<content::Decoder>,
    uncompress: bool,
    decrypt: bool,
}

impl Change {
    fn read(params: &Params) -> Result<Self, ApiError> {
        let chain = params.get("decode").map_or(Ok(Vec::new()), content::read_chain);
        Ok(Self {
            chain: chain.map_err(|error| ApiError::bad(error.to_string()))?,
            uncompress: params.is_set("gzip") || params.is_set("uncompress"),
            decrypt: params.is_set("decrypt"),
        })
    }

    /// Payloads that a chain cannot read stay as they are; the first problem is told.
    fn run(&self, bytes: &mut Vec<u8>, problem: &mut Option<String>) {
        if self.chain.is_empty() || bytes.is_empty() {
            return;
        }
        match content::decode(bytes, &self.chain) {
            Ok(decoded) => *bytes = decoded,
            Err(error) => _ = problem.get_or_insert_with(|| error.to_string()),
        }
    }

    fn packets(&self, shown: &mut [Shown]) -> Option<String> {
        let mut problem = None;
        let mut room = MAX_GROWN;
        for packet in shown {
            self.run(&mut packet.payload, &mut problem);
            packet.payload.truncate(room);
            room -= packet.payload.len();
        }
        problem
    }

    fn turns(&self, conversation: &mut Conversation) -> Option<String> {
        let mut problem = None;
        let mut room = MAX_GROWN;
        for turn in &mut conversation.turns {
            if self.uncompress
                && let Some(readable) = content::readable(&turn.bytes)
            {
                turn.bytes = readable;
            }
            self.run(&mut turn.bytes, &mut problem);
            turn.bytes.truncate(room);
            room -= turn.bytes.len();
        }
        problem
    }
}

/// A part of the positions, by number of packet.
pub(crate) fn cut(all: &Positions, start: usize, limit: usize) -> Positions {
    let (mut part, mut last_file) = (Positions::default(), 0);
    for (file, offset) in all.iter().skip(start).take(limit) {
        part.push(file, &mut last_file, offset, None);
    }
    part
}

/// Who opened the session.
pub(crate) fn source(doc: &SessionDoc) -> Option<(IpAddr, Option<u16>)> {
    let port = doc.int(&core::SRC_PORT).and_then(|port| u16::try_from(port).ok());
    // protocols without ports are written with port 0
    Some((doc.ip(&core::SRC_IP)?, port.filter(|port| *port != 0)))
}

fn read(
    app: &App,
    (user, doc): (&str, &SessionDoc),
    wanted: Wanted,
    start: usize,
    control: &Control,
) -> Result<(Vec<Shown>, Vec<Loss>), ApiError> {
    let source = source(doc);
    let source_mac = doc.text(&core::SRC_MAC).map(str::to_owned);
    let (mut shown, mut held) = (Vec::new(), 0usize);
    let files = Located::new(app, user);
    let losses = fetch(&files, &[wanted], &mut |packet| {
        if control.check().is_err() || held >= MAX_BYTES {
            return false;
        }
        held += packet.bytes.len();
        let decoded = decode(LinkType(packet.link), packet.bytes);
        shown.push(Shown {
            number: start + shown.len() + 1,
            time: packet.time,
            side: side(&decoded, source, source_mac.as_deref()),
            original: packet.original_len,
            payload: decoded.payload.to_vec(),
            frame: packet.bytes.to_vec(),
            info: info(&decoded),
        });
        true
    });
    control.check()?;
    Ok((shown, losses))
}

/// Who sent a packet of a session.
pub(crate) fn side(
    decoded: &Decoded<'_>,
    source: Option<(IpAddr, Option<u16>)>,
    source_mac: Option<&str>,
) -> Side {
    let from_source = match (decoded.ip(), source, decoded.ether) {
        (Some(ip), Some((address, port)), _) => {
            let same_port = match (port, decoded.transport.ports()) {
                (Some(port), Some((own, _))) => port == own,
                _ => true,
            };
            // a host that talks to itself is told apart by the port
            ip.src == address && same_port
        }
        (None, _, Some(ether)) => source_mac.is_none_or(|mac| mac_text(&ether.macs.src) == mac),
        _ => true,
    };
    if from_source { Side::Src } else { Side::Dst }
}

fn mac_text(mac: &[u8; 6]) -> String {
    mac.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

/// One line about the innermost header.
pub(crate) fn info(decoded: &Decoded<'_>) -> String {
    let len = decoded.payload.len() + decoded.missing;
    let mut text = match &decoded.transport {
        Transport::Tcp(tcp) => {
            let flags = format!("{:?}", tcp.flags()).replace('|', ", ");
            format!(
                "{} → {} [{flags}] Seq={} Ack={} Win={} Len={len}",
                tcp.src_port(),
                tcp.dst_port(),
                tcp.seq(),
                tcp.ack(),
                tcp.window()
            )
        }
        Transport::Udp(udp) => format!("{} → {} UDP Len={len}", udp.src_port(), udp.dst_port()),
        Transport::Sctp(sctp) => format!("{} → {} SCTP Len={len}", sctp.src_port(), sctp.dst_port()),
        Transport::Icmp(icmp) => format!("ICMP type {} code {}", icmp.kind(), icmp.code()),
        Transport::Icmp6(icmp) => format!("ICMPv6 type {} code {}", icmp.kind(), icmp.code()),
        Transport::Esp(_) => format!("ESP Len={len}"),
        Transport::Other(protocol) => format!("IP protocol {protocol} Len={len}"),
        Transport::None => match &decoded.net {
            Net::Ip(ip) => match ip.fragment {
                Some(part) => format!("fragment of IP datagram {:#x} at {}", part.id, part.offset),
                None => format!("IP protocol {}", ip.protocol),
            },
            Net::Ether { ethertype } => format!("EtherType {ethertype:#06x}"),
            Net::Llc { dsap, .. } => format!("LLC {dsap:#04x}"),
            Net::None => String::new(),
        },
    };
    if let Some(stop) = decoded.stop {
        let _ = write!(text, "{}{:?}: {}", if text.is_empty() { "" } else { "; " }, stop.layer, stop.why);
    }
    text
}

pub(crate) const fn dir(side: Side) -> &'static str {
    match side {
        Side::Src => "src",
        Side::Dst => "dst",
    }
}

fn packet_json(packet: &Shown) -> Value {
    json!({
        "n": packet.number,
        "time": packet.time.to_string(),
        "dir": dir(packet.side),
        "len": packet.frame.len(),
        "origLen": packet.original,
        "data": STANDARD.encode(&packet.payload),
        "frame": STANDARD.encode(&packet.frame),
        "info": packet.info,
    })
}

fn stream_json(conversation: &Conversation) -> Value {
    let parts = conversation.turns.iter().map(|turn| {
        let mut part = json!({
            "dir": dir(turn.speaker), "time": turn.time.to_string(), "data": STANDARD.encode(&turn.bytes),
        });
        if turn.lost_before > 0 {
            part["gap"] = turn.lost_before.into();
        }
        part
    });
    json!({ "stream": parts.collect::<Vec<_>>(), "leftOut": conversation.left_out })
}

fn seconds(nanos: i64) -> String {
    format!("{}.{:09}", nanos.div_euclid(1_000_000_000), nanos.rem_euclid(1_000_000_000))
}

fn packets_text(packets: &[Shown], format: Format) -> String {
    if format == Format::Json {
        return String::new();
    }
    let mut out = String::new();
    for p in packets {
        let _ = writeln!(out, "#{} {} {} {}", p.number, seconds(p.time), dir(p.side), p.info);
        match format {
            Format::Hex => out.push_str(&hex(&p.frame)),
            Format::Text(text) => out.push_str(&text.read(&p.payload)),
            Format::Json => {}
        }
        out.push('\n');
    }
    out
}

fn packets_html(packets: &[Shown], format: Format, times: bool, losses: &[Loss]) -> Response {
    let pieces = packets.iter().map(|packet| {
        let bytes = if format == Format::Hex { &packet.frame } else { &packet.payload };
        Piece { side: dir(packet.side), time: packet.time, head: &packet.info, bytes }
    });
    markup::packets(pieces, format, times, losses)
}

fn stream_html(conversation: &Conversation, format: Format, times: bool, losses: &[Loss]) -> Response {
    let gaps = conversation.turns.iter().map(|turn| match turn.lost_before {
        0 => String::new(),
        lost => format!("{lost} bytes missing before"),
    });
    let gaps: Vec<String> = gaps.collect();
    let pieces = conversation.turns.iter().zip(&gaps).map(|(turn, gap)| Piece {
        side: dir(turn.speaker),
        time: turn.time,
        head: gap,
        bytes: &turn.bytes,
    });
    markup::packets(pieces, format, times, losses)
}

fn stream_text(conversation: &Conversation, format: Format) -> String {
    if format == Format::Json {
        return String::new();
    }
    let mut out = String::new();
    for turn in &conversation.turns {
        let gap = match turn.lost_before {
            0 => String::new(),
            lost => format!(" ({lost} bytes missing before)"),
        };
        let _ = writeln!(out, "--- {} {}{gap}", dir(turn.speaker), seconds(turn.time));
        match format {
            Format::Hex => out.push_str(&hex(&turn.bytes)),
            Format::Text(text) => out.push_str(&text.read(&turn.bytes)),
            Format::Json => {}
        }
        out.push('\n');
    }
    out
}

pub(super) fn converse(
    app: &App,
    (user, doc): (&str, &SessionDoc),
    wanted: Wanted,
    (limit, control): (usize, &Control),
) -> Result<(Conversation, Vec<Loss>), ApiError> {
    let mut builder = ConversationBuilder::new(source(doc), limit);
    let files = Located::new(app, user);
    let losses = fetch(&files, &[wanted], &mut |packet| {
        builder.packet(&packet);
        control.check().is_ok()
    });
    control.check()?;
    Ok((builder.finish(), losses))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_cut_with_their_files() {
        let all = Positions { flat: vec![-1, 24, 100, -2, 24, 60], lengths: vec![] };
        assert_eq!(cut(&all, 1, 2).flat, [-1, 100, -2, 24]);
        assert_eq!(cut(&all, 3, 9).flat, [-2, 60]);
        assert!(cut(&all, 9, 1).is_empty());
    }
}
