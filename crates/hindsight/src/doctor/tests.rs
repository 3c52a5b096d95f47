use super::*;

#[test]
fn the_report_shows_meaning_and_remedy_of_what_is_not_well() {
    let findings = [
        Finding::ok("kernel", "Linux 6"),
        Finding::new("interface eth0", Level::Warn, "merged", "larger").runs("ethtool -K eth0 gro off"),
        Finding::new("interface eth0", Level::Bad, "down", "nothing").by_hand("plug it in"),
    ];
    let mut out = Vec::new();
    report::write(&findings, false, false, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(
        text,
        "kernel\n  ok    Linux 6\n\ninterface eth0\n  warn  merged\n        larger\n        $ ethtool -K eth0 gro off\n  \
         bad   down\n        nothing\n        → plug it in\n\n1 bad, 1 to look at, 1 ok\n\
         The lines that begin with $ mend it; hindsight doctor --fix runs them. They last until the next boot.\n"
    );
    assert_eq!(worst(&findings), Level::Bad);
    let json = serde_json::to_value(&findings).unwrap();
    assert_eq!(json[1]["fix"][0]["runs"], true);
    assert_eq!(json[1]["level"], "warn");
}

#[test]
fn every_finding_that_is_not_well_says_what_it_means() {
    let dir = tempfile::tempdir().unwrap();
    let folders = [dir.path().join("packets"), dir.path().join("index")];
    let findings = examine(&["lo".to_owned(), "no-such-if".to_owned()], &folders);
    assert!(findings.len() > 10);
    for finding in findings.iter().filter(|f| f.level > Level::Ok) {
        assert!(!finding.means.is_empty(), "{finding:?}");
    }
}

#[test]
fn the_unit_is_the_one_of_the_repository() {
    assert!(UNIT.contains("[Service]") && UNIT.contains("hindsight run"));
}
