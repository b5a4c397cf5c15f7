//! Fixing any text neither panics nor hangs, and leaves a text that parses as well as the one before.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ringwall_collect::Content;
use ringwall_engine::{Config, Input, Options, Outcome, Selection, fix_text, scan};
use ringwall_model::{Date, Report, Safety, Source};

static SELECTION: LazyLock<Selection> =
    LazyLock::new(|| Selection::new(&[], &[], &[]).expect("all checks"));
const NO_EXCEPTIONS: &str = "no exceptions in the configuration";
static CONFIG: LazyLock<Config> = LazyLock::new(Config::default);

/// Each fix judges the whole text again: longer ones only cost time.
const MOST_BYTES: usize = 2048;

fuzz_target!(|text: &str| {
    if text.len() > MOST_BYTES {
        return;
    }
    let config_source = Source::new("ringwall.toml", "");
    let options = Options {
        selection: &SELECTION,
        config: &CONFIG,
        config_source: &config_source,
        pod_security: None,
        policies: None,
        advisories: ringwall_engine::Advisories::Missing,
        as_of: "2026-11-21".parse::<Date>().expect("a day"),
        baseline: None,
        changes: None,
        show_passed: false,
        limit_bytes: 1 << 20,
        progress: None,
    };
    let before = judge(text, &options);
    let Some(fixed) = fix_text(&before, "-", &options, Safety::Unsafe).expect(NO_EXCEPTIONS) else {
        return;
    };
    assert_eq!(fixed.before.text, text);
    let after = judge(&fixed.after, &options);
    // What does not parse, of a manifest or of a Dockerfile, stands in `not_assessed`.
    let (before, after) = (&before.report, &after.report);
    assert!(after.not_assessed.len() <= before.not_assessed.len());
    let objects = |report: &Report| report.summary.assessed.get("resources").copied();
    assert!(objects(after) >= objects(before));
    assert_eq!(fixed.fixed.is_empty(), fixed.after == text);
    for (check, _) in &fixed.fixed {
        let count = |report: &Report| {
            report
                .findings
                .iter()
                .filter(|one| one.check == *check)
                .count()
        };
        assert!(
            count(after) <= count(before),
            "{check} speaks more often than before"
        );
    }
});

fn judge(text: &str, options: &Options<'_>) -> Outcome {
    let input = Input {
        stdin: Some(Content::Text(text.to_owned())),
        ..Input::default()
    };
    scan(&input, options).expect(NO_EXCEPTIONS)
}
