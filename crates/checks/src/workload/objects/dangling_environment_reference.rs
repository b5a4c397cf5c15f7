use super::{labels::is_placeholder, provided::Provided};
use crate::{Check, Confidence, Container, Findings, ForContainer, Inventory, Node, check};

check! {
    /// ## What it finds
    /// Environment variables that are taken from a Secret or ConfigMap which is not among the scanned objects, or
    /// which is there and lacks the key.
    /// It stays silent where the folder and the namespace hold no object of that kind at all, where the reference is
    /// optional, and where a sealed secret, an external secret, a certificate or a generator makes the object.
    ///
    /// ## Why it matters
    /// The container does not start.
    /// Whoever may create the missing object decides later what the program reads.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: settings
    /// data:
    ///   level: info
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       env:
    ///         - name: LEVEL
    ///           valueFrom:
    ///             configMapKeyRef:
    ///               name: settings
    ///               key: log-level # <-
    ///       envFrom:
    ///         - configMapRef:
    ///             name: setings # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: settings
    /// data:
    ///   level: info
    /// ---
    /// apiVersion: bitnami.com/v1alpha1
    /// kind: SealedSecret
    /// metadata:
    ///   name: credentials
    /// ---
    /// apiVersion: v1
    /// kind: Secret
    /// metadata:
    ///   name: token
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       env:
    ///         - name: LEVEL
    ///           valueFrom:
    ///             configMapKeyRef:
    ///               name: settings
    ///               key: level
    ///         - name: PASSWORD
    ///           valueFrom:
    ///             secretKeyRef:
    ///               name: credentials
    ///               key: password
    ///       envFrom:
    ///         - configMapRef:
    ///             name: more-settings
    ///             optional: true
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       envFrom:
    ///         - secretRef:
    ///             name: kept-elsewhere
    /// ```
    ///
    /// ## Fix
    /// Correct the name or the key, add the object, or set `optional: true` where the program can do without.
    DanglingEnvironmentReference {
        id: "dangling-environment-reference",
        title: "Environment references a Secret or ConfigMap not in the input set",
        ring: Code,
        target: Workload,
        hooks: [ContainerAmong],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for DanglingEnvironmentReference {
    fn container_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForContainer<'i, 'a> {
        let provided = Provided::new(inventory);
        Box::new(move |container, findings| {
            for variable in container.node.list("env") {
                let Some(source) = variable.get("valueFrom") else {
                    continue;
                };
                for (field, kind) in [("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")]
                {
                    if let Some(reference) = source.get(field) {
                        judge(container, reference, kind, inventory, &provided, findings);
                    }
                }
            }
            for source in container.node.list("envFrom") {
                for (field, kind) in [("secretRef", "Secret"), ("configMapRef", "ConfigMap")] {
                    if let Some(reference) = source.get(field) {
                        judge(container, reference, kind, inventory, &provided, findings);
                    }
                }
            }
        })
    }
}

fn judge(
    container: &Container<'_>,
    reference: Node<'_>,
    kind: &'static str,
    inventory: &Inventory<'_>,
    provided: &Provided<'_>,
    findings: &mut Findings<'_>,
) {
    let Some(name) = reference.get("name") else {
        return;
    };
    let text = name.text();
    let is_optional = reference.get("optional").is_some_and(Node::is_true);
    if text.is_empty() || is_optional || is_placeholder(text) {
        return;
    }
    let resource = &container.pod.resource;
    let mut objects = inventory.named("", kind, text, resource).peekable();
    if objects.peek().is_none() {
        if provided.keeps(kind, resource) && !provided.makes(text) {
            findings
                .add(DanglingEnvironmentReference::META)
                .at(name)
                .note(format!(
                    "takes variables from {kind} {text}, which is not among the scanned objects"
                ))
                .confidence(Confidence::Low);
        }
        return;
    }
    let Some(key) = reference
        .get("key")
        .filter(|key| !is_placeholder(key.text()))
    else {
        return;
    };
    let has_key = |object: &crate::Resource<'_>| {
        let data = ["data", "stringData"].map(|field| object.node.get(field));
        let mut data = data
            .into_iter()
            .flatten()
            .filter(|data| data.is_mapping())
            .peekable();
        // What holds nothing is filled in later, by a controller or by hand.
        data.peek().is_none() || data.any(|data| data.get(key.text()).is_some())
    };
    if !objects.any(has_key) {
        findings
            .add(DanglingEnvironmentReference::META)
            .at(key)
            .note(format!(
                "takes a variable from the key {} of {kind} {text}, which has no such key",
                key.text()
            ));
    }
}
