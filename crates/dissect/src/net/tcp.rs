//! TCP (RFC 9293) with its options.

use crate::pen::Pen;
use crate::tree::Severity;
use crate::{app, checksum};
use wire::proto;

const FLAGS: &[(u64, &str, &str, char)] = &[
    (0x100, "tcp.flags.ae", "Accurate ECN", 'A'),
    (0x080, "tcp.flags.cwr", "Congestion Window Reduced", 'C'),
    (0x040, "tcp.flags.ece", "ECN-Echo", 'E'),
    (0x020, "tcp.flags.urg", "Urgent", 'U'),
    (0x010, "tcp.flags.ack", "Acknowledgment", 'A'),
    (0x008, "tcp.flags.push", "Push", 'P'),
    (0x004, "tcp.flags.reset", "Reset", 'R'),
    (0x002, "tcp.flags.syn", "Syn", 'S'),
    (0x001, "tcp.flags.fin", "Fin", 'F'),
];
const SHORT: [(u64, &str); 9] = [
    (0x002, "SYN"),
    (0x001, "FIN"),
    (0x004, "RST"),
    (0x008, "PSH"),
    (0x010, "ACK"),
    (0x020, "URG"),
    (0x040, "ECE"),
    (0x080, "CWR"),
    (0x100, "AE"),
];

pub(super) fn tcp(p: &mut Pen<'_>) {
    let segment = p.rest();
    let ports = p.layer("tcp", "Transmission Control Protocol", |p| {
        let source = p.u16("tcp.srcport", "Source Port")?;
        let destination = p.u16("tcp.dstport", "Destination Port")?;
        let seq = p.u32("tcp.seq_raw", "Sequence Number (raw)")?;
        let ack = p.u32("tcp.ack_raw", "Acknowledgment Number (raw)")?;
        let at = p.at();
        let word = u64::from(p.peek16(0)?);
        let header = (word >> 12) as usize * 4;
        p.add("tcp.hdr_len", "Header Length", (at, 1), format!("{header} bytes ({})", word >> 12));
        if header < 20 {
            p.note(Severity::Error, "shorter than 20 bytes");
            return None;
        }
        let set: Vec<&str> =
            SHORT.iter().filter(|(mask, _)| word & mask != 0).map(|(_, name)| *name).collect();
        let set = set.join(", ");
        p.group("tcp.flags", "Flags", |p| {
            p.bits((at, 1, word >> 8), 0x0e, "tcp.flags.res", "Reserved");
            for &(mask, name, label, _) in FLAGS {
                let range = if mask > 0xff { (at, 1, word >> 8) } else { (at + 1, 1, word) };
                let mask = if mask > 0xff { mask >> 8 } else { mask };
                p.bits(range, mask, name, label);
            }
            let letters: String = FLAGS
                .iter()
                .map(|(mask, _, _, letter)| if word & mask != 0 { *letter } else { '·' })
                .collect();
            p.add("tcp.flags.str", "TCP Flags", (at, 2), letters);
            p.value(format!("{:#05x} ({set})", word & 0xfff));
            p.skip(2)
        })?;
        match word & 0x7 {
            0x2 if word & 0x10 == 0 => p.note(Severity::Note, "connection establish request (SYN)"),
            0x2 => p.note(Severity::Note, "connection establish acknowledge (SYN+ACK)"),
            0x4..=0x7 => p.note(Severity::Warning, "connection reset (RST)"),
            0x1 => p.note(Severity::Note, "connection finish (FIN)"),
            0x3 => p.note(Severity::Error, "SYN and FIN together are no legal segment"),
            _ => {}
        }
        let window = p.u16("tcp.window_size_value", "Window")?;
        if window == 0 && word & 0x07 == 0 {
            p.note(Severity::Warning, "zero window: the receiver has no room");
        }
        p.hex(2, "tcp.checksum", "Checksum")?;
        checksum::judge_transport(p, proto::TCP, segment);
        let urgent = p.u16("tcp.urgent_pointer", "Urgent Pointer")?;
        if urgent != 0 && word & 0x20 == 0 {
            p.note(Severity::Note, "not 0 although the urgent flag is not set");
        }
        if header > 20 {
            p.group("tcp.options", "Options", |p| {
                if header - 20 > p.left() {
                    p.skip_all();
                    return None;
                }
                let bytes = p.rest().get(..header - 20)?;
                p.value(format!("{} bytes", bytes.len()));
                p.within(header - 20, options)
            });
        }
        let length = p.left() + p.facts.missing;
        p.add("tcp.len", "TCP Segment Len", (at, 0), length.to_string());
        let ack = if word & 0x10 == 0 { String::new() } else { format!(", Ack: {ack}") };
        p.value(format!(
            "Src Port: {source}, Dst Port: {destination}, Seq: {seq}{ack}, Len: {length} [{set}]"
        ));
        Some((source, destination))
    });
    let Some(ports) = ports else { return };
    p.facts.ports = ports;
    if p.left() > 0 {
        app::tcp(p);
    }
}

