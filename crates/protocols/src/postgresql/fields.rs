//! Fields of PostgreSQL, under Arkime's names. Statements are transactions of the session.

fields::fields! { "postgresql";
    /// User name of the log-in.
    USER: Term = "postgresql.user" @ "postgresql.user", "User".one().linked();
    /// Database of the log-in.
    DATABASE: Term = "postgresql.db" @ "postgresql.db", "Database".one().linked();
    /// Application that the client says it is.
    APPLICATION: Term = "postgresql.app" @ "postgresql.app", "Application".one().linked();
}

#[cfg(test)]
mod tests {
    #[test]
    fn table_is_sound() {
        fields::audit(super::FIELDS);
    }
}
