//! Documents as records of the write-ahead log. A record is self-describing: names are written where a log uses them
//! first, and values say what they are, so that another version of the program can read past what it does not know.

use crate::registry::{Numbers, Registry, aspect_name};
use crate::varint::{self, Reader};
use fields::{ObjectDef, Target, Value, Values};
use session::{Object, SessionDoc, SessionId};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

const MAX_DEPTH: usize = 16;
const INT: u64 = 0;
const TEXT: u64 = 1;
const IP: u64 = 2;

/// Writes the records of one log.
#[derive(Debug)]
pub(crate) struct Encoder {
    numbers: Numbers,
    /// How many targets and object lists the log names already.
    named: Vec<bool>,
    objects_named: Vec<bool>,
    registry: Arc<Registry>,
}

impl Encoder {
    pub(crate) fn new(registry: &Arc<Registry>) -> Self {
        Self {
            numbers: Numbers::new(registry.clone()),
            named: Vec::new(),
            objects_named: Vec::new(),
            registry: registry.clone(),
        }
    }

    /// The payload of a frame with these documents.
    pub(crate) fn encode(&mut self, docs: &[SessionDoc]) -> Vec<u8> {
        let mut body = Vec::with_capacity(docs.len() * 512);
        let mut names = Names::default();
        for doc in docs {
            self.doc(doc, &mut body, &mut names);
        }
        let mut out = Vec::with_capacity(body.len() + 256);
        let targets = if names.targets.is_empty() { Vec::new() } else { self.registry.targets() };
        varint::put(&mut out, names.targets.len() as u64);
        for number in names.targets {
            varint::put(&mut out, u64::from(number));
            if let Some(target) = targets.get(number as usize) {
                varint::put_bytes(&mut out, target.def.expr.as_bytes());
                varint::put_bytes(&mut out, aspect_name(target.aspect).as_bytes());
            }
        }
        varint::put(&mut out, names.objects.len() as u64);
        for (number, path) in names.objects {
            varint::put(&mut out, u64::from(number));
            varint::put_bytes(&mut out, path.as_bytes());
        }
        varint::put(&mut out, docs.len() as u64);
        out.extend_from_slice(&body);
        out
    }

    fn doc(&mut self, doc: &SessionDoc, out: &mut Vec<u8>, names: &mut Names) {
        varint::put(out, u64::from(doc.id.day));
        out.extend_from_slice(&doc.id.unique);
        let mut scratch = Vec::with_capacity(doc.positions.flat.len() * 3);
        crate::positions::encode(&doc.positions.flat, &mut scratch);
        varint::put_bytes(out, &scratch);
        scratch.clear();
        crate::positions::encode_lengths(&doc.positions.lengths, &mut scratch);
        varint::put_bytes(out, &scratch);
        self.level(doc.slots(), doc.objects(), out, names);
    }

    fn level(
        &mut self,
        slots: &[(Target, Values)],
        objects: &[Object],
        out: &mut Vec<u8>,
        names: &mut Names,
    ) {
        varint::put(out, slots.len() as u64);
        for (target, values) in slots {
            let number = self.numbers.of(*target);
            if first_use(&mut self.named, number) {
                names.targets.push(number);
            }
            let kind = match values {
                Values::Ints(..) => INT,
                Values::Texts(..) => TEXT,
                Values::Ips(..) => IP,
            };
            varint::put(out, u64::from(number) * 4 + kind);
            varint::put(out, values.len() as u64);
            match values {
                Values::Ints(ints, _) => ints.iter().for_each(|v| varint::put_signed(out, *v)),
                Values::Texts(texts, _) => {
                    texts.iter().for_each(|t| varint::put_bytes(out, t.as_bytes()));
                }
                Values::Ips(ips, _) => {
                    for ip in ips {
                        match ip {
                            IpAddr::V4(ip) => {
                                out.push(4);
                                out.extend_from_slice(&ip.octets());
                            }
                            IpAddr::V6(ip) => {
                                out.push(6);
                                out.extend_from_slice(&ip.octets());
                            }
                        }
                    }
                }
            }
        }
        varint::put(out, objects.len() as u64);
        for object in objects {
            let number = self.numbers.of_object(object.def);
            if first_use(&mut self.objects_named, number) {
                names.objects.push((number, object.def.path));
            }
            varint::put(out, u64::from(number));
            self.level(object.slots(), object.objects(), out, names);
        }
    }
}

