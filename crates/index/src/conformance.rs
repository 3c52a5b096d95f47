//! The suite that every store must pass: whatever documents, plans, pages, aggregates and changes are made up, a store
//! answers as [`Memory`] does, and [`Memory`] as [`query::Plan::matches`] says.

use crate::{
    Aggregate, Control, ErrorKind, Histogram, Memory, Order, Page, SessionIndex, SessionSink, Show, Sort,
    TermChange, Terms,
};
use fields::{Aspect, Def, Kind, ObjectDef, Schema, Target, Value, Values};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use query::{Leaf, Plan, Test, TextTest};
use session::{Object, SessionDoc, SessionId, core};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A store under test: the two sides of the same documents.
pub struct Subject {
    /// Where documents go.
    pub sink: Box<dyn SessionSink>,
    /// Where they are found.
    pub index: Arc<dyn SessionIndex>,
}

/// Makes stores.
pub trait Factory {
    /// The fields that documents are made of.
    fn schema(&self) -> &Schema;
    /// A new, empty store.
    fn fresh(&self) -> Subject;
    /// The same store after its process ended and another began; `None` for a store that keeps nothing.
    fn reopen(&self, subject: Subject) -> Option<Subject>;
    /// Anything that a store does in the background (flushing, merging), now. Answers must not change by it.
    fn settle(&self, _subject: &mut Subject, _how: u8) {}
    /// Random cases of the main property.
    fn cases(&self) -> u32 {
        96
    }
}

/// Runs everything.
///
/// # Panics
/// When the store answers otherwise than the oracle.
pub fn run(factory: &dyn Factory) {
    control(factory);
    expiry(factory);
    paging(factory);
    histories(factory);
}

const DAY: i64 = 86_400_000;
/// 2026-11-20 12:00 UTC.
const NOON: i64 = 1_795_176_000_000;

#[derive(Clone, Debug)]
enum Step {
    Append(Vec<SessionDoc>),
    Commit,
    Tags(Plan, TermChange),
    Delete(Plan),
    Settle(u8),
    Reopen,
}

fn histories(factory: &dyn Factory) {
    let makers = Makers::new(factory.schema());
    let step = prop_oneof![
        6 => prop::collection::vec(makers.doc(), 1..24).prop_map(Step::Append),
        1 => Just(Step::Commit),
        2 => (makers.plan(), makers.change()).prop_map(|(p, c)| Step::Tags(p, c)),
        1 => makers.plan().prop_map(Step::Delete),
        3 => any::<u8>().prop_map(Step::Settle),
        1 => Just(Step::Reopen),
    ];
    let questions = prop::collection::vec((makers.plan(), makers.page(), makers.aggregates()), 6);
    let mut runner = TestRunner::new(Config {
        cases: factory.cases(),
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    });
    let outcome = runner.run(&(prop::collection::vec(step, 1..10), questions), |(steps, questions)| {
        let mut subject = factory.fresh();
        let mut memory = Memory::new();
        for step in steps {
            apply(factory, &mut subject, &mut memory, step)?;
        }
        subject.sink.commit().map_err(failed)?;
        for (plan, page, aggregates) in questions {
            ask(&*subject.index, &memory, &plan, &page, &aggregates)?;
        }
        Ok(())
    });
    if let Err(e) = outcome {
        panic!("{e}");
    }
}

fn failed(e: crate::Error) -> TestCaseError {
    TestCaseError::fail(e.to_string())
}

