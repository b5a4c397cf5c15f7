//! Debian's security tracker, and what it says against others.

use ringwall_advisory::{Advisory, Database, Rating, parse_debian_tracker};
use ringwall_model::{FixState, Severity};
use serde_json::{Value, json};

use super::{builder, database, flaws, matches, osv};

fn tracker(packages: Value) -> Vec<Advisory> {
    let read = parse_debian_tracker(packages.to_string().as_bytes()).unwrap();
    assert_eq!(read.unreadable, []);
    read.advisories
}

fn decided(packages: Value, others: Vec<Advisory>) -> Database {
    let mut builder = builder(others);
    for advisory in tracker(packages) {
        builder.authority(advisory);
    }
    database(builder)
}

fn one(id: &str, releases: Value) -> Value {
    json!({"curl": {id: {"scope": "remote", "description": "a flaw", "releases": releases}}})
}

#[test]
fn each_release_has_its_own_word() {
    let releases = json!({
        "buster": {"status": "resolved", "fixed_version": "0", "urgency": "low"},
        "bullseye": {"status": "resolved", "fixed_version": "7.74.0-1.3+deb11u8", "urgency": "not yet assigned"},
        "bookworm": {"status": "open", "urgency": "unimportant", "repositories": {"bookworm": "7.88.1-10"}},
        "sid": {"status": "open", "urgency": "high"},
    });
    let database = decided(one("CVE-2024-1", releases), Vec::new());
    let of = |release, version| flaws(&database, release, "curl", version);
    assert_eq!(of("Debian:10", "1"), [""; 0]);
    assert_eq!(
        of("Debian:11", "7.74.0-1"),
        ["CVE-2024-1 7.74.0-1.3+deb11u8"]
    );
    assert_eq!(of("Debian:11", "7.74.0-1.3+deb11u8"), [""; 0]);
    assert_eq!(of("Debian:12", "7.88.1-10"), ["CVE-2024-1"]);
    let found = matches(&database, "Debian:12", "curl", "7.88.1-10");
    assert_eq!(found[0].rating, Some(Rating::of(Severity::Info)));
    assert_eq!(found[0].aliases, ["DEBIAN-CVE-2024-1"]);
    assert_eq!(database.manifest().scopes.len(), 3);
}

#[test]
fn what_debian_does_about_a_flaw_is_kept() {
    let check = |said: Value, state| {
        let database = decided(one("CVE-2024-1", json!({"bookworm": said})), Vec::new());
        let found = matches(&database, "Debian:12", "curl", "1");
        assert_eq!(found[0].state, state);
        assert_eq!(found[0].fixed, None);
    };
    check(json!({"status": "open"}), FixState::NotFixed);
    check(
        json!({"status": "undetermined"}),
        FixState::UnderInvestigation,
    );
    check(
        json!({"status": "open", "urgency": "end-of-life"}),
        FixState::EndOfLife,
    );
    let no_advisory =
        |reason| json!({"status": "open", "nodsa": "Minor issue", "nodsa_reason": reason});
    check(no_advisory(""), FixState::NotFixed);
    check(no_advisory("postponed"), FixState::Deferred);
    check(no_advisory("ignored"), FixState::WillNotFix);
}

/// A record of OSV about curl in Debian 12.
fn record(id: &str, flaw: &str, events: Value) -> Advisory {
    osv(json!({
        "id": id,
        "upstream": [flaw],
        "affected": [{
            "package": {"ecosystem": "Debian:12", "name": "curl"},
            "ranges": [{"type": "ECOSYSTEM", "events": events}],
        }],
    }))
}

