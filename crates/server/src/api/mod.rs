//! The handlers, one file for each kind of thing that is asked about.

pub(crate) mod account;
pub(crate) mod aggregate;
pub(crate) mod alert_notices;
pub(crate) mod alerts;
pub(crate) mod assets;
pub(crate) mod change;
pub(crate) mod complete;
pub(crate) mod connections;
pub(crate) mod crons;
pub(crate) mod evidence;
pub(crate) mod export;
pub(crate) mod fields;
pub(crate) mod files;
pub(crate) mod hunts;
pub(crate) mod info;
pub(crate) mod layouts;
pub(crate) mod markup;
pub(crate) mod nodes;
pub(crate) mod notifiers;
pub(crate) mod oidc;
pub(crate) mod packet_files;
pub(crate) mod packet_text;
pub(crate) mod packet_tree;
pub(crate) mod packets;
pub(crate) mod page;
pub(crate) mod payload;
pub(crate) mod pcap;
pub(crate) mod picture;
pub(crate) mod pins;
pub(crate) mod regression;
pub(crate) mod sessions;
pub(crate) mod shareables;
pub(crate) mod shared;
pub(crate) mod shortcuts;
pub(crate) mod spi;
pub(crate) mod stats;
pub(crate) mod summary;
pub(crate) mod system;
pub(crate) mod table;
pub(crate) mod tls_keys;
pub(crate) mod tokens;
pub(crate) mod totp;
pub(crate) mod upload;
pub(crate) mod users;
pub(crate) mod views;

use index::Key;

/// A value as text, as it stands in lists and exports.
pub(crate) fn key_text(key: &Key) -> String {
    match key {
        Key::Int(int) => int.to_string(),
        Key::Ip(ip) => ip.to_string(),
        Key::Text(text) => text.clone(),
    }
}
