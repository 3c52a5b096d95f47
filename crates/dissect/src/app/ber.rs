//! Protocols in ASN.1's Basic Encoding Rules: SNMP (RFC 3416), LDAP (RFC 4511), Kerberos (RFC 4120).

use crate::pen::Pen;
use crate::show;

/// A tag and its length at the place where the pen stands: class and number byte, bytes of the header, of the contents.
fn head(p: &Pen<'_>) -> Option<(u8, usize, usize)> {
    let tag = p.peek(0)?;
    // tags of more than one byte do not occur in these protocols
    if tag & 0x1f == 0x1f {
        return None;
    }
    let first = p.peek(1)?;
    if first & 0x80 == 0 {
        return Some((tag, 2, usize::from(first)));
    }
    let n = usize::from(first & 0x7f);
    if n == 0 || n > 4 {
        return None;
    }
    let length = crate::pen::be(p.rest().get(2..2 + n)?);
    Some((tag, 2 + n, usize::try_from(length).ok()?))
}

fn integer(bytes: &[u8]) -> Option<i64> {
    let first = *bytes.first()?;
    (bytes.len() <= 8).then(|| {
        bytes.iter().fold(if first & 0x80 != 0 { -1 } else { 0 }, |n: i64, byte| n << 8 | i64::from(*byte))
    })
}

fn oid(bytes: &[u8]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut number = 0u64;
    for byte in bytes.iter().take(256) {
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if parts.is_empty() {
                let first = (number / 40).min(2);
                parts.push(first.to_string());
                number -= first * 40;
            }
            parts.push(number.to_string());
            number = 0;
        }
    }
    parts.join(".")
}

fn universal(tag: u8) -> &'static str {
    match tag & 0x3f {
        1 => "Boolean",
        2 => "Integer",
        3 => "Bit String",
        4 => "Octet String",
        5 => "Null",
        6 => "Object Identifier",
        10 => "Enumerated",
        12 => "UTF8String",
        0x30 => "Sequence",
        0x31 => "Set",
        19 | 22 | 27 => "String",
        24 => "GeneralizedTime",
        _ => "Value",
    }
}

/// One value and everything below it. Application tags of SNMP have names of their own.
fn value(p: &mut Pen<'_>, application: fn(u8) -> Option<&'static str>) -> Option<()> {
    let (tag, header, length) = head(p)?;
    let label = match tag >> 6 {
        0 => universal(tag).to_owned(),
        1 => application(tag).map_or_else(|| format!("Application {}", tag & 0x1f), str::to_owned),
        _ => application(tag).map_or_else(|| format!("[{}]", tag & 0x1f), str::to_owned),
    };
    p.group("", label, |p| {
        p.skip(header)?;
        let bytes = p.rest().get(..length)?;
        if tag & 0x20 != 0 {
            return p.within(length, |p| {
                while p.left() > 0 {
                    value(p, application)?;
                }
                Some(())
            });
        }
        let text = match tag {
            1 => (bytes.iter().any(|byte| *byte != 0)).to_string(),
            2 | 10 | 0x41 | 0x42 | 0x43 | 0x46 => {
                integer(bytes).map_or_else(|| show::bytes(bytes), |n| n.to_string())
            }
            6 => oid(bytes),
            0x40 if length == 4 => bytes.iter().map(u8::to_string).collect::<Vec<_>>().join("."),
            _ if printable(bytes) => show::text(bytes),
            _ => show::bytes(bytes),
        };
        p.value(text);
        p.skip(length)
    })
}

fn printable(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes)
        .is_ok_and(|text| text.chars().all(|c| !c.is_control() || matches!(c, '\r' | '\n' | '\t')))
}

/// A leaf with a name: an integer or text.
fn leaf(p: &mut Pen<'_>, name: &'static str, label: &'static str, names: crate::pen::Names) -> Option<u64> {
    let (tag, header, length) = head(p)?;
    let bytes = p.rest().get(header..header + length)?;
    // Wireshark's range is that of the contents
    let at = p.at() + header;
    let (text, number) = match (tag & 0x3f, integer(bytes)) {
        (2 | 10, Some(number)) => {
            let known = u64::try_from(number).ok().and_then(names);
            (known.map_or_else(|| number.to_string(), |known| format!("{known} ({number})")), number as u64)
        }
        (6, _) => (oid(bytes), 0),
        _ if printable(bytes) => (show::text(bytes), 0),
        _ => (show::bytes(bytes), 0),
    };
    p.skip(header + length)?;
    p.add(name, label, (at, length), text);
    Some(number)
}

