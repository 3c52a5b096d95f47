//! The tree: nodes with byte ranges, and what an expert would say about them.

use serde::Serialize;
use std::borrow::Cow;

/// How much a note matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Unusual.
    Warning,
    /// Broken: malformed, a wrong checksum.
    Error,
}

/// What an expert would say about a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// How much it matters.
    pub severity: Severity,
    /// A short English sentence without a full stop.
    pub text: Cow<'static, str>,
}

/// One field, or a group of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Wireshark's filter name where it has one (`ip.src`, `tcp.flags.syn`); empty for a mere heading.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub name: &'static str,
    /// Name for people.
    pub label: Cow<'static, str>,
    /// The value for people; empty where the children say it all.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// Field of the search language that finds sessions with this value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<&'static str>,
    /// The value as the search language takes it; there whenever `field` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term: Option<String>,
    /// Which bytes the range means: 0 the frame, else a place in [`Tree::sources`].
    #[serde(skip_serializing_if = "is_frame")]
    pub source: u8,
    /// First byte.
    pub start: usize,
    /// Number of bytes; 0 for what is computed and stands nowhere.
    pub length: usize,
    /// What an expert would say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Node>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_frame(source: &u8) -> bool {
    *source == 0
}

impl Node {
    /// Calls `see` for this node and everything below it, parents first.
    pub fn walk<'n>(&'n self, see: &mut dyn FnMut(&'n Node)) {
        see(self);
        for child in &self.children {
            child.walk(see);
        }
    }
}

/// Bytes that are not in the frame as they are: decrypted, decompressed, put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What they are.
    pub name: Cow<'static, str>,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// One packet, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// One root for each layer, outermost first.
    pub layers: Vec<Node>,
    /// Bytes beside the frame that nodes point into: source 1 is the first.
    pub sources: Vec<Source>,
    /// The packet has more fields than are kept.
    pub cut: bool,
}

impl Tree {
    /// Every node, parents first.
    pub fn walk<'t>(&'t self, see: &mut dyn FnMut(&'t Node)) {
        for layer in &self.layers {
            layer.walk(see);
        }
    }

    /// The nodes of a name.
    pub fn find(&self, name: &str) -> Vec<&Node> {
        let mut found = Vec::new();
        self.walk(&mut |node| {
            if node.name == name {
                found.push(node);
            }
        });
        found
    }
}
