//! Tells collectors of sessions on their way to the index.

use crate::Failure;
use crate::config::Netflow;
use index::SessionSink;
use netflow::Exporter;
use session::SessionDoc;

/// A sink that tells collectors of everything that goes through it.
pub struct Flows<S> {
    inner: S,
    exporter: Option<Exporter>,
    /// The problem that was said last.
    said: Option<String>,
}

impl<S: SessionSink> Flows<S> {
    /// Tells the collectors of the configuration, if there are any.
    pub fn new(inner: S, config: &Netflow) -> Result<Self, Failure> {
        let exporter = if config.collectors.is_empty() {
            None
        } else {
            let exporter = Exporter::new(&config.collectors, config.version.into(), config.domain);
            Some(exporter.map_err(|error| Failure::Failed(format!("[netflow]: {error}")))?)
        };
        Ok(Self { inner, exporter, said: None })
    }
}

impl<S: SessionSink> SessionSink for Flows<S> {
    fn append(&mut self, docs: Vec<SessionDoc>) -> Result<(), index::Error> {
        if let Some(exporter) = &mut self.exporter {
            exporter.send(&docs);
            let problem = &exporter.status().problem;
            if *problem != self.said {
                self.said.clone_from(problem);
                if let Some(problem) = problem {
                    eprintln!("hindsight: flows are not told: {problem}");
                }
            }
        }
        self.inner.append(docs)
    }
    fn commit(&mut self) -> Result<(), index::Error> {
        self.inner.commit()
    }
}

impl<S> Drop for Flows<S> {
    fn drop(&mut self) {
        let lost = self.exporter.as_ref().map_or(0, |exporter| exporter.status().lost);
        if lost > 0 {
            eprintln!("hindsight: {lost} datagrams to collectors could not be sent");
        }
    }
}
