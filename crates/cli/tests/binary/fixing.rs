//! `--fix`: the finding is gone, nothing new has come, comments and layout stay.

use std::{
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use crate::folder::{Folder, PRIVILEGED};

#[test]
fn unsafe_fixes_need_to_be_asked_for() {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    let ran = folder.run(&["scan", "--only", "privileged-container", "--fix"]);
    let told = "nothing was fixed; one finding has a fix that may change what runs: --fix=unsafe\n";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
    assert_eq!(folder.read("pod.yaml"), PRIVILEGED);
    let ran = folder.run(&["scan", "--only", "privileged-container", "--fix=unsafe"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.contains("1 gone, none new"), "{}", ran.stdout);
    assert_eq!(
        folder.read("pod.yaml"),
        PRIVILEGED.replace("privileged: true", "privileged: false")
    );
}

#[test]
fn what_is_fixed_many_times_is_told_once() {
    let both = format!("{PRIVILEGED}---\n{PRIVILEGED}");
    let folder = Folder::new(&[("pods.yaml", &both)]);
    let ran = folder.run(&["scan", "--only", "privileged-container", "--fix=unsafe"]);
    assert!(ran.stdout.contains("2 gone, none new"), "{}", ran.stdout);
    let told = ran.stdout.matches("container app runs privileged").count();
    assert_eq!(told, 1, "{}", ran.stdout);
    let line = "  privileged-container: container app runs privileged (2 times)\n";
    assert!(ran.stdout.contains(line), "{}", ran.stdout);
}

#[test]
fn comments_and_layout_stay() {
    let text = PRIVILEGED
        .replace("privileged: true", "privileged:   true   # the driver")
        .replace('\n', "\r\n");
    let folder = Folder::new(&[("pod.yaml", &text)]);
    folder.run(&[
        "scan",
        "--only",
        "privileged-container,privilege-escalation",
        "--fix=unsafe",
    ]);
    let expected = text
        .replace("privileged:   true", "privileged:   false")
        .replace(
            "# the driver\r\n",
            "# the driver\r\n        allowPrivilegeEscalation: false\r\n",
        );
    assert_eq!(folder.read("pod.yaml"), expected);
}

#[test]
fn a_diff_changes_nothing() {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    let ran = folder.run(&[
        "scan",
        "--only",
        "privileged-container",
        "--fix=unsafe",
        "--diff",
    ]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stdout
            .contains("-        privileged: true\n+        privileged: false\n"),
        "{}",
        ran.stdout
    );
    assert_eq!(folder.read("pod.yaml"), PRIVILEGED);
}

#[test]
fn what_comes_with_a_fix_is_told() {
    let text = PRIVILEGED.replace("spec:\n", "spec:\n  hostNetwork: true\n");
    let only = ["--only", "host-network,unset-dns-config-options"];
    let folder = Folder::new(&[("pod.yaml", &text)]);
    let run = |words: &[&str]| folder.run(&[&["scan", "--fix=unsafe"], &only[..], words].concat());
    let ran = run(&["--diff"]);
    let told = "in pod.yaml: info unset-dns-config-options comes with it: ";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    let ran = run(&[]);
    let told = "1 gone, and info unset-dns-config-options has come; parsed";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
    assert!(
        ran.stdout
            .contains("  new, info: unset-dns-config-options: "),
        "{}",
        ran.stdout
    );
}

#[test]
fn an_object_that_is_added_takes_no_name_of_another_file() {
    let workload = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    metadata:\n      \
                    labels:\n        app: web\n    spec:\n      containers:\n        - name: app\n";
    let taken = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: web-deployment-default-deny\n\
                 spec:\n  podSelector:\n    matchLabels:\n      app: api\n";
    let only = ["scan", "--only", "missing-network-policy", "--fix=unsafe"];
    let folder = Folder::new(&[("a.yaml", workload), ("b.yaml", taken)]);
    let ran = folder.run(&only);
    let told = "an object of the same name is in another file of the scan";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
    assert_eq!(folder.read("a.yaml"), workload);
    // Nor one that another fix of the same run takes.
    let folder = Folder::new(&[
        ("a.yaml", workload),
        ("b.yaml", &workload.replace("app: web", "app: api")),
    ]);
    let ran = folder.run(&only);
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
    let name = "name: web-deployment-default-deny";
    let both = [folder.read("a.yaml"), folder.read("b.yaml")].concat();
    assert_eq!(both.matches(name).count(), 1, "{both}");
}

#[test]
fn a_workflow_reads_no_command_from_a_name() {
    let folder = Folder::new(&[]);
    let name = "::stop-commands::x.yaml";
    let text = PRIVILEGED
        .replace("privileged: true", "privileged: true # ##[stop-commands]x")
        .replace(
            "      securityContext:",
            "      ports: [{containerPort: 80}]\n      securityContext:",
        );
    folder.write(name, &text);
    for words in [
        &["scan", ".", "--fix=unsafe", "--diff"][..],
        &["scan", ".", "--fix=unsafe"],
    ] {
        let ran = folder.run_in_workflow(words);
        let lines = ran.stderr.lines().chain(ran.stdout.lines());
        for line in lines {
            assert!(!line.trim_start().starts_with("::"), "{line}");
        }
        assert!(ran.stderr.contains("refused") || ran.stdout.contains("refused"));
    }
    folder.write(name, &text);
    let ran = folder.run_in_workflow(&["scan", "."]);
    assert!(ran.stdout.contains("## [stop-commands]x"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("##[stop"), "{}", ran.stdout);
    let ran = folder.run(&["scan", "."]);
    assert!(ran.stdout.contains("##[stop-commands]x"), "{}", ran.stdout);
}

#[test]
fn what_is_accepted_is_not_fixed() {
    let text = PRIVILEGED.replace(
        "privileged: true",
        "privileged: true # ringwall: ignore[privileged-container] reason=x",
    );
    let folder = Folder::new(&[("pod.yaml", &text)]);
    folder.run(&["scan", "--only", "privileged-container", "--fix=unsafe"]);
    assert_eq!(folder.read("pod.yaml"), text);
}

#[test]
fn every_fix_that_is_offered_can_be_applied_together() {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    let ran = folder.run(&["scan", "--fix=unsafe"]);
    assert!(!ran.stdout.contains("refused"), "{}", ran.stdout);
    let again = folder.run(&["scan", "--fix=unsafe"]);
    assert!(
        again.stdout.contains("nothing was fixed"),
        "{}",
        again.stdout
    );
}

#[test]
fn a_block_scalar_is_fixed_once() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n    \
                - name: a\n      image: >-\n        k8s.gcr.io/pause:3.1\n";
    let folder = Folder::new(&[("pod.yaml", text)]);
    let ran = folder.run(&["scan", "--only", "frozen-image-registry", "--fix=unsafe"]);
    assert!(ran.stdout.contains("1 gone, none new"), "{}", ran.stdout);
    assert_eq!(
        folder.read("pod.yaml"),
        text.replace(
            ">-\n        k8s.gcr.io/pause:3.1",
            "\"registry.k8s.io/pause:3.1\""
        )
    );
}

#[test]
fn what_an_alias_stands_for_is_not_fixed() {
    let text = "apiVersion: security.openshift.io/v1\nkind: SecurityContextConstraints\nmetadata:\n  \
                name: a\nreadOnlyRootFilesystem: &on true\nallowPrivilegedContainer: *on\n";
    let folder = Folder::new(&[("scc.yaml", text)]);
    folder.run(&["scan", "--fix=unsafe"]);
    assert_eq!(folder.read("scc.yaml"), text);
}

#[test]
fn a_diff_can_be_applied_however_files_are_named() {
    let names = [
        "pod.yaml",
        "a b/p q.yaml",
        "t\tx.yaml",
        "\u{fc}.yaml",
        "q\"u.yaml",
        "b\\s.yaml",
    ];
    let given = |root: &str| -> Vec<(&'static str, String, String)> {
        let shop = format!("{root}/shop");
        // Run in, given, applied in.
        vec![
            ("shop", ".".into(), shop.clone()),
            (".", "shop".into(), root.into()),
            (".", shop.clone(), root.into()),
            ("shop", shop.clone(), shop.clone()),
            ("shop", "../shop".into(), shop.clone()),
            ("other", "../shop".into(), root.into()),
            ("other", shop, root.into()),
        ]
    };
    for index in 0..7 {
        let folder = Folder::new(&[("other/none.txt", "")]);
        for name in names {
            folder.write(&format!("shop/{name}"), PRIVILEGED);
        }
        let root = folder.path().canonicalize().expect("a folder");
        let root = root.to_str().expect("a path");
        let (below, path, applied) = given(root).swap_remove(index);
        let only = ["--only", "privileged-container", "--fix=unsafe", "--diff"];
        let mut words = vec!["scan", &path];
        words.extend(only);
        let ran = folder.run_in(below, "", &words);
        assert_eq!(
            ran.stderr.contains(&format!("patch -p1 -d {root}")),
            below == "other",
            "{}",
            ran.stderr
        );
        for program in [&["git", "apply"][..], &["patch", "-p1"]] {
            if !runs(program, Path::new(&applied), &ran.stdout) {
                println!("skipped: {} is not here", program[0]);
                continue;
            }
            for name in names {
                let text = folder.read(&format!("shop/{name}"));
                let expected = PRIVILEGED.replace("privileged: true", "privileged: false");
                assert_eq!(text, expected, "{name} by {program:?}:\n{}", ran.stdout);
                folder.write(&format!("shop/{name}"), PRIVILEGED);
            }
        }
    }
}

/// Runs a program with a standard input in a folder; whether it is there.
fn runs(words: &[&str], folder: &Path, stdin: &str) -> bool {
    let started = Command::new(words[0])
        .args(&words[1..])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn();
    let Ok(mut child) = started else {
        return false;
    };
    let mut pipe = child.stdin.take().expect("a pipe");
    // It may end before it has read everything.
    let _ = pipe.write_all(stdin.as_bytes());
    drop(pipe);
    child.wait().expect("it ends");
    true
}

#[test]
fn fixes_of_many_objects_are_those_of_each() {
    let pod = |number: usize, field: &str| {
        format!(
            "{}{field}",
            PRIVILEGED.replace("web", &format!("web-{number}"))
        )
    };
    let one = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    one.run(&["scan", "pod.yaml", "--fix=unsafe"]);
    let fixed = one.read("pod.yaml");
    let pods: Vec<String> = (0..40).map(|number| pod(number, "")).collect();
    let many = Folder::new(&[("pods.yaml", &pods.join("---\n"))]);
    let ran = many.run(&["scan", "pods.yaml", "--fix=unsafe"]);
    let expected: Vec<String> = (0..40)
        .map(|number| fixed.replace("web", &format!("web-{number}")))
        .collect();
    assert_eq!(
        many.read("pods.yaml"),
        expected.join("---\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_diff_tells_what_is_refused() {
    let text = PRIVILEGED.replace(
        "      securityContext:\n        privileged: true\n",
        "      ports: [{containerPort: 80}]\n",
    );
    let folder = Folder::new(&[("pod.yaml", &text)]);
    let ran = folder.run(&["scan", "pod.yaml", "--diff", "--fix=unsafe"]);
    let told = "in pod.yaml: refused unset-run-as-non-root: ";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("it would bring privileged-container-port")
    );
    let ran = folder.run(&["scan", "pod.yaml", "--diff", "--only", "unset-memory-limit"]);
    assert_eq!(
        (&*ran.stdout, &*ran.stderr),
        ("", "there is nothing to fix\n")
    );
}

#[test]
fn what_would_be_left_out_silently_is_an_error() {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    for words in [
        &["--write-baseline", "--fix"][..],
        &["--write-baseline", "--diff"],
        &["-o", "kubesec", "--fix"],
        &["-o", "kubesec", "--write-baseline"],
        &["-o", "conftest", "--diff"],
    ] {
        let mut all = vec!["scan", "."];
        all.extend(words);
        assert_eq!(folder.run(&all).code, 2, "{words:?}");
    }
    assert_eq!(folder.read("pod.yaml"), PRIVILEGED);
    assert!(!folder.path().join("ringwall-baseline.json").exists());
}
