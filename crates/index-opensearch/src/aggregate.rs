//! Aggregates: asked of the cluster, looked at whether they are exact, and asked in another way where they are not.
//!
//! A cluster answers many questions nearly: the most frequent values of several shards, numbers of different values, sums beyond 2^53. Each answer
//! says enough to see whether it is exact. Where it is not, every value is listed part by part, and in the end each document is looked at.

use crate::dsl::both;
use crate::shape::can_be_odd;
use crate::store::{Prepared, Store, whole};
use fields::{Def, Kind, Target};
use index::meaning::{check, order_buckets};
use index::{Aggregate, Bucket, Control, Error, Histogram, HistogramRow, Key, Order, Outcome, Terms};
use query::Plan;
use serde_json::{Map, Value as Json, json};
use session::core;

/// Integers that a double holds exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;
/// Values of one list.
const LIST: usize = 10_000;
/// Values of one part when all are listed, and of how many it is cut for.
const PART: usize = 50_000;
/// See [`PART`].
const FILL: u64 = 20_000;
/// Parts at most: 80 million values.
const PARTS: u64 = 4_096;

impl Store {
    pub(crate) fn aggregated(
        &self,
        plan: &Plan,
        asked: &[Aggregate],
        control: &Control,
    ) -> Result<Vec<Outcome>, Error> {
        asked.iter().try_for_each(check)?;
        let targets: Vec<Target> = asked.iter().flat_map(targets).collect();
        let prepared = self.prepare(plan, &targets, control)?;
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let mut answers: Vec<Option<Outcome>> = vec![None; asked.len()];
        if prepared.matcher.is_none() {
            let native: Vec<bool> = asked.iter().map(|one| is_native(one, &prepared)).collect();
            self.together(&prepared, asked, &native, &mut answers, control)?;
            for ((one, answer), native) in asked.iter().zip(&mut answers).zip(native) {
                if native && answer.is_none() {
                    *answer = self.alone(&prepared, one, control)?;
                }
            }
        }
        let left: Vec<&Aggregate> =
            asked.iter().zip(&answers).filter(|(_, answer)| answer.is_none()).map(|(one, _)| one).collect();
        if !left.is_empty() {
            let mut rest = self.tally(&prepared, &left, control)?.into_iter();
            for answer in answers.iter_mut().filter(|answer| answer.is_none()) {
                *answer = rest.next();
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }

    /// Everything in one search; what is not answered exactly stays open.
    fn together(
        &self,
        prepared: &Prepared,
        asked: &[Aggregate],
        native: &[bool],
        answers: &mut [Option<Outcome>],
        control: &Control,
    ) -> Result<(), Error> {
        let mut aggregates = Map::new();
        for (at, one) in asked.iter().enumerate().filter(|(at, _)| native.get(*at) == Some(&true)) {
            for (name, json) in question(one) {
                aggregates.insert(format!("a{at}{name}"), json);
            }
        }
        let Some(answer) = self.search_aggregates(&prepared.query, Json::Object(aggregates), control)? else {
            return Ok(());
        };
        let total = answer.pointer("/hits/total/value").and_then(Json::as_u64).unwrap_or(0);
        let found = answer.get("aggregations").unwrap_or(&Json::Null);
        for (at, (one, slot)) in asked.iter().zip(answers).enumerate() {
            if native.get(at) == Some(&true) {
                *slot = outcome(one, found, &format!("a{at}"), total);
            }
        }
        Ok(())
    }

    /// One search with aggregates; `None` where it would take more buckets than the cluster gives.
    fn search_aggregates(
        &self,
        query: &Json,
        aggregates: Json,
        control: &Control,
    ) -> Result<Option<Json>, Error> {
        let mut body = json!({ "size": 0, "query": query, "track_total_hits": true });
        if aggregates.as_object().is_some_and(|map| !map.is_empty()) {
            body["aggs"] = aggregates;
        }
        let answer = self.client.ask(control, "POST", &self.search_path(), body)?;
        if !answer.is_success() && answer.error_type().starts_with("too_many") {
            return Ok(None);
        }
        whole(answer.ok("search")?).map(Some)
    }

    /// One aggregate by more than one question; `None` where only looking at each document helps.
    fn alone(
        &self,
        prepared: &Prepared,
        one: &Aggregate,
        control: &Control,
    ) -> Result<Option<Outcome>, Error> {
        match one {
            Aggregate::Terms(terms) => {
                let levels = &terms.levels;
                let top = self.terms(&prepared.query, levels, terms, control)?;
                Ok(top.map(|(buckets, other)| Outcome::Terms { buckets, other }))
            }
            Aggregate::Distinct(target) => {
                let mut count = 0;
                let complete = self.list(&prepared.query, *target, &[], control, &mut |_| count += 1)?;
                Ok(complete.then_some(Outcome::Distinct(count)))
            }
            _ => Ok(None),
        }
    }

    /// The buckets of these levels, level by level.
    fn terms(
        &self,
        query: &Json,
        levels: &[Target],
        terms: &Terms,
        control: &Control,
    ) -> Result<Option<(Vec<Bucket>, u64)>, Error> {
        let Some((&level, deeper)) = levels.split_first() else { return Ok(Some((Vec::new(), 0))) };
        // the whole first, as far as it is exact
        let mut aggregates = Map::new();
        aggregates.insert("t".into(), terms_json(levels, terms));
        if let Some(answer) = self.search_aggregates(query, Json::Object(aggregates), control)?
            && let Some(found) = buckets(answer.pointer("/aggregations/t"), levels, terms)
        {
            return Ok(Some(found));
        }
        let (mut best, mut all): (Vec<Bucket>, u64) = (Vec::new(), 0);
        let complete = self.list(query, level, &terms.sums, control, &mut |bucket| {
            all += bucket.count;
            best.push(bucket);
            if best.len() > 4 * terms.size.max(1_000) {
                first(&mut best, terms);
            }
        })?;
        if !complete {
            return Ok(None);
        }
        first(&mut best, terms);
        let other = all - best.iter().map(|bucket| bucket.count).sum::<u64>();
        if !deeper.is_empty() {
            for bucket in &mut best {
                let key = match &bucket.key {
                    Key::Int(int) if level.kind() == Kind::Bool => json!(*int != 0),
                    Key::Int(int) => json!(int),
                    Key::Ip(ip) => json!(ip.to_string()),
                    Key::Text(text) => json!(text),
                };
                let inside = both(query, json!({ "term": { (level.path()): { "value": key } } }));
                match self.terms(&inside, deeper, terms, control)? {
                    Some((inner, _)) => bucket.inner = inner,
                    None => return Ok(None),
                }
            }
        }
        Ok(Some((best, other)))
    }

    /// Every value of a target; false where that is not possible exactly.
    fn list(
        &self,
        query: &Json,
        target: Target,
        sums: &[&'static Def],
        control: &Control,
        see: &mut dyn FnMut(Bucket),
    ) -> Result<bool, Error> {
        let path = target.path();
        let count = json!({ "n": { "cardinality": { "field": path } } });
        let Some(answer) = self.search_aggregates(query, count, control)? else { return Ok(false) };
        let about = answer.pointer("/aggregations/n/value").and_then(Json::as_u64).unwrap_or(0);
        let parts = about / FILL + 1;
        if parts > PARTS {
            return Ok(false);
        }
        for part in 0..parts {
            let mut terms = json!({ "field": path, "size": PART, "order": { "_key": "asc" } });
            if parts > 1 {
                terms["include"] = json!({ "partition": part, "num_partitions": parts });
            }
            let aggregates = json!({ "t": { "terms": terms, "aggs": sums_json(sums) } });
            let Some(answer) = self.search_aggregates(query, aggregates, control)? else { return Ok(false) };
            let Some(found) = answer.pointer("/aggregations/t") else { continue };
            if found.get("sum_other_doc_count").and_then(Json::as_u64) != Some(0) {
                return Ok(false);
            }
            for json in found.get("buckets").and_then(Json::as_array).into_iter().flatten() {
                match bucket(json, target, sums) {
                    Some(bucket) => see(bucket),
                    None => return Ok(false),
                }
            }
        }
        Ok(true)
    }
}

/// The fields that an aggregate is about.
fn targets(one: &Aggregate) -> Vec<Target> {
    let of = |defs: &[&'static Def]| defs.iter().map(|def| Target::of(def)).collect::<Vec<_>>();
    match one {
        Aggregate::Sums(defs) => of(defs),
        Aggregate::Range(def) => of(&[def]),
        Aggregate::Histogram(histogram) => {
            let mut all = of(&histogram.sums);
            all.extend(of(&[histogram.by, &core::START_TIME.def, &core::STOP_TIME.def]));
            all
        }
        Aggregate::Terms(terms) => terms.levels.iter().copied().chain(of(&terms.sums)).collect(),
        Aggregate::Distinct(target) => vec![*target],
    }
}

/// Whether the cluster can be asked for it.
fn is_native(one: &Aggregate, prepared: &Prepared) -> bool {
    if targets(one).iter().any(|target| can_be_odd(*target) && prepared.odd.contains(target.def.path)) {
        return false;
    }
    match one {
        // of several times only the first counts
        Aggregate::Histogram(histogram) => {
            histogram.spanning
                || (histogram.by.kind == Kind::Time && histogram.by.single && histogram.by.object.is_none())
        }
        _ => true,
    }
}

fn sums_json(sums: &[&'static Def]) -> Json {
    let one =
        |(at, def): (usize, &&'static Def)| (format!("s{at}"), json!({ "stats": { "field": def.path } }));
    sums.iter().enumerate().map(one).collect::<Map<_, _>>().into()
}

/// The questions of an aggregate, by the end of their names.
fn question(one: &Aggregate) -> Vec<(String, Json)> {
    match one {
        Aggregate::Sums(defs) => match sums_json(defs) {
            Json::Object(map) => map.into_iter().collect(),
            _ => Vec::new(),
        },
        Aggregate::Range(def) => vec![(String::new(), json!({ "stats": { "field": def.path } }))],
        Aggregate::Histogram(Histogram { by, interval_ms, spanning, sums }) => {
            let field = if *spanning { "packetRange" } else { by.path };
            let histogram =
                json!({ "field": field, "fixed_interval": format!("{interval_ms}ms"), "min_doc_count": 1 });
            vec![(String::new(), json!({ "date_histogram": histogram, "aggs": sums_json(sums) }))]
        }
        Aggregate::Terms(terms) => vec![(String::new(), terms_json(&terms.levels, terms))],
        Aggregate::Distinct(target) => {
            vec![(
                String::new(),
                json!({ "terms": { "field": target.path(), "size": LIST, "order": { "_key": "asc" } } }),
            )]
        }
    }
}

/// How many values are asked for: enough to see that those that are as frequent as the last one wanted are all there.
fn wanted(terms: &Terms) -> usize {
    match terms.order {
        Order::Most | Order::Value => terms.size.saturating_mul(2).saturating_add(10).min(PART),
        // the cluster knows these only when it lists all
        Order::Least | Order::Sum(_) => LIST,
    }
}

fn terms_json(levels: &[Target], terms: &Terms) -> Json {
    let Some((level, deeper)) = levels.split_first() else { return json!({}) };
    let size = wanted(terms);
    let order = match terms.order {
        Order::Most => json!([{ "_count": "desc" }, { "_key": "asc" }]),
        _ => json!([{ "_key": "asc" }]),
    };
    let mut inner = sums_json(&terms.sums);
    if !deeper.is_empty() {
        inner["t"] = terms_json(deeper, terms);
    }
    // more from each shard: the rarest of the wanted may be rarer on one of them
    let shard = size.saturating_mul(4).saturating_add(500).min(PART);
    json!({ "terms": { "field": level.path(), "size": size, "shard_size": shard, "order": order }, "aggs": inner })
}

/// Sums, where they are exact.
fn sums_of(json: &Json, prefix: &str, sums: &[&'static Def]) -> Option<Vec<i64>> {
    let one = |at: usize| {
        let stats = json.get(format!("{prefix}s{at}"));
        let number = |name: &str| stats.and_then(|stats| stats.get(name)).and_then(Json::as_f64);
        let count = number("count").unwrap_or(0.0);
        if count == 0.0 {
            return Some(0);
        }
        let largest = number("min")?.abs().max(number("max")?.abs());
        // every sum on the way is below what a double holds exactly
        (count * largest < EXACT).then(|| number("sum").map(|sum| sum as i64)).flatten()
    };
    (0..sums.len()).map(one).collect()
}

fn key(json: &Json, target: Target) -> Option<Key> {
    match target.kind() {
        Kind::Ip => json.as_str()?.parse().ok().map(Key::Ip),
        kind if kind.is_int() => json.as_i64().or_else(|| json.as_bool().map(i64::from)).map(Key::Int),
        _ => json.as_str().map(|text| Key::Text(text.to_owned())),
    }
}

fn bucket(json: &Json, target: Target, sums: &[&'static Def]) -> Option<Bucket> {
    Some(Bucket {
        key: key(json.get("key")?, target)?,
        count: json.get("doc_count")?.as_u64()?,
        sums: sums_of(json, "", sums)?,
        inner: Vec::new(),
    })
}

/// The first buckets.
fn first(buckets: &mut Vec<Bucket>, terms: &Terms) {
    buckets.sort_by(|a, b| order_buckets(a, b, terms.order));
    buckets.truncate(terms.size);
}

/// The buckets of an answer and the documents of others; `None` where it is not sure that they are exact.
fn buckets(json: Option<&Json>, levels: &[Target], terms: &Terms) -> Option<(Vec<Bucket>, u64)> {
    let (&level, deeper) = levels.split_first()?;
    // nothing is indexed yet
    let Some(json) = json else { return Some((Vec::new(), 0)) };
    let other = json.get("sum_other_doc_count").and_then(Json::as_u64)?;
    if other > 0 && json.get("doc_count_error_upper_bound").and_then(Json::as_i64)? != 0 {
        return None;
    }
    let mut found = Vec::new();
    for one in json.get("buckets")?.as_array()? {
        found.push((bucket(one, level, &terms.sums)?, one));
    }
    let all = other + found.iter().map(|(bucket, _)| bucket.count).sum::<u64>();
    let rarest = found.last().map_or(0, |(bucket, _)| bucket.count);
    found.sort_by(|a, b| order_buckets(&a.0, &b.0, terms.order));
    if other > 0 {
        match terms.order {
            // one that is not there could be as frequent, and come first by its value
            Order::Most => {
                let last = terms.size.checked_sub(1).and_then(|at| found.get(at));
                if last.is_some_and(|(last, _)| last.count <= rarest) {
                    return None;
                }
            }
            // addresses are in another order there
            Order::Value if level.kind() == Kind::Ip => return None,
            Order::Value => {}
            Order::Least | Order::Sum(_) => return None,
        }
    }
    found.truncate(terms.size);
    let mut first = Vec::new();
    for (mut bucket, json) in found {
        if !deeper.is_empty() {
            bucket.inner = buckets(json.get("t"), deeper, terms)?.0;
        }
        first.push(bucket);
    }
    let listed = first.iter().map(|bucket| bucket.count).sum::<u64>();
    Some((first, all - listed))
}

/// The outcome of an answer, where it is exact.
fn outcome(one: &Aggregate, found: &Json, name: &str, total: u64) -> Option<Outcome> {
    let json = found.get(name);
    Some(match one {
        Aggregate::Sums(defs) => Outcome::Sums { count: total, sums: sums_of(found, name, defs)? },
        Aggregate::Range(_) => {
            let number = |key: &str| json.and_then(|json| json.get(key)).and_then(Json::as_f64);
            if number("count").unwrap_or(0.0) == 0.0 {
                return Some(Outcome::Range(None));
            }
            let (low, high) = (number("min")?, number("max")?);
            if low.abs() >= EXACT || high.abs() >= EXACT {
                return None;
            }
            Outcome::Range(Some((low as i64, high as i64)))
        }
        Aggregate::Histogram(histogram) => {
            let Some(json) = json else { return Some(Outcome::Histogram(Vec::new())) };
            let mut rows = Vec::new();
            for bucket in json.get("buckets")?.as_array()? {
                rows.push(HistogramRow {
                    start_ms: bucket.get("key")?.as_i64()?,
                    count: bucket.get("doc_count")?.as_u64()?,
                    sums: sums_of(bucket, "", &histogram.sums)?,
                });
            }
            Outcome::Histogram(rows)
        }
        Aggregate::Terms(terms) => {
            let (buckets, other) = buckets(json, &terms.levels, terms)?;
            Outcome::Terms { buckets, other }
        }
        Aggregate::Distinct(_) => {
            let Some(json) = json else { return Some(Outcome::Distinct(0)) };
            if json.get("sum_other_doc_count")?.as_u64()? > 0 {
                return None;
            }
            Outcome::Distinct(json.get("buckets")?.as_array()?.len() as u64)
        }
    })
}
