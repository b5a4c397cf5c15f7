//! The checks over objects as such, on files that people wrote: certification notes and public repositories.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail, and says why it is skipped"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use ringwall_checks::{Checks, Settings, find, judge};
use ringwall_input::{
    kubernetes::{self, ObjectDocument},
    yaml,
};
use ringwall_model::{Finding, Safety, Source};

const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");

/// Whether the files that are kept beside the workspace are there.
fn is_here(path: &str) -> bool {
    let is_here = Path::new(SHARED).join(path).exists();
    if !is_here {
        println!("skipped: ../shared is not here");
    }
    is_here
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(SHARED).join(path)).unwrap()
}

/// What some checks find in a file; documents that cannot be read are left out.
fn judge_text(name: &str, text: &str, ids: &[&str]) -> Vec<Box<Finding>> {
    let source = Arc::new(Source::new(name, text));
    let checks: Checks = ids.iter().map(|id| find(id).unwrap()).collect();
    let settings = Settings::default();
    let mut findings = Vec::new();
    let (documents, _) = yaml::parse(&source);
    for document in &documents {
        if let ObjectDocument::Objects(objects) = kubernetes::objects(document) {
            for object in objects {
                let workloads = kubernetes::workloads(&object, &[]);
                judge::object(&object, &workloads, &checks, &settings, &mut findings);
            }
        }
    }
    findings
}

/// The text after the edits of a finding's fix.
fn fixed(text: &str, finding: &Finding, safety: Safety) -> String {
    let fix = finding.fix.as_ref().unwrap();
    assert_eq!(fix.safety, safety, "{}", finding.message);
    let mut edits = fix.edits.clone();
    edits.sort();
    let mut text = text.to_owned();
    for edit in edits.iter().rev() {
        text.replace_range(edit.span.range(), &edit.text);
    }
    text
}

/// Holds a text to its messages, each with its line, and to the text after all safe or all unsafe fixes.
fn check(id: &str, text: &str, expected: &[(u32, &str)]) -> Vec<Box<Finding>> {
    let findings = judge_text("a.yaml", text, &[id]);
    let found: Vec<_> = findings
        .iter()
        .map(|finding| (finding.location.start.line, finding.message.as_str()))
        .collect();
    assert_eq!(found, expected, "{text}");
    findings
}

const OBJECT_CHECKS: [&str; 2] = ["unknown-field", "schema-violation"];

#[test]
fn certification_notes_are_told_what_is_wrong() {
    if !is_here("examples") {
        return;
    }
    let text = read("examples/apparmor/wrong-capital.yaml");
    let findings = judge_text("wrong-capital.yaml", &text, &OBJECT_CHECKS);
    let messages: Vec<_> = findings.iter().map(|finding| &finding.message).collect();
    assert_eq!(
        messages,
        [
            "Pod aa-pod has an unknown field AppArmorProfile in spec.containers[0].securityContext; did you mean appArmorProfile"
        ]
    );
    assert_eq!(findings[0].location.start.line, 12);
    let fixed = fixed(&text, &findings[0], Safety::Unsafe);
    assert!(fixed.contains("      appArmorProfile:\n        type: Localhost"));
    assert!(judge_text("fixed.yaml", &fixed, &OBJECT_CHECKS).is_empty());

    let text = read("examples/audit/policy-wrong-field.yaml");
    let findings = judge_text("policy.yaml", &text, &OBJECT_CHECKS);
    let messages: Vec<_> = findings.iter().map(|finding| &finding.message).collect();
    assert_eq!(
        messages,
        ["Policy has an unknown field namespace in rules[1]; did you mean namespaces"]
    );
    assert_eq!(findings[0].location.start.line, 11);

    for path in [
        "examples/runtime/immutable.yaml",
        "examples/imagepolicy/admission-configuration.yaml",
        "examples/imagepolicy/kubeconf.yaml",
        "examples/gatekeeper/pods.yaml",
    ] {
        let findings = judge_text(path, &read(path), &OBJECT_CHECKS);
        assert!(findings.is_empty(), "{path}: {findings:?}");
    }
}

