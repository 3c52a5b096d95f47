//! The store under the suite of every store: in one process, read by another store (as another process would), and
//! with small files so that flushing and merging happen all the time.

use fields::Schema;
use index::conformance::{self, Factory, Subject, sample};
use index::{Error, SessionSink};
use index_parquet::{Options, Store, Writer};
use session::SessionDoc;
use std::cell::RefCell;
use std::sync::{Arc, Mutex};

/// The writer, shared with the factory so that it can be told to flush.
struct Shared(Arc<Mutex<Option<Writer>>>);

impl SessionSink for Shared {
    fn append(&mut self, docs: Vec<SessionDoc>) -> Result<(), Error> {
        self.0.lock().unwrap().as_mut().unwrap().append(docs)
    }
    fn commit(&mut self) -> Result<(), Error> {
        self.0.lock().unwrap().as_mut().unwrap().commit()
    }
}

struct Parquet {
    schema: Arc<Schema>,
    /// Whether documents are searched through a store of their own, as another process would.
    apart: bool,
    dir: RefCell<Option<tempfile::TempDir>>,
    writer: RefCell<Arc<Mutex<Option<Writer>>>>,
}

impl Parquet {
    fn new(apart: bool) -> Self {
        Self {
            schema: Arc::new(sample::schema()),
            apart,
            dir: RefCell::default(),
            writer: RefCell::default(),
        }
    }
    fn options(&self) -> Options {
        Options { flush_rows: 40, threads: 2, ..Options::new(self.schema.clone()) }
    }
    fn open(&self) -> Subject {
        let dir = self.dir.borrow().as_ref().unwrap().path().to_owned();
        let store = Store::open(&dir, self.options()).unwrap();
        let writer = Arc::new(Mutex::new(Some(store.writer("test").unwrap())));
        *self.writer.borrow_mut() = writer.clone();
        let index = if self.apart { Store::open(&dir, self.options()).unwrap() } else { store };
        Subject { sink: Box::new(Shared(writer)), index }
    }
}

impl Factory for Parquet {
    fn schema(&self) -> &Schema {
        &self.schema
    }
    fn fresh(&self) -> Subject {
        self.writer.borrow().lock().unwrap().take();
        *self.dir.borrow_mut() = Some(tempfile::tempdir().unwrap());
        self.open()
    }
    fn reopen(&self, subject: Subject) -> Option<Subject> {
        self.writer.borrow().lock().unwrap().take();
        drop(subject);
        Some(self.open())
    }
    fn settle(&self, _subject: &mut Subject, how: u8) {
        let writer = self.writer.borrow().clone();
        let mut writer = writer.lock().unwrap();
        let writer = writer.as_mut().unwrap();
        match how % 3 {
            0 => writer.flush().unwrap(),
            1 => writer.compact().unwrap(),
            _ => {}
        }
    }
    fn cases(&self) -> u32 {
        std::env::var("CASES").ok().and_then(|c| c.parse().ok()).unwrap_or(48)
    }
}

#[test]
fn one_process() {
    conformance::run(&Parquet::new(false));
}

#[test]
fn read_from_another_process() {
    conformance::run(&Parquet::new(true));
}

#[test]
fn a_document_comes_out_as_it_went_in() {
    let schema = Arc::new(
        Schema::new([session::core::FIELDS, session::perf::FIELDS, index::generate::FIELDS]).unwrap(),
    );
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Options::new(schema)).unwrap();
    let docs: Vec<SessionDoc> = index::generate::Documents::new(7).take(3_000).collect();
    let mut writer = store.writer("test").unwrap();
    writer.append(docs.clone()).unwrap();
    for written in [false, true] {
        if written {
            writer.flush().unwrap();
            assert_eq!(store.stats().unwrap().in_memory, 0);
        }
        let mut seen = Vec::new();
        use index::SessionIndex;
        store
            .scan(&query::Plan::All, &index::Show::All, &index::Control::new(), &mut |doc| {
                seen.push(doc);
                true
            })
            .unwrap();
        seen.sort_by_key(|d| d.id);
        let mut expected = docs.clone();
        expected.sort_by_key(|d| d.id);
        assert!(seen == expected, "written: {written}");
    }
}
