//! SBOMs: what is written of an image, and what is read of what ringwall and others write.

use std::{collections::BTreeSet, fs, io::Read};

use flate2::read::GzDecoder;
use ringwall_advisory::Database;
use ringwall_collect::sbom::open_sbom;
use ringwall_engine::{Advisories, ImageExceptions, ImageOptions, import_advisories, scan_sbom};
use ringwall_image::Sbom;
use ringwall_model::Date;
use ringwall_report::{ImagePackage, ImageReport, image_cyclonedx, image_spdx};
use serde_json::{Value, json};

use crate::{
    build::{MS, OS, STATUS, gaps, layers_of, scan, scan_with, shared},
    contents::rpm_database,
    vulnerabilities::{before, database},
};

const FORMS: [&str; 2] = ["CycloneDX", "SPDX"];

fn written(report: &ImageReport, form: &str) -> Vec<u8> {
    let mut out = Vec::new();
    match form {
        "SPDX" => image_spdx(report, &mut out).unwrap(),
        _ => image_cyclonedx(report, &mut out).unwrap(),
    }
    out
}

pub(crate) fn judge(bytes: &[u8], advisories: Advisories<'_>) -> ImageReport {
    let none = ImageExceptions::none(Date::from_unix_seconds(0));
    judge_accepting(bytes, advisories, &none)
}

fn judge_accepting(
    bytes: &[u8],
    advisories: Advisories<'_>,
    exceptions: &ImageExceptions,
) -> ImageReport {
    let options = ImageOptions {
        name: "sbom.json",
        advisories,
        exceptions,
        finds_secrets: false,
        rules: None,
        cache: None,
        as_of: Date::from_unix_seconds(0),
    };
    scan_sbom(Sbom::parse(bytes).unwrap(), &options)
}

fn read(sbom: &Value) -> ImageReport {
    judge(sbom.to_string().as_bytes(), Advisories::Missing)
}

/// All that is said about flaws of packages, but where the image is. Secrets and configuration are in no SBOM.
fn findings(report: &ImageReport) -> Vec<String> {
    let flaws = report.findings.iter();
    let flaws = flaws.filter(|finding| finding.vulnerability.is_some());
    let findings = flaws.map(|finding| {
        format!(
            "{} {} {} {:?} {:?}",
            finding.severity,
            finding.message,
            finding.location.file,
            finding.group,
            finding.vulnerability
        )
    });
    findings.collect()
}

fn unzipped(path: &std::path::Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut unpacked = GzDecoder::new(fs::File::open(path).unwrap());
    unpacked.read_to_end(&mut bytes).unwrap();
    bytes
}

fn purls(sbom: &[u8]) -> BTreeSet<String> {
    let sbom: Value = serde_json::from_slice(sbom).unwrap();
    let components = sbom.get("components").unwrap().as_array().unwrap().iter();
    components
        .filter_map(|it| Some(it.get("purl")?.as_str()?.to_owned()))
        .collect()
}

#[test]
fn slim_a_has_the_package_urls_that_syft_writes() {
    let (Some(image), Some(theirs)) = (
        shared("images/slim-a.oci.tar"),
        shared("images/slim-a.cyclonedx.json.gz"),
    ) else {
        return;
    };
    let ours = purls(&written(&scan(&image), "CycloneDX"));
    // As in the list of packages: what an application calls itself is not installed, the version of the main
    // module is none, and the manifest of log4j says more than its file name.
    let theirs: BTreeSet<_> = purls(&unzipped(&theirs))
        .into_iter()
        .filter(|purl| !NOT_INSTALLED.contains(&&**purl))
        .map(|purl| match purl.split_once("/log4j@") {
            Some((group, "1.2" | "1.2-1.2.17")) => format!("{group}/log4j@1.2.17"),
            _ => purl.replace("(devel)", "%28devel%29"),
        })
        .collect();
    let missing: Vec<_> = theirs.difference(&ours).collect();
    let more: Vec<_> = ours.difference(&theirs).collect();
    assert_eq!((missing, more), (vec![], vec![]));
    assert!(ours.len() > 700, "{}", ours.len());
}

const NOT_INSTALLED: [&str; 2] = ["pkg:npm/benchmark@1.0.0", "pkg:npm/proto-app@0.1.0"];

