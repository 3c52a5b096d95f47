//! The programs that are measured.

use super::cable::{CAPTURING, Cable};
use crate::Failure;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A program that captures to disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// This one: packets and parsing, and the index unless it is left out.
    Hindsight {
        /// With its index.
        index: bool,
    },
    /// `tcpdump -w`
    Tcpdump {
        /// With a large buffer.
        large: bool,
    },
    /// `dumpcap`
    Dumpcap {
        /// With a large buffer.
        large: bool,
    },
    /// `netsniff-ng --out`
    NetsniffNg,
}

/// The large buffer of those that can be given one, MiB.
const LARGE_MIB: u32 = 512;
/// How the losses begin that `hindsight run` names at its end; each may go on with a reason.
const LOSSES: [&str; 4] = [
    "packets dropped by the kernel",
    "packets damaged in the ring",
    "packets not written",
    "documents not indexed",
];
/// How long a program may take to begin, and to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a program says of a capture that has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// Packets that it took.
    pub taken: u64,
    /// Packets that it says were lost.
    pub lost: u64,
}

impl Program {
    /// Those to measure.
    pub fn all(peers: bool) -> Vec<Self> {
        let mut all = vec![Self::Hindsight { index: true }, Self::Hindsight { index: false }];
        if peers {
            all.extend([
                Self::Tcpdump { large: false },
                Self::Tcpdump { large: true },
                Self::Dumpcap { large: false },
                Self::Dumpcap { large: true },
                Self::NetsniffNg,
            ]);
        }
        all
    }

    /// How it is called.
    pub fn name(self) -> String {
        match self {
            Self::Hindsight { index: true } => "hindsight run".into(),
            Self::Hindsight { index: false } => "hindsight run --no-index".into(),
            Self::Tcpdump { large: false } => "tcpdump -w".into(),
            Self::Tcpdump { large: true } => format!("tcpdump -w -B {LARGE_MIB} MiB"),
            Self::Dumpcap { large: false } => "dumpcap".into(),
            Self::Dumpcap { large: true } => format!("dumpcap -B {LARGE_MIB} MiB"),
            Self::NetsniffNg => "netsniff-ng --out".into(),
        }
    }

    /// Whether it makes sessions, too.
    pub fn indexes(self) -> bool {
        matches!(self, Self::Hindsight { index: true })
    }

    /// Where it is; `None` where it is not installed.
    pub fn path(self) -> Option<PathBuf> {
        let name = match self {
            Self::Hindsight { .. } => return std::env::current_exe().ok(),
            Self::Tcpdump { .. } => "tcpdump",
            Self::Dumpcap { .. } => "dumpcap",
            Self::NetsniffNg => "netsniff-ng",
        };
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
        folders.map(|folder| folder.join(name)).find(|path| path.is_file())
    }

    fn arguments(self, command: &mut Command, folder: &Path) {
        let file = folder.join("packets.pcap");
        let mib = LARGE_MIB.to_string();
        match self {
            Self::Hindsight { index } => {
                command.args(["run", "--interface", CAPTURING, "--no-serve", "--node", "bench"]);
                command.arg("--dir").arg(folder);
                if !index {
                    command.arg("--no-index");
                }
            }
            Self::Tcpdump { large } => {
                command.args(["-n", "-Z", "root", "-i", CAPTURING, "-w"]).arg(file);
                if large {
                    command.args(["-B", &(LARGE_MIB * 1_024).to_string()]);
                }
            }
            Self::Dumpcap { large } => {
                command.args(["-q", "-i", CAPTURING, "-w"]).arg(file);
                if large {
                    command.args(["-B", &mib]);
                }
            }
            Self::NetsniffNg => {
                command.args(["--in", CAPTURING, "--silent", "--out"]).arg(file);
            }
        }
    }

