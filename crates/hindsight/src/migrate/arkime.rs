//! Arkime's documents and ours.

use crate::schema::SCHEMA;
use index::FileRecord;
use packets::arkime::{Coding, positions};
use serde_json::{Map, Value as Json};
use session::json::PositionForm;
use session::{Reader, SessionDoc, SessionId, core};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

/// Names of fields that are remembered.
const NAMES: usize = 1_000;

/// Makes our documents of Arkime's, and counts what could not be taken over.
pub struct Translator {
    reader: Reader,
    codings: HashMap<(String, u32), Coding>,
    /// Fields that are not known here, and in how many documents.
    pub unknown: BTreeMap<String, u64>,
    /// Sessions whose positions could not be made out, and why the first.
    pub without_positions: u64,
    /// See `without_positions`.
    pub problem: Option<String>,
}

impl Translator {
    /// Knows of these packet files.
    pub fn new(files: &[FileRecord]) -> Self {
        let coding = |file: &FileRecord| match (file.packet_pos_encoding.as_deref(), &file.index_filename) {
            (Some("gap0"), _) => Coding::Gap0,
            (Some("localIndex"), Some(index)) => Coding::LocalIndex(PathBuf::from(index)),
            (Some("localIndex"), None) => {
                let name = file.name.split(".pcap").next().unwrap_or(&file.name);
                Coding::LocalIndex(PathBuf::from(format!("{name}.index")))
            }
            _ => Coding::Absolute,
        };
        let codings = files.iter().map(|file| ((file.node.clone(), file.num), coding(file))).collect();
        Self {
            reader: Reader::new(&SCHEMA),
            codings,
            unknown: BTreeMap::new(),
            without_positions: 0,
            problem: None,
        }
    }

    /// A session.
    pub fn session(&mut self, id: &str, source: &Json) -> SessionDoc {
        let last = source.get("lastPacket").and_then(Json::as_i64);
        let id = SessionId::foreign(id, last);
        let read = self.reader.read(id, source, PositionForm::Absolute);
        for name in read.unknown {
            if self.unknown.len() < NAMES || self.unknown.contains_key(&name) {
                *self.unknown.entry(name).or_default() += 1;
            }
        }
        let mut doc = read.doc;
        let node = doc.text(&core::NODE).unwrap_or_default().to_owned();
        let coded = std::mem::take(&mut doc.positions);
        // distances are what Arkime writes unless it is told otherwise
        let mut coding =
            |number: u32| self.codings.get(&(node.clone(), number)).cloned().unwrap_or(Coding::Gap0);
        match positions(&coded.flat, &mut coding) {
            Ok(positions) => {
                doc.positions = positions;
                if coded.lengths.len() == doc.positions.flat.len() {
                    doc.positions.lengths = coded.lengths;
                }
            }
            Err(error) => {
                self.without_positions += 1;
                self.problem.get_or_insert_with(|| error.to_string());
            }
        }
        doc
    }
}

/// A packet file out of a document of the index `files`. `None` where it is none.
pub fn file(source: &Json) -> Option<FileRecord> {
    let source = source.as_object()?;
    let mut known = Map::new();
    for (key, value) in source {
        let value = match (key.as_str(), value) {
            // Arkime writes -1 for what it does not know yet, and some versions numbers as text
            (_, Json::Number(number)) if number.as_i64().is_some_and(|number| number < 0) => continue,
            (_, Json::Number(number)) if number.is_f64() => {
                Json::from(number.as_f64().filter(|n| n.is_finite() && *n >= 0.0)? as u64)
            }
            ("num" | "first" | "filesize" | "locked", Json::String(text)) => {
                Json::from(text.parse::<u64>().ok()?)
            }
            ("locked", Json::Bool(locked)) => Json::from(u8::from(*locked)),
            // ours are other things
            (
                "owner" | "deleting" | "pin" | "remote" | "encryption" | "fingerprint" | "linkType" | "line",
                _,
            ) => {
                continue;
            }
            (_, value) => value.clone(),
        };
        known.insert(key.clone(), value);
    }
    let mut file: FileRecord = serde_json::from_value(Json::Object(known)).ok()?;
    if file.num == 0 || file.node.is_empty() || file.name.is_empty() {
        return None;
    }
    if file.first_timestamp == 0 {
        file.first_timestamp = file.first.saturating_mul(1_000);
    }
    file.last_timestamp = file.last_timestamp.max(file.first_timestamp);
    if file.finish_timestamp == 0 {
        file.finish_timestamp = file.last_timestamp;
    }
    if file.compression.is_empty() {
        "none".clone_into(&mut file.compression);
    }
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn files_of_an_arkime_become_records() {
        let made = file(&json!({
            "num": 7, "name": "/raw/n-231114-00000007.pcap.zst", "node": "n", "first": 1_700_000_000, "filesize": -1,
            "locked": 0, "packetPosEncoding": "gap0", "compression": "zstd", "uncompressedBits": 16, "packets": 12.0,
            "encoding": "aes-256-ctr", "dek": "00ff", "iv": "0a", "kekId": "k", "unheardOf": {"x": 1}, "owner": "me",
        }))
        .unwrap();
        assert_eq!((made.num, made.file_size, made.packets, made.uncompressed_bits), (7, 0, 12, Some(16)));
        assert_eq!((made.first_timestamp, made.finish_timestamp), (1_700_000_000_000, 1_700_000_000_000));
        assert_eq!((made.kek_id.as_deref(), made.owner), (Some("k"), None));
        assert_eq!(file(&json!({"num": 1})), None);
    }

    #[test]
    fn positions_are_read_by_the_coding_of_their_file() {
        let plain = FileRecord { num: 1, node: "n".into(), name: "a".into(), ..FileRecord::default() };
        let gaps = FileRecord { num: 2, packet_pos_encoding: Some("gap0".into()), ..plain.clone() };
        let lost = FileRecord {
            num: 3,
            packet_pos_encoding: Some("localIndex".into()),
            name: "/nowhere/a.pcap".into(),
            ..plain.clone()
        };
        let mut translator = Translator::new(&[plain, gaps, lost]);
        let source = json!({"node": "n", "packetPos": [-1, 24, 100, -2, 24, 100, 0], "x": 1});
        let doc = translator.session("231114-AAAAAAAAAAAAAAAAAAAAAA", &source);
        assert_eq!(doc.positions.flat, [-1, 24, 100, -2, 24, 124, 224]);
        assert_eq!(translator.unknown, BTreeMap::from([("x".to_owned(), 1)]));
        let doc = translator
            .session("231114-AAAAAAAAAAAAAAAAAAAAAA", &json!({"node": "n", "packetPos": [-3, 0, 9]}));
        assert!(doc.positions.is_empty() && translator.without_positions == 1);
        assert!(translator.problem.unwrap().contains("/nowhere/a.index"));
    }
}
