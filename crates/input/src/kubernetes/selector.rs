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

/// One condition of a selector.
#[derive(Clone, Copy, Debug)]
pub struct Requirement<'a> {
    /// The label that it is about.
    pub key: &'a str,
    /// How the label is compared.
    pub operator: Operator,
    /// The value of `matchLabels` or of a map.
    equal: Option<Node<'a>>,
    /// The item of `matchExpressions`.
    expression: Option<Node<'a>>,
}

/// How a condition compares a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// It is there and has one of the values.
    In,
    /// It is not there, or has none of the values.
    NotIn,
    /// It is there.
    Exists,
    /// It is not there.
    DoesNotExist,
    /// Any other operator, which the API server refuses.
    Unknown,
}

impl<'a> Selector<'a> {
    /// Its conditions, all of which must hold.
    pub fn requirements(&self) -> impl Iterator<Item = Requirement<'a>> + use<'a> {
        let (equal, full) = match *self {
            Self::Map(map) => (Some(map), None),
            Self::Full(selector) => (selector.get("matchLabels"), Some(selector)),
        };
        let equal = equal.map(Node::entries).unwrap_or_default().into_iter();
        let expressions = full.into_iter().flat_map(|it| it.list("matchExpressions"));
        equal
            .map(|(key, value)| Requirement {
                key: key.text(),
                operator: Operator::In,
                equal: Some(value),
                expression: None,
            })
            .chain(expressions.map(|expression| Requirement {
                key: expression.str("key").unwrap_or(""),
                operator: match expression.str("operator") {
                    Some("In") => Operator::In,
                    Some("NotIn") => Operator::NotIn,
                    Some("Exists") => Operator::Exists,
                    Some("DoesNotExist") => Operator::DoesNotExist,
                    _ => Operator::Unknown,
                },
                equal: None,
                expression: Some(expression),
            }))
    }

    /// Whether labels satisfy it. `labels` is the node of a label map; `None` means no labels.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors>.
    pub fn matches(&self, labels: Option<Node<'_>>) -> bool {
        !self.selects_nothing()
            && self
                .requirements()
                .all(|requirement| requirement.holds(labels))
    }

    /// The same for labels that stand in no text.
    pub fn matches_pairs(&self, labels: &[(&str, &str)]) -> bool {
        let value = |key: &str| {
            let mut pairs = labels.iter();
            pairs.find_map(|&(label, value)| (label == key).then_some(value))
        };
        !self.selects_nothing()
            && self
                .requirements()
                .all(|requirement| requirement.holds_for(value(requirement.key)))
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

    /// Whether it selects nothing, as an empty map does.
    pub fn selects_nothing(&self) -> bool {
        matches!(self, Self::Map(_)) && self.is_empty()
    }
}

impl<'a> Requirement<'a> {
    /// The values that it names.
    pub fn values(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let listed = self.expression.into_iter().flat_map(|it| it.list("values"));
        self.equal.into_iter().chain(listed).map(Node::text)
    }

    /// Whether it holds for labels.
    pub fn holds(&self, labels: Option<Node<'_>>) -> bool {
        // A label that is null is one without a value.
        let value = labels.and_then(|labels| labels.get_written(self.key));
        self.holds_for(value.map(Node::text))
    }

    /// Whether it holds for the value of its label, if there is one.
    fn holds_for(&self, value: Option<&str>) -> bool {
        let is_listed = || value.is_some_and(|value| self.values().any(|it| it == value));
        match self.operator {
            Operator::In => is_listed(),
            Operator::NotIn => !is_listed(),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::Unknown => false,
        }
    }
}