/// Packages as a form can carry them: SPDX has no field for licences that are no expression.
fn carried(report: &ImageReport, form: &str) -> Vec<ImagePackage> {
    // What is hidden is not in an SBOM.
    let visible = report.packages.iter().filter(|it| it.hidden_by.is_none());
    let mut visible: Vec<_> = visible.cloned().collect();
    for package in &mut visible {
        if form == "SPDX" {
            package.licences.clear();
        }
        // A package URL does not tell that its group is only supposed.
        if package.purl.as_deref() == Some("pkg:maven/org.apache.log4j/log4j@1.2.17") {
            "org.apache.log4j:log4j".clone_into(&mut package.name);
        }
    }
    visible.sort_by(|one, other| one.purl.cmp(&other.purl));
    visible
}

#[test]
fn a_real_image_and_its_sbom_have_the_same_flaws() {
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
    for form in FORMS {
        let sbom = written(&report, form);
        let again = judge(&sbom, advisories);
        assert_eq!(findings(&again), findings(&report), "{form}");
        assert_eq!(again.image.digest, report.image.digest);
        assert_eq!(again.image.names, report.image.names);
        assert_eq!(again.image.platform, report.image.platform);
        assert_eq!(again.image.created, report.image.created);
        assert_eq!(again.image.distribution, report.image.distribution);
        assert_eq!(carried(&again, form), carried(&report, form), "{form}");
        assert_eq!(
            gaps(&again),
            ["incomplete-sbom", "unrated-vulnerabilities"],
            "{form}"
        );
        assert!(again.not_assessed[0].reason.contains("/app/suid-jq"));
        // And what is written of it is the same list once more.
        assert_eq!(
            purls(&written(&again, "CycloneDX")),
            purls(&written(&report, "CycloneDX"))
        );
    }
    let Some(theirs) = shared("images/slim-a.cyclonedx.json.gz") else {
        return;
    };
    let theirs = judge(&unzipped(&theirs), advisories);
    let named = |report: &ImageReport| -> BTreeSet<_> {
        let findings = report.findings.iter().filter_map(|it| {
            let flaw = it.vulnerability.as_ref()?;
            // Syft writes names of Python in lower case.
            let package = flaw.package.to_lowercase();
            Some(format!("{} {package} {}", it.check, flaw.version))
        });
        findings.collect()
    };
    let (ours, theirs) = (named(&report), named(&theirs));
    let missing: Vec<_> = ours.difference(&theirs).collect();
    let more: Vec<_> = theirs.difference(&ours).collect();
    assert_eq!((missing, more), (vec![], vec![]));
}

#[test]
fn what_the_distribution_brought_is_known_from_an_sbom() {
    let metadata = "usr/lib/python3/dist-packages/requests-2.28.1.egg-info/PKG-INFO";
    let own = "usr/local/lib/python3.11/dist-packages/requests-2.28.1.dist-info/METADATA";
    let requests = "Metadata-Version: 2.1\nName: Requests\nVersion: 2.28.1\n";
    let others = "opt/other/requests-2.28.1.dist-info/METADATA";
    let list = format!("/usr\n/{metadata}\n");
    let list_of_others = format!("/opt\n/{others}\n");
    let status = format!(
        "{STATUS}Package: python3-requests\nStatus: install ok installed\nVersion: 2.28.1-1\nSource: requests\n\nPackage: other\nStatus: install ok installed\nVersion: 1\n\n"
    );
    let image = layers_of(&[&[
        OS,
        ("var/lib/dpkg/status", &status),
        ("var/lib/dpkg/info/python3-requests.list", &list),
        ("var/lib/dpkg/info/other.list", &list_of_others),
        (metadata, requests),
        (own, requests),
        (others, requests),
    ]]);
    let database = database(&[
        before("P-1", "PyPI", "requests", "2.31.0"),
        before("D-1", "Debian:12", "glibc", "9"),
        before("D-2", "Debian:12", "requests", "2"),
    ]);
    let advisories = Advisories::Database(&database);
    let report = scan_with(image.path(), advisories);
    assert_eq!(findings(&report).len(), 3);
    for form in FORMS {
        let again = judge(&written(&report, form), advisories);
        assert_eq!(findings(&again), findings(&report), "{form}");
    }
}

#[test]
fn packages_of_rpm_and_apk_survive_an_sbom() {
    let suse = OS.1.replace("debian", "sles");
    let rpm = layers_of(&[&[
        (OS.0, suse.as_bytes()),
        ("var/lib/rpm/Packages.db", &rpm_database()),
    ]]);
    let alpine = shared("images/trivy/alpine-310.tar.gz");
    for image in [Some(rpm.path().to_owned()), alpine].into_iter().flatten() {
        let report = scan(&image);
        assert!(!report.packages.is_empty());
        for form in FORMS {
            let again = judge(&written(&report, form), Advisories::Missing);
            assert_eq!(carried(&again, form), carried(&report, form), "{form}");
        }
    }
}

