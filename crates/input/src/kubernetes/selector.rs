//! Label selectors.

use crate::yaml::Node;

/// A label selector: `matchLabels` and `matchExpressions`, or the plain map of a Service.
#[derive(Clone, Copy, Debug)]
pub enum Selector<'a> {
    /// A `LabelSelector`; an empty one selects everything.
    Full(Node<'a>),
    /// A map of labels; an empty one selects nothing (Service, ReplicationController).
    Map(Node<'a>),
}

impl Selector<'_> {
    /// Whether labels satisfy it. `labels` is the node of a label map; `None` means no labels.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors>.
    pub fn matches(&self, labels: Option<Node<'_>>) -> bool {
        match self {
            Self::Map(map) => {
                let mut wanted = map.entries().into_iter().peekable();
                wanted.peek().is_some() && wanted.all(|(key, value)| has(labels, key.text(), value))
            }
            Self::Full(selector) => {
                let equal = selector
                    .get("matchLabels")
                    .map(Node::entries)
                    .unwrap_or_default()
                    .into_iter()
                    .all(|(key, value)| has(labels, key.text(), value));
                equal
                    && selector
                        .list("matchExpressions")
                        .all(|expression| holds(expression, labels))
            }
        }
    }

    /// Whether it states no condition.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Map(map) => map.written_entries().next().is_none(),
            Self::Full(selector) => {
                selector
                    .get("matchLabels")
                    .is_none_or(|labels| labels.written_entries().next().is_none())
                    && selector.list("matchExpressions").next().is_none()
            }
        }
    }
}

fn value_of<'a>(labels: Option<Node<'a>>, key: &str) -> Option<&'a str> {
    // A label that is null is one without a value.
    labels?.get_written(key).map(Node::text)
}

fn has(labels: Option<Node<'_>>, key: &str, value: Node<'_>) -> bool {
    value_of(labels, key) == Some(value.text())
}

fn holds(expression: Node<'_>, labels: Option<Node<'_>>) -> bool {
    let value = value_of(labels, expression.str("key").unwrap_or(""));
    let listed = |value: &str| expression.list("values").any(|item| item.text() == value);
    match expression.str("operator") {
        Some("In") => value.is_some_and(listed),
        Some("NotIn") => !value.is_some_and(listed),
        Some("Exists") => value.is_some(),
        Some("DoesNotExist") => value.is_none(),
        _ => false, // The API server refuses any other operator.
    }
}
