//! Names of numbers, from IANA's registries for IKE and IKEv2, and of the identifiers of makers, which are mostly the MD5
//! of a text that RFCs and vendors publish.

pub(super) const fn exchange(kind: u8) -> Option<&'static str> {
    Some(match kind {
        0 => "none",
        1 => "base",
        2 => "identity-protection",
        3 => "authentication-only",
        4 => "aggressive",
        5 => "informational",
        6 => "transaction",
        32 => "quick-mode",
        33 => "new-group-mode",
        34 => "ike-sa-init",
        35 => "ike-auth",
        36 => "create-child-sa",
        37 => "informational",
        38 => "ike-session-resume",
        43 => "ike-intermediate",
        _ => return None,
    })
}

pub(super) const fn encryption_1(id: u16) -> Option<&'static str> {
    Some(match id {
        1 => "des-cbc",
        2 => "idea-cbc",
        3 => "blowfish-cbc",
        4 => "rc5-r16-b64-cbc",
        5 => "3des-cbc",
        6 => "cast-cbc",
        7 => "aes-cbc",
        8 => "camellia-cbc",
        _ => return None,
    })
}

pub(super) const fn hash_1(id: u16) -> Option<&'static str> {
    Some(match id {
        1 => "md5",
        2 => "sha1",
        3 => "tiger",
        4 => "sha2-256",
        5 => "sha2-384",
        6 => "sha2-512",
        _ => return None,
    })
}

pub(super) const fn authentication_1(id: u16) -> Option<&'static str> {
    Some(match id {
        1 => "psk",
        2 => "dss-sig",
        3 => "rsa-sig",
        4 => "rsa-enc",
        5 => "rsa-enc-revised",
        9 => "ecdsa-256",
        10 => "ecdsa-384",
        11 => "ecdsa-521",
        64221 => "hybrid-init-rsa",
        64222 => "hybrid-resp-rsa",
        65001 => "xauth-init-psk",
        65002 => "xauth-resp-psk",
        65005 => "xauth-init-rsa",
        65006 => "xauth-resp-rsa",
        _ => return None,
    })
}

pub(super) const fn group(id: u16) -> Option<&'static str> {
    Some(match id {
        1 => "modp768",
        2 => "modp1024",
        3 => "ec2n155",
        4 => "ec2n185",
        5 => "modp1536",
        14 => "modp2048",
        15 => "modp3072",
        16 => "modp4096",
        17 => "modp6144",
        18 => "modp8192",
        19 => "ecp256",
        20 => "ecp384",
        21 => "ecp521",
        22 => "modp1024-160",
        23 => "modp2048-224",
        24 => "modp2048-256",
        25 => "ecp192",
        26 => "ecp224",
        27 => "brainpool224",
        28 => "brainpool256",
        29 => "brainpool384",
        30 => "brainpool512",
        31 => "curve25519",
        32 => "curve448",
        35 => "ml-kem-512",
        36 => "ml-kem-768",
        37 => "ml-kem-1024",
        _ => return None,
    })
}

pub(super) const fn encryption_2(id: u16) -> Option<&'static str> {
    Some(match id {
        1 => "des-iv64",
        2 => "des-cbc",
        3 => "3des-cbc",
        4 => "rc5",
        5 => "idea",
        6 => "cast",
        7 => "blowfish",
        8 => "3idea",
        9 => "des-iv32",
        11 => "null",
        12 => "aes-cbc",
        13 => "aes-ctr",
        14 => "aes-ccm-8",
        15 => "aes-ccm-12",
        16 => "aes-ccm-16",
        18 => "aes-gcm-8",
        19 => "aes-gcm-12",
        20 => "aes-gcm-16",
        21 => "null-auth-aes-gmac",
        23 => "camellia-cbc",
        24 => "camellia-ctr",
        28 => "chacha20-poly1305",
        _ => return None,
    })
}

pub(super) const fn prf_2(id: u16) -> Option<&'static str> {
    Some(match id {
        1 => "md5",
        2 => "sha1",
        3 => "tiger",
        4 => "aes128-xcbc",
        5 => "sha2-256",
        6 => "sha2-384",
        7 => "sha2-512",
        8 => "aes128-cmac",
        _ => return None,
    })
}

/// The name behind an identifier; some have a version after the part that names them.
pub(super) fn vendor(id: &[u8]) -> Option<&'static str> {
    VENDORS.iter().find(|(known, _)| id.starts_with(known)).map(|(_, name)| *name)
}

const VENDORS: &[(&[u8], &str)] = &[
    (b"\xaf\xca\xd7\x13\x68\xa1\xf1\xc9\x6b\x86\x96\xfc\x77\x57\x01\x00", "dpd"),
    (b"\x4a\x13\x1c\x81\x07\x03\x58\x45\x5c\x57\x28\xf2\x0e\x95\x45\x2f", "nat-t"),
    (b"\x90\xcb\x80\x91\x3e\xbb\x69\x6e\x08\x63\x81\xb5\xec\x42\x7b\x1f", "nat-t-02"),
    (b"\xcd\x60\x46\x43\x35\xdf\x21\xf8\x7c\xfd\xb2\xfc\x68\xb6\xa4\x48", "nat-t-02"),
    (b"\x7d\x94\x19\xa6\x53\x10\xca\x6f\x2c\x17\x9d\x92\x15\x52\x9d\x56", "nat-t-03"),
    (b"\x44\x85\x15\x2d\x18\xb6\xbb\xcd\x0b\xe8\xa8\x46\x95\x79\xdd\xcc", "nat-t-00"),
    (b"\x09\x00\x26\x89\xdf\xd6\xb7\x12", "xauth"),
    (b"\x12\xf5\xf2\x8c\x45\x71\x68\xa9\x70\x2d\x9f\xe2\x74\xcc\x01\x00", "cisco-unity"),
    // of the text FRAGMENTATION; Arkime's name is kept, because its users search for it
    (b"\x40\x48\xb7\xd5\x6e\xbc\xe8\x85\x25\xe7\xde\x7f\x00\xd6\xc2\xd3", "ikev2"),
    (b"\x1e\x2b\x51\x69\x05\x99\x1c\x7d\x7c\x96\xfc\xbf\xb5\x87\xe4\x61", "ms-nt5-isakmpoakley"),
    (b"\x88\x2f\xe5\x6d\x6f\xd2\x0d\xbc\x22\x51\x61\x3b\x2e\xbe\x5b\xeb", "strongswan"),
];
