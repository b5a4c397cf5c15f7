//! Gatekeeper, asked line by line.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use serde_json::Value;

/// What is said to one question.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Answer {
    /// Policies that were refused, by index; -1 is the template.
    pub(super) refused: Vec<i64>,
    /// Whether nothing can be said.
    pub(super) failed: bool,
    /// What became of the object.
    pub(super) object: Option<Value>,
    /// Constraint, action, message; sorted.
    pub(super) results: Vec<Vec<String>>,
    /// Words for people.
    pub(super) note: String,
}

impl Answer {
    fn parse(line: &str) -> Self {
        let answer: Value = serde_json::from_str(line).expect("the oracle writes JSON");
        let list = |field: &str| answer[field].as_array().cloned().unwrap_or_default();
        Self {
            refused: list("refused").iter().filter_map(Value::as_i64).collect(),
            failed: answer["failed"] == true,
            object: answer.get("object").cloned(),
            results: (list("results").iter())
                .map(|result| {
                    let parts = result.as_array().cloned().unwrap_or_default();
                    parts
                        .iter()
                        .filter_map(|part| part.as_str().map(str::to_owned))
                        .collect()
                })
                .collect(),
            note: answer["note"].as_str().unwrap_or("").to_owned(),
        }
    }
}

/// The answers to questions; `None` where Go is not there.
pub(super) fn ask(questions: &[Value]) -> Option<Vec<Answer>> {
    let Some(binary) = binary() else {
        println!("skipped: Go is not here, or the oracle cannot be built");
        return None;
    };
    let mut child = Command::new(binary)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the oracle starts");
    let mut input = child.stdin.take().expect("a pipe");
    let lines: Vec<_> = questions.iter().map(Value::to_string).collect();
    let writer = std::thread::spawn(move || {
        for line in lines {
            writeln!(input, "{line}").expect("the oracle reads");
        }
    });
    let output = child.wait_with_output().expect("the oracle ends");
    writer.join().expect("all was written");
    let text = String::from_utf8(output.stdout).expect("the oracle writes text");
    let answers: Vec<_> = text.lines().map(Answer::parse).collect();
    assert_eq!(
        answers.len(),
        questions.len(),
        "the oracle answers everything"
    );
    Some(answers)
}

/// The program, built once.
fn binary() -> Option<&'static Path> {
    static BINARY: OnceLock<Option<PathBuf>> = OnceLock::new();
    BINARY
        .get_or_init(|| {
            let binary = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gatekeeper-oracle");
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/gatekeeper/oracle");
            let built = Command::new("go")
                .args(["build", "-o"])
                .arg(&binary)
                .arg(".")
                .current_dir(folder)
                .status()
                .ok()?;
            built.success().then_some(binary)
        })
        .as_deref()
}
