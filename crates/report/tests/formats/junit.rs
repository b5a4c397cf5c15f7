use ringwall_report::junit;

use crate::sample::{self, SECRET, TOKEN, written};

#[test]
fn failures_skips_and_errors_are_told_apart() {
    let files = sample::files();
    let report = sample::report(&files);
    let text = written(|out| junit(&report, &sample::context(&files), out));
    insta::assert_snapshot!(text);
    assert!(!text.contains(SECRET) && !text.contains(TOKEN), "{text}");
    assert!(text.contains("&lt;b&gt;&amp;amp;&lt;/b&gt;"), "{text}");
}

#[test]
fn names_of_files_cannot_break_the_xml() {
    let files = sample::files();
    let mut report = sample::report(&files);
    for finding in &mut report.findings {
        finding.location.file = "<a>&.yaml".into();
    }
    let text = written(|out| junit(&report, &sample::context(&files), out));
    assert!(text.contains("&lt;a&gt;&amp;.yaml:"), "{text}");
    assert!(!text.contains("<a>"), "{text}");
}
