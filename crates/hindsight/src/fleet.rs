//! `hindsight node`: the nodes of a fleet, from the command line. Whoever may write the catalogue may do this.

use crate::cli::NodeCommand;
use crate::config::Config;
use crate::describe::print;
use crate::home::Home;
use crate::output::time;
use crate::stores::Stores;
use crate::{Failure, Outcome};
use server::fleet::nodes;
use server::{FleetError, Identity, Node};

impl From<FleetError> for Failure {
    fn from(error: FleetError) -> Self {
        Failure::Failed(error.0)
    }
}

/// Who does it, for the history.
const BY: &str = "command line";

/// Runs one of the commands.
pub fn run(command: &NodeCommand, home: &Home, config: &Config) -> Result<Outcome, Failure> {
    let stores = Stores::open(home)?;
    let catalog = &*stores.catalog;
    match command {
        NodeCommand::List { json } => {
            let nodes = nodes::list(catalog)?;
            let now = crate::ask::now_ms();
            print(|out| {
                for node in &nodes {
                    if *json {
                        let mut shown = serde_json::to_value(node)?;
                        shown["state"] = node.state(now).into();
                        shown["fingerprint"] = node.fingerprint().into();
                        writeln!(out, "{shown}")?;
                    } else {
                        writeln!(out, "{}", row(node, now))?;
                    }
                }
                Ok(())
            })
        }
        NodeCommand::Approve { name } => {
            let node = nodes::approve(catalog, name, BY)?;
            eprintln!("{name} is in the fleet; its key: {}", node.fingerprint());
            Ok(Outcome::Done)
        }
        NodeCommand::Remove { name } => {
            nodes::remove(catalog, name, BY)?;
            Ok(Outcome::Done)
        }
        NodeCommand::Token { minutes } => {
            let token = nodes::make_token(catalog, *minutes, BY)?;
            eprintln!("lets one node in, once, within {minutes} minutes; there: hindsight node join TOKEN");
            print(|out| writeln!(out, "{token}"))
        }
        NodeCommand::Join { token, node } => {
            let name = crate::run::node(node.as_deref(), config);
            let identity = Identity::of(&home.node_key())?;
            let joined = nodes::join(catalog, &nodes::describe(&identity, &name, home.path()), token)?;
            eprintln!("{name} is in the fleet; its key: {}", joined.fingerprint());
            Ok(Outcome::Done)
        }
    }
}

/// One line of the list.
fn row(node: &Node, now: i64) -> String {
    let mut ways = node.addresses.clone();
    if !node.dials.is_empty() {
        ways.push(format!("dials {}", node.dials.join(",")));
    }
    format!(
        "{}\t{}\t{}\t{}\t{}\t{}\tseen {}",
        node.name,
        node.state(now),
        node.roles.join(","),
        ways.join(" "),
        node.version,
        node.fingerprint(),
        time(node.last_seen)
    )
}
