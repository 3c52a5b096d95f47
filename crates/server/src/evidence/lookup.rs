//! Packets of one microsecond: from the evidence, else from the packet store.

use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::params::Params;
use crate::scope::forced;
use crate::stored::Located;
use ::evidence::{DeviceId, Record, description};
use ::fields::Target;
use index::{Control, Show};
use packets::{Wanted, fetch};
use query::{Bounding, Leaf, Plan, Test, time_range};
use session::core;
use std::net::IpAddr;

/// Sessions of the packet store whose packets are looked through.
const MAX_SESSIONS: usize = 2_000;
/// Packets that are looked at there.
const MAX_PACKETS: usize = 500_000;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub seconds: u32,
    pub micros: u32,
    pub device: Option<DeviceId>,
    /// One end of the packet, where it is named.
    pub ip: Option<IpAddr>,
    pub port: Option<u16>,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub records: Vec<Record>,
    /// Further packets of the microsecond that are not given; of these, those that a forced expression hides are counted too.
    pub left_out: u64,
    /// Whether they are out of the packet store.
    pub from_packets: bool,
    pub why: Option<String>,
}

/// A number as C reads it: decimal, `0x` hexadecimal, a leading 0 octal.
fn number(name: &str, text: &str) -> Result<u64, ApiError> {
    let text = text.trim();
    let (digits, base) =
        match (text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")), text.strip_prefix('0')) {
            (Some(hex), _) => (hex, 16),
            (None, Some(octal)) if !octal.is_empty() => (octal, 8),
            _ => (text, 10),
        };
    let read = if digits.starts_with('+') { None } else { u64::from_str_radix(digits, base).ok() };
    read.ok_or_else(|| {
        let shown: String = text.chars().take(60).collect();
        ApiError::bad(format!("Invalid Params: {name} is a number without a sign, not `{shown}`"))
    })
}

impl Key {
    pub fn read(params: &Params) -> Result<Self, ApiError> {
        let get = |name: &str| params.get(name).map(|text| number(name, text)).transpose();
        let time = get("time")?;
        let seconds = get("time_sec")?.or(time.map(|time| time / 1_000_000));
        let micros = get("time_usec")?.or(time.map(|time| time % 1_000_000));
        let (Some(seconds), Some(micros)) = (seconds, micros) else {
            let text = "Invalid Params: time (microseconds since 1970), or time_sec and time_usec, is needed";
            return Err(ApiError::bad(text));
        };
        let Ok(seconds) = u32::try_from(seconds) else {
            return Err(ApiError::bad(
                "Invalid Params: the time is in microseconds since 1970 and before 2106",
            ));
        };
        let Some(micros) = u32::try_from(micros).ok().filter(|micros| *micros < 1_000_000) else {
            return Err(ApiError::bad("Invalid Params: time_usec is less than a million"));
        };
        let device = match get("devid")? {
            Some(device) => Some(
                DeviceId::try_from(device)
                    .map_err(|_| ApiError::bad("Invalid Params: devid is less than 4294967296"))?,
            ),
            None => None,
        };
        // a hint only, as in the original: what cannot be read is none
        let ip = params.get("ip").and_then(|ip| ip.trim().parse().ok());
        let port = params.get("port").and_then(|port| port.trim().parse().ok());
        Ok(Self { seconds, micros, device, ip, port })
    }

    fn nanos(self) -> i64 {
        (i64::from(self.seconds) * 1_000_000 + i64::from(self.micros)) * 1_000
    }

    /// Milliseconds since 1970.
    fn millis(self) -> i64 {
        self.nanos().div_euclid(1_000_000)
    }
}

/// Packets are for those who may see packets.
pub(crate) fn check_right(caller: &Caller, download: bool) -> Result<(), ApiError> {
    if caller.user.hide_pcap {
        return Err(ApiError::forbidden("you may not see packets"));
    }
    if download && caller.user.disable_pcap_download {
        return Err(ApiError::forbidden("you may not export packets"));
    }
    Ok(())
}

/// Looks packets up. A user with a forced expression gets those of sessions that meet it.
pub(crate) fn look_up(app: &App, caller: &Caller, key: Key, control: &Control) -> Result<Answer, ApiError> {
    let forced = forced(app, caller)?;
    let evidence = app.state.evidence.as_ref();
    let mut answer = Answer::default();
    if let Some(evidence) = evidence {
        let found = evidence.archive.find(key.device, key.seconds, key.micros);
        let found = found.map_err(|error| ApiError::internal(error.to_string()))?;
        (answer.records, answer.left_out, answer.why) = (found.records, found.left_out, found.why);
        if let Some(forced) = &forced {
            let mut seen = Vec::new();
            for record in std::mem::take(&mut answer.records) {
                if is_in(app, forced, &record, control)? {
                    seen.push(record);
                }
            }
            answer.records = seen;
        }
    }
    // live packets and imported ones lie in one store: they are those of the device that is asked for
    let [own, imports] = evidence.map_or([0, 0], |evidence| [evidence.device, evidence.imports]);
    let device = key.device.unwrap_or(own);
    if answer.records.is_empty() && [own, imports].contains(&device) {
        answer.records = stored(app, (&caller.user.user_id, forced), key, device, control)?;
        answer.from_packets = !answer.records.is_empty();
    }
    if answer.records.is_empty() {
        let nothing = "neither the evidence nor the packet store holds a packet of this microsecond";
        answer.why.get_or_insert_with(|| nothing.to_owned());
    } else {
        answer.why = None;
    }
    Ok(answer)
}

