//! Hostile and broken input: a clear message, the right exit code, everything else still judged.

use std::{fs, os::unix::fs::symlink, time::Instant};

use crate::folder::{Folder, PRIVILEGED};

/// Runs a scan over a bad file beside a good one; the good one must still be judged.
fn check(name: &str, content: &[u8], expected: &[&str]) {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    folder.write(name, content);
    let ran = folder.scan(&["--only", "privileged-container"]);
    assert_eq!(ran.code, 1, "{name}: {}", ran.stderr);
    assert_eq!(ran.statuses("privileged-container"), ["fail"], "{name}");
    assert_eq!(ran.not_assessed(), expected, "{name}: {}", ran.stdout);
}

#[test]
fn bad_files_do_not_hide_good_ones() {
    check("empty.yaml", b"", &[]);
    check("binary.yaml", b"\x7fELF\0\0\0\0\0\0", &["unparsable-file"]);
    check("Dockerfile", b"FROM a\0b\n", &["unparsable-file"]);
    check("picture.png", b"\x89PNG\0\0\0\0", &[]);
    check("bytes.yaml", b"a: \xff\xfe\xfd\n", &["unparsable-file"]);
    check(
        "deep.yaml",
        "[".repeat(200_000).as_bytes(),
        &["unparsable-file"],
    );
    check("tab.yaml", b"a:\n\tb: 1\n", &["unparsable-file"]);
    check(
        "half.yaml",
        b"kind: Pod\nspec:\n  containers: []\n",
        &["incomplete-object"],
    );
    check("list.yaml", b"- a\n- b\n", &[]);
    check(
        "without-version.yaml",
        b"kind: ClusterRoleBinding\nmetadata: {name: a}\nroleRef: {name: cluster-admin}\n",
        &["incomplete-object"],
    );
    check(
        "behind-separator.yaml",
        b"--- |\n  apiVersion: v1\n  kind: Pod\n  spec: {hostPID: true}\n",
        &["unparsable-file"],
    );
    check(
        "null-key.yaml",
        b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {~: v}\n",
        &["unparsable-file"],
    );
    check("template-of-another.yaml", b"a: {{ b }}\n", &[]);
    check(
        "break.yaml",
        "a: 1 # hides\u{2028}b: 2\n".as_bytes(),
        &["unparsable-file"],
    );
    check(
        "items.yaml",
        b"apiVersion: v1\nkind: List\nitems:\n- apiversion: v1\n  kind: Pod\n",
        &["incomplete-object"],
    );
    check(
        "task.yaml",
        b"apiVersion: tekton.dev/v1\nkind: Task\nspec:\n  steps:\n  - image: a\n",
        &["unassessed-workload"],
    );
    check(
        "search.yaml",
        b"apiVersion: example.com/v1\nkind: Search\nspec:\n  initContainers:\n  - securityContext: {privileged: true}\n",
        &["unassessed-workload"],
    );
    check(
        "work.yaml",
        b"apiVersion: example.com/v1\nkind: Work\nmanifests:\n- apiVersion: v1\n  kind: Service\n  metadata: {name: a}\n",
        &["unassessed-object"],
    );
    check(
        "workflow.yaml",
        b"apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec:\n  templates:\n  - resource:\n      manifest: |\n        apiVersion: v1\n        kind: Pod\n",
        &["unassessed-object"],
    );
    check(
        "rollout.yaml",
        b"apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: a}\nspec:\n  template: {spec: {containers: [{name: a, image: x}]}}\n  agent: {securityContext: {runAsUser: 0}}\n",
        &["unassessed-workload"],
    );
    check(
        "kubelet.yaml",
        b"apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nreadOnlyPort: 10255\n",
        &["unassessed-configuration"],
    );
    check(
        "ytt.yaml",
        b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostPID: #@ data.values.pid\n  containers: [{name: a, image: x}]\n",
        &["unrenderable-template"],
    );
    check(
        "binding.yaml",
        b"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: a}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: '${ROLE:-cluster-admin}'}\n",
        &["unrenderable-template"],
    );
}

