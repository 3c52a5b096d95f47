//! Parquet's hybrid of runs and bit-packed groups: levels and dictionary codes. Written here because the `parquet`
//! crate shows its own only together with the whole of Arrow, and because it is the loop that questions wait for.

/// Writes runs as they come.
#[derive(Debug)]
pub(crate) struct Encoder {
    bits: u32,
    out: Vec<u8>,
    /// Values for groups of eight.
    literal: Vec<u32>,
}

/// Literal values that are written in one go.
const LITERALS: usize = 4_032;

impl Encoder {
    /// Appends to what `out` holds.
    pub(crate) fn new(bits: u8, out: Vec<u8>) -> Self {
        Self { bits: u32::from(bits), out, literal: Vec::with_capacity(LITERALS + 8) }
    }

    /// Appends a value `count` times.
    pub(crate) fn run(&mut self, value: u32, mut count: usize) {
        if count < 8 || !self.literal.len().is_multiple_of(8) {
            let fill = count.min(if count < 8 { count } else { (8 - self.literal.len() % 8) % 8 });
            self.literal.extend(std::iter::repeat_n(value, fill));
            count -= fill;
        }
        if count >= 8 {
            self.flush();
            crate::varint::put(&mut self.out, (count as u64) << 1);
            let bytes = self.bits.div_ceil(8) as usize;
            self.out.extend(value.to_le_bytes().iter().take(bytes));
        } else {
            self.literal.extend(std::iter::repeat_n(value, count));
        }
        if self.literal.len() >= LITERALS {
            self.flush_whole_groups();
        }
    }

    /// Appends values.
    pub(crate) fn values(&mut self, values: &[u32]) {
        for run in values.chunk_by(|a, b| a == b) {
            self.run(run.first().copied().unwrap_or(0), run.len());
        }
    }

    fn flush_whole_groups(&mut self) {
        let keep = self.literal.len() % 8;
        let tail = self.literal.split_off(self.literal.len() - keep);
        self.flush();
        self.literal = tail;
    }

    /// Writes the literal values; the last group is filled up, so that nothing may follow it unless it was full.
    fn flush(&mut self) {
        if self.literal.is_empty() {
            return;
        }
        let groups = self.literal.len().div_ceil(8);
        self.literal.resize(groups * 8, 0);
        crate::varint::put(&mut self.out, (groups as u64) << 1 | 1);
        let (mut pending, mut have) = (0u64, 0u32);
        for value in self.literal.drain(..) {
            pending |= u64::from(value) << have;
            have += self.bits;
            while have >= 8 {
                self.out.push(pending as u8);
                pending >>= 8;
                have -= 8;
            }
        }
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.flush();
        self.out
    }
}

/// One stretch of equal values, or of values that were packed.
pub(crate) enum Stretch<'a> {
    Run(u32, usize),
    Packed(&'a [u32]),
}

