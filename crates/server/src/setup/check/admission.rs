//! `AdmissionConfiguration`, and the configuration of the `ImagePolicyWebhook` plugin in it or beside it.

use std::sync::Arc;

use ringwall_input::yaml::{self, Node};
use ringwall_model::Source;

use super::{Set, line};

/// Seconds that verdicts may be kept at the most.
const LONGEST_TTL: i64 = 1_800;

/// Milliseconds before a repetition at the most.
const LONGEST_BACKOFF: i64 = 300_000;

impl Set {
    pub(super) fn look_at_admission(&mut self, name: &str, root: Node<'_>) {
        for plugin in root.list("plugins") {
            if plugin.str("name") != Some("ImagePolicyWebhook") {
                continue;
            }
            if let Some(policy) = plugin.path(&["configuration", "imagePolicy"]) {
                self.look_at_image_policy(name, policy);
            } else if let Some(path) = plugin.get("path") {
                self.look_at_file(name, path);
            } else {
                self.problem(
                    name,
                    line(plugin),
                    "ImagePolicyWebhook has neither configuration.imagePolicy nor path: the API server does not start",
                );
            }
        }
    }

    fn look_at_file(&mut self, name: &str, path: Node<'_>) {
        let Some((file, text)) = self.referred(name, path) else {
            return;
        };
        let (documents, _) = yaml::parse(&Arc::new(Source::new(file.as_str(), text)));
        let policies: Vec<Node<'_>> = documents
            .iter()
            .filter_map(|document| document.root().get("imagePolicy"))
            .collect();
        if policies.is_empty() {
            self.problem(
                &file,
                0,
                "holds no imagePolicy, as AdmissionConfiguration says it does",
            );
        }
        for policy in policies {
            self.look_at_image_policy(&file, policy);
        }
    }

    /// A kubeconfig that is named is looked at whatever it is called; what is in the folder and known by its end is
    /// looked at with the others.
    fn look_at_referred_kubeconfig(&mut self, name: &str, file: Node<'_>) {
        let Some((file, text)) = self.referred(name, file) else {
            return;
        };
        let (documents, _) = yaml::parse(&Arc::new(Source::new(file.as_str(), text)));
        let mut is_one = false;
        for document in &documents {
            let root = document.root();
            if root.get("clusters").is_some() {
                is_one = true;
                self.look_at_kubeconfig(&file, root);
            }
        }
        if !is_one {
            self.problem(&file, 0, "holds no clusters, as a kubeconfig does");
        }
    }

    pub(super) fn look_at_image_policy(&mut self, name: &str, policy: Node<'_>) {
        const KNOWN: [&str; 5] = [
            "kubeConfigFile",
            "allowTTL",
            "denyTTL",
            "retryBackoff",
            "defaultAllow",
        ];
        for (key, _) in policy.entries() {
            if !KNOWN.contains(&key.text()) {
                let message = format!(
                    "imagePolicy has no field {}; the fields are {}",
                    key.text(),
                    KNOWN.join(", ")
                );
                self.problem(name, line(key), message);
            }
        }
        if let Some(default) = policy
            .get("defaultAllow")
            .filter(|default| default.is_true())
        {
            self.problem(
                name,
                line(default),
                "defaultAllow: true lets every image run while the webhook cannot be reached; set it to false",
            );
        }
        for field in ["allowTTL", "denyTTL"] {
            let Some(ttl) = policy.get(field) else {
                continue;
            };
            let is_right = matches!(ttl.as_i64(), Some(-1 | 0 | 2..=LONGEST_TTL));
            if !is_right {
                let message = format!(
                    "{field} is {}, and must be more than 1 and at most {LONGEST_TTL} seconds, 0 for the default or -1 for none",
                    ttl.text()
                );
                self.problem(name, line(ttl), message);
            }
        }
        if let Some(backoff) = policy.get("retryBackoff")
            && !backoff
                .as_i64()
                .is_some_and(|millis| (0..=LONGEST_BACKOFF).contains(&millis))
        {
            let message = format!(
                "retryBackoff is {}, and must be at most {LONGEST_BACKOFF} milliseconds",
                backoff.text()
            );
            self.problem(name, line(backoff), message);
        }
        match policy.get("kubeConfigFile") {
            None => self.problem(
                name,
                line(policy),
                "imagePolicy has no kubeConfigFile: the webhook is not known",
            ),
            Some(file) => self.look_at_referred_kubeconfig(name, file),
        }
    }
}
