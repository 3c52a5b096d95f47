//! Assets: what was seen on which address.

use crate::api::alerts::{csv_answer, csv_of, json_answer, sort};
use crate::api::table;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::evidence::assets::{Assets, CATEGORIES};
use crate::evidence::hits::{self, Networks, facet};
use crate::params::Params;
use crate::scope::{Scope, ScopeQuery};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use index::Control;
use serde_json::{Value, json};

/// Columns of a CSV.
const COLUMNS: [&str; 13] = [
    "ip", "category", "type", "name", "version", "vendor", "port", "protocol", "first", "last", "count",
    "devid", "rules",
];

/// Rows that the filters leave, how many there were, and whether hits were left out.
fn rows(
    app: &App,
    caller: &Caller,
    params: &Params,
    control: &Control,
) -> Result<(Vec<Value>, usize, bool), ApiError> {
    let networks = Networks::read("ip", &params.list("ip"))?;
    let mut categories = params.list("category");
    if let Some(wrong) = categories.iter().find(|category| !CATEGORIES.contains(&category.as_str())) {
        let shown: String = wrong.chars().take(60).collect();
        return Err(ApiError::bad(format!("category is one of {}, not `{shown}`", CATEGORIES.join(", "))));
    }
    if categories.is_empty() {
        categories = CATEGORIES.map(str::to_owned).to_vec();
    }
    let (kinds, names) = (params.texts("type"), params.texts("name"));
    let scope = Scope::resolve(app, caller, &ScopeQuery::read(params)?)?;
    let mut assets = Assets::default();
    let partial = hits::each(app, &scope.plan, &categories, control, &mut |hit| assets.add(hit))?;
    let mut rows = assets.rows();
    let total = rows.len();
    let one_of = |list: &[String], value: &Value| {
        list.is_empty() || value.as_str().is_some_and(|v| list.iter().any(|one| one.eq_ignore_ascii_case(v)))
    };
    rows.retain(|row| {
        let ip = row.get("ip").and_then(Value::as_str).and_then(|ip| ip.parse().ok());
        ip.is_some_and(|ip| networks.has(ip))
            && one_of(&kinds, row.get("type").unwrap_or(&Value::Null))
            && one_of(&names, row.get("name").unwrap_or(&Value::Null))
    });
    Ok((rows, total, partial))
}

#[utoipa::path(get, path = "/api/assets", tag = "evidence", params(ScopeQuery,
        ("ip" = Option<String>, Query, description = "Addresses and networks, separated by commas"),
        ("category" = Option<String>, Query, description = "`service`, `device`, `os`, `midware`, separated by commas"),
        ("type" = Option<String>, Query, description = "Types, separated by commas"),
        ("name" = Option<String>, Query, description = "Names, separated by commas"),
        ("start" = Option<usize>, Query, description = "Rows to skip"),
        ("length" = Option<usize>, Query, description = "Rows to return; 100"),
        ("sortField" = Option<String>, Query, description = "Column; `last`"),
        ("desc" = Option<bool>, Query, description = "Largest first")),
    responses((status = 200, description = "`{data:[{ip,category,type,name,version,vendor,port,protocol,rules,first,last,count,time,devid,session}],recordsTotal,recordsFiltered,partial,facets}`")))]
/// Services, devices, operating systems and middleware by address.
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Value>, ApiError> {
    let cancel = ScopeQuery::read(&params)?.cancel_key(&caller);
    let answer = app.query(cancel, move |app, control| {
        let (rows, total, partial) = rows(app, &caller, &params, control)?;
        let values = |name: &str| {
            facet(rows.iter().filter_map(|row| row.get(name)?.as_str()).collect::<Vec<_>>().into_iter())
        };
        let facets = json!({
            "ips": values("ip"), "categories": values("category"), "types": values("type"), "names": values("name"),
        });
        let mut rows = rows;
        sort(&mut rows, &params);
        let mut answer = table::cut(rows, total, &params, 100)?;
        answer["partial"] = partial.into();
        answer["facets"] = facets;
        Ok(answer)
    });
    answer.await.map(Json)
}

#[utoipa::path(get, path = "/api/assets.csv", tag = "evidence", params(ScopeQuery),
    responses((status = 200, description = "All assets that the parameters of `/api/assets` leave; times are microseconds since 1970", content_type = "text/csv")))]
/// Assets as CSV.
pub(crate) async fn csv(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let text = app.query(None, move |app, control| {
        let (mut rows, ..) = rows(app, &caller, &params, control)?;
        sort(&mut rows, &params);
        Ok(csv_of(&rows, &COLUMNS))
    });
    Ok(csv_answer("assets.csv", text.await?))
}

#[utoipa::path(get, path = "/api/assets.json", tag = "evidence", params(ScopeQuery),
    responses((status = 200, description = "All assets that the parameters of `/api/assets` leave, as a list", content_type = "application/json")))]
/// Assets as a JSON file.
pub(crate) async fn file(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Response, ApiError> {
    let rows = app.query(None, move |app, control| {
        let (mut rows, ..) = rows(app, &caller, &params, control)?;
        sort(&mut rows, &params);
        Ok(rows)
    });
    Ok(json_answer("assets.json", &rows.await?))
}
