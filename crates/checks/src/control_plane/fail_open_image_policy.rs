use super::image_policy;
use crate::{Check, Findings, Node, Resource, Safety, check, edit};

check! {
    /// ## What it finds
    /// `defaultAllow: true` in the configuration of the admission plugin ImagePolicyWebhook, in an `AdmissionConfiguration` or in the file that one names with `path`.
    ///
    /// ## Why it matters
    /// Every image is admitted while the webhook does not answer, and whoever can bring it down or cut it off chooses when that is.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apiserver.config.k8s.io/v1
    /// kind: AdmissionConfiguration
    /// plugins:
    ///   - name: ImagePolicyWebhook
    ///     configuration:
    ///       imagePolicy:
    ///         kubeConfigFile: /etc/kubernetes/admission/kubeconf
    ///         allowTTL: 50
    ///         denyTTL: 50
    ///         retryBackoff: 500
    ///         defaultAllow: true # <-
    /// ```
    /// ```yaml fail
    /// imagePolicy:
    ///   kubeConfigFile: /etc/kubernetes/admission/kubeconf
    ///   defaultAllow: true # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: apiserver.config.k8s.io/v1
    /// kind: AdmissionConfiguration
    /// plugins:
    ///   - name: ImagePolicyWebhook
    ///     configuration:
    ///       imagePolicy:
    ///         kubeConfigFile: /etc/kubernetes/admission/kubeconf
    ///         allowTTL: 50
    ///         denyTTL: 50
    ///         retryBackoff: 500
    ///         defaultAllow: false
    /// ```
    ///
    /// ## Fix
    /// Set `defaultAllow: false`, and run the webhook in several replicas.
    FailOpenImagePolicy {
        id: "fail-open-image-policy",
        title: "Image policy webhook that admits every image when it fails",
        ring: Cluster,
        target: ControlPlane,
        hooks: [Resource],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

impl Check for FailOpenImagePolicy {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        for policy in image_policy::of(resource) {
            if let Some(allows) = policy
                .get("defaultAllow")
                .filter(|node| Node::is_true(*node))
            {
                findings
                    .add(Self::META)
                    .at(allows)
                    .note(
                        "admits every image while the webhook does not answer (defaultAllow: true)",
                    )
                    .fix(Safety::Unsafe, edit::replace(allows, "false"));
            }
        }
    }
}
