//! Webhook configurations: fail-closed, scoped, and never over the namespace that ringwall runs in.
//!
//! Source: <https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/>.

use std::{collections::BTreeSet, time::SystemTime};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ringwall_input::kubernetes::custom_pod_kinds;
use ringwall_policy::{
    ALL, Asked, RequestRule,
    admission::{GroupVersionKind, GroupVersionResource, Operation},
    simplified,
};
use rustls::pki_types::CertificateDer;

use super::{SetupFile, certificates::CertificateError, host_of, kubeconfig::quoted, server_end};
use crate::tls::{self, Facts};

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
    /// What policies ask about besides what levels and checks do.
    pub asked: Asked,
    /// The authority that signed the certificate which ringwall shows until now, in PEM.
    pub trusted_before: Option<String>,
}

impl WebhookSetup {
    /// The authorities that webhooks trust: the new one, and for as long as it is good the one before it, so that nothing
    /// is refused from the moment that webhooks know of a new certificate until every ringwall shows it.
    fn authorities(&self, new: &str) -> String {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = i64::try_from(now.unwrap_or_default().as_secs()).unwrap_or(i64::MAX);
        let is_good = |certificate: &CertificateDer<'_>| {
            Facts::of(certificate).is_ok_and(|facts| facts.not_after > now)
        };
        let before = self.trusted_before.as_deref().and_then(|text| {
            let found = tls::certificates(text).ok()?;
            found.first().is_some_and(is_good).then_some(text)
        });
        [new, before.unwrap_or_default()].concat()
    }
}

/// Creations and updates of custom kinds that carry pods, by group and kind. Pods are sent whoever makes them; these say
/// at once, to the one who writes them, what would be refused later to a controller.
pub fn pod_makers<'k>(kinds: impl IntoIterator<Item = (&'k str, &'k str)>) -> Option<RequestRule> {
    let (mut groups, mut resources) = (BTreeSet::new(), BTreeSet::new());
    for (group, kind) in kinds {
        let named = GroupVersionResource::of(&GroupVersionKind {
            group: group.to_owned(),
            kind: kind.to_owned(),
            ..GroupVersionKind::default()
        });
        groups.insert(group);
        resources.insert(named.resource);
    }
    let groups: Vec<&str> = groups.into_iter().collect();
    let resources: Vec<&str> = resources.iter().map(String::as_str).collect();
    let changes = [Operation::Create, Operation::Update];
    (!groups.is_empty()).then(|| RequestRule::new(&groups, &resources, &changes))
}

/// What is judged by levels and checks: what carries pods, and what gives rights, reach and ways in.
fn always() -> Vec<RequestRule> {
    let changes = [Operation::Create, Operation::Update];
    let core = [
        "pods",
        "pods/ephemeralcontainers",
        "replicationcontrollers",
        "podtemplates",
        "services",
        "serviceaccounts",
        // Which level holds for pods, and what of a node is lent to them.
        "namespaces",
        "persistentvolumes",
    ];
    let workloads = [
        "deployments",
        "daemonsets",
        "statefulsets",
        "replicasets",
        "jobs",
        "cronjobs",
    ];
    let whole_groups = [
        "gateway.networking.k8s.io",
        "networking.k8s.io",
        "rbac.authorization.k8s.io",
    ];
    // Policies of network plugins and meshes, what lets traffic in, and who may run privileged on OpenShift.
    let custom: [(&[&str], &[&str]); 6] = [
        (
            &["cilium.io"],
            &["ciliumclusterwidenetworkpolicies", "ciliumnetworkpolicies"],
        ),
        (
            &["crd.projectcalico.org", "projectcalico.org"],
            &["globalnetworkpolicies", "networkpolicies"],
        ),
        (
            &["networking.istio.io"],
            &["destinationrules", "gateways", "virtualservices"],
        ),
        (&["route.openshift.io"], &["routes"]),
        (
            &["security.istio.io"],
            &["authorizationpolicies", "peerauthentications"],
        ),
        (&["security.openshift.io"], &["securitycontextconstraints"]),
    ];
    let mut rules = vec![
        RequestRule::new(&["autoscaling"], &["horizontalpodautoscalers"], &changes),
        RequestRule::new(&["policy"], &["poddisruptionbudgets"], &changes),
        RequestRule::new(&["storage.k8s.io"], &["storageclasses"], &changes),
        RequestRule::new(&[""], &core, &changes),
        RequestRule::new(&["apps", "batch"], &workloads, &changes),
        RequestRule::new(&whole_groups, &[ALL], &changes),
    ];
    let custom = custom.iter();
    rules.extend(custom.map(|(groups, resources)| RequestRule::new(groups, resources, &changes)));
    rules.extend(pod_makers(custom_pod_kinds()));
    rules
}

