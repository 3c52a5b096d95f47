use super::*;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A shared catalogue that can be away.
struct Far {
    inner: Sqlite,
    away: AtomicBool,
    last: AtomicU32,
    /// It does not answer a request for numbers while this is held.
    hangs: Mutex<()>,
}

impl Far {
    fn there(&self) -> Result<&Sqlite, Error> {
        if self.away.load(Ordering::SeqCst) {
            return Err(Error::new(ErrorKind::Unavailable, "the cluster is away"));
        }
        Ok(&self.inner)
    }
}

impl Catalog for Far {
    fn add_file(&self, file: &FileRecord) -> Result<u32, Error> {
        self.there()?.add_file(file)
    }
    fn update_file(&self, file: &FileRecord) -> Result<(), Error> {
        self.there()?.update_file(file)
    }
    fn file(&self, node: &str, num: u32) -> Result<Option<FileRecord>, Error> {
        self.there()?.file(node, num)
    }
    fn files(&self) -> Result<Vec<FileRecord>, Error> {
        self.there()?.files()
    }
    fn files_like(&self, fingerprint: &str) -> Result<Vec<FileRecord>, Error> {
        self.there()?.files_like(fingerprint)
    }
    fn remove_file(&self, node: &str, num: u32) -> Result<(), Error> {
        self.there()?.remove_file(node, num)
    }
    fn get(&self, collection: &str, key: &str) -> Result<Option<Entry>, Error> {
        self.there()?.get(collection, key)
    }
    fn list(&self, collection: &str) -> Result<Vec<Entry>, Error> {
        self.there()?.list(collection)
    }
    fn put(&self, collection: &str, key: &str, value: &Json, version: Option<u64>) -> Result<bool, Error> {
        self.there()?.put(collection, key, value, version)
    }
    fn remove(&self, collection: &str, key: &str) -> Result<bool, Error> {
        self.there()?.remove(collection, key)
    }
}

impl Shared for Far {
    fn reserve(&self, _: &str, count: u32) -> Result<u32, Error> {
        drop(self.hangs.lock().unwrap());
        self.there()?;
        Ok(self.last.fetch_add(count, Ordering::SeqCst) + 1)
    }
}

fn far(dir: &Path) -> Arc<Far> {
    let inner = Sqlite::open(dir.join("far.db")).unwrap();
    Arc::new(Far { inner, away: AtomicBool::new(false), last: AtomicU32::new(0), hangs: Mutex::new(()) })
}

fn file(name: &str) -> FileRecord {
    FileRecord { node: "n".into(), name: name.into(), ..FileRecord::default() }
}

