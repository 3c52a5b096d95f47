//! Fields of SSH, under Arkime's names.

fields::fields! { "ssh";
    /// Software banners, as announced in the first line of each side.
    VERSION: Lower = "ssh.ver" @ "ssh.version", "Version";
    /// Public host keys, in base64.
    KEY: Term = "ssh.key" @ "ssh.key", "Key";
    /// HASSH of the client: MD5 of the algorithms that it offers.
    HASSH: Lower = "ssh.hassh" @ "ssh.hassh", "HASSH";
    /// HASSH of the server: MD5 of the algorithms that it offers.
    HASSH_SERVER: Lower = "ssh.hasshServer" @ "ssh.hasshServer", "HASSH Server";
}

#[cfg(test)]
mod tests {
    #[test]
    fn table_is_sound() {
        fields::audit(super::FIELDS);
    }
}
