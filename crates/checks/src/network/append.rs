//! A patch that adds an object behind another one.

use std::sync::Arc;

use ringwall_model::{Edit, Span};

use crate::{Node, Resource};

/// Adds a document behind that of an object; `None` where the object is not a YAML document of its own.
pub(super) fn document(resource: &Resource<'_>, text: &str) -> Option<Vec<Edit>> {
    let document = resource.node.document();
    if !resource.node.is_same(document.root()) || resource.node.is_flow() {
        return None;
    }
    let end = document.span().end as usize;
    let before = document.source.text.get(..end)?;
    let separator = if before.ends_with('\n') {
        "---\n"
    } else {
        "\n---\n"
    };
    Some(vec![Edit {
        file: Arc::clone(&document.source.name),
        span: Span::at(end),
        text: format!("{separator}{text}"),
    }])
}

/// A NetworkPolicy that refuses all traffic of the pods with some labels; `None` selects every pod.
pub(super) fn default_deny(
    name: &str,
    namespace: Option<&str>,
    labels: Option<Node<'_>>,
) -> Option<String> {
    let mut text = format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: {}-default-deny\n",
        plain(name)?
    );
    if let Some(namespace) = namespace {
        text.extend(["  namespace: ", plain(namespace)?, "\n"]);
    }
    match labels.map(Node::entries) {
        Some(labels) if !labels.is_empty() => {
            text.push_str("spec:\n  podSelector:\n    matchLabels:\n");
            for (key, value) in labels {
                let (key, value) = (plain(key.text())?, value.text());
                if !value.is_empty() {
                    plain(value)?;
                }
                text.extend(["      ", key, ": \"", value, "\"\n"]);
            }
        }
        Some(_) => return None,
        None => text.push_str("spec:\n  podSelector: {}\n"),
    }
    text.push_str("  policyTypes:\n    - Ingress\n    - Egress\n");
    Some(text)
}

/// A name or label as Kubernetes allows them: it needs no quotes and no escapes.
fn plain(text: &str) -> Option<&str> {
    (!text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/')))
    .then_some(text)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ringwall_input::{
        kubernetes::{ObjectDocument, objects},
        yaml,
    };
    use ringwall_model::Source;

    use super::document;

    fn check(text: &str, expected: Option<&str>) {
        let source = Arc::new(Source::new("a.yaml", text));
        let (documents, _) = yaml::parse(&source);
        let ObjectDocument::Objects(found) = objects(&documents[0]) else {
            panic!("no object");
        };
        let edits = document(&found[0], "kind: B\n");
        let changed = edits.map(|edits| {
            let mut changed = text.to_owned();
            for edit in &edits {
                changed.replace_range(edit.span.range(), &edit.text);
            }
            changed
        });
        assert_eq!(changed.as_deref(), expected, "{text}");
    }

    #[test]
    fn a_document_is_added_behind_its_object() {
        check(
            "apiVersion: v1\nkind: A\n",
            Some("apiVersion: v1\nkind: A\n---\nkind: B\n"),
        );
        check(
            "apiVersion: v1\nkind: A",
            Some("apiVersion: v1\nkind: A\n---\nkind: B\n"),
        );
        check(
            "apiVersion: v1\nkind: A\n---\napiVersion: v1\nkind: C\n",
            Some("apiVersion: v1\nkind: A\n---\nkind: B\n---\napiVersion: v1\nkind: C\n"),
        );
    }

    #[test]
    fn json_and_lists_have_no_place_for_a_document() {
        check("{\"apiVersion\": \"v1\", \"kind\": \"A\"}", None);
        check(
            "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: A\n",
            None,
        );
    }
}
