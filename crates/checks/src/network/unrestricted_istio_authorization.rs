use super::address::Addresses;
use crate::{Check, Findings, Node, Resource, check};

check! {
    /// ## What it finds
    /// `AuthorizationPolicies` of Istio with the action `ALLOW` and a rule that names nobody, neither under `from` nor under `when`, and no operation under `to`; or whose source is everyone: any principal, any namespace, every address.
    /// A rule without `from` that is limited to some paths or methods is left out, as is a policy without rules, which allows nothing.
    ///
    /// ## Why it matters
    /// An empty rule matches every request, and so the workload accepts everyone.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata:
    ///   name: web
    /// spec:
    ///   rules:
    ///     - {} # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata:
    ///   name: web
    /// spec:
    ///   action: ALLOW
    ///   rules:
    ///     - from: # <-
    ///         - source:
    ///             principals: ["*"]
    /// ```
    /// ```yaml fail
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata:
    ///   name: web
    /// spec:
    ///   rules:
    ///     - to: # <-
    ///         - operation:
    ///             paths: ["/health"]
    ///         - operation:
    ///             methods: ["GET", "*"]
    /// ```
    /// ```yaml pass
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata:
    ///   name: web
    /// spec:
    ///   rules:
    ///     - from:
    ///         - source:
    ///             principals: ["cluster.local/ns/shop/sa/front"]
    ///     - to:
    ///         - operation:
    ///             paths: [/healthz]
    /// ```
    /// ```yaml pass
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata:
    ///   name: allow-nothing
    /// spec: {}
    /// ```
    /// ```yaml pass
    /// apiVersion: security.istio.io/v1
    /// kind: AuthorizationPolicy
    /// metadata:
    ///   name: deny-everything
    /// spec:
    ///   action: DENY
    ///   rules:
    ///     - {}
    /// ```
    ///
    /// ## Fix
    /// Name the principals, namespaces or addresses that may call under `from`.
    UnrestrictedIstioAuthorization {
        id: "unrestricted-istio-authorization",
        title: "Istio AuthorizationPolicy allows everyone",
        ring: Cluster,
        target: Network,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for UnrestrictedIstioAuthorization {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if !resource.is("security.istio.io", "AuthorizationPolicy") {
            return;
        }
        let Some(spec) = resource.spec else {
            return;
        };
        if spec.str("action").is_some_and(|action| action != "ALLOW") {
            return;
        }
        for rule in spec.list("rules") {
            let mut operations = rule.list("to").peekable();
            // A request needs to satisfy one of them.
            let is_limited = rule.list("when").next().is_some()
                || (operations.peek().is_some() && operations.all(is_operation));
            let everyone = rule
                .list("from")
                .filter_map(|from| from.get("source"))
                .any(is_everyone);
            let has_from = rule.list("from").next().is_some();
            if everyone || (!has_from && !is_limited) {
                findings
                    .add(Self::META)
                    .at(rule)
                    .note("allows everyone: a rule names no caller");
            }
        }
    }
}

/// Whether an entry of `to` limits what may be asked.
fn is_operation(to: Node<'_>) -> bool {
    let fields = to
        .get("operation")
        .into_iter()
        .flat_map(Node::written_entries);
    // One value of each field is enough.
    fields
        .filter(|(_, values)| values.items().next().is_some())
        .any(|(key, values)| {
            let is_every = |value: Node<'_>| matches!(value.text(), "*" | "/*");
            key.text().starts_with("not") || !values.items().any(is_every)
        })
}

/// Whether a source has no field that leaves anyone out.
fn is_everyone(source: Node<'_>) -> bool {
    source
        .written_entries()
        .all(|(key, values)| match key.text() {
            "principals" | "namespaces" => values.items().any(|value| value.text() == "*"),
            "ipBlocks" | "remoteIpBlocks" => {
                let mut addresses = Addresses::default();
                for block in values.items() {
                    addresses.add(block.text());
                }
                addresses.has_every()
            }
            _ => values.items().next().is_none(),
        })
}
