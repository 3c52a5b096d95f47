//! The most frequent strings and addresses.
//!
//! Where every file has a dictionary, a value that is among the most frequent of all has in at least one file its share of
//! the least count that suffices; only such values are added up over all files. Values that are nearly equally frequent, or
//! have no dictionary, are counted by a hash of 64 bits. Two passes make that exact: the first finds how frequent the last
//! wanted one is at most, the second counts by value those that are more frequent by hash, and the least of those that are as
//! frequent. Two values of one hash show as a count that is too large for either; then it is done again with another hash.

use super::{Counts, Means, Most, Pass, Survey, is_later};
use crate::column::{Dict, FromAscii};
use crate::community;
use crate::count::{self, Sink};
use crate::keys::{ByKey, Counted, Keys, seed};
use crate::parallel;
use crate::terms::{Asked, owned};
use fields::{Kind, Target};
use index::{Error, Key};
use session::core;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Values of dictionaries that may be candidates; of more all are counted by hash.
const MOST_CANDIDATES: usize = 100_000;
/// Hashes that are tried.
const SEEDS: usize = 3;

/// What one file counts, its dictionary in order.
struct List {
    counts: Vec<u32>,
    dict: Arc<Dict>,
}

impl List {
    /// What is in memory is in the order in which it came.
    fn sorted(dict: &Dict, counts: &[u32], ip: bool) -> Self {
        let mut order: Vec<usize> = (0..dict.len()).collect();
        if ip {
            order.sort_by_cached_key(|at| dict.ip(*at));
        } else {
            order.sort_unstable_by_key(|at| dict.get(*at));
        }
        let mut sorted = Dict { sorted: true, ..Dict::default() };
        order.iter().for_each(|at| sorted.push(dict.get(*at)));
        let counts = order.iter().map(|at| counts.get(*at).copied().unwrap_or(0)).collect();
        Self { counts, dict: Arc::new(sorted) }
    }
    fn count_of(&self, value: &[u8], ip: Option<IpAddr>) -> u64 {
        let place = match ip {
            Some(ip) => self.dict.ip_range(ip, ip).next(),
            None => self.dict.find_text(value),
        };
        place.and_then(|place| self.counts.get(place)).map_or(0, |count| u64::from(*count))
    }
}

/// Keeps dictionaries and counts.
#[derive(Default)]
struct Lists {
    ip: bool,
    lists: Vec<List>,
    /// Whether there were strings without a dictionary.
    each: bool,
}

impl Sink for Lists {
    fn ints(&mut self, _: &[i64]) {}
    fn int(&mut self, _: i64, _: u64) {}
    fn dict(&mut self, dict: &Arc<Dict>, counts: &[u32]) {
        self.lists.push(if dict.sorted {
            List { counts: counts.to_vec(), dict: dict.clone() }
        } else {
            List::sorted(dict, counts, self.ip)
        });
    }
    fn text(&mut self, _: &[u8]) {
        self.each = true;
    }
    fn community(&mut self, _: &[u8; community::LEN]) {
        self.each = true;
    }
}

pub(super) fn most(
    asked: &Asked<'_>,
    target: Target,
    wanted: usize,
    survey: &Survey,
    means: Means,
) -> Result<Most, Error> {
    let mut source = Source { asked, target, means, lists: None };
    let mut entries = survey.entries;
    if !survey.each {
        source.lists = source.lists()?;
        if let Some(lists) = &source.lists {
            if let Some(found) = by_share(lists, target.kind() == Kind::Ip, wanted) {
                return Ok(found);
            }
            entries = lists.iter().map(|list| list.dict.len() as u64).sum();
        } else if !means.all {
            return Ok(Most::Later);
        }
    }
    if is_later(entries, means) {
        return Ok(Most::Later);
    }
    for _ in 0..SEEDS {
        asked.control.check()?;
        let digest = Digest::new(target, u64::MAX);
        if let Some(found) = source.by_hash(digest, wanted, entries)? {
            return Ok(found);
        }
    }
    Ok(Most::Usual)
}

