//! Trivy's database, from a file of bbolt to answers.

use ringwall_advisory::{Collection, parse_trivy_db};
use ringwall_model::{FixState, Severity};
use serde_json::{Value, json};

use super::{
    bolt_file::{Bucket, Node, PAGE_BYTES, bolt_file},
    builder, database, flaws, matches,
};

/// A file from buckets of buckets of entries; those of the others stand in the bucket itself.
fn file(buckets: Value) -> Vec<u8> {
    let Value::Object(buckets) = buckets else {
        unreachable!("a file has buckets");
    };
    let entries = |pairs: &Value| -> Bucket {
        let pairs = pairs.as_object().unwrap().iter();
        pairs
            .map(|(key, value)| (key.clone(), Node::Value(value.to_string().into_bytes())))
            .collect()
    };
    let top = buckets.iter().map(|(name, content)| {
        let is_flat = ["vulnerability", "data-source"].contains(&&**name);
        let content = if is_flat {
            entries(content)
        } else {
            let packages = content.as_object().unwrap().iter();
            packages
                .map(|(name, pairs)| (name.clone(), Node::Bucket(entries(pairs))))
                .collect()
        };
        (name.clone(), Node::Bucket(content))
    });
    bolt_file(&top.collect())
}

fn read(buckets: Value) -> Collection {
    parse_trivy_db(&file(buckets)).unwrap()
}

#[test]
fn what_distributions_and_ecosystems_say_is_found() {
    let read = read(json!({
        "debian 12": {
            "curl": {
                "CVE-2024-1": {"FixedVersion": "7.88.1-10+deb12u5", "VendorIDs": ["DSA-1"]},
                "CVE-2024-2": {"Status": 6, "Severity": 1},
                "CVE-2024-3": {"Status": 1},
                "CVE-2024-4": {},
            },
        },
        "rocky 9": {
            "php:8.1::php": {
                "CVE-2024-5": {"Entries": [{"FixedVersion": "8.1-2.module+el9", "Arches": ["x86_64"]}]},
                "CVE-2024-6": {"Entries": null, "FixedVersion": null},
            },
        },
        "npm::GitHub Security Advisory Npm": {
            "ms": {"CVE-2024-1": {
                "VulnerableVersions": ["> 1.0.0, <= 1.2.3", "= 2.0.0"],
                "PatchedVersions": ["1.2.4"],
                "VendorIDs": ["GHSA-aaaa-bbbb-cccc"],
            }},
        },
        "conan::GitLab Advisory Database Community": {
            "pcre": {"CVE-2024-1": {"VulnerableVersions": ["<8.44"]}, "CVE-2024-2": {}},
        },
        "Red Hat": {"bash": {"CVE-2024-1": {"Entries": [{"Affected": [1]}]}}},
        "Red Hat CPE": {"cpe": {"1": "cpe:/o:redhat:enterprise_linux:9"}},
        "data-source": {
            "npm::GitHub Security Advisory Npm": {"ID": "ghsa", "Name": "GitHub"},
        },
        "vulnerability": {
            "CVE-2024-1": {
                "Title": "a flaw",
                "Description": "in full",
                "Severity": "HIGH",
                "VendorSeverity": {"nvd": 3, "ghsa": 4},
                "CVSS": {"nvd": {"V3Vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", "V3Score": 7.5}},
                "References": ["https://example.com/1"],
                "PublishedDate": "2024-01-02T00:00:00Z",
            },
            "CVE-2024-99": {"Title": "nobody has it"},
        },
    }));
    assert_eq!(read.unreadable, []);
    let elsewhere: Vec<_> = read
        .elsewhere
        .iter()
        .map(|(what, count)| (&**what, *count))
        .collect();
    assert_eq!(elsewhere, [("Red Hat by CPE", 1), ("conan", 2)]);
    let database = database(builder(read.advisories));

    let curl = matches(&database, "Debian:12", "curl", "7.88.1-10");
    let ids: Vec<_> = curl.iter().map(|it| &*it.flaw).collect();
    assert_eq!(ids, ["CVE-2024-1", "CVE-2024-2", "CVE-2024-4"]);
    assert_eq!(curl[0].fixed.as_deref(), Some("7.88.1-10+deb12u5"));
    let rating = curl[0].rating.clone().unwrap();
    assert_eq!(
        (rating.severity, rating.score_tenths),
        (Severity::High, Some(75))
    );
    assert_eq!(curl[0].published.unwrap().to_string(), "2024-01-02");
    let details = database.details(&curl[0].advisory).unwrap();
    assert_eq!((&*details.summary, &*details.text), ("a flaw", "in full"));
    assert_eq!(details.references, ["https://example.com/1"]);
    assert_eq!(curl[1].state, FixState::Deferred);
    assert_eq!(curl[1].rating.clone().unwrap().severity, Severity::Low);

    // The package of a module is called as itself.
    assert_eq!(
        flaws(&database, "Rocky Linux:9", "php", "8.1-1.module+el9"),
        ["CVE-2024-5 8.1-2.module+el9", "CVE-2024-6"]
    );
    assert_eq!(flaws(&database, "npm", "ms", "1.2.0"), ["CVE-2024-1 1.2.4"]);
    assert_eq!(flaws(&database, "npm", "ms", "2.0.0"), ["CVE-2024-1"]);
    for version in ["1.0.0", "1.2.4", "3.0.0"] {
        assert_eq!(flaws(&database, "npm", "ms", version), [""; 0], "{version}");
    }
    let found = matches(&database, "npm", "ms", "2.0.0");
    // Those who publish the advisory rate it, before all others.
    assert_eq!(
        found[0].rating.clone().unwrap().severity,
        Severity::Critical
    );
    assert!(found[0].aliases.contains(&"GHSA-aaaa-bbbb-cccc".to_owned()));
}

