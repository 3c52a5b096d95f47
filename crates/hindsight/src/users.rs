//! `hindsight user`: users, their roles, passwords, tokens and second factors, from the command line. Whoever may write the folder
//! may do this; the server need not run, and takes changes up at once when it does.

use crate::cli::{TokenCommand, TotpCommand, UserCommand};
use crate::describe::print;
use crate::home::Home;
use crate::output::time;
use crate::stores::Stores;
use crate::{Failure, Outcome};
use server::{TokenWish, manage};

/// Runs one of the commands.
pub fn run(command: &UserCommand, home: &Home) -> Result<Outcome, Failure> {
    let stores = Stores::open(home)?;
    let catalog = &*stores.catalog;
    match command {
        UserCommand::List { json } => {
            let mut users = manage::list_users(catalog)?;
            users.sort_by(|a, b| a.user_id.cmp(&b.user_id));
            print(|out| {
                for user in &users {
                    if *json {
                        writeln!(out, "{}", user.public())?;
                    } else {
                        writeln!(out, "{}", row(user))?;
                    }
                }
                Ok(())
            })
        }
        UserCommand::Add { user, name, roles } => {
            let name = name.as_deref().unwrap_or(user);
            let password = manage::add_user(catalog, user, name, roles)?;
            print(|out| writeln!(out, "{password}"))
        }
        UserCommand::Remove { user } => {
            manage::remove_user(catalog, user)?;
            Ok(Outcome::Done)
        }
        UserCommand::Roles { user, roles } => {
            manage::set_roles(catalog, user, roles)?;
            Ok(Outcome::Done)
        }
        UserCommand::Password { user } => {
            let first = manage::list_users(catalog)?.iter().all(|known| known.user_id.starts_with("role:"));
            let password = server::set_password(catalog, user, None)?;
            if first {
                eprintln!("{user} is the first user and a super administrator");
            }
            print(|out| writeln!(out, "{password}"))
        }
        UserCommand::Token { what } => token(what, catalog),
        UserCommand::Totp { what: TotpCommand::Off { user } } => {
            if manage::totp_off(catalog, user)? {
                Ok(Outcome::Done)
            } else {
                Err(Failure::Failed(format!("{user} has no second factor")))
            }
        }
    }
}

/// One line of the list.
fn row(user: &server::User) -> String {
    let mut marks = Vec::new();
    if !user.enabled {
        marks.push("disabled");
    }
    if user.has_totp() {
        marks.push("totp");
    }
    format!("{}\t{}\t{}\t{}", user.user_id, user.roles.join(","), marks.join(","), user.user_name)
}

fn token(command: &TokenCommand, catalog: &dyn index::Catalog) -> Result<Outcome, Failure> {
    match command {
        TokenCommand::Add { user, name, scopes, days } => {
            let wish = TokenWish { name: name.clone(), scopes: scopes.clone(), days: *days };
            let (text, stored) = manage::make_token(catalog, user, &wish)?;
            eprintln!("token {} of {user}, until {}; shown this once:", stored.id, time(stored.expires));
            print(|out| writeln!(out, "{text}"))
        }
        TokenCommand::List { user } => {
            let tokens = manage::list_tokens(catalog, user.as_deref())?;
            print(|out| {
                for token in &tokens {
                    let scopes: Vec<String> = token.scopes.iter().map(ToString::to_string).collect();
                    let used = token
                        .last_used
                        .map_or_else(|| "never used".to_owned(), |at| format!("used {}", time(at)));
                    let until = time(token.expires);
                    writeln!(
                        out,
                        "{}\t{}\t{}\tuntil {until}\t{used}\t{}",
                        token.id,
                        token.user_id,
                        scopes.join(","),
                        token.name
                    )?;
                }
                Ok(())
            })
        }
        TokenCommand::Revoke { id } => {
            if manage::revoke_token(catalog, id)? {
                Ok(Outcome::Done)
            } else {
                Err(Failure::Failed(format!("there is no token {id}; hindsight user token list shows all")))
            }
        }
    }
}
