//! Real clients and servers, beside tcpdump at the same interface.

use crate::support::frames::assert_part;
use crate::support::net::{Cable, inside};
use crate::support::sensor::Sensor;
use crate::support::{Home, has, packets, tool, wait_for};
use std::path::Path;
use std::process::{Child, Stdio};

/// A server that ends with the test.
struct Server(Child);

impl Server {
    fn start(cable: &Cable, folder: &Path, program: &str, arguments: &[&str]) -> Self {
        let child = inside(&cable.server, program)
            .args(arguments)
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The same packets, each as often. Not the same order: two processors may hand a packet that comes and one that leaves to two listeners in
/// different order.
fn assert_same_packets(seen: &[Vec<u8>], kept: &[Vec<u8>]) {
    assert_eq!(seen.len(), kept.len());
    assert_part(seen, kept);
}

fn succeeds(cable: &Cable, program: &str, arguments: &[&str]) -> bool {
    let command =
        inside(&cable.client, program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    command.unwrap().success()
}

#[test]
fn captures_what_tcpdump_captures() {
    if !["tcpdump", "python3", "curl"].iter().all(|program| has(program)) {
        return;
    }
    let Some(cable) = Cable::new() else { return };
    let home = Home::new();
    std::fs::write(home.path("page.html"), "x".repeat(20_000)).unwrap();
    let arguments = ["-m", "http.server", "8000", "--bind", "10.78.0.2"];
    let _server = Server::start(&cable, &home.path(""), "python3", &arguments);
    let reference = home.path("tcpdump.pcap");
    // ARP may come at any moment, also between the ends of the two programs
    let tcpdump = cable.tcpdump("s0", &reference, &["tcp", "port", "8000"]);
    let sensor = Sensor::start(&home, &cable.server, &["--interface", "s0"]);
    let page = ["-s", "-o", "/dev/null", "http://10.78.0.2:8000/page.html"];
    wait_for("the server", || succeeds(&cable, "curl", &page));
    for _ in 0..20 {
        assert!(succeeds(&cable, "curl", &page));
    }
    // sessions that ended are found while capture goes on
    wait_for("sessions of a running capture", || {
        home.ok(&["search", "port == 8000", "--count"]).trim() != "0"
    });
    let told = sensor.end();
    let (expected, dropped) = tcpdump.end();
    assert_eq!((told.dropped, told.unwritten, told.unindexed, dropped), (0, 0, 0, 0));

    let sessions = home.sessions("port == 8000");
    let found: u64 = sessions.iter().map(|doc| doc["network"]["packets"].as_u64().unwrap()).sum();
    assert_eq!(found, expected);
    let with_page = home.ok(&["search", "port == 8000 && http.uri == */page.html", "--count"]);
    assert!(with_page.trim().parse::<u64>().unwrap() >= 21, "{with_page} sessions with the page");
    let out = home.path("out.pcap");
    let done = home.run(&["export", "port == 8000", "-w", out.to_str().unwrap()]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert_same_packets(&packets(&reference), &packets(&out));
    assert_eq!(tool("tcpdump", &["-nr", out.to_str().unwrap()]).lines().count() as u64, expected);
}

#[test]
fn web_names_and_shells_are_found_as_sessions() {
    if !["tcpdump", "nginx", "curl", "dnsmasq", "dig", "sshd", "ssh", "ssh-keygen"]
        .iter()
        .all(|program| has(program))
    {
        return;
    }
    let Some(cable) = Cable::new() else { return };
    let home = Home::new();
    let text = |name: &str| home.path(name).display().to_string();
    std::fs::write(home.path("page.html"), "y".repeat(300_000)).unwrap();
    let configuration = format!(
        "daemon off; pid {0}/nginx.pid; error_log {0}/nginx.log; worker_processes 1; user root; events {{}}\n\
         http {{ access_log off; client_body_temp_path {0}/b; proxy_temp_path {0}/p; fastcgi_temp_path {0}/f;\n\
         uwsgi_temp_path {0}/u; scgi_temp_path {0}/s; server {{ listen 10.78.0.2:80; root {0}; }} }}\n",
        home.path("").display()
    );
    std::fs::write(home.path("nginx.conf"), configuration).unwrap();
    std::fs::create_dir_all("/run/sshd").unwrap();
    assert!(succeeds(&cable, "ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", &text("key")]));
    // the temporary folder is readable by its owner alone; nginx runs as root for that
    let _nginx = Server::start(&cable, &home.path(""), "nginx", &["-c", &text("nginx.conf")]);
    let names =
        ["-k", "-p", "53", "-u", "root", "--no-resolv", "--no-hosts", "--address=/names.example/192.0.2.7"];
    let names =
        [&names[..], &["--listen-address=10.78.0.2", "--bind-interfaces", "--conf-file=/dev/null"]].concat();
    let _dnsmasq = Server::start(&cable, &home.path(""), "dnsmasq", &names);
    let key = text("key");
    let shell = ["-D", "-p", "2222", "-h", &key, "-f", "/dev/null", "-o", "ListenAddress=10.78.0.2"];
    let _sshd = Server::start(&cable, &home.path(""), "/usr/sbin/sshd", &shell);
    let reference = home.path("tcpdump.pcap");
    let wanted = "port 80 or port 53 or port 2222";
    let tcpdump = cable.tcpdump("s0", &reference, &[wanted]);
    let sensor = Sensor::start(&home, &cable.server, &["--interface", "s0"]);

    let page = [
        "-s",
        "-o",
        "/dev/null",
        "-A",
        "whole-system/1",
        "http://10.78.0.2/page.html",
        "http://10.78.0.2/none",
    ];
    wait_for("nginx", || succeeds(&cable, "curl", &page));
    wait_for("dnsmasq", || {
        succeeds(&cable, "dig", &["+time=1", "+tries=1", "@10.78.0.2", "a.names.example"])
    });
    assert!(succeeds(&cable, "dig", &["+tcp", "@10.78.0.2", "b.names.example"]));
    let hosts = format!("UserKnownHostsFile={}", text("hosts"));
    let shell = [
        "-p",
        "2222",
        "-o",
        "StrictHostKeyChecking=no",
        "-o",
        &hosts,
        "-o",
        "BatchMode=yes",
        "10.78.0.2",
        "true",
    ];
    // nobody may log in, but keys are exchanged; what counts is that the server answered
    wait_for("sshd", || {
        succeeds(&cable, "ssh", &shell);
        home.path("hosts").exists()
    });
    let told = sensor.end();
    let (expected, dropped) = tcpdump.end();
    assert_eq!((told.dropped, told.unwritten, told.unindexed, dropped), (0, 0, 0, 0));

    let count = |expression: &str| home.sessions(expression).len();
    assert!(count("protocols == http && http.statuscode == 404 && http.user-agent == whole-system*") >= 1);
    assert!(count("http.uri == */page.html && http.statuscode == 200") >= 1);
    assert!(count("host.dns == a.names.example && protocols == udp && dns.ip == 192.0.2.7") >= 1);
    assert!(count("host.dns == b.names.example && protocols == tcp") >= 1);
    assert!(count("protocols == ssh && port.dst == 2222") >= 1);
    // whatever tcpdump saw of these is in our files, byte by byte, and in the sessions
    let out = home.path("out.pcap");
    home.ok(&["export", "port == 80 || port == 53 || port == 2222", "-w", out.to_str().unwrap()]);
    assert_same_packets(&packets(&reference), &packets(&out));
    let found: u64 = home
        .sessions("port == 80 || port == 53 || port == 2222")
        .iter()
        .map(|doc| doc["network"]["packets"].as_u64().unwrap())
        .sum();
    assert_eq!(found, expected);
    home.files_are_whole();
}
