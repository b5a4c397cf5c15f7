//! Reports that were written before, judged again by other advisories.

use ringwall_advisory::Database;
use ringwall_engine::{
    Advisories, Config, ImageExceptions, ImageOptions, StoredReport, import_advisories,
};
use ringwall_model::{Date, Source, Status};
use ringwall_report::{ImageReport, image_cyclonedx, image_json};
use serde_json::{Value, json};

use crate::{
    build::{MS, OS, STATUS, layers_of, scan_accepting, scan_with, shared},
    sbom,
    vulnerabilities::{before, database, found},
};

const LIST: &str = "var/lib/dpkg/status";

pub(crate) fn written(report: &ImageReport) -> String {
    let mut out = Vec::new();
    image_json(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// The report, and the flaws that are new in it.
fn again(json: &str, advisories: Advisories<'_>, as_of: Date) -> (ImageReport, Vec<String>) {
    let exceptions = ImageExceptions::none(as_of);
    again_accepting(json, advisories, &exceptions, as_of)
}

fn again_accepting(
    json: &str,
    advisories: Advisories<'_>,
    exceptions: &ImageExceptions,
    as_of: Date,
) -> (ImageReport, Vec<String>) {
    let options = ImageOptions {
        name: "another name",
        advisories,
        exceptions,
        finds_secrets: true,
        rules: None,
        cache: None,
        as_of,
    };
    let judged = StoredReport::parse(json.as_bytes()).unwrap();
    let judged = judged.judge_again(&options);
    let new = judged.new.iter().map(|it| it.check.to_string());
    (judged.report, new.collect())
}

/// Nothing is different where the advisories are not.
#[track_caller]
fn stays(report: &ImageReport, advisories: Advisories<'_>) {
    let before = written(report);
    let (report, new) = again(&before, advisories, report.as_of);
    let after = written(&report);
    let differs = before
        .lines()
        .zip(after.lines())
        .find(|(one, other)| one != other);
    assert_eq!(differs, None);
    assert_eq!((before.len(), new.len()), (after.len(), 0));
}

#[test]
fn a_report_is_what_it_was_by_the_same_advisories() {
    let status = "Package: libc6\nStatus: install ok installed\nVersion: 2.36-9+b1\nArchitecture: amd64\nSource: glibc (2.36-9)\n\n\
                  Package: shop\nStatus: install ok installed\nVersion: 1:1\nArchitecture: all\n\n";
    let metadata = "usr/lib/python3/dist-packages/requests-2.28.1.egg-info/PKG-INFO";
    let list = format!("/usr\n/{metadata}\n");
    let odd = r#"{"name": "@a/b", "version": "newest"}"#;
    let image = layers_of(&[
        &[
            OS,
            (LIST, status),
            ("var/lib/dpkg/info/shop.list", &list),
            (
                metadata,
                "Metadata-Version: 2.1\nName: Requests\nVersion: 2.28.1\n",
            ),
            ("a/node_modules/ms/package.json", MS),
            ("b/node_modules/@a/b/package.json", odd),
            (
                "root/key",
                "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAwJ8x\n",
            ),
            ("etc/shop.conf", "password = 'Tr0ub4dor&3-horse'\n"),
        ],
        &[("a/node_modules/.wh.ms", "")],
    ]);
    let records = [
        before("D-1", "Debian:12", "glibc", "2.36-9+deb12u1"),
        before("N-1", "npm", "@a/b", "2"),
        before("P-1", "PyPI", "requests", "2.31.0"),
    ];
    let database = database(&records);
    for advisories in [
        Advisories::Database(&database),
        Advisories::Missing,
        Advisories::Unusable("it was cut"),
    ] {
        let report = scan_with(image.path(), advisories);
        assert!(report.packages.len() > 4, "{:?}", report.packages);
        stays(&report, advisories);
    }
    let advisories = Advisories::Database(&database);
    let report = scan_with(image.path(), advisories);
    assert_eq!(found(&report).len(), 2);
    // What is known by an SBOM alone, too.
    let mut out = Vec::new();
    image_cyclonedx(&report, &mut out).unwrap();
    stays(&sbom::judge(&out, advisories), advisories);
    // And one that says that it lists less than there is.
    let cut = layers_of(&[&[OS, (LIST, status.trim_end())]]);
    let mut out = Vec::new();
    image_cyclonedx(&scan_with(cut.path(), advisories), &mut out).unwrap();
    let judged = sbom::judge(&out, advisories);
    let mut gaps = judged.not_assessed.iter();
    assert!(gaps.any(|it| it.id == "incomplete-sbom"));
    stays(&judged, advisories);
}

#[test]
fn a_real_report_is_what_it_was_by_the_same_advisories() {
    let (Some(image), Some(advisories)) = (shared("images/slim-a.oci.tar"), shared("advisories"))
    else {
        return;
    };
    let files = ringwall_collect::feeds::find_feeds(&[advisories]).unwrap();
    let imported = import_advisories(&files, Date::from_unix_seconds(0), |_| {}).unwrap();
    let database = Database::from_bytes(imported.database).unwrap();
    let advisories = Advisories::Database(&database);
    let report = scan_with(&image, advisories);
    assert!(report.findings.len() > 150);
    stays(&report, advisories);
    // And it is the same whether its layers are read for new advisories, or not.
    let without = scan_with(&image, Advisories::Missing);
    let (again, new) = again(&written(&without), advisories, report.as_of);
    assert_eq!(written(&again), written(&report));
    let flaws = report
        .findings
        .iter()
        .filter(|it| it.vulnerability.is_some());
    assert_eq!(new.len(), flaws.count());
}

#[test]
fn what_advisories_say_now_replaces_what_they_said() {
    let image = layers_of(&[&[OS, (LIST, STATUS), ("a/node_modules/ms/package.json", MS)]]);
    let old = database(&[
        before("N-1", "npm", "ms", "2.0.1"),
        before("N-2", "npm", "ms", "2.0.1"),
    ]);
    let report = written(&scan_with(image.path(), Advisories::Database(&old)));
    let mut renamed = before("CVE-2026-1", "npm", "ms", "2.0.1");
    renamed["aliases"] = json!(["N-1"]);
    let new = database(&[
        renamed,
        before("N-3", "npm", "ms", "2.0.1"),
        before("D-1", "Debian:12", "glibc", "1"),
    ]);
    let (again, told) = again(&report, Advisories::Database(&new), day("1970-01-09"));
    assert_eq!(found(&again), [("CVE-2026-1", "ms"), ("N-3", "ms")]);
    // The first has another name now, and is no news.
    assert_eq!(told, ["N-3"]);
    assert_eq!(again.as_of, day("1970-01-09"));
    assert_eq!(again.image.name, "image");
    assert_eq!(
        again.database.unwrap().digest,
        format!("sha256:{}", new.digest())
    );
    // Debian is covered now.
    assert!(again.not_assessed.is_empty(), "{:?}", again.not_assessed);
}

#[test]
fn what_was_accepted_stays_so_until_its_day_and_new_exceptions_count() {
    let image = layers_of(&[&[OS, ("a/node_modules/ms/package.json", MS)]]);
    let source = Source::new(
        "ringwall.toml",
        "[[exceptions]]\nchecks = [\"N-1\", \"unreadable-package-list\"]\nreason = \"not reached\"\nowner = \"shop\"\nuntil = 1970-01-02\n",
    );
    let exceptions = |as_of| {
        let config = Config::parse(&source.name, &source.text).unwrap();
        ImageExceptions::of_config(&config, &source, as_of).unwrap()
    };
    let data = database(&[
        before("N-1", "npm", "ms", "2.0.1"),
        before("N-2", "npm", "ms", "2.0.1"),
    ]);
    let advisories = Advisories::Database(&data);
    let first = exceptions(day("1970-01-01"));
    let report = scan_accepting(image.path(), advisories, &first);
    let is_accepted = |report: &ImageReport, check: &str| {
        let mut findings = report.findings.iter();
        let finding = findings.find(|it| it.check == check).unwrap();
        matches!(finding.status, Status::Accepted(_))
    };
    assert!(is_accepted(&report, "N-1") && !is_accepted(&report, "N-2"));
    assert!(!report.is_incomplete());
    let report = written(&report);
    let (kept, new) = again(&report, advisories, day("1970-01-02"));
    assert!(is_accepted(&kept, "N-1") && !is_accepted(&kept, "N-2"));
    assert!(!kept.is_incomplete() && new.is_empty());
    // Its last day has passed: it counts, and nobody has been told.
    let (over, new) = again(&report, advisories, day("1970-01-03"));
    assert!(!is_accepted(&over, "N-1") && over.is_incomplete());
    assert_eq!(new, ["N-1"]);
    let json = report.replace("1970-01-02", "1969-12-31");
    let (now, _) = again_accepting(&json, advisories, &first, day("1970-01-01"));
    assert!(is_accepted(&now, "N-1"));
}

#[test]
fn what_would_lose_something_is_not_judged() {
    let image = layers_of(&[&[OS, (LIST, STATUS)]]);
    let report = written(&scan_with(image.path(), Advisories::Missing));
    let check = |change: &dyn Fn(&mut Value), expected: &str| {
        let mut json: Value = serde_json::from_str(&report).unwrap();
        change(&mut json);
        let error = StoredReport::parse(json.to_string().as_bytes()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    };
    check(&|it| it["version"] = json!(2), "is of version 2");
    check(&|it| it["verified"] = json!(true), "image verify");
    check(&|it| it["image"]["moon"] = json!(1), "unknown field `moon`");
    check(&|it| it["packages"][0]["type"] = json!("moon"), "'moon'");
    check(
        &|it| it["not_assessed"][0]["id"] = json!("dark"),
        "names the id 'dark'",
    );
    check(&|it| it["findings"][0]["status"] = json!("odd"), "'odd'");
    check(&|it| it["as_of"] = json!("soon"), "'soon'");
    check(&|it| it["packages"] = json!(1), "expected a sequence");
    check(
        &|it| *it = json!({"bomFormat": "CycloneDX"}),
        "missing field `version`",
    );
}
