//! The table of live flows.

use crate::FlowKey;
use hashbrown::HashTable;

/// No slot.
const NONE: u32 = u32::MAX;

/// A flow in the table; valid until that flow is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FlowId(u32);

/// Flows by key, each in one of `CLASSES` queues ordered by when it was last touched: idle flows of a class, whose time-out is one and the
/// same, are at the head of its queue, so that finding them costs nothing.
///
/// A flow costs `size_of::<S>()` plus 88 bytes, and the memory of flows that are gone is used again. The table never holds more than its
/// limit: the caller takes flows out ([`FlowTable::oldest`]) before it puts more in.
pub struct FlowTable<S, const CLASSES: usize> {
    index: HashTable<u32>,
    slots: Vec<Slot<S>>,
    /// Head of the list of free slots, linked by `next`.
    free: u32,
    queues: [Queue; CLASSES],
    limit: usize,
}

struct Slot<S> {
    key: FlowKey,
    hash: u64,
    /// When the flow was last touched, in the caller's unit.
    touched: i64,
    previous: u32,
    next: u32,
    class: u8,
    state: Option<S>,
}

#[derive(Clone, Copy)]
struct Queue {
    head: u32,
    tail: u32,
    len: usize,
}

impl<S, const CLASSES: usize> FlowTable<S, CLASSES> {
    /// A table for at most `limit` flows; at least one.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            index: HashTable::new(),
            slots: Vec::new(),
            free: NONE,
            queues: [Queue { head: NONE, tail: NONE, len: 0 }; CLASSES],
            limit: limit.clamp(1, NONE as usize - 1),
        }
    }

    /// Flows in the table.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }
    /// Whether another flow would be one too many.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.index.len() >= self.limit
    }
    /// Flows of a class.
    #[must_use]
    pub fn len_of(&self, class: u8) -> usize {
        self.queues.get(usize::from(class)).map_or(0, |queue| queue.len)
    }
    /// Bytes that the table holds, what the flows point to left out.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.slots.capacity() * std::mem::size_of::<Slot<S>>() + self.index.capacity() * 5
    }

    /// The flow of a key.
    #[inline]
    #[must_use]
    pub fn find(&self, key: &FlowKey, hash: u64) -> Option<FlowId> {
        let slots = &self.slots;
        self.index
            .find(hash, |at| {
                slots.get(*at as usize).is_some_and(|slot| slot.hash == hash && slot.key == *key)
            })
            .map(|at| FlowId(*at))
    }

    /// Puts a flow in. Gives the state back when the table is full or has the key already.
    pub fn insert(&mut self, key: FlowKey, hash: u64, class: u8, now: i64, state: S) -> Result<FlowId, S> {
        if self.is_full() || self.find(&key, hash).is_some() || usize::from(class) >= CLASSES {
            return Err(state);
        }
        let slot = Slot { key, hash, touched: now, previous: NONE, next: NONE, class, state: Some(state) };
        let at = match self.slots.get_mut(self.free as usize) {
            Some(place) => {
                let at = self.free;
                self.free = place.next;
                *place = slot;
                at
            }
            None => {
                self.slots.push(slot);
                (self.slots.len() - 1) as u32
            }
        };
        let slots = &self.slots;
        self.index.insert_unique(hash, at, |at| slots.get(*at as usize).map_or(0, |slot| slot.hash));
        self.link(at, class);
        Ok(FlowId(at))
    }

    /// What a flow carries.
    #[inline]
    #[must_use]
    pub fn get(&self, id: FlowId) -> Option<&S> {
        self.slots.get(id.0 as usize)?.state.as_ref()
    }
    /// What a flow carries, to change.
    #[inline]
    #[must_use]
    pub fn get_mut(&mut self, id: FlowId) -> Option<&mut S> {
        self.slots.get_mut(id.0 as usize)?.state.as_mut()
    }

    /// Notes that something happened on a flow: it goes to the end of its queue.
    #[inline]
    pub fn touch(&mut self, id: FlowId, now: i64) {
        let Some(slot) = self.slots.get_mut(id.0 as usize).filter(|slot| slot.state.is_some()) else {
            return;
        };
        slot.touched = now;
        let class = slot.class;
        if slot.next != NONE {
            self.unlink(id.0);
            self.link(id.0, class);
        }
    }

    /// Moves a flow to the end of another class's queue.
    pub fn change_class(&mut self, id: FlowId, class: u8, now: i64) {
        if usize::from(class) >= CLASSES || self.get(id).is_none() {
            return;
        }
        self.unlink(id.0);
        if let Some(slot) = self.slots.get_mut(id.0 as usize) {
            slot.class = class;
            slot.touched = now;
        }
        self.link(id.0, class);
    }

    /// The class of a flow.
    #[must_use]
    pub fn class(&self, id: FlowId) -> Option<u8> {
        self.slots.get(id.0 as usize).filter(|slot| slot.state.is_some()).map(|slot| slot.class)
    }

    /// The flow of a class that was touched longest ago, and when.
    #[inline]
    #[must_use]
    pub fn oldest(&self, class: u8) -> Option<(FlowId, i64)> {
        let head = self.queues.get(usize::from(class))?.head;
        self.slots.get(head as usize).map(|slot| (FlowId(head), slot.touched))
    }

    /// Takes a flow out.
    pub fn remove(&mut self, id: FlowId) -> Option<(FlowKey, S)> {
        let slot = self.slots.get_mut(id.0 as usize)?;
        let state = slot.state.take()?;
        let (key, hash) = (slot.key, slot.hash);
        if let Ok(entry) = self.index.find_entry(hash, |at| *at == id.0) {
            entry.remove();
        }
        self.unlink(id.0);
        if let Some(slot) = self.slots.get_mut(id.0 as usize) {
            slot.next = self.free;
        }
        self.free = id.0;
        Some((key, state))
    }

    fn link(&mut self, at: u32, class: u8) {
        let Some(queue) = self.queues.get_mut(usize::from(class)) else { return };
        let tail = queue.tail;
        queue.tail = at;
        queue.len += 1;
        if tail == NONE {
            queue.head = at;
        }
        if let Some(slot) = self.slots.get_mut(at as usize) {
            (slot.previous, slot.next) = (tail, NONE);
        }
        if let Some(slot) = self.slots.get_mut(tail as usize) {
            slot.next = at;
        }
    }

    fn unlink(&mut self, at: u32) {
        let Some(slot) = self.slots.get_mut(at as usize) else { return };
        let (previous, next, class) = (slot.previous, slot.next, slot.class);
        (slot.previous, slot.next) = (NONE, NONE);
        if let Some(slot) = self.slots.get_mut(previous as usize) {
            slot.next = next;
        }
        if let Some(slot) = self.slots.get_mut(next as usize) {
            slot.previous = previous;
        }
        let Some(queue) = self.queues.get_mut(usize::from(class)) else { return };
        queue.len = queue.len.saturating_sub(1);
        if queue.head == at {
            queue.head = next;
        }
        if queue.tail == at {
            queue.tail = previous;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scope;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn key(n: u16) -> (FlowKey, u64) {
        let (key, _) = FlowKey::ip(
            "10.0.0.1".parse().unwrap(),
            "10.0.0.2".parse().unwrap(),
            (n, 80),
            6,
            Scope::default(),
        );
        (key, u64::from(n % 7)) // many equal hashes: the table must compare keys
    }

    #[test]
    fn oldest_first_by_class() {
        let mut table: FlowTable<u16, 2> = FlowTable::new(3);
        let ids: Vec<FlowId> = (0..3u16)
            .map(|n| {
                let (key, hash) = key(n);
                table.insert(key, hash, 0, i64::from(n), n).unwrap()
            })
            .collect();
        let (other, hash) = key(9);
        assert_eq!(table.insert(other, hash, 0, 9, 9), Err(9), "it is full");
        table.touch(ids[0], 10);
        assert_eq!(table.oldest(0), Some((ids[1], 1)));
        table.change_class(ids[1], 1, 11);
        assert_eq!(table.oldest(0), Some((ids[2], 2)));
        assert_eq!(table.oldest(1), Some((ids[1], 11)));
        assert_eq!(table.remove(ids[2]).map(|(_, state)| state), Some(2));
        assert_eq!(table.remove(ids[2]), None);
        assert_eq!(table.oldest(0), Some((ids[0], 10)));
    }

    proptest! {
        #[test]
        fn behaves_as_a_map_and_reuses_slots(steps in prop::collection::vec((0u8..3, 0u16..40), 0..400)) {
            let mut table: FlowTable<u16, 1> = FlowTable::new(16);
            let mut model: HashMap<u16, ()> = HashMap::new();
            for (time, (what, n)) in steps.into_iter().enumerate() {
                let (key, hash) = key(n);
                match what {
                    0 => {
                        let fits = model.len() < 16 && !model.contains_key(&n);
                        prop_assert_eq!(table.insert(key, hash, 0, time as i64, n).is_ok(), fits);
                        if fits { model.insert(n, ()); }
                    }
                    1 => {
                        let removed = table.find(&key, hash).and_then(|id| table.remove(id));
                        prop_assert_eq!(removed.is_some(), model.remove(&n).is_some());
                    }
                    _ => if let Some(id) = table.find(&key, hash) { table.touch(id, time as i64) },
                }
                prop_assert_eq!(table.len(), model.len());
                prop_assert_eq!(table.len_of(0), model.len());
                prop_assert!(table.slots.len() <= 16);
            }
            let mut last = i64::MIN;
            while let Some((id, touched)) = table.oldest(0) {
                prop_assert!(touched >= last);
                last = touched;
                let (_, n) = table.remove(id).unwrap();
                prop_assert!(model.remove(&n).is_some());
            }
            prop_assert!(model.is_empty());
        }
    }
}
