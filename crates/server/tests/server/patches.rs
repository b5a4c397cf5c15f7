//! Patches in refusals: admitted, as small as can be, and looked for while others are judged.

use std::{collections::BTreeSet, fs, sync::Arc, time::Duration};

use ringwall_policy::{
    admission::{
        Action, AdmissionRequest, ChangedPlace, Deadline, Judge, PolicyStatus, Source, Verdict,
        Violation,
    },
    pod_security::PodSecurity,
};
use ringwall_server::{BuiltIn, Bundles, Limits, LiveWorld, PolicySource};
use serde_json::{Value, json};

use crate::{
    gate::{self, Gate, Opener},
    reviews::{apply, checks},
    support::{Client, House, Plan, eventually, pod, review},
};

const PATCH: &str = "this JSON patch of the object passes all policies: ";

/// The patch in a message.
fn patch_of(answer: &Value) -> Option<Vec<Value>> {
    let message = answer["status"]["message"].as_str().unwrap();
    let (_, operations) = message.split_once(PATCH)?;
    Some(serde_json::from_str(operations).unwrap())
}

/// The patch that a refusal tells: with it the object is admitted, and without any one of its operations it is not.
async fn smallest_patch(client: &Client, object: &Value) -> Vec<Value> {
    let refused = client
        .review("/validate?timeout=30s", &review(object))
        .await;
    assert_eq!(refused["allowed"], false);
    let operations = patch_of(&refused).unwrap_or_else(|| panic!("no patch in {refused}"));
    let patched = apply(object, &operations);
    let admitted = client.review("/validate", &review(&patched)).await;
    assert_eq!(admitted["allowed"], true, "{admitted}");
    for left_out in 0..operations.len() {
        let mut fewer = operations.clone();
        fewer.remove(left_out);
        let refused = client
            .review("/validate", &review(&apply(object, &fewer)))
            .await;
        let operation = &operations[left_out];
        assert_eq!(refused["allowed"], false, "{operation} is not needed");
    }
    operations
}

#[tokio::test(flavor = "multi_thread")]
async fn the_patch_in_a_refusal_is_admitted() {
    let restricted = PodSecurity {
        enforce: Some("restricted".parse().unwrap()),
        warn: None,
    };
    let both = BuiltIn {
        pod_security: restricted,
        ..checks()
    };
    for built_in in [Plan::default().built_in, checks(), both] {
        let mut house = House::new(Plan {
            built_in,
            ..Plan::default()
        })
        .await;
        smallest_patch(&house.client(), &pod(true)).await;
        house.shut_down().await;
    }
}

