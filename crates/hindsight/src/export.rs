//! `hindsight export`

use crate::cli::{Export as Arguments, Format};
use crate::describe::print;
use crate::stores::Stores;
use crate::{Failure, Outcome, ask};
use fields::Target;
use index::{Control, Lease, SessionIndex, Show};
use indicatif::HumanBytes;
use packets::bpf::Filter;
use packets::{Estimate, Estimator, Export, Form, Loss, Options, Report, Wanted};
use query::Plan;
use session::core;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Losses that are told one by one; more are summed up.
const TOLD: usize = 20;

/// Writes the packets of the sessions asked for.
pub fn run(command: &Arguments, stores: &Stores, quiet: bool) -> Result<Outcome, Failure> {
    let filter = match &command.bpf {
        Some(text) => {
            Some(text.parse::<Filter>().map_err(|error| Failure::Usage(format!("--bpf: {error}")))?)
        }
        None => None,
    };
    let span = ask::span(&command.range)?;
    if command.slice && span.is_none() {
        return Err(Failure::Usage("--slice needs --start or --stop".into()));
    }
    let mut plan = ask::plan(&command.expression, &command.range, command.bounding, &*stores.catalog)?;
    if command.segments {
        plan = with_segments(plan, &*stores.index)?;
    }
    if command.check {
        return check(&plan, stores);
    }
    let Some(to) = &command.write else {
        return Err(Failure::Usage("-w FILE says where the packets go; -w - means stdout".into()));
    };
    let nanos = |ms: i64| ms.saturating_mul(1_000_000);
    let options = Options {
        form: form(command.format, to),
        from: span.filter(|_| command.slice).map(|(start, _)| nanos(start)),
        to: span.filter(|_| command.slice).map(|(_, stop)| nanos(stop)),
        filter,
        ..Options::default()
    };
    let report = if to.as_os_str() == "-" {
        write(&plan, stores, options, io::stdout().lock())
    } else {
        let file = File::create(to).map_err(|error| format!("{}: {error}", to.display()))?;
        write(&plan, stores, options, file)
    };
    let report = match report {
        Ok(report) => report,
        Err(Ended::Store(error)) => return Err(error.into()),
        // a reader that went away has what it wanted
        Err(Ended::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Outcome::Done),
        Err(Ended::Output(error)) => return Err(Failure::Failed(format!("{}: {error}", to.display()))),
    };
    tell_losses(&report.losses);
    if !quiet {
        let Report { sessions, packets, bytes, .. } = report;
        eprintln!("{sessions} sessions, {packets} packets, {}", HumanBytes(bytes));
    }
    Ok(if report.losses.is_empty() { Outcome::Done } else { Outcome::Partly })
}

/// What ended an export early.
enum Ended {
    Store(index::Error),
    Output(io::Error),
}

/// What has to be known of each session.
fn show() -> Show {
    let fields = [&core::NODE.def, &core::START_TIME.def, &core::BYTES.def, &core::NOT_KEPT_PACKETS.def];
    Show::WithPositions(fields.map(Target::of).into())
}

fn write(plan: &Plan, stores: &Stores, options: Options, output: impl Write) -> Result<Report, Ended> {
    // everything that will be read stays until it is read; a catalogue that cannot be written is no reason not to export
    let _lease = lease(plan, stores).map_err(Ended::Store)?;
    let files = stores.files();
    let mut export = Export::new(output, &files, options);
    let mut written = Ok(());
    stores
        .index
        .scan(plan, &show(), &Control::new(), &mut |doc| {
            written = export.add(&Wanted::of(&doc));
            written.is_ok()
        })
        .map_err(Ended::Store)?;
    written.map_err(Ended::Output)?;
    export.finish().map_err(Ended::Output)
}

/// A lease on every file that the sessions of a plan lie in; none where the catalogue cannot be written.
fn lease(plan: &Plan, stores: &Stores) -> Result<Option<Lease>, index::Error> {
    let node = Show::WithPositions(vec![Target::of(&core::NODE.def)]);
    let mut files = BTreeSet::new();
    stores.index.scan(plan, &node, &Control::new(), &mut |doc| {
        let name = doc.text(&core::NODE).unwrap_or_default();
        files.extend(doc.positions.files().into_iter().map(|file| (name.to_owned(), file)));
        true
    })?;
    match Lease::take(&stores.catalog, files) {
        Ok(lease) => Ok(Some(lease)),
        Err(error) => {
            eprintln!("hindsight: packet files may expire while they are exported: {error}");
            Ok(None)
        }
    }
}

fn check(plan: &Plan, stores: &Stores) -> Result<Outcome, Failure> {
    let files = stores.files();
    let mut estimator = Estimator::new(&files);
    stores.index.scan(plan, &show(), &Control::new(), &mut |doc| {
        estimator.add(&Wanted::of(&doc));
        true
    })?;
    let Estimate { sessions, packets, bytes, links, missing } = estimator.finish();
    let missing_packets: u64 = missing.iter().map(|loss| loss.packets).sum();
    print(|out| {
        writeln!(out, "{sessions} sessions, {packets} packets, {}", HumanBytes(bytes))?;
        if links.len() > 1 {
            writeln!(out, "several link types: only pcapng can hold them")?;
        }
        if missing_packets > 0 {
            writeln!(out, "{missing_packets} packets are gone")?;
        }
        Ok(())
    })?;
    tell_losses(&missing);
    Ok(if missing.is_empty() { Outcome::Done } else { Outcome::Partly })
}

fn tell_losses(losses: &[Loss]) {
    for loss in losses.iter().take(TOLD) {
        eprintln!("hindsight: {loss}");
    }
    if let Some(rest) = losses.get(TOLD..).filter(|rest| !rest.is_empty()) {
        let packets: u64 = rest.iter().map(|loss| loss.packets).sum();
        eprintln!("hindsight: {packets} packets of {} further files are missing", rest.len());
    }
}

/// Also the other segments of the sessions found, whenever they were.
fn with_segments(plan: Plan, index: &dyn SessionIndex) -> Result<Plan, Failure> {
    let mut roots = Vec::new();
    let root = Target::of(&core::ROOT_ID.def);
    index.scan(&plan, &Show::Only(vec![root]), &Control::new(), &mut |doc| {
        roots.extend(doc.text(&core::ROOT_ID).map(str::to_owned));
        true
    })?;
    roots.sort_unstable();
    roots.dedup();
    if roots.is_empty() {
        return Ok(plan);
    }
    let roots = roots.into_iter().map(query::TextTest::Is).collect();
    Ok(Plan::Or(vec![plan, Plan::leaf(root, query::Test::Texts(roots))]))
}

fn form(format: Option<Format>, to: &Path) -> Form {
    match format {
        Some(Format::Pcap) => Form::Pcap,
        Some(Format::Pcapng) => Form::PcapNg,
        None if to.extension().is_some_and(|e| e == "pcapng" || e == "ntar") => Form::PcapNg,
        None => Form::Pcap,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_chooses_the_format_unless_one_is_given() {
        assert_eq!(form(None, Path::new("a.pcapng")), Form::PcapNg);
        assert_eq!(form(None, Path::new("a.cap")), Form::Pcap);
        assert_eq!(form(None, Path::new("-")), Form::Pcap);
        assert_eq!(form(Some(Format::Pcap), Path::new("a.pcapng")), Form::Pcap);
    }
}
