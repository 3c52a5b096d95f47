//! What must be known and be there before sessions go to a cluster; made up for as soon as it can be reached.

use crate::client::{Client, Product};
use crate::options::Options;
use crate::template::template;
use index::{Error, ErrorKind};
use serde_json::{Value as Json, json};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What a cluster said of itself.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub product: Product,
    pub version: String,
}

/// The way to a cluster, open once it was seen and its index template is there.
pub(crate) struct Gate {
    pub client: Client,
    options: Options,
    known: OnceLock<Known>,
    /// One asks, the others wait for what it learns.
    asking: Mutex<()>,
}

/// Whether an error says that the cluster is not there now, and may be later.
pub(crate) fn is_away(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::Unavailable | ErrorKind::TimedOut | ErrorKind::Overloaded)
}

impl Gate {
    pub fn new(options: &Options) -> Result<Arc<Self>, Error> {
        let client = Client::new(options)?;
        Ok(Arc::new(Self {
            client,
            options: options.clone(),
            known: OnceLock::new(),
            asking: Mutex::default(),
        }))
    }

    /// What the cluster is. Asks it, and installs the index template, where that was not done yet.
    pub fn pass(&self) -> Result<&Known, Error> {
        if let Some(known) = self.known.get() {
            return Ok(known);
        }
        let _one = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = self.known.get() {
            return Ok(known);
        }
        let (product, version) = self.client.product()?;
        self.install()?;
        Ok(self.known.get_or_init(|| Known { product, version }))
    }

    /// Installs the index template, where this version's is not there, and teaches existing indices new fields; whether there was anything to do.
    pub fn install(&self) -> Result<bool, Error> {
        let wanted = template(&self.options);
        let name = format!("{}sessions3", self.options.prefix);
        let path = format!("/_index_template/{name}");
        let there = self.client.call("GET", &path, None)?;
        let same = |pointer: &str| {
            there.json.pointer(&format!("/index_templates/0/index_template{pointer}"))
                == wanted.pointer(pointer)
        };
        // settings come back as text
        let text = |json: Option<&Json>| json.map(|json| json.to_string().replace('"', ""));
        let setting = |pointer: &str| {
            text(there.json.pointer(&format!("/index_templates/0/index_template{pointer}")))
                == text(wanted.pointer(pointer))
        };
        let index = "/template/settings/index";
        if there.is_success()
            && same("/_meta/hindsight")
            && setting(&format!("{index}/number_of_shards"))
            && setting(&format!("{index}/number_of_replicas"))
        {
            return Ok(false);
        }
        self.client.call("PUT", &path, Some(&wanted))?.ok(&format!("install the index template {name}"))?;
        if !same("/_meta/hindsight")
            && let Some(properties) = wanted.pointer("/template/mappings/properties")
        {
            let path = format!("/{}/_mapping?allow_no_indices=true", self.options.sessions());
            let answer = self.client.call("PUT", &path, Some(&json!({ "properties": properties })))?;
            if !answer.is_success() && answer.status != 404 {
                return Err(answer.error(
                    "teach existing indices new fields (something else made an index of this prefix; choose another prefix)",
                ));
            }
        }
        Ok(true)
    }
}