fn settled(mirror: &Mirror) {
    let until = Instant::now() + Duration::from_secs(60);
    while mirror.waiting() > 0 {
        assert!(Instant::now() < until, "{} changes wait", mirror.waiting());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn capture_goes_on_while_the_cluster_is_away_and_everything_arrives() {
    let dir = tempfile::tempdir().unwrap();
    let far = far(dir.path());
    let mirror = Mirror::open(&dir.path().join("mirror.db"), far.clone()).unwrap();
    assert_eq!(mirror.add_file(&file("a")).unwrap(), 1);
    settled(&mirror);
    assert_eq!(far.inner.file("n", 1).unwrap().unwrap().name, "a");

    far.away.store(true, Ordering::SeqCst);
    let begun = Instant::now();
    for turn in 0..400_u32 {
        let num = mirror.add_file(&file("new")).unwrap();
        assert_eq!(num, 2 + turn);
        mirror.update_file(&FileRecord { num, packets: 7, ..file("new") }).unwrap();
        if turn % 2 == 0 {
            mirror.remove_file("n", num).unwrap();
        }
        let value = json!({ "turn": turn });
        assert!(mirror.put(server::stats::NOW, "n", &value, None).unwrap());
    }
    // a writer of packets may not wait for what cannot be reached
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    assert!(!mirror.is_whole());
    assert_eq!(mirror.files().unwrap().len(), 201);
    assert_eq!(mirror.file("n", 3).unwrap().unwrap().packets, 7);
    assert_eq!(mirror.file("n", 2).unwrap(), None);
    assert_eq!(mirror.get(server::stats::NOW, "n").unwrap().unwrap().value, json!({ "turn": 399 }));
    // what is replaced is not kept: one change for each file and one for the figures
    assert!(mirror.waiting() <= 402, "{}", mirror.waiting());
    assert!(mirror.put("leases", "1", &json!(1), None).unwrap());
    assert_eq!(mirror.list("leases").unwrap().len(), 1);
    // what is the cluster's needs it
    assert!(mirror.put("users", "u", &json!(1), None).is_err());

    // the process ends, another begins, and the cluster comes back
    drop(mirror);
    let mirror = Mirror::open(&dir.path().join("mirror.db"), far.clone()).unwrap();
    assert!(mirror.waiting() > 0);
    assert_eq!(mirror.files().unwrap().len(), 201);
    far.away.store(false, Ordering::SeqCst);
    settled(&mirror);
    let there = far.inner.files().unwrap();
    assert_eq!(there.len(), 201);
    assert!(there.iter().filter(|file| file.num > 1).all(|file| file.packets == 7 && file.num % 2 == 1));
    assert_eq!(far.inner.get(server::stats::NOW, "n").unwrap().unwrap().value, json!({ "turn": 399 }));
    assert_eq!(far.inner.list("leases").unwrap(), Vec::new());
}

#[test]
fn numbers_are_given_once_whoever_asks() {
    let dir = tempfile::tempdir().unwrap();
    let far = far(dir.path());
    let place = dir.path().join("mirror.db");
    let (one, two) = (Mirror::open(&place, far.clone()).unwrap(), Mirror::open(&place, far.clone()).unwrap());
    let mut all: Vec<u32> = std::thread::scope(|scope| {
        let started: Vec<_> = [&one, &two, &one, &two]
            .into_iter()
            .map(|mirror| {
                scope.spawn(|| (0..40).map(|_| mirror.add_file(&file("x")).unwrap()).collect::<Vec<_>>())
            })
            .collect();
        started.into_iter().flat_map(|one| one.join().unwrap()).collect()
    });
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 160);
    // a file that was found has a number of the block
    one.update_file(&FileRecord { num: 500, ..file("found") }).unwrap();
    assert_eq!(two.add_file(&file("x")).unwrap(), 501);
    // more is asked for before nothing is left, and not waited for: who takes a number writes packets
    let hangs = far.hangs.lock().unwrap();
    for number in 502..800 {
        assert_eq!(two.add_file(&file("x")).unwrap(), number);
    }
    drop(hangs);
    let until = Instant::now() + Duration::from_secs(60);
    while far.last.load(Ordering::SeqCst) < 2_000 {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(20));
    }
    // without any, and without the cluster, there is none: that is said
    let alone = dir.path().join("alone");
    std::fs::create_dir(&alone).unwrap();
    far.away.store(true, Ordering::SeqCst);
    let new = Mirror::open(&alone.join("mirror.db"), far.clone()).unwrap();
    assert!(new.prepare("n", Duration::ZERO).is_err());
    let error = new.add_file(&file("x")).unwrap_err().to_string();
    assert!(error.contains("no file number of node n") && error.contains("away"), "{error}");
    // a capture that has its numbers needs no cluster for its first file
    far.away.store(false, Ordering::SeqCst);
    new.prepare("n", Duration::ZERO).unwrap();
    far.away.store(true, Ordering::SeqCst);
    assert!(new.add_file(&file("x")).is_ok());
}

#[test]
fn pins_are_known_while_the_cluster_is_away() {
    let dir = tempfile::tempdir().unwrap();
    let far = far(dir.path());
    let mirror = Mirror::open(&dir.path().join("mirror.db"), far.clone()).unwrap();
    far.away.store(true, Ordering::SeqCst);
    // an empty list would let pinned files go
    assert!(mirror.list(PINS).is_err());
    far.away.store(false, Ordering::SeqCst);
    far.inner.put(PINS, "keep", &json!({ "until": 1 }), None).unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    while mirror.list(PINS).is_err() {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(50));
    }
    far.away.store(true, Ordering::SeqCst);
    let pins = mirror.list(PINS).unwrap();
    assert_eq!((pins.len(), pins[0].key.as_str(), &pins[0].value), (1, "keep", &json!({ "until": 1 })));
}
