//! Arguments of `hindsight node`.

use super::*;

/// `node`
#[derive(Debug, Args)]
pub struct Node {
    #[command(subcommand)]
    pub what: NodeCommand,
}

/// What to do with the nodes of a fleet.
#[derive(Debug, Subcommand)]
pub enum NodeCommand {
    /// Print the nodes: name, state, roles, ways to it, version, fingerprint of its key, when it was heard of
    List {
        /// As JSON, one a line
        #[arg(long)]
        json: bool,
    },
    /// Let a node in that waits; compare the fingerprint with what the node itself logs
    Approve {
        /// Its name
        name: String,
    },
    /// Throw a node out
    Remove {
        /// Its name
        name: String,
    },
    /// Make a token that lets one node in, once, and print it
    Token {
        /// Minutes until it ends
        #[arg(long, value_name = "N", default_value_t = 60)]
        minutes: u32,
    },
    /// Let this machine in by a token
    Join {
        /// What hindsight node token has printed
        token: String,
        /// Name of this machine [default: host name]
        #[arg(long, value_name = "NAME")]
        node: Option<String>,
    },
}
