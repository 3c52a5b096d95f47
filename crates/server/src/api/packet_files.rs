//! Files that sessions carried: the list with digests, one of them, one found by its digest; the decoders of the packet pane.

use crate::api::export::each;
use crate::api::packets::{MAX_RAW, check_right, converse, dir};
use crate::api::pcap::missing;
use crate::api::sessions::{narrowed, one};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::params::Params;
use crate::scope::{Scope, ScopeQuery};
use ::fields::Target;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use content::{DECODERS, File, files};
use index::{Control, Show, Sort};
use packets::{Loss, Wanted};
use query::Plan;
use serde_json::{Value, json};
use session::{SessionDoc, core};

/// Sessions whose packets are read in search of a digest.
const MAX_TRIED: u64 = 100;
/// What a browser may do with bytes out of packets: nothing.
const SANDBOX: &str = "sandbox; default-src 'none'; style-src 'none'; frame-ancestors 'self'";

fn of_session(
    app: &App,
    (caller, decrypt): (&Caller, bool),
    doc: &SessionDoc,
    control: &Control,
) -> Result<(Vec<File>, Vec<Loss>), ApiError> {
    let (mut conversation, losses) =
        converse(app, (&caller.user.user_id, doc), Wanted::of(doc), (MAX_RAW / 2, control))?;
    if decrypt {
        super::tls_keys::check_right(caller)?;
        super::tls_keys::decrypt(app, caller, doc, &mut conversation);
    }
    if let (true, Some(loss)) = (conversation.turns.is_empty(), losses.first()) {
        return Err(ApiError::new(StatusCode::GONE, loss.to_string()));
    }
    Ok((files(&conversation.turns), losses))
}

fn shown(number: usize, file: &File) -> Value {
    json!({
        "n": number,
        "name": file.name,
        "dir": dir(file.side),
        "origin": file.origin,
        "contentType": file.content_type,
        "kind": file.kind,
        "size": file.bytes.len(),
        "carried": file.carried,
        "encoding": file.encoding,
        "md5": file.md5,
        "sha256": file.sha256,
        "unpackedSha256": file.unpacked_sha256,
        "complete": file.complete,
        "problem": file.problem,
        "image": file.picture().is_some(),
    })
}

#[utoipa::path(get, path = "/api/session/{node}/{id}/files", tag = "packets",
    params(
        ("node" = String, Path, description = "Node; only the id is looked at"),
        ("id" = String, Path, description = "Id of a session"),
        ("decrypt" = Option<bool>, Query, description = "true: look into TLS with the keys that are known, for those who may"),
    ),
    responses((status = 200, description = "`{files:[{n,name,dir,origin,contentType,kind,size,carried,encoding,md5,sha256,unpackedSha256,complete,problem,image}],missing}`; digests are of the bytes as they were carried, as in `http.md5`"),
        (status = 404, description = "No such session"), (status = 410, description = "The packets are gone")))]
/// The files of a session: bodies of HTTP, attachments of mail, streams that are a file.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    params: Params,
) -> Result<Response, ApiError> {
    check_right(&caller)?;
    let work = move |app: &App, control: &Control| {
        let doc = one(app, &caller, &id)?;
        let (found, losses) = of_session(app, (&caller, params.is_set("decrypt")), &doc, control)?;
        let files: Vec<Value> = found.iter().enumerate().map(|(n, file)| shown(n + 1, file)).collect();
        Ok(Json(json!({ "files": files, "missing": missing(&losses) })).into_response())
    };
    app.query(None, work).await
}

/// The bytes of a file. Only pictures of kinds that hold no script keep their type; everything else is a download.
fn answer(file: File, name: &str, picture: bool) -> Response {
    let (kind, place) = match file.picture().filter(|_| picture) {
        Some(kind) => (kind, "inline"),
        None => ("application/octet-stream", "attachment"),
    };
    // RFC 6266: a plain name for old clients, the true one in UTF-8
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') { c } else { '_' })
        .collect();
    let escaped: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
    let escaped = escaped.replace('+', "%20");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("{place}; filename=\"{plain}\"; filename*=UTF-8''{escaped}")),
        (header::CONTENT_SECURITY_POLICY, SANDBOX.to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    (headers, file.bytes).into_response()
}

#[utoipa::path(get, path = "/api/session/{node}/{id}/body/{kind}/{number}/{name}", tag = "packets",
    params(
        ("node" = String, Path, description = "Node; only the id is looked at"),
        ("id" = String, Path, description = "Id of a session"),
        ("kind" = String, Path, description = "`file`: a download; `image` (Arkime's `bodypng` too): shown, where it is a picture"),
        ("number" = usize, Path, description = "Number of the file in the session's list, from 1"),
        ("name" = String, Path, description = "Not looked at: the name of the download is the file's own"),
        ("decrypt" = Option<bool>, Query, description = "true: number of the list of the decrypted session"),
    ),
    responses((status = 200, description = "The file, unpacked", content_type = "application/octet-stream"), (status = 404, description = "No such file"), (status = 410, description = "The packets are gone")))]
/// One file of a session.
pub(crate) async fn body(
    State(app): State<App>,
    caller: Caller,
    Path((_, id, kind, number, _)): Path<(String, String, String, usize, String)>,
    params: Params,
) -> Result<Response, ApiError> {
    check_right(&caller)?;
    let picture = match kind.as_str() {
        "file" | "attachment" | "body" => false,
        "image" | "bodypng" | "png" => true,
        _ => return Err(ApiError::bad("the type of a body is file or image")),
    };
    if !picture && caller.user.disable_pcap_download {
        return Err(ApiError::forbidden("you may not download packets"));
    }
    let work = move |app: &App, control: &Control| {
        let doc = one(app, &caller, &id)?;
        let (found, _) = of_session(app, (&caller, params.is_set("decrypt")), &doc, control)?;
        let count = found.len();
        let file = number.checked_sub(1).and_then(|at| found.into_iter().nth(at));
        let file = file.ok_or_else(|| {
            ApiError::not_found(format!("the session carried {count} files; there is no number {number}"))
        })?;
        if picture && file.picture().is_none() {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "this file is no picture that is safe to show; download it",
            ));
        }
        let name = file.name.clone();
        Ok(answer(file, &name, picture))
    };
    app.query(None, work).await
}