fn one_ip(field: &'static ::fields::Field<::fields::Ip>, ip: IpAddr) -> Plan {
    Plan::Leaf(Leaf { target: Target::of(&field.def), test: Test::Ips(vec![(ip, ip)]) })
}

/// Whether a session that meets the plan was going on between the packet's ends at that time.
fn is_in(app: &App, plan: &Plan, record: &Record, control: &Control) -> Result<bool, ApiError> {
    let Some(d) = description(record.link, &record.bytes) else { return Ok(false) };
    let time = i64::from(record.seconds) * 1_000 + i64::from(record.micros) / 1_000;
    let [src, dst] = d.ips;
    let between = |a, b| Plan::And(vec![one_ip(&core::SRC_IP, a), one_ip(&core::DST_IP, b)]);
    let plan = Plan::And(vec![
        time_range(time, time, Bounding::Either),
        Plan::Or(vec![between(src, dst), between(dst, src)]),
        plan.clone(),
    ]);
    Ok(app.state.index.count(&plan.simplify(), control)? > 0)
}

/// Packets of the microsecond in the packet store.
fn stored(
    app: &App,
    (user, forced): (&str, Option<Plan>),
    key: Key,
    device: DeviceId,
    control: &Control,
) -> Result<Vec<Record>, ApiError> {
    let mut parts = vec![time_range(key.millis(), key.millis(), Bounding::Either)];
    if let Some(ip) = key.ip {
        parts.push(Plan::Or(vec![one_ip(&core::SRC_IP, ip), one_ip(&core::DST_IP, ip)]));
    }
    parts.extend(forced);
    let show = Show::WithPositions(
        [&core::NODE.def, &core::START_TIME.def, &core::BYTES.def, &core::NOT_KEPT_PACKETS.def]
            .map(Target::of)
            .to_vec(),
    );
    let (mut wanted, mut packets) = (Vec::new(), 0);
    app.state.index.scan(&Plan::And(parts).simplify(), &show, control, &mut |doc| {
        packets += doc.positions.packets();
        wanted.push(Wanted::of(&doc));
        wanted.len() < MAX_SESSIONS && packets < MAX_PACKETS
    })?;
    let files = Located::new(app, user);
    let mut records: Vec<Record> = Vec::new();
    // packets come in order of time
    fetch(&files, &wanted, &mut |packet| {
        let behind = packet.time.div_euclid(1_000).cmp(&key.nanos().div_euclid(1_000));
        if behind.is_eq() {
            let record = Record {
                device,
                link: packet.link,
                seconds: key.seconds,
                micros: key.micros,
                bytes: packet.bytes.to_vec(),
                len: packet.original_len,
                snap_len: 262_144,
            };
            if !records.contains(&record) {
                records.push(record);
            }
        }
        behind.is_le() && control.check().is_ok()
    });
    control.check()?;
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_the_original_does() {
        let read = |query: &str| Key::read(&Params::from_query(query));
        let key = read("time=1687074364968817&devid=3").unwrap();
        assert_eq!((key.seconds, key.micros, key.device), (1_687_074_364, 968_817, Some(3)));
        assert_eq!(read("time_sec=1687074364&time_usec=968817&devid=3").unwrap(), key);
        assert_eq!(read("time=0x5FE629C3BCF71&devid=03").unwrap(), key);
        // the parts win over the whole
        assert_eq!(read("time=5&time_usec=7").unwrap().micros, 7);
        for bad in [
            "",
            "devid=3",
            "time=",
            "time=abc",
            "time=-1",
            "time=%2B1",
            "time=1.5",
            "time_sec=1",
            "time_usec=1",
            "time=18446744073709551615",
            "time=18446744073709551616",
            "time_sec=1&time_usec=1000000",
            "time=1&devid=-1",
            "time=1&devid=../../etc",
            "time=1&devid=4294967296",
            "time=09",
        ] {
            let error = read(bad).unwrap_err();
            assert!(error.status == 400 && error.text.starts_with("Invalid Params"), "{bad}: {}", error.text);
        }
    }
}
