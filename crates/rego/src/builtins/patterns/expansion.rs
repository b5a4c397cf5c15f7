//! The templates of `regex.replace`: `$1`, `${name}`, `$$`.

use regex::Captures;

use super::super::{BuiltinError, Made};

/// Writes a template with its groups filled in. A `$` that starts no name stands for itself, a group that is not
/// there for nothing.
pub(super) fn expand(
    out: &mut Made<'_, '_>,
    template: &str,
    captures: &Captures<'_>,
    names: &[(String, usize)],
) -> Result<(), BuiltinError> {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        out.push(before)?;
        if let Some(behind) = after.strip_prefix('$') {
            out.push("$")?;
            rest = behind;
            continue;
        }
        let Some((name, behind)) = name(after) else {
            out.push("$")?;
            rest = after;
            continue;
        };
        let group = match number(name) {
            Some(number) => captures.get(number),
            None => names
                .iter()
                .filter(|(known, _)| known == name)
                .find_map(|(_, number)| captures.get(*number)),
        };
        if let Some(group) = group {
            out.push(group.as_str())?;
        }
        rest = behind;
    }
    out.push(rest)
}

/// The name behind a `$`, with or without braces.
fn name(text: &str) -> Option<(&str, &str)> {
    let (inner, has_brace) = match text.strip_prefix('{') {
        Some(inner) => (inner, true),
        None => (text, false),
    };
    let length = inner
        .find(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .unwrap_or(inner.len());
    let (name, behind) = inner.split_at_checked(length)?;
    if name.is_empty() {
        return None;
    }
    if has_brace {
        return Some((name, behind.strip_prefix('}')?));
    }
    Some((name, behind))
}

/// The number that a name is, if it is one without zeros in front.
fn number(name: &str) -> Option<usize> {
    if name.len() > 1 && name.starts_with('0') || !name.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    name.parse().ok()
}
