//! One line for each protocol that is only named.

use super::Sign::{self, Tcp, TcpLook, Udp, UdpLook};
use super::look;

/// Name and sign of every such protocol. A protocol that has several signs has several lines.
pub static SIGNATURES: &[(&str, Sign)] = &[
    // files and peers
    ("bittorrent", Tcp(b"\x13BitTorrent protocol")),
    ("bittorrent", Tcp(b"BSYNC\0")),
    ("bittorrent", Udp(b"d1:ad2:id20:")),
    ("bittorrent", Udp(b"d1:rd2:id20:")),
    ("bittorrent", Udp(b"d1:q4:ping")),
    ("rsync", Tcp(b"@RSYNCD:")),
    ("svn", Tcp(b"( success ( ")),
    ("git", TcpLook(look::git)),
    ("smb", UdpLook(look::smb_datagram)),
    ("nfs", TcpLook(look::sun_rpc)),
    ("dropbox-lan-sync", Udp(b"{\"host_int\": ")),
    // mail, news, chat
    ("pop3", Tcp(b"+OK ")),
    ("nntp", TcpLook(look::nntp)),
    ("jabber", TcpLook(look::xmpp)),
    ("rtsp", TcpLook(look::rtsp)),
    // what firewalls' checks of STUN answer
    ("stun", TcpLook(look::stun_check)),
    ("stun", UdpLook(look::stun_check)),
    // the web
    ("ssdp", Udp(b"M-SEARCH * HTTP/1.1")),
    ("ssdp", Udp(b"NOTIFY * HTTP/1.1")),
    // databases, queues, caches
    ("redis", TcpLook(look::redis)),
    ("memcached", TcpLook(look::memcached)),
    ("mongo", TcpLook(look::mongo)),
    ("cassandra", TcpLook(look::cassandra)),
    ("cassandra", TcpLook(look::cassandra_thrift)),
    ("thrift", TcpLook(look::thrift)),
    ("kafka", TcpLook(look::kafka)),
    ("amqp", Tcp(b"AMQP")),
    ("nats", Tcp(b"INFO {\"server_id\"")),
    ("gearman", Tcp(b"\0REQ\0\0\0")),
    ("elasticsearch", TcpLook(look::elasticsearch)),
    // directories and authentication
    ("tacacs", TcpLook(look::tacacs)),
    ("nbds", UdpLook(look::netbios_datagram)),
    // screens and shells
    ("vnc", Tcp(b"RFB 0")),
    ("x11", Tcp(b"l\0\x0b\0\0\0")),
    ("x11", Tcp(b"B\0\0\x0b\0\0")),
    ("telnet", TcpLook(look::telnet)),
    ("jdwp", Tcp(b"JDWP-Handshake")),
    ("rmi", Tcp(b"JRMI\0")),
    ("teamviewer", Tcp(b"\x17\x24\x0a\x20")),
    // tunnels
    ("wireguard", UdpLook(look::wireguard)),
    // the network itself
    ("rip", UdpLook(look::rip)),
    ("hsrp", UdpLook(look::hsrp)),
    ("syslog", UdpLook(look::syslog)),
    ("whois", TcpLook(look::whois)),
    ("zabbix", Tcp(b"ZBXD\x01")),
    ("splunk", Tcp(b"--splunk-cooked-mode")),
    // industry, medicine, money
    ("iec104", TcpLook(look::iec104)),
    ("hl7", Tcp(b"\x0bMSH|")),
    ("dicom", TcpLook(look::dicom)),
    ("fix", Tcp(b"8=FIX")),
    ("bitcoin", Tcp(b"\xf9\xbe\xb4\xd9")),
];