#[test]
fn an_object_in_a_text_is_told_by_its_kind_alone() {
    let folder = Folder::new(&[(
        "w.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: WorkflowTemplate\nspec:\n  templates:\n  - resource:\n      manifest: |\n        apiVersion: v1\n        kind: Secret\n        data: {db: c2hvcC1kYXRhYmFzZS1wdw==}\n",
    )]);
    let ran = folder.scan(&[]);
    assert_eq!(ran.not_assessed(), ["unassessed-object"]);
    let reason = &ran.json()["not_assessed"][0]["reason"];
    assert!(
        reason
            .as_str()
            .unwrap()
            .contains("the first of kind Secret;"),
        "{reason}"
    );
    assert!(!ran.stdout.contains("c2hvcC1k"), "{}", ran.stdout);
}

#[test]
fn policies_of_conftest_that_are_not_there_are_named() {
    let folder = Folder::new(&[("c.yaml", "a: 1\n")]);
    let ran = folder.run(&["scan", "-o", "conftest", "c.yaml"]);
    assert_ne!(ran.code, 0);
    assert!(
        ran.stderr.contains("name others with --policy"),
        "{}",
        ran.stderr
    );
}

/// Comments in texts are of other languages, and files about Dockerfiles are none.
#[test]
fn what_only_looks_like_ours_is_passed_over() {
    let folder = Folder::new(&[
        (
            "map.yaml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n#@ a note\ndata:\n  a.py: |\n    def f():\n      #@ todo\n      a: #@ todo\n",
        ),
        (
            "dockerfile.adoc",
            "= Writing a Dockerfile\n\nFROM alpine is where it starts.\n",
        ),
        ("dockerfile.vim", "\" Vim syntax file\nsyn keyword a FROM\n"),
        ("dockerfile.prod", "FROM debian:12\nUSER root\n"),
    ]);
    let ran = folder.scan(&["--only", "root-image-user"]);
    assert_eq!(ran.not_assessed(), Vec::<&str>::new());
    assert_eq!(ran.statuses("root-image-user"), ["fail"]);
}

/// What another tool puts in place is not known, and is no setting meanwhile.
#[test]
fn values_that_are_put_in_place_later_are_not_clean() {
    for (spec, is_told) in [
        ("hostPID: '${HOST_PID:-true}'", true),
        ("securityContext: {runAsNonRoot: '{{ non_root }}'}", true),
        ("nodeName: '${NODE}'", false),
    ] {
        let pod = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  {spec}\n  containers: [{{name: a, image: x, securityContext: {{runAsUser: '$(ID)'}}}}]\n"
        );
        let fixed = pod.replace("'$(ID)'", "1000");
        let folder = Folder::new(&[("pod.yaml", &*pod), ("fixed.yaml", &*fixed)]);
        for flags in [&["--only", "host-pid"][..], &["--pod-security", "baseline"]] {
            let ran = folder.scan(flags);
            let told = ran.not_assessed();
            let expected = 1 + usize::from(is_told);
            assert_eq!(told, vec!["unrenderable-template"; expected], "{spec}");
        }
    }
}

/// What a tag makes of a key and of a value is what kubectl reads.
#[test]
fn tags_hide_nothing() {
    let folder = Folder::new(&[(
        "pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  !!binary aG9zdFBJRA==: true\n  containers: [{name: a, image: x}]\n",
    )]);
    let ran = folder.scan(&["--only", "host-pid"]);
    assert_eq!(ran.statuses("host-pid"), ["fail"], "{}", ran.stdout);
}

#[test]
fn json_cannot_hide_an_object() {
    let pod = r#"{"api\u0056ersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "a", "securityContext": {"privileged": true}}]}}"#;
    let folder = Folder::new(&[
        ("pod.json", pod),
        ("tsconfig.json", "{\n\t// a comment\n}\n"),
    ]);
    let ran = folder.scan(&["--only", "privileged-container"]);
    assert_eq!(ran.statuses("privileged-container"), ["fail"]);
    assert_eq!(ran.not_assessed(), [""; 0]);
    folder.write(
        "half.json",
        r#"{"kind": "Pod", "spec": {"containers": []}}"#,
    );
    assert_eq!(
        folder.scan(&["half.json"]).not_assessed(),
        ["incomplete-object"]
    );
}

