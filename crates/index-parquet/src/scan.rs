//! Every hit, whole, in order of first packet, in bounded memory.

use crate::column::Key;
use crate::eval::Node;
use crate::segment::{Open, Segment};
use crate::shared::Shared;
use fields::Target;
use index::{Control, Error, Show};
use query::Plan;
use session::{SessionDoc, SessionId, core};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// Documents of one segment that are made at once.
const BATCH: usize = 1_024;
/// The same while many segments overlap in time.
const SMALL_BATCH: usize = 64;

type Place = (bool, i64, SessionId);

/// A segment while its rows come up.
struct Cursor<'a> {
    open: Open<'a>,
    /// The rows left, the next one last.
    left: Vec<(Place, u32)>,
    docs: VecDeque<(Place, SessionDoc)>,
}

impl Cursor<'_> {
    fn fill(&mut self, show: &Show, batch: usize) -> Result<(), Error> {
        if !self.docs.is_empty() {
            return Ok(());
        }
        let from = self.left.len().saturating_sub(batch);
        let mut next: Vec<(Place, u32)> = self.left.split_off(from);
        next.reverse();
        let mut rows: Vec<u32> = next.iter().map(|(_, row)| *row).collect();
        rows.sort_unstable();
        let mut docs: Vec<Option<SessionDoc>> = self.open.docs(&rows, show)?.into_iter().map(Some).collect();
        for (place, row) in next {
            if let Ok(at) = rows.binary_search(&row)
                && let Some(doc) = docs.get_mut(at).and_then(Option::take)
            {
                self.docs.push_back((place, doc));
            }
        }
        Ok(())
    }
    fn next(&self) -> Option<Place> {
        self.docs.front().map(|(place, _)| *place).or_else(|| self.left.last().map(|(place, _)| *place))
    }
}

/// Calls `see` for every hit until it returns false.
pub(crate) fn scan(
    shared: &Shared,
    plan: &Plan,
    show: &Show,
    control: &Control,
    see: &mut dyn FnMut(SessionDoc) -> bool,
) -> Result<(), Error> {
    let node = Node::new(plan)?;
    let mut segments = shared.snapshot(false)?.segments;
    segments.sort_by_key(|s| s.times.first.0);
    let mut waiting: VecDeque<&Segment> = segments.iter().collect();
    let mut cursors: Vec<Cursor<'_>> = Vec::new();
    let mut heap: BinaryHeap<Reverse<(Place, usize)>> = BinaryHeap::new();
    loop {
        control.check()?;
        // segments come in when the next hit may be theirs
        while let Some(segment) = waiting.front().copied() {
            if heap.peek().is_some_and(|Reverse((place, _))| !place.0 && segment.times.first.0 > place.1) {
                break;
            }
            waiting.pop_front();
            let Some(cursor) = start(shared, segment, &node, control)? else { continue };
            let Some(place) = cursor.next() else { continue };
            let number = cursors.iter().position(|c| c.next().is_none()).unwrap_or(cursors.len());
            heap.push(Reverse((place, number)));
            match cursors.get_mut(number) {
                Some(done) => *done = cursor,
                None => cursors.push(cursor),
            }
        }
        let Some(Reverse((_, number))) = heap.pop() else { return Ok(()) };
        let batch = if heap.len() > 16 { SMALL_BATCH } else { BATCH };
        let Some(cursor) = cursors.get_mut(number) else { return Ok(()) };
        cursor.fill(show, batch)?;
        if let Some((_, doc)) = cursor.docs.pop_front()
            && !see(doc)
        {
            return Ok(());
        }
        if let Some(place) = cursor.next() {
            heap.push(Reverse((place, number)));
        }
    }
}

fn start<'a>(
    shared: &'a Shared,
    segment: &'a Segment,
    node: &Node,
    control: &Control,
) -> Result<Option<Cursor<'a>>, Error> {
    let Some(open) = Open::new(segment, &shared.registry, &shared.files)? else { return Ok(None) };
    let rows: Vec<u32> = node.rows(&open, control)?.rows(segment.rows).collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let (Some(ids), Some(days)) = (open.column(Key::Id)?, open.column(Key::Day)?) else { return Ok(None) };
    let firsts = open.target(Target::of(&core::START_TIME.def))?;
    let mut left: Vec<(Place, u32)> = rows
        .into_iter()
        .filter_map(|row| {
            let first =
                firsts.as_ref().and_then(|c| c.of_row(row).filter_map(|at| c.ints().get(at).copied()).min());
            let unique = *ids.ids().get(row as usize)?;
            let day = u32::try_from(*days.ints().get(row as usize)?).ok()?;
            Some(((first.is_none(), first.unwrap_or(0), SessionId { day, unique }), row))
        })
        .collect();
    left.sort_unstable_by(|a, b| b.cmp(a));
    drop((ids, days, firsts));
    open.release();
    Ok(Some(Cursor { open, left, docs: VecDeque::new() }))
}
