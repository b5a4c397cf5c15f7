//! `CODEOWNERS` files: who reviews which paths.
//!
//! The shape is that of the Go library hmarr/codeowners.

use serde_json::{Value, json};

use crate::ParseError;

pub(crate) fn parse(text: &str) -> Result<Value, ParseError> {
    let mut rules = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        rules.push(rule(line, number)?);
    }
    let rules = if rules.is_empty() {
        Value::Null
    } else {
        Value::Array(rules)
    };
    Ok(json!({"rules": rules}))
}

/// One rule: a pattern up to the first blank without a backslash before it, then owners, then a comment.
fn rule(line: &str, number: usize) -> Result<Value, ParseError> {
    let error = |message: String| ParseError::new(number, 1, message);
    let (line, comment) = line.split_once('#').unwrap_or((line, ""));
    let mut pattern = String::new();
    let mut escaped = false;
    let mut rest = "";
    for (at, c) in line.char_indices() {
        if c == '\\' {
            escaped = true;
        } else if is_blank(c) && !escaped {
            rest = line.get(at..).unwrap_or("");
            break;
        } else if is_blank(c) || is_pattern(c) {
            escaped = false;
        } else {
            return Err(error(format!("unexpected character {c:?} in a pattern")));
        }
        pattern.push(c);
    }
    let owners = rest
        .split(is_blank)
        .filter(|name| !name.is_empty())
        .map(|name| owner(name).ok_or_else(|| error(format!("{name:?} is no owner"))))
        .collect::<Result<Vec<Value>, _>>()?;
    Ok(json!({
        "pattern": pattern,
        "owners": owners,
        "comment": comment.trim(),
        "lineNumber": number,
    }))
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

fn is_pattern(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '*' | '?' | '.' | '/' | '@' | '_' | '+' | '-' | '(' | ')')
}

/// `@user`, `@organisation/team` or an address.
fn owner(name: &str) -> Option<Value> {
    let is_handle = |text: &str| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    };
    let (kind, value) = match name.strip_prefix('@') {
        Some(handle) => match handle.split_once('/') {
            Some((organisation, team))
                if is_handle(organisation) && !organisation.contains('_') && is_handle(team) =>
            {
                ("team", handle)
            }
            None if is_handle(handle) => ("username", handle),
            _ => return None,
        },
        None => ("email", is_address(name).then_some(name)?),
    };
    Some(json!({"type": kind, "value": value}))
}

fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let Some((host, top)) = domain.rsplit_once('.') else {
        return false;
    };
    let is_made_of = |text: &str, more: &[char]| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || more.contains(&c))
    };
    is_made_of(local, &['.', '_', '%', '+', '-'])
        && is_made_of(host, &['.', '-'])
        && (2..=6).contains(&top.len())
        && top.bytes().all(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn rules_have_owners() {
        assert_eq!(
            parse("# all\n* @org/team-1 @me # note\n\n/a\\ b dev@example.com\n/none\n"),
            Ok(json!({"rules": [
                {"pattern": "*", "comment": "note", "lineNumber": 2, "owners": [
                    {"type": "team", "value": "org/team-1"},
                    {"type": "username", "value": "me"},
                ]},
                {"pattern": "/a\\ b", "comment": "", "lineNumber": 4, "owners": [
                    {"type": "email", "value": "dev@example.com"},
                ]},
                {"pattern": "/none", "comment": "", "lineNumber": 5, "owners": []},
            ]}))
        );
        assert_eq!(parse(""), Ok(json!({"rules": null})));
    }

    #[test]
    fn what_is_no_owner_is_refused() {
        assert_eq!(
            parse("\n* someone").unwrap_err().to_string(),
            "2:1: \"someone\" is no owner"
        );
        assert!(parse("a[b] @x").is_err());
    }
}
