//! What a DNS conversation fills.

use fields::ObjectDef;

/// One question and what was answered.
pub static DNS: ObjectDef = ObjectDef::new("dns", "One DNS question and what was answered to it.");
/// One resource record of an answer.
pub static ANSWERS: ObjectDef =
    ObjectDef::nested(&DNS, "dns.answers", "One resource record of a DNS response, of any section.");

fields::fields! { "dns";
    /// Host names that were asked for, and the names that they are aliases of.
    HOST: Lower = "host.dns" @ "dns.host", "Host".inside(&DNS).aliases(&["dns.host"]).tokens();
    /// Addresses that were answered.
    IP: Ip = "ip.dns" @ "dns.ip", "IP".inside(&DNS).aliases(&["dns.ip"]);
    /// Addresses of mail servers that were answered.
    MAILSERVER_IP: Ip = "ip.dns.mailserver" @ "dns.mailserverIp", "MX IP".inside(&DNS);
    /// Addresses of name servers that were answered.
    NAMESERVER_IP: Ip = "ip.dns.nameserver" @ "dns.nameserverIp", "NS IP".inside(&DNS);
    /// Host names of mail servers (MX records).
    MAILSERVER_HOST: Lower = "host.dns.mailserver" @ "dns.mailserverHost", "MX Host".inside(&DNS);
    /// Host names of name servers (NS records).
    NAMESERVER_HOST: Lower = "host.dns.nameserver" @ "dns.nameserverHost", "NS Host".inside(&DNS);
    /// Host names in their ASCII form (RFC 3492), where it is not the readable one.
    PUNY: Lower = "dns.puny" @ "dns.puny", "Puny".inside(&DNS);
    /// Host name in the question.
    QUERY_HOST: Lower = "dns.query.host" @ "dns.queryHost", "Query Host".one().inside(&DNS);
    /// Type of the question: `A`, `AAAA`, `MX` … (IANA's name, `TYPE<n>` where it has none).
    QUERY_TYPE: Upper = "dns.query.type" @ "dns.qt", "Query Type".one().inside(&DNS);
    /// Class of the question: `IN` nearly always.
    QUERY_CLASS: Upper = "dns.query.class" @ "dns.qc", "Query Class".one().inside(&DNS);
    /// Operation: `QUERY`, `UPDATE`, `NOTIFY` and others.
    OPCODE: Upper = "dns.opcode" @ "dns.opcode", "Op Code".one().inside(&DNS);
    /// Response code: `NOERROR`, `NXDOMAIN`, `SERVFAIL` and others.
    STATUS: Upper = "dns.status" @ "dns.status", "Status Code".one().inside(&DNS);
    /// Flags of the response: `AA` authoritative, `TC` cut, `RD` recursion wanted, `RA` recursion offered, `AD` authenticated, `CD` checking off.
    HEADER_FLAGS: Upper = "dns.header_flags" @ "dns.headerFlags", "Header Flags".no_count().inside(&DNS);
    /// Number of resource records in the response.
    ANSWERS_COUNT: Int = "dns.answer.cnt" @ "dns.answersCnt", "Answers Cnt".one().inside(&DNS);
    /// Type of a resource record.
    ANSWER_TYPE: Upper = "dns.answer.type" @ "dns.answers.type", "Answer Type".one().inside(&ANSWERS);
    /// Class of a resource record.
    ANSWER_CLASS: Upper = "dns.answer.class" @ "dns.answers.class", "Answer Class".one().inside(&ANSWERS);
    /// Seconds for which a resource record may be kept.
    ANSWER_TTL: Int = "dns.answer.ttl" @ "dns.answers.ttl", "Answer TTL".one().inside(&ANSWERS);
    /// Name that a resource record is about.
    ANSWER_NAME: Term = "dns.answer.name" @ "dns.answers.name", "Answer Name".one().inside(&ANSWERS);
    /// Address in an A or AAAA record.
    ANSWER_IP: Ip = "dns.answer.ip" @ "dns.answers.ip", "Answer IP".one().inside(&ANSWERS);
    /// Canonical name in a CNAME record.
    ANSWER_CNAME: Term = "dns.answer.cname" @ "dns.answers.cname", "Answer CNAME".one().inside(&ANSWERS);
    /// Name server in an NS record.
    ANSWER_NS: Term = "dns.answer.ns" @ "dns.answers.nameserver", "Answer NS".one().inside(&ANSWERS);
    /// Mail server in an MX record.
    ANSWER_MX: Term = "dns.answer.mx" @ "dns.answers.mx", "Answer MX".one().inside(&ANSWERS);
    /// Preference in an MX record: lower is tried first.
    ANSWER_PRIORITY: Int = "dns.answer.priority" @ "dns.answers.priority", "Answer Priority".one().inside(&ANSWERS);
    /// HTTPS or SVCB record as text (RFC 9460).
    ANSWER_HTTPS: Term = "dns.answer.https" @ "dns.answers.https", "Answer HTTPS".one().inside(&ANSWERS);
    /// Strings of a TXT record, joined by blanks.
    ANSWER_TXT: Term = "dns.answer.txt" @ "dns.answers.txt", "Answer TXT".one().inside(&ANSWERS);
    /// Certification authority authorisation as text (RFC 8659).
    ANSWER_CAA: Term = "dns.answer.caa" @ "dns.answers.caa", "Answer CAA".one().inside(&ANSWERS);
    /// Signature of a record set as text (RFC 4034), the signature itself left out.
    ANSWER_RRSIG: Term = "dns.answer.rrsig" @ "dns.answers.rrsig", "Answer RRSIG".one().inside(&ANSWERS);
    /// Next secure name and the types that exist, as text (RFC 4034).
    ANSWER_NSEC: Term = "dns.answer.nsec" @ "dns.answers.nsec", "Answer NSEC".one().inside(&ANSWERS);
    /// Delegation signer as text (RFC 4034).
    ANSWER_DS: Term = "dns.answer.ds" @ "dns.answers.ds", "Answer DS".one().inside(&ANSWERS);
}

#[cfg(test)]
mod tests {
    #[test]
    fn table_is_sound() {
        fields::audit(super::FIELDS);
    }
}