fn kind(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "End of Option List (EOL)",
        1 => "No-Operation (NOP)",
        2 => "Maximum Segment Size",
        3 => "Window Scale",
        4 => "SACK Permitted",
        5 => "SACK",
        6 => "Echo",
        7 => "Echo reply",
        8 => "Time Stamp Option",
        11 => "CC",
        14 => "Alternate Checksum Request",
        19 => "MD5 signature option",
        27 => "Quick-Start",
        28 => "User Timeout Option",
        29 => "TCP Authentication Option",
        30 => "Multipath TCP",
        34 => "TCP Fast Open Cookie",
        69 => "TCP Encryption Negotiation (TCP-ENO)",
        172 | 174 => "Accurate ECN",
        253 | 254 => "RFC3692-style Experiment",
        _ => return None,
    })
}

fn options(p: &mut Pen<'_>) -> Option<()> {
    while p.left() > 0 {
        let number = p.peek(0)?;
        let label = kind(u64::from(number)).unwrap_or("Unknown option");
        let title = format!("TCP Option - {label}");
        if number < 2 {
            p.group(if number == 1 { "tcp.options.nop" } else { "tcp.options.eol" }, title, |p| {
                p.code(1, "tcp.option_kind", "Kind", kind)
            })?;
            if number == 0 {
                p.skip_all();
            }
            continue;
        }
        let name = match number {
            2 => "tcp.options.mss",
            3 => "tcp.options.wscale",
            4 => "tcp.options.sack_perm",
            5 => "tcp.options.sack",
            8 => "tcp.options.timestamp",
            19 => "tcp.options.md5",
            28 => "tcp.options.user_to",
            30 => "tcp.options.mptcp",
            34 => "tcp.options.tfo",
            _ => "tcp.options.unknown",
        };
        p.group(name, title, |p| {
            p.code(1, "tcp.option_kind", "Kind", kind)?;
            let length = usize::from(p.u8("tcp.option_len", "Length")?).checked_sub(2)?;
            if length > p.left() {
                return None;
            }
            p.within(length, |p| {
                match (number, length) {
                    (2, 2) => {
                        let mss = p.u16("tcp.options.mss_val", "MSS Value")?;
                        p.value(format!("{mss} bytes"));
                    }
                    (3, 1) => {
                        let shift = p.u8("tcp.options.wscale.shift", "Shift count")?;
                        if shift > 14 {
                            p.note(Severity::Warning, "more than 14 (RFC 7323)");
                        }
                        p.value(format!("{shift} (multiply by {})", 1u32 << shift.min(14)));
                    }
                    (8, 8) => {
                        let value = p.u32("tcp.options.timestamp.tsval", "Timestamp value")?;
                        let echo = p.u32("tcp.options.timestamp.tsecr", "Timestamp echo reply")?;
                        p.value(format!("TSval {value}, TSecr {echo}"));
                    }
                    (5, _) => {
                        let mut blocks = Vec::new();
                        while p.left() >= 8 {
                            let left = p.u32("tcp.options.sack_le", "left edge")?;
                            let right = p.u32("tcp.options.sack_re", "right edge")?;
                            blocks.push(format!("{left}-{right}"));
                        }
                        p.value(blocks.join(" "));
                    }
                    (30, _) => {
                        let word = p.peek(0)?;
                        p.bits(
                            (p.at(), 1, u64::from(word)),
                            0xf0,
                            "tcp.options.mptcp.subtype",
                            "Multipath TCP subtype",
                        );
                    }
                    _ => {}
                }
                let left = p.left();
                if left > 0 {
                    p.raw(
                        left,
                        if number == 34 { "tcp.options.tfo.cookie" } else { "tcp.options.unknown.payload" },
                        "Payload",
                    )?;
                }
                Some(())
            })
        })?;
    }
    Some(())
}
