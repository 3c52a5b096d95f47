//! Users: names and meanings of the properties are Arkime's.

use crate::app::{now_ms, random_text};
use crate::auth::totp::Totp;
use crate::auth::{check_password, hash_password};
use crate::error::ApiError;
use fields::Right;
use index::Catalog;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

/// Collection of the catalogue; the key is the user id.
pub(crate) const USERS: &str = "users";

/// A user, as kept in the catalogue.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct User {
    /// What is typed at log-in.
    pub user_id: String,
    /// Name for people.
    pub user_name: String,
    /// Whether the user may do anything at all.
    pub enabled: bool,
    /// Whether the user may use the viewer and its API.
    pub web_enabled: bool,
    /// Whether fields of e-mails can be searched.
    pub email_search: bool,
    /// Whether sessions, tags and packets may be removed.
    pub remove_enabled: bool,
    /// Whether packets may be searched by hunts.
    pub packet_search: bool,
    /// Whether statistics are kept from the user.
    pub hide_stats: bool,
    /// Whether the list of packet files is kept from the user.
    pub hide_files: bool,
    /// Whether packets are kept from the user.
    pub hide_pcap: bool,
    /// Whether exports of packets are refused.
    pub disable_pcap_download: bool,
    /// An expression that every search of the user is narrowed by; empty for none.
    pub expression: String,
    /// Longest time range of a search, hours; 0 for any.
    pub time_limit: i64,
    /// `superAdmin`, `arkimeAdmin`, `arkimeUser`, `role:…`.
    pub roles: Vec<String>,
    /// Argon2id hash of the password, a PHC string.
    pub pass_store: String,
    /// What HTTP digest compares with, sealed; only while digest is on, see `docs/access.md`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) digest_store: Option<String>,
    /// The second factor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) totp: Option<Totp>,
    /// Whether the user needs a second factor.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub totp_required: bool,
    /// Whether a proxy, a signed token or a provider may log the user in.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub header_auth_enabled: bool,
    /// What the viewer keeps for the user.
    pub settings: Json,
    /// Creation, milliseconds since 1970.
    pub created: i64,
    /// Properties that this version does not know stay.
    #[serde(flatten)]
    pub more: Map<String, Json>,
}

impl Default for User {
    fn default() -> Self {
        Self {
            user_id: String::new(),
            user_name: String::new(),
            enabled: true,
            web_enabled: true,
            email_search: true,
            remove_enabled: false,
            packet_search: true,
            hide_stats: false,
            hide_files: false,
            hide_pcap: false,
            disable_pcap_download: false,
            expression: String::new(),
            time_limit: 0,
            roles: vec!["arkimeUser".to_owned()],
            pass_store: String::new(),
            digest_store: None,
            totp: None,
            totp_required: false,
            header_auth_enabled: false,
            settings: json!({}),
            created: 0,
            more: Map::new(),
        }
    }
}

impl User {
    /// Whether the user may see and change what belongs to others.
    pub fn is_admin(&self) -> bool {
        ["superAdmin", "arkimeAdmin", "usersAdmin"].into_iter().any(|role| self.has_role(role))
    }

    /// Whether log-in asks for a second factor.
    pub fn has_totp(&self) -> bool {
        self.totp.as_ref().is_some_and(|totp| totp.confirmed)
    }

    /// Takes a password over; [`crate::auth::Stored`] says what is kept of it.
    pub(crate) fn take(&mut self, password: crate::auth::Stored) {
        self.pass_store = password.pass_store;
        self.digest_store = password.digest_store;
    }

    /// Whether the user has a role; of a user that was expanded also those that other roles include.
    pub(crate) fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|own| own == role)
    }

    /// Rights that fields ask for.
    pub(crate) fn rights(&self) -> &'static [Right] {
        if self.email_search { &[Right::EmailSearch] } else { &[] }
    }

    /// What the user and the viewer may know: everything but what passwords and codes are compared with.
    pub fn public(&self) -> Json {
        let mut shown = serde_json::to_value(self).unwrap_or_else(|_| json!({}));
        if let Some(shown) = shown.as_object_mut() {
            for secret in ["passStore", "digestStore", "totp"] {
                shown.remove(secret);
            }
            shown.insert("totpEnabled".to_owned(), self.has_totp().into());
            shown.insert("totpRequired".to_owned(), self.totp_required.into());
            shown.insert("headerAuthEnabled".to_owned(), self.header_auth_enabled.into());
        }
        shown
    }

    /// The short form that log-in and `appinfo` answer.
    pub(crate) fn card(&self) -> Json {
        json!({ "userId": self.user_id, "userName": self.user_name, "roles": self.roles })
    }

    pub(crate) fn to_json(&self) -> Result<Json, ApiError> {
        serde_json::to_value(self).map_err(|e| ApiError::internal(format!("cannot write a user: {e}")))
    }
}

