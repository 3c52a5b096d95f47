//! Every form of packet files: written over several folders, read by position and by walking, cut anywhere, failing disks.

use packets::*;
use proptest::prelude::*;
use session::{Positions, SessionId};
use source::{FileSource, PacketSource as _, Status, Stop};
use std::collections::HashMap;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use wire::LinkType;

const T0: i64 = 1_700_000_000_000_000_000;
const LINK: LinkType = LinkType::ETHERNET;

#[derive(Clone, Default)]
struct List(Arc<Mutex<(u32, HashMap<u32, FileFacts>)>>);
impl List {
    fn files(&self) -> Vec<FileFacts> {
        let mut files: Vec<FileFacts> = self.0.lock().unwrap().1.values().cloned().collect();
        files.sort_by_key(|file| file.number);
        files
    }
}
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
    fn discard(&mut self, number: u32) -> io::Result<()> {
        self.0.lock().unwrap().1.remove(&number);
        Ok(())
    }
}
impl Files for List {
    fn locate(&self, _: &str, number: u32) -> Result<PathBuf, Gone> {
        self.0.lock().unwrap().1.get(&number).map(|file| file.path.clone()).ok_or(Gone::Expired)
    }
    fn keys(&self) -> &Keyring {
        ring()
    }
}

fn key() -> Arc<Key> {
    Arc::new(Key::new([0x42; 32], "/etc/key"))
}

fn ring() -> &'static Keyring {
    static RING: std::sync::OnceLock<Keyring> = std::sync::OnceLock::new();
    RING.get_or_init(|| {
        let mut ring = Keyring::default();
        ring.add(key());
        ring
    })
}

/// Plain, zstd, encrypted, both.
fn set_form(options: &mut WriterOptions, form: usize) {
    options.format = if form & 1 == 1 { FileFormat::Zstd { level: 1 } } else { FileFormat::Plain };
    options.encryption = (form & 2 == 2).then(key);
}

/// A packet that says which one it is.
fn packet(n: usize, len: usize) -> Vec<u8> {
    let mut bytes = (n as u64).to_be_bytes().to_vec();
    bytes.extend((0..len).map(|i| (n * 31 + i * 7) as u8));
    bytes
}

type Taken = Vec<(Position, i64, Vec<u8>)>;

/// Every packet at its position, or counted as lost; returns how many are.
fn check_positions(list: &List, taken: &Taken) -> u64 {
    let mut lost = 0;
    for chunk in taken.chunks(40) {
        let (mut positions, mut last) = (Positions::default(), 0);
        for (at, ..) in chunk {
            positions.push(at.file, &mut last, at.offset, None);
        }
        let wanted =
            Wanted { id: SessionId::new(0, [1; 16]), node: "n".into(), positions, ..Wanted::default() };
        let mut left: Vec<(i64, &[u8])> =
            chunk.iter().map(|(_, time, bytes)| (*time, bytes.as_slice())).collect();
        let losses = fetch(list, &[wanted], &mut |packet| {
            let known = left.iter().position(|one| *one == (packet.time, packet.bytes));
            let known = known.expect("a position gave a packet that is not the one written there");
            left.swap_remove(known);
            true
        });
        assert_eq!(left.len() as u64, losses.iter().map(|loss| loss.packets).sum::<u64>(), "{losses:?}");
        lost += left.len() as u64;
    }
    lost
}

/// Every packet of a file by walking, with its offset.
fn walk(path: &Path) -> Vec<(u64, i64, Vec<u8>)> {
    let mut plain = Vec::new();
    let unpacked = decrypt(path, ring(), &mut plain).unwrap();
    assert_eq!(unpacked.bytes, plain.len() as u64);
    let slice = pcap::Slice::new(&plain).unwrap();
    slice.map_while(Result::ok).map(|r| (r.at, r.time, r.bytes.to_vec())).collect()
}

/// Walking gives the packets of each file in the order they were written.
fn check_walks(list: &List, taken: &Taken) {
    let mut seen = 0;
    for file in list.files() {
        let walked = walk(&file.path);
        let own = taken.iter().filter(|(at, ..)| at.file == file.number);
        let own: Vec<(u64, i64, Vec<u8>)> =
            own.map(|(at, time, bytes)| (at.offset, *time, bytes.clone())).collect();
        assert_eq!(walked, own);
        assert_eq!(
            (file.packets, file.size),
            (own.len() as u64, std::fs::metadata(&file.path).unwrap().len())
        );
        assert_eq!(file.packet_bytes, own.iter().map(|(.., bytes)| bytes.len() as u64).sum::<u64>());
        assert!(file.finished);
        seen += own.len();
    }
    assert_eq!(seen, taken.len());
}

