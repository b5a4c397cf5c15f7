//! Policies are any text: whatever is read, refused or judged, nothing panics, and nothing runs without end.

#![no_main]

use std::{sync::Arc, time::Duration};

use libfuzzer_sys::fuzz_target;
use ringwall_model::Source;
use ringwall_policy::{
    admission::{AdmissionRequest, NoDeadline, Operation},
    admission_policy::AdmissionPolicies,
    bundle::FixedWorld,
    gatekeeper::{
        EnforcementPoint, Engine, Gatekeeper, InventoryStore, Options, Settings, Surroundings,
    },
    manifest::{Manifest, Problem},
};
use serde_json::{Value, json};

fuzz_target!(|text: &str| {
    let source = Arc::new(Source::new("policies.yaml", text));
    let (manifests, _) = Manifest::read(&source);
    let mut settings = Settings::default();
    settings.rego_limits.steps = 20_000;
    settings.rego_limits.bytes = 16 << 20;
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "prod", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "app", "image": "nginx:1"}]},
    });
    for preferred_engine in [Engine::Rego, Engine::Cel] {
        let options = Options {
            preferred_engine,
            settings: settings.clone(),
        };
        let (gatekeeper, problems) = Gatekeeper::load(&manifests, &options);
        places(text, &problems);
        // Whatever else the text holds is judged, and a pod.
        let others = manifests.iter().map(|manifest| manifest.object.clone());
        let mut store = InventoryStore::new();
        for object in others.chain([pod.clone()]) {
            store.insert(&object);
            let inventory = store.snapshot();
            let mut request = AdmissionRequest::from_object(object);
            request.operation = Some(Operation::Create);
            for point in EnforcementPoint::ALL {
                let surroundings = Surroundings::new(&inventory).at(point);
                let _ = gatekeeper.review(&request, &surroundings);
            }
            let surroundings = Surroundings::new(&inventory);
            let _ = gatekeeper.explain(&request, &surroundings);
            if let Ok(Some(mutated)) = gatekeeper.mutate(&request, &surroundings) {
                assert!(!mutated.patch.is_empty() && !mutated.applied.is_empty());
            }
        }
    }
    admission_policies(text, &manifests, &pod);
});

/// What the API server itself runs: the same objects are created and changed, in a world of all of them.
fn admission_policies(text: &str, manifests: &[Manifest], pod: &Value) {
    let (policies, problems) = AdmissionPolicies::load(manifests);
    places(text, &problems);
    if policies.is_empty() {
        return;
    }
    let objects: Vec<_> = manifests
        .iter()
        .map(|manifest| Arc::new(manifest.object.clone()))
        .collect();
    let world = FixedWorld::new(
        objects.iter().cloned().collect(),
        Duration::from_secs(1_800_000_000),
    );
    for object in objects.iter().map(|object| &**object).chain([pod]) {
        let mut request = AdmissionRequest::from_object(object.clone());
        for old_object in [None, Some(pod.clone())] {
            request.operation = Some(if old_object.is_some() {
                Operation::Update
            } else {
                Operation::Create
            });
            request.old_object = old_object;
            let verdict = policies.review(&request, &world, &NoDeadline);
            assert_eq!(verdict, policies.review(&request, &world, &NoDeadline));
            let mutated = policies.mutate(&request, &world, &NoDeadline);
            assert_ne!(
                mutated.object, request.object,
                "what changed nothing tells no object"
            );
        }
    }
}

fn places(text: &str, problems: &[Problem]) {
    for problem in problems {
        let at = problem
            .location
            .as_ref()
            .expect("what comes from a file has a place");
        assert!(
            text.get(at.span.range()).is_some(),
            "{at:?} is not in the text"
        );
    }
}
