//! What fingerprint rules and rules in the search language saw in a session, and who showed it.

use fields::ObjectDef;

/// One hit of a rule.
pub static EVIDENCE: ObjectDef = ObjectDef::new(
    "evidence",
    "One hit of a rule: what it recognised in a packet, and which packet that was.",
);

fields::fields! { "evidence";
    /// What the rule recognises: `service`, `device`, `os`, `midware`, `threat`; `rule` for rules in the search language.
    CATEGORY: Term = "evidence.category" @ "evidence.category", "Category".one().inside(&EVIDENCE);
    /// Type that the rule gives: `SQL`, `Web Service`, `Linux`.
    TYPE: Term = "evidence.type" @ "evidence.type", "Type".one().inside(&EVIDENCE);
    /// Name that the rule gives: `CRUD`, `Nginx`, `Ubuntu`.
    NAME: Term = "evidence.name" @ "evidence.name", "Name".one().inside(&EVIDENCE);
    /// Version that the packet shows, or what of it the rule picked out.
    VERSION: Term = "evidence.version" @ "evidence.version", "Version".one().inside(&EVIDENCE);
    /// Maker of a device.
    VENDOR: Term = "evidence.vendor" @ "evidence.vendor", "Vendor".one().inside(&EVIDENCE);
    /// Number of the rule in its file, or its name.
    RULE: Term = "evidence.rule" @ "evidence.rule", "Rule".one().inside(&EVIDENCE);
    /// How grave it is: `extra_high`, `high`, `middle`, `low`, `extra_low`; fingerprints have none.
    LEVEL: Term = "evidence.level" @ "evidence.level", "Level".one().inside(&EVIDENCE);
    /// Who sent the packet: `src` or `dst` of the session.
    SIDE: Term = "evidence.side" @ "evidence.side", "Sent by".one().inside(&EVIDENCE);
    /// Arrival of the packet, microseconds since 1970: the key by which the evidence API finds it.
    TIME: Int = "evidence.time" @ "evidence.time", "Time".one().inside(&EVIDENCE);
    /// Number of the device that the evidence is filed under.
    DEVICE: Int = "evidence.devid" @ "evidence.devid", "Device".one().inside(&EVIDENCE);
    /// First byte of the packet's payload that the rule picked out, counted from 0.
    START: Int = "evidence.start" @ "evidence.start", "First byte".one().inside(&EVIDENCE);
    /// The byte behind the last one that the rule picked out.
    END: Int = "evidence.end" @ "evidence.end", "End".one().inside(&EVIDENCE);
    /// Whether the packet was kept as evidence.
    PACKET: Bool = "evidence.packet" @ "evidence.packet", "Packet kept".one().inside(&EVIDENCE);
    /// Names of services that the source showed.
    SERVICE_SRC: Term = "fingerprint.service.src" @ "fingerprint.service.src", "Service Src";
    /// Names of services that the destination showed.
    SERVICE_DST: Term = "fingerprint.service.dst" @ "fingerprint.service.dst", "Service Dst";
    /// Names of devices that the source showed itself to be.
    DEVICE_SRC: Term = "fingerprint.device.src" @ "fingerprint.device.src", "Device Src";
    /// Names of devices that the destination showed itself to be.
    DEVICE_DST: Term = "fingerprint.device.dst" @ "fingerprint.device.dst", "Device Dst";
    /// Operating systems that the source showed.
    OS_SRC: Term = "fingerprint.os.src" @ "fingerprint.os.src", "OS Src";
    /// Operating systems that the destination showed.
    OS_DST: Term = "fingerprint.os.dst" @ "fingerprint.os.dst", "OS Dst";
    /// Names of middleware (web servers, name servers, their like) that the source showed.
    MIDWARE_SRC: Term = "fingerprint.midware.src" @ "fingerprint.midware.src", "Middleware Src";
    /// Names of middleware that the destination showed.
    MIDWARE_DST: Term = "fingerprint.midware.dst" @ "fingerprint.midware.dst", "Middleware Dst";
}

#[cfg(test)]
mod tests {
    #[test]
    fn table_is_sound() {
        fields::audit(super::FIELDS);
        fields::Schema::new([super::FIELDS, crate::core::FIELDS, crate::perf::FIELDS]).unwrap();
    }
}