fn folders(parent: &Path, count: usize) -> Vec<PathBuf> {
    let paths: Vec<PathBuf> = (0..count).map(|n| parent.join(format!("disk{n}"))).collect();
    paths.iter().for_each(|path| std::fs::create_dir(path).unwrap());
    paths
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn every_form_gives_back_what_was_written(
        form in 0usize..4, count in 1usize..4, placement in 0usize..3, direct in any::<bool>(),
        max_size in 2_000u64..60_000,
        plan in prop::collection::vec((0usize..3_000, 0u8..20), 1..250),
    ) {
        let parent = tempfile::tempdir().unwrap();
        let paths = folders(parent.path(), count);
        let placement = [Placement::Spread, Placement::RoundRobin, Placement::FillFirst][placement];
        let mut options = WriterOptions::new(PathBuf::new(), "n");
        options.folders = Folders::with_reserve(paths.clone(), placement, 0);
        set_form(&mut options, form);
        options.direct = if direct { Direct::Auto } else { Direct::Off };
        (options.max_size, options.buffer, options.block, options.memory) = (max_size, 8_192, 4_096, 40_000);
        let list = List::default();
        let mut writer = Writer::new(options, list.clone());
        let mut taken = Taken::new();
        for (n, (len, then)) in plan.into_iter().enumerate() {
            // one record is longer than any buffer
            let len = if then == 3 { len * 9 } else { len };
            let (time, bytes) = (T0 + n as i64 * 1_001, packet(n, len));
            taken.push((writer.write(time, LINK, &bytes, 40_000).unwrap(), time, bytes));
            match then {
                0 => {
                    writer.flush().unwrap();
                    prop_assert_eq!(check_positions(&list, &taken), 0, "flushed packets are readable");
                }
                1 => writer.tick(time).unwrap(),
                _ => {}
            }
        }
        writer.finish().unwrap();
        prop_assert_eq!(check_positions(&list, &taken), 0);
        check_walks(&list, &taken);
        let files = list.files();
        for file in &files {
            let scan = scan(&file.path).unwrap();
            prop_assert_eq!(&scan.state, &State::Whole);
            prop_assert_eq!((scan.packets, scan.packet_bytes), (file.packets, file.packet_bytes));
            prop_assert_eq!(scan.times, Some((file.first, file.last)));
            prop_assert_eq!((scan.key, scan.compressed), (file.key, file.compression == "zstd"));
            prop_assert_eq!(scan.whole, file.size);
        }
        if placement == Placement::RoundRobin && files.len() >= 2 * count {
            for path in &paths {
                prop_assert!(files.iter().any(|file| file.path.starts_with(path)), "{placement:?} leaves out a folder");
            }
        }
        if placement == Placement::FillFirst {
            prop_assert!(files.iter().all(|file| file.path.starts_with(&paths[0])));
        }
    }
}

#[test]
fn what_fills_blocks_quickly_is_in_the_file_soon_too() {
    for form in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        let mut options =
            WriterOptions::live(Folders::new(vec![folder.path().into()], Placement::Spread), "n");
        set_form(&mut options, form);
        options.block = 16 << 10;
        let list = List::default();
        let mut writer = Writer::new(options, list.clone());
        let began = std::time::Instant::now();
        let mut n = 0;
        // packets that compress to almost nothing: no write buffer ever fills
        while began.elapsed() < std::time::Duration::from_millis(2_600) {
            for _ in 0..20 {
                writer.write(T0 + n, LINK, &[b'x'; 1_000], 1_000).unwrap();
                n += 1;
            }
            writer.tick(T0 + n).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let found = scan(&list.files()[0].path).map_or(0, |found| found.packets);
        assert!(found > 0, "form {form}: {found} of {n} packets");
        writer.finish().unwrap();
    }
}