#[test]
fn an_sbom_of_trivy_is_read() {
    let Some(sbom) = shared("images/trivy/fluentd-multiple-lockfiles.cdx.json.golden") else {
        return;
    };
    let database = database(&[
        before("D-1", "Debian:10", "acl", "2.2.53-5"),
        before("D-2", "Debian:10", "acl", "2.2.53-4"),
        before("D-3", "Debian:10", "util-linux", "2.33.1-0.2"),
        before("D-4", "Debian:10", "bsdutils", "9"),
    ]);
    let report = judge(&fs::read(sbom).unwrap(), Advisories::Database(&database));
    let distribution = report.image.distribution.as_ref().unwrap();
    assert_eq!(distribution.name, "debian 10.2");
    let flaws: BTreeSet<_> = report
        .findings
        .iter()
        .map(|it| (&*it.check, &*it.vulnerability.as_ref().unwrap().version))
        .collect();
    assert!(flaws.contains(&("D-1", "2.2.53-4")), "{flaws:?}");
    assert!(flaws.contains(&("D-3", "1:2.33.1-0.1")), "{flaws:?}");
    assert!(flaws.iter().all(|(id, _)| ["D-1", "D-3"].contains(id)));
    assert_eq!(gaps(&report), Vec::<&str>::new());
    assert_eq!(report.not_assessed[0].packages, Some(55));
    assert_eq!(
        report.not_assessed[0].reason,
        "no advisories about RubyGems are in the database"
    );
    assert_eq!(report.packages.len(), 160);
    // Trivy says no file of packages that the distribution installs.
    assert_eq!(report.packages[0].path, "sbom.json");
}

#[test]
fn files_that_name_packages_are_no_packages() {
    let read = |name: &str| {
        let bytes = fs::read(shared(name)?).unwrap();
        Some(judge(&bytes, Advisories::Missing))
    };
    let Some(report) = read("images/trivy/pom-cyclonedx.json.golden") else {
        return;
    };
    let names: Vec<_> = report.packages.iter().map(|it| &*it.name).collect();
    assert_eq!(
        names,
        [
            "com.example:log4shell",
            "com.fasterxml.jackson.core:jackson-databind"
        ]
    );
    assert_eq!(gaps(&report), [""; 0]);
    let report = read("images/trivy/conda-spdx.json.golden").unwrap();
    assert_eq!(gaps(&report), [""; 0]);
    let purls: Vec<_> = report
        .packages
        .iter()
        .map(|it| it.purl.as_deref())
        .collect();
    assert_eq!(
        purls,
        [
            Some("pkg:conda/openssl@1.1.1q"),
            Some("pkg:conda/pip@22.2.2")
        ]
    );
}

#[test]
fn what_is_said_of_the_components_of_another_sbom_is_not_followed() {
    const OWN: &str = "3e671687-395b-41f5-a30f-a58921a69b79";
    let flaws = database(&[before("CVE-2026-1", "npm", "ms", "3.0.0")]);
    let check = |serial: Value, reference: &str, is_accepted: bool| {
        let sbom = json!({
            "bomFormat": "CycloneDX", "specVersion": "1.5", "serialNumber": serial,
            "components": [{"type": "library", "name": "ms", "purl": "pkg:npm/ms@2.0.0"}],
        });
        let vex = json!({
            "bomFormat": "CycloneDX", "specVersion": "1.5",
            "vulnerabilities": [{
                "id": "CVE-2026-1", "affects": [{"ref": reference}],
                "analysis": {"state": "not_affected", "justification": "code_not_reachable"},
            }],
        });
        let mut exceptions = ImageExceptions::none(Date::from_unix_seconds(0));
        let vex = vex.to_string();
        exceptions.add_vex("vex.json", vex.as_bytes()).unwrap();
        let advisories = Advisories::Database(&flaws);
        let report = judge_accepting(sbom.to_string().as_bytes(), advisories, &exceptions);
        let found: Vec<_> = report.findings.iter().map(|it| !it.fails()).collect();
        assert_eq!(found, [is_accepted], "{sbom} {reference}");
    };
    let own = || json!(format!("urn:uuid:{OWN}"));
    check(own(), &format!("urn:cdx:{OWN}/1#pkg:npm/ms@2.0.0"), true);
    check(
        own(),
        "urn:cdx:ffffffff-395b-41f5-a30f-a58921a69b79/1#pkg:npm/ms@2.0.0",
        false,
    );
    check(own(), "pkg:npm/ms@2.0.0", true);
    // An SBOM without a number may be any.
    check(
        Value::Null,
        &format!("urn:cdx:{OWN}/1#pkg:npm/ms@2.0.0"),
        true,
    );
}

