use super::arguments::secrets;
use crate::{Check, Container, Findings, check};

check! {
    /// ## What it finds
    /// Words of `command` and `args`, and of the commands of probes and hooks, that look like a secret: `--password=...`, `--token ...`, `curl -u name:...`, `redis-cli -a ...`, addresses with a password, known tokens; and credentials in the `Authorization` header of a probe.
    /// References such as `$(VAR)` and `$VAR`, placeholders and paths are left out.
    /// The value is never printed.
    ///
    /// ## Why it matters
    /// Arguments stand in the manifest and in the process list, which every process of the node's user and every monitoring agent reads.
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
    ///       command: [server]
    ///       args:
    ///         - --listen=:8080
    ///         - --db-password=correct-horse-battery # <-
    ///     - name: sync
    ///       command: ["curl", "-u", "bot:correct-horse-battery", "https://shop.org"] # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       command: [server]
    ///       args:
    ///         - --listen=:8080
    ///         - --db-password=$(DB_PASSWORD)
    ///     - name: sync
    ///       command: ["curl", "-u", "bot:$(PASSWORD)", "https://shop.org"]
    /// ```
    ///
    /// ## Fix
    /// Revoke the value, and let the program read the new one from a mounted file.
    PlaintextSecretInArguments {
        id: "plaintext-secret-in-arguments",
        title: "Secret-looking literal in command or args",
        ring: Code,
        target: Secret,
        hooks: [Container],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1552.001"],
    }
}

impl Check for PlaintextSecretInArguments {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        for (place, literal) in secrets(container) {
            let draft = findings
                .add(Self::META)
                .at(place)
                .secret(place.span())
                .note(format!(
                    "is started with {} on its command line",
                    literal.title
                ));
            if let Some(confidence) = literal.confidence {
                draft.confidence(confidence);
            }
        }
    }
}
