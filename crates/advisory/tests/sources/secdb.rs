//! Security databases of Alpine, Wolfi and Chainguard.

use ringwall_advisory::{Collection, Scope, parse_secdb};
use serde_json::{Value, json};

use super::{builder, database, flaws};

fn read(secdb: Value) -> Collection {
    parse_secdb(secdb.to_string().as_bytes()).unwrap()
}

fn alpine(secfixes: Value) -> Value {
    json!({
        "apkurl": "{{urlprefix}}/{{distroversion}}/{{reponame}}/{{arch}}/{{pkg.name}}-{{pkg.ver}}.apk",
        "distroversion": "v3.18",
        "reponame": "main",
        "urlprefix": "https://dl-cdn.alpinelinux.org/alpine",
        "packages": [{"pkg": {"name": "busybox", "secfixes": secfixes}}],
    })
}

#[test]
fn builds_mend_what_stands_with_them() {
    let read = read(alpine(json!({
        "0": ["CVE-2024-9"],
        "1.35.0-r7": ["ALPINE-13661"],
        "1.35.0-r17": ["CVE-2022-30065 GHSA-aaaa-bbbb-cccc", "CVE_2022-28391 (+ regression fix)"],
        "1.36.0-r2": ["CVE-2022-28391", "CVE-2024-1 CVE-2024-2 XSA-1"],
        "1.36.0-r3": null,
    })));
    assert_eq!(read.unreadable, []);
    let database = database(builder(read.advisories));
    let of = |version| flaws(&database, "Alpine:v3.18", "busybox", version);
    assert_eq!(
        of("1.35.0-r6"),
        [
            "ALPINE-13661 1.35.0-r7",
            "CVE-2022-28391 1.36.0-r2",
            "CVE-2022-30065 1.35.0-r17",
            "CVE-2024-1 1.36.0-r2",
            "CVE-2024-2 1.36.0-r2",
        ]
    );
    // The first fix was not enough.
    assert_eq!(of("1.36.0-r1").len(), 3);
    assert_eq!(of("1.36.0-r2"), [""; 0]);
    let scope = Scope::parse("Alpine:v3.18").unwrap();
    let found = database
        .matches(&scope, "busybox", "1.35.0-r8")
        .unwrap()
        .found;
    assert_eq!(
        found[1].aliases,
        ["ALPINE-CVE-2022-30065", "GHSA-aaaa-bbbb-cccc"]
    );
}

#[test]
fn the_distribution_is_told_by_the_addresses() {
    let place = |urlprefix: &str, reponame: &str, release: &str| {
        let mut secdb = json!({
            "reponame": reponame,
            "urlprefix": urlprefix,
            "packages": [{"pkg": {"name": "a", "secfixes": {"1-r0": ["CVE-2024-1"]}}}],
        });
        if !release.is_empty() {
            secdb["distroversion"] = release.into();
        }
        let read = read(secdb);
        match read.advisories.first() {
            Some(advisory) => advisory.affected[0].scope.to_string(),
            None => read.elsewhere.into_keys().next().unwrap(),
        }
    };
    assert_eq!(place("https://packages.wolfi.dev", "os", ""), "Wolfi");
    assert_eq!(
        place("https://packages.cgr.dev", "chainguard", ""),
        "Chainguard"
    );
    assert_eq!(place("", "community", "edge"), "Alpine:edge");
    let other = "https://packages.example/linux";
    assert_eq!(
        place(other, "main", "v1"),
        format!("apk packages of '{other}'")
    );
}

#[test]
fn damage_of_one_package_leaves_the_others() {
    let mut secdb = alpine(json!({"1-r0": ["CVE-2024-1", 7, "no id"], "2-r0": "CVE-2024-2"}));
    let packages = secdb["packages"].as_array_mut().unwrap();
    packages.insert(0, json!({"pkg": {"secfixes": {}}}));
    packages.push(json!({"pkg": {"name": "quiet", "secfixes": null}}));
    let read = read(secdb);
    let places: Vec<_> = read.unreadable.iter().map(|it| &*it.place).collect();
    assert_eq!(
        places,
        ["package 1", "busybox 1-r0", "busybox 1-r0", "busybox 2-r0"]
    );
    assert_eq!(read.advisories.len(), 1);
    for other in ["{}", "[]", r#"{"packages": 1}"#] {
        assert!(parse_secdb(other.as_bytes()).is_err(), "{other}");
    }
}
