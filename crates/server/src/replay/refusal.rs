//! Who refused a request, from the words of the API server and the annotations of its audit events.

use serde_json::Value;

use super::Said;

fn said(source: &str, policy: &str, action: &str, message: &str) -> Said {
    Said {
        source: source.to_owned(),
        policy: policy.to_owned(),
        action: action.to_owned(),
        message: message.to_owned(),
        ..Said::default()
    }
}

/// A text between quotes, and what is behind it.
fn quoted(text: &str, quote: char) -> Option<(&str, &str)> {
    text.split_once(quote)
}

/// The refusal of a policy or another admission plugin; `None` where the request failed otherwise.
pub(super) fn of(message: &str, reason: &str) -> Option<Said> {
    if let Some((_, rest)) = message.split_once("admission webhook \"")
        && let Some((name, rest)) = quoted(rest, '"')
        && let Some(why) = rest.trim_start().strip_prefix("denied the request")
    {
        let why = why.trim_start_matches([':', ' ']);
        return Some(said("webhook", name, "deny", why));
    }
    for (source, words) in [
        ("validating-admission-policy", "ValidatingAdmissionPolicy '"),
        ("mutating-admission-policy", "MutatingAdmissionPolicy '"),
    ] {
        if let Some((_, rest)) = message.split_once(words)
            && let Some((name, rest)) = quoted(rest, '\'')
            && let Some((binding, why)) = rest.split_once("denied request: ")
        {
            let binding = binding.trim().strip_prefix("with binding '");
            let binding = binding.and_then(|rest| quoted(rest, '\''));
            return Some(Said {
                binding: binding.map(|(name, _)| name.to_owned()),
                ..said(source, name, "deny", why)
            });
        }
    }
    if let Some((_, rest)) = message.split_once("violates PodSecurity \"")
        && let Some((level, why)) = quoted(rest, '"')
    {
        let policy = format!("pod-security/{level}");
        return Some(said(
            "pod-security",
            &policy,
            "deny",
            why.trim_start_matches([':', ' ']),
        ));
    }
    if message.contains("image policy webhook backend denied") {
        return Some(said("image-policy", "image-policy", "deny", message));
    }
    // Authorization says what the user cannot do, and has an annotation besides; the rest are plugins.
    let is_authorization = message.contains("\" cannot ");
    (reason == "Forbidden" && !is_authorization)
        .then(|| said("admission-plugin", "admission-plugin", "deny", message))
}

/// What an annotation of an audit event says that policies said.
pub(super) fn annotated(key: &str, value: &str) -> Vec<Said> {
    match key {
        "validation.policy.admission.k8s.io/validation_failure" => {
            let failures: Vec<Value> = serde_json::from_str(value).unwrap_or_default();
            let failure = |failure: Value| {
                let text = |field: &str| failure.get(field).and_then(Value::as_str).unwrap_or("");
                Said {
                    binding: Some(text("binding").to_owned()),
                    ..said(
                        "validating-admission-policy",
                        text("policy"),
                        "audit",
                        text("message"),
                    )
                }
            };
            failures.into_iter().map(failure).collect()
        }
        "pod-security.kubernetes.io/audit-violations" => {
            vec![said("pod-security", "pod-security", "audit", value)]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_refused_is_named() {
        let check = |message: &str, source: &str, policy: &str, why: &str| {
            let said = of(message, "Forbidden").expect(message);
            assert_eq!(
                (
                    said.source.as_str(),
                    said.policy.as_str(),
                    said.message.as_str()
                ),
                (source, policy, why)
            );
        };
        check(
            "admission webhook \"validate.ringwall.dev\" denied the request: refused by ringwall:\n[a] b",
            "webhook",
            "validate.ringwall.dev",
            "refused by ringwall:\n[a] b",
        );
        check(
            "pods \"web\" is forbidden: ValidatingAdmissionPolicy 'images' with binding 'all' denied request: latest: a",
            "validating-admission-policy",
            "images",
            "latest: a",
        );
        check(
            "pods \"web\" is forbidden: violates PodSecurity \"baseline:latest\": privileged (…)",
            "pod-security",
            "pod-security/baseline:latest",
            "privileged (…)",
        );
        check(
            "pods \"web\" is forbidden: exceeded quota: small",
            "admission-plugin",
            "admission-plugin",
            "pods \"web\" is forbidden: exceeded quota: small",
        );
        let said = of(
            "x: ValidatingAdmissionPolicy 'a' with binding 'b' denied request: c",
            "",
        )
        .unwrap();
        assert_eq!(said.binding.as_deref(), Some("b"));
    }

    #[test]
    fn what_failed_otherwise_was_refused_by_nobody() {
        assert_eq!(of("pods \"web\" already exists", "AlreadyExists"), None);
        assert_eq!(
            of(
                "Internal error occurred: failed calling webhook \"a\": timeout",
                "InternalError"
            ),
            None
        );
        assert_eq!(
            of(
                "pods is forbidden: User \"ann\" cannot create resource \"pods\"",
                "Forbidden"
            ),
            None
        );
    }

    #[test]
    fn annotations_tell_what_was_only_recorded() {
        let value = r#"[{"message":"no owner","policy":"owned","binding":"shop","expressionIndex":0,"validationActions":["Audit"]}]"#;
        let said = annotated(
            "validation.policy.admission.k8s.io/validation_failure",
            value,
        );
        assert_eq!(
            (said[0].policy.as_str(), said[0].action.as_str()),
            ("owned", "audit")
        );
        assert_eq!(annotated("other", "x"), []);
    }
}
