//! What of a packet file a user may read whose searches are narrowed by an expression of an administrator: the packets of sessions that
//! he can find, and what a reader needs to make sense of them. All other bytes read as zeros.

use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::scope::forced;
use ::fields::Target;
use axum::http::StatusCode;
use index::{Control, Show};
use packets::Capture;
use query::Plan;
use session::core;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Packets of one file that are looked at.
const MOST: usize = 8 << 20;
/// How long an answer of the index is used again: sessions are added all the time.
const FRESH: Duration = Duration::from_secs(5);
/// Answers that are kept.
const KEPT: usize = 32;
/// Bytes before the first record of a pcap.
const PCAP_HEAD: u64 = 24;
/// Blocks of a pcapng that say how packets are to be read: sections and interfaces.
const DESCRIBE: [u32; 2] = [0x0a0d_0d0a, 1];

/// Places of a file, begin and end, in order, none touching the next.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Share(Vec<(u64, u64)>);

impl Share {
    fn of(mut ranges: Vec<(u64, u64)>) -> Self {
        ranges.sort_unstable();
        let mut joined: Vec<(u64, u64)> = Vec::new();
        for (begin, end) in ranges {
            match joined.last_mut() {
                Some(last) if begin <= last.1 => last.1 = last.1.max(end),
                _ => joined.push((begin, end)),
            }
        }
        Self(joined)
    }

    /// Overwrites what does not belong to it in bytes that lie at `at`.
    pub fn mask(&self, bytes: &mut [u8], at: u64) {
        let end = at.saturating_add(bytes.len() as u64);
        let place =
            |offset: u64| usize::try_from(offset.saturating_sub(at)).unwrap_or(usize::MAX).min(bytes.len());
        let first = self.0.partition_point(|range| range.1 <= at);
        let mut hidden = Vec::new();
        let mut done = 0;
        for range in self.0.iter().skip(first).take_while(|range| range.0 < end) {
            hidden.push((done, place(range.0)));
            done = place(range.1);
        }
        hidden.push((done, bytes.len()));
        for (from, to) in hidden {
            if let Some(bytes) = bytes.get_mut(from..to) {
                bytes.fill(0);
            }
        }
    }
}

/// Shares by user, expression and file, with when each was found out.
type Known = HashMap<(String, String, u32), (Instant, Arc<Share>)>;

/// What was found out a moment ago.
#[derive(Debug, Default)]
pub(super) struct Shares(Mutex<Known>);

impl Shares {
    /// What of a file the user may read; `None`: all of it. `raw` is a file that only an Arkime's reader understands.
    pub fn of(
        &self,
        app: &App,
        caller: &Caller,
        (number, raw): (u32, bool),
        capture: &mut Capture,
    ) -> Result<Option<Arc<Share>>, ApiError> {
        let Some(plan) = forced(app, caller)? else { return Ok(None) };
        let user = &caller.user;
        if raw {
            let text = format!(
                "{} sees a part of the sessions only, and files in this form of Arkime's are not shown in parts",
                user.user_id
            );
            return Err(ApiError::new(StatusCode::FORBIDDEN, text));
        }
        let key = (user.user_id.clone(), user.expression.clone(), number);
        {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            known.retain(|_, (at, _)| at.elapsed() < FRESH);
            if let Some((_, share)) = known.get(&key) {
                return Ok(Some(share.clone()));
            }
        }
        let offsets = offsets(app, plan, number)?;
        let share = extents(capture, &offsets).map_err(|error| {
            ApiError::new(StatusCode::GONE, format!("cannot read the packet file: {error}"))
        })?;
        let share = Arc::new(share);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < KEPT {
            known.insert(key, (Instant::now(), share.clone()));
        }
        Ok(Some(share))
    }
}

/// Where the packets of the sessions of a plan begin in a file of this node, in order.
fn offsets(app: &App, plan: Plan, number: u32) -> Result<Vec<u64>, ApiError> {
    let node = app.config.node.clone();
    let plan = Plan::And(vec![plan, Plan::Files(vec![(node.clone(), number)])]).simplify();
    let show = Show::WithPositions(vec![Target::of(&core::NODE.def)]);
    let mut found = Vec::new();
    app.state.index.scan(&plan, &show, &Control::new(), &mut |doc| {
        if doc.text(&core::NODE) == Some(&node) {
            found.extend(doc.positions.iter().filter(|(file, _)| *file == number).map(|(_, offset)| offset));
        }
        found.len() <= MOST
    })?;
    if found.len() > MOST {
        let text =
            format!("more than {MOST} packets of one file; narrow the expression that is forced on the user");
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, text));
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Reads so many bytes; `None` at the end of the file.
fn bytes_at<const N: usize>(capture: &mut Capture, at: u64) -> io::Result<Option<[u8; N]>> {
    let mut bytes = [0; N];
    let mut have = 0;
    while let Some(rest) = bytes.get_mut(have..).filter(|rest| !rest.is_empty()) {
        match capture.read_at(rest, at + have as u64)? {
            0 => return Ok(None),
            more => have += more,
        }
    }
    Ok(Some(bytes))
}

