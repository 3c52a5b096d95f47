//! Disks of a size and speed of our own, gone when dropped.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where version 1 of the control groups throttles devices.
const BLKIO: &str = "/sys/fs/cgroup/blkio";

/// A file system mounted at a folder.
pub struct Disk {
    folder: PathBuf,
    /// The loop device and its number, where there is one.
    device: Option<(String, String)>,
}

fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let out = Command::new(program).args(arguments).stderr(Stdio::null()).output().ok()?;
    out.status.success().then(|| String::from_utf8_lossy(&out.stdout).trim().to_owned())
}

impl Disk {
    /// One in memory. Says that it skips where mounting is not allowed.
    pub fn memory(folder: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        let option = format!("size={size},mode=700");
        if run("mount", &["-t", "tmpfs", "-o", &option, "hindsight-test", folder.to_str()?]).is_none() {
            eprintln!("skipped: a full disk needs root and mount");
            return None;
        }
        Some(Self { folder: folder.to_owned(), device: None })
    }

    /// One in a file, whose speed can be set. Says that it skips where that cannot be.
    pub fn throttled(folder: &Path, file: &Path, size: u64) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::File::create(file).unwrap().set_len(size).unwrap();
        let made = || {
            if !Path::new(BLKIO).join("blkio.throttle.write_bps_device").exists() {
                return None;
            }
            run("mkfs.ext4", &["-q", "-F", file.to_str()?])?;
            let device = run("losetup", &["--find", "--show", "--direct-io=on", file.to_str()?])?;
            let number =
                run("lsblk", &["-n", "-o", "MAJ:MIN", &device]).unwrap_or_default().trim().to_owned();
            let disk = Self { folder: folder.to_owned(), device: Some((device.clone(), number)) };
            run("mount", &[&device, folder.to_str()?])?;
            Some(disk)
        };
        let disk = made();
        if disk.is_none() {
            eprintln!("skipped: a slow disk needs root, loop devices and the blkio control group");
        }
        disk
    }

    /// Bytes a second that are written at most; 0 takes the limit off.
    pub fn limit(&self, bytes: u64) {
        if let Some((_, number)) = &self.device {
            let file = Path::new(BLKIO).join("blkio.throttle.write_bps_device");
            std::fs::write(file, format!("{number} {bytes}\n")).unwrap();
        }
    }

    /// Fills it to the last byte; the file that is returned frees it again when removed.
    pub fn fill(&self) -> PathBuf {
        let path = self.folder.join("ballast");
        let mut file = std::fs::File::create(&path).unwrap();
        for size in [1 << 20, 4_096, 1] {
            let bytes = vec![0; size];
            while file.write_all(&bytes).is_ok() {}
        }
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.device.is_some() {
            self.limit(0);
        }
        run("umount", &["-l", self.folder.to_str().unwrap()]);
        if let Some((device, _)) = &self.device {
            run("losetup", &["-d", device]);
        }
    }
}
