//! What a real cluster uses of what is in a real registry.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    control_plane::{ControlPlane, Flags, programs},
    registry::{Home, PASSWORD, Registry},
};

/// Pushes an image that differs by its day, under a tag; gives its digest.
fn push(registry: &Registry, tag: &str, created: &str) -> String {
    let digest =
        |bytes: &[u8]| ringwall_image::Digest::new(Sha256::digest(bytes).into()).to_string();
    let config = json!({"os": "linux", "architecture": "amd64", "created": created});
    let config = config.to_string().into_bytes();
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    let manifest = json!({"schemaVersion": 2, "mediaType": media_type, "layers": [], "config": {
        "mediaType": "application/vnd.oci.image.config.v1+json",
        "digest": digest(&config), "size": config.len()}});
    let manifest = manifest.to_string().into_bytes();
    registry.push_blob("team/shop", &digest(&config), config);
    registry.push_manifest("team/shop", tag, &manifest);
    digest(&manifest)
}

#[test]
fn what_runs_and_what_makes_pods_keeps_images_from_going() {
    let Some(programs) = programs() else {
        return;
    };
    let Some(registry) = Registry::start() else {
        return;
    };
    let running = push(&registry, "running", "2026-01-01T00:00:00Z");
    push(&registry, "nightly", "2026-01-02T00:00:00Z");
    push(&registry, "asleep", "2026-01-03T00:00:00Z");
    push(&registry, "free", "2026-01-04T00:00:00Z");
    let plane = ControlPlane::start(
        &programs,
        &Flags {
            api_server: Vec::new(),
            admission_plugins: Vec::new(),
        },
    );
    let name = format!("{}/team/shop", registry.address);
    let template = |tag: &str| {
        json!({"metadata": {"labels": {"app": "a"}}, "spec": {"restartPolicy": "Always",
            "containers": [{"name": "a", "image": format!("{name}:{tag}")}]}})
    };
    let mut nightly = template("nightly");
    nightly["spec"]["restartPolicy"] = json!("Never");
    let objects = json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "default"},
            "spec": {"containers": [{"name": "a", "image": "mirror.example/alias:1"}]}},
        {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "nightly", "namespace": "default"},
            "spec": {"schedule": "0 0 * * *", "jobTemplate": {"spec": {"template": nightly}}}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "asleep", "namespace": "default"},
            "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "a"}}, "template": template("asleep")}},
    ]});
    plane
        .apply("objects.json", &objects.to_string())
        .unwrap_or_else(|error| panic!("{error}"));
    // No kubelet runs here, so it is said in its place what runs.
    let status = json!({"status": {"containerStatuses": [{"name": "a", "image": "mirror.example/alias:1",
        "imageID": format!("mirror.example/alias@{running}"), "ready": true, "restartCount": 0}]}});
    plane.must(&[
        "patch",
        "pod",
        "web",
        "--subresource=status",
        "--type=merge",
        "-p",
        &status.to_string(),
    ]);

    let home = Home::logged_in(&registry, PASSWORD);
    let (kubeconfig, ca) = (
        plane.kubeconfig().display().to_string(),
        registry.path("ca.pem"),
    );
    let listed = |kubeconfig: &str| {
        let words = [
            "registry",
            &name,
            "--registry-ca",
            &ca,
            "--as-of",
            "2026-11-28",
            "-o",
            "json",
            "--delete",
            "stale",
            "--keep",
            "0",
            "--cluster",
            "--kubeconfig",
            kubeconfig,
        ];
        let ran = home.run(&words, &[]);
        let report: Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
        (ran.code, report)
    };
    let (code, report) = listed(&kubeconfig);
    assert_eq!(code, 0, "{report}");
    let images = report["repositories"][0]["images"]
        .as_array()
        .expect("images");
    let users = |tag: &str| {
        let image = images
            .iter()
            .find(|it| it["tags"][0] == tag)
            .expect("an image");
        image["used_by"].clone()
    };
    assert_eq!(users("running"), json!(["Pod default/web"]));
    assert_eq!(users("nightly"), json!(["CronJob default/nightly"]));
    assert_eq!(users("asleep"), json!(["Deployment default/asleep"]));
    assert_eq!(users("free"), Value::Null);
    let deletions = report["plan"]["deletions"].as_array().expect("deletions");
    assert_eq!(deletions.len(), 1, "{report}");
    assert_eq!(deletions[0]["tags"], json!(["free"]));

    // Whoever may not see what runs deletes nothing for want of it.
    let (code, report) = listed(&plane.kubeconfig_as("stranger"));
    assert_eq!(code, 3, "{report}");
    assert_eq!(report["plan"]["deletions"], json!([]));
    let gaps = report["not_assessed"].as_array().expect("gaps");
    assert!(
        gaps.iter()
            .any(|it| it["id"] == "unreadable-cluster" && it["what"] == "pods"),
        "{report}"
    );
}
