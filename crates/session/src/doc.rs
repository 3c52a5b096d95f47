//! The document in memory.

use crate::{Positions, SessionId, core};
use fields::{Aspect, Count, Def, Field, ObjectDef, Target, Typed, Value, Values};

/// Values of one field of one document that are kept; more are counted in the tag `truncated-field-<name>`.
pub const MAX_VALUES: usize = 5_000;
/// Bytes of one string that are kept; longer ones are cut and tagged `truncated-field-<name>`.
pub const MAX_TEXT: usize = 16_384;
/// Objects of one list that are kept.
pub const MAX_OBJECTS: usize = 1_000;

/// One field of one document.
pub(crate) type Slot = (Target, Values);

/// A session, or a segment of a long one, with everything learned from it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionDoc {
    /// Identity; all zero until the document is closed.
    pub id: SessionId,
    /// Where its packets lie.
    pub positions: Positions,
    slots: Vec<Slot>,
    objects: Vec<Object>,
}

/// One object of a list: a certificate, a DNS query, an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Which list it belongs to.
    pub def: &'static ObjectDef,
    slots: Vec<Slot>,
    objects: Vec<Object>,
}

fn find(slots: &[Slot], target: Target) -> Option<&Values> {
    slots
        .iter()
        .find(|(at, _)| at.aspect == target.aspect && std::ptr::eq(at.def, target.def))
        // the same field declared once is one address; a copy (another codegen unit) is still equal by name
        .or_else(|| slots.iter().find(|(at, _)| *at == target))
        .map(|(_, values)| values)
}

fn slot(slots: &mut Vec<Slot>, target: Target) -> &mut Values {
    let at = slots
        .iter()
        .position(|(at, _)| at.aspect == target.aspect && std::ptr::eq(at.def, target.def))
        .unwrap_or_else(|| {
            slots.push((target, Values::empty(target.kind())));
            slots.len() - 1
        });
    &mut slots[at].1
}

/// Outcome of a limited add.
enum Added {
    Yes,
    Known,
    Cut,
}

fn put(slots: &mut Vec<Slot>, def: &'static Def, value: Value<'_>) -> Added {
    let mut cut = false;
    let value = match value {
        Value::Text(text) if text.len() > MAX_TEXT => {
            cut = true;
            Value::Text(&text[..text.floor_char_boundary(MAX_TEXT)])
        }
        other => other,
    };
    let values = slot(slots, Target::of(def));
    if def.single && !values.is_empty() {
        *values = Values::empty(def.kind);
    }
    if values.len() >= MAX_VALUES {
        return Added::Cut;
    }
    match (values.push(def.kind, value, def.unique), cut) {
        (_, true) => Added::Cut,
        (true, false) => Added::Yes,
        (false, false) => Added::Known,
    }
}

macro_rules! shared {
    () => {
        /// Adds a value; a field of a single value is replaced. Returns whether it was new.
        pub fn add<T: Typed>(&mut self, field: &'static Field<T>, value: T::Value<'_>) -> bool {
            self.add_value(&field.def, T::value(value))
        }
        /// The values of one slot, this level only (objects inside are not looked at).
        pub fn own(&self, target: Target) -> Option<&Values> {
            find(&self.slots, target)
        }
        /// The values of a field at this level.
        pub fn values<T: Typed>(&self, field: &'static Field<T>) -> Option<&Values> {
            find(&self.slots, Target::of(&field.def))
        }
        /// Whether the field has a value at this level.
        pub fn has<T: Typed>(&self, field: &'static Field<T>) -> bool {
            self.values(field).is_some_and(|v| !v.is_empty())
        }
        /// The single value, or the first, of an integer field.
        pub fn int<T: Typed>(&self, field: &'static Field<T>) -> Option<i64> {
            self.values(field)?.ints().first().copied()
        }
        /// The single value, or the first, of a string field.
        pub fn text<T: Typed>(&self, field: &'static Field<T>) -> Option<&str> {
            self.values(field)?.texts().first().map(|t| t.as_str())
        }
        /// The single value, or the first, of an address field.
        pub fn ip<T: Typed>(&self, field: &'static Field<T>) -> Option<std::net::IpAddr> {
            self.values(field)?.ips().first().copied()
        }
        /// Sets what belongs to a slot as a whole: how stores rebuild a document and how enrichment adds the places
        /// beside addresses. Empty values remove the slot.
        pub fn set(&mut self, target: Target, values: Values) {
            self.slots.retain(|(at, _)| *at != target);
            if !values.is_empty() {
                self.slots.push((target, values));
            }
        }
        /// Removes a field at this level.
        pub fn remove(&mut self, target: Target) {
            self.slots.retain(|(at, _)| *at != target);
        }
        /// Every slot of this level.
        pub fn slots(&self) -> &[(Target, Values)] {
            &self.slots
        }
        /// Every object of this level, lists mixed, each list in order of arrival.
        pub fn objects(&self) -> &[Object] {
            &self.objects
        }
        /// The same, to change.
        pub fn objects_mut(&mut self) -> &mut Vec<Object> {
            &mut self.objects
        }
        /// The objects of one list.
        pub fn list(&self, def: &'static ObjectDef) -> impl Iterator<Item = &Object> {
            self.objects.iter().filter(move |o| o.def == def)
        }
    };
}

