//! Makers of network cards, by the first 24, 28 or 36 bits of a MAC address.

use ahash::AHashMap;
use compact_str::CompactString;

/// Makers by prefix.
pub struct Makers {
    /// Key: prefix length in bits, prefix in the low bits.
    by_prefix: AHashMap<(u8, u64), CompactString>,
    /// Prefix lengths that occur, longest first.
    lengths: Vec<u8>,
}

impl Makers {
    /// Reads Wireshark's `manuf` (`00:00:0C<tab>Cisco<tab>Cisco Systems, Inc`, also `/28` and `/36` blocks) and the
    /// IEEE's `oui.txt` (`00-00-0C   (hex)<tab><tab>Cisco Systems, Inc`).
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut by_prefix = AHashMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some((prefix, name)) = one(line) {
                by_prefix.insert(prefix, CompactString::new(name));
            }
        }
        if by_prefix.is_empty() {
            return Err("no line like 00:00:0C<tab>Cisco<tab>Cisco Systems, Inc in it".into());
        }
        let mut lengths: Vec<u8> = by_prefix.keys().map(|(length, _)| *length).collect();
        lengths.sort_unstable_by(|a, b| b.cmp(a));
        lengths.dedup();
        Ok(Self { by_prefix, lengths })
    }

    /// Maker of the card with this address (six bytes as 48 bits).
    pub fn of(&self, mac: u64) -> Option<&CompactString> {
        self.lengths.iter().find_map(|&length| self.by_prefix.get(&(length, mac >> (48 - u32::from(length)))))
    }

    /// The same for an address as text, `00:00:0c:07:ac:01`.
    pub fn of_text(&self, mac: &str) -> Option<&CompactString> {
        match digits(mac) {
            Some((48, mac)) => self.of(mac),
            _ => None,
        }
    }
}

/// Bits and value of hex digits with `:`, `-` or `.` between them.
fn digits(text: &str) -> Option<(u8, u64)> {
    let mut value = 0_u64;
    let mut bits = 0_u8;
    for byte in text.bytes().filter(|b| !matches!(b, b':' | b'-' | b'.')) {
        if bits >= 48 {
            return None;
        }
        value = value << 4 | u64::from(char::from(byte).to_digit(16)?);
        bits += 4;
    }
    (bits > 0).then_some((bits, value))
}

fn one(line: &str) -> Option<((u8, u64), &str)> {
    let mut columns = line.split('\t').map(str::trim).filter(|c| !c.is_empty());
    let first = columns.next()?;
    let (prefix, name) = match first.split_once("(hex)") {
        Some((prefix, "")) => (prefix.trim(), columns.next()?),
        Some(_) => return None,
        None => {
            let short = columns.next()?;
            (first, columns.next().unwrap_or(short))
        }
    };
    let (prefix, masked) = match prefix.split_once('/') {
        Some((prefix, length)) => (prefix, Some(length.parse::<u8>().ok()?)),
        None => (prefix, None),
    };
    let (bits, value) = digits(prefix)?;
    let length = masked.unwrap_or(bits);
    if length < 8 || length > bits || bits > 48 {
        return None;
    }
    Some(((length, value >> (bits - length)), name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_lists_are_read_and_the_longest_prefix_wins() {
        let manuf = "# comment\n00:00:0C\tCisco\tCisco Systems, Inc\n00:1B:C5\tIEEE\tIEEE Registration\n\
            00:1B:C5:00:00:00/36\tConvergi\tConverging Systems Inc.\n";
        let makers = Makers::parse(manuf).unwrap();
        let of = |mac: &str| makers.of_text(mac).map(|m| m.as_str());
        assert_eq!(of("00:00:0c:07:ac:01"), Some("Cisco Systems, Inc"));
        assert_eq!(of("00:1b:c5:00:0f:ff"), Some("Converging Systems Inc."));
        assert_eq!(of("00:1b:c5:99:00:00"), Some("IEEE Registration"));
        assert_eq!((of("fe:00:00:00:00:00"), of("nonsense"), of("")), (None, None, None));

        let ieee = "OUI/MA-L\t\t\tOrganization\n\n00-00-0C   (hex)\t\tCisco Systems, Inc\n00000C     (base 16)\t\tCisco\n";
        assert_eq!(
            Makers::parse(ieee).unwrap().of(0x0000_0c07_ac01).map(|m| m.as_str()),
            Some("Cisco Systems, Inc")
        );
        assert!(Makers::parse("nothing").is_err());
    }
}