#[test]
fn the_tracker_is_the_last_word_about_packages_of_debian() {
    let open = json!([{"introduced": "0"}]);
    let mended = json!([{"introduced": "0"}, {"fixed": "9"}]);
    let said = |id, release: Value| one(id, json!({"bookworm": release}));
    let never = json!({"status": "resolved", "fixed_version": "0"});
    let others = || {
        vec![
            // The same record, which only knew that there is a flaw.
            record("DEBIAN-CVE-2024-1", "CVE-2024-1", open.clone()),
            record("DSA-1", "CVE-2024-1", mended.clone()),
            record("DSA-1", "CVE-2024-2", mended.clone()),
        ]
    };
    // Without the tracker.
    let database = database(builder(others()));
    assert_eq!(
        flaws(&database, "Debian:12", "curl", "5"),
        ["CVE-2024-1", "CVE-2024-2 9"]
    );

    let never_had = decided(said("CVE-2024-1", never.clone()), others());
    assert_eq!(
        flaws(&never_had, "Debian:12", "curl", "5"),
        ["CVE-2024-2 9"]
    );
    let earlier = json!({"status": "resolved", "fixed_version": "4"});
    let earlier = decided(said("CVE-2024-1", earlier), others());
    assert_eq!(flaws(&earlier, "Debian:12", "curl", "5"), ["CVE-2024-2 9"]);
    assert_eq!(
        flaws(&earlier, "Debian:12", "curl", "3"),
        ["CVE-2024-1 4", "CVE-2024-2 9"]
    );
    // Its own "no fix" stands against a fix that another names, whose name stays.
    let unfixed = decided(said("CVE-2024-1", json!({"status": "open"})), others());
    let found = matches(&unfixed, "Debian:12", "curl", "5");
    assert_eq!(found[0].fixed, None);
    assert_eq!(found[0].aliases, ["DEBIAN-CVE-2024-1", "DSA-1"]);
    // Of another release or package it says nothing.
    let elsewhere = one("CVE-2024-1", json!({"trixie": never}));
    let elsewhere = decided(elsewhere, others());
    assert_eq!(
        flaws(&elsewhere, "Debian:12", "curl", "5"),
        ["CVE-2024-1", "CVE-2024-2 9"]
    );
}

#[test]
fn a_flaw_of_several_packages_is_one_advisory_of_each_release() {
    let flaw = json!({"releases": {"bookworm": {"status": "open"}, "trixie": {"status": "open"}}});
    let packages = json!({"curl": {"CVE-2024-1": flaw}, "wget": {"CVE-2024-1": flaw}});
    let database = decided(packages, Vec::new());
    for scope in &database.manifest().scopes {
        assert_eq!(
            (scope.advisories, scope.packages),
            (1, 2),
            "{}",
            scope.scope
        );
    }
}

#[test]
fn damage_of_one_entry_leaves_the_others() {
    let packages = json!({
        "broken": 7,
        "curl": {
            "CVE-2024-1": {"releases": {"bookworm": {"status": "open"}, "trixie": {"status": 3}, "lenny": {"status": "open"}}},
            "CVE-2024-2": {"releases": []},
            "CVE-2024-3": {"releases": {"bookworm": {"status": "unsure"}, "trixie": {"status": "resolved"}}},
            "nonsense": {"releases": {}},
        },
    });
    let read = parse_debian_tracker(packages.to_string().as_bytes()).unwrap();
    let places: Vec<_> = read.unreadable.iter().map(|it| &*it.place).collect();
    assert_eq!(
        places,
        [
            "broken",
            "curl CVE-2024-1 in trixie",
            "curl CVE-2024-2",
            "curl CVE-2024-3 in bookworm",
            "curl CVE-2024-3 in trixie",
            "curl nonsense",
        ]
    );
    assert_eq!(read.advisories.len(), 1);
    assert_eq!(read.elsewhere["Debian lenny"], 1);
    for other in [
        "{}",
        "[]",
        r#"{"id": "X-1", "affected": []}"#,
        r#"{"curl": {"CVE-2024-1": "#,
    ] {
        assert!(parse_debian_tracker(other.as_bytes()).is_err(), "{other}");
    }
}
