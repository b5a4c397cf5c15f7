//! The flaws of what an image holds, by a database of advisories that the test makes.

use ringwall_advisory::{Database, DatabaseBuilder, OsvRecord, parse_osv};
use ringwall_engine::{Advisories, ImageExceptions, ImageOptions, import_advisories, scan_image};
use ringwall_model::{Confidence, Date, Finding, FixState, Severity, Vulnerability};
use ringwall_report::ImageReport;
use serde_json::{Value, json};

use crate::build::{MS, OS, STATUS, gaps, layers_of, scan_with, shared};

/// An advisory that concerns every version before `fixed`.
pub(crate) fn before(id: &str, ecosystem: &str, name: &str, fixed: &str) -> Value {
    json!({
        "id": id,
        "summary": "a flaw",
        "database_specific": {"severity": "HIGH"},
        "affected": [{
            "package": {"ecosystem": ecosystem, "name": name},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}],
        }],
    })
}

pub(crate) fn database(records: &[Value]) -> Database {
    database_of(Date::from_unix_seconds(0), records)
}

/// A database that was built on a day.
fn database_of(built: Date, records: &[Value]) -> Database {
    let mut builder = DatabaseBuilder::new(built);
    for record in records {
        match parse_osv(record.to_string().as_bytes()).unwrap() {
            OsvRecord::Advisory(advisory) => builder.advisory(*advisory),
            other => panic!("{other:?}"),
        }
    }
    Database::from_bytes(builder.build().unwrap()).unwrap()
}

fn judged(layers: &[&[(&str, &str)]], records: &[Value]) -> ImageReport {
    let database = database(records);
    let image = layers_of(layers);
    scan_with(image.path(), Advisories::Database(&database))
}

/// Findings about flaws of packages, and what is known about each.
fn flaws(report: &ImageReport) -> Vec<(&Finding, &Vulnerability)> {
    let findings = report.findings.iter();
    findings
        .filter_map(|it| Some((&**it, it.vulnerability.as_deref()?)))
        .collect()
}

/// Flaws with the packages that have them.
pub(crate) fn found(report: &ImageReport) -> Vec<(&str, &str)> {
    let flaws = flaws(report).into_iter();
    flaws
        .map(|(finding, flaw)| (&*finding.check, &*flaw.package))
        .collect()
}

const LIST: &str = "var/lib/dpkg/status";

#[test]
fn advisories_of_a_distribution_name_the_source_and_its_version() {
    let status = "Package: libc6\nStatus: install ok installed\nVersion: 2.36-9+b1\nSource: glibc (2.36-9)\n\n\
                  Package: glibc\nStatus: install ok installed\nVersion: 1\nSource: other\n\n";
    let report = judged(
        &[&[OS, (LIST, status)]],
        &[
            before("D-1", "Debian:12", "glibc", "2.36-9+deb12u1"),
            // What was only built again is what it was.
            before("D-2", "Debian:12", "glibc", "2.36-9"),
            before("D-3", "Debian:12", "libc6", "9"),
            before("D-4", "Debian:11", "glibc", "9"),
            before("D-5", "Ubuntu:22.04", "glibc", "9"),
        ],
    );
    assert_eq!(found(&report), [("D-1", "libc6")]);
    assert_eq!(gaps(&report), Vec::<&str>::new());
    assert!(report.not_assessed.is_empty());
    let (finding, flaw) = flaws(&report)[0];
    assert_eq!(finding.severity, Severity::High);
    assert_eq!(finding.confidence, None);
    assert_eq!(
        finding.remediation,
        "Update libc6 (built from glibc) to 2.36-9+deb12u1 or later."
    );
    assert_eq!(flaw.fix_state, FixState::Fixed);
    assert_eq!(flaw.update.as_deref(), Some("2.36-9+deb12u1"));
    assert!(report.fails_at(Severity::High) && !report.fails_at(Severity::Critical));
}

