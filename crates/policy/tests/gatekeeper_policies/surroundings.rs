//! What stands around a request: other objects, providers, expansions, mutators, configuration.

use super::*;

#[test]
fn people_are_told_why_nothing_happened() {
    let config = "apiVersion: config.gatekeeper.sh/v1alpha1
kind: Config
metadata: {name: config, namespace: gatekeeper-system}
spec: {match: [{excludedNamespaces: [kube-*], processes: [webhook]}]}
---
";
    let gatekeeper = policies(&[
        config.to_owned(),
        template("NeedLabels", LABELS),
        constraint("NeedLabels", "a", "match: {namespaces: [dev]}\nparameters: {labels: [team]}"),
        constraint("NeedLabels", "b", "enforcementAction: scoped\nscopedEnforcementActions: [{action: deny, enforcementPoints: [{name: audit.gatekeeper.sh}]}]"),
        constraint("NeedLabels", "c", "match: {namespaceSelector: {matchLabels: {a: b}}}"),
        constraint("NeedLabels", "d", "match: {kinds: [{kinds: [Pod]}]}"),
    ].concat());
    let inventory = Inventory::default();
    let surroundings = Surroundings::new(&inventory);
    let explained = gatekeeper.explain(&create(pod(json!({}))), &surroundings);
    let outcomes: Vec<_> = explained.iter().map(|one| &one.outcome).collect();
    assert_eq!(
        outcomes[0],
        &Outcome::NotMatched {
            object: Some(Mismatch::Namespaces {
                namespace: "prod".to_owned()
            }),
            old_object: None,
        }
    );
    assert_eq!(outcomes[1], &Outcome::NotEnforced);
    assert!(matches!(outcomes[2], Outcome::Judged(found) if found.len() == 1 && found[0].is_error));
    assert_eq!(outcomes[3], &Outcome::Judged(Vec::new()));

    let mut kube = pod(json!({}));
    kube["metadata"]["namespace"] = json!("kube-system");
    let request = create(kube);
    assert_eq!(gatekeeper.review(&request, &surroundings), []);
    let explained = gatekeeper.explain(&request, &surroundings);
    assert_eq!(
        explained[0].outcome,
        Outcome::NamespaceExcluded {
            namespace: "kube-system".to_owned(),
            pattern: "kube-*".to_owned(),
        }
    );
    let audit = gatekeeper.review(&request, &surroundings.at(EnforcementPoint::Audit));
    assert!(!audit.is_empty());
}

#[test]
fn the_inventory_has_the_others() {
    let rego = r#"
violation[{"msg": msg}] {
  other := data.inventory.namespace[ns][_]["Service"][name]
  other.spec.port == input.review.object.spec.port
  msg := sprintf("%v/%v has the port", [ns, name])
}
violation[{"msg": msg}] {
  team := data.inventory.cluster.v1.Namespace[input.review.object.metadata.namespace].metadata.labels.team
  msg := sprintf("of team %v", [team])
}
violation[{"msg": msg}] { msg := sprintf("in %v", [input.review.namespaceObject.metadata.labels.team]) }"#;
    let gatekeeper = policies(
        &[
            template("Ports", rego),
            constraint(
                "Ports",
                "a",
                "match: {namespaceSelector: {matchLabels: {team: red}}}",
            ),
        ]
        .concat(),
    );
    let service = |name: &str, port: u16| {
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name, "namespace": "prod"}, "spec": {"port": port},
        })
    };
    let mut store = InventoryStore::new();
    store.insert(&service("a", 80));
    store.insert(&service("b", 81));
    store.insert(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "prod", "labels": {"team": "red"}}}));
    let inventory = store.snapshot();
    let violations = gatekeeper.review(&create(service("c", 81)), &Surroundings::new(&inventory));
    assert_eq!(
        messages(&violations),
        ["in red", "of team red", "prod/b has the port"]
    );
}

#[test]
fn what_follows_from_an_object_is_judged_too() {
    let expansion = "apiVersion: expansion.gatekeeper.sh/v1beta1
kind: ExpansionTemplate
metadata: {name: pods}
spec:
  applyTo: [{groups: [apps], versions: [v1], kinds: [Deployment]}]
  templateSource: spec.template
  generatedGVK: {group: '', version: v1, kind: Pod}
  enforcementAction: warn
---
";
    let gatekeeper = policies(
        &[
            expansion.to_owned(),
            template("NeedLabels", LABELS),
            constraint(
                "NeedLabels",
                "all",
                "match: {kinds: [{kinds: [Pod]}]}\nparameters: {labels: [team]}",
            ),
            constraint(
                "NeedLabels",
                "sent",
                "match: {source: Original, kinds: [{kinds: [Pod]}]}\nparameters: {labels: [team]}",
            ),
        ]
        .concat(),
    );
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "prod"},
        "spec": {"template": {"metadata": {"labels": {}}, "spec": {}}},
    });
    let violations = review(&gatekeeper, &create(deployment));
    assert_eq!(
        messages(&violations),
        ["[Implied by pods] label team is missing"]
    );
    assert_eq!(violations[0].action, Action::Warn);
    assert_eq!(review(&gatekeeper, &create(pod(json!({})))).len(), 2);

    let broken = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "w"}, "spec": {}});
    let violations = review(&gatekeeper, &create(broken));
    assert!(
        violations.len() == 1 && violations[0].is_error,
        "{violations:?}"
    );
}

