//! What is accepted of what was found: by the configuration, by other scanners' files, by VEX.

use ringwall_engine::{Advisories, Config, ImageExceptions};
use ringwall_model::{Date, Severity, Source, Status};
use ringwall_report::ImageReport;
use serde_json::{Value, json};

use crate::{
    build::{MS, OS, STATUS, layers_of, scan_accepting},
    vulnerabilities::{before, database},
};

fn as_of() -> Date {
    Date::from_unix_seconds(0)
}

/// An image with one flaw in `libc6` and one in `ms`, and what is accepted.
fn judged(exceptions: &ImageExceptions) -> ImageReport {
    let mut aliased = before("GHSA-1", "npm", "ms", "3.0.0");
    aliased["aliases"] = json!(["CVE-2026-1"]);
    let database = database(&[aliased, before("D-1", "Debian:12", "glibc", "3")]);
    let npm = ("a/node_modules/ms/package.json", MS);
    let image = layers_of(&[&[OS, ("var/lib/dpkg/status", STATUS), npm]]);
    scan_accepting(image.path(), Advisories::Database(&database), exceptions)
}

/// The flaws that are accepted, by what and why.
fn accepted(exceptions: &ImageExceptions) -> Vec<(String, &'static str, String)> {
    let report = judged(exceptions);
    let flaws = report
        .findings
        .iter()
        .filter(|it| it.vulnerability.is_some());
    assert_eq!(flaws.clone().count(), 2);
    flaws
        .filter_map(|it| match &it.status {
            Status::Accepted(by) => {
                let reason = by.reason.clone().unwrap_or_default();
                Some((it.check.to_string(), by.source.as_str(), reason))
            }
            _ => None,
        })
        .collect()
}

fn ids(exceptions: &ImageExceptions) -> Vec<String> {
    accepted(exceptions)
        .into_iter()
        .map(|(id, ..)| id)
        .collect()
}

fn of_file(name: &str, text: &str) -> ImageExceptions {
    let mut exceptions = ImageExceptions::none(as_of());
    exceptions
        .add_ignore_file(&Source::new(name, text))
        .unwrap();
    exceptions
}

fn of_vex(documents: &[Value]) -> ImageExceptions {
    let mut exceptions = ImageExceptions::none(as_of());
    for document in documents {
        exceptions
            .add_vex("vex.json", document.to_string().as_bytes())
            .unwrap();
    }
    exceptions
}

#[test]
fn the_configuration_accepts_by_id_package_and_image() {
    let check = |entry: &str, expected: &[&str]| {
        let text = format!("[[exceptions]]\nreason = \"why\"\n{entry}\n");
        let config = Config::parse("ringwall.toml", &text).unwrap();
        let source = Source::new("ringwall.toml", text);
        let exceptions = ImageExceptions::of_config(&config, &source, as_of()).unwrap();
        assert_eq!(ids(&exceptions), expected, "{entry}");
    };
    check("checks = [\"D-1\"]", &["D-1"]);
    check("checks = [\"D-1\"]\npackages = [\"libc*\"]", &["D-1"]);
    check("checks = [\"D-1\"]\npackages = [\"openssl\"]", &[]);
    check("checks = [\"D-1\"]\nimages = [\"im*\"]", &["D-1"]);
    check("checks = [\"D-1\"]\nimages = [\"other\"]", &[]);
    check("checks = [\"D-1\"]\nuntil = \"1969-12-31\"", &[]);
}

#[test]
fn severities_of_the_configuration_hold_for_images_and_order_them() {
    let image = layers_of(&[&[OS, ("bin/sh", "#!")]]);
    let judge = |text: &str| {
        let config = Config::parse("ringwall.toml", text).unwrap();
        let source = Source::new("ringwall.toml", text);
        let exceptions = ImageExceptions::of_config(&config, &source, as_of()).unwrap();
        let report = scan_accepting(image.path(), Advisories::Missing, &exceptions);
        let findings = report.findings.iter();
        let findings = findings.map(|it| (it.check.to_string(), it.severity));
        findings.collect::<Vec<_>>()
    };
    let shell = |severity| ("shell-in-image".to_owned(), severity);
    let plain = judge("");
    assert!(
        plain.contains(&shell(Severity::Info)) && plain[0] != shell(Severity::Info),
        "{plain:?}"
    );
    let set = judge("[severities]\nshell-in-image = \"critical\"\n");
    assert_eq!(set[0], shell(Severity::Critical));
    assert_eq!(set.len(), plain.len());
}

