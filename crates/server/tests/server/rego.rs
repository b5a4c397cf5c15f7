//! Rego in files of its own: the server says what a scan of the same folder says, and takes over data anew.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use ringwall_engine::{Config, Input, Options, Selection};
use ringwall_model::{Date, Severity, Source};
use ringwall_policy::{
    bundle::Bundle,
    conftest::{DataFiles, Settings},
    pod_security::PodSecurity,
};
use ringwall_server::{BuiltIn, Bundles, LiveWorld, PolicySource};
use serde_json::{Value, json};

use crate::support::{House, Plan, eventually, pod, review};

const POLICY: &str = r#"package images

import rego.v1
import data.lib

deny_registry contains msg if {
	some container in input.spec.containers
	not lib.is_trusted(container.image)
	msg := sprintf("%s is of no registry of ours", [container.image])
}

warn contains {"msg": "no team", "details": {"label": "team"}} if not input.metadata.labels.team

exception contains ["registry"] if input.metadata.name == "mirror"
"#;

const LIBRARY: &str = "package lib
import rego.v1
is_trusted(image) if startswith(image, data.registries.trusted[_])
";

const DATA: &str = "trusted: [registry.example.com/]\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("policy/images.rego", POLICY),
        ("policy/lib/lib.rego", LIBRARY),
        ("data/registries/all.yaml", DATA),
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

async fn house(folder: &Path) -> House {
    let (policy, data) = (folder.join("policy"), folder.join("data"));
    let plan = Plan::default();
    House::new(Plan {
        built_in: BuiltIn {
            pod_security: PodSecurity::default(),
            checks: false,
            ..plan.built_in
        },
        change: Box::new(move |settings| {
            let bundles = Bundles::new(Arc::new(LiveWorld::default())).with_rego(
                Settings::default(),
                vec![policy.clone()],
                vec![data.clone()],
            );
            settings.sources.push(PolicySource {
                paths: vec![policy, data],
                extensions: Bundles::EXTENSIONS,
                loader: Arc::new(bundles),
            });
        }),
        ..plan
    })
    .await
}

/// What a scan of a manifest says: rule, severity and message.
fn scanned(folder: &Path, object: &Value) -> BTreeSet<(String, Severity, String)> {
    let sources: Vec<_> = ringwall_collect::read_texts(&[folder.join("policy")], &["rego"])
        .into_iter()
        .map(|(name, text)| Arc::new(Source::new(name, text.unwrap())))
        .collect();
    let mut data = DataFiles::default();
    data.add("data", "data/registries/all.yaml", DATA).unwrap();
    let settings = Settings {
        data: vec![data.document()],
        ..Settings::default()
    };
    let bundle = Arc::new(Bundle::load_with(&sources, &settings));
    assert_eq!(bundle.problems(), []);
    let manifests = tempfile::tempdir().unwrap();
    fs::write(manifests.path().join("object.json"), object.to_string()).unwrap();
    let input = Input {
        files: ringwall_collect::walk(&ringwall_collect::Walk {
            paths: vec![manifests.path().to_owned()],
            ..ringwall_collect::Walk::default()
        }),
        stdin: None,
    };
    let options = Options {
        selection: &Selection::new(&[], &[], &[]).unwrap(),
        config: &Config::default(),
        config_source: &Source::new("ringwall.toml", ""),
        pod_security: None,
        policies: Some(&bundle),
        advisories: ringwall_engine::Advisories::Missing,
        as_of: Date::from_unix_seconds(0),
        baseline: None,
        changes: None,
        show_passed: false,
        limit_bytes: 1 << 20,
        progress: None,
    };
    let report = ringwall_engine::scan(&input, &options).unwrap().report;
    let findings = report.findings.iter();
    findings
        .filter(|finding| finding.fails() && finding.check.starts_with("images/"))
        .map(|finding| {
            (
                finding.check.to_string(),
                finding.severity,
                finding.message.clone(),
            )
        })
        .collect()
}

/// The same of an answer of the server.
fn answered(response: &Value) -> BTreeSet<(String, Severity, String)> {
    let message = response["status"]["message"].as_str().unwrap_or("");
    let denied = message.lines().map(|line| (Severity::High, line));
    let warnings = response["warnings"].as_array().into_iter().flatten();
    let warned = warnings.map(|line| (Severity::Medium, line.as_str().unwrap()));
    let parsed = denied.chain(warned).filter_map(|(severity, line)| {
        let (rule, rest) = line.strip_prefix('[')?.split_once("] ")?;
        let said = rest.split_once("; /").map_or(rest, |(said, _)| said);
        Some((rule.to_owned(), severity, said.to_owned()))
    });
    parsed.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_says_what_a_scan_says() {
    let folder = folder();
    let mut house = house(folder.path()).await;
    let client = house.client();
    let mut said = BTreeSet::new();
    for name in ["web", "mirror"] {
        for image in ["registry.example.com/app:1", "evil.example.com/app:1"] {
            for labels in [json!({}), json!({"team": "shop"})] {
                let mut object = pod(false);
                object["metadata"]["name"] = json!(name);
                object["metadata"]["labels"] = labels;
                object["spec"]["containers"][0]["image"] = json!(image);
                let response = client.review("/validate", &review(&object)).await;
                let scan = scanned(folder.path(), &object);
                assert_eq!(answered(&response), scan, "{object}\n{response}");
                let is_refused = scan
                    .iter()
                    .any(|(_, severity, _)| *severity == Severity::High);
                let is_wrong = name == "web" && image.starts_with("evil");
                assert_eq!(is_refused, is_wrong, "{object}");
                assert_eq!(response["allowed"], !is_refused, "{response}");
                said.extend(scan);
            }
        }
    }
    // Both rules spoke at least once, and the pods were not all refused.
    assert_eq!(said.len(), 2, "{said:?}");

    // What is being deleted must be able to go.
    let mut going = review(&pod(false));
    going["request"]["operation"] = json!("DELETE");
    going["request"]["oldObject"] = going["request"]["object"].take();
    assert_eq!(client.review("/validate", &going).await["allowed"], true);
    house.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn data_is_taken_over_anew_and_what_is_broken_keeps_its_last_good_content() {
    let folder = folder();
    let mut house = house(folder.path()).await;
    let client = house.client();
    let mut object = pod(false);
    object["spec"]["containers"][0]["image"] = json!("registry.example.com/app:1");
    let allows = async || client.review("/validate", &review(&object)).await["allowed"] == true;
    assert!(allows().await);
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("data/registries/all.yaml", "trusted: [ours.example.com/]\n");
    eventually("the registry is no longer trusted", async || {
        !allows().await
    })
    .await;

    write("data/registries/all.yaml", "trusted: [\n");
    write(
        "policy/lib/lib.rego",
        "package lib\nimport rego.v1\nis_trusted(image) if {\n",
    );
    eventually("the broken files are told", async || {
        house.metric("ringwall_policy_files_broken").await == 2
    })
    .await;
    assert!(!allows().await, "the last good content judges");
    let (_, status) = house.health("/status").await;
    assert!(status.contains("images/deny_registry"), "{status}");

    write("data/registries/all.yaml", DATA);
    write("policy/lib/lib.rego", LIBRARY);
    eventually("the registry is trusted again", allows).await;
    house.shut_down().await;
}
