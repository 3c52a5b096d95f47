//! `[[link]]` and `[user_defaults]`: what the operator adds to everybody's viewer.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[user_defaults]`: what users' settings begin with.
pub type UserDefaults = BTreeMap<String, serde_json::Value>;

/// `[[link]]`: an entry of the menu on values, or on fields.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Link {
    pub name: String,
    pub url: String,
    pub on: Menu,
    pub category: Vec<String>,
    pub fields: Vec<String>,
    pub all: bool,
    pub regex: Option<String>,
    pub users: Vec<String>,
    pub not_users: Vec<String>,
}

/// Which menu.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Menu {
    #[default]
    Values,
    Fields,
}

impl Link {
    /// As the server takes it.
    pub fn for_server(&self) -> server::Link {
        server::Link {
            name: self.name.clone(),
            url: self.url.clone(),
            on_fields: self.on == Menu::Fields,
            category: self.category.clone(),
            fields: self.fields.clone(),
            all: self.all,
            regex: self.regex.clone(),
            users: self.users.clone(),
            not_users: self.not_users.clone(),
        }
    }
}
