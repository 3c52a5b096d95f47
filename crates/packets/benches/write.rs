//! How fast packets get onto the disk, by form of the files: `cargo bench -p hindsight-packets --bench write [-- FOLDER]`.
//!
//! One writer on one thread takes packets of 1,000 bytes for a few seconds (a fixed number of them), as fast as they are taken, then
//! finishes its file; printed are captured gigabytes a second from the first packet to the finished file, seconds of processor time for
//! each gigabyte of both threads, how long the longest call of `write` took and the longest write of the disk. Before them stands what the
//! disk does by itself: the same bytes in writes of 1 and 4 MiB with and without the page cache, as `dd oflag=direct` does. Payloads
//! compress about as text with numbers does. Reading back is from the page cache.
#![allow(missing_docs, clippy::unwrap_used)]

use packets::*;
use session::Positions;
use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use wire::LinkType;

#[derive(Clone, Default)]
struct List(Arc<Mutex<(u32, HashMap<u32, FileFacts>)>>);
impl Register for List {
    fn number(&mut self, _: LinkType, _: i64) -> io::Result<u32> {
        let mut held = self.0.lock().unwrap();
        held.0 += 1;
        Ok(held.0)
    }
    fn update(&mut self, file: &FileFacts) -> io::Result<()> {
        self.0.lock().unwrap().1.insert(file.number, file.clone());
        Ok(())
    }
    fn discard(&mut self, _: u32) -> io::Result<()> {
        Ok(())
    }
}
struct Keyed(List, Keyring);
impl Files for Keyed {
    fn locate(&self, _: &str, number: u32) -> Result<PathBuf, Gone> {
        self.0.0.lock().unwrap().1.get(&number).map(|f| f.path.clone()).ok_or(Gone::Expired)
    }
    fn keys(&self) -> &Keyring {
        &self.1
    }
}

/// Seconds of processor time of all threads.
fn processor() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let ended = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = ended.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    let _ = tasks;
    ticks / 100.0
}

const LEN: usize = 1_000;

/// Payloads whose bytes repeat about as often as those of text with numbers.
fn payloads() -> Vec<Vec<u8>> {
    let mut seed = 0x2545_f491_4f6c_dd1du64;
    let mut next = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let words: Vec<String> = (0..400).map(|_| format!("{:x} ", next() >> (next() % 40))).collect();
    let mut one = || {
        let mut text = String::new();
        while text.len() < LEN {
            text.push_str(&words[next() as usize % words.len()]);
            text.push_str(&format!("{} ", next() % 100_000));
        }
        text.into_bytes()[..LEN].to_vec()
    };
    (0..4_000).map(|_| one()).collect()
}

fn raw(folder: &Path, size: usize, direct: Direct, total: usize) {
    let path = folder.join("raw");
    let file = Native.create(&path, direct).unwrap();
    let memory = vec![0x5a; size + 4_096];
    let skew = memory.as_ptr().align_offset(4_096);
    let (cpu, began) = (processor(), Instant::now());
    let (mut at, mut slowest) = (0, 0.0f64);
    while at < total {
        let one = Instant::now();
        let bytes = &memory[skew..skew + size];
        let done =
            if file.is_direct() { file.write_direct(bytes, at as u64) } else { file.write(bytes, at as u64) };
        assert_eq!(done.unwrap(), size);
        slowest = slowest.max(one.elapsed().as_secs_f64());
        at += size;
    }
    let seconds = began.elapsed().as_secs_f64();
    let gb = at as f64 / 1e9;
    let how = if file.is_direct() { "direct" } else { "cached" };
    println!(
        "the disk itself, {how}, {:>4} KiB: {:.2} GB/s, {:.2} s/GB of processor, longest write {:.0} ms",
        size >> 10,
        gb / seconds,
        (processor() - cpu) / gb,
        slowest * 1e3
    );
    std::fs::remove_file(path).unwrap();
}