#[test]
fn what_follows_from_an_object_tells_its_place_in_it() {
    let expansion = |name: &str, of: &str, source: &str, generated: &str| {
        format!(
            "apiVersion: expansion.gatekeeper.sh/v1beta1
kind: ExpansionTemplate
metadata: {{name: {name}}}
spec:
  applyTo: [{{groups: [batch], versions: [v1], kinds: [{of}]}}]
  templateSource: {source}
  generatedGVK: {generated}
---
"
        )
    };
    let rego = r#"
violation[{"msg": "network"}] { input.review.object.spec.hostNetwork }
violation[{"msg": "name"}] { input.review.object.metadata.name == "web-pod" }"#;
    let gatekeeper = policies(
        &[
            expansion(
                "jobs",
                "CronJob",
                "spec.jobTemplate",
                "{group: batch, version: v1, kind: Job}",
            ),
            expansion(
                "pods",
                "Job",
                "spec.template",
                "{group: '', version: v1, kind: Pod}",
            ),
            template("Network", rego),
            constraint("Network", "all", "match: {kinds: [{kinds: [Pod]}]}"),
        ]
        .concat(),
    );
    let pod = json!({"template": {"spec": {"hostNetwork": true}}});
    let of_kind = |kind: &str, spec: Value| json!({"apiVersion": "batch/v1", "kind": kind, "metadata": {"name": "web", "namespace": "prod"}, "spec": spec});
    let inventory = Inventory::default();
    let mut surroundings = Surroundings::new(&inventory);
    surroundings.tells_paths = true;
    for (object, expected) in [
        (
            of_kind("Job", pod.clone()),
            "/spec/template/spec/hostNetwork",
        ),
        (
            of_kind("CronJob", json!({"jobTemplate": {"spec": pod}})),
            "/spec/jobTemplate/spec/template/spec/hostNetwork",
        ),
    ] {
        let violations = gatekeeper.review(&create(object), &surroundings);
        let of_message = |message: &str| {
            let mut found = violations.iter();
            found
                .find(|it| it.message.ends_with(message))
                .map(|it| it.paths.clone())
        };
        assert_eq!(
            of_message("network"),
            Some(vec![expected.to_owned()]),
            "{violations:?}"
        );
        // A name that was made stands nowhere.
        assert!(
            of_message("name").is_none_or(|paths| paths.is_empty()),
            "{violations:?}"
        );
    }
}

/// Says of each key that it is fine, except of `bad`.
struct Scanner;

impl ExternalData for Scanner {
    fn fetch(&self, provider: &str, keys: &[String]) -> Result<Response, FetchError> {
        assert_eq!(provider, "scanner");
        let item = |key: &String| Item {
            key: key.clone(),
            value: json!("fine"),
            error: if key == "bad" {
                "has holes".to_owned()
            } else {
                String::new()
            },
        };
        Ok(Response {
            is_idempotent: true,
            items: keys.iter().map(item).collect(),
            system_error: String::new(),
        })
    }
}

#[test]
fn providers_are_asked_from_rego() {
    let rego = r#"
violation[{"msg": msg}] {
  images := [image | image := input.review.object.spec.containers[_].image]
  response := external_data({"provider": "scanner", "keys": images})
  [image, error] := response.errors[_]
  msg := sprintf("%v %v", [image, error])
}
violation[{"msg": response.system_error}] {
  response := external_data({"provider": "scanner", "keys": ["x"]})
  response.system_error != ""
}"#;
    let gatekeeper =
        policies(&[template("Scan", rego), constraint("Scan", "a", "match: {}")].concat());
    let mut object = pod(json!({}));
    object["spec"]["containers"][0]["image"] = json!("bad");
    let inventory = Inventory::default();
    let surroundings = Surroundings {
        providers: &Scanner,
        ..Surroundings::new(&inventory)
    };
    assert_eq!(
        messages(&gatekeeper.review(&create(object.clone()), &surroundings)),
        ["bad has holes"]
    );
    // Nobody to ask is told to the policy, and so to people.
    assert_eq!(
        messages(&review(&gatekeeper, &create(object))),
        ["provider scanner cannot be asked here"]
    );
}