/// What people copy for audit logs and image policies, right and wrong.
#[test]
fn control_plane_notes_are_told_what_is_wrong() {
    if !is_here("examples") {
        return;
    }
    let ids = [
        "apiserver-incomplete-audit-policy",
        "apiserver-without-audit-log",
        "apiserver-without-audit-policy",
        "fail-open-image-policy",
        "invalid-audit-policy",
        "invalid-image-policy",
        "logged-secret-content",
        "plaintext-kubeconfig-server",
        "unknown-apiserver-flag",
        "unknown-audit-resource",
        "unknown-field",
        "unmounted-audit-file",
        "unreachable-audit-rule",
        "unverified-kubeconfig-server",
    ];
    let judge = |path: &str, text: &str| -> Vec<(u32, String)> {
        let findings = judge_text(path, text, &ids);
        findings
            .into_iter()
            .map(|finding| (finding.location.start.line, finding.message))
            .collect()
    };
    let path = "examples/audit/apiserver-wrong-flag.yaml";
    assert_eq!(
        judge(path, &read(path)),
        [
            (
                12,
                "container kube-apiserver has an audit policy, and neither --audit-log-path nor --audit-webhook-config-file: nothing is logged"
                    .to_owned()
            ),
            (
                13,
                "container kube-apiserver has an unknown flag --audit-log; did you mean --audit-log-path"
                    .to_owned()
            ),
        ]
    );
    let path = "examples/audit/policy-wrong-field.yaml";
    let found = judge(path, &read(path));
    assert!(
        found.contains(&(
            11,
            "Policy has an unknown field namespace in rules[1]; did you mean namespaces".to_owned()
        )),
        "{found:?}"
    );

    let path = "examples/imagepolicy/admission-configuration.yaml";
    let text = read(path);
    assert_eq!(judge(path, &text), []);
    let open = text.replace("defaultAllow: false", "defaultAllow: true");
    assert_eq!(
        judge(path, &open),
        [(
            11,
            "AdmissionConfiguration admits every image while the webhook does not answer (defaultAllow: true)"
                .to_owned()
        )]
    );
    let path = "examples/imagepolicy/kubeconf.yaml";
    let text = read(path);
    assert_eq!(judge(path, &text), []);
    assert_eq!(
        judge(path, &text.replace("https://", "http://")),
        [(
            8,
            "kubeconfig uses http://external-service:1234/check-image without TLS".to_owned()
        )]
    );
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Everything that is found in the manifests of six public repositories, each read and judged by a person,
/// with the reason why the finding is right.
const REVIEWED: &[(&str, u32, &str, &str)] = &[
    // The field is one of autoscaling/v1; these state v2.
    (
        "argoproj__argo-cd/gitops-engine/pkg/health/testdata/hpa-v2-degraded.yaml",
        14,
        "unknown-field",
        "targetCPUUtilizationPercentage",
    ),
    (
        "argoproj__argo-cd/gitops-engine/pkg/health/testdata/hpa-v2-healthy.yaml",
        14,
        "unknown-field",
        "targetCPUUtilizationPercentage",
    ),
    (
        "argoproj__argo-cd/gitops-engine/pkg/health/testdata/hpa-v2-progressing.yaml",
        14,
        "unknown-field",
        "targetCPUUtilizationPercentage",
    ),
    // Backends of extensions/v1beta1 under networking.k8s.io/v1, which wants service.name and pathType.
    (
        "argoproj__argo-cd/gitops-engine/pkg/health/testdata/ingress-nonemptylist.yaml",
        18,
        "schema-violation",
        "pathType",
    ),
    (
        "argoproj__argo-cd/gitops-engine/pkg/health/testdata/ingress-nonemptylist.yaml",
        19,
        "unknown-field",
        "serviceName",
    ),
    (
        "argoproj__argo-cd/gitops-engine/pkg/health/testdata/ingress-nonemptylist.yaml",
        20,
        "unknown-field",
        "servicePort",
    ),
    (
        "argoproj__argo-cd/gitops-engine/pkg/health/testdata/ingress-unassigned.yaml",
        20,
        "schema-violation",
        "pathType",
    ),
    (
        "argoproj__argo-cd/gitops-engine/pkg/health/testdata/ingress-unassigned.yaml",
        21,
        "unknown-field",
        "serviceName",
    ),
    (
        "argoproj__argo-cd/gitops-engine/pkg/health/testdata/ingress-unassigned.yaml",
        22,
        "unknown-field",
        "servicePort",
    ),
    (
        "argoproj__argo-cd/gitops-engine/pkg/health/testdata/ingress.yaml",
        20,
        "schema-violation",
        "pathType",
    ),
    (
        "argoproj__argo-cd/gitops-engine/pkg/health/testdata/ingress.yaml",
        21,
        "unknown-field",
        "serviceName",
    ),
    (
        "argoproj__argo-cd/gitops-engine/pkg/health/testdata/ingress.yaml",
        22,
        "unknown-field",
        "servicePort",
    ),
    // Initializers were dropped in 1.14.
    (
        "kubernetes__examples/_archived/cloud-controller-manager/persistent-volume-label-initializer-config.yaml",
        1,
        "schema-violation",
        "InitializerConfiguration",
    ),
    // Protocols are written in capitals.
    (
        "kubernetes__examples/_archived/volumes/aws_ebs/aws-ebs-web.yaml",
        12,
        "schema-violation",
        "tcp",
    ),
    (
        "kubernetes__examples/_archived/volumes/cinder/cinder-web.yaml",
        12,
        "schema-violation",
        "tcp",
    ),
    // A text that asks to be replaced where a number stands.
    (
        "kubernetes__examples/_archived/volumes/fibre_channel/fc.yaml",
        17,
        "schema-violation",
        "spec.volumes[0].fc.lun",
    ),
    // Parameters of a storage class in a volume.
    (
        "kubernetes__examples/_archived/volumes/rbd/rbd.yaml",
        25,
        "unknown-field",
        "imageformat",
    ),
    (
        "kubernetes__examples/_archived/volumes/rbd/rbd.yaml",
        26,
        "unknown-field",
        "imagefeatures",
    ),
    // A slip of the finger.
    (
        "kubernetes__examples/_archived/volumes/scaleio/pod.yaml",
        17,
        "unknown-field",
        "protectionDoamin",
    ),
    // The volume has no pool; the secret is secretRef.
    (
        "kubernetes__examples/_archived/volumes/storageos/storageos-pod.yaml",
        35,
        "unknown-field",
        "pool",
    ),
    (
        "kubernetes__examples/_archived/volumes/storageos/storageos-pv.yaml",
        22,
        "unknown-field",
        "secretName",
    ),
];

#[test]
fn public_manifests_give_the_reviewed_findings_and_no_other() {
    if !is_here("corpora/manifests") {
        return;
    }
    let root = Path::new(SHARED).join("corpora/manifests");
    let mut all = Vec::new();
    files(&root, &mut all);
    assert_eq!(all.len(), 478);
    let mut found = Vec::new();
    for path in &all {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
        let mut findings = judge_text(&name, &text, &OBJECT_CHECKS);
        findings.sort_by(|one, other| one.location.cmp(&other.location));
        found.extend(findings);
    }
    let mut wrong = Vec::new();
    for finding in &found {
        let is_reviewed = REVIEWED.iter().any(|(file, line, id, word)| {
            *finding.location.file == **file
                && finding.location.start.line == *line
                && finding.check == *id
                && finding.message.contains(word)
        });
        if !is_reviewed {
            wrong.push(format!(
                "{}:{} {} {}",
                finding.location.file, finding.location.start.line, finding.check, finding.message
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(found.len(), REVIEWED.len());
}

#[test]
fn a_string_that_looks_like_something_else_is_quoted() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n  containers:\n  - name: a\n    image: i\n    env:\n    - name: PASSWORD\n      value: 123456\n    - {name: DEBUG, value: on}\n";
    let findings = check(
        "schema-violation",
        text,
        &[
            (
                11,
                "Pod p has a number in spec.containers[0].env[0].value where a string is expected; write it in quotes",
            ),
            (
                12,
                "Pod p has on, a boolean, in spec.containers[0].env[1].value where a string is expected; write it in quotes",
            ),
        ],
    );
    let once = fixed(text, &findings[1], Safety::Safe);
    assert!(once.contains("value: \"on\"}"));
    let twice = fixed(&once, &findings[0], Safety::Safe);
    assert!(twice.contains("value: \"123456\"\n"));
    check("schema-violation", &twice, &[]);
    // The value may be a secret: it stands neither in the message nor in the edits.
    let edits = &findings[0].fix.as_ref().unwrap().edits;
    assert!(edits.iter().all(|edit| edit.text == "\""));
}

#[test]
fn a_number_in_quotes_is_written_without() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  replicas: '3'\n  paused: \"true\"\n  minReadySeconds: soon\n";
    let findings = check(
        "schema-violation",
        text,
        &[
            (
                5,
                "Deployment d has a string in spec.replicas where an integer is expected; write it without quotes",
            ),
            (
                6,
                "Deployment d has a string in spec.paused where true or false is expected; write it without quotes",
            ),
            (
                7,
                "Deployment d has a string in spec.minReadySeconds where an integer is expected",
            ),
        ],
    );
    assert!(fixed(text, &findings[0], Safety::Safe).contains("replicas: 3\n"));
    assert!(fixed(text, &findings[1], Safety::Safe).contains("paused: true\n"));
    assert!(findings[2].fix.is_none());
}

#[test]
fn what_an_alias_shares_is_not_edited() {
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  generation: &n 5\ndata:\n  a: *n\n";
    let findings = check(
        "schema-violation",
        text,
        &[(
            5,
            "ConfigMap c has a number in data[a] where a string is expected; write it in quotes",
        )],
    );
    assert!(findings[0].fix.is_none());
}

#[test]
fn secrets_are_told_without_their_value() {
    check(
        "schema-violation",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  password: hunter-2\nstringData:\n  pin: 4711\n",
        &[
            (
                5,
                "Secret s has a value in data[password] that is no base64; plain text goes into stringData",
            ),
            (
                7,
                "Secret s has a number in stringData[pin] where a string is expected; write it in quotes",
            ),
        ],
    );
}

#[test]
fn fields_in_the_wrong_place_are_told_where_they_belong() {
    let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nlabels: {}\nreplicas: 1\nspec:\n  hostNetwork: true\n  template:\n    spec:\n      privileged: true\n      runAsNonRoot: true\n      securityContext: {capabilities: {drop: [ALL]}}\n      containers:\n      - name: a\n        readOnlyRootFilesystem: true\n        hostPID: true\n        securityContext: {fsGroup: 1}\n        livenessProbe: {path: /, port: 1}\n";
    check(
        "unknown-field",
        text,
        &[
            (
                4,
                "Deployment d has an unknown field labels; it belongs into metadata",
            ),
            (
                5,
                "Deployment d has an unknown field replicas; it belongs into spec",
            ),
            (
                7,
                "Deployment d has an unknown field hostNetwork in spec; it belongs into template.spec",
            ),
            (
                10,
                "Deployment d has an unknown field privileged in spec.template.spec",
            ),
            (
                11,
                "Deployment d has an unknown field runAsNonRoot in spec.template.spec; it belongs into the pod's securityContext",
            ),
            (
                12,
                "Deployment d has an unknown field capabilities in spec.template.spec.securityContext; it belongs into the containers' securityContext",
            ),
            (
                15,
                "Deployment d has an unknown field readOnlyRootFilesystem in spec.template.spec.containers[0]; it belongs into the container's securityContext",
            ),
            (
                16,
                "Deployment d has an unknown field hostPID in spec.template.spec.containers[0]; it belongs into the pod's spec, beside containers",
            ),
            (
                17,
                "Deployment d has an unknown field fsGroup in spec.template.spec.containers[0].securityContext; it belongs into the pod's securityContext",
            ),
            (
                18,
                "Deployment d has an unknown field path in spec.template.spec.containers[0].livenessProbe; it belongs into httpGet",
            ),
            (
                18,
                "Deployment d has an unknown field port in spec.template.spec.containers[0].livenessProbe; it belongs into httpGet",
            ),
        ],
    );
}

#[test]
fn a_key_is_renamed_only_where_that_is_all_there_is_to_do() {
    let has_fix = |container: &str| {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: p}}\nspec:\n  containers:\n  - {container}\n"
        );
        let findings = judge_text("a.yaml", &text, &["unknown-field"]);
        assert_eq!(findings.len(), 1, "{text}");
        findings[0].fix.is_some()
    };
    assert!(has_fix("{name: a, Image: x}"));
    assert!(has_fix("{\"name\": \"a\", \"Image\": \"x\"}"));
    assert!(!has_fix("{name: a, image: y, Image: x}")); // It is there already.
    assert!(!has_fix("{name: a, Image: [x]}")); // The value does not fit.
    assert!(!has_fix("{name: a, colour: red}")); // Nothing is like it.
}

