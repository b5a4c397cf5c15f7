use ringwall_input::schema;

use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Objects that state `namespace: default`.
    /// Nothing is said where no namespace is stated: kubectl, an overlay or a chart gives it.
    ///
    /// ## Why it matters
    /// What nobody put anywhere else shares the namespace `default`: its roles, its policies, its quota.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: web
    ///   namespace: default # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: web
    ///   namespace: shop
    /// ---
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: unstated
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: kubernetes
    ///   namespace: default
    /// ```
    ///
    /// ## Fix
    /// Give each application a namespace of its own.
    DefaultNamespace {
        id: "default-namespace",
        title: "Object placed in the default namespace",
        ring: Cluster,
        target: Workload,
        hooks: [Resource],
        severity: Low,
        since: "0.1.0",
        controls: [
            "cis:5.6.4",
            "cis:5.6.1",
            "cis-aks:4.6.1",
            "cis-aks:4.6.3",
            "cis-eks:4.5.1",
            "cis-eks:4.5.2",
            "cis-gke:4.6.1",
            "cis-gke:4.6.4",
            "nsa:NET",
        ],
    }
}

impl Check for DefaultNamespace {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if resource.namespace != Some("default")
            || is_made_by_kubernetes(resource)
            || super::scale::is_owned(resource)
            || schema::is_namespaced(resource.api_version, resource.kind) == Some(false)
        {
            return;
        }
        let stated = resource
            .metadata
            .and_then(|metadata| metadata.get("namespace"));
        if let Some(stated) = stated {
            findings
                .add(Self::META)
                .at(stated)
                .note("stands in the namespace default");
        }
    }
}

/// Whether every cluster has such an object in `default`.
fn is_made_by_kubernetes(resource: &Resource<'_>) -> bool {
    match resource.kind {
        "Service" | "Endpoints" | "EndpointSlice" => resource.name == "kubernetes",
        "ServiceAccount" => resource.name == "default",
        "ConfigMap" => resource.name == "kube-root-ca.crt",
        "Event" => true,
        _ => false,
    }
}
