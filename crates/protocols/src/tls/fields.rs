//! What a TLS handshake fills.

fields::fields! { "tls";
    /// Version that the server chose.
    VERSION: Term = "tls.version" @ "tls.version", "Version";
    /// Cipher suite that the server chose.
    CIPHER: Upper = "tls.cipher" @ "tls.cipher", "Cipher";
    /// JA3 fingerprint of the client: MD5 of version, cipher suites, extensions, groups and point formats.
    JA3: Lower = "tls.ja3" @ "tls.ja3", "JA3";
    /// JA3S fingerprint of the server: MD5 of version, cipher suite and extensions.
    JA3S: Lower = "tls.ja3s" @ "tls.ja3s", "JA3S";
    /// JA4 fingerprint of the client: does not depend on the order of cipher suites and extensions.
    JA4: Lower = "tls.ja4" @ "tls.ja4", "JA4";
    /// What the JA4 fingerprint is made of.
    JA4_RAW: Lower = "tls.ja4_r" @ "tls.ja4_r", "JA4_r";
    /// Session id that the server sent.
    DST_SESSION_ID: Lower = "tls.sessionid.dst" @ "tls.dstSessionId", "Dst Session Id".no_count();
    /// Session id that the client sent to resume a session.
    SRC_SESSION_ID: Lower = "tls.sessionid.src" @ "tls.srcSessionId", "Src Session Id".no_count();
    /// What the JA3S fingerprint is made of.
    JA3S_STRING: Lower = "tls.ja3sstring" @ "tls.ja3sstring", "JA3SSTR";
    /// What the JA3 fingerprint is made of.
    JA3_STRING: Lower = "tls.ja3string" @ "tls.ja3string", "JA3STR";
}

#[cfg(test)]
mod tests {
    #[test]
    fn table_is_sound() {
        fields::audit(super::FIELDS);
    }
}