#[test]
fn a_record_longer_than_the_memory_that_remains_does_not_wait_for_ever() {
    for form in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        let mut options = WriterOptions::new(folder.path().into(), "n");
        set_form(&mut options, form);
        (options.buffer, options.block, options.memory) = (8_192, 4_096, 24_000);
        let list = List::default();
        let mut writer = Writer::new(options, list.clone());
        let mut taken = Taken::new();
        for n in 0..200 {
            // what does not fill a page stays with the thread while the long record wants room
            let (time, bytes) = (T0 + n as i64, packet(n, if n % 4 == 3 { 23_000 } else { 1_500 }));
            taken.push((writer.write(time, LINK, &bytes, 30_000).unwrap(), time, bytes));
            if n % 4 == 2 {
                writer.flush().unwrap();
            }
        }
        writer.finish().unwrap();
        assert_eq!(check_positions(&list, &taken), 0);
    }
}

#[test]
fn a_file_cut_anywhere_gives_every_packet_of_its_complete_blocks() {
    for form in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        let mut options = WriterOptions::new(folder.path().into(), "n");
        set_form(&mut options, form);
        let list = List::default();
        let mut writer = Writer::new(options, list.clone());
        // after each flush the file ends with a block; a plain file with a record anyway
        let (mut ends, mut taken) = (Vec::new(), Taken::new());
        for n in 0..15 {
            let (time, bytes) = (T0 + n as i64, packet(n, n * 3));
            taken.push((writer.write(time, LINK, &bytes, 100).unwrap(), time, bytes));
            if n % 3 == 2 {
                writer.flush().unwrap();
                ends.push((std::fs::metadata(&list.files()[0].path).unwrap().len(), n as u64 + 1));
            }
        }
        writer.finish().unwrap();
        let whole = std::fs::read(&list.files()[0].path).unwrap();
        let path = folder.path().join("cut");
        let cut_list = list.clone();
        cut_list.0.lock().unwrap().1.get_mut(&1).unwrap().path = path.clone();
        let plain_ends: Vec<u64> =
            taken.iter().map(|(at, _, bytes)| at.offset + 16 + bytes.len() as u64).collect();
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let expected = if form == 0 {
                plain_ends.iter().filter(|end| **end <= cut as u64).count() as u64
            } else {
                ends.iter().rfind(|(end, _)| *end <= cut as u64).map_or(0, |(_, packets)| *packets)
            };
            let Ok(found) = scan(&path) else {
                assert_eq!(expected, 0, "form {form} cut at {cut} cannot be scanned");
                continue;
            };
            assert_eq!(found.packets, expected, "form {form} cut at {cut}");
            if cut % 7 == 0 || expected != found.packets {
                assert_eq!(check_positions(&cut_list, &taken), taken.len() as u64 - expected);
            }
            assert_eq!(found.state == State::Whole, found.whole == cut as u64, "{found:?}");
            let removed = repair(&path, &found).unwrap();
            assert_eq!(removed, cut as u64 - found.whole);
            if found.whole == 0 {
                // not even the header was whole
                assert!(expected == 0 && std::fs::metadata(&path).unwrap().len() == 0);
                continue;
            }
            let again = scan(&path).unwrap();
            assert_eq!((&again.state, again.packets), (&State::Whole, expected));
            assert_eq!(repair(&path, &again).unwrap(), 0);
        }
    }
}

#[test]
fn zeros_behind_the_end_are_a_torn_end_and_zeros_inside_are_damage() {
    let folder = tempfile::tempdir().unwrap();
    for form in 0..4 {
        let mut options = WriterOptions::new(folder.path().into(), &format!("n{form}"));
        set_form(&mut options, form);
        (options.block, options.memory) = (4_096, 1 << 20);
        let list = List::default();
        let mut writer = Writer::new(options, list.clone());
        for n in 0..50 {
            writer.write(T0 + n as i64, LINK, &packet(n, 900), 1_000).unwrap();
        }
        writer.flush().unwrap();
        let path = list.files()[0].path.clone();
        let bytes = std::fs::read(&path).unwrap();
        let torn = [bytes.clone(), vec![0; 9_000]].concat();
        std::fs::write(folder.path().join("torn"), torn).unwrap();
        let found = scan(&folder.path().join("torn")).unwrap();
        assert!(matches!(found.state, State::Torn(_)), "{found:?}");
        assert_eq!((found.packets, found.whole), (50, bytes.len() as u64));
        let mut damaged = bytes.clone();
        let middle = bytes.len() / 2;
        damaged[middle..middle + 60].fill(0);
        std::fs::write(folder.path().join("damaged"), damaged).unwrap();
        let found = scan(&folder.path().join("damaged")).unwrap();
        // in a plain file, zeros inside a packet are no damage that can be seen
        if form > 0 {
            assert!(matches!(found.state, State::Damaged(_)), "form {form}: {found:?}");
            assert!(found.packets >= 41, "form {form}: one block of four packets is gone, or two: {found:?}");
            assert_eq!(repair(&folder.path().join("damaged"), &found).unwrap(), 0);
        }
    }
}

