//! How server-side apply merges what a field holds.

use std::sync::LazyLock;

use super::{TypeRef, table::Line};

const TABLE: &str = include_str!("../../data/merging.txt");

/// How two values of one field become one.
/// Source: <https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merging {
    /// Objects and maps field by field; lists are replaced whole.
    Ordinary,
    /// The new value takes the place of the old one.
    Atomic,
    /// A list without duplicates: what is new is added.
    Set,
    /// A list whose items are told apart by these fields, joined by commas.
    Map(&'static str),
}

impl Merging {
    /// The fields that tell the items of a list apart.
    pub fn keys(self) -> impl Iterator<Item = &'static str> {
        let keys = match self {
            Self::Map(keys) => keys,
            _ => "",
        };
        keys.split(',').filter(|key| !key.is_empty())
    }
}

impl TypeRef {
    /// How a field of this type is merged.
    pub fn merging(self, field: &str) -> Merging {
        match self.merging_word(field) {
            Some("set") => Merging::Set,
            Some("atomic") => Merging::Atomic,
            Some(word) => word
                .strip_prefix("map:")
                .map_or(Merging::Ordinary, Merging::Map),
            None => Merging::Ordinary,
        }
    }

    /// Whether objects of this type are replaced whole wherever they stand.
    pub fn is_atomic(self) -> bool {
        self.merging_word(".") == Some("atomic")
    }

    fn merging_word(self, field: &str) -> Option<&'static str> {
        static LINES: LazyLock<Vec<Line>> =
            LazyLock::new(|| TABLE.lines().filter_map(Line::new).collect());
        let wanted = (self.package(), self.name());
        let at = LINES
            .binary_search_by(|line| (line.first, line.second).cmp(&wanted))
            .ok()?;
        LINES.get(at)?.rest.value(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(package: &str, name: &str) -> TypeRef {
        TypeRef::find(package, name).unwrap()
    }

    #[test]
    fn lists_are_merged_as_openapi_says() {
        let pod = of("core/v1", "PodSpec");
        assert_eq!(pod.merging("containers"), Merging::Map("name"));
        assert_eq!(pod.merging("nodeSelector"), Merging::Atomic);
        assert_eq!(pod.merging("tolerations"), Merging::Ordinary);
        let container = of("core/v1", "Container");
        assert!(
            container
                .merging("ports")
                .keys()
                .eq(["containerPort", "protocol"])
        );
        let meta = of("meta/v1", "ObjectMeta");
        assert_eq!(meta.merging("finalizers"), Merging::Set);
        assert!(!meta.is_atomic());
        let selector = of("meta/v1", "LabelSelector");
        assert!(selector.is_atomic());
    }
}
