//! Matchers, enforcement and operations over objects of all sorts.

use ringwall_policy::{admission::Operation, gatekeeper::EnforcementPoint};
use serde_json::{Map, Value, json};

use super::{Review, compare, dice::Dice};

/// A template whose constraints forbid everything they match.
fn template() -> Value {
    json!({
        "apiVersion": "templates.gatekeeper.sh/v1",
        "kind": "ConstraintTemplate",
        "metadata": {"name": "all"},
        "spec": {
            "crd": {"spec": {"names": {"kind": "All"}}},
            "targets": [{
                "target": "admission.k8s.gatekeeper.sh",
                "rego": "package all\nviolation[{\"msg\": msg}] { msg := sprintf(\"%v %v\", [input.review.object.kind, input.review.name]) }",
            }],
        },
    })
}

fn selector(dice: &mut Dice) -> Value {
    let refused = [
        json!({"matchExpressions": [{"key": "team", "operator": "Exists", "values": ["a"]}]}),
        json!({"matchExpressions": [{"key": "team", "operator": "In"}]}),
        json!({"matchExpressions": [{"key": "te am", "operator": "Exists"}]}),
        json!({"matchExpressions": [{"key": "team", "operator": "Is", "values": ["a"]}]}),
        json!({"matchLabels": {"app": "not a value"}}),
    ];
    let taken = [
        json!({}),
        json!({"matchLabels": {"app": "web"}}),
        json!({"matchLabels": {"team": "red", "app": "web"}}),
        json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "db"]}]}),
        json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}),
        json!({"matchExpressions": [{"key": "team", "operator": "Exists"}]}),
        json!({"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}),
    ];
    if dice.one_in(12) {
        dice.pick(&refused).clone()
    } else {
        dice.pick(&taken).clone()
    }
}

fn matchers(dice: &mut Dice) -> Value {
    let mut fields = Map::new();
    let names = [
        "prod",
        "prod-*",
        "*-system",
        "*ro*",
        "kube-system",
        "*",
        "**",
        "dev",
    ];
    let mut put = |dice: &mut Dice, name: &str, value: &dyn Fn(&mut Dice) -> Value| {
        if dice.one_in(4) {
            fields.insert(name.to_owned(), value(dice));
        }
    };
    put(dice, "kinds", &|dice| {
        dice.pick(&[
            json!([]),
            json!([{}]),
            json!([{"apiGroups": [""], "kinds": ["Pod"]}]),
            json!([{"apiGroups": ["*"], "kinds": ["*"]}]),
            json!([{"kinds": ["Namespace"]}]),
            json!([{"apiGroups": ["rbac.authorization.k8s.io"]}]),
            json!([{"apiGroups": ["apps"], "kinds": ["Pod"]}, {"apiGroups": [""], "kinds": ["Namespace", "Pod"]}]),
        ])
        .clone()
    });
    put(dice, "scope", &|dice| {
        (*dice.pick(&["Cluster", "Namespaced", "*", "cluster"])).into()
    });
    put(dice, "namespaces", &|dice| {
        json!([dice.pick(&names), dice.pick(&names)])
    });
    put(dice, "excludedNamespaces", &|dice| {
        json!([dice.pick(&names)])
    });
    put(dice, "labelSelector", &selector);
    put(dice, "namespaceSelector", &selector);
    put(dice, "name", &|dice| {
        (*dice.pick(&["web", "web-*", "*-1", "*e*", "", "prod", "*"])).into()
    });
    put(dice, "source", &|dice| {
        (*dice.pick(&["All", "All", "Original", "Original", "Generated"])).into()
    });
    Value::Object(fields)
}

fn constraint(dice: &mut Dice, index: usize) -> Value {
    let mut spec = json!({});
    if !dice.one_in(8) {
        spec["match"] = matchers(dice);
    }
    if dice.one_in(3) {
        spec["enforcementAction"] = (*dice.pick(&["deny", "warn", "dryrun", "scoped"])).into();
    }
    if dice.one_in(4) {
        let points = [
            "validation.gatekeeper.sh",
            "audit.gatekeeper.sh",
            "*",
            "gator.gatekeeper.sh",
        ];
        spec["scopedEnforcementActions"] = json!([
            {"action": dice.pick(&["deny", "warn"]), "enforcementPoints": [{"name": dice.pick(&points)}]},
            {"action": dice.pick(&["dryrun", "warn"]), "enforcementPoints": [{"name": dice.pick(&points)}, {"name": dice.pick(&points)}]},
        ]);
    }
    let name = match dice.roll(60) {
        0 => format!("Upper{index}"),
        1 => "a".repeat(64),
        _ => format!("c{index}"),
    };
    json!({
        "apiVersion": "constraints.gatekeeper.sh/v1beta1",
        "kind": "All",
        "metadata": {"name": name},
        "spec": spec,
    })
}

fn object(dice: &mut Dice, namespace: Option<&str>) -> Value {
    let labels = dice
        .pick(&[
            json!({}),
            json!({"app": "web"}),
            json!({"app": "db", "team": "red"}),
            json!({"team": "blue"}),
        ])
        .clone();
    let name = *dice.pick(&["web", "web-1", "prod", "kube-system"]);
    match namespace {
        Some(namespace) if dice.one_in(6) => json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"generateName": format!("{name}-"), "namespace": namespace, "labels": labels},
        }),
        Some(namespace) => json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": namespace, "labels": labels},
        }),
        None if dice.one_in(2) => json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels},
        }),
        None => json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": {"name": name, "labels": labels},
        }),
    }
}

#[test]
fn objects_are_matched_as_gatekeeper_matches_them() {
    let mut reviews = Vec::new();
    for seed in 0..400 {
        let dice = &mut Dice::new(seed);
        let namespace =
            (!dice.one_in(3)).then(|| *dice.pick(&["prod", "prod-a", "kube-system", "dev"]));
        let constraints = (0..4).map(|index| constraint(dice, index)).collect();
        let mut review = Review::new(
            format!("seed {seed}"),
            template(),
            constraints,
            object(dice, namespace),
        );
        review.namespace = namespace.filter(|_| !dice.one_in(4)).map(|name| {
            let labels = dice.pick(&[json!({}), json!({"team": "red", "app": "web"}), json!({"app": "db"})]).clone();
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        });
        review.point = *dice.pick(&[
            EnforcementPoint::Webhook,
            EnforcementPoint::Audit,
            EnforcementPoint::Gator,
        ]);
        match dice.roll(4) {
            0 => {
                review.operation = Some(Operation::Update);
                review.old_object = Some(object(dice, namespace));
            }
            1 => {
                review.operation = Some(Operation::Delete);
                review.old_object = review.object.take();
            }
            _ => {}
        }
        reviews.push(review);
    }
    compare(&reviews);
}
