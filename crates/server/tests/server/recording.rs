//! What is written down: decisions for replay, audit events once each, and no secret.

use std::fs;

use ringwall_server::{RecordSettings, Settings};
use serde_json::{Value, json};

use crate::support::{House, Plan, pod, review};

fn recording(folder: &tempfile::TempDir) -> impl FnOnce(&mut Settings) + use<> {
    let file = folder.path().join("decisions.jsonl");
    move |settings| {
        settings.record = Some(RecordSettings {
            file,
            max_bytes: 1 << 20,
            keep: 1,
        });
    }
}

fn lines(folder: &tempfile::TempDir) -> Vec<Value> {
    let text = fs::read_to_string(folder.path().join("decisions.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_decision_is_on_record_and_no_secret_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::new(Plan {
        change: Box::new(recording(&folder)),
        ..Plan::default()
    })
    .await;
    let client = house.client();
    client.review("/validate", &review(&pod(true))).await;
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "shop"},
        "data": {"password": "aHVudGVyMmh1bnRlcjI="},
    });
    client.review("/validate", &review(&secret)).await;
    let digest = house.server.as_ref().unwrap().policies().digest.clone();
    house.shut_down().await;

    let lines = lines(&folder);
    assert_eq!(lines.len(), 2);
    let first = &lines[0];
    assert_eq!(
        (&first["version"], &first["type"]),
        (&json!(1), &json!("validate"))
    );
    assert_eq!(first["policies"], digest);
    assert_eq!(first["request"]["object"], pod(true));
    assert_eq!(first["request"]["userInfo"]["username"], "ann");
    assert_eq!(first["verdict"]["allowed"], false);
    let violation = &first["verdict"]["violations"][0];
    assert_eq!(violation["policy"], "pod-security/baseline:latest");
    assert_eq!(
        violation["paths"],
        json!(["/spec/containers/0/securityContext/privileged"])
    );
    assert!(first["verdict"]["suggestion"][0]["op"].is_string());
    assert!(first["durationMicros"].is_u64() && first["time"].as_str().unwrap().ends_with('Z'));
    assert_eq!(
        lines[1]["request"]["object"]["data"],
        json!({"password": "<redacted>"})
    );

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(folder.path().join("decisions.jsonl"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn audit_events_are_kept_once_each() {
    let folder = tempfile::tempdir().unwrap();
    let mut house = House::new(Plan {
        change: Box::new(recording(&folder)),
        ..Plan::default()
    })
    .await;
    let event = |id: &str, stage: &str| json!({"level": "Metadata", "auditID": id, "stage": stage, "verb": "create"});
    let list = |events: Vec<Value>| {
        json!({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": {}, "items": events}).to_string()
    };
    let client = house.client();
    let first = list(vec![
        event("a", "RequestReceived"),
        event("a", "ResponseComplete"),
    ]);
    assert_eq!(client.post("/audit", first.clone()).await.status, 200);
    // What an API server sends again after it missed an answer.
    assert_eq!(client.post("/audit", first).await.status, 200);
    let second = list(vec![
        event("a", "ResponseComplete"),
        event("b", "ResponseComplete"),
    ]);
    assert_eq!(client.post("/audit", second).await.status, 200);
    // An answer says that the events are on disk.
    let kept: Vec<(Value, Value)> = lines(&folder)
        .into_iter()
        .map(|line| {
            (
                line["event"]["auditID"].clone(),
                line["event"]["stage"].clone(),
            )
        })
        .collect();
    let expected = [
        ("a", "RequestReceived"),
        ("a", "ResponseComplete"),
        ("b", "ResponseComplete"),
    ];
    assert_eq!(kept, expected.map(|(id, stage)| (json!(id), json!(stage))));
    assert_eq!(house.metric("ringwall_audit_duplicates_total").await, 3);
    house.shut_down().await;
}
