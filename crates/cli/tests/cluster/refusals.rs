//! Pods that each differ in one value and objects that each lack one field, sent to the API server and judged by the
//! checks of what it refuses.

use std::sync::Arc;

use ringwall_checks::{Checks, Settings, find, judge};
use ringwall_input::{
    kubernetes::{self, ObjectDocument},
    yaml,
};
use ringwall_model::Source;
use serde_json::{Value, json};

use crate::control_plane::{ControlPlane, Flags, programs};

/// A pod that the API server takes, with at least one value in each place that is changed below.
fn pod() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
        "spec": {
            "serviceAccountName": "web", "hostname": "web", "activeDeadlineSeconds": 60,
            "tolerations": [{"key": "a", "operator": "Equal", "value": "b", "effect": "NoExecute", "tolerationSeconds": 1}],
            "hostAliases": [{"ip": "10.0.0.1", "hostnames": ["a.example.com"]}],
            "topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}],
            "volumes": [
                {"name": "config", "configMap": {"name": "web", "defaultMode": 420,
                    "items": [{"key": "a", "path": "a"}]}},
                {"name": "cache", "emptyDir": {"sizeLimit": "1Gi"}},
            ],
            "initContainers": [{"name": "setup", "image": "setup"}],
            "containers": [{
                "name": "app", "image": "web",
                "ports": [{"containerPort": 8080, "hostPort": 80}],
                "env": [{"name": "A", "value": "b"},
                    {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
                "envFrom": [{"configMapRef": {"name": "web"}}],
                "resources": {"requests": {"cpu": "100m"}, "limits": {"cpu": "200m"}},
                "securityContext": {"runAsUser": 1000},
                "livenessProbe": {"httpGet": {"port": 8080}},
                "readinessProbe": {"httpGet": {"port": 8080}},
                "volumeMounts": [{"name": "config", "mountPath": "/config"},
                    {"name": "cache", "mountPath": "/cache"}],
            }],
        },
    })
}

