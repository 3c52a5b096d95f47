//! The rules about evidence that are in force: what they are, which cannot be used and why, how often each was hit; and reading them again while
//! a capture goes on.

use crate::cli::Evidence as Flags;
use crate::config::{self, Evidence};
use crate::home::Home;
use crate::{Failure, ask, evidence};
use capture::{Examination, ExaminationOptions, SessionRuleKeep};
use rules::{Part, Problem, Protocol, Rule};
use serde_json::{Map, Value, json};
use server::ReloadError;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// The rules in force.
pub struct RulesInForce {
    home: Home,
    /// Configuration file that was named on the command line.
    named: Option<PathBuf>,
    /// Node that was named there.
    node: Option<String>,
    flags: Flags,
    /// The capture of this process.
    capture: Option<Examination>,
    state: Mutex<State>,
}

struct State {
    config: Evidence,
    rules: Vec<Value>,
    problems: Vec<Value>,
    /// Milliseconds since 1970.
    loaded_at: i64,
}

impl std::fmt::Debug for RulesInForce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RulesInForce").field("capture", &self.capture).finish_non_exhaustive()
    }
}

impl State {
    /// The rules of a configuration, ready to be put in force.
    fn read(config: &Evidence) -> Result<(Self, ExaminationOptions), Failure> {
        let mut problems = Vec::new();
        let options = evidence::read_options(config, &mut problems)?;
        for problem in &problems {
            eprintln!("hindsight: {problem}");
        }
        let state = Self {
            config: config.clone(),
            rules: options.rules.iter().map(rule).collect(),
            problems: problems.iter().map(refused).collect(),
            loaded_at: ask::now_ms(),
        };
        Ok((state, options))
    }
}

impl RulesInForce {
    /// For a process that does not capture: what its configuration says.
    pub fn of_config(home: &Home, config: &Evidence) -> Self {
        let state = State::read(config).map(|(state, _)| state).unwrap_or_else(|error| {
            let (Failure::Failed(text) | Failure::Usage(text)) = error;
            let refused = json!({ "file": config.rules, "rule": null, "leftOut": true, "reason": text });
            State {
                config: config.clone(),
                rules: Vec::new(),
                problems: vec![refused],
                loaded_at: ask::now_ms(),
            }
        });
        let flags = Flags::default();
        Self { home: home.clone(), named: None, node: None, flags, capture: None, state: Mutex::new(state) }
    }

    /// For a capture. There is an examination also where nothing is configured, so that it can be switched on later.
    ///
    /// # Errors
    /// The rules cannot be read, or the evidence cannot be written.
    pub fn of_capture(
        home: &Home,
        (named, node): (Option<PathBuf>, Option<String>),
        flags: &Flags,
        config: &Evidence,
    ) -> Result<Self, Failure> {
        let (state, options) = State::read(config)?;
        let recorder = evidence::recorder(config, home, config.devid, false)?;
        let capture = Examination::new(options, config.devid, recorder)
            .map_err(|error| Failure::Failed(format!("[evidence]: {error}")))?;
        let (home, flags) = (home.clone(), flags.clone());
        Ok(Self { home, named, node, flags, capture: Some(capture), state: Mutex::new(state) })
    }

    /// What packets are examined for.
    pub fn examination(&self) -> Option<&Examination> {
        self.capture.as_ref()
    }

    /// Puts the rules of a configuration in force; the ones before stay where that fails. Packets are kept, or not any more, as it says; the
    /// folder, the device and the time zone stay as they were at the start. Returns how many rules there are, and how many problems.
    ///
    /// # Errors
    /// The rules cannot be read, or the evidence cannot be written.
    pub fn take(&self, config: &Evidence) -> Result<(usize, usize), Failure> {
        let Some(capture) = &self.capture else {
            return Err(Failure::Failed("this process does not capture".into()));
        };
        let mut config = self.flags.over(config);
        config.check()?;
        let mut held = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        config.dir.clone_from(&held.config.dir);
        config.timezone.clone_from(&held.config.timezone);
        config.devid = held.config.devid;
        let (state, options) = State::read(&config)?;
        let wanted = config.level > 0 && config.is_on();
        let begun = match (wanted, capture.recorder()) {
            (true, None) => evidence::recorder(&config, &self.home, config.devid, false)?,
            (true, Some(recorder)) => {
                recorder.set_limits(config.limits());
                None
            }
            (false, _) => None,
        };
        capture.replace(options).map_err(|error| format!("[evidence]: {error}"))?;
        if begun.is_some() || !wanted {
            capture.set_recorder(begun).iter().for_each(evidence::tell);
        }
        let counts = (state.rules.len() + state.config.rule.len(), state.problems.len());
        *held = state;
        Ok(counts)
    }
}

