//! A session and its packets as pieces of HTML, for clients that expect Arkime's pages. Every text comes from packets and is escaped.

use crate::api::packet_text::{Format, hex};
use ::fields::Schema;
use axum::response::{Html, IntoResponse as _, Response};
use packets::Loss;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Text in HTML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// The plain values of a document by their dotted path; objects in lists are entered.
fn values(value: &Value, path: &str, into: &mut BTreeMap<String, Vec<String>>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let inner = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                values(member, &inner, into);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| values(item, path, into)),
        Value::Null => {}
        Value::String(text) => into.entry(path.to_owned()).or_default().push(text.clone()),
        other => into.entry(path.to_owned()).or_default().push(other.to_string()),
    }
}

/// A field that is shown: its name for people, its path in the document, its values.
type Field<'a> = (&'a str, &'a str, &'a [String]);

/// A whole document: what is known of the session by group, each field with its name for people and its database name.
pub(crate) fn session(schema: &Schema, document: &Value) -> Response {
    /// Where packets lie is no news of the session.
    const INSIDE: &[&str] = &["packetPos", "packetLen", "fileId"];
    let mut found = BTreeMap::new();
    values(document, "", &mut found);
    found.retain(|path, _| !INSIDE.contains(&path.as_str()));
    let mut groups: BTreeMap<(bool, &str), Vec<Field<'_>>> = BTreeMap::new();
    for (path, list) in &found {
        let (group, label) = match schema.by_path(path) {
            Some(entry) => (entry.target.def.group, entry.target.def.label),
            None => (path.split('.').next().filter(|head| *head != path).unwrap_or("general"), path.as_str()),
        };
        // what every session has stands first
        let place = groups.entry((group != "general", group)).or_default();
        place.push((label, path, list));
    }
    let mut out = String::from("<div class=\"session-detail\">\n");
    for ((_, group), fields) in groups {
        let _ = writeln!(out, "<h4>{}</h4>\n<dl class=\"dl-horizontal\">", escaped(group));
        for (label, path, list) in fields {
            let _ =
                write!(out, "<dt title=\"{0}\">{1}</dt><dd class=\"{0}\">", escaped(path), escaped(label));
            for value in list {
                let _ = write!(out, "<span class=\"field\">{}</span> ", escaped(value));
            }
            out.push_str("</dd>\n");
        }
        out.push_str("</dl>\n");
    }
    out.push_str("</div>\n");
    Html(out).into_response()
}

/// A packet, or what one side said without a break.
pub(crate) struct Piece<'a> {
    /// `src` or `dst`.
    pub side: &'static str,
    pub time: i64,
    pub head: &'a str,
    pub bytes: &'a [u8],
}

/// Packets, one after the other; `times` shows when each was.
pub(crate) fn packets<'a>(
    pieces: impl Iterator<Item = Piece<'a>>,
    format: Format,
    times: bool,
    losses: &[Loss],
) -> Response {
    let mut out = String::from("<div class=\"session-packets\">\n");
    for piece in pieces {
        let Piece { side, time, head, bytes } = piece;
        let _ = write!(out, "<div class=\"session{side}\"><div class=\"session-packet-head\">");
        if times {
            let (seconds, rest) = (time.div_euclid(1_000_000_000), time.rem_euclid(1_000_000_000));
            let _ = write!(
                out,
                "<span class=\"session-detail-ts\" value=\"{}\">{seconds}.{rest:09}</span> ",
                time / 1_000_000
            );
        }
        let text = match format {
            Format::Hex => hex(bytes),
            Format::Text(text) => text.read(bytes),
            Format::Json => String::new(),
        };
        let _ = writeln!(out, "{}</div><pre>{}</pre></div>", escaped(head), escaped(&text));
    }
    for loss in losses {
        let _ = writeln!(out, "<div class=\"session-missing\">{}</div>", escaped(&loss.to_string()));
    }
    out.push_str("</div>\n");
    Html(out).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_packets_say_is_text_and_never_markup() {
        assert_eq!(escaped("<b a=\"'\">&"), "&lt;b a=&quot;&#39;&quot;&gt;&amp;");
        let mut found = BTreeMap::new();
        values(&json!({ "a": [{ "b": 1 }, { "b": "x" }], "c": null, "d": true }), "", &mut found);
        assert_eq!(found["a.b"], ["1", "x"]);
        assert_eq!((found["d"].as_slice(), found.get("c")), (["true".to_owned()].as_slice(), None));
    }
}