/// Where values are put, and which; some are taken and some refused.
fn changes() -> Vec<(&'static str, Vec<Value>)> {
    let names = || json_all(&["web", "Web", "web_1", "a.b", "-web", "web-", "1"]);
    let numbers = || [-1, 0, 1, 511, 512, 65535, 65536].map(Value::from).to_vec();
    vec![
        ("/metadata/name", names()),
        ("/spec/serviceAccountName", names()),
        ("/spec/hostname", names()),
        ("/spec/activeDeadlineSeconds", numbers()),
        (
            "/spec/tolerations/0/operator",
            json_all(&["Exists", "Equal"]),
        ),
        (
            "/spec/tolerations/0/effect",
            json_all(&["NoExecute", "NoSchedule"]),
        ),
        (
            "/spec/tolerations/0/key",
            json_all(&["a/b", "a b", "a/b/c"]),
        ),
        (
            "/spec/hostAliases/0/ip",
            json_all(&["10.0.0.1", "::1", "10.0.0", "a"]),
        ),
        ("/spec/hostAliases/0/hostnames/0", names()),
        ("/spec/topologySpreadConstraints/0/maxSkew", numbers()),
        (
            "/spec/volumes/0/name",
            json_all(&["config", "cache", "other"]),
        ),
        ("/spec/volumes/0/configMap/defaultMode", numbers()),
        (
            "/spec/volumes/0/configMap/items/0/path",
            json_all(&["a/b", "/a", "../a"]),
        ),
        (
            "/spec/volumes/1/emptyDir/sizeLimit",
            vec![json!("0"), json!("-1"), json!(-1)],
        ),
        ("/spec/volumes/1/hostPath", vec![json!({"path": "/a"})]),
        ("/spec/initContainers/0/name", json_all(&["setup", "app"])),
        (
            "/spec/initContainers/0/livenessProbe",
            vec![json!({"exec": {"command": ["a"]}})],
        ),
        (
            "/spec/initContainers/0/lifecycle",
            vec![json!({"preStop": {"exec": {"command": ["a"]}}})],
        ),
        (
            "/spec/containers/0/lifecycle",
            vec![
                json!({"preStop": {}}),
                json!({"preStop": {"sleep": {"seconds": 30}}}),
                json!({"preStop": {"sleep": {"seconds": 31}}}),
                json!({"postStart": {"sleep": {"seconds": 31}}}),
                json!({"postStart": {"exec": {"command": ["a"]}}}),
            ],
        ),
        ("/spec/hostNetwork", vec![json!(true), json!(false)]),
        ("/spec/containers/0/name", names()),
        ("/spec/containers/0/ports/0/containerPort", numbers()),
        ("/spec/containers/0/ports/0/hostPort", numbers()),
        (
            "/spec/containers/0/env/0/name",
            json_all(&["a.b", "a b", "a=b"]),
        ),
        ("/spec/containers/0/env/1/value", json_all(&["", "a"])),
        (
            "/spec/containers/0/env/1/valueFrom/fieldRef/fieldPath",
            json_all(&[
                "status.podIP",
                "status.podIp",
                "metadata.labels['a']",
                "spec.hostname",
            ]),
        ),
        ("/spec/containers/0/envFrom/0/configMapRef/name", names()),
        ("/spec/containers/0/resources/limits/gpu", vec![json!(1)]),
        (
            "/spec/containers/0/resources/limits/memory",
            vec![json!(1), json!(-1), json!("1Gi")],
        ),
        (
            "/spec/containers/0/resources/requests/example.com~1gpu",
            vec![json!(1)],
        ),
        (
            "/spec/containers/0/resources/limits/example.com~1gpu",
            vec![json!(1), json!("0.5")],
        ),
        (
            "/spec/containers/0/securityContext/runAsUser",
            vec![
                json!(-1),
                json!(0),
                json!(2_147_483_647),
                json!(2_147_483_648_i64),
            ],
        ),
        ("/spec/containers/0/livenessProbe/periodSeconds", numbers()),
        (
            "/spec/containers/0/livenessProbe/successThreshold",
            numbers(),
        ),
        ("/spec/containers/0/livenessProbe/httpGet/port", numbers()),
        (
            "/spec/containers/0/livenessProbe/httpGet",
            vec![Value::Null],
        ),
        (
            "/spec/containers/0/livenessProbe/exec",
            vec![json!({"command": ["a"]})],
        ),
        (
            "/spec/containers/0/readinessProbe/successThreshold",
            vec![json!(2)],
        ),
        (
            "/spec/containers/0/readinessProbe/terminationGracePeriodSeconds",
            vec![json!(2)],
        ),
        (
            "/spec/containers/0/volumeMounts/0/mountPath",
            json_all(&["/config", "/cache", "config"]),
        ),
        (
            "/spec/containers/0/volumeMounts/0/name",
            json_all(&["cache", "other"]),
        ),
        (
            "/spec/containers/0/volumeMounts/0/subPath",
            json_all(&["a", "/a", "a/../b"]),
        ),
        (
            "/spec/containers/0/volumeMounts/0/mountPropagation",
            json_all(&["None", "Bidirectional"]),
        ),
    ]
}

fn json_all(texts: &[&str]) -> Vec<Value> {
    texts.iter().map(|&text| text.into()).collect()
}

/// A pod with another value in one place, where there may be none yet.
fn changed(path: &str, value: Value) -> Value {
    let mut pod = pod();
    let (parent, field) = path.rsplit_once('/').expect("a path");
    let parent = pod.pointer_mut(parent).expect("the place");
    let field = field.replace("~1", "/");
    match parent.as_array_mut() {
        Some(items) => items[field.parse::<usize>().expect("a number")] = value,
        None => parent[field] = value,
    }
    pod
}

