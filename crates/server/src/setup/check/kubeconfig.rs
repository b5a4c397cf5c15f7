//! Kubeconfigs with which an API server finds its webhooks.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ringwall_input::yaml::Node;
use rustls::pki_types::CertificateDer;

use super::{Set, line};
use crate::{setup::host_of, tls};

impl Set {
    pub(super) fn look_at_kubeconfig(&mut self, name: &str, root: Node<'_>) {
        let Some((cluster, user)) = self.current(name, root) else {
            return;
        };
        let mut host = None;
        match cluster.get("server") {
            None => self.problem(
                name,
                line(cluster),
                "the cluster has no server: the webhook is not known",
            ),
            Some(server) => match server.text().strip_prefix("https://") {
                None => {
                    let message =
                        format!("server is {}, and must begin with https://", server.text());
                    self.problem(name, line(server), message);
                }
                Some(rest) => {
                    host = Some(host_of(rest.split('/').next().unwrap_or(rest)).to_owned());
                }
            },
        }
        if let Some(skip) = cluster
            .get("insecure-skip-tls-verify")
            .filter(|skip| skip.is_true())
        {
            self.problem(
                name,
                line(skip),
                "insecure-skip-tls-verify: true lets anybody answer in the webhook's place",
            );
        }
        let authority = self.certificates_of(name, cluster, "certificate-authority");
        if authority.is_none() {
            self.problem(
                name,
                line(cluster),
                "the cluster has no certificate-authority: the webhook's certificate cannot be verified",
            );
        }
        let client = user.and_then(|user| self.certificates_of(name, user, "client-certificate"));
        if client.is_none() {
            let at = user.map_or_else(|| line(root), line);
            self.problem(
                name,
                at,
                "the user has no client-certificate: the webhook cannot know who asks",
            );
        } else if let Some(user) = user {
            if user.get("client-key").is_none() && user.get("client-key-data").is_none() {
                self.problem(
                    name,
                    line(user),
                    "the user has a client-certificate and no client-key",
                );
            } else if let Some(key) = user.get("client-key") {
                self.referred(name, key);
            }
        }
        self.look_at_chain(
            name,
            host.as_deref(),
            authority.as_deref(),
            client.as_deref(),
        );
    }

    /// The cluster and the user of the current context.
    fn current<'a>(&mut self, name: &str, root: Node<'a>) -> Option<(Node<'a>, Option<Node<'a>>)> {
        let wanted = root.str("current-context").unwrap_or("");
        let context = root
            .list("contexts")
            .find(|context| context.str("name") == Some(wanted))
            .and_then(|context| context.get("context"));
        let Some(context) = context else {
            let message = format!("current-context '{wanted}' is none of the contexts");
            self.problem(name, line(root), message);
            return None;
        };
        let named = |list: &str, key: &str, part: &str| {
            let wanted = context.str(key)?;
            let found = root
                .list(list)
                .find(|entry| entry.str("name") == Some(wanted))?;
            found.get(part)
        };
        let Some(cluster) = named("clusters", "cluster", "cluster") else {
            self.problem(
                name,
                line(context),
                "the context's cluster is none of the clusters",
            );
            return None;
        };
        Some((cluster, named("users", "user", "user")))
    }

    /// The certificates at a key, in a file or in place; none where they could not be read, which has been
    /// said. `None`: there is no such key.
    fn certificates_of(
        &mut self,
        name: &str,
        node: Node<'_>,
        key: &str,
    ) -> Option<Vec<CertificateDer<'static>>> {
        if let Some(data) = node.get(&format!("{key}-data")) {
            let text = STANDARD
                .decode(data.text())
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok());
            let found = text
                .ok_or("is no base64 of PEM".to_owned())
                .and_then(|text| tls::certificates(&text));
            return Some(match found {
                Ok(found) => {
                    self.look_at_certificates(name, line(data), &found);
                    found
                }
                Err(reason) => {
                    self.problem(name, line(data), format!("{key}-data {reason}"));
                    Vec::new()
                }
            });
        }
        let file = node.get(key)?;
        let Some((file_name, text)) = self.referred(name, file) else {
            return Some(Vec::new());
        };
        Some(match tls::certificates(&text) {
            Ok(found) => found,
            Err(reason) => {
                self.problem(&file_name, 0, reason);
                Vec::new()
            }
        })
    }
}
