//! A plain packet file in blocks of zstd.

use blocks::{Coding, Encoder, Keyring, MAGIC, Piece, recognise};
use packets::Records;
use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// Bytes of a block before compression.
const BLOCK: u64 = 1 << 20;

/// Writes a plain pcap as blocks of zstd into a new file; positions in it stay the same. Returns false, and writes nothing, where the file is in
/// blocks already or is no pcap.
///
/// # Errors
/// The file is damaged or cannot be read; the other cannot be written.
pub fn pack(from: &Path, to: &Path, level: i32) -> io::Result<bool> {
    let mut file = File::open(from)?;
    let mut first = Vec::new();
    io::Read::by_ref(&mut file).take(MAGIC as u64).read_to_end(&mut first)?;
    if recognise(&first).is_some() {
        return Ok(false);
    }
    let invalid = |gone: packets::Gone| io::Error::new(io::ErrorKind::InvalidData, gone.to_string());
    let Ok(mut records) = Records::open(from, Keyring::empty()) else { return Ok(false) };
    let size = file.metadata()?.len();
    let mut encoder = Encoder::new(&Coding { zstd: Some(level), key: None })?;
    let mut out = BufWriter::new(File::create(to)?);
    out.write_all(encoder.header())?;
    let (mut start, mut packets, mut times) = (0, 0, (0, 0));
    let mut close = |from: u64, end: u64, packets: u32, times: (i64, i64)| -> io::Result<()> {
        let mut plain = vec![0; usize::try_from(end - from).unwrap_or_default()];
        file.read_exact_at(&mut plain, from)?;
        let piece = Piece { bytes: &plain, packets, first: times.0, last: times.1 };
        let mut packed = vec![0; encoder.bound(plain.len())];
        let len = encoder.encode(piece, &mut packed)?;
        out.write_all(packed.get(..len).unwrap_or_default())
    };
    while let Some(record) = records.next().map_err(invalid)? {
        let (end, time) = (record.data_at + record.bytes.len() as u64, record.time);
        times = if packets == 0 { (time, time) } else { (times.0.min(time), times.1.max(time)) };
        packets += 1;
        if end - start >= BLOCK {
            close(start, end, packets, times)?;
            (start, packets) = (end, 0);
        }
    }
    if start < size {
        close(start, size, packets, times)?;
    }
    let table = encoder.table();
    out.write_all(&table)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    Ok(true)
}
