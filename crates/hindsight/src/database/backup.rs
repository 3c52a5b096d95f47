//! Backups of a data folder: made while it is in use, checked byte by byte before they are put back. Those of a cluster have the same form, so that
//! either can be put back into either.

mod cluster;

use crate::cli::Consent;
use crate::config::Config;
use crate::database::agree;
use crate::home::Home;
use crate::stores::Stores;
use crate::{Failure, Outcome, ask};
use catalog_sqlite::Sqlite;
use index::{Catalog as _, Control, FileRecord, SessionIndex as _};
use indicatif::{HumanBytes, HumanCount};
use query::Plan;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Component, Path, PathBuf};
use xxhash_rust::xxh3::Xxh3;

/// What a backup says of itself.
const MANIFEST: &str = "backup.json";
/// Version of its layout.
const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    hindsight_backup: u32,
    /// Milliseconds since 1970.
    made: i64,
    /// Version of the program.
    program: String,
    /// Folder that it is of.
    folder: String,
    /// Sessions in it.
    sessions: u64,
    files: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    path: String,
    bytes: u64,
    /// XXH3 with 128 bits, in hexadecimal.
    sum: String,
}

fn at(path: &Path) -> impl Fn(std::io::Error) -> Failure + '_ {
    move |error| Failure::Failed(format!("{}: {error}", path.display()))
}

/// Names of single files of a data folder that belong to it.
const SINGLE: [&str; 2] = ["viewer.key", "hindsight.toml"];

/// `db backup`
pub fn backup(home: &Home, to: &Path, packets: bool, quiet: bool) -> Result<Outcome, Failure> {
    if home.cluster().is_none() && !home.index().exists() {
        return Err(Failure::Failed(format!(
            "{} holds no index; name a data folder with --dir",
            home.path().display()
        )));
    }
    if to.exists() {
        return Err(Failure::Failed(format!("{} is there already; name a folder that is not", to.display())));
    }
    // under another name until it is whole
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(".unfinished");
    let stage = to.with_file_name(name);
    if stage.exists() {
        std::fs::remove_dir_all(&stage).map_err(at(&stage))?;
    }
    std::os::unix::fs::DirBuilderExt::mode(std::fs::DirBuilder::new().recursive(true), 0o700)
        .create(&stage)
        .map_err(at(&stage))?;
    let stores = Stores::open(home)?;
    // sessions first: the files that they name are in a catalogue that is copied later
    match &stores.embedded {
        Some(index) => {
            index.copy_to(&stage.join("index"))?;
            Sqlite::open(home.catalog())?.copy_to(stage.join("catalog.db"))?;
        }
        None => cluster::copy_out(&stores, &stage)?,
    }
    for name in SINGLE {
        let from = home.path().join(name);
        if from.exists() {
            std::fs::copy(&from, stage.join(name)).map_err(at(&from))?;
        }
    }
    let mut left_out = 0;
    if packets {
        left_out = copy_packets(&stage)?;
    }
    let copy = index_parquet::Store::open(
        stage.join("index"),
        index_parquet::Options::new(crate::schema::SCHEMA.clone()),
    )?;
    let sessions = copy.count(&Plan::All, &Control::new())?;
    drop(copy);
    let mut files = Vec::new();
    list(&stage, Path::new(""), &mut files)?;
    let manifest = Manifest {
        hindsight_backup: VERSION,
        made: ask::now_ms(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        folder: home.path().display().to_string(),
        sessions,
        files,
    };
    let path = stage.join(MANIFEST);
    let text =
        serde_json::to_vec_pretty(&manifest).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut file = File::create(&path).map_err(at(&path))?;
    file.write_all(&text).and_then(|()| file.sync_all()).map_err(at(&path))?;
    std::fs::rename(&stage, to).map_err(at(to))?;
    if !quiet {
        let bytes: u64 = manifest.files.iter().map(|file| file.bytes).sum();
        eprintln!(
            "{} sessions in {} files, {}",
            HumanCount(sessions),
            manifest.files.len(),
            HumanBytes(bytes)
        );
        if !packets {
            eprintln!("packet files are not in it (--packets copies them)");
        }
        if left_out > 0 {
            eprintln!("{left_out} packet files are being written or gone and are not in it");
        }
    }
    Ok(Outcome::Done)
}

/// Copies finished packet files, and names them in the copy of the catalogue as they lie in the backup. Returns how many are not in it.
fn copy_packets(stage: &Path) -> Result<u64, Failure> {
    let folder = stage.join("packets");
    std::fs::create_dir_all(&folder).map_err(at(&folder))?;
    let catalog = Sqlite::open(stage.join("catalog.db"))?;
    let mut left_out = 0;
    for file in catalog.files()? {
        let from = PathBuf::from(&file.name);
        if file.finish_timestamp == 0 || file.deleting || !from.is_file() {
            left_out += 1;
            continue;
        }
        let name = format!("{}-{:08}-{}", safe(&file.node), file.num, file_name(&from));
        let to = folder.join(&name);
        if std::fs::hard_link(&from, &to).is_err() {
            match std::fs::copy(&from, &to) {
                Ok(_) => {}
                // retention was quicker
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    left_out += 1;
                    continue;
                }
                Err(error) => return Err(at(&from)(error)),
            }
        }
        catalog.update_file(&FileRecord { name: format!("packets/{name}"), ..file })?;
    }
    Ok(left_out)
}

