//! TCP sequence numbers: arithmetic modulo 2³², RFC 9293 section 3.4.

/// A sequence number. Order is by the shorter way round the circle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seq(pub u32);

impl Seq {
    /// How far `self` lies after `other`; negative when it lies before.
    #[inline]
    #[must_use]
    pub const fn since(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0) as i32
    }
    /// The number `by` further on.
    #[inline]
    #[must_use]
    pub const fn plus(self, by: u32) -> Self {
        Self(self.0.wrapping_add(by))
    }
    /// Whether it lies after `other`.
    #[inline]
    #[must_use]
    pub const fn after(self, other: Self) -> bool {
        self.since(other) > 0
    }
    /// Whether it lies before `other`.
    #[inline]
    #[must_use]
    pub const fn before(self, other: Self) -> bool {
        self.since(other) < 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_wraps() {
        assert!(Seq(5).after(Seq(u32::MAX - 5)));
        assert!(Seq(u32::MAX).before(Seq(0)));
        assert_eq!(Seq(u32::MAX).plus(3), Seq(2));
    }
}
