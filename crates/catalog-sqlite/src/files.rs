//! Packet files.

use crate::{Fault, Sqlite};
use index::{Error, FileRecord};
use rusqlite::{Connection, OptionalExtension, params};

const PUT: &str = "INSERT INTO files (node, num, fingerprint, record) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (node, num) DO UPDATE SET fingerprint = excluded.fingerprint, record = excluded.record";

fn put(connection: &Connection, file: &FileRecord) -> Result<(), Fault> {
    let record = serde_json::to_string(file).map_err(|error| place(&file.node, file.num, error))?;
    connection.prepare_cached(PUT)?.execute(params![file.node, file.num, file.fingerprint, record])?;
    Ok(())
}

fn place(node: &str, num: u32, error: serde_json::Error) -> Fault {
    Fault::Json { place: format!("file {num} of node {node}"), error }
}

fn select(
    connection: &Connection,
    condition: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<FileRecord>, Fault> {
    let sql = format!("SELECT node, num, record FROM files {condition} ORDER BY node, num");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(values)?;
    let mut files = Vec::new();
    while let Some(row) = rows.next()? {
        let (node, num, record): (String, u32, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        files.push(serde_json::from_str(&record).map_err(|error| place(&node, num, error))?);
    }
    Ok(files)
}

impl Sqlite {
    pub(crate) fn take_file_number(&self, file: &FileRecord) -> Result<u32, Error> {
        self.write("add a packet file", |change| {
            let last: Option<u32> = change
                .prepare_cached("SELECT last FROM file_numbers WHERE node = ?1")?
                .query_row([&file.node], |row| row.get(0))
                .optional()?;
            let num = last.unwrap_or(0).checked_add(1).ok_or(Fault::NoNumberLeft)?;
            change
                .prepare_cached(
                    "INSERT INTO file_numbers (node, last) VALUES (?1, ?2)
                     ON CONFLICT (node) DO UPDATE SET last = excluded.last",
                )?
                .execute(params![file.node, num])?;
            put(change, &FileRecord { num, ..file.clone() })?;
            Ok(num)
        })
    }

    pub(crate) fn put_file(&self, file: &FileRecord) -> Result<(), Error> {
        self.write("update a packet file", |change| {
            // a file that was found on disk has a number that was not given out here
            change
                .prepare_cached(
                    "INSERT INTO file_numbers (node, last) VALUES (?1, ?2)
                     ON CONFLICT (node) DO UPDATE SET last = max(last, excluded.last)",
                )?
                .execute(params![file.node, file.num])?;
            put(change, file)
        })
    }

    pub(crate) fn one_file(&self, node: &str, num: u32) -> Result<Option<FileRecord>, Error> {
        self.read("read a packet file", |c| {
            Ok(select(c, "WHERE node = ?1 AND num = ?2", params![node, num])?.pop())
        })
    }

    pub(crate) fn every_file(&self) -> Result<Vec<FileRecord>, Error> {
        self.read("read the packet files", |c| select(c, "", []))
    }

    pub(crate) fn files_with(&self, fingerprint: &str) -> Result<Vec<FileRecord>, Error> {
        // own captures have no fingerprint: they are like no other file
        if fingerprint.is_empty() {
            return Ok(Vec::new());
        }
        self.read("read the packet files", |c| {
            select(c, "WHERE fingerprint = ?1 AND fingerprint <> ''", [fingerprint])
        })
    }

    pub(crate) fn forget_file(&self, node: &str, num: u32) -> Result<(), Error> {
        self.write("remove a packet file", |change| {
            change
                .prepare_cached("DELETE FROM files WHERE node = ?1 AND num = ?2")?
                .execute(params![node, num])?;
            Ok(())
        })
    }
}
