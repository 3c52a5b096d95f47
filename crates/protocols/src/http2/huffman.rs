//! The Huffman code of HPACK (RFC 7541 appendix B). It is canonical: the bytes in order of their codes and the number of
//! codes of each length say all of it.

/// Bytes in order of their codes, the shortest first.
const BYTES: [u8; 256] = [
    48, 49, 50, 97, 99, 101, 105, 111, 115, 116, 32, 37, 45, 46, 47, 51, 52, 53, 54, 55, 56, 57, 61, 65, 95,
    98, 100, 102, 103, 104, 108, 109, 110, 112, 114, 117, 58, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77,
    78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 89, 106, 107, 113, 118, 119, 120, 121, 122, 38, 42, 44, 59, 88,
    90, 33, 34, 40, 41, 63, 39, 43, 124, 35, 62, 0, 36, 64, 91, 93, 126, 94, 125, 60, 96, 123, 92, 195, 208,
    128, 130, 131, 162, 184, 194, 224, 226, 153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230,
    129, 132, 133, 134, 136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190,
    196, 198, 228, 232, 233, 1, 135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158,
    165, 166, 168, 174, 175, 180, 182, 183, 188, 191, 197, 231, 239, 9, 142, 144, 145, 148, 159, 171, 206,
    215, 225, 236, 237, 199, 207, 234, 235, 192, 193, 200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242,
    243, 255, 203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250, 251, 252, 253, 254,
    2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127,
    220, 249, 10, 13, 22,
];

/// How many codes have 0, 1, 2 … bits; the end of a string has the last one of 30, and is never sent.
const COUNTS: [u16; 31] =
    [0, 0, 0, 0, 0, 10, 26, 32, 6, 0, 5, 3, 2, 6, 2, 3, 0, 0, 0, 3, 8, 13, 26, 29, 12, 4, 15, 19, 29, 0, 3];

/// Decodes a string; nothing where it is none, or decodes to more than `limit` bytes.
pub(super) fn decode(coded: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(coded.len() * 8 / 5);
    let mut code = Walk::default();
    // bits since the last byte was whole, and whether all were ones: what may fill the last byte
    let (mut left, mut ones) = (0u8, true);
    for byte in coded {
        for shift in (0..8).rev() {
            let bit = byte >> shift & 1;
            left += 1;
            ones &= bit == 1;
            match code.step(bit)? {
                Some(byte) if out.len() < limit => {
                    out.push(byte);
                    (code, left, ones) = (Walk::default(), 0, true);
                }
                Some(_) => return None,
                None => {}
            }
        }
    }
    (left < 8 && ones).then_some(out)
}

/// A code of which some bits were seen.
#[derive(Default)]
struct Walk {
    length: usize,
    code: u32,
    /// First code of this length, and the place of its byte.
    first: u32,
    place: u32,
}

impl Walk {
    /// The next bit: the byte that the code means, nothing inside while it goes on, nothing where there is no such code.
    fn step(&mut self, bit: u8) -> Option<Option<u8>> {
        self.length += 1;
        self.code = self.code << 1 | u32::from(bit);
        self.first <<= 1;
        let count = u32::from(*COUNTS.get(self.length)?);
        let behind = self.code.checked_sub(self.first)?;
        if behind < count {
            return BYTES.get((self.place + behind) as usize).map(|byte| Some(*byte));
        }
        self.first += count;
        self.place += count;
        Some(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::unhex;

    /// RFC 7541 appendix C.4 and C.6.
    #[test]
    fn the_examples_of_the_rfc() {
        for (coded, want) in [
            ("f1e3c2e5f23a6ba0ab90f4ff", "www.example.com"),
            ("a8eb10649cbf", "no-cache"),
            ("25a849e95ba97d7f", "custom-key"),
            ("6402", "302"),
            ("d07abe941054d444a8200595040b8166e082a62d1bff", "Mon, 21 Oct 2013 20:13:21 GMT"),
            ("9d29ad171863c78f0b97c8e9ae82ae43d3", "https://www.example.com"),
        ] {
            assert_eq!(decode(&unhex(coded), 100).as_deref(), Some(want.as_bytes()), "{coded}");
        }
    }

    #[test]
    fn what_is_no_string_is_refused() {
        assert_eq!(decode(&[0xff; 4], 100), None, "the end of a string");
        assert_eq!(decode(&[0xf1, 0xff, 0xff], 100), None, "more than a byte of filling");
        assert_eq!(decode(&[0xf0], 100), None, "filling of zeros");
        assert_eq!(decode(&[0; 100], 10), None, "too long");
        assert_eq!(BYTES.iter().map(|b| u32::from(*b)).sum::<u32>(), 255 * 128);
        assert_eq!(COUNTS.iter().sum::<u16>(), 256);
    }
}
