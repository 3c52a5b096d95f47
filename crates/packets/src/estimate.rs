//! What an export will be, before it starts.

use crate::Wanted;
use crate::files::{Files, Gone, Loss, Losses};
use crate::window::{Head, open, scan};
use std::collections::BTreeMap;
use wire::LinkType;

/// Bytes of the header of a pcap.
const FILE_HEADER: u64 = 24;
/// Bytes of the header of a packet in it.
const RECORD_HEADER: u64 = 16;

/// What an export of whole sessions will be; a time slice or a filter makes it smaller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Sessions.
    pub sessions: u64,
    /// Packets, those that are missing included.
    pub packets: u64,
    /// Size of the pcap file, those that are missing included.
    pub bytes: u64,
    /// Link types of the packets; with more than one, pcap will not do.
    pub links: Vec<LinkType>,
    /// Packets that will be missing, by file.
    pub missing: Vec<Loss>,
}

/// Counts sessions and looks at the files that their packets lie in. Memory grows with the number of files only.
pub struct Estimator<'a> {
    files: &'a dyn Files,
    estimate: Estimate,
    seen: BTreeMap<(String, u32), Seen>,
    /// Packets that are in no file, by node.
    not_kept: BTreeMap<String, u64>,
}

#[derive(Default)]
struct Seen {
    packets: u64,
    last: u64,
}

impl std::fmt::Debug for Estimator<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Estimator").field("estimate", &self.estimate).finish_non_exhaustive()
    }
}

impl<'a> Estimator<'a> {
    /// Nothing counted yet.
    pub fn new(files: &'a dyn Files) -> Self {
        Self { files, estimate: Estimate::default(), seen: BTreeMap::new(), not_kept: BTreeMap::new() }
    }

    /// Counts a session.
    pub fn add(&mut self, wanted: &Wanted) {
        let mut packets = 0;
        let mut run: Option<(u32, Seen)> = None;
        for (number, offset) in wanted.positions.iter() {
            packets += 1;
            match &mut run {
                Some((known, seen)) if *known == number => {
                    seen.packets += 1;
                    seen.last = seen.last.max(offset);
                }
                _ => {
                    if let Some((number, seen)) = run.replace((number, Seen { packets: 1, last: offset })) {
                        self.count(&wanted.node, number, &seen);
                    }
                }
            }
        }
        if let Some((number, seen)) = run {
            self.count(&wanted.node, number, &seen);
        }
        if wanted.not_kept > 0 {
            packets += wanted.not_kept;
            *self.not_kept.entry(wanted.node.clone()).or_default() += wanted.not_kept;
        }
        self.estimate.sessions += 1;
        self.estimate.packets += packets;
        self.estimate.bytes += match wanted.positions.lengths.iter().map(|len| u64::from(*len)).sum::<u64>() {
            0 => wanted.bytes + RECORD_HEADER * packets,
            exact => exact,
        };
    }

    fn count(&mut self, node: &str, number: u32, seen: &Seen) {
        let held = self.seen.entry((node.to_owned(), number)).or_default();
        held.packets += seen.packets;
        held.last = held.last.max(seen.last);
    }

    /// Looks at the files.
    pub fn finish(mut self) -> Estimate {
        let mut losses = Losses::default();
        for (node, packets) in &self.not_kept {
            losses.add(node, 0, None, *packets, Gone::NotKept);
        }
        for ((node, number), seen) in &self.seen {
            if *number == 0 {
                losses.add(node, 0, None, seen.packets, Gone::NotKept);
                continue;
            }
            let file = match self.files.source(node, *number) {
                Ok(file) => file,
                Err(gone) => {
                    losses.add(node, *number, None, seen.packets, gone);
                    continue;
                }
            };
            let links = open(&file, self.files.keys()).and_then(|(mut body, head)| {
                let size = body.size();
                if seen.last >= size {
                    let why = format!("the file ends at byte {size}, a packet was at byte {}", seen.last);
                    return Err(Gone::Damaged(why));
                }
                Ok(match head {
                    Head::Whole(format) => format.link().into_iter().collect::<Vec<_>>(),
                    Head::Open => match scan(&mut body, seen.last)? {
                        pcap::Format::PcapNg(ng) => {
                            ng.sections.iter().flat_map(|s| &s.interfaces).map(|i| i.link).collect()
                        }
                        format @ pcap::Format::Pcap(_) => format.link().into_iter().collect(),
                    },
                })
            });
            match links {
                Ok(links) => self.estimate.links.extend(links.into_iter().map(LinkType)),
                Err(gone) => losses.add(node, *number, Some(&file.path), seen.packets, gone),
            }
        }
        self.estimate.links.sort_unstable();
        self.estimate.links.dedup();
        self.estimate.bytes += FILE_HEADER;
        self.estimate.missing = losses.into_list();
        self.estimate
    }
}
