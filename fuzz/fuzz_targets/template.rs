//! Policies are any text: whatever is read, refused or judged, nothing panics, and nothing runs without end.

#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ringwall_model::Source;
use ringwall_policy::{
    admission::{AdmissionRequest, Operation},
    gatekeeper::{
        Engine, EnforcementPoint, Gatekeeper, InventoryStore, Options, Settings, Surroundings,
    },
    manifest::Manifest,
};
use serde_json::json;

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
        for problem in &problems {
            let at = problem.location.as_ref().expect("what comes from a file has a place");
            assert!(text.get(at.span.range()).is_some(), "{at:?} is not in the text");
        }
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
});
