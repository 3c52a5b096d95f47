//! Fields of e-mail, under Arkime's names.

use fields::Right::EmailSearch;

fields::fields! { "email";
    /// Host names in Received headers.
    HOST: Lower = "host.email" @ "email.host", "Hostname".aliases(&["email.host"]).right(EmailSearch).tokens();
    /// X-Mailer and User-Agent headers.
    USER_AGENT: Term = "email.x-mailer" @ "email.useragent", "X-Mailer Header".right(EmailSearch);
    /// Sender: MAIL FROM and the From header.
    SRC: Lower = "email.src" @ "email.src", "Sender".right(EmailSearch);
    /// Receivers: RCPT TO and the To, Cc and Bcc headers.
    DST: Lower = "email.dst" @ "email.dst", "Receiver".right(EmailSearch);
    /// Subject header, decoded.
    SUBJECT: Term = "email.subject" @ "email.subject", "Subject".right(EmailSearch);
    /// Message-Id header, angle brackets taken off.
    ID: Term = "email.message-id" @ "email.id", "Id".right(EmailSearch);
    /// Content-Type header of the message.
    CONTENT_TYPE: Term = "email.content-type" @ "email.contentType", "Content-Type";
    /// Mime-Version header.
    MIME_VERSION: Term = "email.mime-version" @ "email.mimeVersion", "Mime-Version";
    /// File names of attachments, decoded.
    FILENAME: Term = "email.fn" @ "email.filename", "Filenames".right(EmailSearch);
    /// MD5 of attachments and other encoded parts, decoded.
    MD5: Term = "email.md5" @ "email.md5", "Attach MD5s".right(EmailSearch);
    /// SHA-256 of attachments and other encoded parts, decoded.
    SHA256: Term = "email.sha256" @ "email.sha256", "Attach SHA256s".right(EmailSearch);
    /// Content types of attachments.
    FILE_CONTENT_TYPE: Term = "email.file-content-type" @ "email.fileContentType", "Attach Content-Type".right(EmailSearch);
    /// Kind of attachments and other encoded parts, from their first bytes.
    BODY_MAGIC: Term = "email.bodymagic" @ "email.bodyMagic", "Body Magic".right(EmailSearch);
    /// Addresses in Received, X-Originating-IP and X-Barracuda-Apparent-Source-IP headers.
    IP: Ip = "ip.email" @ "email.ip", "IP".right(EmailSearch);
    /// Names of the message's header fields.
    HEADER: Lower = "email.has-header" @ "email.header", "Header".right(EmailSearch);
    /// Names of those header fields that have no field of their own, in parallel to their values.
    HEADER_FIELD: Lower = "email.has-header.name" @ "email.headerField", "Header Field".repeated().no_count().asked(fields::Kind::Term).right(EmailSearch);
    /// Values of those header fields that have no field of their own.
    HEADER_VALUE: Term = "email.has-header.value" @ "email.headerValue", "Header Value".repeated().right(EmailSearch);
    /// Name that a client says hello with.
    SMTP_HELLO: Lower = "email.smtp-hello" @ "email.smtpHello", "SMTP Hello";
    /// Folder of a mailbox.
    FOLDER: Term = "email.folder" @ "email.folder", "Folder";
    /// Authorization header of the message.
    AUTHORIZATION: Term = "email.authorization" @ "email.header-authorization", "Authorization Header".no_count();
    /// X-Priority header.
    X_PRIORITY: Int = "email.x-priority" @ "email.header-x-priority", "X-Priority".no_count();
    /// X-ELNK-Trace header.
    X_ELNK_TRACE: Term = "email.x-elnk-trace" @ "email.header-x-elnk-trace", "X-ELNK-Trace".no_count();
}

#[cfg(test)]
mod tests {
    #[test]
    fn table_is_sound() {
        fields::audit(super::FIELDS);
    }
}
