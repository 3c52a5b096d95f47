//! Fields of MySQL, under Arkime's names. Statements are transactions of the session.

fields::fields! { "mysql";
    /// User name of the log-in.
    USER: Lower = "mysql.user" @ "mysql.user", "User".one().linked();
    /// Version of the server.
    VERSION: Term = "mysql.ver" @ "mysql.version", "Version".one().linked();
}

#[cfg(test)]
mod tests {
    #[test]
    fn table_is_sound() {
        fields::audit(super::FIELDS);
    }
}
