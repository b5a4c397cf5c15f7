//! `ringwall trust update`: what a repository of The Update Framework may change, and what it may not.

use std::{
    fs,
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};

use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    folder::{Folder, Ran},
    web::Web,
};

/// The authorities and logs of an instance that has none, told apart by a word.
fn trusted_root(word: &str) -> String {
    json!({
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [], "certificateAuthorities": [], "ctlogs": [], "timestampAuthorities": [],
        "word": word,
    })
    .to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// A key by its number.
fn key(number: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[number; 32]).expect("a key")
}

fn key_id(number: u8) -> String {
    hex(&Sha256::digest(key(number).public_key().as_ref()))
}

/// A time so many days from now.
fn in_days(days: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = i64::try_from(now.expect("a clock").as_secs()).expect("a time");
    let time = ringwall_model::Date::from_unix_seconds(
        u64::try_from(now + days * 86_400).expect("a time"),
    );
    format!("{time}T00:00:00Z")
}

/// Metadata, signed by keys. Sorted and without spaces, which is what is signed where nothing has to be escaped.
fn signed(content: &Value, keys: &[u8]) -> String {
    let message = content.to_string();
    let signatures = keys.iter().map(|&number| {
        json!({"keyid": key_id(number), "sig": hex(key(number).sign(message.as_bytes()).as_ref())})
    });
    let signatures: Vec<_> = signatures.collect();
    json!({"signatures": signatures, "signed": content}).to_string()
}

/// A root of a version: the key of roots, and the key of all other roles.
fn root(version: u64, of_roots: u8, of_others: u8, signers: &[u8]) -> String {
    let entry = |number: u8| {
        let public = hex(key(number).public_key().as_ref());
        json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": public}})
    };
    let role = |number: u8| json!({"keyids": [key_id(number)], "threshold": 1});
    let content = json!({
        "_type": "root", "spec_version": "1.0.31", "version": version, "expires": in_days(300),
        "consistent_snapshot": true,
        "keys": {key_id(of_roots): entry(of_roots), key_id(of_others): entry(of_others)},
        "roles": {
            "root": role(of_roots), "timestamp": role(of_others), "snapshot": role(of_others),
            "targets": role(of_others),
        },
    });
    signed(&content, signers)
}

/// A repository on loopback, and a user who knows its first root.
struct Instance {
    folder: Folder,
    web: Web,
}

/// What a repository publishes.
struct Published<'p> {
    version: u64,
    trusted_root: &'p str,
    days: i64,
    signer: u8,
}

impl Instance {
    fn new() -> Self {
        let folder = Folder::new(&[("root.json", &root(1, 1, 2, &[1]))]);
        fs::create_dir(folder.path().join("public")).expect("a folder");
        let web = Web::serve(folder.path().join("public"));
        Self { folder, web }
    }

    fn publish(&self, what: &Published<'_>) {
        let Published {
            version,
            trusted_root,
            days,
            signer,
        } = *what;
        let put = |name: String, text: &str| self.folder.write(&format!("public/{name}"), text);
        let digest = hex(&Sha256::digest(trusted_root));
        let head = |kind: &str| json!({"_type": kind, "spec_version": "1.0.31", "version": version, "expires": in_days(days)});
        let with = |kind: &str, field: &str, value: Value| {
            let mut content = head(kind);
            content[field] = value;
            signed(&content, &[signer])
        };
        let target = json!({"length": trusted_root.len(), "hashes": {"sha256": digest}});
        let targets = with("targets", "targets", json!({"trusted_root.json": target}));
        let snapshot = with(
            "snapshot",
            "meta",
            json!({"targets.json": {"version": version}}),
        );
        let timestamp = with(
            "timestamp",
            "meta",
            json!({"snapshot.json": {"version": version}}),
        );
        put(format!("targets/{digest}.trusted_root.json"), trusted_root);
        put(format!("{version}.targets.json"), &targets);
        put(format!("{version}.snapshot.json"), &snapshot);
        put("timestamp.json".to_owned(), &timestamp);
    }

    fn trust(&self, what: &str) -> Ran {
        let url = self.web.url("");
        let words = ["trust", what, "--repository", &url, "--root", "root.json"];
        self.folder.run(&words)
    }

    /// What is kept for the user.
    fn kept(&self) -> String {
        let told = self.trust("status");
        assert_eq!(told.code, 0, "{}", told.stderr);
        // As a script takes it.
        let path = told.stdout.lines().last().expect("a path");
        fs::read_to_string(PathBuf::from(path)).expect("a trust root")
    }

    /// What is refused, for a reason, while what was known stays.
    fn refuses(&self, reason: &str, known: &str) {
        let told = self.trust("update");
        assert_eq!(told.code, 2, "{}", told.stdout);
        assert!(told.stderr.contains(reason), "{}", told.stderr);
        assert_eq!(self.kept(), known);
    }
}

