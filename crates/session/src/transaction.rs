//! Recording transactions: count and slowest for search, the slowest ones each for reading.

use crate::{Object, SessionDoc, perf};
use fields::{Duration, Field, Int};

/// Transactions of one session that are kept one by one: the slowest ones. The rest is in the counts.
pub const MAX_TRANSACTIONS: usize = 100;
/// Bytes of a request's text that are kept.
const MAX_REQUEST: usize = 2_048;

/// What kind of exchange it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionKind {
    /// An HTTP request and response.
    Http,
    /// An SQL statement and its result.
    Sql,
    /// A DNS query and its answer.
    Dns,
}

/// One finished exchange, as a parser reports it. Times are nanoseconds since 1970.
#[derive(Clone, Debug)]
pub struct Transaction<'a> {
    /// What it was.
    pub kind: TransactionKind,
    /// When the last byte of the request was seen.
    pub request_end: i64,
    /// When the first byte of the response was seen.
    pub response_start: i64,
    /// When the last byte of the response was seen.
    pub response_end: i64,
    /// Method and URI, SQL text, query type and name.
    pub request: &'a str,
    /// Status code, SQL error code, DNS response code.
    pub status: &'a str,
    /// Whether the response is an error.
    pub failed: bool,
    /// Error text, where the response carries one.
    pub error: Option<&'a str>,
    /// Rows returned or changed.
    pub rows: Option<i64>,
    /// Bytes of the response.
    pub bytes: Option<i64>,
}

struct Measures {
    name: &'static str,
    count: &'static Field<Int>,
    time: &'static Field<Duration>,
    first: &'static Field<Duration>,
    errors: &'static Field<Int>,
}

fn measures(kind: TransactionKind) -> Measures {
    match kind {
        TransactionKind::Http => Measures {
            name: "http",
            count: &perf::HTTP_COUNT,
            time: &perf::HTTP_TIME,
            first: &perf::HTTP_FIRST,
            errors: &perf::HTTP_ERRORS,
        },
        TransactionKind::Sql => Measures {
            name: "sql",
            count: &perf::SQL_COUNT,
            time: &perf::SQL_TIME,
            first: &perf::SQL_FIRST,
            errors: &perf::SQL_ERRORS,
        },
        TransactionKind::Dns => Measures {
            name: "dns",
            count: &perf::DNS_COUNT,
            time: &perf::DNS_TIME,
            first: &perf::DNS_FIRST,
            errors: &perf::DNS_ERRORS,
        },
    }
}

fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_REQUEST)]
}

impl SessionDoc {
    /// Records a finished transaction: counted, the slowest times kept for search, itself listed while it is among
    /// the [`MAX_TRANSACTIONS`] slowest.
    pub fn transaction(&mut self, tx: &Transaction<'_>) {
        let to = measures(tx.kind);
        let first = (tx.response_start - tx.request_end).max(0) / 1_000;
        let time = (tx.response_end - tx.request_end).max(0) / 1_000;
        self.add(to.count, self.int(to.count).unwrap_or(0) + 1);
        self.add(to.time, self.int(to.time).unwrap_or(0).max(time));
        self.add(to.first, self.int(to.first).unwrap_or(0).max(first));
        if tx.failed {
            self.add(to.errors, self.int(to.errors).unwrap_or(0) + 1);
        }
        let mut one = Object::new(&perf::TRANSACTION);
        one.add(&perf::TX_KIND, to.name);
        one.add(&perf::TX_START, tx.request_end.div_euclid(1_000_000));
        one.add(&perf::TX_FIRST, first);
        one.add(&perf::TX_TIME, time);
        one.add(&perf::TX_REQUEST, shortened(tx.request));
        one.add(&perf::TX_STATUS, tx.status);
        if let Some(error) = tx.error {
            one.add(&perf::TX_ERROR, shortened(error));
        }
        if let Some(rows) = tx.rows {
            one.add(&perf::TX_ROWS, rows);
        }
        if let Some(bytes) = tx.bytes {
            one.add(&perf::TX_BYTES, bytes);
        }
        self.keep_slowest(one, time);
    }

    fn keep_slowest(&mut self, one: Object, time: i64) {
        if self.int(&perf::TX_DROPPED).is_none() && self.list(&perf::TRANSACTION).count() < MAX_TRANSACTIONS {
            self.push(one);
            return;
        }
        self.add(&perf::TX_DROPPED, self.int(&perf::TX_DROPPED).unwrap_or(0) + 1);
        let fastest = self
            .objects_mut()
            .iter_mut()
            .filter(|o| o.def == &perf::TRANSACTION)
            .min_by_key(|o| o.int(&perf::TX_TIME).unwrap_or(0));
        if let Some(fastest) = fastest
            && fastest.int(&perf::TX_TIME).unwrap_or(0) < time
        {
            *fastest = one;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_counts_and_the_slowest() {
        let mut doc = SessionDoc::new();
        for n in 0..150i64 {
            doc.transaction(&Transaction {
                kind: TransactionKind::Sql,
                request_end: 1_000_000_000,
                response_start: 1_000_000_000 + n * 1_000,
                response_end: 1_000_000_000 + n * 2_000,
                request: "select 1",
                status: "ok",
                failed: n % 2 == 0,
                error: None,
                rows: Some(1),
                bytes: None,
            });
        }
        assert_eq!(doc.int(&perf::SQL_COUNT), Some(150));
        assert_eq!(doc.int(&perf::SQL_TIME), Some(298));
        assert_eq!(doc.int(&perf::SQL_ERRORS), Some(75));
        assert_eq!(doc.int(&perf::TX_DROPPED), Some(50));
        let slowest: Vec<i64> = doc.list(&perf::TRANSACTION).filter_map(|o| o.int(&perf::TX_TIME)).collect();
        assert_eq!(slowest.len(), MAX_TRANSACTIONS);
        assert_eq!(slowest.iter().min(), Some(&100));
    }
}
