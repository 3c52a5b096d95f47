//! Numbers for targets and object lists, so that columns, shapes and log records name them in a byte or two.

use fields::{Aspect, Def, ObjectDef, Schema, Target};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Every target seen by this process, numbered in order of appearance. Numbers never leave the process without a
/// table of names beside them.
#[derive(Debug)]
pub(crate) struct Registry {
    by_expr: HashMap<&'static str, &'static Def>,
    objects_by_path: HashMap<&'static str, &'static ObjectDef>,
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    targets: Vec<Target>,
    numbers: HashMap<Target, u32, ahash::RandomState>,
    objects: Vec<&'static ObjectDef>,
}

impl Registry {
    pub(crate) fn new(schema: &Schema) -> Arc<Self> {
        let registry = Self {
            by_expr: schema.defs().iter().map(|d| (d.expr, *d)).collect(),
            objects_by_path: schema.objects().iter().map(|o| (o.path, *o)).collect(),
            known: RwLock::default(),
        };
        // rows get them without a document of this process that has them
        for def in index::CHANGEABLE {
            registry.number(Target::of(def));
        }
        Arc::new(registry)
    }

    /// The number of a target.
    pub(crate) fn number(&self, target: Target) -> u32 {
        if let Some(number) = self.find(target) {
            return number;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let next = known.targets.len() as u32;
        let number = *known.numbers.entry(target).or_insert(next);
        if number == next {
            known.targets.push(target);
        }
        number
    }
    /// The number of a target that has one.
    pub(crate) fn find(&self, target: Target) -> Option<u32> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).numbers.get(&target).copied()
    }
    /// The number of a list of objects.
    pub(crate) fn object_number(&self, def: &'static ObjectDef) -> u32 {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let at = known.objects.iter().position(|o| *o == def).unwrap_or_else(|| {
            known.objects.push(def);
            known.objects.len() - 1
        });
        at as u32
    }
    /// Every target, by number.
    pub(crate) fn targets(&self) -> Vec<Target> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).targets.clone()
    }
    /// Every list of objects, by number.
    pub(crate) fn objects(&self) -> Vec<&'static ObjectDef> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).objects.clone()
    }

    /// The target of a stored name, where this program declares it.
    pub(crate) fn target_of(&self, expr: &str, aspect: &str) -> Option<Target> {
        let aspect = match aspect {
            "value" => Aspect::Value,
            "count" => Aspect::Count,
            "country" => Aspect::Country,
            "asn" => Aspect::Asn,
            "rir" => Aspect::Rir,
            _ => return None,
        };
        let def = self.by_expr.get(expr).copied().or_else(|| {
            // a field that is in no schema but was seen by this process
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            known.targets.iter().map(|t| t.def).find(|d| d.expr == expr)
        })?;
        Some(Target { def, aspect })
    }
    /// The object list of a stored path.
    pub(crate) fn object_of(&self, path: &str) -> Option<&'static ObjectDef> {
        self.objects_by_path
            .get(path)
            .copied()
            .or_else(|| self.objects().into_iter().find(|o| o.path == path))
    }
}

/// The stored name of an aspect.
pub(crate) fn aspect_name(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Value => "value",
        Aspect::Count => "count",
        Aspect::Country => "country",
        Aspect::Asn => "asn",
        Aspect::Rir => "rir",
    }
}

/// Numbers for the code that asks for the same targets again and again: no lock, no comparison of names, and mostly no
/// hashing, because documents have their slots in much the same order.
#[derive(Debug)]
pub(crate) struct Numbers {
    registry: Arc<Registry>,
    places: HashMap<(usize, Aspect), usize, ahash::RandomState>,
    /// Address of the declaration, aspect and number, in the order in which they came first.
    order: Vec<(usize, Aspect, u32)>,
    /// Which place followed each place the last time.
    follows: Vec<usize>,
    last: usize,
    objects: Vec<(usize, u32)>,
}

impl Numbers {
    pub(crate) fn new(registry: Arc<Registry>) -> Self {
        Self {
            registry,
            places: HashMap::default(),
            order: Vec::new(),
            follows: Vec::new(),
            last: 0,
            objects: Vec::new(),
        }
    }
    pub(crate) fn of(&mut self, target: Target) -> u32 {
        let address = std::ptr::from_ref(target.def).addr();
        let guess = self.follows.get(self.last).copied().unwrap_or(0);
        if let Some((at, aspect, number)) = self.order.get(guess)
            && (*at, *aspect) == (address, target.aspect)
        {
            self.last = guess;
            return *number;
        }
        let next = self.order.len();
        let place = *self.places.entry((address, target.aspect)).or_insert(next);
        if place == next {
            self.order.push((address, target.aspect, self.registry.number(target)));
            self.follows.push(0);
        }
        if let Some(follows) = self.follows.get_mut(self.last) {
            *follows = place;
        }
        self.last = place;
        self.order.get(place).map_or(0, |(.., number)| *number)
    }
    pub(crate) fn of_object(&mut self, def: &'static ObjectDef) -> u32 {
        let address = std::ptr::from_ref(def).addr();
        if let Some((_, number)) = self.objects.iter().find(|(at, _)| *at == address) {
            return *number;
        }
        let number = self.registry.object_number(def);
        self.objects.push((address, number));
        number
    }
}
