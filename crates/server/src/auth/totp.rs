//! The second factor: codes that change with time (RFC 6238), and recovery codes for a lost telephone.

use crate::app::{App, now_ms};
use crate::auth::{Secret, User, change};
use crate::error::ApiError;
use qrcodegen::{QrCode, QrCodeEcc};
use ring::hmac;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

/// Seconds that a code is good for; what every authenticator app takes.
const STEP: u64 = 30;
/// Codes of the step before and the step after are good too: clocks differ.
const DRIFT: u64 = 1;
/// Bytes of a secret: the length of SHA-1, as RFC 4226 asks for.
const SECRET: usize = 20;
/// Recovery codes.
const RECOVERY: usize = 10;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What is stored of a user's second factor.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Totp {
    /// The secret, sealed.
    secret: String,
    /// Whether the user has shown a right code; before, nobody is asked for one.
    pub confirmed: bool,
    /// Step of the code used last: neither it nor an earlier one is good again.
    last_step: u64,
    /// Hashes of the recovery codes that are left.
    recovery: Vec<String>,
    /// When it was set up, milliseconds since 1970.
    pub since: i64,
}

impl Totp {
    /// Recovery codes that are left.
    pub fn recovery_left(&self) -> usize {
        self.recovery.len()
    }
}

fn base32(bytes: &[u8]) -> String {
    let mut out = String::new();
    let (mut held, mut bits) = (0_u32, 0);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            let at = (held >> bits & 31) as usize;
            out.extend(BASE32.get(at).map(|c| char::from(*c)));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        out.extend(BASE32.get((held << (5 - bits) & 31) as usize).map(|c| char::from(*c)));
    }
    out
}

/// The code of a step (RFC 4226, 5.3), six digits.
fn code(secret: &[u8], step: u64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag.last().copied().unwrap_or_default() & 15);
    let four = tag.get(offset..).and_then(|rest| rest.first_chunk::<4>()).copied().unwrap_or_default();
    format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
}

fn step_of(now: i64) -> u64 {
    u64::try_from(now).unwrap_or_default() / 1_000 / STEP
}

/// The step of a right code that was not used yet.
fn right_step(secret: &[u8], given: &str, now: i64, last: u64) -> Option<u64> {
    let this = step_of(now);
    let steps = this.saturating_sub(DRIFT)..=this.saturating_add(DRIFT);
    // every step is compared: how long it takes tells nothing
    let mut right = None;
    for step in steps {
        if bool::from(code(secret, step).as_bytes().ct_eq(given.as_bytes())) && step > last {
            right = Some(step);
        }
    }
    right
}

fn purpose(user: &str) -> String {
    format!("totp {user}")
}

fn unsealed(secret: &Secret, user: &User, totp: &Totp) -> Result<Vec<u8>, ApiError> {
    secret.open(&purpose(&user.user_id), &totp.secret).ok_or_else(|| {
        ApiError::internal(format!(
            "the second factor of {0} was sealed with another key (viewer.key): put the old file back, or switch it off with \
             `hindsight user totp off {0}`",
            user.user_id
        ))
    })
}

fn random<const BYTES: usize>() -> Result<[u8; BYTES], ApiError> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|e| ApiError::internal(format!("the system gives no random numbers: {e}")))?;
    Ok(bytes)
}

fn recovery_hash(code: &str) -> String {
    let plain: String =
        code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    Sha256::digest(plain.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Begins: a new secret, that counts once a code of it was shown. Blocks.
pub(crate) fn set_up(app: &App, id: &str) -> Result<Json, ApiError> {
    let bytes = random::<SECRET>()?;
    let sealed = app.config.access.secret.seal(&purpose(id), &bytes);
    let sealed = sealed.ok_or_else(|| ApiError::internal("the system gives no random numbers"))?;
    change(&*app.state.catalog, id, &mut |user: &mut User| {
        if user.totp.as_ref().is_some_and(|totp| totp.confirmed) {
            return Err(ApiError::forbidden("there is a second factor already; switch it off first"));
        }
        let (secret, since) = (sealed.clone(), now_ms());
        user.totp = Some(Totp { secret, confirmed: false, last_step: 0, recovery: Vec::new(), since });
        Ok(())
    })?;
    let secret = base32(&bytes);
    let encode =
        |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
    let uri = format!(
        "otpauth://totp/Hindsight:{}?secret={secret}&issuer=Hindsight&algorithm=SHA1&digits=6&period={STEP}",
        encode(id)
    );
    Ok(json!({ "secret": secret, "uri": uri, "qr": qr(&uri) }))
}

/// A QR code as a path of an SVG of `size` by `size`.
fn qr(text: &str) -> Json {
    // a user id of 200 characters fits; where not, the text of the secret is there
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else { return Json::Null };
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            path.push_str(&format!("M{x} {y}h1v1h-1z"));
        }
    }
    json!({ "size": code.size(), "path": path })
}

