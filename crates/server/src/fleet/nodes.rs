//! The nodes of a fleet, as the catalogue knows them: who they are, where they are asked, whether they were approved.

use super::{FleetError, Identity, fingerprint};
use crate::app::{now_ms, random_text};
use crate::history::audit_entry;
use index::Catalog;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

/// Collection of the catalogue: the key is the node's name.
pub(crate) const NODES: &str = "nodes";
/// Collection of the tokens that let a node join: the key is the SHA-256 of a token.
const TOKENS: &str = "nodetokens";
/// A node says so often (seconds) that it is there.
pub(super) const HEARTBEAT_S: u64 = 10;
/// A node that was not heard of for so long (milliseconds) is silent.
const SILENT_MS: i64 = 45_000;
/// A clock that is off by so much (milliseconds) is worth a word.
const OFF_MS: i64 = 5_000;
/// Tries to change an entry that others change too.
const TRIES: usize = 50;

/// A node, as kept in the catalogue. Times are milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Node {
    /// Its name, as in the field `node`.
    pub name: String,
    /// Its machine.
    pub host: String,
    /// Its version of Hindsight.
    pub version: String,
    /// `capture`, `viewer`.
    pub roles: Vec<String>,
    /// Where it is asked, `host:port`; the first that answers is taken.
    pub addresses: Vec<String>,
    /// Viewers that it dials by itself, by name; `*`: all.
    pub dials: Vec<String>,
    /// Its public key, base64.
    pub public_key: String,
    /// Its certificate (DER), base64.
    pub certificate: String,
    /// Machine and data folder: nodes that share them read each other's files themselves.
    pub place: String,
    /// When its process began.
    pub started: i64,
    /// When it was heard of last, by its own clock.
    pub last_seen: i64,
    /// When it was seen first.
    pub registered: i64,
    /// Whether it belongs to the fleet.
    pub approved: bool,
    /// Who approved it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub approved_by: String,
}

impl Node {
    /// What people compare before they approve it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.public_key)
    }

    /// How it is: `pending` (not approved), `silent`, `skewed` (its clock is off), `alive`.
    #[must_use]
    pub fn state(&self, now: i64) -> &'static str {
        let age = now.saturating_sub(self.last_seen);
        match age {
            _ if !self.approved => "pending",
            age if age > SILENT_MS => "silent",
            age if age < -OFF_MS => "skewed",
            _ => "alive",
        }
    }

    /// Whether a measured offset of its clock (milliseconds) is worth a word.
    #[must_use]
    pub fn is_off(offset: i64) -> bool {
        offset.abs() > OFF_MS
    }
}

/// Whether something may be the name of a node: it stands in headers, file names and commands.
///
/// # Errors
/// It may not.
pub fn check_name(name: &str) -> Result<(), FleetError> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (1..=64).contains(&name.len()) && name.chars().all(good) {
        return Ok(());
    }
    Err(FleetError(format!(
        "`{name}` cannot be the name of a node of a fleet: 1 to 64 of a-z A-Z 0-9 - _ . (set it with --node or [capture] node)"
    )))
}

fn read(entry: index::Entry) -> Result<Node, FleetError> {
    serde_json::from_value(entry.value).map_err(|error| {
        FleetError(format!("the entry of node {} in the catalogue is damaged: {error}", entry.key))
    })
}

fn write(node: &Node) -> Result<Json, FleetError> {
    serde_json::to_value(node).map_err(|error| FleetError(format!("node {}: {error}", node.name)))
}

/// Every node, by name.
///
/// # Errors
/// The catalogue cannot be read.
pub fn list(catalog: &dyn Catalog) -> Result<Vec<Node>, FleetError> {
    catalog.list(NODES)?.into_iter().map(read).collect()
}

/// One node.
///
/// # Errors
/// As [`list`].
pub fn get(catalog: &dyn Catalog, name: &str) -> Result<Option<Node>, FleetError> {
    catalog.get(NODES, name)?.map(read).transpose()
}

