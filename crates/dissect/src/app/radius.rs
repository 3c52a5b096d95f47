//! RADIUS (RFC 2865, 2866, 5176).

use crate::pen::Pen;
use crate::show;

fn code(n: u64) -> Option<&'static str> {
    Some(match n {
        1 => "Access-Request",
        2 => "Access-Accept",
        3 => "Access-Reject",
        4 => "Accounting-Request",
        5 => "Accounting-Response",
        11 => "Access-Challenge",
        12 => "Status-Server",
        40 => "Disconnect-Request",
        41 => "Disconnect-ACK",
        42 => "Disconnect-NAK",
        43 => "CoA-Request",
        44 => "CoA-ACK",
        45 => "CoA-NAK",
        _ => return None,
    })
}

fn attribute(n: u64) -> Option<&'static str> {
    Some(match n {
        1 => "User-Name",
        2 => "User-Password",
        3 => "CHAP-Password",
        4 => "NAS-IP-Address",
        5 => "NAS-Port",
        6 => "Service-Type",
        7 => "Framed-Protocol",
        8 => "Framed-IP-Address",
        9 => "Framed-IP-Netmask",
        11 => "Filter-Id",
        12 => "Framed-MTU",
        18 => "Reply-Message",
        24 => "State",
        25 => "Class",
        26 => "Vendor-Specific",
        27 => "Session-Timeout",
        30 => "Called-Station-Id",
        31 => "Calling-Station-Id",
        32 => "NAS-Identifier",
        33 => "Proxy-State",
        40 => "Acct-Status-Type",
        41 => "Acct-Delay-Time",
        42 => "Acct-Input-Octets",
        43 => "Acct-Output-Octets",
        44 => "Acct-Session-Id",
        45 => "Acct-Authentic",
        46 => "Acct-Session-Time",
        55 => "Event-Timestamp",
        60 => "CHAP-Challenge",
        61 => "NAS-Port-Type",
        64 => "Tunnel-Type",
        79 => "EAP-Message",
        80 => "Message-Authenticator",
        87 => "NAS-Port-Id",
        95 => "NAS-IPv6-Address",
        _ => return None,
    })
}

pub(super) fn radius(p: &mut Pen<'_>) {
    p.layer("radius", "RADIUS Protocol", |p| {
        let kind = p.code(1, "radius.code", "Code", code)?;
        p.value(code(kind).unwrap_or_default());
        p.hex(1, "radius.id", "Packet identifier")?;
        let length = usize::from(p.u16("radius.length", "Length")?);
        p.raw(16, "radius.authenticator", "Authenticator")?;
        p.within(length.checked_sub(20)?, |p| {
            while p.left() >= 2 {
                p.group("radius.avp", "AVP", |p| {
                    let kind = p.code(1, "radius.avp.type", "Type", attribute)?;
                    p.label(format!("AVP: {}", attribute(kind).unwrap_or("unknown")));
                    let length = usize::from(p.u8("radius.avp.length", "Length")?).checked_sub(2)?;
                    let bytes = p.rest().get(..length)?;
                    match (kind, length) {
                        (4 | 8 | 9, 4) => {
                            let address = p.ip4("radius.avp.ip", attribute(kind).unwrap_or("Address"))?;
                            p.value(address.to_string());
                        }
                        (5 | 6 | 7 | 12 | 27 | 40..=43 | 45 | 46 | 61, 4) => {
                            let number = p.u32("radius.avp.number", attribute(kind).unwrap_or("Number"))?;
                            p.value(number.to_string());
                        }
                        (1 | 11 | 18 | 30..=32 | 44 | 87, _) => {
                            p.text(
                                length,
                                if kind == 1 { "radius.User_Name" } else { "radius.avp.text" },
                                attribute(kind).unwrap_or("Text"),
                            )?;
                            p.value(show::text(bytes));
                        }
                        (26, 4..) => {
                            p.u32("radius.avp.vendor_id", "Vendor ID")?;
                            p.raw(length - 4, "radius.avp.vendor", "Vendor data")?;
                        }
                        _ => _ = p.raw(length, "radius.avp.value", "Value")?,
                    }
                    Some(())
                })?;
            }
            Some(())
        })
    });
}
