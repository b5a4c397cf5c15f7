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
        text.push_str(&format!("  namespace: {}\n", plain(namespace)?));
    }
    match labels.map(Node::entries) {
        Some(labels) if !labels.is_empty() => {
            text.push_str("spec:\n  podSelector:\n    matchLabels:\n");
            for (key, value) in labels {
                let (key, value) = (plain(key.text())?, value.text());
                if !value.is_empty() {
                    plain(value)?;
                }
                text.push_str(&format!("      {key}: \"{value}\"\n"));
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
