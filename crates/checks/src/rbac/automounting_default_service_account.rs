use crate::{Check, Findings, Node, Resource, Safety, check, edit};

check! {
    /// ## What it finds
    /// Objects of a ServiceAccount named `default` without `automountServiceAccountToken: false`.
    ///
    /// ## Why it matters
    /// Every pod that names no service account runs as `default` and gets its token mounted, wanted or not.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata:
    ///   name: default # <-
    ///   namespace: shop
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata:
    ///   name: default
    ///   namespace: shop
    /// automountServiceAccountToken: true # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata:
    ///   name: default
    ///   namespace: shop
    /// automountServiceAccountToken: false
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata:
    ///   name: web
    /// ```
    ///
    /// ## Fix
    /// Set `automountServiceAccountToken: false` in the object, and give programs that use the API a service account of their own.
    AutomountingDefaultServiceAccount {
        id: "automounting-default-service-account",
        title: "default ServiceAccount object leaves automount enabled",
        ring: Cluster,
        target: Rbac,
        hooks: [Resource],
        severity: Low,
        since: "0.1.0",
        controls: ["cis:5.1.5", "cis-aks:4.1.5", "cis-eks:4.1.5", "cis-gke:4.1.4", "nsa:AUTH", "mitre:T1528"],
    }
}

const FIELD: &str = "automountServiceAccountToken";

impl Check for AutomountingDefaultServiceAccount {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if resource.name != "default" || !resource.is("", "ServiceAccount") {
            return;
        }
        let field = resource.node.get(FIELD).filter(|field| !field.is_null());
        if field.is_some_and(Node::is_false) {
            return;
        }
        let draft = findings.add(Self::META);
        let draft = match field {
            Some(field) => draft.at(field),
            None => draft.missing(resource.place(), FIELD),
        };
        draft
            .note("lets its token be mounted into every pod that names no service account")
            .fix(Safety::Unsafe, edit::set(resource.node, &[FIELD], "false"));
    }
}
