//! A site: namespaces on one switch, a cluster of three servers, viewers, sensors, one of them behind a router that hides it.

use crate::support::net::{inside, ip};
use crate::support::{Home, has};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The library that shows programs another time.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
/// The members on the switch; their addresses are 10.79.0.2 and up. The router hides `sensor3`.
const MEMBERS: [&str; 5] = ["viewer1", "viewer2", "sensor1", "sensor2", "router"];
pub const SENSORS: [&str; 3] = ["sensor1", "sensor2", "sensor3"];
const CONFIG: &str = r#"
[fleet]
enabled = true
[capture]
interfaces = ["m0"]
[index]
replicas = 1
[node.viewer1.fleet]
addresses = ["10.79.0.2:8006"]
[node.viewer2.fleet]
addresses = ["10.79.0.3:8006"]
[node.sensor1.fleet]
addresses = ["10.79.0.4:8006"]
[node.sensor2.fleet]
addresses = ["10.79.0.5:8006"]
[node.sensor3.fleet]
listen = "off"
dial = ["*"]
"#;

pub struct Site {
    id: String,
    home: Home,
    cluster: tempfile::TempDir,
    processes: BTreeMap<String, Child>,
    pub password: String,
}

/// Waits until something is there; the machine may be busy.
pub fn wait<T>(what: &str, mut test: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = test() {
            return found;
        }
        assert!(begun.elapsed() < Duration::from_secs(180), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// An answer of a viewer.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

impl Site {
    /// `None`, and a word why, where that cannot be.
    pub fn build() -> Option<Self> {
        if !["ip", "nft", "java", "curl", "openssl", "tcpdump"].iter().all(|program| has(program)) {
            return None;
        }
        let id = format!("hse{}", std::process::id());
        let cluster = tempfile::Builder::new().prefix("search-cluster-").tempdir_in("/var/tmp").ok()?;
        let site =
            Self { id, home: Home::new(), cluster, processes: BTreeMap::new(), password: String::new() };
        if !ip(&["netns", "add", &site.namespace("switch")]) {
            eprintln!("skipped: a fleet needs root and network namespaces");
            return None;
        }
        let installed = site.script().arg("install").stderr(Stdio::piped()).output().unwrap();
        if !installed.status.success() {
            eprintln!(
                "skipped: no cluster can be had: {}",
                String::from_utf8_lossy(&installed.stderr).trim()
            );
            return None;
        }
        if !site.lay() {
            eprintln!("skipped: a fleet needs bridges and address translation");
            return None;
        }
        // servers do not run as root
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(site.cluster.path(), open).unwrap();
        std::fs::write(site.path("site.toml"), CONFIG).unwrap();
        for name in MEMBERS[..2].iter().chain(&SENSORS) {
            std::fs::create_dir_all(site.path(name)).unwrap();
            let text = format!("include = [\"../site.toml\"]\n[capture]\nnode = \"{name}\"\n");
            std::fs::write(site.path(name).join("hindsight.toml"), text).unwrap();
        }
        Some(site)
    }

    pub fn namespace(&self, member: &str) -> String {
        format!("{}-{member}", self.id)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path(name)
    }

    /// The cables: everybody on the switch, `sensor3` behind the router, and on each sensor a mirror port `m0` fed by `t0`.
    fn lay(&self) -> bool {
        let switch = self.namespace("switch");
        let set = |namespace: &str, key: &str| {
            inside(namespace, "sysctl")
                .args(["-qw", key])
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|s| s.success())
        };
        let quiet = |namespace: &str| {
            ["all", "default"]
                .iter()
                .all(|which| set(namespace, &format!("net.ipv6.conf.{which}.disable_ipv6=1")))
        };
        let up = |namespace: &str, device: &str| ip(&["-n", namespace, "link", "set", device, "up"]);
        let address = |namespace: &str, device: &str, address: &str| {
            ip(&["-n", namespace, "addr", "add", address, "dev", device]) && up(namespace, device)
        };
        let mut good = quiet(&switch)
            && up(&switch, "lo")
            && ip(&["-n", &switch, "link", "add", "br0", "type", "bridge"])
            && address(&switch, "br0", "10.79.0.1/24");
        for (n, member) in MEMBERS.iter().enumerate() {
            let (member, port) = (self.namespace(member), format!("p{n}"));
            good = good
                && ip(&["netns", "add", &member])
                && quiet(&member)
                && up(&member, "lo")
                && ip(&[
                    "link", "add", "e0", "netns", &member, "type", "veth", "peer", "name", &port, "netns",
                    &switch,
                ])
                && ip(&["-n", &switch, "link", "set", &port, "master", "br0", "up"])
                && address(&member, "e0", &format!("10.79.0.{}/24", n + 2));
        }
        let (router, hidden) = (self.namespace("router"), self.namespace("sensor3"));
        good = good
            && ip(&["netns", "add", &hidden])
            && quiet(&hidden)
            && up(&hidden, "lo")
            && ip(&[
                "link", "add", "e0", "netns", &hidden, "type", "veth", "peer", "name", "i0", "netns", &router,
            ])
            && address(&router, "i0", "192.168.79.1/24")
            && address(&hidden, "e0", "192.168.79.2/24")
            && ip(&["-n", &hidden, "route", "add", "default", "via", "192.168.79.1"])
            && set(&router, "net.ipv4.ip_forward=1");
        let rules = self.path("nat.nft");
        let nat = "table ip nat {\n chain post {\n  type nat hook postrouting priority 100; policy accept;\n  oifname \"e0\" masquerade\n }\n}\n";
        std::fs::write(&rules, nat).unwrap();
        good = good
            && inside(&router, "nft")
                .arg("-f")
                .arg(&rules)
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|s| s.success());
        SENSORS.iter().map(|sensor| self.namespace(sensor)).fold(good, |good, sensor| {
            good && ip(&[
                "-n", &sensor, "link", "add", "t0", "mtu", "65535", "type", "veth", "peer", "name", "m0",
                "mtu", "65535",
            ]) && up(&sensor, "t0")
                && up(&sensor, "m0")
        })
    }

    fn script(&self) -> Command {
        Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/search-cluster"))
    }

    /// `deploy/search-cluster` in the switch's namespace.
    pub fn cluster(&self, arguments: &[&str]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/search-cluster");
        let out = inside(&self.namespace("switch"), script.to_str().unwrap())
            .args(arguments)
            .env("DATA_DIR", self.cluster.path())
            .env("PORT", "9200")
            .env("HEAP", "256m")
            .env("SETTINGS", "http.host: 0.0.0.0")
            .output()
            .unwrap();
        assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    }

    /// The binary as a member; `late` seconds are added to its clock.
    fn command(&self, member: &str, late: i64, arguments: &[&str]) -> Command {
        let mut command = inside(&self.namespace(member), "env");
        if late != 0 {
            command.arg(format!("LD_PRELOAD={FAKETIME}")).arg(format!("FAKETIME={late:+}"));
            command.arg("FAKETIME_DONT_FAKE_MONOTONIC=1");
        }
        let hosts: Vec<String> = (0..3).map(|n| format!("http://10.79.0.1:{}", 9200 + n)).collect();
        command.arg(env!("CARGO_BIN_EXE_hindsight")).args(arguments);
        command
            .env("HINDSIGHT_DIR", self.path(member))
            .env("HINDSIGHT_INDEX", hosts.join(","))
            .env("TZ", "UTC");
        command
    }

    /// Standard output of the binary as a member.
    pub fn ok(&self, member: &str, arguments: &[&str]) -> String {
        let out = self.command(member, 0, arguments).output().unwrap();
        assert!(out.status.success(), "{member} {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    /// Starts a member, and waits until it says that it works.
    pub fn start(&mut self, member: &str, late: i64) {
        let viewer = member.starts_with("viewer");
        let (arguments, ready) = if viewer {
            (&["serve"][..], "viewer: http://")
        } else {
            (&["run", "--no-serve"][..], "capturing on")
        };
        let log = self.path(&format!("{member}.log"));
        let out = std::fs::File::create(&log).unwrap();
        let child = self.command(member, late, arguments).stderr(out).stdout(Stdio::null()).spawn().unwrap();
        self.processes.insert(member.to_owned(), child);
        wait(member, || {
            let said = self.said(member);
            let ended = self.processes.get_mut(member).unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "{member} ended: {said}");
            said.contains(ready).then_some(())
        });
    }

    pub fn said(&self, member: &str) -> String {
        std::fs::read_to_string(self.path(&format!("{member}.log"))).unwrap_or_default()
    }

    /// Sends a member a signal; after `KILL` it is gone.
    pub fn signal(&mut self, member: &str, name: &str) {
        let child = self.processes.get_mut(member).unwrap();
        assert!(
            Command::new("kill")
                .args([&format!("-{name}"), &child.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
        if name == "KILL" {
            child.wait().unwrap();
            self.processes.remove(member);
        }
    }

    /// A request to a viewer, from its own machine; `more` are arguments of curl.
    pub fn ask(&self, viewer: &str, path: &str, more: &[&str]) -> Answer {
        let user = format!("admin:{}", self.password);
        let mut command = inside(&self.namespace(viewer), "curl");
        command.args(["-s", "-i", "-m", "100", "-u", &user, "-H", "Expect:"]).args(more);
        answer(command.arg(format!("http://127.0.0.1:8005{path}")).output().unwrap())
    }

    /// A request that must succeed.
    pub fn get(&self, viewer: &str, path: &str) -> Value {
        let answer = self.ask(viewer, path, &[]);
        assert_eq!(answer.status, 200, "{viewer} {path}: {}", answer.text());
        answer.json()
    }

    /// The same with JSON.
    pub fn post(&self, viewer: &str, path: &str, body: &Value) -> Value {
        let answer =
            self.ask(viewer, path, &["-H", "content-type: application/json", "-d", &body.to_string()]);
        assert_eq!(answer.status, 200, "{viewer} {path}: {}", answer.text());
        answer.json()
    }

    /// A request to a node as another node makes it, but by other means: signed with `key` by OpenSSL, sent with curl.
    pub fn between(&self, from: &str, address: &str, headers: &[(&str, String)]) -> Answer {
        let mut command = inside(&self.namespace(from), "curl");
        command.args(["-s", "-i", "-k", "-m", "30", "-d", "{}", "-H", "content-type: application/json"]);
        for (name, value) in headers {
            command.args(["-H", &format!("x-hindsight-{name}: {value}")]);
        }
        answer(command.arg(format!("https://{address}/fleet/v1/ping")).output().unwrap())
    }

    /// The headers of such a request, as `docs/fleet.md` describes them.
    pub fn sign(&self, key_of: &str, to: &str, time: i64, nonce: &str) -> Vec<(&'static str, String)> {
        let digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"; // SHA-256 of {}
        let text = format!(
            "hindsight-node-request 1\nPOST\n/fleet/v1/ping\n{to}\n{key_of}\n{time}\n{nonce}\nYWRtaW4\n{digest}\n"
        );
        let file = self.path("signed");
        std::fs::write(&file, text).unwrap();
        let key = self.path("signer.der");
        std::fs::write(&key, self.old_form(&self.path(key_of).join("node.key"))).unwrap();
        let out = Command::new("openssl")
            .args(["pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey"])
            .arg(key)
            .arg("-in")
            .arg(&file)
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let signature = base64(&out.stdout);
        vec![
            ("node", key_of.to_owned()),
            ("time", time.to_string()),
            ("nonce", nonce.to_owned()),
            ("user", "YWRtaW4".to_owned()),
            ("signature", signature),
        ]
    }

    /// A private key in the first form of PKCS #8 (RFC 5208): OpenSSL 3.0 does not read the second, which carries the public key too (RFC 5958).
    fn old_form(&self, pem: &Path) -> Vec<u8> {
        let text = std::fs::read_to_string(pem).unwrap();
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('-')).collect();
        let file = self.path("signer.base64");
        std::fs::write(&file, lines.join("\n") + "\n").unwrap();
        let decoded = Command::new("openssl").args(["base64", "-d", "-in"]).arg(file).output().unwrap();
        // version 1, Ed25519, 32 bytes: all of the same length in both forms
        let head = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
        assert!(
            decoded.stdout.len() >= 48 && decoded.stdout[5..16] == head[5..],
            "{:?}",
            decoded.stdout.len()
        );
        [&head[..], &decoded.stdout[16..48]].concat()
    }

    /// Writes everything that goes over the switch into a file, until [`Self::heard`].
    pub fn listen(&mut self, file: &Path) {
        let child = inside(&self.namespace("switch"), "tcpdump")
            .args(["-n", "-Z", "root", "-U", "-B", "65536", "-i", "br0", "-w"])
            .arg(file)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.processes.insert("tcpdump".to_owned(), child);
        wait("tcpdump", || std::fs::metadata(file).is_ok_and(|file| file.len() >= 24).then_some(()));
    }

    /// Ends that.
    pub fn heard(&mut self) {
        let mut child = self.processes.remove("tcpdump").unwrap();
        assert_eq!(crate::support::interrupt(&mut child), 0);
    }

    /// What of that did not go to or come from the cluster, as a capture.
    pub fn without_cluster(&self, file: &Path) -> Vec<u8> {
        let filter = "not portrange 9200-9209 and not portrange 9300-9309";
        let out = Command::new("tcpdump").arg("-r").arg(file).args(["-w", "-", filter]).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    }

    /// Where `sensor2` may have another clock.
    pub fn can_be_late() -> bool {
        Path::new(FAKETIME).exists()
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let word = (0..3).fold(0u32, |word, n| word << 8 | u32::from(*three.get(n).unwrap_or(&0)));
        for n in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * n)) as usize & 63] as char;
            text.push(if n <= three.len() { digit } else { '=' });
        }
    }
    text
}

fn answer(out: Output) -> Answer {
    assert!(out.status.success(), "curl: {:?} {}", out.status, String::from_utf8_lossy(&out.stderr));
    let end = out.stdout.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&out.stdout[..end]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: out.stdout[end + 4..].to_vec() }
}

impl Drop for Site {
    fn drop(&mut self) {
        if std::thread::panicking() {
            for member in MEMBERS.iter().chain(&["sensor3"]) {
                eprintln!("--- {member}: {}", self.said(member));
            }
        }
        for child in self.processes.values_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/search-cluster");
        let _ = Command::new(script).arg("wipe").env("DATA_DIR", self.cluster.path()).output();
        for member in MEMBERS.iter().chain(&["switch", "sensor3"]) {
            ip(&["netns", "del", &self.namespace(member)]);
        }
    }
}
