//! Requests through the webhooks: refused, admitted, changed; and what happens when ringwall is not there.

use std::{
    fs,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

use crate::{
    control_plane::{ControlPlane, Flags, PATIENCE, programs, text, wait_for},
    installation::Installation,
    ringwall::{Ringwall, argument, run, write},
};

const TEMPLATE: &str = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: k8srequiredowner}
spec:
  crd:
    spec:
      names: {kind: K8sRequiredOwner}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package k8srequiredowner
      violation[{"msg": msg}] {
        not input.review.object.metadata.labels.owner
        msg := "label owner is missing"
      }
---
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: K8sRequiredOwner
metadata: {name: owner}
spec:
  match:
    kinds: [{apiGroups: [""], kinds: ["Pod"]}]
"#;

const PRIVILEGED: &str = r"apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-privileged}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [''], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods]}
  validations:
  - expression: object.spec.containers.all(c, !(c.?securityContext.privileged.orValue(false)))
    message: a container is privileged
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: everywhere}
spec: {policyName: no-privileged, validationActions: [Deny]}
";

const MUTATION: &str = r"apiVersion: mutations.gatekeeper.sh/v1
kind: Assign
metadata: {name: pull-always}
spec:
  applyTo: [{groups: [''], versions: [v1], kinds: [Pod]}]
  location: spec.containers[name:*].imagePullPolicy
  parameters: {assign: {value: Always}}
";

/// A pod with an owner or without one.
fn pod(name: &str, more: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}{more}}}\nspec: {{containers: [{{name: a, image: 'registry.example/a:1'}}]}}\n"
    )
}

const OWNED: &str = ", labels: {owner: shop}";

/// A control plane with ringwall's webhooks, whose files `setup` wrote.
struct Webhooks {
    installation: Installation,
    plane: ControlPlane,
}

impl Webhooks {
    fn start() -> Option<Self> {
        let programs = programs()?;
        Some(Self {
            installation: Installation::new("webhook", &["--mutate"]),
            plane: ControlPlane::start(&programs, &Flags::default()),
        })
    }

    /// Has `setup` write the webhooks again, for the policies in the folder.
    fn set_up_again(&self) {
        let policies = argument(&self.installation.policies());
        let more = ["--mutate", "--force", "--policy", &policies];
        let folder = self.installation.written();
        self.installation.setup_into(&folder, "webhook", &more);
    }

    /// Starts ringwall over the policies in the folder.
    fn serve(&self) -> Ringwall {
        let record = argument(&self.installation.record());
        self.installation.serve(&["--record", &record])
    }

    /// Puts another certificate in place, and tells the API server of its authority besides the first one's.
    ///
    /// Both must be trusted while some connections still see the old certificate.
    fn renew_certificate(&self, round: usize) {
        let next = self.installation.folder().join(format!("next-{round}"));
        self.installation.setup_into(&next, "webhook", &[]);
        let current = self.installation.written();
        let read = |path: &std::path::Path| fs::read_to_string(path).expect("a certificate");
        let both = read(&current.join("ca.crt")) + &read(&next.join("ca.crt"));
        let bundle = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &both);
        for kind in [
            "validatingwebhookconfiguration",
            "mutatingwebhookconfiguration",
        ] {
            for (name, count) in self.webhooks(kind) {
                let patches: Vec<_> = (0..count)
                    .map(|index| {
                        serde_json::json!({"op": "replace", "path": format!("/webhooks/{index}/clientConfig/caBundle"), "value": bundle})
                    })
                    .collect();
                let patch = serde_json::Value::Array(patches).to_string();
                self.plane
                    .must(&["patch", &name, "--type=json", "-p", &patch]);
            }
        }
        fs::write(current.join("ca.crt"), &both).expect("both authorities");
        for name in ["tls.key", "tls.crt"] {
            fs::copy(next.join(name), current.join(name)).expect("the new certificate");
        }
    }

    /// Names of webhook configurations, and how many webhooks each has.
    fn webhooks(&self, kind: &str) -> Vec<(String, usize)> {
        let names = self.plane.kubectl(&["get", kind, "-o", "name"]);
        let count = |name: &str| {
            let path = "jsonpath={range .webhooks[*]}x{end}";
            text(&self.plane.kubectl(&["get", name, "-o", path]).stdout).len()
        };
        let names = text(&names.stdout);
        names
            .lines()
            .map(|name| (name.to_owned(), count(name)))
            .collect()
    }

    /// Registers the webhooks.
    fn register(&self) {
        for name in ["validating-webhook.yaml", "mutating-webhook.yaml"] {
            self.plane
                .apply(name, &self.installation.read(name))
                .expect("the webhook configuration is accepted");
        }
        // The API server takes a moment to take webhooks over.
        wait_for("the webhooks", || {
            if let Err(refused) = self.plane.apply("probe.yaml", &pod("probe", "")) {
                Ok(refused)
            } else {
                self.plane.kubectl(&["delete", "pod", "probe", "--now"]);
                Err("a pod without an owner is still admitted".to_owned())
            }
        });
    }
}

