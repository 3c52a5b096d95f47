//! Mutations: small damage to real inputs, the kind that parsers trip over.

/// xorshift64*: fast, repeatable, good enough to choose damage.
pub struct Random(u64);

impl Random {
    /// Any seed but 0, which it replaces.
    pub fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    /// Below `n`, which is at least 1.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

/// Longest input made.
const LONGEST: usize = 64 * 1024;
/// Values at which lengths and counters turn.
const EDGES: [u8; 10] = [0x00, 0x01, 0x7f, 0x80, 0xff, 0xfe, 0x40, 0x3f, 0x20, b'\n'];

/// One of the seeds, damaged one to eight times.
pub fn mutate(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = seeds[random.below(seeds.len())].clone();
    for _ in 0..1 + random.below(8) {
        let len = bytes.len();
        let at = random.below(len.max(1)).min(len);
        let upto = at + random.below((len - at).clamp(1, 64));
        match random.below(8) {
            0 if len > 0 => bytes[at.min(len - 1)] ^= 1 << random.below(8),
            1 if len > 0 => bytes[at.min(len - 1)] = EDGES[random.below(EDGES.len())],
            2 => bytes.truncate(at),
            3 => {
                bytes.drain(at..upto);
            }
            4 => {
                let again = bytes[at..upto].to_vec();
                bytes.splice(at..at, again);
            }
            5 => {
                let noise: Vec<u8> = (0..random.below(16)).map(|_| random.below(256) as u8).collect();
                bytes.splice(at..at, noise);
            }
            6 => {
                let other = &seeds[random.below(seeds.len())];
                let from = random.below(other.len().max(1)).min(other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => bytes[at..upto].iter_mut().for_each(|byte| *byte = EDGES[random.below(EDGES.len())]),
        }
        bytes.truncate(LONGEST);
    }
    bytes
}