fn apply(
    factory: &dyn Factory,
    subject: &mut Subject,
    memory: &mut Memory,
    step: Step,
) -> Result<(), TestCaseError> {
    let control = Control::new();
    match step {
        Step::Append(docs) => {
            subject.sink.append(docs.clone()).map_err(failed)?;
            memory.append(docs).map_err(failed)?;
        }
        Step::Commit => subject.sink.commit().map_err(failed)?,
        Step::Tags(plan, change) => {
            subject.sink.commit().map_err(failed)?;
            let changed = subject.index.change_terms(&plan, &change, &control).map_err(failed)?;
            let expected = memory.change_terms(&plan, &change, &control).map_err(failed)?;
            prop_assert_eq!(changed, expected, "tags changed by {:?}", plan);
        }
        Step::Delete(plan) => {
            subject.sink.commit().map_err(failed)?;
            let gone = subject.index.delete(&plan, &control).map_err(failed)?;
            prop_assert_eq!(gone, memory.delete(&plan, &control).map_err(failed)?, "deleted by {:?}", plan);
        }
        Step::Settle(how) => factory.settle(subject, how),
        Step::Reopen => {
            let empty = Subject { sink: Box::new(Memory::new()), index: Arc::new(Memory::new()) };
            let old = std::mem::replace(subject, empty);
            match factory.reopen(old) {
                Some(new) => *subject = new,
                None => return Err(TestCaseError::reject("keeps nothing")),
            }
        }
    }
    Ok(())
}

fn ask(
    index: &dyn SessionIndex,
    memory: &Memory,
    plan: &Plan,
    page: &Page,
    aggregates: &[Aggregate],
) -> Result<(), TestCaseError> {
    let control = Control::new();
    let expected = memory.search(plan, page, &control).map_err(failed)?;
    let hits = index.search(plan, page, &control).map_err(failed)?;
    prop_assert_eq!(hits.total, expected.total, "total of {:?}", plan);
    let ids = |docs: &[SessionDoc]| docs.iter().map(|d| d.id).collect::<Vec<_>>();
    prop_assert_eq!(ids(&hits.docs), ids(&expected.docs), "page {:?} of {:?}", page, plan);
    for (doc, expected) in hits.docs.iter().zip(&expected.docs) {
        prop_assert_eq!(canonical(doc), canonical(expected));
    }
    let all = memory
        .search(&Plan::All, &Page { size: usize::MAX, ..Page::default() }, &control)
        .map_err(failed)?
        .docs;
    let matching = all.iter().filter(|doc| plan.matches(doc)).count() as u64;
    prop_assert_eq!(memory.count(plan, &control).map_err(failed)?, matching, "the oracle and {:?}", plan);
    prop_assert_eq!(index.count(plan, &control).map_err(failed)?, matching, "count of {:?}", plan);
    let expected = memory.aggregate(plan, aggregates, &control);
    let answers = index.aggregate(plan, aggregates, &control);
    match (answers, expected) {
        (Ok(answers), Ok(expected)) => {
            for ((aggregate, answer), expected) in aggregates.iter().zip(answers).zip(expected) {
                prop_assert_eq!(answer, expected, "{:?} of {:?}", aggregate, plan);
            }
        }
        (Err(answer), Err(expected)) => prop_assert_eq!(answer.kind, expected.kind),
        (answer, expected) => {
            return Err(TestCaseError::fail(format!("{aggregates:?}: {answer:?} and not {expected:?}")));
        }
    }
    let collect = |index: &dyn SessionIndex| {
        let mut seen = Vec::new();
        index
            .scan(plan, &page.show, &control, &mut |doc| {
                seen.push(canonical(&doc));
                seen.len() < 20
            })
            .map(|()| seen)
            .map_err(failed)
    };
    prop_assert_eq!(collect(index)?, collect(memory)?, "scan of {:?}", plan);
    if let Some(doc) = all.first() {
        let found = index.get(doc.id).map_err(failed)?;
        prop_assert_eq!(found.as_ref().map(canonical), Some(canonical(doc)));
    }
    prop_assert_eq!(index.get(SessionId::new(NOON, [255; 16])).map_err(failed)?, None);
    Ok(())
}

/// A document with its slots in one order: what changes tags or shows a part need not keep the order.
pub fn canonical(doc: &SessionDoc) -> SessionDoc {
    fn level(slots: &[(Target, Values)], objects: &[Object]) -> (Vec<(Target, Values)>, Vec<Object>) {
        let mut slots = slots.to_vec();
        slots.sort_by_key(|(target, _)| (target.def.expr, target.aspect));
        let mut objects: Vec<Object> = objects
            .iter()
            .map(|object| {
                let (slots, inner) = level(object.slots(), object.objects());
                Object::from_parts(object.def, slots, inner)
            })
            .collect();
        objects.sort_by_key(|object| object.def.path);
        (slots, objects)
    }
    let (slots, objects) = level(doc.slots(), doc.objects());
    SessionDoc::from_parts(doc.id, doc.positions.clone(), slots, objects)
}

