//! Memory that direct writes accept.

/// What places, lengths and memory of a direct write are multiples of. Enough for every disk there is.
pub const PAGE: usize = 4096;

/// A buffer whose bytes start at a multiple of [`PAGE`] in memory: a somewhat longer one, used from there on.
pub struct Aligned {
    memory: Vec<u8>,
    skew: usize,
    capacity: usize,
    len: usize,
}

impl Aligned {
    /// An empty one; `capacity` is rounded up to a multiple of [`PAGE`].
    pub fn new(capacity: usize) -> Self {
        let capacity = capacity.max(1).next_multiple_of(PAGE);
        // untouched pages cost nothing: the system gives zeroed memory when it is written to
        let memory = vec![0; capacity + PAGE];
        // where the start cannot be aligned, direct writes are refused and plain ones take over
        let skew = Some(memory.as_ptr().align_offset(PAGE)).filter(|skew| *skew < PAGE).unwrap_or(0);
        Self { memory, skew, capacity, len: 0 }
    }

    pub fn capacity(&self) -> usize {
        self.capacity
    }
    pub fn len(&self) -> usize {
        self.len
    }
    pub fn room(&self) -> usize {
        self.capacity - self.len
    }
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// What was put in.
    pub fn filled(&self) -> &[u8] {
        self.memory.get(self.skew..self.skew + self.len).unwrap_or_default()
    }

    /// Appends what fits and says how much that is.
    #[inline]
    pub fn put(&mut self, bytes: &[u8]) -> usize {
        let fits = bytes.len().min(self.room());
        let from = self.skew + self.len;
        if let (Some(to), Some(bytes)) = (self.memory.get_mut(from..from + fits), bytes.get(..fits)) {
            to.copy_from_slice(bytes);
        }
        self.len += fits;
        fits
    }

    /// The room behind what was put in; [`Self::grow`] says how much of it was used.
    pub fn spare(&mut self) -> &mut [u8] {
        self.memory.get_mut(self.skew + self.len..self.skew + self.capacity).unwrap_or_default()
    }
    pub fn grow(&mut self, len: usize) {
        self.len = (self.len + len).min(self.capacity);
    }

    /// Drops the first bytes.
    pub fn consume(&mut self, len: usize) {
        let len = len.min(self.len);
        self.memory.copy_within(self.skew + len..self.skew + self.len, self.skew);
        self.len -= len;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_aligned_and_keeps_its_bytes() {
        for capacity in [1, 4096, 5000, 1 << 20] {
            let mut buffer = Aligned::new(capacity);
            assert_eq!(buffer.filled().as_ptr().align_offset(PAGE), 0);
            assert_eq!(buffer.put(&vec![7; capacity + 2 * PAGE]), buffer.capacity());
            assert_eq!(buffer.room(), 0);
            buffer.consume(buffer.len() - 3);
            assert_eq!((buffer.filled(), buffer.room()), (&[7u8; 3][..], buffer.capacity() - 3));
        }
    }
}