/// Where the API has objects of a kind, one that it takes, and the fields that this one cannot be without.
fn whole_objects() -> Vec<(&'static str, Value, Vec<&'static str>)> {
    let template = |restart: &str| {
        json!({
            "metadata": {"labels": {"app": "web"}},
            "spec": {"restartPolicy": restart, "containers": [{"name": "app", "image": "web"}]},
        })
    };
    let metadata = || json!({"name": "web"});
    vec![
        (
            "/api/v1/namespaces/default/pods",
            json!({
                "apiVersion": "v1", "kind": "Pod", "metadata": metadata(), "spec": template("Always")["spec"],
            }),
            vec![
                "/metadata/name",
                "/spec/containers",
                "/spec/containers/0/image",
            ],
        ),
        (
            "/apis/apps/v1/namespaces/default/deployments",
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata(),
                "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template("Always")},
            }),
            vec![
                "/metadata/name",
                "/spec/selector",
                "/spec/template",
                "/spec/template/spec/containers/0/image",
            ],
        ),
        (
            "/apis/batch/v1/namespaces/default/cronjobs",
            json!({
                "apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata(),
                "spec": {"schedule": "0 * * * *", "jobTemplate": {"spec": {"template": template("Never")}}},
            }),
            vec![
                "/spec/schedule",
                "/spec/jobTemplate/spec/template/spec/containers/0/image",
            ],
        ),
        (
            "/apis/batch/v1/namespaces/default/jobs",
            json!({
                "apiVersion": "batch/v1", "kind": "Job", "metadata": metadata(),
                "spec": {"template": template("Never")},
            }),
            vec!["/spec/template/spec/containers/0/image"],
        ),
        (
            "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers",
            json!({
                "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": metadata(),
                "spec": {
                    "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
                    "maxReplicas": 3,
                    "metrics": [{"type": "Resource", "resource": {
                        "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50},
                    }}],
                },
            }),
            vec!["/spec/scaleTargetRef", "/spec/maxReplicas"],
        ),
        (
            "/api/v1/persistentvolumes",
            json!({
                "apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata(),
                "spec": {
                    "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
                    "hostPath": {"path": "/data"},
                },
            }),
            vec!["/metadata/name", "/spec/capacity", "/spec/accessModes"],
        ),
        (
            "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
            json!({
                "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
                "metadata": metadata(),
                "webhooks": [{
                    "name": "web.example.com",
                    "clientConfig": {"url": "https://web.example.com"},
                    "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
                    "sideEffects": "None",
                    "admissionReviewVersions": ["v1"],
                }],
            }),
            vec![
                "/webhooks/0/sideEffects",
                "/webhooks/0/admissionReviewVersions",
            ],
        ),
        (
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            json!({
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": {"name": "shops.example.com"},
                "spec": {
                    "group": "example.com", "scope": "Namespaced",
                    "names": {"plural": "shops", "singular": "shop", "kind": "Shop", "listKind": "ShopList"},
                    "versions": [{
                        "name": "v1", "served": true, "storage": true,
                        "schema": {"openAPIV3Schema": {"type": "object"}},
                    }],
                },
            }),
            vec!["/spec/versions/0/schema"],
        ),
    ]
}

