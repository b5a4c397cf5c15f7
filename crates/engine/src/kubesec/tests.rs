use super::*;

fn all(text: &str, edition: KubesecEdition) -> Vec<KubesecReport> {
    kubesec(&Arc::new(Source::new("a.yaml", text)), edition).unwrap()
}

fn one(text: &str) -> KubesecReport {
    let mut reports = all(text, KubesecEdition::Current);
    assert_eq!(reports.len(), 1, "{text}");
    reports.remove(0)
}

fn ids(rules: &[KubesecRule]) -> Vec<&'static str> {
    rules.iter().map(|rule| rule.id).collect()
}

/// Ids that match, in a pod with this spec.
fn matches(spec: &str) -> Vec<&'static str> {
    matches_in(
        &format!("apiVersion: v1\nkind: Pod\nspec: {spec}\n"),
        KubesecEdition::Current,
    )
}

fn matches_in(text: &str, edition: KubesecEdition) -> Vec<&'static str> {
    let reports = all(text, edition);
    assert!(reports[0].valid, "{}", reports[0].message);
    let mut found = ids(&reports[0].scoring.critical);
    found.extend(ids(&reports[0].scoring.passed));
    found
}

#[test]
fn one_container_that_complies_is_enough() {
    assert_eq!(
        matches("{containers: [{name: a}, {securityContext: {readOnlyRootFilesystem: true}}]}"),
        ["ReadOnlyRootFilesystem"]
    );
    assert_eq!(
        matches(
            "{initContainers: [{securityContext: {privileged: true}}], containers: [{name: a}]}"
        ),
        ["Privileged"]
    );
}

#[test]
fn a_container_overrides_its_pod() {
    let pod = |container: &str| {
        matches(&format!(
            "{{securityContext: {{runAsNonRoot: true}}, containers: [{container}]}}"
        ))
    };
    assert_eq!(pod("{name: a}"), ["RunAsNonRoot"]);
    assert!(pod("{securityContext: {runAsNonRoot: false}}").is_empty());
    assert_eq!(
        pod("{securityContext: {runAsNonRoot: 'false'}}"),
        ["RunAsNonRoot"]
    );
    assert_eq!(
        pod("{securityContext: {runAsNonRoot: false}}, {name: b}"),
        ["RunAsNonRoot"]
    );
    assert!(matches("{securityContext: {runAsNonRoot: true}}").is_empty());
    assert!(
        matches("{securityContext: {privileged: true}, containers: [{name: a}]}").is_empty(),
        "a pod has no such field"
    );
}

#[test]
fn ids_must_be_above_ten_thousand() {
    assert!(matches("{containers: [{securityContext: {runAsUser: 10000}}]}").is_empty());
    assert_eq!(
        matches("{containers: [{securityContext: {runAsUser: 10001, runAsGroup: 10001}}]}"),
        ["RunAsGroup", "RunAsUser"]
    );
    assert!(matches("{containers: [{securityContext: {runAsUser: '20000'}}]}").is_empty());
}

#[test]
fn capabilities_are_searched_as_text() {
    let capabilities = |text: &str| {
        matches(&format!(
            "{{containers: [{{securityContext: {{capabilities: {text}}}}}]}}"
        ))
    };
    assert_eq!(capabilities("{add: [CAP_SYS_ADMIN]}"), ["CapSysAdmin"]);
    assert_eq!(capabilities("{add: SYS_ADMIN}"), ["CapSysAdmin"]);
    assert!(capabilities("{add: [ALL]}").is_empty());
    assert_eq!(capabilities("{drop: [kill]}"), ["CapDropAny"]);
    assert_eq!(capabilities("{drop: [all]}"), ["CapDropAny", "CapDropAll"]);
    assert_eq!(
        capabilities("{drop: [SMALL]}"),
        ["CapDropAny", "CapDropAll"]
    );
    assert_eq!(capabilities("{drop: all}"), ["CapDropAll"]);
    assert!(capabilities("{drop: []}").is_empty());
    assert!(capabilities("{drop: [null]}").is_empty());
}

#[test]
fn a_field_that_is_null_still_counts_as_a_limit() {
    assert_eq!(
        matches("{containers: [{name: a}, {resources: {limits: {cpu: null, memory: 1Gi}}}]}"),
        ["LimitsCPU", "LimitsMemory"]
    );
    assert!(
        matches("{initContainers: [{resources: {limits: {cpu: 1}}}]}").is_empty(),
        "limits of init containers are not looked at"
    );
}