#[test]
fn what_the_distribution_brought_is_not_counted_twice() {
    let (metadata, list) = (
        "usr/lib/python3/dist-packages/requests-2.28.1.egg-info/PKG-INFO",
        "var/lib/dpkg/info/python3-requests.list",
    );
    let own = "usr/local/lib/python3.11/dist-packages/requests-2.28.1.dist-info/METADATA";
    let requests = "Metadata-Version: 2.1\nName: requests\nVersion: 2.28.1\n";
    let status = "Package: python3-requests\nStatus: install ok installed\nVersion: 2.28.1-1\nSource: requests\n\n";
    let files = [
        OS,
        (LIST, status),
        (list, &*format!("/usr\n/{metadata}\n")),
        (metadata, requests),
        (own, requests),
    ];
    let python = before("P-1", "PyPI", "requests", "2.31.0");
    let debian = before("D-1", "Debian:12", "requests", "1");
    let report = judged(&[&files], &[python.clone(), debian]);
    assert_eq!(found(&report), [("P-1", "requests")]);
    assert_eq!(&*flaws(&report)[0].0.location.file, own);
    // Where nothing is known of the distribution, nothing else tells of the flaw.
    let report = judged(&[&files], std::slice::from_ref(&python));
    assert_eq!(found(&report).len(), 2);
    assert_eq!(report.not_assessed[0].id, "unassessed-vulnerabilities");
    // What replaced it in a later layer is not the distribution's any more.
    let debian = before("D-1", "Debian:12", "requests", "1");
    let report = judged(&[&files, &[(metadata, requests)]], &[python, debian]);
    assert_eq!(found(&report).len(), 2);
}

#[test]
fn what_others_packed_is_looked_up_by_itself() {
    let metadata = "opt/shop/requests-2.28.1.dist-info/METADATA";
    let requests = "Metadata-Version: 2.1\nName: requests\nVersion: 2.28.1\n";
    let list = format!("/opt\n/{metadata}\n");
    let status = |package: &str| {
        format!("Package: {package}\nStatus: install ok installed\nVersion: 1\nSource: {package}\n")
    };
    let records = [
        before("P-1", "PyPI", "requests", "2.31.0"),
        before("D-1", "Debian:12", "glibc", "1"),
    ];
    let judge = |status: &str, list: &str| {
        let files = [
            OS,
            (LIST, status),
            ("var/lib/dpkg/info/shop:amd64.list", list),
            (metadata, requests),
        ];
        found(&judged(&[&files], &records)).len()
    };
    // No advisory of the distribution is about the package: it is of somebody else.
    assert_eq!(judge(&status("shop"), &list), 1);
    // Nor is it about one that is not installed, whose list was left.
    assert_eq!(judge(&status("other"), &list), 1);
    // Of one that it knows, it tells what is wrong with it, and that is nothing.
    let known = status("shop").replace("Source: shop", "Source: glibc");
    assert_eq!(judge(&known, &list), 0);
    // Nor is it told of one that is called like it, and is of somebody who says so.
    let version = |version: &str| known.replace("Version: 1\n", &format!("Version: {version}\n"));
    assert_eq!(judge(&version("18.20.4-1nodesource1"), &list), 1);
    for of_debian in [
        "2.36-9+deb12u1",
        "1:3.0+dfsg-2ubuntu0.22.04.1~esm1",
        "5-1+b2",
        "3.1~rc1-1.1~exp1",
    ] {
        assert_eq!(judge(&version(of_debian), &list), 0, "{of_debian}");
    }
}

#[test]
fn packages_of_another_distribution_are_not_this_ones() {
    let apk = ("lib/apk/db/installed", "P:openssl\nV:1.0\nA:x86_64\n\n");
    let report = judged(
        &[&[OS, (LIST, STATUS), apk]],
        &[
            before("D-1", "Debian:12", "openssl", "3"),
            before("D-2", "Debian:12", "glibc", "3"),
        ],
    );
    assert_eq!(found(&report), [("D-2", "libc6")]);
    let reasons = report.not_assessed.iter().map(|gap| &*gap.reason);
    assert_eq!(
        reasons.collect::<Vec<_>>(),
        [
            "no advisories about the distribution that the packages of the type apk are of are in the database"
        ]
    );
    let openssl = report.packages.iter().find(|it| it.kind == "apk").unwrap();
    assert_eq!(openssl.purl, None);
}

