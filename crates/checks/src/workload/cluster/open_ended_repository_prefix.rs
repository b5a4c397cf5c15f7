use crate::{Check, Findings, Node, Resource, Safety, check, edit};

check! {
    /// ## What it finds
    /// Entries of the Gatekeeper constraint `K8sAllowedRepos` that end without a slash, and entries of `K8sAllowedReposv2` that end with `*` behind anything but a slash.
    /// Entries that name an image with a tag or digest are left out.
    ///
    /// ## Why it matters
    /// The constraint compares beginnings: `registry.shop.org/team` also allows `registry.shop.org/team-of-an-attacker`, and `registry.shop.org` allows `registry.shop.org.evil.example`.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: constraints.gatekeeper.sh/v1beta1
    /// kind: K8sAllowedRepos
    /// metadata:
    ///   name: ours
    /// spec:
    ///   parameters:
    ///     repos:
    ///       - registry.shop.org # <-
    ///       - registry.shop.org/team/
    /// ```
    /// ```yaml pass
    /// apiVersion: constraints.gatekeeper.sh/v1beta1
    /// kind: K8sAllowedRepos
    /// metadata:
    ///   name: ours
    /// spec:
    ///   parameters:
    ///     repos:
    ///       - registry.shop.org/
    ///       - registry.shop.org/team/
    /// ```
    /// ```yaml pass
    /// apiVersion: constraints.gatekeeper.sh/v1beta1
    /// kind: K8sAllowedReposv2
    /// metadata:
    ///   name: ours
    /// spec:
    ///   parameters:
    ///     allowedImages:
    ///       - registry.shop.org/*
    ///       - registry.shop.org/team/app
    /// ```
    ///
    /// ## Fix
    /// End the entry with a slash.
    OpenEndedRepositoryPrefix {
        id: "open-ended-repository-prefix",
        title: "Gatekeeper allowed-repos prefix is open-ended (no trailing slash)",
        ring: Cluster,
        target: Workload,
        hooks: [Resource],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

impl Check for OpenEndedRepositoryPrefix {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if resource.group() != "constraints.gatekeeper.sh" {
            return;
        }
        let Some(parameters) = resource.spec.and_then(|spec| spec.get("parameters")) else {
            return;
        };
        match resource.kind {
            "K8sAllowedRepos" => {
                for entry in parameters.list("repos").filter(|entry| is_open(*entry)) {
                    report(entry, &format!("\"{}/\"", entry.text()), findings);
                }
            }
            "K8sAllowedReposv2" => {
                for entry in parameters.list("allowedImages") {
                    let prefix = entry.text().strip_suffix('*');
                    if let Some(prefix) = prefix.filter(|prefix| !prefix.ends_with('/')) {
                        report(entry, &format!("\"{prefix}/*\""), findings);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Whether a beginning goes on with anything: it has neither a slash at its end nor a tag or digest.
fn is_open(entry: Node<'_>) -> bool {
    let text = entry.text();
    let (path, last) = text.rsplit_once('/').unwrap_or(("", text));
    let has_tag = !path.is_empty() && last.contains([':', '@']);
    !last.is_empty() && !has_tag
}

fn report(entry: Node<'_>, instead: &str, findings: &mut Findings<'_>) {
    findings
        .add(OpenEndedRepositoryPrefix::META)
        .at(entry)
        .note(format!(
            "allows every repository that begins with {}",
            entry.text().trim_end_matches('*')
        ))
        .fix(Safety::Unsafe, edit::replace(entry, instead));
}
