//! The fields every session has, in Arkime's names and paths.

use fields::Transform;

fields::fields! { "general";
    /// Time of the first packet.
    START_TIME: Time = "starttime" @ "firstPacket", "Start Time".one();
    /// Time of the last packet.
    STOP_TIME: Time = "stoptime" @ "lastPacket", "Stop Time".one();
    /// Time at which the session was written to the index.
    DB_TIME: Time = "dbTimestamp" @ "@timestamp", "DB Timestamp".one();
    /// Time between the first and the last packet, in milliseconds.
    LENGTH: Int = "session.length" @ "length", "Session Length".one();
    /// Protocols seen in the session.
    PROTOCOLS: Term = "protocols" @ "protocol", "Protocols".linked().aliases(&["protocol"]);
    /// IP protocol number or name; 0 for a session below IP.
    IP_PROTOCOL: Int = "ip.protocol" @ "ipProtocol", "IP Protocol".one().transform(Transform::IpProtocol);
    /// Source IP: who opened the session.
    SRC_IP: Ip = "ip.src" @ "source.ip", "Src IP".one().with_port(&SRC_PORT.def).aliases(&["srcIp"]);
    /// Source port.
    SRC_PORT: Int = "port.src" @ "source.port", "Src Port".one().aliases(&["srcPort"]);
    /// Destination IP.
    DST_IP: Ip = "ip.dst" @ "destination.ip", "Dst IP".one().with_port(&DST_PORT.def).aliases(&["dstIp"]);
    /// Destination port.
    DST_PORT: Int = "port.dst" @ "destination.port", "Dst Port".one().aliases(&["dstPort"]);
    /// Packets in both directions.
    PACKETS: Int = "packets" @ "network.packets", "Packets".one().aliases(&["totPackets"]);
    /// Packets sent by the source.
    SRC_PACKETS: Int = "packets.src" @ "source.packets", "Src Packets".one().aliases(&["srcPackets"]);
    /// Packets sent by the destination.
    DST_PACKETS: Int = "packets.dst" @ "destination.packets", "Dst Packets".one().aliases(&["dstPackets"]);
    /// Bytes of all frames in both directions.
    BYTES: Size = "bytes" @ "network.bytes", "Bytes".one().aliases(&["totBytes"]);
    /// Bytes of all frames sent by the source.
    SRC_BYTES: Size = "bytes.src" @ "source.bytes", "Src Bytes".one().aliases(&["srcBytes"]);
    /// Bytes of all frames sent by the destination.
    DST_BYTES: Size = "bytes.dst" @ "destination.bytes", "Dst Bytes".one().aliases(&["dstBytes"]);
    /// Payload bytes in both directions.
    DATA_BYTES: Size = "databytes" @ "totDataBytes", "Data bytes".one();
    /// Payload bytes sent by the source.
    SRC_DATA_BYTES: Size = "databytes.src" @ "client.bytes", "Src data bytes".one();
    /// Payload bytes sent by the destination.
    DST_DATA_BYTES: Size = "databytes.dst" @ "server.bytes", "Dst data bytes".one();
    /// Packets of the session that are in no packet file: a rule kept them out, or they could not be written.
    NOT_KEPT_PACKETS: Int = "packets.notKept" @ "notKept.packets", "Packets not kept".one();
    /// Captured bytes of the session that are in no packet file, those that rules cut off packets included.
    NOT_KEPT_BYTES: Size = "bytes.notKept" @ "notKept.bytes", "Bytes not kept".one();
    /// Why: names of rules, `disk slow`, `disk full`, `disk error`.
    NOT_KEPT_WHY: Term = "notKept.why" @ "notKept.why", "Not kept because of";
    /// Number of this segment of a long session, from 1.
    SEGMENTS: Int = "session.segments" @ "segmentCnt", "Session Segments".one();
    /// Name of the capturing machine.
    NODE: Term = "node" @ "node", "Node".one();
    /// Node that a session was recorded on which came from another cluster, as in documents of an Arkime.
    SRC_NODE: Term = "srcNode" @ "srcNode", "Source Node".one();
    /// Interface or file group that the packets came from.
    INTERFACE: Term = "interface" @ "interface", "Interface".one();
    /// Id of the first segment of a long session.
    ROOT_ID: Term = "rootId" @ "rootId", "Root ID".one();
    /// Tags set by parsers, rules and people.
    TAGS: Term = "tags" @ "tags", "Tags".linked();
    /// Name of an asset.
    ASSET: Lower = "asset" @ "asset", "Asset".linked();
    /// User names seen by any parser.
    USER: Lower = "user" @ "user", "User".linked();
    /// Community id, version 1.
    COMMUNITY_ID: Term = "communityId" @ "network.community_id", "Community ID".one();
    /// EtherType of the session's packets.
    ETHERTYPE: Int = "ethertype" @ "ethertype", "Ethertype".one();
    /// Source MAC addresses.
    SRC_MAC: Lower = "mac.src" @ "source.mac", "Src MAC".linked().dash_count().transform(Transform::Mac).with_oui(&SRC_OUI.def);
    /// Destination MAC addresses.
    DST_MAC: Lower = "mac.dst" @ "destination.mac", "Dst MAC".linked().dash_count().transform(Transform::Mac).with_oui(&DST_OUI.def);
    /// Makers of the source network cards.
    SRC_OUI: Term = "oui.src" @ "srcOui", "Src OUI".linked();
    /// Makers of the destination network cards.
    DST_OUI: Term = "oui.dst" @ "dstOui", "Dst OUI".linked();
    /// VLAN ids of any kind.
    VLAN: Int = "vlan" @ "network.vlan.id", "VLAN".linked().dash_count();
    /// VLAN ids of 802.1Q tags.
    VLAN_DOT1Q: Int = "vlan.dot1q" @ "dot1q.id", "VLAN dot1q".linked();
    /// VLAN ids of 802.1ad tags.
    VLAN_DOT1AD: Int = "vlan.dot1ad" @ "dot1ad.id", "VLAN dot1ad".linked();
    /// Virtual network ids of VXLAN, GENEVE and the like.
    VNI: Int = "vni" @ "vni", "VNI".linked();
    /// Source address of the enclosing tunnels.
    SRC_OUTER_IP: Ip = "outerip.src" @ "srcOuterIp", "Src Outer IP".linked();
    /// Destination address of the enclosing tunnels.
    DST_OUTER_IP: Ip = "outerip.dst" @ "dstOuterIp", "Dst Outer IP".linked();
    /// Source MAC addresses of the enclosing tunnels.
    SRC_OUTER_MAC: Lower = "outermac.src" @ "srcOuterMac", "Src Outer MAC".linked().dash_count().transform(Transform::Mac).with_oui(&SRC_OUTER_OUI.def);
    /// Destination MAC addresses of the enclosing tunnels.
    DST_OUTER_MAC: Lower = "outermac.dst" @ "dstOuterMac", "Dst Outer MAC".linked().dash_count().transform(Transform::Mac).with_oui(&DST_OUTER_OUI.def);
    /// Makers of the network cards outside the tunnel, source side.
    SRC_OUTER_OUI: Term = "outeroui.src" @ "srcOuterOui", "Src Outer OUI".linked();
    /// Makers of the network cards outside the tunnel, destination side.
    DST_OUTER_OUI: Term = "outeroui.dst" @ "dstOuterOui", "Dst Outer OUI".linked();
    /// IP time to live of the source's packets.
    SRC_TTL: Int = "ttl.src" @ "srcTTL", "TTL Src";
    /// IP time to live of the destination's packets.
    DST_TTL: Int = "ttl.dst" @ "dstTTL", "TTL Dst";
    /// Differentiated services code points of the source's packets.
    SRC_DSCP: Int = "dscp.src" @ "srcDscp", "Src DSCP";
    /// Differentiated services code points of the destination's packets.
    DST_DSCP: Int = "dscp.dst" @ "dstDscp", "Dst DSCP";
    /// First 8 payload bytes of the source, in hex.
    SRC_PAYLOAD8: Lower = "payload8.src.hex" @ "srcPayload8", "Payload Src Hex".one().aliases(&["payload.src"]);
    /// First 8 payload bytes of the destination, in hex.
    DST_PAYLOAD8: Lower = "payload8.dst.hex" @ "dstPayload8", "Payload Dst Hex".one().aliases(&["payload.dst"]);
    /// Packets with SYN and without ACK.
    TCP_SYN: Int = "tcpflags.syn" @ "tcpflags.syn", "TCP Flag SYN".one();
    /// Packets with SYN and ACK.
    TCP_SYN_ACK: Int = "tcpflags.syn-ack" @ "tcpflags.syn-ack", "TCP Flag SYN-ACK".one();
    /// Packets with only ACK.
    TCP_ACK: Int = "tcpflags.ack" @ "tcpflags.ack", "TCP Flag ACK".one();
    /// Packets with PSH.
    TCP_PSH: Int = "tcpflags.psh" @ "tcpflags.psh", "TCP Flag PSH".one();
    /// Packets with FIN.
    TCP_FIN: Int = "tcpflags.fin" @ "tcpflags.fin", "TCP Flag FIN".one();
    /// Packets with RST.
    TCP_RST: Int = "tcpflags.rst" @ "tcpflags.rst", "TCP Flag RST".one();
    /// Packets with URG.
    TCP_URG: Int = "tcpflags.urg" @ "tcpflags.urg", "TCP Flag URG".one();
    /// Packets with ECE.
    TCP_ECE: Int = "tcpflags.ece" @ "tcpflags.ece", "TCP Flag ECE".one();
    /// Packets with CWR.
    TCP_CWR: Int = "tcpflags.cwr" @ "tcpflags.cwr", "TCP Flag CWR".one();
    /// Packets with AE.
    TCP_AE: Int = "tcpflags.ae" @ "tcpflags.ae", "TCP Flag AE".one();
    /// Packets in which the source announced a window of zero.
    TCP_SRC_ZERO: Int = "tcpflags.srcZero" @ "tcpflags.srcZero", "TCP Src Zero Window".one();
    /// Packets in which the destination announced a window of zero.
    TCP_DST_ZERO: Int = "tcpflags.dstZero" @ "tcpflags.dstZero", "TCP Dst Zero Window".one();
    /// Initial sequence number of the source.
    TCP_SEQ_SRC: Int = "tcpseq.src" @ "tcpseq.src", "TCP Src Seq".one();
    /// Initial sequence number of the destination.
    TCP_SEQ_DST: Int = "tcpseq.dst" @ "tcpseq.dst", "TCP Dst Seq".one();
    /// Whether the destination answered the source's SYN.
    TCP_SYN_VALIDATED: Bool = "tcp.synValidated" @ "tcpSynValidated", "TCP SYN Validated".one();
    /// Whether the source acknowledged the destination's SYN-ACK.
    TCP_SYN_ACK_VALIDATED: Bool = "tcp.synAckValidated" @ "tcpSynAckValidated", "TCP SYN-ACK Validated".one();
    /// Number of different initial sequence numbers of the source.
    TCP_SRC_ISN_COUNT: Int = "tcp.srcISNCnt" @ "srcISNCnt", "TCP Src ISN Count".one();
    /// Half the time of the TCP handshake, in milliseconds.
    INIT_RTT: Int = "initRTT" @ "initRTT", "Initial RTT".one();
    /// Payload protocol identifiers of SCTP data.
    SCTP_PROTO_ID: Int = "sctp.protoId" @ "sctp.protoId", "SCTP Proto Id".no_count();
    /// Country of the source, ISO 3166-1 alpha-2.
    SRC_COUNTRY: Upper = "country.src" @ "source.geo.country_iso_code", "Src Country".one();
    /// Country of the destination, ISO 3166-1 alpha-2.
    DST_COUNTRY: Upper = "country.dst" @ "destination.geo.country_iso_code", "Dst Country".one();
    /// Region of the source.
    SRC_REGION: Term = "region.src" @ "source.geo.region_iso_code", "Src Region".one();
    /// Region of the destination.
    DST_REGION: Term = "region.dst" @ "destination.geo.region_iso_code", "Dst Region".one();
    /// City of the source.
    SRC_CITY: Term = "city.src" @ "source.geo.city_name", "Src City".one();
    /// City of the destination.
    DST_CITY: Term = "city.dst" @ "destination.geo.city_name", "Dst City".one();
    /// Autonomous system of the source, `AS123 Name`.
    SRC_ASN: Term = "asn.src" @ "source.as.full", "Src ASN".one();
    /// Autonomous system of the destination, `AS123 Name`.
    DST_ASN: Term = "asn.dst" @ "destination.as.full", "Dst ASN".one();
    /// Number of the source's autonomous system.
    SRC_AS_NUMBER: Int = "source.as.number" @ "source.as.number", "Src ASN Number".one();
    /// Number of the destination's autonomous system.
    DST_AS_NUMBER: Int = "destination.as.number" @ "destination.as.number", "Dst ASN Number".one();
    /// Name of the source's autonomous system.
    SRC_AS_NAME: Term = "source.as.organization.name" @ "source.as.organization.name", "Src ASN Name".one();
    /// Name of the destination's autonomous system.
    DST_AS_NAME: Term = "destination.as.organization.name" @ "destination.as.organization.name", "Dst ASN Name".one();
    /// Regional registry of the source.
    SRC_RIR: Upper = "rir.src" @ "srcRIR", "Src RIR".one();
    /// Regional registry of the destination.
    DST_RIR: Upper = "rir.dst" @ "dstRIR", "Dst RIR".one();
    /// Id of a hunt that found something in the session's packets.
    HUNT_ID: Term = "huntId" @ "huntId", "Hunt ID";
    /// Name of a hunt that found something in the session's packets.
    HUNT_NAME: Term = "huntName" @ "huntName", "Hunt Name";
    /// Who removed packets of the session.
    SCRUBBED_BY: Lower = "scrubbed.by" @ "scrubby", "Scrubbed By".one();
}

#[cfg(test)]
mod tests {
    #[test]
    fn table_is_sound() {
        fields::audit(super::FIELDS);
        fields::Schema::new([super::FIELDS, crate::perf::FIELDS]).unwrap();
    }
}
