//! What is judged, and what cannot be, by the ids and the configuration that people write.

use std::collections::BTreeSet;

use crate::folder::{Folder, PRIVILEGED};

#[test]
fn an_id_that_nothing_has_is_wrong_usage() {
    let folder = Folder::new(&[("pod.yaml", PRIVILEGED)]);
    for id in [
        "Privileged-Container",
        "AVD-KSV-0017",
        "KSV-0017",
        "workload/privileged-container",
    ] {
        for flag in ["--only", "--skip"] {
            let ran = folder.scan(&[flag, id]);
            assert_eq!(ran.code, 2, "{flag} {id}: {}", ran.stdout);
            let meant = "did you mean 'privileged-container'?";
            assert!(ran.stderr.contains(meant), "{flag} {id}: {}", ran.stderr);
        }
    }
    let ran = folder.scan(&["--only", "a/b"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    // In a configuration, policies may be those of another command; alone, they are a mistake.
    folder.write("ringwall.toml", "skip = [\"a/b\"]\n");
    assert_eq!(folder.scan(&[]).code, 1);
    folder.write(
        "ringwall.toml",
        "only = [\"a/b\", \"privileged-container\"]\n",
    );
    assert_eq!(folder.scan(&[]).code, 1);
    folder.write("ringwall.toml", "only = [\"a/b\"]\n");
    assert_eq!(folder.scan(&[]).code, 2);
}

#[test]
fn an_id_of_a_policy_is_known_where_the_policy_is_loaded() {
    let folder = Folder::new(&[
        ("pod.yaml", PRIVILEGED),
        (
            ".git/policy/a.rego",
            "package main\nimport rego.v1\ndeny contains \"no pods\" if input.kind == \"Pod\"\n",
        ),
    ]);
    let policy = ["--policy", ".git/policy"];
    let ran = folder.scan(&[&policy[..], &["--only", "main/deny"]].concat());
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(ran.statuses("main/deny"), ["fail"]);
    for id in ["main/deni", "mian/deny"] {
        let ran = folder.scan(&[&policy[..], &["--only", id]].concat());
        assert_eq!(ran.code, 2, "{id}: {}", ran.stdout);
    }
}

#[test]
fn a_manifest_is_judged_whatever_its_name_when_it_is_given() {
    let prose = "# How to\n\nWrite `apiVersion: v1` and `kind: Pod`.\n";
    let folder = Folder::new(&[
        ("pod", PRIVILEGED),
        ("pod.yaml.bak", PRIVILEGED),
        ("README.md", prose),
    ]);
    for name in ["pod", "pod.yaml.bak"] {
        let ran = folder.scan(&[name]);
        assert_eq!(ran.statuses("privileged-container"), ["fail"], "{name}");
        let ran = folder.scan(&["--pod-security", "baseline", name]);
        assert_eq!(ran.code, 1, "{name}: {}", ran.stdout);
    }
    assert_eq!(folder.scan(&["README.md"]).code, 0);
    // Of a folder, names say what is ours.
    assert_eq!(folder.scan(&[]).code, 0);
}

#[test]
fn a_template_of_objects_is_not_assessed() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ name }}\n";
    let quoting = "```yaml\napiVersion: v1\nkind: Pod\n```\n";
    let folder = Folder::new(&[
        ("README.md.tmpl", quoting),
        ("values.yaml.gotmpl", "a: 1\n"),
    ]);
    assert_eq!(folder.scan(&[]).code, 0);
    folder.write("pod.yaml.j2", pod);
    for words in [&[][..], &["--pod-security", "baseline"]] {
        let ran = folder.scan(words);
        assert_eq!(ran.not_assessed(), ["unrenderable-template"], "{words:?}");
        assert_eq!(ran.code, 3, "{words:?}");
    }
}

#[test]
fn flags_win_over_the_configuration() {
    let folder = Folder::new(&[
        ("pod.yaml", PRIVILEGED),
        ("ringwall.toml", "skip = [\"privileged-container\"]\n"),
    ]);
    let only = ["--only", "privileged-container"];
    assert_eq!(
        folder.scan(&only).statuses("privileged-container"),
        ["fail"]
    );
    let ran = folder.scan(&[&only[..], &["--skip", "privileged-container"]].concat());
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("no check is left"), "{}", ran.stderr);
}

