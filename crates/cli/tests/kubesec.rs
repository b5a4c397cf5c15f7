//! The real binary with `-o kubesec`: names, exit codes, several files.

#![expect(
    clippy::expect_used,
    reason = "functions that tests share fail as tests do"
)]

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// Scores 3: a service account of its own.
const GOOD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  serviceAccountName: web\n  containers:\n    - name: app\n";
/// Scores 0: "Passed", and still a failure.
const ZERO: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n";
const PRIVILEGED: &str = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: app\n      securityContext:\n        privileged: true\n";

struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Ran {
    /// A field of each report.
    fn field(&self, name: &str) -> Vec<String> {
        let reports: serde_json::Value = serde_json::from_str(&self.stdout).expect("JSON");
        let reports = reports.as_array().expect("an array").iter();
        reports
            .map(|report| match &report[name] {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            })
            .collect()
    }
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    fs::create_dir(folder.path().join(".git")).expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

fn run(folder: &Path, stdin: &str, words: &[&str]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ringwall"))
        .env_remove("RINGWALL_DB")
        .env("XDG_DATA_HOME", env!("CARGO_TARGET_TMPDIR"))
        .args(["scan", "-o", "kubesec"])
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    let mut pipe = child.stdin.take().expect("a pipe");
    let _ = pipe.write_all(stdin.as_bytes());
    drop(pipe);
    let output = child.wait_with_output().expect("the binary ends");
    Ran {
        code: output.status.code().expect("an exit code"),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

#[test]
fn standard_input_is_called_stdin() {
    let here = folder(&[]);
    let ran = run(here.path(), GOOD, &["-"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.field("fileName"), ["STDIN"]);
    assert_eq!(ran.field("object"), ["Pod/web.default"]);
    assert_eq!(ran.field("message"), ["Passed with a score of 3 points"]);
    assert!(ran.stdout.ends_with("\n]\n"), "{}", ran.stdout);
    assert_eq!(ran.stderr, "");
}

#[test]
fn files_are_named_as_they_were_given() {
    let here = folder(&[("a.yaml", GOOD), ("b.txt", GOOD)]);
    let ran = run(here.path(), "", &["./a.yaml", "b.txt"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.field("fileName"), ["./a.yaml", "b.txt"]);
}

#[test]
fn a_score_of_zero_or_less_ends_with_two() {
    let here = folder(&[]);
    let zero = run(here.path(), ZERO, &["-"]);
    assert_eq!(zero.code, 2);
    assert_eq!(zero.field("message"), ["Passed with a score of 0 points"]);
    let negative = run(here.path(), PRIVILEGED, &["-"]);
    assert_eq!(
        (negative.code, negative.field("score")),
        (2, vec!["-30".to_owned()])
    );
    let one_of_two = run(here.path(), &format!("{GOOD}---\n{ZERO}"), &["-"]);
    assert_eq!((one_of_two.code, one_of_two.field("score").len()), (2, 2));
    let accepted = run(here.path(), PRIVILEGED, &["-", "--exit-zero"]);
    assert_eq!((accepted.code, accepted.field("score").len()), (0, 1));
}

#[test]
fn what_cannot_be_read_ends_with_one_and_hides_nothing_else() {
    let here = folder(&[("broken.yaml", "a: [\n"), ("good.yaml", GOOD)]);
    for words in [
        &["broken.yaml"][..],
        &["broken.yaml", "--exit-zero"],
        &["gone.yaml"],
    ] {
        let ran = run(here.path(), "", words);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{words:?}");
        assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
    }
    let empty = run(here.path(), "", &["-"]);
    assert_eq!((empty.code, empty.stdout.as_str()), (1, ""));
    let both = run(here.path(), "", &["broken.yaml", "good.yaml"]);
    assert_eq!(
        (both.code, both.field("fileName")),
        (1, vec!["good.yaml".to_owned()])
    );
    assert!(both.stderr.contains("broken.yaml:"), "{}", both.stderr);
}

#[test]
fn of_a_folder_only_objects_are_scored() {
    let here = folder(&[
        ("deploy/pod.yaml", GOOD),
        (
            "deploy/pod.json",
            "{\"apiVersion\": \"v1\", \"kind\": \"Service\"}",
        ),
        ("compose.yaml", "services: {}\n"),
        ("README.md", "words\n"),
    ]);
    let ran = run(here.path(), "", &["."]);
    assert_eq!(
        ran.field("fileName"),
        ["deploy/pod.json", "deploy/pod.yaml"]
    );
    assert_eq!(ran.code, 2, "a kind that no rule judges scores 0");
}

#[test]
fn a_report_goes_to_a_file() {
    let here = folder(&[]);
    let ran = run(here.path(), GOOD, &["-", "--output-file", "out.json"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    let written = fs::read_to_string(here.path().join("out.json")).expect("a file");
    assert!(written.starts_with("[\n  {\n    \"object\": \"Pod/web.default\",\n"));
}
