//! Packets of sessions as one capture, written while they are read.

use crate::Wanted;
use crate::bpf::Filter;
use crate::files::{Files, Loss};
use crate::merge::{Merge, Packet};
use pcap::{NgWriter, PcapWriter, Precision};
use std::fmt;
use std::io::{self, BufWriter, Write};
use wire::LinkType;

/// Bytes that are collected before they are written out.
const BUFFER: usize = 256 << 10;
/// Packets whose places are collected before the first are written: few, so that the first byte comes at once.
const FIRST: usize = 1 << 10;
/// The same for the following ones: reads get larger the more is known.
const CHUNK: usize = 1 << 17;
/// Packets whose places are remembered at most, 16 bytes each.
const MOST: usize = 4 << 20;
/// Snap length that the header of a pcap claims.
const SNAP_LEN: u32 = 262_144;

/// The form of a capture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// pcap: one link type.
    #[default]
    Pcap,
    /// pcapng: any number of link types and interfaces.
    PcapNg,
}

/// What an export holds.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The form.
    pub form: Form,
    /// Unit of the times of a pcap; without it that of the first packet's file. (pcapng always has nanoseconds.)
    pub precision: Option<Precision>,
    /// Only packets from this time on, nanoseconds since 1970.
    pub from: Option<i64>,
    /// Only packets up to this time, itself included.
    pub to: Option<i64>,
    /// Only packets that pass.
    pub filter: Option<Filter>,
    /// Gives every packet of a pcapng its session's id as a comment.
    pub comments: bool,
}

/// A pcap holds packets of one link type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkTypes {
    /// Of the packets written.
    pub first: LinkType,
    /// Of the packet that cannot follow them.
    pub other: LinkType,
}

impl fmt::Display for LinkTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the packets have several link types ({} and {}), which a pcap file cannot hold: export them as pcapng",
            self.first, self.other
        )
    }
}
impl std::error::Error for LinkTypes {}

/// What was exported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Sessions added.
    pub sessions: u64,
    /// Packets written.
    pub packets: u64,
    /// Captured bytes of them.
    pub bytes: u64,
    /// Packets that the time or the filter left out.
    pub left_out: u64,
    /// Packets that two sessions share, written once.
    pub duplicates: u64,
    /// Packets written after a later one: only where more packets overlap in time than can be remembered, or files
    /// are not in order of time themselves.
    pub disordered: u64,
    /// Packets that could not be read, by file.
    pub losses: Vec<Loss>,
}

enum Output<W: Write> {
    /// Before the first packet, which decides on the header.
    Waiting(W),
    Pcap(PcapWriter<BufWriter<W>>, LinkType),
    PcapNg(NgWriter<BufWriter<W>>),
    Failed,
}

/// An export under way. Sessions are added in order of their first packet (as `SessionIndex::scan` gives them) and
/// packets are written as soon as none before them can come; memory stays bounded however many there are.
pub struct Export<'a, W: Write> {
    merge: Merge<'a>,
    output: Output<W>,
    options: Options,
    report: Report,
    threshold: usize,
    last: i64,
}

impl<W: Write> fmt::Debug for Export<'_, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Export")
            .field("merge", &self.merge)
            .field("report", &self.report)
            .finish_non_exhaustive()
    }
}

impl<'a, W: Write> Export<'a, W> {
    /// An export that writes to `output`.
    pub fn new(output: W, files: &'a dyn Files, options: Options) -> Self {
        Self {
            merge: Merge::new(files),
            output: Output::Waiting(output),
            options,
            report: Report::default(),
            threshold: FIRST,
            last: i64::MIN,
        }
    }

    /// Adds a session.
    ///
    /// # Errors
    /// Those of the output, and [`LinkTypes`] (as the source of an error of kind `InvalidData`). The export is over then.
    pub fn add(&mut self, wanted: &Wanted) -> io::Result<()> {
        self.merge.add(wanted);
        self.report.sessions += 1;
        if self.merge.pending() < self.threshold {
            return Ok(());
        }
        let first = self.threshold == FIRST;
        self.write(Some(wanted.start_ms.saturating_mul(1_000_000)), usize::MAX)?;
        if self.merge.pending() > MOST {
            self.write(None, self.merge.pending() - MOST / 2)?;
        }
        if first {
            self.flush()?;
        }
        self.threshold = (self.merge.pending() * 2).clamp(CHUNK, MOST);
        Ok(())
    }