impl server::EvidenceRules for RulesInForce {
    fn describe(&self) -> Value {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let hits = self.capture.as_ref().map(Examination::hits);
        let by_rule: Option<HashMap<(&str, &str), u64>> = hits
            .as_ref()
            .map(|hits| hits.iter().map(|one| ((one.category, one.rule.as_str()), one.count)).collect());
        let counted = |mut value: Value, category: &str, rule: &str| {
            if let Some(hits) = &by_rule {
                value["hits"] = hits.get(&(category, rule)).copied().unwrap_or(0).into();
            }
            value
        };
        let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let loaded: Vec<Value> = state
            .rules
            .iter()
            .map(|rule| counted(rule.clone(), &text(rule, "category"), &text(rule, "id")))
            .collect();
        let session: Vec<Value> = state
            .config
            .session_rules()
            .iter()
            .zip(&state.config.rule)
            .map(|(rule, said)| {
                let keep = match rule.keep {
                    SessionRuleKeep::Packet => "packet".to_owned(),
                    SessionRuleKeep::Session => "session".to_owned(),
                    SessionRuleKeep::Packets(count) => format!("{count} packets"),
                };
                let value = json!({
                    "name": rule.name, "type": rule.kind, "level": rule.severity.name(),
                    "when": said.when.to_string(), "keep": keep,
                });
                counted(value, "rule", &rule.name)
            })
            .collect();
        json!({
            "source": state.config.rules, "match": state.config.matching, "level": state.config.level,
            "devid": state.config.devid, "importDevid": state.config.import_devid,
            "captures": self.capture.is_some(), "loadedAt": state.loaded_at,
            "loaded": loaded, "refused": state.problems, "session": session,
        })
    }

    fn reload(&self) -> Result<(usize, usize), ReloadError> {
        if self.capture.is_none() {
            return Err(ReloadError::NotHere(
                "this process does not capture, so that no rules are in force here; send SIGHUP to the one that does"
                    .into(),
            ));
        }
        let taken = config::find(self.named.as_deref(), &self.home, self.node.as_deref())
            .and_then(|(_, config)| self.take(&config.evidence));
        taken.map_err(|(Failure::Failed(text) | Failure::Usage(text))| ReloadError::Failed(text))
    }
}

/// A rule, for people.
fn rule(rule: &Rule) -> Value {
    let mut value = Map::new();
    let mut put = |name: &str, text: Option<&str>| {
        value.extend(text.map(|text| (name.to_owned(), Value::from(text))));
    };
    put("id", Some(&rule.id));
    put("category", Some(rule.category.name()));
    put("type", Some(&rule.kind));
    put("name", Some(&rule.name));
    put("version", rule.version.as_deref());
    put("vendor", rule.vendor.as_deref());
    put("os", rule.os.as_deref());
    put("desc", rule.description.as_deref());
    put(
        "protocol",
        rule.protocol.map(|protocol| match protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Icmp => "icmp",
        }),
    );
    put(
        "part",
        rule.http.map(|part| match part {
            Part::Head => "head",
            Part::Body => "body",
            Part::Total => "total",
        }),
    );
    put("regex", Some(&rule.regex));
    value.extend(rule.port.map(|port| ("port".to_owned(), port.into())));
    Value::Object(value)
}

/// A rule, or a file, that cannot be used.
fn refused(problem: &Problem) -> Value {
    let (file, rule) = problem.place();
    json!({ "file": file.display().to_string(), "rule": rule, "leftOut": problem.is_loss(), "reason": problem.to_string() })
}
