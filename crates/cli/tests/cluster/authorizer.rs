//! `authorizer` in the API server's own policies and in ringwall's copies of them: the same answers.

use std::collections::BTreeSet;

use crate::{
    control_plane::{ControlPlane, Flags, programs, text, wait_for},
    installation::Installation,
    ringwall::{Ringwall, write},
};

/// Who may do what, and the namespaces: one is judged by the API server, the other by ringwall.
const RIGHTS: &str = r"
apiVersion: v1
kind: Namespace
metadata: {name: native, labels: {judge: api-server}}
---
apiVersion: v1
kind: Namespace
metadata: {name: foreign, labels: {judge: ringwall}}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: account-maker}
rules:
- {apiGroups: [''], resources: [serviceaccounts], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: account-makers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: account-maker}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: 'system:authenticated'}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: owner}
rules:
- {apiGroups: [''], resources: [serviceaccounts], verbs: [delete]}
- {nonResourceURLs: [/metrics], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: owners}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: owner}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: User, name: ann}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deployer, namespace: shop}
rules:
- {apiGroups: [apps], resources: [deployments], verbs: [create]}
- {apiGroups: [apps], resources: [deployments], resourceNames: [web], verbs: [update]}
- {apiGroups: [apps], resources: [deployments/scale], verbs: [update]}
- {apiGroups: [''], resources: [pods], verbs: [list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: deployers, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deployer}
subjects:
- {apiGroup: rbac.authorization.k8s.io, kind: User, name: ann}
- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: deployers}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: secret-reader, namespace: shop}
rules:
- {apiGroups: [''], resources: [secrets], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: secret-readers, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: secret-reader}
subjects:
- {kind: ServiceAccount, name: bot, namespace: shop}
";

/// Questions, each a policy that warns where the answer is no.
const QUESTIONS: [&str; 15] = [
    "authorizer.group('apps').resource('deployments').namespace('shop').check('create').allowed()",
    "authorizer.group('apps').resource('deployments').check('create').allowed()",
    "authorizer.group('apps').resource('deployments').namespace('shop').check('update').allowed()",
    "authorizer.group('apps').resource('deployments').namespace('shop').name('web').check('update').allowed()",
    "authorizer.group('apps').resource('deployments').subresource('scale').namespace('shop').check('update').allowed()",
    "authorizer.path('/metrics').check('get').allowed()",
    "authorizer.path('/healthz').check('get').allowed()",
    "authorizer.requestResource.check('delete').allowed()",
    "authorizer.requestResource.check('create').allowed()",
    "authorizer.serviceAccount('shop', 'bot').group('').resource('secrets').namespace('shop').check('get').allowed()",
    "authorizer.serviceAccount('shop', 'other').group('').resource('secrets').namespace('shop').check('get').allowed()",
    // Service accounts are asked about without the group of all who are authenticated.
    "authorizer.serviceAccount('shop', 'bot').path('/healthz').check('get').allowed()",
    "authorizer.group('').resource('pods').namespace('shop').fieldSelector('spec.nodeName=n').labelSelector('a in (b)').check('list').allowed()",
    "authorizer.group('').resource('pods').namespace('shop').fieldSelector('a=b=c').labelSelector('!!').check('list').errored()",
    "authorizer.group('apps').resource('deployments').namespace('shop').check('create').reason().contains('RoleBinding')",
];

/// Whom the requests are made as: a user with rights, one without, and one by a group.
const REQUESTERS: [(&str, &str); 3] = [
    ("ann", "system:authenticated"),
    ("bob", "system:authenticated"),
    ("carol", "deployers"),
];

