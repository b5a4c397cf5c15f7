//! `ringwall serve` and `ringwall setup` as processes.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

use crate::folder::Folder;

#[test]
fn a_server_that_would_judge_nothing_does_not_start() {
    let folder = Folder::new(&[]);
    let check = |words: &[&str], expected: &str| {
        let ran = folder.run(words);
        assert_eq!(ran.code, 2, "{words:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{words:?}: {}", ran.stderr);
    };
    check(
        &["serve", "--self-made", "certs"],
        "nothing would be judged",
    );
    check(
        &["serve", "--self-made", "certs", "--policy", "polices"],
        "polices: no such file or folder",
    );
    folder.write("empty/README.md", "nothing yet");
    check(
        &["serve", "--self-made", "certs", "--policy", "empty"],
        "--policy names no file that could hold a policy",
    );
    check(&["serve", "--checks"], "no certificate");
    check(
        &[
            "serve",
            "--checks",
            "--tls-cert",
            "no.crt",
            "--tls-key",
            "no.key",
        ],
        "no.crt: cannot be read",
    );
    check(
        &[
            "serve",
            "--checks",
            "--self-made",
            "certs",
            "--require-client-certificate",
            "/validate",
        ],
        "/validate requires client certificates",
    );
    check(
        &[
            "serve",
            "--checks",
            "--self-made",
            "certs",
            "--require-client-certificate",
            "/validated",
        ],
        "which is no path that is served",
    );
    folder.write(
        "ringwall.toml",
        "[image-policy]\nallowed = [\"library/nginx\"]\n",
    );
    check(
        &["serve", "--self-made", "certs"],
        "write docker.io/library/nginx",
    );
    let scan = |text: &str, expected: &str| {
        folder.write("ringwall.toml", text);
        folder.write("secret", "Bearer abc\n");
        check(&["serve", "--self-made", "certs", "--checks"], expected);
    };
    scan("[serve.scan]\n", "name it as `reports` in [image-policy]");
    let reports = "[image-policy]\nreports = \"reports\"\n[serve.scan]\n";
    for (more, expected) in [
        ("secret = \"secret\"", "no repositories"),
        ("repositories = [\"r.example.com\"]", "neither a secret"),
        (
            "secret = \"secret\"\nrepositories = [\"*.example.com\"]",
            "name each registry",
        ),
        (
            "secret = \"secret\"\nrepositories = [\"r.example.com\"]",
            "one line of 16 characters",
        ),
        (
            "secret = \"none\"\nrepositories = [\"r.example.com\"]",
            "the secret of notifications none",
        ),
        ("queue = 0", "queue must be more than 0"),
    ] {
        scan(&format!("{reports}{more}\n"), expected);
    }
    folder.write("ringwall.toml", "[serve]\nlisten = \"everywhere\"\n");
    check(
        &["serve", "--self-made", "certs", "--checks"],
        "ringwall.toml:2:",
    );
}

/// A server that is ended when the test is.
#[cfg(unix)]
struct Serving {
    child: Child,
    health: String,
}

#[cfg(unix)]
impl Serving {
    fn start(folder: &Path, judges: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ringwall"))
            .args(["serve", "--self-made", "certs", "--drain-delay", "0"])
            .args(judges)
            .args(["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let stderr = child.stderr.take().expect("a pipe");
        let lines = BufReader::new(stderr).lines();
        let health = lines.map_while(Result::ok).find_map(|line| {
            line.strip_prefix("health and metrics at http://")
                .map(str::to_owned)
        });
        Self {
            child,
            health: health.expect("the address"),
        }
    }

    fn ask(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.health).expect("somebody listens");
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"
        )
        .expect("written");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("read");
        answer
    }
}

#[cfg(unix)]
impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(unix)]
#[test]
fn a_server_says_that_it_is_ready_and_ends_in_order_when_it_is_told_to() {
    let folder = Folder::new(&[]);
    let mut serving = Serving::start(folder.path(), &["--checks"]);
    assert!(serving.ask("/readyz").starts_with("HTTP/1.1 200"));
    assert!(
        serving
            .ask("/metrics")
            .contains("\nringwall_policies_loaded ")
    );
    assert!(serving.ask("/status").contains("privileged-container"));
    assert!(folder.read("certs/ca.crt").contains("BEGIN CERTIFICATE"));
    let told = Command::new("kill")
        .args(["-TERM", &serving.child.id().to_string()])
        .status()
        .expect("kill runs");
    assert!(told.success());
    assert_eq!(serving.child.wait().expect("it ends").code(), Some(0));
}