/// Injected faults of a disk over real files.
#[derive(Debug, Default)]
struct Faults {
    /// Folders without room.
    full: Mutex<Vec<PathBuf>>,
    broken: AtomicBool,
    /// Only the first bytes of a write are written.
    short: AtomicBool,
    slow_ms: AtomicU64,
    /// Of every so many writes one fails.
    every: AtomicU64,
    writes: AtomicU64,
}

#[derive(Debug)]
struct Faulty(Arc<Faults>);
struct FaultyFile(Arc<Faults>, PathBuf, Box<dyn DiskFile>);

impl Disk for Faulty {
    fn create(&self, path: &Path, direct: Direct) -> io::Result<Box<dyn DiskFile>> {
        let file = Native.create(path, direct)?;
        Ok(Box::new(FaultyFile(self.0.clone(), path.parent().unwrap().into(), file)))
    }
    fn free(&self, folder: &Path) -> io::Result<u64> {
        if self.0.full.lock().unwrap().iter().any(|full| full == folder) {
            Ok(0)
        } else {
            Native.free(folder)
        }
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        Native.remove(path)
    }
}

impl FaultyFile {
    /// How much of a write is done.
    fn fate(&self, len: usize) -> io::Result<usize> {
        let faults = &self.0;
        let n = faults.writes.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(faults.slow_ms.load(Ordering::SeqCst)));
        if faults.full.lock().unwrap().contains(&self.1) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let every = faults.every.load(Ordering::SeqCst);
        if faults.broken.load(Ordering::SeqCst) || (every > 0 && n % every == every - 1) {
            return Err(io::Error::from_raw_os_error(5));
        }
        Ok(if faults.short.load(Ordering::SeqCst) && len > 2_000 { len * 2 / 3 } else { len })
    }
}

impl DiskFile for FaultyFile {
    fn is_direct(&self) -> bool {
        self.2.is_direct()
    }
    fn write_direct(&self, bytes: &[u8], at: u64) -> io::Result<usize> {
        let len = self.fate(bytes.len())? / 4_096 * 4_096;
        if len == 0 { Ok(0) } else { self.2.write_direct(&bytes[..len], at) }
    }
    fn write(&self, bytes: &[u8], at: u64) -> io::Result<usize> {
        self.2.write(&bytes[..self.fate(bytes.len())?], at)
    }
    fn allocate(&self, at: u64, len: u64) -> io::Result<()> {
        self.2.allocate(at, len)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.2.set_len(len)
    }
    fn sync(&self) -> io::Result<()> {
        self.2.sync()
    }
}

struct Bench {
    parent: tempfile::TempDir,
    faults: Arc<Faults>,
    list: List,
    writer: Writer<List>,
    taken: Taken,
    refused: u64,
}

impl Bench {
    fn new(form: usize, count: usize, change: impl FnOnce(&mut WriterOptions)) -> Self {
        let parent = tempfile::tempdir().unwrap();
        let paths = folders(parent.path(), count);
        let mut options = WriterOptions::live(Folders::with_reserve(paths, Placement::FillFirst, 4_096), "n");
        set_form(&mut options, form);
        (options.buffer, options.block, options.memory) = (8_192, 4_096, 100_000);
        options.patience = Duration::from_millis(400);
        change(&mut options);
        let (faults, list) = (Arc::<Faults>::default(), List::default());
        let writer = Writer::with_disk(options, list.clone(), Arc::new(Faulty(faults.clone())));
        Self { parent, faults, list, writer, taken: Taken::new(), refused: 0 }
    }

    fn write(&mut self, packets: usize) -> Option<WriteError> {
        let mut last = None;
        for _ in 0..packets {
            let n = self.taken.len() + self.refused as usize;
            let (time, bytes) = (T0 + n as i64, packet(n, 700));
            match self.writer.write(time, LINK, &bytes, 1_500) {
                Ok(at) => self.taken.push((at, time, bytes)),
                Err(error) => {
                    self.refused += 1;
                    last = Some(error);
                }
            }
        }
        last
    }

