//! No output says a secret whole, whatever was asked for.

use crate::folder::{Folder, PRIVILEGED};

const TOKEN: &str = "ghp_aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5";
const FORMS: [&str; 7] = [
    "text", "json", "sarif", "junit", "html", "markdown", "github",
];

/// Runs a scan in every format; nothing of `secrets` may be in any.
fn check(name: &str, text: &str, words: &[&str], secrets: &[&str]) {
    let folder = Folder::new(&[(name, text)]);
    for form in FORMS {
        let mut all = vec!["scan", "--exit-zero", "-o", form, "--severity", "info"];
        all.extend(words);
        let ran = folder.run(&all);
        let said = ran.stdout + &ran.stderr;
        assert!(said.contains(name), "{form}: {said}");
        for secret in secrets {
            assert!(!said.contains(secret), "{form} {words:?}: {said}");
        }
    }
}

#[test]
fn a_secret_nobody_asked_for_is_concealed() {
    let dockerfile = format!(
        "FROM python:3.12\nENV T={TOKEN} N='two Words4'\nRUN pip install git+https://{TOKEN}@github.com/org/app.git\nUSER root\n"
    );
    for words in [
        &["--only", "root-image-user,unpinned-pip-package"][..],
        &["--skip", "plaintext-secret,plaintext-secret-in-dockerfile"],
    ] {
        check("Dockerfile", &dockerfile, words, &[TOKEN]);
    }
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec:\n  containers:\n  - name: a\n    image: r.example.com/a:1\n    env:\n    - {{name: DB_PASSWORD, value: Summer2026pass}}\n    - {{name: A, value: {TOKEN}}}\n    securityContext: {{privileged: true}}\n"
    );
    for words in [
        &["--only", "privileged-container"][..],
        &["--pod-security", "baseline"],
    ] {
        check("pod.yaml", &pod, words, &["Summer2026pass", TOKEN]);
    }
}

#[test]
fn a_secret_in_the_place_of_a_name_is_concealed() {
    let others = [
        "glpat-Rk29qLp7XwZt4Bn8VcYm",
        "ghp_rPqD835ln7NtWbHDrb2xaX7yWiNIrJfiyWG2",
        "ghp_n3vDYVngJTTclcmr32BaefkbpfheefbU36rZ",
    ];
    let [registry, annotation, name] = others;
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  annotations:\n    container.apparmor.security.beta.kubernetes.io/app: {annotation}\nspec:\n  containers:\n  - name: {TOKEN}\n    image: oauth2:{registry}@registry.gitlab.com/a/b:1\n    securityContext: {{privileged: true, capabilities: {{add: [{TOKEN}]}}}}\n"
    );
    check("pod.yaml", &pod, &[], &[&others[..], &[TOKEN]].concat());
    let kind = format!("apiVersion: {TOKEN}\nkind: {name}\nmetadata: {{name: a}}\n");
    check("kind.yaml", &kind, &[], &[TOKEN, name]);
    let dockerfile = format!("# syntax={TOKEN}\nFROM a AS {name}\nRUN curl a | sh\n");
    check("Dockerfile", &dockerfile, &[], &[TOKEN, name]);

    let folder = Folder::new(&[("pod.yaml", &pod)]);
    folder.run(&["scan", "--write-baseline"]);
    let baseline = folder.read("ringwall-baseline.json");
    assert!(baseline.contains("ghp_****"), "{baseline}");
    for secret in others.iter().chain(&[TOKEN]) {
        assert!(!baseline.contains(secret), "{baseline}");
    }
}

#[test]
fn passwords_of_users_are_concealed() {
    let dockerfile = "FROM debian:12\nRUN useradd -m -p Winter2026secret a && usermod -pAutumn2026 b && useradd --password=Spring2026 c\nRUN echo Summer2026pass | passwd --stdin root && echo \"app:Easter2026\" | chpasswd\nRUN chpasswd <<EOF\napp:Monday2026\nEOF\nENV DB_PASSWORD='Sup3r SecretPw7'\nUSER root\n";
    let secrets = [
        "Winter2026secret",
        "Autumn2026",
        "Spring2026",
        "Summer2026pass",
        "Easter2026",
        "Monday2026",
        "SecretPw7",
    ];
    for words in [
        &[][..],
        &["--only", "root-image-user,password-set-in-build"],
    ] {
        check("Dockerfile", dockerfile, words, &secrets);
    }
}