fn looks(p: &Pen<'_>) -> bool {
    matches!(head(p), Some((0x30, _, 3..)))
}

/// Enters a constructed value: runs the part on its contents.
fn inside<T>(p: &mut Pen<'_>, part: impl FnOnce(&mut Pen<'_>) -> Option<T>) -> Option<T> {
    let (tag, header, length) = head(p)?;
    if tag & 0x20 == 0 {
        return None;
    }
    p.skip(header)?;
    p.within(length, part)
}

fn snmp_type(tag: u8) -> Option<&'static str> {
    Some(match tag {
        0x40 => "IpAddress",
        0x41 => "Counter32",
        0x42 => "Gauge32",
        0x43 => "TimeTicks",
        0x44 => "Opaque",
        0x46 => "Counter64",
        0x80 => "noSuchObject",
        0x81 => "noSuchInstance",
        0x82 => "endOfMibView",
        _ => return None,
    })
}

fn pdu(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "get-request",
        1 => "get-next-request",
        2 => "get-response",
        3 => "set-request",
        4 => "trap",
        5 => "getBulkRequest",
        6 => "informRequest",
        7 => "snmpV2-trap",
        8 => "report",
        _ => return None,
    })
}

pub(super) fn snmp(p: &mut Pen<'_>) -> bool {
    if !looks(p) {
        return false;
    }
    p.layer("snmp", "Simple Network Management Protocol", |p| {
        inside(p, |p| {
            let version = leaf(p, "snmp.version", "version", |n| {
                Some(match n {
                    0 => "version-1",
                    1 => "v2c",
                    3 => "snmpv3",
                    _ => return None,
                })
            })?;
            if version == 3 {
                while p.left() > 0 {
                    value(p, snmp_type)?;
                }
                return Some(());
            }
            leaf(p, "snmp.community", "community", |_| None)?;
            let (tag, ..) = head(p)?;
            let kind = u64::from(tag & 0x1f);
            p.value(pdu(kind).unwrap_or_default());
            if kind == 4 {
                return value(p, snmp_type);
            }
            p.group("snmp.data", format!("data: {}", pdu(kind).unwrap_or("PDU")), |p| {
                inside(p, |p| {
                    leaf(p, "snmp.request_id", "request-id", |_| None)?;
                    let bulk = kind == 5;
                    leaf(
                        p,
                        if bulk { "snmp.non_repeaters" } else { "snmp.error_status" },
                        if bulk { "non-repeaters" } else { "error-status" },
                        |_| None,
                    )?;
                    leaf(
                        p,
                        if bulk { "snmp.max_repetitions" } else { "snmp.error_index" },
                        if bulk { "max-repetitions" } else { "error-index" },
                        |_| None,
                    )?;
                    p.group("snmp.variable_bindings", "variable-bindings", |p| {
                        inside(p, |p| {
                            while p.left() > 0 {
                                p.group("", "Binding", |p| {
                                    inside(p, |p| {
                                        leaf(p, "snmp.name", "Object Name", |_| None)?;
                                        value(p, snmp_type)
                                    })
                                })?;
                            }
                            Some(())
                        })
                    })
                })
            })
        })
    });
    true
}

fn operation(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "bindRequest",
        1 => "bindResponse",
        2 => "unbindRequest",
        3 => "searchRequest",
        4 => "searchResEntry",
        5 => "searchResDone",
        6 => "modifyRequest",
        7 => "modifyResponse",
        8 => "addRequest",
        9 => "addResponse",
        10 => "delRequest",
        11 => "delResponse",
        12 => "modDNRequest",
        13 => "modDNResponse",
        14 => "compareRequest",
        15 => "compareResponse",
        16 => "abandonRequest",
        19 => "searchResRef",
        23 => "extendedReq",
        24 => "extendedResp",
        25 => "intermediateResponse",
        _ => return None,
    })
}

