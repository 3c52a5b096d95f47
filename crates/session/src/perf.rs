//! What was slow or broken: measures of the transport and of the transactions inside a session.

use fields::ObjectDef;

/// One request and its response inside a session.
pub static TRANSACTION: ObjectDef = ObjectDef::new(
    "transaction",
    "One request and its response: an HTTP exchange, an SQL statement, a DNS query.",
);

fields::fields! { "perf";
    /// Retransmitted segments that the source sent (Wireshark: retransmission, fast and spurious ones included).
    TCP_RETRANSMISSIONS_SRC: Int = "perf.tcp.retransmissions.src" @ "perf.tcp.retransmissions.src", "Retransmissions Src".one();
    /// Retransmitted segments that the destination sent.
    TCP_RETRANSMISSIONS_DST: Int = "perf.tcp.retransmissions.dst" @ "perf.tcp.retransmissions.dst", "Retransmissions Dst".one();
    /// Segments of the source that arrived out of order.
    TCP_OUT_OF_ORDER_SRC: Int = "perf.tcp.outoforder.src" @ "perf.tcp.outoforder.src", "Out-of-order Src".one();
    /// Segments of the destination that arrived out of order.
    TCP_OUT_OF_ORDER_DST: Int = "perf.tcp.outoforder.dst" @ "perf.tcp.outoforder.dst", "Out-of-order Dst".one();
    /// Times at which segments of the source before the present one were not seen.
    TCP_LOST_SRC: Int = "perf.tcp.lost.src" @ "perf.tcp.lost.src", "Lost Src".one();
    /// Times at which segments of the destination before the present one were not seen.
    TCP_LOST_DST: Int = "perf.tcp.lost.dst" @ "perf.tcp.lost.dst", "Lost Dst".one();
    /// Duplicate acknowledgements that the source sent.
    TCP_DUP_ACKS_SRC: Int = "perf.tcp.dupacks.src" @ "perf.tcp.dupacks.src", "Duplicate ACKs Src".one();
    /// Duplicate acknowledgements that the destination sent.
    TCP_DUP_ACKS_DST: Int = "perf.tcp.dupacks.dst" @ "perf.tcp.dupacks.dst", "Duplicate ACKs Dst".one();
    /// Segments in which the source announced that it can take no more data.
    TCP_ZERO_WINDOWS_SRC: Int = "perf.tcp.zerowindows.src" @ "perf.tcp.zerowindows.src", "Zero windows Src".one();
    /// Segments in which the destination announced that it can take no more data.
    TCP_ZERO_WINDOWS_DST: Int = "perf.tcp.zerowindows.dst" @ "perf.tcp.zerowindows.dst", "Zero windows Dst".one();
    /// Time of the TCP handshake, SYN to ACK, in microseconds.
    TCP_HANDSHAKE: Duration = "perf.tcp.handshake" @ "perf.tcp.handshake", "Handshake".one();
    /// The client's share of the handshake: SYN-ACK to ACK, in microseconds.
    TCP_HANDSHAKE_SRC: Duration = "perf.tcp.handshake.src" @ "perf.tcp.handshakeSrc", "Handshake Src".one();
    /// The server's share of the handshake: SYN to SYN-ACK, in microseconds.
    TCP_HANDSHAKE_DST: Duration = "perf.tcp.handshake.dst" @ "perf.tcp.handshakeDst", "Handshake Dst".one();
    /// Number of HTTP requests answered.
    HTTP_COUNT: Int = "perf.http.count" @ "perf.http.count", "HTTP Transactions".one();
    /// Slowest HTTP request to the last byte of its response, in microseconds.
    HTTP_TIME: Duration = "perf.http.time" @ "perf.http.time", "HTTP Slowest".one();
    /// Slowest HTTP request to the first byte of its response, in microseconds.
    HTTP_FIRST: Duration = "perf.http.first" @ "perf.http.first", "HTTP Slowest First Byte".one();
    /// Number of HTTP requests that were answered with an error (status 400 and above).
    HTTP_ERRORS: Int = "perf.http.errors" @ "perf.http.errors", "HTTP Errors".one();
    /// Number of SQL statements answered.
    SQL_COUNT: Int = "perf.sql.count" @ "perf.sql.count", "SQL Statements".one();
    /// Slowest SQL statement to the last byte of its result, in microseconds.
    SQL_TIME: Duration = "perf.sql.time" @ "perf.sql.time", "SQL Slowest".one();
    /// Slowest SQL statement to the first byte of its result, in microseconds.
    SQL_FIRST: Duration = "perf.sql.first" @ "perf.sql.first", "SQL Slowest First Byte".one();
    /// Number of SQL statements that failed.
    SQL_ERRORS: Int = "perf.sql.errors" @ "perf.sql.errors", "SQL Errors".one();
    /// Number of DNS queries answered.
    DNS_COUNT: Int = "perf.dns.count" @ "perf.dns.count", "DNS Queries".one();
    /// Slowest DNS query, in microseconds.
    DNS_TIME: Duration = "perf.dns.time" @ "perf.dns.time", "DNS Slowest".one();
    /// Slowest DNS query to the first byte of its answer, in microseconds.
    DNS_FIRST: Duration = "perf.dns.first" @ "perf.dns.first", "DNS Slowest First Byte".one();
    /// Number of DNS queries answered with an error.
    DNS_ERRORS: Int = "perf.dns.errors" @ "perf.dns.errors", "DNS Errors".one();
    /// Number of transactions beyond those kept one by one.
    TX_DROPPED: Int = "transaction.more" @ "perf.transactionsMore", "Transactions not listed".one();
    /// What the transaction is: `http`, `sql` or `dns`.
    TX_KIND: Term = "transaction.kind" @ "transaction.kind", "Kind".one().inside(&TRANSACTION);
    /// When the request was complete on the wire.
    TX_START: Time = "transaction.start" @ "transaction.start", "Start".one().inside(&TRANSACTION);
    /// Request to the first byte of the response, in microseconds.
    TX_FIRST: Duration = "transaction.first" @ "transaction.firstByte", "First Byte".one().inside(&TRANSACTION);
    /// Request to the last byte of the response, in microseconds.
    TX_TIME: Duration = "transaction.time" @ "transaction.lastByte", "Last Byte".one().inside(&TRANSACTION);
    /// The request: method and URI, the text of the statement, type and name of the query.
    TX_REQUEST: Term = "transaction.request" @ "transaction.request", "Request".one().inside(&TRANSACTION);
    /// Status of the response: HTTP status code, SQL error code or `ok`, DNS response code.
    TX_STATUS: Term = "transaction.status" @ "transaction.status", "Status".one().inside(&TRANSACTION);
    /// Error text of the response.
    TX_ERROR: Term = "transaction.error" @ "transaction.error", "Error".one().inside(&TRANSACTION);
    /// Rows of an SQL result, or rows changed.
    TX_ROWS: Int = "transaction.rows" @ "transaction.rows", "Rows".one().inside(&TRANSACTION);
    /// Bytes of the response.
    TX_BYTES: Size = "transaction.bytes" @ "transaction.bytes", "Response Bytes".one().inside(&TRANSACTION);
}

#[cfg(test)]
mod tests {
    #[test]
    fn table_is_sound() {
        fields::audit(super::FIELDS);
    }
}
