//! Documents of an Arkime: those of its cluster, or those that it gave out, in files.
//!
//! Of files are read JSON documents one after the other, as elasticdump and `db.pl export` write them (`{"_index", "_id", "_source"}`), the pairs of
//! lines of a bulk request, and the files of Arkime's own tests (`{"sessions3": [{"header", "body"}]}`); each also as `.gz`.

use crate::Failure;
use index_opensearch::{Foreign, ForeignDocument as Document};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// Where they are.
pub enum Dump {
    /// In these files.
    Files(Vec<PathBuf>),
    /// Still in its cluster.
    Cluster(Foreign),
}

impl Dump {
    /// How many documents of sessions there are, and how many of others by index; the packet files are given out.
    pub fn look(&self, file: &mut dyn FnMut(&Json)) -> Result<(u64, BTreeMap<String, u64>), Failure> {
        let (mut sessions, mut others) = (0, BTreeMap::<String, u64>::new());
        match self {
            Dump::Files(paths) => {
                for path in paths {
                    read(path, &mut |document| {
                        match kind(&document.index) {
                            Kind::Files => file(&document.source),
                            Kind::Sessions => sessions += 1,
                            Kind::Other => *others.entry(document.index).or_default() += 1,
                        }
                        Ok(true)
                    })?;
                }
            }
            Dump::Cluster(cluster) => {
                for (index, count) in cluster.counts()? {
                    match kind(&index) {
                        Kind::Sessions => sessions += count,
                        Kind::Other if count > 0 => *others.entry(index).or_default() += count,
                        _ => {}
                    }
                }
                cluster.each("files", &mut |document| {
                    file(&document.source);
                    Ok::<bool, Failure>(true)
                })?;
            }
        }
        Ok((sessions, others))
    }

    /// Calls `see` with the id and the document of every session.
    pub fn sessions(&self, see: &mut dyn FnMut(&str, &Json) -> Result<(), Failure>) -> Result<(), Failure> {
        let mut each = |document: Document| {
            if matches!(kind(&document.index), Kind::Sessions) {
                see(&document.id, &document.source)?;
            }
            Ok(true)
        };
        match self {
            Dump::Files(paths) => {
                for path in paths {
                    read(path, &mut each)?;
                }
            }
            Dump::Cluster(cluster) => {
                cluster.each("sessions", &mut each)?;
            }
        }
        Ok(())
    }

    /// How many documents before a mark are read once more, because they may come in another order.
    pub fn overlap(&self) -> u64 {
        if let Dump::Cluster(_) = self { 20_000 } else { 0 }
    }
}

enum Kind {
    Sessions,
    Files,
    Other,
}

/// What an index of an Arkime holds, by its name; what has none is taken for sessions.
fn kind(index: &str) -> Kind {
    if index.is_empty() || index.contains("sessions3-") || index.contains("sessions2-") {
        Kind::Sessions
    } else if index.split(['_', '-']).any(|part| part == "files") {
        Kind::Files
    } else {
        Kind::Other
    }
}

/// The files that a place names: itself, or those in the folder.
pub fn files(place: &Path) -> Result<Vec<PathBuf>, Failure> {
    if place.is_file() {
        return Ok(vec![place.to_owned()]);
    }
    let failed = |error: std::io::Error| format!("{}: {error}", place.display());
    let entries = std::fs::read_dir(place).map_err(failed)?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        if [".json", ".ndjson", ".jsonl", ".test"].iter().any(|end| name.ends_with(end)) {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(Failure::Failed(format!(
            "{} holds neither a Hindsight index nor documents of an Arkime (.json, .ndjson, .jsonl, also .gz)",
            place.display()
        )));
    }
    Ok(files)
}

/// Calls `see` with every document of a file until it returns false.
fn read(path: &Path, see: &mut dyn FnMut(Document) -> Result<bool, Failure>) -> Result<bool, Failure> {
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let packed = path.extension().is_some_and(|end| end == "gz");
    let input: Box<dyn Read> = if packed {
        Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(file)))
    } else {
        Box::new(file)
    };
    let values = serde_json::Deserializer::from_reader(BufReader::with_capacity(1 << 20, input)).into_iter();
    let mut header: Option<(String, String)> = None;
    for (number, value) in values.enumerate() {
        let value: Json = value.map_err(|error| {
            format!("{}: document {}: {error}; everything before it was read", path.display(), number + 1)
        })?;
        if let Some(tested) = value.get("sessions3").and_then(Json::as_array) {
            for one in tested {
                let (index, id) = named(&one["header"]["index"]).unwrap_or_default();
                if !see(Document { index, id, source: one["body"].clone() })? {
                    return Ok(false);
                }
            }
            continue;
        }
        let Json::Object(mut map) = value else { continue };
        if let Some(source) = map.remove("_source") {
            let (index, id) = named(&Json::Object(map)).unwrap_or_default();
            if !see(Document { index, id, source })? {
                return Ok(false);
            }
        } else if let Some(action) = ["index", "create"].iter().find_map(|key| named(map.get(*key)?)) {
            header = Some(action);
        } else if let Some((index, id)) = header.take()
            && !see(Document { index, id, source: Json::Object(map) })?
        {
            return Ok(false);
        }
    }
    Ok(true)
}

fn named(header: &Json) -> Option<(String, String)> {
    let text = |key: &str| header.get(key).and_then(Json::as_str).map(str::to_owned);
    Some((text("_index")?, text("_id").unwrap_or_default()))
}