#[test]
fn paths_of_volumes_are_searched_as_text() {
    let volume = |path: &str| matches(&format!("{{volumes: [{{hostPath: {{path: {path}}}}}]}}"));
    assert_eq!(volume("/var/run/docker.sock"), ["DockerSock"]);
    assert_eq!(volume("/processed"), ["ProcMount"]);
    assert!(volume("/run/docker.sock").is_empty());
}

#[test]
fn what_is_there_counts_even_when_it_is_empty() {
    assert_eq!(
        matches("{serviceAccountName: '', hostAliases: []}"),
        ["HostAliases", "ServiceAccountName"]
    );
    assert!(matches("{serviceAccountName: null, hostAliases: null}").is_empty());
    assert_eq!(
        matches("{automountServiceAccountToken: false, hostUsers: false}"),
        ["AutomountServiceAccountToken", "HostUsers"]
    );
    assert!(matches("{automountServiceAccountToken: 'false', hostUsers: true}").is_empty());
}

#[test]
fn profiles_are_fields_that_containers_inherit() {
    assert_eq!(
        matches(
            "{securityContext: {seccompProfile: {type: RuntimeDefault}, appArmorProfile: {type: Unconfined}}, containers: [{name: a}]}"
        ),
        ["ApparmorUnconfined", "SeccompAny"]
    );
    assert_eq!(
        matches("{ephemeralContainers: [{securityContext: {seccompProfile: {type: Unconfined}}}]}"),
        ["SeccompUnconfined"]
    );
}

#[test]
fn profiles_are_annotations_in_the_release() {
    let annotated = |annotation: &str| {
        matches_in(
            &format!("apiVersion: v1\nkind: Pod\nmetadata: {{annotations: {{{annotation}}}}}\n"),
            KubesecEdition::V2_14,
        )
    };
    let seccomp = "seccomp.security.alpha.kubernetes.io/pod";
    assert_eq!(
        annotated(&format!("{seccomp}: runtime/default")),
        ["SeccompAny"]
    );
    assert_eq!(
        annotated(&format!("{seccomp}: unconfined")),
        ["SeccompUnconfined"]
    );
    let apparmor = "container.apparmor.security.beta.kubernetes.io";
    assert_eq!(
        annotated(&format!("{apparmor}/web: runtime/default")),
        ["ApparmorAny"]
    );
    assert!(annotated(&format!("{apparmor}/web: unconfined")).is_empty());
    assert_eq!(
        annotated(&format!("{apparmor}/web: unconfinedly")),
        ["ApparmorAny"]
    );
    assert!(
        annotated(&format!("{apparmor}/web1: runtime/default")).is_empty(),
        "names with digits are not seen"
    );
    assert!(annotated(&format!("x{apparmor}/web: runtime/default")).is_empty());
    let field = "apiVersion: v1\nkind: Pod\nspec: {hostUsers: false, containers: [{securityContext: {seccompProfile: {type: RuntimeDefault}}}]}\n";
    assert!(matches_in(field, KubesecEdition::V2_14).is_empty());
}

#[test]
fn secrets_in_the_environment_count_in_jobs_too() {
    let container = "{env: [{valueFrom: {secretKeyRef: {name: a}}}]}";
    let cron_job = format!(
        "apiVersion: batch/v1\nkind: CronJob\nspec: {{jobTemplate: {{spec: {{template: {{spec: {{containers: [{container}]}}}}}}}}}}\n"
    );
    let report = one(&cron_job);
    assert_eq!(
        ids(&report.scoring.critical),
        ["SecretsAsEnvironmentVariables"]
    );
    assert_eq!(report.score, -5);
    assert_eq!(report.message, "Failed with a score of -5 points");
    assert!(report.scoring.advise.is_empty());
    assert_eq!(
        matches("{containers: [{envFrom: [{secretRef: {name: a}}]}]}"),
        ["SecretsAsEnvironmentVariables"]
    );
    assert!(matches("{containers: [{envFrom: [{secretRef: null}]}]}").is_empty());
}

#[test]
fn claims_of_stateful_sets() {
    let set = |templates: &str| {
        matches_in(
            &format!(
                "apiVersion: apps/v1\nkind: StatefulSet\nspec: {{volumeClaimTemplates: {templates}}}\n"
            ),
            KubesecEdition::Current,
        )
    };
    let (mode, storage) = (
        "VolumeClaimAccessModeReadWriteOnce",
        "VolumeClaimRequestsStorage",
    );
    assert_eq!(set("[]"), [mode, storage]);
    assert_eq!(set("[{spec: {accessModes: [ReadWriteOnce]}}]"), [mode]);
    assert!(set("[{spec: {accessModes: [ReadWriteOnce, ReadOnlyMany]}}]").is_empty());
    assert_eq!(
        set("[{spec: {resources: {requests: {storage: 1Gi}}}}]"),
        [storage]
    );
}

