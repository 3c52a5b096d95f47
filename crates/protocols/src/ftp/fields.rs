//! Fields of FTP, under Arkime's names.

fields::fields! { "ftp";
    /// Commands of the client.
    COMMAND: Upper = "ftp.command" @ "ftp.command", "Command";
    /// File names given to RETR, STOR, APPE, DELE, RNFR, RNTO, MKD, RMD, SIZE and MDTM.
    FILENAME: Term = "ftp.filename" @ "ftp.filename", "Filename";
    /// Reply codes of the server.
    RESPONSE_CODE: Int = "ftp.responseCode" @ "ftp.responseCode", "Response Code";
    /// Welcome banner of the server.
    BANNER: Term = "ftp.banner" @ "ftp.banner", "Banner";
}

#[cfg(test)]
mod tests {
    #[test]
    fn table_is_sound() {
        fields::audit(super::FIELDS);
    }
}