#[test]
fn what_is_not_assessed_can_be_accepted() {
    let text = "[[exceptions]]\nchecks = [\"unassessed-vulnerabilities\"]\nreason = \"offline\"\n";
    let config = Config::parse("ringwall.toml", text).unwrap();
    let source = Source::new("ringwall.toml", text);
    let exceptions = ImageExceptions::of_config(&config, &source, as_of()).unwrap();
    let image = layers_of(&[&[OS, ("var/lib/dpkg/status", STATUS)]]);
    let report = scan_accepting(image.path(), Advisories::Missing, &exceptions);
    assert_eq!(report.not_assessed.len(), 1);
    assert!(report.not_assessed[0].exception.is_some());
    assert!(!report.is_incomplete());
    let none = ImageExceptions::none(as_of());
    assert!(scan_accepting(image.path(), Advisories::Missing, &none).is_incomplete());
}

#[test]
fn files_of_other_scanners_are_honoured() {
    let check = |name: &str, text: &str, expected: &[&str]| {
        assert_eq!(ids(&of_file(name, text)), expected, "{name}: {text}");
    };
    check(
        ".trivyignore",
        "# all\nD-1 # why\nCVE-2026-1 exp:1970-01-02\n",
        &["CVE-2026-1", "D-1"],
    );
    // It has ended on the day that it names.
    for ended in ["exp:1969-12-31", "exp:1970-01-01", "# why exp:1970-01-01"] {
        check(".trivyignore", &format!("CVE-2026-1 {ended}\n"), &[]);
    }
    // By another id of the same flaw.
    check(".trivyignore", "GHSA-1\n", &["CVE-2026-1"]);
    check(".trivyignore", "\u{feff}GHSA-1\n", &["CVE-2026-1"]);
    let trivy =
        |more: &str| format!("vulnerabilities:\n  - id: CVE-2026-1\n    statement: why\n{more}");
    check(".trivyignore.yaml", &trivy(""), &["CVE-2026-1"]);
    check(
        ".trivyignore.yaml",
        &trivy("    purls: [\"pkg:npm/ms\"]\n"),
        &["CVE-2026-1"],
    );
    check(
        ".trivyignore.yaml",
        &trivy("    purls: [\"pkg:npm/m\"]\n"),
        &[],
    );
    check(
        ".trivyignore.yaml",
        &trivy("    paths: [\"a/**\"]\n"),
        &["CVE-2026-1"],
    );
    check(".trivyignore.yaml", &trivy("    paths: [\"b/**\"]\n"), &[]);
    // A star stays within its folder.
    check(".trivyignore.yaml", &trivy("    paths: [\"a/*\"]\n"), &[]);
    check(
        ".trivyignore.yaml",
        &trivy("    paths: [\"a/*/ms/*.json\"]\n"),
        &["CVE-2026-1"],
    );
    check(
        ".trivyignore.yaml",
        &trivy("    purls: [\"pkg:npm/ms@2.0.1\", \"pkg:npm/ms?arch=x\"]\n"),
        &[],
    );
    check(
        ".trivyignore.yaml",
        &trivy("    expired_at: 1970-01-01\n"),
        &[],
    );
    check(
        ".grype.yaml",
        "ignore:\n  - vulnerability: CVE-2026-1\n",
        &["CVE-2026-1"],
    );
    check(
        ".grype.yaml",
        "ignore:\n  - fix-state: fixed\n    package: {type: deb}\n",
        &["D-1"],
    );
    check(".grype.yaml", "ignore:\n  - fix-state: not-fixed\n", &[]);
    check(
        ".grype.yaml",
        "ignore:\n  - package: {location: '/a/**'}\n",
        &["CVE-2026-1"],
    );
    let location = |location: &str| {
        format!("ignore:\n  - vulnerability: CVE-2026-1\n    package: {{location: {location}}}\n")
    };
    check(".grype.yaml", &location("/a/*"), &[]);
    check(".grype.yaml", &location("/a/**"), &["CVE-2026-1"]);
    // A name may be an expression, which has to fit all of the name.
    let name = |name: &str| format!("ignore:\n  - package: {{name: '{name}'}}\n");
    check(".grype.yaml", &name("m.?"), &["CVE-2026-1"]);
    check(".grype.yaml", &name("m.+x"), &[]);
    check(".grype.yaml", &name("m|x"), &[]);
    let language =
        |language: &str| format!("ignore:\n  - package: {{name: ms, language: {language}}}\n");
    check(".grype.yaml", &language("javascript"), &["CVE-2026-1"]);
    check(".grype.yaml", &language("python"), &[]);
    let upstream =
        "ignore:\n  - vulnerability: CVE-2026-1\n    package: {upstream-name: openssl}\n";
    check(".grype.yaml", upstream, &[]);
    check(
        "osv-scanner.toml",
        "[[IgnoredVulns]]\nid = \"GHSA-1\"\nreason = \"why\"\n",
        &["CVE-2026-1"],
    );
    check(
        "osv-scanner.toml",
        "[[IgnoredVulns]]\nid = \"GHSA-1\"\nignoreUntil = 1970-01-01\n",
        &[],
    );
    check(
        "osv-scanner.toml",
        "[[PackageOverrides]]\nname = \"ms\"\necosystem = \"npm\"\nignore = true\n",
        &["CVE-2026-1"],
    );
    let reasons = accepted(&of_file(".trivyignore", "D-1 # not reachable\n"));
    assert_eq!(
        reasons,
        [("D-1".to_owned(), "trivy", "not reachable".to_owned())]
    );
}

