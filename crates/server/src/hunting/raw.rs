//! Searching packets one by one: whichever core is free takes the next stretch of a file.

use super::search::{Done, Found, MATCHES, Opener, Quest, failed, not_kept};
use crate::app::App;
use crate::error::ApiError;
use crate::stored::Located;
use index::Control;
use packets::{Run, Stretches, Sweep};
use serde_json::Value;
use session::{SessionDoc, core};
use std::collections::HashMap;

/// Matches of a session, each with the position of its packet.
type Hits = HashMap<u32, Vec<(u64, Value)>>;

/// What one core has found.
#[derive(Default)]
struct Part {
    hits: Hits,
    done: Done,
    /// Packets that could not be read: session and position.
    lost: Vec<(u32, u64)>,
}

/// Searches sessions each of which lies in one file; the answers are in their order.
pub(super) fn search(
    app: &App,
    docs: &[&SessionDoc],
    quest: &Quest,
    (cores, control): (usize, &Control),
) -> Result<(Vec<Found>, Done), ApiError> {
    let mut sweep = Sweep::default();
    for doc in docs {
        let node = doc.text(&core::NODE).unwrap_or_default();
        sweep.add(node, doc.positions.iter().take(quest.packets));
    }
    let stretches = &sweep.stretches();
    let work = || one_core(app, docs, quest, (stretches, control));
    let parts: Vec<Part> = std::thread::scope(|scope| {
        let parts: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        parts.into_iter().filter_map(|part| part.join().ok()).collect()
    });
    if parts.len() < cores {
        return Err(failed());
    }
    let mut done = Done::default();
    let (mut hits, mut lost): (Hits, HashMap<u32, Vec<u64>>) = Default::default();
    for part in parts {
        done.add(&part.done);
        done.missing += part.lost.len() as u64;
        for (session, found) in part.hits {
            hits.entry(session).or_default().extend(found);
        }
        for (session, offset) in part.lost {
            lost.entry(session).or_default().push(offset);
        }
    }
    let mut found = Vec::with_capacity(docs.len());
    for (session, doc) in (0..).zip(docs) {
        let not_kept = not_kept(doc);
        done.missing += not_kept;
        let (hits, lost) = (hits.remove(&session), lost.remove(&session));
        let matches = if hits.is_none() && lost.is_none() {
            let has_some = doc.positions.iter().take(quest.packets).next().is_some();
            (has_some || not_kept == 0).then(Vec::new)
        } else {
            in_order(doc, quest, hits.unwrap_or_default(), lost.unwrap_or_default())
        };
        found.push((doc.id, matches));
    }
    Ok((found, done))
}

/// The first matches of a session, in the order of its packets, which are numbered by those that could be read; `None` where none could.
fn in_order(
    doc: &SessionDoc,
    quest: &Quest,
    mut hits: Vec<(u64, Value)>,
    mut lost: Vec<u64>,
) -> Option<Vec<Value>> {
    lost.sort_unstable();
    let positions = doc.positions.iter().take(quest.packets);
    let mut read: Vec<u64> =
        positions.map(|(_, offset)| offset).filter(|offset| lost.binary_search(offset).is_err()).collect();
    read.sort_unstable();
    read.dedup();
    if read.is_empty() {
        return None;
    }
    // one core has found those of one packet in their order
    hits.sort_by_key(|(offset, _)| *offset);
    hits.truncate(MATCHES);
    let number = |(offset, mut found): (u64, Value)| {
        found["packet"] = read.partition_point(|other| *other <= offset).into();
        found
    };
    Some(hits.into_iter().map(number).collect())
}

fn one_core(
    app: &App,
    docs: &[&SessionDoc],
    quest: &Quest,
    (stretches, control): (&Stretches, &Control),
) -> Part {
    let files = Located::new(app, &quest.user);
    let mut reader = stretches.reader(&files);
    let mut looking = Looking { docs, quest: quest.clone(), part: Part::default(), room: Vec::new() };
    let (mut places, mut worth) = (Vec::new(), Vec::new());
    let mut more = true;
    while more {
        let mut on = true;
        more = reader.next(&mut |run| {
            looking.run(run, &mut places, &mut worth);
            on = control.check().is_ok();
            on
        }) && on;
    }
    looking.part.lost = reader.into_losses().1;
    looking.part
}

/// A core at work.
struct Looking<'d> {
    docs: &'d [&'d SessionDoc],
    quest: Quest,
    part: Part,
    room: Vec<u8>,
}

impl Looking<'_> {
    fn run(&mut self, run: &Run<'_>, places: &mut Vec<(usize, usize)>, worth: &mut Vec<usize>) {
        self.part.done.packets += run.packets.len() as u64;
        places.clear();
        places.extend(run.packets.iter().map(|placed| (placed.from, placed.end)));
        self.part.done.bytes += places.iter().map(|(from, end)| (end - from) as u64).sum::<u64>();
        match self.quest.needle.sieve() {
            Some(sieve) => sieve.sift(run.bytes, places, &mut self.room, worth),
            None => {
                worth.clear();
                worth.extend(0..places.len());
            }
        }
        for at in &*worth {
            self.packet(run, *at);
        }
    }

    fn packet(&mut self, run: &Run<'_>, at: usize) {
        let Some(placed) = run.packets.get(at) else { return };
        let Some(doc) = self.docs.get(placed.session as usize) else { return };
        let had = self.part.hits.get(&placed.session).map_or(0, Vec::len);
        let left = MATCHES.saturating_sub(had);
        if left == 0 {
            return;
        }
        let packet = run.packet(placed, doc.id);
        let found = Opener::of(doc).look(&self.quest, &packet, left, &mut self.room);
        if !found.is_empty() {
            let hits = self.part.hits.entry(placed.session).or_default();
            hits.extend(found.iter().map(|found| (placed.offset(), found.json(None))));
        }
    }
}
