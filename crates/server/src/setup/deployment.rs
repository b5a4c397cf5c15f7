//! Manifests that run ringwall in a cluster, beside the webhook configurations that ask it.
//!
//! Nothing secret is written into one of them: the Secret is made by `kubectl apply -k` from the files that
//! `setup webhook` wrote.
//!
//! Source: <https://kubernetes.io/docs/concepts/security/pod-security-standards/>.

use super::{SetupFile, kubeconfig::quoted};

/// Where `serve` listens for reviews in its pod.
pub const REVIEW_PORT: u16 = 8443;

/// Where `serve` tells of its health in its pod.
pub const HEALTH_PORT: u16 = 9090;

/// Folder of the certificate and its key in the pod.
pub const TLS_FOLDER: &str = "/etc/ringwall/tls";

/// Folder of the configuration in the pod.
pub const CONFIG_FOLDER: &str = "/etc/ringwall/config";

/// Folder of the policies in the pod.
pub const POLICY_FOLDER: &str = "/etc/ringwall/policies";

/// The name of the configuration in its folder.
pub const CONFIG_NAME: &str = "ringwall.toml";

/// User and group in the pod: none of a node's own.
const USER: u32 = 65_532;

/// Seconds in which what is under way may end once nothing new is accepted.
const GRACE_SECONDS: u32 = 30;

/// How `serve` is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentSetup {
    /// Namespace of its own.
    pub namespace: String,
    /// Name of the Service, and of all that belongs to it.
    pub name: String,
    /// Port of the Service.
    pub port: u16,
    /// The image, by its digest.
    pub image: String,
    /// How many pods.
    pub replicas: u16,
    /// Arguments of the program, from `serve` on.
    pub arguments: Vec<String>,
    /// Seconds from SIGTERM until nothing new is accepted.
    pub drain_seconds: u8,
    /// Whether it speaks to the API server.
    pub reaches_cluster: bool,
    /// Text of its configuration.
    pub config: Option<String>,
    /// Its policies: names and texts.
    pub policies: Vec<(String, String)>,
    /// Files that are there already and go with it: webhook configurations, rights.
    pub beside: Vec<String>,
}

/// Something that is mounted: what it is, its name behind that of the Service, its folder.
type Mount<'a> = (&'a str, &'a str, &'a str);

impl DeploymentSetup {
    fn mounts(&self) -> Vec<Mount<'static>> {
        let mut mounts = vec![("secret", "tls", TLS_FOLDER)];
        if self.config.is_some() {
            mounts.push(("configMap", "config", CONFIG_FOLDER));
        }
        if !self.policies.is_empty() {
            mounts.push(("configMap", "policies", POLICY_FOLDER));
        }
        mounts
    }
}

/// Makes the files.
pub fn deployment(setup: &DeploymentSetup) -> Vec<SetupFile> {
    let mut files = vec![
        SetupFile::open("namespace.yaml", namespace(setup)),
        SetupFile::open("service-account.yaml", service_account(setup)),
        SetupFile::open("network-policy.yaml", network_policy(setup)),
        SetupFile::open("service.yaml", service(setup)),
        SetupFile::open("pod-disruption-budget.yaml", disruption_budget(setup)),
        SetupFile::open("deployment.yaml", pods(setup)),
    ];
    let manifests = files.iter().map(|file| &*file.name);
    let resources: Vec<&str> = manifests
        .chain(setup.beside.iter().map(String::as_str))
        .collect();
    let kustomization = kustomization(setup, &resources);
    files.push(SetupFile::open("kustomization.yaml", kustomization));
    if let Some(config) = &setup.config {
        files.push(SetupFile::open(CONFIG_NAME, config.clone()));
    }
    let policies = setup.policies.iter();
    files.extend(
        policies.map(|(name, text)| SetupFile::open(format!("policies/{name}"), text.clone())),
    );
    files
}

