//! A folder with files, and the binary run in it.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// A pod that no check of severity high or above complains about would be long; this one is insecure.
pub(crate) const PRIVILEGED: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    - name: app\n      image: registry.example.com/app:1.2.3\n      securityContext:\n        privileged: true\n";

/// What the binary did.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The report as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}:\n{}", self.stdout))
    }

    /// Status of each finding of a check.
    pub(crate) fn statuses(&self, check: &str) -> Vec<String> {
        let report = self.json();
        let findings = report["findings"].as_array().expect("findings").iter();
        findings
            .filter(|finding| finding["check"] == check)
            .map(|finding| finding["status"].as_str().expect("a status").to_owned())
            .collect()
    }

    /// Ids of what could not be looked at.
    pub(crate) fn not_assessed(&self) -> Vec<String> {
        let report = self.json();
        let items = report["not_assessed"]
            .as_array()
            .expect("not_assessed")
            .iter();
        items
            .map(|item| item["id"].as_str().expect("an id").to_owned())
            .collect()
    }
}

pub(crate) struct Folder(pub(crate) TempDir);

impl Folder {
    /// A folder with these files. Its `.git` keeps look-ups from going further up.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(TempDir::new().expect("a folder"));
        fs::create_dir(folder.path().join(".git")).expect("a folder");
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).expect("a file")
    }

    /// Runs `ringwall` with words.
    pub(crate) fn run(&self, words: &[&str]) -> Ran {
        self.run_with("", words)
    }

    /// Runs `ringwall` with words and a standard input.
    pub(crate) fn run_with(&self, stdin: &str, words: &[&str]) -> Ran {
        self.run_in(".", stdin, words)
    }

    /// Runs `ringwall` with words and a standard input in a folder below.
    pub(crate) fn run_in(&self, below: &str, stdin: &str, words: &[&str]) -> Ran {
        let mut command = self.command(below, words);
        command.env_remove("GITHUB_ACTIONS");
        end(command, stdin)
    }

    /// Runs `ringwall` with words as a workflow of GitHub would.
    pub(crate) fn run_in_workflow(&self, words: &[&str]) -> Ran {
        let mut command = self.command(".", words);
        command.env("GITHUB_ACTIONS", "true");
        end(command, "")
    }

    fn command(&self, below: &str, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ringwall"));
        command
            // What is kept for a user is kept here, where no scan looks.
            .env("XDG_CACHE_HOME", self.path().join(".git/cache"))
            .env("XDG_DATA_HOME", self.path().join(".git/data"))
            .env_remove("RINGWALL_DB")
            .args(words)
            .current_dir(self.path().join(below))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs `ringwall scan -o json` with words.
    pub(crate) fn scan(&self, words: &[&str]) -> Ran {
        let mut all = vec!["scan", "-o", "json"];
        all.extend(words);
        self.run(&all)
    }
}

/// Runs a command to its end.
fn end(mut command: Command, stdin: &str) -> Ran {
    let mut child = command.spawn().expect("the binary runs");
    let mut pipe = child.stdin.take().expect("a pipe");
    // The binary may end before it has read everything.
    let _ = pipe.write_all(stdin.as_bytes());
    drop(pipe);
    let output = child.wait_with_output().expect("the binary ends");
    Ran {
        code: output.status.code().expect("an exit code"),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}
