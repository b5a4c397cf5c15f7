//! Exceptions are any text, in comments, annotations and the configuration: reading them neither panics
//! nor hangs, and none of them makes a finding vanish without a trace.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ringwall_collect::Content;
use ringwall_engine::{Config, Input, Options, Outcome, Selection, scan};
use ringwall_model::{Date, Source};

const AS_OF: &str = "2026-11-21";

/// One check, so that most of the time goes to exceptions.
static SELECTION: LazyLock<Selection> = LazyLock::new(|| {
    let only = ["privileged-container".to_owned()];
    Selection::new(&only, &[], &[]).expect("it is a check")
});

fuzz_target!(|text: &str| {
    let config = Config::parse("ringwall.toml", text).unwrap_or_default();
    let Some(outcome) = judge(&manifest(text), &config, text) else {
        return; // A pattern in the configuration cannot be used.
    };
    if !outcome
        .report
        .not_assessed
        .iter()
        .any(|one| one.id == "unparsable-file")
    {
        let told = outcome.report.findings.iter();
        let told = told
            .filter(|finding| finding.check == "privileged-container")
            .count();
        assert_eq!(
            told, 2,
            "one finding for each privileged container, accepted or not"
        );
    }
    let _ = judge(&format!("# {text}\nFROM a\n"), &config, text);
    let _ = judge(text, &config, text);
});

fn judge(text: &str, config: &Config, config_text: &str) -> Option<Outcome> {
    let input = Input {
        stdin: Some(Content::Text(text.to_owned())),
        ..Input::default()
    };
    let options = Options {
        selection: &SELECTION,
        config,
        config_source: &Source::new("ringwall.toml", config_text),
        pod_security: None,
        policies: None,
        advisories: ringwall_engine::Advisories::Missing,
        as_of: AS_OF.parse::<Date>().expect("a day"),
        baseline: None,
        changes: None,
        show_passed: false,
        limit_bytes: 1 << 20,
        progress: None,
    };
    scan(&input, &options).ok()
}

/// Two privileged containers; the lines of the text stand in comments and annotations around them.
fn manifest(text: &str) -> String {
    let mut lines = text.lines();
    // What YAML takes for the end of a line besides would end the comment.
    let breaks = ['\r', '\u{85}', '\u{2028}', '\u{2029}'];
    let mut comment = || lines.next().unwrap_or("").replace(breaks, " ");
    let (object, spec, item, field) = (comment(), comment(), comment(), comment());
    let (key, value) = (quoted(&comment()), quoted(&comment()));
    format!(
        "# {object}\n\
         apiVersion: v1\n\
         kind: Pod\n\
         metadata:\n\
         \x20 name: web\n\
         \x20 annotations:\n\
         \x20   \"ringwall.dev/ignore.privileged-container\": {value}\n\
         \x20   \"ringwall.dev/ignore.{}: x\n\
         \x20   {key}: {value}\n\
         spec: # {spec}\n\
         \x20 containers:\n\
         \x20   # ringwall: ignore[{item}\n\
         \x20   - name: one\n\
         \x20     securityContext:\n\
         \x20       privileged: true # ringwall: ignore[privileged-container] {field}\n\
         \x20   - name: two # ringwall: {item}\n\
         \x20     securityContext: {{privileged: true}}\n",
        key.trim_start_matches('"'),
    )
}

/// In double quotes, as YAML and JSON escape.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            _ if char.is_control() => quoted.push_str(&format!("\\u{:04x}", char as u32)),
            _ => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}
