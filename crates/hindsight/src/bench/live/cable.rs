//! Two network namespaces with a cable between them, gone when dropped.

use crate::Failure;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::fs::File;
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Where frames are sent.
pub const SENDING: &str = "hs-tx";
/// Where they are captured.
pub const CAPTURING: &str = "hs-rx";
/// Namespaces of this command: this, `tx` or `rx`, and the number of the process.
const PREFIX: &str = "hindsight-bench-";
/// Where iproute2 keeps namespaces.
const FOLDER: &str = "/run/netns";

/// A pair of virtual interfaces that nothing else uses: what is sent into [`SENDING`] arrives at [`CAPTURING`].
pub struct Cable {
    sender: String,
    receiver: String,
}

/// What the kernel counted at an interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Packets received.
    pub received: u64,
    /// Packets dropped on reception.
    pub receive_drops: u64,
    /// Packets sent.
    pub sent: u64,
    /// Packets dropped while sending.
    pub send_drops: u64,
}

impl Cable {
    /// Makes namespaces and interfaces for frames of up to `mtu` bytes behind the Ethernet header.
    pub fn new(mtu: usize) -> Result<Self, Failure> {
        if !rustix::process::geteuid().is_root() {
            return Err(Failure::Failed(
                "measuring live capture makes network namespaces, which needs root: run it with sudo".into(),
            ));
        }
        remove_left_over();
        let id = std::process::id();
        let cable = Self { sender: format!("{PREFIX}tx-{id}"), receiver: format!("{PREFIX}rx-{id}") };
        ip(&["netns", "add", &cable.sender])?;
        ip(&["netns", "add", &cable.receiver])?;
        for name in [&cable.sender, &cable.receiver] {
            // the kernel's own neighbour discovery would be packets that nobody sent
            for scope in ["all", "default"] {
                let key = format!("net.ipv6.conf.{scope}.disable_ipv6=1");
                // a kernel without IPv6 has no such key
                let _ = in_namespace(name, "sysctl").args(["-qw", &key]).stderr(Stdio::null()).status();
            }
        }
        ip(&[
            "link",
            "add",
            "name",
            SENDING,
            "netns",
            &cable.sender,
            "type",
            "veth",
            "peer",
            "name",
            CAPTURING,
            "netns",
            &cable.receiver,
        ])?;
        let mtu = mtu.to_string();
        for (name, device) in [(&cable.sender, SENDING), (&cable.receiver, CAPTURING)] {
            ip(&["-n", name, "link", "set", device, "mtu", &mtu, "up"])?;
            // frames are sent whole, so nothing is left to offload; where ethtool is, the interface says so too
            let _ = in_namespace(name, "ethtool")
                .args(["-K", device, "gro", "off", "gso", "off", "tso", "off"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
        Ok(cable)
    }

    /// A program on the capturing side.
    pub fn command(&self, program: &Path) -> Command {
        in_namespace(&self.receiver, program)
    }

    /// Does something on the sending side, in a thread of its own.
    pub fn sending<T: Send>(&self, act: impl FnOnce() -> T + Send) -> Result<T, Failure> {
        inside(&self.sender, act)
    }

    /// What the kernel counted at [`SENDING`] and at [`CAPTURING`].
    pub fn counted(&self) -> Result<(Counted, Counted), Failure> {
        let read = || std::fs::read_to_string("/proc/thread-self/net/dev").unwrap_or_default();
        let (sender, receiver) = (inside(&self.sender, read)?, inside(&self.receiver, read)?);
        match (counted(&sender, SENDING), counted(&receiver, CAPTURING)) {
            (Some(sender), Some(receiver)) => Ok((sender, receiver)),
            _ => Err(Failure::Failed("/proc/net/dev does not list the interfaces of the measurement".into())),
        }
    }

    /// Packet sockets that receive from [`CAPTURING`].
    pub fn listeners(&self) -> Result<usize, Failure> {
        let read = || std::fs::read_to_string("/proc/thread-self/net/packet").unwrap_or_default();
        Ok(listeners(&inside(&self.receiver, read)?))
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        for name in [&self.sender, &self.receiver] {
            let _ = ip(&["netns", "del", name]);
        }
    }
}

/// Runs `act` in a thread that has moved into a namespace.
fn inside<T: Send>(name: &str, act: impl FnOnce() -> T + Send) -> Result<T, Failure> {
    let path = Path::new(FOLDER).join(name);
    let entered = std::thread::scope(|scope| {
        let thread = scope.spawn(|| -> std::io::Result<T> {
            let namespace = File::open(&path)?;
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
            Ok(act())
        });
        thread.join()
    });
    match entered {
        Ok(result) => {
            result.map_err(|error| Failure::Failed(format!("cannot enter {}: {error}", path.display())))
        }
        Err(_) => Err(Failure::Failed("a thread of the measurement ended unexpectedly".into())),
    }
}

fn in_namespace(name: &str, program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", name]).arg(program);
    command
}

fn ip(arguments: &[&str]) -> Result<(), Failure> {
    let said = Command::new("ip").args(arguments).output().map_err(|error| {
        Failure::Failed(format!("cannot run ip: {error}; the package iproute2 brings it"))
    })?;
    if said.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&said.stderr);
    Err(Failure::Failed(format!("ip {}: {}", arguments.join(" "), why.trim())))
}

/// Removes namespaces of measurements that were killed.
fn remove_left_over() {
    for entry in std::fs::read_dir(FOLDER).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        let process = name.rsplit('-').next().unwrap_or_default();
        if !Path::new("/proc").join(process).exists() {
            let _ = ip(&["netns", "del", name]);
        }
    }
}

/// `/proc/net/dev`: name, then bytes, packets, errors, drops and four more of reception, then the same of sending.
fn counted(text: &str, interface: &str) -> Option<Counted> {
    let figures = text.lines().find_map(|line| line.trim().strip_prefix(interface)?.strip_prefix(':'))?;
    let figures: Vec<u64> = figures.split_whitespace().map_while(|word| word.parse().ok()).collect();
    let figure = |at: usize| figures.get(at).copied();
    Some(Counted {
        received: figure(1)?,
        receive_drops: figure(3)?,
        sent: figure(9)?,
        send_drops: figure(11)?,
    })
}

/// `/proc/net/packet`: sk, references, type, protocol, interface, running, … The namespace has one interface besides loopback, so any
/// running socket bound to an interface other than that is bound to ours.
fn listeners(text: &str) -> usize {
    let bound = |line: &&str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        matches!(words[..], [_, _, _, _, interface, "1", ..] if interface != "0" && interface != "1")
    };
    text.lines().skip(1).filter(bound).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_tables_are_read() {
        let text = "Inter-|   Receive  |  Transmit\n face |bytes packets\n    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n\
            hs-rx: 5048505    5007    0    3    0     0          0         0      586       7    0    2    0     0       0          0\n";
        assert_eq!(
            counted(text, CAPTURING),
            Some(Counted { received: 5007, receive_drops: 3, sent: 7, send_drops: 2 })
        );
        assert_eq!(counted(text, SENDING), None);
        let text = "sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n\
            00000000c957b0cd 3      3    0003   2     1 0      0      611682\n\
            00000000c3b0276d 2      3    0000   0     0 0      0      611684\n";
        assert_eq!(listeners(text), 1);
    }
}
