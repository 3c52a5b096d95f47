//! Files written here as `arkime.md` section 4.5 says, and read back.

use super::*;
use crate::{Access, FileSource, Files, Gone, Keyring, Wanted, fetch};
use aes::Aes256;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockEncryptMut as _, KeyIvInit as _, StreamCipher as _};
use md5::{Digest as _, Md5};
use proptest::prelude::*;
use session::{Positions, SessionId};
use std::io::Read as _;
use std::path::{Path, PathBuf};

const START: i64 = 1_700_000_000;

/// Time in nanoseconds, bytes.
type Packets = Vec<(i64, Vec<u8>)>;

fn packets(count: usize) -> Packets {
    let make = |n: usize| {
        let bytes = (0..20 + n * 37 % 1_400).map(|at| (at * 7 + n) as u8).collect();
        (START * 1_000_000_000 + n as i64 * 250_001_000, bytes)
    };
    (0..count).map(make).collect()
}

/// What a sensor does with its packets.
#[derive(Clone, Copy, Debug)]
struct How {
    compression: Option<Compression>,
    block: usize,
    bits: u32,
    short: bool,
    big: bool,
}

const PLAIN: How = How { compression: None, block: 0, bits: 0, short: false, big: false };

fn header(how: How) -> Vec<u8> {
    let magic: u32 = if how.short { 0xa1b2_c3d5 } else { 0xa1b2_c3d4 };
    let words = [magic, 0, if how.short { START as u32 } else { 0 }, 0, 65_535, 1];
    let mut bytes = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if at == 1 {
            for half in [2_u16, 4] {
                bytes.extend(if how.big { half.to_be_bytes() } else { half.to_le_bytes() });
            }
        } else {
            bytes.extend(if how.big { word.to_be_bytes() } else { word.to_le_bytes() });
        }
    }
    bytes
}

fn record(how: How, time: i64, data: &[u8]) -> Vec<u8> {
    let (seconds, micros) = (time / 1_000_000_000, (time % 1_000_000_000 / 1_000) as u32);
    let mut bytes = Vec::new();
    let mut word = |word: u32| bytes.extend(if how.big { word.to_be_bytes() } else { word.to_le_bytes() });
    if how.short {
        let packed = ((seconds - START) as u32) << 20 | micros;
        let len = data.len() as u16;
        bytes.extend(if how.big { len.to_be_bytes() } else { len.to_le_bytes() });
        bytes.extend(if how.big { packed.to_be_bytes() } else { packed.to_le_bytes() });
    } else {
        word(seconds as u32);
        word(micros);
        word(data.len() as u32);
        word(data.len() as u32);
    }
    bytes.extend(data);
    bytes
}

/// The file, and where each packet is.
fn write(how: How, packets: &Packets) -> (Vec<u8>, Vec<i64>) {
    let (mut file, mut places, mut block) = (Vec::new(), Vec::new(), header(how));
    let mut gzip = Gzip::default();
    let mut close = |block: &mut Vec<u8>, file: &mut Vec<u8>, last: bool| match how.compression {
        None => file.append(block),
        Some(Compression::Zstd) => {
            file.extend(zstd::stream::encode_all(&block[..], 3).unwrap());
            block.clear();
        }
        Some(Compression::Gzip) => gzip.block(&std::mem::take(block), file, last),
    };
    for (time, data) in packets {
        places.push(match how.compression {
            None => (file.len() + block.len()) as i64,
            Some(_) => ((file.len() as i64) << how.bits) | block.len() as i64,
        });
        block.extend(record(how, *time, data));
        if how.compression.is_none() || block.len() >= how.block {
            close(&mut block, &mut file, false);
        }
    }
    close(&mut block, &mut file, true);
    (file, places)
}

