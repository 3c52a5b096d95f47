//! SCTP (RFC 9260) and its chunks.

use crate::pen::Pen;
use crate::tree::Severity;
use crate::{app, checksum};

pub(super) fn sctp(p: &mut Pen<'_>) {
    let packet = p.rest();
    let mut payloads: Vec<(usize, usize)> = Vec::new();
    let found = p.layer("sctp", "Stream Control Transmission Protocol", |p| {
        let source = p.u16("sctp.srcport", "Source port")?;
        let destination = p.u16("sctp.dstport", "Destination port")?;
        p.hex(4, "sctp.verification_tag", "Verification tag")?;
        let wanted = p.peek32(0)?;
        p.hex(4, "sctp.checksum", "Checksum")?;
        if p.facts.missing == 0 && !p.facts.fragment {
            let sum = checksum::crc32c(&[packet.get(..8)?, &[0; 4], packet.get(12..)?]);
            checksum::judge(p, sum.swap_bytes() == wanted || wanted == 0);
        }
        p.value(format!("Src Port: {source}, Dst Port: {destination}"));
        while p.left() >= 4 {
            p.group("sctp.chunk", "Chunk", |p| {
                let kind = p.code(1, "sctp.chunk_type", "Chunk type", chunk)?;
                p.label(format!("{} chunk", chunk(kind).unwrap_or("Unknown")));
                if kind == 0 {
                    p.flags(
                        1,
                        "sctp.chunk_flags",
                        "Chunk flags",
                        &[
                            (0x08, "sctp.data_i_bit", "I-Bit"),
                            (0x04, "sctp.data_u_bit", "U-Bit"),
                            (0x02, "sctp.data_b_bit", "B-Bit"),
                            (0x01, "sctp.data_e_bit", "E-Bit"),
                        ],
                    )?;
                } else {
                    p.hex(1, "sctp.chunk_flags", "Chunk flags")?;
                }
                let length = usize::from(p.u16("sctp.chunk_length", "Chunk length")?);
                let body = length.checked_sub(4)?;
                let (at, whole) = (p.at(), body <= p.left());
                p.within(body, |p| chunk_body(p, kind, &mut payloads))?;
                if !whole {
                    return None;
                }
                let padding = (length.next_multiple_of(4) - length).min(p.left());
                if padding > 0 {
                    p.raw(padding, "sctp.chunk_padding", "Chunk padding")?;
                }
                Some(at)
            })?;
        }
        Some((source, destination))
    });
    let Some(ports) = found else { return };
    p.facts.ports = ports;
    for (start, length) in payloads {
        p.over(start, length, app::sctp);
    }
}

fn chunk(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "DATA",
        1 => "INIT",
        2 => "INIT_ACK",
        3 => "SACK",
        4 => "HEARTBEAT",
        5 => "HEARTBEAT_ACK",
        6 => "ABORT",
        7 => "SHUTDOWN",
        8 => "SHUTDOWN_ACK",
        9 => "ERROR",
        10 => "COOKIE_ECHO",
        11 => "COOKIE_ACK",
        12 => "ECNE",
        13 => "CWR",
        14 => "SHUTDOWN_COMPLETE",
        15 => "AUTH",
        64 => "I_DATA",
        128 => "ASCONF_ACK",
        130 => "RE_CONFIG",
        132 => "PAD",
        192 => "FORWARD_TSN",
        193 => "ASCONF",
        194 => "I_FORWARD_TSN",
        _ => return None,
    })
}

fn payload_protocol(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "not specified",
        1 => "IUA",
        2 => "M2UA",
        3 => "M3UA",
        4 => "SUA",
        5 => "M2PA",
        18 => "S1 Application Protocol (S1AP)",
        27 => "X2AP",
        46 => "Diameter in a SCTP DATA chunk",
        50 => "WebRTC Control",
        51 => "WebRTC String",
        53 => "WebRTC Binary",
        60 => "NGAP",
        61 => "XnAP",
        _ => return None,
    })
}

