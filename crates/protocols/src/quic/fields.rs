//! What Google's QUIC fills; that of the IETF fills the fields of TLS.

fields::fields! { "quic";
    /// Name of the server that the client asked for (Google's QUIC).
    HOST: Lower = "host.quic" @ "quic.host", "Hostname".aliases(&["quic.host"]).tokens();
    /// Program that the client says it is (Google's QUIC).
    USER_AGENT: Term = "quic.user-agent" @ "quic.useragent", "User-Agent";
    /// Version that the client asked for (Google's QUIC).
    VERSION: Term = "quic.version" @ "quic.version", "Version";
}

#[cfg(test)]
mod tests {
    #[test]
    fn table_is_sound() {
        fields::audit(super::FIELDS);
    }
}