#[test]
fn policies_of_every_kind_refuse_and_admit_and_change() {
    let Some(cluster) = Webhooks::start() else {
        return;
    };
    cluster.installation.policy("owner.yaml", TEMPLATE);
    cluster.installation.policy("privileged.yaml", PRIVILEGED);
    cluster.installation.policy("mutation.yaml", MUTATION);
    let _ringwall = cluster.serve();
    cluster.register();

    let refused = cluster
        .plane
        .apply("a.yaml", &pod("bare", ""))
        .expect_err("no owner");
    assert!(refused.contains("label owner is missing"), "{refused}");
    assert!(refused.contains("K8sRequiredOwner/owner"), "{refused}");

    cluster
        .plane
        .apply("b.yaml", &pod("owned", OWNED))
        .expect("owned");
    let policy = cluster.plane.kubectl(&[
        "get",
        "pod",
        "owned",
        "-o",
        "jsonpath={.spec.containers[0].imagePullPolicy}",
    ]);
    assert_eq!(text(&policy.stdout), "Always");

    let privileged =
        pod("strong", OWNED).replace("image: ", "securityContext: {privileged: true}, image: ");
    let refused = cluster
        .plane
        .apply("c.yaml", &privileged)
        .expect_err("privileged");
    assert!(refused.contains("a container is privileged"), "{refused}");

    // What was decided is decided again, each time: `run` wants the exit code 0.
    let policies = argument(&cluster.installation.policies());
    let record = argument(&cluster.installation.record());
    let report = run(&["replay", "-o", "json", "--policy", &policies, &record]);
    let report: serde_json::Value = serde_json::from_str(&report).expect("a report");
    let summary = &report["summary"];
    println!("{summary}");
    assert_eq!(summary["same"], summary["requests"], "{summary}");
    assert_eq!(summary["decisions"], summary["requests"], "{summary}");
    for count in ["denied", "changed"] {
        assert!(summary["now"][count].as_u64() > Some(0), "{summary}");
    }
}

/// Refuses to delete what is marked.
const KEPT: &str = r"apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: kept}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [''], apiVersions: [v1], operations: [DELETE], resources: [configmaps]}
  validations:
  - expression: '!has(oldObject.metadata.labels.keep)'
    message: it is to be kept
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: kept}
spec: {policyName: kept, validationActions: [Deny]}
";

#[test]
fn what_policies_ask_about_is_sent() {
    let Some(cluster) = Webhooks::start() else {
        return;
    };
    let kinds = TEMPLATE.replace(r#"kinds: ["Pod"]"#, r#"kinds: ["Pod", "Namespace"]"#);
    cluster.installation.policy("owner.yaml", &kinds);
    cluster.installation.policy("kept.yaml", KEPT);
    cluster.set_up_again();
    let _ringwall = cluster.serve();
    cluster.register();
    let object = |kind: &str, name: &str, more: &str| {
        format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}{more}}}\n")
    };
    let apply = |manifest: &str| cluster.plane.apply("object.yaml", manifest);
    let refused = apply(&object("Namespace", "bare", "")).expect_err("no owner");
    assert!(refused.contains("label owner is missing"), "{refused}");
    apply(&object("Namespace", "owned", OWNED)).expect("owned");
    let kept = object("ConfigMap", "kept", ", labels: {keep: 'yes'}");
    apply(&kept).expect("nobody asks for its owner");
    let deleted = cluster.plane.kubectl(&["delete", "configmap", "kept"]);
    let refused = text(&deleted.stderr);
    assert!(refused.contains("it is to be kept"), "{refused}");
    assert!(
        refused.contains("/metadata/labels/keep is \"yes\""),
        "{refused}"
    );
}

#[test]
fn policies_without_kinds_are_sent_everything_but_what_the_machinery_writes() {
    let Some(cluster) = Webhooks::start() else {
        return;
    };
    let everything = TEMPLATE.replace(
        "  match:\n    kinds: [{apiGroups: [\"\"], kinds: [\"Pod\"]}]\n",
        "  match: {namespaces: [default]}\n",
    );
    cluster.installation.policy("owner.yaml", &everything);
    cluster.set_up_again();
    let _ringwall = cluster.serve();
    cluster.register();
    let apply = |manifest: &str| cluster.plane.apply("object.yaml", manifest);
    let refused = apply("apiVersion: v1\nkind: Secret\nmetadata: {name: bare}\n");
    let refused = refused.expect_err("no owner");
    assert!(refused.contains("label owner is missing"), "{refused}");
    apply("apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: bare}\n")
        .expect("nodes must be able to renew theirs");
}

