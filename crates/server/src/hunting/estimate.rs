//! How much a hunt will read, before it starts.

use super::{HUNTS, share_of};
use crate::api::export::each;
use crate::app::App;
use crate::error::ApiError;
use ::fields::Target;
use index::{Aggregate, Control, Outcome, Show};
use query::Plan;
use serde_json::{Value, json};
use session::core;
use std::collections::BTreeSet;

/// Sessions up to which packets and files are counted one by one.
const EXACT: u64 = 50_000;

/// What a hunt will read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Estimate {
    pub sessions: u64,
    pub packets: u64,
    pub bytes: u64,
    /// Packet files.
    pub files: u64,
    /// Whether packets and files were counted; else both are what it is at most.
    pub exact: bool,
    /// Bytes a second of the last hunt here that had something to read.
    pub speed: Option<u64>,
}

impl Estimate {
    /// As it is answered; `seconds` is absent where no hunt has shown how fast this machine is.
    pub fn json(&self) -> Value {
        let mut answer = json!({
            "sessions": self.sessions, "packets": self.packets, "bytes": self.bytes, "files": self.files,
            "exact": self.exact,
        });
        if let Some(speed) = self.speed.filter(|speed| *speed > 0) {
            answer["bytesPerSecond"] = speed.into();
            answer["seconds"] = self.bytes.div_ceil(speed).into();
        }
        answer
    }
}

/// Counts what the first packets (`most` of each) of the sessions of a plan are.
pub(crate) fn estimate(app: &App, plan: &Plan, most: usize, control: &Control) -> Result<Estimate, ApiError> {
    let sums = Aggregate::Sums(vec![&core::PACKETS.def, &core::BYTES.def]);
    let outcomes = app.state.index.aggregate(plan, &[sums], control)?;
    let Some(Outcome::Sums { count, sums }) = outcomes.into_iter().next() else {
        return Ok(Estimate::default());
    };
    let sum = |at: usize| sums.get(at).and_then(|sum| u64::try_from(*sum).ok()).unwrap_or(0);
    let whole = Estimate { sessions: count, speed: speed(app)?, ..Estimate::default() };
    if count > EXACT {
        let files = app.state.catalog.files()?.iter().filter(|file| !file.deleting).count() as u64;
        let packets = sum(0).min(count.saturating_mul(most as u64));
        return Ok(Estimate { packets, bytes: sum(1), files, ..whole });
    }
    let (mut packets, mut bytes, mut files) = (0, 0, BTreeSet::new());
    let show = Show::WithPositions([&core::NODE.def, &core::BYTES.def].map(Target::of).to_vec());
    each(app, plan, (&show, &[], u64::MAX), control, &mut |doc| {
        let looked = doc.positions.packets().min(most);
        packets += looked as u64;
        bytes += share_of(&doc, looked);
        let node = doc.text(&core::NODE).unwrap_or_default();
        let used = crate::api::packets::cut(&doc.positions, 0, most).files();
        files.extend(used.into_iter().map(|file| (node.to_owned(), file)));
        Ok(())
    })?;
    Ok(Estimate { packets, bytes, files: files.len() as u64, exact: true, ..whole })
}

fn speed(app: &App) -> Result<Option<u64>, ApiError> {
    let hunts = app.state.catalog.list(HUNTS)?;
    let last = hunts.iter().filter_map(|hunt| {
        let (bytes, ms) = (hunt.value["searchedBytes"].as_u64()?, hunt.value["searchMs"].as_u64()?);
        // one that read next to nothing says nothing
        (bytes > 1 << 20)
            .then(|| (hunt.value["lastUpdated"].as_i64(), bytes.saturating_mul(1_000) / ms.max(1)))
    });
    Ok(last.max_by_key(|(at, _)| *at).map(|(_, speed)| speed))
}