/// Reads `count` values, stretch by stretch; `None` where the bytes end early or make no sense.
pub(crate) fn stretches(
    bytes: &[u8],
    bits: u8,
    count: usize,
    see: &mut dyn FnMut(Stretch<'_>),
) -> Option<()> {
    if bits > 32 {
        return None;
    }
    let mut reader = crate::varint::Reader(bytes);
    let mut left = count;
    let mut buffer = Vec::new();
    while left > 0 {
        let header = reader.int()?;
        let size = usize::try_from(header >> 1).ok()?;
        if header & 1 == 0 {
            let mut value = [0u8; 4];
            let of_value = reader.take(usize::from(bits).div_ceil(8))?;
            value.iter_mut().zip(of_value).for_each(|(to, from)| *to = *from);
            let run = size.min(left);
            if run == 0 {
                return None;
            }
            see(Stretch::Run(u32::from_le_bytes(value), run));
            left -= run;
        } else {
            let packed = reader.take(size.checked_mul(usize::from(bits))?)?;
            // a damaged length must not be believed: values of no bits take no bytes
            let groups = size.min(left.div_ceil(8));
            buffer.clear();
            unpack(packed, bits, groups, &mut buffer);
            let run = (groups * 8).min(left);
            if run == 0 {
                return None;
            }
            see(Stretch::Packed(buffer.get(..run)?));
            left -= run;
        }
    }
    Some(())
}

/// Reads `count` values.
pub(crate) fn decode(bytes: &[u8], bits: u8, count: usize, out: &mut Vec<u32>) -> Option<()> {
    out.reserve(count);
    stretches(bytes, bits, count, &mut |stretch| match stretch {
        Stretch::Run(value, count) => out.extend(std::iter::repeat_n(value, count)),
        Stretch::Packed(values) => out.extend_from_slice(values),
    })
}

/// Bytes that are looked at for one group: 32 for the widest, and a word beyond the last value.
const WINDOW: usize = 40;

/// Eight values of `BITS` bits. With the width known, every place is a constant.
fn group<const BITS: usize>(window: &[u8; WINDOW]) -> [u32; 8] {
    let mask = if BITS == 32 { u64::from(u32::MAX) } else { (1u64 << BITS) - 1 };
    let mut out = [0; 8];
    let mut at = 0;
    while at < 8 {
        let start = at * BITS / 8;
        let word = u64::from_le_bytes([
            window[start],
            window[start + 1],
            window[start + 2],
            window[start + 3],
            window[start + 4],
            window[start + 5],
            window[start + 6],
            window[start + 7],
        ]);
        out[at] = (word >> (at * BITS % 8) & mask) as u32;
        at += 1;
    }
    out
}

fn groups<const BITS: usize>(bytes: &[u8], count: usize, out: &mut Vec<u32>) {
    let mut rest = bytes;
    for _ in 0..count {
        match rest.first_chunk::<WINDOW>() {
            Some(window) => out.extend_from_slice(&group::<BITS>(window)),
            None => {
                let mut window = [0; WINDOW];
                window.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
                out.extend_from_slice(&group::<BITS>(&window));
            }
        }
        rest = rest.get(BITS..).unwrap_or(&[]);
    }
}

/// Unpacks groups of eight values.
pub(crate) fn unpack(bytes: &[u8], bits: u8, count: usize, out: &mut Vec<u32>) {
    macro_rules! by_width { ($($bits:literal)+) => {
        match bits {
            0 => out.extend(std::iter::repeat_n(0, count * 8)),
            $($bits => groups::<$bits>(bytes, count, out),)+
            _ => {}
        }
    } }
    by_width!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn round_trips(bits in 1u8..=32, runs in prop::collection::vec((any::<u32>(), 1usize..40), 0..60)) {
            let mask = if bits == 32 { u32::MAX } else { (1 << bits) - 1 };
            let mut values = Vec::new();
            let mut encoder = Encoder::new(bits, Vec::new());
            for (value, count) in runs {
                encoder.run(value & mask, count);
                values.extend(std::iter::repeat_n(value & mask, count));
            }
            let bytes = encoder.finish();
            let mut out = Vec::new();
            prop_assert_eq!(decode(&bytes, bits, values.len(), &mut out), Some(()));
            prop_assert_eq!(out, values);
        }
        #[test]
        fn damage_is_refused_or_read_and_never_more_than_asked(bits in 0u8..40, bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let mut out = Vec::new();
            let _ = decode(&bytes, bits, 100, &mut out);
            prop_assert!(out.len() <= 100);
        }
    }

    #[test]
    fn a_damaged_length_of_values_without_bits_takes_no_memory() {
        let mut bytes = Vec::new();
        crate::varint::put(&mut bytes, u64::MAX);
        let mut out = Vec::new();
        assert_eq!(decode(&bytes, 0, 5, &mut out), Some(()));
        assert_eq!(out, [0; 5]);
    }

    #[test]
    fn many_literals_stay_in_order() {
        let values: Vec<u32> = (0..20_000).map(|n| n % 1_009).collect();
        let mut encoder = Encoder::new(10, vec![10]);
        encoder.values(&values);
        let bytes = encoder.finish();
        let mut out = Vec::new();
        decode(&bytes[1..], 10, values.len(), &mut out).unwrap();
        assert_eq!(out, values);
    }
}
