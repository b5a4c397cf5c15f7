//! Webhook configurations: fail-closed, scoped, and never over the namespace that ringwall runs in.
//!
//! Source: <https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/>.

use std::{collections::BTreeSet, time::SystemTime};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{SetupFile, certificates::CertificateError, host_of, kubeconfig::quoted, server_end};

/// How webhooks reach ringwall.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A Service of the cluster.
    Service {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
        /// Its port.
        port: u16,
    },
    /// `host:port` outside of the cluster.
    Address(String),
}

/// What webhooks are told.
#[derive(Clone, Debug)]
pub struct WebhookSetup {
    /// How ringwall is reached.
    pub target: Target,
    /// Namespaces that are left alone besides ringwall's own.
    pub exempt_namespaces: Vec<String>,
    /// Whether a mutating webhook is written too.
    pub mutates: bool,
    /// How long the API server waits, in seconds: 1 to 30.
    pub timeout_seconds: u8,
    /// When certificates end.
    pub until: SystemTime,
}

/// What is judged: what carries pods, and what gives rights, reach and ways in.
const RULES: &str = "\
\x20 rules:
  - apiGroups: [\"\"]
    apiVersions: [\"*\"]
    operations: [CREATE, UPDATE]
    resources: [pods, pods/ephemeralcontainers, replicationcontrollers, podtemplates, services, serviceaccounts]
  - apiGroups: [apps, batch]
    apiVersions: [\"*\"]
    operations: [CREATE, UPDATE]
    resources: [deployments, daemonsets, statefulsets, replicasets, jobs, cronjobs]
  - apiGroups: [networking.k8s.io, rbac.authorization.k8s.io]
    apiVersions: [\"*\"]
    operations: [CREATE, UPDATE]
    resources: [\"*\"]
";

/// Makes the files.
///
/// # Errors
///
/// Where no certificate can be made.
pub fn webhook(setup: &WebhookSetup) -> Result<Vec<SetupFile>, CertificateError> {
    let names = match &setup.target {
        Target::Service {
            namespace, name, ..
        } => vec![
            format!("{name}.{namespace}.svc"),
            format!("{name}.{namespace}.svc.cluster.local"),
        ],
        Target::Address(authority) => vec![host_of(authority).to_owned()],
    };
    let mut files = server_end(&names, setup.until)?;
    let authority = files
        .iter()
        .find(|file| file.name == "ca.crt")
        .map_or(String::new(), |file| STANDARD.encode(&file.text));
    files.push(SetupFile::open(
        "validating-webhook.yaml",
        configuration(setup, "Validating", "validate", &authority),
    ));
    if setup.mutates {
        files.push(SetupFile::open(
            "mutating-webhook.yaml",
            configuration(setup, "Mutating", "mutate", &authority),
        ));
    }
    Ok(files)
}

fn configuration(setup: &WebhookSetup, sort: &str, path: &str, authority: &str) -> String {
    let (client, own) = match &setup.target {
        Target::Service {
            namespace,
            name,
            port,
        } => (
            format!(
                "    service:\n\
                 \x20     namespace: {}\n\
                 \x20     name: {}\n\
                 \x20     port: {port}\n\
                 \x20     path: /{path}\n",
                quoted(namespace),
                quoted(name)
            ),
            Some(namespace.clone()),
        ),
        Target::Address(address) => (
            format!(
                "    url: {}\n",
                quoted(&format!("https://{address}/{path}"))
            ),
            None,
        ),
    };
    let exempt: BTreeSet<String> = setup.exempt_namespaces.iter().cloned().chain(own).collect();
    let selector = if exempt.is_empty() {
        String::new()
    } else {
        let mut values = String::new();
        for namespace in &exempt {
            values.push_str("      - ");
            values.push_str(&quoted(namespace));
            values.push('\n');
        }
        format!(
            "  # Without this, ringwall could not be started again once it is down.\n\
             \x20 namespaceSelector:\n\
             \x20   matchExpressions:\n\
             \x20   - key: kubernetes.io/metadata.name\n\
             \x20     operator: NotIn\n\
             \x20     values:\n{values}"
        )
    };
    let reinvocation = if sort == "Mutating" {
        "  # What other webhooks change is looked at again.\n  reinvocationPolicy: IfNeeded\n"
    } else {
        ""
    };
    format!(
        "apiVersion: admissionregistration.k8s.io/v1\n\
         kind: {sort}WebhookConfiguration\n\
         metadata:\n\
         \x20 name: ringwall\n\
         webhooks:\n\
         - name: {path}.ringwall.dev\n\
         \x20 admissionReviewVersions: [v1, v1beta1]\n\
         \x20 clientConfig:\n\
         {client}\
         \x20   caBundle: {authority}\n\
         \x20 # Nothing is admitted that nobody looked at.\n\
         \x20 failurePolicy: Fail\n\
         \x20 matchPolicy: Equivalent\n\
         {reinvocation}\
         {selector}\
         {RULES}\
         \x20 sideEffects: None\n\
         \x20 timeoutSeconds: {timeout}\n",
        timeout = setup.timeout_seconds,
    )
}