/// The head of an object in ringwall's namespace.
fn head(setup: &DeploymentSetup, version: &str, kind: &str) -> String {
    format!(
        r"apiVersion: {version}
kind: {kind}
metadata:
  name: {name}
  namespace: {namespace}
  labels:
    app.kubernetes.io/name: ringwall
",
        name = quoted(&setup.name),
        namespace = quoted(&setup.namespace),
    )
}

fn namespace(setup: &DeploymentSetup) -> String {
    format!(
        r#"# ringwall: ignore[missing-limit-range, missing-resource-quota] reason="its one Deployment states requests and limits"
apiVersion: v1
kind: Namespace
metadata:
  name: {namespace}
  labels:
    app.kubernetes.io/name: ringwall
    pod-security.kubernetes.io/enforce: restricted
"#,
        namespace = quoted(&setup.namespace),
    )
}

fn service_account(setup: &DeploymentSetup) -> String {
    // Where pods do speak to the API server, the pod's own field wins over this one.
    head(setup, "v1", "ServiceAccount") + "automountServiceAccountToken: false\n"
}

fn network_policy(setup: &DeploymentSetup) -> String {
    let egress = if setup.reaches_cluster {
        "  egress:\n\
         \x20 # The port of the API server's Service, and that behind it.\n\
         \x20 # ringwall: ignore[unrestricted-network-policy-rule] reason=\"no selector tells the address of the API server\"\n\
         \x20 - ports:\n\
         \x20   - port: 443\n\
         \x20   - port: 6443\n"
    } else {
        "  # It speaks to nobody.\n  egress: []\n"
    };
    format!(
        r#"{head}spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: ringwall
  policyTypes: [Ingress, Egress]
  ingress:
  # Probes come from the pod's own node, which is always let in.
  # ringwall: ignore[unrestricted-network-policy-rule] reason="the API server is no pod that a selector could name"
  - ports:
    - port: {REVIEW_PORT}
{egress}"#,
        head = head(setup, "networking.k8s.io/v1", "NetworkPolicy"),
    )
}

fn service(setup: &DeploymentSetup) -> String {
    format!(
        r"{head}spec:
  selector:
    app.kubernetes.io/name: ringwall
  ports:
  - name: reviews
    port: {port}
    targetPort: reviews
",
        head = head(setup, "v1", "Service"),
        port = setup.port,
    )
}

fn disruption_budget(setup: &DeploymentSetup) -> String {
    format!(
        r"{head}spec:
  # One after another: a node can always be drained, and with two pods somebody always answers.
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      app.kubernetes.io/name: ringwall
",
        head = head(setup, "policy/v1", "PodDisruptionBudget"),
    )
}

