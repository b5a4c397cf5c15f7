use std::sync::Arc;

use ringwall_input::yaml;
use ringwall_model::Source;

use crate::{
    Binding, Check, Confidence, Findings, Resource, Severity, check,
    rbac::{authority::subject_place, shipped},
};

check! {
    /// ## What it finds
    /// Bindings to the group `system:masters`, other than the one of `cluster-admin` that every cluster has.
    /// In the ConfigMap `aws-auth` of EKS, entries of `mapRoles` and `mapUsers` with the group are reported as high: they are bindings in all but name.
    ///
    /// ## Why it matters
    /// The API server lets `system:masters` do everything before it looks at RBAC, so the binding adds nothing.
    /// It shows that someone issues certificates with this group, which cannot be revoked.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: app
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: view
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: Group
    ///     name: system:masters # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: administrators
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: cluster-admin
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: Group
    ///     name: system:masters # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: aws-auth
    ///   namespace: kube-system
    /// data:
    ///   mapRoles: | # <-
    ///     - rolearn: arn:aws:iam::123456789012:role/developers
    ///       username: developer
    ///       groups: ["system:masters"]
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: aws-auth
    ///   namespace: kube-system
    /// data:
    ///   mapRoles: |
    ///     # No system:masters here.
    ///     - rolearn: arn:aws:iam::123456789012:role/node
    ///       username: system:node:{{EC2PrivateDNSName}}
    ///       groups: ["system:bootstrappers", "system:nodes"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: app
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: view
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: Group
    ///     name: auditors
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: cluster-admin
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: cluster-admin
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: Group
    ///     name: system:masters
    /// ```
    ///
    /// ## Fix
    /// Bind the role to a group of your own, on EKS through access entries, and issue no certificates with the organisation `system:masters`.
    MastersGroupRoleBinding {
        id: "masters-group-role-binding",
        title: "Binding to system:masters",
        ring: Cluster,
        target: Rbac,
        hooks: [Resource],
        severity: Critical,
        since: "0.1.0",
        controls: ["cis:5.1.7", "cis-gke:4.1.6", "nsa:AUTH", "mitre:T1078"],
    }
}

impl Check for MastersGroupRoleBinding {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if resource.is("", "ConfigMap") {
            aws_auth(resource, findings);
        }
        let Some(binding) = Binding::new(resource) else {
            return;
        };
        let is_shipped = resource.name == "cluster-admin";
        if is_shipped && shipped::is_administrators_binding(&binding) {
            return;
        }
        for subject in &binding.subjects {
            if subject.kind == "Group" && subject.name == "system:masters" {
                findings
                    .add(Self::META)
                    .at(subject_place(subject))
                    .note("names the group system:masters, which may do everything anyway");
            }
        }
    }
}

/// Whom the ConfigMap that EKS reads takes for members of the group.
/// See: <https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html>.
fn aws_auth(resource: &Resource<'_>, findings: &mut Findings<'_>) {
    let is_read = resource.name == "aws-auth"
        && resource
            .namespace
            .is_none_or(|namespace| namespace == "kube-system");
    let Some(data) = resource.node.get("data").filter(|_| is_read) else {
        return;
    };
    for (key, arn) in [("mapRoles", "rolearn"), ("mapUsers", "userarn")] {
        let Some(value) = data.get(key) else { continue };
        let text = value.text();
        if !text.contains("system:masters") {
            continue;
        }
        let (documents, diagnostics) = yaml::parse(&Arc::new(Source::new("", text)));
        let mut members = Vec::new();
        for entry in documents
            .iter()
            .flat_map(|document| document.root().items())
        {
            if entry.list("groups").any(|it| it.text() == "system:masters") {
                members.push(
                    entry
                        .str(arn)
                        .unwrap_or("an entry without a name")
                        .to_owned(),
                );
            }
        }
        let is_unread = members.is_empty() && !diagnostics.is_empty();
        let (who, confidence) = match members.as_slice() {
            [] if is_unread => ("some of its entries".to_owned(), Confidence::Medium),
            [] => continue,
            [one] => (one.clone(), Confidence::High),
            [first, rest @ ..] => (format!("{first} and {} more", rest.len()), Confidence::High),
        };
        findings
            .add(MastersGroupRoleBinding::META)
            .at(value)
            .severity(Severity::High)
            .confidence(confidence)
            .note(format!(
                "lets {who} do everything in the cluster, through the group system:masters"
            ));
    }
}
