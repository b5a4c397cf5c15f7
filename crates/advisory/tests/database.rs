//! A database from records to answers: what goes in comes out, and damage is never an answer.

#![expect(
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot prepare its input has failed"
)]

use std::collections::BTreeMap;

use ringwall_advisory::{
    CveNumber, Database, DatabaseBuilder, DatabaseError, Exploited, Likelihood, Matches, OsvRecord,
    Scope, parse_osv,
};
use ringwall_model::{Date, Severity};
use serde_json::{Value, json};

fn day() -> Date {
    Date::new(2026, 11, 28).unwrap()
}

fn builder(records: &[Value]) -> DatabaseBuilder {
    let mut builder = DatabaseBuilder::new(day());
    for record in records {
        match parse_osv(record.to_string().as_bytes()).unwrap() {
            OsvRecord::Advisory(advisory) => builder.advisory(*advisory),
            other => panic!("{other:?}"),
        }
    }
    builder
}

fn database(records: &[Value]) -> Database {
    Database::from_bytes(builder(records).build().unwrap()).unwrap()
}

fn scope(name: &str) -> Scope {
    Scope::parse(name).unwrap()
}

/// Ids of the flaws, each with the version that mends it.
fn flaws(matches: &Matches) -> Vec<(&str, Option<&str>)> {
    let found = matches.found.iter();
    found.map(|it| (&*it.flaw, it.fixed.as_deref())).collect()
}

fn record(id: &str, ecosystem: &str, name: &str, events: Value) -> Value {
    json!({
        "id": id,
        "summary": format!("{id} in one line"),
        "affected": [{
            "package": {"ecosystem": ecosystem, "name": name},
            "ranges": [{"type": "ECOSYSTEM", "events": events}],
        }],
    })
}

#[test]
fn events_are_intervals_in_the_order_of_versions() {
    let check = |events: Value, affected: &[&str], safe: &[&str]| {
        let database = database(&[record("A-1", "PyPI", "a", events)]);
        for version in affected {
            let matches = database.matches(&scope("PyPI"), "a", version).unwrap();
            assert_eq!(matches.found.len(), 1, "{version} is affected");
        }
        for version in safe {
            let matches = database.matches(&scope("PyPI"), "a", version).unwrap();
            assert_eq!(matches, Matches::default(), "{version} is safe");
        }
    };
    check(
        json!([{"fixed": "1.10"}, {"introduced": "0"}]),
        &["0.1", "1.9", "1.10rc1"],
        &["1.10", "2"],
    );
    check(
        json!([{"introduced": "2.0"}, {"fixed": "1.5"}, {"introduced": "1.0"}, {"fixed": "2.3"}]),
        &["1.0", "1.4", "2.0", "2.2"],
        &["0.9", "1.5", "1.9", "2.3"],
    );
    check(
        json!([{"introduced": "1.0"}, {"last_affected": "1.2"}]),
        &["1.0", "1.2", "1.2.0"],
        &["1.2.1", "0.9"],
    );
    // Both events of one version, as they were written.
    check(
        json!([{"introduced": "1"}, {"last_affected": "2"}, {"introduced": "2"}, {"last_affected": "3"}]),
        &["1", "2", "2.5", "3"],
        &["3.1"],
    );
    check(
        json!([{"introduced": "1"}, {"fixed": "1"}]),
        &[],
        &["0", "1", "2"],
    );
    check(json!([{"introduced": "0"}]), &["0", "999"], &[]);
    check(
        json!([{"introduced": "0"}, {"limit": "3"}]),
        &["1"],
        &["3", "4"],
    );
}

#[test]
fn listed_versions_count_beside_intervals() {
    let mut record = record(
        "A-1",
        "PyPI",
        "a",
        json!([{"introduced": "2"}, {"fixed": "3"}]),
    );
    record["affected"][0]["versions"] = json!(["1.0", "2.5", "not.a-version"]);
    let database = database(&[record]);
    let has = |version| {
        let matches = database.matches(&scope("PyPI"), "a", version).unwrap();
        !matches.found.is_empty()
    };
    // 1.0.0 is another spelling of 1.0.
    for version in ["1.0", "1.0.0", "2.5", "2.9", "not.a-version"] {
        assert!(has(version), "{version}");
    }
    for version in ["1.1", "3", "0"] {
        assert!(!has(version), "{version}");
    }
}

