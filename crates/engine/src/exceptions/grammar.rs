//! The one grammar of exceptions: ids, reason, owner, last day.

use ringwall_model::Date;

/// What an exception says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) reason: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) until: Option<Date>,
}

/// A `ringwall: ignore[...]` comment, or what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) ids: Vec<String>,
    pub(crate) terms: Result<Terms, String>,
}

/// Reads the text of a comment (without `#`); `None` when it is no mark of ours.
pub(crate) fn comment(text: &str) -> Option<Mark> {
    let rest = text.trim_start().strip_prefix("ringwall:")?.trim_start();
    let broken = |message: &str| {
        Some(Mark {
            ids: Vec::new(),
            terms: Err(message.to_owned()),
        })
    };
    let Some(rest) = rest.strip_prefix("ignore") else {
        return broken("only `ignore[<id>]` may follow `ringwall:`");
    };
    let Some((ids, rest)) = rest
        .trim_start()
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    else {
        return broken("the ids stand in brackets: `ignore[<id>, <id>]`");
    };
    let ids: Vec<String> = ids
        .split(',')
        .map(str::trim)
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
        .collect();
    if ids.is_empty() {
        return broken("no id between the brackets");
    }
    Some(Mark {
        ids,
        terms: terms(rest),
    })
}

const KEYS: [&str; 3] = ["reason", "owner", "until"];

/// Reads `reason="..." owner=... until=...`, in any order; a value without quotes ends at the next key.
pub(crate) fn terms(text: &str) -> Result<Terms, String> {
    let mut terms = Terms::default();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (key, after) = rest
            .split_once('=')
            .ok_or_else(|| format!("'{rest}' is no key=value"))?;
        let key = key.trim();
        if !KEYS.contains(&key) {
            return Err(format!("'{key}' is none of reason, owner, until"));
        }
        let (value, remaining) = value(after)?;
        let value = value.trim();
        if value.is_empty() {
            return Err(format!("{key} is empty"));
        }
        let already_given = match key {
            "reason" => terms.reason.replace(value.to_owned()).is_some(),
            "owner" => terms.owner.replace(value.to_owned()).is_some(),
            _ => {
                let day = value.parse().map_err(|error| format!("until: {error}"))?;
                terms.until.replace(day).is_some()
            }
        };
        if already_given {
            return Err(format!("{key} is given twice"));
        }
        rest = remaining.trim_start();
    }
    if terms.reason.is_none() {
        return Err("no reason is given".to_owned());
    }
    Ok(terms)
}

fn value(text: &str) -> Result<(&str, &str), String> {
    let text = text.trim_start();
    if let Some(quoted) = text.strip_prefix('"') {
        return quoted
            .split_once('"')
            .ok_or_else(|| "a quote is not closed".to_owned());
    }
    let next_key = KEYS
        .iter()
        .filter_map(|key| {
            text.match_indices(key)
                .find(|&(at, _)| {
                    let before = text.get(..at).unwrap_or("");
                    let after = text.get(at + key.len()..).unwrap_or("");
                    before.ends_with(char::is_whitespace) && after.trim_start().starts_with('=')
                })
                .map(|(at, _)| at)
        })
        .min()
        .unwrap_or(text.len());
    let (value, rest) = text.split_at(next_key);
    Ok((value.trim_end(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_documentation_is_read() {
        let mark = comment(" ringwall: ignore[privileged-container] reason=\"GPU driver loads modules\" owner=platform until=2027-03-31").unwrap();
        assert_eq!(mark.ids, ["privileged-container"]);
        let terms = mark.terms.unwrap();
        assert_eq!(terms.reason.as_deref(), Some("GPU driver loads modules"));
        assert_eq!(terms.owner.as_deref(), Some("platform"));
        assert_eq!(terms.until, Date::new(2027, 3, 31));
    }

    #[test]
    fn values_without_quotes_end_at_the_next_key() {
        let terms =
            terms("reason=GPU driver loads modules owner=the platform team until=2027-03-31")
                .unwrap();
        assert_eq!(terms.reason.as_deref(), Some("GPU driver loads modules"));
        assert_eq!(terms.owner.as_deref(), Some("the platform team"));
        assert_eq!(
            super::terms("reason=no owner needed")
                .unwrap()
                .reason
                .as_deref(),
            Some("no owner needed")
        );
    }

    #[test]
    fn several_ids_share_one_reason() {
        assert_eq!(
            comment("ringwall: ignore[a, b] reason=x").unwrap().ids,
            ["a", "b"]
        );
    }

    #[test]
    fn mistakes_are_said() {
        let check = |text: &str, expected: &str| {
            let error = comment(text).unwrap().terms.unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        };
        check("ringwall: ignore[a]", "no reason");
        check("ringwall: ignore[a] reason=\"\"", "reason is empty");
        check("ringwall: ignore[a] reason=\" \"", "reason is empty");
        check("ringwall: ignore[a] reason=\"x", "not closed");
        check(
            "ringwall: ignore[a] reason=x until=2027-02-30",
            "is not a date",
        );
        check("ringwall: ignore[a] because=x", "'because' is none of");
        check("ringwall: ignore[a] reason=x reason=y", "given twice");
        check("ringwall: ignore[] reason=x", "no id");
        check("ringwall: ignore a reason=x", "brackets");
        check("ringwall: allow[a] reason=x", "only `ignore");
    }

    #[test]
    fn other_comments_are_none_of_ours() {
        assert_eq!(comment(" a comment about ringwall: ignore[x]"), None);
        assert_eq!(comment(""), None);
    }
}