impl SessionDoc {
    /// An empty document.
    pub fn new() -> Self {
        Self::default()
    }
    /// A document of what a store kept of it, in the order in which [`SessionDoc::slots`] and
    /// [`SessionDoc::objects`] gave it. Each target occurs once.
    pub fn from_parts(
        id: SessionId,
        positions: Positions,
        slots: Vec<(Target, Values)>,
        objects: Vec<Object>,
    ) -> Self {
        Self { id, positions, slots, objects }
    }
    shared!();

    /// Makes room for this many more fields.
    pub fn reserve(&mut self, fields: usize) {
        self.slots.reserve_exact(fields);
    }

    /// Adds the value of a field of a single value that the document does not have yet: does not look for it, which pays where
    /// a whole document is written.
    pub fn add_new<T: Typed>(&mut self, field: &'static Field<T>, value: T::Value<'_>) {
        let target = Target::of(&field.def);
        debug_assert!(find(&self.slots, target).is_none(), "{} is there already", field.def.expr);
        let mut values = Values::empty(field.def.kind);
        values.push(field.def.kind, T::value(value), false);
        self.slots.push((target, values));
    }

    /// Adds a value by its declaration. Callers that have a handle use [`SessionDoc::add`].
    pub fn add_value(&mut self, def: &'static Def, value: Value<'_>) -> bool {
        debug_assert!(def.object.is_none(), "{} belongs to an object", def.expr);
        match put(&mut self.slots, def, value) {
            Added::Yes => true,
            Added::Known => false,
            Added::Cut => {
                self.tag(&format!("truncated-field-{}", def.expr));
                true
            }
        }
    }

    /// Adds an object to a list of the document; beyond [`MAX_OBJECTS`] it is dropped and tagged.
    pub fn push(&mut self, object: Object) {
        if self.objects.len() >= MAX_OBJECTS {
            self.tag(&format!("truncated-field-{}", object.def.path));
            return;
        }
        self.objects.push(object);
    }

    /// Adds a tag.
    pub fn tag(&mut self, tag: &str) {
        self.add(&core::TAGS, tag);
    }
    /// Adds a protocol name.
    pub fn protocol(&mut self, name: &str) {
        self.add(&core::PROTOCOLS, name);
    }
    /// Whether a protocol name is there.
    pub fn has_protocol(&self, name: &str) -> bool {
        self.values(&core::PROTOCOLS).is_some_and(|v| v.texts().iter().any(|t| t == name))
    }