/// One message for all containers, as templates in CEL have it; and another policy about the pod.
const POLICIES: &str = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: noescalation}
spec:
  crd: {spec: {names: {kind: NoEscalation}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    code:
    - engine: K8sNativeValidation
      source:
        variables:
        - name: bad
          expression: >-
            object.spec.containers.filter(c, !has(c.securityContext) ||
            !has(c.securityContext.allowPrivilegeEscalation) || c.securityContext.allowPrivilegeEscalation)
            .map(c, c.name)
        validations:
        - expression: size(variables.bad) == 0
          messageExpression: "'privileges may grow in ' + variables.bad.join(', ')"
---
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: notoken}
spec:
  crd: {spec: {names: {kind: NoToken}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package notoken
      violation[{"msg": "mounts a token"}] {
        not input.review.object.spec.automountServiceAccountToken == false
      }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: NoEscalation
metadata: {name: anywhere}
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: NoToken
metadata: {name: anywhere}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn one_refusal_for_many_containers_is_mended_in_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("all.yaml"), POLICIES).unwrap();
    let source = PolicySource {
        paths: vec![folder.path().to_owned()],
        extensions: Bundles::EXTENSIONS,
        loader: Arc::new(Bundles::new(Arc::new(LiveWorld::default()))),
    };
    let plan = Plan::default();
    let mut house = House::new(Plan {
        built_in: BuiltIn {
            pod_security: PodSecurity::default(),
            ..plan.built_in
        },
        change: Box::new(move |settings| settings.sources.push(source)),
        ..plan
    })
    .await;
    let mut object = pod(false);
    let container = |name: &str| json!({"name": name, "image": "registry.example.com/app:1"});
    let mut fine = container("fine");
    fine["securityContext"] = json!({"allowPrivilegeEscalation": false});
    let mut odd = container("odd");
    odd["securityContext"] = json!({"runAsUser": 7, "allowPrivilegeEscalation": true});
    object["spec"]["containers"] = json!([container("bare"), fine, odd]);
    let patch = smallest_patch(&house.client(), &object).await;
    let sorted: BTreeSet<_> = patch.iter().map(Value::to_string).collect();
    let expected = [
        json!({"op": "add", "path": "/spec/automountServiceAccountToken", "value": false}),
        json!({
            "op": "add",
            "path": "/spec/containers/0/securityContext",
            "value": {"allowPrivilegeEscalation": false},
        }),
        json!({
            "op": "replace",
            "path": "/spec/containers/2/securityContext/allowPrivilegeEscalation",
            "value": false,
        }),
    ];
    assert_eq!(sorted, expected.iter().map(Value::to_string).collect());
    house.shut_down().await;
}

/// Refuses the network of the host, and is held up where it is asked about a change.
struct HostNetwork(Arc<Gate>);

impl Judge for HostNetwork {
    fn review(&self, request: &AdmissionRequest, _deadline: &dyn Deadline) -> Verdict {
        let mut verdict = Verdict::default();
        let object = request.object.as_ref().unwrap();
        if object["spec"]["hostNetwork"] == true {
            let mut violation =
                Violation::new(Source::Conftest, "network", Action::Deny, "is the host's");
            violation.paths = vec!["/spec/hostNetwork".to_owned()];
            verdict.violations.push(violation);
        }
        verdict
    }

    fn review_by(
        &self,
        _policies: &BTreeSet<&str>,
        _changed: Option<&[ChangedPlace<'_>]>,
        request: &AdmissionRequest,
        deadline: &dyn Deadline,
    ) -> Verdict {
        self.0.pass_in_time(deadline);
        self.review(request, deadline)
    }

    fn status(&self) -> Vec<PolicyStatus> {
        Vec::new()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn others_are_judged_while_a_patch_is_looked_for() {
    let opener = Opener(Arc::default());
    let source = gate::source_of(Arc::new(HostNetwork(Arc::clone(&opener.0))));
    let mut house = House::new(Plan {
        change: Box::new(move |settings| {
            settings.limits = Limits {
                workers: 1,
                ..settings.limits.clone()
            };
            settings.rules.suggestion_time = Duration::from_secs(13);
            settings.sources = vec![source];
        }),
        ..Plan::default()
    })
    .await;
    let client = house.client();
    let mut object = pod(false);
    object["spec"]["hostNetwork"] = json!(true);
    let ask = || {
        let (client, asked) = (client.clone(), review(&object));
        tokio::spawn(async move { client.review("/validate?timeout=30s", &asked).await })
    };
    // Who has no time for that is told at once.
    let hasty = client
        .review("/validate?timeout=20s", &review(&object))
        .await;
    assert_eq!(hasty["allowed"], false);
    assert_eq!(patch_of(&hasty), None);
    let first = ask();
    // Whoever refused it looks for a moment, and somebody else for longer.
    eventually("a search", async || opener.waiting() == 2).await;
    let admitted = client.review("/validate", &review(&pod(false))).await;
    assert_eq!(admitted["allowed"], true);

    // Only so many wait for a patch; the next ones are told without.
    let others: Vec<_> = (0..10).map(|_| ask()).collect();
    let without = "ringwall_refused_without_search_total";
    eventually("refusals without", async || {
        house.metric(without).await == 2
    })
    .await;
    opener.open();
    let mut patches = vec![first.await.unwrap()];
    for other in others {
        patches.push(other.await.unwrap());
    }
    assert!(patches.iter().all(|answer| answer["allowed"] == false));
    let told: Vec<_> = patches.iter().filter_map(patch_of).collect();
    assert_eq!(told.len(), 9);
    assert!(
        told.iter()
            .all(|patch| patch[0]["path"] == "/spec/hostNetwork")
    );
    house.shut_down().await;
}
