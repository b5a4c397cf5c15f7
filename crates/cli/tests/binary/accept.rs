//! Exceptions, baselines and peers' marks, in real files.

use crate::folder::{Folder, PRIVILEGED};

const ONLY: [&str; 4] = ["--only", "privileged-container", "--as-of", "2026-11-21"];

/// The pod with a line before `privileged: true`.
fn commented(comment: &str) -> String {
    PRIVILEGED.replace(
        "        privileged",
        &format!("        # {comment}\n        privileged"),
    )
}

/// The pod with an annotation.
fn annotated(annotation: &str) -> String {
    PRIVILEGED.replace(
        "  name: web\n",
        &format!("  name: web\n  annotations:\n    {annotation}\n"),
    )
}

fn check(text: &str, expected: &[&str], code: i32) {
    let folder = Folder::new(&[("pod.yaml", text)]);
    let ran = folder.scan(&ONLY);
    assert_eq!(ran.statuses("privileged-container"), expected, "{text}");
    assert_eq!(ran.code, code, "{text}");
}

#[test]
fn a_comment_covers_what_it_stands_before() {
    check(
        &commented(
            "ringwall: ignore[privileged-container] reason=\"GPU\" owner=a until=2026-11-21",
        ),
        &["accepted"],
        0,
    );
    check(
        &commented("ringwall: ignore[privileged-container] reason=\"GPU\" until=2026-11-20"),
        &["fail"],
        1,
    );
    check(
        &commented("ringwall: ignore[privileged-container]"),
        &["fail"],
        1,
    );
    check(
        &commented("ringwall: ignore[privilege-escalation] reason=x"),
        &["fail"],
        1,
    );
    let above = PRIVILEGED.replace(
        "    - name: app",
        "    # ringwall: ignore[privileged-container] reason=x\n    - name: app",
    );
    check(&above, &["accepted"], 0);
    let elsewhere = PRIVILEGED.replace(
        "      image:",
        "      # ringwall: ignore[privileged-container] reason=x\n      image:",
    );
    check(&elsewhere, &["fail"], 1);
    let on_the_line = PRIVILEGED.replace(
        "privileged: true",
        "privileged: true # ringwall: ignore[privileged-container] reason=x",
    );
    check(&on_the_line, &["accepted"], 0);
    let on_top = format!("# ringwall: ignore[privileged-container] reason=x\n{PRIVILEGED}");
    check(&on_top, &["accepted"], 0);
}

/// Above the first marker there is no object yet.
#[test]
fn a_comment_above_a_marker_is_told() {
    let text = format!("# ringwall: ignore[privileged-container] reason=x\n---\n{PRIVILEGED}");
    let folder = Folder::new(&[("pod.yaml", &text)]);
    let ran = folder.scan(&["--only", "privileged-container,invalid-exception"]);
    assert_eq!(ran.statuses("privileged-container"), ["fail"]);
    assert_eq!(ran.statuses("invalid-exception"), ["fail"]);
    // In a Dockerfile it is one of its own, and elsewhere none.
    let mark = "# ringwall: ignore[unpinned-apt-package] reason=x\n";
    let dockerfile = format!("FROM debian:12\n{mark}RUN apt-get install -y curl\n");
    let folder = Folder::new(&[("Dockerfile", &*dockerfile), ("run.sh", mark)]);
    let ran = folder.scan(&[]);
    assert_eq!(ran.statuses("unpinned-apt-package"), ["accepted"]);
    assert_eq!(ran.statuses("invalid-exception"), Vec::<&str>::new());
    // In a text it is no comment.
    let text = format!(
        "{PRIVILEGED}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  a: |\n    # ringwall: ignore[host-pid] reason=x\n"
    );
    let folder = Folder::new(&[("pod.yaml", &text)]);
    let ran = folder.scan(&[]);
    assert_eq!(ran.statuses("invalid-exception"), Vec::<&str>::new());
}

#[test]
fn an_annotation_covers_its_object() {
    check(
        &annotated(
            "ringwall.dev/ignore.privileged-container: \"reason=GPU driver owner=a until=2027-01-01\"",
        ),
        &["accepted"],
        0,
    );
    check(
        &annotated("ringwall.dev/ignore.privileged-container: \"owner=a\""),
        &["fail"],
        1,
    );
}