/// Names that a frame is the first of its log to use.
#[derive(Default)]
struct Names {
    targets: Vec<u32>,
    objects: Vec<(u32, &'static str)>,
}

fn first_use(named: &mut Vec<bool>, number: u32) -> bool {
    let at = number as usize;
    if at >= named.len() {
        named.resize(at + 1, false);
    }
    named.get_mut(at).is_some_and(|known| !std::mem::replace(known, true))
}

/// Reads the records of one log.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    targets: Vec<Option<Target>>,
    objects: Vec<Option<&'static ObjectDef>>,
}

impl Decoder {
    /// The documents of a frame; `None` where it does not make sense.
    pub(crate) fn decode(&mut self, payload: &[u8], registry: &Registry) -> Option<Vec<SessionDoc>> {
        let mut reader = Reader(payload);
        for _ in 0..reader.int()? {
            let number = reader.len()?;
            let (expr, aspect) = (reader.text()?, reader.text()?);
            put_at(&mut self.targets, number, registry.target_of(expr, aspect))?;
        }
        for _ in 0..reader.int()? {
            let number = reader.len()?;
            put_at(&mut self.objects, number, registry.object_of(reader.text()?))?;
        }
        let count = reader.len()?;
        let mut docs = Vec::with_capacity(count.min(payload.len() / 16));
        for _ in 0..count {
            docs.push(self.doc(&mut reader)?);
        }
        Some(docs)
    }

    fn doc(&self, reader: &mut Reader<'_>) -> Option<SessionDoc> {
        let day = reader.u32()?;
        let unique = reader.array()?;
        let positions = crate::positions::decode(reader.bytes()?, reader.bytes()?)?;
        let (slots, objects) = self.level(reader, 0)?;
        Some(SessionDoc::from_parts(SessionId { day, unique }, positions, slots, objects))
    }

    #[allow(clippy::type_complexity)]
    fn level(&self, reader: &mut Reader<'_>, depth: usize) -> Option<(Vec<(Target, Values)>, Vec<Object>)> {
        if depth > MAX_DEPTH {
            return None;
        }
        let count = reader.len()?;
        let mut slots = Vec::with_capacity(count.min(256));
        for _ in 0..count {
            let code = reader.int()?;
            let target = *self.targets.get(usize::try_from(code / 4).ok()?)?;
            let kind = target.map_or(fields::Kind::Int, |t| t.kind());
            let mut values = Values::empty(kind);
            for _ in 0..reader.int()? {
                let value = match code % 4 {
                    INT => Value::Int(reader.signed()?),
                    TEXT => Value::Text(reader.text()?),
                    IP => Value::Ip(match reader.byte()? {
                        4 => IpAddr::V4(Ipv4Addr::from(reader.array::<4>()?)),
                        6 => IpAddr::V6(Ipv6Addr::from(reader.array::<16>()?)),
                        _ => return None,
                    }),
                    _ => return None,
                };
                values.push(kind, value, false);
            }
            // a field that this program does not declare is read past
            if let Some(target) = target
                && !values.is_empty()
            {
                slots.push((target, values));
            }
        }
        let count = reader.len()?;
        let mut objects = Vec::with_capacity(count.min(256));
        for _ in 0..count {
            let def = *self.objects.get(reader.len()?)?;
            let (slots, inner) = self.level(reader, depth + 1)?;
            if let Some(def) = def {
                objects.push(Object::from_parts(def, slots, inner));
            }
        }
        Some((slots, objects))
    }
}

/// Most names of one log: a number beyond is damage.
const MAX_NAMES: usize = 1 << 20;

fn put_at<T: Copy>(list: &mut Vec<Option<T>>, at: usize, value: Option<T>) -> Option<()> {
    if at >= MAX_NAMES {
        return None;
    }
    if at >= list.len() {
        list.resize(at + 1, None);
    }
    *list.get_mut(at)? = value;
    Some(())
}
