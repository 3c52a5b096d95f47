//! The disks that packets and index are written to: room and speed.

use super::{Finding, Level};
use indicatif::HumanBytes;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long the speed is measured.
const LONGEST: Duration = Duration::from_secs(2);
/// Most bytes that the measurement writes.
const MOST: u64 = 2 << 30;
/// Bytes of one write, and what direct writes must be aligned to.
const BLOCK: usize = 1 << 20;
const ALIGNED: usize = 4_096;
/// Below this a link of a gigabit is not held.
const SLOW: u64 = 125_000_000;

/// What a measurement says.
#[derive(Debug)]
struct Speed {
    bytes_per_second: u64,
    direct: bool,
}

/// `link` is the sum of the speeds of the interfaces, bits a second; 0 where it is not known.
pub fn findings(folders: &[PathBuf], link: u64) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut devices = Vec::new();
    for folder in folders {
        let Some(place) = existing(folder) else {
            found.push(Finding::new(
                "disk",
                Level::Bad,
                format!("{}: no folder above it exists", folder.display()),
                "nothing can be written",
            ));
            continue;
        };
        let device = std::fs::metadata(&place).map(|meta| meta.dev()).ok();
        if device.is_some() && devices.contains(&device) {
            continue;
        }
        devices.push(device);
        let area = format!("disk of {}", folder.display());
        match rustix::fs::statvfs(&place) {
            Ok(stat) => {
                let size = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
                found.push(room(&area, size(stat.f_bavail), size(stat.f_blocks)));
                let most = MOST.min(size(stat.f_bavail) / 20);
                found.push(match measure(&place, most) {
                    Ok(speed) => rated(&area, &speed, link),
                    Err(error) => Finding::new(
                        &area,
                        Level::Bad,
                        format!("{} cannot be written to: {error}", place.display()),
                        "no packet and no session can be kept",
                    )
                    .by_hand("run as the user that owns the folder, or choose another with --dir or [packets] folders"),
                });
            }
            Err(error) => found.push(Finding::new(
                &area,
                Level::Bad,
                format!("it cannot be asked: {error}"),
                "its room is not known",
            )),
        }
    }
    found
}

/// The folder, or the nearest one above it that exists.
fn existing(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|path| path.is_dir()).map(Path::to_owned)
}

fn room(area: &str, free: u64, size: u64) -> Finding {
    let percent = if size == 0 { 0.0 } else { 100.0 * free as f64 / size as f64 };
    let found = format!("{} free of {} ({percent:.0} %)", HumanBytes(free), HumanBytes(size));
    let remedy = "make room, choose a larger disk with --dir or [packets] folders, or lower retention";
    if percent < 1.0 || free < 1 << 30 {
        return Finding::new(
            area,
            Level::Bad,
            found,
            "writing pauses when the disk is full; packets are then counted as lost",
        )
        .by_hand(remedy);
    }
    if percent < 5.0 || free < 10 << 30 {
        return Finding::new(
            area,
            Level::Warn,
            found,
            "old packets are removed soon after they were captured",
        )
        .by_hand(remedy);
    }
    Finding::ok(area, found)
}

fn rated(area: &str, speed: &Speed, link: u64) -> Finding {
    let rate = speed.bytes_per_second;
    let kind = if speed.direct { "direct writes" } else { "writes through the cache, then flushed" };
    let found = format!(
        "writes {}/s ({kind}), which is {} Mbit/s",
        HumanBytes(rate),
        rate.saturating_mul(8) / 1_000_000
    );
    let wanted = if link > 0 { link / 8 } else { SLOW };
    if rate < wanted {
        let than = if link > 0 {
            format!("the link's {} Mbit/s", link / 1_000_000)
        } else {
            "a full gigabit link".to_owned()
        };
        return Finding::new(
            area,
            Level::Warn,
            found,
            &format!("slower than {than}: longer bursts at full rate are not written completely"),
        )
        .by_hand("write to a faster disk or several, compress packets, or keep less with [[keep]] rules");
    }
    Finding::ok(area, found)
}

/// Writes for at most [`LONGEST`] and `most` bytes to a file that is gone afterwards.
fn measure(folder: &Path, most: u64) -> std::io::Result<Speed> {
    let path = folder.join(format!(".hindsight-doctor-{}", std::process::id()));
    let open = |flags: i32| {
        OpenOptions::new().write(true).create_new(true).mode(0o600).custom_flags(flags).open(&path)
    };
    // the bits of rustix are those of open(2)
    let direct_flag = i32::try_from(rustix::fs::OFlags::DIRECT.bits()).unwrap_or(0);
    let (mut file, mut direct) = match open(direct_flag) {
        Ok(file) => (file, true),
        Err(error) if error.raw_os_error() == Some(22) => (open(0)?, false),
        Err(error) => return Err(error),
    };
    // the name goes at once: nothing stays behind whatever happens
    std::fs::remove_file(&path)?;
    // not zeros: some disks and file systems do not write those
    let noise: Vec<u8> = (0..BLOCK + ALIGNED).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let from = noise.as_ptr().align_offset(ALIGNED).min(ALIGNED);
    let block = noise.get(from..from + BLOCK).unwrap_or(&noise);
    let begun = Instant::now();
    let mut written = 0_u64;
    while begun.elapsed() < LONGEST && written + BLOCK as u64 <= most.max(BLOCK as u64) {
        match file.write_all(block) {
            Ok(()) => written += BLOCK as u64,
            Err(error) if direct && written == 0 && error.raw_os_error() == Some(22) => {
                direct = false;
                file = open(0)?;
                std::fs::remove_file(&path)?;
            }
            Err(error) => return Err(error),
        }
    }
    file.sync_data()?;
    let seconds = begun.elapsed().as_secs_f64().max(1e-6);
    Ok(Speed { bytes_per_second: (written as f64 / seconds) as u64, direct })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_judged() {
        assert_eq!(room("d", 0, 0).level, Level::Bad);
        assert_eq!(room("d", 500 << 20, 1 << 40).level, Level::Bad);
        assert_eq!(room("d", 30 << 30, 1 << 40).level, Level::Warn);
        assert_eq!(room("d", 300 << 30, 1 << 40).level, Level::Ok);
    }

    #[test]
    fn speed_is_judged_by_the_link() {
        let speed = Speed { bytes_per_second: 200_000_000, direct: true };
        assert_eq!(rated("d", &speed, 0).level, Level::Ok);
        let slow = rated("d", &speed, 10_000_000_000);
        assert_eq!(slow.level, Level::Warn);
        assert!(slow.means.contains("10000 Mbit/s"), "{}", slow.means);
    }

    #[test]
    fn measuring_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let speed = measure(dir.path(), 4 << 20).unwrap();
        assert!(speed.bytes_per_second > 0);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        assert_eq!(existing(&dir.path().join("a/b")).as_deref(), Some(dir.path()));
        assert!(measure(&dir.path().join("a"), 1).is_err());
    }
}
