//! `-`, and who reads what is written.

use std::{
    io::Read,
    process::{Command, Stdio},
};

use crate::folder::{Folder, PRIVILEGED};

#[test]
fn fixing_does_not_lose_what_came_by_standard_input() {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    for words in [
        &["scan", "-", "--fix"][..],
        &["scan", "-", "pod.yaml", "--fix"],
    ] {
        let ran = folder.run_with(PRIVILEGED, words);
        assert_eq!(ran.code, 1, "{words:?}: {}", ran.stdout);
        assert!(
            ran.stdout.contains("privileged-container"),
            "{}",
            ran.stdout
        );
    }
}

#[test]
fn nothing_by_standard_input_is_no_clean_result() {
    let folder = Folder::new(&[]);
    for stdin in [
        "",
        "\n\n",
        "# a comment\n---\n# another\n",
        "Error: INSTALLATION FAILED\n",
        "{}",
    ] {
        for level in [&[][..], &["--pod-security", "baseline"]] {
            let ran = folder.run_with(stdin, &[&["scan", "-"], level].concat());
            assert_eq!(ran.code, 3, "{stdin:?}: {}", ran.stdout);
            assert!(ran.stdout.contains("empty-input"), "{}", ran.stdout);
            assert!(!ran.stdout.contains("Grade A"), "{}", ran.stdout);
        }
    }
    // A list of nothing is what kubectl prints where there is nothing.
    let none = "apiVersion: v1\nitems: []\nkind: List\n";
    assert_eq!(folder.run_with(none, &["scan", "-"]).code, 0);
}

#[test]
fn standard_input_is_new_since_any_revision() {
    let folder = Folder::new(&[]);
    std::fs::remove_dir(folder.path().join(".git")).expect("it is empty");
    let git = |words: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(folder.path());
        git.args(["-c", "user.name=a", "-c", "user.email=a@example.com"]);
        let status = git.args(words).stdout(Stdio::null()).status();
        assert!(status.expect("git runs").success(), "{words:?}");
    };
    git(&["init", "-q"]);
    let words = ["scan", "-", "--changed", "HEAD"];
    // Before and after the first commit.
    assert_eq!(folder.run_with(PRIVILEGED, &words).code, 1);
    git(&["commit", "-q", "--allow-empty", "-m", "x"]);
    assert_eq!(folder.run_with(PRIVILEGED, &words).code, 1);
    assert_eq!(folder.run_with("{", &words).code, 3);
}

#[cfg(unix)]
#[test]
fn who_stops_reading_hides_nothing() {
    let many = format!("{PRIVILEGED}---\n");
    let folder = Folder::new(&[("pod.yaml", &many.repeat(2000))]);
    let code = |words: &[&str]| {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ringwall"))
            .args(words)
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut out = child.stdout.take().expect("a pipe");
        let mut first = [0];
        out.read_exact(&mut first).expect("a first byte");
        drop(out);
        let output = child.wait_with_output().expect("the binary ends");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{words:?}");
        output.status.code()
    };
    assert_eq!(code(&["scan", "-o", "json"]), Some(1));
    assert_eq!(code(&["checks", "--json"]), Some(141));
}

#[test]
fn errors_and_certificates_cannot_steer_the_terminal() {
    let pod = PRIVILEGED.replace("name: app", "name: \"app\\e[31m\"");
    let folder = Folder::new(&[
        ("pod.yaml", &pod),
        ("ringwall.toml", "only = [\"a\\u001b[31mb\"]\n"),
    ]);
    let ran = folder.scan(&[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("a\u{241b}[31mb"), "{}", ran.stderr);
    folder.write("ringwall.toml", "");
    let ran = folder.run(&["scan", "--fix=unsafe"]);
    for text in [ran.stdout, ran.stderr] {
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
}
