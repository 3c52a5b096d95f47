//! IKE (RFC 7296, and version 1 of RFC 2408): header and payload headers.

use crate::pen::Pen;

fn exchange(n: u64) -> Option<&'static str> {
    Some(match n {
        2 => "Identity Protection (Main Mode)",
        4 => "Aggressive",
        5 => "Informational",
        32 => "Quick Mode",
        34 => "IKE_SA_INIT",
        35 => "IKE_AUTH",
        36 => "CREATE_CHILD_SA",
        37 => "INFORMATIONAL",
        43 => "IKE_INTERMEDIATE",
        _ => return None,
    })
}

fn payload(n: u64) -> Option<&'static str> {
    Some(match n {
        0 => "NONE / No Next Payload",
        1 | 33 => "Security Association",
        4 | 34 => "Key Exchange",
        5 | 35 => "Identification",
        6 | 37 => "Certificate",
        8 => "Hash",
        10 | 40 => "Nonce",
        11 | 41 => "Notify",
        13 | 43 => "Vendor ID",
        20 => "NAT-D",
        39 => "Authentication",
        44 => "Traffic Selector - Initiator",
        45 => "Traffic Selector - Responder",
        46 => "Encrypted and Authenticated",
        47 => "Configuration",
        53 => "Encrypted and Authenticated Fragment",
        _ => return None,
    })
}

pub(crate) fn ike(p: &mut Pen<'_>) {
    p.layer("isakmp", "Internet Security Association and Key Management Protocol", |p| {
        p.raw(8, "isakmp.ispi", "Initiator SPI")?;
        p.raw(8, "isakmp.rspi", "Responder SPI")?;
        let mut next = p.code(1, "isakmp.nextpayload", "Next payload", payload)?;
        let word = p.word(1)?;
        let version = p.bits(word, 0xf0, "isakmp.mjver", "MjVer");
        p.bits(word, 0x0f, "isakmp.mnver", "MnVer");
        let kind = p.code(1, "isakmp.exchangetype", "Exchange type", exchange)?;
        p.value(exchange(kind).unwrap_or_default());
        let flags = p.hex(1, "isakmp.flags", "Flags")?;
        p.hex(4, "isakmp.messageid", "Message ID")?;
        p.u32("isakmp.length", "Length")?;
        if version == 1 && flags & 1 == 1 {
            p.raw_rest("isakmp.enc.data", "Encrypted Data");
            return Some(());
        }
        while next != 0 && p.left() >= 4 {
            let this = next;
            next = p.group("isakmp.typepayload", payload(this).unwrap_or("Payload"), |p| {
                let next = p.code(1, "isakmp.nextpayload", "Next payload", payload)?;
                p.hex(1, "isakmp.criticalpayload", "Critical and reserved")?;
                let length = usize::from(p.u16("isakmp.payloadlength", "Payload length")?).checked_sub(4)?;
                p.raw(length, "isakmp.datapayload", "Data")?;
                // what follows an encrypted payload is inside it
                Some(if matches!(this, 46 | 53) { 0 } else { next })
            })?;
        }
        Some(())
    });
}