#[test]
fn old_and_nested_documents_of_cyclonedx_are_read() {
    let report = read(&json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.2",
        "metadata": {
            "tools": [{"vendor": "anchore", "name": "syft", "version": "0.1"}, {"vendor": "x"}],
            "component": {
                "type": "application", "name": "app", "version": "1", "purl": "pkg:npm/app@1",
                "components": [{"type": "library", "name": "a", "version": "1", "purl": "pkg:npm/a@1"}],
            },
        },
        "components": [
            {"type": "library", "name": "b", "version": "2", "purl": "pkg:npm/b@2", "components": [
                {"type": "library", "name": "c", "version": "3", "purl": "pkg:npm/%40x/c@3"},
                {"type": "library", "name": "d", "version": "3"},
            ]},
            {"type": "file", "name": "/bin/sh"},
            {"type": "library", "name": "e", "purl": "npm/e"},
        ],
    }));
    let names: Vec<_> = report.packages.iter().map(|it| &*it.name).collect();
    assert_eq!(names, ["@x/c", "a", "b"]);
    let sbom = report.image.sbom.as_ref().unwrap();
    assert_eq!(sbom.tools, ["syft 0.1"]);
    let reasons: Vec<_> = report.not_assessed.iter().map(|it| &*it.reason).collect();
    assert_eq!(
        reasons[..2],
        [
            "with a package URL that is none",
            "without a package URL: library"
        ]
    );
}

#[test]
fn syft_s_words_in_spdx_are_known() {
    let package = |id: &str, purl: &str, source: &str| {
        json!({
            "SPDXID": id, "name": id, "sourceInfo": source,
            "externalRefs": [
                {"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a"},
                {"referenceCategory": "PACKAGE_MANAGER", "referenceType": "purl", "referenceLocator": purl},
            ],
        })
    };
    let sbom = json!({
        "spdxVersion": "SPDX-2.2",
        "creationInfo": {"creators": ["Organization: Anchore, Inc", "Tool: syft-1.18.1"]},
        "packages": [
            {"SPDXID": "image", "name": "shop", "primaryPackagePurpose": "CONTAINER"},
            package("d", "pkg:deb/debian/python3-requests@2.28.1?distro=debian-12",
                "acquired package info from DPKG DB: /var/lib/dpkg/status, /usr/share/doc/a"),
            package("p", "pkg:pypi/requests@2.28.1", ""),
            {"SPDXID": "nameless", "name": "nameless"},
        ],
        "relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "image"},
            {"spdxElementId": "d", "relationshipType": "OTHER", "relatedSpdxElement": "p",
             "comment": "ownership-by-file-overlap: indicates that the parent package claims ownership"},
            {"spdxElementId": "image", "relationshipType": "CONTAINS", "relatedSpdxElement": "d"},
        ],
    });
    let report = read(&sbom);
    assert_eq!(report.image.sbom.as_ref().unwrap().tools, ["syft-1.18.1"]);
    assert_eq!(report.packages[0].path, "var/lib/dpkg/status");
    assert!(report.packages[1].of_distribution);
    assert_eq!(report.image.distribution.as_ref().unwrap().version_id, "12");
    assert_eq!(gaps(&report), ["unassessed-packages"]);
}

#[test]
fn syft_s_owners_in_spdx_mend_what_they_know() {
    let database = database(&[
        before("N-1", "npm", "ms", "3.0.0"),
        before("D-1", "Debian:12", "known", "1"),
        before("P-1", "PyPI", "other", "1"),
    ]);
    let check = |owner: &str, expected: &[&str]| {
        let package = |id: &str, purls: &[&str]| {
            let references = purls.iter().map(|purl| {
                json!({"referenceCategory": "PACKAGE_MANAGER", "referenceType": "purl", "referenceLocator": purl})
            });
            json!({"SPDXID": id, "name": id, "externalRefs": references.collect::<Vec<_>>()})
        };
        let sbom = json!({
            "spdxVersion": "SPDX-2.3",
            "creationInfo": {"creators": ["Tool: syft-1.18.1"]},
            "packages": [
                package("known", &["pkg:deb/debian/known@1.0?distro=debian-12"]),
                package("shop", &["pkg:deb/debian/shop@1.0?distro=debian-12"]),
                package("wheel", &["pkg:pypi/known@1.0"]),
                // Under the second of its names it has a flaw.
                package("ms", &["pkg:generic/ms@2.0.0", "pkg:npm/ms@2.0.0"]),
            ],
            "relationships": [
                {"spdxElementId": owner, "relationshipType": "OTHER", "relatedSpdxElement": "ms",
                 "comment": "ownership-by-file-overlap: indicates that the parent package claims ownership"},
            ],
        });
        let report = judge(sbom.to_string().as_bytes(), Advisories::Database(&database));
        let found = report.findings.iter().map(|it| &*it.check);
        assert_eq!(found.collect::<Vec<_>>(), expected, "{owner}");
        assert_eq!(gaps(&report), [""; 0], "{owner}");
    };
    check("known", &[]);
    // A package of somebody else, one of another kind, and one that nobody lists.
    check("shop", &["N-1"]);
    check("wheel", &["N-1"]);
    check("missing", &["N-1"]);
}

