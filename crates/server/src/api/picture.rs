//! Bytes as a picture: a row of grey dots for every 256 of them, from which people tell text, code, keys and padding apart.

use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::{self, Write as _};

/// Dots of a row.
const WIDTH: usize = 256;

/// A PNG of 256 dots a row, each as bright as its byte is large; the last row is filled up with black.
pub(crate) fn of_bytes(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let rows = bytes.len().div_ceil(WIDTH).max(1);
    let height = u32::try_from(rows).map_err(io::Error::other)?;
    let mut data = ZlibEncoder::new(Vec::new(), Compression::fast());
    let mut left = bytes;
    for _ in 0..rows {
        let (row, rest) = left.split_at(left.len().min(WIDTH));
        // each row says how it is filtered: not at all
        data.write_all(&[0])?;
        data.write_all(row)?;
        data.write_all(&vec![0; WIDTH - row.len()])?;
        left = rest;
    }
    let mut head = [(WIDTH as u32).to_be_bytes(), height.to_be_bytes()].concat();
    // 8 bits of grey, deflate, adaptive filters, not interlaced
    head.extend([8, 0, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, data) in [(b"IHDR", head), (b"IDAT", data.finish()?), (b"IEND", Vec::new())] {
        png.extend(u32::try_from(data.len()).map_err(io::Error::other)?.to_be_bytes());
        let mut crc = flate2::Crc::new();
        crc.update(name);
        crc.update(&data);
        png.extend(name);
        png.extend(data);
        png.extend(crc.sum().to_be_bytes());
    }
    Ok(png)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    #[test]
    fn every_byte_is_a_dot() {
        let bytes: Vec<u8> = (0..600u32).map(|n| n as u8).collect();
        let png = of_bytes(&bytes).unwrap();
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!(&png[12..24], b"IHDR\0\0\x01\0\0\0\0\x03");
        let len = u32::from_be_bytes(png[33..37].try_into().unwrap()) as usize;
        let mut dots = Vec::new();
        flate2::read::ZlibDecoder::new(&png[41..41 + len]).read_to_end(&mut dots).unwrap();
        assert_eq!(dots.len(), 3 * 257);
        assert_eq!((dots[0], &dots[1..257], dots[257]), (0, &bytes[..256], 0));
        assert_eq!(&dots[2 * 257 + 1..2 * 257 + 1 + 88], &bytes[512..]);
        assert!(dots[2 * 257 + 89..].iter().all(|dot| *dot == 0));
        assert!(of_bytes(b"").is_ok());
    }
}