#[test]
fn the_patch_in_a_denial_is_admitted() {
    let Some(cluster) = Webhooks::start() else {
        return;
    };
    cluster.installation.policy("owner.yaml", TEMPLATE);
    cluster.installation.policy("privileged.yaml", PRIVILEGED);
    let _ringwall = cluster
        .installation
        .serve(&["--checks", "--deny", "critical", "--warn", "critical"]);
    cluster.register();
    let manifest =
        pod("strong", OWNED).replace("image: ", "securityContext: {privileged: true}, image: ");
    // The search for a patch is bounded in time, which a busy machine may use up.
    let patch = wait_for("a denial with a patch", || {
        let refused = cluster.plane.apply("c.yaml", &manifest);
        let refused = refused.expect_err("privileged");
        let patch = refused.split("passes all policies: ").nth(1);
        let patch = patch.and_then(|rest| rest.lines().next());
        patch.map(|patch| patch.trim().to_owned()).ok_or(refused)
    });
    let local = write(cluster.installation.folder(), "strong.yaml", &manifest);
    let patched = cluster.plane.kubectl(&[
        "patch",
        "--local",
        "-f",
        &argument(&local),
        "--type=json",
        "-p",
        &patch,
        "-o",
        "json",
    ]);
    assert!(patched.status.success(), "{}", text(&patched.stderr));
    cluster
        .plane
        .apply("d.yaml", &text(&patched.stdout))
        .expect("the patched pod is admitted");
}

#[test]
fn without_ringwall_the_failure_policy_decides() {
    let Some(cluster) = Webhooks::start() else {
        return;
    };
    cluster.installation.policy("owner.yaml", TEMPLATE);
    let ringwall = cluster.serve();
    cluster.register();
    cluster
        .plane
        .apply("a.yaml", &pod("first", OWNED))
        .expect("owned");
    drop(ringwall);
    let refused = cluster
        .plane
        .apply("b.yaml", &pod("second", OWNED))
        .expect_err("fail closed");
    assert!(refused.contains("failed calling webhook"), "{refused}");
    for kind in [
        "validatingwebhookconfiguration",
        "mutatingwebhookconfiguration",
    ] {
        for (name, count) in cluster.webhooks(kind) {
            let patches: Vec<_> = (0..count)
                .map(|index| {
                    serde_json::json!({"op": "replace", "path": format!("/webhooks/{index}/failurePolicy"), "value": "Ignore"})
                })
                .collect();
            let patch = serde_json::Value::Array(patches).to_string();
            cluster
                .plane
                .must(&["patch", &name, "--type=json", "-p", &patch]);
        }
    }
    wait_for("the other failure policy", || {
        cluster.plane.apply("c.yaml", &pod("third", OWNED))
    });
}

#[test]
fn policies_and_certificates_change_under_load_without_a_failed_request() {
    let Some(cluster) = Webhooks::start() else {
        return;
    };
    cluster.installation.policy("owner.yaml", TEMPLATE);
    let ringwall = cluster.serve();
    cluster.register();
    let stop = AtomicBool::new(false);
    let (answers, said) = mpsc::channel::<Result<String, String>>();
    let mut made = 0;
    let outcome = thread::scope(|scope| {
        for worker in 0..3 {
            let (cluster, stop, answers) = (&cluster, &stop, answers.clone());
            scope.spawn(move || {
                let mut round = 0;
                while !stop.load(Ordering::Relaxed) {
                    round += 1;
                    let name = format!("load-{worker}-{round}");
                    let answer = cluster
                        .plane
                        .apply(&format!("{name}.yaml"), &pod(&name, OWNED));
                    if answers.send(answer).is_err() {
                        return;
                    }
                }
            });
        }
        let mut outcome = Ok(());
        'changes: for round in 0..4_usize {
            for _ in 0..6 {
                match said.recv_timeout(PATIENCE) {
                    Ok(Ok(_)) => made += 1,
                    Ok(Err(refused)) => outcome = Err(refused),
                    Err(error) => outcome = Err(error.to_string()),
                }
                if outcome.is_err() {
                    break 'changes;
                }
            }
            cluster.installation.policy(
                "privileged.yaml",
                if round % 2 == 0 { PRIVILEGED } else { "" },
            );
            cluster.renew_certificate(round);
            ringwall.look();
        }
        stop.store(true, Ordering::Relaxed);
        outcome
    });
    drop(answers);
    let late = said.try_iter().find_map(Result::err);
    assert_eq!(outcome.err().or(late), None, "{}", ringwall.log());
    println!("{made} pods were made between the changes");
}
