//! `ringwall setup deployment` as a process.

use crate::folder::{Folder, Ran};

const IMAGE: &str = "registry.example.com/security/ringwall:0.1.0@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const POLICY: &str = "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: a}\nspec:\n  matchConstraints:\n    resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}]\n  validations: [{expression: 'true'}]\n---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: {name: a}\nspec: {policyName: a, validationActions: [Deny]}\n";

/// A folder in which `setup webhook` has written `out`.
fn prepared(files: &[(&str, &str)]) -> Folder {
    let folder = Folder::new(files);
    let ran = folder.run(&["setup", "webhook", "--output", "out"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    folder
}

fn deploy(folder: &Folder, more: &[&str]) -> Ran {
    let words = ["setup", "deployment", "--output", "out"];
    folder.run(&[&words, more].concat())
}

fn refuses(folder: &Folder, more: &[&str], expected: &str) {
    let ran = deploy(folder, more);
    assert_eq!(ran.code, 2, "{more:?}: {}", ran.stderr);
    assert!(ran.stderr.contains(expected), "{more:?}: {}", ran.stderr);
    assert!(
        !folder.path().join("out/deployment.yaml").exists(),
        "{more:?}"
    );
}

#[test]
fn what_runs_ringwall_in_a_cluster_is_clean_to_it() {
    for more in [
        &["--", "--checks"][..],
        &["--policy", "policies", "--config", "mine.toml"],
        &["--policy", "policies", "--", "--cluster"],
        &["--policy", "policies", "--replicas", "3", "--", "--audit"],
    ] {
        let folder = prepared(&[
            ("policies/pods/a.yaml", POLICY),
            ("mine.toml", "[serve]\nchecks = true\n"),
            // Overlays are not rendered; the resources of this one are files beside it.
            (
                "scan.toml",
                "[[exceptions]]\nchecks = ['unrenderable-overlay']\nreason = 'its resources are files, each of which is scanned'\n",
            ),
        ]);
        let ran = folder.run(&["setup", "rbac", "--output", "out"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let ran = deploy(&folder, &[&["--image", IMAGE], more].concat());
        assert_eq!(ran.code, 0, "{more:?}: {}", ran.stderr);
        let scan = |judging: &[&str]| {
            // Its key is a secret, and must not be committed.
            let words = ["scan", "out", "--config", "scan.toml"];
            let rest = ["--exclude", "tls.key", "--severity", "low"];
            // The audit may read all there is, which is told of its rights.
            let of_rights: &[&str] = if more.contains(&"--audit") {
                &["--exclude", "rbac.yaml"]
            } else {
                &[]
            };
            let ran = folder.run(&[&words[..], &rest, of_rights, judging].concat());
            assert_eq!(ran.code, 0, "{more:?}: {}", ran.stdout);
        };
        scan(&["--fail-on", "low"]);
        scan(&["--pod-security", "restricted"]);
        let ran = folder.run(&["setup", "check", "out"]);
        assert_eq!(ran.code, 0, "{}", ran.stdout);
        for name in ["deployment.yaml", "kustomization.yaml", "service.yaml"] {
            assert!(!folder.read(&format!("out/{name}")).contains("PRIVATE KEY"));
        }
        let speaks = more.contains(&"--cluster") || more.contains(&"--audit");
        let deployment = folder.read("out/deployment.yaml");
        assert!(deployment.contains(&format!("automountServiceAccountToken: {speaks}\n")));
        let is_named = |file: &str| {
            let resources = folder.read("out/kustomization.yaml");
            resources.lines().any(|line| line == format!("- {file}"))
        };
        assert!(is_named("validating-webhook.yaml"));
        assert!(!is_named("mutating-webhook.yaml"));
        assert_eq!(is_named("rbac.yaml"), speaks);
    }
}

#[test]
fn policies_of_folders_become_files_of_one() {
    let folder = prepared(&[
        ("policies/pods/a.yaml", POLICY),
        (
            "policies/b.rego",
            "package b\nimport rego.v1\ndeny contains \"b\" if input.kind == \"B\"\n",
        ),
        ("policies/README.md", "not a policy"),
    ]);
    let given = ["--image", IMAGE, "--policy", "policies"];
    let ran = deploy(&folder, &given);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(folder.read("out/policies/pods--a.yaml"), POLICY);
    let kustomization = folder.read("out/kustomization.yaml");
    assert!(
        kustomization.contains("  - policies/b.rego\n  - policies/pods--a.yaml\n  options:"),
        "{kustomization}"
    );
    // What is there as it would be written is in nobody's way; what differs is.
    assert_eq!(deploy(&folder, &given).code, 0);
    let more = [&given[..], &["--", "--checks"]].concat();
    let ran = deploy(&folder, &more);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("deployment.yaml exists"),
        "{}",
        ran.stderr
    );
    let key = folder.read("out/tls.key");
    let forced = [&["--force"], &more[..]].concat();
    assert_eq!(deploy(&folder, &forced).code, 0);
    assert!(
        folder
            .read("out/deployment.yaml")
            .contains("- \"--checks\"")
    );
    assert_eq!(folder.read("out/tls.key"), key);

    folder.write("policies/pods--a.yaml", POLICY);
    let ran = deploy(&folder, &forced);
    assert!(
        ran.stderr.contains("would both be pods--a.yaml"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_a_config_map_cannot_hold_is_refused() {
    let folder = prepared(&[("policies/a.yaml", POLICY)]);
    let given = ["--image", IMAGE, "--policy", "policies"];
    let most = 1 << 20;
    let comment = |bytes: usize| format!("#{}\n", "x".repeat(bytes - 2));
    folder.write("policies/b.yaml", comment(most + 1 - POLICY.len()));
    refuses(
        &folder,
        &given,
        "the policies have 1048577 bytes, and a ConfigMap holds at most 1048576",
    );
    folder.write("mine.toml", comment(most + 1));
    let of_config = ["--image", IMAGE, "--config", "mine.toml", "--", "--checks"];
    refuses(&folder, &of_config, "mine.toml has 1048577 bytes");
    folder.write("policies/b.yaml", comment(most - POLICY.len()));
    folder.write("policies/a policy.yaml", "");
    refuses(
        &folder,
        &given,
        "a policy.yaml: no key of a ConfigMap can have this name",
    );
    std::fs::remove_file(folder.path().join("policies/a policy.yaml")).expect("removed");
    let ran = deploy(&folder, &given);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("--server-side"), "{}", ran.stderr);
}

#[test]
fn an_image_that_may_change_is_refused() {
    let folder = prepared(&[]);
    for (image, expected) in [
        ("registry.example.com/ringwall:0.1.0", "names no digest"),
        ("ringwall", "names no digest"),
        ("registry.example.com/Ringwall", "--image"),
        ("ringwall@sha256:abc", "--image"),
        ("", "--image"),
    ] {
        refuses(&folder, &["--image", image, "--", "--checks"], expected);
    }
}

#[test]
fn a_folder_that_the_api_server_could_not_ask_by_is_refused() {
    let folder = Folder::new(&[]);
    let given = ["--image", IMAGE, "--", "--checks"];
    let missing = "tls.crt is not there: run `ringwall setup webhook --service ringwall/ringwall` with the same --output first";
    refuses(&folder, &given, missing);
    let webhook = |more: &[&str]| {
        let words = ["setup", "webhook", "--force", "--output", "out"];
        let ran = folder.run(&[&words, more].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    };
    webhook(&[]);
    std::fs::remove_file(folder.path().join("out/tls.key")).expect("removed");
    refuses(&folder, &given, "tls.key is not there");
    webhook(&["--service", "security/ringwall"]);
    refuses(
        &folder,
        &given,
        "would not ask the Service ringwall/ringwall at port 443",
    );
    webhook(&["--port", "8443"]);
    refuses(&folder, &given, "at port 443");
    webhook(&[]);
    let (certificate, key) = (folder.read("out/tls.crt"), folder.read("out/tls.key"));
    std::fs::remove_file(folder.path().join("out/ca.crt")).expect("removed");
    webhook(&[]);
    let own = folder.read("out/tls.key");
    folder.write("out/tls.key", &key);
    refuses(&folder, &given, "tls.key: does not go with tls.crt");
    folder.write("out/tls.crt", certificate);
    refuses(
        &folder,
        &given,
        "the API server would not trust tls.crt for ringwall.ringwall.svc",
    );
    folder.write("out/tls.key", "nothing");
    refuses(&folder, &given, "holds no private key");
    folder.write("out/tls.key", own);
    webhook(&[]);
    let of_cluster = ["--image", IMAGE, "--", "--checks", "--audit"];
    let missing =
        "rbac.yaml is not there: run `ringwall setup rbac --service-account ringwall/ringwall`";
    refuses(&folder, &of_cluster, missing);
    let ran = folder.run(&[
        "setup",
        "rbac",
        "--output",
        "out",
        "--service-account",
        "a/b",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    refuses(
        &folder,
        &of_cluster,
        "gives the service account ringwall/ringwall no rights",
    );
    for service in ["kube-system/ringwall", "default/ringwall"] {
        let more = ["--image", IMAGE, "--service", service, "--", "--checks"];
        refuses(&folder, &more, "is not ringwall's own");
    }
    for service in ["ringwall/1st", "Ringwall/a", "ringwall/a.b", "ringwall/a-"] {
        let more = ["--image", IMAGE, "--service", service, "--", "--checks"];
        refuses(&folder, &more, "is no name of a namespace and a Service");
    }
}

#[test]
fn a_pod_in_which_serve_would_not_start_is_refused() {
    let folder = prepared(&[]);
    let serve = |more: &[&str], expected: &str| {
        refuses(
            &folder,
            &[&["--image", IMAGE, "--"], more].concat(),
            expected,
        );
    };
    serve(&[], "nothing would be judged");
    serve(&["--chekcs"], "unexpected argument '--chekcs'");
    serve(&["--checks", "--deny", "severe"], "'severe'");
    serve(
        &["--checks", "--workers", "0"],
        "workers must be more than 0",
    );
    serve(&["--help"], "with which `ringwall serve` is to run");
    for (flag, expected) in [
        (["--policy", "a"], "give it before --"),
        (["--listen", "0.0.0.0:1"], "know the ports 8443 and 9090"),
        (["--self-made", "a"], "that of the folder"),
        (["--kubeconfig", "a"], "the service account counts"),
        (["--record", "a"], "the pod has no such file"),
    ] {
        serve(&[&["--checks"], &flag[..]].concat(), expected);
    }
    for (config, expected) in [
        ("[serve]\nrecord = 'a'\n", "serve.record names a file"),
        (
            "[image-policy]\nreports = 'a'\n",
            "image-policy.reports names a file",
        ),
        ("[serve]\nchekcs = true\n", "mine.toml:2:"),
        (
            "[serve.paths]\nvalidate = ['/other']\n",
            "leaves out /validate",
        ),
    ] {
        folder.write("mine.toml", config);
        let more = ["--image", IMAGE, "--config", "mine.toml", "--", "--checks"];
        refuses(&folder, &more, expected);
    }
    // The configuration of the folder is not in the pod, and what it says neither.
    folder.write("ringwall.toml", "[serve]\nchecks = true\n");
    serve(&[], "nothing would be judged");
}

#[test]
fn webhooks_trust_the_certificate_of_before_as_well() {
    let folder = prepared(&[]);
    let given = ["--image", IMAGE, "--", "--checks"];
    assert_eq!(deploy(&folder, &given).code, 0);
    let (certificate, key) = (folder.read("out/tls.crt"), folder.read("out/tls.key"));
    let renewed = ["setup", "webhook", "--force", "--output", "out"];
    assert_eq!(folder.run(&renewed).code, 0);
    assert_ne!(folder.read("out/tls.crt"), certificate);
    assert_eq!(folder.run(&["setup", "check", "out"]).code, 0);
    // Pods show the old one until they have the new one, and are trusted with both.
    let deploys = || deploy(&folder, &[&["--force"], &given[..]].concat()).code;
    assert_eq!(deploys(), 0);
    folder.write("out/tls.crt", certificate);
    folder.write("out/tls.key", key);
    assert_eq!(deploys(), 0);
    // Two renewals later nobody shows it any more, and nobody trusts it.
    let (certificate, key) = (folder.read("out/tls.crt"), folder.read("out/tls.key"));
    for _ in 0..2 {
        assert_eq!(folder.run(&renewed).code, 0);
    }
    folder.write("out/tls.crt", certificate);
    folder.write("out/tls.key", key);
    assert_eq!(deploys(), 2);
}
