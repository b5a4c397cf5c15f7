//! `ringwall scan --policy`: what users' own policies say of manifests.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests may fail loudly, and say why they skip"
)]

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

fn scan(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_ringwall"))
        .env_remove("RINGWALL_DB")
        .env("XDG_DATA_HOME", env!("CARGO_TARGET_TMPDIR"))
        .args(["scan", "-o", "json"])
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("ringwall runs");
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
        unreachable!("{}", String::from_utf8_lossy(&output.stderr));
    });
    (output.status.code().expect("an exit code"), report)
}

/// Check, object and line of each finding of a policy.
fn of_policies(report: &Value) -> Vec<(String, String, u64)> {
    let findings = report["findings"].as_array().expect("findings");
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    findings
        .iter()
        .filter(|finding| text(&finding["check"]).contains('/'))
        .map(|finding| {
            (
                text(&finding["check"]),
                text(&finding["subject"]["name"]),
                finding["location"]["line"].as_u64().expect("a line"),
            )
        })
        .collect()
}

#[test]
fn the_template_of_the_notes_denies_admits_and_denies() {
    let examples =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/examples/gatekeeper");
    if !examples.is_dir() {
        println!("skipped: ../shared/examples is not here");
        return;
    }
    let (code, report) = scan(
        &examples,
        &[
            "--policy",
            "template.yaml",
            "--policy",
            "constraint.yaml",
            "pods.yaml",
        ],
    );
    let id = "pod-trusted-images/violation".to_owned();
    assert_eq!(
        of_policies(&report),
        [
            (id.clone(), "short-name".to_owned(), 5),
            (id, "second".to_owned(), 17)
        ]
    );
    assert_eq!(code, 1);
    // As it was printed, the template has a tab where only spaces may stand.
    let (_, report) = scan(
        &examples,
        &["--policy", "template-as-printed.yaml", "pods.yaml"],
    );
    let missing = &report["not_assessed"][0];
    assert_eq!(missing["id"], "unusable-policy");
    assert_eq!(missing["location"]["line"], 14);
    let reason = missing["reason"].as_str().expect("a reason");
    assert!(reason.contains("tab in indentation"), "{reason}");
}

const POLICY: &str = "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
  validations:
  - {expression: object.spec.replicas <= 3, message: too many}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: shop}
spec:
  policyName: replicas
  validationActions: [ACTION]
  matchResources: {namespaceSelector: {matchLabels: {env: prod}}}
";

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  # ringwall: ignore[replicas/validation] reason=\"load test\"
  replicas: 9
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: a, image: 'a:1'}]}}
";

const NAMESPACE: &str = "apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {env: prod}}
";

/// A folder with the policy, a Deployment and perhaps its namespace.
fn folder(action: &str, namespace: &str, deployment: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        fs::write(path, text).expect("the file");
    };
    write("policies/replicas.yaml", &POLICY.replace("ACTION", action));
    write("app/web.yaml", deployment);
    if !namespace.is_empty() {
        write("app/namespace.yaml", namespace);
    }
    folder
}

#[test]
fn an_admission_policy_judges_a_scan_as_admission_would() {
    let plain = DEPLOYMENT.replace(
        "  # ringwall: ignore[replicas/validation] reason=\"load test\"\n",
        "",
    );
    let in_scan = folder("Deny", NAMESPACE, &plain);
    let (code, report) = scan(in_scan.path(), &["--policy", "policies", "app"]);
    let found = of_policies(&report);
    assert_eq!(
        found,
        [("replicas/validation".to_owned(), "web".to_owned(), 5)]
    );
    assert_eq!(code, 1);
    let warned = folder("Warn", NAMESPACE, &plain);
    let (_, report) = scan(warned.path(), &["--policy", "policies", "app"]);
    let finding = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .find(|finding| finding["check"] == "replicas/validation");
    assert_eq!(finding.expect("a warning")["severity"], "medium");
}