/// A gzip file that is flushed behind each block, so that what follows can be unpacked without what came before.
struct Gzip {
    deflate: flate2::Compress,
    sum: flate2::Crc,
}
impl Default for Gzip {
    fn default() -> Self {
        Self { deflate: flate2::Compress::new(flate2::Compression::new(3), false), sum: flate2::Crc::new() }
    }
}
impl Gzip {
    fn block(&mut self, plain: &[u8], file: &mut Vec<u8>, last: bool) {
        if file.is_empty() {
            file.extend([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
        }
        self.sum.update(plain);
        let flush = if last { flate2::FlushCompress::Finish } else { flate2::FlushCompress::Full };
        file.reserve(plain.len() + 1_024);
        let before = self.deflate.total_in();
        self.deflate.compress_vec(plain, file, flush).unwrap();
        assert_eq!(self.deflate.total_in() - before, plain.len() as u64);
        if last {
            file.extend(self.sum.sum().to_le_bytes());
            file.extend(self.sum.amount().to_le_bytes());
        }
    }
}

struct One {
    path: PathBuf,
    form: Option<Form>,
}
impl Files for One {
    fn locate(&self, _: &str, _: u32) -> Result<PathBuf, Gone> {
        Ok(self.path.clone())
    }
    fn source(&self, _: &str, _: u32) -> Result<FileSource, Gone> {
        Ok(FileSource { path: self.path.clone(), form: self.form.clone(), storage: None })
    }
    fn keys(&self) -> &Keyring {
        Keyring::empty()
    }
}

fn read(path: &Path, form: Option<Form>, positions: Positions) -> (Packets, Vec<crate::Loss>) {
    let wanted = Wanted {
        id: SessionId::default(),
        node: "n".into(),
        positions,
        start_ms: START * 1_000,
        bytes: 0,
        not_kept: 0,
    };
    let mut seen = Vec::new();
    let losses = fetch(&One { path: path.to_owned(), form }, &[wanted], &mut |packet| {
        seen.push((packet.time, packet.bytes.to_vec()));
        true
    });
    (seen, losses)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn positions_of(places: &[i64]) -> Positions {
    let flat = std::iter::once(-1).chain(places.iter().copied()).collect();
    Positions { flat, lengths: Vec::new() }
}

#[test]
fn every_form_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let packets = packets(500);
    for big in [false, true] {
        for short in [false, true] {
            for compression in [None, Some(Compression::Gzip), Some(Compression::Zstd)] {
                let how = How { compression, block: 16_000, bits: 15, short, big };
                let (file, places) = write(how, &packets);
                if compression == Some(Compression::Gzip) {
                    let mut whole = Vec::new();
                    flate2::read::GzDecoder::new(&file[..]).read_to_end(&mut whole).unwrap();
                    assert_eq!(whole.len(), write(How { compression: None, ..how }, &packets).0.len());
                }
                let path = folder.path().join(if short {
                    "n-231114-00000001.arkime"
                } else {
                    "n-231114-00000001.pcap"
                });
                std::fs::write(&path, &file).unwrap();
                let facts = Facts {
                    name: path.to_str().unwrap(),
                    compression: match compression {
                        None => "",
                        Some(Compression::Gzip) => "gzip",
                        Some(Compression::Zstd) => "zstd",
                    },
                    uncompressed_bits: compression.map(|_| 15),
                    first: START,
                    ..Facts::default()
                };
                let form = Form::of(&facts, &Keks::default()).unwrap();
                assert_eq!(form.is_some(), short || compression.is_some());
                let (seen, losses) = read(&path, form.clone(), positions_of(&places));
                assert_eq!((seen.len(), &losses), (500, &Vec::new()), "{how:?}");
                assert!(seen == packets, "{how:?}");
                // cut anywhere: what is whole is read, the rest is counted
                std::fs::write(&path, &file[..file.len() / 2]).unwrap();
                let (seen, losses) = read(&path, form, positions_of(&places));
                let lost: u64 = losses.iter().map(|loss| loss.packets).sum();
                assert!(seen.len() > 50 && seen.len() < 500, "{how:?}: {}", seen.len());
                assert_eq!(seen.len() as u64 + lost, 500, "{how:?}");
                assert!(seen[..] == packets[..seen.len()], "{how:?}");
            }
        }
    }
}

#[test]
fn encrypted_files_are_read_with_the_keys_of_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let packets = packets(300);
    let ini = "[default]\nkeks=no\n# a comment\n[keks]\nmine = secret words\nother=x\n[more]\nthird=y\n";
    let keks = Keks::parse(ini);
    let mut made = Vec::new();
    let mut last = Vec::new();
    while made.len() < 40 {
        let mut md5 = Md5::new();
        md5.update(&last);
        md5.update(b"secret words");
        last = md5.finalize().to_vec();
        made.extend_from_slice(&last);
    }
    let wrap = |dek: &[u8]| {
        let cipher = cbc::Encryptor::<aes::Aes192>::new_from_slices(&made[..24], &made[24..40]).unwrap();
        hex(&cipher.encrypt_padded_vec_mut::<Pkcs7>(dek))
    };
    let (key, iv, long) = ([9_u8; 32], [3_u8; 16], (0..=255).collect::<Vec<u8>>());
    for compression in [None, Some(Compression::Zstd)] {
        let how = How { compression, block: 9_000, bits: 14, ..PLAIN };
        let (plain, places) = write(how, &packets);
        for encoding in ["aes-256-ctr", "xor-2048"] {
            let mut file = plain.clone();
            let dek = if encoding == "xor-2048" {
                file.iter_mut().enumerate().for_each(|(at, byte)| *byte ^= long[at % 256]);
                &long[..]
            } else {
                ctr::Ctr128BE::<Aes256>::new(&key.into(), &iv.into()).apply_keystream(&mut file);
                &key[..]
            };
            let path = folder.path().join("n.pcap");
            std::fs::write(&path, &file).unwrap();
            let (wrapped, iv) = (wrap(dek), hex(&iv));
            let facts = Facts {
                name: path.to_str().unwrap(),
                compression: if compression.is_some() { "zstd" } else { "" },
                uncompressed_bits: compression.map(|_| 14),
                encoding: Some(encoding),
                dek: Some(&wrapped),
                iv: Some(&iv),
                kek_id: Some("mine"),
                first: START,
            };
            let form = Form::of(&facts, &keks).unwrap();
            let (seen, losses) = read(&path, form, positions_of(&places));
            assert!(seen == packets && losses.is_empty(), "{encoding} {how:?} {losses:?}");
            let missing = Form::of(&facts, &Keks::default()).unwrap_err();
            assert!(missing.contains("`mine`") && missing.contains("[packets] keks"), "{missing}");
            let wrong = Form::of(&Facts { kek_id: Some("other"), ..facts }, &keks);
            assert!(wrong.is_err() || read(&path, wrong.unwrap(), positions_of(&places)).0.is_empty());
        }
    }
}

#[test]
fn what_is_not_known_is_said() {
    let said = |facts: Facts<'_>| Form::of(&facts, &Keks::default()).unwrap_err();
    let base = Facts { name: "a.pcap", uncompressed_bits: Some(16), ..Facts::default() };
    assert!(said(Facts { compression: "lz4", ..base }).contains("`lz4`"));
    assert!(said(Facts { compression: "gzip", uncompressed_bits: Some(40), ..base }).contains("40"));
    assert!(
        said(Facts { encoding: Some("rot13"), dek: Some("00"), compression: "gzip", ..base })
            .contains("rot13")
    );
    let own = Form::of(&Facts { compression: "zstd", uncompressed_bits: None, ..base }, &Keks::default());
    assert_eq!(own, Ok(None), "a file of our own");
    let remote = Access::default().open(&Facts { name: "s3://b/k", ..Facts::default() }).unwrap_err();
    assert!(remote.to_string().contains("object_store"), "{remote}");
}

fn as_varints(numbers: &[i64]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in numbers {
        let mut left = *number as u64;
        while left > 0x7f {
            bytes.push((left & 0x7f) as u8);
            left >>= 7;
        }
        bytes.push(left as u8 | 0x80);
    }
    bytes
}

proptest! {
    /// Offsets of several files, each in a coding of its own, come back.
    #[test]
    fn positions_round_trip(
        files in prop::collection::vec((0_u8..3, prop::collection::vec(prop_oneof![24_i64..2_000, Just(100), 1..1_i64 << 44], 1..40)), 1..5),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (mut coded, mut flat, mut index) = (Vec::new(), Vec::<i64>::new(), b"before".to_vec());
        let path = folder.path().join("n.index");
        for (number, (coding, gaps)) in files.iter().enumerate() {
            let mut run = vec![-(number as i64 + 1)];
            let mut at = 0;
            for gap in gaps {
                at += gap;
                run.push(at);
            }
            flat.extend(&run);
            let gap0 = Positions { flat: run.clone(), lengths: vec![] }.gap0();
            match coding {
                0 => coded.extend(&run),
                1 => coded.extend(&gap0),
                _ => {
                    let bytes = as_varints(&gap0[1..]);
                    coded.extend([run[0], index.len() as i64, bytes.len() as i64]);
                    index.extend(bytes);
                }
            }
        }
        std::fs::write(&path, &index).unwrap();
        let mut coding = |number: u32| match files[number as usize - 1].0 {
            0 => Coding::Absolute,
            1 => Coding::Gap0,
            _ => Coding::LocalIndex(path.clone()),
        };
        prop_assert_eq!(positions(&coded, &mut coding).unwrap().flat, flat);
    }

    /// Whatever a document says, nothing panics and nothing grows.
    #[test]
    fn hostile_positions_are_refused(coded in prop::collection::vec(any::<i64>(), 0..40), which in 0_u8..3) {
        let mut coding = |_| match which {
            0 => Coding::Absolute,
            1 => Coding::Gap0,
            _ => Coding::LocalIndex("/dev/null".into()),
        };
        let _ = positions(&coded, &mut coding);
    }

    #[test]
    fn hostile_files_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..400), at in any::<u64>(), which in 0_u8..4) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.arkime");
        let mut file = header(How { short: which == 3, ..PLAIN });
        file.extend(bytes);
        let compression = match which {
            0 => Some((Compression::Gzip, 10)),
            1 => Some((Compression::Zstd, 10)),
            _ => None,
        };
        std::fs::write(&path, &file).unwrap();
        let form = Form { compression, short: which == 2, ..Form::default() };
        let at = i64::try_from(at >> 1).unwrap();
        let _ = read(&path, Some(form), positions_of(&[24, at, at % 500]));
    }
}