/// Puts a node into the catalogue, or what has changed of it; returns it as it stands there. The first node of all is approved
/// by being the first.
///
/// # Errors
/// Another node has the name, with another key; the catalogue cannot be written.
pub fn register(catalog: &dyn Catalog, me: &Node) -> Result<Node, FleetError> {
    check_name(&me.name)?;
    for _ in 0..TRIES {
        let entry = catalog.get(NODES, &me.name)?;
        let version = entry.as_ref().map_or(0, |entry| entry.version);
        let mut node = Node { last_seen: now_ms(), ..me.clone() };
        match entry.map(read).transpose()? {
            Some(known) if known.public_key != me.public_key => {
                return Err(FleetError(format!(
                    "another node has the name {}: its key is {}, ours is {}. Give this one another name (--node, [capture] node); or, when \
                     it is the same machine with a new data folder: hindsight node remove {0}, then start it again and approve it",
                    me.name,
                    known.fingerprint(),
                    me.fingerprint()
                )));
            }
            Some(known) => {
                (node.registered, node.approved) = (known.registered, known.approved);
                node.approved_by = known.approved_by;
            }
            None => {
                node.registered = now_ms();
                if catalog.list(NODES)?.is_empty() {
                    (node.approved, node.approved_by) = (true, "the first node".to_owned());
                }
            }
        }
        if catalog.put(NODES, &me.name, &write(&node)?, Some(version))? {
            return Ok(node);
        }
    }
    Err(FleetError(format!("the entry of node {} is being changed by others; try again", me.name)))
}

/// Lets a node in.
///
/// # Errors
/// There is no such node; the catalogue cannot be written.
pub fn approve(catalog: &dyn Catalog, name: &str, by: &str) -> Result<Node, FleetError> {
    for _ in 0..TRIES {
        let Some(entry) = catalog.get(NODES, name)? else { return Err(unknown(catalog, name)) };
        let version = entry.version;
        let mut node = read(entry)?;
        if node.approved {
            return Ok(node);
        }
        (node.approved, node.approved_by) = (true, by.to_owned());
        if catalog.put(NODES, name, &write(&node)?, Some(version))? {
            audit_entry(catalog, by, "node approve", name, &node.fingerprint());
            return Ok(node);
        }
    }
    Err(FleetError(format!("the entry of node {name} is being changed by others; try again")))
}

/// Throws a node out. When it runs it comes back as one that waits for approval.
///
/// # Errors
/// As [`approve`].
pub fn remove(catalog: &dyn Catalog, name: &str, by: &str) -> Result<(), FleetError> {
    if !catalog.remove(NODES, name)? {
        return Err(unknown(catalog, name));
    }
    audit_entry(catalog, by, "node remove", name, "");
    Ok(())
}

fn unknown(catalog: &dyn Catalog, name: &str) -> FleetError {
    let names = catalog.list(NODES).unwrap_or_default().into_iter().map(|entry| entry.key);
    let names = names.collect::<Vec<_>>().join(", ");
    let there =
        if names.is_empty() { "none has registered yet".to_owned() } else { format!("there are: {names}") };
    FleetError(format!("there is no node {name}; {there}"))
}

