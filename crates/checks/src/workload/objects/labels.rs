//! The syntax of labels, and which objects are workloads.

use crate::Resource;

/// Whether an object carries the pods of a program and is the one that people label.
pub(super) fn is_workload(resource: &Resource<'_>) -> bool {
    match resource.group() {
        "" => matches!(resource.kind, "Pod" | "ReplicationController"),
        "apps" | "extensions" | "apps.kruise.io" => matches!(
            resource.kind,
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "CloneSet"
        ),
        "batch" => matches!(resource.kind, "Job" | "CronJob"),
        "argoproj.io" => resource.kind == "Rollout",
        "apps.openshift.io" => resource.kind == "DeploymentConfig",
        _ => false,
    }
}

/// A mark that another tool replaces before the object is applied.
pub(super) fn is_placeholder(text: &str) -> bool {
    text.contains("${") || text.contains("{{") || text.contains("$(")
}

/// What is wrong with the value of a label, behind "its value".
///
/// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set>.
pub(super) fn value_flaw(value: &str) -> Option<&'static str> {
    if value.is_empty() {
        return None;
    }
    name_flaw(value)
}

/// What is wrong with the key of a label, behind "its key". Annotations may have capitals in the prefix.
pub(super) fn key_flaw(key: &str, may_have_capitals: bool) -> Option<&'static str> {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    if prefix.is_some_and(|prefix| !is_subdomain(prefix, may_have_capitals)) {
        return Some("has a prefix that is no DNS name in lower case");
    }
    if name.is_empty() {
        return Some("has no name");
    }
    name_flaw(name)
}

fn name_flaw(name: &str) -> Option<&'static str> {
    let ends_well = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    if name.len() > 63 {
        return Some("is longer than 63 characters");
    }
    if !name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    {
        return Some("may only hold letters, digits, '-', '_' and '.'");
    }
    (!ends_well(name.bytes().next()) || !ends_well(name.bytes().next_back()))
        .then_some("must begin and end with a letter or a digit")
}

fn is_subdomain(text: &str, may_have_capitals: bool) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.bytes().all(|byte| {
                byte.is_ascii_lowercase()
                    || byte.is_ascii_digit()
                    || byte == b'-'
                    || may_have_capitals && byte.is_ascii_uppercase()
            })
    };
    text.len() <= 253 && text.split('.').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_follow_the_syntax() {
        for value in ["", "a", "A-b_c.d9", &"x".repeat(63)] {
            assert_eq!(value_flaw(value), None, "{value}");
        }
        for value in ["-a", "a.", "a b", "a/b", "a:b", "ä", &"x".repeat(64)] {
            assert!(value_flaw(value).is_some(), "{value}");
        }
    }

    #[test]
    fn keys_follow_the_syntax() {
        for key in ["a", "a.b/c", "app.kubernetes.io/name", "A_b"] {
            assert_eq!(key_flaw(key, false), None, "{key}");
        }
        for key in ["", "/a", "a/", "a/b/c", "Ab.c/d", "a_b/c", "a b", "a..b/c"] {
            assert!(key_flaw(key, false).is_some(), "{key}");
        }
        assert_eq!(key_flaw("Ab.c/d", true), None);
    }
}
