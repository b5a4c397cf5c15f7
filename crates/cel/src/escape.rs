//! Names of fields that are no CEL names, as the API server writes them in expressions over typed objects.
//!
//! See: <https://kubernetes.io/docs/reference/using-api/cel/#escaping>

use crate::syntax::RESERVED;

/// Words of the language itself; [`RESERVED`] are kept for the future.
const WORDS: [&str; 4] = ["true", "false", "null", "in"];

const SEQUENCES: [(&str, &str); 4] = [
    ("__", "__underscores__"),
    (".", "__dot__"),
    ("-", "__dash__"),
    ("/", "__slash__"),
];

/// How an expression writes a field: `a.b` as `a__dot__b`. `None` if it cannot name it.
pub fn escape(field: &str) -> Option<String> {
    if field.is_empty() || field.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    if WORDS.contains(&field) || RESERVED.contains(&field) {
        return Some(format!("__{field}__"));
    }
    let mut escaped = String::with_capacity(field.len());
    let mut rest = field;
    while let Some(first) = rest.chars().next() {
        if let Some((plain, sequence)) = SEQUENCES.iter().find(|(plain, _)| rest.starts_with(plain))
        {
            escaped.push_str(sequence);
            rest = rest.get(plain.len()..)?;
        } else if first.is_ascii_alphanumeric() || first == '_' {
            escaped.push(first);
            rest = rest.get(1..)?;
        } else {
            return None;
        }
    }
    Some(escaped)
}

/// The field that an expression writes so. `None` if no field is.
pub fn unescape(written: &str) -> Option<String> {
    let mut field = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(start) = rest.find("__") {
        let (before, sequence) = rest.split_at(start);
        field.push_str(before);
        let inside = sequence.get(2..)?;
        let Some(length) = inside.find("__").filter(|length| *length > 0) else {
            // Two underscores that begin nothing stay what they are.
            field.push_str("__");
            rest = inside;
            continue;
        };
        let word = inside.get(..length)?;
        if word.contains('_') {
            field.push('_');
            rest = sequence.get(1..)?;
            continue;
        }
        let whole = sequence.get(..length + 4)?;
        if let Some((plain, _)) = SEQUENCES.iter().find(|(_, escaped)| *escaped == whole) {
            field.push_str(plain);
        } else if RESERVED.contains(&word) && whole.len() == written.len() {
            field.push_str(word);
        } else {
            return None;
        }
        rest = inside.get(length + 2..)?;
    }
    field.push_str(rest);
    Some(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_and_come_back() {
        for (field, written) in [
            ("replicas", "replicas"),
            ("namespace", "__namespace__"),
            (
                "app.kubernetes.io/name",
                "app__dot__kubernetes__dot__io__slash__name",
            ),
            ("a-b", "a__dash__b"),
            ("a__b", "a__underscores__b"),
            ("_a", "_a"),
        ] {
            assert_eq!(escape(field).as_deref(), Some(written));
            assert_eq!(unescape(written).as_deref(), Some(field));
        }
        for field in ["", "1a", "a b", "ä"] {
            assert_eq!(escape(field), None, "{field}");
        }
        assert_eq!(unescape("a__unheard__b"), None);
        assert_eq!(unescape("a__namespace__"), None);
    }
}
