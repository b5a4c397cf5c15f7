//! The wire formats: bytes of a request to its words, and an answer to bytes. Nothing here reads a socket.

pub mod admission_review;
pub mod event_list;
pub mod image_review;
pub mod notification;

use serde::Deserialize;

/// Why a body is not what the path takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// It is no JSON, or not of the shape.
    #[error("the body is no {kind}: {reason}")]
    Malformed {
        /// What was expected.
        kind: &'static str,
        /// What is wrong, with line and column.
        reason: String,
    },
    /// It is another kind of object.
    #[error("the body is of kind '{found}', and this path takes {kind}")]
    Kind {
        /// What was expected.
        kind: &'static str,
        /// What came.
        found: String,
    },
    /// It is of a version that is not spoken here.
    #[error("{kind} of version '{found}' is not spoken here; {known} is")]
    Version {
        /// What was expected.
        kind: &'static str,
        /// What came.
        found: String,
        /// What is understood.
        known: &'static str,
    },
    /// Something that cannot be left out is missing.
    #[error("the {kind} has no {field}")]
    Missing {
        /// What was expected.
        kind: &'static str,
        /// What it lacks.
        field: &'static str,
    },
}

/// What every object of an API begins with, and the identity of a review.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    #[serde(rename = "apiVersion")]
    api_version: String,
    kind: String,
    request: Option<HeadRequest>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct HeadRequest {
    uid: String,
}

impl Head {
    fn of(body: &[u8], kind: &'static str) -> Result<Self, WireError> {
        serde_json::from_slice(body).map_err(|error| malformed(kind, &error))
    }
}

fn malformed(kind: &'static str, error: &serde_json::Error) -> WireError {
    WireError::Malformed {
        kind,
        reason: error.to_string(),
    }
}

/// Why a body whose shape is wrong, or whose head is another, is refused: the head tells more than the shape.
fn refusal(
    body: &[u8],
    kind: &'static str,
    known: &'static str,
    shape: Option<&serde_json::Error>,
) -> WireError {
    let head = match Head::of(body, kind) {
        Ok(head) => head,
        Err(error) => return error,
    };
    if head.kind != kind {
        return WireError::Kind {
            kind,
            found: head.kind,
        };
    }
    if !known
        .split(" or ")
        .any(|version| version == head.api_version)
    {
        return WireError::Version {
            kind,
            found: head.api_version,
            known,
        };
    }
    match shape {
        Some(error) => malformed(kind, error),
        None => WireError::Missing {
            kind,
            field: "content",
        },
    }
}

/// Warnings as an API server passes them on: one line each, cut at 256 characters, 4,096 bytes in all.
///
/// Source: <https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response>.
pub fn bounded_warnings(warnings: impl IntoIterator<Item = String>) -> Vec<String> {
    const LONGEST: usize = 256;
    const ALL: usize = 4_096;
    /// Room for the line that says how many were left out.
    const REST: usize = 64;
    let mut kept: Vec<String> = Vec::new();
    let mut bytes = 0;
    let mut left_out = 0_usize;
    for warning in warnings {
        let line = one_line(&warning, LONGEST);
        if kept.contains(&line) {
            continue;
        }
        if bytes + line.len() > ALL - REST {
            left_out += 1;
            continue;
        }
        bytes += line.len();
        kept.push(line);
    }
    if left_out > 0 {
        kept.push(format!("and {left_out} more warnings of ringwall"));
    }
    kept
}

/// A text without control characters, cut at a number of characters.
pub(crate) fn one_line(text: &str, longest: usize) -> String {
    let clean = |char: char| if char.is_control() { ' ' } else { char };
    let mut line: String = text.chars().map(clean).take(longest).collect();
    if text.chars().nth(longest).is_some() {
        for _ in 0..3 {
            line.pop();
        }
        line.push_str("...");
    }
    line
}

/// A key as audit annotations take it: letters, digits, `-`, `_` and `.`, at most 63.
pub fn annotation_key(key: &str) -> String {
    let clean = |char: char| {
        if char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.') {
            char
        } else {
            '.'
        }
    };
    let cut: String = key.chars().map(clean).take(63).collect();
    cut.trim_matches(|char: char| !char.is_ascii_alphanumeric())
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_bounded_and_none_vanishes_silently() {
        let warnings =
            bounded_warnings((0..100).map(|number| format!("{number}\n{}", "x".repeat(300))));
        assert!(
            warnings
                .iter()
                .all(|warning| warning.chars().count() <= 256 && !warning.contains('\n'))
        );
        assert!(warnings.iter().map(String::len).sum::<usize>() <= 4_096);
        let told = warnings.len() - 1;
        assert_eq!(
            warnings[told],
            format!("and {} more warnings of ringwall", 100 - told)
        );
        assert_eq!(bounded_warnings(["a".to_owned(), "a".to_owned()]), ["a"]);
    }

    #[test]
    fn keys_of_annotations_are_qualified_names() {
        assert_eq!(annotation_key("my policy/high risk"), "my.policy.high.risk");
        assert_eq!(annotation_key("/a/"), "a");
        assert_eq!(annotation_key(&"x".repeat(100)).len(), 63);
    }
}