fn safe(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect()
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Every file of a folder with its sum.
fn list(root: &Path, inside: &Path, files: &mut Vec<Entry>) -> Result<(), Failure> {
    let folder = root.join(inside);
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<_, _>>()
        })
        .map_err(at(&folder))?;
    names.sort();
    for name in names {
        let path = inside.join(&name);
        if root.join(&path).is_dir() {
            list(root, &path, files)?;
        } else {
            let (bytes, sum) = sum(&root.join(&path))?;
            files.push(Entry { path: path.display().to_string(), bytes, sum });
        }
    }
    Ok(())
}

fn sum(path: &Path) -> Result<(u64, String), Failure> {
    let mut file = File::open(path).map_err(at(path))?;
    let (mut hash, mut bytes, mut buffer) = (Xxh3::new(), 0, vec![0; 1 << 20]);
    loop {
        let read = file.read(&mut buffer).map_err(at(path))?;
        if read == 0 {
            return Ok((bytes, format!("{:032x}", hash.digest128())));
        }
        hash.update(buffer.get(..read).unwrap_or_default());
        bytes += read as u64;
    }
}

/// Whether the path of a backup's file stays inside it.
fn is_inside(path: &str) -> bool {
    let path = Path::new(path);
    !path.as_os_str().is_empty() && path.components().all(|part| matches!(part, Component::Normal(_)))
}

/// Reads and checks a backup.
fn check(from: &Path) -> Result<Manifest, Failure> {
    let path = from.join(MANIFEST);
    let text = std::fs::read(&path)
        .map_err(|error| format!("{}: {error}; this is no finished backup", path.display()))?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    if manifest.hindsight_backup != VERSION {
        return Err(Failure::Failed(format!("{}: made by a newer version of this program", path.display())));
    }
    let mut wrong = Vec::new();
    for file in &manifest.files {
        if !is_inside(&file.path) {
            return Err(Failure::Failed(format!(
                "{}: names {}, which lies outside",
                path.display(),
                file.path
            )));
        }
        match sum(&from.join(&file.path)) {
            Ok((bytes, sum)) if bytes == file.bytes && sum == file.sum => {}
            Ok(_) => wrong.push(format!("{}: not the bytes that were written", file.path)),
            Err(Failure::Failed(error) | Failure::Usage(error)) => wrong.push(error),
        }
    }
    if wrong.is_empty() {
        return Ok(manifest);
    }
    let (many, first) = (wrong.len(), wrong.into_iter().take(5).collect::<Vec<_>>().join("; "));
    Err(Failure::Failed(format!("the backup is damaged in {many} files: {first}; nothing was put back")))
}