#[test]
fn mutators_make_a_patch() {
    let text = "apiVersion: mutations.gatekeeper.sh/v1
kind: AssignMetadata
metadata: {name: team}
spec:
  match: {excludedNamespaces: [kube-*]}
  location: metadata.labels.team
  parameters: {assign: {value: red}}
---
apiVersion: mutations.gatekeeper.sh/v1
kind: Assign
metadata: {name: list}
spec:
  applyTo: [{groups: [''], versions: [v1], kinds: [Pod]}]
  location: 'spec.containers[name: app].image'
  parameters: {assign: {value: a}}
---
apiVersion: mutations.gatekeeper.sh/v1
kind: Assign
metadata: {name: object}
spec:
  applyTo: [{groups: [''], versions: [v1], kinds: [Pod]}]
  location: spec.containers.image
  parameters: {assign: {value: a}}
";
    let (gatekeeper, problems) = load(text);
    assert_eq!(
        told(&problems),
        [
            (
                14,
                "left out: it takes the object for something else than Assign object"
            ),
            (
                22,
                "left out: it takes the object for something else than Assign list"
            ),
        ]
    );
    let inventory = Inventory::default();
    let surroundings = Surroundings::new(&inventory);
    let mutated = gatekeeper
        .mutate(&create(pod(json!({}))), &surroundings)
        .expect("no error")
        .expect("a patch");
    let patch: Vec<_> = mutated
        .patch
        .iter()
        .map(patch::Operation::to_json)
        .collect();
    assert_eq!(
        patch,
        [json!({"op": "add", "path": "/metadata/labels/team", "value": "red"})]
    );
    assert_eq!(mutated.applied, ["AssignMetadata team"]);
    let again = gatekeeper.mutate(&create(mutated.object), &surroundings);
    assert_eq!(again, Ok(None));
}

#[test]
fn policies_are_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Gatekeeper>();
    shared::<Inventory>();
}

#[test]
fn rego_about_what_nobody_knows_says_so() {
    let of_nobody = |rego: &str, point: EnforcementPoint| {
        let text = [template("Who", rego), constraint("Who", "a", "match: {}")].concat();
        let inventory = Inventory::default();
        let surroundings = Surroundings::new(&inventory).at(point);
        policies(&text).review(&create(pod(json!({}))), &surroundings)
    };
    let is_error = |rego: &str| {
        let found = of_nobody(rego, EnforcementPoint::Webhook);
        found.iter().map(|one| one.is_error).collect::<Vec<_>>()
    };
    let of_one = r#"violation[{"msg": "m"}] { input.review.userInfo.username == "bob" }"#;
    assert_eq!(is_error(of_one), [true]);
    // Whoever exempts somebody has ordinary users in mind, and they are refused.
    let but_one =
        r#"violation[{"msg": "m"}] { not input.review.userInfo.username == "system:admin" }"#;
    assert_eq!(is_error(but_one), [false]);
    // What only holds for a user without a name holds for none.
    let without = r#"violation[{"msg": "m"}] { not input.review.userInfo.username }"#;
    assert_eq!(is_error(without), [true]);
    // Who asks for one thing of a request does not ask for its user.
    let whole = r#"violation[{"msg": "m"}] { is_gone(input.review) }
is_gone(review) { review.operation == "DELETE" }"#;
    assert_eq!(is_error(whole), [false; 0]);
    let by_label =
        r#"violation[{"msg": "m"}] { input.review.namespaceObject.metadata.labels.env == "prod" }"#;
    assert_eq!(is_error(by_label), [true]);
    let unlabelled =
        r#"violation[{"msg": "m"}] { not input.review.namespaceObject.metadata.labels.team }"#;
    assert_eq!(is_error(unlabelled), [false]);
    // A suite says all there is.
    for rego in [of_one, by_label] {
        assert_eq!(of_nobody(rego, EnforcementPoint::Gator), []);
    }
}

#[test]
fn a_config_that_gatekeeper_does_not_read_keeps_nothing_out() {
    let out = |metadata: &str| {
        let config = format!(
            "apiVersion: config.gatekeeper.sh/v1alpha1\nkind: Config\nmetadata: {metadata}\nspec: {{match: [{{excludedNamespaces: ['*'], processes: ['*']}}]}}\n---\n"
        );
        let (gatekeeper, problems) = load(&config);
        let lines: Vec<_> = told(&problems).iter().map(|(line, _)| *line).collect();
        let config = gatekeeper.config();
        (config.exclusion(Process::Webhook, "prod").is_some(), lines)
    };
    assert_eq!(
        out("{name: config, namespace: gatekeeper-system}"),
        (true, vec![])
    );
    for metadata in [
        "{name: other, namespace: gatekeeper-system}",
        "{name: config, namespace: default}",
        // kubectl puts it into `default`.
        "{name: config}",
    ] {
        assert_eq!(out(metadata), (false, vec![3]), "{metadata}");
    }
}
