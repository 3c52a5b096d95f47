//! NTP (RFC 5905).

use crate::pen::Pen;
use crate::show;

/// Seconds from 1900 to 1970.
const EPOCH: i64 = 2_208_988_800;

pub(super) fn ntp(p: &mut Pen<'_>) {
    p.layer("ntp", "Network Time Protocol", |p| {
        let (mut version, mut mode) = (0, 0);
        p.group("ntp.flags", "Flags", |p| {
            let word = p.word(1)?;
            p.bits_code(word, 0xc0, ("ntp.flags.li", "Leap Indicator"), |n| {
                Some(match n {
                    0 => "no warning",
                    1 => "last minute of the day has 61 seconds",
                    2 => "last minute of the day has 59 seconds",
                    _ => "unknown (clock unsynchronized)",
                })
            });
            version = p.bits(word, 0x38, "ntp.flags.vn", "Version number");
            mode = p.bits_code(word, 0x07, ("ntp.flags.mode", "Mode"), |n| {
                Some(match n {
                    1 => "symmetric active",
                    2 => "symmetric passive",
                    3 => "client",
                    4 => "server",
                    5 => "broadcast",
                    6 => "reserved for NTP control message",
                    7 => "reserved for private use",
                    _ => "reserved",
                })
            });
            p.value(format!("{:#04x}", word.2));
            Some(())
        })?;
        p.value(format!(
            "version {version}, {}",
            [
                "reserved",
                "symmetric active",
                "symmetric passive",
                "client",
                "server",
                "broadcast",
                "control",
                "private"
            ]
            .get(mode as usize)
            .unwrap_or(&"")
        ));
        if mode >= 6 {
            p.raw_rest("ntp.data", "Data");
            return Some(());
        }
        let stratum = p.code(1, "ntp.stratum", "Peer Clock Stratum", |n| {
            Some(match n {
                0 => "unspecified or invalid",
                1 => "primary reference",
                2..=15 => "secondary reference",
                16 => "unsynchronized",
                _ => return None,
            })
        })?;
        p.int(1, "ntp.ppoll", "Peer Polling Interval")?;
        p.int(1, "ntp.precision", "Peer Clock Precision")?;
        for (name, label) in [("ntp.rootdelay", "Root Delay"), ("ntp.rootdispersion", "Root Dispersion")] {
            let word = p.peek32(0)?;
            p.add(name, label, (p.at(), 4), format!("{:.6} seconds", f64::from(word) / 65_536.0));
            p.skip(4)?;
        }
        let word = p.rest().get(..4)?;
        let shown = if stratum <= 1 {
            show::text(word).trim_end_matches("\\x00").to_owned()
        } else {
            word.iter().map(u8::to_string).collect::<Vec<_>>().join(".")
        };
        p.add("ntp.refid", "Reference ID", (p.at(), 4), shown);
        p.skip(4)?;
        for (name, label) in [
            ("ntp.reftime", "Reference Timestamp"),
            ("ntp.org", "Origin Timestamp"),
            ("ntp.rec", "Receive Timestamp"),
            ("ntp.xmt", "Transmit Timestamp"),
        ] {
            let (seconds, fraction) = (p.peek32(0)?, p.peek32(4)?);
            let text = match (seconds, fraction) {
                (0, 0) => "NULL".to_owned(),
                // RFC 4330 section 3: without the top bit it is the era after 2036
                _ => {
                    let era = if seconds & 0x8000_0000 == 0 { 1i64 << 32 } else { 0 };
                    let nanos = (u64::from(fraction) * 1_000_000_000) >> 32;
                    show::utc(i64::from(seconds) + era - EPOCH).replace(" UTC", &format!(".{nanos:09} UTC"))
                }
            };
            p.add(name, label, (p.at(), 8), text);
            p.skip(8)?;
        }
        if p.left() >= 20 {
            p.raw_rest("ntp.mac", "Extensions and Message Authentication Code");
        }
        Some(())
    });
}
