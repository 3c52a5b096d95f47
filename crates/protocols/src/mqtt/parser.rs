//! Control packets.

use super::fields::*;
use crate::bytes::Bytes;
use crate::messages::{Length, Messages, Then};
use crate::text::decode;
use crate::{Context, Dir};
use session::core;

/// Packets longer than this are tagged, and only their start is read.
const LONG: usize = 8 * 1024;

#[derive(Default)]
pub(super) struct Mqtt {
    /// Whether the client speaks version 5: packets have properties.
    version_5: bool,
}

/// Length of the header and of what follows: a type, then seven bits a byte (section 2.2.3).
fn header(bytes: &[u8]) -> Option<Option<(usize, usize)>> {
    let mut length = 0;
    for at in 0..4 {
        let Some(byte) = bytes.get(at + 1) else { return Some(None) };
        length |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some(Some((at + 2, length)));
        }
    }
    None
}

impl Messages for Mqtt {
    const LOOKED: usize = LONG;

    fn length(&self, _: Dir, bytes: &[u8], _: &Context<'_>) -> Length {
        match header(bytes) {
            Some(Some((header, rest))) => Length::Is(header + rest),
            Some(None) => Length::Need(bytes.len() + 1),
            None => Length::Bad,
        }
    }

    fn message(&mut self, _: Dir, bytes: &[u8], context: &mut Context<'_>) -> Then {
        self.packet(bytes, context);
        Then::Next
    }
}

/// A string behind its length; none that is not whole.
fn string<'a>(cursor: &mut Bytes<'a>) -> Option<&'a [u8]> {
    cursor.vec16().map(|text| text.rest())
}

impl Mqtt {
    fn packet(&mut self, bytes: &[u8], context: &mut Context<'_>) -> Option<()> {
        let (header, length) = header(bytes)??;
        let first = bytes.first()?;
        context.doc.add(&TYPE, TYPES.get(usize::from(first >> 4)).filter(|name| !name.is_empty())?);
        if header + length > LONG {
            context.doc.tag("mqtt:message-too-long");
        }
        let mut cursor = Bytes::new(bytes.get(header..)?);
        match first >> 4 {
            1 => self.connect(&mut cursor, context),
            2 => {
                let (_flags, code) = (cursor.u8()?, cursor.u8()?);
                context.doc.add(&CONNACK_CODE, i64::from(code));
                Some(())
            }
            3 => {
                context.doc.add(&TOPIC, &decode(string(&mut cursor)?));
                context.doc.add(&QOS, i64::from(first >> 1 & 3));
                Some(())
            }
            8 | 10 => self.topics(first >> 4 == 8, &mut cursor, context),
            _ => None,
        }
    }

    /// Name, level, flags, time, then client, will, user and password as flags say (section 3.1).
    fn connect(&mut self, cursor: &mut Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
        let _name = cursor.vec16()?;
        let (level, flags, _keep_alive) = (cursor.u8()?, cursor.u8()?, cursor.u16()?);
        let version = match level & 0x7f {
            3 => "3.1",
            4 => "3.1.1",
            5 => "5.0",
            _ => return None,
        };
        self.version_5 = version == "5.0";
        let doc = &mut *context.doc;
        doc.add(&VERSION, version);
        for (bit, name) in
            [(0x02, "cleanSession"), (0x04, "hasWill"), (0x20, "willRetain"), (0x40, "hasPassword")]
        {
            if flags & bit != 0 {
                doc.add(&FLAGS, name);
            }
        }
        self.properties(cursor)?;
        let client = string(cursor)?;
        if !client.is_empty() {
            doc.add(&CLIENT_ID, &decode(client));
        }
        if flags & 0x04 != 0 {
            doc.add(&QOS, i64::from(flags >> 3 & 3));
            self.properties(cursor)?;
            doc.add(&WILL_TOPIC, &decode(string(cursor)?));
            let _message = string(cursor)?;
        }
        if flags & 0x80 != 0 {
            let user = string(cursor)?;
            if !user.is_empty() {
                doc.add(&core::USER, &decode(user));
            }
        }
        Some(())
    }

    /// Number of the packet, then topics, each with options where they are subscribed (sections 3.8, 3.10).
    fn topics(&self, subscribes: bool, cursor: &mut Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
        let _number = cursor.u16()?;
        self.properties(cursor)?;
        while !cursor.is_empty() {
            context.doc.add(&TOPIC, &decode(string(cursor)?));
            if subscribes {
                cursor.u8()?;
            }
        }
        Some(())
    }

    /// Version 5: properties behind their length of seven bits a byte.
    fn properties(&self, cursor: &mut Bytes<'_>) -> Option<()> {
        if !self.version_5 {
            return Some(());
        }
        let mut length = 0;
        for at in 0..4 {
            let byte = cursor.u8()?;
            length |= usize::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                break;
            }
        }
        cursor.take(length).map(drop)
    }
}

const TYPES: [&str; 16] = [
    "",
    "CONNECT",
    "CONNACK",
    "PUBLISH",
    "PUBACK",
    "PUBREC",
    "PUBREL",
    "PUBCOMP",
    "SUBSCRIBE",
    "SUBACK",
    "UNSUBSCRIBE",
    "UNSUBACK",
    "PINGREQ",
    "PINGRESP",
    "DISCONNECT",
    "AUTH",
];

#[cfg(test)]
mod tests {
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    #[test]
    fn a_client_connects_and_speaks() {
        let mut stream =
            unhex("10 21 0004 4d515454 04 ce 003c 0003 646576 0004 77696c6c 0001 78 0003 616e6e 0002 7077");
        stream.extend(unhex(
            "82 09 0001 0004 612f622b 00  33 09 0003 612f62 0007 6869  a2 07 0002 0003 612f62",
        ));
        for n in [1, 8, 200] {
            let doc = Talk::tcp(1883).src_in(n, &stream).dst(unhex("20 02 00 00 d0 00")).json();
            assert_eq!(doc["protocol"], json!(["mqtt"]), "{n}");
            assert_eq!(
                doc["mqtt"],
                json!({
                    "clientId": ["dev"], "clientIdCnt": 1, "connackCode": [0], "connackCodeCnt": 1,
                    "flags": ["cleanSession", "hasWill", "hasPassword"], "flagsCnt": 3, "qos": [1], "qosCnt": 1,
                    "topic": ["a/b+", "a/b"], "topicCnt": 2,
                    "type": ["CONNECT", "SUBSCRIBE", "PUBLISH", "UNSUBSCRIBE", "CONNACK", "PINGRESP"], "typeCnt": 6,
                    "version": ["3.1.1"], "versionCnt": 1, "willTopic": ["will"], "willTopicCnt": 1
                })
            );
            assert_eq!(doc["user"], json!(["ann"]));
        }
        fields::audit(super::super::fields::FIELDS);
    }

    #[test]
    fn version_5_has_properties_and_long_packets_are_skipped() {
        let mut stream = unhex(
            "10 14 0004 4d515454 05 02 003c 03 21000a 0004 64657632 82 0b 0001 02 0b01 0003 78 2f79 00",
        );
        stream.extend(unhex("30 80 c0 01 0004 6c6f6e67"));
        stream.resize(stream.len() + 0x6000 - 6, 7);
        stream.extend(unhex("30 05 0003 656e64"));
        let doc = Talk::tcp(1883).src_in(700, &stream).json();
        assert_eq!(doc["mqtt"]["version"], json!(["5.0"]));
        assert_eq!(doc["mqtt"]["topic"], json!(["x/y", "long", "end"]));
        assert_eq!(doc["tags"], json!(["mqtt:message-too-long"]));
    }
}