/// A place in an object, and what is put there.
type Change = (&'static str, Value);

/// Where the API has objects of a kind, one that it takes, and values in places of it that contradict the rest.
fn contradictions() -> Vec<(&'static str, Value, Vec<Change>)> {
    let metadata = || json!({"name": "web", "annotations": {"kubernetes.io/ingress.class": "a"}});
    vec![
        (
            "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies",
            json!({
                "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata(),
                "spec": {
                    "podSelector": {},
                    "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}]}],
                    "egress": [{"to": [{"ipBlock": {"cidr": "::/0", "except": ["2001:db8::/32"]}}]}],
                },
            }),
            vec![
                ("/spec/ingress/0/from/0", json!({})),
                ("/spec/egress/0/to/0", json!({})),
                (
                    "/spec/ingress/0/from/0/ipBlock/except/0",
                    json!("192.168.0.0/16"),
                ),
                (
                    "/spec/ingress/0/from/0/ipBlock/except/0",
                    json!("10.0.0.0/8"),
                ),
                (
                    "/spec/ingress/0/from/0/ipBlock/except/0",
                    json!("2001:db8::/32"),
                ),
                ("/spec/egress/0/to/0/ipBlock/except/0", json!("::/0")),
            ],
        ),
        (
            "/apis/networking.k8s.io/v1/namespaces/default/ingresses",
            json!({
                "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata(),
                "spec": {
                    "ingressClassName": "a",
                    "defaultBackend": {"service": {"name": "web", "port": {"number": 80}}},
                },
            }),
            vec![("/spec/ingressClassName", json!("b"))],
        ),
        (
            "/api/v1/namespaces/default/services",
            json!({
                "apiVersion": "v1", "kind": "Service", "metadata": metadata(),
                "spec": {
                    "type": "NodePort", "externalTrafficPolicy": "Local", "selector": {"app": "web"},
                    "ports": [{"port": 80}],
                },
            }),
            vec![("/spec/type", json!("ClusterIP"))],
        ),
    ]
}

/// What is told of an object.
fn ours(manifest: &Value) -> Vec<String> {
    let checks: Checks = ["schema-violation", "contradictory-fields"]
        .iter()
        .map(|id| find(id).expect("the check"))
        .collect();
    let source = Arc::new(Source::new("object.json", manifest.to_string()));
    let (documents, _) = yaml::parse(&source);
    let mut findings = Vec::new();
    for document in &documents {
        let ObjectDocument::Objects(objects) = kubernetes::objects(document) else {
            continue;
        };
        for object in objects {
            let workloads = kubernetes::workloads(&object, &[]);
            let settings = Settings::default();
            judge::object(&object, &workloads, &checks, &settings, &mut findings);
        }
    }
    findings
        .into_iter()
        .map(|finding| finding.message)
        .collect()
}

#[test]
fn what_the_api_server_refuses_is_told_and_nothing_else() {
    let Some(programs) = programs() else {
        return;
    };
    let plane = ControlPlane::start(&programs, &Flags::default());
    let client = plane.client();
    let (mut taken, mut refused, mut differing) = (0, 0, Vec::new());
    for (path, values) in changes() {
        for value in values {
            let pod = changed(path, value.clone());
            let answer = client.create_pod("default", &pod);
            let told = ours(&pod);
            if answer.is_allowed {
                taken += 1;
            } else {
                refused += 1;
            }
            if answer.is_allowed != told.is_empty() {
                differing.push(format!("{path} {value}: {} / {told:?}", answer.message));
            }
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    println!("refusals: {taken} pods were taken, {refused} refused, and each was told so");
    assert!(taken > 30 && refused > 50, "{taken} {refused}");
}

#[test]
fn a_field_that_the_api_demands_is_missed() {
    let Some(programs) = programs() else {
        return;
    };
    let plane = ControlPlane::start(&programs, &Flags::default());
    let client = plane.client();
    for (path, object, fields) in whole_objects() {
        let answer = client.create(path, &object);
        assert!(answer.is_allowed, "{path}: {}", answer.message);
        assert_eq!(ours(&object), Vec::<String>::new(), "{path}");
        for field in fields {
            let mut lacking = object.clone();
            let (parent, name) = field.rsplit_once('/').expect("a path");
            let parent = lacking.pointer_mut(parent).and_then(Value::as_object_mut);
            parent.and_then(|it| it.remove(name)).expect("the field");
            let answer = client.create(path, &lacking);
            let told = ours(&lacking);
            assert!(!answer.is_allowed, "{path}: taken without {field}");
            let is_told = told
                .iter()
                .any(|it| it.contains(&format!("lacks the field {name}")));
            assert!(
                is_told,
                "{path}: without {field}: {} / {told:?}",
                answer.message
            );
        }
    }
}

#[test]
fn values_that_contradict_each_other_are_told() {
    let Some(programs) = programs() else {
        return;
    };
    let plane = ControlPlane::start(&programs, &Flags::default());
    let client = plane.client();
    for (path, object, changes) in contradictions() {
        let answer = client.create(path, &object);
        assert!(answer.is_allowed, "{path}: {}", answer.message);
        assert_eq!(ours(&object), Vec::<String>::new(), "{path}");
        for (place, value) in changes {
            let mut changed = object.clone();
            *changed.pointer_mut(place).expect("the place") = value.clone();
            let answer = client.create(path, &changed);
            let told = ours(&changed);
            assert!(
                !answer.is_allowed,
                "{place} {value} was taken; told: {told:?}"
            );
            assert!(!told.is_empty(), "{place} {value}: {}", answer.message);
        }
    }
}
