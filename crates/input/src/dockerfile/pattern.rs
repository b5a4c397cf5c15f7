//! Patterns of `${name#pattern}`, `${name%pattern}` and `${name/pattern/text}`.

/// Values longer than this are left alone, as matching costs their length times the pattern's.
const MAX_LENGTH: usize = 1024;

/// Removes the shortest or longest matching start; `None` if the text is too long to try.
pub(super) fn without_prefix(text: &str, pattern: &str, longest: bool) -> Option<String> {
    let ends = boundaries(text, pattern)?;
    let matching = |&end: &usize| matches(pattern, text.get(..end).unwrap_or(""));
    let end = if longest {
        ends.iter().copied().rev().find(|end| matching(end))
    } else {
        ends.iter().copied().find(|end| matching(end))
    };
    Some(text.get(end.unwrap_or(0)..).unwrap_or("").to_owned())
}

/// Removes the shortest or longest matching end; `None` if the text is too long to try.
pub(super) fn without_suffix(text: &str, pattern: &str, longest: bool) -> Option<String> {
    let starts = boundaries(text, pattern)?;
    let matching = |&start: &usize| matches(pattern, text.get(start..).unwrap_or(""));
    let start = if longest {
        starts.iter().copied().find(|start| matching(start))
    } else {
        starts.iter().copied().rev().find(|start| matching(start))
    };
    Some(
        text.get(..start.unwrap_or(text.len()))
            .unwrap_or("")
            .to_owned(),
    )
}

/// Replaces the first or every longest match; `None` if the text is too long to try.
pub(super) fn replaced(text: &str, pattern: &str, with: &str, all: bool) -> Option<String> {
    if pattern.is_empty() {
        return Some(text.to_owned());
    }
    if !pattern.contains(['*', '?', '\\']) {
        return Some(if all {
            text.replace(pattern, with)
        } else {
            text.replacen(pattern, with, 1)
        });
    }
    if text.len() > MAX_LENGTH / 8 {
        return None;
    }
    let places = boundaries(text, pattern)?;
    let mut result = String::new();
    let mut at = 0;
    let mut done = false;
    while at < text.len() {
        let end = places
            .iter()
            .copied()
            .rev()
            .take_while(|&end| end > at && !done)
            .find(|&end| matches(pattern, text.get(at..end).unwrap_or("")));
        if let Some(end) = end {
            result.push_str(with);
            at = end;
            done = !all;
        } else {
            let next = text.get(at..).and_then(|rest| rest.chars().next());
            result.extend(next);
            at += next.map_or(1, char::len_utf8);
        }
    }
    Some(result)
}

fn boundaries(text: &str, pattern: &str) -> Option<Vec<usize>> {
    if text.len() > MAX_LENGTH || pattern.len() > MAX_LENGTH {
        return None;
    }
    let inner = text.char_indices().map(|(at, _)| at);
    Some(inner.chain([text.len()]).collect())
}

/// Whether a pattern of `*`, `?`, `\x` and plain characters matches all of a text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pattern_rest = pattern.chars();
    let mut text_rest = text.chars();
    let mut retry = None;
    loop {
        let mut ahead = pattern_rest.clone();
        let matched = match ahead.next() {
            Some('*') => {
                retry = Some((ahead.clone(), text_rest.clone()));
                pattern_rest = ahead;
                continue;
            }
            Some('?') => text_rest.next().is_some(),
            Some(first) => {
                let expected = if first == '\\' {
                    ahead.next().unwrap_or('\\')
                } else {
                    first
                };
                text_rest.next() == Some(expected)
            }
            None if text_rest.as_str().is_empty() => return true,
            None => false,
        };
        if matched {
            pattern_rest = ahead;
            continue;
        }
        // Lets the last star take one character more.
        let Some((after_star, mut from)) = retry.take() else {
            return false;
        };
        if from.next().is_none() {
            return false;
        }
        retry = Some((after_star.clone(), from.clone()));
        pattern_rest = after_star;
        text_rest = from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        assert!(matches("a*c", "abbbc"));
        assert!(matches("*", ""));
        assert!(matches("a?c", "abc"));
        assert!(!matches("a?c", "ac"));
        assert!(matches("a\\*", "a*"));
        assert!(!matches("a\\*", "ab"));
        assert!(matches("*.*.x", "1.2.3.x"));
    }

    #[test]
    fn starts_and_ends_are_removed() {
        let text = "a/b/c";
        assert_eq!(without_prefix(text, "*/", false).as_deref(), Some("b/c"));
        assert_eq!(without_prefix(text, "*/", true).as_deref(), Some("c"));
        assert_eq!(without_suffix(text, "/*", false).as_deref(), Some("a/b"));
        assert_eq!(without_suffix(text, "/*", true).as_deref(), Some("a"));
        assert_eq!(without_suffix(text, "x", true).as_deref(), Some(text));
    }

    #[test]
    fn matches_are_replaced() {
        assert_eq!(replaced("1.2.3", ".", "_", false).as_deref(), Some("1_2.3"));
        assert_eq!(replaced("1.2.3", ".", "_", true).as_deref(), Some("1_2_3"));
        assert_eq!(replaced("aXbX", "?X", "-", true).as_deref(), Some("--"));
        assert_eq!(replaced("aXbX", "?X", "-", false).as_deref(), Some("-bX"));
    }
}