/// Random documents, plans and questions over a schema.
struct Makers {
    /// What can be searched.
    targets: Vec<Target>,
    plain: Vec<&'static Def>,
    objects: Vec<(&'static ObjectDef, Vec<&'static Def>)>,
    numbers: Vec<&'static Def>,
}

fn value(kind: Kind) -> BoxedStrategy<(i64, IpAddr, String)> {
    let int = match kind {
        Kind::Bool => prop_oneof![Just(0i64), Just(1)].boxed(),
        Kind::Time => (0i64..5).prop_map(|n| NOON + n * 40_000).boxed(),
        _ => prop_oneof![8 => -2i64..6, 1 => any::<i64>(), 1 => 0i64..100_000].boxed(),
    };
    let ips =
        ["10.0.0.1", "10.0.0.2", "10.0.1.1", "255.255.255.255", "::1", "2001:db8::1", "::ffff:10.0.0.1"];
    let ip =
        prop::sample::select(ips.to_vec()).prop_map(|ip| ip.parse().unwrap_or(IpAddr::from([0, 0, 0, 0])));
    let text = prop_oneof![
        6 => prop::sample::select(vec!["a", "ab", "abc", "b.c", "www.example.com", "Éa", "", "1:x", "A b-c"]),
        1 => Just("1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
    ]
    .prop_map(str::to_owned);
    (int, ip, text).boxed()
}

fn push(into: &mut Values, kind: Kind, value: &(i64, IpAddr, String), unique: bool) {
    let value = match kind {
        kind if kind.is_int() => Value::Int(value.0),
        Kind::Ip => Value::Ip(value.1),
        _ => Value::Text(&value.2),
    };
    into.push(kind, value, unique);
}

fn slot(target: Target) -> BoxedStrategy<(Target, Values)> {
    let most = if target.def.single { 1 } else { 4 };
    prop::collection::vec(value(target.kind()), 1..=most)
        .prop_map(move |values| {
            let mut made = Values::empty(target.kind());
            values.iter().for_each(|v| push(&mut made, target.kind(), v, target.def.unique));
            (target, made)
        })
        .boxed()
}

fn slots(targets: Vec<Target>, most: usize) -> BoxedStrategy<Vec<(Target, Values)>> {
    let most = most.min(targets.len());
    prop::sample::subsequence(targets, 0..=most)
        .prop_shuffle()
        .prop_flat_map(|chosen| chosen.into_iter().map(slot).collect::<Vec<_>>())
        .boxed()
}

impl Makers {
    fn new(schema: &Schema) -> Self {
        let takes = |def: &&&'static Def| ![&core::START_TIME.def, &core::STOP_TIME.def].contains(&**def);
        let mut objects: Vec<(&'static ObjectDef, Vec<&'static Def>)> =
            schema.objects().iter().map(|o| (*o, Vec::new())).collect();
        for def in schema.defs() {
            if let Some((_, members)) = objects.iter_mut().find(|(o, _)| def.object == Some(*o)) {
                members.push(def);
            }
        }
        Self {
            targets: schema.entries().iter().filter(|e| !e.tokens).map(|e| e.target).collect(),
            plain: schema.defs().iter().filter(takes).filter(|d| d.object.is_none()).copied().collect(),
            numbers: schema.defs().iter().filter(|d| d.kind.is_int()).copied().collect(),
            objects,
        }
    }

    fn object(&self, def: &'static ObjectDef, depth: usize) -> BoxedStrategy<Object> {
        let members =
            self.objects.iter().find(|(o, _)| *o == def).map(|(_, m)| m.clone()).unwrap_or_default();
        let mut targets: Vec<Target> = members.iter().map(|d| Target::of(d)).collect();
        targets
            .extend(members.iter().filter(|d| d.placed).map(|d| Target { def: d, aspect: Aspect::Country }));
        let children: Vec<&'static ObjectDef> =
            self.objects.iter().map(|(o, _)| *o).filter(|o| o.parent == Some(def)).collect();
        let inner = if children.is_empty() || depth > 3 {
            Just(Vec::new()).boxed()
        } else {
            let makers: Vec<_> = children.iter().map(|child| self.object(child, depth + 1)).collect();
            prop::collection::vec(prop::strategy::Union::new(makers), 0..3).boxed()
        };
        (slots(targets, 4), inner)
            .prop_map(move |(slots, objects)| Object::from_parts(def, slots, objects))
            .boxed()
    }

    fn doc(&self) -> BoxedStrategy<SessionDoc> {
        let mut targets: Vec<Target> = self.plain.iter().map(|d| Target::of(d)).collect();
        targets.extend(
            self.plain
                .iter()
                .filter(|d| d.placed)
                .flat_map(|d| [Aspect::Country, Aspect::Asn].map(|aspect| Target { def: d, aspect })),
        );
        let top: Vec<_> = self.objects.iter().map(|(o, _)| *o).filter(|o| o.parent.is_none()).collect();
        let objects = if top.is_empty() {
            Just(Vec::new()).boxed()
        } else {
            let makers: Vec<_> = top.iter().map(|def| self.object(def, 0)).collect();
            prop::collection::vec(prop::strategy::Union::new(makers), 0..4).boxed()
        };
        let tags = prop::option::of(slot(Target::of(&core::TAGS.def)));
        let times = prop::option::weighted(0.95, (0i64..3, 0i64..200_000, 0i64..200_000));
        let flat = prop::collection::vec(prop_oneof![4 => 0i64..50_000, 1 => -4i64..0], 0..8);
        let lengths = prop::collection::vec(0u32..2_000, 0..3);
        (slots(targets, 12), objects, tags, times, flat, lengths, 0u8..40)
            .prop_map(|(mut slots, objects, tags, times, flat, lengths, unique)| {
                let mut last = NOON;
                if let Some((day, first, length)) = times {
                    let first = NOON + day * DAY + first;
                    last = first + length;
                    for (target, time) in
                        [(Target::of(&core::START_TIME.def), first), (Target::of(&core::STOP_TIME.def), last)]
                    {
                        let mut values = Values::empty(Kind::Time);
                        values.push(Kind::Time, Value::Int(time), true);
                        slots.push((target, values));
                    }
                }
                if let Some(tags) = tags {
                    slots.retain(|(target, _)| *target != tags.0);
                    slots.insert(slots.len() / 2, tags);
                }
                let positions = session::Positions { flat, lengths };
                SessionDoc::from_parts(SessionId::new(last, [unique; 16]), positions, slots, objects)
            })
            .boxed()
    }

    fn target(&self) -> BoxedStrategy<Target> {
        let common = [
            Target::of(&core::START_TIME.def),
            Target::of(&core::STOP_TIME.def),
            Target::of(&core::TAGS.def),
            Target::of(&core::HUNT_ID.def),
            Target::of(&core::SRC_IP.def),
            Target::of(&core::PROTOCOLS.def),
            Target { def: &core::TAGS.def, aspect: Aspect::Count },
        ];
        let common: Vec<Target> =
            common.into_iter().filter(|t| t.aspect == Aspect::Value || t.def.has(t.aspect)).collect();
        prop_oneof![prop::sample::select(common), prop::sample::select(self.targets.clone())].boxed()
    }

    fn plan(&self) -> BoxedStrategy<Plan> {
        let leaf = self.target().prop_flat_map(|target| {
            test(target.kind()).prop_map(move |test| Plan::Leaf(Leaf { target, test }))
        });
        let ids = prop::collection::vec((0i64..3, 0u8..40), 0..4).prop_map(|ids| {
            Plan::Ids(ids.into_iter().map(|(day, n)| SessionId::new(NOON + day * DAY, [n; 16])).collect())
        });
        let files = prop::collection::vec((prop::sample::select(vec!["a", "ab"]), 1u32..4), 0..3)
            .prop_map(|f| Plan::Files(f.into_iter().map(|(n, f)| (n.to_owned(), f)).collect()));
        let base = prop_oneof![
            20 => leaf,
            2 => Just(Plan::All),
            1 => Just(Plan::Nothing),
            1 => ids,
            1 => files,
        ];
        base.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(|p| Plan::Not(Box::new(p))),
                prop::collection::vec(inner.clone(), 0..3).prop_map(Plan::And),
                prop::collection::vec(inner, 0..3).prop_map(Plan::Or),
            ]
        })
        .boxed()
    }

    fn change(&self) -> BoxedStrategy<TermChange> {
        let tags = || prop::collection::vec(prop::sample::select(vec!["a", "ab", "new", "Éa"]), 0..3);
        let own = |tags: Vec<&str>| tags.into_iter().map(str::to_owned).collect();
        let target = prop::sample::select(vec![Target::of(&core::TAGS.def), Target::of(&core::HUNT_ID.def)]);
        (target, tags(), tags())
            .prop_map(move |(target, add, remove)| TermChange { target, add: own(add), remove: own(remove) })
            .boxed()
    }

    fn page(&self) -> BoxedStrategy<Page> {
        let sort = (self.target(), any::<bool>()).prop_map(|(by, descending)| Sort { by, descending });
        let some = || prop::collection::vec(prop::sample::select(self.targets.clone()), 0..12);
        let show =
            prop_oneof![Just(Show::All), some().prop_map(Show::Only), some().prop_map(Show::WithPositions)];
        (prop::collection::vec(sort, 0..3), 0usize..12, 0usize..12, show, any::<bool>())
            .prop_map(|(sort, from, size, show, total)| Page { sort, from, size, show, total })
            .boxed()
    }

    fn aggregates(&self) -> BoxedStrategy<Vec<Aggregate>> {
        let numbers = || prop::sample::select(self.numbers.clone());
        let sums = || prop::collection::vec(numbers(), 0..3);
        let order =
            prop_oneof![Just(Order::Most), Just(Order::Least), Just(Order::Value), Just(Order::Sum(0))];
        let terms = (prop::collection::vec(self.target(), 1..4), 0usize..5, order, sums())
            .prop_map(|(levels, size, order, sums)| Aggregate::Terms(Terms { levels, size, order, sums }));
        let by = prop_oneof![
            Just(&core::START_TIME.def),
            Just(&core::STOP_TIME.def),
            prop::sample::select(
                self.numbers.iter().copied().filter(|d| d.kind == Kind::Time).collect::<Vec<_>>()
            )
        ];
        let interval = prop_oneof![Just(1_000i64), Just(60_000), Just(DAY), Just(0)];
        let histogram =
            (by, interval, any::<bool>(), sums()).prop_map(|(by, interval_ms, spanning, sums)| {
                Aggregate::Histogram(Histogram { by, interval_ms, spanning, sums })
            });
        let one = prop_oneof![
            4 => terms,
            3 => histogram,
            1 => sums().prop_map(Aggregate::Sums),
            1 => numbers().prop_map(Aggregate::Range),
            1 => self.target().prop_map(Aggregate::Distinct),
        ];
        prop::collection::vec(one, 0..4).boxed()
    }
}

