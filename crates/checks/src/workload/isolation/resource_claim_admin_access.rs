use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Requests of a `ResourceClaim` or `ResourceClaimTemplate` with `adminAccess: true`.
    ///
    /// ## Why it matters
    /// Such a request gets devices that other pods are using, often with rights to monitor or reset them, and past quotas.
    /// It is meant for programs that look after the devices, in namespaces with the label `resource.kubernetes.io/admin-access: "true"`.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: resource.k8s.io/v1
    /// kind: ResourceClaim
    /// metadata:
    ///   name: gpu
    /// spec:
    ///   devices:
    ///     requests:
    ///       - name: gpu
    ///         exactly:
    ///           deviceClassName: gpu.example.com
    ///           adminAccess: true # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: resource.k8s.io/v1
    /// kind: ResourceClaim
    /// metadata:
    ///   name: gpu
    /// spec:
    ///   devices:
    ///     requests:
    ///       - name: gpu
    ///         exactly:
    ///           deviceClassName: gpu.example.com
    ///           adminAccess: false
    /// ```
    /// ```yaml fail
    /// apiVersion: resource.k8s.io/v1beta1
    /// kind: ResourceClaimTemplate
    /// metadata:
    ///   name: gpu
    /// spec:
    ///   spec:
    ///     devices:
    ///       requests:
    ///         - name: gpu
    ///           deviceClassName: gpu.example.com
    ///           adminAccess: true # <-
    /// ```
    ///
    /// ## Fix
    /// Remove `adminAccess`, so that the claim gets a device of its own.
    ResourceClaimAdminAccess {
        id: "resource-claim-admin-access",
        title: "ResourceClaim requests adminAccess",
        ring: Container,
        target: Workload,
        hooks: [Resource],
        severity: High,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for ResourceClaimAdminAccess {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let spec = match resource.kind {
            "ResourceClaim" => resource.spec,
            "ResourceClaimTemplate" => resource.spec.and_then(|spec| spec.get("spec")),
            _ => return,
        };
        let Some(devices) = spec.and_then(|spec| spec.get("devices")) else {
            return;
        };
        if resource.group() != "resource.k8s.io" {
            return;
        }
        for request in devices.list("requests") {
            // Since v1beta2 below `exactly`, before directly in the request.
            let field = request
                .path(&["exactly", "adminAccess"])
                .or_else(|| request.get("adminAccess"));
            if let Some(field) = field.filter(|field| field.is_true()) {
                findings.add(Self::META).at(field).note(format!(
                    "asks for devices in use by others (adminAccess: true) with request {}",
                    request.str("name").unwrap_or("")
                ));
            }
        }
    }
}
