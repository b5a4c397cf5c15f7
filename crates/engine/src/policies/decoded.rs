//! What an API server makes of a built-in object by decoding it, before any policy sees it.
//!
//! Done is only what the types of Kubernetes say for certain; custom objects are kept as they are written. What is
//! never left out for being empty, such as a `securityContext: {}` or a `replicas: 0`, stays.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ringwall_input::{
    quantity::{Quantity, QuantityFormat},
    schema::{self, Field, Shape, TypeRef},
};
use serde_json::{Map, Value};

/// Booleans, texts and numbers that the types hold as values and not as pointers, so that `false`, the empty text and 0
/// are the same as nothing.
const PLAIN: [(&str, &[&str]); 15] = [
    (
        "PodSpec",
        &[
            "hostIPC",
            "hostNetwork",
            "hostPID",
            "hostname",
            "nodeName",
            "priorityClassName",
            "schedulerName",
            "serviceAccount",
            "serviceAccountName",
            "subdomain",
        ],
    ),
    ("Container", CONTAINER),
    ("EphemeralContainer", CONTAINER),
    ("ContainerPort", &["hostIP", "hostPort", "name"]),
    ("EnvVar", &["value"]),
    ("VolumeMount", &["readOnly", "subPath", "subPathExpr"]),
    ("NFSVolumeSource", &["readOnly"]),
    ("PersistentVolumeClaimVolumeSource", &["readOnly"]),
    ("DeploymentSpec", &["minReadySeconds", "paused"]),
    ("StatefulSetSpec", &["minReadySeconds", "serviceName"]),
    ("DaemonSetSpec", &["minReadySeconds"]),
    (
        "ServiceSpec",
        &[
            "clusterIP",
            "externalName",
            "loadBalancerIP",
            "publishNotReadyAddresses",
        ],
    ),
    ("ServicePort", &["name", "nodePort"]),
    ("IngressRule", &["host"]),
    ("ObjectMeta", &["generateName", "name", "namespace"]),
];

const CONTAINER: &[&str] = &["image", "stdin", "stdinOnce", "tty", "workingDir"];

/// Decodes an object in place.
pub(super) fn decode(object: &mut Value) {
    let Value::Object(members) = object else {
        return;
    };
    let text = |field: &str| members.get(field).and_then(Value::as_str);
    let (Some(api_version), Some(kind)) = (text("apiVersion"), text("kind")) else {
        return;
    };
    // These are custom, or hold schemas, in which whatever is written has a meaning.
    let apart = ["gateway.networking.k8s.io/", "apiextensions.k8s.io/"];
    let is_apart = apart.iter().any(|group| api_version.starts_with(group));
    let known = schema::builtin().known(api_version, kind);
    let known = known.filter(|known| !is_apart && known.is_namespaced().is_some());
    let Some(of) = known.and_then(|known| known.type_ref()) else {
        return;
    };
    if (api_version, kind) == ("v1", "Secret") {
        take_texts(members);
    }
    fields(members, of);
}

/// Moves the texts of a Secret to its data, where they win.
fn take_texts(secret: &mut Map<String, Value>) {
    let Some(Value::Object(texts)) = secret.get("stringData") else {
        return;
    };
    // What is no text is refused, and so never seen.
    if !texts.values().all(Value::is_string) {
        return;
    }
    let texts = texts.clone();
    let data = secret
        .entry("data")
        .or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(data) = data {
        for (key, text) in texts {
            let text = text.as_str().unwrap_or_default();
            data.insert(key, STANDARD.encode(text).into());
        }
        secret.remove("stringData");
    }
}

fn fields(members: &mut Map<String, Value>, of: TypeRef) {
    members.retain(|name, value| {
        let Some(field) = of.field(name) else {
            return true;
        };
        decode_as(value, field.shape);
        field.required || !is_left_out(value, of, &field)
    });
    if of.name() == "PodSpec" {
        name_account(members);
    }
}

fn decode_as(value: &mut Value, shape: Shape) {
    match (shape, value) {
        (Shape::Object(of), Value::Object(members)) => fields(members, of),
        (Shape::List(item), Value::Array(items)) => {
            for value in items {
                decode_as(value, item.shape());
            }
        }
        (Shape::Map(item), Value::Object(members)) => {
            for value in members.values_mut() {
                decode_as(value, item.shape());
            }
        }
        (Shape::Quantity, value) => {
            let amount = match &*value {
                Value::String(text) => canonical(text),
                Value::Number(number) => canonical(&number.to_string()),
                _ => None,
            };
            if let Some(amount) = amount {
                *value = amount.into();
            }
        }
        _ => {}
    }
}

/// Whether a field that need not be there is not, as it is empty.
fn is_left_out(value: &Value, of: TypeRef, field: &Field) -> bool {
    match (field.shape, value) {
        // The rules of a role are written even where there are none.
        (Shape::List(_), Value::Array(items)) => items.is_empty() && field.name != "rules",
        (Shape::Map(_), Value::Object(members)) => members.is_empty(),
        (_, Value::Bool(false)) => is_plain(of, field.name),
        (_, Value::String(text)) => text.is_empty() && is_plain(of, field.name),
        (_, Value::Number(number)) => number.as_i64() == Some(0) && is_plain(of, field.name),
        _ => false,
    }
}

fn is_plain(of: TypeRef, field: &str) -> bool {
    let mut plain = PLAIN.iter();
    plain.any(|(name, fields)| *name == of.name() && fields.contains(&field))
}

