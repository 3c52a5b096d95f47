//! The hits of rules, out of the documents of sessions.

use crate::app::App;
use crate::error::ApiError;
use ::evidence::DeviceId;
use ::fields::Target;
use index::{Control, Show};
use query::{Leaf, Plan, Test, TextTest};
use session::evidence as said;
use session::{Object, SessionDoc, SessionId, core};
use std::net::IpAddr;

/// Hits that one answer is made of; what is beyond is not looked at, and said.
pub(crate) const MAX_HITS: usize = 200_000;

/// One hit, with what its session says of it. Ends are those of the packet: who sent it comes first.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub category: String,
    pub kind: String,
    pub name: String,
    pub version: String,
    pub vendor: String,
    pub rule: String,
    pub level: String,
    /// Microseconds since 1970.
    pub time: i64,
    pub device: DeviceId,
    /// Bytes of the payload that matched.
    pub span: Option<(i64, i64)>,
    /// Whether the packet was kept.
    pub packet: bool,
    pub src: IpAddr,
    pub src_port: i64,
    pub dst: IpAddr,
    pub dst_port: i64,
    /// Whether the session's source sent it.
    pub from_source: bool,
    pub protocol: u8,
    pub session: SessionId,
    pub node: String,
    pub packets: i64,
    pub bytes: i64,
}

impl Hit {
    /// None where the session is below IP.
    fn of(doc: &SessionDoc, hit: &Object) -> Option<Self> {
        let text = |field| hit.text(field).unwrap_or_default().to_owned();
        let from_source = hit.text(&said::SIDE) != Some("dst");
        let source = (doc.ip(&core::SRC_IP)?, doc.int(&core::SRC_PORT).unwrap_or(0));
        let destination = (doc.ip(&core::DST_IP)?, doc.int(&core::DST_PORT).unwrap_or(0));
        let (from, to) = if from_source { (source, destination) } else { (destination, source) };
        Some(Self {
            category: text(&said::CATEGORY),
            kind: text(&said::TYPE),
            name: text(&said::NAME),
            version: text(&said::VERSION),
            vendor: text(&said::VENDOR),
            rule: text(&said::RULE),
            level: text(&said::LEVEL),
            time: hit.int(&said::TIME)?,
            device: hit.int(&said::DEVICE).and_then(|n| n.try_into().ok()).unwrap_or(0),
            span: hit.int(&said::START).zip(hit.int(&said::END)),
            packet: hit.int(&said::PACKET) == Some(1),
            src: from.0,
            src_port: from.1,
            dst: to.0,
            dst_port: to.1,
            from_source,
            protocol: doc.int(&core::IP_PROTOCOL).and_then(|n| n.try_into().ok()).unwrap_or(0),
            session: doc.id,
            node: doc.text(&core::NODE).unwrap_or_default().to_owned(),
            packets: doc.int(&core::PACKETS).unwrap_or(0),
            bytes: doc.int(&core::BYTES).unwrap_or(0),
        })
    }
}

/// Calls `see` with every hit of these categories in the sessions of a plan; whether there were more than are looked at.
pub(crate) fn each(
    app: &App,
    plan: &Plan,
    categories: &[String],
    control: &Control,
    see: &mut dyn FnMut(Hit),
) -> Result<bool, ApiError> {
    let wanted = Leaf {
        target: Target::of(&said::CATEGORY.def),
        test: Test::Texts(categories.iter().cloned().map(TextTest::Is).collect()),
    };
    let plan = Plan::And(vec![plan.clone(), Plan::Leaf(wanted)]).simplify();
    let own = [
        &core::SRC_IP.def,
        &core::SRC_PORT.def,
        &core::DST_IP.def,
        &core::DST_PORT.def,
        &core::IP_PROTOCOL.def,
        &core::NODE.def,
        &core::PACKETS.def,
        &core::BYTES.def,
    ];
    let inside = said::FIELDS.iter().copied().filter(|def| def.object.is_some());
    let show = Show::Only(own.into_iter().chain(inside).map(Target::of).collect());
    let (mut seen, mut more) = (0, false);
    app.state.index.scan(&plan, &show, control, &mut |doc| {
        for hit in doc.list(&said::EVIDENCE) {
            if !categories.iter().any(|category| hit.text(&said::CATEGORY) == Some(category)) {
                continue;
            }
            if seen == MAX_HITS {
                more = true;
                return false;
            }
            if let Some(hit) = Hit::of(&doc, hit) {
                seen += 1;
                see(hit);
            }
        }
        true
    })?;
    Ok(more)
}

/// How often each value occurs, the most first, at most ten.
pub(crate) fn facet<'a>(values: impl Iterator<Item = &'a str>) -> serde_json::Value {
    let mut counts: std::collections::HashMap<&str, u64> = std::collections::HashMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    counts.truncate(10);
    counts.into_iter().map(|(item, count)| serde_json::json!({ "item": item, "count": count })).collect()
}

/// A list of addresses and networks that a filter names.
pub(crate) struct Networks(Vec<ipnet::IpNet>);

impl Networks {
    pub fn read(name: &str, texts: &[String]) -> Result<Self, ApiError> {
        let one = |text: &String| {
            let net =
                text.parse::<ipnet::IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(Into::into));
            net.ok_or_else(|| {
                let shown: String = text.chars().take(60).collect();
                ApiError::bad(format!(
                    "{name} must be an address or a network such as 10.0.0.0/8, not `{shown}`"
                ))
            })
        };
        texts.iter().map(one).collect::<Result<_, _>>().map(Self)
    }

    /// Whether an address is among them; every one is where none is named.
    pub fn has(&self, ip: IpAddr) -> bool {
        self.0.is_empty() || self.0.iter().any(|net| net.contains(&ip))
    }
}
