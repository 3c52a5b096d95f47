//! Links of the configuration's own in the menus on values and fields: Arkime's value and field actions.

use crate::auth::User;
use regex::Regex;
use serde_json::{Map, Value, json};

/// An entry of a menu. In `url` the viewer replaces `%TEXT%`, `%FIELD%` and the other macros of Arkime.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// What the menu shows.
    pub name: String,
    /// Where it leads, with macros.
    pub url: String,
    /// In the menu of fields instead of that of values.
    pub on_fields: bool,
    /// Kinds of values that it is for: `ip`, `host`, `url`, `port`, `md5`, `sha256`, `user`, `country`, `asn`, `rir`.
    pub category: Vec<String>,
    /// Fields that it is for.
    pub fields: Vec<String>,
    /// It is for every field.
    pub all: bool,
    /// It is for values that this expression finds something in; its first group is `%REGEX%`.
    pub regex: Option<String>,
    /// Who sees it; empty: everybody.
    pub users: Vec<String>,
    /// Who does not see it.
    pub not_users: Vec<String>,
}

impl Link {
    /// Whether it can be meant.
    ///
    /// # Errors
    /// What is wrong with it, for who wrote the configuration.
    pub fn check(&self) -> Result<(), String> {
        let shown = &self.name;
        if self.name.trim().is_empty() {
            return Err("a link needs a name".to_owned());
        }
        let scheme = self.url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
        let relative = self.url.starts_with('/') || self.url.starts_with('?');
        if !relative && !matches!(scheme.as_deref(), Some("http" | "https")) {
            return Err(format!("link {shown}: the url begins with https://, http:// or /"));
        }
        if let Some(regex) = &self.regex {
            Regex::new(regex).map_err(|error| format!("link {shown}: regex: {error}"))?;
        }
        if !self.all && self.category.is_empty() && self.fields.is_empty() {
            return Err(format!("link {shown}: what is it for? Give category, fields or all = true"));
        }
        Ok(())
    }

    fn is_for(&self, user: &User) -> bool {
        let named = |list: &[String]| list.contains(&user.user_id);
        (self.users.is_empty() || named(&self.users)) && !named(&self.not_users)
    }

    fn to_json(&self) -> Value {
        let mut shown = json!({ "name": self.name, "url": self.url });
        for (name, list) in [("category", &self.category), ("fields", &self.fields)] {
            if !list.is_empty() {
                shown[name] = json!(list);
            }
        }
        if self.all {
            shown["all"] = true.into();
        }
        if let Some(regex) = &self.regex {
            shown["regex"] = regex.as_str().into();
        }
        shown
    }
}

/// The links that a user sees, by key.
pub(crate) fn shown(links: &[Link], user: &User, on_fields: bool) -> Map<String, Value> {
    let seen = links.iter().filter(|link| link.on_fields == on_fields && link.is_for(user));
    let key = |name: &str| name.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    seen.enumerate().map(|(at, link)| (format!("{}{}", key(&link.name), at + 1), link.to_json())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let good = Link { name: "x".into(), url: "https://a/%TEXT%".into(), all: true, ..Link::default() };
        assert_eq!(good.check(), Ok(()));
        for wrong in [
            Link { name: " ".into(), ..good.clone() },
            Link { url: "javascript:alert(1)".into(), ..good.clone() },
            Link { url: "a/b".into(), ..good.clone() },
            Link { regex: Some("(".into()), ..good.clone() },
            Link { all: false, ..good.clone() },
        ] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn only_who_is_meant_sees_one() {
        let of = |name: &str, users: &[&str], not: &[&str]| Link {
            name: name.into(),
            users: users.iter().map(|u| (*u).to_owned()).collect(),
            not_users: not.iter().map(|u| (*u).to_owned()).collect(),
            ..Link::default()
        };
        let links = [of("a", &[], &[]), of("b", &["bob"], &[]), of("c", &[], &["bob"])];
        let bob = User { user_id: "bob".into(), ..User::default() };
        let keys: Vec<String> = shown(&links, &bob, false).keys().cloned().collect();
        assert_eq!(keys, ["a1", "b2"]);
        assert!(shown(&links, &bob, true).is_empty());
    }
}
