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

    /// Appends values. Runs are looked for where groups of eight begin.
    pub(crate) fn values(&mut self, values: &[u32]) {
        let mut rest = values;
        while let Some((first, tail)) = rest.split_first() {
            match rest.first_chunk::<8>() {
                Some(eight) if self.literal.len().is_multiple_of(8) => {
                    if eight.iter().all(|v| v == first) {
                        let run = rest.iter().take_while(|v| *v == first).count();
                        self.run(*first, run);
                        rest = rest.get(run..).unwrap_or(&[]);
                    } else {
                        self.literal.extend_from_slice(eight);
                        if self.literal.len() >= LITERALS {
                            self.flush();
                        }
                        rest = rest.get(8..).unwrap_or(&[]);
                    }
                }
                _ => {
                    self.run(*first, 1);
                    rest = tail;
                }
            }
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
            if have >= 32 {
                self.out.extend_from_slice(&(pending as u32).to_le_bytes());
                pending >>= 32;
                have -= 32;
            }
        }
        // groups of eight are whole bytes
        self.out.extend(pending.to_le_bytes().iter().take(have as usize / 8));
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.flush();
        self.out
    }
}

/// Levels of one bit while they are put together.
#[derive(Debug, Default)]
pub(crate) struct BitWriter {
    words: Vec<u64>,
}