    /// Writes what is left. Without any packet the capture is an empty one.
    ///
    /// # Errors
    /// As [`Export::add`].
    pub fn finish(mut self) -> io::Result<Report> {
        self.write(None, usize::MAX)?;
        if matches!(self.output, Output::Waiting(_)) {
            self.begin(LinkType::ETHERNET, false)?;
        }
        self.flush()?;
        self.report.duplicates = self.merge.duplicates();
        self.report.losses = self.merge.into_losses();
        Ok(self.report)
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.output {
            Output::Pcap(writer, _) => writer.flush(),
            Output::PcapNg(writer) => writer.flush(),
            Output::Waiting(_) | Output::Failed => Ok(()),
        }
    }

    fn begin(&mut self, link: LinkType, nanos: bool) -> io::Result<()> {
        let Output::Waiting(output) = std::mem::replace(&mut self.output, Output::Failed) else {
            return Ok(());
        };
        let output = BufWriter::with_capacity(BUFFER, output);
        self.output = match self.options.form {
            Form::Pcap => {
                let fine = if nanos { Precision::Nanos } else { Precision::Micros };
                let precision = self.options.precision.unwrap_or(fine);
                Output::Pcap(PcapWriter::new(output, precision, link.0, SNAP_LEN)?, link)
            }
            Form::PcapNg => Output::PcapNg(NgWriter::new(output, "Hindsight")?),
        };
        Ok(())
    }

    /// Writes packets before `until`, at most this many.
    fn write(&mut self, until: Option<i64>, most: usize) -> io::Result<()> {
        let mut merge = std::mem::replace(&mut self.merge, Merge::new(&NONE));
        let mut left = most;
        let result = merge.drain(until, &mut |packet| {
            self.packet(packet)?;
            left -= 1;
            Ok(left > 0)
        });
        self.merge = merge;
        result
    }

    fn packet(&mut self, packet: Packet<'_>) -> io::Result<()> {
        let link = LinkType(packet.link);
        let options = &self.options;
        let wanted = options.from.is_none_or(|from| packet.time >= from)
            && options.to.is_none_or(|to| packet.time <= to)
            && options.filter.as_ref().is_none_or(|f| f.matches(link, packet.bytes, packet.original_len));
        if !wanted {
            self.report.left_out += 1;
            return Ok(());
        }
        if matches!(self.output, Output::Waiting(_)) {
            self.begin(link, packet.nanos)?;
        }
        match &mut self.output {
            Output::Pcap(writer, first) => {
                if *first != link {
                    let links = LinkTypes { first: *first, other: link };
                    return Err(io::Error::new(io::ErrorKind::InvalidData, links));
                }
                writer.write(packet.time, packet.bytes, packet.original_len)?;
            }
            Output::PcapNg(writer) => {
                let interface = writer.interface(packet.link, packet.interface)?;
                let comment = self.options.comments.then(|| format!("session {}", packet.id));
                writer.write(
                    interface,
                    packet.time,
                    packet.bytes,
                    packet.original_len,
                    comment.as_deref(),
                )?;
            }
            Output::Waiting(_) | Output::Failed => {}
        }
        self.report.packets += 1;
        self.report.bytes += packet.bytes.len() as u64;
        self.report.disordered += u64::from(packet.time < self.last);
        self.last = self.last.max(packet.time);
        Ok(())
    }
}

/// Stands in while the real one is being drained.
struct NoFiles;
static NONE: NoFiles = NoFiles;
impl Files for NoFiles {
    fn locate(&self, _: &str, _: u32) -> Result<std::path::PathBuf, crate::Gone> {
        Err(crate::Gone::NotKept)
    }
}

/// Calls `see` with every packet of some sessions, in order of time, until it returns false; returns what could not
/// be read. For the packets of a few sessions; large sets go through [`Export`].
pub fn fetch(files: &dyn Files, wanted: &[Wanted], see: &mut dyn FnMut(Packet<'_>) -> bool) -> Vec<Loss> {
    let mut merge = Merge::new(files);
    for one in wanted {
        merge.add(one);
    }
    // `see` cannot fail
    let _ = merge.drain(None, &mut |packet| Ok(see(packet)));
    merge.into_losses()
}