fn token_key(token: &str) -> String {
    Sha256::digest(token.trim().as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes a token that lets one node in, once, within so many minutes. It is kept as its digest only.
///
/// # Errors
/// The catalogue cannot be written.
pub fn make_token(catalog: &dyn Catalog, minutes: u32, by: &str) -> Result<String, FleetError> {
    let token = format!("hsn_{}", random_text::<24>().map_err(|error| FleetError(error.text))?);
    let value = json!({ "expires": now_ms() + i64::from(minutes) * 60_000, "by": by });
    catalog.put(TOKENS, &token_key(&token), &value, None)?;
    audit_entry(catalog, by, "node token", "", &format!("{minutes} minutes"));
    Ok(token)
}

/// Registers a node and lets it in by a token.
///
/// # Errors
/// The token is worthless; as [`register`].
pub fn join(catalog: &dyn Catalog, me: &Node, token: &str) -> Result<Node, FleetError> {
    let worthless = || {
        FleetError(
            "the token is not known, was used already or is too old; make one with hindsight node token"
                .into(),
        )
    };
    let key = token_key(token);
    let entry = catalog.get(TOKENS, &key)?.ok_or_else(worthless)?;
    // one that runs has said more of itself than is known here
    if get(catalog, &me.name)?.is_none_or(|known| known.public_key != me.public_key) {
        register(catalog, me)?;
    }
    // of two nodes with the same token one removes it
    if !catalog.remove(TOKENS, &key)? || entry.value["expires"].as_i64().unwrap_or(0) < now_ms() {
        return Err(worthless());
    }
    let by = entry.value["by"].as_str().unwrap_or_default();
    approve(catalog, &me.name, &format!("token of {by}"))
}

/// What a node says of itself.
#[must_use]
pub fn describe(identity: &Identity, name: &str, folder: &std::path::Path) -> Node {
    let line = |path: &str| std::fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let place = format!("{}\n{}", line("/etc/machine-id"), folder.display());
    let place: String =
        Sha256::digest(place.as_bytes()).iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    Node {
        name: name.to_owned(),
        host: line("/proc/sys/kernel/hostname"),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        public_key: identity.public_key(),
        certificate: identity.certificate(),
        place,
        started: now_ms(),
        ..Node::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog_sqlite::Sqlite;

    fn node(dir: &std::path::Path, name: &str, key: &str) -> Node {
        describe(&Identity::of(&dir.join(format!("{key}.key"))).unwrap(), name, dir)
    }

    #[test]
    fn the_first_is_in_the_others_wait() {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Sqlite::open(dir.path().join("c.sqlite")).unwrap();
        assert!(register(&catalog, &node(dir.path(), "v1", "1")).unwrap().approved);
        let second = node(dir.path(), "s1", "2");
        assert!(!register(&catalog, &second).unwrap().approved);
        assert_eq!(get(&catalog, "s1").unwrap().unwrap().state(now_ms()), "pending");
        approve(&catalog, "s1", "admin").unwrap();
        let known = register(&catalog, &second).unwrap();
        assert_eq!(
            (known.approved, known.approved_by.as_str()),
            (true, "admin"),
            "a heartbeat changes nothing"
        );
        assert_eq!(known.state(now_ms()), "alive");
        assert_eq!(known.state(now_ms() + SILENT_MS + 1_000), "silent");
        assert_eq!(known.state(now_ms() - 60_000), "skewed");
        // somebody else with the same name
        let said = register(&catalog, &node(dir.path(), "s1", "3")).unwrap_err().0;
        assert!(said.contains("another node has the name s1") && said.contains("node remove s1"), "{said}");
        remove(&catalog, "s1", "admin").unwrap();
        assert!(!register(&catalog, &second).unwrap().approved, "it has to be approved anew");
        assert!(approve(&catalog, "s9", "admin").unwrap_err().0.contains("there are: s1, v1"));
        let audit: Vec<_> = catalog.list("audit").unwrap();
        let said: Vec<_> = audit.iter().map(|entry| entry.value["api"].as_str().unwrap()).collect();
        assert_eq!(said, ["node approve", "node remove"]);
        for bad in ["", "a b", "a\n", "ä", "a/b"] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_token_lets_one_node_in() {
        let dir = tempfile::tempdir().unwrap();
        let catalog = Sqlite::open(dir.path().join("c.sqlite")).unwrap();
        register(&catalog, &node(dir.path(), "v1", "1")).unwrap();
        let token = make_token(&catalog, 60, "admin").unwrap();
        assert!(!format!("{:?}", catalog.list(TOKENS).unwrap()).contains(&token), "only its digest is kept");
        assert!(join(&catalog, &node(dir.path(), "s1", "2"), "hsn_x").is_err());
        let joined = join(&catalog, &node(dir.path(), "s1", "2"), &format!(" {token}\n")).unwrap();
        assert_eq!((joined.approved, joined.approved_by.as_str()), (true, "token of admin"));
        assert!(join(&catalog, &node(dir.path(), "s2", "3"), &token).is_err(), "once");
        let running = Node { addresses: vec!["s4:1".into()], ..node(dir.path(), "s4", "4") };
        register(&catalog, &running).unwrap();
        let token = make_token(&catalog, 60, "admin").unwrap();
        let joined = join(&catalog, &node(dir.path(), "s4", "4"), &token).unwrap();
        assert_eq!(
            (joined.approved, joined.addresses),
            (true, running.addresses),
            "where it is reached stays known"
        );
        let old = make_token(&catalog, 0, "admin").unwrap();
        std::thread::sleep(std::time::Duration::from_millis(5));
        assert!(join(&catalog, &node(dir.path(), "s2", "3"), &old).unwrap_err().0.contains("too old"));
        assert!(!get(&catalog, "s2").unwrap().unwrap().approved);
    }
}
