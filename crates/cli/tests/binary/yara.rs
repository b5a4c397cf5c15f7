//! Rules of YARA that the user brings: those of a folder, what is wrong with them, and a build without them.

use crate::malware::{JUDGE, with_image};

#[cfg(not(feature = "yara"))]
const RULES: &str =
    "rule marked : tea pot {\n  meta:\n    description = \"A mark of\n the test\"\n";

fn words<'w>(more: &[&'w str]) -> Vec<&'w str> {
    JUDGE.into_iter().chain(more.iter().copied()).collect()
}

#[cfg(not(feature = "yara"))]
#[test]
fn a_build_without_it_says_how_to_have_it() {
    let folder = with_image(&[&[("a", b"b")]]);
    folder.write("a.yar", RULES);
    let ran = folder.run(&words(&["--yara", "a.yar"]));
    assert_eq!((ran.code, &*ran.stdout), (2, ""));
    assert!(ran.stderr.contains("--yara a.yar"), "{}", ran.stderr);
    let how = "cargo build --release -p ringwall-cli --features yara";
    assert!(ran.stderr.contains(how), "{}", ran.stderr);
}

#[cfg(feature = "yara")]
mod built {
    use super::*;

    const GOOD: &str = r#"
rule marked : tea pot {
  meta:
    description = "A mark of the test"
    reference = "https://rules.example.com/marked"
    severity = "Medium"
  strings:
    $a = "purple elephant"
  condition:
    $a
}
rule scored { meta: score = 85 strings: $a = "yellow giraffe" condition: $a and extension == ".dat" }
private rule quiet { condition: filename == "a" }
rule named { condition: quiet and filepath == "/srv/x" }
"#;
    const BAD: &str = "rule fine { strings: $a = \"purple elephant\" condition: $a }\n\nrule broken {\n  condition: nowhere\n}\n";

    /// Findings of rules: file, severity, message.
    fn found(ran: &crate::folder::Ran) -> Vec<(String, String, String)> {
        let report = ran.json();
        let findings = report["findings"].as_array().expect("findings").iter();
        let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
        let mut found: Vec<_> = findings
            .filter(|it| it["check"] == "yara-match-in-image")
            .map(|it| {
                (
                    text(&it["location"]["file"]),
                    text(&it["severity"]),
                    text(&it["message"]),
                )
            })
            .collect();
        found.sort();
        found
    }

    fn image() -> crate::folder::Folder {
        let folder = with_image(&[
            &[
                ("etc/os-release", b"ID=debian\nVERSION_ID=12\n"),
                ("srv/x/a", b"\0\0 purple elephant"),
                ("srv/b.dat", b"yellow giraffe"),
                ("srv/b.txt", b"yellow giraffe"),
            ],
            &[("srv/x/.wh.a", b"")],
        ]);
        folder.write("rules/deep/good.yar", GOOD);
        folder
    }

    #[test]
    fn every_file_of_every_layer_is_held_against_them() {
        let folder = image();
        let ran = folder.run(&words(&["--yara", "rules"]));
        assert_eq!(ran.code, 1, "{}", ran.stderr);
        let hidden = ", in layer 0, made by `RUN step 0`; layer 1 removes or replaces it, and the image still has it";
        let rule = |name: &str| format!("matches the YARA rule {name} of rules/deep/good.yar");
        let expected = [
            (
                "srv/b.dat",
                "critical",
                format!("{}, in layer 0, made by `RUN step 0`", rule("scored")),
            ),
            ("srv/x/a", "high", format!("{}{hidden}", rule("named"))),
            (
                "srv/x/a",
                "medium",
                format!(
                    "{} (tea, pot): A mark of the test: https://rules.example.com/marked{hidden}",
                    rule("marked")
                ),
            ),
        ];
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(file, severity, message)| (file.to_owned(), severity.to_owned(), message))
            .collect();
        assert_eq!(found(&ran), expected);
        // What is kept of the layers says the same, and nothing where the rules are others or none.
        assert_eq!(folder.run(&words(&["--yara", "rules"])).stdout, ran.stdout);
        assert_eq!(found(&folder.run(&JUDGE)), []);
        folder.write(
            "rules/deep/good.yar",
            "rule none { strings: $a = \"no such words\" condition: $a }",
        );
        assert_eq!(found(&folder.run(&words(&["--yara", "rules"]))), []);
    }

    #[test]
    fn a_rule_that_is_none_is_said_and_the_others_are_used() {
        let folder = image();
        folder.write("rules/bad.yar", BAD);
        let ran = folder.run(&words(&["--yara", "rules"]));
        assert_eq!(found(&ran).len(), 4);
        let report = ran.json();
        let gaps = report["not_assessed"].as_array().expect("gaps").iter();
        let gaps: Vec<_> = gaps
            .filter(|it| it["id"] == "unusable-yara-rules")
            .collect();
        assert_eq!(gaps.len(), 1);
        let reason = gaps[0]["reason"].as_str().expect("a reason");
        assert!(
            reason.starts_with("rules/bad.yar:4:14: unknown identifier"),
            "{reason}"
        );
        let only = folder.run(&words(&[
            "--yara",
            "rules/bad.yar",
            "--fail-on",
            "critical",
        ]));
        assert_eq!(only.code, 3);
        folder.write("rules/none.yar", "rule {");
        let none = folder.run(&words(&["--yara", "rules/none.yar"]));
        assert_eq!(none.code, 2);
        assert!(
            none.stderr.contains("rules/none.yar:1:6"),
            "{}",
            none.stderr
        );
        let missing = folder.run(&words(&["--yara", "rules/nowhere.yar"]));
        assert_eq!(missing.code, 2);
        assert!(
            missing.stderr.contains("cannot be read"),
            "{}",
            missing.stderr
        );
    }

    #[test]
    fn what_holds_no_files_is_refused() {
        let folder = image();
        let report = folder.run(&JUDGE).stdout;
        folder.write("report.json", &report);
        let ran = folder.run(&["image", "report.json", "--yara", "rules"]);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains("holds no files"), "{}", ran.stderr);
    }
}
