//! SBOMs in and out of the binary.

use crate::folder::{Folder, Ran};

const SBOM: &str = r#"{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [
    {"type": "library", "name": "ms", "version": "2.0.0", "purl": "pkg:npm/ms@2.0.0"},
    {"type": "library", "name": "lpeg", "version": "1.1.0", "purl": "pkg:luarocks/lpeg@1.1.0"}]}"#;

fn image(folder: &Folder, words: &[&str]) -> Ran {
    let fixed = ["--db", "none.db", "--as-of", "2026-11-28"];
    folder.run(&[&["image"], words, &fixed].concat())
}

#[test]
fn one_form_is_turned_into_the_other() {
    let folder = Folder::new(&[("a.json", SBOM)]);
    for form in ["cyclonedx", "spdx"] {
        let ran = image(&folder, &["a.json", "-o", form]);
        // There is no database, and packages of Lua are not read.
        assert_eq!(ran.code, 3, "{}", ran.stderr);
        let same = image(&folder, &["a.json", "-o", form, "--exit-zero"]);
        assert_eq!((same.code, &same.stdout), (0, &ran.stdout));
        folder.write("b.json", &ran.stdout);
        let again = image(&folder, &["b.json", "-o", "json"]);
        let report = again.json();
        assert_eq!(report["packages"][0]["purl"], "pkg:npm/ms@2.0.0");
        assert_eq!(
            again.not_assessed(),
            ["incomplete-sbom", "unassessed-vulnerabilities"]
        );
    }
}

#[test]
fn an_sbom_that_cannot_be_read_is_wrong_usage() {
    let check = |text: &str, words: &[&str], expected: &str| {
        let folder = Folder::new(&[("a.json", text)]);
        let ran = image(&folder, &[&["a.json"], words].concat());
        assert_eq!(ran.code, 2, "{}", ran.stdout);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    };
    check("{\n\"a\": ]}", &[], "line 2 column 6");
    check("{}", &[], "it is JSON and no SBOM");
    check("<?xml version=\"1.0\"?><bom/>", &[], "it is XML");
    check(SBOM, &["--platform", "linux/amd64"], "about one image");
}

#[test]
fn a_report_is_judged_again_and_written_in_any_form() {
    let folder = Folder::new(&[("a.json", SBOM)]);
    let report = image(&folder, &["a.json", "-o", "json"]);
    folder.write("report.json", &report.stdout);
    let again = image(&folder, &["report.json", "-o", "json"]);
    assert_eq!(
        (again.code, &again.stdout),
        (3, &report.stdout),
        "{}",
        again.stderr
    );
    let sbom = image(&folder, &["report.json", "-o", "cyclonedx"]);
    assert_eq!(sbom.json()["components"][0]["purl"], "pkg:npm/ms@2.0.0");
    let refused = image(&folder, &["report.json", "--platform", "linux/amd64"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused
            .stderr
            .contains("a report, which is about one image"),
        "{}",
        refused.stderr
    );
    // What is not known would be lost.
    let later = report
        .stdout
        .replace("\"platform\"", "\"moon\":1,\"platform\"");
    folder.write("report.json", &later);
    let refused = image(&folder, &["report.json"]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.stderr.contains("unknown field `moon`"),
        "{}",
        refused.stderr
    );
}