#[test]
fn authorities_are_fetched_and_fetched_again() {
    let instance = Instance::new();
    let (first, second) = (trusted_root("first"), trusted_root("second"));
    assert_eq!(instance.trust("status").code, 2, "nothing is known yet");
    let mut published = Published {
        version: 1,
        trusted_root: &first,
        days: 7,
        signer: 2,
    };
    instance.publish(&published);
    let told = instance.trust("update");
    assert_eq!(told.code, 0, "{}", told.stderr);
    assert!(told.stdout.contains("have changed"), "{}", told.stdout);
    let due = in_days(7);
    let due = format!("to be updated by {}", &due[..10]);
    assert!(told.stdout.contains(&due), "{}", told.stdout);
    assert_eq!(instance.kept(), first);
    // Whoever asks about the public instance learns what else is kept.
    let listed = instance.folder.run(&["trust", "status"]).stdout;
    assert!(listed.contains("also kept, of 127.0.0.1"), "{listed}");
    assert!(listed.contains(&due), "{listed}");
    let last = listed.lines().last().expect("a line");
    assert!(last.contains("built in"), "{listed}");
    let again = instance.trust("update");
    assert!(
        again.stdout.contains("those that were known"),
        "{}",
        again.stdout
    );

    published.version = 2;
    published.trusted_root = &second;
    instance.publish(&published);
    assert_eq!(instance.trust("update").code, 0);
    assert_eq!(instance.kept(), second);

    // Keys change: the new root is signed by the key of the old one and its own.
    let put = |text: String| instance.folder.write("public/2.root.json", text);
    put(root(2, 3, 4, &[3]));
    instance.refuses("threshold not met for role root", &second);
    put(root(2, 3, 4, &[1, 3]));
    instance.refuses("threshold not met for role timestamp", &second);
    published.version = 3;
    published.signer = 4;
    published.trusted_root = &first;
    instance.publish(&published);
    let told = instance.trust("update");
    assert!(
        told.stdout.contains("root 2"),
        "{}{}",
        told.stdout,
        told.stderr
    );
    assert_eq!(instance.kept(), first);
}

#[test]
fn what_is_older_over_or_not_signed_is_refused() {
    let instance = Instance::new();
    let (good, evil) = (trusted_root("good"), trusted_root("evil"));
    let publish = |version, trusted_root: &str, days, signer| {
        instance.publish(&Published {
            version,
            trusted_root,
            days,
            signer,
        });
    };
    publish(5, &good, 7, 2);
    assert_eq!(instance.trust("update").code, 0);
    publish(4, &evil, 7, 2);
    instance.refuses("rollback detected for timestamp", &good);
    publish(6, &evil, -1, 2);
    instance.refuses("timestamp metadata expired", &good);
    publish(6, &evil, 7, 9);
    instance.refuses("threshold not met for role timestamp", &good);
    publish(6, &evil, 7, 2);
    let target = format!(
        "public/targets/{}.trusted_root.json",
        hex(&Sha256::digest(&evil))
    );
    instance.folder.write(&target, trusted_root("Evil"));
    instance.refuses("integrity check failed", &good);
    // It is what the repository signs, and no trust root.
    publish(7, "{\"mediaType\": 1}", 7, 2);
    instance.refuses("the trust root cannot be used", &good);
    fs::remove_dir_all(instance.folder.path().join("public")).expect("a folder");
    instance.refuses("timestamp.json not found", &good);
}

#[test]
fn what_was_kept_is_verified_again() {
    let instance = Instance::new();
    let good = trusted_root("good");
    instance.publish(&Published {
        version: 1,
        trusted_root: &good,
        days: 7,
        signer: 2,
    });
    assert_eq!(instance.trust("update").code, 0);
    let told = instance.trust("status");
    let path = PathBuf::from(told.stdout.lines().last().expect("a path").trim());
    fs::write(&path, trusted_root("evil")).expect("a file");
    let told = instance.trust("status");
    assert_eq!(told.code, 2, "{}", told.stdout);
    assert!(told.stderr.contains("fetches it again"), "{}", told.stderr);
    assert_eq!(instance.trust("update").code, 0);
    assert_eq!(instance.kept(), good);
}

#[test]
fn signatures_are_verified_by_what_was_fetched_and_by_nothing_else() {
    let folder = Folder::new(&[("shop.tar", "no image")]);
    let verify = [
        "image",
        "verify",
        "shop.tar",
        "--identity",
        "me@shop.example",
        "--issuer",
        "https://accounts.example",
    ];
    let told = folder.run(&verify);
    assert!(told.stdout.contains("built in"), "{}", told.stdout);
    let kept = ".git/data/ringwall/trust/tuf-repo-cdn.sigstore.dev/timestamp.json";
    folder.write(kept, "{}");
    let told = folder.run(&verify);
    assert_eq!(told.code, 2, "{}", told.stdout);
    assert!(told.stderr.contains("fetches it again"), "{}", told.stderr);
}

#[test]
fn without_an_update_the_built_in_root_counts() {
    let folder = Folder::new(&[]);
    let told = folder.run(&["trust", "status"]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    assert!(told.stdout.contains("built in"), "{}", told.stdout);
    // Another instance needs a root of its own.
    let told = folder.run(&["trust", "update", "--repository", "https://127.0.0.1:1"]);
    assert_eq!(told.code, 2);
    assert!(told.stderr.contains("--root"), "{}", told.stderr);
}
