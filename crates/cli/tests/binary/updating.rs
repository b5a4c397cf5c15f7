//! `ringwall db update` and `ringwall db build`: what is fetched, and what is believed of it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    folder::{Folder, Ran},
    signed_layout::Key,
    web::Web,
};

const KEV: &str = r#"{"title": "CISA Catalog of Known Exploited Vulnerabilities", "dateReleased": "2026-11-27T00:00:00Z",
    "vulnerabilities": [{"cveID": "CVE-2026-1", "dateAdded": "2026-11-01", "knownRansomwareCampaignUse": "Unknown"}]}"#;

fn record(id: &str, package: &str, fixed: &str) -> String {
    json!({
        "id": id, "summary": format!("{id}: a flaw"),
        "affected": [{"package": {"ecosystem": "npm", "name": package},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": fixed}]}]}]
    })
    .to_string()
}

/// A folder with a configuration that names two feeds of a server, and the server.
struct Feeds {
    folder: Folder,
    web: Web,
}

impl Feeds {
    fn new() -> Self {
        let folder = Folder::new(&[
            ("public/npm.json", &record("GHSA-1", "ms", "3.0.0")),
            ("public/kev.json", KEV),
        ]);
        let web = Web::serve(folder.path().join("public"));
        let config = format!(
            "[advisories]\nonly = [\"osv/npm\", \"kev\"]\n[advisories.feeds]\n\"osv/npm\" = \"{}\"\nkev = \"{}\"\nours = \"{}\"\n",
            web.url("npm.json"),
            web.url("kev.json"),
            web.url("ours.json"),
        );
        folder.write("ringwall.toml", config);
        Self { folder, web }
    }

    fn update(&self, words: &[&str]) -> Ran {
        let fixed = ["db", "update", "--db", "a.db", "--as-of", "2026-11-28"];
        self.folder.run(&[&fixed, words].concat())
    }

    fn status(&self) -> Value {
        let words = ["db", "status", "--db", "a.db", "-o", "json", "--verify"];
        self.folder.run(&words).json()
    }
}

#[test]
fn feeds_are_fetched_and_again_only_where_they_changed() {
    let feeds = Feeds::new();
    let ran = feeds.update(&[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("2 of 2 feeds have changed"),
        "{}",
        ran.stderr
    );
    let answered = feeds.web.answered();
    assert_eq!(
        answered,
        [("kev.json".to_owned(), 200), ("npm.json".to_owned(), 200)]
    );
    let status = feeds.status();
    assert_eq!(status["scopes"][0]["scope"], "npm");
    assert_eq!(status["exploited"]["flaws"], 1);
    let names = status["sources"].as_array().expect("sources").iter();
    let names: Vec<_> = names
        .map(|it| it["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(names, ["kev", "osv/npm"]);

    feeds
        .folder
        .write("public/npm.json", record("GHSA-2", "ms", "4.0.0"));
    let ran = feeds.update(&[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("1 of 2 feeds have changed"),
        "{}",
        ran.stderr
    );
    let answered = feeds.web.answered();
    assert_eq!(
        answered,
        [("kev.json".to_owned(), 304), ("npm.json".to_owned(), 200)]
    );
    // What did not change is in it as well.
    assert_eq!(feeds.status()["exploited"]["flaws"], 1);
}

#[test]
fn what_cannot_be_fetched_or_is_something_else_replaces_nothing() {
    let feeds = Feeds::new();
    assert_eq!(feeds.update(&[]).code, 0);
    let digest = feeds.status()["digest"].clone();
    for (page, expected) in [
        (
            "<html>Please log in</html>",
            "is not what it should be (OSV)",
        ),
        (KEV, "is not what it should be (OSV)"),
    ] {
        feeds.folder.write("public/npm.json", page);
        let ran = feeds.update(&[]);
        assert_eq!(ran.code, 2, "{}", ran.stdout);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
        assert_eq!(feeds.status()["digest"], digest);
    }
    std::fs::remove_file(feeds.folder.path().join("public/npm.json")).expect("a file");
    let ran = feeds.update(&[]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("has no /npm.json"), "{}", ran.stderr);
    assert_eq!(feeds.status()["digest"], digest);
    // Once it is right again, it is fetched, whatever was kept in between.
    feeds
        .folder
        .write("public/npm.json", record("GHSA-1", "ms", "3.0.0"));
    assert_eq!(feeds.update(&[]).code, 0);
    assert_eq!(feeds.status()["digest"], digest);
}

#[test]
fn feeds_are_chosen_by_name() {
    let feeds = Feeds::new();
    let listed = feeds.update(&["--dry-run"]);
    let names = listed
        .stdout
        .lines()
        .filter_map(|line| line.split('\t').next());
    let names: Vec<_> = names.collect();
    assert_eq!(names, ["kev", "osv/npm"]);
    assert_eq!(feeds.web.answered(), []);
    let ran = feeds.update(&["--only", "osv/nmp"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(
        ran.stderr.contains("did you mean 'osv/npm'?"),
        "{}",
        ran.stderr
    );
    let ran = feeds.update(&["--skip", "kev,osv/npm"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    feeds
        .folder
        .write("public/ours.json", record("OURS-1", "shop", "2.0.0"));
    let ran = feeds.update(&["--only", "ours"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(feeds.status()["sources"][0]["name"], "ours");
}

/// Signs an index as `cosign sign-blob --key` does.
fn sign(folder: &Folder, key: &Key) {
    let index = std::fs::read(folder.path().join("public/index.json")).expect("an index");
    let bundle = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": ""}},
        "messageSignature": {
            "messageDigest": {"algorithm": "SHA2_256", "digest": STANDARD.encode(Sha256::digest(&index))},
            "signature": key.sign(&index),
        },
    });
    folder.write("public/index.json.sigstore.json", bundle.to_string());
}

/// A publisher with its key, and one who fetches.
struct Publisher {
    folder: Folder,
    web: Web,
    key: Key,
}

impl Publisher {
    fn new() -> Self {
        let (folder, key) = (Folder::new(&[]), Key::new());
        folder.write("publisher.pub", key.public_pem());
        folder.write("other.pub", Key::new().public_pem());
        // Texts that do not pack make all of it larger than what changes of it.
        for number in 0..400 {
            let noise = STANDARD.encode(Sha256::digest(format!("{number}")));
            let name = format!("osv/GHSA-{number}.json");
            let text = record(&format!("GHSA-{number} {noise}"), "ms", "3.0.0");
            folder.write(&name, text);
        }
        let web = Web::serve(folder.path().join("public"));
        Self { folder, web, key }
    }

    fn publish(&self, day: &str, previous: &[&str]) -> Ran {
        let mut words = vec!["db", "build", "osv", "--output", "public", "--as-of", day];
        for path in previous {
            words.extend(["--previous", path]);
        }
        let ran = self.folder.run(&words);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        sign(&self.folder, &self.key);
        ran
    }

    fn update(&self, key: &str, words: &[&str]) -> Ran {
        let url = self.web.url("");
        let fixed = [
            "db",
            "update",
            "--from",
            &url,
            "--key",
            key,
            "--db",
            "a.db",
            "--as-of",
            "2026-11-28",
        ];
        self.folder.run(&[&fixed, words].concat())
    }

    fn digest(&self) -> Value {
        let words = ["db", "status", "--db", "a.db", "-o", "json", "--verify"];
        self.folder.run(&words).json()["digest"].clone()
    }
}

#[test]
fn a_published_database_is_the_one_that_was_built() {
    let publisher = Publisher::new();
    publisher.publish("2026-11-27", &[]);
    let ran = publisher.update("publisher.pub", &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let import = [
        "db",
        "import",
        "osv",
        "--db",
        "own.db",
        "--as-of",
        "2026-11-27",
    ];
    assert_eq!(publisher.folder.run(&import).code, 0);
    let read = |name: &str| std::fs::read(publisher.folder.path().join(name)).expect("a file");
    assert!(read("a.db") == read("own.db"));

    // The next day, only what changed is fetched.
    std::fs::copy(
        publisher.folder.path().join("a.db"),
        publisher.folder.path().join("yesterday.db"),
    )
    .expect("a file");
    publisher
        .folder
        .write("osv/new.json", record("GHSA-new", "qs", "1.2.3"));
    publisher.publish("2026-11-28", &["yesterday.db"]);
    publisher.web.answered();
    let ran = publisher.update("publisher.pub", &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let answered = publisher.web.answered();
    let fetched: Vec<_> = answered
        .iter()
        .map(|(path, _)| path.matches('-').count())
        .collect();
    assert_eq!(
        fetched,
        [2, 0, 0],
        "the file with two digests, and none with one: {answered:?}"
    );
    let import = [
        "db",
        "import",
        "osv",
        "--db",
        "own.db",
        "--as-of",
        "2026-11-28",
    ];
    assert_eq!(publisher.folder.run(&import).code, 0);
    assert!(read("a.db") == read("own.db"));

    // Of the database itself, the same is published as of the files.
    let index = publisher.folder.read("public/index.json");
    let build = [
        "db",
        "build",
        "a.db",
        "--output",
        "again",
        "--previous",
        "yesterday.db",
    ];
    let ran = publisher.folder.run(&build);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(publisher.folder.read("again/index.json"), index);

    let ran = publisher.update("publisher.pub", &[]);
    assert!(
        ran.stderr.contains("is the one that is published"),
        "{}",
        ran.stderr
    );
    let answered = publisher.web.answered();
    assert_eq!(
        answered.len(),
        2,
        "the index and who signed it: {answered:?}"
    );
}

#[test]
fn what_the_publisher_did_not_sign_is_not_taken() {
    let publisher = Publisher::new();
    publisher.publish("2026-11-28", &[]);
    let refused = |key: &str, expected: &str| {
        let ran = publisher.update(key, &[]);
        assert_eq!(ran.code, 2, "{}", ran.stdout);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
        assert!(!publisher.folder.path().join("a.db").exists());
    };
    refused("other.pub", "is not signed by who is wanted");
    let index = publisher.folder.read("public/index.json");
    publisher.folder.write(
        "public/index.json",
        index.replace("2026-11-28", "2026-11-29"),
    );
    refused("publisher.pub", "is not signed by who is wanted");
    publisher.folder.write("public/index.json", &index);
    // A file that another has put in the place of the one that is signed for.
    let parsed: Value = serde_json::from_str(&index).expect("JSON");
    let whole = format!(
        "public/{}",
        parsed["whole"]["name"].as_str().expect("a name")
    );
    let bytes = std::fs::read(publisher.folder.path().join(&whole)).expect("a file");
    publisher.folder.write(&whole, &bytes[..bytes.len() - 1]);
    refused("publisher.pub", "is not what the index says");
    publisher.folder.write(&whole, &bytes);
    std::fs::remove_file(
        publisher
            .folder
            .path()
            .join("public/index.json.sigstore.json"),
    )
    .expect("a file");
    refused(
        "publisher.pub",
        "who made it shows in index.json.sigstore.json",
    );
    // Nobody is asked for a database whose maker is not named.
    let url = publisher.web.url("");
    let ran = publisher.folder.run(&["db", "update", "--from", &url]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("--key"), "{}", ran.stderr);
}

#[test]
fn an_older_database_is_not_put_in_the_place_of_a_newer_one() {
    let publisher = Publisher::new();
    publisher.publish("2026-11-28", &[]);
    assert_eq!(publisher.update("publisher.pub", &[]).code, 0);
    let digest = publisher.digest();
    publisher.publish("2026-11-20", &[]);
    let ran = publisher.update("publisher.pub", &[]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("--allow-older"), "{}", ran.stderr);
    assert_eq!(publisher.digest(), digest);
    assert_eq!(
        publisher.update("publisher.pub", &["--allow-older"]).code,
        0
    );
    assert_ne!(publisher.digest(), digest);
}

#[test]
fn a_difference_that_is_damaged_is_made_good_by_all_of_it() {
    let publisher = Publisher::new();
    publisher.publish("2026-11-27", &[]);
    assert_eq!(publisher.update("publisher.pub", &[]).code, 0);
    publisher
        .folder
        .write("osv/new.json", record("GHSA-new", "qs", "1.2.3"));
    publisher.publish("2026-11-28", &["a.db"]);
    let index = publisher.folder.read("public/index.json");
    let parsed: Value = serde_json::from_str(&index).expect("JSON");
    let delta = parsed["deltas"][0]["name"].as_str().expect("a name");
    publisher
        .folder
        .write(&format!("public/{delta}"), "nonsense");
    let ran = publisher.update("publisher.pub", &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("all of it is fetched"),
        "{}",
        ran.stderr
    );
}
