//! One thread from a source to documents, without a store.

use crate::examine::Examination;
use crate::frame::{Frame, Place};
use crate::intake::{Arrival, Intake};
use crate::keep::Raw;
use crate::worker::{Out, Placed, Worker};
use crate::{Counters, Options};
use enrich::Enricher;
use protocols::Detector;
use session::SessionDoc;
use source::{Packet, PacketSource, Status};
use std::sync::Arc;
use wire::LinkType;

/// Bytes of a pcap file before its first record.
const FILE_HEADER: u64 = 24;
/// Bytes of a pcap record before its packet.
const RECORD_HEADER: u64 = 16;

/// The pipeline in one thread: packets in, documents out. Positions are those that the packets would have in one pcap file: 24 for the first,
/// and 16 and the captured length further on for each next one.
pub struct Inspection {
    intake: Intake,
    worker: Worker,
    offset: u64,
}

impl Inspection {
    /// A pipeline that has seen nothing.
    #[must_use]
    pub fn new(options: Options, enricher: Arc<Enricher>) -> Self {
        let options = Arc::new(options);
        let worker = Worker::new(options.clone(), Arc::new(Detector::default()), enricher);
        Self { intake: Intake::new(options), worker, offset: FILE_HEADER }
    }

    /// Takes a packet: arrival (nanoseconds since 1970), captured bytes, length on the wire, link type.
    pub fn packet(&mut self, time: i64, bytes: &[u8], len: u32, link: LinkType, out: &mut Out<'_>) {
        let captured = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let place = Place { file: 0, offset: self.offset };
        let frame = Frame { time, captured, len: len.max(captured), place, at: self.offset };
        self.offset += RECORD_HEADER + u64::from(captured);
        let worker = &mut self.worker;
        let raw = Raw { link, bytes, len: frame.len };
        self.intake.frame(link, bytes, &frame, &mut |arrival, identity, hash| {
            worker.arrival(arrival, Some(raw), identity, hash, out);
        });
    }

    /// Examines packets for evidence.
    pub fn set_examination(&mut self, examination: Examination) {
        self.worker.set_examination(Some(examination));
    }

    /// Takes a packet that lies in a packet file of a live capture, for making its sessions again: positions are those that it has, and a session
    /// that begins in the file gets the id that it had live. All packets are of the interface that [`Inspection::set_interface`] named.
    pub fn stored(
        &mut self,
        place: Place,
        time: i64,
        bytes: &[u8],
        len: u32,
        link: LinkType,
        out: &mut Out<'_>,
    ) {
        let captured = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let frame = Frame { time, captured, len: len.max(captured), place, at: place.offset };
        let worker = &mut self.worker;
        worker.set_file(u128::from(place.file));
        self.intake.frame(link, bytes, &frame, &mut |arrival, identity, hash| {
            worker.arrival(arrival, None, identity, hash, out);
        });
    }

    /// Names the interface in the documents.
    pub fn set_interface(&mut self, name: &str) {
        self.worker.set_interface(name);
    }

    /// Ends every session and gives the counts.
    pub fn finish(mut self, out: &mut Out<'_>) -> Counters {
        let worker = &mut self.worker;
        self.intake.close(&mut |arrival, identity, hash| worker.arrival(arrival, None, identity, hash, out));
        worker.close(out);
        let mut counters = worker.counters.clone();
        self.intake.count(&mut counters);
        counters
    }
}

/// Reads a source to its end in this thread and gives every document to `out`.
///
/// # Errors
/// The source's, after everything before it was made into documents; the counts are lost then. Callers who want both use [`Inspection`].
pub fn inspect(
    source: &mut dyn PacketSource,
    options: Options,
    enricher: Arc<Enricher>,
    out: &mut Out<'_>,
) -> Result<Counters, source::Error> {
    const BATCH: usize = 4_096;
    let mut inspection = Inspection::new(options, enricher);
    let read = loop {
        let mut see = |packet: &Packet<'_>| {
            inspection.packet(packet.time, packet.bytes, packet.original_len, packet.link, out);
        };
        match source.batch(BATCH, &mut see) {
            Ok(Status::More | Status::Idle) => {}
            Ok(Status::End) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    let counters = inspection.finish(out);
    read.map(|()| counters)
}

impl Worker {
    /// Takes what the intake gave; `raw` is the frame that made it complete.
    pub(crate) fn arrival(
        &mut self,
        arrival: Arrival<'_>,
        raw: Option<Raw<'_>>,
        identity: &crate::identity::Identity,
        hash: u64,
        out: &mut dyn FnMut(SessionDoc),
    ) {
        match arrival {
            Arrival::Frame(frame, decoded) => {
                self.packet(&mut Placed(raw), &[], frame, decoded, identity, hash, out)
            }
            Arrival::Datagram { earlier, last, around, payload } => {
                self.packet(
                    &mut Placed(raw),
                    earlier,
                    last,
                    &wire::decode_ip(around, &payload),
                    identity,
                    hash,
                    out,
                );
            }
            Arrival::Fragments(frames) => self.fragments(frames, identity, hash, out),
        }
    }
}