impl BitWriter {
    pub(crate) fn set(&mut self, at: usize) {
        if at / 64 >= self.words.len() {
            self.words.resize(at / 64 + 1, 0);
        }
        if let Some(word) = self.words.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    /// The first `count` levels, as runs and groups of eight.
    pub(crate) fn finish(mut self, count: usize) -> Vec<u8> {
        self.words.resize(count.div_ceil(64), 0);
        let bytes: Vec<u8> =
            self.words.iter().flat_map(|word| word.to_le_bytes()).take(count.div_ceil(8)).collect();
        let mut out = Vec::new();
        let literals = |from: usize, to: usize, out: &mut Vec<u8>| {
            for some in bytes.get(from..to).unwrap_or(&[]).chunks(LITERALS / 8) {
                crate::varint::put(out, (some.len() as u64) << 1 | 1);
                out.extend_from_slice(some);
            }
        };
        let (mut at, mut written) = (0, 0);
        while let Some(first) = bytes.get(at) {
            let mut end = at + 1;
            if matches!(*first, 0 | 255) {
                end += bytes.iter().skip(end).take_while(|byte| *byte == first).count();
                if end - at > 1 {
                    literals(written, at, &mut out);
                    let run = (end * 8).min(count) - at * 8;
                    crate::varint::put(&mut out, (run as u64) << 1);
                    out.push(first & 1);
                    written = end;
                }
            }
            at = end;
        }
        literals(written, bytes.len(), &mut out);
        out
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

/// Reads the values at some places (ascending, all of them there); skips the others without unpacking them.
pub(crate) fn pick(bytes: &[u8], bits: u8, places: &[usize], out: &mut Vec<u32>) -> Option<()> {
    if bits > 32 {
        return None;
    }
    let width = usize::from(bits);
    let mask = if bits == 32 { u64::from(u32::MAX) } else { (1u64 << bits) - 1 };
    let mut reader = crate::varint::Reader(bytes);
    let mut places = places.iter().copied().peekable();
    let mut at = 0usize;
    while places.peek().is_some() {
        let header = reader.int()?;
        let size = usize::try_from(header >> 1).ok()?;
        if size == 0 {
            return None;
        }
        let end;
        if header & 1 == 0 {
            let mut value = [0u8; 4];
            let of_value = reader.take(width.div_ceil(8))?;
            value.iter_mut().zip(of_value).for_each(|(to, from)| *to = *from);
            end = at.checked_add(size)?;
            while places.next_if(|place| *place < end).is_some() {
                out.push(u32::from_le_bytes(value));
            }
        } else {
            let packed = reader.take(size.checked_mul(width)?)?;
            end = at.checked_add(size.checked_mul(8)?)?;
            while let Some(place) = places.next_if(|place| *place < end) {
                let bit = (place - at) * width;
                let mut word = [0u8; 8];
                let from = packed.get(bit / 8..).unwrap_or(&[]);
                word.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
                out.push((u64::from_le_bytes(word) >> (bit % 8) & mask) as u32);
            }
        }
        at = end;
    }
    Some(())
}

/// Levels of one bit, 64 to a word: what is not there is skipped a word at a time.
#[derive(Debug, Default)]
pub(crate) struct Bits {
    words: Vec<u64>,
    len: usize,
}

impl Bits {
    /// Reads `count` levels.
    pub(crate) fn decode(bytes: &[u8], count: usize) -> Option<Self> {
        let mut bits = Self { words: vec![0; count.div_ceil(64)], len: 0 };
        let mut reader = crate::varint::Reader(bytes);
        while bits.len < count {
            let left = count - bits.len;
            let header = reader.int()?;
            let size = usize::try_from(header >> 1).ok()?;
            if size == 0 {
                return None;
            }
            if header & 1 == 0 {
                bits.run(reader.byte()? & 1, size.min(left));
            } else {
                bits.packed(reader.take(size)?, size.saturating_mul(8).min(left));
            }
        }
        Some(bits)
    }
    fn run(&mut self, bit: u8, count: usize) {
        let end = self.len + count;
        if bit == 1 {
            let mut at = self.len;
            while at < end {
                let in_word = (64 - at % 64).min(end - at);
                let mask = if in_word == 64 { u64::MAX } else { ((1 << in_word) - 1) << (at % 64) };
                if let Some(word) = self.words.get_mut(at / 64) {
                    *word |= mask;
                }
                at += in_word;
            }
        }
        self.len = end;
    }
    fn packed(&mut self, bytes: &[u8], count: usize) {
        for (number, chunk) in bytes.chunks(8).enumerate() {
            let done = number * 64;
            if done >= count {
                break;
            }
            let mut word = [0; 8];
            word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
            let mut word = u64::from_le_bytes(word);
            if count - done < 64 {
                word &= (1 << (count - done)) - 1;
            }
            let (at, shift) = ((self.len + done) / 64, (self.len + done) % 64);
            if let Some(first) = self.words.get_mut(at) {
                *first |= word << shift;
            }
            if shift > 0
                && let Some(second) = self.words.get_mut(at + 1)
            {
                *second |= word >> (64 - shift);
            }
        }
        self.len += count;
    }

    /// So many levels, none of them set.
    pub(crate) fn clear(count: usize) -> Self {
        Self { words: vec![0; count.div_ceil(64)], len: count }
    }
    pub(crate) fn has(&self, at: usize) -> bool {
        self.words.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }
    /// The levels, 64 to a word.
    pub(crate) fn words(&self) -> impl Iterator<Item = u64> {
        self.words.iter().copied()
    }
    /// How many are set before each word.
    pub(crate) fn counts(&self) -> Vec<u32> {
        self.words
            .iter()
            .scan(0, |sum, word| {
                let before = *sum;
                *sum += word.count_ones();
                Some(before)
            })
            .collect()
    }
    /// How many are not set before each word.
    pub(crate) fn clear_counts(&self) -> Vec<u32> {
        (0u32..).zip(self.counts()).map(|(word, set)| word * 64 - set).collect()
    }
    /// How many are set before a place.
    pub(crate) fn rank(&self, counts: &[u32], at: usize) -> usize {
        let before = counts.get(at / 64).copied().unwrap_or(0);
        let word = self.words.get(at / 64).copied().unwrap_or(0);
        (before + (word & ((1 << (at % 64)) - 1)).count_ones()) as usize
    }
    /// The place of the level that is not set and has `number` such before it.
    pub(crate) fn nth_clear(&self, counts: &[u32], number: usize) -> Option<usize> {
        let at = counts.partition_point(|before| *before as usize <= number).checked_sub(1)?;
        let mut clear = !self.words.get(at)?;
        for _ in *counts.get(at)? as usize..number {
            clear &= clear.wrapping_sub(1);
        }
        let place = at * 64 + clear.trailing_zeros() as usize;
        (clear != 0 && place < self.len).then_some(place)
    }

    /// The places that are set.
    pub(crate) fn set(&self, see: &mut dyn FnMut(usize)) {
        for (at, word) in self.words.iter().enumerate() {
            let mut left = *word;
            while left != 0 {
                see(at * 64 + left.trailing_zeros() as usize);
                left &= left - 1;
            }
        }
    }
    /// For each place that is set here, how many places up to and with it are not set in `other`.
    pub(crate) fn set_by_clear(&self, other: &Self, out: &mut dyn FnMut(u32)) {
        let mut before = 0u32;
        for (mine, theirs) in self.words.iter().zip(&other.words) {
            let clear = !theirs;
            let mut left = *mine;
            while left != 0 {
                let bit = left.trailing_zeros();
                out(before + (clear & (u64::MAX >> (63 - bit))).count_ones());
                left &= left - 1;
            }
            before += clear.count_ones();
        }
    }
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
                if count % 3 == 0 {
                    encoder.values(&vec![value & mask; count]);
                } else {
                    encoder.run(value & mask, count);
                }
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

    proptest! {
        #[test]
        fn bits_are_the_values(runs in prop::collection::vec((0u32..2, 1usize..90), 0..40), other in prop::collection::vec(0u32..2, 3_600)) {
            let mut values = Vec::new();
            let mut encoder = Encoder::new(1, Vec::new());
            for (value, count) in runs {
                encoder.run(value, count);
                values.extend(std::iter::repeat_n(value, count));
            }
            let bits = Bits::decode(&encoder.finish(), values.len()).unwrap();
            let mut set = Vec::new();
            bits.set(&mut |at| set.push(at));
            let expected: Vec<usize> = (0..values.len()).filter(|at| values[*at] == 1).collect();
            prop_assert_eq!(&set, &expected);
            let other = &other[..values.len()];
            let mut encoder = Encoder::new(1, Vec::new());
            encoder.values(other);
            let others = Bits::decode(&encoder.finish(), values.len()).unwrap();
            let mut counts = Vec::new();
            bits.set_by_clear(&others, &mut |count| counts.push(count as usize));
            let by_hand: Vec<usize> =
                expected.iter().map(|at| other[..=*at].iter().filter(|v| **v == 0).count()).collect();
            prop_assert_eq!(counts, by_hand);
        }
        #[test]
        fn written_bits_are_read_back(runs in prop::collection::vec((any::<bool>(), 1usize..90), 0..60)) {
            let (mut writer, mut values) = (BitWriter::default(), Vec::new());
            for (value, count) in runs {
                if value {
                    (values.len()..values.len() + count).for_each(|at| writer.set(at));
                }
                values.extend(std::iter::repeat_n(u32::from(value), count));
            }
            let mut out = Vec::new();
            prop_assert_eq!(decode(&writer.finish(values.len()), 1, values.len(), &mut out), Some(()));
            prop_assert_eq!(out, values);
        }
        #[test]
        fn picked_values_are_those_of_their_places(bits in 1u8..=32, runs in prop::collection::vec((any::<u32>(), 1usize..40), 1..60), some in any::<u64>()) {
            let mask = if bits == 32 { u32::MAX } else { (1 << bits) - 1 };
            let mut values = Vec::new();
            let mut encoder = Encoder::new(bits, Vec::new());
            for (value, count) in runs {
                encoder.run(value & mask, count);
                values.extend(std::iter::repeat_n(value & mask, count));
            }
            let places: Vec<usize> = (0..values.len()).filter(|at| some >> (at % 64) & 1 == 1).collect();
            let mut out = Vec::new();
            prop_assert_eq!(pick(&encoder.finish(), bits, &places, &mut out), Some(()));
            prop_assert_eq!(out, places.iter().map(|at| values[*at]).collect::<Vec<_>>());
        }
        #[test]
        fn ranks_and_clear_places_are_those_counted_by_hand(values in prop::collection::vec(0u32..2, 1..400)) {
            let mut encoder = Encoder::new(1, Vec::new());
            encoder.values(&values);
            let bits = Bits::decode(&encoder.finish(), values.len()).unwrap();
            let (counts, clear) = (bits.counts(), bits.clear_counts());
            for at in 0..values.len() {
                prop_assert_eq!(bits.rank(&counts, at), values[..at].iter().filter(|v| **v == 1).count());
            }
            let by_hand: Vec<usize> = (0..values.len()).filter(|at| values[*at] == 0).collect();
            for (number, place) in by_hand.iter().enumerate() {
                prop_assert_eq!(bits.nth_clear(&clear, number), Some(*place));
            }
            prop_assert_eq!(bits.nth_clear(&clear, by_hand.len()), None);
        }
        #[test]
        fn damaged_picks_do_not_panic(bits in 0u8..40, bytes in prop::collection::vec(any::<u8>(), 0..60), places in prop::collection::btree_set(0usize..2_000, 0..20)) {
            let places: Vec<usize> = places.into_iter().collect();
            let _ = pick(&bytes, bits, &places, &mut Vec::new());
        }
        #[test]
        fn damaged_bits_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..60), count in 0usize..300) {
            let _ = Bits::decode(&bytes, count);
        }
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
