use ringwall_model::Severity;
use ringwall_report::markdown;

use crate::sample::{self, SECRET, TOKEN, written};

#[test]
fn the_comment_reads_well_and_holds_no_secret() {
    let files = sample::files();
    let report = sample::report(&files);
    let text = written(|out| markdown(&report, &sample::context(&files), out));
    insta::assert_snapshot!(text);
    assert!(!text.contains(SECRET) && !text.contains(TOKEN), "{text}");
}

#[test]
fn what_does_not_fit_is_counted() {
    let files = sample::files();
    let web = files.get("shop/web.yaml");
    let findings = (0..2000).map(|number| {
        let message = format!("finding number {number}");
        sample::finding("latest-tag", Severity::High, web, "image:", &message)
    });
    let report = sample::report_of(findings.collect());
    let text = written(|out| markdown(&report, &sample::context(&files), out));
    assert!(text.chars().count() <= 60_000, "{}", text.chars().count());
    let shown = text.matches("finding number").count();
    assert!(shown > 100, "{shown}");
    assert!(
        text.contains(&format!("**{} more findings**", 2000 - shown)),
        "{}",
        &text[text.len() - 300..]
    );
}
