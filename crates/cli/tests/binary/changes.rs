//! `--changed`: what a change touches, and what it brings about elsewhere.

use std::{
    collections::BTreeMap,
    fs,
    process::{Command, Stdio},
};

use crate::folder::{Folder, PRIVILEGED, Ran};

/// A repository whose files are committed.
struct Repository(Folder);

/// Findings without their lines, and how often each counts.
type Counts = BTreeMap<[String; 4], u64>;

impl Repository {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Folder::new(files);
        fs::remove_dir(folder.path().join(".git")).expect("it is empty");
        let repository = Self(folder);
        repository.git(&["init", "-q", "-b", "main"]);
        repository.commit();
        repository
    }

    fn git(&self, words: &[&str]) {
        let status = Command::new("git")
            .current_dir(self.0.path())
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(["-c", "commit.gpgsign=false", "-c", "core.autocrlf=false"])
            .args(["-c", "protocol.file.allow=always"])
            .args(words)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(status.expect("git runs").success(), "{words:?}");
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.0.path().join(name)).expect("the file");
    }

    fn changed(&self, words: &[&str]) -> Ran {
        self.0.scan(&[&["--changed", "HEAD"], words].concat())
    }

    /// Changes something, and compares what is reported with what whole scans before and after it find.
    #[track_caller]
    fn check(&self, words: &[&str], change: impl FnOnce()) -> Vec<String> {
        let before = counts(&self.0.scan(words));
        change();
        let after = counts(&self.0.scan(words));
        let ran = self.changed(words);
        let reported = counts(&ran);
        let mut new = Vec::new();
        for (key, count) in &after {
            let known = before.get(key).copied().unwrap_or(0);
            let told = reported.get(key).copied().unwrap_or(0);
            let least = count.saturating_sub(known);
            assert!(told >= least, "{key:?}: {told} of {least}:\n{}", ran.stdout);
            if least > 0 {
                new.push(key[0].clone());
            }
        }
        for key in reported.keys() {
            assert!(after.contains_key(key), "{key:?} is not in the whole scan");
        }
        new
    }
}

fn counts(ran: &Ran) -> Counts {
    let report = ran.json();
    let mut counts = Counts::new();
    for list in ["findings", "not_assessed"] {
        for item in report[list].as_array().expect("a list") {
            if item["status"] == "accepted" {
                continue;
            }
            let file = match &item["location"]["file"] {
                serde_json::Value::Null => &item["subject"]["file"],
                file => file,
            };
            let word = |value: &serde_json::Value| value.as_str().unwrap_or("").to_owned();
            let said = [&item["message"], &item["reason"]].map(word).concat();
            let id = [&item["check"], &item["id"]].map(word).concat();
            let key = [id, word(file), item["subject"].to_string(), said];
            *counts.entry(key).or_default() += 1;
        }
    }
    counts
}

fn checks(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    let findings = report["findings"].as_array().expect("findings").iter();
    let mut checks: Vec<_> = findings
        .filter(|finding| finding["status"] == "fail")
        .map(|finding| finding["check"].as_str().expect("an id").to_owned())
        .collect();
    checks.sort();
    checks
}

/// A container that no check of severity high or above complains about.
const RESTRICTED: &str = "apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    runAsNonRoot: false
    seccompProfile:
      type: Unconfined
  containers:
    - name: app
      image: registry.example.com/app:1.2.3
      resources: {}
      securityContext:
        runAsNonRoot: true
        allowPrivilegeEscalation: false
        seccompProfile: {type: RuntimeDefault}
        capabilities: {drop: [ALL]}
";

#[test]
fn a_deleted_user_of_an_image_is_told() {
    let lines = [
        "FROM alpine:3.20\n",
        "USER root\n",
        "RUN adduser -S app\n",
        "USER 1000\n",
        "CMD [\"/app\"]\n",
    ];
    for (user, check) in [("", "unset-image-user"), ("USER root\n", "root-image-user")] {
        let text = lines.concat().replace("USER root\n", user);
        let repository = Repository::new(&[("Dockerfile", &text)]);
        let new = repository.check(&[], || {
            repository
                .0
                .write("Dockerfile", text.replace("USER 1000\n", ""));
        });
        assert_eq!(new, [check]);
        let ran = repository.changed(&[]);
        assert_eq!(ran.code, 1, "{}", ran.stdout);
    }
}