fn pods(setup: &DeploymentSetup) -> String {
    let arguments = setup.arguments.iter();
    let arguments = lines(arguments.map(|argument| format!("        - {}\n", quoted(argument))));
    let mounts = setup.mounts();
    let mounts = lines(mounts.iter().map(|(_, what, folder)| {
        format!("        - name: {what}\n          mountPath: {folder}\n          readOnly: true\n")
    }));
    let volumes: String = setup.mounts().iter().map(|it| volume(setup, it)).collect();
    let token = if setup.reaches_cluster {
        "      # ringwall: ignore[automounted-service-account-token] reason=\"--cluster and --audit speak to the API server\"\n\
         \x20     automountServiceAccountToken: true\n"
    } else {
        "      automountServiceAccountToken: false\n"
    };
    format!(
        r#"{head}spec:
  replicas: {replicas}
  # A new pod answers before an old one goes.
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: ringwall
  template:
    metadata:
      labels:
        app.kubernetes.io/name: ringwall
    # ringwall: ignore[host-users] reason="not every runtime and file system of a node can give a user namespace"
    spec:
      serviceAccountName: {name}
{token}      # Names of Services in variables are of no use to it.
      enableServiceLinks: false
      securityContext:
        runAsNonRoot: true
        runAsUser: {USER}
        runAsGroup: {USER}
        # The group that may read the key.
        fsGroup: {USER}
        seccompProfile:
          type: RuntimeDefault
      # On a node of its own and in a zone of its own, where there are several.
      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: kubernetes.io/hostname
        whenUnsatisfiable: ScheduleAnyway
        labelSelector:
          matchLabels:
            app.kubernetes.io/name: ringwall
      - maxSkew: 1
        topologyKey: topology.kubernetes.io/zone
        whenUnsatisfiable: ScheduleAnyway
        labelSelector:
          matchLabels:
            app.kubernetes.io/name: ringwall
      # --drain-delay, and the time in which what is under way ends.
      terminationGracePeriodSeconds: {grace}
      containers:
      - name: ringwall
        image: {image}
        args:
{arguments}        ports:
        - name: reviews
          containerPort: {REVIEW_PORT}
        - name: health
          containerPort: {HEALTH_PORT}
        # ringwall: ignore[unset-apparmor-profile] reason="stated, nodes without AppArmor refuse it; those with it use the runtime's"
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities:
            drop: [ALL]
        resources:
          requests:
            cpu: 100m
            memory: {request}
            ephemeral-storage: 64Mi
          limits:
            cpu: "2"
            memory: {limit}
            # For its log, which is all that it writes.
            ephemeral-storage: 1Gi
        # In plain HTTP, as client certificates may be asked for at the other port.
        readinessProbe:
          httpGet:
            path: /readyz
            port: health
          periodSeconds: 5
        livenessProbe:
          httpGet:
            path: /healthz
            port: health
          periodSeconds: 10
          timeoutSeconds: 5
          failureThreshold: 6
        volumeMounts:
{mounts}      volumes:
{volumes}"#,
        head = head(setup, "apps/v1", "Deployment"),
        replicas = setup.replicas,
        name = quoted(&setup.name),
        grace = u32::from(setup.drain_seconds) + GRACE_SECONDS,
        image = quoted(&setup.image),
        // What is in the cluster is kept in memory, as docs/serve.md says.
        request = if setup.reaches_cluster {
            "256Mi"
        } else {
            "128Mi"
        },
        limit = if setup.reaches_cluster {
            "1Gi"
        } else {
            "512Mi"
        },
    )
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.collect()
}

fn volume(setup: &DeploymentSetup, (sort, what, _): &Mount<'_>) -> String {
    let name = quoted(&format!("{}-{what}", setup.name));
    let source = match *sort {
        // The mode 0440, as JSON writes it.
        "secret" => {
            format!("        secret:\n          secretName: {name}\n          defaultMode: 288\n")
        }
        _ => format!("        configMap:\n          name: {name}\n"),
    };
    format!("      - name: {what}\n{source}")
}

fn kustomization(setup: &DeploymentSetup, resources: &[&str]) -> String {
    let resources = lines(resources.iter().map(|name| format!("- {name}\n")));
    let (name, namespace) = (&setup.name, quoted(&setup.namespace));
    let generated = |what: &str| {
        format!(
            "- name: {}\n  namespace: {namespace}\n",
            quoted(&format!("{name}-{what}"))
        )
    };
    let labels = "    labels:\n      app.kubernetes.io/name: ringwall\n";
    let mut maps = String::new();
    let mut map = |what: &str, files: &str| {
        if maps.is_empty() {
            maps.push_str(
                "# Their names end with what is in them, so that other policies roll out as other pods do.\n\
                 configMapGenerator:\n",
            );
        }
        maps.push_str(&generated(what));
        let files = format!("  files:\n{files}  options:\n{labels}");
        maps.push_str(&files);
    };
    if setup.config.is_some() {
        map("config", &format!("  - {CONFIG_NAME}\n"));
    }
    if !setup.policies.is_empty() {
        let names = setup.policies.iter();
        let files = names.map(|(name, _)| format!("  - policies/{name}\n"));
        map("policies", &files.collect::<String>());
    }
    format!(
        r"# All that runs ringwall in the cluster: kubectl apply --server-side -k .
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
{resources}secretGenerator:
{tls}  type: kubernetes.io/tls
  files:
  - tls.crt
  - tls.key
  options:
    # Changed in place: pods take a new certificate over, and no old key is left behind.
    disableNameSuffixHash: true
{labels}{maps}",
        tls = generated("tls"),
    )
}
