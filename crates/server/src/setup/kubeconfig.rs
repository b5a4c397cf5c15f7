//! The kubeconfig with which an API server finds ringwall and shows who it is.

use super::Reach;

/// The file's name.
pub(super) const NAME: &str = "kubeconfig.yaml";

/// Writes a kubeconfig for a path of the server.
pub(super) fn kubeconfig(reach: &Reach, path: &str) -> String {
    format!(
        "apiVersion: v1\n\
         kind: Config\n\
         clusters:\n\
         - name: ringwall\n\
         \x20 cluster:\n\
         \x20   server: https://{authority}{path}\n\
         \x20   certificate-authority: {ca}\n\
         users:\n\
         - name: kube-apiserver\n\
         \x20 user:\n\
         \x20   client-certificate: {certificate}\n\
         \x20   client-key: {key}\n\
         contexts:\n\
         - name: ringwall\n\
         \x20 context:\n\
         \x20   cluster: ringwall\n\
         \x20   user: kube-apiserver\n\
         current-context: ringwall\n",
        authority = reach.authority,
        ca = quoted(&reach.file("ca.crt")),
        certificate = quoted(&reach.file("client.crt")),
        key = quoted(&reach.file("client.key")),
    )
}

/// A text as YAML and JSON write it, whatever is in it.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
