//! The encapsulation, its items, and CIP in them. Numbers are little endian.

use super::fields::*;
use crate::bytes::Bytes;
use crate::messages::{Length, Messages, Then};
use crate::text::decode;
use crate::{Context, Dir};

/// Command, length, session, status, context, options.
const HEADER: usize = 24;
/// Items of one message that are read.
const MAX_ITEMS: u16 = 32;
const LIST_IDENTITY: u16 = 0x63;
const SEND_RR_DATA: u16 = 0x6f;
const SEND_UNIT_DATA: u16 = 0x70;
const IDENTITY: u16 = 0x0c;
const CONNECTED: u16 = 0xb1;
const UNCONNECTED: u16 = 0xb2;

pub(super) struct Enip;

impl Messages for Enip {
    const LOOKED: usize = 16 * 1024;

    fn length(&self, _: Dir, bytes: &[u8], _: &Context<'_>) -> Length {
        let mut cursor = Bytes::new(bytes);
        match (cursor.u16_le(), cursor.u16_le()) {
            (Some(command), _) if command_name(command).is_none() => Length::Bad,
            (Some(_), Some(length)) => Length::Is(HEADER + usize::from(length)),
            _ => Length::Need(4),
        }
    }

    fn message(&mut self, _: Dir, bytes: &[u8], context: &mut Context<'_>) -> Then {
        read(bytes, context);
        Then::Next
    }
}

const fn command_name(command: u16) -> Option<&'static str> {
    Some(match command {
        0x00 => "NOP",
        0x04 => "ListServices",
        LIST_IDENTITY => "ListIdentity",
        0x64 => "ListInterfaces",
        0x65 => "RegisterSession",
        0x66 => "UnRegisterSession",
        SEND_RR_DATA => "SendRRData",
        SEND_UNIT_DATA => "SendUnitData",
        0x72 => "IndicateStatus",
        0x73 => "Cancel",
        _ => return None,
    })
}

fn read(bytes: &[u8], context: &mut Context<'_>) -> Option<()> {
    let mut cursor = Bytes::new(bytes);
    let (command, _length, _session, status) =
        (cursor.u16_le()?, cursor.u16_le()?, cursor.u32_le()?, cursor.u32_le()?);
    cursor.take(12)?;
    context.doc.add(&COMMAND, command_name(command)?);
    context.doc.add(&STATUS, i64::from(status));
    match command {
        LIST_IDENTITY => {}
        // handle of the interface, time-out
        SEND_RR_DATA | SEND_UNIT_DATA => drop(cursor.take(6)?),
        _ => return None,
    }
    let items = cursor.u16_le()?;
    for _ in 0..items.min(MAX_ITEMS) {
        let (kind, length) = (cursor.u16_le()?, cursor.u16_le()?);
        let mut item = cursor.part(usize::from(length))?;
        match kind {
            IDENTITY => identity(item, context),
            // number of the packet
            CONNECTED => item.u16_le().and_then(|_| cip(item, context)),
            UNCONNECTED => cip(item, context),
            _ => None,
        };
    }
    Some(())
}

/// Version, socket address, maker, kind, product, revision, status, serial number, name.
fn identity(mut item: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    let (_version, _address) = (item.u16_le()?, item.take(16)?);
    let (vendor, kind) = (item.u16_le()?, item.u16_le()?);
    match vendor_name(vendor) {
        Some(name) => context.doc.add(&VENDOR, name),
        None => context.doc.add(&VENDOR, &format!("Vendor-{vendor}")),
    };
    match device_type(kind) {
        Some(name) => context.doc.add(&DEVICE_TYPE, name),
        None => context.doc.add(&DEVICE_TYPE, &format!("DeviceType-{kind}")),
    };
    item.take(2 + 2 + 2 + 4)?;
    let name = item.vec8()?;
    if !name.is_empty() {
        context.doc.add(&PRODUCT, &decode(name.rest()));
    }
    Some(())
}

/// Service, path in words; the path starts with the class (volume 1, appendix C). Answers have the top bit and no path.
fn cip(mut item: Bytes<'_>, context: &mut Context<'_>) -> Option<()> {
    let service = item.u8()?;
    match service_name(service & 0x7f) {
        Some(name) => context.doc.add(&SERVICE, name),
        None => context.doc.add(&SERVICE, &format!("Service-0x{:02x}", service & 0x7f)),
    };
    if service & 0x80 != 0 {
        return None;
    }
    let words = item.u8()?;
    let mut path = item.part(2 * usize::from(words))?;
    let class = match path.u8()? {
        0x20 => u16::from(path.u8()?),
        0x21 => {
            let _pad = path.u8()?;
            path.u16_le()?
        }
        _ => return None,
    };
    match class_name(class) {
        Some(name) => context.doc.add(&CLASS, name),
        None => context.doc.add(&CLASS, &format!("Class-0x{class:02x}")),
    };
    Some(())
}

const fn service_name(service: u8) -> Option<&'static str> {
    Some(match service {
        0x01 => "Get_Attributes_All",
        0x02 => "Set_Attributes_All",
        0x03 => "Get_Attribute_List",
        0x04 => "Set_Attribute_List",
        0x05 => "Reset",
        0x06 => "Start",
        0x07 => "Stop",
        0x08 => "Create",
        0x09 => "Delete",
        0x0a => "Multiple_Service_Packet",
        0x0d => "Apply_Attributes",
        0x0e => "Get_Attribute_Single",
        0x10 => "Set_Attribute_Single",
        0x11 => "Find_Next_Object_Instance",
        0x15 => "Restore",
        0x16 => "Save",
        0x17 => "No_Operation",
        0x18 => "Get_Member",
        0x19 => "Set_Member",
        0x1a => "Insert_Member",
        0x1b => "Remove_Member",
        0x1c => "GroupSync",
        0x4b => "Execute_PCCC",
        0x4c => "Read_Tag",
        0x4d => "Write_Tag",
        0x4e => "Forward_Close",
        0x4f => "Read_Modify_Write_Tag",
        0x52 => "Unconnected_Send",
        0x53 => "Write_Tag_Fragmented",
        0x54 => "Forward_Open",
        0x55 => "Get_Instance_Attribute_List",
        0x56 => "Get_Connection_Data",
        0x57 => "Search_Connection_Data",
        0x5a => "Get_Connection_Owner",
        0x5b => "Large_Forward_Open",
        _ => return None,
    })
}

