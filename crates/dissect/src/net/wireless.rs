//! 802.11 frames, and radiotap before them.

use super::link;
use crate::pen::Pen;

pub(super) fn radiotap(p: &mut Pen<'_>) {
    let found = p.layer("radiotap", "Radiotap Header", |p| {
        p.u8("radiotap.version", "Header revision")?;
        p.u8("radiotap.pad", "Header pad")?;
        let length = p.le(2, "radiotap.length", "Header length")? as usize;
        p.raw(length.checked_sub(4)?, "radiotap.present", "Present flags and fields")
    });
    if found.is_some() {
        ieee80211(p);
    }
}

fn kind(n: u64) -> Option<&'static str> {
    Some(match n {
        0x00 => "Association Request",
        0x01 => "Association Response",
        0x02 => "Reassociation Request",
        0x03 => "Reassociation Response",
        0x04 => "Probe Request",
        0x05 => "Probe Response",
        0x08 => "Beacon frame",
        0x0a => "Disassociate",
        0x0b => "Authentication",
        0x0c => "Deauthentication",
        0x0d => "Action",
        0x18 => "Block Ack Request",
        0x19 => "Block Ack",
        0x1a => "PS-Poll",
        0x1b => "Request-to-send",
        0x1c => "Clear-to-send",
        0x1d => "Acknowledgement",
        0x20 => "Data",
        0x24 => "Null function (No data)",
        0x28 => "QoS Data",
        0x2c => "QoS Null function (No data)",
        _ => return None,
    })
}

pub(super) fn ieee80211(p: &mut Pen<'_>) {
    let inner = p.layer("wlan", "IEEE 802.11", |p| {
        let control = p.peek(0)?;
        let flags = p.peek(1)?;
        let (class, subtype) = (control >> 2 & 3, control >> 4);
        p.group("wlan.fc", "Frame Control Field", |p| {
            let at = p.at();
            p.bits((at, 1, u64::from(control)), 0x03, "wlan.fc.version", "Version");
            p.bits_code((at, 1, u64::from(control)), 0x0c, ("wlan.fc.type", "Type"), |n| {
                Some(match n {
                    0 => "Management frame",
                    1 => "Control frame",
                    2 => "Data frame",
                    _ => "Extension frame",
                })
            });
            p.bits((at, 1, u64::from(control)), 0xf0, "wlan.fc.subtype", "Subtype");
            p.skip(1)?;
            p.flags(
                1,
                "wlan.flags",
                "Flags",
                &[
                    (0x80, "wlan.fc.order", "+HTC/Order flag"),
                    (0x40, "wlan.fc.protected", "Protected flag"),
                    (0x20, "wlan.fc.moredata", "More Data"),
                    (0x10, "wlan.fc.pwrmgt", "PWR MGT"),
                    (0x08, "wlan.fc.retry", "Retry"),
                    (0x04, "wlan.fc.frag", "More Fragments"),
                    (0x02, "wlan.fc.fromds", "From DS"),
                    (0x01, "wlan.fc.tods", "To DS"),
                ],
            )
        })?;
        let code = u64::from(class) << 4 | u64::from(subtype);
        p.add("wlan.fc.type_subtype", "Type/Subtype", (p.at() - 2, 1), kind(code).unwrap_or("unknown"));
        p.value(kind(code).unwrap_or_default());
        p.le(2, "wlan.duration", "Duration")?;
        p.mac("wlan.ra", "Receiver address")?;
        if class == 1 {
            if !matches!(subtype, 0x0c | 0x0d) && p.left() >= 6 {
                p.mac("wlan.ta", "Transmitter address")?;
            }
            p.raw_rest("wlan.data", "Body");
            return Some(None);
        }
        p.mac("wlan.ta", "Transmitter address")?;
        p.mac(if flags & 3 == 0 { "wlan.bssid" } else { "wlan.addr3" }, "Address 3")?;
        let word = p.le(2, "wlan.seq_ctl", "Sequence control")?;
        p.remark(&format!("number {}, fragment {}", word >> 4, word & 15));
        if flags & 3 == 3 {
            p.mac("wlan.addr4", "Address 4")?;
        }
        if class == 0 {
            return Some(Some(false)).filter(|_| management(p, subtype).is_some());
        }
        if subtype & 8 != 0 {
            p.le(2, "wlan.qos", "QoS Control")?;
            if flags & 0x80 != 0 {
                p.raw(4, "wlan.htc", "HT Control")?;
            }
        }
        Some(Some(flags & 0x40 == 0 && subtype & 4 == 0))
    });
    match inner {
        Some(Some(true)) if p.left() > 8 => link::llc(p),
        Some(_) => p.data(),
        None => {}
    }
}

fn management(p: &mut Pen<'_>, subtype: u8) -> Option<()> {
    match subtype {
        5 | 8 => {
            p.le(8, "wlan.fixed.timestamp", "Timestamp")?;
            p.le(2, "wlan.fixed.beacon", "Beacon Interval")?;
            p.le(2, "wlan.fixed.capabilities", "Capabilities Information")?;
        }
        0 => {
            p.le(2, "wlan.fixed.capabilities", "Capabilities Information")?;
            p.le(2, "wlan.fixed.listen_ival", "Listen Interval")?;
        }
        10 | 12 => {
            p.le(2, "wlan.fixed.reason_code", "Reason code")?;
            return Some(());
        }
        4 => {}
        _ => return Some(()),
    }
    while p.left() >= 2 {
        p.group("wlan.tag", "Tag", |p| {
            let number = p.code(1, "wlan.tag.number", "Tag Number", |n| {
                Some(match n {
                    0 => "SSID parameter set",
                    1 => "Supported Rates",
                    3 => "DS Parameter set",
                    5 => "Traffic Indication Map (TIM)",
                    7 => "Country Information",
                    48 => "RSN Information",
                    50 => "Extended Supported Rates",
                    221 => "Vendor Specific",
                    _ => return None,
                })
            })?;
            let length = usize::from(p.u8("wlan.tag.length", "Tag length")?);
            match number {
                0 => p.text(length, "wlan.ssid", "SSID").map(|_| ()),
                _ => p.raw(length, "wlan.tag.data", "Data").map(|_| ()),
            }
        })?;
    }
    Some(())
}
