//! Machines: Modbus/TCP, MQTT, DNP3, and TPKT/COTP (RFC 1006) that S7 and RDP stand on.

use crate::pen::Pen;
use crate::show;

fn function(n: u64) -> Option<&'static str> {
    Some(match n & 0x7f {
        1 => "Read Coils",
        2 => "Read Discrete Inputs",
        3 => "Read Holding Registers",
        4 => "Read Input Registers",
        5 => "Write Single Coil",
        6 => "Write Single Register",
        7 => "Read Exception Status",
        8 => "Diagnostics",
        15 => "Write Multiple Coils",
        16 => "Write Multiple Registers",
        17 => "Report Slave ID",
        22 => "Mask Write Register",
        23 => "Read Write Register",
        43 => "Encapsulated Interface Transport",
        _ => return None,
    })
}

pub(super) fn modbus(p: &mut Pen<'_>) -> bool {
    if p.peek16(2) != Some(0) || p.left() < 8 {
        return false;
    }
    let request = p.facts.ports.1 == 502;
    while p.peek16(2) == Some(0) && p.left() >= 8 {
        let found = p.layer("mbtcp", "Modbus/TCP", |p| {
            p.u16("mbtcp.trans_id", "Transaction Identifier")?;
            p.u16("mbtcp.prot_id", "Protocol Identifier")?;
            let length = p.u16("mbtcp.len", "Length")?;
            p.u8("mbtcp.unit_id", "Unit Identifier")?;
            usize::from(length).checked_sub(1)
        });
        let Some(length) = found else { return true };
        let before = p.limit(length);
        p.layer("modbus", "Modbus", |p| {
            let at = p.at();
            let code = u64::from(p.peek(0)?);
            p.add(
                "modbus.func_code",
                "Function Code",
                (at, 1),
                function(code)
                    .map_or_else(|| (code & 0x7f).to_string(), |name| format!("{name} ({})", code & 0x7f)),
            );
            p.skip(1)?;
            p.value(function(code).unwrap_or_default());
            if code & 0x80 != 0 {
                p.code(1, "modbus.exception_code", "Exception Code", |n| {
                    Some(match n {
                        1 => "Illegal function",
                        2 => "Illegal data address",
                        3 => "Illegal data value",
                        4 => "Slave device failure",
                        6 => "Slave device busy",
                        _ => return None,
                    })
                })?;
                p.group_note(crate::tree::Severity::Warning, "the device answers with an exception");
                return Some(());
            }
            match (request, code) {
                (true, 1..=4) => {
                    p.u16("modbus.reference_num", "Reference Number")?;
                    p.u16(if code < 3 { "modbus.bit_cnt" } else { "modbus.word_cnt" }, "Count")?;
                }
                (_, 5 | 6) => {
                    p.u16("modbus.reference_num", "Reference Number")?;
                    p.raw(2, "modbus.data", "Data")?;
                }
                (_, 15 | 16) => {
                    p.u16("modbus.reference_num", "Reference Number")?;
                    p.u16(if code == 15 { "modbus.bit_cnt" } else { "modbus.word_cnt" }, "Count")?;
                    if request {
                        p.u8("modbus.byte_cnt", "Byte Count")?;
                    }
                }
                (false, 1..=4) => _ = p.u8("modbus.byte_cnt", "Byte Count")?,
                _ => {}
            }
            p.raw_rest("modbus.data", "Data");
            Some(())
        });
        p.unlimit(before);
    }
    true
}

fn packet(n: u64) -> Option<&'static str> {
    Some(match n {
        1 => "Connect Command",
        2 => "Connect Ack",
        3 => "Publish Message",
        4 => "Publish Ack",
        5 => "Publish Received",
        6 => "Publish Release",
        7 => "Publish Complete",
        8 => "Subscribe Request",
        9 => "Subscribe Ack",
        10 => "Unsubscribe Request",
        11 => "Unsubscribe Ack",
        12 => "Ping Request",
        13 => "Ping Response",
        14 => "Disconnect Req",
        15 => "Authentication Exchange",
        _ => return None,
    })
}

/// A variable length (MQTT 5 section 1.5.5): number and bytes.
fn variable(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut number = 0usize;
    for (n, byte) in bytes.iter().take(4).enumerate() {
        number |= usize::from(byte & 0x7f) << (7 * n);
        if byte & 0x80 == 0 {
            return Some((number, n + 1));
        }
    }
    None
}

pub(super) fn mqtt(p: &mut Pen<'_>) -> bool {
    let starts = |p: &Pen<'_>| {
        p.peek(0).is_some_and(|byte| byte >> 4 != 0) && p.rest().get(1..).and_then(variable).is_some()
    };
    if !starts(p) {
        return false;
    }
    while starts(p) {
        let read = p.layer("mqtt", "MQ Telemetry Transport Protocol", |p| {
            let (mut kind, mut qos) = (0, 0);
            p.group("mqtt.hdrflags", "Header Flags", |p| {
                let word = p.word(1)?;
                kind = p.bits_code(word, 0xf0, ("mqtt.msgtype", "Message Type"), packet);
                p.bits(word, 0x08, "mqtt.dupflag", "DUP Flag");
                qos = p.bits(word, 0x06, "mqtt.qos", "QoS Level");
                p.bits(word, 0x01, "mqtt.retain", "Retain");
                p.value(packet(kind).unwrap_or_default());
                Some(())
            })?;
            let (length, n) = variable(p.rest())?;
            p.add("mqtt.len", "Msg Len", (p.at(), n), length.to_string());
            p.skip(n)?;
            p.value(packet(kind).unwrap_or_default());
            if length > p.left() {
                p.group_note(crate::tree::Severity::Note, "goes on in the next segment");
            }
            p.within(length, |p| mqtt_body(p, kind, qos))
        });
        if read.is_none() {
            break;
        }
    }
    true
}

