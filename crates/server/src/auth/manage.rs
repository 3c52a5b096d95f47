//! Users and tokens for the command line: whoever may write the catalogue may do this.

use crate::app::now_ms;
use crate::auth::token::{self, ApiToken, TokenWish};
use crate::auth::user::{as_index_error, is_first};
use crate::auth::{USERS, User, change, load, set_password};
use crate::error::ApiError;
use crate::roles::{OWN, ROLES, is_system};
use index::Catalog;

/// The users and roles that there are, by id.
///
/// # Errors
/// When the catalogue cannot be read.
pub fn list_users(catalog: &dyn Catalog) -> Result<Vec<User>, index::Error> {
    let entries = catalog.list(USERS)?;
    let read = |entry: index::Entry| {
        serde_json::from_value(entry.value).map_err(|e| {
            let text = format!("the stored user `{}` is damaged: {e}", entry.key);
            index::Error::new(index::ErrorKind::Corrupt, text)
        })
    };
    entries.into_iter().map(read).collect()
}

/// Whether every role is one of the system or there in the catalogue.
fn check_roles(catalog: &dyn Catalog, roles: &[String]) -> Result<(), ApiError> {
    for role in roles {
        let own = role.starts_with(OWN) && load(catalog, role)?.is_some();
        if !own && !is_system(role) {
            let names: Vec<&str> = ROLES.iter().map(|(name, _)| *name).collect();
            let text =
                format!("there is no role {role}; there are {} and role:… of your own", names.join(", "));
            return Err(ApiError::bad(text));
        }
    }
    Ok(())
}

/// Makes a user with a random password, which is returned and stored nowhere. The first user has to be a super administrator.
///
/// # Errors
/// When the id cannot be used, is taken, a role is not known, or the catalogue cannot be written.
pub fn add_user(
    catalog: &dyn Catalog,
    id: &str,
    name: &str,
    roles: &[String],
) -> Result<String, index::Error> {
    let make = || {
        let fits = |c: char| c.is_alphanumeric() || "@-_.".contains(c);
        if id.is_empty() || id.len() > 200 || id.starts_with('_') || !id.chars().all(fits) {
            return Err(ApiError::bad("a user id has letters, digits and @ - _ . and does not begin with _"));
        }
        check_roles(catalog, roles)?;
        if !roles.iter().any(|role| role == "superAdmin") && is_first(catalog)? {
            let text = format!(
                "the first user has to be an administrator: add --role superAdmin, or `hindsight user password {id}` makes {id} one"
            );
            return Err(ApiError::bad(text));
        }
        let user = User {
            user_id: id.to_owned(),
            user_name: name.to_owned(),
            roles: roles.to_vec(),
            remove_enabled: roles.iter().any(|role| role == "superAdmin"),
            created: now_ms(),
            ..User::default()
        };
        if !catalog.put(USERS, id, &user.to_json()?, Some(0))? {
            return Err(ApiError::bad(format!("there is a user {id} already")));
        }
        Ok(())
    };
    make().map_err(as_index_error)?;
    set_password(catalog, id, None)
}

/// Removes a user, its tokens and log-ins.
///
/// # Errors
/// When there is no such user, it is the last administrator, or the catalogue cannot be written.
pub fn remove_user(catalog: &dyn Catalog, id: &str) -> Result<(), index::Error> {
    let users = list_users(catalog)?;
    let is_super = |user: &&User| user.enabled && user.roles.iter().any(|role| role == "superAdmin");
    if !users.iter().any(|user| user.user_id == id) {
        return Err(as_index_error(ApiError::bad(format!("there is no user {id}"))));
    }
    if users.iter().filter(is_super).all(|user| user.user_id == id) {
        let text = format!("{id} is the only super administrator; make another one first");
        return Err(as_index_error(ApiError::bad(text)));
    }
    catalog.remove(USERS, id)?;
    token::remove_all(catalog, id).map_err(as_index_error)?;
    super::login::stop_all_but(catalog, id, None)
}

/// Gives a user exactly these roles.
///
/// # Errors
/// When there is no such user or role, or the catalogue cannot be written.
pub fn set_roles(catalog: &dyn Catalog, id: &str, roles: &[String]) -> Result<(), index::Error> {
    check_roles(catalog, roles).map_err(as_index_error)?;
    change(catalog, id, &mut |user: &mut User| {
        user.roles = roles.to_vec();
        Ok(())
    })
    .map(|_| ())
    .map_err(as_index_error)
}

/// Switches the second factor of a user off; returns whether there was one.
///
/// # Errors
/// When there is no such user or the catalogue cannot be written.
pub fn totp_off(catalog: &dyn Catalog, id: &str) -> Result<bool, index::Error> {
    let mut had = false;
    change(catalog, id, &mut |user: &mut User| {
        had = user.has_totp();
        user.totp = None;
        Ok(())
    })
    .map_err(as_index_error)?;
    Ok(had)
}

/// Makes an API token; the text of the token is returned and stored nowhere.
///
/// # Errors
/// When there is no such user, the wish cannot be met, or the catalogue cannot be written.
pub fn make_token(
    catalog: &dyn Catalog,
    user: &str,
    wish: &TokenWish,
) -> Result<(String, ApiToken), index::Error> {
    let make = || {
        load(catalog, user)?.ok_or_else(|| ApiError::bad(format!("there is no user {user}")))?;
        token::create(catalog, user, wish)
    };
    make().map_err(as_index_error)
}

/// The API tokens of a user, or of all.
///
/// # Errors
/// When the catalogue cannot be read.
pub fn list_tokens(catalog: &dyn Catalog, user: Option<&str>) -> Result<Vec<ApiToken>, index::Error> {
    let list = token::list(catalog, user).map_err(as_index_error)?;
    Ok(list.into_iter().map(|(_, token)| token).collect())
}

/// Revokes an API token by its id; returns whether there was one.
///
/// # Errors
/// When the catalogue cannot be written.
pub fn revoke_token(catalog: &dyn Catalog, id: &str) -> Result<bool, index::Error> {
    token::remove(catalog, None, id).map_err(as_index_error)
}