#[test]
fn headers_of_the_kernel_are_not_the_kernel() {
    let package = |name: &str| {
        format!(
            "Package: {name}\nStatus: install ok installed\nVersion: 6.1.1-1\nSource: linux\n\n"
        )
    };
    let status = ["linux-libc-dev", "linux-headers-6.1", "linux-image-6.1"].map(package);
    let report = judged(
        &[&[OS, (LIST, &status.concat())]],
        &[before("D-1", "Debian:12", "linux", "6.1.2-1")],
    );
    assert_eq!(found(&report), [("D-1", "linux-image-6.1")]);
}

#[test]
fn what_no_advisories_are_known_of_is_not_assessed() {
    let npm = ("a/node_modules/ms/package.json", MS);
    let debian = before("D-1", "Debian:12", "glibc", "1");
    let reasons = |report: &ImageReport| -> Vec<String> {
        let gaps = report.not_assessed.iter();
        gaps.map(|gap| format!("{}: {}", gap.id, gap.reason))
            .collect()
    };
    let report = judged(&[&[OS, (LIST, STATUS), npm]], std::slice::from_ref(&debian));
    assert_eq!(
        reasons(&report),
        ["unassessed-vulnerabilities: no advisories about npm are in the database"]
    );
    let other = ("etc/os-release", "ID=debian\nVERSION_ID=13\n");
    let report = judged(&[&[other, (LIST, STATUS)]], std::slice::from_ref(&debian));
    assert_eq!(
        reasons(&report),
        ["unassessed-vulnerabilities: no advisories about Debian:13 are in the database"]
    );
    let homemade = ("etc/os-release", "ID=homemade\nVERSION_ID=1\n");
    let report = judged(
        &[&[homemade, (LIST, STATUS)]],
        std::slice::from_ref(&debian),
    );
    assert_eq!(
        reasons(&report),
        ["unassessed-vulnerabilities: no advisories about homemade 1 are in the database"]
    );
    let report = judged(&[&[(LIST, STATUS)]], &[debian]);
    assert_eq!(report.not_assessed.len(), 2, "{:?}", report.not_assessed);
    let image = layers_of(&[&[OS, (LIST, STATUS)]]);
    let report = scan_with(image.path(), Advisories::Unusable("it was cut"));
    assert_eq!(
        reasons(&report),
        ["unassessed-vulnerabilities: packages are listed, and their flaws are not: it was cut"]
    );
}

#[test]
fn what_cannot_be_decided_is_said_and_the_rest_is_judged() {
    let odd = r#"{"name": "ms", "version": "newest"}"#;
    let report = judged(
        &[&[
            OS,
            (LIST, STATUS),
            ("a/node_modules/ms/package.json", odd),
            ("b/node_modules/ms/package.json", MS),
        ]],
        &[
            before("N-1", "npm", "ms", "2.0.1"),
            before("D-1", "Debian:12", "glibc", "1"),
        ],
    );
    assert_eq!(found(&report), [("N-1", "ms")]);
    assert_eq!(gaps(&report), ["undecided-vulnerability"]);
    assert_eq!(
        report.not_assessed[0].path.as_deref(),
        Some("a/node_modules/ms/package.json")
    );
    assert!(
        report.not_assessed[0]
            .reason
            .starts_with("ms newest: N-1: ")
    );
}

#[test]
fn an_advisory_without_release_or_versions_is_not_silence() {
    let files = [OS, (LIST, STATUS), ("b/node_modules/ms/package.json", MS)];
    let report = judged(
        &[&files],
        &[
            before("D-1", "Debian", "glibc", "3"),
            before("D-2", "Debian:12", "other", "3"),
            before("N-2", "npm", "other", "3"),
        ],
    );
    assert_eq!(found(&report), []);
    assert_eq!(gaps(&report), ["undecided-vulnerability"]);
    let mut all = before("MAL-1", "npm", "ms", "1");
    all["affected"][0]["ranges"] = json!([]);
    let mut commits = before("N-1", "npm", "ms", "1");
    commits["affected"][0]["ranges"][0]["type"] = "GIT".into();
    let report = judged(
        &[&files],
        &[all, commits, before("D-2", "Debian:12", "other", "3")],
    );
    assert_eq!(found(&report), [("MAL-1", "ms")]);
    assert_eq!(gaps(&report), ["undecided-vulnerability"]);
}