/// Ranges sorted and apart, as plans have them.
fn ranges<T: Ord + Copy>(mut ends: Vec<T>) -> Vec<(T, T)> {
    ends.sort_unstable();
    ends.dedup();
    ends.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
}

fn test(kind: Kind) -> BoxedStrategy<Test> {
    let exists = Just(Test::Exists);
    let values = prop::collection::vec(value(kind), 1..5);
    if kind.is_int() {
        let points = values.clone().prop_map(|v| {
            let mut points: Vec<i64> = v.iter().map(|v| v.0).collect();
            points.sort_unstable();
            points.dedup();
            Test::Ints(points.into_iter().map(|p| (p, p)).collect())
        });
        let spans = values.prop_map(|v| Test::Ints(ranges(v.iter().map(|v| v.0).collect())));
        return prop_oneof![1 => exists, 3 => points, 3 => spans].boxed();
    }
    if kind == Kind::Ip {
        let points = values.clone().prop_map(|v| {
            let mut points: Vec<IpAddr> = v.iter().map(|v| v.1).collect();
            points.sort_unstable();
            points.dedup();
            Test::Ips(points.into_iter().map(|p| (p, p)).collect())
        });
        let spans = values.prop_map(|v| {
            let (four, six): (Vec<IpAddr>, Vec<IpAddr>) = v.iter().map(|v| v.1).partition(|ip| ip.is_ipv4());
            Test::Ips(ranges(four).into_iter().chain(ranges(six)).collect())
        });
        return prop_oneof![1 => exists, 3 => points, 3 => spans].boxed();
    }
    let folded = move |text: &str| match kind {
        Kind::Lower => text.to_lowercase(),
        Kind::Upper => text.to_uppercase(),
        _ => text.to_owned(),
    };
    let is = value(kind).prop_map(move |v| TextTest::Is(folded(&v.2)));
    let wildcard = prop::sample::select(vec!["a*", "*c", "*.example.*", "?b*", "*", "w*.c?m"])
        .prop_map(move |p| TextTest::Wildcard(folded(p)));
    let regex = prop::sample::select(vec!["a.*", ".*[bc]", "[^a]*", "(a|ab)"])
        .prop_map(|p| TextTest::Regex(p.to_owned()));
    let words = prop::sample::select(vec![vec!["example", "com"], vec!["b"], vec!["c", "b"]])
        .prop_map(|w| TextTest::Words(w.into_iter().map(str::to_owned).collect()));
    let texts = prop::collection::vec(prop_oneof![4 => is, 2 => wildcard, 1 => regex, 1 => words], 1..3);
    prop_oneof![1 => exists, 6 => texts.prop_map(Test::Texts)].boxed()
}

