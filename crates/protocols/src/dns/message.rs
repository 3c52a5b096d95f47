//! One DNS message: header, questions, resource records (RFC 1035 section 4).

use super::{code, name};
use crate::bytes::Bytes;

/// Bytes of a header.
pub(super) const HEADER: usize = 12;

/// A message whose header and questions were understood.
#[derive(Debug)]
pub(super) struct Message<'a> {
    /// All of it.
    pub bytes: &'a [u8],
    /// Number that a response repeats.
    pub id: u16,
    /// Flags, operation and response code as sent.
    pub flags: u16,
    /// Name of the operation.
    pub opcode: &'static str,
    /// The questions.
    pub questions: Vec<Question>,
    /// How many questions the header announces.
    pub question_count: u16,
    /// Records in the answer, authority and additional sections, as the header announces them.
    counts: [u16; 3],
    /// Where the records begin; `None` when the questions could not be read to their end.
    records_at: Option<usize>,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Question {
    /// Name asked for.
    pub name: String,
    /// Type asked for.
    pub kind: u16,
    /// Class, as sent.
    pub class: u16,
}

/// Part of a message that a record lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// Answers to the question.
    Answer,
    /// Who is responsible.
    Authority,
    /// What may be useful too.
    Additional,
}

/// One resource record.
#[derive(Debug)]
pub(super) struct Record {
    /// Where it lies.
    pub section: Section,
    /// Name that it is about.
    pub name: String,
    /// Type.
    pub kind: u16,
    /// Class, as sent.
    pub class: u16,
    /// Seconds that it may be kept.
    pub ttl: u32,
    /// Offset of its data.
    pub start: usize,
    /// Length of its data.
    pub length: usize,
}

impl<'a> Message<'a> {
    /// Reads header and questions; `None` where this is no DNS.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut header = Bytes::new(bytes);
        let (id, flags) = (header.u16()?, header.u16()?);
        let opcode = code::opcode((flags >> 11) as u8 & 15)?;
        let question_count = header.u16()?;
        let counts = [header.u16()?, header.u16()?, header.u16()?];
        // A question takes at least five bytes: more of them than fit is no DNS, and no work is done for it.
        if usize::from(question_count) * 5 > header.len() {
            return None;
        }
        let mut questions = Vec::new();
        let mut at = HEADER;
        for _ in 0..question_count {
            let Some((question, end)) = Question::read(bytes, at) else {
                let records_at = None;
                return Some(Self {
                    bytes,
                    id,
                    flags,
                    opcode,
                    questions,
                    question_count,
                    counts,
                    records_at,
                });
            };
            questions.push(question);
            at = end;
        }
        Some(Self { bytes, id, flags, opcode, questions, question_count, counts, records_at: Some(at) })
    }

    /// Whether it answers.
    pub(super) const fn is_response(&self) -> bool {
        self.flags & 0x8000 != 0
    }
    /// Response code, the four bits of the header.
    pub(super) const fn status(&self) -> u8 {
        (self.flags & 15) as u8
    }

    /// The records, until the first that cannot be read.
    pub(super) fn records(&self) -> impl Iterator<Item = Record> + '_ {
        let sections = [Section::Answer, Section::Authority, Section::Additional];
        let mut at = self.records_at;
        sections
            .into_iter()
            .zip(self.counts)
            .flat_map(|(section, count)| std::iter::repeat_n(section, usize::from(count)))
            .map_while(move |section| {
                let (record, end) = Record::read(self.bytes, at?, section)?;
                at = Some(end);
                Some(record)
            })
    }
}

impl Question {
    fn read(message: &[u8], at: usize) -> Option<(Self, usize)> {
        let (name, end) = name::read(message, at)?;
        let mut rest = Bytes::new(message.get(end..)?);
        Some((Self { name, kind: rest.u16()?, class: rest.u16()? }, end + 4))
    }
}

impl Record {
    fn read(message: &[u8], at: usize, section: Section) -> Option<(Self, usize)> {
        let (name, end) = name::read(message, at)?;
        let mut rest = Bytes::new(message.get(end..)?);
        let (kind, class, ttl) = (rest.u16()?, rest.u16()?, rest.u32()?);
        let length = usize::from(rest.u16()?);
        let start = end + 10;
        rest.take(length)?;
        Some((Self { section, name, kind, class, ttl, start, length }, start + length))
    }
}
