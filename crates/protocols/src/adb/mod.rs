//! Android Debug Bridge (the protocol.txt, SERVICES.TXT and SYNC.TXT of its source): which device is served, which services
//! are opened, which files are transferred.

mod parser;
mod services;

/// What the messages fill. Some are kept as they were sent and yet asked for in lower case, as in Arkime.
pub mod fields {
    fields::fields! { "adb";
        /// Kinds of messages, for instance `cnxn` or `open`.
        COMMAND: Lower = "adb.command" @ "adb.command", "Command";
        /// Kinds of systems that connect: `host`, `device`, `bootloader` and so on.
        SYSTEM_TYPE: Lower = "adb.systemtype" @ "adb.systemtype", "System Type";
        /// Serial numbers of devices.
        SERIAL: Term = "adb.serial" @ "adb.serial", "Serial".asked(fields::Kind::Lower);
        /// Services that are opened, without their arguments.
        SERVICE: Lower = "adb.service" @ "adb.service", "Service";
        /// Version of the protocol, in hex.
        VERSION: Term = "adb.version" @ "adb.version", "Version";
        /// Longest payload, bytes.
        MAX_PAYLOAD: Term = "adb.maxpayload" @ "adb.maxpayload", "Max Payload";
        /// Steps of authentication: `token`, `signature`, `rsapublickey`.
        AUTH_TYPE: Lower = "adb.authtype" @ "adb.authtype", "Auth Type";
        /// Streams: the number of the sender, and of the receiver where it is known.
        STREAM: Term = "adb.streamid" @ "adb.streamid", "Stream ID";
        /// Steps of file transfers, for instance `SEND` or `STAT`.
        SYNC_OPERATION: Term = "adb.sync.operation" @ "adb.sync.operation", "Sync Operation".asked(fields::Kind::Lower);
        /// Paths of files that are transferred or looked at.
        SYNC_PATH: Term = "adb.sync.path" @ "adb.sync.path", "Sync Path".asked(fields::Kind::Lower);
        /// Exit codes of commands.
        EXIT_CODE: Term = "adb.shell.exitcode" @ "adb.shell.exitcode", "Shell Exit Code";
        /// Where connections are forwarded: `forward` to the device, `reverse` from it.
        FORWARD_DIRECTION: Lower = "adb.forward.direction" @ "adb.forward.direction", "Forward Direction";
        /// Ends of forwarded connections where they are accepted.
        FORWARD_LOCAL: Term = "adb.forward.local" @ "adb.forward.local", "Forward Local".asked(fields::Kind::Lower);
        /// Ends of forwarded connections where they are made.
        FORWARD_REMOTE: Term = "adb.forward.remote" @ "adb.forward.remote", "Forward Remote".asked(fields::Kind::Lower);
    }
}

use crate::messages::Framed;
use crate::{Detect, Dir, Protocol};

/// ADB, by a message between host and device, or by a request of a client to the host's server.
pub static PROTOCOL: Protocol = Protocol {
    name: "adb",
    fields: fields::FIELDS,
    detect: &[Detect::Tcp(0, b"CNXN"), Detect::TcpLook(is_request)],
    quiet: false,
    start: || Box::new(Framed::new(parser::Adb::default())),
};

/// Four digits of length, then what clients ask of the server.
fn is_request(bytes: &[u8], dir: Dir) -> bool {
    dir == Dir::Src
        && bytes.get(..4).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        && bytes.get(4..).is_some_and(|rest| rest.starts_with(b"host:") || rest.starts_with(b"host-"))
}