#[test]
fn pods_in_well_known_custom_kinds_are_judged() {
    let text = "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: r}\nspec:\n  anything: goes\n  template:\n    spec:\n      containers:\n      - name: a\n        securityContext: {priviliged: true}\n        tty: 'yes'\n";
    check(
        "unknown-field",
        text,
        &[(
            10,
            "Rollout r has an unknown field priviliged in template.spec.containers[0].securityContext; did you mean privileged",
        )],
    );
    check(
        "schema-violation",
        text,
        &[(
            11,
            "Rollout r has a string in template.spec.containers[0].tty where true or false is expected",
        )],
    );
    check(
        "unknown-field",
        "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: s}\nspec:\n  template:\n    spec:\n      containerConcurrency: 5\n      containers: [{image: x}]\n",
        &[],
    );
}

#[test]
fn kinds_and_versions_that_do_not_exist_are_told_apart_from_those_of_others() {
    let check = |api_version: &str, kind: &str, expected: Option<&str>| {
        let text = format!("apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: x}}\n");
        let findings = judge_text("a.yaml", &text, &["schema-violation"]);
        let found = findings.first().map(|finding| finding.message.as_str());
        assert_eq!(found, expected, "{text}");
    };
    check(
        "apps/v1",
        "Deploymnt",
        Some(
            "Deploymnt x is of a kind that Kubernetes does not know in apps/v1; did you mean Deployment",
        ),
    );
    check(
        "apps/v1",
        "deployment",
        Some(
            "deployment x is of a kind that Kubernetes does not know in apps/v1; did you mean Deployment",
        ),
    );
    check(
        "apps/v3",
        "Deployment",
        Some(
            "Deployment x states apiVersion apps/v3, which Kubernetes does not know; write apps/v1",
        ),
    );
    check(
        "apps",
        "Deployment",
        Some("Deployment x states apiVersion apps, which Kubernetes does not know; write apps/v1"),
    );
    check(
        "app/v1",
        "Deployment",
        Some(
            "Deployment x states apiVersion app/v1, which Kubernetes does not know; write apps/v1",
        ),
    );
    check(
        "v2",
        "Pod",
        Some("Pod x states apiVersion v2, which Kubernetes does not know; write v1"),
    );
    check(
        "v1",
        "Deployment",
        Some(
            "Deployment x states apiVersion v1, which has no kind Deployment; the kind is in apps/v1",
        ),
    );
    check(
        "batch/v1",
        "Deployment",
        Some(
            "Deployment x states apiVersion batch/v1, which has no kind Deployment; the kind is in apps/v1",
        ),
    );
    check(
        "v1",
        "Pood",
        Some("Pood x is of a kind that Kubernetes does not know in v1; did you mean Pod"),
    );
    check(
        "networking.k8s.io/v2",
        "Ingress",
        Some(
            "Ingress x states apiVersion networking.k8s.io/v2, which Kubernetes does not know; write networking.k8s.io/v1",
        ),
    );
    for (api_version, kind) in [
        ("v1", "Template"), // OpenShift
        ("v1", "DeploymentConfig"),
        ("argoproj.io/v1alpha1", "Rollout"),
        ("autoscaling.k8s.io/v1", "VerticalPodAutoscaler"),
        ("snapshot.storage.k8s.io/v1", "VolumeSnapshot"),
        ("gateway.networking.k8s.io/v1alpha9", "HTTPRoute"),
        ("kubeadm.k8s.io/v1beta1", "ClusterConfiguration"),
        ("skaffold/v2beta1", "Config"),
        ("kind.x-k8s.io/v1alpha4", "Cluster"),
        ("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy"),
    ] {
        check(api_version, kind, None);
    }
}