#[test]
fn builds_of_oracle_are_mended_by_their_own() {
    let read = read(json!({
        "Oracle Linux 8": {
            "kettle": {
                "CVE-2024-1": {
                    "FixedVersion": "3.6-4.el8",
                    "Entries": [
                        {"FixedVersion": "10:3.6-4.1.el8_fips", "Arches": ["x86_64"]},
                        {"FixedVersion": "3.6-4.el8", "Arches": ["x86_64"]},
                    ],
                },
                "CVE-2024-2": {"FixedVersion": "2:3.6-5.ksplice1.el8"},
            },
        },
    }));
    let database = database(builder(read.advisories));
    let flaws_of = |version: &str| flaws(&database, "Oracle Linux:8", "kettle", version);
    assert_eq!(flaws_of("3.6-3.el8"), ["CVE-2024-1 3.6-4.el8"]);
    assert_eq!(flaws_of("3.6-4.el8"), [""; 0]);
    assert_eq!(
        flaws_of("10:3.6-4.0.el8_fips"),
        ["CVE-2024-1 10:3.6-4.1.el8_fips"]
    );
    assert_eq!(flaws_of("10:3.6-4.1.el8_fips"), [""; 0]);
    assert_eq!(
        flaws_of("2:3.6-4.ksplice1.el8"),
        ["CVE-2024-2 2:3.6-5.ksplice1.el8"]
    );
}

#[test]
fn a_flaw_may_begin_with_a_version() {
    let read = read(json!({
        "alpine 3.18": {
            "kettle": {
                "CVE-2024-1": {"AffectedVersion": "2.6.5-r0"},
                "CVE-2024-2": {"AffectedVersion": "2.6.5-r0", "FixedVersion": "2.6.7-r0"},
            },
        },
    }));
    let database = database(builder(read.advisories));
    let flaws_of = |version: &str| flaws(&database, "Alpine:v3.18", "kettle", version);
    assert_eq!(flaws_of("2.6.4-r3"), [""; 0]);
    assert_eq!(flaws_of("2.6.5-r0"), ["CVE-2024-1", "CVE-2024-2 2.6.7-r0"]);
    assert_eq!(flaws_of("2.6.7-r0"), ["CVE-2024-1"]);
}

#[test]
fn damage_of_one_entry_leaves_the_others() {
    let read = read(json!({
        "alpine 3.18": {"a": {"CVE-2024-1": 7, "CVE-2024-2": {"FixedVersion": "1-r0"}}},
        "npm::x": {"b": {"CVE-2024-3": {"VulnerableVersions": ["!= 1"]}}},
    }));
    let places: Vec<_> = read.unreadable.iter().map(|it| &*it.place).collect();
    assert_eq!(
        places,
        ["alpine 3.18: a: CVE-2024-1", "npm::x: b: CVE-2024-3"]
    );
    assert_eq!(read.advisories.len(), 1);
}

/// Packages enough for several levels of pages, and an entry longer than one.
fn large() -> Vec<u8> {
    let mut packages = json!({});
    for at in 0..200 {
        packages[format!("p{at}")] = json!({
            "CVE-2024-1": {"FixedVersion": "2-r0"},
            "CVE-2024-2": {"FixedVersion": "3-r0", "Arches": ["long".repeat(if at % 50 == 0 { 700 } else { 1 })]},
        });
    }
    file(json!({"alpine 3.18": packages}))
}

#[test]
fn trees_of_pages_are_read_to_the_end() {
    let read = parse_trivy_db(&large()).unwrap();
    assert_eq!(read.advisories.len(), 2);
    assert!(read.advisories.iter().all(|it| it.affected.len() == 200));
}

#[test]
fn the_newest_whole_page_tells_where_the_root_is() {
    let mut bytes = large();
    bytes[40] ^= 1;
    assert!(parse_trivy_db(&bytes).is_ok());
    bytes[PAGE_BYTES + 40] ^= 1;
    assert!(parse_trivy_db(&bytes).is_err());
    for other in [&b""[..], b"{}", &[0; 4096]] {
        assert!(parse_trivy_db(other).is_err());
    }
}

#[test]
fn damaged_files_are_errors_and_never_the_end() {
    let whole = large();
    for length in (0..whole.len()).step_by(97) {
        assert!(parse_trivy_db(&whole[..length]).is_err(), "{length}");
    }
    // A branch that leads back, twice to one page, or out of the file.
    let pages = whole.len() / PAGE_BYTES;
    for page in 3..pages {
        let start = page * PAGE_BYTES;
        let (flags, count) = (whole[start + 8], usize::from(whole[start + 10]));
        if flags != 1 || count < 2 {
            continue;
        }
        let first = usize::from(whole[start + 24]) | usize::from(whole[start + 25]) << 8;
        for other in [page, first, pages, usize::MAX / PAGE_BYTES] {
            let mut bytes = whole.clone();
            let last = start + 16 * count + 8;
            bytes[last..last + 8].copy_from_slice(&(other as u64).to_le_bytes());
            assert!(parse_trivy_db(&bytes).is_err(), "{page} to {other}");
        }
    }
    // Any byte may be anything; what matters is that there is an end.
    for at in (0..whole.len()).step_by(61) {
        let mut bytes = whole.clone();
        bytes[at] = !bytes[at];
        let _ = parse_trivy_db(&bytes);
    }
}
