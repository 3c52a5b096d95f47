//! SMB 1 to 3 (MS-CIFS, MS-SMB, MS-SMB2): dialects, who logs in from where, which shares and files are opened. What SMB 3
//! encrypts stays unread.

mod parser;
mod version_1;
mod version_2;

/// What the messages fill.
pub mod fields {
    fields::fields! { "smb";
        /// Shares that clients connect to.
        SHARE: Term = "smb.share" @ "smb.share", "Share";
        /// Files that are opened, created or deleted.
        FILENAME: Term = "smb.fn" @ "smb.filename", "Filename";
        /// Operating systems of clients, in SMB 1.
        OS: Term = "smb.os" @ "smb.os", "OS";
        /// Domains that users log in to, in SMB 1.
        DOMAIN: Term = "smb.domain" @ "smb.domain", "Domain";
        /// Software of clients, in SMB 1.
        VERSION: Term = "smb.ver" @ "smb.version", "Version";
        /// Users, in SMB 1.
        USER: Term = "smb.user" @ "smb.user", "User";
        /// Machines that users log in from, in SMB 1.
        HOST: Term = "host.smb" @ "smb.host", "SMB Host".aliases(&["smb.host"]).tokens();
        /// Dialect that the server chose.
        DIALECT: Term = "smb.dialect" @ "smb.dialect", "Dialect".one();
    }
}

use crate::messages::Framed;
use crate::{Detect, Dir, Protocol};

/// SMB over TCP, by the header of a NetBIOS session and the start of a message.
pub static PROTOCOL: Protocol = Protocol {
    name: "smb",
    fields: fields::FIELDS,
    detect: &[Detect::TcpLook(looks)],
    quiet: false,
    start: || Box::new(Framed::new(parser::Smb::default())),
};

/// A message of SMB 1, 2 or 3, or an encrypted one.
fn looks(bytes: &[u8], _: Dir) -> bool {
    matches!(bytes, [0, _, _, _, 0xfd..=0xff, b'S', b'M', b'B', ..])
}