#[test]
fn a_deleted_restriction_of_a_pod_is_told() {
    for line in [
        "        runAsNonRoot: true\n",
        "        allowPrivilegeEscalation: false\n",
        "        seccompProfile: {type: RuntimeDefault}\n",
        "        capabilities: {drop: [ALL]}\n",
    ] {
        for words in [&["--pod-security", "restricted"][..], &[]] {
            let repository = Repository::new(&[("pod.yaml", RESTRICTED)]);
            let new = repository.check(words, || {
                repository.0.write("pod.yaml", RESTRICTED.replace(line, ""));
            });
            assert!(!new.is_empty(), "{line}");
        }
    }
}

#[test]
fn a_deleted_limit_of_an_object_is_told() {
    let role = "apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: web
rules:
  - apiGroups: ['']
    resources: [secrets]
    verbs: [get, list, watch]
    resourceNames: [web]
";
    let policy = "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - to:
        - ipBlock:
            cidr: 0.0.0.0/0
            except: [169.254.0.0/16]
";
    let service = "apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    networking.gke.io/load-balancer-type: Internal
spec:
  type: LoadBalancer
  selector:
    app: web
  ports:
    - port: 443
";
    for (text, line, expected) in [
        (role, "    resourceNames: [web]\n", "secret-read-permission"),
        (
            policy,
            "            except: [169.254.0.0/16]\n",
            "reachable-cloud-metadata",
        ),
        (
            service,
            "    networking.gke.io/load-balancer-type: Internal\n",
            "public-load-balancer",
        ),
    ] {
        let repository = Repository::new(&[("object.yaml", text)]);
        let new = repository.check(&[], || {
            repository.0.write("object.yaml", text.replace(line, ""));
        });
        assert!(new.iter().any(|check| check.ends_with(expected)), "{new:?}");
    }
}

#[test]
fn a_deleted_exception_is_told_wherever_it_stood() {
    let comment = "# ringwall: ignore[privileged-container] reason=\"GPU\"\n";
    let annotation =
        "  annotations:\n    ringwall.dev/ignore.privileged-container: 'reason=\"GPU\"'\n";
    for (text, mark) in [
        (format!("{comment}{PRIVILEGED}"), comment),
        (
            PRIVILEGED.replace("  name: web\n", &format!("  name: web\n{annotation}")),
            annotation,
        ),
    ] {
        let repository = Repository::new(&[("pod.yaml", &text)]);
        let accepted = repository.0.scan(&[]);
        assert_eq!(accepted.statuses("privileged-container"), ["accepted"]);
        let new = repository.check(&[], || {
            repository.0.write("pod.yaml", text.replace(mark, ""));
        });
        assert_eq!(new, ["privileged-container"]);
    }
}

const SERVICE: &str = "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector:
    app: web
  ports:
    - port: 443
";

#[test]
fn what_a_change_brings_about_in_another_file_is_told() {
    let labelled = PRIVILEGED.replace("  name: web\n", "  name: web\n  labels:\n    app: web\n");
    let others = [("service.yaml", SERVICE), ("old.yaml", PRIVILEGED)];
    let files = [&others[..], &[("pods/pod.yaml", labelled.as_str())]].concat();
    let words = ["--only", "dangling-service,privileged-container"];
    let repository = Repository::new(&files);
    let new = repository.check(&words, || {
        repository.0.write("pods/pod.yaml", PRIVILEGED);
    });
    assert_eq!(new, ["dangling-service"]);
    // What was there before in files that did not change is not.
    assert_eq!(checks(&repository.changed(&words)), ["dangling-service"]);
    // The same where the file is gone, and its folder with it.
    let repository = Repository::new(&files);
    repository.remove("pods/pod.yaml");
    fs::remove_dir(repository.0.path().join("pods")).expect("an empty folder");
    assert_eq!(checks(&repository.changed(&words)), ["dangling-service"]);
    // What is left out was never part of the scan.
    let excluded = [&words[..], &["--exclude", "pods"]].concat();
    assert_eq!(checks(&repository.changed(&excluded)), [""; 0]);
    // A build takes everything along when nothing says any more what to leave out.
    let repository = Repository::new(&[
        ("Dockerfile", "FROM alpine:3.20\nCOPY . /app\nUSER 1000\n"),
        (".dockerignore", ".git\n"),
    ]);
    let new = repository.check(&[], || repository.remove(".dockerignore"));
    assert_eq!(new, ["unfiltered-build-context"]);
}