/// The most frequent by what is frequent in some file; `None` where that is too much.
fn by_share(lists: &[List], ip: bool, wanted: usize) -> Option<Most> {
    let total = lists.iter().flat_map(|list| &list.counts).map(|count| u64::from(*count)).sum();
    // values of which is known what some files count, and how many files that are
    let mut known: HashMap<&[u8], (u64, usize), ahash::RandomState> = HashMap::default();
    let mut rows: Vec<(u32, usize)> = Vec::new();
    for list in lists {
        rows.clear();
        rows.extend(list.counts.iter().copied().zip(0..).filter(|(count, _)| *count > 0));
        if rows.len() > wanted {
            rows.select_nth_unstable_by(wanted - 1, |a, b| b.cmp(a));
            rows.truncate(wanted);
        }
        for (count, at) in &rows {
            known.entry(list.dict.get(*at)).or_default().0 += u64::from(*count);
        }
        if known.len() > MOST_CANDIDATES {
            return None;
        }
    }
    // the last of so many has at least this
    let last_of = |known: &HashMap<&[u8], (u64, usize), ahash::RandomState>| {
        let mut sums: Vec<u64> = known.values().map(|(sum, _)| *sum).collect();
        sums.sort_unstable_by(|a, b| b.cmp(a));
        sums.get(wanted - 1).copied().unwrap_or(1).max(1)
    };
    let share = last_of(&known).div_ceil(lists.len().max(1) as u64).max(1);
    known.clear();
    let mut seen = 0;
    for list in lists {
        for (at, count) in list.counts.iter().enumerate().filter(|(_, count)| u64::from(**count) >= share) {
            let place = known.entry(list.dict.get(at)).or_default();
            *place = (place.0 + u64::from(*count), place.1 + 1);
            seen += 1;
        }
        if seen > MOST_CANDIDATES {
            return None;
        }
    }
    let enough = last_of(&known);
    // elsewhere each has less than its share
    known.retain(|_, (sum, files)| *sum + (share - 1) * (lists.len() - *files) as u64 >= enough);
    let exact = |(value, (sum, files)): (&[u8], (u64, usize))| {
        let ip = if ip { IpAddr::from_ascii(value) } else { None };
        let sum = if files == lists.len() || share == 1 {
            sum
        } else {
            lists.iter().map(|list| list.count_of(value, ip)).sum()
        };
        (value.to_vec(), sum)
    };
    Some(Most::Found(known.into_iter().map(exact).collect(), total))
}

/// The hash of strings.
#[derive(Clone, Copy)]
struct Digest {
    seed: u64,
    mask: u64,
    /// Community ids are hashed as they are stored.
    is_community: bool,
}

impl Digest {
    /// With a mask of fewer bits there are values of one hash, for tests.
    fn new(target: Target, mask: u64) -> Self {
        Self { seed: seed(), mask, is_community: target == Target::of(&core::COMMUNITY_ID.def) }
    }
    fn text(self, text: &[u8]) -> u64 {
        match community::pack(text) {
            Some(hash) if self.is_community => self.community(&hash),
            _ => xxh3_64_with_seed(text, self.seed) & self.mask,
        }
    }
    fn community(self, hash: &[u8; community::LEN]) -> u64 {
        xxh3_64_with_seed(hash, self.seed) & self.mask
    }
}

/// The first pass: how often each hash occurs.
struct Hashes {
    digest: Digest,
    pass: Pass,
    keys: Keys,
    total: u64,
}

impl Hashes {
    fn add(&mut self, key: u64, count: u64) {
        self.total += count;
        if self.pass.takes(key) {
            self.keys.add_many(key, count);
        }
    }
}

impl Sink for Hashes {
    fn ints(&mut self, _: &[i64]) {}
    fn int(&mut self, _: i64, _: u64) {}
    fn dict(&mut self, dict: &Arc<Dict>, counts: &[u32]) {
        for (value, count) in dict.counted(counts) {
            self.add(self.digest.text(value), count);
        }
    }
    fn text(&mut self, text: &[u8]) {
        self.add(self.digest.text(text), 1);
    }
    fn community(&mut self, hash: &[u8; community::LEN]) {
        self.add(self.digest.community(hash), 1);
    }
}

/// The second pass: the values of the hashes that matter.
struct Values<'a> {
    digest: Digest,
    pass: Pass,
    kind: Kind,
    counted: &'a Counted,
    /// Hashes that are more frequent than the last that is wanted.
    frequent: &'a ByKey<u64>,
    /// How often the last that is wanted occurs.
    last: u64,
    wanted: usize,
    of_frequent: HashMap<Vec<u8>, u64, ahash::RandomState>,
    /// The least of those that are as frequent as the last.
    least: BTreeMap<Key, u64>,
    /// The bytes of the largest of them where there are enough.
    bound: Option<Vec<u8>>,
}

