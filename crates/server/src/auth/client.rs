//! Who is at the other end: the address, and whether the way there is encrypted, also behind a proxy.

use crate::app::App;
use axum::extract::{Request, State};
use axum::http::{Extensions, HeaderMap};
use axum::middleware::Next;
use axum::response::Response;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr};

/// The other end of the connection, put into the extensions of a request by the accept loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    pub address: IpAddr,
    /// Whether this connection is TLS.
    pub tls: bool,
}

/// The client, put into the extensions of every request by [`tell`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    /// The client's address; behind trusted proxies the one that they name.
    pub address: IpAddr,
    /// Whether a trusted proxy has sent the request.
    pub proxied: bool,
    /// Whether the client's own connection is encrypted, as far as can be known.
    pub secure: bool,
}

impl Client {
    /// The client of a request; without an accept loop (in tests) this machine.
    pub fn of(extensions: &Extensions) -> Self {
        let here = Self { address: IpAddr::V4(Ipv4Addr::LOCALHOST), proxied: false, secure: false };
        extensions.get::<Self>().copied().unwrap_or(here)
    }

    fn from(peer: Peer, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let is_trusted = |address: &IpAddr| trusted.iter().any(|net| net.contains(address));
        if !is_trusted(&peer.address) {
            return Self { address: peer.address, proxied: false, secure: peer.tls };
        }
        // from the right: each proxy appends whom it heard; the first that is no proxy of ours is the client, what stands
        // left of it anybody may have written
        let mut address = peer.address;
        let values: Vec<&str> =
            headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok()).collect();
        for part in values.iter().rev().flat_map(|value| value.rsplit(',')) {
            let Some(hop) = read_address(part.trim()) else { break };
            address = hop;
            if !is_trusted(&hop) {
                break;
            }
        }
        let proto = headers.get_all("x-forwarded-proto").iter().next_back().and_then(|v| v.to_str().ok());
        let proto = proto.and_then(|value| value.rsplit(',').next()).map(str::trim);
        let secure = proto.map_or(peer.tls, |proto| proto.eq_ignore_ascii_case("https"));
        Self { address, proxied: true, secure }
    }
}

/// An address, with a port or in brackets as some proxies write it.
fn read_address(text: &str) -> Option<IpAddr> {
    let ip = text.parse::<IpAddr>().ok();
    let ip = ip.or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip()));
    let ip = ip.or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok());
    ip.map(|ip| ip.to_canonical())
}

/// Middleware of everything: finds out who the client is.
pub(crate) async fn tell(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let here = Peer { address: IpAddr::V4(Ipv4Addr::LOCALHOST), tls: false };
    let peer = request.extensions().get::<Peer>().copied().unwrap_or(here);
    let client = Client::from(peer, request.headers(), &app.config.access.trusted_proxies);
    request.extensions_mut().insert(client);
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, pairs: &[(&'static str, &str)]) -> Client {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        let trusted: Vec<IpNet> = vec!["10.0.0.0/24".parse().unwrap(), "fd00::/8".parse().unwrap()];
        Client::from(Peer { address: peer.parse().unwrap(), tls: false }, &headers, &trusted)
    }

    #[test]
    fn only_trusted_proxies_name_the_client() {
        let liar = client("192.0.2.1", &[("x-forwarded-for", "127.0.0.1"), ("x-forwarded-proto", "https")]);
        assert_eq!(liar, Client { address: "192.0.2.1".parse().unwrap(), proxied: false, secure: false });
        let far = client("10.0.0.1", &[("x-forwarded-for", "198.51.100.7"), ("x-forwarded-proto", "https")]);
        assert_eq!(far, Client { address: "198.51.100.7".parse().unwrap(), proxied: true, secure: true });
    }

    #[test]
    fn what_a_client_wrote_itself_is_left_of_what_the_proxy_added() {
        let chain = |value: &str| client("10.0.0.1", &[("x-forwarded-for", value)]).address.to_string();
        assert_eq!(chain("127.0.0.1, 198.51.100.7, 10.0.0.2"), "198.51.100.7");
        assert_eq!(chain("garbage, 10.0.0.2"), "10.0.0.2");
        assert_eq!(chain("[2001:db8::1]:4711"), "2001:db8::1");
        assert_eq!(chain("198.51.100.7:80"), "198.51.100.7");
        assert_eq!(chain(""), "10.0.0.1");
        let two =
            client("10.0.0.1", &[("x-forwarded-for", "127.0.0.1"), ("x-forwarded-for", "198.51.100.9")]);
        assert_eq!(two.address.to_string(), "198.51.100.9");
        let plain = client("10.0.0.1", &[("x-forwarded-proto", "https, http")]);
        assert!(!plain.secure, "the nearest proxy counts");
    }
}
