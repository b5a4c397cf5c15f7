//! Files for the API server's audit webhook.
//!
//! Source: <https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/>.

use super::{
    Reach, SetupFile, both_ends,
    certificates::CertificateError,
    kubeconfig::{self, kubeconfig},
};

/// What the API server is told.
#[derive(Clone, Debug)]
pub struct AuditSetup {
    /// How ringwall is reached.
    pub reach: Reach,
    /// The path that takes events.
    pub path: String,
}

/// Whole objects where they matter for replay, no secrets, no noise.
const POLICY: &str = "\
apiVersion: audit.k8s.io/v1
kind: Policy
# The answer says more than the arrival.
omitStages:
- RequestReceived
rules:
# Noise of the machinery.
- level: None
  nonResourceURLs: [/healthz*, /livez*, /readyz*, /version, /openapi*]
- level: None
  resources:
  - group: coordination.k8s.io
    resources: [leases]
  - group: \"\"
    resources: [events]
  - group: events.k8s.io
    resources: [events]
# Who touched them, never what is in them.
- level: Metadata
  resources:
  - group: \"\"
    resources: [secrets, configmaps, serviceaccounts/token]
  - group: authentication.k8s.io
    resources: [tokenreviews, tokenrequests]
# Ways into running pods.
- level: Metadata
  resources:
  - group: \"\"
    resources: [pods/exec, pods/attach, pods/portforward, pods/proxy, services/proxy, nodes/proxy]
# Whole objects, so that policies can be replayed over them.
- level: RequestResponse
  verbs: [create, update, patch, delete, deletecollection]
  resources:
  - group: \"\"
    resources: [pods, pods/ephemeralcontainers, services, serviceaccounts, namespaces, replicationcontrollers]
  - group: apps
  - group: batch
  - group: networking.k8s.io
  - group: rbac.authorization.k8s.io
  - group: admissionregistration.k8s.io
  - group: policy
# Everything else: who did what, without bodies.
- level: Metadata
";

/// Makes the files.
///
/// # Errors
///
/// Where no certificate can be made.
pub fn audit(setup: &AuditSetup) -> Result<Vec<SetupFile>, CertificateError> {
    let reach = &setup.reach;
    let flags = format!(
        "# Flags of kube-apiserver. Mount the folder {folder} into its pod, read only.\n\
         --audit-policy-file={policy}\n\
         --audit-webhook-config-file={kubeconfig}\n\
         --audit-webhook-mode=batch\n\
         --audit-webhook-truncate-enabled=true\n\
         # Start ringwall with:\n\
         # ringwall serve --tls-cert tls.crt --tls-key tls.key --client-ca client-ca.crt \\\n\
         #   --require-client-certificate {path} --client-name {name} --record events.jsonl\n",
        folder = reach.folder.display(),
        policy = reach.file("audit-policy.yaml"),
        kubeconfig = reach.file(kubeconfig::NAME),
        path = setup.path,
        name = super::CLIENT_NAME,
    );
    let mut files = both_ends(reach)?;
    files.extend([
        SetupFile::open("audit-policy.yaml", POLICY.to_owned()),
        SetupFile::open(kubeconfig::NAME, kubeconfig(reach, &setup.path)),
        SetupFile::open("apiserver-flags.txt", flags),
    ]);
    Ok(files)
}
