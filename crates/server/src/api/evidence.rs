//! The evidence API of Liuying, and packets of evidence taken apart for the viewer.

use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::evidence::http;
use crate::evidence::lookup::{Answer, Key, check_right, look_up};
use crate::params::Params;
use ::evidence::{Description, Record, description};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Why there is nothing, beside the body that the original answers.
const REASON: &str = "x-evidence-reason";
/// How many packets of the microsecond are not in the answer.
const LEFT_OUT: &str = "x-evidence-left-out";

#[utoipa::path(get, path = "/evidence", tag = "evidence",
    params(
        ("time" = Option<String>, Query, description = "Microseconds since 1970; or `time_sec` and `time_usec`"),
        ("time_sec" = Option<String>, Query, description = "Seconds since 1970"),
        ("time_usec" = Option<String>, Query, description = "Microseconds of the second"),
        ("devid" = Option<u32>, Query, description = "Number of the device; all are asked without"),
        ("download" = Option<bool>, Query, description = "`true`: a pcap instead of JSON"),
    ),
    responses((status = 200, description = "A list with one object a packet: `devid,time_sec,time_usec,caplen,pktlen,smac,dmac,sip,sport,dip,dport,protocol,payload,pkthdr,packet`; nothing found is `[]` with the reason in `x-evidence-reason`; of more than a thousand packets `x-evidence-left-out` counts the rest"),
        (status = 400, description = "The time or the device is none"), (status = 404, description = "Nothing to download")))]
/// The packets of one microsecond, as Liuying answers; also as POST, and at `/d/evidence` and `/api/evidence`.
pub(crate) async fn evidence(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let download = params.get("download") == Some("true");
    check_right(&caller, download)?;
    let key = Key::read(&params)?;
    let answer = app.query(None, move |app, control| look_up(app, &caller, key, control)).await?;
    let Answer { records, left_out, why, .. } = answer;
    if download {
        if records.is_empty() {
            return Err(ApiError::not_found(why.unwrap_or_default()));
        }
        let headers = [
            (header::CONTENT_TYPE, "application/octet-stream"),
            (header::CONTENT_DISPOSITION, "attachment;filename=evidence.pcap"),
        ];
        let mut response = (StatusCode::OK, headers, ::evidence::capture(&records)).into_response();
        say_left_out(&mut response, left_out);
        return Ok(response);
    }
    let kind = [(header::CONTENT_TYPE, "application/json; charset=UTF-8")];
    let mut response = (kind, ::evidence::body(&records)).into_response();
    if let Some(why) = why.and_then(|why| HeaderValue::from_str(&why).ok()) {
        response.headers_mut().insert(REASON, why);
    }
    say_left_out(&mut response, left_out);
    Ok(response)
}

/// The body has no room for it: its shape is that of the original.
fn say_left_out(response: &mut Response, left_out: u64) {
    if left_out > 0 {
        response.headers_mut().insert(LEFT_OUT, HeaderValue::from(left_out));
    }
}

#[utoipa::path(get, path = "/api/evidence/packets", tag = "evidence",
    params(
        ("time" = Option<String>, Query, description = "Microseconds since 1970; or `time_sec` and `time_usec`"),
        ("devid" = Option<u32>, Query, description = "Number of the device; all are asked without"),
        ("ip" = Option<String>, Query, description = "Only packets from or to this address"),
        ("port" = Option<u16>, Query, description = "Only packets with this port at that address, or at either end"),
    ),
    responses((status = 200, description = "`{packets:[{devid,time,caplen,pktlen,link,smac,dmac,sip,sport,dip,dport,protocol,payload,payloadAt,frame,info,source,tree:{link,layers,sources,cut},http}],leftOut,reason}`; more than a thousand packets of one microsecond are counted in `leftOut`")))]
/// The packets of one microsecond, taken apart.
pub(crate) async fn packets(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    check_right(&caller, false)?;
    let key = Key::read(&params)?;
    let answer = app.query(None, move |app, control| look_up(app, &caller, key, control)).await?;
    let source = if answer.from_packets { "packets" } else { "evidence" };
    let shown: Vec<Value> = answer.records.iter().filter_map(|record| packet(record, key, source)).collect();
    let mut value = json!({ "packets": shown, "leftOut": answer.left_out });
    if shown.is_empty() {
        let other = "the packets of this microsecond have other ends";
        value["reason"] = answer.why.unwrap_or_else(|| other.to_owned()).into();
    }
    Ok(Json(value))
}