#[test]
fn charts_overlays_and_terraform_are_told_when_anything_in_them_changed() {
    let files = [
        (
            "chart/Chart.yaml",
            "apiVersion: v2\nname: a\nversion: 1.0.0\n",
        ),
        ("chart/values.yaml", "a: 1\n"),
        ("chart/templates/p.yaml", "kind: {{ .Values.a }}\n"),
        ("overlay/kustomization.yaml", "patches:\n  - path: p.yaml\n"),
        ("overlay/p.yaml", "kind: Pod\n"),
        ("infra/a.tf", "# a\n"),
        ("infra/b.tf", "# b\n"),
        ("other.txt", "a\n"),
    ];
    for (file, expected) in [
        ("chart/values.yaml", &["unrenderable-chart"][..]),
        ("chart/templates/p.yaml", &["unrenderable-chart"]),
        ("overlay/p.yaml", &["unrenderable-overlay"]),
        ("infra/b.tf", &["unassessed-terraform"]),
        ("other.txt", &[]),
    ] {
        for is_gone in [false, true] {
            let repository = Repository::new(&files);
            if is_gone {
                repository.remove(file);
            } else {
                repository.0.write(file, "# new\n");
            }
            let ran = repository.changed(&[]);
            assert_eq!(ran.not_assessed(), expected, "{file}: {}", ran.stdout);
            assert_eq!(ran.code, if expected.is_empty() { 0 } else { 3 });
        }
    }
}

#[test]
fn a_file_that_becomes_something_else_by_its_name_is_told() {
    let config = "[[exceptions]]\nchecks = [\"privileged-container\"]\npaths = [\"accepted/**\"]\nreason = \"x\"\n";
    let dockerfile = "FROM alpine:3.20\nCMD [\"/app\"]\n";
    for (old, new, text, expected) in [
        (
            "pod.yaml.disabled",
            "pod.yaml",
            PRIVILEGED,
            "privileged-container",
        ),
        ("base.txt", "Dockerfile", dockerfile, "unset-image-user"),
        (
            "accepted/pod.yaml",
            "pod.yaml",
            PRIVILEGED,
            "privileged-container",
        ),
    ] {
        let repository = Repository::new(&[(old, text), ("ringwall.toml", config)]);
        repository.git(&["mv", old, new]);
        for words in [&[][..], &[new]] {
            let ran = repository.changed(words);
            assert_eq!(ran.code, 1, "{new}: {}", ran.stdout);
            let checks = checks(&ran);
            assert!(checks.iter().any(|check| check == expected), "{checks:?}");
        }
    }
    // Moved and nothing else: what is in it was there before.
    let repository = Repository::new(&[("a/pod.yaml", PRIVILEGED), ("a/b/keep.yaml", SERVICE)]);
    repository.git(&["mv", "a", "c"]);
    for words in [&[][..], &["c/pod.yaml"]] {
        let ran = repository.changed(words);
        assert_eq!(checks(&ran), [""; 0], "{words:?}: {}", ran.stdout);
    }
    // It was not there where only its new folder is looked at.
    assert_eq!(repository.changed(&["c"]).code, 1);
    // A template of a chart was no manifest, be it that all of the chart is gone.
    let repository = Repository::new(&[
        (
            "chart/Chart.yaml",
            "apiVersion: v2\nname: a\nversion: 1.0.0\n",
        ),
        ("chart/templates/pod.yaml", PRIVILEGED),
    ]);
    repository.git(&["mv", "chart/templates/pod.yaml", "pod.yaml"]);
    repository.git(&["rm", "-q", "-r", "chart"]);
    for words in [&[][..], &["pod.yaml"]] {
        assert_eq!(repository.changed(words).code, 1, "{words:?}");
    }
}

#[test]
fn what_git_does_not_look_at_is_compared_all_the_same() {
    let inner = Repository::new(&[("old.yaml", PRIVILEGED), ("pod.yaml", SERVICE)]);
    let repository = Repository::new(&[("assumed.yaml", SERVICE), ("skipped.yaml", SERVICE)]);
    let path = inner.0.path().to_str().expect("text");
    repository.git(&["submodule", "add", "-q", path, "sub"]);
    repository.commit();
    let words = ["--only", "privileged-container"];
    repository.git(&["update-index", "--assume-unchanged", "assumed.yaml"]);
    repository.git(&["update-index", "--skip-worktree", "skipped.yaml"]);
    let clean = repository.changed(&words);
    assert_eq!(
        (clean.code, checks(&clean)),
        (0, Vec::new()),
        "{}",
        clean.stdout
    );
    for (file, expected) in [
        ("assumed.yaml", 1),
        ("skipped.yaml", 2),
        ("sub/pod.yaml", 3),
        ("sub/untracked.yaml", 4),
    ] {
        repository.0.write(file, PRIVILEGED);
        let ran = repository.changed(&words);
        assert_eq!(checks(&ran).len(), expected, "{file}: {}", ran.stdout);
        assert_eq!(ran.code, 1);
    }
}