#[test]
fn the_name_of_a_variable_is_no_secret() {
    let folder = Folder::new(&[(
        "Dockerfile",
        "FROM a\nENV DB_PASSWORD=Sup3rSecretPw9\nARG NPM_TOKEN\n",
    )]);
    let ran = folder.run(&["scan"]);
    assert!(
        ran.stdout.contains("ENV DB_PASSWORD=Sup***********\n"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("ARG NPM_TOKEN"), "{}", ran.stdout);
}

const CHANGING: &str = "FROM python:3.12\nRUN pip install git+https://ghp_aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5@github.com/org/app.git\nRUN true\nRUN pip install flask==3.0\nRUN false\nCMD app --token glpat-aB3dE5fG7hI9jK1lM3nO\nUSER 1000\n";

#[test]
fn a_baseline_holds_no_secret_and_still_matches() {
    let folder = Folder::new(&[("Dockerfile", CHANGING)]);
    let words = ["scan", "--severity", "info", "--fail-on", "info"];
    let ran = folder.run(&[&words[..], &["--write-baseline"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let baseline = folder.read("ringwall-baseline.json");
    assert!(baseline.contains("git+https://ghp_****"), "{baseline}");
    assert!(!baseline.contains("aB3dE5"), "{baseline}");
    let ran = folder.run(&[&words[..], &["--baseline", "ringwall-baseline.json"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}

#[test]
fn a_diff_leaves_out_what_stands_at_a_secret() {
    let folder = Folder::new(&[("Dockerfile", CHANGING)]);
    let only = "leftover-pip-cache,shell-form-command";
    let words = ["scan", "--only", only, "--exit-zero", "--fix=unsafe"];
    let ran = folder.run(&[&words[..], &["--diff"]].concat());
    assert_eq!(
        ran.stdout,
        "--- a/Dockerfile\n+++ b/Dockerfile\n@@ -3,3 +3,3 @@\n RUN true\n-RUN pip install flask==3.0\n+RUN pip install --no-cache-dir flask==3.0\n RUN false\n"
    );
    assert!(!ran.stderr.contains("aB3dE5"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("--fix without --diff applies it"),
        "{}",
        ran.stderr
    );
    assert_eq!(folder.read("Dockerfile"), CHANGING);
    let ran = folder.run(&words);
    assert!(!ran.stdout.contains("aB3dE5"), "{}", ran.stdout);
    let fixed = folder.read("Dockerfile");
    assert!(fixed.contains("\"glpat-aB3dE5fG7hI9jK1lM3nO\"]"), "{fixed}");
}

#[test]
fn files_of_keys_that_are_no_text_are_told() {
    // The beginning of a key of SEC 1, and of one that is public.
    let key = format!("0w\u{2}\u{1}\u{1}\u{4} \0{}", "k".repeat(31));
    let public = format!("0Y0\u{13}\u{6}\u{7}*\0{}", "k".repeat(31));
    let folder = Folder::new(&[("tls/app.der", &key), ("tls/public.der", &public)]);
    let ran = folder.run(&["scan", "-o", "json"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert_eq!(ran.statuses("plaintext-private-key"), ["fail"]);
    assert!(ran.stdout.contains("tls/app.der"), "{}", ran.stdout);
    let ran = folder.run(&["scan", "-o", "json", "--skip", "plaintext-private-key"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}

#[test]
fn secrets_that_are_not_told_any_more_are_concealed() {
    let mut text = PRIVILEGED.to_owned();
    let at = text.find("        privileged").expect("a line");
    let lines = (0..1100).map(|number| format!("      # db:5432:shop:bob:kT7wq2Lm{number:04}\n"));
    text.insert_str(at, &lines.collect::<String>());
    let folder = Folder::new(&[("users.yaml", &text)]);
    let ran = folder.run(&["scan", "--exit-zero", "--severity", "info"]);
    assert!(ran.stdout.contains("truncated-secrets"), "{}", ran.stdout);
    // The line before what a finding is about is that of the last password.
    assert!(
        ran.stdout
            .contains("\n1109 |       # db:5432:shop:bob:kT7*********\n"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("kT7wq2Lm"), "{}", ran.stdout);
}
