//! Rules that YARA-X runs: bounds, pieces of work in several threads, and what tells sets of rules apart.
#![cfg(feature = "yara-x")]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot prepare its input has failed"
)]

use std::time::Duration;

use ringwall_malware::{FileRules, Unmatched};
use ringwall_yara::{Bounds, Error, Rules, compile};

const MARKED: &str = "rule marked { strings: $a = \"purple elephant\" condition: $a }";

fn rules(texts: &[(&str, &str)], bounds: Bounds) -> Result<Rules, Error> {
    let files: Vec<_> = texts
        .iter()
        .map(|(name, text)| ((*name).to_owned(), Ok((*text).to_owned())))
        .collect();
    compile(&files, bounds)
}

fn names(rules: &Rules, bytes: &[u8]) -> Vec<String> {
    let found = rules.matches("a/b", bytes).unwrap();
    found
        .into_iter()
        .map(|it| format!("{}:{}", it.namespace, it.rule))
        .collect()
}

#[test]
fn files_are_namespaces_and_threads_run_sets_of_their_own() {
    let one = rules(&[("a.yar", MARKED), ("b.yar", MARKED)], Bounds::default()).unwrap();
    let other = rules(&[("c.yar", MARKED)], Bounds::default()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let text = b"a purple elephant";
                    assert_eq!(names(&one, text), ["a.yar:marked", "b.yar:marked"]);
                    assert_eq!(names(&other, text), ["c.yar:marked"]);
                    assert!(names(&one, b"a grey one").is_empty());
                }
            });
        }
    });
    assert_ne!(one.digest(), other.digest());
    let again = rules(&[("c.yar", MARKED)], Bounds::default()).unwrap();
    assert_eq!(again.digest(), other.digest());
}

#[test]
fn what_is_beyond_the_bounds_is_not_matched() {
    let bounds = Bounds {
        file_bytes: 20,
        file_time: Duration::from_secs(5),
        total_time: Duration::from_millis(3),
    };
    let rules = rules(&[("a.yar", MARKED)], bounds).unwrap();
    let large = rules.matches("a", &[0; 21]);
    assert_eq!(large, Err(Unmatched::TooLarge { most: 20 }));
    let mut files = (0..10).map(|_| rules.matches("a", b"x"));
    // Each counts as a millisecond at least.
    assert!(files.any(|it| it == Err(Unmatched::OutOfTime { seconds: 0 })));
}

#[test]
fn a_rule_without_end_is_stopped() {
    let endless = "rule endless { condition: for any i in (0..100000000000) : (uint8(i % filesize) == 7 and i == 99999999999) }";
    let bounds = Bounds {
        file_time: Duration::from_secs(1),
        ..Bounds::default()
    };
    let rules = rules(&[("a.yar", endless), ("b.yar", MARKED)], bounds).unwrap();
    let result = rules.matches("a", b"purple elephant");
    assert_eq!(result, Err(Unmatched::TimedOut { seconds: 1 }));
    // The next file has as much time.
    let result = rules.matches("a", b"purple elephant");
    assert_eq!(result, Err(Unmatched::TimedOut { seconds: 1 }));
}

#[test]
fn files_that_are_included_are_not_read() {
    let text = format!("include \"/etc/passwd\"\n{MARKED}");
    let rules = rules(&[("a.yar", &text)], Bounds::default()).unwrap();
    let unusable: Vec<_> = rules
        .unusable()
        .iter()
        .map(|it| (it.place, &*it.file))
        .collect();
    assert_eq!(unusable, [(Some((1, 1)), "a.yar")]);
    assert_eq!(names(&rules, b"purple elephant"), ["a.yar:marked"]);
}

#[test]
fn no_rules_are_an_error() {
    assert!(matches!(rules(&[], Bounds::default()), Err(Error::NoRules)));
    assert!(matches!(
        rules(&[("a.yar", "// nothing")], Bounds::default()),
        Err(Error::NoRules)
    ));
    let broken = rules(&[("a.yar", "rule a { condition: b }")], Bounds::default());
    assert!(matches!(broken, Err(Error::NoneUsable(it)) if it.place == Some((1, 21))));
}
