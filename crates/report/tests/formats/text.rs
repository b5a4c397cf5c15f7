use ringwall_model::{NotAssessed, Report, Severity, Span, Status};
use ringwall_report::{TextOptions, text};

use crate::sample::{self, Files, SECRET, TOKEN, written};

fn sample_text(options: &TextOptions) -> String {
    let files = sample::files();
    let report = sample::report(&files);
    written(|out| text(&report, &sample::context(&files), options, out))
}

#[test]
fn medium_and_above_are_shown_and_the_rest_is_counted() {
    insta::assert_snapshot!(sample_text(&TextOptions::default()));
}

#[test]
fn colour_adds_nothing_but_colour() {
    let colour = TextOptions {
        colour: true,
        width: Some(100),
        severity: Severity::Low,
        show_passed: true,
    };
    insta::assert_snapshot!(sample_text(&colour));
}

#[test]
fn low_shows_everything() {
    let low = TextOptions {
        severity: Severity::Low,
        ..TextOptions::default()
    };
    let text = sample_text(&low);
    assert!(text.contains("INFO stale-file"), "{text}");
    assert!(!text.contains("hidden"), "{text}");
}

#[test]
fn lines_of_the_same_root_cause_fit_the_terminal() {
    let options = TextOptions {
        width: Some(50),
        severity: Severity::Low,
        ..TextOptions::default()
    };
    let text = sample_text(&options);
    let lines = text
        .lines()
        .skip_while(|line| !line.contains("with the same root cause:"));
    let lines: Vec<&str> = lines
        .skip(1)
        .take_while(|line| line.starts_with("    "))
        .collect();
    assert!(lines.len() > 1, "{text}");
    assert!(
        lines.iter().all(|line| line.chars().count() <= 50),
        "{lines:?}"
    );
}

#[test]
fn no_secret_is_shown_whole() {
    let low = TextOptions {
        severity: Severity::Low,
        ..TextOptions::default()
    };
    let text = sample_text(&low);
    assert!(!text.contains(SECRET), "{text}");
    assert!(!text.contains(TOKEN), "{text}");
    assert!(text.contains("value: \"tr0u***************\""), "{text}");
}

#[test]
fn nothing_found_is_not_clean_when_something_was_not_assessed() {
    let broken = NotAssessed {
        id: "unparsable-file".into(),
        subject: sample::file_subject("broken.yaml"),
        location: None,
        reason: "not UTF-8".to_owned(),
        status: Status::Fail,
    };
    let files = sample::files();
    let write = |report| {
        written(|out| {
            text(
                &report,
                &sample::context(&files),
                &TextOptions::default(),
                out,
            )
        })
    };
    insta::assert_snapshot!(write(sample::empty_report(3, vec![broken])), @r"
    Not assessed (1)
      unparsable-file  broken.yaml
        not UTF-8

    Nothing found in what could be assessed, but 1 thing could not be: this is not a clean result.
    assessed 3 resources; as of 2026-11-21
    Grade none (incomplete); 1 thing not assessed
    ");
    insta::assert_snapshot!(write(sample::empty_report(0, Vec::new())), @r"
    Nothing here could be assessed: no Kubernetes object, Dockerfile or other input was found.
    assessed nothing; as of 2026-11-21
    Grade none (nothing was assessed)
    ");
    insta::assert_snapshot!(write(sample::empty_report(3, Vec::new())), @r"
    Nothing found.
    assessed 3 resources; as of 2026-11-21
    Grade A
    ");
}

#[test]
fn any_place_in_any_text_can_be_drawn() {
    let hostile = "ä:\t日本\r\n\u{1b}[31m\r\n\n🎉x";
    let files = Files::new(&[("a", hostile)]);
    let source = files.get("a");
    let mut findings = Vec::new();
    for start in 0..=hostile.len() {
        for end in start..=hostile.len() + 2 {
            let mut finding = sample::finding("latest-tag", Severity::High, source, "ä", "m");
            finding.location = source.location(Span::new(start, end));
            findings.push(finding);
        }
    }
    let count = findings.len();
    let report = Report::new(
        findings,
        Vec::new(),
        [].into(),
        [].into(),
        "2026-11-21".parse().unwrap(),
    );
    let options = TextOptions::default();
    let drawn = written(|out| text(&report, &sample::context(&files), &options, out));
    assert_eq!(drawn.matches("HIGH latest-tag").count(), count);
    assert!(
        !drawn.contains('\u{1b}'),
        "text from outside does not steer the terminal"
    );
    assert!(!drawn.contains('\r'));
}

#[test]
fn long_messages_are_wrapped_at_the_terminals_width() {
    let files = sample::files();
    let web = files.get("shop/web.yaml");
    let message = "word ".repeat(60);
    let report = Report::new(
        vec![sample::finding(
            "latest-tag",
            Severity::High,
            web,
            "image:",
            message.trim_end(),
        )],
        Vec::new(),
        [].into(),
        [].into(),
        "2026-11-21".parse().unwrap(),
    );
    let options = TextOptions {
        width: Some(60),
        ..TextOptions::default()
    };
    let text = written(|out| text(&report, &sample::context(&files), &options, out));
    let wrapped: Vec<&str> = text.lines().filter(|line| line.contains("word")).collect();
    assert!(
        wrapped.len() > 4 && wrapped.iter().all(|line| line.len() <= 60),
        "{text}"
    );
}
