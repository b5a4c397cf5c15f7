//! Whether an object of one API version is one of another as it is, so that nothing has to be converted.

use ringwall_input::schema::{self, Item, Shape, TypeRef};
use serde_json::Value;

use crate::admission::GroupVersionKind;

/// Whether two versions of a kind are known to have the same fields.
pub(super) fn is_same(one: &GroupVersionKind, other: &GroupVersionKind) -> bool {
    let type_of = |kind: &GroupVersionKind| schema::builtin().kind(&kind.api_version(), &kind.kind);
    match (type_of(one), type_of(other)) {
        (Some(one), Some(other)) => Pairs::default().of_types(one, other),
        _ => false,
    }
}

/// Whether objects of a CustomResourceDefinition are the same in all of its versions: nothing but their version is
/// changed unless a webhook converts them.
pub(super) fn is_kept(definition: &Value) -> bool {
    let strategy = definition.pointer("/spec/conversion/strategy");
    strategy.is_none_or(|strategy| strategy == "None")
}

/// Pairs of types that are compared already, or are being compared: types may hold themselves.
#[derive(Default)]
struct Pairs(Vec<(TypeRef, TypeRef)>);

impl Pairs {
    fn of_types(&mut self, one: TypeRef, other: TypeRef) -> bool {
        if one == other || self.0.contains(&(one, other)) {
            return true;
        }
        self.0.push((one, other));
        one.field_names().eq(other.field_names())
            && one
                .fields()
                .zip(other.fields())
                .all(|(one, other)| self.of_shapes(one.shape, other.shape))
    }

    fn of_shapes(&mut self, one: Shape, other: Shape) -> bool {
        match (one, other) {
            (Shape::Object(one), Shape::Object(other))
            | (Shape::ObjectOrOther(one), Shape::ObjectOrOther(other)) => self.of_types(one, other),
            (Shape::List(one), Shape::List(other)) | (Shape::Map(one), Shape::Map(other)) => {
                self.of_items(one, other)
            }
            // Which texts are taken changes nothing of the shape.
            (Shape::Enum(_) | Shape::String, Shape::Enum(_) | Shape::String) => true,
            (one, other) => std::mem::discriminant(&one) == std::mem::discriminant(&other),
        }
    }

    fn of_items(&mut self, one: Item, other: Item) -> bool {
        self.of_shapes(one.shape(), other.shape())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_alike_where_their_fields_are() {
        let check = |kind: &str, one: &str, other: &str, expected: bool| {
            let [one, other] = [one, other].map(|version| GroupVersionKind::new(version, kind));
            assert_eq!(is_same(&one, &other), expected, "{one:?} {other:?}");
        };
        check(
            "HorizontalPodAutoscaler",
            "autoscaling/v1",
            "autoscaling/v2",
            false,
        );
        check("CronJob", "batch/v1", "batch/v1beta1", true);
        check("Event", "v1", "events.k8s.io/v1", false);
        check("Widget", "example.com/v1", "example.com/v2", false);
    }
}
