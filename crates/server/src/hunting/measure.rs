//! How fast hunts are: the same search, without a job around it.

use super::{Batch, needed, search};
use crate::app::{App, State};
use crate::config::Config;
use crate::error::ApiError;
use index::Control;
use query::Plan;
use serde_json::json;
use std::time::Instant;

/// What a search in the packets of every session did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HuntSpeed {
    /// Sessions.
    pub sessions: u64,
    /// Those that matched.
    pub matched: u64,
    /// Packets read.
    pub packets: u64,
    /// Bytes of these packets.
    pub bytes: u64,
    /// Packets that could not be read.
    pub missing: u64,
    /// Seconds that the reading and searching took; finding the sessions is left out.
    pub seconds: f64,
}

/// Searches the packets of every session as a hunt of this `searchType` (`ascii`, `asciicase`, `hex`, `regex`, `hexregex`) does, on all
/// cores, and measures it. Nothing is written.
///
/// # Errors
/// The search cannot be read, or the index cannot be asked.
pub fn hunt_speed(
    state: State,
    (kind, text): (&str, &str),
    reassembled: bool,
) -> Result<HuntSpeed, index::Error> {
    measure(state, (kind, text), reassembled).map_err(crate::auth::as_index_error)
}

fn measure(state: State, (kind, text): (&str, &str), reassembled: bool) -> Result<HuntSpeed, ApiError> {
    let app = App::new(Config::default(), state);
    let how = if reassembled { "reassembled" } else { "raw" };
    let quest = search::Quest::of(&json!({
        "searchType": kind, "search": text, "type": how, "size": usize::MAX, "src": true, "dst": true,
    }))?;
    let control = Control::new();
    let (mut speed, mut batch, mut failed) = (HuntSpeed::default(), Batch::default(), None);
    let work = |batch: &mut Batch, speed: &mut HuntSpeed| -> Result<(), ApiError> {
        let docs = batch.take();
        let started = Instant::now();
        let (found, done) = search::search(&app, &docs, &quest, &control)?;
        speed.seconds += started.elapsed().as_secs_f64();
        speed.sessions += found.len() as u64;
        speed.matched +=
            found.iter().filter(|(_, m)| m.as_ref().is_some_and(|m| !m.is_empty())).count() as u64;
        speed.packets += done.packets;
        speed.bytes += done.bytes;
        speed.missing += done.missing;
        Ok(())
    };
    app.state.index.scan(&Plan::All, &needed(), &control, &mut |doc| {
        if batch.add(doc, &quest) {
            failed = work(&mut batch, &mut speed).err();
        }
        failed.is_none()
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    work(&mut batch, &mut speed)?;
    Ok(speed)
}