#[test]
fn a_namespace_that_nobody_knows_is_not_assessed() {
    let alone = folder("Deny", "", DEPLOYMENT);
    let (_, report) = scan(alone.path(), &["--policy", "policies", "app"]);
    let missing = &report["not_assessed"][0];
    assert_eq!(missing["id"], "failed-policy");
    let reason = missing["reason"].as_str().expect("a reason");
    assert!(reason.contains("namespaces \"shop\" not found"), "{reason}");
}

#[test]
fn exceptions_cover_findings_of_policies() {
    let excused = folder("Deny", NAMESPACE, DEPLOYMENT);
    fs::write(
        excused.path().join("app/ringwall.toml"),
        "[[exceptions]]\nchecks = [\"replicas/validation\"]\nnames = [\"web\"]\nreason = \"load test\"\n",
    )
    .expect("the configuration");
    let (_, report) = scan(excused.path(), &["--policy", "policies", "app"]);
    let findings = report["findings"].as_array().expect("findings");
    let status = |check: &str| {
        let found = findings.iter().find(|finding| finding["check"] == check);
        found.map(|finding| finding["status"].clone())
    };
    assert_eq!(status("replicas/validation"), Some(Value::from("accepted")));
    assert_eq!(status("unknown-exception-id"), None);
}

#[test]
fn rego_that_a_scan_does_not_judge_is_told() {
    let with_rego = folder("Deny", NAMESPACE, DEPLOYMENT);
    fs::write(with_rego.path().join("policies/a.rego"), "package main\n").expect("the file");
    let (_, report) = scan(with_rego.path(), &["--policy", "policies", "app"]);
    let missing = report["not_assessed"].as_array().expect("a list");
    assert!(
        missing.iter().any(|item| item["id"] == "unusable-policy"
            && item["subject"]["file"]
                .as_str()
                .is_some_and(|file| file.ends_with("a.rego"))),
        "{missing:?}"
    );
}

#[test]
fn what_is_about_a_whole_object_is_reported_when_any_of_it_changed() {
    let plain = DEPLOYMENT.replace(
        "  # ringwall: ignore[replicas/validation] reason=\"load test\"\n",
        "",
    );
    let repository = folder(
        "Deny",
        NAMESPACE,
        &plain.replace("replicas: 9", "replicas: 2"),
    );
    let git = |words: &[&str]| {
        Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(words)
            .current_dir(repository.path())
            .output()
            .is_ok_and(|output| output.status.success())
    };
    if !git(&["init", "-q"]) {
        println!("skipped: git is not here");
        return;
    }
    assert!(git(&["add", "."]) && git(&["commit", "-q", "-m", "a"]));
    fs::write(repository.path().join("app/web.yaml"), plain).expect("the file");
    let arguments = ["--policy", "policies", "--changed", "HEAD", "app"];
    let (code, report) = scan(repository.path(), &arguments);
    let expected = [("replicas/validation".to_owned(), "web".to_owned(), 5)];
    assert_eq!(of_policies(&report), expected);
    assert_eq!(code, 1);
    assert!(git(&["commit", "-q", "-a", "-m", "b"]));
    let (code, report) = scan(repository.path(), &arguments);
    assert_eq!(of_policies(&report), []);
    assert_eq!(code, 0);
    // Three lines below the place that is told: who knows what the policy looks at besides.
    let other = DEPLOYMENT.replace("'a:1'", "'a:2'");
    let other = other.replace(
        "  # ringwall: ignore[replicas/validation] reason=\"load test\"\n",
        "",
    );
    fs::write(repository.path().join("app/web.yaml"), other).expect("the file");
    let (_, report) = scan(repository.path(), &arguments);
    assert_eq!(of_policies(&report), expected);
}

#[test]
fn policies_are_chosen_by_their_ids() {
    let plain = DEPLOYMENT.replace(
        "  # ringwall: ignore[replicas/validation] reason=\"load test\"\n",
        "",
    );
    let in_scan = folder("Deny", NAMESPACE, &plain);
    let count = |words: &[&str]| {
        let all: Vec<_> = ["--policy", "policies", "app"]
            .iter()
            .chain(words)
            .copied()
            .collect();
        of_policies(&scan(in_scan.path(), &all).1).len()
    };
    assert_eq!(count(&["--only", "replicas/validation"]), 1);
    assert_eq!(count(&["--skip", "replicas/validation"]), 0);
    assert_eq!(count(&["--only", "privileged-container"]), 0);
}

