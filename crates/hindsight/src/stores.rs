//! The stores of a data folder, opened.

use crate::Failure;
use crate::home::Home;
use crate::schema::SCHEMA;
use catalog_sqlite::Sqlite;
use index::{Catalog, Error, FileRecord};
use packets::{FileFacts, Gone, Register, Writer, WriterOptions};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use wire::LinkType;

/// Index and catalogue of a data folder.
pub struct Stores {
    /// Sessions.
    pub index: Arc<index_parquet::Store>,
    /// Files, users, views.
    pub catalog: Arc<dyn Catalog>,
}

impl Stores {
    /// Opens them; makes the folder and empty stores where there are none.
    pub fn open(home: &Home) -> Result<Self, Failure> {
        home.create()?;
        let catalog = Arc::new(Sqlite::open(home.catalog())?);
        let index = index_parquet::Store::open(home.index(), index_parquet::Options::new(SCHEMA.clone()))?;
        Ok(Self { index, catalog })
    }

    /// Where packet files are.
    pub fn files(&self) -> PacketFiles {
        PacketFiles(self.catalog.clone())
    }
}

/// Packet files by the catalogue.
pub struct PacketFiles(Arc<dyn Catalog>);

impl packets::Files for PacketFiles {
    fn locate(&self, node: &str, number: u32) -> Result<PathBuf, Gone> {
        match self.0.file(node, number) {
            Ok(Some(file)) => Ok(PathBuf::from(file.name)),
            Ok(None) => Err(Gone::Expired),
            Err(error) => Err(Gone::Unreadable(error.to_string())),
        }
    }
}

/// A writer of packet files that lists them in the catalogue.
pub fn packet_writer(home: &Home, node: &str, catalog: &Arc<dyn Catalog>) -> Result<Writer<Listed>, Failure> {
    let folder = home.packets();
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let register = Listed { catalog: catalog.clone(), node: node.to_owned() };
    Ok(Writer::new(WriterOptions::new(folder, node), register))
}

/// Lists packet files of a node in the catalogue.
pub struct Listed {
    catalog: Arc<dyn Catalog>,
    node: String,
}

fn failed(error: Error) -> io::Error {
    io::Error::other(error.to_string())
}

impl Register for Listed {
    /// Numbers are taken ahead of need: the file is listed when it is made.
    fn number(&mut self, _: LinkType, _: i64) -> io::Result<u32> {
        let file = FileRecord { node: self.node.clone(), ..FileRecord::default() };
        let number = self.catalog.add_file(&file).map_err(failed)?;
        self.catalog.remove_file(&self.node, number).map_err(failed)?;
        Ok(number)
    }

    fn update(&mut self, facts: &FileFacts) -> io::Result<()> {
        let known = self.catalog.file(&self.node, facts.number).map_err(failed)?.unwrap_or_default();
        let file = FileRecord {
            num: facts.number,
            node: self.node.clone(),
            name: facts.path.display().to_string(),
            first: facts.first.div_euclid(1_000_000_000),
            first_timestamp: facts.first.div_euclid(1_000_000),
            last_timestamp: facts.last.div_euclid(1_000_000),
            finish_timestamp: if facts.finished { crate::ask::now_ms() } else { 0 },
            file_size: facts.size,
            packets: facts.packets,
            packets_size: facts.packet_bytes,
            start_timestamp: if known.num == 0 { crate::ask::now_ms() } else { known.start_timestamp },
            compression: facts.compression.into(),
            encryption: facts.key.map(|key| key.to_string()),
            link_type: Some(u32::from(facts.link.0)),
            ..known
        };
        self.catalog.update_file(&file).map_err(failed)
    }

    fn discard(&mut self, number: u32) -> io::Result<()> {
        self.catalog.remove_file(&self.node, number).map_err(failed)
    }
}
