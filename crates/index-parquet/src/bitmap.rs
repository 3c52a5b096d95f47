//! A set of rows.

/// One bit a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bitmap {
    words: Vec<u64>,
    len: u32,
}

impl Bitmap {
    pub(crate) fn none(len: u32) -> Self {
        Self { words: vec![0; (len as usize).div_ceil(64)], len }
    }
    pub(crate) fn all(len: u32) -> Self {
        let mut made = Self { words: vec![u64::MAX; (len as usize).div_ceil(64)], len };
        made.trim();
        made
    }
    fn trim(&mut self) {
        if !self.len.is_multiple_of(64)
            && let Some(last) = self.words.last_mut()
        {
            *last &= (1 << (self.len % 64)) - 1;
        }
    }
    pub(crate) fn len(&self) -> u32 {
        self.len
    }
    /// Sets a row; one that is out of range is left out.
    pub(crate) fn set(&mut self, row: u32) {
        if row < self.len
            && let Some(word) = self.words.get_mut(row as usize / 64)
        {
            *word |= 1 << (row % 64);
        }
    }
    /// Sets the rows from `start` on whose bits are set; rows out of range are left out.
    pub(crate) fn add_word(&mut self, start: u32, bits: u64) {
        let (at, shift) = (start as usize / 64, start % 64);
        if let Some(word) = self.words.get_mut(at) {
            *word |= bits << shift;
        }
        if shift > 0
            && let Some(word) = self.words.get_mut(at + 1)
        {
            *word |= bits >> (64 - shift);
        }
        if start.checked_add(64).is_none_or(|end| end > self.len) {
            self.trim();
        }
    }
    pub(crate) fn has(&self, row: u32) -> bool {
        self.words.get(row as usize / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }
    pub(crate) fn count(&self) -> u64 {
        self.words.iter().map(|w| u64::from(w.count_ones())).sum()
    }
    pub(crate) fn is_none(&self) -> bool {
        self.words.iter().all(|w| *w == 0)
    }
    pub(crate) fn and(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= b);
    }
    pub(crate) fn or(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a |= b);
    }
    pub(crate) fn and_not(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= !b);
    }
    pub(crate) fn invert(&mut self) {
        self.words.iter_mut().for_each(|w| *w = !*w);
        self.trim();
    }
    /// The words of `len` rows from `start` on; `None` where they do not begin with a word.
    pub(crate) fn words(&self, start: u32, len: u32) -> Option<&[u64]> {
        let end = (start as usize + len as usize).div_ceil(64);
        if start.is_multiple_of(64) { self.words.get(start as usize / 64..end) } else { None }
    }
    /// Whether any of `len` rows from `start` on, or of the few beside them in the same words, is set.
    pub(crate) fn any(&self, start: u32, len: u32) -> bool {
        let end = (start as usize + len as usize).div_ceil(64).min(self.words.len());
        self.words.get(start as usize / 64..end).is_some_and(|words| words.iter().any(|word| *word != 0))
    }
    /// The rows, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                (left != 0).then(|| {
                    let bit = left.trailing_zeros();
                    left &= left - 1;
                    at as u32 * 64 + bit
                })
            })
        })
    }
    /// Sets each row for which a test holds, a row a value: the form that compilers turn into vector code.
    pub(crate) fn fill<T: Copy>(len: u32, values: &[T], test: impl Fn(T) -> bool) -> Self {
        let mut words: Vec<u64> = values
            .chunks(64)
            .map(|chunk| chunk.iter().enumerate().fold(0, |word, (bit, v)| word | u64::from(test(*v)) << bit))
            .collect();
        words.resize((len as usize).div_ceil(64), 0);
        let mut made = Self { words, len };
        made.trim();
        made
    }
    /// The rows from `start`, `len` of them, as a set of their own.
    pub(crate) fn slice(&self, start: u32, len: u32) -> Self {
        let mut made = Self::none(len);
        (0..len).filter(|row| self.has(start + row)).for_each(|row| made.set(row));
        made
    }
}

/// Which rows of a segment are meant; the two common cases without a bitmap.
#[derive(Clone, Debug)]
pub(crate) enum Selection {
    All,
    None,
    Some(Bitmap),
}

impl Selection {
    pub(crate) fn of(bitmap: Bitmap) -> Self {
        match bitmap.count() {
            0 => Selection::None,
            n if n == u64::from(bitmap.len()) => Selection::All,
            _ => Selection::Some(bitmap),
        }
    }
    pub(crate) fn count(&self, rows: u32) -> u64 {
        match self {
            Selection::All => u64::from(rows),
            Selection::None => 0,
            Selection::Some(bitmap) => bitmap.count(),
        }
    }
    pub(crate) fn has(&self, row: u32) -> bool {
        match self {
            Selection::All => true,
            Selection::None => false,
            Selection::Some(bitmap) => bitmap.has(row),
        }
    }
    /// Whether any of `len` rows from `start` on is meant.
    pub(crate) fn any(&self, start: u32, len: u32) -> bool {
        match self {
            Selection::All => len > 0,
            Selection::None => false,
            Selection::Some(bitmap) => bitmap.any(start, len),
        }
    }
    pub(crate) fn into_bitmap(self, rows: u32) -> Bitmap {
        match self {
            Selection::All => Bitmap::all(rows),
            Selection::None => Bitmap::none(rows),
            Selection::Some(bitmap) => bitmap,
        }
    }
    /// Leaves out the rows of another set.
    pub(crate) fn without(self, rows: u32, hidden: &Bitmap) -> Self {
        if hidden.is_none() {
            return self;
        }
        let mut bitmap = self.into_bitmap(rows);
        bitmap.and_not(hidden);
        Self::of(bitmap)
    }
    /// The rows, ascending.
    pub(crate) fn rows(&self, rows: u32) -> Box<dyn Iterator<Item = u32> + '_> {
        match self {
            Selection::All => Box::new(0..rows),
            Selection::None => Box::new(std::iter::empty()),
            Selection::Some(bitmap) => Box::new(bitmap.iter()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_kept() {
        let mut map = Bitmap::none(70);
        map.set(69);
        map.set(70);
        assert_eq!(map.iter().collect::<Vec<_>>(), [69]);
        map.invert();
        assert_eq!(map.count(), 69);
        assert_eq!(Bitmap::all(70).count(), 70);
        assert_eq!(Bitmap::fill(70, &[1u8; 70], |v| v == 1), Bitmap::all(70));
        assert_eq!(map.slice(60, 10).count(), 9);
        let mut words = Bitmap::none(70);
        words.add_word(60, 0b1000_0001);
        words.add_word(3, 1 << 62);
        words.add_word(67, u64::MAX);
        assert_eq!(words.iter().collect::<Vec<_>>(), [60, 65, 67, 68, 69]);
    }
}