#[test]
fn marks_of_peers_are_understood() {
    check(
        &annotated("checkov.io/skip1: CKV_K8S_16=GPU"),
        &["accepted"],
        0,
    );
    check(
        &annotated("ignore-check.kube-linter.io/privileged-container: GPU"),
        &["accepted"],
        0,
    );
    check(
        &annotated("kube-linter.io/ignore-all: GPU"),
        &["accepted"],
        0,
    );
    check(
        &annotated("kubescape.io/ignore: \"true\""),
        &["accepted"],
        0,
    );
    check(
        &annotated("polaris.fairwinds.com/runAsPrivileged-exempt: \"true\""),
        &["accepted"],
        0,
    );
    check(&commented("trivy:ignore:AVD-KSV-0017"), &["accepted"], 0);
    check(
        &commented("trivy:ignore:AVD-KSV-0017:exp:2026-11-22"),
        &["accepted"],
        0,
    );
    check(
        &commented("trivy:ignore:AVD-KSV-0017:exp:2026-11-21"),
        &["fail"],
        1,
    );
    let labelled = PRIVILEGED.replace(
        "  name: web\n",
        "  name: web\n  labels: {kubescape.io/ignore: \"true\"}\n",
    );
    check(&labelled, &["accepted"], 0);
    check(&commented("checkov:skip=CKV_K8S_16:GPU"), &["accepted"], 0);
    check(&annotated("checkov.io/skip1: CKV_K8S_17=GPU"), &["fail"], 1);
    let folder = Folder::new(&[
        ("pod.yaml", PRIVILEGED),
        (".trivyignore", "# why\nAVD-KSV-0017\n"),
    ]);
    assert_eq!(
        folder.scan(&ONLY).statuses("privileged-container"),
        ["accepted"]
    );
}

/// hadolint looks at the names of variables, and at nothing in commands.
#[test]
fn a_mark_about_variables_covers_no_command() {
    let token = format!("glpat-{}", "Qz7vT2mK9x".repeat(2));
    let text = format!(
        "# hadolint global ignore=DL3064\nFROM alpine:3.24\nENV DB_PASSWORD=changeme\nRUN git clone https://oauth2:{token}@gitlab.com/a/b\n"
    );
    let folder = Folder::new(&[("Dockerfile", &text)]);
    let ran = folder.scan(&["--only", "plaintext-secret-in-dockerfile"]);
    assert_eq!(
        ran.statuses("plaintext-secret-in-dockerfile"),
        ["fail", "accepted"]
    );
}

