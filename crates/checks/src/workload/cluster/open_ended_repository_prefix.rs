use crate::{Check, Findings, Node, Resource, Safety, check, edit};

check! {
    /// ## What it finds
    /// Entries of the Gatekeeper constraint `K8sAllowedRepos` that end without a slash or are empty, and entries of `K8sAllowedReposv2` that end with `*` behind anything but a slash.
    /// Entries that name an image with a tag or digest are left out, and in `K8sAllowedRepos` those with `*`, which stands for itself there.
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
    /// ```yaml fail
    /// apiVersion: constraints.gatekeeper.sh/v1beta1
    /// kind: K8sAllowedRepos
    /// metadata:
    ///   name: ours
    /// spec:
    ///   parameters:
    ///     repos:
    ///       - nginx # <-
    ///       - "" # <-
    /// ---
    /// apiVersion: constraints.gatekeeper.sh/v1beta1
    /// kind: K8sAllowedReposv2
    /// metadata:
    ///   name: ours
    /// spec:
    ///   parameters:
    ///     allowedImages:
    ///       - registry.shop.org* # <-
    ///       - "*" # <-
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
    ///       - registry.shop.org/app:1.0
    ///       - "*"
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
                    report(entry, entry.text(), "/", findings);
                }
            }
            "K8sAllowedReposv2" => {
                for entry in parameters.list("allowedImages") {
                    let prefix = entry.text().strip_suffix('*');
                    if let Some(prefix) = prefix.filter(|prefix| !prefix.ends_with('/')) {
                        report(entry, prefix, "/*", findings);
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
    let ends_with_slash = last.is_empty() && !text.is_empty();
    entry.is_scalar() && !ends_with_slash && !has_tag && !text.contains('*')
}

/// Whether a beginning names a registry: behind `nginx/` there is no image at all.
fn has_registry(beginning: &str) -> bool {
    let first = beginning.split('/').next().unwrap_or(beginning);
    first.contains(['.', ':']) || first == "localhost"
}

fn report(entry: Node<'_>, beginning: &str, end: &str, findings: &mut Findings<'_>) {
    let note = match beginning {
        "" => "allows every image: every name begins with nothing".to_owned(),
        _ => format!("allows every repository that begins with {beginning}"),
    };
    let closed = || edit::replace(entry, &format!("\"{beginning}{end}\""));
    findings
        .add(OpenEndedRepositoryPrefix::META)
        .at(entry)
        .note(note)
        .fix(
            Safety::Unsafe,
            has_registry(beginning).then(closed).flatten(),
        );
}
