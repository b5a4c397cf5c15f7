//! Reviews over real TLS: verdicts, messages, patches, image reviews, and bad input.

use std::sync::Arc;

use crate::support::{House, Plan, answer, pod, post, review};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, StatusCode};
use ringwall_engine::CheckActions;
use ringwall_model::Severity;
use ringwall_policy::{admission::patch, pod_security::PodSecurity};
use ringwall_server::{BreakGlass, BuiltIn, Exemptions, Limits};
use serde_json::{Value, json};

/// The built-in checks alone, which refuse from high on.
pub(crate) fn checks() -> BuiltIn {
    BuiltIn {
        pod_security: PodSecurity::default(),
        checks: true,
        actions: CheckActions {
            deny: Some(Severity::High),
            warn: Some(Severity::Medium),
            fix: Some(ringwall_model::Safety::Unsafe),
            honours_annotations: false,
        },
        as_of: None,
        reports: Arc::default(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_is_admitted_or_refused_over_both_protocols() {
    let mut house = House::new(Plan::default()).await;
    let client = house.client();
    let admitted = client
        .review("/validate?timeout=10s", &review(&pod(false)))
        .await;
    assert_eq!(admitted["uid"], "0df28fbd-5f5f-11e8-bc74-36e6bb280816");
    assert_eq!(admitted["allowed"], true);

    let refused = client.review("/validate", &review(&pod(true))).await;
    assert_eq!(refused["allowed"], false);
    assert_eq!(refused["status"]["code"], 403);
    let message = refused["status"]["message"].as_str().unwrap();
    assert!(
        message.contains("[pod-security/baseline:latest] container app"),
        "{message}"
    );
    assert!(
        message.contains("; /spec/containers/0/securityContext/privileged is true"),
        "{message}"
    );
    assert_eq!(
        refused["auditAnnotations"]["denied-by"],
        "pod-security/baseline:latest"
    );

    let mut sender = client.http2().await;
    let response = sender
        .send_request(post("/validate", review(&pod(true)).to_string()))
        .await
        .unwrap();
    let answer = answer(response).await.unwrap();
    assert_eq!(answer.json()["response"]["allowed"], false);
    house.shut_down().await;
}

/// Applies a patch as RFC 6902 says.
pub(crate) fn apply(object: &Value, operations: &[Value]) -> Value {
    let operations: Vec<patch::Operation> = operations
        .iter()
        .map(|operation| {
            let path = operation["path"].as_str().unwrap().to_owned();
            let value = operation["value"].clone();
            match operation["op"].as_str().unwrap() {
                "add" => patch::Operation::Add { path, value },
                "remove" => patch::Operation::Remove { path },
                "replace" => patch::Operation::Replace { path, value },
                other => panic!("{other}"),
            }
        })
        .collect();
    patch::apply(object, &operations).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_is_a_patch_after_which_the_object_is_admitted() {
    let mut house = House::new(Plan {
        built_in: checks(),
        ..Plan::default()
    })
    .await;
    let client = house.client();
    let mutated = client.review("/mutate", &review(&pod(true))).await;
    assert_eq!(
        (&mutated["allowed"], &mutated["patchType"]),
        (&json!(true), &json!("JSONPatch"))
    );
    let decoded = base64_decode(mutated["patch"].as_str().unwrap());
    let operations: Vec<Value> = serde_json::from_slice(&decoded).unwrap();
    let patched = apply(&pod(true), &operations);
    assert_ne!(
        patched["spec"]["containers"][0]["securityContext"]["privileged"],
        true
    );
    let admitted = client.review("/validate", &review(&patched)).await;
    assert_eq!(admitted["allowed"], true, "{admitted}");
    house.shut_down().await;
}

fn base64_decode(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn exemptions_and_broken_glass_admit_and_are_told() {
    let mut house = House::new(Plan {
        change: Box::new(|settings| {
            settings.rules.exemptions = Exemptions::new(&["kube-*".to_owned()], &[], &[]).unwrap();
            settings.rules.break_glass = BreakGlass::new(&[], &["oncall".to_owned()]).unwrap();
        }),
        ..Plan::default()
    })
    .await;
    let client = house.client();
    let mut exempt = pod(true);
    exempt["metadata"]["namespace"] = json!("kube-system");
    let admitted = client.review("/validate", &review(&exempt)).await;
    assert_eq!(admitted["allowed"], true);
    assert_eq!(
        admitted["auditAnnotations"]["exempt"],
        "namespace kube-system"
    );

    let mut broken = pod(true);
    broken["metadata"]["annotations"] = json!({"ringwall.dev/break-glass": "INC-7"});
    let refused = client.review("/validate", &review(&broken)).await;
    assert_eq!(refused["allowed"], false);
    let mut by_oncall = review(&broken);
    by_oncall["request"]["userInfo"]["groups"] = json!(["oncall"]);
    let admitted = client.review("/validate", &by_oncall).await;
    assert_eq!(admitted["allowed"], true);
    assert_eq!(admitted["auditAnnotations"]["break-glass"], "INC-7");
    let warnings = admitted["warnings"].to_string();
    assert!(
        warnings.contains("admitted against policy") && warnings.contains("privileged"),
        "{warnings}"
    );
    assert_eq!(house.metric("ringwall_break_glass_total").await, 1);
    assert_eq!(house.metric("ringwall_break_glass_refused_total").await, 1);
    assert_eq!(house.metric("ringwall_exempt_total").await, 1);
    house.shut_down().await;
}

const IMAGES: &str = r#"
[image-policy]
allowed = ["registry.example.com"]
refuse-latest = true
break-glass-namespaces = ["shop"]
add-digests = true
[image-policy.digests]
"registry.example.com/app:1.2.3" = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"#;

fn image_review(image: &str, annotations: &Value) -> Value {
    json!({
        "apiVersion": "imagepolicy.k8s.io/v1alpha1", "kind": "ImageReview", "metadata": {},
        "spec": {"containers": [{"image": image}], "annotations": annotations, "namespace": "shop"},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn one_image_policy_judges_image_reviews_and_pods() {
    let mut house = House::new(Plan {
        config: IMAGES.to_owned(),
        ..Plan::default()
    })
    .await;
    let client = house.client();
    for path in ["/image-policy", "/check-image"] {
        let good = client
            .post(
                path,
                image_review("registry.example.com/app:1", &json!({})).to_string(),
            )
            .await;
        assert_eq!(good.json()["status"], json!({"allowed": true}));
        let bad = client
            .post(
                path,
                image_review("evil.example.com/app:latest", &json!({})).to_string(),
            )
            .await;
        let status = bad.json()["status"].clone();
        assert_eq!(status["allowed"], false);
        let reason = status["reason"].as_str().unwrap();
        assert!(
            reason.contains("evil.example.com/app") && reason.contains("latest"),
            "{reason}"
        );
    }
    let annotations = json!({"ringwall.image-policy.k8s.io/break-glass": "INC-9"});
    let broken = client
        .post(
            "/image-policy",
            image_review("evil.example.com/a:1", &annotations).to_string(),
        )
        .await;
    let status = broken.json()["status"].clone();
    assert_eq!(status["allowed"], true);
    assert_eq!(status["auditAnnotations"]["break-glass"], "INC-9");

    let mut evil = pod(false);
    evil["spec"]["containers"][0]["image"] = json!("evil.example.com/app:1");
    let refused = client.review("/validate", &review(&evil)).await;
    let message = refused["status"]["message"].as_str().unwrap();
    assert!(
        message.contains("[image-policy/repository-not-allowed]"),
        "{message}"
    );
    assert!(
        message.contains("/spec/containers/0/image is \"evil.example.com/app:1\""),
        "{message}"
    );

    let mutated = client.review("/mutate", &review(&pod(false))).await;
    let operations: Vec<Value> =
        serde_json::from_slice(&base64_decode(mutated["patch"].as_str().unwrap())).unwrap();
    assert_eq!(
        operations,
        [json!({
            "op": "replace", "path": "/spec/containers/0/image",
            "value": "registry.example.com/app:1.2.3@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        })]
    );
    house.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_looked_at_is_not_clean() {
    let config = "[image-policy]\nnot-assessed = \"warn\"\n[image-policy.vulnerabilities]\nseverity = \"high\"\n";
    for (config, allowed) in [
        (config.to_owned(), true),
        (config.replace("warn", "deny"), false),
    ] {
        let mut house = House::new(Plan {
            config,
            ..Plan::default()
        })
        .await;
        let review = image_review("registry.example.com/app:1", &json!({}));
        let answer = house
            .client()
            .post("/image-policy", review.to_string())
            .await;
        let status = answer.json()["status"].clone();
        assert_eq!(status["allowed"], allowed);
        assert!(
            status.to_string().contains("could not be assessed"),
            "{status}"
        );
        assert_eq!(house.metric("ringwall_image_not_assessed_total").await, 1);
        house.shut_down().await;
    }
    // Without any image policy, nobody looked at anything.
    let mut house = House::new(Plan::default()).await;
    let review = image_review("registry.example.com/app:1", &json!({}));
    let answer = house
        .client()
        .post("/image-policy", review.to_string())
        .await;
    assert_eq!(answer.json()["status"]["allowed"], false);
    house.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bad_input_has_a_clear_answer() {
    let mut house = House::new(Plan::default()).await;
    let client = house.client();
    let good = review(&pod(false)).to_string();
    let check = async |request: Request<Full<Bytes>>, status: StatusCode, part: &str| {
        let answer = client.send(request).await.unwrap();
        assert_eq!(answer.status, status, "{answer:?}");
        assert!(answer.message().contains(part), "{}", answer.message());
        assert_eq!(answer.json()["code"], status.as_u16());
        answer
    };
    let with = |method: &str, path: &str, kind: &str, body: Vec<u8>| {
        Request::builder()
            .method(method)
            .uri(format!("https://localhost{path}"))
            .header("host", "localhost")
            .header("content-type", kind)
            .body(Full::new(Bytes::from(body)))
            .unwrap()
    };
    check(
        with("POST", "/validate", "text/plain", good.clone().into()),
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "must be application/json, not 'text/plain'",
    )
    .await;
    check(
        post("/validate", good[..good.len() / 2].to_owned()),
        StatusCode::BAD_REQUEST,
        "EOF while parsing",
    )
    .await;
    check(
        post("/validate", Bytes::new()),
        StatusCode::BAD_REQUEST,
        "EOF while parsing",
    )
    .await;
    check(
        post("/validate", good.replace("k8s.io/v1", "k8s.io/v7")),
        StatusCode::BAD_REQUEST,
        "'admission.k8s.io/v7' is not spoken here",
    )
    .await;
    check(
        post("/image-policy", good.clone()),
        StatusCode::BAD_REQUEST,
        "of kind 'AdmissionReview'",
    )
    .await;
    check(
        post("/nowhere", good.clone()),
        StatusCode::NOT_FOUND,
        "/validate, /mutate",
    )
    .await;
    // Nothing records here, so that events would be lost.
    check(
        post("/audit", good.clone()),
        StatusCode::NOT_FOUND,
        "nothing is at this path",
    )
    .await;
    let refused = check(
        with("GET", "/validate", "application/json", Vec::new()),
        StatusCode::METHOD_NOT_ALLOWED,
        "takes POST",
    )
    .await;
    assert_eq!(refused.headers["allow"], "POST");
    check(
        post("/validate", vec![b' '; 100 << 20]),
        StatusCode::PAYLOAD_TOO_LARGE,
        "more than 7340032 bytes",
    )
    .await;
    let deep = format!(
        r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{"object":{}{}}}}}"#,
        "[".repeat(50_000),
        "]".repeat(50_000)
    );
    check(
        post("/validate", deep),
        StatusCode::BAD_REQUEST,
        "recursion limit",
    )
    .await;
    check(
        post("/validate", vec![0xff; 64]),
        StatusCode::BAD_REQUEST,
        "expected value",
    )
    .await;
    // After all of that it judges as before.
    let admitted = client.review("/validate", &review(&pod(false))).await;
    assert_eq!(admitted["allowed"], true);
    assert_eq!(house.metric("ringwall_panics_total").await, 0);
    house.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_of_bodies_is_the_one_that_is_set() {
    let mut house = House::new(Plan {
        change: Box::new(|settings| {
            settings.limits = Limits {
                review_bytes: 100,
                ..settings.limits.clone()
            };
        }),
        ..Plan::default()
    })
    .await;
    let answer = house
        .client()
        .post("/validate", review(&pod(false)).to_string())
        .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    house.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn images_of_volumes_and_of_configured_kinds_are_judged_and_a_broken_glass_is_counted() {
    let workloads =
        "[[workloads]]\ngroup = \"example.com\"\nkind = \"Fleet\"\npath = \"spec.template\"\n";
    let mut house = House::new(Plan {
        config: format!("{IMAGES}{workloads}"),
        ..Plan::default()
    })
    .await;
    let client = house.client();
    let mut mounts = pod(false);
    mounts["spec"]["volumes"] =
        json!([{"name": "model", "image": {"reference": "evil.example.com/model:1"}}]);
    let fleet = json!({
        "apiVersion": "example.com/v1", "kind": "Fleet", "metadata": {"name": "a", "namespace": "shop"},
        "spec": {"template": {"spec": {"containers": [{"name": "a", "image": "evil.example.com/app:1"}]}}},
    });
    for (object, place) in [
        (&mounts, "/spec/volumes/0/image/reference"),
        (&fleet, "/spec/template/spec/containers/0/image"),
    ] {
        let refused = client.review("/validate", &review(object)).await;
        let message = refused["status"]["message"].as_str().unwrap();
        assert!(
            message.contains("[image-policy/repository-not-allowed]") && message.contains(place),
            "{message}"
        );
    }
    assert_eq!(house.metric("ringwall_break_glass_total").await, 0);
    mounts["metadata"]["annotations"] =
        json!({"ringwall.image-policy.k8s.io/break-glass": "INC-9"});
    let admitted = client.review("/validate", &review(&mounts)).await;
    assert_eq!(admitted["allowed"], true);
    assert_eq!(house.metric("ringwall_break_glass_total").await, 1);
    house.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn digests_are_added_only_where_an_image_can_still_change() {
    let debugger = format!(
        "\"registry.example.com/debug:1\" = \"sha256:{}\"\n",
        "0".repeat(64)
    );
    let mut house = House::new(Plan {
        config: format!("{IMAGES}{debugger}"),
        ..Plan::default()
    })
    .await;
    let container = |name: &str, image: &str| json!({"name": name, "image": image});
    let with = |containers: &[Value]| {
        let mut object = pod(false);
        object["spec"]["ephemeralContainers"] = json!(containers);
        object
    };
    let first = container("first", "registry.example.com/app:1.2.3");
    let second = container("second", "registry.example.com/debug:1");
    let mut adding = review(&with(&[first.clone(), second]));
    adding["request"]["operation"] = json!("UPDATE");
    adding["request"]["subResource"] = json!("ephemeralcontainers");
    adding["request"]["oldObject"] = with(&[first]);
    let answer = house.client().review("/mutate", &adding).await;
    let patch = base64_decode(answer["patch"].as_str().unwrap());
    let operations: Vec<Value> = serde_json::from_slice(&patch).unwrap();
    let paths: Vec<_> = operations.iter().map(|one| one["path"].clone()).collect();
    assert_eq!(paths, ["/spec/ephemeralContainers/1/image"]);
    house.shut_down().await;
}
