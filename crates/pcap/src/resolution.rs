//! The unit of a time stamp.

use serde::{Deserialize, Serialize};

/// Ticks per second of a time stamp: a power of ten or of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resolution {
    /// 10⁻ⁿ seconds: 6 is microseconds, 9 nanoseconds.
    Decimal(u8),
    /// 2⁻ⁿ seconds.
    Binary(u8),
}

impl Resolution {
    /// Microseconds: what pcapng means where it says nothing.
    pub const MICROS: Self = Self::Decimal(6);
    /// Nanoseconds.
    pub const NANOS: Self = Self::Decimal(9);

    /// The value of pcapng's option `if_tsresol`.
    #[must_use]
    pub fn from_option(byte: u8) -> Self {
        if byte & 0x80 == 0 { Self::Decimal(byte) } else { Self::Binary(byte & 0x7f) }
    }

    /// Nanoseconds of a number of ticks; what does not fit becomes the largest time.
    #[inline]
    #[must_use]
    pub fn nanos(self, ticks: u64) -> i64 {
        let nanos = match self {
            // The two that occur.
            Self::Decimal(6) => u128::from(ticks) * 1000,
            Self::Decimal(9) => u128::from(ticks),
            Self::Decimal(n @ 0..9) => u128::from(ticks) * 10u128.pow(u32::from(9 - n)),
            Self::Decimal(n) => 10u128.checked_pow(u32::from(n - 9)).map_or(0, |d| u128::from(ticks) / d),
            Self::Binary(n) => (u128::from(ticks) * 1_000_000_000).checked_shr(u32::from(n)).unwrap_or(0),
        };
        i64::try_from(nanos).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::Resolution;

    #[test]
    fn every_unit_becomes_nanoseconds() {
        let cases = [
            (6u8, 1_500_000u64, 1_500_000_000i64),
            (9, 7, 7),
            (0, 3, 3_000_000_000),
            (12, 5_000, 5),
            (0x80, 3, 3_000_000_000),
        ];
        for (option, ticks, nanos) in cases {
            assert_eq!(Resolution::from_option(option).nanos(ticks), nanos, "{option:#x}");
        }
        assert_eq!(Resolution::from_option(0x8a).nanos(512), 500_000_000);
        for option in 0..=255 {
            let _ = Resolution::from_option(option).nanos(u64::MAX);
        }
    }
}