/// A template whose Rego is given, with a constraint that adds to its `spec`.
fn gatekeeper(rego: &str, spec: &str) -> String {
    let rego = rego.trim().replace('\n', "\n        ");
    format!(
        "apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {{name: probe}}
spec:
  crd: {{spec: {{names: {{kind: Probe}}}}}}
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package probe
        {rego}
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: Probe
metadata: {{name: probe}}
spec: {spec}
"
    )
}

/// What a template says of the application in a scan: severity and message.
fn probed(policies: &[&str], app: &str) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    fs::create_dir(folder.path().join("policies")).expect("the folder");
    for (index, policy) in policies.iter().enumerate() {
        write(&format!("policies/{index}.yaml"), policy);
    }
    write("app.yaml", app);
    let arguments = [
        "--policy",
        "policies",
        "--only",
        "probe/violation",
        "app.yaml",
    ];
    let (_, report) = scan(folder.path(), &arguments);
    assert_eq!(report["not_assessed"], Value::Array(Vec::new()));
    let findings = report["findings"].as_array().expect("findings");
    let text = |finding: &Value, field: &str| finding[field].as_str().unwrap_or("").to_owned();
    let lines = findings.iter();
    lines
        .map(|finding| (text(finding, "severity"), text(finding, "message")))
        .collect()
}

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\n";

#[test]
fn a_scan_looks_ahead_to_every_point_of_enforcement() {
    let always = "violation[{\"msg\": \"no\"}] { true }";
    let scoped = |entries: &[(&str, &str)]| {
        let entries = entries.iter().map(|(action, point)| {
            format!("{{action: {action}, enforcementPoints: [{{name: {point}}}]}}")
        });
        let entries: Vec<_> = entries.collect();
        let spec = format!(
            "{{enforcementAction: scoped, scopedEnforcementActions: [{}]}}",
            entries.join(", ")
        );
        probed(&[&gatekeeper(always, &spec)], CONFIG_MAP)
    };
    let one = |severity: &str| [(severity.to_owned(), "no".to_owned())];
    let (webhook, audit, gator) = (
        "validation.gatekeeper.sh",
        "audit.gatekeeper.sh",
        "gator.gatekeeper.sh",
    );
    assert_eq!(scoped(&[("warn", webhook), ("deny", gator)]), one("high"));
    assert_eq!(scoped(&[("deny", webhook)]), one("high"));
    assert_eq!(scoped(&[("dryrun", audit)]), one("low"));
    assert_eq!(scoped(&[]), []);
    // What keeps a namespace from the audit does not keep it from the webhook.
    let config = |process: &str| {
        let config = format!(
            "apiVersion: config.gatekeeper.sh/v1alpha1\nkind: Config\nmetadata: {{name: config, namespace: gatekeeper-system}}\nspec: {{match: [{{excludedNamespaces: [shop], processes: [{process}]}}]}}\n"
        );
        probed(&[&gatekeeper(always, "{}"), &config], CONFIG_MAP)
    };
    assert_eq!(config("audit"), one("high"));
    assert_eq!(config("webhook"), []);
}

#[test]
fn templates_see_a_creation_in_a_scan_and_namespaces_are_in_none() {
    let operation = "violation[{\"msg\": msg}] { msg := input.review.operation }";
    let found = probed(&[&gatekeeper(operation, "{}")], CONFIG_MAP);
    assert_eq!(found, [("high".to_owned(), "CREATE".to_owned())]);
    let around = "violation[{\"msg\": msg}] { msg := input.review.namespaceObject.metadata.name }";
    let around = gatekeeper(around, "{}");
    assert_eq!(probed(&[&around], NAMESPACE), []);
    let both = format!("{NAMESPACE}---\n{CONFIG_MAP}");
    let found = probed(&[&around], &both);
    assert_eq!(found, [("high".to_owned(), "shop".to_owned())]);
}

