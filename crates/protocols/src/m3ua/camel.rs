//! CAP: what the control of a call is told, about whom.

use self::fields::{CALLED, CALLING, IMSI, OPERATION};
use crate::Context;
use crate::ber::long_value;
use crate::bytes::Bytes;

/// What the operations fill.
pub mod fields {
    fields::fields! { "camel";
        /// Operations, by name.
        OPERATION: Term = "camel.op" @ "camel.op", "Operation".asked(fields::Kind::Lower);
        /// Numbers of called parties.
        CALLED: Term = "camel.called" @ "camel.called", "Called";
        /// Numbers of calling parties.
        CALLING: Term = "camel.calling" @ "camel.calling", "Calling";
        /// Subscribers.
        IMSI: Term = "camel.imsi" @ "camel.imsi", "IMSI";
    }
}

/// Number of CAP's subsystem in SCCP (3GPP TS 23.003).
pub(super) const SUBSYSTEM: u8 = 146;

/// Whether the name of an application context is one of CAP (TS 29.078): versions 1 and 2 below the contexts of GSM,
/// 3 and 4 below their own arcs.
pub(super) fn is_context(name: &str) -> bool {
    let below = |arcs: &str| name.strip_prefix(arcs).is_some_and(|rest| rest.starts_with('.'));
    ["0.4.0.0.1.0.50", "0.4.0.0.1.0.51", "0.4.0.0.1.0.52"].iter().any(|arcs| below(arcs))
        || ["0.4.0.0.1.20.3", "0.4.0.0.1.21.3", "0.4.0.0.1.22.3", "0.4.0.0.1.23.3"]
            .iter()
            .any(|arcs| below(arcs))
}

/// Records an operation, and of an invocation whom it is about.
pub(super) fn operation(
    number: i64,
    mut content: Bytes<'_>,
    invoked: bool,
    context: &mut Context<'_>,
) -> Option<()> {
    context.doc.protocol("camel");
    context.doc.add(&OPERATION, name(number)?);
    if !invoked || !matches!(number, 0 | 60 | 78) {
        return None;
    }
    // initialDP, initialDPSMS, initialDPGPRS: the argument is a sequence of tagged members
    let (0x30, mut members) = long_value(&mut content)? else { return None };
    while !members.is_empty() {
        let (tag, value) = long_value(&mut members)?;
        let (field, number) = match (number, tag) {
            (0, 0x82) => (&CALLED, isup_number(value.rest())),
            (0, 0x83) => (&CALLING, isup_number(value.rest())),
            (0, 0x9f38) | (60, 0x81) => (&CALLED, value.rest().get(1..).map(digits)),
            (60, 0x82) => (&CALLING, value.rest().get(1..).map(digits)),
            (0, 0x9f32) | (60, 0x83) | (78, 0x83) => (&IMSI, Some(digits(value.rest()))),
            _ => continue,
        };
        if let Some(number) = number.filter(|number| !number.is_empty()) {
            context.doc.add(field, &number);
        }
    }
    Some(())
}

/// A number as ISUP has it (ITU-T Q.763 section 3.9): whether the digits are odd, two bytes of kind and plan, digits.
fn isup_number(bytes: &[u8]) -> Option<String> {
    let (kind, rest) = bytes.split_first()?;
    let mut number = digits(rest.get(1..)?);
    if kind & 0x80 != 0 && number.len() == 2 * (rest.len() - 1) {
        number.pop();
    }
    Some(number)
}

/// Two digits a byte, the first in the low half; an F ends them.
fn digits(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|byte| [byte & 15, byte >> 4]);
    halves.take_while(|half| *half != 15).filter_map(|half| char::from_digit(u32::from(half), 16)).collect()
}

/// TS 29.078, operation codes.
const fn name(number: i64) -> Option<&'static str> {
    Some(match number {
        0 => "initialDP",
        16 => "assistRequestInstructions",
        17 => "establishTemporaryConnection",
        18 => "disconnectForwardConnection",
        20 => "connect",
        22 => "releaseCall",
        23 => "requestReportBCSMEvent",
        24 => "eventReportBCSM",
        27 => "collectInformation",
        31 => "continue",
        32 => "initiateCallAttempt",
        33 => "resetTimer",
        34 => "furnishChargingInformation",
        35 => "applyCharging",
        36 => "applyChargingReport",
        41 => "callGap",
        44 => "callInformationReport",
        45 => "callInformationRequest",
        46 => "sendChargingInformation",
        47 => "playAnnouncement",
        48 => "promptAndCollectUserInformation",
        49 => "specializedResourceReport",
        53 => "cancel",
        55 => "activityTest",
        56 => "continueWithArgument",
        60 => "initialDPSMS",
        61 => "furnishChargingInformationSMS",
        62 => "connectSMS",
        63 => "requestReportSMSEvent",
        64 => "eventReportSMS",
        65 => "continueSMS",
        66 => "releaseSMS",
        67 => "resetTimerSMS",
        70 => "activityTestGPRS",
        71 => "applyChargingGPRS",
        72 => "applyChargingReportGPRS",
        73 => "cancelGPRS",
        74 => "connectGPRS",
        75 => "continueGPRS",
        76 => "entityReleasedGPRS",
        77 => "furnishChargingInformationGPRS",
        78 => "initialDPGPRS",
        79 => "releaseGPRS",
        80 => "eventReportGPRS",
        81 => "requestReportGPRSEvent",
        82 => "resetTimerGPRS",
        83 => "sendChargingInformationGPRS",
        86 => "disconnectForwardConnectionWithArgument",
        88 => "continueWithArgument",
        90 => "disconnectLeg",
        93 => "moveLeg",
        95 => "splitLeg",
        96 => "entityReleased",
        97 => "playTone",
        _ => return None,
    })
}
