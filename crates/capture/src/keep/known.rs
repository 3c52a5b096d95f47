//! A plan asked of a session that goes on: yes, no, or not known yet.

use fields::{Aspect, Def, Target};
use query::{Leaf, Matcher, Plan, Test};
use session::{SessionDoc, core, perf};

/// A plan whose parts answer as soon as they can.
pub(crate) enum Known {
    Constant(bool),
    Not(Box<Known>),
    All(Vec<Known>),
    Any(Vec<Known>),
    One(Matcher, Nature),
}

/// When a test's answer is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    /// With the first packet.
    Fixed,
    /// Once it is met, it stays met; it may still be met as long as it is not.
    Growing,
    /// The same, but what is not met after many packets hardly ever is: what parsers find.
    Learned,
    /// Only when the session is saved.
    Late,
}

/// What the first packet says.
static FIXED: &[&Def] = &[
    &core::START_TIME.def,
    &core::IP_PROTOCOL.def,
    &core::SRC_IP.def,
    &core::SRC_PORT.def,
    &core::DST_IP.def,
    &core::DST_PORT.def,
    &core::NODE.def,
    &core::INTERFACE.def,
    &core::ETHERTYPE.def,
    &core::SRC_MAC.def,
    &core::DST_MAC.def,
    &core::VLAN.def,
    &core::VLAN_DOT1Q.def,
    &core::VLAN_DOT1AD.def,
    &core::VNI.def,
    &core::SRC_OUTER_IP.def,
    &core::DST_OUTER_IP.def,
    &core::SRC_OUTER_MAC.def,
    &core::DST_OUTER_MAC.def,
];

/// What follows from that with the databases.
static ENRICHED: &[&Def] = &[
    &core::COMMUNITY_ID.def,
    &core::SRC_OUI.def,
    &core::DST_OUI.def,
    &core::SRC_OUTER_OUI.def,
    &core::DST_OUTER_OUI.def,
    &core::SRC_COUNTRY.def,
    &core::DST_COUNTRY.def,
    &core::SRC_REGION.def,
    &core::DST_REGION.def,
    &core::SRC_CITY.def,
    &core::DST_CITY.def,
    &core::SRC_ASN.def,
    &core::DST_ASN.def,
    &core::SRC_AS_NUMBER.def,
    &core::DST_AS_NUMBER.def,
    &core::SRC_AS_NAME.def,
    &core::DST_AS_NAME.def,
    &core::SRC_RIR.def,
    &core::DST_RIR.def,
];

/// Numbers that only grow.
static GROWING: &[&Def] = &[
    &core::STOP_TIME.def,
    &core::LENGTH.def,
    &core::PACKETS.def,
    &core::SRC_PACKETS.def,
    &core::DST_PACKETS.def,
    &core::BYTES.def,
    &core::SRC_BYTES.def,
    &core::DST_BYTES.def,
    &core::DATA_BYTES.def,
    &core::SRC_DATA_BYTES.def,
    &core::DST_DATA_BYTES.def,
    &core::SEGMENTS.def,
];

fn among(list: &[&Def], def: &Def) -> bool {
    list.iter().any(|one| one.path == def.path)
}

fn nature(leaf: &Leaf) -> Nature {
    let Target { def, aspect } = leaf.target;
    let open_upwards = match &leaf.test {
        Test::Ints(ranges) => ranges.iter().all(|(_, last)| *last == i64::MAX),
        Test::Exists | Test::Ips(_) | Test::Texts(_) => true,
    };
    if aspect == Aspect::Count || among(GROWING, def) {
        if open_upwards { Nature::Growing } else { Nature::Late }
    } else if among(FIXED, def) || among(ENRICHED, def) {
        Nature::Fixed
    } else if among(perf::FIELDS, def) || late(def) {
        Nature::Late
    } else {
        Nature::Learned
    }
}

/// Whether a core field is only written when the session is saved.
fn late(def: &Def) -> bool {
    const PREFIXES: [&str; 5] = ["tcpflags.", "tcpseq.", "notKept.", "tcpSyn", "srcISNCnt"];
    PREFIXES.iter().any(|prefix| def.path.starts_with(prefix))
        || [&core::INIT_RTT.def, &core::DB_TIME.def, &core::ROOT_ID.def]
            .iter()
            .any(|one| one.path == def.path)
}

impl Known {
    /// Prepares a plan; sets `enriched` where it asks for what the databases say.
    pub(crate) fn new(plan: &Plan, enriched: &mut bool) -> Result<Self, String> {
        let mut all = |parts: &[Plan]| {
            parts.iter().map(|part| Self::new(part, enriched)).collect::<Result<Vec<_>, _>>()
        };
        Ok(match plan {
            Plan::All => Known::Constant(true),
            Plan::Nothing => Known::Constant(false),
            Plan::And(parts) => Known::All(all(parts)?),
            Plan::Or(parts) => Known::Any(all(parts)?),
            Plan::Not(inner) => Known::Not(Box::new(Self::new(inner, enriched)?)),
            Plan::Leaf(leaf) => {
                *enriched |= among(ENRICHED, leaf.target.def);
                Known::One(Matcher::new(plan).map_err(|error| error.to_string())?, nature(leaf))
            }
            Plan::Ids(_) | Plan::Files(_) => {
                return Err("session ids and packet files are not known while a session goes on".into());
            }
        })
    }

    /// The answer so far. `patient` leaves open what parsers could still find.
    pub(crate) fn answer(&self, doc: &SessionDoc, patient: bool) -> Option<bool> {
        match self {
            Known::Constant(answer) => Some(*answer),
            Known::Not(inner) => inner.answer(doc, patient).map(|answer| !answer),
            Known::All(parts) => {
                let mut known = Some(true);
                for part in parts {
                    match part.answer(doc, patient) {
                        Some(false) => return Some(false),
                        Some(true) => {}
                        None => known = None,
                    }
                }
                known
            }
            Known::Any(parts) => {
                let mut known = Some(false);
                for part in parts {
                    match part.answer(doc, patient) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => known = None,
                    }
                }
                known
            }
            Known::One(_, Nature::Late) => None,
            Known::One(matcher, nature) => match (matcher.matches(doc), nature) {
                (true, _) => Some(true),
                (false, Nature::Fixed) => Some(false),
                (false, Nature::Learned) if !patient => Some(false),
                (false, _) => None,
            },
        }
    }

    /// The answer of a whole document.
    pub(crate) fn matches(&self, doc: &SessionDoc) -> bool {
        match self {
            Known::Constant(answer) => *answer,
            Known::Not(inner) => !inner.matches(doc),
            Known::All(parts) => parts.iter().all(|part| part.matches(doc)),
            Known::Any(parts) => parts.iter().any(|part| part.matches(doc)),
            Known::One(matcher, _) => matcher.matches(doc),
        }
    }
}