#[test]
fn items_of_a_typed_list_are_judged() {
    let template = gatekeeper(
        "violation[{\"msg\": input.review.kind.kind}] { true }",
        "{}",
    );
    let list =
        "apiVersion: v1\nkind: ConfigMapList\nitems:\n- metadata: {name: a, namespace: shop}\n";
    let found = probed(&[&template], list);
    assert_eq!(found, [("high".to_owned(), "ConfigMap".to_owned())]);
}

/// What is told of a scan of an application by policies that judge nothing, or not all.
fn untold(policy: &str, app: &str) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("policy.yaml"), policy).expect("the policy");
    fs::write(folder.path().join("app.yaml"), app).expect("the application");
    let (_, report) = scan(folder.path(), &["--policy", "policy.yaml", "app.yaml"]);
    let missing = report["not_assessed"].as_array().expect("a list").iter();
    let reason = |item: &Value| item["reason"].as_str().expect("a reason").to_owned();
    missing.map(reason).collect()
}

#[test]
fn admission_policies_that_judge_nothing_are_told() {
    let (policy, binding) = POLICY.split_once("---").expect("two documents");
    let told = untold(policy, NAMESPACE);
    assert_eq!(
        told,
        ["ValidatingAdmissionPolicy replicas: judges nothing: no binding names it"]
    );
    let with_params = |name: &str| {
        let policy = policy.replace(
            "  validations:",
            "  paramKind: {apiVersion: v1, kind: ConfigMap}\n  validations:",
        );
        let binding = binding.replace(
            "[ACTION]",
            &format!("[Deny]\n  paramRef: {{name: {name}, namespace: shop, parameterNotFoundAction: Allow}}"),
        );
        untold(&format!("{policy}---{binding}"), CONFIG_MAP)
    };
    assert_eq!(with_params("a"), Vec::<String>::new());
    let told = with_params("b");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("none of its parameters is known"),
        "{told:?}"
    );
}

#[test]
fn an_object_whose_name_is_generated_has_one_when_it_is_validated() {
    let policy = POLICY
        .replace(
            "object.spec.replicas <= 3",
            "object.metadata.name == request.name && object.metadata.name.startsWith('run-')",
        )
        .replace("[ACTION]", "[Deny]")
        .replace(
            "  matchResources: {namespaceSelector: {matchLabels: {env: prod}}}\n",
            "",
        );
    let app = DEPLOYMENT.replace("name: web", "generateName: run-");
    assert_eq!(untold(&policy, &app), Vec::<String>::new());
}

#[test]
fn what_mutators_do_is_done_before_a_scan_judges() {
    let labels =
        "violation[{\"msg\": \"no owner\"}] { not input.review.object.metadata.labels.owner }";
    let template = gatekeeper(labels, "{}");
    let mutator = "apiVersion: mutations.gatekeeper.sh/v1\nkind: AssignMetadata\nmetadata: {name: owner}\nspec:\n  location: metadata.labels.owner\n  parameters: {assign: {value: shop}}\n";
    let found = probed(&[&template], CONFIG_MAP);
    assert_eq!(found, [("high".to_owned(), "no owner".to_owned())]);
    assert_eq!(probed(&[&template, mutator], CONFIG_MAP), []);
}

#[test]
fn custom_kinds_are_asked_about_by_the_names_of_their_resources() {
    let policy = |group: &str, resource: &str| {
        format!(
            "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: probe}}
spec:
  matchConstraints: {{resourceRules: [{{apiGroups: [{group}], apiVersions: [v1], operations: [CREATE], resources: [{resource}]}}]}}
  validations: [{{expression: 'false', message: refused}}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: probe}}
spec: {{policyName: probe, validationActions: [Deny]}}
"
        )
    };
    let found = |policy: &str, app: &str| {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("policy.yaml"), policy).expect("the policy");
        fs::write(folder.path().join("app.yaml"), app).expect("the application");
        let (_, report) = scan(folder.path(), &["--policy", "policy.yaml", "app.yaml"]);
        of_policies(&report).len()
    };
    let constraints = "apiVersion: security.openshift.io/v1\nkind: SecurityContextConstraints\nmetadata: {name: a}\n";
    let of_constraints = policy("security.openshift.io", "securitycontextconstraints");
    assert_eq!(found(&of_constraints, constraints), 1);
    let animal =
        "apiVersion: farm.example/v1\nkind: Sheep\nmetadata: {name: dolly, namespace: shop}\n";
    let definition = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: sheep.farm.example}