fn timed(number: u16, day: i64) -> SessionDoc {
    let mut doc = SessionDoc::new();
    let first = NOON + day * DAY + i64::from(number) * 1_000;
    doc.add(&core::START_TIME, first);
    doc.add(&core::STOP_TIME, first + 500);
    doc.add(&core::BYTES, i64::from(number % 7));
    let mut unique = [0; 16];
    unique[..2].copy_from_slice(&number.to_be_bytes());
    doc.id = SessionId::new(first + 500, unique);
    doc
}

/// Every page together is everything once, whatever is sorted by.
fn paging(factory: &dyn Factory) {
    let mut subject = factory.fresh();
    let docs: Vec<SessionDoc> = (0..600).map(|n| timed(n, i64::from(n % 3))).collect();
    for (at, some) in docs.chunks(50).enumerate() {
        subject.sink.append(some.to_vec()).expect("append");
        factory.settle(&mut subject, at as u8);
    }
    subject.sink.commit().expect("commit");
    for by in [&core::BYTES.def, &core::START_TIME.def, &core::DB_TIME.def] {
        for descending in [false, true] {
            let sort = vec![Sort { by: Target::of(by), descending }];
            let mut seen = Vec::new();
            for from in (0..700).step_by(70) {
                let page = Page { sort: sort.clone(), from, size: 70, show: Show::Only(vec![]), total: true };
                let hits = subject.index.search(&Plan::All, &page, &Control::new()).expect("search");
                assert_eq!(hits.total, Some(600));
                seen.extend(hits.docs.iter().map(|d| d.id));
            }
            let mut once = seen.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!((seen.len(), once.len()), (600, 600), "{by:?}");
        }
    }
}

