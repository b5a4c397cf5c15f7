//! `ringwall registry`: what is in a real registry.

use std::fs;

use rcgen::KeyPair;
use serde_json::{Value, json};

use crate::{
    image::{Layout, digest, push},
    registry::{Home, PASSWORD, Ran, Registry},
};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// The day that counts as today in these tests.
const TODAY: &str = "2026-11-28";

/// A registry, and the folder of somebody who may use it.
pub(crate) struct Place {
    pub(crate) registry: Registry,
    pub(crate) home: Home,
}

impl Place {
    pub(crate) fn open(deletes: bool) -> Option<Self> {
        let registry = Registry::deleting(deletes)?;
        let home = Home::logged_in(&registry, PASSWORD);
        for name in ["ours", "theirs"] {
            let key = KeyPair::generate().expect("a key");
            home.write(&format!("{name}.key"), &key.serialize_pem());
            home.write(&format!("{name}.pub"), &key.public_key_pem());
        }
        Some(Self { registry, home })
    }

    /// Pushes an image that was made on a day, under tags; gives its digest.
    pub(crate) fn push(&self, repository: &str, tags: &[&str], created: &str) -> String {
        let (manifest, bytes) = self.image(repository, "amd64", created);
        for tag in tags {
            self.registry.push_manifest(repository, tag, &bytes);
        }
        manifest["digest"].as_str().expect("a digest").to_owned()
    }

    /// Pushes an index of two images under a tag; gives its digest, and theirs.
    pub(crate) fn push_index(
        &self,
        repository: &str,
        tag: &str,
        created: &str,
    ) -> (String, [String; 2]) {
        let images = ["amd64", "arm64"].map(|architecture| {
            let (image, bytes) = self.image(repository, architecture, created);
            let named = image["digest"].as_str().expect("a digest");
            self.registry.push_manifest(repository, named, &bytes);
            image
        });
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": images});
        let bytes = index.to_string().into_bytes();
        self.registry.push_manifest(repository, tag, &bytes);
        let digests = images.map(|it| it["digest"].as_str().expect("a digest").to_owned());
        (digest(&bytes), digests)
    }

    fn image(&self, repository: &str, architecture: &str, created: &str) -> (Value, Vec<u8>) {
        let config = json!({"os": "linux", "architecture": architecture, "created": created,
            "rootfs": {"type": "layers", "diff_ids": []}});
        let config = config.to_string().into_bytes();
        self.registry
            .push_blob(repository, &digest(&config), config.clone());
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
            "config": {"mediaType": CONFIG, "digest": digest(&config), "size": config.len()}});
        let bytes = manifest.to_string().into_bytes();
        let described = json!({"mediaType": MANIFEST, "digest": digest(&bytes), "size": bytes.len(),
            "platform": {"os": "linux", "architecture": architecture}});
        (described, bytes)
    }

    /// Signs an image by a key of the home.
    pub(crate) fn sign(&self, image: &str, key: &str, words: &[&str]) {
        let name = format!("{}/{image}", self.registry.address);
        let (ca, key) = (self.registry.path("ca.pem"), format!("{key}.key"));
        let all = ["image", "sign", &name, "--registry-ca", &ca, "--key", &key];
        let ran = self.home.run(&[&all, words].concat(), &[]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }

    /// Runs `ringwall registry` about a place in the registry.
    pub(crate) fn run(&self, what: &str, words: &[&str]) -> Ran {
        let what = format!("{}{what}", self.registry.address);
        let ca = self.registry.path("ca.pem");
        let all = ["registry", &what, "--registry-ca", &ca, "--as-of", TODAY];
        self.home.run(&[&all, words].concat(), &[])
    }

    /// The same in JSON, which ends with a code.
    #[track_caller]
    pub(crate) fn json(&self, what: &str, words: &[&str], code: i32) -> Value {
        let ran = self.run(what, &[&["-o", "json"], words].concat());
        assert_eq!(ran.code, code, "{}{}", ran.stdout, ran.stderr);
        serde_json::from_str(&ran.stdout).expect("JSON")
    }
}

/// The image that a tag names.
#[track_caller]
pub(crate) fn tagged<'r>(report: &'r Value, tag: &str) -> &'r Value {
    let repositories = report["repositories"].as_array().expect("repositories");
    let mut images = repositories
        .iter()
        .flat_map(|it| it["images"].as_array().expect("images"));
    let found = images.find(|it| it["tags"].as_array().expect("tags").contains(&json!(tag)));
    found.unwrap_or_else(|| panic!("no {tag} in {report}"))
}

