//! Packets out: exports of many sessions or one as pcap and pcapng, and the check before.

use crate::api::export::{ExportQuery, attachment, each, selection};
use crate::api::sessions::one;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::history::Note;
use crate::params::Params;
use crate::scope::{ScopeQuery, forced};
use crate::stored::{Away, Located, lease};
use crate::stream::{self, ChunkWriter};
use ::fields::Target;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use index::{Control, Show};
use packets::bpf::Filter;
use packets::{Estimate, Estimator, Export, Form, LinkTypes, Loss, Options, Report, Wanted};
use query::{Leaf, Plan, Test, TextTest};
use serde_json::{Value, json};
use session::{SessionId, core};
use std::io;
use utoipa::IntoParams;

/// Exports up to this size are run through to say exactly what a slice or a filter leaves.
const EXACT: u64 = 512 << 20;

/// What exports of packets take besides.
#[derive(Clone, Debug, Default, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes parameters that are read by name")]
pub(crate) struct SliceQuery {
    /// Only packets from this time on: seconds since 1970 with up to 9 decimals.
    #[param(rename = "packetStart")]
    pub packet_start: Option<String>,
    /// Only packets up to this time.
    #[param(rename = "packetStop")]
    pub packet_stop: Option<String>,
    /// Only packets that pass this filter, in the language of pcap-filter(7).
    #[param(example = "tcp port 443")]
    pub bpf: Option<String>,
    /// `fail`: refuses the export when packets are missing instead of leaving them out.
    pub missing: Option<String>,
}

/// Losses as web/API.md shows them.
pub(crate) fn missing(losses: &[Loss]) -> Vec<Value> {
    let shown = losses.iter().map(|loss| {
        let file = match &loss.path {
            Some(path) => path.display().to_string(),
            None if loss.number == 0 => String::new(),
            None => format!("file {} of node {}", loss.number, loss.node),
        };
        json!({ "file": file, "reason": loss.reason.to_string(), "packets": loss.packets })
    });
    shown.collect()
}

fn may_see_packets(caller: &Caller) -> Result<(), ApiError> {
    if caller.user.hide_pcap {
        return Err(ApiError::forbidden("you may not see packets"));
    }
    Ok(())
}

fn may_export(caller: &Caller) -> Result<(), ApiError> {
    may_see_packets(caller)?;
    if caller.user.disable_pcap_download {
        return Err(ApiError::forbidden("you may not export packets"));
    }
    Ok(())
}

/// Seconds since 1970 with decimals as nanoseconds; a double would lose the last three digits.
fn nanos(name: &str, text: &str) -> Result<i64, ApiError> {
    let bad = || ApiError::bad(format!("{name} is a number of seconds since 1970 with up to 9 decimals"));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.len() > 9 || !part.bytes().all(|b| b.is_ascii_digit()) || whole.starts_with('-') {
        return Err(bad());
    }
    let whole: i64 = whole.parse().map_err(|_| bad())?;
    let part: i64 = format!("{part:0<9}").parse().map_err(|_| bad())?;
    whole.checked_mul(1_000_000_000).and_then(|ns| ns.checked_add(part)).ok_or_else(bad)
}

/// Reads the slice and the filter.
fn options(params: &Params, form: Form) -> Result<Options, ApiError> {
    let time = |name: &str| params.get(name).map(|text| nanos(name, text)).transpose();
    let filter = params.get("bpf").map(str::parse::<Filter>).transpose();
    Ok(Options {
        form,
        from: time("packetStart")?,
        to: time("packetStop")?,
        filter: filter.map_err(|e| ApiError::bad(e.to_string()))?,
        comments: form == Form::PcapNg,
        ..Options::default()
    })
}

/// Fields that exports need beside positions.
fn show() -> Show {
    let defs = [&core::NODE.def, &core::START_TIME.def, &core::BYTES.def, &core::NOT_KEPT_PACKETS.def];
    Show::WithPositions(defs.map(Target::of).to_vec())
}

