//! What is different between two images.

use ringwall_engine::Advisories;
use ringwall_model::Severity;
use ringwall_report::{ImageDiff, ImageReport, image_diff_json, image_diff_text};
use serde_json::{Value, json};

use crate::{
    build::{MS, OS, gzip, layer, layers_of, layout_with, scan_with},
    vulnerabilities::{before, database},
};

const LIST: &str = "var/lib/dpkg/status";

fn status(packages: &[(&str, &str)]) -> String {
    let packages = packages.iter().map(|(name, version)| {
        format!("Package: {name}\nStatus: install ok installed\nVersion: {version}\n\n")
    });
    packages.collect::<Vec<_>>().join("\n")
}

fn judged(files: &[(&str, &str)]) -> ImageReport {
    let database = database(&[
        before("CVE-2026-1", "Debian:12", "openssl", "3.0.12"),
        before("CVE-2026-2", "Debian:12", "curl", "8.1"),
        before("CVE-2026-3", "npm", "ms", "3.0.0"),
    ]);
    let image = layers_of(&[files]);
    scan_with(image.path(), Advisories::Database(&database))
}

fn json(diff: &ImageDiff) -> Value {
    let mut json = Vec::new();
    image_diff_json(diff, &mut json).unwrap();
    serde_json::from_slice(&json).unwrap()
}

fn ids(findings: &Value) -> Vec<&str> {
    let findings = findings.as_array().unwrap().iter();
    findings.map(|it| it["check"].as_str().unwrap()).collect()
}

#[test]
fn packages_come_go_and_change_and_so_do_their_flaws() {
    let old = status(&[("openssl", "3.0.11"), ("zlib", "1.2"), ("bash", "5.1")]);
    let new = status(&[("openssl", "3.0.12"), ("curl", "8.0"), ("bash", "5.1")]);
    let npm = ("a/node_modules/ms/package.json", MS);
    let old = judged(&[OS, (LIST, &old)]);
    let new = judged(&[OS, (LIST, &new), npm]);
    let diff = ImageDiff::new(&old, &new);
    let written = json(&diff);
    assert_eq!(
        written["packages"],
        json!([
            {"type": "deb", "name": "curl", "after": ["8.0"]},
            {"type": "deb", "name": "openssl", "before": ["3.0.11"], "after": ["3.0.12"]},
            {"type": "deb", "name": "zlib", "before": ["1.2"]},
            {"type": "npm", "name": "ms", "after": ["2.0.0"]},
        ])
    );
    assert_eq!(ids(&written["new"]), ["CVE-2026-3", "CVE-2026-2"]);
    assert_eq!(ids(&written["gone"]), ["CVE-2026-1"]);
    assert!(diff.fails_at(Severity::High) && !diff.fails_at(Severity::Critical));
    assert!(!diff.is_incomplete());
    let mut text = Vec::new();
    image_diff_text(&diff, false, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    for line in [
        "image to image\n",
        "\n2 packages came:\n  deb    curl  8.0\n  npm    ms  2.0.0\n",
        "\n1 package went:\n  deb    zlib  1.2\n",
        "\n1 package changed:\n  deb    openssl  3.0.11 to 3.0.12\n",
        "\n2 new findings: 2 high\n",
        "\n1 finding gone: 1 high\n",
    ] {
        assert!(text.contains(line), "{line:?} in {text}");
    }
}

#[test]
fn the_same_image_is_not_different() {
    let list = status(&[("openssl", "3.0.11")]);
    let one = judged(&[OS, (LIST, &list)]);
    // A newer version that has the flaw still is no news.
    let list = status(&[("openssl", "3.0.11+1")]);
    let other = judged(&[OS, (LIST, &list)]);
    let diff = ImageDiff::new(&one, &other);
    assert_eq!(ids(&json(&diff)["new"]), [""; 0]);
    assert!(!diff.fails_at(Severity::Info));
    let mut text = Vec::new();
    image_diff_text(&ImageDiff::new(&one, &one), false, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(
        text.contains("the same packages\n\nno new findings"),
        "{text}"
    );
}

#[test]
fn a_secret_beside_another_of_its_kind_is_new() {
    let token = |end: &str| format!("ghp_{}{end}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7");
    let (one, two) = (token("R8"), token("S9"));
    let new = |before: &ImageReport, after: &ImageReport| {
        let written = json(&ImageDiff::new(before, after));
        let findings = written["new"].as_array().unwrap().iter();
        let findings = findings.filter(|it| it["check"] == "plaintext-secret/github");
        let messages = findings.map(|it| it["message"].as_str().unwrap().to_owned());
        messages.collect::<Vec<_>>()
    };
    let file = |text: &str| judged(&[OS, ("srv/app.ini", text)]);
    let before = file(&format!("token={one}\n"));
    let after = file(&format!("token={one}\nother={two}\n"));
    assert_eq!(new(&before, &after).len(), 1);
    assert_eq!(new(&after, &before).len(), 0);
    assert_eq!(new(&after, &after).len(), 0);
    // What only came into another layer is no news.
    let moved = layers_of(&[&[OS], &[("srv/app.ini", &*format!("token={one}\n"))]]);
    let moved = scan_with(moved.path(), Advisories::Missing);
    assert_eq!(new(&before, &moved).len(), 0);
    let configured = |env: &[&str]| {
        let archive = layer(&[OS]);
        let config = json!({"config": {"Env": env}});
        let image = layout_with(&[(archive.clone(), gzip(&archive))], 1, &config);
        scan_with(image.path(), Advisories::Missing)
    };
    let before = configured(&[&format!("A={one}")]);
    let after = configured(&[&format!("A={one}"), &format!("B={two}")]);
    for (before, after) in [
        (&before, &after),
        (&before, &configured(&[&format!("B={two}")])),
    ] {
        let messages = new(before, after);
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert!(
            messages[0].starts_with("the variable B holds"),
            "{messages:?}"
        );
    }
    assert_eq!(new(&before, &before).len(), 0);
}

#[test]
fn what_one_of_them_could_not_tell_is_said() {
    let list = status(&[("openssl", "3.0.11")]);
    let whole = judged(&[OS, (LIST, &list)]);
    let unknown = judged(&[(LIST, &list)]);
    for (one, other, image) in [(&whole, &unknown, "after"), (&unknown, &whole, "before")] {
        let diff = ImageDiff::new(one, other);
        assert!(diff.is_incomplete());
        let written = json(&diff);
        let gaps = written["not_assessed"].as_array().unwrap();
        assert!(gaps.iter().all(|gap| gap["image"] == image), "{gaps:?}");
        assert!(gaps.iter().any(|gap| gap["id"] == "unknown-distribution"));
    }
}
