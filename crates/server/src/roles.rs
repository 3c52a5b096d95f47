//! Roles: what the system's own include, and what user-defined ones (`role:x`, kept as users are) give to those who have them.

use crate::auth::{User, load};
use crate::error::ApiError;
use index::Catalog;

/// The system's roles, each with those that it includes.
pub(crate) const ROLES: &[(&str, &[&str])] = &[
    (
        "superAdmin",
        &["usersAdmin", "dbAdmin", "arkimeAdmin", "cont3xtAdmin", "parliamentAdmin", "wiseAdmin", "mcpUser"],
    ),
    ("usersAdmin", &[]),
    ("dbAdmin", &[]),
    ("mcpUser", &[]),
    ("tlsDecrypt", &[]),
    ("arkimeAdmin", &["arkimeUser"]),
    ("arkimeUser", &[]),
    ("cont3xtAdmin", &["cont3xtUser"]),
    ("cont3xtUser", &[]),
    ("parliamentAdmin", &["parliamentUser"]),
    ("parliamentUser", &[]),
    ("wiseAdmin", &["wiseUser"]),
    ("wiseUser", &[]),
];
/// What a user-defined role begins with.
pub(crate) const OWN: &str = "role:";
/// Roles of one user, those that others include counted.
const MAX_ROLES: usize = 1_000;

/// Whether it is one of the system's roles.
pub(crate) fn is_system(role: &str) -> bool {
    ROLES.iter().any(|(name, _)| *name == role)
}

/// One of the system's roles with all that it includes.
pub(crate) fn all_of(role: &str) -> Vec<String> {
    let mut roles = vec![role.to_owned()];
    let mut at = 0;
    while let Some(role) = roles.get(at) {
        at += 1;
        let included = ROLES.iter().find(|(name, _)| name == role).map_or(&[][..], |(_, included)| *included);
        for role in included {
            if roles.iter().all(|known| known != role) {
                roles.push((*role).to_owned());
            }
        }
    }
    roles
}

/// A user with what all of its roles give. Rights add up; limits, forced expressions and what is hidden add up too: whoever
/// gets a role with a limit is limited. A role that is not enabled gives nothing and is taken off.
pub(crate) fn expand(catalog: &dyn Catalog, mut user: User) -> Result<User, ApiError> {
    let mut at = 0;
    while let Some(role) = user.roles.get(at).cloned() {
        at += 1;
        let mut further: Vec<String> = Vec::new();
        if let Some((_, included)) = ROLES.iter().find(|(name, _)| *name == role) {
            further.extend(included.iter().map(|name| (*name).to_owned()));
        } else if role.starts_with(OWN) {
            match load(catalog, &role)? {
                // a role that nobody described is only a name to share with
                None => {}
                Some(card) if card.enabled => {
                    further.extend(card.roles.iter().cloned());
                    give(&mut user, &card);
                }
                Some(_) => {
                    at -= 1;
                    user.roles.remove(at);
                }
            }
        }
        for role in further {
            // a role never makes a super administrator
            let allowed = role != "superAdmin" && user.roles.len() < MAX_ROLES;
            if allowed && !user.roles.contains(&role) {
                user.roles.push(role);
            }
        }
    }
    Ok(user)
}

fn give(user: &mut User, role: &User) {
    for (own, given) in [
        (&mut user.web_enabled, role.web_enabled),
        (&mut user.email_search, role.email_search),
        (&mut user.remove_enabled, role.remove_enabled),
        (&mut user.packet_search, role.packet_search),
        (&mut user.hide_stats, role.hide_stats),
        (&mut user.hide_files, role.hide_files),
        (&mut user.hide_pcap, role.hide_pcap),
        (&mut user.disable_pcap_download, role.disable_pcap_download),
        (&mut user.header_auth_enabled, role.header_auth_enabled),
        (&mut user.totp_required, role.totp_required),
    ] {
        *own |= given;
    }
    if role.time_limit > 0 {
        user.time_limit =
            if user.time_limit > 0 { user.time_limit.min(role.time_limit) } else { role.time_limit };
    }
    let (own, given) = (user.expression.trim(), role.expression.trim());
    if !given.is_empty() {
        user.expression = if own.is_empty() { given.to_owned() } else { format!("({own}) && ({given})") };
    }
}

/// The user of an id with what its roles give: who a request is answered for.
pub(crate) fn effective(catalog: &dyn Catalog, id: &str) -> Result<Option<User>, ApiError> {
    load(catalog, id)?.map(|user| expand(catalog, user)).transpose()
}