fn estimate(
    app: &App,
    (user, plan): (&str, &Plan),
    most: u64,
    control: &Control,
) -> Result<Estimate, ApiError> {
    let files = Located::new(app, user);
    let mut estimator = Estimator::new(&files);
    each(app, plan, (&show(), &[], most), control, &mut |doc| {
        estimator.add(&Wanted::of(&doc));
        Ok(())
    })?;
    Ok(estimator.finish())
}

/// Writes the packets of a plan.
fn export(
    app: &App,
    (user, plan): (&str, &Plan),
    (options, most): (Options, u64),
    out: &mut dyn io::Write,
    control: &Control,
) -> Result<Report, ApiError> {
    let files = Located::new(app, user);
    let mut export = Export::new(out, &files, options);
    each(app, plan, (&show(), &[], most), control, &mut |doc| export.add(&Wanted::of(&doc)).map_err(failed))?;
    export.finish().map_err(failed)
}

fn failed(error: io::Error) -> ApiError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<LinkTypes>()) {
        Some(links) => link_types(*links),
        None => ApiError::internal(error.to_string()),
    }
}

fn link_types(links: LinkTypes) -> ApiError {
    ApiError::new(StatusCode::CONFLICT, links.to_string())
}

/// Whether the packet files of the system are of several link types. Only then an export as pcap is looked through
/// before it begins: a second link type found on the way would break it off.
fn links_may_differ(app: &App) -> Result<bool, ApiError> {
    let files = app.state.catalog.files()?;
    let mut links = files.iter().map(|file| file.link_type);
    let first = links.next().flatten();
    Ok(links.any(|link| link.is_none() || link != first))
}

fn list(losses: &[Loss]) -> String {
    let shown: Vec<String> = losses.iter().take(5).map(Loss::to_string).collect();
    let more = if losses.len() > 5 { "; and more" } else { "" };
    format!("{}{more}", shown.join("; "))
}

/// Writes an export, and answers an error where it would hold nothing.
fn write(
    app: &App,
    (user, plan): (&str, &Plan),
    (params, form, away): (&Params, Form, &Away),
    out: &mut ChunkWriter,
) -> Result<(), ApiError> {
    let control = out.control().clone();
    let options = options(params, form)?;
    let most = params.parse("length", "a number of sessions")?.unwrap_or(u64::MAX);
    let strict = params.get("missing") == Some("fail");
    // everything that will be read stays until it is read
    let _lease = lease(app, plan, most, "an export", &control)?;
    if strict || (form == Form::Pcap && links_may_differ(app)?) {
        let estimate = estimate(app, (user, plan), most, &control)?;
        if strict && !estimate.missing.is_empty() {
            return Err(ApiError::new(StatusCode::GONE, list(&estimate.missing)));
        }
        // A slice or a filter may leave packets of one link type only: then the export itself finds out.
        let narrowed = options.from.is_some() || options.to.is_some() || options.filter.is_some();
        if let (Form::Pcap, [first, other, ..], false) = (form, estimate.links.as_slice(), narrowed) {
            return Err(link_types(LinkTypes { first: *first, other: *other }));
        }
    }
    away.find(app, plan, &control)?;
    let report = export(app, (user, plan), (options, most), out, &control)?;
    if report.sessions == 0 {
        return Err(ApiError::not_found("no sessions found"));
    }
    if report.packets == 0 && report.left_out == 0 && !report.losses.is_empty() {
        return Err(ApiError::new(StatusCode::GONE, list(&report.losses)));
    }
    if !report.losses.is_empty() {
        tracing::warn!("an export lacks packets: {}", list(&report.losses));
    }
    Ok(())
}

const fn kind(form: Form) -> (&'static str, &'static str) {
    match form {
        Form::Pcap => ("application/vnd.tcpdump.pcap", "pcap"),
        Form::PcapNg => ("application/x-pcapng", "pcapng"),
    }
}