spec: {group: farm.example, scope: Namespaced, names: {kind: Sheep, plural: sheep}, versions: []}
";
    let of_animals = policy("farm.example", "sheep");
    assert_eq!(found(&of_animals, animal), 0, "nobody says how it is named");
    assert_eq!(found(&of_animals, &format!("{animal}---\n{definition}")), 1);
}

#[test]
fn a_custom_object_without_a_namespace_is_in_default_unless_its_kind_is_of_the_cluster() {
    let policy = |scope: &str| {
        let template = gatekeeper(
            "violation[{\"msg\": msg}] { msg := object.get(input.review.object.metadata, \"namespace\", \"none\") }",
            &format!(
                "{{match: {{scope: {scope}, kinds: [{{apiGroups: [farm.example], kinds: [Sheep]}}]}}}}"
            ),
        );
        let animal = "apiVersion: farm.example/v1\nkind: Sheep\nmetadata: {name: dolly}\n";
        let definition = |scope: &str| {
            format!(
                "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: sheep.farm.example}}\nspec: {{group: farm.example, scope: {scope}, names: {{kind: Sheep, plural: sheep}}, versions: []}}\n"
            )
        };
        let found = |policies: &[&str]| -> Vec<String> {
            let found = probed(policies, animal).into_iter();
            found.map(|(_, message)| message).collect()
        };
        [
            found(&[&template, &definition("Namespaced")]),
            found(&[&template, &definition("Cluster")]),
            found(&[&template]),
        ]
    };
    let only = |message: &str| vec![message.to_owned()];
    assert_eq!(
        policy("Namespaced"),
        [only("default"), Vec::new(), only("default")]
    );
    assert_eq!(policy("Cluster"), [Vec::new(), only("none"), only("none")]);
    assert_eq!(policy("'*'"), [only("default"), only("none"), only("none")]);
}

#[test]
fn a_scan_judges_by_templates_that_the_webhook_asks_about_changes_only() {
    let template = gatekeeper("violation[{\"msg\": \"no\"}] { true }", "{}");
    let template = template.replace("      rego: |", "      operations: [UPDATE]\n      rego: |");
    assert_eq!(
        probed(&[&template], CONFIG_MAP),
        [("high".to_owned(), "no".to_owned())]
    );
}

#[test]
fn namespaces_are_selected_by_their_names_whether_manifests_label_them_or_not() {
    let template = gatekeeper(
        "violation[{\"msg\": input.review.kind.kind}] { true }",
        "{match: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}}",
    );
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n";
    let found = probed(&[&template], &format!("{namespace}---\n{CONFIG_MAP}"));
    let found: Vec<_> = found.iter().map(|(_, message)| message.as_str()).collect();
    assert_eq!(found, ["Namespace", "ConfigMap"]);
}

#[test]
fn the_same_of_other_containers_is_pointed_at() {
    let folder = folder(
        "Deny",
        NAMESPACE,
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n    spec:\n      containers:\n      - {name: a, tty: true}\n      - {name: b}\n      - {name: c, tty: true}\n",
    );
    let policy = POLICY.replace("ACTION", "Deny").replace(
        "object.spec.replicas <= 3",
        "'object.spec.template.spec.containers.all(c, !c.?tty.orValue(false))'",
    );
    fs::write(folder.path().join("policies/replicas.yaml"), policy).expect("the policy");
    let (_, report) = scan(folder.path(), &["--policy", "policies", "app"]);
    let findings = report["findings"].as_array().expect("findings");
    let mut of_policy = findings
        .iter()
        .filter(|it| it["check"] == "replicas/validation");
    let finding = of_policy.next().expect("it is violated");
    assert_eq!(finding["location"]["line"], 8, "{finding:#}");
    let evidence = finding["evidence"].as_array().expect("evidence");
    let told: Vec<_> = (evidence.iter())
        .map(|it| (it["label"].as_str(), it["location"]["line"].as_u64()))
        .collect();
    assert_eq!(told, [(Some("here too"), Some(10))], "{finding:#}");
}