#[test]
fn a_flaw_that_nobody_rates_is_said_to_be_one() {
    let mut unrated = before("D-1", "Debian:12", "glibc", "3");
    unrated.as_object_mut().unwrap().remove("database_specific");
    let report = judged(&[&[OS, (LIST, STATUS)]], &[unrated]);
    let (finding, _) = flaws(&report)[0];
    assert_eq!(finding.confidence, Some(Confidence::Low));
    assert_eq!(finding.severity, Severity::Medium);
    assert_eq!(gaps(&report), ["unrated-vulnerabilities"]);
}

/// Gaps of an image of Debian 12 without flaws, by a database of one day that is asked on another.
fn gaps_on(built: Date, as_of: Date) -> Vec<(&'static str, String)> {
    let image = layers_of(&[&[OS, (LIST, STATUS)]]);
    let database = database_of(built, &[before("D-1", "Debian:12", "glibc", "1")]);
    let options = ImageOptions {
        name: "image",
        advisories: Advisories::Database(&database),
        exceptions: &ImageExceptions::none(as_of),
        finds_secrets: false,
        rules: None,
        cache: None,
        as_of,
    };
    let stored = ringwall_collect::image::open_image(image.path(), None).unwrap();
    let report = scan_image(&stored, &options);
    assert_eq!(found(&report), []);
    let gaps = report.not_assessed.into_iter();
    gaps.map(|gap| (gap.id, gap.reason)).collect()
}

#[test]
fn an_old_database_calls_nothing_clean() {
    let day = |number: u64| Date::from_unix_seconds(number * 86_400);
    assert_eq!(gaps_on(day(0), day(30)), []);
    let after = gaps_on(day(0), day(31));
    assert_eq!(after.len(), 1, "{after:?}");
    assert_eq!(after[0].0, "stale-advisories");
}

#[test]
fn old_advisories_in_a_database_of_today_call_nothing_clean() {
    let image = layers_of(&[&[OS, ("a/node_modules/ms/package.json", MS)]]);
    let dated = |field: &'static str, count: usize, newest: &str| {
        let records: Vec<_> = (0..count)
            .map(|number| {
                let mut record = before(&format!("N-{number}"), "npm", &format!("p{number}"), "1");
                record["published"] = "2020-01-01T00:00:00Z".into();
                record
            })
            .chain([{
                let mut record = before("N-newest", "npm", "newest", "1");
                record[field] = format!("{newest}T00:00:00Z").into();
                record
            }])
            // Of another ecosystem that is not in the image.
            .chain([before("P-1", "PyPI", "requests", "1")])
            .collect();
        let today = Date::new(2026, 11, 28).unwrap();
        let database = database_of(today, &records);
        let options = ImageOptions {
            name: "image",
            advisories: Advisories::Database(&database),
            exceptions: &ImageExceptions::none(today),
            finds_secrets: false,
            rules: None,
            cache: None,
            as_of: today,
        };
        let stored = ringwall_collect::image::open_image(image.path(), None).unwrap();
        let report = scan_image(&stored, &options);
        assert_eq!(found(&report), []);
        let gaps = report.not_assessed.into_iter();
        let stale = gaps.filter(|gap| gap.id == "stale-advisories");
        stale.map(|gap| gap.reason).collect::<Vec<_>>()
    };
    let reasons = |count, newest: &str| dated("published", count, newest);
    // Some sources say no more than when they changed it.
    assert_eq!(dated("modified", 999, "2026-09-28").len(), 1);
    assert_eq!(dated("modified", 999, "2026-09-29"), [""; 0]);
    let old = reasons(999, "2026-09-28");
    assert_eq!(old.len(), 1);
    assert!(
        old[0].starts_with(
            "the newest advisory about npm in the database is of 2026-09-28, 61 days ago"
        ),
        "{}",
        old[0]
    );
    assert_eq!(reasons(999, "2026-09-29"), [""; 0]);
    // Where few are published, a quiet time says nothing.
    assert_eq!(reasons(998, "2026-09-28"), [""; 0]);
    // A year says something where some are, and nothing where hardly any are.
    assert_eq!(reasons(99, "2025-11-27").len(), 1);
    assert_eq!(reasons(99, "2025-11-28"), [""; 0]);
    assert_eq!(reasons(98, "2020-01-01"), [""; 0]);
}