#[utoipa::path(get, path = "/api/evidence/rules", tag = "evidence",
    responses((status = 200, description = "`{source,match,level,devid,importDevid,captures,loadedAt,loaded:[{id,category,type,name,version?,vendor?,os?,desc?,protocol?,port?,part?,regex,hits?}],refused:[{file,rule,leftOut,reason}],session:[{name,type,level,when,keep,hits?}]}`; hits are those since the process began, where it captures")))]
/// The rules about evidence that are in force, and those that cannot be used.
pub(crate) async fn rules(State(app): State<App>, caller: Caller) -> Result<Json<Value>, ApiError> {
    let _ = caller;
    let rules = app.state.evidence.as_ref().and_then(|evidence| evidence.rules.as_ref());
    let none = || json!({ "source": null, "level": 0, "captures": false, "loaded": [], "refused": [], "session": [] });
    Ok(Json(rules.map_or_else(none, |rules| rules.describe())))
}

#[utoipa::path(post, path = "/api/evidence/rules/reload", tag = "evidence",
    responses((status = 200, description = "`{success,text,loaded,refused}`"), (status = 403, description = "Only arkimeAdmin"),
        (status = 409, description = "This process does not capture, or the rules cannot be read; those before stay in force")))]
/// Reads the rules about evidence again, as SIGHUP does.
pub(crate) async fn reload(State(app): State<App>, caller: Caller) -> Result<Json<Value>, ApiError> {
    super::notifiers::may_administer(&caller)?;
    let rules = app.state.evidence.as_ref().and_then(|evidence| evidence.rules.clone());
    let Some(rules) = rules else {
        return Err(ApiError::new(StatusCode::CONFLICT, "there are no rules in this process"));
    };
    app.blocking(move |_| {
        let (loaded, refused) =
            rules.reload().map_err(|error| ApiError::new(StatusCode::CONFLICT, error.to_string()))?;
        let text = format!("{loaded} rules are in force, {refused} problems");
        Ok(Json(json!({ "success": true, "text": text, "loaded": loaded, "refused": refused })))
    })
    .await
}

fn is_wanted(d: &Description, key: Key) -> bool {
    let ends = d.ips.iter().zip(&d.ports);
    let is_end = |(ip, port): (&std::net::IpAddr, &u16)| {
        key.ip.is_none_or(|wanted| wanted == *ip) && key.port.is_none_or(|wanted| wanted == *port)
    };
    ends.into_iter().any(is_end)
}

fn packet(record: &Record, key: Key, source: &str) -> Option<Value> {
    let frame = &record.bytes;
    let mut value = json!({
        "devid": record.device,
        "time": u64::from(record.seconds) * 1_000_000 + u64::from(record.micros),
        "caplen": frame.len(), "pktlen": record.len, "link": record.link, "payload": "", "payloadAt": null,
        "frame": STANDARD.encode(frame),
        "info": super::packets::info(&wire::decode(wire::LinkType(record.link), frame)),
        "source": source,
        "tree": super::packet_tree::fields_of(&dissect::Frame {
            link: wire::LinkType(record.link),
            bytes: frame,
            original: record.len as usize,
        }),
    });
    let Some(d) = description(record.link, frame) else { return Some(value) };
    if !is_wanted(&d, key) {
        return None;
    }
    let payload = frame.get(d.payload.clone()).unwrap_or_default();
    let ([src_mac, dst_mac], [src, dst], [src_port, dst_port]) = (d.macs, d.ips, d.ports);
    value["smac"] = src_mac.into();
    value["dmac"] = dst_mac.into();
    value["sip"] = src.to_string().into();
    value["sport"] = src_port.into();
    value["dip"] = dst.to_string().into();
    value["dport"] = dst_port.into();
    value["protocol"] = ::evidence::protocol_name(d.protocol).into();
    value["payload"] = STANDARD.encode(payload).into();
    value["payloadAt"] = d.payload.start.into();
    if let Some(message) = http::message(payload) {
        value["http"] = message;
    }
    Some(value)
}
