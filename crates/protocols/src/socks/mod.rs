//! SOCKS 4, 4a and 5 (RFC 1928, RFC 1929): where a client asked its proxy to connect to, and as whom. What follows
//! is recognised afresh.

mod parser;

/// What the request fills.
pub mod fields {
    fields::fields! { "socks";
        /// Port that the proxy was asked to connect to.
        PORT: Int = "port.socks" @ "socks.port", "Port".one().aliases(&["socks.port"]);
        /// Address that the proxy was asked to connect to.
        IP: Ip = "ip.socks" @ "socks.ip", "IP".one().place().aliases(&["socks.ip"]).with_port(&PORT.def);
        /// Host that the proxy was asked to connect to.
        HOST: Lower = "host.socks" @ "socks.host", "Hostname".one().aliases(&["socks.host"]).tokens();
        /// User that the client logged in as.
        USER: Term = "socks.user" @ "socks.user", "User".one().aliases(&["socksuser"]);
    }
}

use crate::{Detect, Dir, Protocol};

/// SOCKS, by the client's first bytes.
pub static PROTOCOL: Protocol = Protocol {
    name: "socks",
    fields: fields::FIELDS,
    detect: &[Detect::TcpLook(looks)],
    quiet: false,
    start: || Box::<parser::Socks>::default(),
};

/// A request of version 4, whole, or a list of methods of version 5 and nothing else.
fn looks(bytes: &[u8], dir: Dir) -> bool {
    let known = |method: &u8| *method <= 9 || *method >= 0x80;
    dir == Dir::Src
        && match bytes {
            [4, 1 | 2, _, _, _, _, _, _, rest @ ..] => rest.last() == Some(&0),
            [5, count @ 1..=16, methods @ ..] => {
                methods.len() == usize::from(*count) && methods.iter().all(known)
            }
            _ => false,
        }
}
