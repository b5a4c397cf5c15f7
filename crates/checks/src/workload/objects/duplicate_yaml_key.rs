use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Objects in which a mapping has one key twice.
    ///
    /// ## Why it matters
    /// YAML forbids it, but kubectl and the API server take the last value without a word.
    /// A setting that was reviewed further up, such as `privileged: false`, is then not the one that runs.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         privileged: false
    ///         runAsNonRoot: true
    ///         privileged: true # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         privileged: false
    ///         runAsNonRoot: true
    ///     - name: helper
    ///       securityContext:
    ///         privileged: false
    /// ```
    ///
    /// ## Fix
    /// Keep the value that is meant, and remove the other.
    DuplicateYamlKey {
        id: "duplicate-yaml-key",
        title: "YAML mapping repeats a key",
        ring: Code,
        target: Workload,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

/// Most repeated keys of a document that are looked at for one object.
const MAX_REPEATS: usize = 10_000;

/// Most findings for one object.
const MAX_FINDINGS: usize = 100;

impl Check for DuplicateYamlKey {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let document = resource.node.document();
        // The first object of a list also speaks for the list around it.
        let items = document.root().get("items");
        let list = items.filter(|items| {
            let first = items.items().next();
            first.is_some_and(|first| first.is_same(resource.node))
        });
        let own = document
            .duplicate_keys()
            .take(MAX_REPEATS)
            .filter(|(_, again)| {
                let key = again.span();
                resource.node.span().contains(key)
                    || list.is_some_and(|items| !items.span().contains(key))
            });
        for (first, again) in own.take(MAX_FINDINGS) {
            let line = document.source.location(first.span()).start.line;
            findings
                .add(Self::META)
                .at(again)
                .note(format!(
                    "repeats the key {} of line {line}; only the last one counts",
                    again.text()
                ))
                .evidence("the value here is dropped, unless it is the same", first);
        }
    }
}
