//! How fast packets of sessions come out of packet files that are in the page cache: `cargo bench -p hindsight-packets`.
//!
//! Four writers' files, sessions of 40 packets that overlap in time. Printed are the gigabytes of the exported capture per
//! second of processor time (one thread; the machine may be busy with other things), the median of five runs, for all
//! packets and for one session in ten (which leaves holes between the reads). The first round pays for page cache that
//! a virtual machine has not used yet; the second is the one to quote.
#![allow(missing_docs, clippy::unwrap_used)]

use packets::*;
use session::{Positions, SessionId};
use std::collections::HashMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use wire::LinkType;

#[derive(Clone, Default)]
struct List(Arc<Mutex<(u32, HashMap<u32, PathBuf>)>>);
impl Register for List {
    fn number(&mut self, _: LinkType, _: i64) -> io::Result<u32> {
        let mut held = self.0.lock().unwrap();
        held.0 += 1;
        Ok(held.0)
    }
    fn update(&mut self, file: &FileFacts) -> io::Result<()> {
        self.0.lock().unwrap().1.insert(file.number, file.path.clone());
        Ok(())
    }
    fn discard(&mut self, _: u32) -> io::Result<()> {
        Ok(())
    }
}
impl Files for List {
    fn locate(&self, _: &str, number: u32) -> Result<PathBuf, Gone> {
        self.0.lock().unwrap().1.get(&number).cloned().ok_or(Gone::Expired)
    }
}

/// Seconds that this thread has run.
fn processor() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

/// About the bytes of a capture.
fn bytes(packets: usize, mean: usize) -> f64 {
    packets as f64 * (mean + 16) as f64
}

fn main() {
    // `cargo test` runs bench targets too
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    for mean in [318usize, 1_030, 318, 1_030] {
        let folder = tempfile::tempdir().unwrap();
        let list = List::default();
        let packets = 300_000_000 / (mean + 16);
        let mut writers: Vec<Writer<List>> = (0..4)
            .map(|_| Writer::new(WriterOptions::new(folder.path().into(), "n"), list.clone()))
            .collect();
        let data = vec![0xa5u8; 3_000];
        let started = processor();
        let mut sessions: Vec<(i64, Positions, u32)> = Vec::new();
        for n in 0..packets {
            // 500 sessions at a time, each on one worker
            let session = n / 20_000 * 500 + n % 500;
            let time = n as i64 * 1_000;
            let len = mean / 2 + (n * 7_919) % mean;
            let at = writers[session % 4].write(time, LinkType::ETHERNET, &data[..len], len as u32).unwrap();
            if session == sessions.len() {
                sessions.push((time, Positions::default(), 0));
            }
            let (_, positions, last) = &mut sessions[session];
            positions.push(at.file, last, at.offset, None);
        }
        writers.iter_mut().for_each(|writer| writer.finish().unwrap());
        let seconds = processor() - started;
        println!("{mean} B mean: written with sessions {:.2} GB/s", bytes(packets, mean) / seconds / 1e9);
        let mut alone = Writer::new(WriterOptions::new(folder.path().into(), "alone"), list.clone());
        let started = processor();
        for n in 0..packets {
            let len = mean / 2 + (n * 7_919) % mean;
            alone.write(n as i64, LinkType::ETHERNET, &data[..len], len as u32).unwrap();
        }
        alone.finish().unwrap();
        println!(
            "{mean} B mean: written alone {:.2} GB/s",
            bytes(packets, mean) / (processor() - started) / 1e9
        );
        for every in [1usize, 10] {
            let wanted: Vec<Wanted> = sessions
                .iter()
                .step_by(every)
                .map(|(start, positions, _)| Wanted {
                    id: SessionId::default(),
                    node: "n".into(),
                    positions: positions.clone(),
                    start_ms: start / 1_000_000,
                    bytes: 0,
                    not_kept: 0,
                })
                .collect();
            let mut runs: Vec<f64> = (0..5)
                .map(|_| {
                    let started = processor();
                    let output = std::fs::OpenOptions::new().write(true).open("/dev/null").unwrap();
                    let mut export = Export::new(Counted(output, 0), &list, Options::default());
                    wanted.iter().for_each(|one| export.add(one).unwrap());
                    let report = export.finish().unwrap();
                    assert!(report.losses.is_empty() && report.disordered == 0, "{report:?}");
                    (report.bytes + 16 * report.packets) as f64 / (processor() - started) / 1e9
                })
                .collect();
            runs.sort_by(f64::total_cmp);
            println!("{mean} B mean, one session in {every}: exported {:.2} GB/s", runs[2]);
        }
    }
}

/// Takes bytes as a socket would, in one copy.
struct Counted(std::fs::File, u64);
impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1 += bytes.len() as u64;
        self.0.write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