fn read_hash(hash: &str) -> Result<String, ApiError> {
    let hash = hash.to_ascii_lowercase();
    if !matches!(hash.len(), 32 | 64) || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(ApiError::bad("No Match Found"));
    }
    Ok(hash)
}

/// The file of a digest among those of a session.
fn pellet(
    app: &App,
    caller: &Caller,
    doc: &SessionDoc,
    hash: &str,
    control: &Control,
) -> Result<Option<Response>, ApiError> {
    let (found, _) = of_session(app, (caller, false), doc, control)?;
    let file = found.into_iter().find(|file| {
        file.md5 == hash || file.sha256 == hash || file.unpacked_sha256.as_deref() == Some(hash)
    });
    Ok(file.map(|file| {
        let name = format!("{}.pellet", file.name);
        answer(file, &name, false)
    }))
}

#[utoipa::path(get, path = "/api/session/{node}/{id}/bodyhash/{hash}", tag = "packets",
    params(
        ("node" = String, Path, description = "Node; only the id is looked at"),
        ("id" = String, Path, description = "Id of a session"),
        ("hash" = String, Path, description = "MD5 or SHA-256 in hexadecimal"),
    ),
    responses((status = 200, description = "The file as `<name>.pellet`", content_type = "application/octet-stream"), (status = 400, description = "No Match Found")))]
/// The file of a session that has this digest.
pub(crate) async fn by_hash_of_session(
    State(app): State<App>,
    caller: Caller,
    Path((_, id, hash)): Path<(String, String, String)>,
) -> Result<Response, ApiError> {
    check_right(&caller)?;
    check_download(&caller)?;
    let hash = read_hash(&hash)?;
    let work = move |app: &App, control: &Control| {
        let doc = one(app, &caller, &id)?;
        pellet(app, &caller, &doc, &hash, control)?.ok_or_else(|| ApiError::bad("No Match Found"))
    };
    app.query(None, work).await
}

fn check_download(caller: &Caller) -> Result<(), ApiError> {
    if caller.user.disable_pcap_download {
        return Err(ApiError::forbidden("you may not download packets"));
    }
    Ok(())
}

#[utoipa::path(get, path = "/api/sessions/bodyhash/{hash}", tag = "packets",
    params(ScopeQuery, ("hash" = String, Path, description = "MD5 or SHA-256 in hexadecimal")),
    responses((status = 200, description = "The file as `<name>.pellet`", content_type = "application/octet-stream"), (status = 400, description = "No Match Found")))]
/// The file with this digest, from the newest session of the search that carried it.
pub(crate) async fn by_hash(
    State(app): State<App>,
    caller: Caller,
    Path(hash): Path<String>,
    params: Params,
) -> Result<Response, ApiError> {
    check_right(&caller)?;
    check_download(&caller)?;
    let hash = read_hash(&hash)?;
    let scope = ScopeQuery::read(&params)?;
    let work = move |app: &App, control: &Control| {
        let scope = Scope::resolve(app, &caller, &scope)?;
        let fields =
            if hash.len() == 32 { ["http.md5", "email.md5"] } else { ["http.sha256", "email.sha256"] };
        let plan = with_hash(app, &fields, &hash, scope.plan)?;
        let plan = narrowed(app, &caller, plan)?;
        let show = Show::WithPositions(
            [&core::NODE.def, &core::SRC_IP.def, &core::SRC_PORT.def, &core::START_TIME.def]
                .map(Target::of)
                .to_vec(),
        );
        let newest = [Sort { by: Target::of(&core::STOP_TIME.def), descending: true }];
        let mut sessions = Vec::new();
        each(app, &plan, (&show, &newest, MAX_TRIED), control, &mut |doc| {
            sessions.push(doc);
            Ok(())
        })?;
        for doc in &sessions {
            // packets of one session may be gone and another's not
            if let Ok(Some(found)) = pellet(app, &caller, doc, &hash, control) {
                return Ok(found);
            }
            control.check()?;
        }
        Err(ApiError::bad("No Match Found"))
    };
    app.query(None, work).await
}

/// The plan of sessions that hold the digest in one of the fields.
fn with_hash(app: &App, fields: &[&str], hash: &str, plan: Plan) -> Result<Plan, ApiError> {
    let known = fields.iter().filter(|field| app.state.schema.target(field).is_some());
    let expression = known.map(|field| format!("{field} == {hash}")).collect::<Vec<_>>().join(" || ");
    let zone = query::TimeZone::UTC;
    let env = query::Env::new(&app.state.schema, crate::app::now_ms(), &zone);
    let holds = query::compile(&expression, &env).map_err(|error| ApiError::bad(error.to_string()))?;
    Ok(Plan::And(vec![plan, holds]).simplify())
}

#[utoipa::path(get, path = "/api/sessions/decodings", tag = "packets",
    responses((status = 200, description = "`[{name,alias,label,settings}]`: what `decode` of the packets takes")))]
/// The decoders of the packet pane.
pub(crate) async fn decodings(_: Caller) -> Json<Value> {
    Json(json!(DECODERS))
}