#[test]
fn patches_are_no_broken_objects() {
    for text in [
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  replicas: 3\n",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  template:\n    spec:\n      containers:\n      - name: a\n        resources: {}\n      - name: b\n        image: x\n",
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\nspec:\n  maxReplicas: 9\n",
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec:\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          containers:\n          - name: a\n            image: x\n",
        "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n$patch: delete\n",
    ] {
        for id in OBJECT_CHECKS {
            check(id, text, &[]);
        }
    }
}

#[test]
fn whole_objects_that_lack_a_part_are_told() {
    check(
        "schema-violation",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n    spec:\n      initContainers:\n      - name: setup\n      containers:\n      - name: a\n        image: x\n",
        &[(
            10,
            "Deployment d lacks the field image in init container setup, which the API demands",
        )],
    );
    check(
        "schema-violation",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n  template:\n    metadata: {labels: {a: b}}\n    spec:\n      containers:\n      - name: a\n        image: x\n",
        &[(
            4,
            "Deployment d lacks the field selector in spec, which the API demands",
        )],
    );
    check(
        "schema-violation",
        "apiVersion: v1\nkind: Pod\nmetadata: {namespace: web}\nspec:\n  hostPID: true\n",
        &[
            (
                3,
                "Pod lacks the field name in metadata, which the API demands",
            ),
            (
                4,
                "Pod lacks the field containers in spec, which the API demands",
            ),
        ],
    );
    check(
        "schema-violation",
        "apiVersion: authorization.k8s.io/v1\nkind: SelfSubjectAccessReview\nspec: {}\n",
        &[],
    );
}