    /// Writes until what is asked for has happened.
    fn until(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> bool) {
        let began = Instant::now();
        while !done(self) {
            assert!(began.elapsed() < Duration::from_secs(60), "{what} did not happen");
            self.write(3);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// All that was taken is readable or was reported as lost, and nothing is another packet.
    fn settle(mut self) -> u64 {
        let lost_before: u64 = self.writer.take_lost().iter().map(|lost| lost.packets).sum();
        self.writer.finish().unwrap();
        let lost: u64 = lost_before + self.writer.take_lost().iter().map(|lost| lost.packets).sum::<u64>();
        assert_eq!(self.writer.status().lost_packets, lost);
        assert_eq!(check_positions(&self.list, &self.taken), lost);
        for file in self.list.files() {
            assert_eq!(scan(&file.path).unwrap().state, State::Whole);
            assert_eq!(scan(&file.path).unwrap().packets, file.packets);
        }
        lost
    }
}

#[test]
fn writers_at_work_spread_over_the_folders() {
    let parent = tempfile::tempdir().unwrap();
    let shared = Folders::new(folders(parent.path(), 3), Placement::Spread);
    let list = List::default();
    let options = WriterOptions { folders: shared, ..WriterOptions::new(PathBuf::new(), "n") };
    let mut writers: Vec<Writer<List>> = (0..6).map(|_| Writer::new(options.clone(), list.clone())).collect();
    for writer in &mut writers {
        writer.write(T0, LINK, &packet(1, 100), 100).unwrap();
        writer.flush().unwrap();
    }
    let mut used: Vec<PathBuf> = list.files().iter().map(|f| f.path.parent().unwrap().into()).collect();
    used.sort();
    let counts: Vec<usize> = used.chunk_by(|a, b| a == b).map(<[PathBuf]>::len).collect();
    assert_eq!(counts, [2, 2, 2], "two files in each folder: {used:?}");
}

#[test]
fn a_full_folder_gives_way_to_the_next_and_what_it_took_waits() {
    for form in 0..4 {
        let mut bench = Bench::new(form, 2, |o| o.patience = Duration::from_secs(600));
        bench.write(30);
        let first = bench.parent.path().join("disk0");
        bench.faults.full.lock().unwrap().push(first.clone());
        let second = bench.parent.path().join("disk1");
        bench.until("a file in the second folder", |b| {
            b.list.files().iter().any(|f| f.path.starts_with(&second))
        });
        bench.faults.full.lock().unwrap().clear();
        bench.write(10);
        assert_eq!(bench.settle(), 0, "form {form}");
    }
}

#[test]
fn a_full_disk_pauses_refuses_and_goes_on() {
    for form in 0..4 {
        let mut bench = Bench::new(form, 1, |_| {});
        bench.write(30);
        let first = bench.parent.path().join("disk0");
        bench.faults.full.lock().unwrap().push(first);
        let mut error = None;
        bench.until("a refusal", |b| {
            error = b.write(20);
            error.as_ref().is_some_and(WriteError::is_full)
        });
        assert!(bench.writer.tick(T0).unwrap_err().is_full());
        assert!(bench.writer.status().problem.is_some() && bench.writer.status().refused == bench.refused);
        bench.faults.full.lock().unwrap().clear();
        bench.until("writing", |b| b.write(1).is_none());
        assert_eq!(bench.settle(), 0, "form {form}: what was taken is kept while there is memory for it");
    }
}

#[test]
fn what_a_broken_disk_swallows_is_reported_and_never_another_packet() {
    for form in 0..4 {
        let mut bench = Bench::new(form, 1, |_| {});
        bench.write(60);
        bench.writer.flush().unwrap();
        std::thread::sleep(Duration::from_millis(30));
        bench.faults.broken.store(true, Ordering::SeqCst);
        bench.write(20);
        bench.until("giving up", |b| b.writer.status().lost_packets > 0);
        bench.faults.broken.store(false, Ordering::SeqCst);
        bench.until("writing again", |b| b.write(1).is_none());
        bench.write(30);
        assert!(bench.settle() > 0, "form {form}");
    }
}

#[test]
fn writes_that_fail_now_and_then_or_fall_short_lose_nothing() {
    for form in 0..4 {
        let mut bench =
            Bench::new(form, 1, |o| (o.max_size, o.patience) = (40_000, Duration::from_secs(600)));
        bench.faults.short.store(true, Ordering::SeqCst);
        bench.faults.every.store(7, Ordering::SeqCst);
        for _ in 0..12 {
            bench.until("room", |b| b.write(1).is_none());
            bench.write(8);
            let _ = bench.writer.flush();
        }
        bench.faults.every.store(0, Ordering::SeqCst);
        assert_eq!(bench.settle(), 0, "form {form}");
    }
}

#[test]
fn a_slow_disk_is_told_from_a_full_one_and_never_waited_for() {
    let mut bench = Bench::new(0, 1, |_| {});
    bench.write(1);
    bench.faults.slow_ms.store(300, Ordering::SeqCst);
    let began = Instant::now();
    let error = bench.write(2_000).expect("1.4 MB do not fit into 100 kB of memory");
    assert!(error.is_busy() && !error.is_full(), "{error}");
    assert!(error.to_string().contains("too slow"), "{error}");
    let spent = began.elapsed();
    // were any of them waited for, each would have taken 300 ms; a busy machine may take its time
    assert!(spent < Duration::from_secs(20), "2000 packets took {spent:?}");
    assert_eq!(bench.writer.status().refused, bench.refused);
    assert!(bench.writer.status().waiting <= bench.writer.status().memory);
    bench.faults.slow_ms.store(0, Ordering::SeqCst);
    assert_eq!(bench.settle(), 0);
}

#[test]
fn packets_are_readable_soon_after_a_tick() {
    for form in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        let options = WriterOptions::live(Folders::new(vec![folder.path().into()], Placement::Spread), "n");
        let mut options = options;
        set_form(&mut options, form);
        let list = List::default();
        let mut writer = Writer::new(options, list.clone());
        let mut taken = Taken::new();
        for round in 0..2 {
            for n in round * 10..round * 10 + 10 {
                let (time, bytes) = (T0 + n as i64, packet(n, 300));
                taken.push((writer.write(time, LINK, &bytes, 400).unwrap(), time, bytes));
            }
            let began = Instant::now();
            while check_positions(&list, &taken) > 0 {
                writer.tick(T0).unwrap();
                std::thread::sleep(Duration::from_millis(50));
                assert!(
                    began.elapsed() < Duration::from_secs(30),
                    "form {form}: not readable after half a minute"
                );
            }
        }
        writer.sync().unwrap();
        drop(writer);
        check_walks(&list, &taken);
    }
}

#[test]
fn imports_find_the_packets_where_the_writer_put_them() {
    let folder = tempfile::tempdir().unwrap();
    for form in 0..4 {
        let mut options = WriterOptions::new(folder.path().into(), &format!("n{form}"));
        set_form(&mut options, form);
        let list = List::default();
        let mut writer = Writer::new(options, list.clone());
        let mut taken = Taken::new();
        for n in 0..500 {
            let (time, bytes) = (T0 + n as i64, packet(n, 1_000));
            taken.push((writer.write(time, LINK, &bytes, 1_500).unwrap(), time, bytes));
        }
        writer.flush().unwrap();
        let path = list.files()[0].path.clone();
        let mut source = FileSource::open_with(&path, ring(), &Stop::new()).unwrap();
        assert!(source.storage().has_positions());
        let mut read = Vec::new();
        while source.batch(100, &mut |p| read.push((p.at, p.time, p.bytes.to_vec()))).unwrap() != Status::End
        {
        }
        let wanted: Vec<_> =
            taken.iter().map(|(at, time, bytes)| (at.offset, *time, bytes.clone())).collect();
        assert!(read == wanted, "form {form}");
        let found = source::walk(&[folder.path().into()], &Stop::new()).unwrap();
        assert!(found.captures.contains(&path), "{found:?}");
        if form & 2 == 2 {
            let error = FileSource::open(&path, &Stop::new()).err().unwrap().to_string();
            assert!(error.contains(&key().id().to_string()), "{error}");
            let lost = fetch(&|_: &str, _: u32| Ok(path.clone()), &[whole(&taken)], &mut |_| true);
            assert!(lost[0].to_string().contains(&key().id().to_string()), "{lost:?}");
            let error = decrypt(&path, Keyring::empty(), &mut io::sink()).unwrap_err().to_string();
            assert!(error.contains("key file") && error.contains("n2-") | error.contains("n3-"), "{error}");
        }
    }
}

fn whole(taken: &Taken) -> Wanted {
    let (mut positions, mut last) = (Positions::default(), 0);
    taken.iter().for_each(|(at, ..)| positions.push(at.file, &mut last, at.offset, None));
    Wanted { node: "n".into(), positions, ..Wanted::default() }
}

#[test]
fn other_tools_read_the_files() {
    let folder = tempfile::tempdir().unwrap();
    for form in 0..4 {
        let mut options = WriterOptions::new(folder.path().into(), &format!("n{form}"));
        set_form(&mut options, form);
        let list = List::default();
        let mut writer = Writer::new(options, list.clone());
        for n in 0..300 {
            writer.write(T0 + n as i64, LINK, &packet(n, 200), 208).unwrap();
        }
        writer.finish().unwrap();
        let path = list.files()[0].path.display().to_string();
        let decrypted = folder.path().join("plain.pcap").display().to_string();
        decrypt(Path::new(&path), ring(), &mut std::fs::File::create(&decrypted).unwrap()).unwrap();
        let mut commands = vec![format!("tcpdump -ttnr '{decrypted}' | grep -c ^1700000000")];
        match form {
            0 => {
                commands.push(format!("tcpdump -ttnr '{path}' | grep -c ^1700000000"));
                commands.push(format!("capinfos -Mc '{path}' | grep -o '[0-9]*$'"));
            }
            1 => commands.push(format!("zstd -dc '{path}' | tcpdump -ttnr - | grep -c ^1700000000")),
            _ => {}
        }
        for command in commands {
            let tool = command.split(' ').next().unwrap();
            let there = Command::new("sh").args(["-c", &format!("command -v {tool}")]).output();
            if !there.is_ok_and(|out| out.status.success()) {
                eprintln!("skipped: {tool} is not installed");
                continue;
            }
            let out = Command::new("sh").args(["-c", &command]).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&out.stdout).trim(), "300", "{command}: {out:?}");
        }
    }
}