/// A question that is cancelled or out of time ends with that, and does not answer in part.
fn control(factory: &dyn Factory) {
    let mut subject = factory.fresh();
    subject.sink.append((0..100).map(|n| timed(n, 0)).collect()).expect("append");
    subject.sink.commit().expect("commit");
    let cancelled = Control::new();
    cancelled.clone().cancel();
    let late = Control::until(Instant::now() - Duration::from_secs(1));
    for (control, kind) in [(cancelled, ErrorKind::Cancelled), (late, ErrorKind::TimedOut)] {
        let index = &subject.index;
        let change = TermChange::tags(vec!["x".into()], vec![]);
        let page = Page { size: 10, ..Page::default() };
        let terms = Aggregate::Distinct(Target::of(&core::BYTES.def));
        let kinds = [
            index.search(&Plan::All, &page, &control).err(),
            index.count(&Plan::All, &control).err(),
            index.aggregate(&Plan::All, &[terms], &control).err(),
            index.scan(&Plan::All, &Show::All, &control, &mut |_| true).err(),
            index.change_terms(&Plan::All, &change, &control).err(),
            index.delete(&Plan::All, &control).err(),
        ];
        for (at, error) in kinds.into_iter().enumerate() {
            assert_eq!(error.map(|e| e.kind), Some(kind), "method {at}");
        }
    }
    let fixed = TermChange { target: Target::of(&core::NODE.def), add: vec!["x".into()], remove: vec![] };
    let refused = subject.index.change_terms(&Plan::All, &fixed, &Control::new());
    assert_eq!(refused.err().map(|e| e.kind), Some(ErrorKind::Unsupported));
    assert_eq!(subject.index.count(&Plan::All, &Control::new()).expect("count"), 100);
}