/// The records that begin at these places, and the heads that say how they are read.
fn extents(capture: &mut Capture, offsets: &[u64]) -> io::Result<Share> {
    let Some(head) = bytes_at::<4>(capture, 0)? else { return Ok(Share::default()) };
    let little = match head {
        [0xd4, 0xc3, 0xb2, 0xa1] | [0x4d, 0x3c, 0xb2, 0xa1] => true,
        [0xa1, 0xb2, 0xc3, 0xd4] | [0xa1, 0xb2, 0x3c, 0x4d] => false,
        [0x0a, 0x0d, 0x0d, 0x0a] => return blocks(capture, offsets),
        _ => return Err(io::Error::other("it is neither pcap nor pcapng")),
    };
    let mut ranges = vec![(0, PCAP_HEAD)];
    for at in offsets {
        // a record begins with two words of time, then the bytes that were kept
        let Some(len) = bytes_at::<4>(capture, at.saturating_add(8))? else { continue };
        let len = if little { u32::from_le_bytes(len) } else { u32::from_be_bytes(len) };
        ranges.push((*at, at.saturating_add(16 + u64::from(len))));
    }
    Ok(Share::of(ranges))
}

/// The same of a pcapng, whose blocks are walked over: interfaces may be described anywhere.
fn blocks(capture: &mut Capture, offsets: &[u64]) -> io::Result<Share> {
    let (mut ranges, mut at, mut little) = (Vec::new(), 0u64, true);
    while let Some(head) = bytes_at::<12>(capture, at)? {
        let word = |from: usize| {
            let mut word = [0; 4];
            word.copy_from_slice(head.get(from..from + 4).unwrap_or(&[0; 4]));
            word
        };
        // a section says itself which end comes first
        if word(0) == [0x0a, 0x0d, 0x0d, 0x0a] {
            little = word(8) == [0x4d, 0x3c, 0x2b, 0x1a];
        }
        let number = |word: [u8; 4]| if little { u32::from_le_bytes(word) } else { u32::from_be_bytes(word) };
        let len = u64::from(number(word(4)));
        if len < 12 {
            break; // damaged: nothing behind it can be found either
        }
        if DESCRIBE.contains(&number(word(0))) || offsets.binary_search(&at).is_ok() {
            ranges.push((at, at.saturating_add(len)));
        }
        at = at.saturating_add(len);
    }
    Ok(Share::of(ranges))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_shared_reads_as_zeros() {
        let share = Share::of(vec![(30, 40), (0, 4), (38, 45), (60, 62)]);
        assert_eq!(share, Share(vec![(0, 4), (30, 45), (60, 62)]));
        for (at, len) in [(0u64, 100usize), (3, 30), (31, 5), (44, 17), (61, 1), (62, 40), (10, 0)] {
            let mut bytes = vec![1; len];
            share.mask(&mut bytes, at);
            for (n, byte) in bytes.iter().enumerate() {
                let place = at + n as u64;
                let shared = [0..4, 30..45, 60..62].iter().any(|range| range.contains(&place));
                assert_eq!(*byte == 1, shared, "{place} of {at} + {len}");
            }
        }
        let mut bytes = [1; 4];
        Share::default().mask(&mut bytes, 7);
        assert_eq!(bytes, [0; 4]);
    }

    /// Reads a file.
    fn opened(bytes: &[u8]) -> (tempfile::TempDir, Capture) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.pcap");
        std::fs::write(&path, bytes).unwrap();
        let capture = Capture::open(&packets::FileSource::file(&path), &packets::Keyring::default()).unwrap();
        (dir, capture)
    }

    #[test]
    fn records_of_both_forms_are_found() {
        let mut writer = pcap::PcapWriter::new(Vec::new(), pcap::Precision::Nanos, 1, 65_535).unwrap();
        let places: Vec<u64> = (0..3).map(|n| writer.write(n, &[7; 10], 10).unwrap()).collect();
        let (_dir, mut capture) = opened(&writer.into_inner());
        let share = extents(&mut capture, &[places[1]]).unwrap();
        assert_eq!(share, Share(vec![(0, 24), (places[1], places[1] + 26)]));
        let block = |kind: u32, body: &[u8]| {
            let len = (12 + body.len()) as u32;
            [&kind.to_be_bytes()[..], &len.to_be_bytes(), body, &len.to_be_bytes()].concat()
        };
        let section =
            block(0x0a0d_0d0a, &[0x1a, 0x2b, 0x3c, 0x4d, 0, 1, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255]);
        let (interface, packet) = (block(1, &[0, 1, 0, 0, 0, 0, 0, 0]), block(6, &[0; 24]));
        let secrets = block(10, &[9; 8]);
        let file = [&section[..], &interface, &packet, &secrets, &interface, &packet].concat();
        let second = (file.len() - packet.len()) as u64;
        let (_dir, mut capture) = opened(&file);
        let share = extents(&mut capture, &[second]).unwrap();
        let described = (section.len() + interface.len()) as u64;
        assert_eq!(share, Share(vec![(0, described), (second - interface.len() as u64, file.len() as u64)]));
    }
}
