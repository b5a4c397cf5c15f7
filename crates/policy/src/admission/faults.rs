//! What the API server would refuse of an object's fields, and what of that a change has brought.

use std::{collections::BTreeMap, fmt};

use ringwall_input::schema::{self, TypeRef, ViolationKind};
use serde_json::Value;

use super::{GroupVersionKind, read_object};

/// One flaw of an object that its type does not allow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    /// Where, without the places of items: a change may move these.
    path: String,
    what: String,
    /// Whether a strict decoder refuses it; what is left is refused by validation.
    pub(crate) is_undecodable: bool,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in \"{}\"", self.what, self.path)
    }
}

/// The flaws of a changed object that it did not have before; none where its kind is not built in.
pub(crate) fn new(kind: &GroupVersionKind, before: &Value, after: &Value) -> Vec<Fault> {
    let Some(of) = schema::builtin().kind(&kind.api_version(), &kind.kind) else {
        return Vec::new();
    };
    let mut found = all(of, after);
    if !found.is_empty() {
        for (fault, known) in all(of, before) {
            if let Some(count) = found.get_mut(&fault) {
                *count = count.saturating_sub(known);
            }
        }
    }
    let new = found.into_iter().filter(|(_, count)| *count > 0);
    new.map(|(fault, _)| fault).collect()
}

/// How often an object has each flaw.
fn all(of: TypeRef, object: &Value) -> BTreeMap<Fault, usize> {
    let mut found = BTreeMap::new();
    let Ok((_, document)) = read_object(object) else {
        return found;
    };
    for violation in schema::validate(document.root(), of) {
        let what = match violation.kind {
            ViolationKind::UnknownField { name, .. } => format!("unknown field \"{name}\""),
            ViolationKind::WrongType { expected, found } => {
                format!("{found} in place of {}", expected.noun())
            }
            ViolationKind::MissingRequired { field } => format!("missing field \"{field}\""),
            ViolationKind::InvalidValue { .. }
            | ViolationKind::Refused { .. }
            | ViolationKind::Repeated { .. }
            | ViolationKind::Excluded { .. } => "a value that is not accepted".to_owned(),
        };
        let fault = Fault {
            path: without_places(&violation.path),
            what,
            is_undecodable: matches!(
                violation.kind,
                ViolationKind::UnknownField { .. } | ViolationKind::WrongType { .. }
            ),
        };
        *found.entry(fault).or_insert(0) += 1;
    }
    found
}

/// `spec.containers[0].name` as `spec.containers[].name`.
fn without_places(path: &str) -> String {
    let mut parts = path.split('[');
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push('[');
        kept.push_str(part.trim_start_matches(|letter: char| letter.is_ascii_digit()));
    }
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_a_change_brought_is_told() {
        let kind = GroupVersionKind::new("v1", "Pod");
        let check = |before: Value, after: Value, expected: &[&str]| {
            let [before, after] = [before, after].map(|spec| json!({"spec": spec}));
            let found = new(&kind, &before, &after);
            let found: Vec<_> = found.iter().map(ToString::to_string).collect();
            assert_eq!(found, expected);
        };
        let odd = json!({"containers": [{"name": "a"}, {"name": "b", "tty": "x"}], "nope": 1});
        check(odd.clone(), odd.clone(), &[]);
        // The one that was wrong before stands elsewhere now.
        check(
            odd.clone(),
            json!({"containers": [{"name": "b", "tty": "x"}], "nope": 1}),
            &[],
        );
        check(
            odd,
            json!({"containers": [{"name": "a", "tty": "x"}, {"tty": "x"}], "more": 1}),
            &[
                "unknown field \"more\" in \"spec\"",
                "missing field \"name\" in \"spec.containers[]\"",
                "a string in place of true or false in \"spec.containers[].tty\"",
            ],
        );
    }
}
