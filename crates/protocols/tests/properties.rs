//! What holds for every parser, tested on the captures beside them (and on the reference corpus where it is at
//! hand): a stream split anywhere gives the same document, and no bytes make a parser panic or grow without bound.

mod replay;

use protocols::{ALL, Detector, Dir, MAX_PENDING, Options, Transport};
use replay::{Stage, Talk, corpus, own_captures, talks};
use serde_json::Value;

/// A small generator of numbers: a failing case is found again by its seed.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

/// Conversations short enough to be led many times.
fn seeds(limit: usize) -> Vec<(String, Talk)> {
    let mut found = Vec::new();
    for path in own_captures().into_iter().chain(corpus()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for (at, mut talk) in talks(&path).into_iter().enumerate().take(40) {
            let mut left = limit;
            talk.turns.retain(|turn| {
                let fits = turn.bytes.len() <= left;
                left -= if fits { turn.bytes.len() } else { left };
                fits
            });
            if !talk.turns.is_empty() {
                found.push((format!("{name} #{at}"), talk));
            }
        }
    }
    found
}

/// Leads a conversation, each turn cut into pieces of the lengths that `piece` says.
fn lead(detector: &Detector, options: &Options, talk: &Talk, piece: &mut dyn FnMut() -> usize) -> Value {
    let mut stage = Stage::new(detector, options, talk);
    for turn in &talk.turns {
        let mut rest = turn.bytes.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(piece().clamp(1, rest.len()));
            stage.say(turn.dir, now, turn.time);
            rest = later;
        }
    }
    stage.close()
}

#[test]
fn a_stream_split_anywhere_gives_the_same_document() {
    let (detector, options) = (Detector::default(), Options::complete());
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut led = 0;
    for (name, talk) in seeds(60_000).into_iter().filter(|(_, talk)| talk.transport == Transport::Tcp) {
        let whole = lead(&detector, &options, &talk, &mut || usize::MAX);
        let bytewise = lead(&detector, &options, &talk, &mut || 1);
        assert_eq!(sorted(&whole), sorted(&bytewise), "{name}, byte by byte");
        for round in 0..8 {
            let most = [2, 3, 7, 20, 50, 100, 500, 1_400][round];
            let cut = lead(&detector, &options, &talk, &mut || 1 + dice.below(most));
            assert_eq!(sorted(&whole), sorted(&cut), "{name}, pieces of at most {most}");
        }
        led += 1;
    }
    assert!(led > 10, "only {led} conversations");
}

/// Protocols may be found in another order, and one-line signatures look at a first segment of some length only;
/// nothing else may differ.
fn sorted(doc: &Value) -> Value {
    let mut doc = doc.clone();
    if let Some(names) = doc.get_mut("protocol").and_then(Value::as_array_mut) {
        names.retain(|name| ALL.iter().any(|protocol| name == protocol.name));
        names.sort_by_key(|name| name.to_string());
        doc["protocolCnt"] = Value::Null;
        if doc["protocol"].as_array().is_some_and(Vec::is_empty) {
            doc["protocol"] = Value::Null;
        }
    }
    if let Some(map) = doc.as_object_mut() {
        map.retain(|_, value| !value.is_null());
    }
    doc
}

/// Bytes that a sender with bad intentions could make of honest ones.
fn mutated(dice: &mut Dice, bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=dice.below(6) {
        let at = dice.below(out.len());
        let special = [0u8, 0xff, 0x7f, 0x80, b'\n', b' ', b':', b'=', 1, 4];
        match (dice.below(7), out.is_empty()) {
            (_, true) => break,
            (0, _) => out[at] ^= 1 << dice.below(8),
            (1, _) => out[at] = special[dice.below(special.len())],
            (2, _) => out.truncate(at),
            (3, _) => drop(out.drain(..at)),
            (4, _) => {
                let copy = out[at..].to_vec();
                out.extend_from_slice(&copy);
            }
            (5, _) => {
                let run = vec![special[dice.below(special.len())]; dice.below(3_000)];
                out.splice(at..at, run);
            }
            _ => {
                let end = (at + 4).min(out.len());
                out[at..end].fill(0xff);
            }
        }
        out.truncate(100_000);
    }
    out
}

/// Most that a conversation may hold: all parsers, both sides, what may be pending and a packet on top, with the
/// slack of a growing buffer.
const MAX_MEMORY: usize = 8 * 2 * 2 * (MAX_PENDING + 100_000);

#[test]
fn no_bytes_make_a_parser_panic_or_grow() {
    let (detector, options) = (Detector::default(), Options::complete());
    let seeds = seeds(8_000);
    for round in 0..6u64 {
        for (at, (name, talk)) in seeds.iter().enumerate() {
            let mut dice = Dice(0x2545_f491_4f6c_dd1d ^ round << 32 ^ at as u64);
            let mut stage = Stage::new(&detector, &options, talk);
            for turn in &talk.turns {
                match dice.below(8) {
                    0 => stage.lose(turn.dir, 1 + dice.below(5_000)),
                    1 => stage.say(turn.dir.other(), &turn.bytes, turn.time),
                    2 => stage.say(turn.dir, &turn.bytes, turn.time),
                    _ => stage.say(turn.dir, &mutated(&mut dice, &turn.bytes), turn.time),
                }
                let memory = stage.conversation.memory();
                assert!(memory < MAX_MEMORY, "{name} round {round}: {memory} bytes held");
            }
            stage.close();
        }
    }
}

/// Every parser is given what is not meant for it, without asking the detector.
#[test]
fn no_parser_minds_the_bytes_of_another() {
    let (detector, options) = (Detector::default(), Options::complete());
    let seeds = seeds(3_000);
    for protocol in ALL {
        for (at, (_, talk)) in seeds.iter().enumerate() {
            let mut dice = Dice(0xdead_beef_1234_5678 ^ at as u64);
            let mut stage = Stage::new(&detector, &options, talk);
            stage.conversation.start(protocol, &mut stage.doc);
            for turn in &talk.turns {
                stage.say(turn.dir, &turn.bytes, turn.time);
                let noise: Vec<u8> = (0..dice.below(200)).map(|_| dice.next() as u8).collect();
                stage.say(turn.dir, &noise, turn.time);
                assert!(stage.conversation.memory() < MAX_MEMORY, "{}", protocol.name);
            }
            stage.close();
        }
    }
}

/// A sender that never ends its line, header, packet or body.
#[test]
fn an_endless_message_is_bounded() {
    let (detector, options) = (Detector::default(), Options::complete());
    for (name, talk) in seeds(3_000).iter().filter(|(_, talk)| talk.transport == Transport::Tcp) {
        for filler in [0u8, b'a', 0xff, b'\n'] {
            let mut stage = Stage::new(&detector, &options, talk);
            for turn in &talk.turns {
                stage.say(turn.dir, &turn.bytes, turn.time);
            }
            for _ in 0..40 {
                for dir in [Dir::Src, Dir::Dst] {
                    stage.say(dir, &[filler; 20_000], 0);
                    assert!(stage.conversation.memory() < MAX_MEMORY, "{name}");
                }
            }
        }
    }
}