#[cfg(unix)]
#[test]
fn rego_judges_with_its_data_and_by_the_packages_that_are_named() {
    let folder = Folder::new(&[
        (
            "policy/images.rego",
            "package images\nimport rego.v1\ndeny contains \"x\" if input.image in data.refused\n",
        ),
        (
            "policy/other.rego",
            "package other\nwarn[\"x\"] { input.a }\n",
        ),
        ("data/refused.yaml", "refused: [a]\n"),
    ]);
    let judges = ["--policy", "policy", "--data", "data"];
    let status = Serving::start(folder.path(), &judges).ask("/status");
    assert!(status.contains("\"images/deny\""), "{status}");
    assert!(status.contains("\"other/warn\""), "{status}");
    assert!(status.contains("\"brokenFiles\":[]"), "{status}");
    let named = [&judges[..], &["--rego-namespace", "other"]].concat();
    let status = Serving::start(folder.path(), &named).ask("/status");
    assert!(status.contains("\"other/warn\""), "{status}");
    assert!(!status.contains("images/deny"), "{status}");
    // There is no earlier content to judge by.
    folder.write("data/refused.yaml", "refused: [\n");
    folder.write("policy/other.rego", "package other\ndeny[\"x\"] {\n");
    let ran = folder.run(&[&["serve", "--self-made", "certs"], &judges[..]].concat());
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("is no yaml"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("reviews at"), "{}", ran.stderr);
    folder.write("data/refused.yaml", "refused: [a]\n");
    let ran = folder.run(&[&["serve", "--self-made", "certs"], &judges[..]].concat());
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("policy/other.rego:2"), "{}", ran.stderr);
}

#[test]
fn what_setup_writes_is_checked_and_mistakes_in_it_are_found() {
    let folder = Folder::new(&[]);
    let ran = folder.run(&[
        "setup",
        "image-policy",
        "--output",
        "admission",
        "--server",
        "localhost:8443",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.contains("wrote admission/tls.key"),
        "{}",
        ran.stdout
    );
    let check = |code: i32, expected: &str| {
        let ran = folder.run(&["setup", "check", "admission"]);
        assert_eq!(ran.code, code, "{}", ran.stdout);
        assert!(ran.stdout.contains(expected), "{}", ran.stdout);
    };
    check(0, "8 files, 0 mistakes, 0 things not looked at");
    let again = folder.run(&["setup", "image-policy", "--output", "admission"]);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("exists"), "{}", again.stderr);

    let name = "admission/admission-configuration.yaml";
    let text = folder.read(name);
    folder.write(
        name,
        text.replace("defaultAllow: false", "defaultAllow: true"),
    );
    check(1, "defaultAllow: true lets every image run");
    folder.write(name, text);
    fs::remove_file(folder.path().join("admission/ca.crt")).expect("removed");
    check(3, "not looked at");
    let json = folder
        .run(&["setup", "check", "--json", "admission"])
        .json();
    assert_eq!(json["problems"].as_array().map(Vec::len), Some(0));
    assert_eq!(json["version"], 1);
}

