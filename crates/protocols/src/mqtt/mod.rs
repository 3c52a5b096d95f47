//! MQTT 3.1, 3.1.1 and 5: clients, the topics that they publish and subscribe, and whether they were let in.

mod parser;

/// What the packets fill.
pub mod fields {
    fields::fields! { "mqtt";
        /// Names that clients give themselves.
        CLIENT_ID: Term = "mqtt.clientId" @ "mqtt.clientId", "Client ID";
        /// Topics that are published, subscribed or unsubscribed.
        TOPIC: Term = "mqtt.topic" @ "mqtt.topic", "Topic";
        /// Version of the protocol.
        VERSION: Term = "mqtt.version" @ "mqtt.version", "Version";
        /// Kinds of packets, for instance `CONNECT` or `PUBLISH`.
        TYPE: Term = "mqtt.type" @ "mqtt.type", "Type";
        /// Topics of messages that a broker is to publish when a client is lost.
        WILL_TOPIC: Term = "mqtt.willTopic" @ "mqtt.willTopic", "Will Topic";
        /// Quality of service of published messages and wills.
        QOS: Int = "mqtt.qos" @ "mqtt.qos", "QoS";
        /// How clients connect: `cleanSession`, `hasWill`, `willRetain`, `hasPassword`.
        FLAGS: Term = "mqtt.flags" @ "mqtt.flags", "Flags";
        /// Answers to CONNECT: 0 is accepted.
        CONNACK_CODE: Int = "mqtt.connackCode" @ "mqtt.connackCode", "CONNACK Code";
    }
}

use crate::messages::Framed;
use crate::{Detect, Protocol, signatures::look};

/// MQTT, by a client's first packet.
pub static PROTOCOL: Protocol = Protocol {
    name: "mqtt",
    fields: fields::FIELDS,
    detect: &[Detect::TcpSign(look::mqtt)],
    quiet: false,
    start: || Box::new(Framed::new(parser::Mqtt::default())),
};