/// What is old goes, what is young stays.
fn expiry(factory: &dyn Factory) {
    for settled in [false, true] {
        let mut subject = factory.fresh();
        for day in 0..6 {
            let docs = (0..20).map(|n| timed(n + 100 * day as u16, day)).collect();
            subject.sink.append(docs).expect("append");
            if settled {
                factory.settle(&mut subject, day as u8);
            }
        }
        subject.sink.commit().expect("commit");
        let count = |subject: &Subject| subject.index.count(&Plan::All, &Control::new()).expect("count");
        assert_eq!(subject.index.expire(NOON - DAY).expect("expire"), 0);
        // midnight between the third and the fourth day
        assert_eq!(subject.index.expire(NOON + 3 * DAY - DAY / 2).expect("expire"), 60, "settled: {settled}");
        assert_eq!(count(&subject), 60);
        assert_eq!(subject.index.expire(NOON + 3 * DAY - DAY / 2).expect("expire"), 0);
        if let Some(again) = factory.reopen(subject) {
            assert_eq!(count(&again), 60);
        }
    }
}

/// The fields that the suite and the benchmarks use beside those of the session crate: lists of objects, parallel
/// arrays, places.
pub mod sample {
    use fields::ObjectDef;

    /// A query.
    pub static QUERY: ObjectDef = ObjectDef::new("query", "A query.");
    /// An answer in a query.
    pub static ANSWER: ObjectDef = ObjectDef::nested(&QUERY, "query.answers", "An answer.");

    fields::fields! { "sample";
        /// A name.
        NAME: Lower = "sample.name" @ "sample.name", "Name".tokens();
        /// Addresses with places.
        ADDRESS: Ip = "ip.sample" @ "sample.ip", "Address";
        /// Values that repeat.
        REPEATED: Int = "sample.repeated" @ "sample.repeated", "Repeated".repeated().no_count();
        /// Upper case.
        UPPER: Upper = "sample.upper" @ "sample.upper", "Upper".one();
        /// Name asked for.
        QUERY_NAME: Lower = "query.name" @ "query.name", "Query".one().inside(&QUERY);
        /// Numbers of a query.
        QUERY_CODE: Int = "query.code" @ "query.code", "Codes".inside(&QUERY);
        /// Address of an answer.
        ANSWER_IP: Ip = "answer.ip" @ "query.answers.ip", "Answer".inside(&ANSWER);
        /// Text of an answer.
        ANSWER_TEXT: Term = "answer.text" @ "query.answers.text", "Text".repeated().inside(&ANSWER);
    }

    /// The fields of sessions and these.
    ///
    /// # Panics
    /// When two declarations disagree.
    pub fn schema() -> fields::Schema {
        fields::Schema::new([session::core::FIELDS, session::perf::FIELDS, FIELDS])
            .expect("sound declarations")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The oracle against itself: the suite runs, and [`Memory`] agrees with [`Plan::matches`].
    struct Oracle(Schema);

    impl Factory for Oracle {
        fn schema(&self) -> &Schema {
            &self.0
        }
        fn fresh(&self) -> Subject {
            let memory = Memory::new();
            Subject { sink: Box::new(memory.clone()), index: Arc::new(memory) }
        }
        fn reopen(&self, subject: Subject) -> Option<Subject> {
            Some(subject)
        }
        fn cases(&self) -> u32 {
            24
        }
    }

    #[test]
    fn memory_passes() {
        run(&Oracle(sample::schema()));
    }
}