fn chunk_body(p: &mut Pen<'_>, kind: u64, payloads: &mut Vec<(usize, usize)>) -> Option<()> {
    match kind {
        0 => {
            p.u32("sctp.data_tsn_raw", "Transmission sequence number (absolute)")?;
            p.hex(2, "sctp.data_sid", "Stream identifier")?;
            p.u16("sctp.data_ssn", "Stream sequence number")?;
            p.code(4, "sctp.data_payload_proto_id", "Payload protocol identifier", payload_protocol)?;
            let (at, left) = (p.at(), p.left());
            if left == 0 {
                p.group_note(Severity::Error, "a DATA chunk without data");
            }
            payloads.push((at, left));
            p.skip(left)?;
        }
        1 | 2 => {
            p.hex(4, "sctp.init_initiate_tag", "Initiate tag")?;
            p.u32("sctp.init_credit", "Advertised receiver window credit (a_rwnd)")?;
            p.u16("sctp.init_nr_out_streams", "Number of outbound streams")?;
            p.u16("sctp.init_nr_in_streams", "Number of inbound streams")?;
            p.u32("sctp.init_initial_tsn", "Initial TSN")?;
            parameters(p)?;
        }
        3 => {
            p.u32("sctp.sack_cumulative_tsn_ack", "Cumulative TSN ACK")?;
            p.u32("sctp.sack_a_rwnd", "Advertised receiver window credit (a_rwnd)")?;
            let gaps = p.u16("sctp.sack_number_of_gap_blocks", "Number of gap acknowledgement blocks")?;
            let copies = p.u16("sctp.sack_number_of_duplicated_tsns", "Number of duplicated TSNs")?;
            for _ in 0..gaps {
                p.u16("sctp.sack_gap_block_start", "Start of gap block")?;
                p.u16("sctp.sack_gap_block_end", "End of gap block")?;
            }
            for _ in 0..copies {
                p.u32("sctp.sack_duplicate_tsn", "Duplicate TSN")?;
            }
        }
        4 | 5 => parameters(p)?,
        7 => _ = p.u32("sctp.shutdown_cumulative_tsn_ack", "Cumulative TSN Ack")?,
        10 => p.raw_rest("sctp.cookie", "Cookie"),
        _ => {}
    }
    p.raw_rest("sctp.chunk_value", "Chunk value");
    Some(())
}

fn parameters(p: &mut Pen<'_>) -> Option<()> {
    while p.left() >= 4 {
        p.group("sctp.parameter", "Parameter", |p| {
            let kind = p.hex_code(2, "sctp.parameter_type", "Parameter type", |n| {
                Some(match n {
                    1 => "Heartbeat info",
                    5 => "IPv4 address",
                    6 => "IPv6 address",
                    7 => "State cookie",
                    8 => "Unrecognized parameter",
                    9 => "Cookie preservative",
                    11 => "Hostname address",
                    12 => "Supported address types",
                    0x8000 => "ECN",
                    0x8002 => "Random",
                    0x8003 => "Authentication Chunk list",
                    0x8004 => "Requested HMAC Algorithm",
                    0x8008 => "Supported Extensions",
                    0xc000 => "Forward TSN supported",
                    _ => return None,
                })
            })?;
            let length = usize::from(p.u16("sctp.parameter_length", "Parameter length")?);
            match (kind, length) {
                (5, 8) => _ = p.ip4("sctp.parameter_ipv4_address", "IP Version 4 address")?,
                (6, 20) => _ = p.ip6("sctp.parameter_ipv6_address", "IP Version 6 address")?,
                _ => _ = p.raw(length.checked_sub(4)?, "sctp.parameter_value", "Parameter value")?,
            }
            p.skip((length.next_multiple_of(4) - length).min(p.left()))
        })?;
    }
    Some(())
}
