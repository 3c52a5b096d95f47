//! Network namespaces with cables between them, gone when dropped; sending into them and what the kernel counted.

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A client and a server with cables between them: `c0` to `s0` with addresses 10.78.0.1 and 10.78.0.2, and more without.
pub struct Cable {
    pub client: String,
    pub server: String,
}

/// Runs `ip`; whether it succeeded.
pub fn ip(arguments: &[&str]) -> bool {
    Command::new("ip").args(arguments).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

impl Cable {
    /// Says that it skips where namespaces cannot be made.
    pub fn new() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let id = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let cable = Self { client: format!("hslc-{id}"), server: format!("hsls-{id}") };
        if !super::has("ip") {
            return None;
        }
        let made = ip(&["netns", "add", &cable.client]) && ip(&["netns", "add", &cable.server]);
        if !made || !cable.lay(0) {
            eprintln!("skipped: live capture needs root and network namespaces");
            return None;
        }
        for (namespace, device, address) in
            [(&cable.client, "c0", "10.78.0.1/24"), (&cable.server, "s0", "10.78.0.2/24")]
        {
            assert!(ip(&["-n", namespace, "addr", "add", address, "dev", device]));
            assert!(ip(&["-n", namespace, "link", "set", "lo", "up"]));
        }
        Some(cable)
    }

    /// Lays the cable of this number, for frames of any size, without the kernel's own IPv6 chatter.
    pub fn lay(&self, number: usize) -> bool {
        let (c, s) = (format!("c{number}"), format!("s{number}"));
        for namespace in [&self.client, &self.server] {
            let key = "net.ipv6.conf.default.disable_ipv6=1";
            let _ = inside(namespace, "sysctl").args(["-qw", key]).stderr(Stdio::null()).status();
        }
        let pair = ["link", "add", "name", &c, "netns", &self.client, "mtu", "65535", "type", "veth"];
        let peer = ["peer", "name", &s, "netns", &self.server, "mtu", "65535"];
        ip(&[&pair[..], &peer[..]].concat())
            && ip(&["-n", &self.client, "link", "set", &c, "up"])
            && ip(&["-n", &self.server, "link", "set", &s, "up"])
    }

    /// Pulls the cable of this number out: both interfaces are gone.
    pub fn cut(&self, number: usize) {
        assert!(ip(&["-n", &self.client, "link", "del", &format!("c{number}")]));
    }

    /// Sets an interface of the server `up` or `down`.
    pub fn set(&self, device: &str, state: &str) {
        assert!(ip(&["-n", &self.server, "link", "set", device, state]));
    }

    /// A counter of an interface of the server: `rx_packets` …
    pub fn counter(&self, device: &str, name: &str) -> u64 {
        let path = format!("/sys/class/net/{device}/statistics/{name}");
        let out = inside(&self.server, "cat").arg(path).output().unwrap();
        String::from_utf8_lossy(&out.stdout).trim().parse().unwrap()
    }

    /// Packet sockets that receive from an interface of the server.
    pub fn listeners(&self) -> usize {
        let out = inside(&self.server, "cat").arg("/proc/net/packet").output().unwrap();
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let bound = |line: &&str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            matches!(words[..], [_, _, _, _, interface, "1", ..] if interface != "0" && interface != "1")
        };
        text.lines().skip(1).filter(bound).count()
    }

    /// Sends frames from the client in order, about `rate` a second, with this program's own sender. Returns when the last was taken.
    pub fn send(&self, device: &str, frames: &[Vec<u8>], rate: f64) {
        send(&self.client, device, frames, rate);
    }

    /// Sends the frames of a capture from the client with tcpreplay; returns how many it says it sent.
    pub fn replay(&self, device: &str, file: &Path, arguments: &[&str]) -> u64 {
        let out = inside(&self.client, "tcpreplay")
            .args(["--quiet", "-i", device])
            .args(arguments)
            .arg(file)
            .output()
            .unwrap();
        let said =
            format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        assert!(out.status.success(), "{said}");
        let line = said.lines().find_map(|line| line.trim().strip_prefix("Successful packets:"));
        line.and_then(|n| n.trim().parse().ok()).unwrap_or_else(|| panic!("{said}"))
    }

    /// What tcpdump sees at an interface of the server, from now until it is ended.
    pub fn tcpdump(&self, device: &str, file: &Path, filter: &[&str]) -> Tcpdump {
        let log = file.with_extension("said");
        let child = inside(&self.server, "tcpdump")
            .args(["-n", "-Z", "root", "-U", "--immediate-mode", "-B", "65536", "-i", device, "-w"])
            .arg(file)
            .args(filter)
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let read = || std::fs::read_to_string(&log).unwrap_or_default();
        super::wait_for("tcpdump", || read().contains("listening on"));
        // between saying so and the first packet
        std::thread::sleep(Duration::from_millis(200));
        Tcpdump { child, log }
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        ip(&["netns", "del", &self.client]);
        ip(&["netns", "del", &self.server]);
    }
}

/// A running tcpdump.
pub struct Tcpdump {
    child: std::process::Child,
    log: std::path::PathBuf,
}

impl Tcpdump {
    /// Ends it; packets that it says it captured, and that the kernel dropped.
    pub fn end(mut self) -> (u64, u64) {
        assert_eq!(super::interrupt(&mut self.child), 0);
        let said = std::fs::read_to_string(&self.log).unwrap();
        let figure = |what: &str| {
            let line = said.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("{said}"));
            line.split_whitespace().next().unwrap().parse().unwrap()
        };
        (figure("packets captured"), figure("dropped by kernel"))
    }
}

/// A program in a namespace.
pub fn inside(namespace: &str, program: &str) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace, program]);
    command
}

/// Sends frames from a device in a namespace, in order, about `rate` a second. Returns when the last was taken.
pub fn send(namespace: &str, device: &str, frames: &[Vec<u8>], rate: f64) {
    let path = Path::new("/run/netns").join(namespace);
    std::thread::scope(|scope| {
        let sender = scope.spawn(|| {
            let namespace = std::fs::File::open(path).unwrap();
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).unwrap();
            let mut socket = source::Transmit::open(device).unwrap();
            let begun = Instant::now();
            let mut sent = 0;
            while sent < frames.len() {
                let due = Duration::from_secs_f64(sent as f64 / rate);
                std::thread::sleep(due.saturating_sub(begun.elapsed()));
                let upcoming: Vec<&[u8]> = frames[sent..].iter().take(32).map(Vec::as_slice).collect();
                sent += socket.send(&upcoming).unwrap();
            }
        });
        sender.join().unwrap();
    });
}