fn main() {
    // `cargo test` runs bench targets too
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let parent = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let parent = parent.map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(&parent).unwrap();
    let total = 1 << 30;
    raw(folder.path(), 1 << 20, Direct::On, total);
    raw(folder.path(), 4 << 20, Direct::On, total);
    raw(folder.path(), 1 << 20, Direct::Off, total);
    let payloads = payloads();
    let mut ring = Keyring::default();
    let key = Arc::new(Key::new([7; 32], "key"));
    ring.add(key.clone());
    let plain = FileFormat::Plain;
    let forms: [(&str, FileFormat, bool, Direct, u64); 8] = [
        ("plain, direct", plain, false, Direct::Auto, 0),
        ("plain, direct, reserved", plain, false, Direct::Auto, 256 << 20),
        ("plain, cached", plain, false, Direct::Off, 0),
        ("AES", plain, true, Direct::Auto, 0),
        ("zstd -1", FileFormat::Zstd { level: -1 }, false, Direct::Auto, 0),
        ("zstd 1", FileFormat::Zstd { level: 1 }, false, Direct::Auto, 0),
        ("zstd 3", FileFormat::Zstd { level: 3 }, false, Direct::Auto, 0),
        ("zstd 1 + AES", FileFormat::Zstd { level: 1 }, true, Direct::Auto, 0),
    ];
    for (name, format, encrypted, direct, reserve) in forms {
        let list = List::default();
        let mut options = WriterOptions::new(folder.path().into(), "n");
        (options.format, options.direct, options.reserve) = (format, direct, reserve);
        options.encryption = encrypted.then(|| key.clone());
        let packets = if format == plain { total / (LEN + 16) } else { total / (LEN + 16) / 2 };
        let mut writer = Writer::new(options, list.clone());
        let (mut positions, mut last) = (Positions::default(), 0);
        let (cpu, began) = (processor(), Instant::now());
        let mut slowest = 0.0f64;
        for n in 0..packets {
            let one = (n % 16 == 0).then(Instant::now);
            let bytes = &payloads[n % payloads.len()];
            let at = writer.write(n as i64 * 1_000, LinkType::ETHERNET, bytes, LEN as u32).unwrap();
            if let Some(one) = one {
                slowest = slowest.max(one.elapsed().as_secs_f64());
            }
            if n % 10 == 0 {
                positions.push(at.file, &mut last, at.offset, None);
            }
        }
        writer.finish().unwrap();
        let seconds = began.elapsed().as_secs_f64();
        let spent = processor() - cpu;
        let status = writer.status();
        let gb = (packets * (LEN + 16)) as f64 / 1e9;
        let size: u64 = list.0.lock().unwrap().1.values().map(|f| f.size).sum();
        println!(
            "{name:24} {:.2} GB/s, {:.2} s/GB of processor, {:.2} of the size; longest call {:.0} ms (it may wait), longest write {:.0} ms",
            gb / seconds,
            spent / gb,
            size as f64 / gb / 1e9,
            slowest * 1e3,
            status.slowest.as_secs_f64() * 1e3,
        );
        drop(writer);
        let path = list.0.lock().unwrap().1.values().next().unwrap().path.clone();
        let mut warm = io::sink();
        decrypt(&path, &ring, &mut warm).unwrap();
        let began = Instant::now();
        let bytes = decrypt(&path, &ring, &mut warm).unwrap().bytes as f64;
        let walked = bytes / began.elapsed().as_secs_f64() / 1e9;
        let files = Keyed(list, ring.clone());
        let wanted = Wanted { node: "n".into(), positions, ..Wanted::default() };
        let began = Instant::now();
        let mut found = 0;
        let losses = fetch(&files, &[wanted], &mut |_| {
            found += 1;
            true
        });
        assert!(losses.is_empty() && found == packets.div_ceil(10));
        let fetched = gb / began.elapsed().as_secs_f64();
        println!(
            "{:24} unpacked again {walked:.2} GB/s; every tenth packet fetched out of {fetched:.2} GB/s",
            ""
        );
        std::fs::remove_file(path).unwrap();
    }
}