#[test]
fn a_kind_without_its_pod_is_told() {
    let config = |path: &str| {
        format!("[[workloads]]\ngroup = \"example.com\"\nkind = \"Run\"\npath = \"{path}\"\n")
    };
    let run = "apiVersion: example.com/v1\nkind: Run\nmetadata:\n  name: a\nspec:\n  pod:\n    spec:\n      containers:\n        - name: app\n          image: a\n          securityContext:\n            privileged: true\n";
    let folder = Folder::new(&[("run.yaml", run), ("ringwall.toml", &config("spec.pod"))]);
    assert_eq!(folder.scan(&[]).statuses("privileged-container"), ["fail"]);
    for path in ["", "spec.template", "spec.pod.spec", "spec.*.*"] {
        folder.write("ringwall.toml", config(path));
        let ran = folder.scan(&[]);
        assert_eq!(ran.not_assessed(), ["missing-pod"], "{path}");
        assert_eq!(ran.code, 3, "{path}");
    }
}

#[test]
fn reports_of_ringwall_hold_no_secrets_of_its_pages() {
    let secrets = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations:\n    db-password: Xk2-mmPq91\n    ringwall.dev/ignore.plaintext-registry-credential: \"reason=\\\"test registry\\\" owner=me\"\ndata:\n  DB_PASSWORD: Zq8-vvRt27\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: b\nspec:\n  containers:\n    - name: app\n      image: a\n      args: [\"--password=Wm4-kkLs55\"]\n      env:\n        - name: DB_PASSWORD\n          value: Hd6-ttYb83\n";
    let folder = Folder::new(&[
        ("in/a.yaml", secrets),
        ("in/Dockerfile", "FROM a\nENV DB_PASSWORD=Nf3-ppGc46\n"),
    ]);
    let found = folder.scan(&["in"]);
    assert!(
        found.stdout.contains("plaintext-secret-in-config-map"),
        "{}",
        found.stdout
    );
    for (form, name) in [("sarif", "out/a.sarif"), ("html", "out/a.html")] {
        let ran = folder.run(&["scan", "in", "-o", form]);
        folder.write(name, &ran.stdout);
    }
    let ran = folder.scan(&["out"]);
    assert_eq!(
        ran.json()["findings"],
        serde_json::json!([]),
        "{}",
        ran.stdout
    );
}

#[cfg(unix)]
#[test]
fn links_that_are_not_followed_are_counted() {
    let folder = Folder::new(&[("elsewhere/pod.yaml", PRIVILEGED), ("in/none.txt", "")]);
    let link = folder.path().join("in/pod.yaml");
    std::os::unix::fs::symlink("../elsewhere/pod.yaml", &link).expect("a link");
    let ran = folder.scan(&["in"]);
    assert_eq!(ran.json()["summary"]["skipped"]["links"], 1);
    assert_eq!(folder.scan(&["in/pod.yaml"]).code, 1);
}

#[test]
fn what_a_configuration_leaves_out_counts_from_its_folder() {
    let folder = Folder::new(&[
        (
            "ringwall.toml",
            "exclude = [\"/test/\", \"shop/old.yaml\", \"vendor/\"]\n",
        ),
        ("test/a.yaml", PRIVILEGED),
        ("shop/test/b.yaml", PRIVILEGED),
        ("shop/old.yaml", PRIVILEGED),
        ("shop/vendor/c.yaml", PRIVILEGED),
        ("shop/shop/old.yaml", PRIVILEGED),
    ]);
    let root = folder.path().to_str().expect("a path").to_owned();
    let shop = format!("{root}/shop");
    for (below, path) in [
        (".", "."),
        (".", "shop"),
        ("shop", "."),
        ("test", "../shop"),
        ("/", &shop),
    ] {
        let ran = folder.run_in(below, "", &["scan", path, "-o", "json"]);
        let report = ran.json();
        let findings = report["findings"].as_array().expect("findings").iter();
        let files: BTreeSet<&str> = findings
            .filter_map(|finding| finding["location"]["file"].as_str())
            .collect();
        let has = |end: &str| files.iter().any(|file| file.ends_with(end));
        assert!(has("test/b.yaml") && has("shop/old.yaml"), "{files:?}");
        assert_eq!(files.len(), 2, "{path} in {below}: {files:?}");
    }
    for (below, path, code) in [("shop", "old.yaml", 0), ("shop/shop", "old.yaml", 1)] {
        let ran = folder.run_in(below, "", &["scan", path]);
        assert_eq!(ran.code, code, "{path} in {below}: {}", ran.stdout);
    }
}