/// The name of a pod's account stands in two fields; the old one counts where the other is not there.
fn name_account(spec: &mut Map<String, Value>) {
    let name = spec.get("serviceAccountName");
    let name = name.or_else(|| spec.get("serviceAccount"));
    if let Some(name) = name.filter(|name| name.is_string()).cloned() {
        spec.insert("serviceAccountName".to_owned(), name.clone());
        spec.insert("serviceAccount".to_owned(), name);
    }
}

/// An amount as the API server writes it: with the largest suffix of its form that leaves no fraction.
fn canonical(text: &str) -> Option<String> {
    let amount = Quantity::parse(text).ok()?;
    let nanos = amount.nanos();
    let units = nanos / 1_000_000_000;
    // What is larger than the API server counts in 64 bits is kept as it is.
    if i64::try_from(units).is_err() {
        return None;
    }
    if amount.is_zero() {
        return Some("0".to_owned());
    }
    let is_binary = amount.format() == QuantityFormat::BinarySi
        && nanos % 1_000_000_000 == 0
        && units.unsigned_abs() >= 1_024;
    if is_binary {
        return Some(with_suffix(
            units,
            1_024,
            &["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"],
        ));
    }
    if amount.format() == QuantityFormat::DecimalExponent {
        return Some(with_suffix(
            nanos,
            1_000,
            &[
                "e-9", "e-6", "e-3", "", "e3", "e6", "e9", "e12", "e15", "e18",
            ],
        ));
    }
    Some(with_suffix(
        nanos,
        1_000,
        &["n", "u", "m", "", "k", "M", "G", "T", "P", "E"],
    ))
}

fn with_suffix(mut number: i128, base: i128, suffixes: &[&str]) -> String {
    let mut suffixes = suffixes.iter().peekable();
    let mut suffix = suffixes.next().unwrap_or(&"");
    while number % base == 0
        && let Some(next) = suffixes.next()
    {
        number /= base;
        suffix = next;
    }
    format!("{number}{suffix}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(mut object: Value, expected: &Value) {
        decode(&mut object);
        assert_eq!(object, *expected);
    }

    #[test]
    fn what_is_empty_and_left_out_is_not_there() {
        let of_pod = |spec: Value| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec});
        check(
            json!({
                "apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": "a", "labels": {}, "annotations": {}},
                "spec": {
                    "hostNetwork": false, "serviceAccountName": "", "volumes": [],
                    "containers": [{"name": "c", "env": [], "resources": {"limits": {}}, "ports": [{"containerPort": 80, "hostPort": 0}]}],
                },
            }),
            &of_pod(
                json!({"containers": [{"name": "c", "resources": {}, "ports": [{"containerPort": 80}]}]}),
            ),
        );
        // Required, or a pointer to something.
        let kept = of_pod(json!({
            "containers": [], "securityContext": {}, "automountServiceAccountToken": false,
            "initContainers": [{"name": "c", "securityContext": {"privileged": false, "readOnlyRootFilesystem": false}}],
        }));
        check(kept.clone(), &kept);
        let ingress = |spec: Value| json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": spec});
        check(
            ingress(json!({"tls": [], "ingressClassName": "", "rules": [{"host": ""}]})),
            &ingress(json!({"ingressClassName": "", "rules": [{}]})),
        );
        for kept in [
            json!({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "spec": {"podSelector": {}}}),
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 0, "strategy": {}}}),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "rules": []}),
            json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": {"storageClassName": ""}}),
            json!({"apiVersion": "shop.example.com/v1", "kind": "Pod", "spec": {"volumes": [], "hostNetwork": false}}),
        ] {
            check(kept.clone(), &kept);
        }
    }

    #[test]
    fn an_account_is_named_twice() {
        let pod = |spec: Value| json!({"apiVersion": "v1", "kind": "Pod", "spec": spec});
        let both = |name: &str| pod(json!({"serviceAccount": name, "serviceAccountName": name}));
        check(pod(json!({"serviceAccount": "a"})), &both("a"));
        check(pod(json!({"serviceAccountName": "a"})), &both("a"));
        check(
            pod(json!({"serviceAccountName": "a", "serviceAccount": "b"})),
            &both("a"),
        );
        check(
            pod(json!({"serviceAccountName": "", "serviceAccount": "b"})),
            &both("b"),
        );
    }

    #[test]
    fn texts_of_a_secret_are_data() {
        let secret = |fields: Value| {
            let mut secret = json!({"apiVersion": "v1", "kind": "Secret"});
            for (name, value) in fields.as_object().unwrap() {
                secret[name] = value.clone();
            }
            secret
        };
        check(
            secret(json!({"data": {"a": "eA==", "b": "eQ=="}, "stringData": {"a": "z"}})),
            &secret(json!({"data": {"a": "eg==", "b": "eQ=="}})),
        );
        check(secret(json!({"stringData": {}})), &secret(json!({})));
    }

    #[test]
    fn amounts_are_written_as_the_api_server_does() {
        for (written, expected) in [
            (json!(8), "8"),
            (json!(0.5), "500m"),
            (json!("8000m"), "8"),
            (json!("1500m"), "1500m"),
            (json!("1024Mi"), "1Gi"),
            (json!("1500Mi"), "1500Mi"),
            (json!("1.5Gi"), "1536Mi"),
            (json!("0.5Ki"), "512"),
            (json!("1000k"), "1M"),
            (json!("100000"), "100k"),
            (json!("1e3"), "1e3"),
            (json!("0Gi"), "0"),
            (json!("much"), "much"),
        ] {
            let limits = |amount: Value| {
                json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [
                    {"name": "c", "resources": {"limits": {"cpu": amount}}}]}})
            };
            check(limits(written), &limits(expected.into()));
        }
    }
}