#[test]
fn bindings_to_everybody() {
    let report = one(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: a, namespace: b}\nsubjects: [{name: 'system:anonymous'}]\n",
    );
    assert_eq!(report.object, "RoleBinding/a.b");
    assert_eq!(report.score, -30);
}

#[test]
fn an_object_in_the_place_of_a_list_is_read_as_often_as_it_has_keys() {
    assert_eq!(
        matches("{containers: {securityContext: {privileged: true}}}"),
        ["Privileged"]
    );
    assert!(matches("{containers: {resources: {limits: {cpu: 1}}}}").is_empty());
}

#[test]
fn rules_stand_in_the_order_of_points_and_selectors() {
    let report = one(
        "apiVersion: v1\nkind: Pod\nspec: {hostPID: true, hostAliases: [], hostIPC: true, containers: [{securityContext: {privileged: true}}]}\n",
    );
    assert_eq!(
        ids(&report.scoring.critical),
        ["Privileged", "HostIPC", "HostPID", "HostAliases"]
    );
    assert_eq!(
        ids(&report.scoring.advise)[..3],
        [
            "ApparmorAny",
            "ServiceAccountName",
            "AutomountServiceAccountToken"
        ]
    );
    assert_eq!(report.score, -51);
}

#[test]
fn kinds_that_no_rule_judges_score_nothing() {
    let report = one("apiVersion: v1\nkind: Service\nmetadata: {name: 1234567}\n");
    assert_eq!(report.object, "Service/1.234567e+06.default");
    assert!(report.valid);
    assert_eq!(
        report.message,
        "This resource kind is not supported by kubesec"
    );
    assert_eq!(report.scoring, KubesecScoring::default());
    let list = one("apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Pod}]\n");
    assert_eq!(
        list.message,
        "This resource kind is not supported by kubesec"
    );
}

#[test]
fn documents_that_cannot_be_objects_are_not_valid() {
    for (text, message) in [
        (
            "kind: Pod\n",
            "error while parsing: missing 'apiVersion' key",
        ),
        (
            "apiVersion: v1\n",
            "error while parsing: missing 'kind' key",
        ),
        (
            "apiVersion: v1\nkind: List\nitems: [{kind: 3}, null, {kind: Pod}]\n",
            "error while parsing: missing 'kind' keyerror while parsing: missing 'apiVersion' key",
        ),
        (
            "words\n",
            "error unmarshalling resource: a string where an object should be",
        ),
        (
            "{\"kind\": \"Pod\", \"apiVersion\": \"v1\", \"kind\": \"Pod\"}",
            "error unmarshalling resource: key \"kind\" stands there twice",
        ),
        (
            "apiVersion: v1\nkind: Pod\nspec: {hostPID: 'true'}\n",
            "problem validating schema. Check JSON formatting: hostPID is a string and must be a boolean\n",
        ),
    ] {
        let report = one(text);
        assert!(!report.valid, "{text}");
        assert_eq!(report.message, message);
        assert_eq!(report.scoring, KubesecScoring::default());
    }
}

#[test]
fn a_comment_is_a_document_that_earns_nothing() {
    let reports = all(
        "# licence\n---\napiVersion: v1\nkind: Pod\n",
        KubesecEdition::Current,
    );
    assert_eq!(reports.len(), 2);
    assert_eq!(reports[0].object, "Unknown");
    assert_eq!(reports[0].message, "Passed with a score of 0 points");
    assert!(!reports[0].scoring.advise.is_empty());
}

#[test]
fn input_without_a_report_is_an_error_with_its_line() {
    let error = |text: &str| {
        let source = Arc::new(Source::new("a.yaml", text));
        kubesec(&source, KubesecEdition::Current)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(error(""), "a.yaml: invalid input: no document");
    assert_eq!(error("---\n---\n"), "a.yaml: invalid input: no document");
    assert!(error("a: 1\n---\nb: 1\nc: [\n").starts_with("a.yaml:"));
    assert_eq!(
        error("a: 1\n---\n~: 1\n"),
        "a.yaml:3: a key must be text, a number or a boolean"
    );
}