#[test]
fn one_broken_document_does_not_hide_its_neighbours() {
    let folder = Folder::new(&[(
        "many.yaml",
        &format!("a: [1\n---\n{PRIVILEGED}---\nb: {{\n"),
    )]);
    let ran = folder.scan(&["--only", "privileged-container"]);
    assert_eq!(ran.statuses("privileged-container"), ["fail"]);
    assert_eq!(ran.not_assessed(), ["unparsable-file", "unparsable-file"]);
}

#[test]
fn a_billion_laughs_are_refused_in_milliseconds() {
    let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..20 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(",");
        let level = level.to_string();
        text.extend(["a", &*level, ": &a", &level, " [", &aliases, "]\n"]);
    }
    let folder = Folder::new(&[("laughs.yaml", &text)]);
    let started = Instant::now();
    assert_eq!(folder.scan(&[]).not_assessed(), ["unparsable-file"]);
    // Generous for a debug build on a busy machine; expanding would take hours.
    assert!(started.elapsed().as_secs() < 20);
}

#[test]
fn a_line_of_a_gigabyte_is_not_read() {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    let file = fs::File::create(folder.path().join("huge.yaml")).unwrap();
    std::io::Write::write_all(&mut &file, b"a: \"").unwrap();
    // Spaces would fill the disk; what matters is that the size is looked at before the content.
    file.set_len(1 << 30).unwrap();
    let ran = folder.scan(&["--only", "privileged-container"]);
    assert_eq!(ran.statuses("privileged-container"), ["fail"]);
}

#[test]
fn a_line_longer_than_what_is_read_is_said() {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    folder.write("long.yaml", format!("a: {}\n", "x".repeat(65 << 20)));
    let ran = folder.scan(&["--only", "privileged-container"]);
    assert_eq!(ran.statuses("privileged-container"), ["fail"]);
    assert_eq!(ran.not_assessed(), ["oversized-file"]);
    folder.write("long.yaml", format!("a: {}\n", "x".repeat(32 << 20)));
    assert_eq!(
        folder.scan(&["long.yaml"]).code,
        0,
        "a long line within the limit is read"
    );
}

#[test]
fn a_folder_that_holds_itself_is_walked_once() {
    let folder = Folder::new(&[("sub/pod.yaml", PRIVILEGED)]);
    symlink("..", folder.path().join("sub/loop")).unwrap();
    let ran = folder.scan(&["--only", "privileged-container"]);
    assert_eq!(ran.statuses("privileged-container"), ["fail"]);
}

#[test]
fn a_path_that_is_not_there_is_said() {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    let ran = folder.scan(&["--only", "privileged-container", "pod.yaml", "nowhere"]);
    assert_eq!(ran.statuses("privileged-container"), ["fail"]);
    assert_eq!(ran.not_assessed(), ["unreadable-file"]);
}

