//! Syslog, RFC 5424, over UDP or (counted by octets, RFC 6587) TCP.

use crate::{Error, Message, PATIENCE, Settings, value, whole};
use std::io::Write as _;
use std::net::{TcpStream, ToSocketAddrs, UdpSocket};

/// Bytes of a message over UDP: what every receiver takes, RFC 5424 section 6.1.
const DATAGRAM: usize = 2_048;

/// The first address of host and port.
pub(crate) fn resolve(settings: &Settings, usual: u16) -> Result<std::net::SocketAddr, Error> {
    let host = value(settings, "host").unwrap_or_default();
    let port = value(settings, "port").and_then(|port| port.parse().ok()).unwrap_or(usual);
    let failed = |why: String| Error::Failed(format!("{host}: {why}"));
    let mut found = (host, port).to_socket_addrs().map_err(|error| failed(error.to_string()))?;
    found.next().ok_or_else(|| failed("the name has no address".to_owned()))
}

/// Sends one datagram.
pub(crate) fn datagram(to: std::net::SocketAddr, bytes: &[u8]) -> Result<(), Error> {
    let any = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let sent = UdpSocket::bind(any).and_then(|socket| socket.send_to(bytes, to));
    sent.map(|_| ()).map_err(|error| Error::Failed(format!("{to}: {error}")))
}

fn line(settings: &Settings, message: &Message, now: jiff::Timestamp, host: &str) -> String {
    let number = |name: &str, usual: u32| value(settings, name).and_then(|n| n.parse().ok()).unwrap_or(usual);
    let priority = number("facility", 16) * 8 + number("severity", 5);
    let text: String = whole(message).replace('\n', " | ").chars().filter(|c| !c.is_control()).collect();
    let host: String = host.chars().filter(char::is_ascii_graphic).take(255).collect();
    let host = if host.is_empty() { "-".to_owned() } else { host };
    // six digits of a second at most
    let now = now.strftime("%Y-%m-%dT%H:%M:%S.%6fZ");
    format!("<{priority}>1 {now} {host} hindsight {} notice - \u{feff}{text}", std::process::id())
}

pub(crate) fn send(settings: &Settings, message: &Message) -> Result<(), Error> {
    let to = resolve(settings, 514)?;
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let line = line(settings, message, jiff::Timestamp::now(), host.trim());
    if value(settings, "protocol") != Some("tcp") {
        let end = line.floor_char_boundary(DATAGRAM.min(line.len()));
        return datagram(to, line.get(..end).unwrap_or_default().as_bytes());
    }
    let write = || {
        let mut stream = TcpStream::connect_timeout(&to, PATIENCE)?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(format!("{} {line}", line.len()).as_bytes())?;
        stream.shutdown(std::net::Shutdown::Write)
    };
    write().map_err(|error: std::io::Error| Error::Failed(format!("{to}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::net::TcpListener;

    fn settings(port: u16, protocol: &str) -> Settings {
        [("host", "127.0.0.1"), ("port", &port.to_string()), ("protocol", protocol), ("severity", "2")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into()
    }

    #[test]
    fn the_line_is_that_of_the_rfc() {
        let message = Message { title: "3 hits\u{7}".into(), text: "query x".into(), ..Message::default() };
        let now: jiff::Timestamp = "2026-11-23T20:00:00.5Z".parse().unwrap();
        let said = line(&Settings::new(), &message, now, "prob e");
        let expected = format!(
            "<133>1 2026-11-23T20:00:00.500000Z probe hindsight {} notice - \u{feff}3 hits | query x",
            std::process::id()
        );
        assert_eq!(said, expected);
    }

    #[test]
    fn both_transports_arrive() {
        let message = Message { title: "x".repeat(5_000), ..Message::default() };
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        crate::send("syslog", &settings(socket.local_addr().unwrap().port(), "udp"), &message).unwrap();
        let mut buffer = [0; 9_000];
        let n = socket.recv(&mut buffer).unwrap();
        assert!(n == DATAGRAM && buffer.starts_with(b"<130>1 "));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        crate::send("syslog", &settings(listener.local_addr().unwrap().port(), "tcp"), &message).unwrap();
        let mut told = String::new();
        listener.accept().unwrap().0.read_to_string(&mut told).unwrap();
        let (count, line) = told.split_once(' ').unwrap();
        assert_eq!(count.parse::<usize>().unwrap(), line.len());
    }
}
