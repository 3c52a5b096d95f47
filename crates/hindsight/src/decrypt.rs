//! `hindsight decrypt`

use crate::cli::Decrypt;
use crate::{Failure, Outcome};
use packets::{Keyring, Unpacked, decrypt};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Makes plain captures of packet files.
pub fn run(command: &Decrypt, quiet: bool) -> Result<Outcome, Failure> {
    let keys = Keyring::load(&command.key_files).map_err(|error| Failure::Failed(error.to_string()))?;
    let to_stdout = command.output.as_os_str() == "-";
    let folder = command.output.is_dir();
    if command.files.len() > 1 && !folder {
        let text = format!("{}: for several files, name a folder", command.output.display());
        return Err(Failure::Usage(text));
    }
    let mut outcome = Outcome::Done;
    for file in &command.files {
        let done = if to_stdout {
            decrypt(file, &keys, &mut BufWriter::new(io::stdout().lock())).map_err(|error| error.to_string())
        } else {
            let output = if folder { command.output.join(plain_name(file)) } else { command.output.clone() };
            to_file(file, &keys, &output)
        };
        match done {
            Ok(done) => {
                for missing in &done.missing {
                    eprintln!("hindsight: {}: {missing}", file.display());
                    outcome = Outcome::Partly;
                }
                if !quiet && !to_stdout {
                    eprintln!("{}: {} bytes", file.display(), done.bytes);
                }
            }
            Err(text) => {
                eprintln!("hindsight: {text}");
                outcome = Outcome::Partly;
            }
        }
    }
    Ok(outcome)
}

/// Writes one file; what could not be made is not left behind.
fn to_file(file: &Path, keys: &Keyring, output: &Path) -> Result<Unpacked, String> {
    let named = |error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            format!("{}: exists already; nothing is overwritten", output.display())
        }
        _ => format!("{}: {error}", output.display()),
    };
    let mut into = BufWriter::new(File::create_new(output).map_err(named)?);
    let done = decrypt(file, keys, &mut into).map_err(|error| error.to_string());
    let done = done.and_then(|done| into.flush().map(|()| done).map_err(named));
    if done.is_err() {
        let _ = fs::remove_file(output);
    }
    done
}

/// The name without the endings of compression and encryption.
fn plain_name(file: &Path) -> PathBuf {
    let mut name = PathBuf::from(file.file_name().unwrap_or_default());
    while name.extension().is_some_and(|extension| extension == "enc" || extension == "zst") {
        name.set_extension("");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_endings() {
        assert_eq!(
            plain_name(Path::new("/a/n-261123-00000001.pcap.zst.enc")),
            Path::new("n-261123-00000001.pcap")
        );
        assert_eq!(plain_name(Path::new("plain.pcap")), Path::new("plain.pcap"));
    }
}