#[test]
fn a_distribution_without_support_is_never_clean() {
    let day = |year, month, day| Date::new(year, month, day).unwrap();
    // The last day of the long support of Debian 12, by its own announcement.
    let last = day(2028, 6, 30);
    assert_eq!(gaps_on(last, last), []);
    let after = gaps_on(last, day(2028, 7, 1));
    assert_eq!(after.len(), 1, "{after:?}");
    let (id, reason) = &after[0];
    assert_eq!(*id, "unsupported-distribution");
    assert!(
        reason.starts_with("debian 12 had support until 2028-06-30"),
        "{reason}"
    );
}

#[test]
fn packages_that_a_layer_hides_have_no_flaws_in_the_container() {
    let npm = ("a/node_modules/ms/package.json", MS);
    let records = [
        before("N-1", "npm", "ms", "3.0.0"),
        before("D-1", "Debian:12", "glibc", "1"),
    ];
    let report = judged(&[&[OS, (LIST, STATUS), npm]], &records);
    assert_eq!(found(&report), [("N-1", "ms")]);
    let report = judged(
        &[&[OS, (LIST, STATUS), npm], &[("a/.wh.node_modules", "")]],
        &records,
    );
    assert_eq!(found(&report), []);
    assert_eq!(
        report
            .packages
            .iter()
            .filter(|it| it.hidden_by.is_some())
            .count(),
        1
    );
}

/// Published data about a real image. Each expectation was looked up in the records by hand, or by another program:
/// `dpkg --compare-versions` and Python's `packaging` over all of them agree with every one of 218 pairs.
#[test]
fn a_real_image_has_the_flaws_that_were_published() {
    let (Some(image), Some(advisories)) = (shared("images/slim-a.oci.tar"), shared("advisories"))
    else {
        return;
    };
    let files = ringwall_collect::feeds::find_feeds(&[advisories]).unwrap();
    let imported = import_advisories(&files, Date::from_unix_seconds(0), |_| {}).unwrap();
    assert_eq!(imported.unreadable, []);
    let database = Database::from_bytes(imported.database).unwrap();
    database.verify().unwrap();
    // As its notice counts them; 17, 10 and 13 were taken back, and 1,197 mend no flaw.
    let sources = &database.manifest().sources;
    let records: u64 = sources
        .iter()
        .map(|it| it.advisories + it.withdrawn + it.not_security)
        .sum();
    assert_eq!(records, 27_655);
    let taken_back: u64 = sources.iter().map(|it| it.withdrawn).sum();
    assert_eq!(taken_back, 17 + 10 + 13);
    assert_eq!(database.manifest().exploited.flaws, 1_404);

    let report = scan_with(&image, Advisories::Database(&database));
    let has = |flaw: &str, package: &str| found(&report).contains(&(flaw, package));
    // Django 3.2 against `>= 3.2, < 3.2.13`; urllib3 1.25.8 against `< 1.25.9`; smallvec 1.6.0 against `< 1.6.1`.
    for (flaw, package) in [
        ("CVE-2022-28346", "Django"),
        ("CVE-2020-26137", "urllib3"),
        ("CVE-2021-25900", "smallvec"),
        ("NSWG-ECO-516", "lodash"),
        ("CVE-2020-26160", "github.com/dgrijalva/jwt-go"),
        ("CVE-2025-59375", "libexpat1"),
        ("CVE-2026-63072", "libssl3"),
        ("CVE-2026-63072", "openssl"),
    ] {
        assert!(has(flaw, package), "{flaw} {package}");
    }
    // Flask 1.0 was removed by a layer; the fix of CVE-2020-26137 came before that of CVE-2021-33503.
    assert!(
        flaws(&report)
            .iter()
            .all(|(_, flaw)| flaw.package != "Flask")
    );
    // The 218 of the other program, and those of Go, whose versions it does not know.
    let flaws = flaws(&report);
    let others = flaws
        .iter()
        .filter(|(_, flaw)| ["deb", "npm", "pypi", "cargo"].contains(&flaw.package_type));
    assert_eq!(others.count(), 218);
    assert_eq!(
        gaps(&report),
        ["unassessed-program", "unrated-vulnerabilities"]
    );
}