/// All questions as policies for namespaces with a label.
fn policies(judge: &str) -> String {
    let policy = |(number, question): (usize, &&str)| {
        format!(
            "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: question-{number}}}
spec:
  matchConstraints:
    resourceRules:
    - {{apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [serviceaccounts]}}
  validations:
  - {{expression: \"{question}\", message: answer-{number}-is-no}}
  - {{expression: 'false', message: question-{number}-is-asked}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: question-{number}}}
spec:
  policyName: question-{number}
  validationActions: [Warn]
  matchResources: {{namespaceSelector: {{matchLabels: {{judge: {judge}}}}}}}
"
        )
    };
    let all: Vec<String> = QUESTIONS.iter().enumerate().map(policy).collect();
    all.join("---\n")
}

/// The questions whose answer is no for a requester in a namespace; how many were not asked where some were not.
fn refused(
    plane: &ControlPlane,
    namespace: &str,
    (user, group): (&str, &str),
) -> Result<BTreeSet<usize>, String> {
    let made = plane.kubectl(&[
        "create",
        "serviceaccount",
        "probe",
        "-n",
        namespace,
        "--dry-run=server",
        "--as",
        user,
        "--as-group",
        group,
        "--as-group",
        "system:authenticated",
    ]);
    let said = text(&made.stderr);
    assert!(made.status.success(), "{user} in {namespace}: {said}");
    let numbers = |form: fn(usize) -> String| -> BTreeSet<usize> {
        (0..QUESTIONS.len())
            .filter(|number| said.contains(&form(*number)))
            .collect()
    };
    let asked = numbers(|number| format!("question-{number}-is-asked"));
    if asked.len() < QUESTIONS.len() {
        return Err(format!("only these are asked: {asked:?}"));
    }
    Ok(numbers(|number| format!("answer-{number}-is-no")))
}

/// Whoever has exactly the rights that `setup` says ringwall needs.
const OF_RINGWALL: [&str; 2] = ["--service-account", "ringwall/ringwall"];
const RINGWALL: &str = "system:serviceaccount:ringwall:ringwall";

/// Starts ringwall with no more than these rights, and tells the API server of it.
fn judge_as_ringwall(plane: &ControlPlane, installation: &Installation, rights: &str) -> Ringwall {
    plane
        .apply("rbac.yaml", rights)
        .expect("the rights of ringwall");
    let kubeconfig = plane.kubeconfig_as(RINGWALL);
    let ringwall = installation.serve(&["--cluster", "--kubeconfig", &kubeconfig]);
    plane
        .apply(
            "webhook.yaml",
            &installation.read("validating-webhook.yaml"),
        )
        .expect("the webhook");
    ringwall
}

#[test]
fn the_authorizer_says_what_the_api_server_says() {
    let Some(programs) = programs() else {
        return;
    };
    let plane = ControlPlane::start(&programs, &Flags::default());
    plane.apply("rights.yaml", RIGHTS).expect("the rights");
    plane
        .apply("policies.yaml", &policies("api-server"))
        .expect("the policies");
    let installation = Installation::new("webhook", &[]);
    installation.policy("policies.yaml", &policies("ringwall"));
    let rights = installation.rights(&installation.policies(), &OF_RINGWALL);
    assert!(rights.contains("subjectaccessreviews"), "{rights}");
    let ringwall = judge_as_ringwall(&plane, &installation, &rights);
    let somebody = REQUESTERS[1];
    for (namespace, judge) in [("native", "the API server"), ("foreign", "ringwall")] {
        wait_for(&format!("the policies at {judge}"), || {
            refused(&plane, namespace, somebody)
                .map_err(|seen| format!("{seen}\n{}", ringwall.log()))
        });
    }
    for requester in REQUESTERS {
        let native = refused(&plane, "native", requester).expect("all are asked");
        let foreign = refused(&plane, "foreign", requester).expect("all are asked");
        println!("{}: no to {native:?}", requester.0);
        assert_eq!(native, foreign, "{requester:?}\n{}", ringwall.log());
    }
    // The rights are those that were given, and not all or none.
    let ann = refused(&plane, "foreign", REQUESTERS[0]).expect("all are asked");
    assert!(
        !ann.contains(&0) && ann.contains(&1) && !ann.contains(&7),
        "{ann:?}"
    );

    // A right that is taken away counts no more when the answer has ended.
    plane.must(&["delete", "clusterrolebinding", "owners"]);
    wait_for("the end of a right", || {
        let refused = refused(&plane, "foreign", REQUESTERS[0])?;
        (refused.contains(&5) && refused.contains(&7))
            .then_some(())
            .ok_or_else(|| format!("{refused:?}"))
    });
}

#[test]
fn without_an_answer_of_the_api_server_the_failure_policy_decides() {
    let Some(programs) = programs() else {
        return;
    };
    let plane = ControlPlane::start(&programs, &Flags::default());
    plane.apply("rights.yaml", RIGHTS).expect("the rights");
    let installation = Installation::new("webhook", &[]);
    // It forbids those who may: silence must not be taken for inability.
    let policy = policies("ringwall")
        .replace("authorizer.", "!authorizer.")
        .replace("[Warn]", "[Deny]");
    let first = policy.split("---\n").take(2).collect::<Vec<_>>();
    installation.policy("policy.yaml", &first.join("---\n"));
    // The rights to watch, and none to ask what others may do.
    let unable = write(
        &installation.folder().join("other-policies"),
        "none.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n",
    );
    let rights = installation.rights(&unable, &OF_RINGWALL);
    assert!(!rights.contains("subjectaccessreviews"), "{rights}");
    let ringwall = judge_as_ringwall(&plane, &installation, &rights);
    let refusal = wait_for("the webhook", || {
        let made = plane.kubectl(&[
            "create",
            "serviceaccount",
            "probe",
            "-n",
            "foreign",
            "--dry-run=server",
            "--as",
            "bob",
        ]);
        let said = text(&made.stderr);
        said.contains("authorization check has no answer")
            .then_some(said.clone())
            .ok_or_else(|| format!("{said}{}", ringwall.log()))
    });
    assert!(refusal.contains("subjectaccessreviews"), "{refusal}");
}