impl Values<'_> {
    /// Whether a value may be one of the least.
    fn may_be_least(&self, value: &[u8]) -> bool {
        match &self.bound {
            None => true,
            Some(bound) if self.kind == Kind::Ip => IpAddr::from_ascii(value) <= IpAddr::from_ascii(bound),
            Some(bound) => value <= bound.as_slice(),
        }
    }
    fn add(&mut self, value: &[u8], count: u64) {
        let may_be_least = self.may_be_least(value);
        if !may_be_least && self.frequent.is_empty() {
            return;
        }
        let key = self.digest.text(value);
        if !self.pass.takes(key) {
            return;
        }
        if self.frequent.contains_key(&key) {
            match self.of_frequent.get_mut(value) {
                Some(known) => *known += count,
                None => drop(self.of_frequent.insert(value.to_vec(), count)),
            }
        } else if may_be_least && self.counted.count(key) == self.last {
            let Some(owned) = owned(value, self.kind) else { return };
            *self.least.entry(owned).or_default() += count;
            if self.least.len() > self.wanted {
                self.least.pop_last();
            }
            if self.least.len() == self.wanted {
                self.bound = self.least.last_key_value().map(|(key, _)| bytes_of(key));
            }
        }
    }
}

/// A value as it is stored.
fn bytes_of(key: &Key) -> Vec<u8> {
    match key {
        Key::Text(text) => text.clone().into_bytes(),
        Key::Ip(ip) => ip.to_string().into_bytes(),
        Key::Int(int) => int.to_le_bytes().to_vec(),
    }
}

impl Sink for Values<'_> {
    fn ints(&mut self, _: &[i64]) {}
    fn int(&mut self, _: i64, _: u64) {}
    fn dict(&mut self, dict: &Arc<Dict>, counts: &[u32]) {
        dict.counted(counts).for_each(|(value, count)| self.add(value, count));
    }
    fn text(&mut self, text: &[u8]) {
        self.add(text, 1);
    }
    fn community(&mut self, hash: &[u8; community::LEN]) {
        let after = self.bound.as_ref().is_some_and(|bound| community::is_after(hash, bound));
        if after && (self.frequent.is_empty() || !self.frequent.contains_key(&self.digest.community(hash))) {
            return;
        }
        let mut text = Dict::default();
        community::unpack(hash, &mut text);
        self.add(text.get(0), 1);
    }
}

/// Where the values come from.
struct Source<'a> {
    asked: &'a Asked<'a>,
    target: Target,
    means: Means,
    /// What was counted already.
    lists: Option<Vec<List>>,
}

