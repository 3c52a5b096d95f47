//! Fields of the tree that the search language has too.

/// The field that finds sessions with a value of the tree's field. A packet goes one way and a session both: addresses and ports are
/// those of either end.
pub(crate) fn field(name: &str) -> Option<&'static str> {
    Some(match name {
        "eth.src" | "eth.dst" | "sll.src.eth" => "mac",
        "vlan.id" => "vlan",
        "arp.src.proto_ipv4" | "arp.dst.proto_ipv4" => "arp.ip",
        "arp.src.hw_mac" | "arp.dst.hw_mac" => "arp.mac",
        "ip.src" | "ip.dst" | "ipv6.src" | "ipv6.dst" => "ip",
        "ip.proto" => "ip.protocol",
        "tcp.srcport" | "tcp.dstport" | "udp.srcport" | "udp.dstport" | "sctp.srcport" | "sctp.dstport" => {
            "port"
        }
        "icmp.type" | "icmpv6.type" => "icmp.type",
        "icmp.code" | "icmpv6.code" => "icmp.code",
        "vxlan.vni" | "geneve.vni" => "vni",
        "dns.qry.name" | "dns.resp.name" => "host.dns",
        "dns.a" | "dns.aaaa" => "ip.dns",
        "dhcp.option.hostname" => "dhcp.host",
        "dhcp.hw.mac_addr" => "dhcp.mac",
        "http.host" => "host.http",
        "http.request.method" => "http.method",
        "http.response.code" => "http.statuscode",
        "http.user_agent" => "http.user-agent",
        "http.referer" => "http.request.referer",
        "http.location" => "http.response.location",
        "http.server" => "http.response.server",
        "http.request.full_uri" => "http.uri",
        "tls.handshake.extensions_server_name" => "host.http",
        "ssh.protocol" => "ssh.ver",
        "smtp.auth.username" => "user",
        "ftp.request.command" => "ftp.command",
        "mysql.version" => "mysql.ver",
        "mysql.user" => "mysql.user",
        "ldap.name" => "ldap.bindname",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    /// Names of the search language that the table leads to exist there: a click on them must find something.
    #[test]
    fn fields_exist() {
        let own = [session::core::FIELDS, session::perf::FIELDS];
        let schema = fields::Schema::new(own.into_iter().chain(protocols::field_groups())).unwrap();
        let source = include_str!("search.rs");
        let mut seen = 0;
        for name in source.lines().filter_map(|line| line.split("=> \"").nth(1)?.split('"').next()) {
            // `ip`, `port`, `mac` stand for every field of their kind
            assert!(schema.target(name).is_some() || ["ip", "port", "mac"].contains(&name), "{name}");
            seen += 1;
        }
        assert!(seen > 20, "the table was read");
    }
}
