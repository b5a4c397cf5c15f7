use ringwall_model::{Edit, Safety, Source, Span};
use ringwall_report::{diff, patch};

use crate::sample::{self, written};

/// The diff of replacing the first `old` by `new`, for each pair.
fn patched(text: &str, edits: &[(&str, &str)]) -> String {
    let source = Source::new("a.yaml", text);
    let edits: Vec<Edit> = edits
        .iter()
        .map(|(old, new)| Edit {
            file: "a.yaml".into(),
            span: sample::span(&source, old),
            text: (*new).to_owned(),
        })
        .collect();
    patch(&source, &edits)
}

#[test]
fn a_change_has_three_lines_around_it() {
    insta::assert_snapshot!(patched("1\n2\n3\n4\n5\n6\n7\n8\n9\n", &[("5", "five")]), @r"
    --- a/a.yaml
    +++ b/a.yaml
    @@ -2,7 +2,7 @@
     2
     3
     4
    -5
    +five
     6
     7
     8
    ");
}

#[test]
fn near_changes_share_a_hunk_and_far_ones_do_not() {
    let lines: Vec<String> = (10..40).map(|number| number.to_string()).collect();
    let text = lines.join("\n") + "\n";
    insta::assert_snapshot!(patched(&text, &[("11\n", ""), ("14", "14\n14b"), ("30", "thirty")]), @r"
    --- a/a.yaml
    +++ b/a.yaml
    @@ -1,8 +1,8 @@
     10
    -11
     12
     13
     14
    +14b
     15
     16
     17
    @@ -18,7 +18,7 @@
     27
     28
     29
    -30
    +thirty
     31
     32
     33
    ");
}

#[test]
fn a_missing_line_break_at_the_end_is_said() {
    insta::assert_snapshot!(patched("a: 1\nb: 2", &[("b: 2", "b: 2\nc: 3\n")]), @r"
    --- a/a.yaml
    +++ b/a.yaml
    @@ -1,2 +1,3 @@
     a: 1
    -b: 2
    \ No newline at end of file
    +b: 2
    +c: 3
    ");
}

#[test]
fn lines_are_added_at_the_end_and_to_an_empty_text() {
    let source = Source::new("a.yaml", "a: 1\n");
    let insertion = |at| Edit {
        file: "a.yaml".into(),
        span: Span::at(at),
        text: "b: 2\n".to_owned(),
    };
    insta::assert_snapshot!(patch(&source, &[insertion(5)]), @r"
    --- a/a.yaml
    +++ b/a.yaml
    @@ -1 +1,2 @@
     a: 1
    +b: 2
    ");
    insta::assert_snapshot!(patch(&Source::new("a.yaml", ""), &[insertion(0)]), @r"
    --- a/a.yaml
    +++ b/a.yaml
    @@ -0,0 +1 @@
    +b: 2
    ");
}

#[test]
fn edits_that_change_nothing_or_lie_outside_give_nothing() {
    assert_eq!(patched("a: 1\n", &[("1", "1")]), "");
    let outside = Edit {
        file: "a.yaml".into(),
        span: Span::new(3, 99),
        text: String::new(),
    };
    assert_eq!(patch(&Source::new("a.yaml", "a: 1\n"), &[outside]), "");
}

#[test]
fn the_diff_of_a_report_holds_what_was_asked_for_and_no_secret() {
    let files = sample::files();
    let report = sample::report(&files);
    let write = |safety| written(|out| diff(&report, &sample::context(&files), safety, out));
    insta::assert_snapshot!(write(Safety::Safe), @r"
    --- a/shop/web.yaml
    +++ b/shop/web.yaml
    @@ -8,7 +8,7 @@
         spec:
           containers:
             - name: app
    -          image: registry.example/grüße:latest # 日本語
    +          image: registry.example/grüße:1.4.2 # 日本語
               securityContext:
                 privileged: true
               env:
    ");
    let unsafe_too = write(Safety::Unsafe);
    assert!(!unsafe_too.contains(sample::SECRET), "{unsafe_too}");
    assert!(
        unsafe_too.contains("\n-            privileged: true\n"),
        "{unsafe_too}"
    );
}

/// The text after a unified diff, by the numbers in its headers; every old line is compared.
fn applied(text: &str, patch: &str) -> String {
    let old: Vec<&str> = text.split_inclusive('\n').collect();
    let mut new = String::new();
    let mut at = 0;
    let mut lines = patch.split_inclusive('\n').skip(2).peekable();
    while let Some(line) = lines.next() {
        if let Some(header) = line.strip_prefix("@@ -") {
            let (range, rest) = header.split_once(" +").unwrap();
            let (start, count) = range.split_once(',').unwrap_or((range, "1"));
            let start: usize = start.parse().unwrap();
            let start = if count == "0" { start } else { start - 1 };
            new.extend(old[at..start].iter().copied());
            at = start;
            let (range, _) = rest.split_once(" @@").unwrap();
            let (start, count) = range.split_once(',').unwrap_or((range, "1"));
            let start: usize = start.parse().unwrap();
            let before = new.split_inclusive('\n').count();
            assert_eq!(
                before,
                if count == "0" { start } else { start - 1 },
                "{patch}"
            );
            continue;
        }
        let mut content = line[1..].to_owned();
        if lines.next_if(|next| next.starts_with('\\')).is_some() {
            content.pop();
        }
        if !line.starts_with('+') {
            assert_eq!(old[at], content, "{patch}");
            at += 1;
        }
        if !line.starts_with('-') {
            new.push_str(&content);
        }
    }
    new.extend(old[at..].iter().copied());
    new
}

#[test]
fn a_patch_makes_what_the_edits_make() {
    let mut seed: u32 = 7;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below
    };
    for _ in 0..2000 {
        let lines: Vec<String> = (0..random(40)).map(|_| format!("l{}", random(4))).collect();
        let end = if random(2) == 0 { "\n" } else { "" };
        let text = lines.join("\n") + end;
        let mut expected = text.clone();
        let mut edits = Vec::new();
        let mut until = text.len();
        for _ in 0..random(5) {
            let end = random(until + 1);
            let start = end - random(end.min(9) + 1);
            let new = ["", "x", "\n", "a\nb\n", "l1"][random(5)];
            expected.replace_range(start..end, new);
            edits.push(Edit {
                file: "a.yaml".into(),
                span: Span::new(start, end),
                text: new.to_owned(),
            });
            match start.checked_sub(1) {
                Some(before) => until = before,
                None => break,
            }
        }
        let patch = patch(&Source::new("a.yaml", text.clone()), &edits);
        assert_eq!(
            applied(&text, &patch),
            expected,
            "{text:?} {edits:?}\n{patch}"
        );
    }
}