impl Source<'_> {
    /// What every file counts; `None` where that is too much memory, or there are strings without a dictionary.
    fn lists(&self) -> Result<Option<Vec<List>>, Error> {
        let (full, memory) = (AtomicBool::new(false), AtomicUsize::new(0));
        let asked = self.asked;
        let ip = self.target.kind() == Kind::Ip;
        let lists = parallel::each_on(
            self.means.threads,
            (asked.shared, asked.segments, asked.control),
            || Lists { ip, ..Lists::default() },
            |number, open, out: &mut Lists| {
                let before = out.lists.len();
                count::count(open, self.target, asked.rows(number, open)?, out)?;
                let more = out.lists.iter().skip(before);
                let size: usize = more.map(|list| list.counts.len() * 4 + list.dict.memory()).sum();
                if out.each || memory.fetch_add(size, Ordering::Relaxed) + size > self.means.memory {
                    full.store(true, Ordering::Relaxed);
                }
                Ok(!full.load(Ordering::Relaxed))
            },
        )?;
        Ok((!full.into_inner()).then(|| lists.into_iter().flat_map(|of_thread| of_thread.lists).collect()))
    }

    /// Gives everything to sinks, one for each thread.
    fn feed<S: Sink + Send>(&self, make: impl Fn() -> S + Sync) -> Result<Vec<S>, Error> {
        let asked = self.asked;
        match &self.lists {
            Some(lists) => {
                parallel::numbers(self.means.threads, asked.control, lists.len(), make, |number, out| {
                    if let Some(list) = lists.get(number) {
                        out.dict(&list.dict, &list.counts);
                    }
                    Ok(true)
                })
            }
            None => parallel::each_on(
                self.means.threads,
                (asked.shared, asked.segments, asked.control),
                make,
                |number, open, out| {
                    count::count(open, self.target, asked.rows(number, open)?, out)?;
                    Ok(true)
                },
            ),
        }
    }

    /// Counts by hash; `None` where two values have the same that matters.
    fn by_hash(&self, digest: Digest, wanted: usize, entries: u64) -> Result<Option<Most>, Error> {
        let Some(passes) = Pass::count(entries, self.means.memory) else { return Ok(Some(Most::Usual)) };
        let (mut counts, mut total) = (Counts::new(), 0);
        for number in 0..passes {
            let pass = Pass { number, of: passes };
            let keys = || Hashes { digest, pass, keys: Keys::new(entries / passes), total: 0 };
            let hashes = self.feed(keys)?;
            total = hashes.iter().map(|of_thread| of_thread.total).sum();
            let keys = hashes.into_iter().map(|of_thread| of_thread.keys).collect();
            let counted = Counted::new(self.asked.control, self.means.threads, keys)?;
            let last = counted.at_place(wanted);
            let frequent: ByKey<u64> = counted.repeated().filter(|(_, count)| *count > last).collect();
            let values = self.feed(|| Values {
                digest,
                pass,
                kind: self.target.kind(),
                counted: &counted,
                frequent: &frequent,
                last,
                wanted,
                of_frequent: HashMap::default(),
                least: BTreeMap::new(),
                bound: None,
            })?;
            let mut of_frequent: HashMap<Vec<u8>, u64, ahash::RandomState> = HashMap::default();
            let mut least: BTreeMap<Key, u64> = BTreeMap::new();
            for of_thread in values {
                for (value, count) in of_thread.of_frequent {
                    *of_frequent.entry(value).or_default() += count;
                }
                for (value, count) in of_thread.least {
                    *least.entry(value).or_default() += count;
                }
            }
            let exact = of_frequent.len() == frequent.len()
                && of_frequent.iter().all(|(value, count)| frequent.get(&digest.text(value)) == Some(count));
            let rest = wanted.saturating_sub(of_frequent.len());
            let least: Vec<(Key, u64)> = least.into_iter().take(rest).collect();
            if !exact || least.iter().any(|(_, count)| *count != last) {
                return Ok(None);
            }
            counts.extend(of_frequent);
            counts.extend(least.into_iter().map(|(key, count)| (bytes_of(&key), count)));
        }
        Ok(Some(Most::Found(counts, total)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Node;
    use crate::{Options, Store};
    use fields::Schema;
    use index::meaning::order_buckets;
    use index::{Bucket, Control, Order, SessionSink as _, generate};

    fn first(mut counts: Counts, kind: Kind, wanted: usize) -> Vec<(Key, u64)> {
        let bucket = |(value, count): (Vec<u8>, u64)| Bucket {
            key: owned(&value, kind).unwrap(),
            count,
            sums: Vec::new(),
            inner: Vec::new(),
        };
        let mut buckets: Vec<Bucket> = counts.drain(..).map(bucket).collect();
        buckets.sort_by(|a, b| order_buckets(a, b, Order::Most));
        buckets.truncate(wanted);
        buckets.into_iter().map(|bucket| (bucket.key, bucket.count)).collect()
    }

    /// Hashes of few bits, so that values have the same: the answer is right or there is none.
    #[test]
    fn values_of_one_hash_are_found_out() {
        let schema = Arc::new(Schema::new([core::FIELDS, session::perf::FIELDS, generate::FIELDS]).unwrap());
        let dir = tempfile::tempdir().unwrap();
        let options = Options { flush_rows: 1_000, threads: 2, ..Options::new(schema) };
        let store = Store::open(dir.path(), options).unwrap();
        let mut writer = store.writer("test").unwrap();
        let docs: Vec<session::SessionDoc> = generate::Documents::new(5).take(3_300).collect();
        writer.append(docs.clone()).unwrap();
        writer.commit().unwrap();
        let (shared, control, node) = (store.shared(), Control::new(), Node::All);
        let segments = shared.snapshot(false).unwrap().segments;
        let asked = Asked::new(shared, &segments, &node, &control);
        let (mut answers, mut refused) = (0, 0);
        for def in
            [&generate::HTTP_URI.def, &generate::DNS_HOST.def, &core::DST_IP.def, &core::COMMUNITY_ID.def]
        {
            let (target, wanted) = (Target::of(def), 25);
            let mut counts: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
            for doc in &docs {
                doc.visit(target, &mut |value| {
                    *counts.entry(bytes_of(&Key::from(value))).or_default() += 1;
                    true
                });
            }
            let total: u64 = counts.values().sum();
            let right = first(counts.into_iter().collect(), target.kind(), wanted);
            for memory in [1 << 26, 1 << 12] {
                for mask in [u64::MAX, u64::MAX << 50 | 0xFFF, 0xFFFF << 10, 0x7F << 57 | 1, 0] {
                    let means = Means { threads: 2, memory, all: true };
                    let source = Source { asked: &asked, target, means, lists: None };
                    match source.by_hash(Digest::new(target, mask), wanted, 3_300).unwrap() {
                        Some(Most::Found(found, all)) => {
                            assert_eq!(
                                first(found, target.kind(), wanted),
                                right,
                                "{} {mask:x}",
                                target.expr()
                            );
                            assert_eq!(all, total);
                            answers += 1;
                        }
                        Some(_) => panic!("too few passes"),
                        None => {
                            assert_ne!(mask, u64::MAX);
                            refused += 1;
                        }
                    }
                }
            }
        }
        assert!(answers >= 8 && refused >= 8, "{answers} {refused}");
    }
}
