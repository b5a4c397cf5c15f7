//! What contradicts itself in Secrets and `ConfigMap`s.

use super::tell;
use crate::{Findings, Node};

/// The keys that a Secret of a type must have.
///
/// Source: <https://kubernetes.io/docs/concepts/configuration/secret/#secret-types>.
const KEYS: &[(&str, &[&str])] = &[
    ("kubernetes.io/tls", &["tls.crt", "tls.key"]),
    ("kubernetes.io/dockerconfigjson", &[".dockerconfigjson"]),
    ("kubernetes.io/dockercfg", &[".dockercfg"]),
    ("kubernetes.io/ssh-auth", &["ssh-privatekey"]),
];

pub(super) fn secret(node: Node<'_>, findings: &mut Findings<'_>) {
    let Some(kind) = node.get("type") else {
        return;
    };
    let has = |key: &str| {
        ["data", "stringData"]
            .iter()
            .any(|field| node.get(field).is_some_and(|data| data.get(key).is_some()))
    };
    // A Secret without any data is a template that something else fills.
    let is_empty = ["data", "stringData"]
        .iter()
        .all(|field| node.get(field).is_none_or(|data| data.entries().is_empty()));
    if is_empty {
        return;
    }
    let known = KEYS.iter().find(|(name, _)| *name == kind.text());
    if let Some((name, keys)) = known {
        let lacking: Vec<&str> = keys.iter().copied().filter(|key| !has(key)).collect();
        if !lacking.is_empty() {
            let note = format!("is of type {name} and lacks {}", lacking.join(" and "));
            tell(kind, note, None, findings);
        }
    }
}

pub(super) fn config_map(node: Node<'_>, findings: &mut Findings<'_>) {
    let (Some(data), Some(binary)) = (node.get("data"), node.get("binaryData")) else {
        return;
    };
    for (key, value) in binary.entries() {
        if let Some(first) = data.get(key.text()) {
            let note = format!("has the key {} in both data and binaryData", key.text());
            tell(value, note, Some(first), findings);
        }
    }
}