async fn many(app: App, caller: Caller, params: Params, form: Form) -> Result<Response, ApiError> {
    may_export(&caller)?;
    let (kind, extension) = kind(form);
    let note = Note {
        expression: params.get("expression").unwrap_or_default().to_owned(),
        view: params.get("view").unwrap_or_default().to_owned(),
        ..Note::default()
    };
    let away = Away::default();
    let found = away.clone();
    let body = stream::body(&app, move |app, out| {
        let scope = selection(app, &caller, &params, out.control())?;
        write(app, (&caller.user.user_id, &scope.plan), (&params, form, &found), out)
    });
    Ok(away.named(attachment(kind, &format!("sessions.{extension}"), body.await?, note)))
}

#[utoipa::path(get, path = "/api/sessions.pcap", tag = "export", params(ScopeQuery, ExportQuery, SliceQuery),
    responses((status = 200, description = "One pcap in order of time", content_type = "application/vnd.tcpdump.pcap"),
        (status = 404, description = "No sessions found"), (status = 409, description = "Several link types; take pcapng"), (status = 410, description = "The packets are gone")))]
/// Packets of sessions as pcap; also as POST.
pub(crate) async fn sessions_pcap(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    many(app, caller, params, Form::Pcap).await
}

#[utoipa::path(get, path = "/api/sessions.pcapng", tag = "export", params(ScopeQuery, ExportQuery, SliceQuery),
    responses((status = 200, description = "One pcapng in order of time, each packet with its session's id as a comment", content_type = "application/x-pcapng"),
        (status = 404, description = "No sessions found"), (status = 410, description = "The packets are gone")))]
/// Packets of sessions as pcapng; also as POST.
pub(crate) async fn sessions_pcapng(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    many(app, caller, params, Form::PcapNg).await
}

#[utoipa::path(get, path = "/api/export/check", tag = "export", params(ScopeQuery, ExportQuery, SliceQuery),
    responses((status = 200, description = "`{sessions,packets,bytes,links,exact,missing:[{file,reason,packets}]}`: what the export will be; `exact` is false where a slice or filter may make it smaller"),
        (status = 400, description = "The packet filter cannot be read")))]
/// What an export will be, and which packets are gone.
pub(crate) async fn check(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    may_export(&caller)?;
    // a filter that is wrong is told before anything is counted
    options(&params, Form::PcapNg)?;
    let cancel = ScopeQuery::read(&params)?.cancel_key(&caller);
    let work = move |app: &App, control: &Control| {
        let scope = selection(app, &caller, &params, control)?;
        let most = params.parse("length", "a number of sessions")?.unwrap_or(u64::MAX);
        let estimate = estimate(app, (&caller.user.user_id, &scope.plan), most, control)?;
        let narrowed = ["packetStart", "packetStop", "bpf"].iter().any(|name| params.get(name).is_some());
        let links: Vec<String> = estimate.links.iter().map(ToString::to_string).collect();
        let mut answer = json!({
            "sessions": estimate.sessions,
            "packets": estimate.packets,
            "bytes": estimate.bytes,
            "links": links,
            "exact": !narrowed,
            "missing": missing(&estimate.missing),
        });
        if narrowed && estimate.bytes <= EXACT {
            let mut size = Size(0, control.clone());
            let options = Options { comments: false, ..options(&params, Form::PcapNg)? };
            let report =
                export(app, (&caller.user.user_id, &scope.plan), (options, most), &mut size, control)?;
            answer["packets"] = report.packets.into();
            // as pcap: a header of 24 bytes, and 16 for each packet
            answer["bytes"] = (24 + report.bytes + 16 * report.packets).into();
            answer["exact"] = true.into();
            answer["missing"] = missing(&report.losses).into();
        }
        Ok(Json(answer))
    };
    app.query(cancel, work).await
}

/// Counts what is written.
struct Size(u64, Control);
impl io::Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1.check().map_err(io::Error::other)?;
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn form_of(name: &str) -> Option<(&str, Form)> {
    let ng = name.strip_suffix(".pcapng").map(|id| (id, Form::PcapNg));
    ng.or_else(|| name.strip_suffix(".pcap").map(|id| (id, Form::Pcap)))
}