/// The ids of what policies find, and of what was not assessed.
fn told(files: &[(&str, &str)], arguments: &[&str]) -> (Vec<String>, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("policies")).expect("the folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    let arguments: Vec<_> = ["--policy", "policies"]
        .iter()
        .chain(arguments)
        .copied()
        .collect();
    let (_, report) = scan(folder.path(), &arguments);
    let found = of_policies(&report).into_iter().map(|(id, ..)| id);
    let missing = report["not_assessed"].as_array().expect("a list").iter();
    let missing = missing.map(|item| item["id"].as_str().expect("an id").to_owned());
    (found.collect(), missing.collect())
}

#[test]
fn what_asks_for_external_data_is_not_assessed_in_a_scan() {
    let ask = "answer := external_data({\"provider\": \"p\", \"keys\": [\"a\"]})\n";
    for rule in [
        "violation[{\"msg\": \"bad\"}] { count(answer.errors) > 0 }",
        "violation[{\"msg\": \"down\"}] { answer.system_error != \"\" }",
    ] {
        let template = gatekeeper(&format!("{ask}{rule}"), "{}");
        let files = [
            ("policies/a.yaml", template.as_str()),
            ("app.yaml", CONFIG_MAP),
        ];
        let expected = (vec![], vec!["failed-policy".to_owned()]);
        assert_eq!(told(&files, &["app.yaml"]), expected, "{rule}");
    }
}

#[test]
fn what_a_policy_asks_and_a_scan_does_not_know_is_told_whatever_its_failure_policy_is() {
    let open = POLICY.replace(
        "spec:\n  matchC",
        "spec:\n  failurePolicy: Ignore\n  matchC",
    );
    assert_ne!(open, POLICY);
    let open = open.replace("[ACTION]", "[Deny]");
    let files = [("policies/a.yaml", open.as_str()), ("app.yaml", DEPLOYMENT)];
    let expected = (vec![], vec!["failed-policy".to_owned()]);
    assert_eq!(told(&files, &["app.yaml"]), expected);
}

#[test]
fn a_run_of_suites_in_which_nothing_is_tested_is_wrong() {
    let run = |suite: &str, arguments: &[&str]| {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            fs::write(folder.path().join(name), text).expect("a file");
        };
        let policy = gatekeeper("violation[{\"msg\": \"no\"}] { true }", "{}");
        let (template, constraint) = policy.split_once("---").expect("two documents");
        write("template.yaml", template);
        write("constraint.yaml", constraint);
        write(
            "broken.yaml",
            &constraint.replace("spec: {}", "spec: {nope: 1}"),
        );
        write("app.yaml", CONFIG_MAP);
        let head = "apiVersion: test.gatekeeper.sh/v1alpha1\nkind: Suite\nmetadata: {name: s}\n";
        write("suite.yaml", &format!("{head}{suite}"));
        let output = Command::new(env!("CARGO_BIN_EXE_ringwall"))
            .args(["policy", "test", "."])
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .expect("ringwall runs");
        let error = String::from_utf8(output.stderr).expect("text");
        (output.status.code().expect("an exit code"), error)
    };
    let case = "{name: denied, object: app.yaml, assertions: [{violations: yes}]}";
    let suite = |constraint: &str, rest: &str| {
        format!(
            "tests: [{{name: one, template: template.yaml, constraint: {constraint}, {rest}}}]\n"
        )
    };
    let good = suite("constraint.yaml", &format!("cases: [{case}]"));
    for (suite, arguments, expected) in [
        (good.as_str(), &[][..], 0),
        (&good, &["--run", "one"], 0),
        (&good, &["--run", "zzz"], 2),
        (
            &suite("constraint.yaml", &format!("case: [{case}]")),
            &[],
            2,
        ),
        (&suite("constraint.yaml", "cases: []"), &[], 2),
        ("tests: []\n", &[], 2),
        // That a constraint is refused is what such a test is for, and what is skipped was written to be.
        (&suite("broken.yaml", "invalid: true"), &[], 0),
        (
            &suite("constraint.yaml", &format!("skip: true, cases: [{case}]")),
            &[],
            0,
        ),
    ] {
        let (code, error) = run(suite, arguments);
        assert_eq!(code, expected, "{suite} {arguments:?}: {error}");
        assert_eq!(
            error.contains("nothing was tested"),
            expected == 2,
            "{error}"
        );
    }
}