#[test]
fn old_findings_in_a_touched_object_are_not_told() {
    let repository = Repository::new(&[("pod.yaml", PRIVILEGED)]);
    let edited = PRIVILEGED.replace("app:1.2.3", "app:1.2.4");
    repository.0.write("pod.yaml", edited);
    let ran = repository.changed(&["--only", "privileged-container"]);
    assert_eq!(checks(&ran), [""; 0], "{}", ran.stdout);
    assert_eq!(ran.code, 0);
}

#[test]
fn of_equal_findings_the_one_that_was_edited_is_told() {
    let line = "RUN curl -sL https://example.com/install.sh | sh";
    let text = format!("FROM alpine:3.20\n{line}\nENV A=1\n{line}\nUSER 1000\n");
    let repository = Repository::new(&[("Dockerfile", &text)]);
    let words = ["--only", "download-piped-to-shell"];
    assert_eq!(checks(&repository.0.scan(&words)).len(), 2);
    repository
        .0
        .write("Dockerfile", text.replacen(line, &format!("{line} # x"), 1));
    let ran = repository.changed(&words);
    let report = ran.json();
    let findings = report["findings"].as_array().expect("findings");
    assert_eq!(findings.len(), 1, "{}", ran.stdout);
    assert_eq!(findings[0]["location"]["line"], 2);
    // One more of the same is told wherever it came from.
    repository.0.write(
        "Dockerfile",
        text.replace("ENV A=1\n", &format!("ENV A=1\n{line}\n")),
    );
    assert_eq!(checks(&repository.changed(&words)).len(), 1);
}

#[test]
fn the_same_change_gives_the_same_report() {
    let mut files = Vec::new();
    for index in 0..40 {
        let text = RESTRICTED.replace("name: web", &format!("name: web-{index}"));
        files.push((format!("{index}.yaml"), text));
    }
    let given: Vec<_> = files
        .iter()
        .map(|(name, text)| (&**name, &**text))
        .collect();
    let repository = Repository::new(&given);
    for (name, text) in &files {
        repository
            .0
            .write(name, text.replace("        runAsNonRoot: true\n", ""));
    }
    let first = repository.changed(&[]).stdout;
    assert!(first.contains("runAsNonRoot"), "{first}");
    for _ in 0..3 {
        assert!(repository.changed(&[]).stdout == first);
    }
}

#[test]
fn what_was_fixed_is_compared_again() {
    let repository = Repository::new(&[("pod.yaml", SERVICE)]);
    repository.0.write("pod.yaml", PRIVILEGED);
    let words = ["--only", "privileged-container", "--fix=unsafe"];
    let ran = repository.changed(&words);
    assert_eq!(checks(&ran), [""; 0], "{}", ran.stdout);
}

#[cfg(unix)]
#[test]
fn files_whose_names_are_no_text_are_told_apart() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt, path::Path};

    let repository = Repository::new(&[]);
    let write = |name: &[u8], text: &str| {
        let path = repository.0.path().join(Path::new(OsStr::from_bytes(name)));
        fs::write(path, text).expect("a file");
    };
    let marked = format!("# ringwall: ignore[privileged-container] reason=\"GPU\"\n{PRIVILEGED}");
    write(b"a\xe9.yaml", &marked);
    write(b"a\xe8.yaml", SERVICE);
    repository.commit();
    let words = ["--only", "privileged-container"];
    let clean = repository.changed(&words);
    assert_eq!((clean.code, checks(&clean)), (0, Vec::new()));
    write(b"a\xe8.yaml", PRIVILEGED);
    for ran in [repository.0.scan(&words), repository.changed(&words)] {
        assert_eq!(ran.code, 1, "{}", ran.stdout);
        let report = ran.json();
        let findings = report["findings"].as_array().expect("findings").iter();
        let files: Vec<_> = findings
            .filter(|finding| finding["status"] == "fail")
            .map(|finding| finding["location"]["file"].clone())
            .collect();
        assert_eq!(files, ["a\\xe8.yaml"]);
    }
}
