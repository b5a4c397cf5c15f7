//! The words that several formats share, and text from outside made harmless.

use std::{borrow::Cow, collections::BTreeMap, fmt::Write as _};

use ringwall_model::{Location, Severity, Subject};

/// Text from outside with every character replaced, one for one, that could steer a terminal
/// or make text look like other text. A tab stays.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text
        .chars()
        .all(|character| harmless(character) == character)
    {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().map(harmless).collect())
    }
}

const fn harmless(character: char) -> char {
    match character {
        '\t' => '\t',
        // The control pictures stand in the order of the control characters.
        '\0'..='\u{1f}' => match char::from_u32(0x2400 + character as u32) {
            Some(picture) => picture,
            None => '\u{fffd}',
        },
        '\u{7f}' => '\u{2421}',
        // C1 controls, line and paragraph separators, the marks that reorder text, and what nobody sees: some of it the
        // drawing of excerpts would leave out.
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{feff}' => '\u{fffd}',
        _ => character,
    }
}

/// The subject in words: `Deployment shop/web container app`.
pub fn subject_words(subject: &Subject) -> String {
    let mut words = String::new();
    let mut push = |word: &str| {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(&clean(word));
    };
    if let Some(kind) = &subject.kind {
        push(kind);
    }
    match (&subject.namespace, &subject.name) {
        (Some(namespace), Some(name)) => push(&format!("{namespace}/{name}")),
        (None, Some(name)) => push(name),
        (Some(namespace), None) => push(&format!("{namespace}/")),
        (None, None) => {}
    }
    for (label, value) in [
        ("container", &subject.container),
        ("image", &subject.image),
        ("package", &subject.package),
    ] {
        if let Some(value) = value {
            push(label);
            push(value);
        }
    }
    if let Some(file) = &subject.file {
        push(file);
    }
    words
}

/// A place in words: `web.yaml:9:7`.
pub(crate) fn place_words(location: &Location) -> String {
    format!(
        "{}:{}:{}",
        clean(&location.file),
        location.start.line,
        location.start.column
    )
}

/// `1 finding`, `2 findings`.
pub(crate) fn count_words(count: usize, one: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {one}s")
    }
}

/// `1 file, 2 resources`: what was looked at or passed over, by the words of the summary, what is not there left out.
pub(crate) fn summary_words(counts: &BTreeMap<&'static str, u64>) -> String {
    let words = counts.iter().filter(|&(_, &count)| count > 0);
    let words = words.map(|(word, count)| {
        // `ignored` and `excluded` are said of one as of many.
        let one = word.strip_suffix('s').filter(|_| *count == 1);
        format!("{count} {}", one.unwrap_or(word).replace('_', " "))
    });
    words.collect::<Vec<_>>().join(", ")
}

/// `1 critical, 2 high`: the severities with their counts, those of zero left out.
pub(crate) fn severity_counts_words(counts: impl Fn(Severity) -> u64) -> String {
    let mut words = String::new();
    for severity in Severity::ALL {
        let count = counts(severity);
        if count > 0 {
            if !words.is_empty() {
                words.push_str(", ");
            }
            // Writing to a string cannot fail.
            let _ = write!(words, "{count} {severity}");
        }
    }
    words
}

/// Whether `ringwall explain` knows an id: those of policies that users bring are `<policy>/<rule>`, those of
/// published flaws `CVE-2026-1`.
pub(crate) fn has_page(check: &str) -> bool {
    let is_flaw = check.starts_with(|first: char| first.is_ascii_uppercase());
    let (family, rule) = check.split_once('/').unwrap_or((check, ""));
    !is_flaw && (rule.is_empty() || family == "plaintext-secret")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_become_pictures_one_for_one() {
        assert_eq!(clean("a\u{1b}[31mb\nc"), "a␛[31mb␊c");
        assert_eq!(clean("a\u{202e}b\u{9b}"), "a\u{fffd}b\u{fffd}");
        assert_eq!(
            clean("👩\u{200d}👩 a\u{200b}b\u{ad}"),
            "👩\u{fffd}👩 a\u{fffd}b\u{fffd}"
        );
        assert!(matches!(clean("tab\tis fine, ä too"), Cow::Borrowed(_)));
    }

    #[test]
    fn one_is_not_many() {
        let counts = BTreeMap::from([
            ("files", 1),
            ("ignored", 1),
            ("lock_files", 2),
            ("resources", 0),
        ]);
        assert_eq!(summary_words(&counts), "1 file, 1 ignored, 2 lock files");
    }

    #[test]
    fn a_subject_says_only_what_is_known() {
        let mut subject = Subject {
            kind: Some("Deployment".into()),
            namespace: Some("shop".into()),
            name: Some("web".into()),
            container: Some("app".into()),
            ..Subject::default()
        };
        assert_eq!(subject_words(&subject), "Deployment shop/web container app");
        subject.namespace = None;
        subject.container = None;
        assert_eq!(subject_words(&subject), "Deployment web");
        assert_eq!(subject_words(&Subject::default()), "");
    }
}