    /// Whether any value of a target meets a test, objects at any depth included.
    pub fn any(&self, target: Target, mut test: impl FnMut(Value<'_>) -> bool) -> bool {
        let mut met = false;
        self.visit(target, &mut |value| {
            met = test(value);
            !met
        });
        met
    }

    /// Calls `see` for every value of a target, objects at any depth included, until it returns false. A count is
    /// one value for the document, or one for each object.
    pub fn visit(&self, target: Target, see: &mut dyn FnMut(Value<'_>) -> bool) {
        visit(&self.slots, &self.objects, target, see);
    }

    /// What a later segment of the same session starts with: the fields that are marked as linked.
    pub fn next_segment(&self) -> Self {
        let slots = self.slots.iter().filter(|(at, _)| at.def.linked).cloned().collect();
        Self { slots, ..Self::default() }
    }

    /// Shows `look` the document with what `write` adds, and takes the fields that it did not have before out again. Values that `write`
    /// adds to fields that it had stay. The work is done in `scratch`, which is empty before and after, so that neither allocates anew.
    pub fn with_more<R>(
        &mut self,
        scratch: &mut Self,
        write: impl FnOnce(&mut Self),
        look: impl FnOnce(&Self) -> R,
    ) -> R {
        scratch.slots.append(&mut self.slots);
        std::mem::swap(&mut scratch.objects, &mut self.objects);
        let before = scratch.slots.len();
        write(scratch);
        let seen = look(scratch);
        scratch.slots.truncate(before);
        self.slots.append(&mut scratch.slots);
        std::mem::swap(&mut scratch.objects, &mut self.objects);
        seen
    }

    /// Approximate memory, bytes.
    pub fn memory(&self) -> usize {
        fn level(slots: &[Slot], objects: &[Object]) -> usize {
            slots.iter().map(|(_, v)| 16 + v.memory()).sum::<usize>()
                + objects.iter().map(|o| 64 + level(&o.slots, &o.objects)).sum::<usize>()
        }
        std::mem::size_of::<Self>()
            + self.positions.flat.capacity() * 8
            + self.positions.lengths.capacity() * 4
            + level(&self.slots, &self.objects)
    }
}

fn visit(slots: &[Slot], objects: &[Object], target: Target, see: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
    if target.aspect == Aspect::Count {
        if let Some(values) = find(slots, Target::of(target.def))
            && target.def.count != Count::No
            && !see(Value::Int(values.len() as i64))
        {
            return false;
        }
    } else if let Some(values) = find(slots, target) {
        for value in values.iter() {
            if !see(value) {
                return false;
            }
        }
    }
    if target.def.object.is_some() {
        for object in objects {
            if !visit(&object.slots, &object.objects, target, see) {
                return false;
            }
        }
    }
    true
}

impl Object {
    /// An empty object of a list.
    pub fn new(def: &'static ObjectDef) -> Self {
        Self { def, slots: Vec::new(), objects: Vec::new() }
    }
    /// An object of what a store kept of it; the counterpart of [`SessionDoc::from_parts`].
    pub fn from_parts(def: &'static ObjectDef, slots: Vec<(Target, Values)>, objects: Vec<Object>) -> Self {
        Self { def, slots, objects }
    }
    shared!();

    /// Adds a value by its declaration.
    pub fn add_value(&mut self, def: &'static Def, value: Value<'_>) -> bool {
        matches!(put(&mut self.slots, def, value), Added::Yes)
    }

    /// Adds an object to a list inside this one; beyond [`MAX_OBJECTS`] it is dropped.
    pub fn push(&mut self, object: Object) {
        if self.objects.len() < MAX_OBJECTS {
            self.objects.push(object);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perf;

    #[test]
    fn flattens_objects() {
        let mut doc = SessionDoc::new();
        for request in ["/a", "/b"] {
            let mut one = Object::new(&perf::TRANSACTION);
            one.add(&perf::TX_REQUEST, request);
            doc.push(one);
        }
        assert!(doc.any(Target::of(&perf::TX_REQUEST.def), |v| v == Value::Text("/b")));
        assert!(!doc.any(Target::of(&perf::TX_REQUEST.def), |v| v == Value::Text("/c")));
    }

    #[test]
    fn long_text_is_cut_and_said() {
        let mut doc = SessionDoc::new();
        doc.add(&core::USER, &"é".repeat(MAX_TEXT));
        assert!(doc.text(&core::USER).is_some_and(|t| t.len() == MAX_TEXT));
        assert!(doc.any(Target::of(&core::TAGS.def), |v| v == Value::Text("truncated-field-user")));
    }

    #[test]
    fn a_later_segment_keeps_the_linked_fields() {
        let mut doc = SessionDoc::new();
        doc.tag("mine");
        doc.add(&core::BYTES, 7);
        let next = doc.next_segment();
        assert!(next.has(&core::TAGS) && !next.has(&core::BYTES));
    }
}