/// Runs as a child that is killed while it writes.
#[test]
fn a_killed_writer_leaves_readable_files() {
    if let Some(folder) = std::env::var_os("PACKETS_KILLED") {
        let form = std::env::var("PACKETS_FORM").unwrap().parse().unwrap();
        let mut options = WriterOptions::new(folder.into(), "n");
        set_form(&mut options, form);
        (options.buffer, options.block, options.max_size) = (64 << 10, 16 << 10, 2_000_000);
        let mut writer = Writer::new(options, List::default());
        for n in 0.. {
            writer.write(T0 + n as i64, LINK, &packet(n, n % 2_000), 2_000).unwrap();
            if n % 997 == 0 {
                writer.flush().unwrap();
                println!("{n}");
            }
        }
    }
    for form in 0..4usize {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_killed_writer_leaves_readable_files", "--nocapture"])
            .env("PACKETS_KILLED", folder.path())
            .env("PACKETS_FORM", form.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // what was said to be flushed has to be there, wherever the rest ends
        let mut lines = io::BufRead::lines(io::BufReader::new(child.stdout.take().unwrap()));
        let mut flushed = 0;
        let began = Instant::now();
        while flushed < 9_000 {
            let line = lines.next().unwrap().unwrap();
            flushed = line.parse().unwrap_or(flushed);
            assert!(began.elapsed() < Duration::from_secs(120));
        }
        std::thread::sleep(Duration::from_millis(3 + 5 * form as u64));
        child.kill().unwrap();
        for line in lines {
            flushed = line.unwrap().parse().unwrap_or(flushed);
        }
        assert_eq!(child.wait().unwrap().signal(), Some(9));
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert!(files.len() > 1 || form & 1 == 1);
        let mut next = 0;
        for (n, path) in files.iter().enumerate() {
            let Ok(found) = scan(path) else {
                assert_eq!(n, files.len() - 1, "only the file that was just made can be without a header");
                continue;
            };
            assert!(!matches!(found.state, State::Damaged(_)), "{found:?}");
            repair(path, &found).unwrap();
            for (_, time, bytes) in walk(path) {
                assert_eq!((time, bytes), (T0 + next as i64, packet(next, next % 2_000)));
                next += 1;
            }
        }
        assert!(next > flushed, "form {form}: packet {flushed} was flushed, {next} are there");
    }
}