#[test]
fn versions_are_upgraded_where_the_shape_is_the_same() {
    let upgraded = |text: &str| {
        let findings = judge_text("a.yaml", text, &["deprecated-api-version"]);
        assert_eq!(findings.len(), 1, "{text}");
        findings[0]
            .fix
            .as_ref()
            .map(|_| fixed(text, &findings[0], Safety::Unsafe))
    };
    let cron_job = "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: c}\nspec: {schedule: '* * * * *'}\n";
    assert_eq!(
        upgraded(cron_job),
        Some(cron_job.replace("batch/v1beta1", "batch/v1"))
    );
    // The backend has another shape.
    assert_eq!(
        upgraded(
            "apiVersion: networking.k8s.io/v1beta1\nkind: Ingress\nmetadata: {name: i}\nspec: {backend: {serviceName: a, servicePort: 80}}\n"
        ),
        None
    );
    // The selector was filled in.
    assert_eq!(
        upgraded(
            "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: d}\nspec: {replicas: 1}\n"
        ),
        None
    );
    assert!(upgraded("apiVersion: apps/v1beta2\nkind: Deployment\nmetadata: {name: d}\nspec: {selector: {matchLabels: {a: b}}}\n").is_some());
    check(
        "deprecated-api-version",
        "apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: p}\n",
        &[(
            1,
            "PodSecurityPolicy p uses policy/v1beta1, deprecated since 1.21 and removed in 1.25; there is no replacement",
        )],
    );
}