    /// Starts it and waits until it captures.
    pub fn start(self, cable: &Cable, folder: &Path) -> Result<Running, Failure> {
        let name = self.name();
        let path = self.path().ok_or_else(|| format!("{name} is not installed"))?;
        let said = folder.join("said");
        let failed = |error: std::io::Error| Failure::Failed(format!("cannot start {name}: {error}"));
        let log = File::create(&said).map_err(failed)?;
        let mut command = cable.command(&path);
        self.arguments(&mut command, folder);
        command.stdin(Stdio::null()).stdout(log.try_clone().map_err(failed)?).stderr(log);
        let child = command.spawn().map_err(failed)?;
        let mut running = Running { program: self, child, said, folder: folder.to_owned() };
        let begun = Instant::now();
        while !running.captures(cable)? {
            if let Ok(Some(status)) = running.child.try_wait() {
                let said = running.said();
                return Err(Failure::Failed(format!("{name} ended ({status}): {}", said.trim())));
            }
            if begun.elapsed() > PATIENCE {
                return Err(Failure::Failed(format!("{name} does not begin to capture")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        // between opening the socket and reading from it
        std::thread::sleep(Duration::from_millis(300));
        Ok(running)
    }

    /// What the text that it ends with says.
    pub fn own(self, said: &str) -> Option<Own> {
        let before = |what: &str| -> Option<u64> {
            let line = said.lines().rev().find(|line| line.contains(what))?;
            line.split(what).next()?.split_whitespace().last()?.parse().ok()
        };
        match self {
            Self::Hindsight { .. } => {
                let is = |line: &&str| line.contains(" packets, ") && line.contains(" documents");
                let line = said.lines().rev().find(is)?;
                let parts = line.split(", ").filter_map(|part| part.trim().split_once(' '));
                let lost = parts.filter(|(_, what)| LOSSES.iter().any(|loss| what.starts_with(loss)));
                let lost = lost.filter_map(|(count, _)| count.parse::<u64>().ok()).sum();
                Some(Own { taken: line.trim().split(' ').next()?.parse().ok()?, lost })
            }
            Self::Tcpdump { .. } => {
                Some(Own { taken: before(" packets captured")?, lost: before(" packets dropped by kernel")? })
            }
            Self::Dumpcap { .. } => {
                let line = said.lines().find(|line| line.starts_with("Packets received/dropped"))?;
                let (taken, lost) = line.split("': ").nth(1)?.split_whitespace().next()?.split_once('/')?;
                Some(Own { taken: taken.parse().ok()?, lost: lost.parse().ok()? })
            }
            Self::NetsniffNg => Some(Own {
                taken: before(" packets passed filter")?,
                lost: before(" packets failed filter")?,
            }),
        }
    }
}

/// A program that captures.
pub struct Running {
    program: Program,
    child: Child,
    said: PathBuf,
    folder: PathBuf,
}

impl Running {
    fn said(&self) -> String {
        std::fs::read_to_string(&self.said).unwrap_or_default()
    }

    fn captures(&self, cable: &Cable) -> Result<bool, Failure> {
        match self.program {
            Program::Hindsight { .. } => Ok(self.said().contains("capturing on")),
            _ => Ok(cable.listeners()? > 0),
        }
    }

    /// Processor time used so far, seconds.
    pub fn processor(&self) -> f64 {
        crate::bench::processor_seconds(&format!("/proc/{}/stat", self.child.id()))
    }

    /// Waits until it has written what it holds, then asks it to end; gives what it says of itself.
    pub fn finish(mut self) -> Result<(String, Option<Own>), Failure> {
        let begun = Instant::now();
        let (mut size, mut grown) = (crate::bench::size_of(&self.folder), Instant::now());
        while grown.elapsed() < Duration::from_millis(1_500) && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(100));
            let now = crate::bench::size_of(&self.folder);
            if now != size {
                (size, grown) = (now, Instant::now());
            }
        }
        let name = self.program.name();
        let status = self.interrupt().map_err(|error| format!("cannot end {name}: {error}"))?;
        let said = self.said();
        let Some(status) = status else {
            return Err(Failure::Failed(format!("{name} does not end: {}", said.trim())));
        };
        if !status.success() {
            return Err(Failure::Failed(format!("{name} failed ({status}): {}", said.trim())));
        }
        let own = self.program.own(&said);
        Ok((said, own))
    }

    fn interrupt(&mut self) -> std::io::Result<Option<ExitStatus>> {
        let process = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(process) = process {
            rustix::process::kill_process(process, rustix::process::Signal::INT)?;
        }
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(None)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // does nothing where it has ended
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_programs_say_is_read() {
        let own = |program: Program, said| program.own(said).unwrap();
        assert_eq!(
            own(
                Program::Tcpdump { large: false },
                "tcpdump: listening on x\n5010 packets captured\n5012 packets received by filter\n2 packets dropped by kernel\n"
            ),
            Own { taken: 5010, lost: 2 }
        );
        assert_eq!(
            own(
                Program::Dumpcap { large: true },
                "Packets captured: 5010\nPackets received/dropped on interface 'l1': 5010/7 (pcap:0/dumpcap:0/flushed:0/ps_ifdrop:0) (99.9%)\n"
            ),
            Own { taken: 5010, lost: 7 }
        );
        assert_eq!(
            own(
                Program::NetsniffNg,
                "\n           9  packets incoming (0 unread on exit)\n           8  packets passed filter\n           1  packets failed filter (out of space)\n"
            ),
            Own { taken: 8, lost: 1 }
        );
        let said = "capturing on x into y\n12 packets, 900 bytes, 3 sessions, 3 documents, 4 packets dropped by the kernel, 2 packets not written\n";
        assert_eq!(own(Program::Hindsight { index: true }, said), Own { taken: 12, lost: 6 });
        let real =
            capture::Counters { packets: 5, kernel_dropped: 3, unwritten: 9, ..capture::Counters::default() };
        let real =
            capture::Counters { unwritten_by: capture::Unwritten { busy: 4, full: 5, error: 0 }, ..real };
        assert_eq!(own(Program::Hindsight { index: true }, &format!("{real}\n")), Own { taken: 5, lost: 12 });
        assert_eq!(Program::Hindsight { index: false }.own("nothing"), None);
    }
}