/// Putting all in order again for each entry takes the square of their number.
#[test]
fn very_many_entries_of_one_package_are_one() {
    let package = json!({"ecosystem": "PyPI", "name": "tea"});
    let entry = |at: u32| {
        let events = json!([{"introduced": format!("{at}.0")}, {"fixed": format!("{at}.1")}]);
        json!({"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}]})
    };
    let entries: Vec<_> = (0..20_000).map(entry).collect();
    let database = database(&[json!({"id": "A-1", "affected": entries})]);
    for (version, expected) in [("19999.0", &[("A-1", Some("19999.1"))][..]), ("7.1", &[])] {
        let matches = database.matches(&scope("PyPI"), "tea", version).unwrap();
        assert_eq!(flaws(&matches), expected);
    }
}

/// Holding each of them against each interval takes the product of their numbers.
#[test]
fn very_many_versions_beside_very_many_intervals_count() {
    let mut record = record("A-1", "PyPI", "tea", json!([]));
    let event = |at: u32| {
        [
            json!({"introduced": format!("{at}.0")}),
            json!({"fixed": format!("{at}.1")}),
        ]
    };
    let events: Vec<_> = (0..10_000).flat_map(event).collect();
    let versions: Vec<_> = (0..10_000).map(|at| format!("{at}.5")).collect();
    record["affected"][0]["ranges"][0]["events"] = events.into();
    record["affected"][0]["versions"] = versions.into();
    let database = database(&[record]);
    for (version, is_affected) in [("7.0", true), ("7.5", true), ("7.2", false)] {
        let matches = database.matches(&scope("PyPI"), "tea", version).unwrap();
        assert_eq!(!matches.found.is_empty(), is_affected, "{version}");
    }
}

/// For Maven, `ga` is less than `x`, that less than `.a1`, and that less than `ga`.
#[test]
fn events_whose_order_goes_in_circles_are_intervals_all_the_same() {
    let parts = ["1", "0", ".", "-", "ga", "x", ".a1", "a", "*", "sp", "rc"];
    let mut state = 1_usize;
    let mut number = |below: usize| {
        state = state * 48_271 % 0x7fff_ffff;
        state % below
    };
    let mut fixed = || {
        let count = 1 + number(4);
        let version: String = (0..count).map(|_| parts[number(parts.len())]).collect();
        json!({"fixed": version})
    };
    for _ in 0..40 {
        let fixed = std::iter::repeat_with(&mut fixed).take(200);
        let events: Vec<_> = std::iter::once(json!({"introduced": "0"}))
            .chain(fixed)
            .collect();
        let database = database(&[record("A-1", "Maven", "org.shop:tea", events.into())]);
        let matches = database
            .matches(&scope("Maven"), "org.shop:tea", "9")
            .unwrap();
        assert_eq!(flaws(&matches), []);
    }
}

#[test]
fn names_are_those_of_the_ecosystem_and_nothing_else() {
    let all = json!([{"introduced": "0"}]);
    let database = database(&[
        record("P-1", "PyPI", "Zope.Interface", all.clone()),
        record("N-1", "npm", "JSONStream", all.clone()),
        record("D-1", "Debian:12", "openssl", all.clone()),
        record("U-1", "Ubuntu:22.04:LTS", "openssl", all),
    ]);
    let has = |place: &str, name| {
        let matches = database.matches(&scope(place), name, "1.0").unwrap();
        matches.found.len()
    };
    assert_eq!(has("PyPI", "zope-interface"), 1);
    assert_eq!(has("PyPI", "zope_interface"), 1);
    assert_eq!(has("npm", "JSONStream"), 1);
    assert_eq!(has("npm", "jsonstream"), 0);
    assert_eq!(has("Ubuntu:22.04", "openssl"), 1);
    assert_eq!(has("Debian:12", "open"), 0);
    assert_eq!(has("Debian:11", "openssl"), 0);
    assert!(!database.covers(&scope("Debian:11")));
    assert!(database.covers(&scope("Debian:12")));
}

#[test]
fn a_version_that_no_rule_knows_is_undecided() {
    let database = database(&[
        record(
            "A-1",
            "npm",
            "a",
            json!([{"introduced": "0"}, {"fixed": "2.0.0"}]),
        ),
        record("A-2", "npm", "a", json!([{"introduced": "0"}])),
    ]);
    let matches = database.matches(&scope("npm"), "a", "latest").unwrap();
    // What concerns every version concerns this one.
    assert_eq!(flaws(&matches), [("A-2", None)]);
    assert_eq!(matches.undecided.len(), 1);
    assert_eq!(matches.undecided[0].advisory, "A-1");
    assert!(matches.undecided[0].reason.contains("latest"));
}

#[test]
fn builds_of_a_module_are_not_those_of_another_stream() {
    let fixes = [
        "1:12.22.5-1.module_el8.4.0+1",
        "1:14.17.5-1.module_el8.4.0+2",
    ];
    let mut several = record("ALSA-1", "AlmaLinux:8", "nodejs", json!([]));
    several["affected"] = fixes
        .map(|fixed| {
            let range = json!([{"introduced": "0"}, {"fixed": fixed}]);
            record("", "AlmaLinux:8", "nodejs", range)["affected"][0].clone()
        })
        .to_vec()
        .into();
    let database = database(&[several]);
    let matches = |version| {
        let scope = scope("AlmaLinux:8");
        database.matches(&scope, "nodejs", version).unwrap()
    };
    let old = matches("1:14.16.0-1.module_el8.3.0+9");
    assert_eq!(
        flaws(&old),
        [("ALSA-1", Some("1:14.17.5-1.module_el8.4.0+2"))]
    );
    assert_eq!(old.undecided, []);
    assert_eq!(matches("1:14.17.5-1.module_el8.4.0+2"), Matches::default());
    // Newer than the fix of its own stream, older than that of the other.
    assert_eq!(matches("1:12.22.5-1.module_el8.4.0+1"), Matches::default());
    // Of a stream that is not mentioned: one cannot tell.
    let third = matches("1:10.24.0-1.module_el8.3.0+9");
    assert_eq!((third.found.len(), third.undecided.len()), (0, 1));
    // Built outside of modules, by someone else.
    assert_eq!(matches("1:10.24.0-1.el8"), Matches::default());
}

#[test]
fn an_archive_without_a_group_may_be_any_of_its_namesakes() {
    let range = json!([{"introduced": "0"}, {"fixed": "2"}]);
    let database = database(&[
        record("M-1", "Maven", "org.one:core", range.clone()),
        record("M-2", "Maven", "org.two:core", range.clone()),
        record("M-3", "Maven", "alone:alone", range.clone()),
        record("M-4", "Maven", "org.three:alone", range),
    ]);
    let matches = |name, version| database.matches(&scope("Maven"), name, version).unwrap();
    assert_eq!(flaws(&matches("org.one:core", "1")), [("M-1", Some("2"))]);
    assert_eq!(matches("core", "1").found, []);
    assert_eq!(matches("core", "1").undecided.len(), 2);
    assert_eq!(matches("core", "2"), Matches::default());
    assert_eq!(matches("other", "1"), Matches::default());
    // What stands for the group where it is not known, and what is one.
    assert_eq!(matches("core:core", "1"), matches("core", "1"));
    assert_eq!(matches("org.four:core", "1"), Matches::default());
    assert_eq!(flaws(&matches("alone:alone", "1")), [("M-3", Some("2"))]);
    assert_eq!(matches("alone:alone", "1").undecided, []);
}

#[test]
fn a_word_for_a_version_of_maven_is_not_older_than_all() {
    let database = database(&[
        record(
            "M-1",
            "Maven",
            "org.shop:tea",
            json!([{"introduced": "2.0"}, {"fixed": "2.15"}]),
        ),
        record("M-2", "Maven", "org.shop:pot", json!([{"introduced": "0"}])),
        record(
            "M-3",
            "Maven",
            "org.shop:cup",
            json!([{"introduced": "0"}, {"fixed": "v2"}]),
        ),
    ]);
    let matches = |name, version| database.matches(&scope("Maven"), name, version).unwrap();
    for version in [
        "${project.version}",
        "1.${minor}",
        "unspecified",
        "RELEASE",
        "null",
        "[2.0,3.0)",
        "v2.14.1",
    ] {
        let unknown = matches("org.shop:tea", version);
        assert_eq!(
            (unknown.found.len(), unknown.undecided.len()),
            (0, 1),
            "{version}"
        );
        // What is about every version is about this one.
        assert_eq!(
            flaws(&matches("org.shop:pot", version)),
            [("M-2", None)],
            "{version}"
        );
    }
    for version in ["2.14.1", "2.14.1.Final", "2.14.1-redhat-1", "2.15-rc1"] {
        assert_eq!(
            flaws(&matches("org.shop:tea", version)),
            [("M-1", Some("2.15"))],
            "{version}"
        );
    }
    // Releases that are called by words, and packages whose versions begin with a letter.
    assert_eq!(matches("org.shop:tea", "Hoxton.SR12"), Matches::default());
    assert_eq!(
        flaws(&matches("org.shop:cup", "v1.9")),
        [("M-3", Some("v2"))]
    );
}

#[test]
fn an_archive_may_be_called_after_group_and_artifact() {
    let range = json!([{"introduced": "0"}, {"fixed": "3"}]);
    let database = database(&[
        record("M-1", "Maven", "com.cups.tea:tea", range.clone()),
        record("M-2", "Maven", "com.cups:pot-core_2.13", range.clone()),
        record("M-3", "Maven", "org.cups.milk:milk-core", range.clone()),
        record("M-4", "Maven", "org.jug:org.jug.core", range.clone()),
        record("M-5", "Maven", "org.jug:core", range),
    ]);
    let matches = |name, version| database.matches(&scope("Maven"), name, version).unwrap();
    for (name, flaw) in [
        ("com.cups.tea.tea", "M-1"),
        ("com.cups.tea.tea:com.cups.tea.tea", "M-1"),
        ("com.cups.pot-core_2.13", "M-2"),
        ("org.cups.milk.core", "M-3"),
    ] {
        assert_eq!(flaws(&matches(name, "1")), [(flaw, Some("3"))], "{name}");
        assert_eq!(matches(name, "3"), Matches::default(), "{name}");
        assert!(database.knows(&scope("Maven"), name).unwrap(), "{name}");
    }
    // An artifact may be called so as a whole.
    let suspected = matches("org.jug.core", "1");
    assert_eq!((suspected.found.len(), suspected.undecided.len()), (0, 1));
    // What says its group is no other package.
    for name in [
        "com.cups:tea.tea",
        "com.cups.cup",
        "cups.tea.tea",
        "tea.tea",
    ] {
        assert_eq!(matches(name, "1"), Matches::default(), "{name}");
    }
}

#[test]
fn one_flaw_of_several_advisories_is_one_match() {
    let range = |fixed| json!([{"introduced": "0"}, {"fixed": fixed}]);
    let mut first = record("GHSA-1", "PyPI", "a", range("1.2"));
    first["aliases"] = json!(["CVE-2026-1", "PYSEC-1"]);
    first["published"] = json!("2026-03-01T00:00:00Z");
    first["database_specific"] = json!({"severity": "HIGH"});
    let mut second = record("PYSEC-1", "PyPI", "a", range("1.3"));
    second["aliases"] = json!(["CVE-2026-1"]);
    second["published"] = json!("2026-02-01T00:00:00Z");
    let database = database(&[first, second]);
    let matches = database.matches(&scope("PyPI"), "a", "1").unwrap();
    // The later of two fixes is one for both.
    assert_eq!(flaws(&matches), [("CVE-2026-1", Some("1.3"))]);
    let found = &matches.found[0];
    assert_eq!(found.aliases, ["GHSA-1", "PYSEC-1"]);
    assert_eq!(found.rating.as_ref().unwrap().severity, Severity::High);
    assert_eq!(found.published, Date::new(2026, 2, 1));
    let details = database.details(&found.advisory).unwrap();
    assert_eq!(details.summary, "GHSA-1 in one line");
}

#[test]
fn an_announcement_of_several_flaws_is_one_match_for_each() {
    let mut announced = record(
        "DSA-1-1",
        "Debian:12",
        "a",
        json!([{"introduced": "0"}, {"fixed": "1-2"}]),
    );
    announced["upstream"] = json!(["CVE-2026-1", "CVE-2026-2"]);
    // Of another ecosystem, and the only one that says how bad it is.
    let mut rated = record("GHSA-9", "npm", "b", json!([{"introduced": "0"}]));
    rated["aliases"] = json!(["CVE-2026-2"]);
    rated["severity"] =
        json!([{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]);
    let mut builder = builder(&[announced, rated]);
    let cve = |id| CveNumber::parse(id).unwrap();
    let since = Date::new(2026, 5, 6).unwrap();
    builder.exploited(
        Some(day()),
        BTreeMap::from([(
            cve("CVE-2026-1"),
            Exploited {
                since,
                by_ransomware: true,
            },
        )]),
    );
    let likely = Likelihood { millionths: 12_345 };
    builder.likelihoods(None, BTreeMap::from([(cve("CVE-2026-2"), likely)]));
    let database = Database::from_bytes(builder.build().unwrap()).unwrap();
    let matches = database.matches(&scope("Debian:12"), "a", "1-1").unwrap();
    let [first, second] = &matches.found[..] else {
        panic!("{matches:?}");
    };
    assert_eq!(first.exploited.unwrap().since, since);
    assert!(first.exploited.unwrap().by_ransomware);
    assert_eq!((&first.rating, first.likelihood), (&None, None));
    assert_eq!(second.rating.as_ref().unwrap().score_tenths, Some(98));
    assert_eq!(second.rated_by.as_deref(), Some("GHSA-9"));
    assert_eq!((second.exploited, second.likelihood), (None, Some(likely)));
}

#[test]
fn of_two_copies_of_one_record_the_later_one_counts() {
    let copy = |modified: &str, fixed: &str| {
        let range = json!([{"introduced": "0"}, {"fixed": fixed}]);
        let mut copy = record("A-1", "npm", "a", range);
        copy["modified"] = json!(modified);
        copy
    };
    let old = copy("2026-01-01T08:00:00Z", "2.0.0");
    let new = copy("2026-01-01T09:30:00.5Z", "3.0.0");
    let mut withdrawn = copy("2026-01-01T09:00:00Z", "2.0.0");
    withdrawn["withdrawn"] = json!("2026-01-01T09:00:00Z");
    let fixes = |records: &[&Value]| {
        let mut builder = DatabaseBuilder::new(Date::from_unix_seconds(0));
        for record in records {
            match parse_osv(record.to_string().as_bytes()).unwrap() {
                OsvRecord::Advisory(advisory) => builder.copy(advisory),
                OsvRecord::Withdrawn(withdrawal) => builder.withdraw(withdrawal),
                other => panic!("{other:?}"),
            }
        }
        let database = Database::from_bytes(builder.build().unwrap()).unwrap();
        let matches = database.matches(&scope("npm"), "a", "1.0.0").unwrap();
        let fixes = matches.found.into_iter().map(|it| it.fixed.unwrap());
        fixes.collect::<Vec<_>>()
    };
    assert_eq!(fixes(&[&old, &new]), ["3.0.0"]);
    assert_eq!(fixes(&[&new, &old]), ["3.0.0"]);
    assert_eq!(fixes(&[&old, &withdrawn]), [""; 0]);
    assert_eq!(fixes(&[&withdrawn, &old]), [""; 0]);
    // It stands again.
    for records in [[&old, &withdrawn, &new], [&new, &withdrawn, &old]] {
        assert_eq!(fixes(&records), ["3.0.0"]);
    }
    // Of what says no time, nothing is taken back.
    let mut timeless = withdrawn.clone();
    timeless["modified"] = Value::Null;
    assert_eq!(fixes(&[&old, &timeless]), ["2.0.0"]);
    assert_eq!(fixes(&[&timeless, &old]), ["2.0.0"]);
    // Others call theirs by the same id.
    let range = json!([{"introduced": "0"}, {"fixed": "9.0.0"}]);
    let mut other = record("A-1", "PyPI", "a", range);
    other["modified"] = json!("2026-01-02T00:00:00Z");
    assert_eq!(fixes(&[&old, &other]), ["2.0.0"]);
    assert_eq!(fixes(&[&other, &old]), ["2.0.0"]);
}

#[test]
fn what_is_no_flaw_is_not_taken() {
    let mut withdrawn = record("A-1", "npm", "a", json!([{"introduced": "0"}]));
    withdrawn["withdrawn"] = json!("2026-01-01T00:00:00Z");
    let parse = |record: &Value| parse_osv(record.to_string().as_bytes()).unwrap();
    assert!(matches!(parse(&withdrawn), OsvRecord::Withdrawn(it) if it.id == "A-1"));
    let update = record("ALBA-1", "AlmaLinux:9", "a", json!([{"introduced": "0"}]));
    assert_eq!(parse(&update), OsvRecord::NotSecurity);
    let elsewhere = record("A-2", "Linux", "kernel", json!([{"introduced": "0"}]));
    let OsvRecord::Elsewhere(ecosystems) = parse(&elsewhere) else {
        panic!();
    };
    assert_eq!(Vec::from_iter(ecosystems), ["Linux"]);
    assert!(parse_osv(b"{}").is_err());
    assert!(parse_osv(b"[").is_err());
    let malicious = record("MAL-2026-1", "npm", "evil", json!([{"introduced": "0"}]));
    let database = database(&[malicious]);
    let matches = database.matches(&scope("npm"), "evil", "1.0.0").unwrap();
    assert!(matches.found[0].is_malicious);
    let rating = matches.found[0].rating.as_ref().unwrap();
    assert_eq!(rating.severity, Severity::Critical);
}

/// Records of each shape, so that each part of a file is used.
fn mixed() -> Vec<Value> {
    let mut records: Vec<_> = (0..40)
        .map(|at| {
            let events = json!([{"introduced": "1.0"}, {"fixed": format!("1.{at}")}]);
            let mut record = record(&format!("A-{at}"), "PyPI", &format!("p{}", at % 7), events);
            record["aliases"] = json!([format!("CVE-2026-{at}")]);
            record["details"] = json!("text ".repeat(at));
            record
        })
        .collect();
    records.push(record("M-1", "Maven", "g:a", json!([{"introduced": "0"}])));
    records.push(record(
        "D-1",
        "Debian:12",
        "a",
        json!([{"introduced": "0"}, {"last_affected": "1-1"}]),
    ));
    records
}

/// Everything that a database can be asked about these records.
fn answers(database: &Database) -> Result<Vec<String>, DatabaseError> {
    let mut answers = vec![format!("{:?}", database.manifest().scopes)];
    let asked = (0..8).map(|at| ("PyPI", format!("p{at}"))).chain([
        ("Maven", "g:a".to_owned()),
        ("Maven", "a".to_owned()),
        ("Debian:12", "a".to_owned()),
    ]);
    for (place, name) in asked {
        let place = scope(place);
        answers.push(format!("{}", database.covers(&place)));
        let matches = database.matches(&place, &name, "1.1")?;
        for found in &matches.found {
            let details = database.details(&found.advisory)?;
            answers.push(format!("{} {:?} {details:?}", found.flaw, found.fixed));
        }
        answers.push(format!("{:?}", matches.undecided));
    }
    Ok(answers)
}

#[test]
fn a_changed_byte_is_never_another_answer() {
    let bytes = builder(&mixed()).build().unwrap();
    let sound = Database::from_bytes(bytes.clone()).unwrap();
    sound.verify().unwrap();
    let expected = answers(&sound).unwrap();
    assert!(expected.len() > 20);
    let mut noticed = 0;
    for at in 0..bytes.len() {
        for change in [1, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            let answered = Database::from_bytes(changed).and_then(|database| {
                let answers = answers(&database);
                assert!(
                    database.verify().is_err() || answers.as_ref() == Ok(&expected),
                    "byte {at}"
                );
                answers
            });
            match answered {
                Ok(answers) => assert_eq!(answers, expected, "byte {at}"),
                Err(_) => noticed += 1,
            }
        }
    }
    assert!(noticed > bytes.len(), "{noticed} of {}", bytes.len());
}

#[test]
fn a_cut_file_is_an_error() {
    let bytes = builder(&mixed()).build().unwrap();
    for length in 0..bytes.len() {
        let error = Database::from_bytes(bytes[..length].to_vec()).unwrap_err();
        let expected = match length {
            0..32 => matches!(error, DatabaseError::Foreign),
            _ => matches!(error, DatabaseError::Length { .. }),
        };
        assert!(expected, "{length}: {error}");
    }
    let mut longer = bytes;
    longer.push(0);
    assert!(Database::from_bytes(longer).is_err());
}

#[test]
fn the_same_records_are_the_same_bytes() {
    let mut records = mixed();
    let one = builder(&records).build().unwrap();
    records.reverse();
    assert_eq!(builder(&records).build().unwrap(), one);
    let digest = |bytes: Vec<u8>| Database::from_bytes(bytes).unwrap().digest();
    let other = builder(&records[1..]).build().unwrap();
    assert_ne!(digest(other), digest(one));
}