#[test]
fn a_secret_of_a_dockerfile_is_told_and_accepted_once() {
    let token = format!("ghp_{}", "Qz7vT2mK9x".repeat(4).split_at(36).0);
    for instruction in [
        format!("ENV A_TOKEN={token}"),
        format!("ARG A_TOKEN=\"{token}\""),
        format!("LABEL a={token}"),
        format!("ENV A_TOKEN=${{B:-{token}}}"),
        "ENV DB_PASSWORD changeme".to_owned(),
    ] {
        let mark = "# ringwall: ignore[plaintext-secret-in-dockerfile] reason=\"made up\"";
        let text = format!("FROM alpine:3.24\n{mark}\n{instruction}\n");
        let folder = Folder::new(&[("Dockerfile", &text)]);
        let report = folder.scan(&[]).json();
        let told: Vec<_> = report["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .filter(|finding| finding["check"].to_string().contains("plaintext-secret"))
            .map(|finding| (finding["check"].clone(), finding["status"].clone()))
            .collect();
        let expected = ("plaintext-secret-in-dockerfile".into(), "accepted".into());
        assert_eq!(told, [expected], "{instruction}");
    }
}

#[test]
fn the_configuration_accepts_by_scope() {
    let config = |scope: &str| {
        format!("[[exceptions]]\nchecks = [\"privileged-container\"]\n{scope}\nreason = \"GPU\"\n")
    };
    let check = |scope: &str, expected: &str| {
        let folder = Folder::new(&[
            ("gpu/pod.yaml", PRIVILEGED),
            ("ringwall.toml", &config(scope)),
        ]);
        assert_eq!(
            folder.scan(&ONLY).statuses("privileged-container"),
            [expected],
            "{scope}"
        );
    };
    check("", "accepted");
    check("paths = [\"gpu/**\"]", "accepted");
    check("paths = [\"gpu\"]", "accepted");
    check("paths = [\".\"]", "accepted");
    check("paths = [\"./\"]", "accepted");
    check("paths = [\"cpu/**\"]", "fail");
    check("paths = [\"gp?\"]", "accepted");
    // What stands for one character stands for no folder.
    check("paths = [\"gpu?pod.yaml\"]", "fail");
    check("kinds = [\"Pod\"]\nnames = [\"w*\"]", "accepted");
    check("kinds = [\"Pod\"]\nnames = [\"x*\"]", "fail");
    check("namespaces = [\"shop\"]", "fail");
}

#[test]
fn paths_count_from_the_folder_of_the_configuration() {
    let config = "[[exceptions]]\nchecks = [\"privileged-container\"]\npaths = [\"infra/gpu/*\"]\nreason = \"GPU\"\n";
    let folder = Folder::new(&[
        ("ringwall.toml", config),
        ("infra/gpu/pod.yaml", PRIVILEGED),
        ("cpu/infra/gpu/pod.yaml", PRIVILEGED),
    ]);
    let check = |below: &str, path: &str, more: &[&str], expected: &str| {
        let mut words = vec!["scan", "-o", "json", path];
        words.extend(ONLY);
        words.extend(more);
        let ran = folder.run_in(below, "", &words);
        assert_eq!(
            ran.statuses("privileged-container"),
            [expected],
            "{path} in {below}: {}",
            ran.stderr
        );
    };
    let root = folder.path().to_str().expect("a path").to_owned();
    let gpu = format!("{root}/infra/gpu");
    let config = format!("{root}/ringwall.toml");
    check(".", "infra", &[], "accepted");
    check("infra", ".", &[], "accepted");
    check("infra", "gpu/pod.yaml", &[], "accepted");
    check("infra/gpu", "pod.yaml", &[], "accepted");
    check("cpu", "../infra", &[], "accepted");
    check("cpu", &gpu, &[], "accepted");
    check("/", &gpu, &[], "accepted");
    check("infra", ".", &["--config", "../ringwall.toml"], "accepted");
    check("infra", ".", &["--config", &config], "accepted");
    // The same words below another folder are another place.
    check("cpu", ".", &[], "fail");
    check(".", "cpu", &[], "fail");
}

#[test]
fn a_configuration_above_is_named_from_the_working_directory() {
    let folder = Folder::new(&[
        (
            "ringwall.toml",
            "[[exceptions]]\nchecks = [\"host-network\"]\nreason = \"CNI\"\n",
        ),
        ("infra/pod.yaml", PRIVILEGED),
    ]);
    let ran = folder.run_in("infra", "", &["scan", "-o", "json"]);
    let report = ran.json();
    let unused = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .find(|finding| finding["check"] == "unused-exception")
        .expect("the exception covers nothing");
    assert_eq!(unused["location"]["file"], "../ringwall.toml");
}

#[test]
fn exceptions_are_judged_themselves() {
    let folder = Folder::new(&[
        (
            "a.yaml",
            &commented("ringwall: ignore[privileged-container] reason=x until=2020-01-01"),
        ),
        (
            "b.yaml",
            &commented("ringwall: ignore[privileged-contaner] reason=x"),
        ),
        (
            "c.yaml",
            &commented("ringwall: ignore[host-network] reason=x"),
        ),
        (
            "d.yaml",
            &commented("ringwall: ignore[privileged-container]"),
        ),
    ]);
    let ran = folder.scan(&["--as-of", "2026-11-21"]);
    for check in [
        "expired-exception",
        "unknown-exception-id",
        "unused-exception",
        "invalid-exception",
    ] {
        assert_eq!(ran.statuses(check), ["fail"], "{check}");
    }
    assert!(ran.stdout.contains("did you mean 'privileged-container'?"));
}

#[test]
fn what_could_not_be_looked_at_can_be_accepted() {
    let folder = Folder::new(&[
        ("broken.yaml", "a: [1\n"),
        (
            "ringwall.toml",
            "[[exceptions]]\nchecks = [\"unparsable-file\"]\npaths = [\"broken.yaml\"]\nreason = \"test data\"\n",
        ),
    ]);
    let ran = folder.scan(&[]);
    assert_eq!(ran.not_assessed(), ["unparsable-file"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}

#[test]
fn a_baseline_accepts_what_was_there_and_nothing_else() {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    assert_eq!(
        folder
            .run(&["scan", "--write-baseline", "--baseline", "base.json"])
            .code,
        0
    );
    // Lines move, and the findings stay the known ones.
    folder.write("pod.yaml", format!("# moved\n\n{PRIVILEGED}"));
    let ran = folder.scan(&["--baseline", "base.json"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(ran.statuses("privileged-container"), ["accepted"]);
    folder.write("new.yaml", PRIVILEGED.replace("web", "new"));
    let ran = folder.scan(&["--baseline", "base.json"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.statuses("privileged-container"), ["fail", "accepted"]);
}

#[test]
fn a_baseline_knows_files_however_they_are_named() {
    let folder = Folder::new(&[
        ("shop/pod.yaml", PRIVILEGED),
        ("shop/broken.yaml", "a: [\n"),
    ]);
    let root = folder.path().to_str().expect("a path").to_owned();
    let shop = format!("{root}/shop");
    let ways = [
        (".", "."),
        (".", "shop"),
        (".", &shop),
        ("shop", "."),
        ("shop", "../shop"),
        ("/", &shop),
    ];
    let known = format!("{root}/.git/base.json");
    for (below, path) in ways {
        let words = ["scan", path, "--write-baseline", "--baseline", &known];
        assert_eq!(
            folder.run_in(below, "", &words).code,
            0,
            "{path} in {below}"
        );
        for (below, again) in ways {
            let words = ["scan", again, "--baseline", &known, "-o", "json"];
            let ran = folder.run_in(below, "", &words);
            assert_eq!(
                ran.code, 0,
                "{path}, then {again} in {below}: {}",
                ran.stderr
            );
        }
    }
    // The same words from elsewhere are another file.
    folder.write("other/pod.yaml", PRIVILEGED);
    folder.run_in(
        "shop",
        "",
        &["scan", ".", "--write-baseline", "--baseline", &known],
    );
    let ran = folder.run_in("other", "", &["scan", ".", "--baseline", &known]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
}

#[test]
fn a_baseline_without_a_repository_names_files_from_its_folder() {
    let folder = Folder::new(&[("shop/pod.yaml", PRIVILEGED)]);
    std::fs::remove_dir(folder.path().join(".git")).expect("no repository");
    let ran = folder.run_in("shop", "", &["scan", "--write-baseline"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let words = ["scan", "shop", "--baseline", "shop/ringwall-baseline.json"];
    assert_eq!(folder.run(&words).code, 0);
    assert!(
        folder
            .read("shop/ringwall-baseline.json")
            .contains("\"file\": \"pod.yaml\"")
    );
}

#[test]
fn a_line_of_trivyignore_ends_where_trivy_says() {
    for (line, expected) in [
        ("AVD-KSV-0017 exp:2026-11-22", "accepted"),
        // Trivy ends it as the day begins, and passes over a line whose day it cannot read.
        ("AVD-KSV-0017 exp:2026-11-21", "fail"),
        ("AVD-KSV-0017 exp:2099-13-01", "fail"),
        ("AVD-KSV-0017 exp: 2099-01-01", "fail"),
    ] {
        let folder = Folder::new(&[("pod.yaml", PRIVILEGED), (".trivyignore", line)]);
        let ran = folder.scan(&ONLY);
        assert_eq!(ran.statuses("privileged-container"), [expected], "{line}");
    }
}

#[test]
fn trivyignore_covers_nothing_beside_its_folder() {
    let folder = Folder::new(&[
        ("here/.trivyignore", "AVD-KSV-0017\n"),
        ("here/pod.yaml", PRIVILEGED),
        ("beside/pod.yaml", PRIVILEGED),
    ]);
    let beside = folder.path().join("beside");
    for beside in ["../beside", beside.to_str().expect("a path")] {
        let mut words = vec!["scan", ".", beside, "-o", "json"];
        words.extend(ONLY);
        let ran = folder.run_in("here", "", &words);
        let mut statuses = ran.statuses("privileged-container");
        statuses.sort();
        assert_eq!(statuses, ["accepted", "fail"], "{beside}");
    }
}

#[test]
fn a_mark_of_a_peer_for_everything_covers_what_the_peer_looks_for() {
    let token = format!("ghp_{}", "Qz7vT2mK9x".repeat(4).split_at(36).0);
    let text = annotated("kube-linter.io/ignore-all: GPU").replace(
        "      securityContext:",
        &format!("      args: [\"--token={token}\"]\n      securityContext:"),
    );
    let folder = Folder::new(&[("pod.yaml", &text)]);
    let ran = folder.scan(&["--only", "privileged-container,plaintext-secret"]);
    assert_eq!(ran.statuses("privileged-container"), ["accepted"]);
    assert_eq!(
        ran.statuses("plaintext-secret/github"),
        ["fail"],
        "{}",
        ran.stdout
    );
}

/// hadolint 2.15.1 accepts the same of these lines, but for the first behind a mark for the stage
/// that stands within it, which it reports in spite of the mark.
#[test]
fn marks_of_hadolint_cover_an_instruction_a_stage_or_the_file() {
    const INSTALL: &str = "RUN apt-get install -y curl\n";
    let stages = format!("FROM debian:12 AS a\n{INSTALL}{INSTALL}FROM debian:12\n{INSTALL}");
    for (mark, line, expected) in [
        ("ignore", 0, ["fail", "fail", "fail"]),
        ("ignore", 1, ["accepted", "fail", "fail"]),
        ("ignore", 2, ["fail", "accepted", "fail"]),
        ("stage ignore", 0, ["accepted", "accepted", "fail"]),
        ("stage ignore", 1, ["accepted", "accepted", "fail"]),
        ("stage ignore", 3, ["fail", "fail", "accepted"]),
        ("global ignore", 5, ["accepted", "accepted", "accepted"]),
    ] {
        let mut lines: Vec<&str> = stages.lines().collect();
        let mark = format!("# hadolint {mark} = DL3008 , DL3009 # the mirror has one version");
        lines.insert(line, &mark);
        let text = lines.join("\n") + "\n";
        let folder = Folder::new(&[("Dockerfile", &text)]);
        let ran = folder.scan(&["--only", "unpinned-apt-package"]);
        assert_eq!(ran.statuses("unpinned-apt-package"), expected, "{text}");
    }
}

#[test]
fn an_entry_with_images_covers_what_is_about_their_containers() {
    let two = PRIVILEGED.replace(
        "    - name: app\n",
        "    - name: agent\n      image: registry.example.com/agents/a:1\n      securityContext: {privileged: true}\n    - name: app\n",
    );
    let two = two.replace("spec:\n", "spec:\n  hostNetwork: true\n");
    let config = "[[exceptions]]\nchecks = [\"privileged-container\", \"host-network\"]\nimages = [\"registry.example.com/agents/*\"]\nreason = \"agents\"\n";
    let folder = Folder::new(&[
        ("agent.yaml", &two),
        (
            "other.yaml",
            &PRIVILEGED.replace("spec:\n", "spec:\n  hostNetwork: true\n"),
        ),
        ("ringwall.toml", config),
    ]);
    let ran = folder.scan(&["agent.yaml"]);
    let mut statuses = ran.statuses("privileged-container");
    statuses.sort();
    assert_eq!(statuses, ["accepted", "fail"]);
    // About the pod, and so about any of its containers.
    assert_eq!(ran.statuses("host-network"), ["accepted"]);
    let ran = folder.scan(&["other.yaml"]);
    assert_eq!(ran.statuses("privileged-container"), ["fail"]);
    assert_eq!(ran.statuses("host-network"), ["fail"]);
    assert_eq!(ran.statuses("unused-exception"), ["fail"]);
}

#[test]
fn an_entry_that_covers_nothing_is_shown_as_it_is_written() {
    let config = "[[exceptions]]\nchecks = [\"host-network\"]\nreason = \"agents\"\n";
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED), ("ringwall.toml", config)]);
    let ran = folder.run(&["scan", ".", "-o", "html"]);
    assert!(ran.stdout.contains("[[exceptions]]"), "{}", ran.stdout);
}