#[test]
fn misspelt_kinds_of_kubernetes_are_told() {
    let missing = |policy: &str| {
        let files = [("policies/a.yaml", policy), ("app.yaml", CONFIG_MAP)];
        told(&files, &["app.yaml"]).1
    };
    let unusable = ["unusable-policy"];
    let constraint = |kinds: &str| {
        let spec = format!("{{match: {{kinds: [{kinds}]}}}}");
        gatekeeper("violation[{\"msg\": \"no\"}] { true }", &spec)
    };
    let of_kinds = |kinds: &str| missing(&constraint(kinds));
    assert_eq!(of_kinds("{apiGroups: [''], kinds: [Pods]}"), unusable);
    assert_eq!(of_kinds("{apiGroups: [v1], kinds: [Pod]}"), unusable);
    assert_eq!(of_kinds("{apiGroups: [''], kinds: [Pod]}"), [""; 0]);
    let rule = |from: &str, to: &str| {
        let text = POLICY.replace("[ACTION]", "[Deny]").replace(from, to);
        assert!(text.contains(to));
        missing(&text)
    };
    assert_eq!(rule("[deployments]", "[deployments]"), [""; 0]);
    assert_eq!(rule("[deployments]", "[Deployment]"), unusable);
    assert_eq!(rule("[apps]", "[apps/v1]"), unusable);
}

#[test]
fn constraints_of_one_name_share_no_id() {
    let always = gatekeeper("violation[{\"msg\": \"no\"}] { true }", "{}");
    let other = always.replace("Probe", "Other").replace(
        "metadata: {name: probe}\nspec:\n  crd",
        "metadata: {name: other}\nspec:\n  crd",
    );
    let ids = |policies: &[&str]| {
        let policies = policies.join("---\n");
        told(
            &[("policies/a.yaml", &policies), ("app.yaml", CONFIG_MAP)],
            &["app.yaml"],
        )
        .0
    };
    assert_eq!(ids(&[&always]), ["probe/violation"]);
    assert_eq!(
        ids(&[&always, &other]),
        ["Other/probe/violation", "Probe/probe/violation"]
    );
    let both = [always, other].join("---\n");
    let files = [("policies/a.yaml", both.as_str()), ("app.yaml", CONFIG_MAP)];
    let skipped = told(&files, &["app.yaml", "--skip", "Probe/probe/violation"]);
    assert_eq!(skipped.0, ["Other/probe/violation"]);
}

/// The policy with the most replicas from a parameter.
fn by_params() -> String {
    POLICY
        .replace(
            "[ACTION]",
            "[Deny]\n  paramRef: {name: limits, namespace: shop, parameterNotFoundAction: Deny}",
        )
        .replace(
            "  validations:",
            "  paramKind: {apiVersion: v1, kind: ConfigMap}\n  validations:",
        )
        .replace("<= 3", "<= int(params.data.max)")
}

/// That parameter.
fn limits(most: u8) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: limits, namespace: shop}}\ndata: {{max: '{most}'}}\n"
    )
}

