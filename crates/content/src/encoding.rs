//! Content encodings (RFC 9110 section 8.4.1): gzip, deflate, br, zstd.

use crate::MAX_UNPACKED;
use std::io::Read;

/// Codings of one body that are undone; each is a chance to grow.
const MAX_CODINGS: usize = 4;
/// Base-2 logarithm of the largest window of zstd that is accepted: 8 MiB, what RFC 9659 allows in HTTP.
const ZSTD_WINDOW: u32 = 23;

/// A body without its content encodings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpacked {
    /// As much as could be unpacked.
    pub bytes: Vec<u8>,
    /// Why it is not all: the limit, damage, an unknown coding.
    pub problem: Option<String>,
}

/// Undoes the codings of a `Content-Encoding` header. What cannot be undone stays as it is, and the problem says why.
pub fn uncompress(bytes: &[u8], header: &str) -> Unpacked {
    let codings: Vec<&str> = header.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let mut done = Unpacked { bytes: bytes.to_vec(), problem: None };
    if codings.len() > MAX_CODINGS {
        done.problem = Some(format!("{} content encodings on one another", codings.len()));
        return done;
    }
    // the last one was applied last
    for coding in codings.iter().rev() {
        if done.problem.is_some() {
            break;
        }
        done = one(done.bytes, &coding.to_ascii_lowercase());
    }
    done
}

fn one(bytes: Vec<u8>, coding: &str) -> Unpacked {
    let read = match coding {
        "identity" => return Unpacked { bytes, problem: None },
        "gzip" | "x-gzip" => drain(flate2::read::MultiGzDecoder::new(bytes.as_slice())),
        // meant is zlib; some senders leave its header out
        "deflate" => match drain(flate2::read::ZlibDecoder::new(bytes.as_slice())) {
            (out, Some(_)) if out.is_empty() => drain(flate2::read::DeflateDecoder::new(bytes.as_slice())),
            read => read,
        },
        "br" => drain(brotli_decompressor::Decompressor::new(bytes.as_slice(), 4_096)),
        "zstd" => match zstd::stream::read::Decoder::with_buffer(bytes.as_slice()) {
            Ok(mut decoder) => match decoder.window_log_max(ZSTD_WINDOW) {
                Ok(()) => drain(decoder),
                Err(error) => (Vec::new(), Some(error.to_string())),
            },
            Err(error) => (Vec::new(), Some(error.to_string())),
        },
        other => {
            let problem =
                format!("the content encoding `{}` is not known", other.chars().take(40).collect::<String>());
            return Unpacked { bytes, problem: Some(problem) };
        }
    };
    match read {
        (out, Some(problem)) if out.is_empty() => {
            Unpacked { bytes, problem: Some(format!("{coding}: {problem}")) }
        }
        (out, problem) => {
            Unpacked { bytes: out, problem: problem.map(|problem| format!("{coding}: {problem}")) }
        }
    }
}

/// Reads to the end, the limit or the first damage.
fn drain(reader: impl Read) -> (Vec<u8>, Option<String>) {
    let mut out = Vec::new();
    let mut limited = reader.take(MAX_UNPACKED as u64 + 1);
    let mut piece = vec![0; 64 << 10];
    loop {
        match limited.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => out.extend_from_slice(piece.get(..n).unwrap_or_default()),
            Err(error) => return (out, Some(error.to_string())),
        }
    }
    if out.len() > MAX_UNPACKED {
        out.truncate(MAX_UNPACKED);
        return (out, Some(format!("cut at {} MiB", MAX_UNPACKED >> 20)));
    }
    (out, None)
}

/// Unpacks whatever it is: gzip, zlib, zstd by their first bytes, else brotli or bare deflate. `None` where it is none of them.
pub(crate) fn any(bytes: &[u8]) -> Option<Vec<u8>> {
    let coding = match bytes {
        [0x1f, 0x8b, ..] => "gzip",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "zstd",
        [0x78, second, ..] if (0x7800 + u16::from(*second)) % 31 == 0 => "deflate",
        _ => {
            let tries = ["br", "deflate"].map(|coding| one(bytes.to_vec(), coding));
            return tries
                .into_iter()
                .find(|done| done.problem.is_none() && !done.bytes.is_empty())
                .map(|done| done.bytes);
        }
    };
    let done = one(bytes.to_vec(), coding);
    (done.problem.is_none() || done.bytes != bytes).then_some(done.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn codings_come_off_in_reverse() {
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(b"hello").unwrap();
        let twice = gzip(&zlib.finish().unwrap());
        assert_eq!(uncompress(&twice, "deflate, gzip").bytes, b"hello");
        let zstd = zstd::bulk::compress(b"hello", 3).unwrap();
        assert_eq!(uncompress(&zstd, "zstd").bytes, b"hello");
        // "hello" as one uncompressed brotli meta-block
        let brotli = [0x0b, 0x02, 0x80, b'h', b'e', b'l', b'l', b'o', 0x03];
        assert_eq!(uncompress(&brotli, "br").bytes, b"hello");
    }

    #[test]
    fn a_bomb_is_cut_and_damage_is_said() {
        let bomb = gzip(&vec![0; MAX_UNPACKED + 10]);
        let done = uncompress(&bomb, "gzip");
        assert_eq!(done.bytes.len(), MAX_UNPACKED);
        assert!(done.problem.unwrap().contains("cut"));
        let mut damaged = gzip(&b"some text that is long enough to be cut".repeat(40));
        damaged.truncate(damaged.len() / 2);
        let done = uncompress(&damaged, "gzip");
        assert!(done.problem.is_some());
        assert_eq!(
            uncompress(b"x", "rot26"),
            Unpacked {
                bytes: b"x".to_vec(),
                problem: Some("the content encoding `rot26` is not known".to_owned())
            }
        );
    }
}