#[test]
fn an_entry_is_about_what_its_scanner_looks_for() {
    let database = database(&[before("CVE-2026-1", "npm", "ms", "3.0.0")]);
    let key = format!("{}{}", "ghp_", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let token = format!("token: {key}\n");
    let files = [
        ("srv/app/config.yml", &*token),
        ("srv/app/node_modules/ms/package.json", MS),
    ];
    let image = layers_of(&[&files]);
    let accepted = |name: &str, text: &str| {
        let exceptions = of_file(name, text);
        let report = scan_accepting(image.path(), Advisories::Database(&database), &exceptions);
        let checks = report.findings.iter().map(|it| &*it.check);
        let checks: Vec<_> = checks.collect();
        for id in ["CVE-2026-1", "plaintext-secret/github", "unset-image-user"] {
            assert!(checks.contains(&id), "{checks:?}");
        }
        let findings = report.findings.iter().filter(|it| !it.fails());
        let accepted = findings.map(|it| it.check.to_string());
        accepted.collect::<Vec<_>>()
    };
    let location = |location: &str| format!("ignore:\n- package:\n    location: '{location}'\n");
    for rule in [location("/srv/app/**"), location("**")] {
        assert_eq!(accepted(".grype.yaml", &rule), ["CVE-2026-1"], "{rule}");
    }
    let ids = ["CVE-2026-1", "plaintext-secret/github", "unset-image-user"];
    for (at, section) in ["vulnerabilities", "secrets", "misconfigurations"]
        .into_iter()
        .enumerate()
    {
        let entries = ids.map(|id| format!("- id: {id}\n"));
        let rules = format!("{section}:\n{}", entries.concat());
        let found = accepted(".trivyignore.yaml", &rules);
        assert_eq!(found, [ids[at]], "{section}");
    }
    let osv = ids.map(|id| format!("[[IgnoredVulns]]\nid = '{id}'\n"));
    assert_eq!(accepted("osv-scanner.toml", &osv.concat()), ["CVE-2026-1"]);
}

#[test]
fn an_unknown_fix_is_not_one_that_is_not_there() {
    let mut unfixed = before("D-1", "Debian:12", "glibc", "3");
    unfixed["affected"][0]["ranges"][0]["events"] = json!([{"introduced": "0"}]);
    let database = database(&[unfixed]);
    let image = layers_of(&[&[OS, ("var/lib/dpkg/status", STATUS)]]);
    let check = |state: &str, expected: usize| {
        let exceptions = of_file(".grype.yaml", &format!("ignore:\n- fix-state: {state}\n"));
        let report = scan_accepting(image.path(), Advisories::Database(&database), &exceptions);
        let flaws = report.findings.iter().filter(|it| it.check == "D-1");
        let accepted = flaws.filter(|it| !it.fails()).count();
        assert_eq!(accepted, expected, "{state}");
    };
    check("not-fixed", 1);
    check("unknown", 0);
    check("wont-fix", 0);
    check("fixed", 0);
}

#[test]
fn an_override_is_about_one_distribution_and_its_release() {
    let check = |ecosystem: &str, expected: &[&str]| {
        let text = format!("[[PackageOverrides]]\necosystem = '{ecosystem}'\nignore = true\n");
        assert_eq!(
            ids(&of_file("osv-scanner.toml", &text)),
            expected,
            "{ecosystem}"
        );
    };
    check("Debian:12", &["D-1"]);
    check("Debian", &["D-1"]);
    for other in ["Debian:11", "Ubuntu", "Ubuntu:22.04", "Alpine", "Red Hat"] {
        check(other, &[]);
    }
    check("npm", &["CVE-2026-1"]);
}

#[test]
fn packages_are_named_as_their_ecosystem_names_them() {
    let mut builder = Vec::new();
    for (ecosystem, name) in [
        ("PyPI", "tea-pot"),
        ("RubyGems", "tea"),
        ("Debian:12", "glibc"),
    ] {
        builder.push(before(&format!("X-{name}"), ecosystem, name, "9"));
    }
    let database = database(&builder);
    let image = layers_of(&[&[
        OS,
        ("var/lib/dpkg/status", STATUS),
        (
            "usr/lib/python3/site-packages/Tea_Pot-1.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: Tea_Pot\nVersion: 1\n",
        ),
        (
            "usr/lib/gems/specifications/tea-1.gemspec",
            "Gem::Specification.new do |s|\n  s.name = \"tea\".freeze\n  s.version = \"1\"\nend\n",
        ),
    ]]);
    let check = |name: &str, text: &str, expected: &[&str]| {
        let exceptions = of_file(name, text);
        let report = scan_accepting(image.path(), Advisories::Database(&database), &exceptions);
        let flaws = report.findings.iter().filter(|it| !it.fails());
        let flaws: Vec<_> = flaws.map(|it| &*it.check).collect();
        assert_eq!(flaws, expected, "{text}");
    };
    let over = |name: &str, ecosystem: &str| {
        format!("[[PackageOverrides]]\nname = '{name}'\necosystem = '{ecosystem}'\nignore = true\n")
    };
    check("osv-scanner.toml", &over("tea.pot", "PyPI"), &["X-tea-pot"]);
    check("osv-scanner.toml", &over("tea", "RubyGems"), &["X-tea"]);
    check("osv-scanner.toml", &over("Tea", "RubyGems"), &[]);
    check("osv-scanner.toml", &over("tea", "PyPI"), &[]);
}

#[test]
fn entries_that_cover_nothing_are_told() {
    let told = |name: &str, text: &str| -> Vec<(String, u32)> {
        let report = judged(&of_file(name, text));
        let told = report.findings.iter();
        let told = told.filter(|it| it.check == "unused-exception" && it.fails());
        told.map(|it| {
            assert_eq!(&*it.location.file, name);
            (it.message.clone(), it.location.start.line)
        })
        .collect()
    };
    let unused = |what: &str| format!("the entry for {what} covers nothing in this image");
    assert_eq!(
        told(
            ".trivyignore",
            "CVE-2026-1\n# why\nCVE-2026-2\nAVD-XYZ-0001\nCVE-2026-3 exp:1969-12-31\n"
        ),
        [(unused("CVE-2026-2"), 3)]
    );
    assert_eq!(
        told(".grype.yaml", "ignore:\n  - package: {name: none}\n"),
        [(unused("none"), 1)]
    );
    assert_eq!(
        told(".grype.yaml", "ignore:\n  - fix-state: unknown\n"),
        [(unused("an unknown fix-state"), 1)]
    );
    assert_eq!(
        told("osv-scanner.toml", "[[IgnoredVulns]]\nid = 'GHSA-1'\n"),
        []
    );
    let over = |ecosystem: &str| {
        format!("[[PackageOverrides]]\necosystem = '{ecosystem}'\nignore = true\n")
    };
    for (ecosystem, named) in [
        ("Debian:bookworm", "Debian:bookworm"),
        ("RubyGems", "packages of gem"),
        ("GitHub Actions", "packages of GitHub Actions"),
    ] {
        let told = told("osv-scanner.toml", &over(ecosystem));
        assert_eq!(told, [(unused(named), 1)]);
    }
    // Without a database nothing is known to have no flaw.
    let image = layers_of(&[&[OS, ("var/lib/dpkg/status", STATUS)]]);
    let exceptions = of_file(".trivyignore", "CVE-2026-2\n");
    let report = scan_accepting(image.path(), Advisories::Missing, &exceptions);
    assert!(
        report
            .findings
            .iter()
            .all(|it| it.check != "unused-exception")
    );
}

#[test]
fn a_file_that_would_accept_too_much_is_refused() {
    let refused = |name: &str, text: &str| {
        let mut exceptions = ImageExceptions::none(as_of());
        exceptions
            .add_ignore_file(&Source::new(name, text))
            .unwrap_err()
            .to_string()
    };
    assert!(refused(".grype.yaml", "ignore:\n  - reason: all\n").contains("everything"));
    assert!(
        refused(
            ".grype.yaml",
            "ignore:\n  - vex-status: fixed\n    vulnerability: A\n"
        )
        .contains("vex-status")
    );
    assert!(
        refused("osv-scanner.toml", "[[PackageOverrides]]\nignore = true\n").contains("everything")
    );
    assert!(refused(".trivyignore", "A exp:never\n").contains("never"));
    for line in ["A Exp:2020-01-01", "A exp: 2020-01-01", "A because"] {
        refused(".trivyignore", line);
    }
    for more in [
        "path: a",
        "paths: a",
        "purls: pkg:npm/other",
        "purls: [other]",
        "expiredAt: 2020-01-01",
        "expired_at: 20200101",
    ] {
        let text = format!("vulnerabilities:\n  - id: A\n    {more}\n");
        assert!(refused(".trivyignore.yaml", &text).contains("vulnerabilities: "));
    }
    refused(".trivyignore.yaml", "vulnerabilities: {id: A}\n");
    for package in [
        "foo",
        "{version: 1.2}",
        "{language: tea}",
        "{nam: foo}",
        "{name: \"a(\"}",
    ] {
        let text = format!("ignore:\n  - vulnerability: A\n    package: {package}\n");
        assert!(refused(".grype.yaml", &text).contains("ignore: "));
    }
    let osv = |section: &str, more: &str| {
        let text = format!("[[{section}]]\n{more}\n");
        assert!(refused("osv-scanner.toml", &text).contains(section));
    };
    osv("IgnoredVulns", "id = 'A'\nignore_until = 2020-01-01");
    osv(
        "PackageOverrides",
        "ecosystem = 'npm'\ngroup = 'dev'\nignore = true",
    );
    osv(
        "PackageOverrides",
        "name = 'ms'\nversion = 4\nignore = true",
    );
    // Types of packages are no ecosystems, and those have one spelling.
    for ecosystem in ["deb", "rpm", "apk", "NPM", "pypi", "tea"] {
        let text = format!("ecosystem = '{ecosystem}'\nignore = true");
        osv("PackageOverrides", &text);
    }
    osv("ignoredvulns", "id = 'A'");
    assert!(refused(".grype.yaml", "- vulnerability: A\n").contains("no map"));
    assert!(refused(".grype.yaml", "Ignore:\n  - vulnerability: A\n").contains("write ignore"));
    assert!(refused("ignore.txt", "A").contains(".trivyignore"));
}

const TIME: &str = "2026-01-02T03:04:05Z";

fn openvex(product: &str, status: &str, time: &str) -> Value {
    json!({
        "@context": "https://openvex.dev/ns/v0.2.0",
        "timestamp": time,
        "statements": [{
            "vulnerability": {"name": "CVE-2026-1"},
            "products": [{"@id": product}],
            "status": status,
            "justification": "vulnerable_code_not_in_execute_path",
        }],
    })
}

#[test]
fn makers_of_products_say_what_has_a_flaw() {
    let check = |documents: &[Value], expected: &[&str]| {
        assert_eq!(ids(&of_vex(documents)), expected, "{documents:?}");
    };
    let said = |product: &str| openvex(product, "not_affected", TIME);
    check(&[said("pkg:npm/ms")], &["CVE-2026-1"]);
    check(&[said("pkg:npm/ms@2.0.0")], &["CVE-2026-1"]);
    check(&[said("pkg:npm/ms@2.0.1")], &[]);
    check(&[said("pkg:npm/other")], &[]);
    check(&[said("image")], &["CVE-2026-1"]);
    check(&[said("pkg:oci/image?arch=arm64")], &["CVE-2026-1"]);
    check(
        &[said("pkg:oci/image?repository_url=docker.io/library/image")],
        &["CVE-2026-1"],
    );
    check(&[said("pkg:oci/image?arch=amd64")], &[]);
    // What is about a component of the image, and about one of another.
    let mut component = said("image");
    component["statements"][0]["products"][0]["subcomponents"] = json!([{"@id": "pkg:npm/ms"}]);
    check(&[component.clone()], &["CVE-2026-1"]);
    component["statements"][0]["products"][0]["@id"] = "pkg:oci/other".into();
    check(&[component], &[]);
    // The later word counts, in whatever order they are read.
    let affected = openvex("pkg:npm/ms", "affected", "2026-06-01T00:00:00Z");
    check(&[affected.clone(), said("pkg:npm/ms")], &[]);
    check(&[said("pkg:npm/ms"), affected], &[]);
    let waits = openvex("pkg:npm/ms", "under_investigation", TIME);
    check(&[waits], &[]);
    let reasons = accepted(&of_vex(&[said("pkg:npm/ms")]));
    assert_eq!(reasons[0].1, "openvex");
    assert_eq!(
        reasons[0].2,
        "not affected: vulnerable code not in execute path"
    );
}

#[test]
fn a_statement_without_a_reason_is_not_followed_and_said() {
    let mut bare = openvex("pkg:npm/ms", "not_affected", TIME);
    bare["statements"][0]
        .as_object_mut()
        .unwrap()
        .remove("justification");
    let exceptions = of_vex(&[bare]);
    assert_eq!(ids(&exceptions), Vec::<String>::new());
    let report = judged(&exceptions);
    assert!(
        report
            .not_assessed
            .iter()
            .any(|gap| gap.id == "unusable-vex")
    );
    assert!(ImageExceptions::none(as_of()).add_vex("a", b"{}").is_err());
    assert!(ImageExceptions::none(as_of()).add_vex("a", b"[").is_err());
}

/// What is accepted by a document, and how many of its statements are not followed.
fn followed(document: &Value) -> (Vec<String>, usize) {
    let exceptions = of_vex(std::slice::from_ref(document));
    let report = judged(&exceptions);
    let gaps = report.not_assessed.iter();
    let unusable = gaps.filter(|gap| gap.id == "unusable-vex").count();
    (ids(&exceptions), unusable)
}

fn none_and(unusable: usize) -> (Vec<String>, usize) {
    (Vec::new(), unusable)
}

#[test]
fn a_reason_that_is_none_and_a_time_that_is_none_are_said() {
    let said = || openvex("pkg:npm/ms", "not_affected", TIME);
    for (field, value) in [
        ("justification", ""),
        ("justification", "because_i_say_so"),
        ("timestamp", "2026-01-06"),
    ] {
        let mut document = said();
        document["statements"][0][field] = value.into();
        assert_eq!(followed(&document), none_and(1), "{field}");
    }
    let mut document = said();
    document["statements"][0]["justification"] = Value::Null;
    document["statements"][0]["impact_statement"] = "  ".into();
    assert_eq!(followed(&document), none_and(1));
}

#[test]
fn csaf_names_versions_by_branches_and_reasons_by_products() {
    let check = |category: &str, name: &str, more: Value, expected: (Vec<String>, usize)| {
        let mut flaw = json!({
            "cve": "CVE-2026-1",
            "product_status": {"known_not_affected": ["P1"]},
        });
        flaw.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let document = json!({
            "document": {"csaf_version": "2.0", "category": "csaf_vex", "tracking": {"current_release_date": TIME}},
            "product_tree": {
                "branches": [{"category": category, "name": name, "product": {
                    "product_id": "P1", "name": "ms",
                    "product_identification_helper": {"purl": "pkg:npm/ms"},
                }}],
                "product_groups": [{"group_id": "G", "product_ids": ["P1"]}],
            },
            "vulnerabilities": [flaw],
        });
        assert_eq!(followed(&document), expected, "{name}");
    };
    let all = || (vec!["CVE-2026-1".to_owned()], 0);
    let flag = || json!({"flags": [{"label": "component_not_present", "group_ids": ["G"]}]});
    check("product_version", "2.0.0", flag(), all());
    check("product_version", "2.0.1", flag(), none_and(0));
    check("product_version_range", "vers:npm/<2.0.1", flag(), all());
    check(
        "product_version_range",
        "vers:npm/>=2.0.1",
        flag(),
        none_and(0),
    );
    check("product_version_range", "<2.0.1", flag(), none_and(1));
    check("product_version", "2.0.0", json!({}), none_and(1));
    let fixed = || json!({"product_status": {"fixed": ["P1"]}});
    check(
        "product_version_range",
        "vers:npm/>=2.0.1",
        fixed(),
        none_and(0),
    );
    check("product_version", "2.0.0", fixed(), all());
}

#[test]
fn cyclonedx_names_versions_beside_package_urls() {
    let check = |version: &str, versions: Value, expected: (Vec<String>, usize)| {
        let document = json!({
            "bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"timestamp": TIME},
            "components": [{"bom-ref": "c1", "name": "ms", "version": version, "purl": "pkg:npm/ms"}],
            "vulnerabilities": [{
                "id": "CVE-2026-1", "affects": [{"ref": "c1", "versions": versions}],
                "analysis": {"state": "not_affected", "justification": "code_not_reachable"},
            }],
        });
        assert_eq!(followed(&document), expected, "{version} {versions}");
    };
    let all = || (vec!["CVE-2026-1".to_owned()], 0);
    check("", json!([]), all());
    check("2.0.0", json!([]), all());
    check("2.0.1", json!([]), none_and(0));
    check(
        "",
        json!([{"version": "2.0.0", "status": "unaffected"}]),
        all(),
    );
    check(
        "",
        json!([{"version": "2.0.1", "status": "unaffected"}]),
        none_and(0),
    );
    check(
        "",
        json!([{"range": "vers:npm/>=1.0.0", "status": "unaffected"}]),
        all(),
    );
    check(
        "",
        json!([{"range": "vers:npm/<2.0.0", "status": "unaffected"}]),
        none_and(0),
    );
    check(
        "",
        json!([{"range": "<2", "status": "unaffected"}]),
        none_and(1),
    );
    check(
        "",
        json!([{"version": "2.0.0", "status": "affected"}]),
        none_and(1),
    );
}

#[test]
fn csaf_and_cyclonedx_say_the_same() {
    let csaf = json!({
        "document": {"csaf_version": "2.0", "category": "csaf_vex", "tracking": {"current_release_date": TIME}},
        "product_tree": {
            "branches": [{"branches": [{"product": {
                "product_id": "P1", "name": "ms",
                "product_identification_helper": {"purl": "pkg:npm/ms@2.0.0"},
            }}]}],
            "full_product_names": [{"product_id": "I", "name": "image"}],
            "relationships": [{
                "product_reference": "P1", "relates_to_product_reference": "I",
                "category": "default_component_of",
                "full_product_name": {"product_id": "I:P1", "name": "ms in image"},
            }],
        },
        "vulnerabilities": [{
            "cve": "CVE-2026-1",
            "product_status": {"known_not_affected": ["I:P1"]},
            "flags": [{"label": "component_not_present", "product_ids": ["I:P1"]}],
        }],
    });
    let reasons = accepted(&of_vex(std::slice::from_ref(&csaf)));
    assert_eq!(reasons.len(), 1);
    assert_eq!(
        (reasons[0].1, &*reasons[0].2),
        ("csaf", "not affected: component not present")
    );
    let mut unknown = csaf;
    unknown["vulnerabilities"][0]["product_status"]["known_not_affected"] = json!(["nowhere"]);
    let exceptions = of_vex(&[unknown]);
    assert_eq!(ids(&exceptions), Vec::<String>::new());
    assert!(
        judged(&exceptions)
            .not_assessed
            .iter()
            .any(|gap| gap.id == "unusable-vex")
    );
    let cyclonedx = |state: &str| {
        json!({
            "bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"timestamp": TIME},
            "components": [{"bom-ref": "c1", "type": "library", "name": "ms", "purl": "pkg:npm/ms@2.0.0"}],
            "vulnerabilities": [{
                "id": "CVE-2026-1", "affects": [{"ref": "c1"}],
                "analysis": {"state": state, "justification": "code_not_reachable"},
            }],
        })
    };
    assert_eq!(ids(&of_vex(&[cyclonedx("not_affected")])), ["CVE-2026-1"]);
    assert_eq!(ids(&of_vex(&[cyclonedx("resolved")])), ["CVE-2026-1"]);
    assert_eq!(
        ids(&of_vex(&[cyclonedx("exploitable")])),
        Vec::<String>::new()
    );
    assert_eq!(
        ids(&of_vex(&[cyclonedx("in_triage")])),
        Vec::<String>::new()
    );
}
