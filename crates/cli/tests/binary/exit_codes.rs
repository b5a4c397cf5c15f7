//! The table of exit codes, row by row.

use crate::folder::{Folder, PRIVILEGED};

#[test]
fn nothing_to_say_is_zero() {
    let folder = Folder::new(&[("notes.txt", "hello\n"), ("values.yaml", "a: 1\n")]);
    let ran = folder.scan(&["."]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.json()["findings"].as_array().unwrap().len(), 0);
}

#[test]
fn a_finding_at_the_threshold_is_one() {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    assert_eq!(folder.scan(&["--only", "privileged-container"]).code, 1);
    assert_eq!(
        folder
            .scan(&["--only", "privileged-container", "--fail-on", "critical"])
            .code,
        1
    );
    assert_eq!(
        folder
            .scan(&["--only", "privilege-escalation", "--fail-on", "critical"])
            .code,
        0
    );
    assert_eq!(folder.scan(&["--exit-zero"]).code, 0);
}

#[test]
fn wrong_usage_is_two() {
    let folder = Folder::new(&[]);
    let check = |words: &[&str], expected: &str| {
        let ran = folder.run(words);
        assert_eq!(ran.code, 2, "{words:?}");
        assert!(ran.stderr.contains(expected), "{words:?}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{words:?}");
    };
    check(
        &["scan", "--frobnicate"],
        "unexpected argument '--frobnicate'",
    );
    check(
        &["scan", "--fail-on", "worst"],
        "'worst' is none of critical",
    );
    check(
        &["scan", "--only", "privileged-containr"],
        "did you mean 'privileged-container'?",
    );
    check(
        &["scan", "--pod-security", "strict"],
        "is no Pod Security level",
    );
    check(&["scan", "--as-of", "tomorrow"], "is not a date");
    check(
        &["scan", "--config", "no.toml"],
        "cannot read the configuration no.toml",
    );
    check(
        &["scan", "--baseline", "no.json"],
        "cannot read the baseline no.json",
    );
    check(
        &["explain", "privileged"],
        "no check has the id 'privileged'",
    );
    check(&["frobnicate"], "unrecognized subcommand");
}

#[test]
fn a_bad_configuration_is_two_and_names_its_line() {
    let folder = Folder::new(&[("ringwall.toml", "skip = []\nfial-on = \"high\"\n")]);
    let ran = folder.run(&["scan"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("ringwall.toml:2:1: unknown field `fial-on`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_could_not_be_looked_at_is_three() {
    let folder = Folder::new(&[("broken.yaml", "a: [1\n")]);
    let ran = folder.scan(&["."]);
    assert_eq!(ran.code, 3);
    assert_eq!(ran.not_assessed(), ["unparsable-file"]);
    assert_eq!(folder.scan(&["--exit-zero"]).code, 0);
}

#[test]
fn findings_win_over_what_could_not_be_looked_at() {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED), ("broken.yaml", "a: [1\n")]);
    assert_eq!(folder.scan(&["."]).code, 1);
}

#[test]
fn pod_security_fails_on_any_violation() {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    assert_eq!(folder.scan(&["--pod-security", "baseline:v1.29"]).code, 1);
    assert_eq!(folder.scan(&["--pod-security", "privileged"]).code, 0);
    let ran = folder.scan(&["--pod-security", "baseline"]);
    assert_eq!(ran.statuses("pod-security-baseline-violation"), ["fail"]);
    assert_eq!(
        ran.json()["findings"].as_array().unwrap().len(),
        1,
        "and nothing else"
    );
}

#[test]
fn pod_security_says_nothing_about_exceptions_and_honours_them() {
    let config = |ids: &str| {
        format!(
            "[[exceptions]]\nchecks = [{ids}]\nreason = \"GPU\"\n\
             [[exceptions]]\nchecks = [\"host-network\"]\nreason = \"unused\"\n\
             [[exceptions]]\nchecks = [\"no-such-check\"]\nreason = \"unknown\"\n\
             [[exceptions]]\nchecks = [\"host-ipc\"]\nreason = \"old\"\nuntil = 2020-01-01\n"
        )
    };
    // A mark without a reason is broken, which an ordinary scan reports.
    let pod = PRIVILEGED.replace(
        "        privileged",
        "        # ringwall: ignore[privileged-container]\n        privileged",
    );
    let check = |ids: &str, expected: &str, code: i32| {
        let folder = Folder::new(&[("pod.yaml", &pod), ("ringwall.toml", &config(ids))]);
        let ran = folder.scan(&["--pod-security", "baseline"]);
        let report = ran.json();
        assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{ids}");
        assert_eq!(
            ran.statuses("pod-security-baseline-violation"),
            [expected],
            "{ids}"
        );
        assert_eq!(ran.code, code, "{ids}");
    };
    check("\"privileged-container\"", "fail", 1);
    check("\"pod-security-baseline-violation\"", "accepted", 0);
    // The same files in an ordinary scan: each kind of finding about exceptions is there.
    let folder = Folder::new(&[
        ("pod.yaml", &pod),
        ("ringwall.toml", &config("\"privileged-container\"")),
    ]);
    let ran = folder.scan(&[]);
    for check in [
        "expired-exception",
        "unknown-exception-id",
        "unused-exception",
        "invalid-exception",
    ] {
        assert_eq!(ran.statuses(check), ["fail"], "{check}");
    }
}

#[test]
fn every_id_of_a_secret_is_known() {
    let folder = Folder::new(&[("app.env", "DB_PASSWORD=\"hunter2-Kq9-vLx\"\n")]);
    let id = "plaintext-secret/generic";
    for only in [id, "plaintext-secret"] {
        let ran = folder.scan(&["--only", only]);
        assert_eq!(ran.statuses(id), ["fail"], "{only}: {}", ran.stderr);
        let ran = folder.scan(&["--skip", only]);
        assert_eq!(ran.statuses(id), [""; 0], "{only}: {}", ran.stderr);
        let ran = folder.run(&["explain", only]);
        assert_eq!(ran.code, 0, "{only}: {}", ran.stderr);
        assert!(ran.stdout.starts_with(&format!("# {only}\n")), "{only}");
        folder.write(
            "ringwall.toml",
            format!("[[exceptions]]\nchecks = [\"{only}\"]\nreason = \"made up\"\n"),
        );
        let ran = folder.scan(&[]);
        assert_eq!(ran.statuses(id), ["accepted"], "{only}");
        assert_eq!(ran.statuses("unknown-exception-id"), [""; 0], "{only}");
        folder.write("ringwall.toml", "");
    }
    let ran = folder.run(&["explain", "plaintext-secret/generc"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("did you mean 'plaintext-secret/generic'?"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_help_says_what_the_product_is() {
    let folder = Folder::new(&[]);
    for flag in ["-h", "--help"] {
        let ran = folder.run(&[flag]);
        assert_eq!(ran.code, 0);
        assert!(
            ran.stdout.starts_with(
                "Kubernetes security in four rings: cloud, cluster, container, code\n"
            ),
            "{}",
            ran.stdout
        );
    }
}

#[test]
fn a_report_that_cannot_be_written_names_its_place() {
    if !std::path::Path::new("/dev/full").exists() {
        println!("skipped: /dev/full is not here");
        return;
    }
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    for form in ["text", "json", "html"] {
        let ran = folder.run(&["scan", ".", "-o", form, "--output-file", "/dev/full"]);
        assert_eq!(ran.code, 2, "{form}");
        let told = "error: cannot write the report to /dev/full: ";
        assert!(ran.stderr.starts_with(told), "{form}: {}", ran.stderr);
    }
}
