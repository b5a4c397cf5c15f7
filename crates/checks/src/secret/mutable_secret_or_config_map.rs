use crate::{Check, Findings, Resource, Safety, check, edit};

check! {
    /// ## What it finds
    /// Secrets and `ConfigMaps` with data and without `immutable: true`.
    /// Objects without data are left out: a controller fills them.
    ///
    /// ## Why it matters
    /// An immutable object cannot be changed under a running workload, by mistake or on purpose, and the kubelet need not watch it.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: shop # <-
    /// data:
    ///   colour: blue
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: shop
    /// immutable: false # <-
    /// data:
    ///   colour: blue
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: shop
    /// immutable: true
    /// data:
    ///   colour: blue
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: leader-election
    /// ```
    ///
    /// ## Fix
    /// Set `immutable: true` and put a hash or version into the name, so that a change is a new object.
    MutableSecretOrConfigMap {
        id: "mutable-secret-or-config-map",
        title: "Secret or ConfigMap not immutable",
        ring: Cluster,
        target: Secret,
        hooks: [Resource],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for MutableSecretOrConfigMap {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if !(resource.is("", "Secret") || resource.is("", "ConfigMap")) {
            return;
        }
        let has_data = ["data", "stringData", "binaryData"].iter().any(|key| {
            let map = resource.node.get(key);
            map.is_some_and(|map| map.written_entries().next().is_some())
        });
        let field = resource.node.get("immutable");
        if !has_data || field.is_some_and(ringwall_input::yaml::Node::is_true) {
            return;
        }
        let draft = findings.add(Self::META);
        let draft = match field {
            Some(field) => draft.at(field),
            None => draft.missing(resource.place(), "immutable"),
        };
        draft.note("can be changed while it is in use").fix(
            Safety::Unsafe,
            edit::set(resource.node, &["immutable"], "true"),
        );
    }
}