#[test]
fn objects_of_one_name_that_would_have_a_policy_decide_otherwise_are_told() {
    let failed = || (Vec::new(), vec!["failed-policy".to_owned()]);
    let found = || (vec!["replicas/validation".to_owned()], Vec::new());
    let policy = POLICY.replace("[ACTION]", "[Deny]");
    let other = NAMESPACE.replace("prod", "test");
    let labelled = NAMESPACE.replace("env: prod", "env: prod, team: a");
    for (one, two, expected) in [
        (NAMESPACE, other.as_str(), failed()),
        (&other, NAMESPACE, failed()),
        (NAMESPACE, &labelled, found()),
        (NAMESPACE, NAMESPACE, found()),
    ] {
        let files = [
            ("policies/a.yaml", policy.as_str()),
            ("a.yaml", one),
            ("app.yaml", DEPLOYMENT),
            ("b.yaml", two),
        ];
        assert_eq!(told(&files, &["."]), expected, "{one}{two}");
    }
    let by_params = by_params();
    for (one, two, expected) in [
        (3, 20, failed()),
        (20, 3, failed()),
        (3, 4, found()),
        (20, 30, (vec![], vec![])),
    ] {
        let (one, two) = (limits(one), limits(two));
        let files = [
            ("policies/a.yaml", by_params.as_str()),
            ("a.yaml", &one),
            ("app.yaml", DEPLOYMENT),
            ("b.yaml", &two),
            ("c.yaml", NAMESPACE),
        ];
        assert_eq!(told(&files, &["."]), expected, "{one}{two}");
    }
}

/// What belongs together of several folders, nobody says: each is tried with each, and the strictest counts.
#[test]
fn each_namespace_is_tried_with_each_parameter() {
    let policy = by_params();
    let test = NAMESPACE.replace("prod", "test");
    let (low, high) = (limits(3), limits(100));
    let files = [
        ("policies/a.yaml", policy.as_str()),
        ("a-namespace.yaml", NAMESPACE),
        ("a-limits.yaml", &low),
        ("a-app.yaml", DEPLOYMENT),
        ("b-namespace.yaml", &test),
        ("b-limits.yaml", &high),
        ("c-namespace.yaml", NAMESPACE),
        ("c-limits.yaml", &high),
    ];
    let failed = (Vec::new(), vec!["failed-policy".to_owned()]);
    assert_eq!(told(&files, &["."]), failed);
    // More than are tried.
    let mut many = vec![
        (
            "policies/a.yaml".to_owned(),
            POLICY.replace("[ACTION]", "[Deny]"),
        ),
        ("app.yaml".to_owned(), DEPLOYMENT.to_owned()),
        ("n00.yaml".to_owned(), NAMESPACE.to_owned()),
    ];
    let others = (1..40).map(|number| {
        let namespace = NAMESPACE.replace("prod", &format!("test{number}"));
        (format!("n{number:02}.yaml"), namespace)
    });
    many.extend(others);
    let many: Vec<(&str, &str)> = many.iter().map(|(path, text)| (&**path, &**text)).collect();
    let told = told(&many, &["."]);
    assert!(told.1.contains(&"failed-policy".to_owned()), "{told:?}");
}

#[test]
fn a_scan_shows_policies_objects_as_an_api_server_decodes_them() {
    let judge = |expression: &str| {
        let policy = POLICY
            .replace("[ACTION]", "[Deny]")
            .replace("object.spec.replicas <= 3", &format!("\"{expression}\""));
        let app = DEPLOYMENT.replace(
            "spec: {containers",
            "spec: {volumes: [], serviceAccount: robot, containers",
        );
        let files = [
            ("policies/a.yaml", policy.as_str()),
            ("app.yaml", &app),
            ("namespace.yaml", NAMESPACE),
        ];
        told(&files, &["."])
    };
    let spec = "object.spec.template.spec";
    let passed = (vec![], vec![]);
    assert_eq!(judge(&format!("!has({spec}.volumes)")), passed);
    let named = format!("{spec}.serviceAccountName == 'robot'");
    assert_eq!(judge(&named), passed);
    let found = (vec!["replicas/validation".to_owned()], vec![]);
    assert_eq!(judge(&format!("has({spec}.volumes)")), found);
}
