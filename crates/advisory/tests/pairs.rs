//! Matching judged, not only counted: pairs of an advisory and a package with the traps of each ecosystem.

#![expect(
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that cannot read its own data has failed"
)]

use ringwall_advisory::{Database, DatabaseBuilder, OsvRecord, Scope, parse_osv};
use ringwall_model::Date;
use serde_json::{Value, json};

const PAIRS: &str = include_str!("data/pairs.txt");

/// A set of versions as OSV has it: ranges, and versions one by one.
fn affected(words: &str) -> (Vec<Value>, Vec<&str>) {
    let mut ranges = Vec::new();
    let mut versions = Vec::new();
    for set in words.split(';').map(str::trim) {
        if let Some(listed) = set.strip_prefix('=') {
            versions.extend(listed.split(','));
            continue;
        }
        let mut events = Vec::new();
        if !set.starts_with(">=") {
            events.push(json!({"introduced": "0"}));
        }
        for bound in set.split(' ') {
            if let Some(from) = bound.strip_prefix(">=") {
                events.push(json!({"introduced": from}));
            } else if let Some(last) = bound.strip_prefix("<=") {
                events.push(json!({"last_affected": last}));
            } else if let Some(fixed) = bound.strip_prefix('<') {
                events.push(json!({"fixed": fixed}));
            } else {
                assert_eq!(bound, "*");
            }
        }
        ranges.push(json!({"type": "ECOSYSTEM", "events": events}));
    }
    (ranges, versions)
}

fn verdict(
    ecosystem: &str,
    package: &str,
    versions: &str,
    name: &str,
    version: &str,
) -> &'static str {
    let (ranges, versions) = affected(versions);
    let record = json!({
        "id": "ALSA-1",
        "affected": [{
            "package": {"ecosystem": ecosystem, "name": package},
            "ranges": ranges,
            "versions": versions,
        }],
    });
    let mut builder = DatabaseBuilder::new(Date::from_unix_seconds(0));
    match parse_osv(record.to_string().as_bytes()).unwrap() {
        OsvRecord::Advisory(advisory) => builder.advisory(*advisory),
        // An announcement of AlmaLinux that is named otherwise mends no flaw.
        other => panic!("{other:?}"),
    }
    let database = Database::from_bytes(builder.build().unwrap()).unwrap();
    let scope = Scope::parse(ecosystem).unwrap();
    let matches = database.matches(&scope, name, version).unwrap();
    match (matches.found.is_empty(), matches.undecided.is_empty()) {
        (false, _) => "affected",
        (true, false) => "undecided",
        (true, true) => "safe",
    }
}

#[test]
fn pairs_are_judged_as_by_hand() {
    let (mut pairs, mut wrong) = (0, Vec::new());
    let (mut found, mut missed, mut invented) = (0, 0, 0);
    for line in PAIRS
        .lines()
        .filter(|line| line.contains('|') && !line.starts_with('#'))
    {
        let columns: Vec<_> = line.split('|').map(str::trim).collect();
        let [ecosystem, package, versions, name, version, expected] = columns[..] else {
            panic!("{line}");
        };
        pairs += 1;
        let verdict = verdict(ecosystem, package, versions, name, version);
        match (expected, verdict) {
            ("affected", "affected") => found += 1,
            ("affected", _) => missed += 1,
            (_, "affected") => invented += 1,
            _ => {}
        }
        if verdict != expected {
            wrong.push(format!("{line}: {verdict}"));
        }
    }
    println!("{pairs} pairs: {found} found, {missed} missed, {invented} invented");
    assert!(pairs >= 200, "{pairs}");
    assert_eq!(wrong, Vec::<String>::new());
}