#[test]
fn setup_refuses_what_could_not_work() {
    let folder = Folder::new(&[]);
    for (words, expected) in [
        (
            &[
                "setup",
                "image-policy",
                "--output",
                "a",
                "--server",
                "https://a:1/b",
            ][..],
            "is not a host and a port",
        ),
        (
            &["setup", "image-policy", "--output", "a", "--path", "x"],
            "is not a path",
        ),
        (
            &["setup", "image-policy", "--output", "a", "--allow-ttl", "1"],
            "1 is not in 2..=1800",
        ),
        (
            &["setup", "webhook", "--output", "a", "--service", "x"],
            "is not a namespace and a name",
        ),
        (
            &["setup", "webhook", "--output", "a", "--policy", "."],
            "there are no policies",
        ),
        (
            &["setup", "webhook", "--output", "a", "--timeout", "31"],
            "31 is not in 1..=30",
        ),
    ] {
        let ran = folder.run(words);
        assert_eq!(ran.code, 2, "{words:?}");
        assert!(ran.stderr.contains(expected), "{words:?}: {}", ran.stderr);
        assert!(!folder.path().join("a").exists());
    }
    let ran = folder.run(&["setup", "webhook", "--output", "b", "--mutate"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        folder
            .read("b/mutating-webhook.yaml")
            .contains("MutatingWebhookConfiguration")
    );
    // What checks look at is sent, and what is not is named.
    let rules = folder.read("b/validating-webhook.yaml");
    for sent in [
        "[ciliumclusterwidenetworkpolicies, ciliumnetworkpolicies]",
        "[destinationrules, gateways, virtualservices]",
        "[securitycontextconstraints]",
    ] {
        assert!(rules.contains(sent), "{sent}: {rules}");
    }
    for unsent in [
        "ConfigMaps and Secrets; ",
        "APIServices; ",
        "webhook configurations",
    ] {
        assert!(ran.stderr.contains(unsent), "{unsent}: {}", ran.stderr);
    }
    folder.write("policy.yaml", "apiVersion: mutations.gatekeeper.sh/v1\nkind: Assign\nmetadata: {name: a}\nspec:\n  applyTo: [{groups: [''], versions: [v1], kinds: [ConfigMap]}]\n  location: data.a\n  parameters: {assign: {value: b}}\n");
    folder.write("broken.yaml", "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: {name: x}\nspec: {}\n");
    let of_policy = [
        "setup",
        "webhook",
        "--output",
        "d",
        "--policy",
        "policy.yaml",
    ];
    let ran = folder.run(&of_policy);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("--mutate writes"), "{}", ran.stderr);
    let ran = folder.run(
        &[
            &of_policy[..],
            &["--force", "--mutate", "--policy", "broken.yaml"],
        ]
        .concat(),
    );
    // What the broken one would ask about is not known.
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("not looked at: broken.yaml:"),
        "{}",
        ran.stderr
    );
    let rules = folder.read("d/mutating-webhook.yaml");
    assert!(rules.contains("resources: [configmaps, "), "{rules}");
    assert!(
        !folder
            .read("d/validating-webhook.yaml")
            .contains("configmaps")
    );
    let ran = folder.run(&["setup", "audit", "--output", "c"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn webhooks_are_held_against_what_policies_ask_about() {
    let folder = Folder::new(&[
        (
            "judging.yaml",
            "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: a}\nspec:\n  matchConstraints:\n    resourceRules: [{apiGroups: ['', apps], apiVersions: [v1], operations: [UPDATE, DELETE], resources: [configmaps, pods]}]\n  validations: [{expression: 'false'}]\n---\napiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicyBinding\nmetadata: {name: a}\nspec: {policyName: a, validationActions: [Deny]}\n",
        ),
        (
            "changing.yaml",
            "apiVersion: mutations.gatekeeper.sh/v1\nkind: Assign\nmetadata: {name: a}\nspec:\n  applyTo: [{groups: [example.com], versions: [v1], kinds: [Brewery]}]\n  location: spec.a\n  parameters: {assign: {value: b}}\n",
        ),
    ]);
    let write = |more: &[&str]| {
        let ran = folder.run(&[&["setup", "webhook", "--force", "--output", "a"], more].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    };
    let check = |policies: &[&str]| {
        let of_each = policies.iter().flat_map(|path| ["--policy", *path]);
        let words: Vec<_> = ["setup", "check", "a"].into_iter().chain(of_each).collect();
        let ran = folder.run(&words);
        (ran.code, ran.stdout)
    };
    write(&[]);
    assert_eq!(check(&[]).0, 0);
    // Somebody else's webhook is sent everything, and does not ask ringwall.
    folder.write(
        "a/other.yaml",
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: other}\nwebhooks:\n- name: other.example.com\n  rules: [{apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*']}]\n",
    );
    let (code, told) = check(&["judging.yaml"]);
    assert_eq!(code, 1, "{told}");
    for missing in [
        "validating-webhook.yaml:6: policies judge DELETE of configmaps, pods, and no rule sends that",
        "policies judge UPDATE of configmaps, and no rule",
        "policies judge DELETE, UPDATE of configmaps.apps, pods.apps, and no rule",
    ] {
        assert!(told.contains(missing), "{missing}: {told}");
    }
    fs::remove_file(folder.path().join("a/other.yaml")).unwrap();
    // Nothing says that deletions are to be sent, and the code looks for them.
    folder.write("looking.yaml", "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: {name: looks}\nspec:\n  crd: {spec: {names: {kind: Looks}}}\n  targets:\n  - target: admission.k8s.gatekeeper.sh\n    rego: |\n      package looks\n      violation[{\"msg\": \"no\"}] { input.review.operation == \"DELETE\" }\n---\napiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Looks\nmetadata: {name: a}\nspec: {match: {kinds: [{apiGroups: [''], kinds: [Pod]}]}}\n");
    let (code, told) = check(&["looking.yaml"]);
    assert_eq!(code, 3, "{told}");
    assert!(told.contains("looks for the operation DELETE"), "{told}");
    write(&["--policy", "judging.yaml"]);
    assert_eq!(check(&["judging.yaml"]).0, 0);
    // What leaves out some of what rules name may leave out what policies judge.
    let written = folder.read("a/validating-webhook.yaml");
    for (narrowing, what) in [
        (
            "  objectSelector: {matchLabels: {judged: 'yes'}}\n",
            "objectSelector",
        ),
        (
            "  objectSelector: {matchExpressions: [{key: judged, operator: Exists}]}\n",
            "objectSelector",
        ),
        (
            "  matchConditions: [{name: some, expression: \"request.operation != 'DELETE'\"}]\n",
            "a condition of matchConditions",
        ),
    ] {
        folder.write("a/validating-webhook.yaml", format!("{written}{narrowing}"));
        // Whoever writes the labels of an object decides by these, which is a mistake whatever policies ask.
        let is_mistake = what == "objectSelector";
        let (code, told) = check(&["judging.yaml"]);
        assert_eq!(code, if is_mistake { 1 } else { 3 }, "{told}");
        assert!(told.contains(&format!("{what} leaves out some")), "{told}");
        let (code, told) = check(&[]);
        assert_eq!(code, i32::from(is_mistake), "{told}");
    }
    for (from, to, what) in [
        ("operator: NotIn", "operator: In", "namespaceSelector"),
        (
            "  - apiGroups: [",
            "  - scope: Namespaced\n    apiGroups: [",
            "the scope of a rule",
        ),
    ] {
        folder.write("a/validating-webhook.yaml", written.replace(from, to));
        let (_, told) = check(&["judging.yaml"]);
        assert!(told.contains(&format!("{what} leaves out some")), "{told}");
    }

    let (code, told) = check(&["changing.yaml"]);
    assert_eq!(code, 3, "{told}");
    assert!(
        told.contains("no MutatingWebhookConfiguration in this folder"),
        "{told}"
    );
    write(&["--mutate"]);
    let (code, told) = check(&["changing.yaml"]);
    assert_eq!(code, 1, "{told}");
    assert!(
        told.contains("policies change CREATE, UPDATE of every resource of example.com"),
        "{told}"
    );
    // One whose rules somebody wrote may well name the resource.
    let written = folder.read("a/mutating-webhook.yaml");
    let by_hand = written.replace("apiGroups: [apps, batch]", "apiGroups: [example.com]");
    folder.write("a/mutating-webhook.yaml", &by_hand);
    let (code, told) = check(&["changing.yaml"]);
    assert_eq!(code, 3, "{told}");
    assert!(
        told.contains("its resource is not told by its name"),
        "{told}"
    );
    write(&["--mutate", "--policy", "changing.yaml"]);
    assert_eq!(check(&["changing.yaml", "judging.yaml"]).0, 1);

    write(&[
        "--mutate",
        "--policy",
        "changing.yaml",
        "--policy",
        "judging.yaml",
    ]);
    assert_eq!(check(&["changing.yaml", "judging.yaml"]).0, 0);

    folder.write(
        "own.toml",
        "[[workloads]]\ngroup = \"shop.example.com\"\nkind = \"App\"\npath = \"spec.template\"\n",
    );
    let check = || folder.run(&["setup", "check", "a", "--config", "own.toml"]);
    let ran = check();
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    let missing = "checks of configured workloads judge CREATE, UPDATE of apps.shop.example.com, and no rule sends that: setup webhook --config";
    assert!(ran.stdout.contains(missing), "{}", ran.stdout);
    write(&["--config", "own.toml"]);
    assert_eq!(check().code, 0, "{}", check().stdout);
}

#[test]
fn a_webhook_is_sent_what_is_known_and_configured_to_carry_pods() {
    let workload =
        "[[workloads]]\ngroup = \"example.com\"\nkind = \"Brewery\"\npath = \"spec.pod\"\n";
    let folder = Folder::new(&[("ringwall.toml", workload), ("none.toml", "")]);
    let words = ["setup", "webhook", "--mutate", "--force", "--output", "a"];
    for (config, is_sent) in [(&[][..], true), (&["--config", "none.toml"][..], false)] {
        let ran = folder.run(&[&words[..], config].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        for name in ["a/validating-webhook.yaml", "a/mutating-webhook.yaml"] {
            let rules = folder.read(name);
            let configured = "apiGroups: [example.com]\n    apiVersions: [\"*\"]\n    operations: [CREATE, UPDATE]\n    resources: [breweries]\n";
            assert_eq!(rules.contains(configured), is_sent, "{rules}");
            for known in [
                "argoproj.io",
                "rollouts",
                "raycl",
                "namespaces, persistentvolumes",
            ] {
                assert!(rules.contains(known), "{known}: {rules}");
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn policies_that_compare_objects_are_not_ready_before_these_are_known() {
    const POLICIES: &str = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: uniquehost}
spec:
  crd: {spec: {names: {kind: UniqueHost}}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package uniquehost
      violation[{"msg": "taken"}] {
        data.inventory.namespace[_][_].Ingress[_].spec.host == input.review.object.spec.host
      }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: UniqueHost
metadata: {name: hosts}
---
apiVersion: config.gatekeeper.sh/v1alpha1
kind: Config
metadata: {name: config, namespace: gatekeeper-system}
spec: {sync: {syncOnly: [{group: networking.k8s.io, version: v1, kind: Ingress}]}}
"#;
    const KUBECONFIG: &str = r#"apiVersion: v1
kind: Config
clusters: [{name: a, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: a, user: {token: x}}]
contexts: [{name: a, context: {cluster: a, user: a}}]
current-context: a
"#;
    let folder = Folder::new(&[("policies.yaml", POLICIES), ("kubeconfig", KUBECONFIG)]);
    let judges = ["--policy", "policies.yaml"];
    let away = [&judges[..], &["--cluster", "--kubeconfig", "kubeconfig"]].concat();
    let serving = Serving::start(folder.path(), &away);
    let ready = serving.ask("/readyz");
    assert!(
        ready.starts_with("HTTP/1.1 503") && ready.contains("not listed yet"),
        "{ready}"
    );
    let status = serving.ask("/status");
    assert!(status.contains("\"isInformed\":false"), "{status}");
    assert!(status.contains("\"withoutInventory\":[]"), "{status}");
    drop(serving);

    let serving = Serving::start(folder.path(), &judges);
    assert!(serving.ask("/readyz").starts_with("HTTP/1.1 200"));
    let status = serving.ask("/status");
    assert!(
        status.contains("\"withoutInventory\":[\"UniqueHost/hosts\"]"),
        "{status}"
    );
    drop(serving);

    folder.write("policies.yaml", POLICIES.replacen("---\n", "", 1));
    let ran = folder.run(&[&["serve", "--self-made", "certs"], &judges[..]].concat());
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    let told = ["policies.yaml:13: ", "'apiVersion' is repeated"];
    assert!(
        told.iter().all(|told| ran.stderr.contains(told)),
        "{}",
        ran.stderr
    );
}