/// Ends the beginning: with a right code the second factor counts. Returns recovery codes, which are stored nowhere. Blocks.
pub(crate) fn confirm(app: &App, id: &str, given: &str) -> Result<Vec<String>, ApiError> {
    let mut codes = Vec::new();
    for _ in 0..RECOVERY {
        let text = base32(&random::<10>()?);
        let parts: Vec<&str> = [0..4, 4..8, 8..12, 12..16].into_iter().filter_map(|r| text.get(r)).collect();
        codes.push(parts.join("-"));
    }
    let given = digits(given);
    change(&*app.state.catalog, id, &mut |user: &mut User| {
        let Some(mut totp) = user.totp.clone().filter(|totp| !totp.confirmed) else {
            return Err(ApiError::forbidden("begin with /api/user/totp/setup"));
        };
        let secret = unsealed(&app.config.access.secret, user, &totp)?;
        let step = right_step(&secret, &given, now_ms(), totp.last_step);
        totp.last_step = step.ok_or_else(|| ApiError::forbidden("this code is wrong"))?;
        totp.confirmed = true;
        totp.since = now_ms();
        totp.recovery = codes.iter().map(|code| recovery_hash(code)).collect();
        user.totp = Some(totp);
        Ok(())
    })?;
    Ok(codes)
}

fn digits(given: &str) -> String {
    given.chars().filter(|c| !c.is_whitespace()).take(64).collect()
}

/// Whether a code or recovery code is right; it is used up. Blocks.
pub(crate) fn check(app: &App, id: &str, given: &str) -> Result<(), ApiError> {
    let (given, hash) = (digits(given), recovery_hash(given));
    change(&*app.state.catalog, id, &mut |user: &mut User| {
        let wrong = || ApiError::unauthorized("this code is wrong or was used already");
        let mut totp = user.totp.clone().filter(|totp| totp.confirmed).ok_or_else(wrong)?;
        if let Some(at) =
            totp.recovery.iter().position(|own| bool::from(own.as_bytes().ct_eq(hash.as_bytes())))
        {
            totp.recovery.remove(at);
        } else {
            let secret = unsealed(&app.config.access.secret, user, &totp)?;
            totp.last_step = right_step(&secret, &given, now_ms(), totp.last_step).ok_or_else(wrong)?;
        }
        user.totp = Some(totp);
        Ok(())
    })
    .map(|_| ())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The code that an app shows for a secret as it is typed in, some steps from now.
    pub fn shown(secret: &str, ahead: i64) -> String {
        let mut bits = String::new();
        for c in secret.bytes() {
            let at = BASE32.iter().position(|b| *b == c).unwrap();
            bits.push_str(&format!("{at:05b}"));
        }
        let bytes: Vec<u8> = bits
            .as_bytes()
            .chunks_exact(8)
            .map(|b| u8::from_str_radix(std::str::from_utf8(b).unwrap(), 2).unwrap())
            .collect();
        code(&bytes, step_of(now_ms() + ahead * 30_000))
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // appendix B, SHA-1, the last six of eight digits
        let secret = b"12345678901234567890";
        for (seconds, wanted) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(code(secret, step_of(seconds * 1_000)), wanted);
        }
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (text, wanted) in
            [("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("foobar", "MZXW6YTBOI")]
        {
            assert_eq!(base32(text.as_bytes()), wanted);
        }
    }

    #[test]
    fn a_code_counts_once_and_not_much_later() {
        let (secret, now) = (b"12345678901234567890", 1_795_381_200_000);
        let this = step_of(now);
        let shown = code(secret, this);
        assert_eq!(right_step(secret, &shown, now, 0), Some(this));
        assert_eq!(right_step(secret, &shown, now, this), None, "used");
        assert_eq!(right_step(secret, &code(secret, this - 1), now, this), None, "older than the one used");
        assert_eq!(right_step(secret, &shown, now + 30_000, 0), Some(this));
        assert_eq!(right_step(secret, &shown, now + 90_000, 0), None);
        assert_eq!(right_step(secret, "", now, 0), None);
    }

    #[test]
    fn qr_codes_hold_long_names() {
        let size = qr(&format!("otpauth://totp/{}", "x".repeat(300)))["size"].as_i64().unwrap();
        assert!((40..=177).contains(&size), "{size}");
    }
}