/// The user of an id.
pub(crate) fn load(catalog: &dyn Catalog, id: &str) -> Result<Option<User>, ApiError> {
    let Some(entry) = catalog.get(USERS, id)? else { return Ok(None) };
    let user = serde_json::from_value(entry.value);
    user.map(Some).map_err(|e| ApiError::internal(format!("the stored user `{id}` is damaged: {e}")))
}

/// Changes a user; the change is made again when somebody else changed the user at the same time.
pub(crate) fn change(
    catalog: &dyn Catalog,
    id: &str,
    change: &mut dyn FnMut(&mut User) -> Result<(), ApiError>,
) -> Result<User, ApiError> {
    for _ in 0..20 {
        let Some(entry) = catalog.get(USERS, id)? else {
            return Err(ApiError::not_found(format!("there is no user `{id}`")));
        };
        let mut user: User = serde_json::from_value(entry.value)
            .map_err(|e| ApiError::internal(format!("the stored user `{id}` is damaged: {e}")))?;
        change(&mut user)?;
        if catalog.put(USERS, id, &user.to_json()?, Some(entry.version))? {
            return Ok(user);
        }
    }
    Err(ApiError::busy("the user is being changed by others; try again"))
}

/// The administrator of a new installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstAdmin {
    /// `admin`.
    pub user: String,
    /// A random password; it is stored nowhere, so this is the only time to show it.
    pub password: String,
}

/// Makes the administrator `admin` with a random password when there is no user at all; `None` when there is one.
///
/// # Errors
/// When the catalogue cannot be read or written.
pub fn ensure_admin(catalog: &dyn Catalog) -> Result<Option<FirstAdmin>, index::Error> {
    if !is_first(catalog)? {
        return Ok(None);
    }
    let password = random_text::<15>().map_err(as_index_error)?;
    let user = User {
        user_id: "admin".to_owned(),
        user_name: "Administrator".to_owned(),
        roles: vec!["superAdmin".to_owned()],
        remove_enabled: true,
        pass_store: hash_password(&password).map_err(as_index_error)?,
        created: now_ms(),
        ..User::default()
    };
    // Version 0: of two processes that start at once one makes it, and only that one tells its password.
    let made = catalog.put(USERS, "admin", &user.to_json().map_err(as_index_error)?, Some(0))?;
    Ok(made.then_some(FirstAdmin { user: user.user_id, password }))
}

/// Sets the password of a user, made when there is none: the very first as super administrator, for otherwise nobody could
/// make one; later ones with the role `arkimeUser`. `None` picks a random password. Returns the password. For the command
/// line: whoever may write the catalogue may do this.
///
/// # Errors
/// When the password is too short or too long, or the catalogue cannot be written.
pub fn set_password(catalog: &dyn Catalog, id: &str, password: Option<&str>) -> Result<String, index::Error> {
    let password = match password {
        Some(password) => password.to_owned(),
        None => random_text::<15>().map_err(as_index_error)?,
    };
    check_password(&password).map_err(|e| as_index_error(ApiError::bad(e.to_string())))?;
    let hash = hash_password(&password).map_err(as_index_error)?;
    if catalog.get(USERS, id)?.is_none() {
        let mut user =
            User { user_id: id.to_owned(), user_name: id.to_owned(), created: now_ms(), ..User::default() };
        if is_first(catalog)? {
            user.roles = vec!["superAdmin".to_owned()];
            user.remove_enabled = true;
        }
        catalog.put(USERS, id, &user.to_json().map_err(as_index_error)?, Some(0))?;
    }
    change(catalog, id, &mut |user| {
        user.pass_store = hash.clone();
        // made anew at the next log-in with the password
        user.digest_store = None;
        Ok(())
    })
    .map_err(as_index_error)?;
    Ok(password)
}

/// Whether nobody is there yet who could log in; roles are no users.
pub(crate) fn is_first(catalog: &dyn Catalog) -> Result<bool, index::Error> {
    Ok(catalog.list(USERS)?.iter().all(|entry| entry.key.starts_with(crate::roles::OWN)))
}

pub(crate) fn as_index_error(error: ApiError) -> index::Error {
    let kind = if error.is_clients() { index::ErrorKind::Unsupported } else { index::ErrorKind::Unavailable };
    index::Error::new(kind, error.text)
}