#[test]
fn standard_input_is_judged() {
    let folder = Folder::new(&[]);
    let ran = folder.run_with(PRIVILEGED, &["scan", "-o", "json", "-"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.json()["findings"][0]["location"]["file"], "-");
    for text in ["FROM debian (A)\n", "\u{feff}FROM debian (A)\n"] {
        let ran = folder.run_with(text, &["scan", "-o", "json", "-"]);
        assert_eq!(ran.not_assessed(), ["unparsable-dockerfile"]);
    }
}

#[test]
fn a_dockerfile_that_is_given_is_read_whatever_its_name() {
    const ROOT: &str = "\u{feff}# syntax=docker/dockerfile:1\n\nARG A\nFROM debian:12\nUSER root\n";
    let folder = Folder::new(&[
        ("image.df", ROOT),
        (
            "IMAGE",
            "from --platform=linux/arm64 debian:12 as a\nUSER root\n",
        ),
        ("app.py", "from flask import Flask as App\n"),
        ("notes.txt", "From here on\n"),
    ]);
    let only = ["--only", "root-image-user"];
    let all = ["image.df", "IMAGE", "app.py", "notes.txt"];
    let ran = folder.scan(&[only.as_slice(), &all].concat());
    assert_eq!(ran.statuses("root-image-user"), ["fail", "fail"]);
    assert_eq!(ran.not_assessed(), [""; 0]);
    let ran = folder.scan(&[only.as_slice(), &[".", "image.df"]].concat());
    assert_eq!(ran.statuses("root-image-user"), ["fail"]);
    let ran = folder.scan(&only);
    assert_eq!(ran.statuses("root-image-user"), [""; 0]);
}

#[test]
fn charts_overlays_and_terraform_are_each_one_thing_not_looked_at() {
    let folder = Folder::new(&[
        (
            "chart/Chart.yaml",
            "apiVersion: v2\nname: a\nversion: 0.1.0\n",
        ),
        ("chart/values.yaml", "a: 1\n"),
        ("chart/templates/a.yaml", "kind: {{ .Values.a }}\n"),
        (
            "overlay/kustomization.yaml",
            "resources: [pod.yaml]\npatches:\n- path: patch.yaml\n",
        ),
        ("overlay/pod.yaml", PRIVILEGED),
        (
            "overlay/patch.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n",
        ),
        ("infra/main.tf", "resource \"a\" \"b\" {}\n"),
    ]);
    let ran = folder.scan(&["--only", "privileged-container"]);
    assert_eq!(
        ran.not_assessed(),
        [
            "unrenderable-chart",
            "unrenderable-overlay",
            "unassessed-terraform"
        ]
    );
    assert_eq!(ran.statuses("privileged-container"), ["fail"]);
    assert_eq!(
        ran.json()["summary"]["assessed"]["resources"],
        1,
        "the patch is no object"
    );
}

#[test]
fn every_run_gives_the_same_bytes() {
    let files: Vec<(String, String)> = (0..40)
        .map(|number| {
            (
                format!("d{}/pod{number}.yaml", number % 7),
                PRIVILEGED.replace("web", &format!("w{number}")),
            )
        })
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (&**name, &**text))
        .collect();
    let folder = Folder::new(&files);
    let words = |format| ["scan", "-o", format, "--as-of", "2026-11-21"];
    for format in [
        "json", "text", "sarif", "junit", "html", "markdown", "github",
    ] {
        let first = folder.run(&words(format));
        assert_eq!(first.code, 1, "{format}: {}", first.stderr);
        assert_eq!(first.stdout, folder.run(&words(format)).stdout, "{format}");
    }
}

#[test]
fn reports_grow_with_what_was_found_and_not_with_its_square() {
    let item = |number: usize| {
        format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{{\"name\":\"p{number}\"}},\"spec\":{{\"hostNetwork\":true,\"containers\":[{{\"name\":\"a\",\"image\":\"nginx\"}}]}}}}"
        )
    };
    let items: Vec<String> = (0..120).map(item).collect();
    let list = |count: usize| {
        let items = items[..count].join(",");
        format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{items}]}}")
    };
    let folder = Folder::new(&[("one.json", &list(30)), ("four.json", &list(120))]);
    for format in ["text", "junit", "html", "markdown", "sarif"] {
        let size = |name: &str| folder.run(&["scan", name, "-o", format]).stdout.len();
        let (one, four) = (size("one.json"), size("four.json"));
        assert!(four < 5 * one, "{format}: {one} {four}");
    }
}

#[test]
fn pages_of_checks_are_whole_in_reports() {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    let html = folder.run(&["scan", "-o", "html"]).stdout;
    assert!(html.contains("\"page\":\"## What it finds\\nContainers"));
    let sarif = folder.run(&["scan", "-o", "sarif"]).stdout;
    assert!(sarif.contains("Flagged:\\n\\n```yaml\\n"));
    for mark in ["yaml fail", "# <-", "\\n ## "] {
        assert!(!sarif.contains(mark), "{mark}");
    }
}
