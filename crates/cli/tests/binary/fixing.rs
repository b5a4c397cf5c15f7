//! `--fix`: the finding is gone, nothing new has come, comments and layout stay.

use crate::folder::{Folder, PRIVILEGED};

#[test]
fn unsafe_fixes_need_to_be_asked_for() {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    let ran = folder.run(&["scan", "--only", "privileged-container", "--fix"]);
    assert!(ran.stdout.contains("nothing was fixed"), "{}", ran.stdout);
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