#[test]
fn trivy_s_words_in_spdx_are_known() {
    let sbom = json!({
        "spdxVersion": "SPDX-2.2",
        "creationInfo": {"creators": ["Tool: trivy", "Organization: aquasecurity"]},
        "packages": [
            {"SPDXID": "SPDXRef-ContainerImage-1", "name": "shop"},
            {"SPDXID": "SPDXRef-Application-1", "name": "app/composer.lock", "versionInfo": "composer"},
            {"SPDXID": "SPDXRef-OperatingSystem-1", "name": "alpine", "versionInfo": "3.16.0"},
            {
                "SPDXID": "SPDXRef-Package-1", "name": "musl-utils", "versionInfo": "1.2.3-r0",
                "sourceInfo": "built package from: musl 1.2.3-r0", "licenseDeclared": "NONE",
                "externalRefs": [{
                    "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                    "referenceLocator": "pkg:apk/alpine/musl-utils@1.2.3-r0?distro=3.16.0",
                }],
            },
        ],
        "relationships": [{
            "spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBE",
            "relatedSpdxElement": "SPDXRef-ContainerImage-1",
        }],
        "files": [null],
    });
    let database = database(&[before("A-1", "Alpine:v3.16", "musl", "1.2.3-r1")]);
    let report = judge(sbom.to_string().as_bytes(), Advisories::Database(&database));
    assert_eq!(
        &*report.findings[0].message,
        "musl-utils 1.2.3-r0 has A-1: a flaw"
    );
    assert_eq!(report.packages[0].licences, [""; 0]);
    assert_eq!(gaps(&report), [""; 0]);
}

#[test]
fn an_sbom_that_is_not_whole_says_so() {
    let gaps_of = |fields: Value| {
        let mut sbom = json!({
            "bomFormat": "CycloneDX", "specVersion": "1.6",
            "components": [{"type": "library", "name": "a", "purl": "pkg:npm/a@1"}],
        });
        for (field, value) in fields.as_object().unwrap() {
            sbom[field] = value.clone();
        }
        let report = read(&sbom);
        gaps(&report)
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(gaps_of(json!({})), [""; 0]);
    let incomplete = ["incomplete-sbom"];
    for aggregate in ["incomplete", "incomplete_first_party_only"] {
        let compositions = json!([{"aggregate": aggregate}]);
        assert_eq!(gaps_of(json!({"compositions": compositions})), incomplete);
    }
    let compositions = json!([{"aggregate": "incomplete", "assemblies": ["image"]}]);
    assert_eq!(gaps_of(json!({"compositions": compositions})), incomplete);
    for whole in [
        json!({"aggregate": "complete"}),
        json!({"aggregate": "unknown"}),
        json!({"aggregate": "incomplete", "vulnerabilities": []}),
    ] {
        assert_eq!(gaps_of(json!({"compositions": [whole]})), [""; 0]);
    }
    assert_eq!(gaps_of(json!({"components": []})), incomplete);
    assert_eq!(gaps_of(json!({"components": null})), incomplete);
    let nameless = json!([{"type": "library", "name": "a", "purl": "pkg:deb/a@1"}]);
    // No distribution, and so no package URL either.
    assert_eq!(
        gaps_of(json!({"components": nameless})),
        ["unassessed-packages"]
    );
}

#[test]
fn sboms_are_told_from_archives_by_what_they_hold() {
    let folder = layers_of(&[&[OS, ("a/node_modules/ms/package.json", MS)]]);
    assert!(open_sbom(folder.path()).unwrap().is_none());
    let path = folder.path().join("index.json");
    let error = open_sbom(&path).unwrap_err().to_string();
    assert!(error.ends_with("nor the spdxVersion of SPDX 2"), "{error}");
    fs::write(
        &path,
        "{\n \"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.6\",\n \"components\": [{]}",
    )
    .unwrap();
    let error = open_sbom(&path).unwrap_err().to_string();
    assert!(error.contains("at line 3 column 18"), "{error}");
}