#[test]
fn keys_repeated_around_the_items_of_a_list_are_told() {
    let text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: lost}}\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n  data:\n    k: 1\n    k: 2\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n";
    let findings = judge_text("a.yaml", text, &["duplicate-yaml-key"]);
    let mut lines: Vec<_> = findings
        .iter()
        .map(|finding| finding.location.start.line)
        .collect();
    lines.sort_unstable();
    assert_eq!(lines, [5, 11]);
}

#[test]
fn verdicts_name_every_rule_once() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  hostNetwork: true\n  hostPID: true\n  containers:\n  - name: a\n    ports: [{containerPort: 1, hostPort: 1}]\n    securityContext: {privileged: true}\n";
    let baseline = check(
        "pod-security-baseline-violation",
        text,
        &[(
            5,
            "Pod p violates the Baseline level of the Pod Security Standards: hostNamespaces, privileged, hostPorts",
        )],
    );
    assert_eq!(baseline[0].evidence.len(), 3);
    check(
        "pod-security-restricted-violation",
        text,
        &[(
            10,
            "Pod p violates the Restricted level of the Pod Security Standards: allowPrivilegeEscalation, capabilities, runAsNonRoot, seccompProfile",
        )],
    );
}

#[test]
fn what_is_null_is_judged_as_absent() {
    let text = "\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata:
  name: pods
webhooks:
  - name: pods.shop.org
    failurePolicy: null
    timeoutSeconds:
    clientConfig:
      url: https://hooks.shop.org
      caBundle: null
";
    check(
        "excessive-admission-webhook-scope",
        text,
        &[(
            6,
            "ValidatingWebhookConfiguration pods makes every namespace wait for webhook \
             pods.shop.org: it has neither a timeout nor exclusions",
        )],
    );
    let findings = judge_text("a.yaml", text, &["unverified-admission-webhook"]);
    assert_eq!(findings[0].severity, ringwall_model::Severity::Medium);
}

