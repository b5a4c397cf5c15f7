use ringwall_report::github;

use crate::sample::{self, written};

#[test]
fn each_finding_that_counts_is_one_annotation() {
    let files = sample::files();
    let report = sample::report(&files);
    let text = written(|out| github(&report, &sample::context(&files), out));
    insta::assert_snapshot!(text);
    assert!(text.lines().all(|line| line.starts_with("::")), "{text}");
}
