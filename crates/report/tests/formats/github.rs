use ringwall_report::github;

use crate::sample::{self, written};

#[test]
fn each_finding_that_counts_is_one_annotation() {
    let files = sample::files();
    let text = written(|out| github(&sample::report(&files), out));
    insta::assert_snapshot!(text);
    assert!(text.lines().all(|line| line.starts_with("::")), "{text}");
}
