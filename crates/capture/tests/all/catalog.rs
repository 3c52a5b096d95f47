//! The list of files of one test, in memory. The real ones lie in the same layer as this crate or above it.

use index::{Catalog, Entry, Error, FileRecord};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Mutex;

#[derive(Default)]
pub struct Files {
    files: Mutex<Vec<FileRecord>>,
    entries: Mutex<BTreeMap<(String, String), Value>>,
}

impl Catalog for Files {
    fn add_file(&self, file: &FileRecord) -> Result<u32, Error> {
        let mut files = self.files.lock().unwrap();
        let num = files.len() as u32 + 1;
        files.push(FileRecord { num, ..file.clone() });
        Ok(num)
    }
    fn update_file(&self, file: &FileRecord) -> Result<(), Error> {
        self.files.lock().unwrap()[file.num as usize - 1] = file.clone();
        Ok(())
    }
    fn file(&self, node: &str, num: u32) -> Result<Option<FileRecord>, Error> {
        Ok(self.files()?.into_iter().find(|f| f.node == node && f.num == num))
    }
    fn files(&self) -> Result<Vec<FileRecord>, Error> {
        Ok(self.files.lock().unwrap().clone())
    }
    fn files_like(&self, fingerprint: &str) -> Result<Vec<FileRecord>, Error> {
        Ok(self.files()?.into_iter().filter(|f| f.fingerprint == fingerprint).collect())
    }
    fn remove_file(&self, _: &str, _: u32) -> Result<(), Error> {
        unreachable!("imports remove no files")
    }
    fn get(&self, collection: &str, key: &str) -> Result<Option<Entry>, Error> {
        let entries = self.entries.lock().unwrap();
        let found = entries.get(&(collection.to_owned(), key.to_owned()));
        Ok(found.map(|value| Entry { key: key.to_owned(), version: 1, value: value.clone() }))
    }
    fn list(&self, _: &str) -> Result<Vec<Entry>, Error> {
        unreachable!("imports list no collections")
    }
    fn put(&self, collection: &str, key: &str, value: &Value, _: Option<u64>) -> Result<bool, Error> {
        let mut entries = self.entries.lock().unwrap();
        entries.insert((collection.to_owned(), key.to_owned()), value.clone());
        Ok(true)
    }
    fn remove(&self, _: &str, _: &str) -> Result<bool, Error> {
        unreachable!("imports remove nothing")
    }
}
