//! What the client asked and the server has not answered yet, in order.

use session::{SessionDoc, Transaction, TransactionKind};
use std::collections::VecDeque;

/// Requests of one connection that may wait for an answer.
const MAX_WAITING: usize = 1_024;

/// A request without its answer.
#[derive(Debug)]
pub struct Request {
    /// What it is.
    pub kind: Kind,
    text: String,
    /// Arrival of its last byte.
    pub end: i64,
    first: Option<i64>,
    rows: i64,
    bytes: i64,
    error: Option<(String, String)>,
}

/// What the server answers to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A simple query: any number of results, then ReadyForQuery.
    Query,
    /// Preparing: ParseComplete.
    Parse,
    /// Running a portal: CommandComplete.
    Execute,
    /// The end of a batch: ReadyForQuery.
    Sync,
}

/// Requests in order.
#[derive(Debug, Default)]
pub struct Queue(VecDeque<Request>);

impl Queue {
    /// Adds a request; returns false when far too many wait.
    pub fn push(&mut self, kind: Kind, text: String, end: i64) -> bool {
        self.0.push_back(Request { kind, text, end, first: None, rows: 0, bytes: 0, error: None });
        self.0.len() <= MAX_WAITING
    }

    /// The newest request.
    pub fn newest(&mut self) -> Option<&mut Request> {
        self.0.back_mut()
    }

    /// A message of the server arrived for the oldest request.
    pub fn saw(&mut self, first: i64, bytes: usize) {
        if let Some(front) = self.0.front_mut() {
            front.first.get_or_insert(first);
            front.bytes += bytes as i64;
        }
    }

    /// ParseComplete.
    pub fn parsed(&mut self) {
        if self.0.front().is_some_and(|front| front.kind == Kind::Parse) {
            self.0.pop_front();
        }
    }

    /// A result is complete: CommandComplete, EmptyQueryResponse, PortalSuspended.
    pub fn completed(&mut self, rows: i64, time: i64, doc: &mut SessionDoc) {
        let Some(front) = self.0.front_mut() else { return };
        front.rows += rows;
        if front.kind == Kind::Execute {
            self.finish(time, doc);
        }
    }

    /// ErrorResponse: the rest of a batch is passed over by the server.
    pub fn failed(&mut self, code: String, message: String, time: i64, doc: &mut SessionDoc) {
        let Some(front) = self.0.front_mut() else { return };
        if front.kind == Kind::Sync {
            return;
        }
        front.error = Some((code, message));
        if front.kind != Kind::Query {
            self.finish(time, doc);
            while self.0.front().is_some_and(|r| !matches!(r.kind, Kind::Sync | Kind::Query)) {
                self.0.pop_front();
            }
        }
    }

    /// ReadyForQuery.
    pub fn ready(&mut self, time: i64, doc: &mut SessionDoc) {
        while let Some(front) = self.0.front() {
            match front.kind {
                Kind::Query => return self.finish(time, doc),
                Kind::Sync => {
                    self.0.pop_front();
                    return;
                }
                Kind::Parse | Kind::Execute => {
                    self.0.pop_front();
                }
            }
        }
    }

    fn finish(&mut self, time: i64, doc: &mut SessionDoc) {
        let Some(request) = self.0.pop_front() else { return };
        let error = request.error.as_ref();
        doc.transaction(&Transaction {
            kind: TransactionKind::Sql,
            request_end: request.end,
            response_start: request.first.unwrap_or(time),
            response_end: time,
            request: &request.text,
            status: error.map_or("ok", |(code, _)| code.as_str()),
            failed: error.is_some(),
            error: error.map(|(_, message)| message.as_str()),
            rows: error.is_none().then_some(request.rows),
            bytes: Some(request.bytes),
        });
    }
}
