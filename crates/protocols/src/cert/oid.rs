//! Names of key algorithms and curves, as OpenSSL and RFC 3279, 5480, 5639 and 8410 spell them.

/// Name of an object identifier in dotted form; itself where it has none.
pub(super) fn name(dotted: &str) -> &str {
    match dotted {
        "1.2.840.113549.1.1.1" => "rsaEncryption",
        "1.2.840.113549.1.1.10" => "rsassaPss",
        "1.2.840.113549.1.3.1" => "dhKeyAgreement",
        "1.2.840.10040.4.1" => "dsaEncryption",
        "1.2.840.10045.2.1" => "id-ecPublicKey",
        "1.3.132.1.12" => "id-ecDH",
        "1.3.101.110" => "X25519",
        "1.3.101.111" => "X448",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        "1.2.840.10045.3.1.1" => "prime192v1",
        "1.2.840.10045.3.1.7" => "prime256v1",
        "1.3.132.0.33" => "secp224r1",
        "1.3.132.0.34" => "secp384r1",
        "1.3.132.0.35" => "secp521r1",
        "1.3.132.0.10" => "secp256k1",
        "1.3.36.3.3.2.8.1.1.7" => "brainpoolP256r1",
        "1.3.36.3.3.2.8.1.1.11" => "brainpoolP384r1",
        "1.3.36.3.3.2.8.1.1.13" => "brainpoolP512r1",
        "1.2.156.10197.1.301" => "SM2",
        "1.2.643.2.2.19" => "gost2001",
        "1.2.643.7.1.1.1.1" => "gost2012_256",
        "1.2.643.7.1.1.1.2" => "gost2012_512",
        "2.16.840.1.101.3.4.3.17" => "ML-DSA-44",
        "2.16.840.1.101.3.4.3.18" => "ML-DSA-65",
        "2.16.840.1.101.3.4.3.19" => "ML-DSA-87",
        other => other,
    }
}
