//! Arguments of `hindsight user`.

use super::*;

/// `user`
#[derive(Debug, Args)]
pub struct User {
    #[command(subcommand)]
    pub what: UserCommand,
}

/// What to do with users.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Print the users and roles: id, roles, what is special, name
    List {
        /// As JSON, one a line
        #[arg(long)]
        json: bool,
    },
    /// Make a user with a random password and print that
    Add {
        /// User id
        user: String,
        /// Name for people [default: the id]
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
        /// Role; several times for several
        #[arg(long = "role", value_name = "ROLE", default_value = "arkimeUser")]
        roles: Vec<String>,
    },
    /// Remove a user, its tokens and log-ins
    Remove {
        /// User id
        user: String,
    },
    /// Give a user exactly these roles
    Roles {
        /// User id
        user: String,
        /// Roles, for instance arkimeUser role:team; none takes all away
        #[arg(value_name = "ROLE")]
        roles: Vec<String>,
    },
    /// Give a user a new random password and print it; makes the user where there is none, the very first as administrator
    Password {
        /// User id
        #[arg(default_value = "admin")]
        user: String,
    },
    /// API tokens, for scripts and assistants
    Token {
        #[command(subcommand)]
        what: TokenCommand,
    },
    /// The second factor
    Totp {
        #[command(subcommand)]
        what: TotpCommand,
    },
}

/// What to do with API tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token of a user and print it, this once
    Add {
        /// User id
        user: String,
        /// What it is for
        #[arg(long, value_name = "TEXT")]
        name: String,
        /// What it may do: read, export, upload, admin; separated by commas
        #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',', default_value = "read")]
        scopes: Vec<server::Scope>,
        /// Days until it ends
        #[arg(long, value_name = "N", default_value_t = server::TOKEN_DAYS)]
        days: u32,
    },
    /// Print tokens, without what is secret
    List {
        /// User id [default: of everybody]
        user: Option<String>,
    },
    /// Make a token worthless
    Revoke {
        /// Its id, as list prints it
        id: String,
    },
}

/// What to do with second factors.
#[derive(Debug, Subcommand)]
pub enum TotpCommand {
    /// Switch it off, for a user who has lost telephone and recovery codes
    Off {
        /// User id
        user: String,
    },
}