/// Copies the files of a backup into a folder beside where they go.
fn staged(home: &Home, from: &Path, manifest: &Manifest) -> Result<PathBuf, Failure> {
    let stage = home.path().join(".restoring");
    if stage.exists() {
        std::fs::remove_dir_all(&stage).map_err(at(&stage))?;
    }
    for file in &manifest.files {
        let to = stage.join(&file.path);
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(parent).map_err(at(parent))?;
        }
        std::fs::copy(from.join(&file.path), &to).map_err(at(&to))?;
        File::open(&to).and_then(|file| file.sync_all()).map_err(at(&to))?;
    }
    Ok(stage)
}

/// `db restore`
pub fn restore(
    home: &Home,
    from: &Path,
    only_check: bool,
    consent: Consent,
    _config: &Config,
    quiet: bool,
) -> Result<Outcome, Failure> {
    let manifest = check(from)?;
    if only_check {
        eprintln!(
            "the backup is whole: {} sessions, {} files",
            HumanCount(manifest.sessions),
            manifest.files.len()
        );
        return Ok(Outcome::Done);
    }
    if home.cluster().is_some() {
        return cluster::put_back(home, from, &manifest, quiet);
    }
    let there: Vec<&str> = ["index", "catalog.db", "viewer.key", "hindsight.toml"]
        .into_iter()
        .filter(|name| home.path().join(name).exists())
        .collect();
    let aside = home.path().join(format!("before-restore-{}", ask::now_ms()));
    if !there.is_empty() {
        let stores = Stores::open(home)?;
        let health = stores.index.health()?;
        if !health.writers.is_empty() {
            return Err(Failure::Failed(format!(
                "{} is being written to by {}; stop that first",
                home.path().display(),
                health.writers.join(", ")
            )));
        }
        agree(
            consent,
            &format!(
                "{} holds {} sessions; {} will be moved to {} and replaced by the backup of {}",
                home.path().display(),
                HumanCount(health.sessions),
                there.join(", "),
                aside.display(),
                crate::output::time(manifest.made)
            ),
        )?;
    }
    home.create()?;
    // everything is there before anything is moved
    let stage = staged(home, from, &manifest)?;
    if !there.is_empty() {
        std::fs::create_dir_all(&aside).map_err(at(&aside))?;
        for name in &there {
            let path = home.path().join(name);
            std::fs::rename(&path, aside.join(name)).map_err(at(&path))?;
            for more in ["-wal", "-shm"] {
                let side = home.path().join(format!("{name}{more}"));
                if side.exists() {
                    std::fs::rename(&side, aside.join(format!("{name}{more}"))).map_err(at(&side))?;
                }
            }
        }
    }
    for name in ["index", "catalog.db", "viewer.key", "hindsight.toml"] {
        let staged = stage.join(name);
        if staged.exists() {
            std::fs::rename(&staged, home.path().join(name)).map_err(at(&staged))?;
        }
    }
    let stores = Stores::open(home)?;
    place_packets(home, &stage, &*stores.catalog)?;
    let _ = std::fs::remove_dir_all(&stage);
    let sessions = stores.index.count(&Plan::All, &Control::new())?;
    if sessions != manifest.sessions {
        return Err(Failure::Failed(format!(
            "{sessions} sessions were put back, the backup says {}; what was there before lies in {}",
            manifest.sessions,
            aside.display()
        )));
    }
    if !quiet {
        eprintln!("{} sessions put back", HumanCount(sessions));
    }
    Ok(Outcome::Done)
}

/// Packet files of the backup go into the folder and are named by where they lie.
fn place_packets(home: &Home, stage: &Path, catalog: &dyn index::Catalog) -> Result<(), Failure> {
    let folder = home.packets();
    for file in catalog.files()?.into_iter().filter(|file| file.name.starts_with("packets/")) {
        std::fs::create_dir_all(&folder).map_err(at(&folder))?;
        let staged = stage.join(&file.name);
        let to = home.path().join(&file.name);
        if to.exists() {
            return Err(Failure::Failed(format!(
                "{} is there already; move it away and restore again",
                to.display()
            )));
        }
        std::fs::rename(&staged, &to).map_err(at(&staged))?;
        catalog.update_file(&FileRecord { name: to.display().to_string(), ..file })?;
    }
    Ok(())
}
