//! One certificate, read with `x509-parser`: ASN.1 sent by anybody is left to code that many have looked at.

use super::fields::*;
use super::oid;
use crate::Context;
use crate::bytes::{colons, hex};
use ::fields::{Field, Typed};
use session::{Object, core};
use sha1::{Digest, Sha1};
use x509_parser::certificate::X509Certificate;
use x509_parser::der_parser::asn1_rs::Tag;
use x509_parser::extensions::GeneralName;
use x509_parser::oid_registry::{
    OID_X509_COMMON_NAME, OID_X509_ORGANIZATION_NAME, OID_X509_ORGANIZATIONAL_UNIT,
};
use x509_parser::prelude::{FromDer, ParsedExtension};
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// Certificates of one document; the chain of a server is three or four.
const MAX_CERTIFICATES: usize = 100;
/// Names that one certificate is valid for and that are kept.
const MAX_ALT: usize = 2_000;
const DAY: i64 = 86_400;

/// Adds a certificate in DER to the document, once however often it is shown. One that is no certificate is tagged
/// `cert:malformed`.
pub(crate) fn certificate(der: &[u8], context: &mut Context<'_>) {
    let hash = colons(&Sha1::digest(der));
    let before = context.doc.list(&CERT).count();
    if context.doc.list(&CERT).any(|one| one.text(&HASH) == Some(&hash)) {
        return;
    }
    if before >= MAX_CERTIFICATES {
        context.doc.tag("truncated-field-cert");
        return;
    }
    let Ok((_, x509)) = X509Certificate::from_der(der) else {
        context.doc.tag("cert:malformed");
        return;
    };
    let mut one = Object::new(&CERT);
    one.add(&HASH, &hash);
    one.add(&SERIAL, &hex(x509.raw_serial()));
    names(&mut one, x509.issuer(), [&ISSUER_ON, &ISSUER_OU], &ISSUER_CN);
    names(&mut one, x509.subject(), [&SUBJECT_ON, &SUBJECT_OU], &SUBJECT_CN);
    validity(&mut one, &x509, seen(context));
    key(&mut one, &x509);
    alternatives(&mut one, &x509);
    // The first certificate is that of the side itself; a chain behind it ends in one that signed itself.
    if before == 0 && is_self_signed(&one) {
        context.doc.tag("cert:self-signed");
    } else if x509.is_ca() {
        context.doc.tag("cert:certificate-authority");
    }
    context.doc.push(one);
    context.doc.add(&COUNT, before as i64 + 1);
}

/// Seconds since 1970 of when the session began, or of now while that is not in the document yet.
fn seen(context: &Context<'_>) -> i64 {
    let now = context.time.div_euclid(1_000_000);
    context.doc.int(&core::START_TIME).unwrap_or(now).div_euclid(1_000)
}

fn names(
    one: &mut Object,
    name: &X509Name<'_>,
    [organisation, unit]: [&'static Field<::fields::Term>; 2],
    common: &'static Field<::fields::Lower>,
) {
    for attribute in name.iter_attributes() {
        let kind = attribute.attr_type();
        if *kind == OID_X509_COMMON_NAME {
            one.add(common, &text(attribute));
        } else if *kind == OID_X509_ORGANIZATION_NAME {
            one.add(organisation, &text(attribute));
        } else if *kind == OID_X509_ORGANIZATIONAL_UNIT {
            one.add(unit, &text(attribute));
        }
    }
}

/// The string in any of the encodings that certificates use: UTF-8 and its subsets, UTF-16 (BMPString), UTF-32
/// (UniversalString), Latin-1 (what T61String is used for).
fn text(attribute: &AttributeTypeAndValue<'_>) -> String {
    let value = attribute.attr_value();
    let bytes = value.data;
    match value.tag() {
        Tag::BmpString => {
            let units = bytes.chunks_exact(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok());
            let units: Vec<u16> = units.map(u16::from_be_bytes).collect();
            String::from_utf16_lossy(&units)
        }
        Tag::UniversalString => {
            let points = bytes.chunks_exact(4).filter_map(|four| <[u8; 4]>::try_from(four).ok());
            let c = |point| char::from_u32(u32::from_be_bytes(point)).unwrap_or(char::REPLACEMENT_CHARACTER);
            points.map(c).collect()
        }
        Tag::T61String => bytes.iter().copied().map(char::from).collect(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn validity(one: &mut Object, x509: &X509Certificate<'_>, seen: i64) {
    let from = x509.validity().not_before.timestamp();
    let until = x509.validity().not_after.timestamp();
    let valid = until.saturating_sub(from);
    let remaining = until.saturating_sub(seen).max(0);
    one.add(&NOT_BEFORE, from.saturating_mul(1_000));
    one.add(&NOT_AFTER, until.saturating_mul(1_000));
    one.add(&VALID_DAYS, valid / DAY);
    one.add(&VALID_SECONDS, valid);
    one.add(&REMAINING_DAYS, remaining / DAY);
    one.add(&REMAINING_SECONDS, remaining);
}

fn key(one: &mut Object, x509: &X509Certificate<'_>) {
    let algorithm = &x509.public_key().algorithm;
    one.add(&PUBLIC_ALGORITHM, oid::name(&algorithm.algorithm.to_id_string()));
    let parameters = algorithm.parameters.as_ref().filter(|any| any.tag() == Tag::Oid);
    if let Some(curve) = parameters.and_then(|any| any.as_oid().ok()) {
        one.add(&CURVE, oid::name(&curve.to_id_string()));
    }
}

fn alternatives(one: &mut Object, x509: &X509Certificate<'_>) {
    let names = x509.extensions().iter().filter_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
        _ => None,
    });
    for name in names.flatten().take(MAX_ALT) {
        match name {
            GeneralName::DNSName(name) => {
                one.add(&ALT, name);
            }
            GeneralName::IPAddress(bytes) => {
                let ip = <[u8; 4]>::try_from(*bytes)
                    .map(std::net::IpAddr::from)
                    .or_else(|_| <[u8; 16]>::try_from(*bytes).map(std::net::IpAddr::from));
                if let Ok(ip) = ip {
                    one.add(&ALT, &ip.to_string());
                }
            }
            _ => {}
        }
    }
}

/// Whether issuer and subject are the same: one common name, and the same organisation or none.
fn is_self_signed(one: &Object) -> bool {
    fn held<T: Typed>(one: &Object, field: &'static Field<T>) -> Vec<String> {
        one.values(field).map(|v| v.texts().iter().map(|t| t.to_string()).collect()).unwrap_or_default()
    }
    let common = held(one, &SUBJECT_CN);
    common.len() == 1 && common == held(one, &ISSUER_CN) && held(one, &SUBJECT_ON) == held(one, &ISSUER_ON)
}
