//! `[fleet]`: several machines as one system.

use crate::home::Home;
use serde::{Deserialize, Serialize};
use server::FleetConfig;
use std::net::SocketAddr;

/// `[fleet]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fleet {
    pub enabled: bool,
    pub listen: Listen,
    pub addresses: Vec<String>,
    pub dial: Vec<String>,
}

impl Default for Fleet {
    fn default() -> Self {
        Self {
            enabled: false,
            listen: Listen(Some(SocketAddr::from(([0, 0, 0, 0], 8006)))),
            addresses: Vec::new(),
            dial: Vec::new(),
        }
    }
}

/// An address with a port, or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Listen(pub Option<SocketAddr>);

impl TryFrom<String> for Listen {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self(None));
        }
        let address = text.parse().map_err(|_| {
            format!("`{text}` is no address; write for instance \"0.0.0.0:8006\", \"[::]:8006\", or \"off\"")
        })?;
        Ok(Self(Some(address)))
    }
}

impl From<Listen> for String {
    fn from(listen: Listen) -> Self {
        listen.0.map_or_else(|| "off".to_owned(), |address| address.to_string())
    }
}

impl Fleet {
    /// What no single value can be checked for.
    pub fn check(&self) -> Result<(), String> {
        if self.enabled && self.listen.0.is_none() && self.dial.is_empty() {
            return Err("[fleet] listen = \"off\" needs dial: which viewers this node opens connections to (\"*\": all)".into());
        }
        for address in &self.addresses {
            let port =
                address.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)));
            if !port.is_some_and(|(host, port)| !host.is_empty() && !host.contains('/') && port > 0) {
                return Err(format!(
                    "[fleet] addresses: `{address}`; write for instance \"sensor1.example:8006\""
                ));
            }
        }
        Ok(())
    }

    /// What the server is told; `None`: no fleet.
    pub fn for_server(&self, home: &Home, roles: &[&str]) -> Option<FleetConfig> {
        self.enabled.then(|| FleetConfig {
            key: home.node_key(),
            folder: home.path().to_owned(),
            listen: self.listen.0,
            addresses: self.addresses.clone(),
            dial: self.dial.clone(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_can_be_reached_or_dials() {
        let read = |text: &str| toml::from_str::<Fleet>(text);
        let off = read("enabled = true\nlisten = \"off\"").unwrap();
        assert!(off.check().unwrap_err().contains("dial"));
        assert!(read("enabled = true\nlisten = \"off\"\ndial = [\"*\"]").unwrap().check().is_ok());
        assert!(read("listen = \"8006\"").unwrap_err().to_string().contains("is no address"));
        for bad in ["https://a:1", "a", ":1", "a:0", "a:x"] {
            let fleet = Fleet { addresses: vec![bad.to_owned()], ..Fleet::default() };
            assert!(fleet.check().is_err(), "{bad}");
        }
        let home = Home::find(Some(std::path::Path::new("/x"))).unwrap();
        assert!(Fleet::default().for_server(&home, &[]).is_none());
    }
}
