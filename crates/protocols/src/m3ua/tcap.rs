//! TCAP: which operations.

use self::fields::OPERATION;
use super::camel;
use crate::Context;
use crate::ber::{INTEGER, OID, SEQUENCE, header, int, long_value, oid};
use crate::bytes::Bytes;

/// What the messages fill.
pub mod fields {
    fields::fields! { "tcap";
        /// Operations that are invoked or answered, by number.
        OPERATION: Int = "tcap.opcode" @ "tcap.opcode", "Op Code";
    }
}

const DIALOGUE: u32 = 0x6b;
const COMPONENTS: u32 = 0x6c;
const INVOKE: u32 = 0xa1;
const RESULTS: [u32; 2] = [0xa2, 0xa7];
/// Values within values that are looked through for the name of the application.
const MAX_DEPTH: u8 = 6;

#[derive(Default)]
pub(super) struct Tcap {
    /// Whether the dialogues are CAP's: later messages of a dialogue do not say.
    camel: bool,
}

impl Tcap {
    pub(super) fn message(
        &mut self,
        mut bytes: Bytes<'_>,
        subsystems: [Option<u8>; 2],
        context: &mut Context<'_>,
    ) -> Option<()> {
        // unidirectional, begin, end, continue
        let (0x61 | 0x62 | 0x64 | 0x65) = bytes.rest().first()? else { return None };
        let mut whole = bytes;
        let mut message = match long_value(&mut whole) {
            Some((_, message)) => message,
            // longer than what is there: its start is read
            None => {
                header(&mut bytes)?;
                bytes
            }
        };
        self.camel |= subsystems.contains(&Some(camel::SUBSYSTEM));
        while !message.is_empty() {
            let (tag, mut content) = long_value(&mut message)?;
            match tag {
                DIALOGUE => self.camel |= names_camel(content, 0),
                COMPONENTS => {
                    while !content.is_empty() {
                        let (kind, component) = long_value(&mut content)?;
                        self.component(kind, component, context);
                    }
                }
                _ => {}
            }
        }
        Some(())
    }

    /// Number of the call, in invocations perhaps the one that it belongs to, operation, argument.
    fn component(&self, kind: u32, mut component: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
        let _number = long_value(&mut component).filter(|(tag, _)| *tag == u32::from(INTEGER))?;
        if RESULTS.contains(&kind) {
            component = long_value(&mut component).filter(|(tag, _)| *tag == u32::from(SEQUENCE))?.1;
        } else if kind != INVOKE {
            return None;
        }
        let (mut tag, mut value) = long_value(&mut component)?;
        if tag == 0x80 {
            (tag, value) = long_value(&mut component)?;
        }
        let operation = int(value.rest()).filter(|_| tag == u32::from(INTEGER))?;
        context.doc.add(&OPERATION, operation);
        if self.camel {
            camel::operation(operation, component, kind == INVOKE, context);
        }
        Some(())
    }
}

/// Whether a dialogue names an application context of CAP, somewhere within it.
fn names_camel(mut content: Bytes<'_>, depth: u8) -> bool {
    while let Some((tag, value)) = long_value(&mut content) {
        let found = match tag {
            tag if tag == u32::from(OID) => oid(value.rest()).is_some_and(|name| camel::is_context(&name)),
            tag if tag & 0x20 != 0 && depth < MAX_DEPTH => names_camel(value, depth + 1),
            _ => false,
        };
        if found {
            return true;
        }
    }
    false
}
