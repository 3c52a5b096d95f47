//! Collections of entries, and the trait.

use crate::{Fault, Sqlite};
use index::{Catalog, Entry, Error, FileRecord};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value as Json;

fn select(
    connection: &Connection,
    rest: &str,
    collection: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<Entry>, Fault> {
    let sql = format!("SELECT key, version, value FROM entries WHERE collection = ?1 {rest}");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(values)?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let (key, version, value): (String, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let value = serde_json::from_str(&value)
            .map_err(|error| Fault::Json { place: format!("{collection}/{key}"), error })?;
        entries.push(Entry { key, version: version.max(0) as u64, value });
    }
    Ok(entries)
}

/// SQLite's integers are signed; no collection has more entries than this.
fn limit(wanted: usize) -> i64 {
    i64::try_from(wanted).unwrap_or(i64::MAX)
}

impl Catalog for Sqlite {
    fn add_file(&self, file: &FileRecord) -> Result<u32, Error> {
        self.take_file_number(file)
    }
    fn update_file(&self, file: &FileRecord) -> Result<(), Error> {
        self.put_file(file)
    }
    fn file(&self, node: &str, num: u32) -> Result<Option<FileRecord>, Error> {
        self.one_file(node, num)
    }
    fn files(&self) -> Result<Vec<FileRecord>, Error> {
        self.every_file()
    }
    fn files_like(&self, fingerprint: &str) -> Result<Vec<FileRecord>, Error> {
        self.files_with(fingerprint)
    }
    fn remove_file(&self, node: &str, num: u32) -> Result<(), Error> {
        self.forget_file(node, num)
    }

    fn get(&self, collection: &str, key: &str) -> Result<Option<Entry>, Error> {
        self.read("read an entry", |c| {
            Ok(select(c, "AND key = ?2", collection, params![collection, key])?.pop())
        })
    }

    fn collections(&self) -> Result<Vec<String>, Error> {
        self.read("list the collections", |c| {
            let mut statement =
                c.prepare_cached("SELECT DISTINCT collection FROM entries ORDER BY collection")?;
            let names = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()?;
            Ok(names)
        })
    }

    fn list(&self, collection: &str) -> Result<Vec<Entry>, Error> {
        self.read("read entries", |c| select(c, "ORDER BY key", collection, [collection]))
    }

    fn latest(&self, collection: &str, from: &str, to: &str, most: usize) -> Result<Vec<Entry>, Error> {
        self.read("read entries", |c| {
            let rest = "AND key >= ?2 AND key < ?3 ORDER BY key DESC LIMIT ?4";
            select(c, rest, collection, params![collection, from, to, limit(most)])
        })
    }

    fn put(&self, collection: &str, key: &str, value: &Json, version: Option<u64>) -> Result<bool, Error> {
        self.write("write an entry", |change| {
            if let Some(wanted) = version {
                let stored: Option<i64> = change
                    .prepare_cached("SELECT version FROM entries WHERE collection = ?1 AND key = ?2")?
                    .query_row([collection, key], |row| row.get(0))
                    .optional()?;
                if stored.unwrap_or(0).max(0) as u64 != wanted {
                    return Ok(false);
                }
            }
            let next: i64 = change
                .prepare_cached("UPDATE versions SET last = last + 1 RETURNING last")?
                .query_row([], |row| row.get(0))?;
            change
                .prepare_cached(
                    "INSERT INTO entries (collection, key, version, value) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (collection, key) DO UPDATE
                     SET version = excluded.version, value = excluded.value",
                )?
                .execute(params![collection, key, next, value.to_string()])?;
            Ok(true)
        })
    }

    fn remove(&self, collection: &str, key: &str) -> Result<bool, Error> {
        self.write("remove an entry", |change| {
            let gone = change
                .prepare_cached("DELETE FROM entries WHERE collection = ?1 AND key = ?2")?
                .execute([collection, key])?;
            Ok(gone > 0)
        })
    }

    fn remove_before(&self, collection: &str, key: &str) -> Result<u64, Error> {
        self.write("remove entries", |change| {
            let gone = change
                .prepare_cached("DELETE FROM entries WHERE collection = ?1 AND key < ?2")?
                .execute([collection, key])?;
            Ok(gone as u64)
        })
    }
}