async fn single(
    app: App,
    caller: Caller,
    (id, form): (String, Form),
    params: Params,
) -> Result<Response, ApiError> {
    may_export(&caller)?;
    let (kind, extension) = kind(form);
    let name = format!("{}.{extension}", id.trim_start_matches("3@"));
    let body = stream::body(&app, move |app, out| {
        let doc = one(app, &caller, &id)?;
        let plan = Plan::Ids(vec![doc.id]);
        write(app, (&caller.user.user_id, &plan), (&params, form, &Away::default()), out)
    });
    let body = body.await?; // after this the id is known to be one: it may stand in a header
    Ok(attachment(kind, &name, body, Note::default()))
}

#[utoipa::path(get, path = "/api/session/{node}/{file}", tag = "export", params(SliceQuery,
        ("node" = String, Path, description = "Node; only the id is looked at"),
        ("file" = String, Path, description = "Id of a session with `.pcap` or `.pcapng`")),
    responses((status = 200, description = "The packets"), (status = 404, description = "No such session"), (status = 410, description = "The packets are gone")))]
/// The packets of one session.
pub(crate) async fn session_file(
    State(app): State<App>,
    caller: Caller,
    Path((_, file)): Path<(String, String)>,
    params: Params,
) -> Result<Response, ApiError> {
    let Some((id, form)) = form_of(&file) else {
        return Err(ApiError::not_found("ask for /api/session/NODE/ID.pcap or .pcapng"));
    };
    single(app, caller, (id.to_owned(), form), params).await
}

/// The same as `/api/session/:node/:id/pcap`.
pub(crate) async fn session_pcap(
    State(app): State<App>,
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    params: Params,
) -> Result<Response, ApiError> {
    single(app, caller, (id, Form::Pcap), params).await
}

#[utoipa::path(get, path = "/api/session/entire/{node}/{file}", tag = "export", params(SliceQuery,
        ("node" = String, Path, description = "Node"),
        ("file" = String, Path, description = "`rootId` of a long session with `.pcap` or `.pcapng`")),
    responses((status = 200, description = "The packets of all segments"), (status = 404, description = "No such session")))]
/// The packets of all segments of a long session.
pub(crate) async fn entire(
    State(app): State<App>,
    caller: Caller,
    Path((_, file)): Path<(String, String)>,
    params: Params,
) -> Result<Response, ApiError> {
    may_export(&caller)?;
    let Some((root, form)) = form_of(&file) else {
        return Err(ApiError::not_found("ask for /api/session/entire/NODE/ROOTID.pcap or .pcapng"));
    };
    let id: SessionId = root.parse().map_err(|e: session::BadId| ApiError::bad(e.to_string()))?;
    let (kind, extension) = kind(form);
    let away = Away::default();
    let found = away.clone();
    let body = stream::body(&app, move |app, out| {
        let names = vec![TextTest::Is(id.to_string()), TextTest::Is(format!("3@{id}"))];
        let linked = Leaf { target: Target::of(&core::ROOT_ID.def), test: Test::Texts(names) };
        let plan = Plan::Or(vec![Plan::Leaf(linked), Plan::Ids(vec![id])]);
        let plan = Plan::And(std::iter::once(plan).chain(forced(app, &caller)?).collect());
        write(app, (&caller.user.user_id, &plan.simplify()), (&params, form, &found), out)
    });
    Ok(away.named(attachment(kind, &format!("{id}.{extension}"), body.await?, Note::default())))
}

#[cfg(test)]
mod tests {
    use super::nanos;

    #[test]
    fn slices_are_exact_to_the_nanosecond() {
        assert_eq!(nanos("x", "1795381200.123456789").unwrap(), 1_795_381_200_123_456_789);
        assert_eq!(nanos("x", "5").unwrap(), 5_000_000_000);
        assert_eq!(nanos("x", "5.1").unwrap(), 5_100_000_000);
        for bad in ["", "-1", "1.0000000001", "1e9", "99999999999999", "a.1", "1.-1"] {
            assert!(nanos("x", bad).is_err(), "{bad}");
        }
    }
}
