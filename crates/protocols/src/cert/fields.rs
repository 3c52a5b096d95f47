//! What a certificate fills.

use fields::ObjectDef;

/// A certificate.
pub static CERT: ObjectDef =
    ObjectDef::new("cert", "One X.509 certificate that a side of the session showed.");

fields::fields! { "cert";
    /// Number of certificates.
    COUNT: Int = "cert.cnt" @ "certCnt", "Cert Cnt".one();
    /// Names that the certificate is valid for beside its common name.
    ALT: Lower = "cert.alt" @ "cert.alt", "Alt Name".inside(&CERT);
    /// Serial number, hexadecimal.
    SERIAL: Lower = "cert.serial" @ "cert.serial", "Serial Number".one().inside(&CERT);
    /// Common name of the issuer.
    ISSUER_CN: Lower = "cert.issuer.cn" @ "cert.issuerCN", "Issuer CN".no_count().inside(&CERT);
    /// Common name of the subject.
    SUBJECT_CN: Lower = "cert.subject.cn" @ "cert.subjectCN", "Subject CN".no_count().inside(&CERT);
    /// Organisation of the issuer.
    ISSUER_ON: Term = "cert.issuer.on" @ "cert.issuerON", "Issuer ON".no_count().inside(&CERT);
    /// Organisation of the subject.
    SUBJECT_ON: Term = "cert.subject.on" @ "cert.subjectON", "Subject ON".no_count().inside(&CERT);
    /// Organisational unit of the issuer.
    ISSUER_OU: Term = "cert.issuer.ou" @ "cert.issuerOU", "Issuer Org Unit".no_count().inside(&CERT);
    /// Organisational unit of the subject.
    SUBJECT_OU: Term = "cert.subject.ou" @ "cert.subjectOU", "Subject Org Unit".no_count().inside(&CERT);
    /// SHA-1 of the whole certificate, pairs of digits with colons.
    HASH: Lower = "cert.hash" @ "cert.hash", "Hash".one().inside(&CERT);
    /// Not valid before this time.
    NOT_BEFORE: Time = "cert.notbefore" @ "cert.notBefore", "Not Before".one().inside(&CERT);
    /// Not valid after this time.
    NOT_AFTER: Time = "cert.notafter" @ "cert.notAfter", "Not After".one().inside(&CERT);
    /// Days between the two ends of its validity.
    VALID_DAYS: Int = "cert.validfor" @ "cert.validDays", "Days Valid For".one().inside(&CERT);
    /// Days from when it was seen until it expires; 0 when it has expired.
    REMAINING_DAYS: Int = "cert.remainingDays" @ "cert.remainingDays", "Days remaining".one().inside(&CERT);
    /// Seconds between the two ends of its validity.
    VALID_SECONDS: Int = "cert.validforSeconds" @ "cert.validSeconds", "Seconds Valid For".one().inside(&CERT);
    /// Seconds from when it was seen until it expires; 0 when it has expired.
    REMAINING_SECONDS: Int = "cert.remainingSeconds" @ "cert.remainingSeconds", "Seconds remaining".one().inside(&CERT);
    /// Curve of an elliptic-curve key.
    CURVE: Term = "cert.curve" @ "cert.curve", "Curve".one().inside(&CERT);
    /// Algorithm of the public key.
    PUBLIC_ALGORITHM: Term = "cert.publicAlgorithm" @ "cert.publicAlgorithm", "Public Algorithm".one().inside(&CERT);
}

#[cfg(test)]
mod tests {
    #[test]
    fn table_is_sound() {
        fields::audit(super::FIELDS);
    }
}
