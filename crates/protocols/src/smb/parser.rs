//! NetBIOS sessions (RFC 1002 section 4.3), and which version a message is of.

use super::{version_1::Version1, version_2};
use crate::bytes::Bytes;
use crate::messages::{Length, Messages, Then};
use crate::{Context, Dir};

/// Kind and length.
const HEADER: usize = 4;

#[derive(Default)]
pub(super) struct Smb {
    version_1: Version1,
}

impl Messages for Smb {
    const LOOKED: usize = 16 * 1024;

    fn length(&self, _: Dir, bytes: &[u8], _: &Context<'_>) -> Length {
        match bytes {
            // messages, requests for a session and their answers, keep-alives
            [0 | 0x81..=0x85, a, b, c, ..] => {
                Length::Is(HEADER + u32::from_be_bytes([0, *a, *b, *c]) as usize)
            }
            _ if bytes.len() < HEADER => Length::Need(HEADER),
            _ => Length::Bad,
        }
    }

    fn message(&mut self, _: Dir, bytes: &[u8], context: &mut Context<'_>) -> Then {
        let message = bytes.get(HEADER..).unwrap_or_default();
        match Bytes::new(message).take(4) {
            Some(b"\xffSMB") => self.version_1.message(message, context),
            Some(b"\xfeSMB") => version_2::messages(message, context),
            _ => None,
        };
        Then::Next
    }
}