/// What checks look at in a scan and is not sent, with the reason.
pub const NOT_SENT: [(&str, &str); 3] = [
    (
        "ConfigMaps and Secrets",
        "what they hold would go to ringwall, and each of their many changes would wait for it",
    ),
    (
        "APIServices",
        "the API server registers them itself, and could serve no new kind while ringwall is away",
    ),
    (
        "webhook configurations and admission policies",
        "an API server sends them to no webhook",
    ),
];

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
        .map_or(String::new(), |file| {
            STANDARD.encode(setup.authorities(&file.text))
        });
    files.push(SetupFile::open(
        "validating-webhook.yaml",
        configuration(
            setup,
            "Validating",
            "validate",
            &setup.asked.to_validate,
            &authority,
        ),
    ));
    if setup.mutates {
        files.push(SetupFile::open(
            "mutating-webhook.yaml",
            configuration(
                setup,
                "Mutating",
                "mutate",
                &setup.asked.to_mutate,
                &authority,
            ),
        ));
    }
    Ok(files)
}

fn configuration(
    setup: &WebhookSetup,
    sort: &str,
    path: &str,
    asked: &[RequestRule],
    authority: &str,
) -> String {
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
    let rules = simplified(always().into_iter().chain(asked.iter().cloned()));
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
         {rules}\
         {conditions}\
         \x20 sideEffects: None\n\
         \x20 timeoutSeconds: {timeout}\n",
        rules = written(&rules),
        conditions = conditions(&rules),
        timeout = setup.timeout_seconds,
    )
}

fn written(rules: &[RequestRule]) -> String {
    let rules = rules.iter().map(|rule| {
        format!(
            "  - apiGroups: {}\n\
             \x20   apiVersions: {}\n\
             \x20   operations: {}\n\
             \x20   resources: {}\n",
            list(&rule.api_groups),
            list(&rule.api_versions),
            list(&rule.operations),
            list(&rule.resources),
        )
    });
    format!("  rules:\n{}", rules.collect::<String>())
}

/// A list in one line, with quotation marks only where they are needed.
fn list(names: &BTreeSet<String>) -> String {
    let is_plain = |name: &str| !name.is_empty() && !name.contains('*');
    let names = names.iter().map(|name| match &**name {
        name if is_plain(name) => name.to_owned(),
        name => quoted(name),
    });
    format!("[{}]", names.collect::<Vec<_>>().join(", "))
}

/// Leaves out what the machinery of a cluster writes all the time, where everything is sent and no policy names it: a
/// node whose lease cannot be renewed is taken for lost.
fn conditions(rules: &[RequestRule]) -> String {
    let names = |resource: &str| rules.iter().any(|rule| rule.resources.contains(resource));
    if !rules.iter().any(RequestRule::is_about_everything) {
        return String::new();
    }
    let left_out = [
        ("leases", "'coordination.k8s.io'"),
        ("events", "'', 'events.k8s.io'"),
    ];
    let left_out = left_out.iter().filter(|(resource, _)| !names(resource));
    let conditions = left_out.map(|(resource, groups)| {
        format!(
            "  - name: no-{resource}\n\
             \x20   expression: \"!(request.resource.resource == '{resource}' && request.resource.group in [{groups}])\"\n"
        )
    });
    let conditions: String = conditions.collect();
    if conditions.is_empty() {
        return conditions;
    }
    format!(
        "  # Some policies name no kinds, so that every object is sent, Secrets too. Not what the machinery of the cluster\n\
         \x20 # writes all the time: a node whose lease cannot be renewed is taken for lost.\n\
         \x20 matchConditions:\n{conditions}"
    )
}