#[test]
fn no_version_is_written_in_which_the_object_is_refused() {
    let head = "metadata:\n  name: a\n";
    for text in [
        "apiVersion: admissionregistration.k8s.io/v1beta1\nkind: ValidatingWebhookConfiguration\n\
         webhooks:\n  - name: a.shop.org\n    rules: []\n    clientConfig: {url: https://a}\n",
        "apiVersion: admissionregistration.k8s.io/v1beta1\nkind: MutatingWebhookConfiguration\n\
         webhooks:\n  - name: a.shop.org\n    rules: []\n    clientConfig: {url: https://a}\n    \
         admissionReviewVersions: [v1]\n    sideEffects: Some\n",
        "apiVersion: certificates.k8s.io/v1beta1\nkind: CertificateSigningRequest\n\
         spec:\n  request: YQ==\n",
        "apiVersion: apiextensions.k8s.io/v1beta1\nkind: CustomResourceDefinition\nspec:\n  \
         group: shop.org\n  scope: Namespaced\n  names: {kind: A, plural: as}\n  \
         versions:\n    - {name: v1, served: true, storage: true}\n",
    ] {
        let text = format!("{text}{head}");
        let findings = judge_text("a.yaml", &text, &["deprecated-api-version"]);
        assert_eq!(findings.len(), 1, "{text}");
        assert!(findings[0].fix.is_none(), "{text}");
    }
    let text = format!(
        "apiVersion: admissionregistration.k8s.io/v1beta1\nkind: ValidatingWebhookConfiguration\n\
         webhooks:\n  - name: a.shop.org\n    rules: []\n    clientConfig: {{url: https://a}}\n    \
         admissionReviewVersions: [v1]\n    sideEffects: None\n{head}"
    );
    let findings = judge_text("a.yaml", &text, &["deprecated-api-version"]);
    assert_eq!(
        fixed(&text, &findings[0], Safety::Unsafe),
        text.replace("v1beta1", "v1")
    );
}

#[test]
fn auditing_stays_where_a_binding_is_made_to_deny() {
    let text = "apiVersion: admissionregistration.k8s.io/v1\n\
                kind: ValidatingAdmissionPolicyBinding\nmetadata:\n  name: a\nspec:\n  \
                policyName: a\n  validationActions: [Warn, Audit]\n";
    let findings = judge_text("a.yaml", text, &["fail-open-admission-policy"]);
    assert_eq!(
        fixed(text, &findings[0], Safety::Unsafe),
        text.replace("[Warn, Audit]", "[Deny, Audit]")
    );
}

#[test]
fn a_beginning_without_a_registry_is_not_closed() {
    for (entry, instead) in [
        ("\"\"", None),
        ("nginx", None),
        ("shop.org", Some("\"shop.org/\"")),
        ("localhost/team", Some("\"localhost/team/\"")),
    ] {
        let text = format!(
            "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sAllowedRepos\nmetadata:\n  \
             name: a\nspec:\n  parameters:\n    repos: [{entry}]\n"
        );
        let findings = judge_text("a.yaml", &text, &["open-ended-repository-prefix"]);
        assert_eq!(findings.len(), 1, "{entry}");
        let after = findings[0]
            .fix
            .as_ref()
            .map(|fix| fix.edits[0].text.as_str());
        assert_eq!(after, instead, "{entry}");
    }
}

#[test]
fn names_that_the_api_server_refuses_are_told() {
    let told = |kind: &str, name: &str| {
        let text = format!("apiVersion: {kind}\nmetadata:\n  name: \"{name}\"\n");
        let found = judge_text("a.yaml", &text, &["schema-violation"]);
        found.iter().any(|it| it.message.contains(" is named "))
    };
    for name in ["Web", "web_1", "-web", "web-", "a..b", "a b", "a/b"] {
        assert!(told("v1\nkind: ConfigMap", name), "{name}");
    }
    for name in ["web", "web.example.com", "1", "${NAME}", "<name>", "NAME"] {
        assert!(!told("v1\nkind: ConfigMap", name), "{name}");
    }
    let long = "a".repeat(64);
    assert!(!told("v1\nkind: ConfigMap", &long));
    assert!(told("v1\nkind: Namespace", &long));
    assert!(told("v1\nkind: Service", "web.example.com"));
    // Names of roles may be nearly anything.
    assert!(!told(
        "rbac.authorization.k8s.io/v1\nkind: Role",
        "system:Web_1"
    ));
}
