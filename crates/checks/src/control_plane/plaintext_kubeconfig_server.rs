use super::kubeconfig::Kubeconfig;
use crate::{
    Check, Findings, Resource, check,
    loopback::{host_of, is_loopback},
};

check! {
    /// ## What it finds
    /// kubeconfig files whose current context has a server with an `http://` URL, of clients as of webhooks that the API server calls. Loopback addresses are left out.
    ///
    /// ## Why it matters
    /// Whoever is on the way reads the credential and the objects, and answers in the server's place: an image policy webhook over plain HTTP says yes to everything when asked by the right person.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Config
    /// clusters:
    ///   - name: image-checker
    ///     cluster:
    ///       server: http://external-service:1234/check-image # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Config
    /// clusters:
    ///   - name: image-checker
    ///     cluster:
    ///       server: https://external-service:1234/check-image
    /// ```
    ///
    /// ## Fix
    /// Serve over TLS, write `https://`, and name the CA with `certificate-authority`.
    PlaintextKubeconfigServer {
        id: "plaintext-kubeconfig-server",
        title: "kubeconfig with a server over plain HTTP",
        ring: Cluster,
        target: ControlPlane,
        hooks: [Resource],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for PlaintextKubeconfigServer {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(kubeconfig) = Kubeconfig::of(resource) else {
            return;
        };
        for cluster in kubeconfig.clusters {
            let Some(server) = cluster.get("server") else {
                continue;
            };
            if is_plaintext(server.text()) {
                findings
                    .add(Self::META)
                    .at(server)
                    .message(format!("kubeconfig uses {} without TLS", server.text()));
            }
        }
    }
}

fn is_plaintext(url: &str) -> bool {
    let lower = url.to_ascii_lowercase();
    lower.starts_with("http://") && !host_of(&lower).is_some_and(is_loopback)
}