#[test]
fn a_repository_is_told_with_all_that_tags_name() {
    let Some(place) = Place::open(false) else {
        return;
    };
    place.push("team/shop", &["1.0"], "2026-01-10T12:00:00Z");
    let new = place.push("team/shop", &["1.1", "latest"], "2026-11-20T12:00:00Z");
    place.push("team/shop", &["same-bytes"], "1970-01-01T00:00:00Z");
    let (index, _) = place.push_index("team/shop", "many", "2026-11-01T00:00:00Z");
    let report = place.json("/team/shop", &[], 0);
    assert_eq!(report["version"], 1);
    assert_eq!(report["repositories"][0]["tags"], 5);
    let image = tagged(&report, "latest");
    assert_eq!(image["digest"], new);
    assert_eq!(image["tags"], json!(["1.1", "latest"]));
    assert_eq!(image["created"], "2026-11-20");
    assert_eq!(image["platforms"][0]["platform"], "linux/amd64");
    assert_eq!(image["signature"], "missing");
    assert_eq!(image["marks"], json!(["unsigned"]));
    assert_eq!(
        tagged(&report, "1.0")["marks"],
        json!(["stale", "unsigned"])
    );
    let undated = tagged(&report, "same-bytes");
    assert_eq!(undated["marks"], json!(["undated", "unsigned"]));
    assert_eq!(undated.get("created"), None);
    let many = tagged(&report, "many");
    assert_eq!(many["digest"], index);
    assert_eq!(
        (&many["kind"], &many["created"]),
        (&json!("index"), &json!("2026-11-01"))
    );
    let platforms = many["platforms"].as_array().expect("platforms");
    let platforms: Vec<_> = platforms.iter().map(|it| &it["platform"]).collect();
    assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);

    // A longer patience, and only what is asked for.
    let report = place.json("/team/shop:1.*", &["--stale-days", "400"], 0);
    let images = report["repositories"][0]["images"]
        .as_array()
        .expect("images");
    assert_eq!(images.len(), 2);
    assert_eq!(tagged(&report, "1.0")["marks"], json!(["unsigned"]));
    let ran = place.run("/team/shop", &["--fail-on", "stale,vulnerable"]);
    ran.refused(&["vulnerable needs --reports or --scan"]);
    let ran = place.run("/team/shop", &["--fail-on", "stale"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(
        ran.stdout
            .contains("4 images in 1 repository: 1 stale, 1 undated, 4 unsigned")
    );
    assert_eq!(place.run("/team/shop", &["--fail-on", "dangling"]).code, 0);
}

#[test]
fn repositories_are_found_by_pattern_where_the_registry_lists_them() {
    let Some(place) = Place::open(false) else {
        return;
    };
    for repository in ["team/a", "team/deep/b", "other/c"] {
        place.push(repository, &["1"], "2026-11-20T12:00:00Z");
    }
    let names = |what: &str| {
        let report = place.json(what, &[], 0);
        let repositories = report["repositories"]
            .as_array()
            .expect("repositories")
            .clone();
        let names = repositories
            .iter()
            .map(|it| it["name"].as_str().expect("a name").to_owned());
        let address = format!("{}/", place.registry.address);
        names.map(|it| it.replace(&address, "")).collect::<Vec<_>>()
    };
    assert_eq!(names(""), ["other/c", "team/a", "team/deep/b"]);
    assert_eq!(names("/team/*"), ["team/a"]);
    assert_eq!(names("/team/**"), ["team/a", "team/deep/b"]);
    assert_eq!(names("/other/c:1"), ["other/c"]);
    place
        .run("/nobody/*", &[])
        .refused(&["lists no repository that is meant"]);
    place
        .home
        .run(&["registry", "nginx"], &[])
        .refused(&["begins with no registry"]);

    // Nobody may list who is not logged in, and the others say why.
    let report = place.json("/other/d", &[], 3);
    assert_eq!(report["not_assessed"][0]["id"], "unreadable-repository");
    let (stranger, ca) = (Home::new(), place.registry.path("ca.pem"));
    let ran = stranger.run(
        &["registry", &place.registry.address, "--registry-ca", &ca],
        &[],
    );
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(
        ran.stdout.contains("does not list its repositories"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("name them: "), "{}", ran.stdout);
}

#[test]
fn a_tag_that_is_not_there_is_not_clean() {
    let Some(place) = Place::open(false) else {
        return;
    };
    place.push("team/shop", &["1"], "2026-11-20T00:00:00Z");
    place.json("/team/shop:1", &[], 0);
    for words in [&[][..], &["--fail-on", "stale"]] {
        let report = place.json("/team/shop:2", words, 3);
        let gap = &report["not_assessed"][0];
        assert_eq!(
            (&gap["id"], &gap["reason"]),
            (&json!("missing-tag"), &json!("it has no tag 2"))
        );
    }
    // What a pattern means need not be there.
    place.json("/team/shop:2*", &[], 0);
    let ran = place.run("/team/shop:2", &["--exit-zero"]);
    assert!(ran.stdout.contains("it has no tag 2"), "{}", ran.stdout);
}

#[test]
fn who_signed_is_told_where_somebody_is_wanted() {
    let Some(place) = Place::open(false) else {
        return;
    };
    place.push("team/shop", &["ours"], "2026-11-20T00:00:00Z");
    place.push("team/shop", &["theirs"], "2026-11-21T00:00:00Z");
    place.push("team/shop", &["bundled"], "2026-11-22T00:00:00Z");
    place.push("team/shop", &["nobody"], "2026-11-23T00:00:00Z");
    place.sign("team/shop:ours", "ours", &[]);
    place.sign("team/shop:theirs", "theirs", &[]);
    place.sign("team/shop:bundled", "ours", &["--bundle"]);
    let report = place.json("/team/shop", &["--key", "ours.pub"], 0);
    let expected = [
        ("ours", "verified", json!([])),
        ("bundled", "verified", json!([])),
        ("theirs", "unverified", json!(["unsigned"])),
        ("nobody", "missing", json!(["unsigned"])),
    ];
    for (tag, signature, marks) in &expected {
        let image = tagged(&report, tag);
        assert_eq!(image["signature"], *signature, "{tag}");
        assert_eq!(image["marks"], *marks, "{tag}");
    }
    // Tags of signatures are no images.
    assert_eq!(
        report["repositories"][0]["images"]
            .as_array()
            .expect("images")
            .len(),
        4
    );
    // Nobody is named: that there is none is known all the same.
    let report = place.json("/team/shop", &[], 0);
    for (tag, signature) in [
        ("ours", "unverified"),
        ("bundled", "unverified"),
        ("nobody", "missing"),
    ] {
        assert_eq!(tagged(&report, tag)["signature"], signature, "{tag}");
    }
    assert_eq!(
        place
            .run(
                "/team/shop:ours",
                &["--key", "theirs.pub", "--fail-on", "unsigned"]
            )
            .code,
        1
    );
}

#[test]
fn reports_tell_in_what_there_is_malware_and_what_nobody_searched() {
    let Some(place) = Place::open(false) else {
        return;
    };
    let report = |tag: &str, day: u8, searched_for: &[&str], check: Option<&str>| {
        let digest = place.push("team/shop", &[tag], &format!("2026-11-{day}T00:00:00Z"));
        let finding = |check| json!({"check": check, "severity": "critical", "status": "fail"});
        let findings: Vec<_> = check.map(finding).into_iter().collect();
        let report = json!({"version": 1, "as_of": "2026-11-27", "findings": findings,
            "not_assessed": [], "searched_for": searched_for,
            "image": {"name": tag, "digest": digest, "platform": "linux/amd64"}});
        let file = format!("reports/{tag}.json");
        place.home.write(&file, &report.to_string());
    };
    report("mined", 20, &["malware"], Some("coin-miner-in-image"));
    report("quiet", 21, &["malware"], None);
    report("leaky", 22, &["malware"], Some("plaintext-private-key"));
    report("unread", 23, &[], None);
    let all = ["--reports", "reports"];
    let report = place.json("/team/shop", &all, 0);
    let expected = [
        ("mined", json!(["unsigned", "infected"])),
        ("quiet", json!(["unsigned"])),
        ("leaky", json!(["unsigned"])),
        ("unread", json!(["unsigned", "unsearched"])),
    ];
    for (tag, marks) in &expected {
        assert_eq!(tagged(&report, tag)["marks"], *marks, "{tag}");
    }
    let malware = |tag: &str| tagged(&report, tag)["malware"].clone();
    assert_eq!(malware("mined"), json!({"found": ["coin-miner-in-image"]}));
    assert_eq!(malware("quiet"), json!({"found": []}));
    let why = "its report does not say that it was searched for malware";
    assert_eq!(malware("unread"), json!({"found": [], "unknown": why}));
    // Who asks about malware is told of what nobody searched; nobody else is.
    let code = |what: &str, mark: &str| {
        let words = [&all[..], &["--fail-on", mark]].concat();
        place.run(what, &words).code
    };
    assert_eq!(code("/team/shop", "infected"), 1);
    assert_eq!(code("/team/shop:unread", "infected"), 3);
    assert_eq!(code("/team/shop:unread", "vulnerable"), 0);
    assert_eq!(code("/team/shop:unread", "unsearched"), 1);
    assert_eq!(code("/team/shop:quiet", "infected"), 0);
    let ran = place.run("/team/shop", &["--fail-on", "infected"]);
    ran.refused(&["infected needs --reports or --scan"]);
}

#[test]
fn reports_tell_what_is_vulnerable_and_what_is_not_known() {
    let Some(place) = Place::open(false) else {
        return;
    };
    let bad = place.push("team/shop", &["bad"], "2026-11-20T00:00:00Z");
    let good = place.push("team/shop", &["good"], "2026-11-21T00:00:00Z");
    let old = place.push("team/shop", &["old"], "2026-11-22T00:00:00Z");
    place.push("team/shop", &["unseen"], "2026-11-23T00:00:00Z");
    let (_, [first, second]) = place.push_index("team/shop", "many", "2026-11-24T00:00:00Z");
    let (_, [one, other]) = place.push_index("team/shop", "half", "2026-11-25T00:00:00Z");
    let report = |name: &str, digest: &str, day: &str, findings: Value, gaps: Value| {
        let report = json!({"version": 1, "as_of": day, "findings": findings, "not_assessed": gaps,
            "image": {"name": name, "digest": digest, "platform": "linux/amd64"}});
        place
            .home
            .write(&format!("reports/{name}.json"), &report.to_string());
    };
    let flaw = json!([{"check": "CVE-2026-1", "severity": "high", "status": "fail",
        "vulnerability": {"fixed": "2"}}]);
    let end = json!([{"id": "unsupported-distribution", "reason": "over"}]);
    report("bad", &bad, "2026-11-27", flaw.clone(), json!([]));
    report("good", &good, "2026-11-27", json!([]), json!([]));
    report("old", &old, "2026-09-01", json!([]), json!([]));
    report("first", &first, "2026-11-27", json!([]), end);
    report("second", &second, "2026-11-27", flaw, json!([]));
    report("one", &one, "2026-11-27", json!([]), json!([]));
    let report = place.json("/team/shop", &["--reports", "reports"], 3);
    let marks = |tag: &str| tagged(&report, tag)["marks"].clone();
    // None of these reports says that anybody looked for malware.
    let with = |marks: &[&str]| json!([&["unsigned"], marks, &["unsearched"]].concat());
    assert_eq!(marks("bad"), with(&["vulnerable"]));
    assert_eq!(tagged(&report, "bad")["vulnerabilities"]["high"], 1);
    assert_eq!(marks("good"), with(&[]));
    assert_eq!(marks("old"), with(&["unknown"]));
    assert_eq!(marks("unseen"), with(&["unknown"]));
    // One image of an index is enough, for the worse and for what is not known.
    let many = json!(["stale", "unsigned", "vulnerable", "unknown", "unsearched"]);
    assert_eq!(marks("many"), many);
    assert_eq!(marks("half"), with(&["unknown"]));
    assert!(
        !report.to_string().contains(&format!("{other}\":")),
        "{report}"
    );
    let words = [
        "--reports",
        "reports",
        "--severity",
        "critical",
        "--fail-on",
        "vulnerable",
    ];
    assert_eq!(place.run("/team/shop", &words).code, 3);
    let words = ["--reports", "reports", "--fail-on", "vulnerable"];
    assert_eq!(place.run("/team/shop", &words).code, 1);
    // The folder of the policy is looked into where none is named.
    place
        .home
        .write("ringwall.toml", "[image-policy]\nreports = \"reports\"\n");
    assert_eq!(
        place
            .run("/team/shop:bad", &["--fail-on", "vulnerable"])
            .code,
        1
    );
    place.home.write("reports/broken.json", "{");
    let report = place.json("/team/shop:good", &[], 3);
    assert_eq!(report["not_assessed"][0]["id"], "unreadable-report");
}

#[test]
fn images_are_scanned_where_that_is_asked_for() {
    let Some(place) = Place::open(false) else {
        return;
    };
    let layout = Layout::new(&["mips"]);
    push(&place.registry, layout.folder.path(), "team/shop", "1");
    // Without a database, what it has is not known.
    let ran = place.run("/team/shop", &["--scan", "-o", "json"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("scanning 1 of 1: "), "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    let image = tagged(&report, "1");
    assert_eq!(image["marks"], json!(["undated", "unsigned", "unknown"]));
    assert!(image["vulnerabilities"]["unknown"].is_string(), "{image}");
}

#[test]
fn what_manifests_use_is_told() {
    let Some(place) = Place::open(false) else {
        return;
    };
    place.push("team/shop", &["by-tag"], "2026-11-20T00:00:00Z");
    let pinned = place.push("team/shop", &["by-digest"], "2026-11-21T00:00:00Z");
    place.push("team/shop", &["free"], "2026-11-22T00:00:00Z");
    let (_, [child, _]) = place.push_index("team/shop", "by-child", "2026-11-23T00:00:00Z");
    place.push("team/shop", &["volume"], "2026-11-24T00:00:00Z");
    let name = format!("{}/team/shop", place.registry.address);
    let pod = |kind: &str, image: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {kind}, namespace: shop}}\nspec:\n  containers:\n  - {{name: app, image: \"{image}\"}}\n"
        )
    };
    let texts = [
        format!(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: nightly, namespace: shop}}\nspec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n          - {{name: app, image: \"{name}:by-tag\"}}\n"
        ),
        pod("pinned", &format!("elsewhere.example/alias@{pinned}")),
        pod("child", &format!("{name}@{child}")),
        format!(
            "{}  volumes:\n  - {{name: data, image: {{reference: \"{name}:volume\"}}}}\n",
            pod("data", "other.example/x:1")
        ),
    ];
    place.home.write("deploy/all.yaml", &texts.join("---\n"));
    let report = place.json("/team/shop", &["--used-by", "deploy"], 0);
    let users = |tag: &str| tagged(&report, tag)["used_by"].clone();
    assert_eq!(users("by-tag"), json!(["CronJob shop/nightly"]));
    assert_eq!(users("by-digest"), json!(["Pod shop/pinned"]));
    assert_eq!(users("by-child"), json!(["Pod shop/child"]));
    assert_eq!(users("volume"), json!(["Pod shop/data"]));
    // By a tag, whoever pushes decides what runs.
    let marks = |tag: &str| tagged(&report, tag)["marks"].clone();
    assert_eq!(marks("by-tag"), json!(["unsigned", "unpinned"]));
    assert_eq!(marks("by-digest"), json!(["unsigned"]));
    assert_eq!(marks("by-child"), json!(["unsigned"]));
    let by_tag = |tag: &str| tagged(&report, tag)["used_by_tag"].clone();
    assert_eq!(by_tag("by-tag"), json!(["CronJob shop/nightly"]));
    assert_eq!(by_tag("by-digest"), Value::Null);
    assert_eq!(
        tagged(&report, "free")["marks"],
        json!(["unsigned", "unused"])
    );
    let ran = place.run("/team/shop", &["--used-by", "deploy"]);
    assert!(
        ran.stdout.contains("used by CronJob shop/nightly"),
        "{}",
        ran.stdout
    );
    // What could not be read may use it.
    fs::write(
        place.home.folder.path().join("deploy/broken.yaml"),
        "apiVersion: v1\nkind: [",
    )
    .expect("a file");
    let report = place.json("/team/shop", &["--used-by", "deploy"], 3);
    assert_eq!(tagged(&report, "free")["marks"], json!(["unsigned"]));
    assert_eq!(report["not_assessed"][0]["id"], "unparsable-file");
    place
        .run("/team/shop", &["--fail-on", "unused"])
        .refused(&["unused needs --used-by or --cluster"]);
    place
        .run("/team/shop", &["--fail-on", "unpinned"])
        .refused(&["unpinned needs --used-by or --cluster"]);
}
