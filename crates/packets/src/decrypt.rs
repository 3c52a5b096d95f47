//! Packet files as plain captures.

use blocks::{Blocks, Keyring, MAGIC, recognise};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

/// Bytes that are copied at once.
const CHUNK: usize = 1 << 20;

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unpacked {
    /// Bytes of the plain capture.
    pub bytes: u64,
    /// What of the file could not be had: a torn end, damaged blocks.
    pub missing: Vec<String>,
}

/// Takes compression and encryption off a packet file: `output` becomes the pcap that the file holds. A plain file is copied as it
/// is. What is damaged is left out, block by block, and named.
///
/// # Errors
/// The file cannot be read, or needs a key that is not given; `output` cannot be written.
pub fn decrypt(path: &Path, keys: &Keyring, output: &mut dyn Write) -> io::Result<Unpacked> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let mut file = File::open(path).map_err(named)?;
    let mut first = Vec::new();
    io::Read::by_ref(&mut file).take(MAGIC as u64).read_to_end(&mut first).map_err(named)?;
    let mut unpacked = Unpacked::default();
    if recognise(&first).is_none() {
        output.write_all(&first)?;
        unpacked.bytes = first.len() as u64 + io::copy(&mut file, output)?;
        return Ok(unpacked);
    }
    let mut blocks = Blocks::open(file).map_err(|error| named(error.into()))?;
    blocks.unlock(keys).map_err(|error| named(error.into()))?;
    let mut buffer = vec![0; CHUNK];
    let mut at = 0;
    loop {
        match blocks.read_at(&mut buffer, at) {
            Ok(0) => break,
            Ok(read) => {
                output.write_all(buffer.get(..read).unwrap_or_default())?;
                unpacked.bytes += read as u64;
                at += read as u64;
            }
            Err(error @ blocks::Error::Damaged { .. }) => {
                unpacked.missing.push(error.to_string());
                // blocks hold whole records: what follows can be read without what is gone
                match blocks.after(at) {
                    Some(next) => at = next,
                    None => break,
                }
            }
            Err(error) => return Err(named(error.into())),
        }
    }
    if blocks.is_torn().map_err(|error| named(error.into()))? {
        unpacked.missing.push(format!("the file ends inside the block at byte {}", blocks.end()));
    }
    output.flush()?;
    Ok(unpacked)
}
