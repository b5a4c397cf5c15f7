//! OPA as a process that answers calls.

use std::{
    fmt,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use ringwall_rego::{Value, builtins::Builtin};
use serde_json::{Value as Json, json};

use crate::generate::literal;

/// What a call came to.
pub(crate) enum Outcome {
    /// The value, as the text of its term.
    Value(String),
    Undefined,
    /// Code and message.
    Error(String, String),
    /// Ringwall refuses to say.
    NotJudged(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(term) => f.write_str(term),
            Self::Undefined => f.write_str("undefined"),
            Self::Error(code, message) => write!(f, "{code}: {message}"),
            Self::NotJudged(reason) => write!(f, "not judged: {reason}"),
        }
    }
}

impl Outcome {
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        match (self, other) {
            // A mistake in OPA itself says nothing.
            (_, Self::Error(code, _)) if code == "panic" => true,
            (Self::Value(a), Self::Value(b)) | (Self::Error(a, _), Self::Error(b, _)) => a == b,
            (Self::Undefined, Self::Undefined) => true,
            _ => false,
        }
    }
}

pub(crate) struct Peer {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// Builds and starts the peer; says why if it cannot.
    pub(crate) fn start() -> Option<Self> {
        let binary = build()?;
        let mut process = Command::new(&binary)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the peer starts");
        let requests = process.stdin.take().expect("a pipe");
        let answers = BufReader::new(process.stdout.take().expect("a pipe"));
        Some(Self {
            process,
            requests,
            answers,
        })
    }

    pub(crate) fn ask(&mut self, request: &Json) -> Json {
        writeln!(self.requests, "{request}").expect("the peer listens");
        self.requests.flush().expect("the peer listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the peer answers");
        serde_json::from_str(&line).expect("an answer in JSON")
    }

    /// Calls a builtin with each list of operands.
    pub(crate) fn calls(
        &mut self,
        builtin: &Builtin,
        operands: &[Vec<Value>],
        now_ns: i64,
    ) -> Vec<Outcome> {
        let arguments: Vec<String> = (0..builtin.arity())
            .map(|index| format!("input[{index}]"))
            .collect();
        let module = format!(
            "package p\nr = x {{ x := {}({}) }}",
            builtin.name,
            arguments.join(", ")
        );
        let inputs: Vec<String> = operands
            .iter()
            .map(|operands| literal(&Value::Array(operands.clone().into())))
            .collect();
        let answer = self.ask(&json!({
            "modules": {"p.rego": module}, "query": "data.p.r", "strict": true, "version": "v0",
            "now_ns": now_ns, "inputs": inputs,
        }));
        let answers = answer["answers"]
            .as_array()
            .unwrap_or_else(|| panic!("{}: {answer}", builtin.name));
        assert_eq!(answers.len(), operands.len());
        answers.iter().map(outcome).collect()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn outcome(answer: &Json) -> Outcome {
    if let Some(error) = answer.get("error") {
        let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
        return Outcome::Error(text("code"), text("message"));
    }
    match answer["terms"].as_array().and_then(|terms| terms.first()) {
        Some(term) => Outcome::Value(term.as_str().unwrap_or_default().to_owned()),
        None => Outcome::Undefined,
    }
}

fn build() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let source = root.join("tests/peers/opa");
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let binary = target.join("peers/opa");
    std::fs::create_dir_all(target.join("peers")).expect("a folder for peers");
    let built = Command::new("go")
        .args(["build", "-p", "1", "-o"])
        .arg(&binary)
        .arg(".")
        .current_dir(&source)
        .output();
    match built {
        Ok(output) if output.status.success() => Some(binary),
        Ok(output) => {
            println!(
                "skipped: the peer cannot be built: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            None
        }
        Err(error) => {
            println!("skipped: Go is not there: {error}");
            None
        }
    }
}