const fn class_name(class: u16) -> Option<&'static str> {
    Some(match class {
        0x01 => "Identity",
        0x02 => "Message Router",
        0x03 => "DeviceNet",
        0x04 => "Assembly",
        0x05 => "Connection",
        0x06 => "Connection Manager",
        0x07 => "Register",
        0x08 => "Discrete Input Point",
        0x09 => "Discrete Output Point",
        0x0a => "Analog Input Point",
        0x0b => "Analog Output Point",
        0x0f => "Parameter",
        0x10 => "Parameter Group",
        0x23 => "Position Sensor",
        0x28 => "Motor Data",
        0x29 => "Control Supervisor",
        0x2a => "AC/DC Drive",
        0x37 => "File",
        0x43 => "Time Sync",
        0x47 => "Device Level Ring",
        0x48 => "QoS",
        0x67 => "PCCC",
        0x6b => "Symbol",
        0x6c => "Template",
        0x8b => "Wall Clock Time",
        0xf4 => "Port",
        0xf5 => "TCP/IP Interface",
        0xf6 => "Ethernet Link",
        _ => return None,
    })
}

const fn vendor_name(vendor: u16) -> Option<&'static str> {
    Some(match vendor {
        1 => "Rockwell Automation/Allen-Bradley",
        2 => "Namco Controls",
        3 => "Honeywell",
        4 => "Parker Hannifin",
        5 => "Rockwell Automation/Reliance Electric",
        7 => "SMC",
        8 => "Molex",
        9 => "Western Reserve Controls",
        21 => "Danfoss",
        26 => "Festo",
        34 => "Schneider Electric",
        40 => "WAGO",
        44 => "Yaskawa",
        46 => "ABB",
        47 => "OMRON",
        48 => "Turck",
        68 => "Toshiba",
        90 => "HMS Industrial Networks",
        161 => "Mitsubishi Electric",
        243 => "Schneider Electric",
        283 => "Hilscher",
        345 => "Siemens",
        808 => "SICK",
        _ => return None,
    })
}

const fn device_type(kind: u16) -> Option<&'static str> {
    Some(match kind {
        0x00 => "Generic Device",
        0x02 => "AC Drive",
        0x03 => "Motor Overload",
        0x04 => "Limit Switch",
        0x05 => "Inductive Proximity Switch",
        0x06 => "Photoelectric Sensor",
        0x07 => "General Purpose Discrete I/O",
        0x09 => "Resolver",
        0x0c => "Communications Adapter",
        0x0e => "Programmable Logic Controller",
        0x10 => "Position Controller",
        0x13 => "DC Drive",
        0x15 => "Contactor",
        0x16 => "Motor Starter",
        0x17 => "Soft Start",
        0x18 => "Human-Machine Interface",
        0x1a => "Mass Flow Controller",
        0x1b => "Pneumatic Valve",
        0x1c => "Vacuum Pressure Gauge",
        0x1d => "Process Control Value",
        0x1e => "Residual Gas Analyzer",
        0x1f => "DC Power Generator",
        0x20 => "RF Power Generator",
        0x21 => "Turbomolecular Vacuum Pump",
        0x22 => "Encoder",
        0x23 => "Safety Discrete I/O Device",
        0x24 => "Fluid Flow Controller",
        0x25 => "CIP Motion Drive",
        0x2c => "Managed Ethernet Switch",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::testing::{Talk, unhex};
    use serde_json::json;

    #[test]
    fn a_device_identifies_itself_and_is_read() {
        let header = |command: &str, length: usize| {
            format!("{command} {length:02x}00 00000000 00000000 0000000000000000 00000000")
        };
        let list = unhex(&header("6300", 0));
        // version, address, maker, kind, product, revision, status, serial number, name, state
        let item = "0100 0002af12c0a800010000000000000000 0100 0e00 3600 0b14 6000 78563412 04 504c4331 03";
        let identity = unhex(&format!("{} 0100 0c00 2600 {item}", header("6300", 44)));
        let read = unhex(&format!(
            "{} 00000000 0a00 0200 0000 0000 b200 0800 0e 03 2001 2401 3007",
            header("6f00", 24)
        ));
        for n in [1, 13, 200] {
            let doc =
                Talk::tcp(44_818).src_in(n, &[list.clone(), read.clone()].concat()).dst(&identity).json();
            assert_eq!(doc["protocol"], json!(["enip"]), "{n}");
            assert_eq!(doc["enip"]["command"], json!(["ListIdentity", "SendRRData"]));
            assert_eq!(doc["enip"]["service"], json!(["Get_Attribute_Single"]));
            assert_eq!(doc["enip"]["class"], json!(["Identity"]));
            assert_eq!(doc["enip"]["vendor"], json!(["Rockwell Automation/Allen-Bradley"]));
            assert_eq!(doc["enip"]["deviceType"], json!(["Programmable Logic Controller"]));
            assert_eq!(doc["enip"]["product"], json!(["PLC1"]));
            assert_eq!(doc["enip"]["status"], json!([0]));
        }
        fields::audit(super::super::fields::FIELDS);
    }
}
