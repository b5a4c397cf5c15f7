use super::{
    admin_interface::{behind, by_service_name},
    entrance::Entrances,
    service::Service,
};
use crate::{
    Check, Findings, Inventory, check,
    ingress::{authentication::authentication, backend::backends},
};

check! {
    /// ## What it finds
    /// Administration interfaces that can be reached from outside the cluster: through a Service of type `LoadBalancer` or `NodePort`, `externalIPs`, an Ingress, a route of the Gateway API, an Istio gateway or an OpenShift Route.
    /// They are known by the name of their Service or by the image behind it: Kubernetes dashboard, Argo CD, Argo Workflows, Weave Scope, Kubeflow, Rancher, Portainer, Headlamp, Longhorn, Jenkins, phpMyAdmin, Jupyter, `MLflow`, Ray, vLLM, Ollama and the like.
    /// An Ingress with an annotation that asks for authentication, and load balancers kept internal, are left out.
    ///
    /// ## Why it matters
    /// Such an interface holds wide rights in the cluster, and several of them have been open without a login in real break-ins.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: kubernetes-dashboard
    /// spec:
    ///   type: NodePort # <-
    ///   selector:
    ///     k8s-app: kubernetes-dashboard
    ///   ports:
    ///     - port: 443
    /// ```
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: argo
    /// spec:
    ///   rules:
    ///     - host: argo.shop.org
    ///       http:
    ///         paths:
    ///           - path: /
    ///             pathType: Prefix
    ///             backend:
    ///               service:
    ///                 name: argocd-server # <-
    ///                 port:
    ///                   number: 443
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: kubernetes-dashboard
    /// spec:
    ///   type: ClusterIP
    ///   selector:
    ///     k8s-app: kubernetes-dashboard
    ///   ports:
    ///     - port: 443
    /// ```
    /// ```yaml pass
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: argo
    ///   annotations:
    ///     nginx.ingress.kubernetes.io/auth-url: https://login.shop.org/oauth2/auth
    /// spec:
    ///   rules:
    ///     - host: argo.shop.org
    ///       http:
    ///         paths:
    ///           - path: /
    ///             pathType: Prefix
    ///             backend:
    ///               service:
    ///                 name: argocd-server
    ///                 port:
    ///                   number: 443
    /// ```
    ///
    /// ## Fix
    /// Keep the Service at `ClusterIP` and reach it with `kubectl port-forward`, or put a proxy that authenticates in front of it.
    ExposedAdminInterface {
        id: "exposed-admin-interface",
        title: "Known admin interface (dashboard, Argo, Weave Scope, Kubeflow) exposed",
        ring: Cluster,
        target: Network,
        hooks: [Inventory],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1133"],
    }
}

impl Check for ExposedAdminInterface {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        let entrances = Entrances::new(inventory);
        for service in inventory.of_kind("", "Service").filter_map(Service::new) {
            let mut open = entrances.of(&service);
            open.retain(|entrance| authentication(&entrance.resource).is_none());
            if open.is_empty() {
                continue;
            }
            if let Some(title) = behind(&service, inventory) {
                for entrance in open {
                    findings
                        .add(Self::META)
                        .about(&entrance.resource)
                        .at(entrance.place)
                        .note(format!("opens {title} to the outside"));
                }
            }
        }
        // Routes to a Service that is not in the scan are known by its name alone.
        for resource in &inventory.resources {
            for backend in backends(resource) {
                if let Some(title) = by_service_name(backend.service)
                    && backend.services(inventory).next().is_none()
                    && authentication(resource).is_none()
                {
                    findings
                        .add(Self::META)
                        .about(resource)
                        .at(backend.place)
                        .note(format!("opens {title} to the outside"));
                }
            }
        }
    }
}