fn result(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "success",
        1 => "operationsError",
        2 => "protocolError",
        3 => "timeLimitExceeded",
        4 => "sizeLimitExceeded",
        7 => "authMethodNotSupported",
        8 => "strongerAuthRequired",
        10 => "referral",
        14 => "saslBindInProgress",
        16 => "noSuchAttribute",
        32 => "noSuchObject",
        34 => "invalidDNSyntax",
        49 => "invalidCredentials",
        50 => "insufficientAccessRights",
        51 => "busy",
        52 => "unavailable",
        53 => "unwillingToPerform",
        68 => "entryAlreadyExists",
        80 => "other",
        _ => return None,
    })
}

pub(super) fn ldap(p: &mut Pen<'_>) -> bool {
    if !looks(p) {
        return false;
    }
    p.layer("ldap", "Lightweight Directory Access Protocol", |p| {
        while looks(p) {
            if head(p).is_some_and(|(_, header, length)| header + length > p.left()) {
                p.raw_rest("ldap.data", "Goes on in the next segment");
                return Some(());
            }
            p.group("ldap.LDAPMessage_element", "LDAPMessage", |p| {
                inside(p, |p| {
                    leaf(p, "ldap.messageID", "messageID", |_| None)?;
                    let (tag, ..) = head(p)?;
                    let kind = u64::from(tag & 0x1f);
                    let label = operation(kind).unwrap_or("operation");
                    p.value(label);
                    p.group("ldap.protocolOp", label, |p| {
                        if tag & 0x20 == 0 {
                            return value(p, |_| None);
                        }
                        inside(p, |p| {
                            match kind {
                                0 => {
                                    leaf(p, "ldap.version", "version", |_| None)?;
                                    leaf(p, "ldap.name", "name", |_| None)?;
                                }
                                3 => {
                                    leaf(p, "ldap.baseObject", "baseObject", |_| None)?;
                                    leaf(p, "ldap.scope", "scope", |n| {
                                        ["baseObject", "singleLevel", "wholeSubtree"].get(n as usize).copied()
                                    })?;
                                    leaf(p, "ldap.derefAliases", "derefAliases", |_| None)?;
                                    leaf(p, "ldap.sizeLimit", "sizeLimit", |_| None)?;
                                    leaf(p, "ldap.timeLimit", "timeLimit", |_| None)?;
                                }
                                4 => _ = leaf(p, "ldap.objectName", "objectName", |_| None)?,
                                1 | 5 | 7 | 9 | 11 | 13 | 15 | 24 => {
                                    leaf(p, "ldap.resultCode", "resultCode", result)?;
                                    leaf(p, "ldap.matchedDN", "matchedDN", |_| None)?;
                                    leaf(p, "ldap.errorMessage", "errorMessage", |_| None)?;
                                }
                                _ => {}
                            }
                            while p.left() > 0 {
                                value(p, |_| None)?;
                            }
                            Some(())
                        })
                    })?;
                    while p.left() > 0 {
                        value(p, |_| None)?;
                    }
                    Some(())
                })
            })?;
        }
        Some(())
    });
    true
}

pub(super) fn kerberos(p: &mut Pen<'_>, stream: bool) -> bool {
    let start = if stream { 4 } else { 0 };
    if !p.peek(start).is_some_and(|tag| matches!(tag, 0x6a..=0x7e)) {
        return false;
    }
    p.layer("kerberos", "Kerberos", |p| {
        if stream {
            p.u32("kerberos.rm.length", "Record Length")?;
        }
        value(p, |tag| {
            Some(match tag & 0x7f {
                0x6a => "as-req",
                0x6b => "as-rep",
                0x6c => "tgs-req",
                0x6d => "tgs-rep",
                0x6e => "ap-req",
                0x6f => "ap-rep",
                0x7e => "krb-error",
                0x61 => "ticket",
                _ => return None,
            })
            .filter(|_| tag >> 6 == 1)
        })
    });
    true
}
