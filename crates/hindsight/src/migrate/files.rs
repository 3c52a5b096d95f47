//! Packet files of another place.

use crate::Failure;
use crate::cli::PacketsOf;
use crate::home::Home;
use index::{Catalog, FileRecord};
use std::path::Path;

/// What became of them.
#[derive(Debug, Default)]
pub struct Copied {
    /// Files that are in the catalogue now.
    pub copied: u64,
    /// What could not be done, a sentence each.
    pub problems: Vec<String>,
}

/// Enters packet files into a catalogue, and their bytes into the folder where that is wanted. `foreign` files are an Arkime's.
pub fn copy(
    files: Vec<FileRecord>,
    to: &dyn Catalog,
    home: &Home,
    how: PacketsOf,
    foreign: bool,
) -> Result<Copied, Failure> {
    let mut done = Copied::default();
    let mut busy = 0_u64;
    for mut file in files {
        if file.finish_timestamp == 0 || file.deleting {
            busy += 1;
            continue;
        }
        let known = to.file(&file.node, file.num)?;
        let from = file.name.clone();
        if how != PacketsOf::Refer && !from.contains("://") {
            file.name = target(home, &file).display().to_string();
        }
        if let Some(known) = &known
            && known.name != file.name
            && known.name != from
        {
            return Err(Failure::Failed(format!(
                "file {} of node {} is {} there and {from} here; give the node another name with --rename-node {}=NEW",
                file.num, file.node, known.name, file.node
            )));
        }
        // what others own and delete is not for retention here
        let referred = how == PacketsOf::Refer && !from.contains("://");
        if referred {
            file.locked = 1;
        }
        (file.owner, file.pin) = (None, None);
        if !referred && !from.contains("://") {
            if let Err(problem) = bring(Path::new(&from), Path::new(&file.name), how) {
                done.problems.push(problem);
                file.name = from;
                file.locked = 1;
            }
        } else if !foreign && referred && !Path::new(&from).exists() {
            done.problems.push(format!("{from} is not there; sessions are found, their packets are not"));
        }
        if file.file_size == 0 {
            file.file_size = std::fs::metadata(&file.name).map_or(0, |meta| meta.len());
        }
        to.update_file(&file)?;
        done.copied += 1;
    }
    if busy > 0 {
        done.problems.push(format!(
            "{busy} packet files are still being written and were left out; run the command again with --restart when they are finished"
        ));
    }
    Ok(done)
}

fn target(home: &Home, file: &FileRecord) -> std::path::PathBuf {
    let name = Path::new(&file.name).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let safe = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let node: String = file.node.chars().map(safe).collect();
    // files of several folders may have one name
    home.packets().join("migrated").join(node).join(format!("{:08}-{name}", file.num))
}

fn bring(from: &Path, to: &Path, how: PacketsOf) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}; it is read where it lies", from.display());
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let len = std::fs::metadata(from).map_err(failed)?.len();
    if std::fs::metadata(to).is_ok_and(|there| there.len() == len) {
        return Ok(());
    }
    if how == PacketsOf::Link {
        return std::fs::hard_link(from, to).map_err(failed);
    }
    // under another name until it is whole
    let part = to.with_extension("part");
    std::fs::copy(from, &part).map_err(failed)?;
    std::fs::File::open(&part).and_then(|file| file.sync_all()).map_err(failed)?;
    std::fs::rename(&part, to).map_err(failed)
}