fn mqtt_text(
    p: &mut Pen<'_>,
    length: &'static str,
    name: &'static str,
    label: &'static str,
) -> Option<String> {
    let n = p.u16(length, "Length")?;
    p.text(usize::from(n), name, label).map(show::text)
}

fn mqtt_body(p: &mut Pen<'_>, kind: u64, qos: u64) -> Option<()> {
    match kind {
        1 => {
            mqtt_text(p, "mqtt.proto_len", "mqtt.protoname", "Protocol Name")?;
            let version = p.u8("mqtt.ver", "Version")?;
            let flags = p.flags(
                1,
                "mqtt.conflags",
                "Connect Flags",
                &[
                    (0x80, "mqtt.conflag.uname", "User Name Flag"),
                    (0x40, "mqtt.conflag.passwd", "Password Flag"),
                    (0x20, "mqtt.conflag.retain", "Will Retain"),
                    (0x18, "mqtt.conflag.qos", "QoS Level"),
                    (0x04, "mqtt.conflag.willflag", "Will Flag"),
                    (0x02, "mqtt.conflag.cleansess", "Clean Session Flag"),
                ],
            )?;
            p.u16("mqtt.kalive", "Keep Alive")?;
            if version < 5 {
                mqtt_text(p, "mqtt.clientid_len", "mqtt.clientid", "Client ID")?;
                if flags & 0x04 != 0 {
                    mqtt_text(p, "mqtt.willtopic_len", "mqtt.willtopic", "Will Topic")?;
                    mqtt_text(p, "mqtt.willmsg_len", "mqtt.willmsg", "Will Message")?;
                }
                if flags & 0x80 != 0 {
                    mqtt_text(p, "mqtt.username_len", "mqtt.username", "User Name")?;
                }
                if flags & 0x40 != 0 {
                    mqtt_text(p, "mqtt.passwd_len", "mqtt.passwd", "Password")?;
                }
            }
        }
        2 => {
            p.hex(1, "mqtt.conack.flags", "Acknowledge Flags")?;
            p.u8("mqtt.conack.val", "Return Code")?;
        }
        3 => {
            let topic = mqtt_text(p, "mqtt.topic_len", "mqtt.topic", "Topic")?;
            if qos > 0 {
                p.u16("mqtt.msgid", "Message Identifier")?;
            }
            p.text(p.left(), "mqtt.msg", "Message")?;
            p.value(format!("Publish {topic}"));
        }
        4..=11 => _ = p.u16("mqtt.msgid", "Message Identifier")?,
        _ => {}
    }
    p.raw_rest("mqtt.data", "Data");
    Some(())
}

pub(super) fn dnp3(p: &mut Pen<'_>) -> bool {
    if p.peek16(0) != Some(0x0564) {
        return false;
    }
    p.layer("dnp3", "Distributed Network Protocol 3.0", |p| {
        p.hex(2, "dnp3.start", "Start Bytes")?;
        p.u8("dnp3.len", "Length")?;
        p.hex(1, "dnp3.ctl", "Control")?;
        p.le(2, "dnp3.dst", "Destination")?;
        p.le(2, "dnp3.src", "Source")?;
        p.hex(2, "dnp3.hdr.CRC", "Data Link Header checksum")?;
        p.raw_rest("dnp3.data", "Data Chunks");
        Some(())
    });
    true
}

pub(super) fn tpkt(p: &mut Pen<'_>) -> bool {
    if p.peek16(0) != Some(0x0300) {
        return false;
    }
    let Some(()) = p.layer("tpkt", "TPKT, ISO on TCP", |p| {
        p.u8("tpkt.version", "Version")?;
        p.u8("tpkt.reserved", "Reserved")?;
        p.u16("tpkt.length", "Length")?;
        Some(())
    }) else {
        return true;
    };
    let Some(kind) = p.layer("cotp", "ISO 8073/X.224 COTP Connection-Oriented Transport Protocol", |p| {
        let length = p.u8("cotp.li", "Length")?;
        let kind = p.hex_code(1, "cotp.type", "PDU Type", |n| {
            Some(match n & 0xf0 {
                0xe0 => "CR Connect Request",
                0xd0 => "CC Connect Confirm",
                0x80 => "DR Disconnect Request",
                0xf0 => "DT Data",
                _ => return None,
            })
        })?;
        p.raw(usize::from(length).checked_sub(1)?, "cotp.parameters", "Parameters")?;
        Some(kind)
    }) else {
        return true;
    };
    if kind == 0xf0 && p.peek(0) == Some(0x32) {
        p.layer("s7comm", "S7 Communication", |p| {
            p.hex(1, "s7comm.header.protid", "Protocol Id")?;
            p.code(1, "s7comm.header.rosctr", "ROSCTR", |n| {
                Some(match n {
                    1 => "Job",
                    2 => "Ack",
                    3 => "Ack_Data",
                    7 => "Userdata",
                    _ => return None,
                })
            })?;
            p.hex(2, "s7comm.header.redid", "Redundancy Identification (Reserved)")?;
            p.u16("s7comm.header.pduref", "Protocol Data Unit Reference")?;
            p.u16("s7comm.header.parlg", "Parameter length")?;
            p.u16("s7comm.header.datlg", "Data length")?;
            p.raw_rest("s7comm.data", "Parameter and data");
            Some(())
        });
    }
    true
}
